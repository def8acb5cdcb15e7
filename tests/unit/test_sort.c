/* The radix sort orders as qsort does, for every length around its steps and for keys that differ in any byte. */
#include "metrics/sort.h"

#include <stdlib.h>

#include "check.h"
#include "scores.h"

enum { MOST = 3000 };

static uint64_t values[2 * MOST];
static uint64_t expected[MOST];

static int in_order(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void check(int64_t n)
{
    memcpy(expected, values, (size_t)n * sizeof expected[0]);
    if (n > 0) {
        qsort(expected, (size_t)n, sizeof expected[0], in_order);
    }
    binet__sort_u64(values, n, values + n);
    CHECK(memcmp(values, expected, (size_t)n * sizeof expected[0]) == 0);
}

static void numbers_are_sorted(void)
{
    static const uint64_t masks[] = {UINT64_MAX, 0xff, 0xff00ff00ff00ff00, 0x8000000000000001, 0, (uint64_t)0xff << 56};
    uint64_t state = 1;
    for (size_t m = 0; m < sizeof masks / sizeof masks[0]; m++) {
        for (int64_t n = 0; n <= MOST; n = n < 70 ? n + 1 : n * 3 / 2) {
            for (int64_t i = 0; i < n; i++) {
                uint64_t high = scores_next(&state) >> 32;
                values[i] = (high << 32 | scores_next(&state) >> 32) & masks[m];
            }
            check(n);
        }
    }
}

static void sorted_and_reversed_numbers_stay_whole(void)
{
    for (int64_t i = 0; i < MOST; i++) {
        values[i] = (uint64_t)i * 0x123456789abcdefu;
    }
    check(MOST);
    for (int64_t i = 0; i < MOST; i++) {
        values[i] = (uint64_t)(MOST - i) << 40;
    }
    check(MOST);
}

int main(void)
{
    RUN(numbers_are_sorted);
    RUN(sorted_and_reversed_numbers_stay_whole);
    return check_result();
}
