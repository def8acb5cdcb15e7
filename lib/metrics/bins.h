/** Bins of equal width over 0 .. 1, and the order in which equal mass splits. */
#ifndef BINET_METRICS_BINS_H
#define BINET_METRICS_BINS_H

#include <stdint.h>

enum { BINET__DEFAULT_BINS = 15, BINET__MOST_BINS = 65536 };

/** Edge i of numpy.linspace(0, 1, n_bins + 1), with its bits. */
double binet__bin_edge(int32_t n_bins, int32_t i);

/** The bin of a value from 0 to 1: that of (lo, hi] which holds it, the first for 0. */
int32_t binet__bin_find(int32_t n_bins, double value);

/** A row as a number that sorts by its value, 0 .. 1, and among equals right answers last. */
uint64_t binet__bin_pack(double value, int right);

/** The value of such a number. */
double binet__bin_unpack(uint64_t key);

/** Whether the answer was right. */
static inline int binet__bin_right(uint64_t key)
{
    return (int)(key & 1);
}

#endif
