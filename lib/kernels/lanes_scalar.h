/** Lanes in plain C, one a vector: the specification of every operation. */
#ifndef BINET_KERNELS_LANES_SCALAR_H
#define BINET_KERNELS_LANES_SCALAR_H

#include <math.h>
#include <string.h>

#include "kernels/lanes.h"

/* <t>_vector holds reals, <t>_count as many integers. */
typedef float f32_vector;
typedef double f64_vector;
typedef uint32_t f32_count;
typedef uint64_t f64_count;

enum { f32_width = 1, f32_parts = f32_all, f64_width = 1, f64_parts = f64_all };

/** Bring the cache line of an address closer; the address need not exist. */
BINET__INLINE void prefetch(uintptr_t address)
{
    (void)address;
}

/* Operations that read the same for f32 and f64. */
#define BINET__OPERATIONS(t, real, fused)                                                                              \
    BINET__INLINE real t##_set(real value)                                                                             \
    {                                                                                                                  \
        return value;                                                                                                  \
    }                                                                                                                  \
    BINET__INLINE real t##_load(const real *values)                                                                    \
    {                                                                                                                  \
        return *values;                                                                                                \
    }                                                                                                                  \
    /* The first `count` lanes from memory, which need not exist beyond; the others are `fill`. */                     \
    BINET__INLINE real t##_load_first(const real *values, int64_t count, real fill)                                    \
    {                                                                                                                  \
        return count > 0 ? *values : fill;                                                                             \
    }                                                                                                                  \
    /* Lane `lane`, where there is such a one, becomes `value`. */                                                     \
    BINET__INLINE real t##_replace(real a, int64_t lane, real value)                                                   \
    {                                                                                                                  \
        return lane == 0 ? value : a;                                                                                  \
    }                                                                                                                  \
    BINET__INLINE real t##_add(real a, real b)                                                                         \
    {                                                                                                                  \
        return a + b;                                                                                                  \
    }                                                                                                                  \
    BINET__INLINE real t##_sub(real a, real b)                                                                         \
    {                                                                                                                  \
        return a - b;                                                                                                  \
    }                                                                                                                  \
    BINET__INLINE real t##_mul(real a, real b)                                                                         \
    {                                                                                                                  \
        return a * b;                                                                                                  \
    }                                                                                                                  \
    /* a * b + c, rounded once. */                                                                                     \
    BINET__INLINE real t##_fma(real a, real b, real c)                                                                 \
    {                                                                                                                  \
        return fused(a, b, c);                                                                                         \
    }                                                                                                                  \
    /* b where either is NaN. */                                                                                       \
    BINET__INLINE real t##_max(real a, real b)                                                                         \
    {                                                                                                                  \
        return a > b ? a : b;                                                                                          \
    }                                                                                                                  \
    /* The largest lane, none of which is NaN. */                                                                      \
    BINET__INLINE real t##_largest(real a)                                                                             \
    {                                                                                                                  \
        return a;                                                                                                      \
    }                                                                                                                  \
    /* The first of <t>_all values in memory that equals `wanted`; <t>_all where none does. */                         \
    BINET__INLINE int t##_find(const real *values, real wanted)                                                        \
    {                                                                                                                  \
        int i = 0;                                                                                                     \
        while (i < t##_all && !(values[i] == wanted)) {                                                                \
            i++;                                                                                                       \
        }                                                                                                              \
        return i;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_count t##_count_none(void)                                                                       \
    {                                                                                                                  \
        return 0;                                                                                                      \
    }                                                                                                                  \
    /* One more where a >= b. */                                                                                       \
    BINET__INLINE t##_count t##_count_at_least(t##_count count, real a, real b)                                        \
    {                                                                                                                  \
        return count + (a >= b);                                                                                       \
    }                                                                                                                  \
    BINET__INLINE int64_t t##_counted(t##_count count)                                                                 \
    {                                                                                                                  \
        return (int64_t)count;                                                                                         \
    }                                                                                                                  \
    /* One bit a lane, the lowest for the first: set where a >= b. */                                                  \
    BINET__INLINE uint32_t t##_at_least(real a, real b)                                                                \
    {                                                                                                                  \
        return a >= b;                                                                                                 \
    }                                                                                                                  \
    /* Add to each total the bits that tell its lane in memory times `unit`: see binet__tally_shift. */                \
    BINET__INLINE void t##_tally(uint64_t *totals, const real *values, double unit)                                    \
    {                                                                                                                  \
        double shifted = fma((double)*values, unit, binet__tally_shift);                                               \
        uint64_t bits;                                                                                                 \
        memcpy(&bits, &shifted, sizeof bits);                                                                          \
        *totals += bits;                                                                                               \
    }

BINET__OPERATIONS(f32, float, fmaf)
BINET__OPERATIONS(f64, double, fma)
#undef BINET__OPERATIONS

BINET__INLINE f64_vector f64_div(f64_vector a, f64_vector b)
{
    return a / b;
}

/** Sum of all lanes: halves folded onto each other, from 8 lanes to 1. */
BINET__INLINE double f64_sum(const f64_vector *lanes)
{
    double four[4];
    for (int i = 0; i < 4; i++) {
        four[i] = lanes[i] + lanes[i + 4];
    }
    return (four[0] + four[2]) + (four[1] + four[3]);
}

/** Sum of all lanes in double: the halves folded onto each other, then as f64_sum. */
BINET__INLINE double f32_sum(const f32_vector *lanes)
{
    double eight[f64_all];
    for (int i = 0; i < f64_all; i++) {
        eight[i] = (double)lanes[i] + (double)lanes[i + f64_all];
    }
    return f64_sum(eight);
}

/** 2^(k/8) for the integer k >= -8 * 127 in the low bits of the significand: less than 2^-126 where the exact power is
 * so, and 0 for the lowest k. */
BINET__INLINE f32_vector f32_eighths(f32_vector k)
{
    uint32_t bits;
    memcpy(&bits, &k, sizeof bits);
    bits = binet__eighths[bits & 7] + (bits << 20);
    memcpy(&k, &bits, sizeof bits);
    return k;
}

/** a * 2^k for the integer k in the low bits of the significand; the result must be normal. */
BINET__INLINE f64_vector f64_scale(f64_vector a, f64_vector k)
{
    uint64_t bits;
    uint64_t power;
    memcpy(&bits, &a, sizeof bits);
    memcpy(&power, &k, sizeof power);
    bits += power << 52;
    memcpy(&a, &bits, sizeof bits);
    return a;
}

/** Positive normal a as m * 2^k with m from sqrt(1/2) to sqrt(2); gives m. */
BINET__INLINE f32_vector f32_split(f32_vector a, f32_vector *k)
{
    uint32_t bits;
    memcpy(&bits, &a, sizeof bits);
    bits += 0x3f800000u - 0x3f3504f3u;
    *k = (float)((int32_t)(bits >> 23) - 127);
    bits = (bits & 0x007fffffu) + 0x3f3504f3u;
    memcpy(&a, &bits, sizeof bits);
    return a;
}

BINET__INLINE f64_vector f64_split(f64_vector a, f64_vector *k)
{
    uint64_t bits;
    memcpy(&bits, &a, sizeof bits);
    bits += 0x3ff0000000000000u - 0x3fe6a09e667f3bcdu;
    *k = (double)((int64_t)(bits >> 52) - 1023);
    bits = (bits & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu;
    memcpy(&a, &bits, sizeof bits);
    return a;
}

/** Widen <f32_width> values of binary16; a signalling NaN becomes quiet. */
BINET__INLINE f32_vector f32_from_f16(const uint16_t *values)
{
    uint32_t sign = (uint32_t)(*values & 0x8000u) << 16;
    uint32_t exponent = *values >> 10 & 0x1fu;
    uint32_t significand = *values & 0x3ffu;
    uint32_t bits = (exponent + 112) << 23 | significand << 13;
    float widened;
    if (exponent == 0x1f) {
        bits = 0x7f800000u | significand << 13 | (significand != 0 ? 0x00400000u : 0);
    } else if (exponent == 0) {
        float magnitude = (float)significand * 0x1p-24f;
        memcpy(&bits, &magnitude, sizeof bits);
    }
    bits |= sign;
    memcpy(&widened, &bits, sizeof bits);
    return widened;
}

BINET__INLINE void f32_store(float *values, f32_vector a)
{
    *values = a;
}

BINET__INLINE void f64_store(double *values, f64_vector a)
{
    *values = a;
}

#endif
