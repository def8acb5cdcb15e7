/** Nearest neighbours of features: the search, exact, and the vote of the neighbours' labels. */
#ifndef BINET_NEIGHBORS_H
#define BINET_NEIGHBORS_H

#include "base.h"

BINET_BEGIN

/** What makes two rows of features near. */
enum {
    BINET_METRIC_COSINE = 0,   /**< the largest cosine; a row of zeros has cosine 0 to every row */
    BINET_METRIC_EUCLIDEAN = 1 /**< the smallest Euclidean distance */
};

typedef struct binet_neighbors_options {
    uint32_t struct_size;
    int32_t metric;       /**< a BINET_METRIC_* */
    int64_t k;            /**< neighbours of each query: 1 .. N, or .. N - 1 with exclude_self; 0: 20 */
    int32_t exclude_self; /**< 1: query i is row i of train, and is no neighbour of its own; M = N. 0: no */
    int32_t reserved;     /**< 0 */
} binet_neighbors_options;

typedef struct binet_neighbors_result {
    uint32_t struct_size;
    int32_t reserved;  /**< 0 */
    int64_t *indices;  /**< set by the caller: room for M k entries, rows of train, [M, k], the nearest first; of
                            equals the lower index. NULL: not wanted */
    double *values;    /**< set by the caller: room for M k entries, [M, k]: the cosines, descending, -1 .. 1, or the
                            distances, ascending. NULL: not wanted */
    int64_t n_queries; /**< M */
    int64_t n_train;   /**< N */
    int64_t k;         /**< neighbours of each query */
    int64_t n_zero_queries; /**< queries that are all zero: under BINET_METRIC_COSINE they have no direction */
    int64_t n_zero_train;   /**< rows of train that are all zero */
    int64_t n_decided;      /**< pairs that were computed in double; M k where rounding left nothing open */
} binet_neighbors_result;

/** The k nearest rows of train for every query.
 *
 * The result is that of computing every pair in double and sorting: cosines a.b / sqrt(a.a b.b), or squared distances
 * sum (a_i - b_i)^2. It is found through matrix products in f32, which may only find too much. A product is off by at
 * most gamma_D |a| |b|, gamma_D = D u / (1 - D u), u = 2^-24 (Higham, Accuracy and Stability of Numerical Algorithms,
 * 2002, section 3.1), in whatever order it is summed; a row is left out where even so it cannot be among the k nearest,
 * and what remains, little more than k rows, is computed in double. Distances come from a.b - |b|^2 / 2 of features
 * less the median of some rows of train, so that they do not cancel; the bound goes with each pair's own lengths.
 *
 * Where very many rows are as near as the k-th, to rounding (copies of one row, say), each is computed in double: as
 * slow as comparing all pairs, and as right. Memory beside the result: a second copy of it, 16 (M + N) bytes, 192 MiB,
 * and 4 MiB for each of up to 64 tasks that run at a time (more only where D or k is above 200,000).
 *
 * @param[in]     context NULL: malloc, one thread, the best instruction set.
 * @param[in]     train   [N, D], f16, bf16, f32 or f64, any strides; N 1 .. 2^31 - 1, D 1 .. 2^20; each row's squared
 *                        length 0 or from 1e-240 to 1e300. Not NULL.
 * @param[in]     queries [M, D], likewise, M >= 1. Not NULL.
 * @param[in]     options NULL: 20 neighbours by cosine.
 * @param[in,out] result  struct_size, indices and values set by the caller. Untouched on failure. Not NULL.
 * @param[out]    error   element: the row of an array at fault. NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a NaN, an infinity or a length out of range, naming the row),
 *         _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: reproducible: the same bits for any number of threads, instruction set and BLAS. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_neighbors(const binet_context *context, const binet_array *train,
                                       const binet_array *queries, const binet_neighbors_options *options,
                                       binet_neighbors_result *result, binet_error *error);

BINET_END

#endif
