/** From the values of resamples to an interval. */
#ifndef BINET_METRICS_ESTIMATE_H
#define BINET_METRICS_ESTIMATE_H

#include "binet/statistics.h"

/** What a bootstrap computed of one statistic; entry i of each is at i * stride. */
typedef struct binet__draws {
    double value;            /**< of all rows */
    const double *resamples; /**< [n_resamples] */
    int64_t n_resamples;
    const double *left_out; /**< [n_left_out] of the jackknife, for BCa; NULL: percentile */
    int64_t n_left_out;
    int64_t stride;
} binet__draws;

/** The quantile of n >= 1 sorted values, linear between the two nearest (NumPy's). */
double binet__quantile(const double *sorted, int64_t n, double p);

/** The estimate at a level. `sorted` is room for n_resamples, `keys` for 2 n_resamples. After the call `sorted` begins
 *  with the values of the resamples that have one, the least first. */
binet_estimate binet__estimate(const binet__draws *draws, double level, double *sorted, uint64_t *keys);

/** The two-sided p value of no difference: min(1, 2 (1 + min(R-, R+)) / (1 + R)) over the R differences that are there,
 * R- of them at most 0 and R+ at least 0 (Davison and Hinkley, 1997); difference r is at r stride. NaN where R < 2. */
double binet__sign_p_value(const double *differences, int64_t n, int64_t stride);

#endif
