/** The evidence of a Bayesian linear model at its largest, for many columns on the same features. */
#ifndef BINET_METRICS_EVIDENCE_H
#define BINET_METRICS_EVIDENCE_H

#include "binet/transfer.h"

/** What the features say, in the coordinates of their singular vectors. */
typedef struct binet__evidence_features {
    int64_t n;             /**< rows */
    int64_t rank;          /**< singular values that are not 0 */
    const double *squares; /**< [rank] of the singular values, ascending */
} binet__evidence_features;

/** Fill the evidence of `n_columns` columns.
 *
 * @param projections [n_columns, rank] squares of the columns' projections on the left singular vectors.
 * @param totals      [n_columns] squares of the columns, more than 0.
 * @param found       [n_columns]: evidence, alpha and beta; n becomes 0.
 */
binet_status binet__evidence_maximise(const binet_context *context, const binet__evidence_features *features,
                                      int64_t n_columns, const double *projections, const double *totals,
                                      binet_logme_class *found, binet_error *error);

#endif
