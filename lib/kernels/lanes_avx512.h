/** Lanes in AVX-512 F, BW, DQ and VL: one register a vector. lanes_scalar.h says what each operation means. */
#ifndef BINET_KERNELS_LANES_AVX512_H
#define BINET_KERNELS_LANES_AVX512_H

#if !defined(SIMDE_ENABLE_NATIVE_ALIASES) /* the tests run this file on SIMDe's emulation */
#include <immintrin.h>
#endif

#include "kernels/lanes.h"

typedef __m512 f32_lanes;
typedef __m512i f32_counts;
typedef __m512d f64_lanes;
typedef __m512i f64_counts;

BINET__INLINE void prefetch(uintptr_t address)
{
    _mm_prefetch((const char *)address, _MM_HINT_T0); // NOLINT(performance-no-int-to-ptr)
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

BINET__INLINE f32_lanes f32_set(float value)
{
    return _mm512_set1_ps(value);
}

BINET__INLINE f32_lanes f32_load(const float *values)
{
    return _mm512_loadu_ps(values);
}

/* One bit for each of the first `count` lanes. */
BINET__INLINE uint32_t first_bits(int64_t count)
{
    uint32_t n = count < 0 ? 0 : count < 16 ? (uint32_t)count : 16;
    return (1u << n) - 1;
}

BINET__INLINE f32_lanes f32_first(int64_t count, f32_lanes a, f32_lanes b)
{
    return _mm512_mask_blend_ps((__mmask16)first_bits(count), b, a);
}

BINET__INLINE f32_lanes f32_load_first(const float *values, int64_t count, float fill)
{
    return _mm512_mask_loadu_ps(f32_set(fill), (__mmask16)first_bits(count), values);
}

BINET__INLINE f32_lanes f32_add(f32_lanes a, f32_lanes b)
{
    return _mm512_add_ps(a, b);
}

BINET__INLINE f32_lanes f32_sub(f32_lanes a, f32_lanes b)
{
    return _mm512_sub_ps(a, b);
}

BINET__INLINE f32_lanes f32_mul(f32_lanes a, f32_lanes b)
{
    return _mm512_mul_ps(a, b);
}

BINET__INLINE f32_lanes f32_fma(f32_lanes a, f32_lanes b, f32_lanes c)
{
    return _mm512_fmadd_ps(a, b, c);
}

BINET__INLINE f32_lanes f32_max(f32_lanes a, f32_lanes b)
{
    return _mm512_max_ps(a, b);
}

BINET__INLINE float f32_largest(f32_lanes a)
{
    return _mm512_reduce_max_ps(a);
}

BINET__INLINE int f32_find(f32_lanes a, float value)
{
    return __builtin_ctz(_mm512_cmp_ps_mask(a, _mm512_set1_ps(value), _CMP_EQ_OQ) | 1u << f32_width);
}

BINET__INLINE f32_counts f32_count_none(void)
{
    return _mm512_setzero_si512();
}

BINET__INLINE f32_counts f32_count(f32_counts counts, f32_lanes a, f32_lanes b)
{
    __mmask16 mask = _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
    return _mm512_mask_add_epi32(counts, mask, counts, _mm512_set1_epi32(1));
}

BINET__INLINE int64_t f32_counted(f32_counts counts)
{
    return _mm512_reduce_add_epi32(counts);
}

BINET__INLINE f32_lanes f32_eighths(f32_lanes k)
{
    __m512i bits = _mm512_castps_si512(k);
    __m512i part = _mm512_permutexvar_epi32(bits, _mm512_loadu_si512((const void *)binet__eighths));
    bits = _mm512_add_epi32(part, _mm512_slli_epi32(bits, 20));
    return _mm512_castsi512_ps(_mm512_max_epi32(bits, _mm512_setzero_si512()));
}

BINET__INLINE f32_lanes f32_split(f32_lanes a, f32_lanes *k)
{
    __m512i root = _mm512_set1_epi32(0x3f3504f3);
    __m512i bits = _mm512_add_epi32(_mm512_castps_si512(a), _mm512_sub_epi32(_mm512_set1_epi32(0x3f800000), root));
    *k = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_srli_epi32(bits, 23), _mm512_set1_epi32(127)));
    bits = _mm512_add_epi32(_mm512_and_si512(bits, _mm512_set1_epi32(0x007fffff)), root);
    return _mm512_castsi512_ps(bits);
}

/* ---- f64 --------------------------------------------------------------------------------------------------------- */

BINET__INLINE f64_lanes f64_set(double value)
{
    return _mm512_set1_pd(value);
}

BINET__INLINE f64_lanes f64_load(const double *values)
{
    return _mm512_loadu_pd(values);
}

BINET__INLINE f64_lanes f64_first(int64_t count, f64_lanes a, f64_lanes b)
{
    return _mm512_mask_blend_pd((__mmask8)first_bits(count), b, a);
}

BINET__INLINE f64_lanes f64_load_first(const double *values, int64_t count, double fill)
{
    return _mm512_mask_loadu_pd(f64_set(fill), (__mmask8)first_bits(count), values);
}

BINET__INLINE f64_lanes f64_add(f64_lanes a, f64_lanes b)
{
    return _mm512_add_pd(a, b);
}

BINET__INLINE f64_lanes f64_sub(f64_lanes a, f64_lanes b)
{
    return _mm512_sub_pd(a, b);
}

BINET__INLINE f64_lanes f64_mul(f64_lanes a, f64_lanes b)
{
    return _mm512_mul_pd(a, b);
}

BINET__INLINE f64_lanes f64_div(f64_lanes a, f64_lanes b)
{
    return _mm512_div_pd(a, b);
}

BINET__INLINE f64_lanes f64_fma(f64_lanes a, f64_lanes b, f64_lanes c)
{
    return _mm512_fmadd_pd(a, b, c);
}

BINET__INLINE f64_lanes f64_max(f64_lanes a, f64_lanes b)
{
    return _mm512_max_pd(a, b);
}

BINET__INLINE double f64_largest(f64_lanes a)
{
    return _mm512_reduce_max_pd(a);
}

BINET__INLINE int f64_find(f64_lanes a, double value)
{
    return __builtin_ctz(_mm512_cmp_pd_mask(a, _mm512_set1_pd(value), _CMP_EQ_OQ) | 1u << f64_width);
}

BINET__INLINE f64_counts f64_count_none(void)
{
    return _mm512_setzero_si512();
}

BINET__INLINE f64_counts f64_count(f64_counts counts, f64_lanes a, f64_lanes b)
{
    __mmask8 mask = _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ);
    return _mm512_mask_add_epi64(counts, mask, counts, _mm512_set1_epi64(1));
}

BINET__INLINE int64_t f64_counted(f64_counts counts)
{
    return _mm512_reduce_add_epi64(counts);
}

BINET__INLINE double f64_sum(f64_lanes a)
{
    __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(a), _mm512_extractf64x4_pd(a, 1));
    __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

BINET__INLINE double f32_sum(f32_lanes a)
{
    return f64_sum(
        _mm512_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(a)), _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1))));
}

BINET__INLINE f64_lanes f64_scale(f64_lanes a, f64_lanes k)
{
    __m512i power = _mm512_slli_epi64(_mm512_castpd_si512(k), 52);
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), power));
}

BINET__INLINE f64_lanes f64_split(f64_lanes a, f64_lanes *k)
{
    __m512i root = _mm512_set1_epi64(0x3fe6a09e667f3bcd);
    __m512i one = _mm512_set1_epi64(0x3ff0000000000000);
    __m512i bits = _mm512_add_epi64(_mm512_castpd_si512(a), _mm512_sub_epi64(one, root));
    *k = _mm512_cvtepi64_pd(_mm512_sub_epi64(_mm512_srli_epi64(bits, 52), _mm512_set1_epi64(1023)));
    bits = _mm512_add_epi64(_mm512_and_si512(bits, _mm512_set1_epi64(0x000fffffffffffff)), root);
    return _mm512_castsi512_pd(bits);
}

/* ---- f16 --------------------------------------------------------------------------------------------------------- */

BINET__INLINE void widen_f16_lanes(const uint16_t *values, float *widened)
{
    _mm512_storeu_ps(widened, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)values)));
}

#endif
