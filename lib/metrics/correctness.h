/** Which samples are right: u8 arrays of 0 (wrong) and 1 (right). */
#ifndef BINET_METRICS_CORRECTNESS_H
#define BINET_METRICS_CORRECTNESS_H

#include "binet/base.h"

/** How many entries of a checked array of u8, [N] or [M, N], are 1. BINET_INVALID_DATA for an entry that is neither 0
 *  nor 1; its element is its index, m * N + n. */
binet_status binet__count_correct(const binet_array *correct, const char *argument, int64_t *n_correct,
                                  binet_error *error);

/** Entry i of such an array [N]. */
static inline int binet__correct_at(const binet_array *correct, int64_t i)
{
    return ((const unsigned char *)correct->data)[i * correct->strides[0]];
}

#endif
