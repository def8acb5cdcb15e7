/** Rows for the tests of ridge regression's pieces, the same on every machine, and what they are reduced to, in plain
 *  loops. */
#ifndef TESTS_UNIT_RIDGE_ROWS_H
#define TESTS_UNIT_RIDGE_ROWS_H

#include <math.h>

#include "failing_allocator.h"
#include "metrics/ridge.h"
#include "pooled.h"
#include "scores.h"

typedef struct ridge_rows {
    int64_t n;
    int64_t d;
    int64_t r; /* order of the matrix */
    int64_t m; /* outputs */
    binet_array array;
    double *features; /* [n, d] */
    double *weights;  /* [n] */
    /* By the definition. */
    double *mean;   /* [d] */
    double *x;      /* [n, d] */
    double *matrix; /* [r, r], X'X or XX' */
    double *right;  /* [m, r], Y'X or Y' */
    /* What the library reads and fills. */
    binet__ridge of;
} ridge_rows;

static inline double *ridge_rows_room(int64_t rows, int64_t columns)
{
    double *room = calloc((size_t)(rows * columns), sizeof *room);
    CHECK(room != NULL);
    return room;
}

/* 1 where a row is of the class of an output, else -1. */
static inline double ridge_rows_target(const ridge_rows *rows, int64_t row, int64_t output)
{
    return rows->of.classes[row] == (rows->m == 1 ? 1 : output) ? 1.0 : -1.0;
}

/* What features, weights and classes are reduced to, once they are all there. */
static inline void ridge_rows_reduce(ridge_rows *rows)
{
    int64_t n = rows->n;
    int64_t d = rows->d;
    binet__ridge *of = &rows->of;
    of->weight = 0.0;
    memset(of->class_weights, 0, (size_t)of->n_classes * sizeof *of->class_weights);
    memset(rows->mean, 0, (size_t)d * sizeof *rows->mean);
    for (int64_t i = 0; i < n; i++) {
        of->roots[i] = sqrt(rows->weights[i]);
        of->weight += rows->weights[i];
        of->class_weights[of->classes[i]] += rows->weights[i];
    }
    for (int64_t i = 0; i < n * d; i++) {
        rows->mean[i % d] += rows->weights[i / d] / of->weight * rows->features[i];
    }
    for (int64_t i = 0; i < n * d; i++) {
        rows->x[i] = of->roots[i / d] * (rows->features[i] - rows->mean[i % d]);
    }
    for (int64_t a = 0; a < rows->r; a++) {
        for (int64_t b = 0; b < rows->r; b++) {
            double sum = 0.0;
            for (int64_t i = 0; i < (of->on_samples ? d : n); i++) {
                sum +=
                    of->on_samples ? rows->x[a * d + i] * rows->x[b * d + i] : rows->x[i * d + a] * rows->x[i * d + b];
            }
            rows->matrix[a * rows->r + b] = sum;
        }
    }
    for (int64_t m = 0; m < rows->m; m++) {
        double centre = 0.0;
        for (int64_t i = 0; i < n; i++) {
            centre += rows->weights[i] / of->weight * ridge_rows_target(rows, i, m);
        }
        memset(rows->right + m * rows->r, 0, (size_t)rows->r * sizeof *rows->right);
        for (int64_t i = 0; i < n; i++) {
            double y = of->roots[i] * (ridge_rows_target(rows, i, m) - centre);
            for (int64_t j = 0; j < (of->on_samples ? 1 : d); j++) {
                rows->right[m * rows->r + (of->on_samples ? i : j)] += of->on_samples ? y : y * rows->x[i * d + j];
            }
        }
    }
}

/* n rows of d features about 3, and from the middle of the rows on about 4, the first of which follows the label; of k
 * classes, 2 or more. Weights are 1, or 1, 2, 3, 0 and again. On the side of the samples where n < d. */
static inline ridge_rows *ridge_rows_make(int64_t n, int64_t d, int64_t k, int weighted)
{
    ridge_rows *rows = calloc(1, sizeof *rows);
    int64_t *labels = calloc((size_t)n, sizeof *labels);
    if (rows == NULL || labels == NULL) {
        abort();
    }
    rows->n = n;
    rows->d = d;
    rows->r = n < d ? n : d;
    rows->m = k > 2 ? k : 1;
    rows->features = ridge_rows_room(n, d);
    rows->weights = ridge_rows_room(n, 1);
    rows->mean = ridge_rows_room(1, d);
    rows->x = ridge_rows_room(n, d);
    rows->matrix = ridge_rows_room(rows->r, rows->r);
    rows->right = ridge_rows_room(rows->m, rows->r);
    rows->array = scores_matrix(rows->features, BINET_F64, n, d);
    binet__ridge *of = &rows->of;
    const binet__kernels *kernels;
    CHECK_INT(binet__kernels_of(NULL, &kernels, NULL), BINET_OK);
    of->features = binet__features_of(&rows->array, "features", kernels);
    of->n_classes = k;
    of->n_outputs = rows->m;
    of->on_samples = n < d;
    of->order = rows->r;
    of->classes = calloc((size_t)n, sizeof *of->classes);
    of->roots = ridge_rows_room(n, 1);
    of->class_weights = ridge_rows_room(1, k);
    of->mean = ridge_rows_room(1, d);
    of->rows = n < d ? ridge_rows_room(n, d) : NULL;
    of->matrix = ridge_rows_room(rows->r, rows->r);
    of->right = ridge_rows_room(rows->m, rows->r);
    of->vectors = ridge_rows_room(rows->r, rows->r);
    of->values = ridge_rows_room(1, rows->r);
    of->projections = ridge_rows_room(rows->m, rows->r);
    scores_logits(rows->features, n * d, 7);
    scores_labels(labels, n, k, 8);
    for (int64_t i = 0; i < n; i++) {
        of->classes[i] = (int32_t)(i < k ? i : labels[i]);
        rows->weights[i] = weighted ? (double)((i + 1) % 4) : 1.0;
        for (int64_t j = 0; j < d; j++) {
            rows->features[i * d + j] =
                rows->features[i * d + j] / 8 + (2 * i < n ? 3.0 : 4.0) + (j == 0 ? (double)of->classes[i] : 0.0);
        }
    }
    free(labels);
    ridge_rows_reduce(rows);
    return rows;
}

/* What the library would have gathered, in its place. */
static inline void ridge_rows_gathered(ridge_rows *rows)
{
    binet__ridge *of = &rows->of;
    memcpy(of->mean, rows->mean, (size_t)rows->d * sizeof *of->mean);
    memcpy(of->matrix, rows->matrix, (size_t)(rows->r * rows->r) * sizeof *of->matrix);
    memcpy(of->right, rows->right, (size_t)(rows->m * rows->r) * sizeof *of->right);
    if (of->on_samples) {
        memcpy(of->rows, rows->x, (size_t)(rows->n * rows->d) * sizeof *of->rows);
    }
}

static inline void ridge_rows_free(ridge_rows *rows)
{
    double *const blocks[] = {rows->features,   rows->weights,   rows->mean,          rows->x,
                              rows->matrix,     rows->right,     rows->of.roots,      rows->of.class_weights,
                              rows->of.mean,    rows->of.rows,   rows->of.matrix,     rows->of.right,
                              rows->of.vectors, rows->of.values, rows->of.projections};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
    free(rows->of.classes);
    free(rows);
}

/* The solution of a[n, n] x = b, which it replaces, by elimination with the largest pivot; a is lost. */
static inline void ridge_rows_eliminate(int64_t n, double *a, double *b)
{
    for (int64_t k = 0; k < n; k++) {
        int64_t pivot = k;
        for (int64_t i = k + 1; i < n; i++) {
            pivot = fabs(a[i * n + k]) > fabs(a[pivot * n + k]) ? i : pivot;
        }
        for (int64_t j = 0; j <= n; j++) {
            double *one = j < n ? &a[k * n + j] : &b[k];
            double *other = j < n ? &a[pivot * n + j] : &b[pivot];
            double kept = *one;
            *one = *other;
            *other = kept;
        }
        for (int64_t i = k + 1; i < n; i++) {
            double factor = a[i * n + k] / a[k * n + k];
            b[i] -= factor * b[k];
            for (int64_t j = k; j < n; j++) {
                a[i * n + j] -= factor * a[k * n + j];
            }
        }
    }
    for (int64_t k = n - 1; k >= 0; k--) {
        for (int64_t j = k + 1; j < n; j++) {
            b[k] -= a[k * n + j] * b[j];
        }
        b[k] /= a[k * n + k];
    }
}

typedef binet_status (*ridge_rows_gather)(binet__ridge *of, binet_error *error);

/* What is gathered of rows [n, d] has the same bits for any number of threads. */
static inline void ridge_rows_check_threads(ridge_rows_gather gather, int64_t n, int64_t d)
{
    ridge_rows *first = ridge_rows_make(n, d, 3, 1);
    ridge_rows *other = ridge_rows_make(n, d, 3, 1);
    int64_t r = first->r;
    CHECK_INT(gather(&first->of, NULL), BINET_OK);
    for (int32_t n_threads = 2; n_threads <= 4; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        other->of.context = on.context;
        memset(other->of.matrix, 0, (size_t)(r * r) * sizeof(double));
        CHECK_INT(gather(&other->of, NULL), BINET_OK);
        CHECK(memcmp(first->of.mean, other->of.mean, (size_t)d * sizeof(double)) == 0);
        CHECK(memcmp(first->of.matrix, other->of.matrix, (size_t)(r * r) * sizeof(double)) == 0);
        CHECK(memcmp(first->of.right, other->of.right, (size_t)(first->m * r) * sizeof(double)) == 0);
        CHECK(n >= d || memcmp(first->of.rows, other->of.rows, (size_t)(n * d) * sizeof(double)) == 0);
        pooled_end(on);
    }
    ridge_rows_free(other);
    ridge_rows_free(first);
}

static inline void ridge_rows_check_memory(ridge_rows_gather gather, int64_t n, int64_t d)
{
    ridge_rows *rows = ridge_rows_make(n, d, 3, 1);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        rows->of.context = context;
        failing_allocator_next(&allocator, gather(&rows->of, NULL));
    }
    binet_context_destroy(context);
    ridge_rows_free(rows);
}

#endif
