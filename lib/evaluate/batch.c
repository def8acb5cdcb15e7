#include "evaluate/batch.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* ---- One image --------------------------------------------------------------------------------------------------- */

/** Read a file and say what size the transform gives; `image` is there on success only. */
static binet_status read_image(const binet__loader *loader, int64_t index, binet_image **image, int32_t *width,
                               int32_t *height, binet__outcome *outcome)
{
    const char *path = binet_image_list_path(loader->images, index);
    binet_error *error = &outcome->error;
    binet_status status = binet_image_read(&loader->serial, path, loader->options, image, error);
    if (status == BINET_OK) {
        binet_array pixels = binet_image_pixels(*image);
        status = binet_transform_size(loader->transform, (int32_t)pixels.shape[1], (int32_t)pixels.shape[0], width,
                                      height, error);
        if (status == BINET_INVALID_ARGUMENT) { // the transform is fine, so the picture's shape is not
            binet_error reason = *error;
            status = binet__fail(error, BINET_INVALID_DATA, "images", index, "'%s': %s", path, reason.message);
        }
        if (status != BINET_OK) {
            binet_image_destroy(*image);
        }
    }
    outcome->is_unreadable = status == BINET_INVALID_DATA || status == BINET_IO;
    if (outcome->is_unreadable) {
        (void)snprintf(error->argument, sizeof error->argument, "images");
        error->element = index;
    }
    return status;
}

void binet__batch_read(const binet__loader *loader, binet__batch *batch, int64_t i)
{
    int64_t index = batch->first + i;
    binet__outcome *outcome = &batch->outcomes[i];
    binet_image *image = NULL;
    int32_t width = 0;
    int32_t height = 0;
    binet_status status = read_image(loader, index, &image, &width, &height, outcome);
    if (status == BINET_OK) {
        if (width != loader->width || height != loader->height) {
            status = binet__fail(&outcome->error, BINET_INVALID_DATA, "images", index,
                                 "'%s' comes out as %d x %d pixels and the images before as %d x %d; a crop makes "
                                 "them equal",
                                 binet_image_list_path(loader->images, index), (int)width, (int)height,
                                 (int)loader->width, (int)loader->height);
        } else {
            binet_array pixels = binet_image_pixels(image);
            status = binet_transform_apply(&loader->serial, &pixels, loader->transform,
                                           batch->values + i * loader->n_values, loader->n_values, &outcome->error);
        }
        binet_image_destroy(image);
    }
    outcome->error.status = status;
}

/* ---- The size ---------------------------------------------------------------------------------------------------- */

static binet_status find_size(binet__loader *loader, binet_error *error)
{
    int64_t count = binet_image_list_count(loader->images);
    loader->width = 1; // for the case that none can be read, which the loop reports
    loader->height = 1;
    for (int64_t index = 0; index < count; index++) {
        binet__outcome outcome;
        binet_image *image;
        binet_status status = read_image(loader, index, &image, &loader->width, &loader->height, &outcome);
        if (status == BINET_OK) {
            binet_image_destroy(image);
            break;
        }
        if (!outcome.is_unreadable) {
            return binet__fail(error, status, outcome.error.argument, outcome.error.element, "%s",
                               outcome.error.message);
        }
    }
    return BINET_OK;
}

binet_status binet__loader_prepare(const binet_context *context, const binet_image_list *images,
                                   const binet_transform *transform, const binet_image_options *options,
                                   binet__loader *loader, binet_error *error)
{
    binet_transform given;
    memset(loader, 0, sizeof *loader);
    loader->context = context;
    loader->serial = binet__context_copy(context);
    loader->serial.executor = binet__context_copy(NULL).executor;
    loader->images = images;
    loader->transform = transform;
    loader->options = options;
    binet_status status = binet__read_struct(&given, sizeof given, transform, "transform", error);
    if (status == BINET_OK) {
        status = binet_transform_size(transform, 1, 1, &loader->width, &loader->height, error);
    }
    if (status == BINET_OK && transform != NULL && given.crop == 0) {
        status = find_size(loader, error);
    }
    loader->n_values = (int64_t)3 * loader->width * loader->height;
    return status;
}

/* ---- A batch ----------------------------------------------------------------------------------------------------- */

binet_status binet__batch_create(const binet__loader *loader, int64_t capacity, binet__batch *batch, binet_error *error)
{
    const binet_context *context = loader->context;
    binet__batch made;
    size_t image_bytes;
    memset(&made, 0, sizeof made);
    if (!binet__multiply(loader->n_values, sizeof(float), &image_bytes)) {
        return binet__fail_memory(error, UINT64_MAX);
    }
    made.values = binet__allocate(context, capacity, image_bytes, error);
    made.indices = made.values != NULL ? binet__allocate(context, capacity, sizeof *made.indices, error) : NULL;
    made.labels = made.indices != NULL ? binet__allocate(context, capacity, sizeof *made.labels, error) : NULL;
    made.names = made.labels != NULL ? binet__allocate(context, capacity, sizeof *made.names, error) : NULL;
    made.outcomes = made.names != NULL ? binet__allocate(context, capacity, sizeof *made.outcomes, error) : NULL;
    if (made.outcomes == NULL) {
        binet__batch_release(loader, &made);
        return BINET_OUT_OF_MEMORY;
    }
    *batch = made;
    return BINET_OK;
}

void binet__batch_release(const binet__loader *loader, binet__batch *batch)
{
    binet__release(loader->context, batch->values);
    binet__release(loader->context, batch->indices);
    binet__release(loader->context, batch->labels);
    binet__release(loader->context, batch->names);
    binet__release(loader->context, batch->outcomes);
}

void binet__batch_begin(binet__batch *batch, int64_t first, int64_t n_listed)
{
    batch->first = first;
    batch->n_listed = n_listed;
    batch->n = 0;
    for (int64_t i = 0; i < n_listed; i++) {
        (void)binet__fail(&batch->outcomes[i].error, BINET_INTERNAL, "context", first + i,
                          "the executor of the context returned BINET_OK without having run every task");
        batch->outcomes[i].is_unreadable = 0;
    }
}

binet_status binet__batch_settle(const binet__loader *loader, binet__batch *batch, binet_skipped skipped, void *user,
                                 binet_error *error)
{
    for (int64_t i = 0; i < batch->n_listed; i++) {
        int64_t index = batch->first + i;
        const binet__outcome *outcome = &batch->outcomes[i];
        if (outcome->error.status != BINET_OK) {
            if (skipped == NULL || !outcome->is_unreadable) {
                return binet__fail(error, outcome->error.status, outcome->error.argument, index, "%s",
                                   outcome->error.message);
            }
            skipped(user, index, binet_image_list_path(loader->images, index), &outcome->error);
            continue;
        }
        int64_t row = batch->n++;
        if (row != i) {
            memcpy(batch->values + row * loader->n_values, batch->values + i * loader->n_values,
                   (size_t)loader->n_values * sizeof(float));
        }
        batch->indices[row] = index;
        batch->labels[row] = binet_image_list_label(loader->images, index);
        batch->names[row] = binet_image_list_name(loader->images, index);
    }
    return BINET_OK;
}
