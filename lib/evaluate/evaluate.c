#include "binet/evaluate.h"

#include <string.h>

#include "base/error.h"
#include "evaluate/batch.h"
#include "evaluate/outputs.h"
#include "evaluate/settings.h"
#include "metrics/predictions_builder.h"

enum { DEFAULT_BATCH_SIZE = 32, MOST_TRANSFORMS = 65536 };

typedef struct evaluation {
    binet_model model;
    binet_evaluate_options options;
    int32_t omits; /* rows with a NaN are left out */
    binet__loader loader;
    binet__batch batches[2];  /* the model runs on one while the other is read */
    binet__setting *settings; /* one for each view of the loader */
    int64_t n_images;
    int64_t batch_size;
    int64_t n_classes; /* 0: not known yet */
    binet_model_outputs outputs;
    binet_status model_status;
    binet_error model_error;
} evaluation;

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

static binet_status read_options(evaluation *work, const binet_evaluate_options *options, binet_error *error)
{
    binet_predictions_options predictions;
    binet_evaluate_options *given = &work->options;
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given->reserved, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (given->batch_size < 0) {
        return binet__fail_argument(error, "options", "options->batch_size is %d; allowed: >= 1, or 0 for %d",
                                    (int)given->batch_size, DEFAULT_BATCH_SIZE);
    }
    if (given->batch_size == 0) {
        given->batch_size = DEFAULT_BATCH_SIZE;
    }
    if (given->kind == 0) {
        given->kind = BINET_LOGITS;
    }
    int is_sweep = work->loader.is_sweep;
    if (is_sweep ? given->features_path != NULL : given->features_paths != NULL) {
        return binet__fail_argument(error, "options", "options->%s is for %s", // never ignored
                                    is_sweep ? "features_path" : "features_paths",
                                    is_sweep ? "binet_evaluate; a sweep takes features_paths" : "a sweep");
    }
    work->batch_size = given->batch_size < work->n_images ? given->batch_size : work->n_images;
    status = binet__read_struct(&predictions, sizeof predictions, given->predictions, "options", error);
    work->omits = predictions.nan_policy == BINET_NAN_OMIT;
    return status;
}

static binet_status read_arguments(evaluation *work, const binet_model *model, const binet_evaluate_options *options,
                                   binet_predictions **predictions, binet_error *error)
{
    const binet_image_list *images = work->loader.images;
    binet_status status = binet__require(model, "model", error);
    status = status == BINET_OK ? binet__require(images, "images", error) : status;
    status = status == BINET_OK ? binet__require(predictions, "predictions", error) : status;
    status = status == BINET_OK ? binet__read_struct(&work->model, sizeof work->model, model, "model", error) : status;
    if (status == BINET_OK && work->model.run == NULL) {
        status = binet__fail_argument(error, "model", "model->run is NULL");
    }
    if (status == BINET_OK) {
        work->n_images = binet_image_list_count(images);
        status = read_options(work, options, error);
    }
    return status;
}

/* ---- What the model gave ----------------------------------------------------------------------------------------- */

static binet_array rows_of(const binet_array *array, int64_t first, int64_t n)
{
    binet_array rows = *array;
    rows.data = (const char *)array->data + first * array->strides[0];
    rows.shape[0] = n;
    return rows;
}

static binet_status check_outputs(evaluation *work, binet__setting *now, int64_t n, binet_error *error)
{
    binet_status status = binet__check_output(&work->outputs.logits, "logits", n, &work->n_classes, error);
    if (status != BINET_OK || now->features_path == NULL) {
        return status;
    }
    if (work->outputs.features.ndim == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "model", -1,
                           "options asks for features and the model gives none, only logits");
    }
    return binet__check_output(&work->outputs.features, "features", n, &now->n_features, error);
}

/** Append rows that have all a label or all none. */
static binet_status append_rows(evaluation *work, binet__setting *now, const binet__batch *batch, int64_t first,
                                int64_t n, binet_error *error)
{
    binet_error reason;
    binet_array logits = rows_of(&work->outputs.logits, first, n);
    binet_array labels = {batch->labels + first, BINET_I64, 1, {n}, {sizeof *batch->labels}};
    int64_t n_rows = binet__predictions_builder_count(now->builder);
    binet_status status = binet_predictions_builder_append(
        now->builder, &logits, batch->labels[first] >= 0 ? &labels : NULL, batch->names + first, &reason);
    if (status != BINET_OK) {
        int64_t row = reason.element - now->n_appended;
        if (status != BINET_INVALID_DATA || row < 0 || row >= n) {
            return binet__setting_pass_on(&reason, -1, NULL, error);
        }
        int64_t index = batch->indices[first + row];
        return binet__setting_pass_on(&reason, index, binet_image_list_path(work->loader.images, index), error);
    }
    now->n_appended += n;
    if (now->features_path == NULL || binet__predictions_builder_count(now->builder) == n_rows) {
        return BINET_OK;
    }
    binet_array features = rows_of(&work->outputs.features, first, n);
    return binet__features_append(&now->features, &features, error);
}

static binet_status append(evaluation *work, binet__setting *now, const binet__batch *batch, binet_error *error)
{
    // Where rows may be left out, one at a time: the features of a row go with it.
    int64_t most = work->omits && now->features_path != NULL ? 1 : batch->n;
    binet_status status = BINET_OK;
    for (int64_t first = 0; status == BINET_OK && first < batch->n;) {
        int64_t end = first + 1;
        while (end < batch->n && end - first < most && (batch->labels[end] >= 0) == (batch->labels[first] >= 0)) {
            end++;
        }
        status = append_rows(work, now, batch, first, end - first, error);
        first = end;
    }
    return status;
}

/** After the model: its outputs become rows. */
static binet_status take_outputs(evaluation *work, const binet__batch *batch, int64_t view, binet_error *error)
{
    binet__setting *now = &work->settings[view];
    binet_status status = work->model_status;
    if (status != BINET_OK) {
        (void)binet__fail(error, status, work->model_error.argument, work->model_error.element, "%s",
                          work->model_error.message);
    }
    status = status == BINET_OK ? check_outputs(work, now, batch->n, error) : status;
    status = status == BINET_OK ? append(work, now, batch, error) : status;
    return binet__loader_name_view(&work->loader, view, status, error);
}

/** After a batch under one of the transforms: the caller hears of it. */
static binet_status report(const evaluation *work, const binet__batch *batch, int64_t view, binet_error *error)
{
    const binet_evaluate_options *options = &work->options;
    int64_t n_views = work->loader.n_views;
    int64_t n_done = batch->first * n_views + batch->n_listed * (view + 1);
    int64_t n_total = work->n_images * n_views;
    if (options->progress != NULL && options->progress(options->progress_user, n_done, n_total) != 0) {
        return binet__fail(error, BINET_CANCELLED, "options", -1, "cancelled after %lld of %lld images%s",
                           (long long)n_done, (long long)n_total,
                           work->loader.is_sweep ? ", counted once for each transform" : "");
    }
    return BINET_OK;
}

/* ---- Rounds ------------------------------------------------------------------------------------------------------ */

typedef struct round {
    evaluation *work;
    const binet__batch *ready;
    int64_t view; /* of the batch that is ready */
    binet__batch *next;
    int64_t first; /* image of the next batch that is read first */
} round;

/** Task 0 is the model on the batch that is ready, the others read an image each of the next. */
static void run_task(void *argument, int64_t index)
{
    const round *now = argument;
    evaluation *work = now->work;
    if (index > 0) {
        binet__batch_read(&work->loader, now->next, now->first + index - 1);
    } else if (now->ready->n > 0) {
        work->model_status =
            binet__model_run(&work->model, &work->loader, now->ready, now->view, &work->outputs, &work->model_error);
    }
}

/** One transform of the batch that is ready, and `n` images of the next from now->first on. */
static binet_status run_round(round *now, int64_t n, binet_error *error)
{
    evaluation *work = now->work;
    memset(&work->outputs, 0, sizeof work->outputs);
    work->outputs.struct_size = sizeof work->outputs;
    work->outputs.want_features = work->settings[now->view].features_path != NULL;
    work->outputs.transform = (int32_t)now->view;
    work->model_status = binet__fail(&work->model_error, BINET_INTERNAL, "context", -1,
                                     "the executor of the context returned BINET_OK without having run every task");
    binet_status status = binet__run(work->loader.context, 1 + n, run_task, now, error);
    if (status == BINET_OK && now->ready->n > 0) {
        status = take_outputs(work, now->ready, now->view, error);
    }
    if (status == BINET_OK && now->ready->n_listed > 0) {
        status = report(work, now->ready, now->view, error);
    }
    return status;
}

/** The whole batch that is ready, while the next is read: of its images each transform's round reads a share as large
 *  as the share of the model's work that is likely to be in it, that of its pixels. */
static binet_status run_views(evaluation *work, const binet__batch *ready, binet__batch *next, binet_error *error)
{
    const binet__loader *loader = &work->loader;
    double n_values = 0;
    for (int64_t view = 0; view < loader->n_views; view++) {
        n_values += (double)loader->views[view].n_values;
    }
    int64_t n_views = ready->n > 0 ? loader->n_views : 1;
    round now = {.work = work, .ready = ready, .next = next};
    double sum = 0;
    binet_status status = BINET_OK;
    for (now.view = 0; status == BINET_OK && now.view < n_views; now.view++) {
        sum += (double)loader->views[now.view].n_values;
        int64_t end = (int64_t)((double)next->n_listed * (sum / n_values));
        end = now.view + 1 < n_views ? end : next->n_listed;
        status = run_round(&now, end - now.first, error);
        now.first = end;
    }
    return status;
}

static binet_status run_batches(evaluation *work, binet_error *error)
{
    binet__batch *ready = &work->batches[0];
    binet__batch *next = &work->batches[1];
    binet_status status = BINET_OK;
    int64_t n_begun = 0;
    do {
        int64_t left = work->n_images - n_begun;
        binet__batch_begin(next, n_begun, left < work->batch_size ? left : work->batch_size);
        n_begun += next->n_listed;
        status = run_views(work, ready, next, error);
        if (status == BINET_OK) {
            status = binet__batch_settle(&work->loader, next, work->options.skipped, work->options.skipped_user, error);
        }
        binet__batch *done = ready;
        ready = next;
        next = done;
    } while (status == BINET_OK && ready->n_listed > 0);
    if (status == BINET_OK && work->settings[0].n_appended == 0) {
        status = binet__fail(error, BINET_INVALID_DATA, "images", -1, "none of the %lld images can be read",
                             (long long)work->n_images);
    }
    return status;
}

/* ---- The two functions ------------------------------------------------------------------------------------------- */

/** The loop. Of the loader in `work` the context, the images, is_sweep and n_views are set. */
static binet_status evaluate(evaluation *work, const binet_model *model, const binet_transform *const *transforms,
                             const binet_evaluate_options *options, binet_predictions **predictions,
                             binet_error *wanted)
{
    binet_error reason; // always there, so that what lies below can read it
    binet_error *error = &reason;
    binet_status status = read_arguments(work, model, options, predictions, error);
    work->loader.options = work->options.images;
    status =
        status == BINET_OK ? binet__settings_create(&work->loader, &work->options, &work->settings, error) : status;
    status = status == BINET_OK ? binet__loader_prepare(&work->loader, transforms, error) : status;
    for (int i = 0; status == BINET_OK && i < 2; i++) {
        status = binet__batch_create(&work->loader, work->batch_size, &work->batches[i], error);
    }
    status = status == BINET_OK ? binet__settings_open(&work->loader, work->settings, error) : status;
    status = status == BINET_OK ? run_batches(work, error) : status;
    status = status == BINET_OK ? binet__settings_finish(&work->loader, work->settings, predictions, error) : status;
    binet__settings_release(&work->loader, work->settings);
    binet__batch_release(&work->loader, &work->batches[0]);
    binet__batch_release(&work->loader, &work->batches[1]);
    binet__loader_release(&work->loader);
    if (status != BINET_OK && wanted != NULL) {
        *wanted = reason;
    }
    return status;
}

binet_status binet_evaluate(const binet_context *context, const binet_model *model, const binet_image_list *images,
                            const binet_transform *transform, const binet_evaluate_options *options,
                            binet_predictions **predictions, binet_error *error)
{
    evaluation work;
    memset(&work, 0, sizeof work);
    work.loader.context = context;
    work.loader.images = images;
    work.loader.n_views = 1;
    return evaluate(&work, model, &transform, options, predictions, error);
}

binet_status binet_evaluate_sweep(const binet_context *context, const binet_model *model,
                                  const binet_image_list *images, const binet_transform *const *transforms,
                                  int64_t n_transforms, const binet_evaluate_options *options,
                                  binet_predictions **predictions, binet_error *error)
{
    evaluation work;
    binet_status status = binet__require((const void *)transforms, "transforms", error);
    if (status != BINET_OK) {
        return status;
    }
    if (n_transforms < 1 || n_transforms > MOST_TRANSFORMS) {
        return binet__fail_argument(error, "n_transforms", "n_transforms is %lld; allowed: 1 .. %d",
                                    (long long)n_transforms, MOST_TRANSFORMS);
    }
    memset(&work, 0, sizeof work);
    work.loader.context = context;
    work.loader.images = images;
    work.loader.n_views = n_transforms;
    work.loader.is_sweep = 1;
    return evaluate(&work, model, transforms, options, predictions, error);
}
