/** Rows of the Grams of many layers, which hsic.c makes and hsic_sums.c multiplies. */
#ifndef BINET_METRICS_HSIC_BAND_H
#define BINET_METRICS_HSIC_BAND_H

#include "metrics/hsic.h"

/** Row i > 0 of a packed Gram holds its i entries left of the diagonal, and lies behind those of the rows before. */
static inline int64_t binet__packed(int64_t row)
{
    return row * (row - 1) / 2;
}

/** Rows first .. last of the Grams of all layers of a batch. */
typedef struct binet__hsic_band {
    const binet__hsic_batch *batch;
    struct binet__hsic_shelf *shelf;
    int64_t rows; /**< of a task */
    int64_t first;
    int64_t last;
    int64_t n_entries;
    double *grams;     /**< [layers, n_entries] */
    double *diagonals; /**< [layers, n] */
} binet__hsic_band;

/** What U-centring adds to entry i, j of a Gram of centred features is shift[i] + shift[j]. */
void binet__hsic_shift(const double *diagonal, int64_t n, double *shift);

/** Add the inner products of the rows of a band, which shifts [layers, n] are added to before where they are not NULL.
 */
binet_status binet__hsic_add_band(const binet__hsic_band *band, const double *shifts, double *products, double *squares,
                                  binet_error *error);

#endif
