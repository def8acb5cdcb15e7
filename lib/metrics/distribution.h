/** Tails of distributions that tests need. Exactness: bounded, 1e-12 of the tail (the C library's log and exp), for up
 * to 2^32 tosses or degrees of freedom. */
#ifndef BINET_METRICS_DISTRIBUTION_H
#define BINET_METRICS_DISTRIBUTION_H

#include <stdint.h>

/** The regularised incomplete beta function I_x(a, b), 0 <= x <= 1, a and b > 0. y is 1 - x, given since its digits are
 *  lost where x is near 1. */
double binet__beta(double x, double y, double a, double b);

/** P(X <= k) of n tosses of a fair coin, 0 <= k <= n. */
double binet__fair_coin_below(int64_t k, int64_t n);

/** P(T > t) of Student's t with `freedom` > 0 degrees of freedom; t may be infinite. */
double binet__student_above(double t, double freedom);

/** The t with P(|T| <= t) = level, 0 < level < 1, of Student's t with `freedom` > 0 degrees of freedom. */
double binet__student_two_sided(double level, double freedom);

/** P(X > x) of chi-square with one degree of freedom, x >= 0. */
double binet__chi_square_above(double x);

#endif
