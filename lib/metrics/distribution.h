/** Tails of distributions that tests need. Exactness: bounded, 1e-10 of the tail (the C library's log and exp). */
#ifndef BINET_METRICS_DISTRIBUTION_H
#define BINET_METRICS_DISTRIBUTION_H

#include <stdint.h>

/** The regularised incomplete beta function I_x(a, b), 0 <= x <= 1, a and b > 0. */
double binet__beta(double x, double a, double b);

/** P(X <= k) of n tosses of a fair coin, 0 <= k <= n. */
double binet__fair_coin_below(int64_t k, int64_t n);

/** P(T > t) of Student's t with `freedom` > 0 degrees of freedom; t may be infinite. */
double binet__student_above(double t, double freedom);

/** P(X > x) of chi-square with one degree of freedom, x >= 0. */
double binet__chi_square_above(double x);

#endif
