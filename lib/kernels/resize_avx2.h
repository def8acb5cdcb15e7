/** Lanes for resampling in AVX2: two registers a vector. resize_scalar.h says what each operation means. */
#ifndef BINET_KERNELS_RESIZE_AVX2_H
#define BINET_KERNELS_RESIZE_AVX2_H

#include "kernels/resize_x86.h"

typedef struct i32_lanes {
    __m256i low, high;
} i32_lanes;

BINET__INLINE i32_lanes i32_set(int32_t value)
{
    return (i32_lanes){_mm256_set1_epi32(value), _mm256_set1_epi32(value)};
}

BINET__INLINE i32_lanes i32_load_u8(const uint8_t *bytes)
{
    __m128i all = load_16(bytes);
    return (i32_lanes){_mm256_cvtepu8_epi32(all), _mm256_cvtepu8_epi32(_mm_unpackhi_epi64(all, all))};
}

BINET__INLINE i32_lanes i32_muladd(i32_lanes sum, i32_lanes a, i32_lanes b)
{
    return (i32_lanes){_mm256_add_epi32(sum.low, _mm256_mullo_epi32(a.low, b.low)),
                       _mm256_add_epi32(sum.high, _mm256_mullo_epi32(a.high, b.high))};
}

BINET__INLINE __m128i i32_clip(i32_lanes a)
{
    __m256i low = _mm256_srai_epi32(a.low, BINET__RESIZE_BITS);
    __m256i high = _mm256_srai_epi32(a.high, BINET__RESIZE_BITS);
    /* Packing works within halves of a register: put the quarters back in order. */
    __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
    return _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

BINET__INLINE void i32_store_u8(uint8_t *bytes, i32_lanes a)
{
    store_16(bytes, i32_clip(a));
}

BINET__INLINE void i32_store_pixels(uint8_t *const rows[4], int64_t offset, i32_lanes a)
{
    store_rows(rows, offset, i32_clip(a));
}

#endif
