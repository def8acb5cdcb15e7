/* Every instruction set counts the draws of base/random.h, and weighs exactly. */
#include <stdlib.h>

#include "base/random.h"
#include "check.h"
#include "kernels/kernels.h"
#include "kernels_available.h"

/* The counts of n draws are those of the indices one by one: for n around the size of a block, and for some where
 * words that stand for no index are in every block or in none. */
static void draws_are_those_of_the_generator(void)
{
    static const uint32_t ns[] = {1, 2, 63, 64, 65, 127, 128, 129, 1000, 50000, UINT32_C(1) << 20, 10485763};
    for (size_t k = 0; k < sizeof ns / sizeof ns[0]; k++) {
        uint32_t n = ns[k];
        uint64_t seed = UINT64_C(0x123456789abcdef) + k;
        uint64_t stream = UINT64_C(0xfedcba9800000000) + k;
        uint8_t *expected = calloc(n, 1);
        uint8_t *counts = malloc(n);
        int64_t indices[128];
        for (int64_t first = 0; first < (int64_t)n; first += 128) {
            int64_t count = (int64_t)n - first < 128 ? (int64_t)n - first : 128;
            binet__random_indices(seed, stream, n, first, count, indices);
            for (int64_t i = 0; i < count; i++) {
                expected[indices[i]]++;
            }
        }
        for (int i = 0; i < n_available; i++) {
            memset(counts, 0, n);
            available[i]->count_draws(seed, stream, n, counts);
            CHECK(memcmp(counts, expected, n) == 0);
        }
        free(counts);
        free(expected);
    }
}

static void sums_are_exact_for_the_largest_values(void)
{
    enum { N = 1 << 24 };
    uint8_t *weights = malloc(N);
    uint32_t *values = malloc(N * sizeof *values);
    memset(weights, 0xff, N);
    memset(values, 0xff, N * sizeof *values);
    for (int i = 0; i < n_available; i++) {
        CHECK(available[i]->weigh(weights, values, BINET__MOST_WEIGHED) == (uint64_t)255 * UINT32_MAX * N);
        CHECK(available[i]->total(weights, N) == (uint64_t)255 * N);
    }
    for (int k = 0; k < 100; k++) {
        weights[k] = (uint8_t)(7 * k);
        values[k] = (uint32_t)k * UINT32_C(2654435761);
    }
    uint64_t expected = 0;
    uint64_t total = 0;
    for (int n = 0; n <= 100; n++) {
        for (int i = 0; i < n_available; i++) {
            CHECK(available[i]->weigh(weights, values, n) == expected);
            CHECK(available[i]->total(weights, n) == total);
        }
        expected += (uint64_t)weights[n] * values[n];
        total += weights[n];
    }
    free(values);
    free(weights);
}

int main(void)
{
    if (kernels_of_another_test()) {
        return CHECK_SKIPPED;
    }
    RUN(find_kernels);
    RUN(draws_are_those_of_the_generator);
    RUN(sums_are_exact_for_the_largest_values);
    return check_result();
}
