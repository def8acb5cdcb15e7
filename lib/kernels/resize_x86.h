/** What AVX2 and AVX-512 share for resampling. resize_scalar.h says what each operation means. */
#ifndef BINET_KERNELS_RESIZE_X86_H
#define BINET_KERNELS_RESIZE_X86_H

#include <string.h>

#if !defined(SIMDE_ENABLE_NATIVE_ALIASES) /* the tests run this file on SIMDe's emulation */
#include <immintrin.h>
#endif

#include "kernels/kernels.h"
#include "kernels/lanes.h"

BINET__INLINE __m128i load_16(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

BINET__INLINE void store_16(uint8_t *bytes, __m128i a)
{
    _mm_storeu_si128((__m128i *)(void *)bytes, a);
}

BINET__INLINE void store_4(uint8_t *bytes, int32_t a)
{
    memcpy(bytes, &a, sizeof a);
}

/* Four bytes to each of four rows. */
BINET__INLINE void store_rows(uint8_t *const rows[4], int64_t offset, __m128i bytes)
{
    store_4(rows[0] + offset, _mm_cvtsi128_si32(bytes));
    store_4(rows[1] + offset, _mm_extract_epi32(bytes, 1));
    store_4(rows[2] + offset, _mm_extract_epi32(bytes, 2));
    store_4(rows[3] + offset, _mm_extract_epi32(bytes, 3));
}

BINET__INLINE void interleave_pixels(const uint8_t *const rows[4], int64_t offset, uint8_t *interleaved)
{
    const __m128i spread = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    __m128i a = _mm_shuffle_epi8(load_16(rows[0] + offset), spread);
    __m128i b = _mm_shuffle_epi8(load_16(rows[1] + offset), spread);
    __m128i c = _mm_shuffle_epi8(load_16(rows[2] + offset), spread);
    __m128i d = _mm_shuffle_epi8(load_16(rows[3] + offset), spread);
    __m128i ab_low = _mm_unpacklo_epi32(a, b);
    __m128i ab_high = _mm_unpackhi_epi32(a, b);
    __m128i cd_low = _mm_unpacklo_epi32(c, d);
    __m128i cd_high = _mm_unpackhi_epi32(c, d);
    store_16(interleaved, _mm_unpacklo_epi64(ab_low, cd_low));
    store_16(interleaved + 16, _mm_unpackhi_epi64(ab_low, cd_low));
    store_16(interleaved + 32, _mm_unpacklo_epi64(ab_high, cd_high));
    store_16(interleaved + 48, _mm_unpackhi_epi64(ab_high, cd_high));
}

#endif
