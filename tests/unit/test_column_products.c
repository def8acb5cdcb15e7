/* Products of columns, and sums over squared lengths of rows, are those of the definition, in blocks and tiles of any
 * size. */
#include "metrics/column_products.h"

#include <math.h>

#include "centred_features.h"
#include "check.h"
#include "failing_allocator.h"
#include "failing_executor.h"
#include "pooled.h"
#include "scores.h"

enum { MOST = 400000 /* numbers of one side */ };

static double features[2][MOST];
static uint16_t narrow[MOST]; /* the second, in bf16 */

static float of_bf16(uint16_t value)
{
    uint32_t bits = (uint32_t)value << 16;
    float made;
    memcpy(&made, &bits, sizeof made);
    return made;
}

/* Features [n, width] around 3, of which the second follow the first. */
static void make(centred_sides *of, int64_t n, int64_t width_x, int64_t width_y)
{
    scores_logits(features[0], n * width_x, 5);
    scores_logits(features[1], n * width_y, 6);
    for (int64_t i = 0; i < n * width_y; i++) {
        features[1][i] += features[0][i / width_y * width_x + i % width_y % width_x] + 3.0;
        narrow[i] = scores_bf16((float)features[1][i]);
        features[1][i] = of_bf16(narrow[i]);
    }
    of->arrays[0] = scores_matrix(features[0], BINET_F64, n, width_x);
    of->arrays[1] = scores_matrix(narrow, BINET_BF16, n, width_y);
    centred_sides_begin(of);
}

/* Take the mean from every column. */
static void centre(double *x, int64_t n, int64_t width)
{
    for (int64_t j = 0; j < width; j++) {
        double mean = 0.0;
        for (int64_t i = 0; i < n; i++) {
            mean += x[i * width + j] / (double)n;
        }
        for (int64_t i = 0; i < n; i++) {
            x[i * width + j] -= mean;
        }
    }
}

/* ||Y'X||_F^2. */
static double squared(const double *x, int64_t width_x, const double *y, int64_t width_y, int64_t n)
{
    double sum = 0.0;
    for (int64_t a = 0; a < width_y; a++) {
        for (int64_t b = 0; b < width_x; b++) {
            double product = 0.0;
            for (int64_t i = 0; i < n; i++) {
                product += y[i * width_y + a] * x[i * width_x + b];
            }
            sum += product * product;
        }
    }
    return sum;
}

static double squared_length(const double *row, int64_t width)
{
    double sum = 0.0;
    for (int64_t j = 0; j < width; j++) {
        sum += row[j] * row[j];
    }
    return sum;
}

static void check_definition(int64_t n, int64_t width_x, int64_t width_y)
{
    const double *x = features[0];
    const double *y = features[1];
    centred_sides of;
    binet__column_products found;
    binet__column_products expected = {0};
    make(&of, n, width_x, width_y);
    CHECK_INT(binet__column_products_of(NULL, of.centred, &found, NULL), BINET_OK);
    centred_sides_end(&of);
    centre(features[0], n, width_x);
    centre(features[1], n, width_y);
    for (int64_t i = 0; i < n; i++) {
        double d = squared_length(x + i * width_x, width_x);
        double e = squared_length(y + i * width_y, width_y);
        expected.trace_x += d;
        expected.trace_y += e;
        expected.diagonals_xy += d * e;
        expected.diagonals_xx += d * d;
        expected.diagonals_yy += e * e;
    }
    CHECK_NEAR(found.squared_xy / squared(x, width_x, y, width_y, n), 1.0, 1e-12);
    CHECK_NEAR(found.squared_xx / squared(x, width_x, x, width_x, n), 1.0, 1e-12);
    CHECK_NEAR(found.squared_yy / squared(y, width_y, y, width_y, n), 1.0, 1e-12);
    CHECK_NEAR(found.trace_x / expected.trace_x, 1.0, 1e-13);
    CHECK_NEAR(found.trace_y / expected.trace_y, 1.0, 1e-13);
    CHECK_NEAR(found.diagonals_xy / expected.diagonals_xy, 1.0, 1e-13);
    CHECK_NEAR(found.diagonals_xx / expected.diagonals_xx, 1.0, 1e-13);
    CHECK_NEAR(found.diagonals_yy / expected.diagonals_yy, 1.0, 1e-13);
}

/* Rows in blocks of 1024, which are centred by 64. */
static void any_number_of_rows_is_summed(void)
{
    static const int64_t counts[] = {2, 63, 64, 65, 1023, 1024, 1025, 1088, 2049, 2500};
    for (int i = 0; i < 10; i++) {
        check_definition(counts[i], 3, 5);
    }
}

/* Columns of both, side by side, in tiles of 256: both in one, ends at an edge, and tiles that hold both. */
static void any_number_of_columns_is_multiplied(void)
{
    static const int64_t widths[][2] = {{1, 1},   {1, 255},   {1, 256},   {256, 1},  {100, 155},
                                        {255, 2}, {256, 256}, {200, 313}, {300, 20}, {20, 500}};
    for (int i = 0; i < 10; i++) {
        check_definition(70, widths[i][0], widths[i][1]);
    }
    check_definition(40, 300, 480);
    check_definition(1030, 130, 140);
}

static void one_row_has_no_products(void)
{
    centred_sides of;
    binet__column_products found;
    const binet__column_products none = {0};
    make(&of, 1, 4, 3);
    CHECK_INT(binet__column_products_of(NULL, of.centred, &found, NULL), BINET_OK);
    CHECK(memcmp(&found, &none, sizeof none) == 0);
    centred_sides_end(&of);
}

static void threads_change_no_bit(void)
{
    centred_sides of;
    binet__column_products found[2];
    make(&of, 1300, 120, 230);
    for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        CHECK_INT(binet__column_products_of(on.context, of.centred, &found[n_threads > 1], NULL), BINET_OK);
        CHECK(memcmp(&found[0], &found[n_threads > 1], sizeof found[0]) == 0);
        pooled_end(on);
    }
    centred_sides_end(&of);
}

static void memory_and_the_executor_may_fail(void)
{
    centred_sides of;
    make(&of, 1100, 4, 3);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__column_products found = {.trace_x = 77.0};
        binet_status status = binet__column_products_of(context, of.centred, &found, NULL);
        CHECK((found.trace_x == 77.0) == (status != BINET_OK));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    FAILING_EXECUTOR_LOOP(executor, executing)
    {
        binet__column_products found = {.trace_x = 77.0};
        binet_status status = binet__column_products_of(executing, of.centred, &found, NULL);
        CHECK((found.trace_x == 77.0) == (status != BINET_OK));
        failing_executor_next(&executor, status);
    }
    binet_context_destroy(executing);
    centred_sides_end(&of);
}

int main(void)
{
    RUN(any_number_of_rows_is_summed);
    RUN(any_number_of_columns_is_multiplied);
    RUN(one_row_has_no_products);
    RUN(threads_change_no_bit);
    RUN(memory_and_the_executor_may_fail);
    return check_result();
}
