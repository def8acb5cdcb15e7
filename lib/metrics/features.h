/** Features [N, D] of callers, of any dtype and strides, and the directions that they point in. */
#ifndef BINET_METRICS_FEATURES_H
#define BINET_METRICS_FEATURES_H

#include "metrics/scores.h"

typedef struct binet__features {
    binet__scores scores; /**< how rows are read */
    const char *argument;
    int64_t n;
    int64_t width;
    double *squares; /**< [n], the caller's: squared lengths, once they are measured; 0: the row has no direction */
} binet__features;

/** Check dtype and shape of features [N, D] for BLAS: N >= 1, 1 <= D < 2^31. */
binet_status binet__features_check(const binet_array *array, const char *argument, binet_error *error);

/** Features of a checked array [N, D] of f16, bf16, f32 or f64; all is borrowed. */
binet__features binet__features_of(const binet_array *array, const char *argument, const binet__kernels *kernels);

/** Memory for reading one row, to be released. */
void *binet__features_scratch(const binet_context *context, const binet__features *features, binet_error *error);

/** A row in double, in place or in the scratch. */
const double *binet__features_read(const binet__features *features, int64_t row, void *scratch);

/** Rows first .. first + n as block[n, width] of f32, rounded where they are f64, or of f64, exact; `scratch` is that
 * of binet__features_scratch. BINET_INVALID_DATA names a row with a value that is not finite, in f32 after rounding. */
binet_status binet__features_block_f32(const binet__features *features, int64_t first, int64_t n, void *scratch,
                                       float *block, binet_error *error);
binet_status binet__features_block_f64(const binet__features *features, int64_t first, int64_t n, void *scratch,
                                       double *block, binet_error *error);

/** a . b, with the same bits everywhere. */
double binet__dot(const double *a, const double *b, int64_t n);

/** The sum of (a_i - b_i)^2, with the same bits everywhere. */
double binet__squared_distance(const double *a, const double *b, int64_t n);

/** The cosine of two vectors from their products, -1 .. 1; 1 of a vector to itself; NaN where one is zero. */
double binet__cosine(double ab, double aa, double bb);

/** Fill the squares. BINET_INVALID_DATA names a row with a value that is not finite, or whose square is not. */
binet_status binet__features_measure(const binet_context *context, binet__features *features, binet_error *error);

/** A row, whose square is not 0, over its length, rounded to f32. */
void binet__features_unit(const binet__features *features, int64_t row, void *scratch, float *unit);

/** The cosine of two rows that were measured. */
double binet__features_cosine(const binet__features *features, int64_t first, int64_t second, void *const scratch[2]);

#endif
