/** Rows for the tests of a probe's parts, the same on every machine, and the loss of a probe by its definition. */
#ifndef TESTS_UNIT_PROBE_ROWS_H
#define TESTS_UNIT_PROBE_ROWS_H

#include <math.h>

#include "metrics/probe_loss.h"
#include "scores.h"

/* So many that each of a pass's lanes takes more than a block of them. */
enum { ROWS = 9000, D = 5, K = 3, SIZE = (D + 1) * K };

static float rows_kept[ROWS * D]; /* in [-1, 1) */
static const double rows_mean[D] = {3.0, -1.0, 0.0, 8.0, 0.5};
static double rows_features[ROWS * D]; /* the sums of both, exact */
static int32_t rows_labels[ROWS];
static double rows_weights[ROWS]; /* 0, 0.5, 1, 1.5, and again */

static inline void rows_make(void)
{
    uint64_t state = 4;
    for (int64_t i = 0; i < ROWS; i++) {
        rows_labels[i] = (int32_t)((scores_next(&state) >> 33) % K);
        rows_weights[i] = (double)(i % 4) / 2;
        for (int64_t j = 0; j < D; j++) {
            double value = 2.0 * scores_uniform(&state) - 1.0;
            rows_kept[i * D + j] = (float)value;
            rows_features[i * D + j] = value + rows_mean[j];
        }
    }
}

/* n numbers in [-1, 1). */
static inline void rows_numbers(double *numbers, int64_t n, uint64_t seed)
{
    for (int64_t i = 0; i < n; i++) {
        numbers[i] = 2.0 * scores_uniform(&seed) - 1.0;
    }
}

/* The first n rows, in memory. */
static inline binet__probe_rows rows_in_memory(int64_t n, const double *weights)
{
    return (binet__probe_rows){
        .kept = rows_kept, .stride = D, .labels = rows_labels, .weights = weights, .n = n, .width = D, .n_classes = K};
}

/* Logits and probabilities of a row in memory at a point; gives -log p of its label. */
static inline double rows_softmax(const binet__probe_rows *rows, int64_t row, const double *point, double logits[K],
                                  double p[K])
{
    double sum = 0.0;
    for (int64_t k = 0; k < K; k++) {
        logits[k] = point[k];
        for (int64_t j = 0; j < rows->width; j++) {
            logits[k] += rows->kept[row * rows->stride + j] * point[(j + 1) * K + k];
        }
        p[k] = exp(logits[k]);
        sum += p[k];
    }
    for (int64_t k = 0; k < K; k++) {
        p[k] /= sum;
    }
    return log(sum) - logits[rows->labels[row]];
}

/* The sum over rows in memory of weight times -log p of the label, and its gradient. */
static inline double rows_loss(const binet__probe_rows *rows, const double *point, double *gradient)
{
    double value = 0.0;
    memset(gradient, 0, (size_t)((rows->width + 1) * K) * sizeof *gradient);
    for (int64_t i = 0; i < rows->n; i++) {
        double weight = rows->weights != NULL ? rows->weights[i] : 1.0;
        double logits[K];
        double p[K];
        value += weight * rows_softmax(rows, i, point, logits, p);
        for (int64_t k = 0; k < K; k++) {
            double residual = weight * (p[k] - (rows->labels[i] == k));
            gradient[k] += residual;
            for (int64_t j = 0; j < rows->width; j++) {
                gradient[(j + 1) * K + k] += residual * rows->kept[i * rows->stride + j];
            }
        }
    }
    return value;
}

#endif
