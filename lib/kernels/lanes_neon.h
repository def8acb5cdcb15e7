/** Lanes in 64-bit NEON. lanes_scalar.h says what each operation means. */
#ifndef BINET_KERNELS_LANES_NEON_H
#define BINET_KERNELS_LANES_NEON_H

#include <arm_neon.h>

#include "kernels/lanes.h"

typedef float32x4_t f32_vector;
typedef float64x2_t f64_vector;
typedef uint32x4_t f32_count;
typedef uint64x2_t f64_count;

enum { f32_width = 4, f32_parts = 4, f64_width = 2, f64_parts = 4 };

BINET__INLINE void prefetch(uintptr_t address)
{
    __builtin_prefetch((const void *)address); // NOLINT(performance-no-int-to-ptr)
}

/* Operations that read the same for f32 and f64. */
#define BINET__OPERATIONS(t, real, u)                                                                                  \
    BINET__INLINE t##_vector t##_set(real value)                                                                       \
    {                                                                                                                  \
        return vdupq_n_##t(value);                                                                                     \
    }                                                                                                                  \
    BINET__INLINE t##_vector t##_load(const real *values)                                                              \
    {                                                                                                                  \
        return vld1q_##t(values);                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_vector t##_load_first(const real *values, int64_t count, real fill)                              \
    {                                                                                                                  \
        real padded[t##_width];                                                                                        \
        for (int i = 0; i < t##_width; i++) {                                                                          \
            padded[i] = i < count ? values[i] : fill;                                                                  \
        }                                                                                                              \
        return vld1q_##t(padded);                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_vector t##_replace(t##_vector a, int64_t lane, real value)                                       \
    {                                                                                                                  \
        real lanes[t##_width];                                                                                         \
        vst1q_##t(lanes, a);                                                                                           \
        for (int i = 0; i < t##_width; i++) {                                                                          \
            lanes[i] = i == lane ? value : lanes[i];                                                                   \
        }                                                                                                              \
        return vld1q_##t(lanes);                                                                                       \
    }                                                                                                                  \
    BINET__INLINE t##_vector t##_add(t##_vector a, t##_vector b)                                                       \
    {                                                                                                                  \
        return vaddq_##t(a, b);                                                                                        \
    }                                                                                                                  \
    BINET__INLINE t##_vector t##_sub(t##_vector a, t##_vector b)                                                       \
    {                                                                                                                  \
        return vsubq_##t(a, b);                                                                                        \
    }                                                                                                                  \
    BINET__INLINE t##_vector t##_mul(t##_vector a, t##_vector b)                                                       \
    {                                                                                                                  \
        return vmulq_##t(a, b);                                                                                        \
    }                                                                                                                  \
    BINET__INLINE t##_vector t##_fma(t##_vector a, t##_vector b, t##_vector c)                                         \
    {                                                                                                                  \
        return vfmaq_##t(c, a, b);                                                                                     \
    }                                                                                                                  \
    BINET__INLINE t##_vector t##_max(t##_vector a, t##_vector b)                                                       \
    {                                                                                                                  \
        return vbslq_##t(vcgtq_##t(a, b), a, b);                                                                       \
    }                                                                                                                  \
    BINET__INLINE real t##_largest(t##_vector a)                                                                       \
    {                                                                                                                  \
        return vmaxvq_##t(a);                                                                                          \
    }                                                                                                                  \
    BINET__INLINE t##_count t##_count_none(void)                                                                       \
    {                                                                                                                  \
        return vdupq_n_##u(0);                                                                                         \
    }                                                                                                                  \
    BINET__INLINE t##_count t##_count_at_least(t##_count count, t##_vector a, t##_vector b)                            \
    {                                                                                                                  \
        return vsubq_##u(count, vcgeq_##t(a, b));                                                                      \
    }                                                                                                                  \
    BINET__INLINE int64_t t##_counted(t##_count count)                                                                 \
    {                                                                                                                  \
        return (int64_t)vaddvq_##u(count);                                                                             \
    }

BINET__OPERATIONS(f32, float, u32)
BINET__OPERATIONS(f64, double, u64)
#undef BINET__OPERATIONS

BINET__INLINE void f32_store(float *values, f32_vector a)
{
    vst1q_f32(values, a);
}

BINET__INLINE void f64_store(double *values, f64_vector a)
{
    vst1q_f64(values, a);
}

BINET__INLINE f64_vector f64_div(f64_vector a, f64_vector b)
{
    return vdivq_f64(a, b);
}

BINET__INLINE int f32_find(const float *values, float wanted)
{
    float32x4_t w = vdupq_n_f32(wanted);
    uint16x4_t a = vmovn_u32(vceqq_f32(vld1q_f32(values), w));
    uint16x4_t b = vmovn_u32(vceqq_f32(vld1q_f32(values + 4), w));
    uint16x4_t c = vmovn_u32(vceqq_f32(vld1q_f32(values + 8), w));
    uint16x4_t d = vmovn_u32(vceqq_f32(vld1q_f32(values + 12), w));
    uint8x16_t equal = vcombine_u8(vmovn_u16(vcombine_u16(a, b)), vmovn_u16(vcombine_u16(c, d)));
    /* Four bits a value. */
    uint64_t bits = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(equal), 4)), 0);
    return bits != 0 ? __builtin_ctzll(bits) / 4 : f32_all;
}

BINET__INLINE int f64_find(const double *values, double wanted)
{
    float64x2_t w = vdupq_n_f64(wanted);
    uint32x2_t a = vmovn_u64(vceqq_f64(vld1q_f64(values), w));
    uint32x2_t b = vmovn_u64(vceqq_f64(vld1q_f64(values + 2), w));
    uint32x2_t c = vmovn_u64(vceqq_f64(vld1q_f64(values + 4), w));
    uint32x2_t d = vmovn_u64(vceqq_f64(vld1q_f64(values + 6), w));
    uint16x8_t equal = vcombine_u16(vmovn_u32(vcombine_u32(a, b)), vmovn_u32(vcombine_u32(c, d)));
    /* Eight bits a value. */
    uint64_t bits = vget_lane_u64(vreinterpret_u64_u8(vmovn_u16(equal)), 0);
    return bits != 0 ? __builtin_ctzll(bits) / 8 : f64_all;
}

BINET__INLINE double f64_sum(const f64_vector *lanes)
{
    float64x2_t two = vaddq_f64(vaddq_f64(lanes[0], lanes[2]), vaddq_f64(lanes[1], lanes[3]));
    return vgetq_lane_f64(two, 0) + vgetq_lane_f64(two, 1);
}

BINET__INLINE double f32_sum(const f32_vector *lanes)
{
    f64_vector eight[f64_parts];
    for (int i = 0; i < 2; i++) {
        eight[2 * i] = vaddq_f64(vcvt_f64_f32(vget_low_f32(lanes[i])), vcvt_f64_f32(vget_low_f32(lanes[i + 2])));
        eight[2 * i + 1] = vaddq_f64(vcvt_high_f64_f32(lanes[i]), vcvt_high_f64_f32(lanes[i + 2]));
    }
    return f64_sum(eight);
}

BINET__INLINE f32_vector f32_eighths(f32_vector k)
{
    uint8x16x2_t table = {
        {vreinterpretq_u8_u32(vld1q_u32(binet__eighths)), vreinterpretq_u8_u32(vld1q_u32(binet__eighths + 4))}};
    uint32x4_t bits = vreinterpretq_u32_f32(k);
    uint32x4_t j = vandq_u32(bits, vdupq_n_u32(7));
    /* The bytes of entry j are 4 j to 4 j + 3. */
    uint32x4_t bytes = vmlaq_u32(vdupq_n_u32(0x03020100), j, vdupq_n_u32(0x04040404));
    uint32x4_t entry = vreinterpretq_u32_u8(vqtbl2q_u8(table, vreinterpretq_u8_u32(bytes)));
    return vreinterpretq_f32_u32(vaddq_u32(entry, vshlq_n_u32(bits, 20)));
}

BINET__INLINE f64_vector f64_scale(f64_vector a, f64_vector k)
{
    uint64x2_t power = vshlq_n_u64(vreinterpretq_u64_f64(k), 52);
    return vreinterpretq_f64_u64(vaddq_u64(vreinterpretq_u64_f64(a), power));
}

BINET__INLINE f32_vector f32_split(f32_vector a, f32_vector *k)
{
    uint32x4_t bits = vaddq_u32(vreinterpretq_u32_f32(a), vdupq_n_u32(0x3f800000u - 0x3f3504f3u));
    *k = vcvtq_f32_s32(vsubq_s32(vreinterpretq_s32_u32(vshrq_n_u32(bits, 23)), vdupq_n_s32(127)));
    bits = vaddq_u32(vandq_u32(bits, vdupq_n_u32(0x007fffff)), vdupq_n_u32(0x3f3504f3));
    return vreinterpretq_f32_u32(bits);
}

BINET__INLINE f64_vector f64_split(f64_vector a, f64_vector *k)
{
    uint64x2_t bits = vaddq_u64(vreinterpretq_u64_f64(a), vdupq_n_u64(0x3ff0000000000000u - 0x3fe6a09e667f3bcdu));
    *k = vcvtq_f64_s64(vsubq_s64(vreinterpretq_s64_u64(vshrq_n_u64(bits, 52)), vdupq_n_s64(1023)));
    bits = vaddq_u64(vandq_u64(bits, vdupq_n_u64(0x000fffffffffffff)), vdupq_n_u64(0x3fe6a09e667f3bcd));
    return vreinterpretq_f64_u64(bits);
}

BINET__INLINE f32_vector f32_from_f16(const uint16_t *values)
{
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(values)));
}

BINET__INLINE uint32_t f32_at_least(f32_vector a, f32_vector b)
{
    static const uint32_t bits[] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(vcgeq_f32(a, b), vld1q_u32(bits)));
}

BINET__INLINE uint32_t f64_at_least(f64_vector a, f64_vector b)
{
    static const uint64_t bits[] = {1, 2};
    return (uint32_t)vaddvq_u64(vandq_u64(vcgeq_f64(a, b), vld1q_u64(bits)));
}

BINET__INLINE void tally_two(uint64_t *totals, float64x2_t a, float64x2_t unit)
{
    float64x2_t shifted = vfmaq_f64(vdupq_n_f64(binet__tally_shift), a, unit);
    vst1q_u64(totals, vaddq_u64(vld1q_u64(totals), vreinterpretq_u64_f64(shifted)));
}

BINET__INLINE void f64_tally(uint64_t *totals, const double *values, f64_vector unit)
{
    tally_two(totals, vld1q_f64(values), unit);
}

BINET__INLINE void f32_tally(uint64_t *totals, const float *values, f64_vector unit)
{
    float32x4_t a = vld1q_f32(values);
    tally_two(totals, vcvt_f64_f32(vget_low_f32(a)), unit);
    tally_two(totals + 2, vcvt_high_f64_f32(a), unit);
}

#endif
