/* One answer from the scores of many models: the mean of their probabilities, weighted by how sure each is. */
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/selection.h"
#include "metrics/loop.h"
#include "metrics/probabilities.h"

enum { BLOCK_ELEMENTS = 1 << 20 }; /* probabilities that are held at once */

typedef struct mixing {
    const binet_context *context;
    const binet__kernels *kernels;
    const binet_array *arrays; /* n_models */
    int64_t n_models;
    int64_t n_classes;
    size_t row_bytes; /* of n_classes doubles */
    int32_t kind;
    int32_t weighting;
    int64_t first; /* row of the block */
    double *mixed; /* [rows of the block, n_classes] */
} mixing;

/* Memory of a task. */
typedef struct workspace {
    void *scratch;    /* for reading */
    double *by_model; /* [n_models, n_classes] probabilities */
    double *weights;  /* n_models */
} workspace;

static void end(const void *self, void *made)
{
    const mixing *work = self;
    workspace *of = made;
    binet__release(work->context, of->by_model);
    binet__release(work->context, of->weights);
    binet__release(work->context, of->scratch);
    binet__release(work->context, of);
}

static binet_status begin(const void *self, void **made, binet_error *error)
{
    const mixing *work = self;
    workspace *of = binet__allocate_zero(work->context, 1, sizeof *of, error);
    if (of == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    const binet__probabilities first = binet__probabilities_of(&work->arrays[0], work->kind, work->kernels);
    of->scratch = binet__probabilities_scratch(work->context, &first, error);
    of->weights = of->scratch != NULL ? binet__allocate(work->context, work->n_models, sizeof(double), error) : NULL;
    of->by_model = of->weights != NULL ? binet__allocate(work->context, work->n_models, work->row_bytes, error) : NULL;
    if (of->by_model == NULL) {
        end(work, of);
        return BINET_OUT_OF_MEMORY;
    }
    *made = of;
    return BINET_OK;
}

static void reduce(const mixing *work, int wide, const void *values, const binet__row_parameters *parameters,
                   binet__row *row)
{
    const binet__kernels *kernels = work->kernels;
    if (work->kind == BINET_LOGITS) {
        wide ? kernels->logits_f64(values, work->n_classes, -1, parameters, row)
             : kernels->logits_f32(values, work->n_classes, -1, parameters, row);
    } else {
        wide ? kernels->probabilities_f64(values, work->n_classes, -1, parameters, row)
             : kernels->probabilities_f32(values, work->n_classes, -1, parameters, row);
    }
}

/* The probabilities of one model for one row, and its weight; its state where the row is at fault. */
static void read_row(const mixing *work, workspace *of, int64_t model, int64_t row, binet__row *reduced)
{
    const binet__probabilities given = binet__probabilities_of(&work->arrays[model], work->kind, work->kernels);
    const void *values = binet__scores_read(&given.scores, row, 0, work->n_classes, of->scratch);
    const binet__row_parameters parameters = {1.0, given.scores.sum_tolerance};
    reduce(work, given.scores.array->dtype == BINET_F64, values, &parameters, reduced);
    if (reduced->state != BINET__ROW_OK) {
        return;
    }
    const double *probabilities = of->scratch;
    (void)binet__probabilities_read(&given, row, of->scratch, &probabilities,
                                    NULL); /* what can be reduced can be read */
    memcpy(of->by_model + model * work->n_classes, probabilities, work->row_bytes);
    double most = log((double)work->n_classes);
    double sure = most > 0 ? 1 - reduced->entropy / most : 0;
    of->weights[model] = work->weighting == BINET_WEIGHT_EQUAL ? 1 : sure > 0 ? sure : 0;
}

static void mix_row(const mixing *work, workspace *of, double *mixed)
{
    double whole = 0;
    for (int64_t model = 0; model < work->n_models; model++) {
        whole += of->weights[model];
    }
    for (int64_t model = 0; model < work->n_models; model++) {
        double share = whole > 0 ? of->weights[model] / whole : 1.0 / (double)work->n_models;
        const double *values = of->by_model + model * work->n_classes;
        for (int64_t k = 0; k < work->n_classes; k++) {
            mixed[k] = model == 0 ? share * values[k] : fma(share, values[k], mixed[k]);
        }
    }
    for (int64_t k = 0; k < work->n_classes; k++) {
        mixed[k] = mixed[k] < 1 ? mixed[k] : 1; /* weights that round to a little above 1 together */
    }
}

static binet_status fail(const mixing *work, int64_t model, int64_t row, const binet__row *found, binet_error *error)
{
    binet_error reason;
    binet__scores scores = binet__scores_of(&work->arrays[model], NULL, 0, work->kernels);
    binet_status status = binet__scores_fail(&scores, found->state, row, found->fault, found->sum, &reason);
    return binet__fail(error, status, "scores", row, "model %lld: %s", (long long)model, reason.message);
}

static binet_status step(const void *self, void *made, int64_t i, binet_error *error)
{
    const mixing *work = self;
    for (int64_t model = 0; model < work->n_models; model++) {
        binet__row reduced = {0};
        read_row(work, made, model, work->first + i, &reduced);
        if (reduced.state != BINET__ROW_OK) {
            return fail(work, model, work->first + i, &reduced, error);
        }
    }
    mix_row(work, made, work->mixed + i * work->n_classes);
    return BINET_OK;
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

static binet_status mix_all(mixing *work, int64_t block, const binet_array *labels, binet_predictions_builder *builder,
                            binet_error *error)
{
    int64_t n = work->arrays[0].shape[0];
    binet_status status = BINET_OK;
    for (work->first = 0; status == BINET_OK && work->first < n; work->first += block) {
        int64_t n_rows = n - work->first < block ? n - work->first : block;
        binet__loop loop = {work, n_rows, begin, step, end};
        status = binet__loop_run(work->context, &loop, error);
        if (status != BINET_OK) {
            return status;
        }
        int64_t size = sizeof(double);
        binet_array mixed = {work->mixed, BINET_F64, 2, {n_rows, work->n_classes}, {work->n_classes * size, size}};
        binet_array some;
        if (labels != NULL) {
            some = *labels;
            some.data = (const char *)labels->data + work->first * labels->strides[0];
            some.shape[0] = n_rows;
        }
        status = binet_predictions_builder_append(builder, &mixed, labels != NULL ? &some : NULL, NULL, error);
    }
    return status;
}

static binet_status check_scores(const binet_array *scores, int64_t n_models, binet_error *error)
{
    binet_status status = binet__require(scores, "scores", error);
    if (status == BINET_OK && n_models < 1) {
        status = binet__fail_argument(error, "n_models", "n_models is %lld; allowed: >= 1", (long long)n_models);
    }
    for (int64_t model = 0; status == BINET_OK && model < n_models; model++) {
        status = binet__check_array(&scores[model], "scores", 2, BINET__DTYPES_FLOAT, error);
        if (status == BINET_OK &&
            (scores[model].shape[0] != scores[0].shape[0] || scores[model].shape[1] != scores[0].shape[1] ||
             scores[model].shape[0] < 1 || scores[model].shape[1] < 1)) {
            status = binet__fail(error, BINET_INVALID_ARGUMENT, "scores", model,
                                 "the scores of model %lld are [%lld, %lld], those of the first [%lld, %lld]; all must "
                                 "be the same, and not empty",
                                 (long long)model, (long long)scores[model].shape[0], (long long)scores[model].shape[1],
                                 (long long)scores[0].shape[0], (long long)scores[0].shape[1]);
        }
    }
    return status;
}

static binet_status check_call(const mixing *work, const binet_array *labels, const binet_ensemble_options *options,
                               binet_predictions **predictions, binet_error *error)
{
    binet_status status = check_scores(work->arrays, work->n_models, error);
    int64_t n = status == BINET_OK ? work->arrays[0].shape[0] : 0;
    status = status == BINET_OK && labels != NULL
                 ? binet__check_vector(labels, "labels", BINET__DTYPES_INTEGER, &n, error)
                 : status;
    status = status == BINET_OK ? binet__scores_check_kind(work->kind, 0, error) : status;
    status = status == BINET_OK ? binet__require(predictions, "predictions", error) : status;
    if (status == BINET_OK && options->weighting != BINET_WEIGHT_ENTROPY && options->weighting != BINET_WEIGHT_EQUAL) {
        status = binet__fail_argument(error, "options", "options->weighting is %d; allowed: %d (entropy), %d (equal)",
                                      (int)options->weighting, BINET_WEIGHT_ENTROPY, BINET_WEIGHT_EQUAL);
    }
    return status;
}

binet_status binet_ensemble(const binet_context *context, int32_t kind, const binet_array *scores, int64_t n_models,
                            const binet_array *labels, const binet_ensemble_options *options,
                            binet_predictions **predictions, binet_error *error)
{
    mixing work = {.context = context, .arrays = scores, .n_models = n_models, .kind = kind};
    binet_ensemble_options given;
    binet_predictions_builder *builder = NULL;
    binet_status status = binet__read_struct(&given, sizeof given, options, "options", error);
    status = status == BINET_OK ? check_call(&work, labels, &given, predictions, error) : status;
    status = status == BINET_OK ? binet__kernels_of(context, &work.kernels, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    work.weighting = given.weighting;
    work.n_classes = scores[0].shape[1];
    int64_t block = work.n_classes < BLOCK_ELEMENTS ? BLOCK_ELEMENTS / work.n_classes : 1;
    block = block < scores[0].shape[0] ? block : scores[0].shape[0];
    if (!binet__multiply(work.n_classes, sizeof(double), &work.row_bytes)) {
        return binet__fail_memory(error, UINT64_MAX);
    }
    work.mixed = binet__allocate(context, block, work.row_bytes, error);
    status = work.mixed != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    status = status == BINET_OK ? binet_predictions_builder_create(context, BINET_PROBABILITIES, NULL, &builder, error)
                                : status;
    status = status == BINET_OK ? mix_all(&work, block, labels, builder, error) : status;
    status = status == BINET_OK ? binet_predictions_builder_finish(builder, predictions, error) : status;
    binet_predictions_builder_destroy(builder);
    binet__release(context, work.mixed);
    return status;
}
