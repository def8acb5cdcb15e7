/* The kernels of AVX-512 on SIMDe, which does in AVX2 what AVX-512 does. What SIMDe lacks is here in plain loops. */
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>

#include <stdint.h>
#include <string.h>

/* A vector of one type, lane by lane: `out` of each `in`. */
#define BY_LANE(name, from, in, n, to, out)                                                                            \
    static inline to name(from a)                                                                                      \
    {                                                                                                                  \
        in lanes[n];                                                                                                   \
        out made[n];                                                                                                   \
        to b;                                                                                                          \
        memcpy(lanes, &a, sizeof lanes);                                                                               \
        for (int i = 0; i < (n); i++) {                                                                                \
            made[i] = (out)lanes[i];                                                                                   \
        }                                                                                                              \
        memcpy(&b, made, sizeof b);                                                                                    \
        return b;                                                                                                      \
    }

BY_LANE(emulated_cvtepi32_ps, __m512i, int32_t, 16, __m512, float)
BY_LANE(emulated_cvtepi64_pd, __m512i, int64_t, 8, __m512d, double)
BY_LANE(emulated_cvtps_pd, __m256, float, 8, __m512d, double)
BY_LANE(emulated_cvtepu8_epi32, __m128i, uint8_t, 16, __m512i, int32_t)

/* All lanes of a vector into one number, which `step` joins with `lane`. */
#define ACROSS(name, from, number, n, step)                                                                            \
    static inline number name(from a)                                                                                  \
    {                                                                                                                  \
        number lanes[n];                                                                                               \
        memcpy(lanes, &a, sizeof lanes);                                                                               \
        number all = lanes[0];                                                                                         \
        for (int i = 1; i < (n); i++) {                                                                                \
            number lane = lanes[i];                                                                                    \
            all = step;                                                                                                \
        }                                                                                                              \
        return all;                                                                                                    \
    }

ACROSS(emulated_reduce_max_ps, __m512, float, 16, lane > all ? lane : all)
ACROSS(emulated_reduce_max_pd, __m512d, double, 8, lane > all ? lane : all)
ACROSS(emulated_reduce_add_epi32, __m512i, int32_t, 16, all + lane)
ACROSS(emulated_reduce_add_epi64, __m512i, int64_t, 8, all + lane)

/* Reads the lanes of the mask only. */
#define MASK_LOAD(name, vector, number, n)                                                                             \
    static inline vector name(vector a, uint32_t mask, const number *values)                                           \
    {                                                                                                                  \
        number lanes[n];                                                                                               \
        memcpy(lanes, &a, sizeof lanes);                                                                               \
        for (int i = 0; i < (n); i++) {                                                                                \
            if ((mask >> i & 1) != 0) {                                                                                \
                lanes[i] = values[i];                                                                                  \
            }                                                                                                          \
        }                                                                                                              \
        memcpy(&a, lanes, sizeof a);                                                                                   \
        return a;                                                                                                      \
    }

MASK_LOAD(emulated_mask_loadu_ps, __m512, float, 16)
MASK_LOAD(emulated_mask_loadu_pd, __m512d, double, 8)

static inline __m256 emulated_extractf32x8_ps(__m512 a, int half)
{
    __m256 halves[2];
    memcpy(halves, &a, sizeof halves);
    return halves[half];
}

static inline __m512 emulated_cvtph_ps(__m256i a)
{
    __m256 halves[2] = {_mm256_cvtph_ps(_mm256_castsi256_si128(a)), _mm256_cvtph_ps(_mm256_extracti128_si256(a, 1))};
    __m512 b;
    memcpy(&b, halves, sizeof b);
    return b;
}

static inline __m512i emulated_srai_epi32(__m512i a, int shift)
{
    int32_t lanes[16];
    memcpy(lanes, &a, sizeof lanes);
    for (int i = 0; i < 16; i++) {
        lanes[i] >>= shift;
    }
    memcpy(&a, lanes, sizeof a);
    return a;
}

static inline __m128i emulated_cvtusepi32_epi8(__m512i a)
{
    uint32_t lanes[16];
    uint8_t bytes[16];
    __m128i b;
    memcpy(lanes, &a, sizeof lanes);
    for (int i = 0; i < 16; i++) {
        bytes[i] = (uint8_t)(lanes[i] < 255 ? lanes[i] : 255);
    }
    memcpy(&b, bytes, sizeof b);
    return b;
}

#undef _mm512_cvtps_pd
#undef _mm512_cvtph_ps
#undef _mm512_extractf32x8_ps
#define _mm512_cvtepi32_ps emulated_cvtepi32_ps
#define _mm512_cvtepi64_pd emulated_cvtepi64_pd
#define _mm512_cvtepu8_epi32 emulated_cvtepu8_epi32
#define _mm512_cvtph_ps emulated_cvtph_ps
#define _mm512_cvtps_pd emulated_cvtps_pd
#define _mm512_cvtusepi32_epi8 emulated_cvtusepi32_epi8
#define _mm512_extractf32x8_ps emulated_extractf32x8_ps
#define _mm512_mask_loadu_pd emulated_mask_loadu_pd
#define _mm512_mask_loadu_ps emulated_mask_loadu_ps
#define _mm512_reduce_add_epi32 emulated_reduce_add_epi32
#define _mm512_reduce_add_epi64 emulated_reduce_add_epi64
#define _mm512_reduce_max_pd emulated_reduce_max_pd
#define _mm512_reduce_max_ps emulated_reduce_max_ps
#define _mm512_srai_epi32 emulated_srai_epi32

#include "kernels/draws_x86.h"
#include "kernels/lanes_avx512.h"
#include "kernels/resize_avx512.h"

#define BINET__TABLE kernels_emulated
#include "kernels/table.inc.h"
