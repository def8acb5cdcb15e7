/** How alike are two representations of the same samples? */
#ifndef BINET_SIMILARITY_H
#define BINET_SIMILARITY_H

#include "base.h"

BINET_BEGIN

/* ---- Centred kernel alignment ------------------------------------------------------------------------------------ */

/** How the Hilbert-Schmidt independence criterion (HSIC) of two Gram matrices K and L [n, n] is estimated. */
enum {
    BINET_HSIC_DEFAULT = 0, /**< of binet_cka: BINET_HSIC_BIASED */
    /** <H K H, H L H> / (n - 1)^2 with H = I - 1/n (Gretton et al., ALT 2005), n >= 2. */
    BINET_HSIC_BIASED = 1,
    /** [tr(K L) + 1'K1 1'L1 / ((n - 1)(n - 2)) - 2 / (n - 2) 1'K L1] / (n (n - 3)), diagonals set to zero (Song et al.,
     * JMLR 2012), n >= 4. */
    BINET_HSIC_UNBIASED = 2
};

/** The side from which linear CKA was computed. Both give the same number, to rounding. */
enum {
    BINET_CKA_FEATURES = 1, /**< products of columns, n (D1 + D2)^2 multiplications; where D1 + D2 <= n */
    /** Products of rows, n^2 (D1 + D2) multiplications; where D1 + D2 > n, and where a row stands so far apart that the
     * unbiased estimator would lose digits on the other side. */
    BINET_CKA_GRAM = 2
};

/** Whose Grams are compared. */
enum {
    BINET_KERNEL_LINEAR = 0, /**< x_i . x_j */
    BINET_KERNEL_RBF = 1     /**< exp(-|x_i - x_j|^2 / (2 sigma^2)) */
};

typedef struct binet_cka_options {
    uint32_t struct_size;
    int32_t estimator; /**< a BINET_HSIC_*; 0: BINET_HSIC_BIASED */
    int32_t kernel;    /**< a BINET_KERNEL_*; 0: BINET_KERNEL_LINEAR */
    int32_t reserved;  /**< 0 */
    /** RBF only: sigma is this many times the root of the median of all n^2 squared distances, among them the n zeros
     * of rows to themselves, and of an even number the mean of the two in the middle: as the code published with
     * Kornblith et al. has it. 1e-6 .. 1e6; 0: 1. */
    double bandwidth;
} binet_cka_options;

typedef struct binet_cka_result {
    uint32_t struct_size;
    int32_t side;       /**< a BINET_CKA_*: where it was computed */
    int64_t n;          /**< samples */
    double cka;         /**< hsic_xy / sqrt(hsic_xx hsic_yy): 0 .. 1, and with the unbiased estimator -1 .. 1; NaN where
                             constant_x or constant_y says why */
    double hsic_xy;     /**< HSIC of x and y; linear: in squared units of both, infinite where that is more than a
                             double */
    double hsic_xx;     /**< HSIC of x with itself */
    double hsic_yy;     /**< HSIC of y with itself */
    int32_t constant_x; /**< 1: hsic_xx is 0 to rounding, since all rows of x are the same, or, with the unbiased
                             estimator, differ in a way that it cannot see, as where a single row stands apart; RBF: or
                             since the median distance is 0 */
    int32_t constant_y; /**< likewise of y */
    double sigma_x;     /**< RBF: sigma of x, in units of x; NaN where linear */
    double sigma_y;     /**< likewise of y */
} binet_cka_result;

/** Centred kernel alignment of two representations of the same samples (Kornblith et al., ICML 2019); with the linear
 *  kernel ||Y'X||_F^2 / (||X'X||_F ||Y'Y||_F), columns centred.
 *
 * It does not change when features are rotated, shifted or scaled as a whole. Columns are centred, in double, before
 * anything is multiplied, so that features far from their centre keep their digits; powers of two keep extreme scales
 * from overflowing. The unbiased estimator is computed as an inner product of U-centred Grams (Szekely and Rizzo,
 * Annals of Statistics 2014), which is what keeps cka within -1 .. 1.
 *
 * Memory: 8 (D1 + D2)^2 bytes and 1,024 rows in double on the side of the features; binet_cka_matrix's on that of the
 * Grams; RBF: 8 n^2 bytes more.
 *
 * @param[in]  context NULL: malloc, one thread, the best instruction set.
 * @param[in]  x       [n, D1] f16, bf16, f32 or f64, any strides, finite; D1 >= 1; n >= 2, or 4 where unbiased. Not
 * NULL.
 * @param[in]  y       [n, D2] likewise: the same samples in the same order. Not NULL.
 * @param[in]  options NULL: linear, biased.
 * @param[out] result  struct_size set by the caller. Not NULL.
 * @param[out] error   NULL: no detail wanted. element: the row that holds a NaN or an infinity.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: bounded, cka within 1e-10 of exact arithmetic on the features as they are; the same bits for any number of
 * threads on one machine. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_cka(const binet_context *context, const binet_array *x, const binet_array *y,
                                 const binet_cka_options *options, binet_cka_result *result, binet_error *error);

/* ---- CKA of many layers ------------------------------------------------------------------------------------------ */

typedef struct binet_cka_matrix_options {
    uint32_t struct_size;
    int32_t estimator; /**< a BINET_HSIC_*; 0: BINET_HSIC_UNBIASED */
    int64_t memory;    /**< bytes for Grams that are kept at a time, see below; 0: 256 MiB. Changes no number but in its
                            last bits */
} binet_cka_matrix_options;

/** CKA of every two of many layers, from batches of samples. Use an object from a single thread at a time. */
typedef struct binet_cka_matrix binet_cka_matrix;

/** Make a matrix: of every two of n_first layers of one model, or of the layers of two models.
 *
 * Minibatch CKA (Nguyen et al., ICLR 2021): with B batches, HSIC_b being that of batch b alone,
 *
 *      sum_b HSIC_b(K, L) / sqrt(sum_b HSIC_b(K, K) sum_b HSIC_b(L, L))
 *
 * It is the ratio of means over batches, not the mean of the batches' ratios, and every batch counts the same, whatever
 * its size: make them equally large. With the unbiased estimator numerator and denominators do not depend on the size
 * of a batch, in expectation, so that small batches do not make layers alike; with the biased one they do. One batch of
 * all samples gives the CKA of binet_cka, whose laws hold here too: each entry is a cosine of Grams, -1 .. 1.
 *
 * Of each batch each layer's Gram is computed once, and all pairs are one product of the Grams, row band by row band.
 * Memory: `memory` bytes, or 32 rows of n numbers for each layer where that is more; 8 KiB for each sample and thread;
 * 16 bytes for each feature, and for each sample and layer; up to 17 L1 L2 numbers. Never a copy of the features.
 *
 * @param[in]  context  NULL: malloc, one thread, the best instruction set. Copied: its allocator and executor must
 *                      outlive the matrix.
 * @param[in]  n_first  L1, 1 .. 65536.
 * @param[in]  n_second L2, 1 .. 65536: layers of another model, which the rows are compared with. 0: those of the
 * first.
 * @param[in]  options  NULL: unbiased, 256 MiB.
 * @param[out] matrix   To be destroyed by the caller. Not NULL.
 * @param[out] error    NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _UNSUPPORTED, _OUT_OF_MEMORY. Since 0.1.
 */
BINET_API binet_status binet_cka_matrix_create(const binet_context *context, int64_t n_first, int64_t n_second,
                                               const binet_cka_matrix_options *options, binet_cka_matrix **matrix,
                                               binet_error *error);

/** Append a batch; on failure nothing of it is appended.
 *
 * @param[in]  first  [n_first] arrays [n, D], each with a D of its own: f16, bf16, f32 or f64, any strides, finite. n
 * is the same for all, may differ from batch to batch, and is at least 4, or 2 where biased. Not NULL.
 * @param[in]  second [n_second] likewise, the same samples in the same order. NULL where n_second is 0.
 * @param[out] error  element: the layer, where an array is wrong; the row, where it holds a NaN or an infinity. The
 *                    message names both.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED (more than 67,108,863 samples), _OUT_OF_MEMORY.
 * Exactness: as binet_cka. Since 0.1.
 */
BINET_API binet_status binet_cka_matrix_append(binet_cka_matrix *matrix, const binet_array *first,
                                               const binet_array *second, binet_error *error);

typedef struct binet_cka_matrix_result {
    uint32_t struct_size;
    int32_t reserved;          /**< 0 */
    double *cka;               /**< set by the caller: room for n_rows x n_columns; CKA of row i and column j at
                                    i n_columns + j; NaN where one of the two is constant; of one model, symmetric and 1
                                    on the diagonal. NULL: not wanted */
    int64_t cka_capacity;      /**< set by the caller: entries of cka */
    uint8_t *constant;         /**< set by the caller: room for every layer, first those of the first model: 1 where
                                    its HSIC with itself is 0 to rounding, as in binet_cka. NULL: not wanted */
    int64_t constant_capacity; /**< set by the caller: entries of constant */
    int64_t n_rows;            /**< L1 */
    int64_t n_columns;         /**< L2, or L1 of one model */
    int64_t n_batches;
    int64_t n;          /**< samples of all batches */
    int64_t n_constant; /**< layers that are constant */
} binet_cka_matrix_result;

/** The matrix of the batches so far; more can be appended after it.
 *
 * @param[in,out] result struct_size, the rooms and their capacities set by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (no batch), _UNSUPPORTED. Since 0.1.
 */
BINET_API binet_status binet_cka_matrix_finish(const binet_cka_matrix *matrix, binet_cka_matrix_result *result,
                                               binet_error *error);

/** Destroy a matrix. NULL is fine. Since 0.1. */
BINET_API void binet_cka_matrix_destroy(binet_cka_matrix *matrix);

/* ---- Canonical correlations and Procrustes ----------------------------------------------------------------------- */

typedef struct binet_svcca_options {
    uint32_t struct_size;
    int32_t reserved; /**< 0 */
    double variance;  /**< share of the variance that is kept of each, in (0, 1]; 0: 0.99. 1: every direction */
} binet_svcca_options;

typedef struct binet_svcca_result {
    uint32_t struct_size;
    int32_t reserved;       /**< 0 */
    int64_t n;              /**< samples */
    double svcca;           /**< mean canonical correlation, 0 .. 1; NaN where one of the two has no direction */
    int64_t n_directions_x; /**< directions of x that are kept; 0: its rows are all the same */
    int64_t n_directions_y;
} binet_svcca_result;

/** SVCCA (Raghu et al., NIPS 2017): mean of the canonical correlations of the directions of largest variance of each.
 *
 * Of the centred features of each, the fewest left singular vectors whose squared singular values make up the share are
 * kept; the canonical correlations are the singular values of the product of the two bases, min(n_directions_x,
 * n_directions_y) of them, all counted the same. It does not change when features are rotated, shifted or scaled as a
 * whole. Directions whose singular value is not above max(n, D) 2^-52 times the largest are rounding, and are not
 * there. Take many more samples than directions: spaces that fill [n] are alike whatever they hold.
 *
 * Memory: 24 bytes for each number of x and of y.
 *
 * @param[in]  context NULL: malloc, one thread, the best instruction set.
 * @param[in]  x       [n, D1] f16, bf16, f32 or f64, any strides, finite; D1 >= 1, n >= 2, n D1 < 2^31. Not NULL.
 * @param[in]  y       [n, D2] likewise: the same samples in the same order. Not NULL.
 * @param[in]  options NULL: 0.99.
 * @param[out] result  struct_size set by the caller. Not NULL.
 * @param[out] error   element: the row that holds a NaN or an infinity.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY, _INTERNAL (LAPACK did not
 * converge). Exactness: bounded, within 1e-10 where the singular values on both sides of the cut are apart; the same
 * bits for any number of threads on one machine. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_svcca(const binet_context *context, const binet_array *x, const binet_array *y,
                                   const binet_svcca_options *options, binet_svcca_result *result, binet_error *error);

typedef struct binet_pwcca_result {
    uint32_t struct_size;
    int32_t is_weighted_by_y; /**< 1: the weights are those of y, which has fewer directions; 0: of x */
    int64_t n;                /**< samples */
    double pwcca;             /**< weighted mean canonical correlation, 0 .. 1; NaN where one of the two has no
                                   direction */
    int64_t rank_x;           /**< directions of x; 0: its rows are all the same */
    int64_t rank_y;
} binet_pwcca_result;

/** PWCCA (Morcos et al., NeurIPS 2018): mean of all canonical correlations, each weighted by how much of the features
 *  its direction h_i accounts for: sum_j |h_i . x_j| over the centred columns x_j.
 *
 * The weights are those of the side with fewer directions, x where both have as many, as in the published code (which
 * takes columns that are not centred). It does not change when x is shifted or scaled as a whole, nor under any
 * invertible map of the other side; a rotation of the weighted side changes the weights. Arguments, memory and errors
 * as binet_svcca. Exactness: bounded, within 1e-10 of well-conditioned features. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_pwcca(const binet_context *context, const binet_array *x, const binet_array *y,
                                   binet_pwcca_result *result, binet_error *error);

typedef struct binet_procrustes_result {
    uint32_t struct_size;
    int32_t reserved;   /**< 0 */
    int64_t n;          /**< samples */
    double distance;    /**< 2 - 2 similarity, 0 .. 2; NaN where constant_x or constant_y says why */
    double similarity;  /**< ||X'Y||_*, 0 .. 1 */
    int32_t constant_x; /**< 1: all rows of x are the same */
    int32_t constant_y;
} binet_procrustes_result;

/** Orthogonal Procrustes distance (Schoenemann, Psychometrika 1966; Ding et al., NeurIPS 2021): min ||X - Y Q||_F^2
 * over rotations and reflections Q, columns centred and then each matrix divided by its Frobenius norm, which is 2 - 2
 * ||X'Y||_* with the sum of the singular values of X'Y. Of features of unlike width, columns of zeros are added to the
 * narrower.
 *
 * It does not change when features are rotated, shifted or scaled as a whole. Arguments, memory and errors as
 * binet_svcca. Exactness: bounded, within 1e-10. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_procrustes(const binet_context *context, const binet_array *x, const binet_array *y,
                                        binet_procrustes_result *result, binet_error *error);

BINET_END

#endif
