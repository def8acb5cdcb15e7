/** Products of features with themselves, in double, from blocks of rows. */
#ifndef BINET_METRICS_FEATURES_GRAM_H
#define BINET_METRICS_FEATURES_GRAM_H

#include "metrics/features.h"

/** The lower triangle, diagonal included, of X'X into products[D, D], which is zero before, and the sum of the rows of
 *  each class into sums[.., D], likewise; classes[N] says which row of sums. In blocks of rows, on the context's
 *  executor; the same bits for any number of threads. BINET_INVALID_DATA names a row that is not finite. */
binet_status binet__features_gram(const binet_context *context, const binet__features *features, const int32_t *classes,
                                  double *products, double *sums, binet_error *error);

/** The lower triangle of XX' into products[N, N]. All features are in memory as double. Otherwise as above. */
binet_status binet__features_gram_rows(const binet_context *context, const binet__features *features, double *products,
                                       binet_error *error);

#endif
