/* One instruction set's yardsticks: BENCH_LANES is its lanes header, BENCH_PASSES the name of its table. */
#include "bench_passes.h"

#include <math.h>
#include <stddef.h>

#include BENCH_LANES

#include "kernels/exp.inc.h"

enum { SUMS = 4 };

static double total(f32_vector (*sums)[f32_parts])
{
    double sum = 0;
    for (int i = 0; i < SUMS; i++) {
        sum += f32_sum(sums[i]);
    }
    return sum;
}

static double read_values(const float *values, int64_t n)
{
    f32_vector sums[SUMS][f32_parts];
    for (int i = 0; i < SUMS * f32_parts; i++) {
        sums[i / f32_parts][i % f32_parts] = f32_set(0);
    }
    for (int64_t at = 0; at < n; at += (int64_t)SUMS * f32_all) {
        for (int i = 0; i < SUMS * f32_parts; i++) {
            f32_vector *sum = &sums[i / f32_parts][i % f32_parts];
            *sum = f32_add(*sum, f32_load(values + at + (int64_t)i * f32_width));
        }
    }
    return total(sums);
}

static double exp_values(const float *values, int64_t n)
{
    const f32_exponent exponent = f32_exponent_of(1.0);
    f32_vector sums[SUMS][f32_parts];
    for (int i = 0; i < SUMS * f32_parts; i++) {
        sums[i / f32_parts][i % f32_parts] = f32_set(0);
    }
    for (int64_t at = 0; at < n; at += (int64_t)SUMS * f32_all) {
        for (int i = 0; i < SUMS * f32_parts; i++) {
            f32_vector *sum = &sums[i / f32_parts][i % f32_parts];
            f32_vector d = f32_max(f32_set(exponent.lowest), f32_load(values + at + (int64_t)i * f32_width));
            *sum = f32_add(*sum, f32_exp(d, &exponent));
        }
    }
    return total(sums) * f32_exp_unit;
}

const bench_passes BENCH_PASSES = {read_values, exp_values};
