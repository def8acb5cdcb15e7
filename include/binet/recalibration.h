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

BINET_END

#endif
