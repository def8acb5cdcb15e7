/** Options of a bootstrap, and the values of its resamples. */
#ifndef BINET_METRICS_BOOTSTRAP_H
#define BINET_METRICS_BOOTSTRAP_H

#include "binet/statistics.h"

enum { BINET__MOST_VALUES = 65536 };

/** The options with their defaults in place. */
binet_status binet__bootstrap_options(const binet_bootstrap_options *options, binet_bootstrap_options *given,
                                      binet_error *error);

/** Check the rooms of a result for n_values values. */
binet_status binet__bootstrap_check_result(const binet_bootstrap_result *result, const binet_bootstrap_options *given,
                                           int32_t n_values, binet_error *error);

/** Turn the values into estimates and write the result. `values` are [1 + n_resamples + n_groups, n_values]: of all
 * rows, of the resamples, of the groups of the jackknife. */
binet_status binet__bootstrap_finish(const binet_context *context, const binet_bootstrap_options *given,
                                     const double *values, int32_t n_values, int64_t n_groups, int64_t n_units,
                                     binet_bootstrap_result *result, binet_error *error);

#endif
