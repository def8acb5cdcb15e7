/** A column of numbers whose weighted sums are exact: the integers that binet__sum makes of them, cut into parts of 32
 *  bits. */
#ifndef BINET_METRICS_EXACT_COLUMN_H
#define BINET_METRICS_EXACT_COLUMN_H

#include "base/sum.h"
#include "kernels/kernels.h"

enum { BINET__MOST_PARTS = 4 };

/** Value i is the sum over parts p of parts[p][i] * 2^(shift + 32 p - 80). +inf counts as 0 there. */
typedef struct binet__exact_column {
    int64_t n;
    int32_t n_parts;
    int32_t shift;
    uint32_t *parts[BINET__MOST_PARTS];
    int64_t *infinite; /* [n_infinite]: where +inf is */
    int64_t n_infinite;
} binet__exact_column;

/** The column of values[order[i]], each from 0 to 2^47 or +inf. To be released where this gives BINET_OK. */
binet_status binet__exact_column_create(const binet_context *context, const double *values, const int64_t *order,
                                        int64_t n, binet__exact_column *column, binet_error *error);

/** Give the memory back. Fine on all zero. */
void binet__exact_column_release(const binet_context *context, binet__exact_column *column);

/** Add the sum of weights[i] * value i over first .. end - 1 to `sum`, +inf counting as 0. */
void binet__exact_column_add(const binet__kernels *kernels, const binet__exact_column *column, const uint8_t *weights,
                             int64_t first, int64_t end, binet__sum *sum);

/** The mean of the whole column under weights of which the sum is `total`. */
double binet__exact_column_mean(const binet__kernels *kernels, const binet__exact_column *column,
                                const uint8_t *weights, int64_t total);

#endif
