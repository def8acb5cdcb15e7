/** Options of a bootstrap, and the values of its resamples. */
#ifndef BINET_METRICS_BOOTSTRAP_H
#define BINET_METRICS_BOOTSTRAP_H

#include "binet/statistics.h"
#include "metrics/estimate.h"
#include "metrics/units.h"

enum { BINET__MOST_VALUES = 65536 };

/** The options with their defaults in place. */
binet_status binet__bootstrap_options(const binet_bootstrap_options *options, binet_bootstrap_options *given,
                                      binet_error *error);

/** Check the rooms of a result for n_values values. */
binet_status binet__bootstrap_check_result(const binet_bootstrap_result *result, const binet_bootstrap_options *given,
                                           int32_t n_values, binet_error *error);

/** What a bootstrap evaluates: 0 is all rows, 1 .. n_resamples are the resamples, those after the groups of the
 *  jackknife that BCa needs. */
typedef struct binet__evaluations {
    int64_t n;
    int64_t n_resamples;
    int64_t n_groups; /**< 0: no jackknife */
    uint64_t seed;
    binet__units units; /**< to be released */
} binet__evaluations;

binet_status binet__evaluations_create(const binet_context *context, int64_t n_rows,
                                       const binet_bootstrap_options *given, binet__evaluations *evaluations,
                                       binet_error *error);

/** The rows of evaluation i. */
binet_status binet__evaluation_rows(const binet_context *context, const binet__evaluations *of, int64_t i,
                                    binet__rows *rows, binet_error *error);

/** One statistic of the values of all evaluations; value i is at values[i * stride]. */
binet__draws binet__evaluation_draws(const binet__evaluations *of, const double *values, int64_t stride);

/** Turn values [evaluations->n, n_values] into estimates and write the result. */
binet_status binet__bootstrap_finish(const binet_context *context, const binet_bootstrap_options *given,
                                     const binet__evaluations *evaluations, const double *values, int32_t n_values,
                                     binet_bootstrap_result *result, binet_error *error);

#endif
