/** The loss of a linear probe and its gradient: passes over rows in blocks. */
#ifndef BINET_METRICS_PROBE_LOSS_H
#define BINET_METRICS_PROBE_LOSS_H

#include "metrics/features.h"

/** Rows that a probe is fitted to: features less their mean, or what they are along other axes, labels and weights. */
typedef struct binet__probe_rows {
    const binet__features *features; /**< read anew at each pass; NULL: `kept` holds them */
    const float *kept;               /**< [n, stride] */
    int64_t stride;
    const double *mean;    /**< [width]: what is taken from features */
    const int32_t *labels; /**< [n], 0 .. n_classes - 1 */
    const double *weights; /**< [n]; NULL: all 1 */
    int64_t n;
    int64_t width; /**< columns that count, the first ones */
    int64_t n_classes;
} binet__probe_rows;

/** The weight of a row. */
static inline double binet__probe_weight(const binet__probe_rows *rows, int64_t row)
{
    return rows->weights != NULL ? rows->weights[row] : 1.0;
}

/** That of all rows. */
double binet__probe_sum_of_weights(const binet__probe_rows *rows);

/** Rows in memory without the first n. */
binet__probe_rows binet__probe_rows_after(const binet__probe_rows *rows, int64_t n);

typedef struct binet__probe_loss binet__probe_loss;

/** What passes need, for rows of at most this width; to be destroyed. */
binet_status binet__probe_loss_create(const binet_context *context, int64_t width, int64_t n_classes,
                                      binet__probe_loss **loss, binet_error *error);

void binet__probe_loss_destroy(binet__probe_loss *loss);

/** The sum over rows of weight times -log softmax(x W + b)[label], and its gradient, at a point that is b[n_classes]
 * and then W[width, n_classes]; so is the gradient. Products are in f32, or in f64 where `precise`, for rows that are
 * read from features; lanes of rows are added in f64. Work is cut by the shape of the rows, so that the bits do not
 * depend on threads. The value is inf where it is not finite. BINET_INVALID_DATA names a row of features that is not
 * finite. */
binet_status binet__probe_loss_evaluate(binet__probe_loss *loss, const binet__probe_rows *rows, const double *point,
                                        int precise, double *value, double *gradient, binet_error *error);

/** The probabilities [n, n_classes] of the rows at a point, each row times the root of its weight, in f32. */
binet_status binet__probe_loss_probabilities(binet__probe_loss *loss, const binet__probe_rows *rows,
                                             const double *point, float *probabilities, binet_error *error);

/** The same in f64, for rows that are read from features. */
binet_status binet__probe_loss_probabilities_f64(binet__probe_loss *loss, const binet__probe_rows *rows,
                                                 const double *point, double *probabilities, binet_error *error);

/** The logits [n, n_classes] of the rows at a point, in f32. */
binet_status binet__probe_loss_logits(binet__probe_loss *loss, const binet__probe_rows *rows, const double *point,
                                      float *logits, binet_error *error);

/** The loss's gradient [n_classes] and Hessian [n_classes, n_classes] in b alone, in either precision. */
binet_status binet__probe_loss_intercepts(binet__probe_loss *loss, const binet__probe_rows *rows, const double *point,
                                          int precise, double *gradient, double *hessian, binet_error *error);

#endif
