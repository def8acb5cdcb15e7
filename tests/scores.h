/** Scores and labels for tests, the same on every machine, and tables compared bit by bit. */
#ifndef TESTS_SCORES_H
#define TESTS_SCORES_H

#include <stdlib.h>

#include "binet/predictions.h"
#include "check.h"

/* Knuth's MMIX generator; tests/golden/predictions.py has the same. */
static inline uint64_t scores_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state;
}

/* n logits in [-8, 8), multiples of 2^-20: exact in f32 and f64. */
static inline void scores_logits(double *values, int64_t n, uint64_t seed)
{
    uint64_t state = seed;
    for (int64_t i = 0; i < n; i++) {
        values[i] = (double)(scores_next(&state) >> 40) * 0x1p-20 - 8.0;
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
