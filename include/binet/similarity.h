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

typedef struct binet_cka_options {
    uint32_t struct_size;
    int32_t estimator; /**< a BINET_HSIC_*; 0: BINET_HSIC_BIASED */
} binet_cka_options;

typedef struct binet_cka_result {
    uint32_t struct_size;
    int32_t side;       /**< a BINET_CKA_*: where it was computed */
    int64_t n;          /**< samples */
    double cka;         /**< hsic_xy / sqrt(hsic_xx hsic_yy): 0 .. 1, and with the unbiased estimator -1 .. 1; NaN where
                             constant_x or constant_y says why */
    double hsic_xy;     /**< HSIC of x and y, in squared units of both; infinite where that is more than a double */
    double hsic_xx;     /**< HSIC of x with itself */
    double hsic_yy;     /**< HSIC of y with itself */
    int32_t constant_x; /**< 1: hsic_xx is 0 to rounding, since all rows of x are the same, or, with the unbiased
                             estimator, differ in a way that it cannot see, as where a single row stands apart */
    int32_t constant_y; /**< likewise of y */
} binet_cka_result;

/** Linear centred kernel alignment of two representations of the same samples (Kornblith et al., ICML 2019):
 *  ||Y'X||_F^2 / (||X'X||_F ||Y'Y||_F) with centred columns.
 *
 * It does not change when features are rotated, shifted or scaled as a whole. Columns are centred, in double, before
 * anything is multiplied, so that features far from their centre keep their digits; powers of two keep extreme scales
 * from overflowing. The unbiased estimator is computed as an inner product of U-centred Grams (Szekely and Rizzo,
 * Annals of Statistics 2014), which is what keeps cka within -1 .. 1.
 *
 * Memory: 8 (D1 + D2)^2 bytes and 1,024 rows in double on the side of the features; binet_cka_matrix's on that of the
 * Grams.
 *
 * @param[in]  context NULL: malloc, one thread, the best instruction set.
 * @param[in]  x       [n, D1] f16, bf16, f32 or f64, any strides, finite; D1 >= 1; n >= 2, or 4 where unbiased. Not
 * NULL.
 * @param[in]  y       [n, D2] likewise: the same samples in the same order. Not NULL.
 * @param[in]  options NULL: biased.
 * @param[out] result  struct_size set by the caller. Not NULL.
 * @param[out] error   NULL: no detail wanted. element: the row that holds a NaN or an infinity.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: bounded, cka within 1e-10 of exact arithmetic on the features as they are; the same bits for any number of
 * threads on one machine. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_cka(const binet_context *context, const binet_array *x, const binet_array *y,
                                 const binet_cka_options *options, binet_cka_result *result, binet_error *error);

BINET_END

#endif
