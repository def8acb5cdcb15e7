/** The Hessian of a linear probe's objective in b and in W along the first principal axes, from a sample of rows and
 *  factored: where rows vary most, the curvature is least like a Kronecker product. */
#ifndef BINET_METRICS_PROBE_LEADING_H
#define BINET_METRICS_PROBE_LEADING_H

#include "metrics/probe_axes.h"

typedef struct binet__probe_leading binet__probe_leading;

enum {
    BINET__PROBE_LEADING_ROWS = 4096, /**< that are added at once */
    BINET__PROBE_LEADING_AXES = 31    /**< at most */
};

/** For the first of these axes, which are borrowed: as many as leave it small, and to be set from some of n_sample rows
 * at no more than the cost of an evaluation over n. NULL where none do. To be destroyed. */
binet_status binet__probe_leading_create(const binet_context *context, const binet__probe_axes *axes, int64_t n_classes,
                                         int64_t n, int64_t n_sample, binet__probe_leading **leading,
                                         binet_error *error);

void binet__probe_leading_destroy(binet__probe_leading *leading);

/** How many rows it wants to be set from. */
int64_t binet__probe_leading_rows(const binet__probe_leading *leading);

/** Begin to set it: from rows by features or, where n_axes is not 0, along that many of the first axes. */
void binet__probe_leading_begin(binet__probe_leading *leading, int64_t n_axes);

/** Add rows in memory, at most BINET__PROBE_LEADING_ROWS, and their probabilities, each row times the root of its
 * weight.
 */
binet_status binet__probe_leading_add(binet__probe_leading *leading, const binet__probe_rows *rows,
                                      const float *probabilities, binet_error *error);

/** All rows are there: the loss is `scale` times the mean over them. `prior` [n_classes, n_classes], of which the lower
 * triangle is read, is added for b and, times its variance, for each axis. */
void binet__probe_leading_finish(binet__probe_leading *leading, double scale, const float *prior);

/** Multiplications to set it, out of probabilities. */
double binet__probe_leading_cost(const binet__probe_leading *leading);

/** How many axes it solves for; 0: it is NULL or could not be factored. */
int64_t binet__probe_leading_axes(const binet__probe_leading *leading);

/** direction_b [n_classes] and along [axes, n_classes] become H^-1 times gradient_b and along. */
void binet__probe_leading_solve(const binet__probe_leading *leading, const double *gradient_b, double *direction_b,
                                float *along);

#endif
