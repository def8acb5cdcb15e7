/** What the measures of robustness share: accuracies and counts from callers, and ends of intervals. */
#ifndef BINET_METRICS_ROBUSTNESS_H
#define BINET_METRICS_ROBUSTNESS_H

#include "binet/base.h"

/** Check a vector of f64, 0 .. 1 each; *n as in binet__check_vector. BINET_INVALID_DATA names the element. */
binet_status binet__check_accuracies(const binet_array *array, const char *argument, int64_t *n, binet_error *error);

/** Check a vector of counts, at least 0 each. NULL is fine. */
binet_status binet__check_counts(const binet_array *counts, const char *argument, int64_t n, binet_error *error);

/** A share with its Wilson interval. */
typedef struct binet__estimate {
    double value;
    double low;  /* NaN: unknown */
    double high; /* NaN: unknown */
} binet__estimate;

/** A share of n images; n of 0: no interval. */
binet__estimate binet__estimate_of(double value, int64_t n, double level);

/** The interval of numerator / denominator, independent shares of which the second is not 0 (Donner and Zou, 2012). */
binet__estimate binet__ratio_of(binet__estimate numerator, binet__estimate denominator);

/** The interval of a - b, independent shares (Newcombe, 1998). */
binet__estimate binet__difference_of(binet__estimate a, binet__estimate b);

#endif
