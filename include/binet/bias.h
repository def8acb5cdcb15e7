/** Which cue an answer follows, shape or texture, and whether two observers are wrong on the same samples. */
#ifndef BINET_BIAS_H
#define BINET_BIAS_H

#include "base.h"

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

BINET_END

#endif
