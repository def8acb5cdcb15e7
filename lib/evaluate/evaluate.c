#include "binet/evaluate.h"

#include <string.h>

#include "base/error.h"
#include "evaluate/batch.h"
#include "evaluate/features.h"
#include "evaluate/outputs.h"
#include "metrics/predictions_builder.h"

enum { DEFAULT_BATCH_SIZE = 32 };

typedef struct evaluation {
    const binet_context *context;
    binet_model model;
    binet_evaluate_options options;
    int32_t omits; /* rows with a NaN are left out */
    binet__loader loader;
    binet__batch batches[2]; /* the model runs on one while the other is read */
    binet_predictions_builder *builder;
    binet__features features;
    int64_t n_images;
    int64_t batch_size;
    int64_t n_classes;  /* 0: not known yet */
    int64_t n_features; /* likewise */
    int64_t n_appended; /* rows given to the builder */
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
    if (given->reserved != 0) {
        return binet__fail_argument(error, "options", "options->reserved is %d, not 0", (int)given->reserved);
    }
    work->batch_size = given->batch_size < work->n_images ? given->batch_size : work->n_images;
    status = binet__read_struct(&predictions, sizeof predictions, given->predictions, "options", error);
    work->omits = predictions.nan_policy == BINET_NAN_OMIT;
    return status;
}

static binet_status read_arguments(evaluation *work, const binet_model *model, const binet_image_list *images,
                                   const binet_evaluate_options *options, binet_predictions **predictions,
                                   binet_error *error)
{
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

/** The builder's failure, named by the parameters of binet_evaluate; `element` is an index in the list, or -1. */
static binet_status pass_on(const binet_error *reason, int64_t element, const char *path, binet_error *error)
{
    static const char *const names[][2] = {
        {"kind", "options"}, {"scores", "model"}, {"builder", "model"}, {"labels", "images"}};
    const char *argument = reason->argument;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        argument = strcmp(reason->argument, names[i][0]) == 0 ? names[i][1] : argument;
    }
    return path != NULL ? binet__fail(error, reason->status, argument, element, "'%s': %s", path, reason->message)
                        : binet__fail(error, reason->status, argument, element, "%s", reason->message);
}

/* ---- What the model gave ----------------------------------------------------------------------------------------- */

static binet_array rows_of(const binet_array *array, int64_t first, int64_t n)
{
    binet_array rows = *array;
    rows.data = (const char *)array->data + first * array->strides[0];
    rows.shape[0] = n;
    return rows;
}

static binet_status check_outputs(evaluation *work, int64_t n, binet_error *error)
{
    binet_status status = binet__check_output(&work->outputs.logits, "logits", n, &work->n_classes, error);
    if (status != BINET_OK || work->options.features_path == NULL) {
        return status;
    }
    if (work->outputs.features.ndim == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "model", -1,
                           "options->features_path asks for features and the model gives none, only logits");
    }
    return binet__check_output(&work->outputs.features, "features", n, &work->n_features, error);
}

/** Append rows that have all a label or all none. */
static binet_status append_rows(evaluation *work, const binet__batch *batch, int64_t first, int64_t n,
                                binet_error *error)
{
    binet_error reason;
    binet_array logits = rows_of(&work->outputs.logits, first, n);
    binet_array labels = {batch->labels + first, BINET_I64, 1, {n}, {sizeof *batch->labels}};
    int64_t n_rows = binet__predictions_builder_count(work->builder);
    binet_status status = binet_predictions_builder_append(
        work->builder, &logits, batch->labels[first] >= 0 ? &labels : NULL, batch->names + first, &reason);
    if (status != BINET_OK) {
        int64_t row = reason.element - work->n_appended;
        if (status != BINET_INVALID_DATA || row < 0 || row >= n) {
            return pass_on(&reason, -1, NULL, error);
        }
        int64_t index = batch->indices[first + row];
        return pass_on(&reason, index, binet_image_list_path(work->loader.images, index), error);
    }
    work->n_appended += n;
    if (work->options.features_path == NULL || binet__predictions_builder_count(work->builder) == n_rows) {
        return BINET_OK;
    }
    binet_array features = rows_of(&work->outputs.features, first, n);
    return binet__features_append(&work->features, &features, error);
}

static binet_status append(evaluation *work, const binet__batch *batch, binet_error *error)
{
    // Where rows may be left out, one at a time: the features of a row go with it.
    int64_t most = work->omits && work->options.features_path != NULL ? 1 : batch->n;
    binet_status status = BINET_OK;
    for (int64_t first = 0; status == BINET_OK && first < batch->n;) {
        int64_t end = first + 1;
        while (end < batch->n && end - first < most && (batch->labels[end] >= 0) == (batch->labels[first] >= 0)) {
            end++;
        }
        status = append_rows(work, batch, first, end - first, error);
        first = end;
    }
    return status;
}

/** After the model: its outputs become rows, and the caller hears of it. */
static binet_status finish_batch(evaluation *work, const binet__batch *batch, binet_error *error)
{
    binet_status status = BINET_OK;
    if (batch->n > 0) {
        status = work->model_status;
        if (status != BINET_OK) {
            return binet__fail(error, status, work->model_error.argument, work->model_error.element, "%s",
                               work->model_error.message);
        }
        status = check_outputs(work, batch->n, error);
        status = status == BINET_OK ? append(work, batch, error) : status;
    }
    const binet_evaluate_options *options = &work->options;
    int64_t n_done = batch->first + batch->n_listed;
    if (status == BINET_OK && options->progress != NULL &&
        options->progress(options->progress_user, n_done, work->n_images) != 0) {
        status = binet__fail(error, BINET_CANCELLED, "options", -1, "cancelled after %lld of %lld images",
                             (long long)n_done, (long long)work->n_images);
    }
    return status;
}

/* ---- Rounds ------------------------------------------------------------------------------------------------------ */

typedef struct round {
    evaluation *work;
    const binet__batch *ready;
    binet__batch *next;
} round;

/** Task 0 is the model on the batch that is ready, the others read an image each of the next. */
static void run_task(void *argument, int64_t index)
{
    const round *now = argument;
    evaluation *work = now->work;
    if (index > 0) {
        binet__batch_read(&work->loader, now->next, index - 1);
    } else if (now->ready->n > 0) {
        work->model_status =
            binet__model_run(&work->model, &work->loader, now->ready, &work->outputs, &work->model_error);
    }
}

static binet_status run_round(evaluation *work, const binet__batch *ready, binet__batch *next, binet_error *error)
{
    round now = {work, ready, next};
    memset(&work->outputs, 0, sizeof work->outputs);
    work->outputs.struct_size = sizeof work->outputs;
    work->outputs.want_features = work->options.features_path != NULL;
    work->model_status = binet__fail(&work->model_error, BINET_INTERNAL, "context", -1,
                                     "the executor of the context returned BINET_OK without having run every task");
    return binet__run(work->context, 1 + next->n_listed, run_task, &now, error);
}

static binet_status run_rounds(evaluation *work, binet_error *error)
{
    binet__batch *ready = &work->batches[0];
    binet__batch *next = &work->batches[1];
    binet_status status = BINET_OK;
    int64_t n_begun = 0;
    do {
        int64_t left = work->n_images - n_begun;
        binet__batch_begin(next, n_begun, left < work->batch_size ? left : work->batch_size);
        n_begun += next->n_listed;
        status = run_round(work, ready, next, error);
        if (status == BINET_OK && ready->n_listed > 0) {
            status = finish_batch(work, ready, error);
        }
        if (status == BINET_OK) {
            status = binet__batch_settle(&work->loader, next, work->options.skipped, work->options.skipped_user, error);
        }
        binet__batch *done = ready;
        ready = next;
        next = done;
    } while (status == BINET_OK && ready->n_listed > 0);
    if (status == BINET_OK && work->n_appended == 0) {
        status = binet__fail(error, BINET_INVALID_DATA, "images", -1, "none of the %lld images can be read",
                             (long long)work->n_images);
    }
    return status;
}

static binet_status finish(evaluation *work, binet_predictions **predictions, binet_error *error)
{
    binet_predictions *made = NULL;
    binet_error reason;
    binet_status status = binet_predictions_builder_finish(work->builder, &made, &reason);
    if (status != BINET_OK) {
        return pass_on(&reason, -1, NULL, error);
    }
    if (work->options.features_path != NULL) {
        status = binet__features_commit(&work->features, error);
    }
    if (status != BINET_OK) {
        binet_predictions_destroy(made);
        return status;
    }
    *predictions = made;
    return BINET_OK;
}

binet_status binet_evaluate(const binet_context *context, const binet_model *model, const binet_image_list *images,
                            const binet_transform *transform, const binet_evaluate_options *options,
                            binet_predictions **predictions, binet_error *error)
{
    evaluation work;
    binet_error reason;
    memset(&work, 0, sizeof work);
    work.context = context;
    binet_status status = read_arguments(&work, model, images, options, predictions, error);
    if (status == BINET_OK) {
        status = binet_predictions_builder_create(context, work.options.kind, work.options.predictions, &work.builder,
                                                  &reason);
        status = status != BINET_OK ? pass_on(&reason, -1, NULL, error) : status;
    }
    if (status == BINET_OK) {
        status = binet__loader_prepare(context, images, transform, work.options.images, &work.loader, error);
    }
    for (int i = 0; status == BINET_OK && i < 2; i++) {
        status = binet__batch_create(&work.loader, work.batch_size, &work.batches[i], error);
    }
    if (status == BINET_OK && work.options.features_path != NULL) {
        status = binet__features_create(context, work.options.features_path, &work.features, error);
    }
    status = status == BINET_OK ? run_rounds(&work, error) : status;
    status = status == BINET_OK ? finish(&work, predictions, error) : status;
    binet__features_discard(&work.features);
    binet__batch_release(&work.loader, &work.batches[0]);
    binet__batch_release(&work.loader, &work.batches[1]);
    binet_predictions_builder_destroy(work.builder);
    return status;
}
