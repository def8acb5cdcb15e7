/* Products of Gaussian kernels are those of the definition: ties at the median, both estimators, any number of rows. */
#include "metrics/rbf.h"

#include <math.h>

#include "centred_features.h"
#include "check.h"
#include "failing_allocator.h"
#include "failing_executor.h"
#include "hsic_definition.h"
#include "pooled.h"
#include "scores.h"

enum { MOST = 130, WIDTH = 6 };

static double features[2][MOST * WIDTH];
static double k[MOST * MOST];
static double l[MOST * MOST];

static void make(void)
{
    scores_logits(features[0], (int64_t)MOST * WIDTH, 5);
    scores_logits(features[1], (int64_t)MOST * WIDTH, 6);
    for (int i = 0; i < MOST * WIDTH; i++) {
        features[1][i] += features[0][i] + 1000.0;
    }
}

static void begin(centred_sides *of, const double *x, const double *y, int n)
{
    of->arrays[0] = scores_matrix(x, BINET_F64, n, WIDTH);
    of->arrays[1] = scores_matrix(y, BINET_F64, n, WIDTH);
    centred_sides_begin(of);
}

static binet__rbf_products products_of(const double *x, const double *y, int n, double bandwidth, int unbiased)
{
    centred_sides of;
    binet__rbf_products found = {0};
    begin(&of, x, y, n);
    CHECK_INT(binet__rbf_products_of(NULL, of.centred, bandwidth, unbiased, &found, NULL), BINET_OK);
    centred_sides_end(&of);
    return found;
}

static double sum_less_1(const double *kernel, int n)
{
    double sum = 0.0;
    for (int i = 0; i < n * n; i++) {
        sum += kernel[i] - 1.0;
    }
    return sum;
}

/* With what HSIC of a kernel is divided by. */
static void check_definition(const double *x, const double *y, int n, double bandwidth)
{
    double sigma[2] = {hsic_rbf(x, n, WIDTH, bandwidth, k), hsic_rbf(y, n, WIDTH, bandwidth, l)};
    for (int unbiased = 0; unbiased < 2; unbiased++) {
        double (*hsic)(const double *, const double *, int) = unbiased ? hsic_unbiased : hsic_biased;
        double divisor = unbiased ? n * (n - 3.0) : (n - 1.0) * (n - 1.0);
        binet__rbf_products found = products_of(x, y, n, bandwidth, unbiased);
        CHECK_NEAR(found.product / divisor, hsic(k, l, n), 1e-13);
        CHECK_NEAR(found.squares[0] / divisor, hsic(k, k, n), 1e-13);
        CHECK_NEAR(found.squares[1] / divisor, hsic(l, l, n), 1e-13);
        CHECK_NEAR(found.sums[0] / sum_less_1(k, n), 1.0, 1e-12);
        CHECK_NEAR(found.sums[1] / sum_less_1(l, n), 1.0, 1e-12);
        CHECK_NEAR(sqrt(found.squared_sigma[0]) / sigma[0], 1.0, 1e-13);
        CHECK_NEAR(sqrt(found.squared_sigma[1]) / sigma[1], 1.0, 1e-13);
    }
}

/* Rows in tasks of 64. */
static void products_are_those_of_the_definition(void)
{
    static const int counts[] = {4, 5, 63, 64, 65, 127, 128, 129, MOST};
    for (int i = 0; i < 9; i++) {
        check_definition(features[0], features[1], counts[i], 1.0);
    }
    check_definition(features[0], features[1], 66, 0.25);
    check_definition(features[0], features[1], 66, 4.0);
}

/* Rows at corners of a cube: squared distances are whole numbers, most of which come often. */
static void ties_at_the_median_are_met(void)
{
    static double corners[MOST * WIDTH];
    static const int counts[] = {4, 7, 30, 66};
    for (int c = 0; c < 4; c++) {
        for (int i = 0; i < MOST * WIDTH; i++) {
            corners[i] = i / WIDTH * 5 >> i % WIDTH & 1;
        }
        check_definition(corners, features[1], counts[c], 1.0);
    }
}

/* Rows so near to each other that rounding leaves less than nothing of their distance. */
static void near_rows_are_not_below_zero(void)
{
    static double near[MOST * WIDTH];
    for (int i = 0; i < MOST * WIDTH; i++) {
        near[i] = features[0][i / WIDTH * 7 % 23 * WIDTH + i % WIDTH] / 3.0 + i * 0x1p-48;
    }
    for (int n = 30; n <= MOST; n += 10) {
        check_definition(near, features[1], n, 1.0);
    }
}

/* In units of what is read, where that is scaled. */
static void extreme_scales_change_no_kernel(void)
{
    static double scaled[MOST * WIDTH];
    binet__rbf_products expected = products_of(features[0], features[1], 50, 1.0, 1);
    for (int exponent = -600; exponent <= 600; exponent += 1200) {
        for (int i = 0; i < MOST * WIDTH; i++) {
            scaled[i] = ldexp(features[0][i], exponent);
        }
        binet__rbf_products found = products_of(scaled, features[1], 50, 1.0, 1);
        centred_sides of;
        begin(&of, scaled, features[1], 50);
        CHECK(found.squared_sigma[0] == ldexp(expected.squared_sigma[0], 2 * (exponent - of.centred[0].exponent)));
        CHECK(found.product == expected.product && found.squares[0] == expected.squares[0]);
        CHECK(found.sums[0] == expected.sums[0]);
        centred_sides_end(&of);
    }
}

/* Most rows are the same, or there is but one: the median is 0. */
static void a_median_of_zero_leaves_the_other_side(void)
{
    static double few[MOST * WIDTH];
    few[0] = 3.0;
    for (int turn = 0; turn < 2; turn++) {
        const double *x = turn == 0 ? few : features[0];
        const double *y = turn == 0 ? features[0] : few;
        binet__rbf_products found = products_of(x, y, 40, 1.0, 0);
        CHECK(found.squared_sigma[turn] == 0.0 && found.squares[turn] == 0.0 && found.sums[turn] == 0.0);
        CHECK(found.squared_sigma[!turn] > 0.0 && found.squares[!turn] > 0.0 && found.sums[!turn] < 0.0);
        CHECK(found.product == 0.0);
    }
    binet__rbf_products found = products_of(features[0], features[1], 1, 1.0, 0);
    CHECK(found.squared_sigma[0] == 0.0 && found.squared_sigma[1] == 0.0 && found.product == 0.0);
}

/* Half of the squared distances of two rows are 0, those of the rows to themselves. */
static void two_rows_have_half_their_distance(void)
{
    const double x[2 * WIDTH] = {0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 3.0, 5.0};
    CHECK(products_of(x, x, 2, 1.0, 0).squared_sigma[0] == 12.5);
    CHECK(products_of(x, x, 2, 0.5, 0).squared_sigma[0] == 3.125);
}

static void too_many_rows_are_refused(void)
{
    binet__centred centred[2] = {{.features = {.n = INT32_MAX}}, {.features = {.n = INT32_MAX}}};
    binet__rbf_products found = {.product = 77.0};
    binet_error error;
    CHECK_INT(binet__rbf_products_of(NULL, centred, 1.0, 0, &found, &error), BINET_UNSUPPORTED);
    CHECK_CONTAINS(error.message, "2147483647 samples are too many for Grams");
    CHECK(found.product == 77.0);
}

static void threads_change_no_bit(void)
{
    centred_sides of;
    binet__rbf_products found[2];
    memset(found, 0, sizeof found);
    begin(&of, features[0], features[1], MOST);
    for (int unbiased = 0; unbiased < 2; unbiased++) {
        for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
            pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
            CHECK_INT(binet__rbf_products_of(on.context, of.centred, 1.0, unbiased, &found[n_threads > 1], NULL),
                      BINET_OK);
            CHECK(memcmp(&found[0], &found[n_threads > 1], sizeof found[0]) == 0);
            pooled_end(on);
        }
    }
    centred_sides_end(&of);
}

static void memory_and_the_executor_may_fail(void)
{
    centred_sides of;
    begin(&of, features[0], features[1], MOST);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__rbf_products found = {.product = -77.0};
        binet_status status = binet__rbf_products_of(context, of.centred, 1.0, 0, &found, NULL);
        CHECK((found.product == -77.0) == (status != BINET_OK));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    FAILING_EXECUTOR_LOOP(executor, executing)
    {
        binet__rbf_products found = {.product = -77.0};
        binet_status status = binet__rbf_products_of(executing, of.centred, 1.0, 0, &found, NULL);
        CHECK((found.product == -77.0) == (status != BINET_OK));
        failing_executor_next(&executor, status);
    }
    binet_context_destroy(executing);
    centred_sides_end(&of);
}

int main(void)
{
    make();
    RUN(products_are_those_of_the_definition);
    RUN(ties_at_the_median_are_met);
    RUN(near_rows_are_not_below_zero);
    RUN(extreme_scales_change_no_kernel);
    RUN(a_median_of_zero_leaves_the_other_side);
    RUN(two_rows_have_half_their_distance);
    RUN(too_many_rows_are_refused);
    RUN(threads_change_no_bit);
    RUN(memory_and_the_executor_may_fail);
    return check_result();
}
