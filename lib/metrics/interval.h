/** Confidence intervals of shares, and the option that says their level. */
#ifndef BINET_METRICS_INTERVAL_H
#define BINET_METRICS_INTERVAL_H

#include "binet/base.h"

/** Put the default, 0.95, in the place of a level of 0; BINET_INVALID_ARGUMENT for one that is not between 0 and 1. */
binet_status binet__check_confidence_level(double *level, binet_error *error);

/** As binet__check_confidence_level, of a level that is a parameter of its own and no member of options. */
binet_status binet__check_confidence_level_argument(double *level, binet_error *error);

/** Wilson's score interval (Wilson, 1927) of the share n_hits / n, n > 0; its ends are 0 or 1 exactly where n_hits is 0
 *  or n. Exactness: reproducible. */
void binet__wilson(int64_t n_hits, int64_t n, double level, double *low, double *high);

/** The share n_hits / n and its Wilson interval; all three NaN where n is 0. */
void binet__share(int64_t n_hits, int64_t n, double level, double *share, double *low, double *high);

/** The interval of a - b, shares of independent samples, from their Wilson intervals (Newcombe, 1998, method 10).
 *  Exactness: reproducible. */
void binet__newcombe(double a, double a_low, double a_high, double b, double b_low, double b_high, double *low,
                     double *high);

/** The mean of n values that lie in least .. most, and mean +- z s / sqrt(n) within that range, s being their standard
 *  deviation over n - 1; the ends are NaN where n is 1, all three where n is 0. The same bits for any order of values.
 *  Exactness: reproducible. */
void binet__mean(const double *values, int64_t n, double level, double least, double most, double *mean, double *low,
                 double *high);

#endif
