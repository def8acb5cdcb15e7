/** Sums that do not depend on the order of what is added: 128-bit integers that count multiples of 2^-80. */
#ifndef BINET_BASE_SUM_H
#define BINET_BASE_SUM_H

#include "binet/base.h"

/** Two's complement; all zero is the empty sum. Holds |sum| < 2^47. */
typedef struct binet__sum {
    uint64_t high;
    uint64_t low;
} binet__sum;

/** Add a value, |value| < 2^47, rounded to a multiple of 2^-80, halves away from zero: at most 2^-81 is lost, nothing
 *  where |value| >= 2^-28. */
void binet__sum_add(binet__sum *sum, double value);

/** Add another sum: exact. */
void binet__sum_join(binet__sum *sum, const binet__sum *other);

/** The sum with the other sign: exact. */
void binet__sum_negate(binet__sum *sum);

/** The double nearest to the sum. */
double binet__sum_value(const binet__sum *sum);

#endif
