/** The search for nearest neighbours: products of f32 rows in tiles, and a shortlist a query that they fill. */
#ifndef BINET_METRICS_NEIGHBORS_SEARCH_H
#define BINET_METRICS_NEIGHBORS_SEARCH_H

#include "binet/neighbors.h"
#include "metrics/features.h"
#include "metrics/neighbors_rows.h"
#include "metrics/shortlist.h"

typedef struct binet__search {
    const binet_context *context;
    const binet__kernels *kernels;
    binet__features train;   /**< measured; every length in range */
    binet__features queries; /**< likewise */
    int32_t metric;
    int exclude_self;
    int64_t k;
} binet__search;

/** Fill neighbours[M, k], the nearest first, with the cosine or the negated squared distance as worth, and add up how
 *  many pairs were computed in double. */
binet_status binet__search_with(const binet__search *search, const binet__row_maker *maker, binet__ranked *neighbours,
                                int64_t *n_decided, binet_error *error);

#endif
