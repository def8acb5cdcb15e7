#include "metrics/sort.h"

#include <string.h>

enum { DIGIT_BITS = 8, DIGITS = 64 / DIGIT_BITS, RADIX = 1 << DIGIT_BITS };

static unsigned digit_of(uint64_t value, int digit)
{
    return (unsigned)(value >> (digit * DIGIT_BITS)) & (RADIX - 1);
}

/* Radix sort, the lowest digit first; digits that all numbers share are passed over. */
void binet__sort_u64(uint64_t *values, int64_t n, uint64_t *scratch)
{
    uint64_t *from = values;
    uint64_t *to = scratch;
    for (int digit = 0; digit < DIGITS; digit++) {
        int64_t places[RADIX] = {0};
        for (int64_t i = 0; i < n; i++) {
            places[digit_of(from[i], digit)]++;
        }
        if (n == 0 || places[digit_of(from[0], digit)] == n) {
            continue;
        }
        int64_t place = 0;
        for (int d = 0; d < RADIX; d++) {
            int64_t count = places[d];
            places[d] = place;
            place += count;
        }
        for (int64_t i = 0; i < n; i++) {
            to[places[digit_of(from[i], digit)]++] = from[i];
        }
        uint64_t *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != values) {
        memcpy(values, from, (size_t)n * sizeof *values);
    }
}
