/** Which cue an answer follows, shape or texture, and whether two observers are wrong on the same samples. */
#ifndef BINET_BIAS_H
#define BINET_BIAS_H

#include "statistics.h"

BINET_BEGIN

/* ---- Shape bias -------------------------------------------------------------------------------------------------- */

typedef struct binet_shape_bias_options {
    uint32_t struct_size;
    int32_t n_categories;    /**< K, 1 .. 65536; 0: one more than the largest index in shapes and textures */
    double confidence_level; /**< of the interval, in (0, 1); 0: 0.95 */
} binet_shape_bias_options;

/** Conflict images of one shape category. 40 bytes, frozen for ever. */
typedef struct binet_shape_bias_category {
    int64_t n_conflict; /**< images of this shape with another texture */
    int64_t n_shape;    /**< of these, answers that name the shape */
    int64_t n_texture;  /**< answers that name the texture */
    int64_t n_other;    /**< answers that name neither, or no category */
    double shape_bias;  /**< n_shape / (n_shape + n_texture), 0 .. 1; NaN where that is 0 / 0 */
} binet_shape_bias_category;

typedef struct binet_shape_bias_result {
    uint32_t struct_size;
    int32_t n_categories;                  /**< K */
    binet_shape_bias_category *categories; /**< set by the caller: room for K entries, filled on success, entry i for
                                                shape i. NULL: not wanted */
    int64_t categories_capacity;           /**< set by the caller: entries of categories */
    int64_t n;                             /**< images */
    int64_t n_conflict;                    /**< images whose shape and texture differ; only these count below */
    int64_t n_shape;                       /**< answers that name the shape */
    int64_t n_texture;                     /**< answers that name the texture */
    int64_t n_other;                       /**< answers that name neither, or no category */
    double shape_bias;                     /**< n_shape / (n_shape + n_texture), 0 .. 1; NaN where that is 0 / 0 */
    double low;                            /**< lower end of the Wilson interval; NaN where shape_bias is */
    double high;                           /**< upper end of the Wilson interval; NaN where shape_bias is */
} binet_shape_bias_result;

/** Shape bias on cue-conflict images (Geirhos et al., ICLR 2019): of the answers that name the shape or the texture of
 *  an image, the share that names the shape, pooled over images.
 *
 * Images whose shape and texture are the same say nothing and are left out; n - n_conflict is how many. Answers that
 * name neither cue are counted and not part of the share. A model that names neither on any image has no shape bias: it
 * is NaN, the counts say why, and the status is BINET_OK.
 *
 * @param[in]     context   NULL: malloc, one thread, the best instruction set.
 * @param[in]     responses [N] i32 or i64, N >= 1: the category answered, 0 .. K - 1, or -1 for none of them. Not NULL.
 * @param[in]     shapes    [N] i32 or i64: the category of the shape, 0 .. K - 1. Not NULL.
 * @param[in]     textures  [N] i32 or i64: the category of the texture, 0 .. K - 1. Not NULL.
 * @param[in]     options   NULL: K from shapes and textures, 95 %.
 * @param[in,out] result    struct_size, categories and categories_capacity set by the caller. Not NULL.
 * @param[out]    error     NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (an index out of range), _UNSUPPORTED.
 * Exactness: counts exact, shares and interval reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_shape_bias(const binet_context *context, const binet_array *responses,
                                        const binet_array *shapes, const binet_array *textures,
                                        const binet_shape_bias_options *options, binet_shape_bias_result *result,
                                        binet_error *error);

/* ---- Error consistency ------------------------------------------------------------------------------------------- */

typedef struct binet_error_consistency_result {
    uint32_t struct_size;
    int32_t reserved;  /**< 0 */
    int64_t n;         /**< samples */
    double accuracy_a; /**< p: share of samples that a has right, 0 .. 1 */
    double accuracy_b; /**< q: share of samples that b has right, 0 .. 1 */
    double observed;   /**< o: share of samples that both have right or both have wrong, 0 .. 1 */
    double expected;   /**< e = p q + (1 - p)(1 - q): what independent observers would agree on, 0 .. 1 */
    double kappa;      /**< (o - e) / (1 - e), -1 .. 1; 1 where o is 1 */
} binet_error_consistency_result;

/** Error consistency of two observers (Geirhos et al., NeurIPS 2020): agreement on which samples are right beyond what
 *  their accuracies make likely; Cohen's kappa.
 *
 * Where e is 1, both have everything right or both everything wrong; then o is 1 too, and kappa is 1.
 *
 * @param[in]  context   NULL: malloc, one thread, the best instruction set.
 * @param[in]  correct_a [N] u8, N >= 1: 1 where a has the sample right, 0 where not. Not NULL.
 * @param[in]  correct_b [N] u8: the same samples in the same order, of b. Not NULL.
 * @param[out] result    struct_size set by the caller. Not NULL.
 * @param[out] error     NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (an entry that is neither 0 nor 1), _UNSUPPORTED.
 * Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_error_consistency(const binet_context *context, const binet_array *correct_a,
                                               const binet_array *correct_b, binet_error_consistency_result *result,
                                               binet_error *error);

typedef struct binet_error_consistency_matrix_result {
    uint32_t struct_size;
    int32_t n_observers; /**< M */
    int64_t n;           /**< samples */
    double *accuracy;    /**< set by the caller: room for M; share of samples that each has right. NULL: not wanted */
    int64_t accuracy_capacity; /**< set by the caller: entries of accuracy */
    double *kappa;             /**< set by the caller: room for M x M; kappa of a and b at a M + b, symmetric, 1 on the
                                    diagonal. NULL: not wanted */
    int64_t kappa_capacity;    /**< set by the caller: entries of kappa */
} binet_error_consistency_matrix_result;

/** Error consistency of every two of M observers, each with the bits that binet_error_consistency gives.
 *
 * @param[in]     context NULL: malloc, one thread, the best instruction set.
 * @param[in]     correct [M, N] u8, M and N >= 1: 1 where the observer has the sample right, 0 where not; the same
 *                        samples in the same order for all. Not NULL.
 * @param[in,out] result  struct_size, the rooms and their capacities set by the caller. Not NULL.
 * @param[out]    error   NULL: no detail wanted. Its element counts entries, a N + i.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (an entry that is neither 0 nor 1), _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_error_consistency_matrix(const binet_context *context, const binet_array *correct,
                                                      binet_error_consistency_matrix_result *result,
                                                      binet_error *error);

typedef struct binet_error_consistency_mean_result {
    uint32_t struct_size;
    int32_t reserved;     /**< 0 */
    int64_t n;            /**< samples */
    int64_t n_pairs;      /**< P */
    binet_estimate kappa; /**< mean over the pairs, -1 .. 1, and its interval */
} binet_error_consistency_mean_result;

/** Mean error consistency over pairs of observers, with its bootstrap interval over samples (Klein et al., NeurIPS
 *  2025); of one pair, its kappa.
 *
 * A resample draws samples, the same for all observers; the mean is taken over the kappas of the resample.
 *
 * @param[in]  context NULL: malloc, one thread, the best instruction set.
 * @param[in]  correct [M, N] u8, as for binet_error_consistency_matrix. Not NULL.
 * @param[in]  pairs   [P, 2] i32 or i64, P >= 1: two observers each, 0 .. M - 1, such as all models with all people.
 *                     NULL: every two, once; then M >= 2.
 * @param[in]  options NULL: 1000 resamples, percentile intervals of 95 %, seed 0.
 * @param[out] result  struct_size set by the caller. Not NULL.
 * @param[out] error   NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (an entry that is neither 0 nor 1, a pair that is none),
 *         _UNSUPPORTED, _OUT_OF_MEMORY. Exactness: as binet_bootstrap. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_error_consistency_mean(const binet_context *context, const binet_array *correct,
                                                    const binet_array *pairs, const binet_bootstrap_options *options,
                                                    binet_error_consistency_mean_result *result, binet_error *error);

typedef struct binet_error_consistency_difference_result {
    uint32_t struct_size;
    int32_t reserved;          /**< 0 */
    int64_t n;                 /**< samples */
    binet_estimate kappa_a;    /**< mean over pairs_a */
    binet_estimate kappa_b;    /**< mean over pairs_b */
    binet_estimate difference; /**< kappa_a - kappa_b, -2 .. 2, and its interval */
    double p_value;            /**< of no difference, two-sided: 2 (1 + k) / (1 + n_resamples), at most 1, where k
                                    resamples have a difference of 0 or on the other side of it */
} binet_error_consistency_difference_result;

/** Paired test of two error consistencies on the same samples (Klein et al., NeurIPS 2025): is an observer's kappa with
 *  a larger than that with b? Of lists of pairs, such as one model with all people and another with all people, the
 *  means are compared.
 *
 * A resample draws samples, the same for all pairs, so that what the pairs share does not widen the interval. Arguments
 * and errors as binet_error_consistency_mean; pairs_a and pairs_b are not NULL. Since 0.1.
 */
BINET_API binet_status binet_error_consistency_difference(const binet_context *context, const binet_array *correct,
                                                          const binet_array *pairs_a, const binet_array *pairs_b,
                                                          const binet_bootstrap_options *options,
                                                          binet_error_consistency_difference_result *result,
                                                          binet_error *error);

/* ---- The copy model ---------------------------------------------------------------------------------------------- */

/** Two observers of whom the second copies the first on some of the trials. */
typedef struct binet_copy_model {
    uint32_t struct_size;
    int32_t reserved;           /**< 0 */
    double accuracy_a;          /**< of the first, between 0 and 1 */
    double accuracy_b;          /**< of the second, 0 .. 1, over all trials */
    double copy_share;          /**< share of trials on which the second does as the first, -1 .. 1; below 0: of those
                                     on which it does the opposite */
    double underlying_accuracy; /**< of the second on the other trials, 0 .. 1; accuracy_a where there are none */
    double kappa;               /**< the error consistency that this gives, -1 .. 1 */
    double lowest_kappa;        /**< least kappa of any two observers of these accuracies */
    double highest_kappa;       /**< largest kappa of any two observers of these accuracies */
} binet_copy_model;

/** The copy model behind an error consistency (Klein et al., NeurIPS 2025): on a share c of the trials, chosen at
 *  random, b is right where a is; on the others b is right with a probability of its own. Then
 *
 *      kappa = c 2 p (1 - p) / (p (1 - q) + q (1 - p))
 *
 * with the accuracies p of a and q of b; where these are equal, kappa is the share that is copied. A kappa below 0
 * comes from doing the opposite. Every kappa that two accuracies allow has a model.
 *
 * @param[in]  accuracy_a p, between 0 and 1: an observer who has all right or all wrong cannot be told from chance.
 * @param[in]  accuracy_b q, 0 .. 1.
 * @param[in]  kappa      lowest_kappa .. highest_kappa of these accuracies.
 * @param[out] model      struct_size set by the caller. Not NULL.
 * @param[out] error      NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _UNSUPPORTED. Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_copy_model_from_kappa(double accuracy_a, double accuracy_b, double kappa,
                                                   binet_copy_model *model, binet_error *error);

/** As binet_copy_model_from_kappa, from the share c of the trials that is copied, -1 .. 1. Since 0.1. */
BINET_API binet_status binet_copy_model_from_share(double accuracy_a, double accuracy_b, double share,
                                                   binet_copy_model *model, binet_error *error);

/* ---- How many trials --------------------------------------------------------------------------------------------- */

/** Two observers, and what is to be told from what. */
typedef struct binet_error_consistency_trials_options {
    uint32_t struct_size;
    int32_t reserved;    /**< 0 */
    double accuracy_a;   /**< between 0 and 1 */
    double accuracy_b;   /**< between 0 and 1 */
    double kappa;        /**< the error consistency that there is, which the accuracies must allow */
    double null_kappa;   /**< the one that it is to be told from; 0: that of independent observers */
    double significance; /**< level of the two-sided test, between 0 and 1; 0: 0.05 */
    double power;        /**< wanted chance to tell, more than significance and less than 1; 0: 0.8 */
    int64_t n;           /**< trials, >= 1: what is their power? 0: how many give the wanted power? */
} binet_error_consistency_trials_options;

/** Three observers on the same trials: a and b compared by how consistent their errors are with those of c. */
typedef struct binet_error_consistency_difference_trials_options {
    uint32_t struct_size;
    int32_t reserved;    /**< 0 */
    double accuracy_c;   /**< between 0 and 1 */
    double accuracy_a;   /**< between 0 and 1 */
    double accuracy_b;   /**< between 0 and 1 */
    double kappa_a;      /**< error consistency of c and a */
    double kappa_b;      /**< error consistency of c and b, another one */
    double significance; /**< level of the two-sided test, between 0 and 1; 0: 0.05 */
    double power;        /**< wanted chance to tell, more than significance and less than 1; 0: 0.8 */
    int64_t n;           /**< trials, >= 1: what is their power? 0: how many give the wanted power? */
} binet_error_consistency_difference_trials_options;

typedef struct binet_error_consistency_trials_result {
    uint32_t struct_size;
    int32_t reserved;      /**< 0 */
    int64_t n;             /**< trials: those given, or the fewest with the wanted power */
    double power;          /**< chance that the test tells with n trials, 0 .. 1 */
    double standard_error; /**< of kappa, or of the difference of two, over n trials */
} binet_error_consistency_trials_result;

/** How many trials an experiment needs to tell an error consistency from another (Klein et al., NeurIPS 2025).
 *
 * The two accuracies and kappa say how often both, one or none of the observers is right, which is the copy model's
 * table. Its sampling gives the standard deviation of kappa over n trials (Fleiss, Cohen and Everitt, 1969), and the
 * normal approximation the power of a two-sided test. With few trials, or a kappa near the ends that the accuracies
 * allow, the approximation is rough.
 *
 * @param[in]  options Not NULL.
 * @param[out] result  struct_size set by the caller. Not NULL.
 * @param[out] error   NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _UNSUPPORTED. Exactness: bounded, 1e-12 of the power. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_error_consistency_trials(const binet_error_consistency_trials_options *options,
                                                      binet_error_consistency_trials_result *result,
                                                      binet_error *error);

/** As binet_error_consistency_trials, to tell the error consistency of c and a from that of c and b on the same trials:
 *  a and b each copy c on a share of the trials, independently of each other given c. Since 0.1. */
BINET_API binet_status
binet_error_consistency_difference_trials(const binet_error_consistency_difference_trials_options *options,
                                          binet_error_consistency_trials_result *result, binet_error *error);

BINET_END

#endif
