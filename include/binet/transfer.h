/** Transferability estimation: how well a model will serve a task, from its features or its answers, before anything is
 *  trained.
 *
 * Each score ranks models on one task; scores of different tasks, or of different kinds, do not compare. Larger is
 * better.
 */
#ifndef BINET_TRANSFER_H
#define BINET_TRANSFER_H

#include "predictions.h"

BINET_BEGIN

/* ---- LogME ------------------------------------------------------------------------------------------------------- */

/** One class. 32 bytes, frozen for ever. */
typedef struct binet_logme_class {
    int64_t n;       /**< samples with this label */
    double evidence; /**< largest log evidence of the class's column, over N; NaN where n is 0 */
    double alpha;    /**< precision of the weights there; +inf where the features are best left alone; NaN likewise */
    double beta;     /**< precision of the noise there; +inf where it is best without any; NaN likewise */
} binet_logme_class;

typedef struct binet_logme_result {
    uint32_t struct_size;
    int32_t n_classes;          /**< K, one more than the largest label */
    binet_logme_class *classes; /**< set by the caller: room for K entries, filled on success. NULL: not wanted */
    int64_t classes_capacity;   /**< set by the caller: entries of classes */
    int64_t n;                  /**< N, samples */
    int64_t n_features;         /**< D */
    int64_t rank;               /**< directions that the features have: squared singular values above 2^-52 max(N, D)
                                     times the largest */
    int32_t n_present;          /**< classes with samples; only these count */
    int32_t n_unbounded;        /**< of these, those that the features give exactly (a rest of less than 1e-10 of the
                                     column's square) with rank < N: their evidence is +inf, alpha NaN, beta +inf;
                                     logme is +inf */
    double logme;               /**< mean of evidence over the classes with samples; nats a sample */
} binet_logme_result;

/** LogME, the log of maximum evidence (You et al., ICML 2021; JMLR 2022): how well a Bayesian linear model of the
 *  features gives the one-hot labels, its weights integrated out.
 *
 * For the column y of a class, y = X w + noise with w ~ N(0, 1 / alpha) and noise ~ N(0, 1 / beta); the evidence
 * p(y | X, alpha, beta) at its largest over alpha and beta, its log over N, and of that the mean over the classes that
 * have samples. Features are taken as they are: not centred, no intercept.
 *
 * The evidence depends on t = alpha / beta alone once beta is N / E(t), with E(t) = |y|^2 - sum_i z_i^2 s_i / (s_i + t)
 * from the squared singular values s_i and the projections z_i of y; the fixed points of the papers are where its
 * derivative in t is 0. Here all t are looked at, in steps of a factor of 2, and every local maximum is refined by
 * Newton's method: the result is the largest, where a fixed point from t = 1 may be a smaller one.
 *
 * The authors' code stops within 0.1 % of t or after 11 steps and adds 1e-5 to two denominators, which can move the
 * fourth digit where D is near N. It also counts classes without samples, and for N < D leaves log alpha of the D - N
 * directions without features out of the determinant (thuml/LogME, pull request 24), which the papers' formula does
 * not.
 *
 * One eigendecomposition, of X'X (N >= D) or XX' (N < D), serves all classes. Beside the features it needs
 * 8 D (3 D + 2 K) bytes, or 8 N (3 N + D + K) where N < D, and 8 MiB or 256 rows of double.
 *
 * @param[in]     context  NULL: malloc, one thread, the best instruction set.
 * @param[in]     features [N, D] f16, bf16, f32 or f64, any strides; N >= 2, D >= 1, both below 2^31. Not NULL.
 * @param[in]     labels   [N] i32 or i64, 0 .. 65535, at least two different ones. Not NULL.
 * @param[in,out] result   struct_size, classes and classes_capacity set by the caller. Not NULL.
 * @param[out]    error    NULL: no detail wanted. Its element is the row.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a row with a NaN or an infinity, or too large to square; a label
 *         out of range, or only one), _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: bounded; within 1e-9 of exact arithmetic where no class is unbounded. The same bits on one machine for any
 * number of threads. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_logme(const binet_context *context, const binet_array *features, const binet_array *labels,
                                   binet_logme_result *result, binet_error *error);

/* ---- LEEP -------------------------------------------------------------------------------------------------------- */

typedef struct binet_leep_result {
    uint32_t struct_size;
    int32_t n_classes;        /**< K, one more than the largest label */
    int32_t n_present;        /**< target classes with samples */
    int32_t n_source_classes; /**< C */
    int64_t n;                /**< N, samples */
    double leep;              /**< <= 0, nats a sample */
} binet_leep_result;

/** LEEP, the log expected empirical prediction (Nguyen et al., ICML 2020): the mean log probability of the target
 *  labels when they are drawn from P(y | z) for a source class z drawn from the model's probabilities.
 *
 * P(y, z) is the mean over samples of [label = y] p(z), and P(y | z) = P(y, z) / P(z). LEEP is at least NCE plus the
 * mean log probability of the predicted source classes. No source class may mean anything for the target task.
 *
 * A probability is rounded once, to a multiple of 2^-51. The scores are read twice. Beside them it needs 8 C bytes for
 * each target class with samples.
 *
 * @param[in]     context NULL: malloc, one thread, the best instruction set.
 * @param[in]     kind    BINET_LOGITS or BINET_PROBABILITIES, as in predictions.h, which says how scores are read.
 * @param[in]     scores  [N, C] of the source classes, f16, bf16, f32 or f64, any strides; N >= 2, 1 <= C < 2^31.
 *                        Not NULL.
 * @param[in]     labels  [N] i32 or i64, of the target task, 0 .. 65535, at least two different ones. Not NULL.
 * @param[in,out] result  struct_size set by the caller. Not NULL.
 * @param[out]    error   NULL: no detail wanted. Its element is the row.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a NaN, probabilities that do not sum to 1, a label out of range,
 *         or only one), _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_leep(const binet_context *context, int32_t kind, const binet_array *scores,
                                  const binet_array *labels, binet_leep_result *result, binet_error *error);

/* ---- NCE --------------------------------------------------------------------------------------------------------- */

typedef struct binet_nce_result {
    uint32_t struct_size;
    int32_t n_classes;        /**< K, one more than the largest label */
    int32_t n_present;        /**< target classes with samples */
    int32_t n_source_classes; /**< source classes that were predicted */
    int64_t n;                /**< N, samples */
    double nce;               /**< -H(Y | Z), -log K .. 0, nats */
    double label_entropy;     /**< H(Y), nats: nce + label_entropy is what the predictions tell of the labels, their
                                   mutual information, 0 .. label_entropy */
} binet_nce_result;

/** NCE, the negative conditional entropy (Tran et al., ICCV 2019): -H(Y | Z) of the target labels Y given the source
 *  classes Z that a model predicted.
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     predictions [N] i32 or i64, N >= 2: the predicted source class, 0 .. 2^31 - 1. Not NULL.
 * @param[in]     labels      [N] i32 or i64, of the target task, 0 .. 65535, at least two different ones. Not NULL.
 * @param[in,out] result      struct_size set by the caller. Not NULL.
 * @param[out]    error       NULL: no detail wanted. Its element is the row.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a class or label out of range, or only one label), _UNSUPPORTED,
 *         _OUT_OF_MEMORY. Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_nce(const binet_context *context, const binet_array *predictions,
                                 const binet_array *labels, binet_nce_result *result, binet_error *error);

BINET_END

#endif
