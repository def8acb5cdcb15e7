/** Resamples as counts, with AVX2. draws_scalar.h says what the functions mean, base/random.c what is drawn. */
#ifndef BINET_KERNELS_DRAWS_X86_H
#define BINET_KERNELS_DRAWS_X86_H

#if !defined(SIMDE_ENABLE_NATIVE_ALIASES) /* the tests run this file on SIMDe's emulation */
#include <immintrin.h>
#endif

#include "base/random.h"
#include "kernels/kernels.h"
#include "kernels/lanes.h"

enum {
    draws_vectors = 4,                /* of 4 counters each, one in the low half of a lane of 64 bits */
    draws_block = draws_vectors * 16, /* words of their blocks */
    draws_rounds = 10,
    draws_per_round = draws_block / draws_rounds
};

/** The four words of 16 counters. High halves of lanes hold what is left from products; nothing reads them. */
typedef struct draws_state {
    __m256i words[4][draws_vectors];
    uint32_t key[2];
} draws_state;

BINET__INLINE __m256i draws_lanes(uint32_t value)
{
    return _mm256_set1_epi64x((long long)value);
}

/* One round of Philox. The indices drawn before are counted meanwhile: that uses other units of the processor. */
BINET__INLINE void draws_round(draws_state *of, const uint32_t *before, uint8_t *counts)
{
    for (int i = 0; i < draws_vectors; i++) {
        __m256i first = _mm256_mul_epu32(of->words[0][i], draws_lanes(0xD2511F53u));
        __m256i second = _mm256_mul_epu32(of->words[2][i], draws_lanes(0xCD9E8D57u));
        __m256i a = _mm256_xor_si256(_mm256_srli_epi64(second, 32), draws_lanes(of->key[0]));
        __m256i b = _mm256_xor_si256(_mm256_srli_epi64(first, 32), draws_lanes(of->key[1]));
        of->words[0][i] = _mm256_xor_si256(a, of->words[1][i]);
        of->words[1][i] = second;
        of->words[2][i] = _mm256_xor_si256(b, of->words[3][i]);
        of->words[3][i] = first;
    }
    of->key[0] += 0x9E3779B9u;
    of->key[1] += 0xBB67AE85u;
    for (int i = 0; before != NULL && i < draws_per_round; i++) {
        counts[before[i]]++;
    }
}

/* The high halves of the words' products with n, two words to a vector; in `refused` the places whose low half is below
 * n, since those words may stand for no index. */
BINET__INLINE __m256i draws_scale(__m256i even, __m256i odd, uint32_t n, __m256i *refused)
{
    const __m256i sign = _mm256_set1_epi32(INT32_MIN); /* compares unsigned numbers as signed ones */
    __m256i a = _mm256_mul_epu32(even, draws_lanes(n));
    __m256i b = _mm256_mul_epu32(odd, draws_lanes(n));
    __m256i low = _mm256_blend_epi32(a, _mm256_slli_epi64(b, 32), 0xAA);
    __m256i limit = _mm256_xor_si256(_mm256_set1_epi32((int32_t)n), sign);
    *refused = _mm256_or_si256(*refused, _mm256_cmpgt_epi32(limit, _mm256_xor_si256(low, sign)));
    return _mm256_blend_epi32(_mm256_srli_epi64(a, 32), b, 0xAA);
}

/* The indices of a block, in an order that counting does not mind. */
BINET__INLINE void draws_next(uint64_t seed, uint64_t stream, uint32_t n, int64_t block, uint32_t *indices,
                              const uint32_t *before, uint8_t *counts)
{
    draws_state of = {.key = {(uint32_t)seed, (uint32_t)(seed >> 32)}};
    for (int i = 0; i < draws_vectors; i++) {
        __m256i first = draws_lanes((uint32_t)(block * draws_vectors + i) * 4);
        of.words[0][i] = _mm256_add_epi64(first, _mm256_setr_epi64x(0, 1, 2, 3));
        of.words[1][i] = _mm256_setzero_si256();
        of.words[2][i] = draws_lanes((uint32_t)stream);
        of.words[3][i] = draws_lanes((uint32_t)(stream >> 32));
    }
    const uint32_t *at[draws_rounds];
    for (int round = 0; round < draws_rounds; round++) {
        at[round] = before != NULL ? before + (ptrdiff_t)round * draws_per_round : NULL;
    }
    draws_round(&of, at[0], counts); /* written out: a loop would keep the words in memory */
    draws_round(&of, at[1], counts);
    draws_round(&of, at[2], counts);
    draws_round(&of, at[3], counts);
    draws_round(&of, at[4], counts);
    draws_round(&of, at[5], counts);
    draws_round(&of, at[6], counts);
    draws_round(&of, at[7], counts);
    draws_round(&of, at[8], counts);
    draws_round(&of, at[9], counts);
    for (int i = draws_rounds * draws_per_round; before != NULL && i < draws_block; i++) {
        counts[before[i]]++;
    }
    __m256i refused = _mm256_setzero_si256();
    for (int i = 0; i < draws_vectors; i++) {
        __m256i *out = (__m256i *)(void *)(indices + (ptrdiff_t)16 * i);
        _mm256_storeu_si256(out, draws_scale(of.words[0][i], of.words[1][i], n, &refused));
        _mm256_storeu_si256(out + 1, draws_scale(of.words[2][i], of.words[3][i], n, &refused));
    }
    if (_mm256_movemask_epi8(refused) != 0) {
        for (int i = 0; i < draws_block; i++) {
            indices[i] = binet__random_index(seed, stream, (uint64_t)(block * draws_block + i), n);
        }
    }
}

static void count_draws(uint64_t seed, uint64_t stream, uint32_t n, uint8_t *counts)
{
    uint32_t indices[2][draws_block];
    int64_t n_blocks = n / draws_block;
    for (int64_t block = 0; block < n_blocks; block++) {
        if (block == 0) {
            draws_next(seed, stream, n, block, indices[0], NULL, counts);
        } else {
            draws_next(seed, stream, n, block, indices[block % 2], indices[(block + 1) % 2], counts);
        }
    }
    for (int i = 0; n_blocks > 0 && i < draws_block; i++) {
        counts[indices[(n_blocks + 1) % 2][i]]++;
    }
    for (int64_t i = n_blocks * draws_block; i < (int64_t)n; i++) {
        counts[binet__random_index(seed, stream, (uint64_t)i, n)]++;
    }
}

static uint64_t weigh(const uint8_t *weights, const uint32_t *values, int64_t n)
{
    __m256i even = _mm256_setzero_si256();
    __m256i odd = _mm256_setzero_si256();
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i weight = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(weights + i)));
        __m256i value = _mm256_loadu_si256((const __m256i *)(const void *)(values + i));
        even = _mm256_add_epi64(even, _mm256_mul_epu32(weight, value));
        weight = _mm256_srli_epi64(weight, 32);
        odd = _mm256_add_epi64(odd, _mm256_mul_epu32(weight, _mm256_srli_epi64(value, 32)));
    }
    uint64_t lanes[4];
    _mm256_storeu_si256((__m256i *)(void *)lanes, _mm256_add_epi64(even, odd));
    uint64_t sum = lanes[0] + lanes[1] + lanes[2] + lanes[3];
    for (; i < n; i++) {
        sum += (uint64_t)weights[i] * values[i];
    }
    return sum;
}

static uint64_t total(const uint8_t *weights, int64_t n)
{
    __m256i sums = _mm256_setzero_si256();
    int64_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i some = _mm256_loadu_si256((const __m256i *)(const void *)(weights + i));
        sums = _mm256_add_epi64(sums, _mm256_sad_epu8(some, _mm256_setzero_si256()));
    }
    uint64_t lanes[4];
    _mm256_storeu_si256((__m256i *)(void *)lanes, sums);
    uint64_t sum = lanes[0] + lanes[1] + lanes[2] + lanes[3];
    for (; i < n; i++) {
        sum += weights[i];
    }
    return sum;
}

#endif
