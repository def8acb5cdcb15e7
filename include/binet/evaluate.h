/** The loop: a model and a list of images in, predictions out. */
#ifndef BINET_EVALUATE_H
#define BINET_EVALUATE_H

#include "image.h"
#include "predictions.h"

BINET_BEGIN

/* ---- A model ----------------------------------------------------------------------------------------------------- */

/** What a model gives for a batch. */
typedef struct binet_model_outputs {
    uint32_t struct_size;  /**< set by libbinet */
    int32_t want_features; /**< set by libbinet: 1 where features are asked for, else 0 */
    binet_array logits; /**< set by the model: [n, C], f16, bf16, f32 or f64; the model's memory, valid until its next
                             run or free */
    binet_array
        features;      /**< set by the model where asked for and where it has any: [n, D], likewise; else left alone */
    int32_t transform; /**< set by libbinet: which transform of a sweep made the batch; 0 in binet_evaluate */
    int32_t reserved;  /**< 0 */
} binet_model_outputs;

/** Anything that maps a batch to outputs. A plain value: libbinet copies it and never frees it by itself. */
typedef struct binet_model {
    uint32_t struct_size;
    uint32_t reserved; /**< 0 */
    void *self;        /**< passed back as it is */
    /** One batch: f32 [n, 3, H, W], contiguous, valid during the call. Never entered twice at once. Anything but
     * BINET_OK ends the evaluation with that status; `error` (never NULL) says why. */
    binet_status (*run)(void *self, const binet_array *batch, binet_model_outputs *outputs, binet_error *error);
    /** Release self; NULL where there is nothing to release. Called by whoever owns the model, once. */
    void (*free)(void *self);
} binet_model;

/* ---- The loop ---------------------------------------------------------------------------------------------------- */

/** Called on the calling thread after each batch. Anything but 0 cancels. In a sweep an image counts once for each
 *  transform. */
typedef int32_t (*binet_progress)(void *user, int64_t n_done, int64_t n_total);

/** Called on the calling thread, in the order of the list, for each image that is left out. */
typedef void (*binet_skipped)(void *user, int64_t index, const char *path, const binet_error *reason);

typedef struct binet_evaluate_options {
    uint32_t struct_size;
    int32_t batch_size;                           /**< >= 1; 0: 32 */
    int32_t kind;                                 /**< what the model's logits are: BINET_LOGITS (0 too) or
                                                       BINET_PROBABILITIES */
    int32_t reserved;                             /**< 0 */
    const binet_predictions_options *predictions; /**< NULL: as there */
    const binet_image_options *images;            /**< NULL: the default limits */
    const char *features_path; /**< write features as a .npy of f32 [N, D], batch by batch; NULL: none. Of
                                    binet_evaluate alone */
    binet_progress progress;   /**< NULL: none */
    void *progress_user;
    binet_skipped skipped; /**< NULL: an image that cannot be read is an error; else it is left out and reported here */
    void *skipped_user;
    const char *const *features_paths; /**< of binet_evaluate_sweep alone: a features_path for each transform, an entry
                                            may be NULL; NULL: none */
} binet_evaluate_options;

/** Evaluate a model on images.
 *
 * While the model runs on one batch, the next is read, decoded and transformed on the executor. Memory is two batches
 * and a row per image.
 *
 * @param[in]  context     Its executor decodes; the model runs in task 0. NULL: malloc, one thread.
 * @param[in]  model       Not NULL.
 * @param[in]  images      Not NULL.
 * @param[in]  transform   NULL: BINET_TRANSFORM_IMAGENET. With crop 0 all pictures must come out the same size.
 * @param[in]  options     NULL: batches of 32, logits.
 * @param[out] predictions A row per image read, in the order of the list, with file names and, where the list has them,
 *                         labels. To be destroyed by the caller. Not NULL.
 * @param[out] error       element: index in the list.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (an image, or what the model gave), _IO, _OUT_OF_MEMORY,
 *         _CANCELLED, _UNSUPPORTED, or what the model returned. The features file is there only on success.
 * Exactness: the same bits for any thread count; for any batch size if the model's rows do not depend on it.
 * Since 0.1.
 */
BINET_API binet_status binet_evaluate(const binet_context *context, const binet_model *model,
                                      const binet_image_list *images, const binet_transform *transform,
                                      const binet_evaluate_options *options, binet_predictions **predictions,
                                      binet_error *error);

/** Evaluate a model on images under several transforms, such as the settings of a sweep, of which each image is read
 *  and decoded once.
 *
 * What comes out for a transform is what binet_evaluate gives for it, to the bit. An image that cannot be read, or that
 * one of the transforms cannot be applied to, is an error or is left out for all of them. The batches of the transforms
 * go through the model one after the other, in the order of the transforms: a model that has to have one size says so
 * at the first transform with another, and the message begins with that transform. Memory is two batches for each
 * transform, and a row per image and transform.
 *
 * @param[in]  context      Its executor decodes; the model runs in task 0. NULL: malloc, one thread.
 * @param[in]  model        Not NULL.
 * @param[in]  images       Not NULL.
 * @param[in]  transforms   n_transforms pointers, each as the transform of binet_evaluate. Not NULL.
 * @param[in]  n_transforms 1 .. 65536.
 * @param[in]  options      NULL: batches of 32, logits.
 * @param[out] predictions  Room for n_transforms tables, each as that of binet_evaluate. To be destroyed by the caller.
 *                          Not NULL.
 * @param[out] error        element: index in the list; of `transforms`, of the transform.
 * @return as binet_evaluate. The files of features are there only on success, but for those whose turn came before one
 *         that cannot be given its name. Exactness: as binet_evaluate. Since 0.1.
 */
BINET_API binet_status binet_evaluate_sweep(const binet_context *context, const binet_model *model,
                                            const binet_image_list *images, const binet_transform *const *transforms,
                                            int64_t n_transforms, const binet_evaluate_options *options,
                                            binet_predictions **predictions, binet_error *error);

BINET_END

#endif
