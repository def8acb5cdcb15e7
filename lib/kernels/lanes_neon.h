/** Lanes in 64-bit NEON: four registers a vector. lanes_scalar.h says what each operation means. */
#ifndef BINET_KERNELS_LANES_NEON_H
#define BINET_KERNELS_LANES_NEON_H

#include <arm_neon.h>

#include "kernels/lanes.h"

typedef float32x4x4_t f32_lanes;
typedef uint32x4x4_t f32_counts;
typedef float64x2x4_t f64_lanes;
typedef uint64x2x4_t f64_counts;

BINET__INLINE void prefetch(uintptr_t address)
{
    __builtin_prefetch((const void *)address); // NOLINT(performance-no-int-to-ptr)
}

/* Operations that read the same in both widths, a quarter of the vector at a time. */
#define BINET__EACH for (int i = 0; i < 4; i++)
#define BINET__OPERATIONS(t, real, s, u, quarter)                                                                      \
    BINET__INLINE t##_lanes t##_set(real value)                                                                        \
    {                                                                                                                  \
        t##_lanes r;                                                                                                   \
        BINET__EACH r.val[i] = vdupq_n_##s(value);                                                                     \
        return r;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_load(const real *values)                                                               \
    {                                                                                                                  \
        t##_lanes r;                                                                                                   \
        BINET__EACH r.val[i] = vld1q_##s(values + i * (quarter));                                                      \
        return r;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_load_first(const real *values, int64_t count, real fill)                               \
    {                                                                                                                  \
        real padded[t##_width];                                                                                        \
        for (int i = 0; i < t##_width; i++) {                                                                          \
            padded[i] = i < count ? values[i] : fill;                                                                  \
        }                                                                                                              \
        return t##_load(padded);                                                                                       \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_first(int64_t count, t##_lanes a, t##_lanes b)                                         \
    {                                                                                                                  \
        real lanes_a[t##_width];                                                                                       \
        real lanes_b[t##_width];                                                                                       \
        BINET__EACH vst1q_##s(lanes_a + i * (quarter), a.val[i]);                                                      \
        BINET__EACH vst1q_##s(lanes_b + i * (quarter), b.val[i]);                                                      \
        for (int i = 0; i < t##_width; i++) {                                                                          \
            lanes_a[i] = i < count ? lanes_a[i] : lanes_b[i];                                                          \
        }                                                                                                              \
        return t##_load(lanes_a);                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_add(t##_lanes a, t##_lanes b)                                                          \
    {                                                                                                                  \
        BINET__EACH a.val[i] = vaddq_##s(a.val[i], b.val[i]);                                                          \
        return a;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_sub(t##_lanes a, t##_lanes b)                                                          \
    {                                                                                                                  \
        BINET__EACH a.val[i] = vsubq_##s(a.val[i], b.val[i]);                                                          \
        return a;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_mul(t##_lanes a, t##_lanes b)                                                          \
    {                                                                                                                  \
        BINET__EACH a.val[i] = vmulq_##s(a.val[i], b.val[i]);                                                          \
        return a;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_fma(t##_lanes a, t##_lanes b, t##_lanes c)                                             \
    {                                                                                                                  \
        BINET__EACH a.val[i] = vfmaq_##s(c.val[i], a.val[i], b.val[i]);                                                \
        return a;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_lanes t##_max(t##_lanes a, t##_lanes b)                                                          \
    {                                                                                                                  \
        BINET__EACH a.val[i] = vbslq_##s(vcgtq_##s(a.val[i], b.val[i]), a.val[i], b.val[i]);                           \
        return a;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE real t##_largest(t##_lanes a)                                                                        \
    {                                                                                                                  \
        return vmaxvq_##s(vmaxq_##s(vmaxq_##s(a.val[0], a.val[1]), vmaxq_##s(a.val[2], a.val[3])));                    \
    }                                                                                                                  \
    BINET__INLINE t##_counts t##_count_none(void)                                                                      \
    {                                                                                                                  \
        t##_counts r;                                                                                                  \
        BINET__EACH r.val[i] = vdupq_n_##u(0);                                                                         \
        return r;                                                                                                      \
    }                                                                                                                  \
    BINET__INLINE t##_counts t##_count(t##_counts counts, t##_lanes a, t##_lanes b)                                    \
    {                                                                                                                  \
        BINET__EACH counts.val[i] = vsubq_##u(counts.val[i], vcgeq_##s(a.val[i], b.val[i]));                           \
        return counts;                                                                                                 \
    }                                                                                                                  \
    BINET__INLINE int64_t t##_counted(t##_counts c)                                                                    \
    {                                                                                                                  \
        return (int64_t)vaddvq_##u(vaddq_##u(vaddq_##u(c.val[0], c.val[1]), vaddq_##u(c.val[2], c.val[3])));           \
    }

BINET__OPERATIONS(f32, float, f32, u32, 4)
BINET__OPERATIONS(f64, double, f64, u64, 2)
#undef BINET__OPERATIONS

/* Position of the first byte that is set among 8 or 16 that are 0 or 255. */
BINET__INLINE int f32_find(f32_lanes a, float value)
{
    float32x4_t wanted = vdupq_n_f32(value);
    uint16x8_t low = vcombine_u16(vmovn_u32(vceqq_f32(a.val[0], wanted)), vmovn_u32(vceqq_f32(a.val[1], wanted)));
    uint16x8_t high = vcombine_u16(vmovn_u32(vceqq_f32(a.val[2], wanted)), vmovn_u32(vceqq_f32(a.val[3], wanted)));
    uint8x16_t equal = vcombine_u8(vmovn_u16(low), vmovn_u16(high));
    /* Four bits a lane. */
    uint64_t bits = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(equal), 4)), 0);
    return bits != 0 ? __builtin_ctzll(bits) / 4 : f32_width;
}

BINET__INLINE int f64_find(f64_lanes a, double value)
{
    float64x2_t wanted = vdupq_n_f64(value);
    uint32x4_t low = vcombine_u32(vmovn_u64(vceqq_f64(a.val[0], wanted)), vmovn_u64(vceqq_f64(a.val[1], wanted)));
    uint32x4_t high = vcombine_u32(vmovn_u64(vceqq_f64(a.val[2], wanted)), vmovn_u64(vceqq_f64(a.val[3], wanted)));
    uint16x8_t equal = vcombine_u16(vmovn_u32(low), vmovn_u32(high));
    /* Eight bits a lane. */
    uint64_t bits = vget_lane_u64(vreinterpret_u64_u8(vmovn_u16(equal)), 0);
    return bits != 0 ? __builtin_ctzll(bits) / 8 : f64_width;
}

BINET__INLINE double f64_sum(f64_lanes a)
{
    float64x2_t two = vaddq_f64(vaddq_f64(a.val[0], a.val[2]), vaddq_f64(a.val[1], a.val[3]));
    return vgetq_lane_f64(two, 0) + vgetq_lane_f64(two, 1);
}

BINET__INLINE double f32_sum(f32_lanes a)
{
    f64_lanes eight;
    for (int i = 0; i < 2; i++) {
        float32x4_t low = a.val[i];
        float32x4_t high = a.val[i + 2];
        eight.val[2 * i] = vaddq_f64(vcvt_f64_f32(vget_low_f32(low)), vcvt_f64_f32(vget_low_f32(high)));
        eight.val[2 * i + 1] = vaddq_f64(vcvt_high_f64_f32(low), vcvt_high_f64_f32(high));
    }
    return f64_sum(eight);
}

BINET__INLINE f32_lanes f32_eighths(f32_lanes k)
{
    uint8x16x2_t table = {
        {vreinterpretq_u8_u32(vld1q_u32(binet__eighths)), vreinterpretq_u8_u32(vld1q_u32(binet__eighths + 4))}};
    BINET__EACH
    {
        uint32x4_t bits = vreinterpretq_u32_f32(k.val[i]);
        uint32x4_t entry = vandq_u32(bits, vdupq_n_u32(7));
        /* The four bytes of entry j are bytes 4 j to 4 j + 3. */
        uint32x4_t bytes = vmlaq_u32(vdupq_n_u32(0x03020100), entry, vdupq_n_u32(0x04040404));
        uint32x4_t part = vreinterpretq_u32_u8(vqtbl2q_u8(table, vreinterpretq_u8_u32(bytes)));
        int32x4_t sum = vreinterpretq_s32_u32(vaddq_u32(part, vshlq_n_u32(bits, 20)));
        k.val[i] = vreinterpretq_f32_s32(vmaxq_s32(sum, vdupq_n_s32(0)));
    }
    return k;
}

BINET__INLINE f64_lanes f64_scale(f64_lanes a, f64_lanes k)
{
    BINET__EACH
    {
        uint64x2_t power = vshlq_n_u64(vreinterpretq_u64_f64(k.val[i]), 52);
        a.val[i] = vreinterpretq_f64_u64(vaddq_u64(vreinterpretq_u64_f64(a.val[i]), power));
    }
    return a;
}

BINET__INLINE f32_lanes f32_split(f32_lanes a, f32_lanes *k)
{
    const uint32x4_t root = vdupq_n_u32(0x3f3504f3);
    BINET__EACH
    {
        uint32x4_t bits = vaddq_u32(vreinterpretq_u32_f32(a.val[i]), vdupq_n_u32(0x3f800000u - 0x3f3504f3u));
        int32x4_t exponent = vsubq_s32(vreinterpretq_s32_u32(vshrq_n_u32(bits, 23)), vdupq_n_s32(127));
        k->val[i] = vcvtq_f32_s32(exponent);
        a.val[i] = vreinterpretq_f32_u32(vaddq_u32(vandq_u32(bits, vdupq_n_u32(0x007fffff)), root));
    }
    return a;
}

BINET__INLINE f64_lanes f64_split(f64_lanes a, f64_lanes *k)
{
    const uint64x2_t root = vdupq_n_u64(0x3fe6a09e667f3bcd);
    BINET__EACH
    {
        uint64x2_t bits =
            vaddq_u64(vreinterpretq_u64_f64(a.val[i]), vdupq_n_u64(0x3ff0000000000000u - 0x3fe6a09e667f3bcdu));
        int64x2_t exponent = vsubq_s64(vreinterpretq_s64_u64(vshrq_n_u64(bits, 52)), vdupq_n_s64(1023));
        k->val[i] = vcvtq_f64_s64(exponent);
        a.val[i] = vreinterpretq_f64_u64(vaddq_u64(vandq_u64(bits, vdupq_n_u64(0x000fffffffffffff)), root));
    }
    return a;
}

BINET__INLINE f64_lanes f64_div(f64_lanes a, f64_lanes b)
{
    BINET__EACH a.val[i] = vdivq_f64(a.val[i], b.val[i]);
    return a;
}

BINET__INLINE void widen_f16_lanes(const uint16_t *values, float *widened)
{
    BINET__EACH vst1q_f32(widened + 4 * i, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(values + 4 * i))));
}
#undef BINET__EACH

#endif
