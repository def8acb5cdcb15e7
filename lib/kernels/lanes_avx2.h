/** Lanes in AVX2 with FMA and F16C. lanes_scalar.h says what each operation means. */
#ifndef BINET_KERNELS_LANES_AVX2_H
#define BINET_KERNELS_LANES_AVX2_H

#include <immintrin.h>

#include "kernels/lanes.h"

typedef __m256 f32_vector;
typedef __m256d f64_vector;
typedef __m256i f32_count;
typedef __m256i f64_count;

enum { f32_width = 8, f32_parts = 2, f64_width = 4, f64_parts = 2 };

BINET__INLINE void prefetch(uintptr_t address)
{
    _mm_prefetch((const char *)address, _MM_HINT_T0); // NOLINT(performance-no-int-to-ptr)
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

BINET__INLINE f32_vector f32_set(float value)
{
    return _mm256_set1_ps(value);
}

BINET__INLINE f32_vector f32_load(const float *values)
{
    return _mm256_loadu_ps(values);
}

BINET__INLINE void f32_store(float *values, f32_vector a)
{
    _mm256_storeu_ps(values, a);
}

BINET__INLINE void f64_store(double *values, f64_vector a)
{
    _mm256_storeu_pd(values, a);
}

BINET__INLINE f32_vector f32_load_first(const float *values, int64_t count, float fill)
{
    __m256i limit = _mm256_set1_epi32((int32_t)count);
    __m256i mask = _mm256_cmpgt_epi32(limit, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return _mm256_blendv_ps(f32_set(fill), _mm256_maskload_ps(values, mask), _mm256_castsi256_ps(mask));
}

BINET__INLINE f32_vector f32_replace(f32_vector a, int64_t lane, float value)
{
    __m256i mask = _mm256_cmpeq_epi32(_mm256_set1_epi32((int32_t)lane), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return _mm256_blendv_ps(a, f32_set(value), _mm256_castsi256_ps(mask));
}

BINET__INLINE f32_vector f32_add(f32_vector a, f32_vector b)
{
    return _mm256_add_ps(a, b);
}

BINET__INLINE f32_vector f32_sub(f32_vector a, f32_vector b)
{
    return _mm256_sub_ps(a, b);
}

BINET__INLINE f32_vector f32_mul(f32_vector a, f32_vector b)
{
    return _mm256_mul_ps(a, b);
}

BINET__INLINE f32_vector f32_fma(f32_vector a, f32_vector b, f32_vector c)
{
    return _mm256_fmadd_ps(a, b, c);
}

BINET__INLINE f32_vector f32_max(f32_vector a, f32_vector b)
{
    return _mm256_max_ps(a, b);
}

BINET__INLINE float f32_largest(f32_vector a)
{
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

BINET__INLINE int f32_find(const float *values, float wanted)
{
    __m256 low = _mm256_cmp_ps(_mm256_loadu_ps(values), _mm256_set1_ps(wanted), _CMP_EQ_OQ);
    __m256 high = _mm256_cmp_ps(_mm256_loadu_ps(values + 8), _mm256_set1_ps(wanted), _CMP_EQ_OQ);
    if (_mm256_testz_ps(_mm256_or_ps(low, high), _mm256_or_ps(low, high))) {
        return f32_all;
    }
    return __builtin_ctz((unsigned)_mm256_movemask_ps(low) | (unsigned)_mm256_movemask_ps(high) << 8);
}

BINET__INLINE f32_count f32_count_none(void)
{
    return _mm256_setzero_si256();
}

BINET__INLINE f32_count f32_count_at_least(f32_count count, f32_vector a, f32_vector b)
{
    return _mm256_sub_epi32(count, _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_GE_OQ)));
}

BINET__INLINE int64_t f32_counted(f32_count count)
{
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(count), _mm256_extracti128_si256(count, 1));
    __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    return (int64_t)_mm_cvtsi128_si32(two) + _mm_extract_epi32(two, 1);
}

BINET__INLINE f32_vector f32_eighths(f32_vector k)
{
    __m256 table = _mm256_loadu_ps((const float *)(const void *)binet__eighths);
    __m256i bits = _mm256_castps_si256(k);
    __m256i entry = _mm256_castps_si256(_mm256_permutevar8x32_ps(table, bits));
    return _mm256_castsi256_ps(_mm256_add_epi32(entry, _mm256_slli_epi32(bits, 20)));
}

BINET__INLINE f32_vector f32_split(f32_vector a, f32_vector *k)
{
    __m256i root = _mm256_set1_epi32(0x3f3504f3);
    __m256i bits = _mm256_add_epi32(_mm256_castps_si256(a), _mm256_set1_epi32(0x3f800000 - 0x3f3504f3));
    *k = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(127)));
    bits = _mm256_add_epi32(_mm256_and_si256(bits, _mm256_set1_epi32(0x007fffff)), root);
    return _mm256_castsi256_ps(bits);
}

BINET__INLINE f32_vector f32_from_f16(const uint16_t *values)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)values));
}

/* ---- f64 --------------------------------------------------------------------------------------------------------- */

BINET__INLINE f64_vector f64_set(double value)
{
    return _mm256_set1_pd(value);
}

BINET__INLINE f64_vector f64_load(const double *values)
{
    return _mm256_loadu_pd(values);
}

BINET__INLINE f64_vector f64_load_first(const double *values, int64_t count, double fill)
{
    __m256i mask = _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
    return _mm256_blendv_pd(f64_set(fill), _mm256_maskload_pd(values, mask), _mm256_castsi256_pd(mask));
}

BINET__INLINE f64_vector f64_replace(f64_vector a, int64_t lane, double value)
{
    __m256i mask = _mm256_cmpeq_epi64(_mm256_set1_epi64x(lane), _mm256_setr_epi64x(0, 1, 2, 3));
    return _mm256_blendv_pd(a, f64_set(value), _mm256_castsi256_pd(mask));
}

BINET__INLINE f64_vector f64_add(f64_vector a, f64_vector b)
{
    return _mm256_add_pd(a, b);
}

BINET__INLINE f64_vector f64_sub(f64_vector a, f64_vector b)
{
    return _mm256_sub_pd(a, b);
}

BINET__INLINE f64_vector f64_mul(f64_vector a, f64_vector b)
{
    return _mm256_mul_pd(a, b);
}

BINET__INLINE f64_vector f64_div(f64_vector a, f64_vector b)
{
    return _mm256_div_pd(a, b);
}

BINET__INLINE f64_vector f64_fma(f64_vector a, f64_vector b, f64_vector c)
{
    return _mm256_fmadd_pd(a, b, c);
}

BINET__INLINE f64_vector f64_max(f64_vector a, f64_vector b)
{
    return _mm256_max_pd(a, b);
}

BINET__INLINE double f64_largest(f64_vector a)
{
    __m128d two = _mm_max_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_max_sd(two, _mm_unpackhi_pd(two, two)));
}

BINET__INLINE int f64_find(const double *values, double wanted)
{
    __m256d low = _mm256_cmp_pd(_mm256_loadu_pd(values), _mm256_set1_pd(wanted), _CMP_EQ_OQ);
    __m256d high = _mm256_cmp_pd(_mm256_loadu_pd(values + 4), _mm256_set1_pd(wanted), _CMP_EQ_OQ);
    unsigned found = (unsigned)_mm256_movemask_pd(low) | (unsigned)_mm256_movemask_pd(high) << 4;
    return __builtin_ctz(found | 1u << f64_all);
}

BINET__INLINE f64_count f64_count_none(void)
{
    return _mm256_setzero_si256();
}

BINET__INLINE f64_count f64_count_at_least(f64_count count, f64_vector a, f64_vector b)
{
    return _mm256_sub_epi64(count, _mm256_castpd_si256(_mm256_cmp_pd(a, b, _CMP_GE_OQ)));
}

BINET__INLINE int64_t f64_counted(f64_count count)
{
    __m128i two = _mm_add_epi64(_mm256_castsi256_si128(count), _mm256_extracti128_si256(count, 1));
    return _mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1);
}

BINET__INLINE double sum_of_four(__m256d four)
{
    __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

BINET__INLINE double f64_sum(const f64_vector *lanes)
{
    return sum_of_four(_mm256_add_pd(lanes[0], lanes[1]));
}

BINET__INLINE double f32_sum(const f32_vector *lanes)
{
    __m256d low = _mm256_add_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(lanes[0])),
                                _mm256_cvtps_pd(_mm256_castps256_ps128(lanes[1])));
    __m256d high = _mm256_add_pd(_mm256_cvtps_pd(_mm256_extractf128_ps(lanes[0], 1)),
                                 _mm256_cvtps_pd(_mm256_extractf128_ps(lanes[1], 1)));
    return sum_of_four(_mm256_add_pd(low, high));
}

BINET__INLINE f64_vector f64_scale(f64_vector a, f64_vector k)
{
    __m256i power = _mm256_slli_epi64(_mm256_castpd_si256(k), 52);
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), power));
}

BINET__INLINE f64_vector f64_split(f64_vector a, f64_vector *k)
{
    __m256i root = _mm256_set1_epi64x(0x3fe6a09e667f3bcd);
    __m256i bits =
        _mm256_add_epi64(_mm256_castpd_si256(a), _mm256_set1_epi64x(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
    /* The biased exponent below the bits of 2^52 is an integer in double. */
    __m256i biased = _mm256_or_si256(_mm256_srli_epi64(bits, 52), _mm256_castpd_si256(_mm256_set1_pd(0x1p52)));
    *k = _mm256_sub_pd(_mm256_castsi256_pd(biased), _mm256_set1_pd(0x1p52 + 1023));
    bits = _mm256_add_epi64(_mm256_and_si256(bits, _mm256_set1_epi64x(0x000fffffffffffff)), root);
    return _mm256_castsi256_pd(bits);
}

/* ---- Totals ------------------------------------------------------------------------------------------------------ */

BINET__INLINE uint32_t f32_at_least(f32_vector a, f32_vector b)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GE_OQ));
}

BINET__INLINE uint32_t f64_at_least(f64_vector a, f64_vector b)
{
    return (uint32_t)_mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_GE_OQ));
}

BINET__INLINE void tally_four(uint64_t *totals, __m256d a, __m256d unit)
{
    __m256i *at = (__m256i *)(void *)totals;
    __m256d shifted = _mm256_fmadd_pd(a, unit, _mm256_set1_pd(binet__tally_shift));
    _mm256_storeu_si256(at, _mm256_add_epi64(_mm256_loadu_si256(at), _mm256_castpd_si256(shifted)));
}

BINET__INLINE void f64_tally(uint64_t *totals, const double *values, f64_vector unit)
{
    tally_four(totals, _mm256_loadu_pd(values), unit);
}

BINET__INLINE void f32_tally(uint64_t *totals, const float *values, f64_vector unit)
{
    tally_four(totals, _mm256_cvtps_pd(_mm_loadu_ps(values)), unit);
    tally_four(totals + 4, _mm256_cvtps_pd(_mm_loadu_ps(values + 4)), unit);
}

#endif
