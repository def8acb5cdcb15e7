/** Random numbers that are a function of (seed, stream, counter) alone, so that no order of work changes them. */
#ifndef BINET_BASE_RANDOM_H
#define BINET_BASE_RANDOM_H

#include <stdint.h>

/** Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). */
void binet__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);

/** A random word: word counter % 4 of the block whose key is the seed and whose counter is (counter / 4, attempt,
 *  stream). `counter` is below 2^34; a stream is what needs numbers of its own, such as a resample. */
uint32_t binet__random_word(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t attempt);

/** A random index, 0 .. n - 1, n >= 1, each exactly as likely as the others: the high half of word * n, and the word of
 *  the next attempt where the low half is less than 2^32 mod n (Lemire, 2019). */
uint32_t binet__random_index(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t n);

/** The indices of counters first .. first + count - 1; first is a multiple of 4. */
void binet__random_indices(uint64_t seed, uint64_t stream, uint32_t n, int64_t first, int64_t count, int64_t *indices);

#endif
