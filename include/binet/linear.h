/** Linear models of features: what they say of new rows. */
#ifndef BINET_LINEAR_H
#define BINET_LINEAR_H

#include "base.h"

BINET_BEGIN

/** Scores of a linear model: features . coefficients + intercept, for each row and output.
 *
 * Rows are read once, in blocks, and nothing of the features is kept.
 *
 * @param[in]  context      NULL: malloc, one thread, the best instruction set.
 * @param[in]  features     [N, D] of f16, bf16, f32 or f64, any strides, 1 <= N, 1 <= D < 2^31. Not NULL.
 * @param[in]  coefficients [M, D] f64, contiguous, 1 <= M < 2^31. Not NULL.
 * @param[in]  intercepts   [M] f64. NULL: all 0.
 * @param[out] scores       Room for N * M numbers, filled as [N, M]. Not NULL.
 * @param[in]  capacity     numbers that scores has room for.
 * @param[out] error        NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a NaN or an infinity in a row of features), _OUT_OF_MEMORY. Where
 *         it is not BINET_OK, scores are undefined.
 * Exactness: bounded, by the rounding of a sum of D products in f64; the bits of a row are the same for every thread
 * count, not for every machine. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_linear_scores(const binet_context *context, const binet_array *features,
                                           const binet_array *coefficients, const binet_array *intercepts,
                                           double *scores, int64_t capacity, binet_error *error);

BINET_END

#endif
