/** The space that centred features span, and how two such spaces lie. */
#ifndef BINET_METRICS_SUBSPACE_H
#define BINET_METRICS_SUBSPACE_H

#include "metrics/centred.h"

/** An orthonormal basis of the columns of centred features [n, D], by falling singular value. */
typedef struct binet__subspace {
    binet__centred centred;
    int64_t most;     /**< min(n, D) */
    int64_t rank;     /**< singular values above max(n, D) 2^-52 times the largest */
    double *basis;    /**< [n, most], of which the first columns are in use */
    double *singular; /**< [most] */
    double variance;  /**< sum of their squares */
} binet__subspace;

/** The spaces of two arrays of the same samples, which are checked here as x and y: at least 2 rows, n D below 2^31.
 *  To be released whatever is returned; zeros before. */
binet_status binet__subspaces_create(const binet_context *context, const binet_array *x, const binet_array *y,
                                     binet__subspace spaces[2], binet_error *error);

void binet__subspaces_release(const binet_context *context, binet__subspace spaces[2]);

/** product[a, b] = the first a vectors of one basis times the first b of the other. */
void binet__subspaces_multiply(const binet__subspace spaces[2], int64_t a, int64_t b, double *product);

#endif
