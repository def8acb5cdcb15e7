/* Blocks of features are the rows whatever their dtype and strides, and what is not finite is named. */
#include "metrics/features.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "scores.h"

enum { N = 5, WIDTH = 19 };

static void read(const binet_array *array, double *as_f64, float *as_f32, binet_status expected, int64_t row)
{
    const binet__kernels *kernels = NULL;
    CHECK_INT(binet__kernels_of(NULL, &kernels, NULL), BINET_OK);
    binet__features features = binet__features_of(array, "features", kernels);
    void *scratch = binet__features_scratch(NULL, &features, NULL);
    binet_error error = {0};
    CHECK_INT(binet__features_block_f32(&features, 1, N - 1, scratch, as_f32, &error), expected);
    if (expected != BINET_OK) {
        CHECK_INT(error.element, row);
        CHECK_TEXT(error.argument, "features");
        CHECK_CONTAINS(error.message, "of features holds a NaN or an infinity");
    }
    CHECK_INT(binet__features_block_f64(&features, 1, N - 1, scratch, as_f64, &error),
              array->dtype == BINET_F64 && row == 3 ? BINET_OK : expected);
    free(scratch);
}

static void blocks_are_the_rows(void)
{
    static double values[N * WIDTH];
    static float narrow[N * WIDTH];
    static uint16_t bf16[WIDTH * N];
    static double f64[N * WIDTH];
    static float f32[N * WIDTH];
    for (int i = 0; i < N * WIDTH; i++) {
        narrow[i] = (float)(i - 40);
        values[i] = narrow[i];
        bf16[(i % WIDTH) * N + i / WIDTH] = scores_bf16(narrow[i]); /* by columns */
    }
    binet_array arrays[3] = {scores_matrix(values, BINET_F64, N, WIDTH), scores_matrix(narrow, BINET_F32, N, WIDTH),
                             scores_matrix(bf16, BINET_BF16, N, WIDTH)};
    arrays[2].strides[0] = 2;
    arrays[2].strides[1] = (int64_t)2 * N;
    for (int which = 0; which < 3; which++) {
        read(&arrays[which], f64, f32, BINET_OK, -1);
        for (int i = 0; i < (N - 1) * WIDTH; i++) {
            CHECK(f64[i] == values[WIDTH + i]);
            CHECK(f32[i] == narrow[WIDTH + i]);
        }
    }
}

static void what_is_not_finite_is_named(void)
{
    static double values[N * WIDTH];
    static double f64[N * WIDTH];
    static float f32[N * WIDTH];
    binet_array array = scores_matrix(values, BINET_F64, N, WIDTH);
    values[0] = NAN; /* not in the block */
    read(&array, f64, f32, BINET_OK, -1);
    values[5 * WIDTH - 1] = -INFINITY;
    read(&array, f64, f32, BINET_INVALID_DATA, 4);
    values[2 * WIDTH + 1] = NAN;
    read(&array, f64, f32, BINET_INVALID_DATA, 2);
    values[2 * WIDTH + 1] = 0.0;
    values[5 * WIDTH - 1] = 0.0;
    values[(size_t)3 * WIDTH] = 1e300; /* is, in double */
    read(&array, f64, f32, BINET_INVALID_DATA, 3);
}

int main(void)
{
    RUN(blocks_are_the_rows);
    RUN(what_is_not_finite_is_named);
    return check_result();
}
