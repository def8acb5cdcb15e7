#include "metrics/bins.h"

#include <string.h>

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

/* The bits of a double that is not negative sort as it does, and leave the sign's place for `right`. */
uint64_t binet__bin_pack(double value, int right)
{
    uint64_t bits;
    double positive = value + 0.0; /* -0 becomes 0 */
    memcpy(&bits, &positive, sizeof bits);
    return bits << 1 | (uint64_t)right;
}

double binet__bin_unpack(uint64_t key)
{
    double value;
    uint64_t bits = key >> 1;
    memcpy(&value, &bits, sizeof value);
    return value;
}
