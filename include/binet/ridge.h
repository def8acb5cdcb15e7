/** Ridge regression on class labels: a linear probe in closed form, and its leave-one-out error over many penalties. */
#ifndef BINET_RIDGE_H
#define BINET_RIDGE_H

#include "base.h"

BINET_BEGIN

typedef struct binet_ridge_options {
    uint32_t struct_size;
    int32_t n_classes;       /**< K, >= 2; 0: one more than the largest label */
    const double *penalties; /**< [n_penalties], each > 0 and finite; NULL: 1 */
    int64_t n_penalties;     /**< A, >= 1; 0 where penalties is NULL */
} binet_ridge_options;

typedef struct binet_ridge_result {
    uint32_t struct_size;
    int32_t n_classes;    /**< K */
    int64_t n_outputs;    /**< M: 1 where K is 2, of class 1; else K */
    int64_t n_features;   /**< D */
    int64_t n;            /**< rows */
    double *coefficients; /**< set by the caller: room for M x D, filled on success with those of `penalty`. Not NULL */
    int64_t coefficients_capacity; /**< set by the caller: entries of coefficients */
    double *intercepts;            /**< set by the caller: room for M. Not NULL */
    int64_t intercepts_capacity;   /**< set by the caller: entries of intercepts */
    double *loo_error;             /**< set by the caller: room for A; leave-one-out squared error at each penalty: mean
                                        over outputs and, weighted, over rows; NaN where n_undetermined is not 0. NULL:
                                        not wanted */
    double *loo_accuracy;          /**< set by the caller: room for A; weighted share of rows that the fit without them
                                        classifies right, 0 .. 1; NaN likewise. NULL: not wanted */
    int64_t *n_undetermined;       /**< set by the caller: room for A; rows whose fit without them rounding hides. NULL:
                                        not wanted */
    int64_t loo_capacity;          /**< set by the caller: entries of loo_error, loo_accuracy and n_undetermined each */
    double penalty;                /**< the one of least leave-one-out error, the first where several tie */
    int64_t penalty_index;         /**< where it stands among the penalties */
    double residual;               /**< certificate: the largest derivative of half the objective by a coefficient, over
                                        sqrt(squares of the centred feature + penalty) and the length of the centred
                                        target; 0 at the optimum, below 1e-13 where all is well */
} binet_ridge_result;

/** Ridge regression on the labels (Hoerl and Kennard, 1970), which classifies by its largest output.
 *
 * Targets are 1 for the class of a row and -1 for every other, as in scikit-learn's RidgeClassifier. Minimised is
 *
 *      sum over rows of weight ||target - coefficients . features - intercept||^2 + penalty ||coefficients||^2
 *
 * with no penalty on the intercept. The normal equations of the centred features are built in one pass, in f64 and in
 * blocks of rows: those of D features, or of N rows where these are fewer. One symmetric eigendecomposition gives
 * leverages and predictions, and so the exact leave-one-out error, at every penalty (Allen's PRESS, 1974): the row's
 * residual over 1 - its leverage, with the mean of the others as their centre. The coefficients at the penalty chosen
 * come from a Cholesky factorisation of their own, which keeps features of wildly different scale apart where
 * eigenvectors mix them; `residual` says how well they solve the equations.
 *
 * Two classes have one output, that of class 1, which is chosen above 0. A row of weight 0 is as good as not there. A
 * class without a row, where K says that there is one, is never chosen: its output is -1.
 *
 * The leave-one-out error has a relative error of about 1e-16 times the largest eigenvalue over the penalty. Where the
 * penalty is below 1e-13 of that eigenvalue, or the rest of a row's leverage to 1 is below 1e-12, it is not determined.
 *
 * Memory: 4 R^2 + 4 K (R + D) numbers with R = min(N, D), and blocks of 2048 x D; where N < D also N x D.
 *
 * @param[in]     context  NULL: malloc, one thread, the best instruction set.
 * @param[in]     features [N, D] of f16, bf16, f32 or f64, any strides, 2 <= N, 1 <= D < 2^31. Read twice; not copied
 *                         where D <= N. Not NULL.
 * @param[in]     labels   [N] i32 or i64, 0 .. K - 1, of two classes or more among rows with a weight. Not NULL.
 * @param[in]     weights  [N] f64, finite, >= 0, not all 0. NULL: all 1.
 * @param[in]     options  NULL: penalty 1.
 * @param[in,out] result   struct_size, the rooms and their capacities set by the caller. Not NULL.
 * @param[out]    error    NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT (a penalty that is not above 0, or so small that the equations are singular to
 *         rounding, or a sweep in which no error is determined), _INVALID_DATA (a NaN or an infinity in a row, features
 *         whose squares overflow, a label out of range, one class, a weight below 0), _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: bounded, by residual and as above; the same bits for every thread count, not for every machine.
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_ridge_fit(const binet_context *context, const binet_array *features,
                                       const binet_array *labels, const binet_array *weights,
                                       const binet_ridge_options *options, binet_ridge_result *result,
                                       binet_error *error);

BINET_END

#endif
