/** The minimum of a smooth convex function of many variables. */
#ifndef BINET_METRICS_LBFGS_H
#define BINET_METRICS_LBFGS_H

#include "binet/base.h"

/** What is minimised. */
typedef struct binet__lbfgs_problem {
    void *user;
    /** The value and the gradient [n] at a point [n]. A value of inf, wherever the function or its gradient cannot be
     *  had, sends the search back. */
    binet_status (*evaluate)(void *user, const double *point, double *value, double *gradient, binet_error *error);
    /** A direction [n] out of a gradient [n]: the inverse of a positive definite matrix near the Hessian, times it. */
    void (*precondition)(void *user, const double *gradient, double *direction);
    /** The first length > 0 to try of a step backwards along a direction, `slope` > 0 being that along it, about twice
     *  what is left to go down; 0 where that is near enough, and the search ends. `taken` is the length of the step
     *  before it, 0 where there is none. NULL: 1. */
    binet_status (*reach)(void *user, const double *point, const double *direction, double slope, double taken,
                          double *length, binet_error *error);
    /** Called at the start and at each point gone to: *done becomes 1 where it is near enough to the minimum. */
    binet_status (*judge)(void *user, double value, const double *gradient, int *done, binet_error *error);
    int32_t most_evaluations;
    double noise; /**< of the value, as a part of it: next to the minimum, where rounding hides whether a step goes
                     down, it is taken for its smaller slope */
} binet__lbfgs_problem;

typedef struct binet__lbfgs_found {
    double first; /**< value at the start, which no later one is above, but for noise */
    double value;
    int32_t n_evaluations;
} binet__lbfgs_found;

/** A search: what earlier steps said of the Hessian. */
typedef struct binet__lbfgs binet__lbfgs;

/** For n variables and this many steps kept; to be destroyed. */
binet_status binet__lbfgs_create(const binet_context *context, int64_t n, int32_t memory, binet__lbfgs **search,
                                 binet_error *error);

void binet__lbfgs_destroy(binet__lbfgs *search);

/** Begin anew, with the first n of the variables. */
void binet__lbfgs_restart(binet__lbfgs *search, int64_t n);

/** Go on with another function: the old one is half the square of all but the first n_free variables and a rest, of
 *  which the new one has `factor` times as much. What was kept is made to fit. */
void binet__lbfgs_rescale(binet__lbfgs *search, double factor, int64_t n_free);

/** L-BFGS (Liu and Nocedal, 1989), with what was kept before. The bits do not depend on the executor's threads.
 *
 * @param point    [n]: the start, where the function is finite; then where it ended.
 * @param gradient [n]: that at the point.
 * @return BINET_OK; BINET_NOT_CONVERGED, without a message, with point, gradient and found as far as it came; or what
 *         `evaluate` or `judge` returns.
 */
binet_status binet__lbfgs_run(binet__lbfgs *search, const binet__lbfgs_problem *problem, double *point,
                              double *gradient, binet__lbfgs_found *found, binet_error *error);

#endif
