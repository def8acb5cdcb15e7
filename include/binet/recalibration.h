/** Recalibration: maps fitted on held-out samples that make confidence agree with accuracy.
 *
 * Fit on samples that are used for nothing else: a map that is judged on the samples that it was fitted on looks better
 * than it is.
 */
#ifndef BINET_RECALIBRATION_H
#define BINET_RECALIBRATION_H

#include "calibration.h"

BINET_BEGIN

/* ---- Temperature ------------------------------------------------------------------------------------------------- */

/** What came of a fit of the temperature. */
enum {
    BINET_TEMPERATURE_CONVERGED = 1, /**< the temperature of the least NLL was found */
    BINET_TEMPERATURE_SEPARABLE = 2, /**< every label is its row's largest logit: the NLL falls for ever as T -> 0 */
    BINET_TEMPERATURE_UNIFORM = 3,   /**< labels are no more likely than under uniform guessing: the NLL falls for ever
                                          as T -> inf, or to beyond T = 1e6 */
    BINET_TEMPERATURE_FLAT = 4       /**< the possible logits of every row are equal: no temperature changes anything */
};

typedef struct binet_temperature_options {
    uint32_t struct_size;
    int32_t most_evaluations; /**< passes over the logits, >= 2; 0: 100 */
    double tolerance;         /**< relative, of the temperature, 1e-15 .. 0.1; 0: 1e-7. What rounding allows, where that
                                   is more. */
    double start;             /**< temperature to start from, 1e-6 .. 1e6; 0: 1. Changes the work, not the answer. */
} binet_temperature_options;

typedef struct binet_temperature_result {
    uint32_t struct_size;
    int32_t state;         /**< a BINET_TEMPERATURE_* */
    double temperature;    /**< divides the logits; 1 where FLAT; NaN where SEPARABLE or UNIFORM, since none is best */
    double relative_error; /**< bound on |temperature - best| / best, rounding included; NaN where temperature is */
    double nll_before;     /**< mean NLL in nats at temperature 1 */
    double nll_after; /**< mean NLL at `temperature`, <= nll_before; where that is NaN, the limit that it falls to */
    double gradient;  /**< d NLL / d log T at `temperature`, 0 at the best; NaN where temperature is */
    int64_t n;        /**< rows */
    int32_t n_evaluations; /**< passes over the logits */
    int32_t reserved;      /**< 0 */
} binet_temperature_result;

/** Temperature scaling (Guo et al., ICML 2017): the temperature T that gives softmax(logits / T) the least mean
 * negative log-likelihood.
 *
 * The NLL is convex in 1 / T. Newton's steps, sharpened by the pass before, are kept inside a bracket, so that no start
 * and no data can make the search diverge. A least NLL need not exist. Then the state says to which end the NLL falls,
 * and the temperature is NaN, which every function that takes one refuses: it is for the caller to choose, and more
 * data, or other labels, are most often what is missing.
 *
 * The NLL at the answer is never above that at temperature 1: where rounding would make it so, the answer is 1.
 * relative_error holds for the exact NLL of the logits as given. It follows from the gradient and the curvature, since
 * the third derivative is no larger than the range of the logits times the curvature (as in Bach, 2010), with the
 * rounding of the sums added: 2^-22 of what is summed for f16, bf16 and f32, 2^-50 for f64.
 *
 * @param[in]     context NULL: malloc, one thread, the best instruction set.
 * @param[in]     scores  Logits [N, C], f16, bf16, f32 or f64, any strides; N >= 1, 1 <= C < 2^31. As in predictions.h
 * -inf is a class that cannot be, one +inf a certain prediction, a NaN BINET_INVALID_DATA. A label that no temperature
 * gives a probability is BINET_INVALID_DATA too. Not NULL.
 * @param[in]     labels  [N], i32 or i64, 0 .. C - 1. Not NULL.
 * @param[in]     options NULL: all defaults.
 * @param[in,out] result  struct_size set by the caller. Not NULL.
 * @param[out]    error   NULL: no detail wanted.
 * @return BINET_OK in every state, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY, or _NOT_CONVERGED
 *         where most_evaluations did not do or the best temperature is outside 1e-6 .. 1e6; the message says how far
 *         it came.
 * Exactness: reproducible. nll_before and nll_after are the means of BINET_NLL of the table made with the same logits
 * and temperature, within 1e-15 of them. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_fit_temperature(const binet_context *context, const binet_array *scores,
                                             const binet_array *labels, const binet_temperature_options *options,
                                             binet_temperature_result *result, binet_error *error);

/* ---- Vector scaling ---------------------------------------------------------------------------------------------- */

typedef struct binet_vector_scaling_options {
    uint32_t struct_size;
    int32_t most_evaluations; /**< passes over the logits, >= 1; 0: 1000 */
    double tolerance;         /**< of the gradient, 1e-12 .. 1; 0: 1e-6 */
    double l2;                /**< weight of the penalty l2 / 2 * sum over classes of (weight - 1)^2 + bias^2, >= 0 */
} binet_vector_scaling_options;

typedef struct binet_vector_scaling_result {
    uint32_t struct_size;
    int32_t n_evaluations; /**< passes over the logits */
    double *weights;       /**< set by the caller: room for a weight a class, filled on success. Not NULL. */
    double *biases;        /**< set by the caller: room for a bias a class, filled on success. Not NULL. */
    int64_t capacity;      /**< set by the caller: entries of weights, and of biases */
    int64_t n;             /**< rows */
    int64_t n_classes;     /**< C */
    double nll_before;     /**< mean NLL in nats of the logits as they are */
    double nll_after;      /**< mean NLL of the scaled logits; with the penalty no larger than nll_before */
    double gradient;       /**< largest absolute derivative of the mean NLL and penalty by a weight or a bias */
    double excess;         /**< bound on how far NLL and penalty are above their least, in nats: the squared length of
                                the gradient over 2 l2; NaN where l2 is 0 */
} binet_vector_scaling_result;

/** Vector scaling (Guo et al., ICML 2017): a weight and a bias a class, which give softmax(weight * logit + bias) the
 *  least mean negative log-likelihood, from weights 1 and biases 0 on.
 *
 * The NLL is convex in all of them; it is brought down by L-BFGS (Liu and Nocedal, 1989), preconditioned by the Hessian
 * of each class, until no derivative is larger than the tolerance. By convexity, any other weights and
 * biases, each within r of those found, have an NLL that is lower by no more than 2 C r gradient. Where a class can be
 * told apart from the others on these rows without a mistake, the NLL without a penalty has no least; then the search
 * ends on its way to infinity, as soon as the derivatives say that little is left to gain. Biases are determined up to
 * a constant, and have the mean 0 where l2 is 0.
 *
 * A map of 2 C numbers needs many rows a class; where there are few, a penalty keeps it near the logits as they are.
 *
 * @param[in]     context NULL: malloc, one thread, the best instruction set.
 * @param[in]     scores  Logits [N, C], f16, bf16, f32 or f64, any strides; N >= 1, 1 <= C < 2^30. -inf is a class that
 *                        cannot be, and stays so; +inf and NaN are BINET_INVALID_DATA, as is a label of -inf. Not NULL.
 * @param[in]     labels  [N], i32 or i64, 0 .. C - 1. Not NULL.
 * @param[in]     options NULL: all defaults, no penalty.
 * @param[in,out] result  struct_size, weights, biases and capacity set by the caller. Not NULL.
 * @param[out]    error   NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY, or _NOT_CONVERGED where
 *         most_evaluations did not do; the message says how large the gradient still is.
 * Exactness: bounded, by gradient and excess; the bits are the same for every thread count and instruction set.
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_fit_vector_scaling(const binet_context *context, const binet_array *scores,
                                                const binet_array *labels, const binet_vector_scaling_options *options,
                                                binet_vector_scaling_result *result, binet_error *error);

/** weight * logit + bias of each logit; -inf stays -inf.
 *
 * @param[in]  scores   Logits [N, C], f16, bf16, f32 or f64, any strides. Not NULL.
 * @param[in]  weights  C numbers. Not NULL.
 * @param[in]  biases   C numbers. Not NULL.
 * @param[out] scaled   Room for N * C numbers, filled as [N, C]. Not NULL.
 * @param[in]  capacity numbers that scaled has room for.
 * @return BINET_OK, _INVALID_ARGUMENT, _OUT_OF_MEMORY. Exactness: two roundings of f64. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_vector_scaling_apply(const binet_context *context, const binet_array *scores,
                                                  const double *weights, const double *biases, double *scaled,
                                                  int64_t capacity, binet_error *error);

/* ---- Maps of confidence ------------------------------------------------------------------------------------------ */

/** A point of an isotonic map. 16 bytes, frozen for ever. */
typedef struct binet_isotonic_knot {
    double confidence; /**< 0 .. 1, ascending strictly over the knots */
    double value;      /**< calibrated confidence, 0 .. 1, ascending over the knots */
} binet_isotonic_knot;

typedef struct binet_isotonic_result {
    uint32_t struct_size;
    int32_t reserved;           /**< 0 */
    binet_isotonic_knot *knots; /**< set by the caller: room for n_knots entries, filled on success; one a row is
                                     always enough. NULL: not wanted */
    int64_t knots_capacity;     /**< set by the caller: entries of knots */
    int64_t n_knots;            /**< knots of the map, 1 .. N */
    int64_t n;                  /**< rows */
    double brier_before;        /**< mean of (confidence - [right])^2, 0 .. 1 */
    double brier_after;         /**< the same of the calibrated confidences, <= brier_before */
} binet_isotonic_result;

/** Isotonic regression of right answers on confidences (Zadrozny and Elkan, KDD 2002): of all maps that never fall, the
 *  one of the least squared error on these rows, by pooling adjacent violators. Rows of equal confidence are one point.
 *
 * The map is that of scikit-learn's IsotonicRegression(out_of_bounds="clip"), which counts confidences within 1e-15 as
 * equal: linear between knots, and beyond the first and the last knot their value.
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     predictions N rows, each with a label and a confidence in 0 .. 1. Not NULL.
 * @param[in,out] result      struct_size, knots and knots_capacity set by the caller. Not NULL.
 * @param[out]    error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _OUT_OF_MEMORY.
 * Exactness: which rows are pooled is exact (whole numbers are compared), values reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_fit_isotonic(const binet_context *context, const binet_predictions *predictions,
                                          binet_isotonic_result *result, binet_error *error);

/** Confidences through an isotonic map.
 *
 * @param[in]  knots       n_knots points, n_knots >= 1. Not NULL.
 * @param[in]  confidences [M], f32 or f64, 0 .. 1. Not NULL.
 * @param[out] calibrated  Room for M numbers. Not NULL.
 * @param[in]  capacity    numbers that calibrated has room for.
 * @return BINET_OK, _INVALID_ARGUMENT, or _INVALID_DATA for a confidence out of range or knots out of order.
 * Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_isotonic_apply(const binet_context *context, const binet_isotonic_knot *knots,
                                            int64_t n_knots, const binet_array *confidences, double *calibrated,
                                            int64_t capacity, binet_error *error);

typedef struct binet_histogram_binning_options {
    uint32_t struct_size;
    int32_t n_bins;   /**< 1 .. 65536; 0: 15 */
    int32_t binning;  /**< BINET_EQUAL_WIDTH, or BINET_EQUAL_MASS: edges where the sorted confidences are split, the
                           first N mod n_bins bins one row more; equal confidences all go to the lower bin */
    int32_t reserved; /**< 0 */
} binet_histogram_binning_options;

/** A bin (low, high] of confidences; the first holds 0 too. 32 bytes, frozen for ever. */
typedef struct binet_histogram_bin {
    double low;    /**< 0 in the first bin, the high of the bin before elsewhere */
    double high;   /**< 1 in the last bin */
    int64_t count; /**< rows in the bin */
    double value;  /**< calibrated confidence: the share of right answers; NaN where count is 0 */
} binet_histogram_bin;

typedef struct binet_histogram_binning_result {
    uint32_t struct_size;
    int32_t n_bins;            /**< bins used */
    binet_histogram_bin *bins; /**< set by the caller: room for n_bins entries, filled on success. NULL: not wanted */
    int64_t bins_capacity;     /**< set by the caller: entries of bins */
    int64_t n;                 /**< rows */
    double brier_before;       /**< mean of (confidence - [right])^2, 0 .. 1 */
    double brier_after;        /**< the same of the calibrated confidences, 0 .. 1 */
} binet_histogram_binning_result;

/** Histogram binning (Zadrozny and Elkan, ICML 2001): confidences in bins, each of which becomes the share of right
 *  answers in its bin.
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     predictions N rows, each with a label and a confidence in 0 .. 1. Not NULL.
 * @param[in]     options     NULL: 15 bins of equal width.
 * @param[in,out] result      struct_size, bins and bins_capacity set by the caller. Not NULL.
 * @param[out]    error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: counts exact, the rest reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_fit_histogram_binning(const binet_context *context, const binet_predictions *predictions,
                                                   const binet_histogram_binning_options *options,
                                                   binet_histogram_binning_result *result, binet_error *error);

/** Confidences through bins; one that falls into a bin without rows stays as it is.
 *
 * @param[in]  bins        n_bins bins, n_bins >= 1, of which high and value are read. Not NULL.
 * @param[in]  confidences [M], f32 or f64, 0 .. 1. Not NULL.
 * @param[out] calibrated  Room for M numbers. Not NULL.
 * @param[in]  capacity    numbers that calibrated has room for.
 * @return BINET_OK, _INVALID_ARGUMENT, or _INVALID_DATA for a confidence out of range or bins out of order.
 * Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_histogram_binning_apply(const binet_context *context, const binet_histogram_bin *bins,
                                                     int64_t n_bins, const binet_array *confidences, double *calibrated,
                                                     int64_t capacity, binet_error *error);

BINET_END

#endif
