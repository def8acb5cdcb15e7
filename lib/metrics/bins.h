/** Bins of equal width over 0 .. 1, and the order in which equal mass splits. */
#ifndef BINET_METRICS_BINS_H
#define BINET_METRICS_BINS_H

#include "binet/calibration.h"

enum {
    BINET__DEFAULT_BINS = 15,
    BINET__MOST_BINS = 65536,
    BINET__N_CONVENTIONS = BINET_CONVENTION_VERIFIED_CALIBRATION + 1
};

/** What a convention is called. */
const char *binet__convention_name(int32_t convention);

/** BINET_INVALID_ARGUMENT where the convention of the options is none. */
binet_status binet__bin_check_convention(int32_t convention, binet_error *error);

/** Edge i of numpy.linspace(0, 1, n_bins + 1), with its bits. */
double binet__bin_edge(int32_t n_bins, int32_t i);

/** The bin of a value from 0 to 1: that of (lo, hi] which holds it, the first for 0. */
int32_t binet__bin_find(int32_t n_bins, double value);

/** Bins of equal width that a convention makes of n_bins: torchmetrics has one more, for 1. */
int32_t binet__bin_count(int32_t convention, int32_t n_bins);

/** Ends of bin b of a convention. */
double binet__bin_low(int32_t convention, int32_t n_bins, int32_t b);
double binet__bin_high(int32_t convention, int32_t n_bins, int32_t b);

/** A value from 0 to 1 as a convention has it. */
double binet__bin_seen(int32_t convention, double value);

/** The bin of a value as the convention has it. */
int32_t binet__bin_of(int32_t convention, int32_t n_bins, double value);

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
