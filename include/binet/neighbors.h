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
    int64_t n_directions;   /**< numbers of a row that were multiplied: D, or fewer of its leading directions */
} binet_neighbors_result;

/** The k nearest rows of train for every query.
 *
 * The result is that of computing every pair in double and sorting: cosines a.b / sqrt(a.a b.b), or squared distances
 * sum (a_i - b_i)^2. It is found through matrix products in f32, which may only find too much. A product is off by at
 * most gamma_D |a| |b|, gamma_D = D u / (1 - D u), u = 2^-24 (Higham, Accuracy and Stability of Numerical Algorithms,
 * 2002, section 3.1), in whatever order it is summed; a row is left out where even so it cannot be among the k nearest,
 * and what remains is computed in double. Distances come from a.b - |b|^2 / 2 of features less the median of some rows
 * of train, so that they do not cancel; the bound goes with each pair's own lengths.
 *
 * Where M N >= 360 D^2 and D >= 32, products are over the leading directions of train alone if a trial says that it
 * pays: of features whose spectrum falls, as those of networks do, a quarter of the directions or less tell most rows
 * apart, and |a'| |b'|, the lengths of what is outside of them, bounds the rest (Cauchy and Schwarz).
 *
 * Where very many rows are as near as the k-th, to rounding (copies of one row, say), each is computed in double: as
 * slow as comparing all pairs, and as right. Memory beside the result: a second copy of it, 16 (M + N) bytes, 192 MiB,
 * and 4 MiB for each of up to 128 tasks that run at a time (more only where k is above 10,000 or D above 200,000);
 * while directions are chosen, D^2 doubles and 4,096 rows of D of them, or 4 D rows where that is more.
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

/* ---- Votes ------------------------------------------------------------------------------------------------------- */

/** How much a neighbour's label counts. */
enum {
    BINET_VOTES_SOFTMAX = 0, /**< exp(cosine / T), or exp(-distance / T), over the sum of those of the k neighbours */
    BINET_VOTES_UNIFORM = 1  /**< 1 / k: scikit-learn's KNeighborsClassifier */
};

typedef struct binet_neighbors_vote_options {
    uint32_t struct_size;
    int32_t weights;    /**< a BINET_VOTES_* */
    int32_t metric;     /**< the BINET_METRIC_* that the values are of */
    int32_t reserved;   /**< 0 */
    double temperature; /**< T of BINET_VOTES_SOFTMAX, 1e-6 .. 1e6; 0: 0.07 */
} binet_neighbors_vote_options;

typedef struct binet_neighbors_vote_result {
    uint32_t struct_size;
    int32_t reserved;      /**< 0 */
    int64_t *predicted;    /**< set by the caller: room for L M entries, [L, M]: the class of most votes, of equals the
                                lower. NULL: not wanted */
    double *probabilities; /**< set by the caller: room for L M C entries, [L, M, C]: shares of the votes, which sum to
                                1. NULL: not wanted */
    int64_t n_queries;     /**< M */
    int64_t n_ks;          /**< L */
    int64_t n_classes;     /**< C */
} binet_neighbors_vote_result;

/** Classes of queries by the labels of their neighbours, for several k from one search.
 *
 * The defaults are the rules of DINOv2 (Oquab et al., TMLR 2024; dinov2/eval/knn.py): cosines of features of length 1,
 * weights softmax(cosine / 0.07), k of 10, 20, 100 and 200. There the softmax is over the neighbours of the largest k
 * and for a smaller one the first k weights are summed as they are; here they are scaled to sum to 1 for every k, which
 * changes no prediction.
 *
 * @param[in]     context   NULL: malloc, one thread, the best instruction set.
 * @param[in]     indices   [M, K] i64, any strides, M >= 1, K >= 1: as binet_neighbors gives them, 0 .. N - 1. Not
 * NULL.
 * @param[in]     values    [M, K] f64, likewise: finite, the nearest first. May be NULL with BINET_VOTES_UNIFORM.
 * @param[in]     labels    [N] i32 or i64: 0 .. C - 1, of the rows of train. Not NULL.
 * @param[in]     ks        [L] i32 or i64, L >= 1: how many of the neighbours vote, each 1 .. K, in any order. Not
 * NULL.
 * @param[in]     n_classes C, 1 .. 2^31 - 1.
 * @param[in]     options   NULL: softmax of cosines, T = 0.07.
 * @param[in,out] result    struct_size, predicted and probabilities set by the caller. Untouched on failure. Not NULL.
 * @param[out]    error     element: a row of labels; m * K + j of indices and values; an entry of ks. NULL: no detail
 *                          wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: predictions of uniform votes exact, the rest reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_neighbors_vote(const binet_context *context, const binet_array *indices,
                                            const binet_array *values, const binet_array *labels, const binet_array *ks,
                                            int64_t n_classes, const binet_neighbors_vote_options *options,
                                            binet_neighbors_vote_result *result, binet_error *error);

BINET_END

#endif
