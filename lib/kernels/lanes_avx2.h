/** Lanes in AVX2 with FMA and F16C: two registers a vector. lanes_scalar.h says what each operation means. */
#ifndef BINET_KERNELS_LANES_AVX2_H
#define BINET_KERNELS_LANES_AVX2_H

#include <immintrin.h>

#include "kernels/lanes.h"

typedef struct f32_lanes {
    __m256 low, high;
} f32_lanes;
typedef struct f32_counts {
    __m256i low, high;
} f32_counts;
typedef struct f64_lanes {
    __m256d low, high;
} f64_lanes;
typedef struct f64_counts {
    __m256i low, high;
} f64_counts;

BINET__INLINE void prefetch(uintptr_t address)
{
    _mm_prefetch((const char *)address, _MM_HINT_T0); // NOLINT(performance-no-int-to-ptr)
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

BINET__INLINE f32_lanes f32_set(float value)
{
    return (f32_lanes){_mm256_set1_ps(value), _mm256_set1_ps(value)};
}

BINET__INLINE f32_lanes f32_load(const float *values)
{
    return (f32_lanes){_mm256_loadu_ps(values), _mm256_loadu_ps(values + 8)};
}

/* All bits set in the first `count` lanes of 16. */
BINET__INLINE f32_counts f32_first_mask(int64_t count)
{
    __m256i limit = _mm256_set1_epi32((int32_t)(count < 16 ? count : 16));
    return (f32_counts){_mm256_cmpgt_epi32(limit, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
                        _mm256_cmpgt_epi32(limit, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15))};
}

BINET__INLINE f32_lanes f32_first(int64_t count, f32_lanes a, f32_lanes b)
{
    f32_counts mask = f32_first_mask(count);
    return (f32_lanes){_mm256_blendv_ps(b.low, a.low, _mm256_castsi256_ps(mask.low)),
                       _mm256_blendv_ps(b.high, a.high, _mm256_castsi256_ps(mask.high))};
}

BINET__INLINE f32_lanes f32_load_first(const float *values, int64_t count, float fill)
{
    f32_counts mask = f32_first_mask(count);
    f32_lanes loaded = {_mm256_maskload_ps(values, mask.low), _mm256_maskload_ps(values + 8, mask.high)};
    return f32_first(count, loaded, f32_set(fill));
}

BINET__INLINE f32_lanes f32_add(f32_lanes a, f32_lanes b)
{
    return (f32_lanes){_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}

BINET__INLINE f32_lanes f32_sub(f32_lanes a, f32_lanes b)
{
    return (f32_lanes){_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}

BINET__INLINE f32_lanes f32_mul(f32_lanes a, f32_lanes b)
{
    return (f32_lanes){_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}

BINET__INLINE f32_lanes f32_fma(f32_lanes a, f32_lanes b, f32_lanes c)
{
    return (f32_lanes){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}

BINET__INLINE f32_lanes f32_max(f32_lanes a, f32_lanes b)
{
    return (f32_lanes){_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}

BINET__INLINE float f32_largest(f32_lanes a)
{
    __m256 eight = _mm256_max_ps(a.low, a.high);
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

BINET__INLINE int f32_find(f32_lanes a, float value)
{
    __m256 wanted = _mm256_set1_ps(value);
    __m256 low = _mm256_cmp_ps(a.low, wanted, _CMP_EQ_OQ);
    __m256 high = _mm256_cmp_ps(a.high, wanted, _CMP_EQ_OQ);
    if (_mm256_movemask_ps(_mm256_or_ps(low, high)) == 0) {
        return f32_width;
    }
    return __builtin_ctz((unsigned)_mm256_movemask_ps(low) | (unsigned)_mm256_movemask_ps(high) << 8);
}

BINET__INLINE f32_counts f32_count_none(void)
{
    return (f32_counts){_mm256_setzero_si256(), _mm256_setzero_si256()};
}

BINET__INLINE f32_counts f32_count(f32_counts counts, f32_lanes a, f32_lanes b)
{
    __m256i low = _mm256_castps_si256(_mm256_cmp_ps(a.low, b.low, _CMP_GE_OQ));
    __m256i high = _mm256_castps_si256(_mm256_cmp_ps(a.high, b.high, _CMP_GE_OQ));
    return (f32_counts){_mm256_sub_epi32(counts.low, low), _mm256_sub_epi32(counts.high, high)};
}

BINET__INLINE int64_t f32_counted(f32_counts counts)
{
    __m256i eight = _mm256_add_epi32(counts.low, counts.high);
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
    __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    return _mm_cvtsi128_si32(two) + (int64_t)_mm_extract_epi32(two, 1);
}

BINET__INLINE f32_lanes f32_eighths(f32_lanes k)
{
    __m256 table = _mm256_loadu_ps((const float *)(const void *)binet__eighths);
    __m256i low = _mm256_castps_si256(k.low);
    __m256i high = _mm256_castps_si256(k.high);
    __m256i low_part = _mm256_castps_si256(_mm256_permutevar8x32_ps(table, low));
    __m256i high_part = _mm256_castps_si256(_mm256_permutevar8x32_ps(table, high));
    low = _mm256_max_epi32(_mm256_add_epi32(low_part, _mm256_slli_epi32(low, 20)), _mm256_setzero_si256());
    high = _mm256_max_epi32(_mm256_add_epi32(high_part, _mm256_slli_epi32(high, 20)), _mm256_setzero_si256());
    return (f32_lanes){_mm256_castsi256_ps(low), _mm256_castsi256_ps(high)};
}

BINET__INLINE __m256 f32_split_half(__m256 a, __m256 *k)
{
    __m256i root = _mm256_set1_epi32(0x3f3504f3);
    __m256i bits = _mm256_add_epi32(_mm256_castps_si256(a), _mm256_sub_epi32(_mm256_set1_epi32(0x3f800000), root));
    *k = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(127)));
    bits = _mm256_add_epi32(_mm256_and_si256(bits, _mm256_set1_epi32(0x007fffff)), root);
    return _mm256_castsi256_ps(bits);
}

BINET__INLINE f32_lanes f32_split(f32_lanes a, f32_lanes *k)
{
    return (f32_lanes){f32_split_half(a.low, &k->low), f32_split_half(a.high, &k->high)};
}

/* ---- f64 --------------------------------------------------------------------------------------------------------- */

BINET__INLINE f64_lanes f64_set(double value)
{
    return (f64_lanes){_mm256_set1_pd(value), _mm256_set1_pd(value)};
}

BINET__INLINE f64_lanes f64_load(const double *values)
{
    return (f64_lanes){_mm256_loadu_pd(values), _mm256_loadu_pd(values + 4)};
}

BINET__INLINE f64_counts f64_first_mask(int64_t count)
{
    __m256i limit = _mm256_set1_epi64x(count);
    return (f64_counts){_mm256_cmpgt_epi64(limit, _mm256_setr_epi64x(0, 1, 2, 3)),
                        _mm256_cmpgt_epi64(limit, _mm256_setr_epi64x(4, 5, 6, 7))};
}

BINET__INLINE f64_lanes f64_first(int64_t count, f64_lanes a, f64_lanes b)
{
    f64_counts mask = f64_first_mask(count);
    return (f64_lanes){_mm256_blendv_pd(b.low, a.low, _mm256_castsi256_pd(mask.low)),
                       _mm256_blendv_pd(b.high, a.high, _mm256_castsi256_pd(mask.high))};
}

BINET__INLINE f64_lanes f64_load_first(const double *values, int64_t count, double fill)
{
    f64_counts mask = f64_first_mask(count);
    f64_lanes loaded = {_mm256_maskload_pd(values, mask.low), _mm256_maskload_pd(values + 4, mask.high)};
    return f64_first(count, loaded, f64_set(fill));
}

BINET__INLINE f64_lanes f64_add(f64_lanes a, f64_lanes b)
{
    return (f64_lanes){_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)};
}

BINET__INLINE f64_lanes f64_sub(f64_lanes a, f64_lanes b)
{
    return (f64_lanes){_mm256_sub_pd(a.low, b.low), _mm256_sub_pd(a.high, b.high)};
}

BINET__INLINE f64_lanes f64_mul(f64_lanes a, f64_lanes b)
{
    return (f64_lanes){_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)};
}

BINET__INLINE f64_lanes f64_div(f64_lanes a, f64_lanes b)
{
    return (f64_lanes){_mm256_div_pd(a.low, b.low), _mm256_div_pd(a.high, b.high)};
}

BINET__INLINE f64_lanes f64_fma(f64_lanes a, f64_lanes b, f64_lanes c)
{
    return (f64_lanes){_mm256_fmadd_pd(a.low, b.low, c.low), _mm256_fmadd_pd(a.high, b.high, c.high)};
}

BINET__INLINE f64_lanes f64_max(f64_lanes a, f64_lanes b)
{
    return (f64_lanes){_mm256_max_pd(a.low, b.low), _mm256_max_pd(a.high, b.high)};
}

BINET__INLINE double f64_largest(f64_lanes a)
{
    __m256d four = _mm256_max_pd(a.low, a.high);
    __m128d two = _mm_max_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_max_sd(two, _mm_unpackhi_pd(two, two)));
}

BINET__INLINE int f64_find(f64_lanes a, double value)
{
    __m256d wanted = _mm256_set1_pd(value);
    unsigned low = (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(a.low, wanted, _CMP_EQ_OQ));
    unsigned high = (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(a.high, wanted, _CMP_EQ_OQ));
    return __builtin_ctz(low | high << 4 | 1u << f64_width);
}

BINET__INLINE f64_counts f64_count_none(void)
{
    return (f64_counts){_mm256_setzero_si256(), _mm256_setzero_si256()};
}

BINET__INLINE f64_counts f64_count(f64_counts counts, f64_lanes a, f64_lanes b)
{
    __m256i low = _mm256_castpd_si256(_mm256_cmp_pd(a.low, b.low, _CMP_GE_OQ));
    __m256i high = _mm256_castpd_si256(_mm256_cmp_pd(a.high, b.high, _CMP_GE_OQ));
    return (f64_counts){_mm256_sub_epi64(counts.low, low), _mm256_sub_epi64(counts.high, high)};
}

BINET__INLINE int64_t f64_counted(f64_counts counts)
{
    __m256i four = _mm256_add_epi64(counts.low, counts.high);
    __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    return _mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1);
}

BINET__INLINE double f64_sum(f64_lanes a)
{
    __m256d four = _mm256_add_pd(a.low, a.high);
    __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

BINET__INLINE double f32_sum(f32_lanes a)
{
    __m256d low =
        _mm256_add_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(a.low)), _mm256_cvtps_pd(_mm256_castps256_ps128(a.high)));
    __m256d high = _mm256_add_pd(_mm256_cvtps_pd(_mm256_extractf128_ps(a.low, 1)),
                                 _mm256_cvtps_pd(_mm256_extractf128_ps(a.high, 1)));
    return f64_sum((f64_lanes){low, high});
}

BINET__INLINE f64_lanes f64_scale(f64_lanes a, f64_lanes k)
{
    __m256i low = _mm256_slli_epi64(_mm256_castpd_si256(k.low), 52);
    __m256i high = _mm256_slli_epi64(_mm256_castpd_si256(k.high), 52);
    return (f64_lanes){_mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a.low), low)),
                       _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a.high), high))};
}

BINET__INLINE __m256d f64_split_half(__m256d a, __m256d *k)
{
    __m256i root = _mm256_set1_epi64x(0x3fe6a09e667f3bcd);
    __m256i one = _mm256_set1_epi64x(0x3ff0000000000000);
    __m256i bits = _mm256_add_epi64(_mm256_castpd_si256(a), _mm256_sub_epi64(one, root));
    /* The biased exponent, below the bits of 2^52, is an integer in double. */
    __m256i biased = _mm256_or_si256(_mm256_srli_epi64(bits, 52), _mm256_castpd_si256(_mm256_set1_pd(0x1p52)));
    *k = _mm256_sub_pd(_mm256_castsi256_pd(biased), _mm256_set1_pd(0x1p52 + 1023));
    bits = _mm256_add_epi64(_mm256_and_si256(bits, _mm256_set1_epi64x(0x000fffffffffffff)), root);
    return _mm256_castsi256_pd(bits);
}

BINET__INLINE f64_lanes f64_split(f64_lanes a, f64_lanes *k)
{
    return (f64_lanes){f64_split_half(a.low, &k->low), f64_split_half(a.high, &k->high)};
}

/* ---- f16 --------------------------------------------------------------------------------------------------------- */

BINET__INLINE void widen_f16_lanes(const uint16_t *values, float *widened)
{
    _mm256_storeu_ps(widened, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)values)));
    _mm256_storeu_ps(widened + 8, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(values + 8))));
}

#endif
