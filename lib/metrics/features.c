#include "metrics/features.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"

enum { LANES = 8 };

binet_status binet__features_check(const binet_array *array, const char *argument, binet_error *error)
{
    binet_status status = binet__check_array(array, argument, 2, BINET__DTYPES_FLOAT, error);
    if (status == BINET_OK && (array->shape[0] < 1 || array->shape[1] < 1 || !binet__blas_fits(array->shape[1]))) {
        status =
            binet__fail_argument(error, argument, "%s has shape [%lld, %lld]; allowed: [N, D], N >= 1, 1 <= D < 2^31",
                                 argument, (long long)array->shape[0], (long long)array->shape[1]);
    }
    return status;
}

binet__features binet__features_of(const binet_array *array, const char *argument, const binet__kernels *kernels)
{
    binet__features features = {.scores = binet__scores_of(array, NULL, 0, kernels),
                                .argument = argument,
                                .n = array->shape[0],
                                .width = array->shape[1]};
    return features;
}

/* The row in double, and behind it what reading needs. */
void *binet__features_scratch(const binet_context *context, const binet__features *features, binet_error *error)
{
    return binet__allocate(context, features->width, sizeof(double) + binet__scores_scratch(&features->scores), error);
}

const double *binet__features_read(const binet__features *features, int64_t row, void *scratch)
{
    double *copy = scratch;
    const void *values = binet__scores_read(&features->scores, row, 0, features->width, copy + features->width);
    if (features->scores.array->dtype == BINET_F64) {
        return values;
    }
    for (int64_t i = 0; i < features->width; i++) {
        copy[i] = ((const float *)values)[i];
    }
    return copy;
}

/* The largest pattern of bits without a sign: compilers make vectors of integers, not of isfinite. */
static int finite_f32(const float *values, int64_t n)
{
    uint32_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        bits &= 0x7fffffff;
        largest = bits > largest ? bits : largest;
    }
    return largest < 0x7f800000;
}

static int finite_f64(const double *values, int64_t n)
{
    uint64_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, values + i, sizeof bits);
        bits &= 0x7fffffffffffffff;
        largest = bits > largest ? bits : largest;
    }
    return largest < 0x7ff0000000000000;
}

static binet_status not_finite(const binet__features *features, int64_t row, const char *too_large, binet_error *error)
{
    return binet__fail(error, BINET_INVALID_DATA, features->argument, row,
                       "row %lld of %s holds a NaN or an infinity%s", (long long)row, features->argument, too_large);
}

#define CONVERT(type, from)                                                                                            \
    for (int64_t k = 0; k < features->width; k++) {                                                                    \
        row[k] = (type)((const from *)values)[k];                                                                      \
    }

binet_status binet__features_block_f32(const binet__features *features, int64_t first, int64_t n, void *scratch,
                                       float *block, binet_error *error)
{
    int is_double = features->scores.array->dtype == BINET_F64;
    for (int64_t i = 0; i < n; i++) {
        float *row = block + i * features->width;
        const void *values = binet__scores_read(&features->scores, first + i, 0, features->width, scratch);
        if (is_double) {
            CONVERT(float, double)
        } else {
            memcpy(row, values, (size_t)features->width * sizeof *row);
        }
        if (!finite_f32(row, features->width)) {
            return not_finite(features, first + i, is_double ? ", or a number too large for f32" : "", error);
        }
    }
    return BINET_OK;
}

binet_status binet__features_block_f64(const binet__features *features, int64_t first, int64_t n, void *scratch,
                                       double *block, binet_error *error)
{
    int is_double = features->scores.array->dtype == BINET_F64;
    for (int64_t i = 0; i < n; i++) {
        double *row = block + i * features->width;
        const void *values = binet__scores_read(&features->scores, first + i, 0, features->width, scratch);
        if (is_double) {
            memcpy(row, values, (size_t)features->width * sizeof *row);
        } else {
            CONVERT(double, float)
        }
        if (!finite_f64(row, features->width)) {
            return not_finite(features, first + i, "", error);
        }
    }
    return BINET_OK;
}

#undef CONVERT

/* The lanes do not depend on the machine. */
static double sum_lanes(const double lanes[LANES])
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

double binet__dot(const double *a, const double *b, int64_t n)
{
    double lanes[LANES] = {0};
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] += a[j + lane] * b[j + lane];
        }
    }
    for (int lane = 0; j < n; j++, lane++) {
        lanes[lane] += a[j] * b[j];
    }
    return sum_lanes(lanes);
}

double binet__squared_distance(const double *a, const double *b, int64_t n)
{
    double lanes[LANES] = {0};
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            double gap = a[j + lane] - b[j + lane];
            lanes[lane] += gap * gap;
        }
    }
    for (int lane = 0; j < n; j++, lane++) {
        lanes[lane] += (a[j] - b[j]) * (a[j] - b[j]);
    }
    return sum_lanes(lanes);
}

double binet__cosine(double ab, double aa, double bb)
{
    if (aa == 0.0 || bb == 0.0) {
        return NAN;
    }
    double product = aa * bb;
    /* One root, where that is possible, so that a vector's cosine to itself is 1. */
    double norms = isnormal(product) ? sqrt(product) : sqrt(aa) * sqrt(bb);
    return fmax(fmin(ab / norms, 1.0), -1.0);
}

binet_status binet__features_measure(const binet_context *context, binet__features *features, binet_error *error)
{
    void *scratch = binet__features_scratch(context, features, error);
    if (scratch == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = BINET_OK;
    for (int64_t row = 0; status == BINET_OK && row < features->n; row++) {
        const double *values = binet__features_read(features, row, scratch);
        features->squares[row] = binet__dot(values, values, features->width);
        if (!isfinite(features->squares[row])) {
            status = binet__fail(error, BINET_INVALID_DATA, features->argument, row,
                                 "row %lld of %s holds a NaN, an infinity or a number too large to square",
                                 (long long)row, features->argument);
        }
    }
    binet__release(context, scratch);
    return status;
}

void binet__features_unit(const binet__features *features, int64_t row, void *scratch, float *unit)
{
    const double *values = binet__features_read(features, row, scratch);
    double length = sqrt(features->squares[row]);
    for (int64_t i = 0; i < features->width; i++) {
        unit[i] = (float)(values[i] / length);
    }
}

double binet__features_cosine(const binet__features *features, int64_t first, int64_t second, void *const scratch[2])
{
    const double *a = binet__features_read(features, first, scratch[0]);
    const double *b = binet__features_read(features, second, scratch[1]);
    return binet__cosine(binet__dot(a, b, features->width), features->squares[first], features->squares[second]);
}
