#include "metrics/bins.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

static const char *const names[BINET__N_CONVENTIONS] = {"binet",      "torchmetrics", "netcal",
                                                        "tensorflow", "sklearn",      "verified_calibration"};

const char *binet__convention_name(int32_t convention)
{
    return names[convention];
}

binet_status binet__bin_check_convention(int32_t convention, binet_error *error)
{
    if (convention < 0 || convention >= BINET__N_CONVENTIONS) {
        return binet__fail_argument(
            error, "options", "options->convention is %d; allowed: %d (%s) .. %d (%s), as calibration.h lists",
            (int)convention, 0, names[0], BINET__N_CONVENTIONS - 1, names[BINET__N_CONVENTIONS - 1]);
    }
    return BINET_OK;
}

double binet__bin_edge(int32_t n_bins, int32_t i)
{
    return i == n_bins ? 1.0 : i * (1.0 / n_bins);
}

/* The product finds the bin or a neighbour; the edges decide. */
int32_t binet__bin_find(int32_t n_bins, double value)
{
    int32_t i = (int32_t)(value * n_bins);
    i = i < n_bins ? i : n_bins - 1;
    while (value > binet__bin_edge(n_bins, i + 1)) {
        i++;
    }
    while (i > 0 && value <= binet__bin_edge(n_bins, i)) {
        i--;
    }
    return i;
}

/* ---- Conventions ------------------------------------------------------------------------------------------------- */

int32_t binet__bin_count(int32_t convention, int32_t n_bins)
{
    return n_bins + (convention == BINET_CONVENTION_TORCHMETRICS);
}

/* Edge i rounded once, where numpy.linspace rounds the step first. */
static double divided_edge(int32_t n_bins, int32_t i)
{
    return (double)i / n_bins;
}

static double edge_of(int32_t convention, int32_t n_bins, int32_t i)
{
    int divided = convention == BINET_CONVENTION_VERIFIED_CALIBRATION || convention == BINET_CONVENTION_TENSORFLOW;
    return divided ? divided_edge(n_bins, i) : binet__bin_edge(n_bins, i);
}

double binet__bin_low(int32_t convention, int32_t n_bins, int32_t b)
{
    return edge_of(convention, n_bins, b);
}

double binet__bin_high(int32_t convention, int32_t n_bins, int32_t b)
{
    return b < n_bins ? edge_of(convention, n_bins, b + 1) : 1.0;
}

double binet__bin_seen(int32_t convention, double value)
{
    return convention == BINET_CONVENTION_NETCAL ? fmin(fmax(value, DBL_EPSILON), 1.0 - DBL_EPSILON) : value;
}

/* The bin (lo, hi] of edges i / n_bins rounded once. */
static int32_t find_divided(int32_t n_bins, double value)
{
    int32_t i = (int32_t)ceil(value * n_bins) - 1;
    i = i < 0 ? 0 : i < n_bins ? i : n_bins - 1;
    while (value > divided_edge(n_bins, i + 1)) {
        i++;
    }
    while (i > 0 && value <= divided_edge(n_bins, i)) {
        i--;
    }
    return i;
}

/* The bin [lo, hi) of binet__bin_edge, the last closed. */
static int32_t find_closed_below(int32_t n_bins, double value)
{
    int32_t i = binet__bin_find(n_bins, value);
    return i < n_bins - 1 && value >= binet__bin_edge(n_bins, i + 1) ? i + 1 : i;
}

int32_t binet__bin_of(int32_t convention, int32_t n_bins, double value)
{
    switch (convention) {
    case BINET_CONVENTION_TORCHMETRICS:
        return value < 1.0 ? find_closed_below(n_bins, value) : n_bins;
    case BINET_CONVENTION_NETCAL:
        return find_closed_below(n_bins, value);
    case BINET_CONVENTION_TENSORFLOW: {
        int32_t i = (int32_t)(value * n_bins);
        return i < n_bins ? i : n_bins - 1;
    }
    case BINET_CONVENTION_VERIFIED_CALIBRATION:
        return find_divided(n_bins, value);
    default:
        return binet__bin_find(n_bins, value);
    }
}

/* ---- Equal mass -------------------------------------------------------------------------------------------------- */

/* The bits of a double that is not negative sort as it does, and leave the sign's place, -0's too, for `right`. */
uint64_t binet__bin_pack(double value, int right)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits << 1 | (uint64_t)right;
}

double binet__bin_unpack(uint64_t key)
{
    double value;
    uint64_t bits = key >> 1;
    memcpy(&value, &bits, sizeof value);
    return value;
}
