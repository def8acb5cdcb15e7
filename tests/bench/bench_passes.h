/** The yardsticks of bench_kernels.c, built once for each instruction set that the kernels are built for. */
#ifndef TESTS_BENCH_BENCH_PASSES_H
#define TESTS_BENCH_BENCH_PASSES_H

#include <stdint.h>

typedef struct bench_passes {
    /** Sum of n values, a multiple of 64: nothing but reading them. */
    double (*read)(const float *values, int64_t n);
    /** Sum of exp of n values <= 0, with the lanes and the exp of the kernels: nothing but exp. */
    double (*exp)(const float *values, int64_t n);
} bench_passes;

extern const bench_passes bench_passes_scalar;
extern const bench_passes bench_passes_avx2;
extern const bench_passes bench_passes_avx512;
extern const bench_passes bench_passes_neon;

#endif
