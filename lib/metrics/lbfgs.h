/** The minimum of a smooth convex function of many variables. */
#ifndef BINET_METRICS_LBFGS_H
#define BINET_METRICS_LBFGS_H

#include "binet/base.h"

/** What is minimised. A value of inf, wherever the function or its gradient cannot be had, sends the search back. */
typedef struct binet__lbfgs_problem {
    void *user;
    int64_t n; /**< variables */
    /** The value and the gradient [n] at a point [n]. */
    binet_status (*evaluate)(void *user, const double *point, double *value, double *gradient, binet_error *error);
    /** A direction [n] out of a gradient [n]: the inverse of a positive definite matrix near the Hessian, times it. */
    void (*precondition)(void *user, const double *gradient, double *direction);
    double tolerance; /**< of the largest absolute derivative */
    int32_t most_evaluations;
} binet__lbfgs_problem;

typedef struct binet__lbfgs_found {
    double first; /**< value at the start, which no later one is above */
    double value;
    double largest; /**< absolute derivative */
    int32_t n_evaluations;
} binet__lbfgs_found;

/** L-BFGS (Liu and Nocedal, 1989). Sums in the order of the variables, on the calling thread.
 *
 * @param point    [n]: the start, where the function is finite; then the minimum.
 * @param gradient [n]: that at the minimum.
 * @return BINET_OK; BINET_NOT_CONVERGED, without a message, with point, gradient and found as far as it came;
 *         BINET_OUT_OF_MEMORY; or what `evaluate` returns.
 */
binet_status binet__lbfgs(const binet_context *context, const binet__lbfgs_problem *problem, double *point,
                          double *gradient, binet__lbfgs_found *found, binet_error *error);

#endif
