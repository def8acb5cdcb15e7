/** Images of a list, read, decoded and transformed into a batch: each by a task of its own. */
#ifndef BINET_EVALUATE_BATCH_H
#define BINET_EVALUATE_BATCH_H

#include "base/context.h"
#include "binet/evaluate.h"

/** What became of an image. */
typedef struct binet__outcome {
    binet_error error;     /**< its status is BINET_OK where the image was read */
    int32_t is_unreadable; /**< the file is at fault, so that the image may be left out */
} binet__outcome;

/** Up to a batch size of images of a list, one after the other, under each transform. */
typedef struct binet__batch {
    int64_t first;    /**< index in the list */
    int64_t n_listed; /**< images that the batch is made of */
    int64_t n;        /**< images that were read */
    float **values;   /**< per view: [n, 3, height, width] */
    int64_t *indices; /**< [n], in the list */
    int64_t *labels;  /**< [n]; -1: none */
    const char **names;
    binet__outcome *outcomes; /**< [n_listed] */
} binet__batch;

/** What a transform makes of every image. */
typedef struct binet__view {
    const binet_transform *transform; /**< NULL: the default */
    int32_t width;
    int32_t height;
    int64_t n_values; /**< 3 * height * width */
} binet__view;

/** How images become values. */
typedef struct binet__loader {
    const binet_context *context;
    binet_context serial; /**< the same on one thread: what happens inside a task */
    const binet_image_list *images;
    const binet_image_options *options;
    binet__view *views;
    int64_t n_views;
    int32_t is_sweep; /**< messages name the transform by its index */
} binet__loader;

/** Check the transforms of a loader whose context, images, options, n_views and is_sweep are set, and find the sizes
 *  that they give; without a crop that is the size of the first image that can be read. `transforms` is borrowed. To be
 * released, on failure too. */
binet_status binet__loader_prepare(binet__loader *loader, const binet_transform *const *transforms, binet_error *error);

void binet__loader_release(binet__loader *loader);

/** Begin the message of a failure, where there is one, with the transform that it is about: in a sweep only. `error` is
 *  not NULL. */
binet_status binet__loader_name_view(const binet__loader *loader, int64_t view, binet_status status,
                                     binet_error *error);

/** Memory for a batch of `capacity` images. On failure there is nothing to release. */
binet_status binet__batch_create(const binet__loader *loader, int64_t capacity, binet__batch *batch,
                                 binet_error *error);

/** Give the memory back. A batch of zero bytes all over is fine. */
void binet__batch_release(const binet__loader *loader, binet__batch *batch);

/** Begin a batch of the images first .. first + n_listed - 1. */
void binet__batch_begin(binet__batch *batch, int64_t first, int64_t n_listed);

/** Read image i of the batch and apply every transform: one task. */
void binet__batch_read(const binet__loader *loader, binet__batch *batch, int64_t i);

/** After all tasks: fail with the first image that failed or, where `skipped` is given, report those that cannot be
 *  read and close the gaps. */
binet_status binet__batch_settle(const binet__loader *loader, binet__batch *batch, binet_skipped skipped, void *user,
                                 binet_error *error);

#endif
