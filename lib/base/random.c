#include "base/random.h"

enum { N_ROUNDS = 10, N_WORDS = 4 };

void binet__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4])
{
    uint32_t c[N_WORDS] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k[2] = {key[0], key[1]};
    for (int round = 0; round < N_ROUNDS; round++) {
        uint64_t first = UINT64_C(0xD2511F53) * c[0];
        uint64_t second = UINT64_C(0xCD9E8D57) * c[2];
        c[0] = (uint32_t)(second >> 32) ^ c[1] ^ k[0];
        c[1] = (uint32_t)second;
        c[2] = (uint32_t)(first >> 32) ^ c[3] ^ k[1];
        c[3] = (uint32_t)first;
        k[0] += 0x9E3779B9u;
        k[1] += 0xBB67AE85u;
    }
    for (int i = 0; i < N_WORDS; i++) {
        words[i] = c[i];
    }
}

static void block(uint64_t seed, uint64_t stream, uint64_t index, uint32_t attempt, uint32_t words[N_WORDS])
{
    uint32_t counter[N_WORDS] = {(uint32_t)index, attempt, (uint32_t)stream, (uint32_t)(stream >> 32)};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    binet__philox(counter, key, words);
}

uint32_t binet__random_word(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t attempt)
{
    uint32_t words[N_WORDS];
    block(seed, stream, counter / N_WORDS, attempt, words);
    return words[counter % N_WORDS];
}

/* The index that a word stands for, and the words of later attempts where it stands for none. */
static uint32_t index_of(uint32_t word, uint64_t seed, uint64_t stream, uint64_t counter, uint32_t n)
{
    uint64_t product = (uint64_t)word * n;
    if ((uint32_t)product < n) { /* else it is not below 2^32 mod n, which takes a division */
        uint32_t beyond = (0u - n) % n;
        for (uint32_t attempt = 1; (uint32_t)product < beyond; attempt++) {
            product = (uint64_t)binet__random_word(seed, stream, counter, attempt) * n;
        }
    }
    return (uint32_t)(product >> 32);
}

uint32_t binet__random_index(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t n)
{
    return index_of(binet__random_word(seed, stream, counter, 0), seed, stream, counter, n);
}

void binet__random_indices(uint64_t seed, uint64_t stream, uint32_t n, int64_t first, int64_t count, int64_t *indices)
{
    uint32_t words[N_WORDS];
    for (int64_t i = 0; i < count; i++) {
        uint64_t counter = (uint64_t)(first + i);
        if (i % N_WORDS == 0) {
            block(seed, stream, counter / N_WORDS, 0, words);
        }
        indices[i] = index_of(words[i % N_WORDS], seed, stream, counter, n);
    }
}
