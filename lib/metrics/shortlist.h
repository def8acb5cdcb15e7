/** The k best of many scores that are known to within a bound: what can be among them is kept, and decided exactly. */
#ifndef BINET_METRICS_SHORTLIST_H
#define BINET_METRICS_SHORTLIST_H

#include "binet/base.h"

typedef struct binet__candidate {
    float score; /**< at least what the row is worth, less the slack of the list */
    float lower; /**< at most what it is worth, less the slack */
    int32_t row;
} binet__candidate;

/** A row and what it is worth exactly. */
typedef struct binet__ranked {
    double worth;
    int64_t row;
} binet__ranked;

/** What all lists of a search share. */
typedef struct binet__shortlist_rules {
    int64_t k;
    int64_t capacity; /**< candidates of a list: binet__shortlist_capacity(k) */
    /** What a row is worth exactly, the more the better. */
    double (*worth)(void *self, int64_t row);
    /** A score that no row of at least this worth is below. */
    float (*reached)(void *self, double worth);
} binet__shortlist_rules;

typedef struct binet__shortlist {
    binet__candidate *candidates; /**< [capacity], of the caller */
    binet__ranked *best;          /**< [k], of the caller: of the rows that were decided, the best, best first */
    int64_t n;                    /**< candidates that are open */
    int64_t n_best;
    int64_t n_decided; /**< rows whose worth was computed */
    float least;       /**< rows of a lower score cannot be among the k best; -INFINITY at first */
} binet__shortlist;

/** Candidates that a list has room for. */
int64_t binet__shortlist_capacity(int64_t k);

/** Bytes of scratch for working on lists one after the other. */
uint64_t binet__shortlist_scratch(int64_t k);

/** Add a row. `self` is for the rules. */
void binet__shortlist_add(binet__shortlist *list, const binet__shortlist_rules *rules, void *self, void *scratch,
                          binet__candidate candidate);

/** Decide what is open: `best` holds the k best rows, or all where there are fewer. Ties go to the lower row. */
void binet__shortlist_finish(binet__shortlist *list, const binet__shortlist_rules *rules, void *self, void *scratch);

#endif
