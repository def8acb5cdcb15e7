/** Lanes in plain C: the specification of every operation. f32_* work on 16 lanes of f32, f64_* on 8 of f64. */
#ifndef BINET_KERNELS_LANES_SCALAR_H
#define BINET_KERNELS_LANES_SCALAR_H

#include <math.h>
#include <string.h>

#include "kernels/lanes.h"

/* Types: <t>_lanes holds reals, <t>_counts integers of the same width. */
typedef struct f32_lanes {
    float at[f32_width];
} f32_lanes;
typedef struct f32_counts {
    uint32_t at[f32_width];
} f32_counts;
typedef struct f64_lanes {
    double at[f64_width];
} f64_lanes;
typedef struct f64_counts {
    uint64_t at[f64_width];
} f64_counts;

/** Bring the cache line of an address closer; the address need not exist. */
BINET__INLINE void prefetch(uintptr_t address)
{
    (void)address;
}

/* Operations that read the same in both widths. */
#define BINET__EACH(t) for (int i = 0; i < t##_width; i++)
#define BINET__OPERATIONS(t, real)                                                                                     \
    /* Every lane the same. */                                                                                         \
    BINET__INLINE t##_lanes t##_set(real value)                                                                        \
    {                                                                                                                  \
        t##_lanes r;                                                                                                   \
        BINET__EACH(t) r.at[i] = value;                                                                                \
        return r;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_load(const real *values)                                                               \
    {                                                                                                                  \
        t##_lanes r;                                                                                                   \
        memcpy(r.at, values, sizeof r.at);                                                                             \
        return r;                                                                                                      \
    }                                                                                                                  \
    /* The first `count` lanes from memory, which need not exist beyond; the others are `fill`. */                     \
    BINET__INLINE t##_lanes t##_load_first(const real *values, int64_t count, real fill)                               \
    {                                                                                                                  \
        t##_lanes r;                                                                                                   \
        BINET__EACH(t) r.at[i] = i < count ? values[i] : fill;                                                         \
        return r;                                                                                                      \
    }                                                                                                                  \
    /* The first `count` lanes of a, the others of b. */                                                               \
    BINET__INLINE t##_lanes t##_first(int64_t count, t##_lanes a, t##_lanes b)                                         \
    {                                                                                                                  \
        BINET__EACH(t) a.at[i] = i < count ? a.at[i] : b.at[i];                                                        \
        return a;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_add(t##_lanes a, t##_lanes b)                                                          \
    {                                                                                                                  \
        BINET__EACH(t) a.at[i] = a.at[i] + b.at[i];                                                                    \
        return a;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_sub(t##_lanes a, t##_lanes b)                                                          \
    {                                                                                                                  \
        BINET__EACH(t) a.at[i] = a.at[i] - b.at[i];                                                                    \
        return a;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_mul(t##_lanes a, t##_lanes b)                                                          \
    {                                                                                                                  \
        BINET__EACH(t) a.at[i] = a.at[i] * b.at[i];                                                                    \
        return a;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_div(t##_lanes a, t##_lanes b)                                                          \
    {                                                                                                                  \
        BINET__EACH(t) a.at[i] = a.at[i] / b.at[i];                                                                    \
        return a;                                                                                                      \
    }                                                                                                                  \
    /* a > b ? a : b, so b where either is NaN. */                                                                     \
    BINET__INLINE t##_lanes t##_max(t##_lanes a, t##_lanes b)                                                          \
    {                                                                                                                  \
        BINET__EACH(t) a.at[i] = a.at[i] > b.at[i] ? a.at[i] : b.at[i];                                                \
        return a;                                                                                                      \
    }                                                                                                                  \
    /* The largest lane, none of which is NaN. */                                                                      \
    BINET__INLINE real t##_largest(t##_lanes a)                                                                        \
    {                                                                                                                  \
        real r = a.at[0];                                                                                              \
        BINET__EACH(t) r = a.at[i] > r ? a.at[i] : r;                                                                  \
        return r;                                                                                                      \
    }                                                                                                                  \
    /* The first lane that equals `value`; the width where none does. */                                               \
    BINET__INLINE int t##_find(t##_lanes a, real value)                                                                \
    {                                                                                                                  \
        int found = 0;                                                                                                 \
        while (found < t##_width && !(a.at[found] == value)) {                                                         \
            found++;                                                                                                   \
        }                                                                                                              \
        return found;                                                                                                  \
    }                                                                                                                  \
    BINET__INLINE t##_counts t##_count_none(void)                                                                      \
    {                                                                                                                  \
        t##_counts r;                                                                                                  \
        BINET__EACH(t) r.at[i] = 0;                                                                                    \
        return r;                                                                                                      \
    }                                                                                                                  \
    /* One more in the lanes where a >= b. */                                                                          \
    BINET__INLINE t##_counts t##_count(t##_counts counts, t##_lanes a, t##_lanes b)                                    \
    {                                                                                                                  \
        BINET__EACH(t) counts.at[i] += a.at[i] >= b.at[i];                                                             \
        return counts;                                                                                                 \
    }                                                                                                                  \
    BINET__INLINE int64_t t##_counted(t##_counts counts)                                                               \
    {                                                                                                                  \
        int64_t sum = 0;                                                                                               \
        BINET__EACH(t) sum += (int64_t)counts.at[i];                                                                   \
        return sum;                                                                                                    \
    }

BINET__OPERATIONS(f32, float)
BINET__OPERATIONS(f64, double)
#undef BINET__OPERATIONS

/** a * b + c, rounded once. */
BINET__INLINE f32_lanes f32_fma(f32_lanes a, f32_lanes b, f32_lanes c)
{
    BINET__EACH(f32) a.at[i] = fmaf(a.at[i], b.at[i], c.at[i]);
    return a;
}

BINET__INLINE f64_lanes f64_fma(f64_lanes a, f64_lanes b, f64_lanes c)
{
    BINET__EACH(f64) a.at[i] = fma(a.at[i], b.at[i], c.at[i]);
    return a;
}

/** Sum of the lanes: halves folded onto each other, from 8 lanes to 1. */
BINET__INLINE double f64_sum(f64_lanes a)
{
    double four[4];
    for (int i = 0; i < 4; i++) {
        four[i] = a.at[i] + a.at[i + 4];
    }
    return (four[0] + four[2]) + (four[1] + four[3]);
}

/** Sum of the lanes in double, the halves folded onto each other. */
BINET__INLINE double f32_sum(f32_lanes a)
{
    f64_lanes eight;
    BINET__EACH(f64) eight.at[i] = (double)a.at[i] + (double)a.at[i + f64_width];
    return f64_sum(eight);
}

/** 2^(k/8) for the integer k in the low bits of the significand; 0 where its exponent would be below -127. */
BINET__INLINE f32_lanes f32_eighths(f32_lanes k)
{
    BINET__EACH(f32)
    {
        uint32_t bits;
        memcpy(&bits, &k.at[i], sizeof bits);
        bits = binet__eighths[bits & 7] + (bits << 20);
        bits = (bits >> 31) != 0 ? 0 : bits;
        memcpy(&k.at[i], &bits, sizeof bits);
    }
    return k;
}

/** a * 2^k for the integer k in the low bits of the significand; the result must be normal. */
BINET__INLINE f64_lanes f64_scale(f64_lanes a, f64_lanes k)
{
    BINET__EACH(f64)
    {
        uint64_t bits;
        uint64_t power;
        memcpy(&bits, &a.at[i], sizeof bits);
        memcpy(&power, &k.at[i], sizeof power);
        bits += power << 52;
        memcpy(&a.at[i], &bits, sizeof bits);
    }
    return a;
}

/** Positive normal a as m * 2^k with m from sqrt(1/2) to sqrt(2); gives m. */
BINET__INLINE f32_lanes f32_split(f32_lanes a, f32_lanes *k)
{
    BINET__EACH(f32)
    {
        uint32_t bits;
        memcpy(&bits, &a.at[i], sizeof bits);
        bits += 0x3f800000u - 0x3f3504f3u;
        k->at[i] = (float)((int32_t)(bits >> 23) - 127);
        bits = (bits & 0x007fffffu) + 0x3f3504f3u;
        memcpy(&a.at[i], &bits, sizeof bits);
    }
    return a;
}

BINET__INLINE f64_lanes f64_split(f64_lanes a, f64_lanes *k)
{
    BINET__EACH(f64)
    {
        uint64_t bits;
        memcpy(&bits, &a.at[i], sizeof bits);
        bits += 0x3ff0000000000000u - 0x3fe6a09e667f3bcdu;
        k->at[i] = (double)((int64_t)(bits >> 52) - 1023);
        bits = (bits & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu;
        memcpy(&a.at[i], &bits, sizeof bits);
    }
    return a;
}

/** Widen 16 values of binary16; a signalling NaN becomes quiet. */
BINET__INLINE void widen_f16_lanes(const uint16_t *values, float *widened)
{
    BINET__EACH(f32)
    {
        uint32_t sign = (uint32_t)(values[i] & 0x8000u) << 16;
        uint32_t exponent = values[i] >> 10 & 0x1fu;
        uint32_t significand = values[i] & 0x3ffu;
        uint32_t bits = sign | (exponent + 112) << 23 | significand << 13;
        if (exponent == 0x1f) {
            bits = sign | 0x7f800000u | significand << 13 | (significand != 0 ? 0x00400000u : 0);
        } else if (exponent == 0) {
            float magnitude = (float)significand * 0x1p-24f;
            memcpy(&bits, &magnitude, sizeof bits);
            bits |= sign;
        }
        memcpy(&widened[i], &bits, sizeof bits);
    }
}
#undef BINET__EACH

#endif
