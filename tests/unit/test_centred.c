/* Centred features are those of the definition: of any dtype and strides, far from zero and at the ends of double. */
#include "metrics/centred.h"

#include <float.h>
#include <math.h>

#include "base/memory.h"
#include "centred_features.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 50, WIDTH = 37, STRIDE = WIDTH + 3 };

static double features[N * WIDTH];
static double block[N * STRIDE];

/* Columns first .. first + width of rows row .. row + n. */
static void read_block(const binet__centred *centred, int64_t row, int64_t n, int64_t first, int64_t width)
{
    void *scratch = binet__features_scratch(NULL, &centred->features, NULL);
    for (int64_t i = 0; i < N * STRIDE; i++) {
        block[i] = 77.0;
    }
    binet__centred_block(centred, row, n, first, width, scratch, block, STRIDE);
    binet__release(NULL, scratch);
}

/* All of it, and a part, is what the first n rows of `values` are around their mean; nothing else is written. */
static void check_array(const binet_array *array, const double *values, double tolerance)
{
    int64_t n = array->shape[0];
    binet__centred centred = centred_features(array);
    const int64_t parts[][4] = {{0, n, 0, WIDTH}, {n / 3, n - n / 3, 5, 9}, {n - 1, 1, WIDTH - 1, 1}};
    for (int part = 0; part < 3; part++) {
        int64_t row = parts[part][0];
        int64_t first = parts[part][2];
        read_block(&centred, row, parts[part][1], first, parts[part][3]);
        for (int64_t i = 0; i < N; i++) {
            for (int64_t j = 0; j < STRIDE; j++) {
                double found = block[i * STRIDE + j];
                if (i >= parts[part][1] || j >= parts[part][3]) {
                    CHECK(found == 77.0);
                    continue;
                }
                long double sum = 0.0L;
                for (int64_t k = 0; k < n; k++) {
                    sum += values[k * WIDTH + first + j];
                }
                long double expected = values[(row + i) * WIDTH + first + j] - sum / n;
                CHECK_NEAR(ldexp(found, centred.exponent), (double)expected, tolerance);
            }
        }
    }
    binet__centred_release(NULL, &centred);
    CHECK(centred.pivot == NULL && centred.mean == NULL);
}

/* Multiples of 2^-3 below 16, which every dtype holds. */
static void make(void)
{
    scores_logits(features, (int64_t)N * WIDTH, 3);
    for (int64_t i = 0; i < N * WIDTH; i++) {
        features[i] = floor(features[i] * 8.0) / 8.0 + (double)(i % WIDTH % 5);
    }
}

static void blocks_are_what_is_left_of_the_mean(void)
{
    static float as_f32[N * WIDTH];
    static uint16_t as_f16[N * WIDTH];
    static uint16_t as_bf16[N * WIDTH];
    static double by_column[N * WIDTH];
    for (int64_t i = 0; i < N * WIDTH; i++) {
        as_f32[i] = (float)features[i];
        as_f16[i] = scores_f16(as_f32[i]);
        as_bf16[i] = scores_bf16(as_f32[i]);
        by_column[i % WIDTH * N + N - 1 - i / WIDTH] = features[i];
    }
    const binet_array arrays[] = {
        scores_matrix(features, BINET_F64, N, WIDTH),
        scores_matrix(as_f32, BINET_F32, N, WIDTH),
        scores_matrix(as_f16, BINET_F16, N, WIDTH),
        scores_matrix(as_bf16, BINET_BF16, N, WIDTH),
        {by_column + N - 1, BINET_F64, 2, {N, WIDTH}, {-8, N * 8}},
    };
    for (int a = 0; a < 5; a++) {
        check_array(&arrays[a], features, 1e-14);
    }
    for (int64_t n = 1; n <= 3; n++) {
        binet_array few = scores_matrix(features, BINET_F64, n, WIDTH);
        check_array(&few, features, 1e-14);
    }
}

/* Of features 2^40 from zero, differences of 2^-3 keep their digits. */
static void a_far_centre_costs_no_digits(void)
{
    static double far[N * WIDTH];
    for (int64_t i = 0; i < N * WIDTH; i++) {
        int64_t j = i % WIDTH;
        far[i] = features[i] + (j % 2 ? 0x1p40 : -0x1p40) * (double)(j + 1);
    }
    binet_array array = scores_matrix(far, BINET_F64, N, WIDTH);
    check_array(&array, features, 1e-14);
}

/* What is read is below 1, which leaves room for products, and times 2^exponent it is the features. */
static void extreme_scales_are_met(void)
{
    static double scaled[N * WIDTH];
    static const int tame[] = {-190, -100, 0, 100, 190};
    static const int extreme[] = {-1000, -400, -210, 210, 400, 1000};
    for (int e = 0; e < 11; e++) {
        int exponent = e < 5 ? tame[e] : extreme[e - 5];
        for (int64_t i = 0; i < N * WIDTH; i++) {
            scaled[i] = ldexp(features[i], exponent);
        }
        binet_array array = scores_matrix(scaled, BINET_F64, N, WIDTH);
        check_array(&array, scaled, ldexp(1e-14, exponent));
        binet__centred centred = centred_features(&array);
        CHECK((centred.exponent == 0) == (e < 5));
        if (e >= 5) {
            double largest = 0.0;
            for (int64_t i = 0; i < N * WIDTH; i++) {
                largest = fmax(largest, fabs(ldexp(scaled[i] - scaled[i % WIDTH], -centred.exponent)));
            }
            CHECK(largest >= 0.5 && largest < 1.0);
        }
        binet__centred_release(NULL, &centred);
    }
}

/* The largest doubles on both sides of zero, whose difference is none. */
static void differences_may_overflow(void)
{
    static const double ends[] = {DBL_MAX, -DBL_MAX, DBL_MAX, -DBL_MAX};
    double found[4];
    double scratch[1];
    binet_array array = scores_matrix(ends, BINET_F64, 4, 1);
    binet__centred centred = centred_features(&array);
    binet__centred_block(&centred, 0, 4, 0, 1, scratch, found, 1);
    for (int i = 0; i < 4; i++) {
        CHECK(found[i] == ldexp(ends[i], -centred.exponent));
    }
    CHECK(centred.constant == 0);
    binet__centred_release(NULL, &centred);
}

/* Of the least doubles, beside a constant as large as any. */
static void the_least_differences_keep_their_bits(void)
{
    static const double least[] = {0.0, DBL_MAX, 0x1p-1074, DBL_MAX, 0.0, DBL_MAX, 0x1p-1074, DBL_MAX};
    static const double odd[] = {0x1p-1074, DBL_MAX, 0x4p-1074, DBL_MAX, 0x6p-1074, DBL_MAX, 0x1p-1074, DBL_MAX};
    static const double expected[][4] = {{-0.5, 0.5, -0.5, 0.5}, {-2.0, 1.0, 3.0, -2.0}};
    for (int which = 0; which < 2; which++) {
        double found[8];
        double scratch[2];
        binet_array array = scores_matrix(which == 0 ? least : odd, BINET_F64, 4, 2);
        binet__centred centred = centred_features(&array);
        binet__centred_block(&centred, 0, 4, 0, 2, scratch, found, 2);
        for (int i = 0; i < 4; i++) {
            CHECK(found[2 * i] == ldexp(expected[which][i], -1074 - centred.exponent));
            CHECK(found[2 * i + 1] == 0.0);
        }
        CHECK(centred.constant == 0);
        binet__centred_release(NULL, &centred);
    }
}

static void what_does_not_change_is_zero(void)
{
    static double same[N * WIDTH];
    for (int64_t i = 0; i < N * WIDTH; i++) {
        same[i] = 0.1 * (double)(i % WIDTH) + (i < WIDTH * 9 ? 0.0 : -0.0);
    }
    same[20 * WIDTH] = -0.0; /* as 0 */
    for (int which = 0; which < 2; which++) {
        same[(N - 1) * WIDTH + WIDTH - 1] += which * 0x1p-40; /* the last of all */
        binet_array array = scores_matrix(same, BINET_F64, N, WIDTH);
        binet__centred centred = centred_features(&array);
        CHECK_INT(centred.constant, which == 0);
        read_block(&centred, 0, N, 0, WIDTH);
        for (int64_t i = 0; i < N * WIDTH; i++) {
            double found = block[i / WIDTH * STRIDE + i % WIDTH];
            CHECK((found == 0.0) == (which == 0 || i % WIDTH != WIDTH - 1));
        }
        binet__centred_release(NULL, &centred);
    }
}

static void what_is_not_finite_is_named(void)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    static float as_f32[N * WIDTH];
    static uint16_t as_f16[N * WIDTH];
    static const int64_t rows[] = {0, 1, 31, N - 1};
    const binet__kernels *kernels = NULL;
    CHECK_INT(binet__kernels_of(NULL, &kernels, NULL), BINET_OK);
    for (int64_t i = 0; i < N * WIDTH; i++) {
        as_f32[i] = (float)features[i];
        as_f16[i] = scores_f16(as_f32[i]);
    }
    for (int r = 0; r < 4; r++) {
        int64_t at = rows[r] * WIDTH + 7 * r;
        for (int b = 0; b < 3; b++) {
            double before = features[at];
            uint16_t half = as_f16[at];
            features[at] = bad[b];
            as_f32[at] = (float)bad[b];
            as_f16[at] = b == 0 ? 0x7e00 : b == 1 ? 0x7c00 : 0xfc00;
            features[(N - 1) * WIDTH] += rows[r] < N - 1 ? INFINITY : 0.0; /* a later one */
            const binet_array arrays[] = {scores_matrix(features, BINET_F64, N, WIDTH),
                                          scores_matrix(as_f32, BINET_F32, N, WIDTH),
                                          scores_matrix(as_f16, BINET_F16, N, WIDTH)};
            for (int a = 0; a < 3; a++) {
                binet__centred centred = {.exponent = 77};
                binet_error error;
                CHECK_INT(binet__centred_create(NULL, &arrays[a], "x", kernels, &centred, &error), BINET_INVALID_DATA);
                CHECK_TEXT(error.argument, "x");
                CHECK_INT(error.element, rows[r]);
                CHECK(centred.exponent == 77 && centred.mean == NULL);
            }
            features[at] = before;
            as_f32[at] = (float)before;
            as_f16[at] = half;
            features[(N - 1) * WIDTH] = as_f32[(N - 1) * WIDTH];
        }
    }
}

static void memory_may_run_out(void)
{
    binet_array array = scores_matrix(features, BINET_F64, N, WIDTH);
    const binet__kernels *kernels = NULL;
    CHECK_INT(binet__kernels_of(NULL, &kernels, NULL), BINET_OK);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__centred centred = {.exponent = 77};
        binet_status status = binet__centred_create(context, &array, "x", kernels, &centred, NULL);
        CHECK((centred.exponent == 77) == (status != BINET_OK));
        if (status == BINET_OK) {
            binet__centred_release(context, &centred);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    make();
    RUN(blocks_are_what_is_left_of_the_mean);
    RUN(a_far_centre_costs_no_digits);
    RUN(extreme_scales_are_met);
    RUN(differences_may_overflow);
    RUN(the_least_differences_keep_their_bits);
    RUN(what_does_not_change_is_zero);
    RUN(what_is_not_finite_is_named);
    RUN(memory_may_run_out);
    return check_result();
}
