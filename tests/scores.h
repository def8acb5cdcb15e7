/** Scores and labels for tests, the same on every machine, and tables compared bit by bit. */
#ifndef TESTS_SCORES_H
#define TESTS_SCORES_H

#include <math.h>
#include <stdlib.h>

#include "binet/predictions.h"
#include "check.h"

/* Knuth's MMIX generator; tests/golden/predictions.py has the same. */
static inline uint64_t scores_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state;
}

/* In [0, 1), a multiple of 2^-24: exact in f32. */
static inline double scores_uniform(uint64_t *state)
{
    return (double)(scores_next(state) >> 40) * 0x1p-24;
}

/* n logits in [-8, 8), multiples of 2^-20: exact in f32 and f64. */
static inline void scores_logits(double *values, int64_t n, uint64_t seed)
{
    uint64_t state = seed;
    for (int64_t i = 0; i < n; i++) {
        values[i] = 16.0 * scores_uniform(&state) - 8.0;
    }
}

/* n labels in 0 .. n_classes - 1. */
static inline void scores_labels(int64_t *labels, int64_t n, int64_t n_classes, uint64_t seed)
{
    uint64_t state = seed;
    for (int64_t i = 0; i < n; i++) {
        labels[i] = (int64_t)((scores_next(&state) >> 33) % (uint64_t)n_classes);
    }
}

/* Labels of n rows, and logits that are 6 higher at the label in two rows of three. */
static inline void scores_of_labels(double *logits, int64_t *labels, int64_t n, int64_t n_classes, uint64_t seed)
{
    scores_logits(logits, n * n_classes, seed);
    scores_labels(labels, n, n_classes, seed + 1);
    for (int64_t i = 0; i < n; i++) {
        logits[i * n_classes + labels[i]] += i % 3 == 0 ? 0.0 : 6.0;
    }
}

/* The upper bits, which are all of a value that bf16 holds. */
static inline uint16_t scores_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)(bits >> 16);
}

/* Of a value that f16 holds, 0 or at least 2^-14. */
static inline uint16_t scores_f16(float value)
{
    int exponent;
    float mantissa = 2 * frexpf(fabsf(value), &exponent) - 1;
    return (uint16_t)(value == 0 ? 0 : (value < 0 ? 0x8000 : 0) | ((exponent + 14) << 10) | (int)(mantissa * 1024));
}

static inline binet_array scores_matrix(const void *data, int32_t dtype, int64_t n, int64_t n_classes)
{
    int64_t size = dtype == BINET_F64 ? 8 : dtype == BINET_F32 ? 4 : 2;
    binet_array array = {data, dtype, 2, {n, n_classes}, {n_classes * size, size}};
    return array;
}

static inline binet_array scores_vector(const void *data, int32_t dtype, int64_t n)
{
    binet_array array = {data, dtype, 1, {n}, {dtype == BINET_I32 ? 4 : 8}};
    return array;
}

/* A table of logits; labels and names may be NULL. */
static inline binet_predictions *scores_table(const double *logits, const int64_t *labels, const char *const *names,
                                              int64_t n, int64_t n_classes)
{
    binet_array scores = scores_matrix(logits, BINET_F64, n, n_classes);
    binet_array truth = scores_vector(labels, BINET_I64, n);
    binet_predictions_builder *builder = NULL;
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_builder_create(NULL, BINET_LOGITS, NULL, &builder, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_append(builder, &scores, labels != NULL ? &truth : NULL, names, NULL),
              BINET_OK);
    CHECK_INT(binet_predictions_builder_finish(builder, &table, NULL), BINET_OK);
    binet_predictions_builder_destroy(builder);
    return table;
}

/* A column, NULL on failure. */
static inline const void *scores_column(const binet_predictions *table, int32_t column, size_t *bytes)
{
    binet_array view;
    CHECK_INT(binet_predictions_column(table, column, &view, NULL), BINET_OK);
    *bytes = (size_t)(view.shape[0] * view.strides[0]);
    return view.data;
}

static inline double scores_f64(const binet_predictions *table, int32_t column, int64_t row)
{
    size_t bytes;
    return ((const double *)scores_column(table, column, &bytes))[row];
}

static inline int32_t scores_i32(const binet_predictions *table, int32_t column, int64_t row)
{
    size_t bytes;
    return ((const int32_t *)scores_column(table, column, &bytes))[row];
}

/* The same rows with the same bits in every column, and the same names. */
static inline int scores_same(const binet_predictions *a, const binet_predictions *b)
{
    int64_t n = binet_predictions_count(a);
    int same = a != NULL && b != NULL && n == binet_predictions_count(b);
    for (int32_t column = BINET_PREDICTED_CLASS; same && column <= BINET_ENTROPY; column++) {
        size_t bytes;
        const void *of_a = scores_column(a, column, &bytes);
        const void *of_b = scores_column(b, column, &bytes);
        same = memcmp(of_a, of_b, bytes) == 0;
    }
    for (int64_t row = 0; same && row < n; row++) {
        const char *name_a = binet_predictions_file_name(a, row);
        const char *name_b = binet_predictions_file_name(b, row);
        same = (name_a == NULL) == (name_b == NULL) && (name_a == NULL || strcmp(name_a, name_b) == 0);
    }
    return same;
}

#endif
