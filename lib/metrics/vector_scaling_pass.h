/** A pass over labelled scores at one point of vector scaling: the mean NLL with its penalty, the gradient, and the
 * curvatures of each class. */
#ifndef BINET_METRICS_VECTOR_SCALING_PASS_H
#define BINET_METRICS_VECTOR_SCALING_PASS_H

#include "binet/recalibration.h"
#include "metrics/labelled_scores.h"

typedef struct binet__vector_chunk binet__vector_chunk;

typedef struct binet__vector_pass {
    const binet_context *context;
    binet__scores scores;
    const binet_array *labels;
    binet_vector_scaling_options given;
    int64_t n;
    int64_t c;
    int64_t n_chunks;
    int64_t rows_per_chunk;
    const double *point; /* [2 c]: weights, then biases */
    double *sums;        /* [n_chunks, N_SUMS, c] */
    double *blocks;      /* [3, c]: curvatures of the last pass, with the penalty and a ridge */
    binet__vector_chunk *chunks;
    int first_pass;
    double nll; /* of the last point, without the penalty */
} binet__vector_pass;

/** Room for passes over scores [n, c] and labels [n] that were checked; to be released. */
binet_status binet__vector_pass_prepare(const binet_context *context, const binet_array *scores,
                                        const binet_array *labels, const binet_vector_scaling_options *given,
                                        binet__vector_pass *pass, binet_error *error);

void binet__vector_pass_release(binet__vector_pass *pass);

/** For binet__lbfgs_problem.evaluate: value and gradient [2 c]. A row that cannot be is an error in the first pass; in
 * a later one it is the step that led too far, and the value is infinite. */
binet_status binet__vector_pass_evaluate(void *pass, const double *point, double *value, double *gradient,
                                         binet_error *error);

/** For binet__lbfgs_problem.precondition: the inverse of each class's curvatures, two by two, times its part of the
 * gradient. Those of the last pass, since the certainty of rows, and with it all curvatures, changes a lot on the way.
 */
void binet__vector_pass_precondition(void *pass, const double *gradient, double *direction);

#endif
