/** The standard normal distribution. */
#ifndef BINET_METRICS_NORMAL_H
#define BINET_METRICS_NORMAL_H

/** The z with P(Z <= z) = p, 0 < p < 1 (Wichura, Algorithm AS 241, 1988): relative error below 1e-15. -inf for 0, inf
 * for
 *  1. Exactness: reproducible. */
double binet__normal_quantile(double p);

/** P(Z <= z). Exactness: bounded, 1e-15 of it (the C library's erfc). */
double binet__normal_below(double z);

#endif
