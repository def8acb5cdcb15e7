/** Parts of binet_invariance. */
#ifndef BINET_METRICS_INVARIANCE_H
#define BINET_METRICS_INVARIANCE_H

#include "binet/invariance.h"

/** Checked arguments of the call. */
typedef struct binet__sweep {
    const binet_context *context;
    const binet_predictions *const *settings;
    const binet_array *features; /**< NULL: none */
    int64_t n_settings;
    int64_t reference;
    int64_t n; /**< rows of each table */
    int is_named;
    double level;
} binet__sweep;

/** Check that the tables may be of the same pictures: as many rows, class counts that agree, all rows with a name or
 *  none, and set n and is_named. */
binet_status binet__sweep_check_tables(binet__sweep *sweep, binet_error *error);

/** rows[i] of a setting shows the picture of row i of the reference, under the same label. */
binet_status binet__sweep_match(const binet__sweep *sweep, int64_t setting, int64_t *rows, binet_error *error);

/** Check the arrays of features. */
binet_status binet__sweep_check_features(const binet__sweep *sweep, binet_error *error);

/** Cosines of the pictures whose vectors have a direction, one after the other; `*n_cosine` of them. */
binet_status binet__sweep_cosines(const binet__sweep *sweep, int64_t setting, const int64_t *rows, double *cosines,
                                  int64_t *n_cosine, binet_error *error);

#endif
