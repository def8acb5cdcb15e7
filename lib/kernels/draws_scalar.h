/** Resamples as counts, in plain C: what the other instruction sets do means this. */
#ifndef BINET_KERNELS_DRAWS_SCALAR_H
#define BINET_KERNELS_DRAWS_SCALAR_H

#include "base/random.h"
#include "kernels/kernels.h"

static void count_draws(uint64_t seed, uint64_t stream, uint32_t n, uint8_t *counts)
{
    enum { at_once = 64 };
    int64_t indices[at_once];
    for (int64_t first = 0; first < (int64_t)n; first += at_once) {
        int64_t count = (int64_t)n - first < at_once ? (int64_t)n - first : at_once;
        binet__random_indices(seed, stream, n, first, count, indices);
        for (int64_t i = 0; i < count; i++) {
            counts[indices[i]]++;
        }
    }
}

static uint64_t weigh(const uint8_t *weights, const uint32_t *values, int64_t n)
{
    uint64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (uint64_t)weights[i] * values[i];
    }
    return sum;
}

static uint64_t total(const uint8_t *weights, int64_t n)
{
    uint64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += weights[i];
    }
    return sum;
}

#endif
