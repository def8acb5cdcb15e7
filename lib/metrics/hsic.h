/** HSIC of many layers over one batch of samples: inner products of every two Grams, each Gram computed once. */
#ifndef BINET_METRICS_HSIC_H
#define BINET_METRICS_HSIC_H

#include "metrics/centred.h"

/** Bytes for Grams, where nothing else is asked for. */
enum { BINET__HSIC_MEMORY = 256 << 20 };

/** Layers of one batch. */
typedef struct binet__hsic_batch {
    const binet_context *context;
    const binet__centred *layers; /**< [n_first + n_second] of n rows each */
    int64_t n;
    int64_t n_first;
    int64_t n_second; /**< 0: every two of the first */
    int unbiased;
    int64_t memory; /**< bytes for Grams that are kept at a time; 32 rows of each are kept in any case */
} binet__hsic_batch;

/** Grams that are kept from one batch to the next. All zero is an empty one. */
typedef struct binet__hsic_room {
    void *block;
    int64_t capacity;
} binet__hsic_room;

/** Inner products <K, L> of linear Grams of the centred features, U-centred where unbiased; in units of what
 *  binet__centred_block gives.
 *
 * products[i, j] for layer i of the first and j of the second, or of the first, where only i >= j is set. squares[l] is
 * <K, K> of each layer, and traces[l] the trace of its Gram before any correction.
 */
binet_status binet__hsic_products(const binet__hsic_batch *batch, binet__hsic_room *room, double *products,
                                  double *squares, double *traces, binet_error *error);

/** The Gram of one layer: entries[n (n - 1) / 2] left of the diagonal, row by row, and diagonal[n]. */
binet_status binet__hsic_gram(const binet_context *context, const binet__centred *layer, double *entries,
                              double *diagonal, binet_error *error);

void binet__hsic_room_release(const binet_context *context, binet__hsic_room *room);

/** BINET_UNSUPPORTED where Grams of n samples are too large for BLAS. */
binet_status binet__hsic_fits(int64_t n, binet_error *error);

/** What <K, L> is divided by: (n - 1)^2, or n (n - 3) where unbiased. */
double binet__hsic_divisor(int64_t n, int unbiased);

/** 1 where <K, K> is 0 to rounding beside the squared trace of K. */
int binet__hsic_vanishes(double square, double squared_trace);

#endif
