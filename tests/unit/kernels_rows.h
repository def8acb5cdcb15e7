/** Pseudo-random rows and comparisons for the tests of the kernels. Integer arithmetic only, so that every machine
 * makes the same. */
#ifndef TESTS_UNIT_KERNELS_ROWS_H
#define TESTS_UNIT_KERNELS_ROWS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernels.h"

/** The next of a sequence of 24-bit integers. */
static inline uint32_t rows_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/** n logits between -16 and 16 in steps of 2^-19. */
static inline void rows_logits(uint32_t seed, int64_t n, float *row)
{
    for (int64_t i = 0; i < n; i++) {
        row[i] = (float)((int32_t)rows_next(&seed) - 0x800000) * 0x1p-19f;
    }
}

/** n logits of which one, at `at`, or two are zeros, infinities, NaNs, or next to nothing or to overflow. */
static inline void rows_odd(int64_t n, int64_t at, float *row)
{
    static const float odd[] = {0.0f,      -0.0f,      INFINITY, -INFINITY, NAN,
                                0x1p-149f, -0x1p-127f, 3.4e38f,  -3.4e38f,  -104.0f};
    const int64_t n_odd = sizeof odd / sizeof odd[0];
    rows_logits((uint32_t)n, n, row);
    row[at] = odd[(n + at) % n_odd];
    row[(at * 7 + 3) % n] = odd[at % n_odd];
}

/** n probabilities: 24-bit integers over their sum. */
static inline void rows_probabilities(uint32_t seed, int64_t n, float *row)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        row[i] = (float)rows_next(&seed);
        sum += (double)row[i];
    }
    for (int64_t i = 0; i < n; i++) {
        row[i] = (float)((double)row[i] / sum);
    }
}

static inline void rows_widen(const float *row, int64_t n, double *wide)
{
    for (int64_t i = 0; i < n; i++) {
        wide[i] = (double)row[i];
    }
}

/** Run the kernel of a kind on a row, in f32 or f64, over a result whose bytes were all the same. */
static inline binet__row rows_run(const binet__kernels *kernels, int probabilities, const float *row,
                                  const double *wide, int64_t n, int64_t label, double inverse_temperature)
{
    const binet__row_parameters parameters = {inverse_temperature, 1e-3};
    binet__row out;
    memset(&out, 0x5a, sizeof out);
    if (row != NULL) {
        (probabilities ? kernels->probabilities_f32 : kernels->logits_f32)(row, n, label, &parameters, &out);
    } else {
        (probabilities ? kernels->probabilities_f64 : kernels->logits_f64)(wide, n, label, &parameters, &out);
    }
    return out;
}

#endif
