/** Lanes for resampling in AVX-512: one register a vector. resize_scalar.h says what each operation means. */
#ifndef BINET_KERNELS_RESIZE_AVX512_H
#define BINET_KERNELS_RESIZE_AVX512_H

#include "kernels/resize_x86.h"

typedef __m512i i32_lanes;

BINET__INLINE i32_lanes i32_set(int32_t value)
{
    return _mm512_set1_epi32(value);
}

BINET__INLINE i32_lanes i32_load_u8(const uint8_t *bytes)
{
    return _mm512_cvtepu8_epi32(load_16(bytes));
}

BINET__INLINE i32_lanes i32_muladd(i32_lanes sum, i32_lanes a, i32_lanes b)
{
    return _mm512_add_epi32(sum, _mm512_mullo_epi32(a, b));
}

BINET__INLINE __m128i i32_clip(i32_lanes a)
{
    __m512i values = _mm512_srai_epi32(a, BINET__RESIZE_BITS);
    return _mm512_cvtusepi32_epi8(_mm512_max_epi32(values, _mm512_setzero_si512()));
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
