/** Lanes in AVX-512 F, BW, DQ and VL: lanes_scalar.h says what each operation means. */
#ifndef BINET_KERNELS_LANES_AVX512_H
#define BINET_KERNELS_LANES_AVX512_H

#if !defined(SIMDE_ENABLE_NATIVE_ALIASES) /* the tests run this file on SIMDe's emulation */
#include <immintrin.h>
#endif

#include "kernels/lanes.h"

typedef __m512 f32_vector;
typedef __m512d f64_vector;
typedef __m512i f32_count;
typedef __m512i f64_count;

enum { f32_width = 16, f32_parts = 1, f64_width = 8, f64_parts = 1 };

BINET__INLINE void prefetch(uintptr_t address)
{
    _mm_prefetch((const char *)address, _MM_HINT_T0); // NOLINT(performance-no-int-to-ptr)
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

BINET__INLINE f32_vector f32_set(float value)
{
    return _mm512_set1_ps(value);
}

BINET__INLINE f32_vector f32_load(const float *values)
{
    return _mm512_loadu_ps(values);
}

BINET__INLINE void f32_store(float *values, f32_vector a)
{
    _mm512_storeu_ps(values, a);
}

BINET__INLINE void f64_store(double *values, f64_vector a)
{
    _mm512_storeu_pd(values, a);
}

/* One bit for each of the first `count` lanes. */
BINET__INLINE uint32_t first_bits(int64_t count)
{
    uint32_t n = count < 0 ? 0 : count < 16 ? (uint32_t)count : 16;
    return (1u << n) - 1;
}

BINET__INLINE f32_vector f32_load_first(const float *values, int64_t count, float fill)
{
    return _mm512_mask_loadu_ps(f32_set(fill), (__mmask16)first_bits(count), values);
}

BINET__INLINE f32_vector f32_replace(f32_vector a, int64_t lane, float value)
{
    uint32_t bit = lane >= 0 && lane < f32_width ? 1u << lane : 0;
    return _mm512_mask_blend_ps((__mmask16)bit, a, f32_set(value));
}

BINET__INLINE f32_vector f32_add(f32_vector a, f32_vector b)
{
    return _mm512_add_ps(a, b);
}

BINET__INLINE f32_vector f32_sub(f32_vector a, f32_vector b)
{
    return _mm512_sub_ps(a, b);
}

BINET__INLINE f32_vector f32_mul(f32_vector a, f32_vector b)
{
    return _mm512_mul_ps(a, b);
}

BINET__INLINE f32_vector f32_fma(f32_vector a, f32_vector b, f32_vector c)
{
    return _mm512_fmadd_ps(a, b, c);
}

BINET__INLINE f32_vector f32_max(f32_vector a, f32_vector b)
{
    return _mm512_max_ps(a, b);
}

BINET__INLINE float f32_largest(f32_vector a)
{
    return _mm512_reduce_max_ps(a);
}

BINET__INLINE int f32_find(const float *values, float wanted)
{
    return __builtin_ctz(_mm512_cmp_ps_mask(_mm512_loadu_ps(values), _mm512_set1_ps(wanted), _CMP_EQ_OQ) |
                         1u << f32_all);
}

BINET__INLINE f32_count f32_count_none(void)
{
    return _mm512_setzero_si512();
}

BINET__INLINE f32_count f32_count_at_least(f32_count count, f32_vector a, f32_vector b)
{
    __mmask16 mask = _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
    return _mm512_mask_add_epi32(count, mask, count, _mm512_set1_epi32(1));
}

BINET__INLINE int64_t f32_counted(f32_count count)
{
    return _mm512_reduce_add_epi32(count);
}

BINET__INLINE f32_vector f32_eighths(f32_vector k)
{
    __m512i bits = _mm512_castps_si512(k);
    __m512i part = _mm512_permutexvar_epi32(bits, _mm512_loadu_si512((const void *)binet__eighths));
    return _mm512_castsi512_ps(_mm512_add_epi32(part, _mm512_slli_epi32(bits, 20)));
}

BINET__INLINE f32_vector f32_split(f32_vector a, f32_vector *k)
{
    __m512i root = _mm512_set1_epi32(0x3f3504f3);
    __m512i bits = _mm512_add_epi32(_mm512_castps_si512(a), _mm512_sub_epi32(_mm512_set1_epi32(0x3f800000), root));
    *k = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_srli_epi32(bits, 23), _mm512_set1_epi32(127)));
    bits = _mm512_add_epi32(_mm512_and_si512(bits, _mm512_set1_epi32(0x007fffff)), root);
    return _mm512_castsi512_ps(bits);
}

BINET__INLINE f32_vector f32_from_f16(const uint16_t *values)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)values));
}

/* ---- f64 --------------------------------------------------------------------------------------------------------- */

BINET__INLINE f64_vector f64_set(double value)
{
    return _mm512_set1_pd(value);
}

BINET__INLINE f64_vector f64_load(const double *values)
{
    return _mm512_loadu_pd(values);
}

BINET__INLINE f64_vector f64_load_first(const double *values, int64_t count, double fill)
{
    return _mm512_mask_loadu_pd(f64_set(fill), (__mmask8)first_bits(count), values);
}

BINET__INLINE f64_vector f64_replace(f64_vector a, int64_t lane, double value)
{
    uint32_t bit = lane >= 0 && lane < f64_width ? 1u << lane : 0;
    return _mm512_mask_blend_pd((__mmask8)bit, a, f64_set(value));
}

BINET__INLINE f64_vector f64_add(f64_vector a, f64_vector b)
{
    return _mm512_add_pd(a, b);
}

BINET__INLINE f64_vector f64_sub(f64_vector a, f64_vector b)
{
    return _mm512_sub_pd(a, b);
}

BINET__INLINE f64_vector f64_mul(f64_vector a, f64_vector b)
{
    return _mm512_mul_pd(a, b);
}

BINET__INLINE f64_vector f64_div(f64_vector a, f64_vector b)
{
    return _mm512_div_pd(a, b);
}

BINET__INLINE f64_vector f64_fma(f64_vector a, f64_vector b, f64_vector c)
{
    return _mm512_fmadd_pd(a, b, c);
}

BINET__INLINE f64_vector f64_max(f64_vector a, f64_vector b)
{
    return _mm512_max_pd(a, b);
}

BINET__INLINE double f64_largest(f64_vector a)
{
    return _mm512_reduce_max_pd(a);
}

BINET__INLINE int f64_find(const double *values, double wanted)
{
    return __builtin_ctz(_mm512_cmp_pd_mask(_mm512_loadu_pd(values), _mm512_set1_pd(wanted), _CMP_EQ_OQ) |
                         1u << f64_all);
}

BINET__INLINE f64_count f64_count_none(void)
{
    return _mm512_setzero_si512();
}

BINET__INLINE f64_count f64_count_at_least(f64_count count, f64_vector a, f64_vector b)
{
    __mmask8 mask = _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ);
    return _mm512_mask_add_epi64(count, mask, count, _mm512_set1_epi64(1));
}

BINET__INLINE int64_t f64_counted(f64_count count)
{
    return _mm512_reduce_add_epi64(count);
}

BINET__INLINE double f64_sum(const f64_vector *lanes)
{
    __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(*lanes), _mm512_extractf64x4_pd(*lanes, 1));
    __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

BINET__INLINE double f32_sum(const f32_vector *lanes)
{
    f64_vector eight = _mm512_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(*lanes)),
                                     _mm512_cvtps_pd(_mm512_extractf32x8_ps(*lanes, 1)));
    return f64_sum(&eight);
}

BINET__INLINE f64_vector f64_scale(f64_vector a, f64_vector k)
{
    __m512i power = _mm512_slli_epi64(_mm512_castpd_si512(k), 52);
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), power));
}

BINET__INLINE f64_vector f64_split(f64_vector a, f64_vector *k)
{
    __m512i root = _mm512_set1_epi64(0x3fe6a09e667f3bcd);
    __m512i one = _mm512_set1_epi64(0x3ff0000000000000);
    __m512i bits = _mm512_add_epi64(_mm512_castpd_si512(a), _mm512_sub_epi64(one, root));
    *k = _mm512_cvtepi64_pd(_mm512_sub_epi64(_mm512_srli_epi64(bits, 52), _mm512_set1_epi64(1023)));
    bits = _mm512_add_epi64(_mm512_and_si512(bits, _mm512_set1_epi64(0x000fffffffffffff)), root);
    return _mm512_castsi512_pd(bits);
}

/* ---- Totals ------------------------------------------------------------------------------------------------------ */

BINET__INLINE uint32_t f32_at_least(f32_vector a, f32_vector b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
}

BINET__INLINE uint32_t f64_at_least(f64_vector a, f64_vector b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ);
}

BINET__INLINE void tally_eight(uint64_t *totals, __m512d a, __m512d unit)
{
    __m512d shifted = _mm512_fmadd_pd(a, unit, _mm512_set1_pd(binet__tally_shift));
    _mm512_storeu_si512(totals, _mm512_add_epi64(_mm512_loadu_si512(totals), _mm512_castpd_si512(shifted)));
}

BINET__INLINE void f64_tally(uint64_t *totals, const double *values, f64_vector unit)
{
    tally_eight(totals, _mm512_loadu_pd(values), unit);
}

BINET__INLINE void f32_tally(uint64_t *totals, const float *values, f64_vector unit)
{
    tally_eight(totals, _mm512_cvtps_pd(_mm256_loadu_ps(values)), unit);
    tally_eight(totals + 8, _mm512_cvtps_pd(_mm256_loadu_ps(values + 8)), unit);
}

#endif
