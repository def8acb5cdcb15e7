/** Gram matrices in f32, by tiles on the context's executor. */
#ifndef BINET_METRICS_GRAM_H
#define BINET_METRICS_GRAM_H

#include "binet/base.h"

/** gram[width, width] = factor x' x, lower triangle, diagonal included, for x of n contiguous rows. */
binet_status binet__gram_f32(const binet_context *context, const float *x, int64_t n, int64_t width, float factor,
                             float *gram, binet_error *error);

#endif
