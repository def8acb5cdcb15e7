/** Choosing among models: placing a new one with few queries, and finding what one of two feature sets is blind to. */
#ifndef BINET_SELECTION_H
#define BINET_SELECTION_H

#include "predictions.h"

BINET_BEGIN

/* ---- Sort and Search --------------------------------------------------------------------------------------------- */

/** Order samples from the easiest to the hardest: by how many models have them right, most first; ties to the lower
 *  index (Prabhu et al., NeurIPS 2024, "sort by sum").
 *
 * @param[in]  context NULL: malloc, one thread, the best instruction set.
 * @param[in]  correct [M, N] u8, M >= 1, N >= 1: 1 where model m has sample n right, 0 where not. Not NULL.
 * @param[out] order   Room for N entries: the samples, the easiest first. Not NULL.
 * @param[out] error   element: m * N + n of an entry that is neither 0 nor 1. NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _OUT_OF_MEMORY.
 * Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_sort_by_difficulty(const binet_context *context, const binet_array *correct,
                                                int64_t *order, binet_error *error);

/** Where to query an order of n_samples: n_queries places, evenly spread, each in the middle of its share of the order.
 *
 * @param[in]  n_samples 1 .. 2^31 - 1.
 * @param[in]  n_queries 1 .. n_samples.
 * @param[out] places    Room for n_queries entries: strictly ascending places in the order, floor((i + 1/2) N / n').
 *                       Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT. Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_query_places(int64_t n_samples, int64_t n_queries, int64_t *places, binet_error *error);

typedef struct binet_placement_result {
    uint32_t struct_size;
    int32_t reserved;   /**< 0 */
    int64_t n_samples;  /**< N */
    int64_t n_queries;  /**< n' */
    int64_t n_correct;  /**< queries that the model has right */
    int64_t n_disagree; /**< queries that the threshold gets wrong; 0 where the model follows the order */
    int64_t threshold;  /**< 0 .. N: the model is taken to have the first `threshold` samples of the order right, and no
                             other; 0 is none, N is all */
    double accuracy;    /**< threshold / N, 0 .. 1 */
    double low;         /**< lower end of the Wilson interval of n_correct / n' */
    double high;        /**< upper end of the Wilson interval of n_correct / n' */
} binet_placement_result;

/** Place a new model on an order of difficulty by what it has right on a few queries (Prabhu et al., NeurIPS 2024).
 *
 * Of the n' + 1 cuts of the queries (all before the cut right, all after it wrong) the one with the fewest
 * disagreements is taken; among equals the one nearest to n_correct, then the lower. Between two queries the threshold
 * is in the middle of their places, rounded up; before the first query it is 0, after the last N, so that a model with
 * nothing right, or everything, is placed there.
 *
 * @param[in]  places    [n'] i32 or i64, n' >= 1: strictly ascending places in the order, 0 .. N - 1. Not NULL.
 * @param[in]  correct   [n'] u8: 1 where the model has the sample at that place right. Not NULL.
 * @param[in]  n_samples N >= n'.
 * @param[in]  confidence_level of the interval, in (0, 1); 0: 0.95.
 * @param[out] result    struct_size set by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED.
 * Exactness: exact; the interval reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_place_model(const binet_context *context, const binet_array *places,
                                         const binet_array *correct, int64_t n_samples, double confidence_level,
                                         binet_placement_result *result, binet_error *error);

typedef struct binet_placement_error_result {
    uint32_t struct_size;
    int32_t reserved;     /**< 0 */
    int64_t n_samples;    /**< N */
    int64_t n_correct;    /**< samples that the model has right */
    int64_t n_disagree;   /**< samples that the threshold gets wrong */
    double dataset_error; /**< |threshold - n_correct| / N, 0 .. 1 */
    double sample_error;  /**< n_disagree / N, 0 .. 1; never below dataset_error */
} binet_placement_error_result;

/** How far a placement is from the truth, for a model whose answers to all samples are known.
 *
 * @param[in]  order     [N] i32 or i64: a permutation of 0 .. N - 1, as binet_sort_by_difficulty gives. Not NULL.
 * @param[in]  correct   [N] u8, by sample: 1 where the model has it right. Not NULL.
 * @param[in]  threshold 0 .. N.
 * @param[out] result    struct_size set by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_placement_error(const binet_context *context, const binet_array *order,
                                             const binet_array *correct, int64_t threshold,
                                             binet_placement_error_result *result, binet_error *error);

/* ---- One answer from many models --------------------------------------------------------------------------------- */

/** Which model to ask about which class: the one that has most samples of the class right; ties to the one that has
 * more right over all classes, then to the lower index. A class without samples goes to the model that is best over
 * all.
 *
 * @param[in]  context   NULL: malloc, one thread, the best instruction set.
 * @param[in]  tables    n_tables >= 1 predictions of the same N samples in the same order, each with labels; file names
 *                       agree where both tables have one. Not NULL.
 * @param[in]  n_classes 1 .. 2^31 - 1; above every label and predicted class.
 * @param[out] choice    Room for n_classes entries: the index of a table. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a row of a table, which the message names), _OUT_OF_MEMORY.
 * Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_choose_per_class(const binet_context *context, const binet_predictions *const *tables,
                                              int64_t n_tables, int64_t n_classes, int32_t *choice, binet_error *error);

/** One answer a sample, by such a choice: of the models that answer with a class that is theirs, the most confident;
 *  ties to the lower index. Where no model does, the most confident of all.
 *
 * @param[in]  tables      As above, of the samples to answer, each with confidences; labels may be missing. Not NULL.
 * @param[in]  choice      [C] i32 or i64: for each class 0 .. n_tables - 1. Not NULL.
 * @param[out] predictions A row a sample, as the table that answers has it. To be destroyed by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _OUT_OF_MEMORY. Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_answer_per_class(const binet_context *context, const binet_predictions *const *tables,
                                              int64_t n_tables, const binet_array *choice,
                                              binet_predictions **predictions, binet_error *error);

/** How much each model counts. */
enum {
    BINET_WEIGHT_ENTROPY = 0, /**< 1 - entropy / log C of its own probabilities for the sample; where that is 0 for all
                                   models, all count the same */
    BINET_WEIGHT_EQUAL = 1
};

typedef struct binet_ensemble_options {
    uint32_t struct_size;
    int32_t weighting; /**< a BINET_WEIGHT_* */
} binet_ensemble_options;

/** Predictions of the weighted mean of the probabilities of several models, sample by sample; models that are sure
 *  count more.
 *
 * @param[in]  kind        BINET_LOGITS or BINET_PROBABILITIES, of all.
 * @param[in]  scores      n_models >= 1 arrays [N, C], f16, bf16, f32 or f64, any strides, of the same samples in the
 *                         same order. Not NULL.
 * @param[in]  labels      [N], i32 or i64, 0 .. C - 1. NULL: no labels.
 * @param[in]  options     NULL: weighted by entropy.
 * @param[out] predictions To be destroyed by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a row, naming the model), _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_ensemble(const binet_context *context, int32_t kind, const binet_array *scores,
                                      int64_t n_models, const binet_array *labels,
                                      const binet_ensemble_options *options, binet_predictions **predictions,
                                      binet_error *error);

/* ---- Blind pairs ------------------------------------------------------------------------------------------------- */

typedef struct binet_blind_pairs_options {
    uint32_t struct_size;
    int32_t reserved; /**< 0 */
    double above;     /**< the first features call a pair alike above this cosine: -1 .. 1; 0: 0.95 */
    double below;     /**< and the others call it unlike below this one: -1 .. 1; 0: 0.6. Where 0 itself is wanted, of
                           either: 1e-300 */
} binet_blind_pairs_options;

/** Two samples that the first features cannot tell apart and the others can. 32 bytes, frozen for ever. */
typedef struct binet_blind_pair {
    int64_t first;  /**< sample */
    int64_t second; /**< sample, after `first` */
    double alike;   /**< cosine of the first features */
    double unlike;  /**< cosine of the others */
} binet_blind_pair;

typedef struct binet_blind_pairs_result {
    uint32_t struct_size;
    int32_t reserved;        /**< 0 */
    binet_blind_pair *pairs; /**< set by the caller: room for the first pairs, ordered by first, then second. NULL: not
                                  wanted */
    int64_t pairs_capacity;  /**< set by the caller: entries of pairs */
    int64_t n_pairs;         /**< blind pairs there are; those that do not fit are counted only */
    int64_t n_alike;         /**< pairs whose cosine of the first features is above options->above */
    int64_t n_samples;       /**< N */
    int64_t n_left_out;      /**< samples whose first or other features are all zero: they have no direction */
} binet_blind_pairs_result;

/** Pairs that one feature set calls alike (cosine above 0.95) and another does not (below 0.6): CLIP-blind pairs (Tong
 *  et al., CVPR 2024).
 *
 * Blocks of pairs are searched in f32, with a margin that no rounding exceeds; those within it are decided in f64. The
 * result is that of comparing every pair in f64; memory is a copy of the first features in f32, and the pairs there is
 * room for, up to twice over for each of 64 blocks at a time.
 *
 * @param[in]     context NULL: malloc, one thread, the best instruction set.
 * @param[in]     alike   [N, D], f16, bf16, f32 or f64, any strides, finite, N >= 2, D >= 1: the features that may be
 *                        blind. Not NULL.
 * @param[in]     unlike  [N, E], likewise: the features that see, of the same samples in the same order. Not NULL.
 * @param[in]     options NULL: 0.95 and 0.6.
 * @param[in,out] result  struct_size, pairs and pairs_capacity set by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a value that is not finite, naming the row), _UNSUPPORTED,
 *         _OUT_OF_MEMORY.
 * Exactness: counts and pairs reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_blind_pairs(const binet_context *context, const binet_array *alike,
                                         const binet_array *unlike, const binet_blind_pairs_options *options,
                                         binet_blind_pairs_result *result, binet_error *error);

BINET_END

#endif
