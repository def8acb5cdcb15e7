/** Observers as bits, one a trial, and the kappa of two of them. */
#ifndef BINET_METRICS_CONSISTENCY_H
#define BINET_METRICS_CONSISTENCY_H

#include "binet/bias.h"

/** Cohen's kappa of right and wrong over n trials, of which one observer has n_a right and the other n_b, and on
 *  n_different of which just one is right; 1 where that is 0. */
double binet__kappa(int64_t n, int64_t n_a, int64_t n_b, int64_t n_different);

/** Which trials M observers have right. */
typedef struct binet__observers {
    int64_t n_observers;
    int64_t n;        /* trials */
    int64_t n_words;  /* of an observer */
    uint64_t *bits;   /* [n_observers, n_words]: bit i % 64 of word i / 64 is trial i; those beyond the last are 0 */
    int64_t *n_right; /* [n_observers] */
} binet__observers;

/** Check `correct`, u8 [M, N] of 0 and 1 with M and N >= 1, and make bits of it. `observers` is zero before;
 *  binet__observers_release it, whatever is returned. */
binet_status binet__observers_create(const binet_context *context, const binet_array *correct,
                                     binet__observers *observers, binet_error *error);

/** Give the memory back. */
void binet__observers_release(const binet_context *context, const binet__observers *observers);

#endif
