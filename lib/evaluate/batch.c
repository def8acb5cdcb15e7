#include "evaluate/batch.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* ---- One image --------------------------------------------------------------------------------------------------- */

binet_status binet__loader_name_view(const binet__loader *loader, int64_t view, binet_status status, binet_error *error)
{
    if (status == BINET_OK || !loader->is_sweep) {
        return status;
    }
    binet_error said = *error;
    return binet__fail(error, status, said.argument, said.element, "transforms[%lld]: %s", (long long)view,
                       said.message);
}

/** Check that a transform can be applied to an image and say what size it gives. */
static binet_status measure(const binet__loader *loader, int64_t index, const binet_image *image, int64_t view,
                            int32_t *width, int32_t *height, binet_error *error)
{
    binet_array pixels = binet_image_pixels(image);
    binet_error reason;
    binet_status status = binet_transform_size(loader->views[view].transform, (int32_t)pixels.shape[1],
                                               (int32_t)pixels.shape[0], width, height, &reason);
    if (status != BINET_OK) { // the transform is fine, so the picture's shape is not
        (void)binet__fail(error, BINET_INVALID_DATA, "images", index, "'%s': %s",
                          binet_image_list_path(loader->images, index), reason.message);
        return binet__loader_name_view(loader, view, BINET_INVALID_DATA, error);
    }
    return BINET_OK;
}

/** Read a file to which every transform can be applied; `image` is there on success only. */
static binet_status read_image(const binet__loader *loader, int64_t index, binet_image **image, binet__outcome *outcome)
{
    binet_error *error = &outcome->error;
    binet_status status =
        binet_image_read(&loader->serial, binet_image_list_path(loader->images, index), loader->options, image, error);
    if (status == BINET_OK) {
        for (int64_t view = 0; status == BINET_OK && view < loader->n_views; view++) {
            int32_t size[2];
            status = measure(loader, index, *image, view, &size[0], &size[1], error);
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

/** Apply a transform; another size than that of the images before is an error. */
static binet_status apply(const binet__loader *loader, int64_t index, const binet_image *image, int64_t view,
                          float *values, binet_error *error)
{
    const binet__view *made = &loader->views[view];
    int32_t width = 0;
    int32_t height = 0;
    binet_status status = measure(loader, index, image, view, &width, &height, error);
    if (status != BINET_OK) {
        return status;
    }
    if (width != made->width || height != made->height) {
        status = binet__fail(error, BINET_INVALID_DATA, "images", index,
                             "'%s' comes out as %d x %d pixels and the images before as %d x %d; a crop makes "
                             "them equal",
                             binet_image_list_path(loader->images, index), (int)width, (int)height, (int)made->width,
                             (int)made->height);
        return binet__loader_name_view(loader, view, status, error);
    }
    binet_array pixels = binet_image_pixels(image);
    return binet_transform_apply(&loader->serial, &pixels, made->transform, values, made->n_values, error);
}

void binet__batch_read(const binet__loader *loader, binet__batch *batch, int64_t i)
{
    int64_t index = batch->first + i;
    binet__outcome *outcome = &batch->outcomes[i];
    binet_image *image = NULL;
    binet_status status = read_image(loader, index, &image, outcome);
    if (status == BINET_OK) {
        for (int64_t view = 0; status == BINET_OK && view < loader->n_views; view++) {
            float *values = batch->values[view] + i * loader->views[view].n_values;
            status = apply(loader, index, image, view, values, &outcome->error);
        }
        binet_image_destroy(image);
    }
    outcome->error.status = status;
}

/* ---- The sizes --------------------------------------------------------------------------------------------------- */

/** Set the sizes of the views whose transforms do not say them from the first image that can be read. */
static binet_status find_sizes(binet__loader *loader, const unsigned char *is_open, binet_error *error)
{
    int64_t count = binet_image_list_count(loader->images);
    for (int64_t index = 0; index < count; index++) {
        binet__outcome outcome;
        binet_image *image;
        binet_status status = read_image(loader, index, &image, &outcome);
        if (status == BINET_OK) {
            for (int64_t view = 0; view < loader->n_views; view++) {
                binet__view *made = &loader->views[view];
                if (is_open[view]) { // a second time: it cannot fail
                    (void)measure(loader, index, image, view, &made->width, &made->height, &outcome.error);
                }
            }
            binet_image_destroy(image);
            break;
        }
        if (!outcome.is_unreadable) {
            return binet__fail(error, status, outcome.error.argument, outcome.error.element, "%s",
                               outcome.error.message);
        }
    }
    return BINET_OK; // where none can be read the sizes are 1, and the loop reports it
}

/** Check a transform and find the size that it gives; without a crop that is 1 for now, and *is_open is 1. */
static binet_status prepare_view(binet__loader *loader, int64_t view, const binet_transform *transform,
                                 unsigned char *is_open, binet_error *error)
{
    binet_transform given;
    binet__view *made = &loader->views[view];
    made->transform = transform;
    /* A square of which every window has at least a pixel. */
    enum { SIDE = 32768 };
    binet_status status = binet_transform_size(transform, SIDE, SIDE, &made->width, &made->height, error);
    if (status == BINET_OK) {
        status = binet__read_struct(&given, sizeof given, transform, "transform", error);
    }
    if (status != BINET_OK) {
        return status;
    }
    *is_open = transform != NULL && given.crop == 0;
    if (*is_open) {
        made->width = 1;
        made->height = 1;
    }
    return BINET_OK;
}

binet_status binet__loader_prepare(binet__loader *loader, const binet_transform *const *transforms, binet_error *error)
{
    const binet_context *context = loader->context;
    loader->serial = binet__context_copy(context);
    loader->serial.executor = binet__context_copy(NULL).executor;
    loader->views = binet__allocate_zero(context, loader->n_views, sizeof *loader->views, error);
    unsigned char *is_open = binet__allocate_zero(context, loader->n_views, 1, error);
    binet_status status = loader->views != NULL && is_open != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    int any_open = 0;
    for (int64_t view = 0; status == BINET_OK && view < loader->n_views; view++) {
        status = prepare_view(loader, view, transforms[view], &is_open[view], error);
        if (status != BINET_OK && loader->is_sweep) {
            binet_error said = *error;
            status =
                binet__fail(error, status, "transforms", view, "transforms[%lld]: %s", (long long)view, said.message);
        }
        any_open |= is_open[view];
    }
    if (status == BINET_OK && any_open) {
        status = find_sizes(loader, is_open, error);
    }
    for (int64_t view = 0; status == BINET_OK && view < loader->n_views; view++) {
        binet__view *made = &loader->views[view];
        made->n_values = (int64_t)3 * made->width * made->height;
    }
    binet__release(context, is_open);
    return status;
}

void binet__loader_release(binet__loader *loader)
{
    binet__release(loader->context, loader->views);
}

/* ---- A batch ----------------------------------------------------------------------------------------------------- */

static binet_status allocate_values(const binet__loader *loader, int64_t capacity, binet__batch *batch,
                                    binet_error *error)
{
    for (int64_t view = 0; view < loader->n_views; view++) {
        size_t image_bytes;
        if (!binet__multiply(loader->views[view].n_values, sizeof(float), &image_bytes)) {
            return binet__fail_memory(error, UINT64_MAX);
        }
        batch->values[view] = binet__allocate(loader->context, capacity, image_bytes, error);
        if (batch->values[view] == NULL) {
            return BINET_OUT_OF_MEMORY;
        }
    }
    return BINET_OK;
}

binet_status binet__batch_create(const binet__loader *loader, int64_t capacity, binet__batch *batch, binet_error *error)
{
    const binet_context *context = loader->context;
    binet__batch made;
    memset(&made, 0, sizeof made);
    made.values = binet__allocate_zero(context, loader->n_views, sizeof *made.values, error);
    made.indices = made.values != NULL ? binet__allocate(context, capacity, sizeof *made.indices, error) : NULL;
    made.labels = made.indices != NULL ? binet__allocate(context, capacity, sizeof *made.labels, error) : NULL;
    made.names = made.labels != NULL ? binet__allocate(context, capacity, sizeof *made.names, error) : NULL;
    made.outcomes = made.names != NULL ? binet__allocate(context, capacity, sizeof *made.outcomes, error) : NULL;
    binet_status status = made.outcomes != NULL ? allocate_values(loader, capacity, &made, error) : BINET_OUT_OF_MEMORY;
    if (status != BINET_OK) {
        binet__batch_release(loader, &made);
        return status;
    }
    *batch = made;
    return BINET_OK;
}

void binet__batch_release(const binet__loader *loader, binet__batch *batch)
{
    for (int64_t view = 0; batch->values != NULL && view < loader->n_views; view++) {
        binet__release(loader->context, batch->values[view]);
    }
    binet__release(loader->context, (void *)batch->values);
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

static void move_image(const binet__loader *loader, const binet__batch *batch, int64_t from, int64_t to)
{
    for (int64_t view = 0; view < loader->n_views; view++) {
        int64_t n = loader->views[view].n_values;
        memcpy(batch->values[view] + to * n, batch->values[view] + from * n, (size_t)n * sizeof(float));
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
            move_image(loader, batch, i, row);
        }
        batch->indices[row] = index;
        batch->labels[row] = binet_image_list_label(loader->images, index);
        batch->names[row] = binet_image_list_name(loader->images, index);
    }
    return BINET_OK;
}
