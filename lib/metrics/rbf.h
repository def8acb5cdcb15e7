/** HSIC of Gaussian kernels. */
#ifndef BINET_METRICS_RBF_H
#define BINET_METRICS_RBF_H

#include "metrics/centred.h"

/** Inner products of centred Grams with entries exp(-|x_i - x_j|^2 / (2 sigma^2)), less 1, which centring takes out. */
typedef struct binet__rbf_products {
    double product;          /**< <K, L> */
    double squares[2];       /**< <K, K> and <L, L> */
    double sums[2];          /**< of all entries, before they are centred */
    double squared_sigma[2]; /**< in units of what binet__centred_block gives; 0 where the median is, and nothing else
                                  is then set of that one */
} binet__rbf_products;

/** sigma is `bandwidth` times the root of the median of all n^2 squared distances, those of rows to themselves among
 *  them. Memory: n (n - 1) doubles. */
binet_status binet__rbf_products_of(const binet_context *context, const binet__centred centred[2], double bandwidth,
                                    int unbiased, binet__rbf_products *products, binet_error *error);

#endif
