#include "metrics/classwise.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/bins.h"

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static binet_status check_definition(const binet_classwise_options *given, binet_error *error)
{
    if (given->binning != BINET_EQUAL_WIDTH && given->binning != BINET_EQUAL_MASS) {
        return binet__fail_argument(error, "options", "options->binning is %d; allowed: %d (equal width), %d (mass)",
                                    (int)given->binning, BINET_EQUAL_WIDTH, BINET_EQUAL_MASS);
    }
    binet_status status = binet__bin_check_convention(given->convention, error);
    if (status != BINET_OK) {
        return status;
    }
    if (given->definition != BINET_CLASSWISE_NIXON && given->definition != BINET_CLASSWISE_PEARCE) {
        return binet__fail_argument(error, "options", "options->definition is %d; allowed: %d (nixon), %d (pearce)",
                                    (int)given->definition, BINET_CLASSWISE_NIXON, BINET_CLASSWISE_PEARCE);
    }
    int pearce = given->definition == BINET_CLASSWISE_PEARCE;
    if (given->convention != BINET_CONVENTION_BINET && (pearce || given->binning == BINET_EQUAL_MASS)) {
        return binet__fail_argument(error, "options", "options->convention is %d (%s); %s has its own, 0 (binet)",
                                    (int)given->convention, binet__convention_name(given->convention),
                                    pearce ? "pearce" : "class-wise equal mass");
    }
    if (!(given->threshold >= 0.0 && given->threshold <= 1.0)) {
        return binet__fail_argument(error, "options", "options->threshold is %g; allowed: 0 .. 1", given->threshold);
    }
    if (pearce && given->binning == BINET_EQUAL_WIDTH && given->threshold != 0.0) {
        return binet__fail_argument(
            error, "options", "options->threshold is %g; pearce has one for bins of equal mass only", given->threshold);
    }
    return BINET_OK;
}

binet_status binet__classwise_read_options(const binet_context *context, int32_t kind,
                                           const binet_classwise_options *options, binet__classwise_settings *settings,
                                           binet_error *error)
{
    binet_classwise_options given;
    binet_status status = binet__read_struct(&given, sizeof given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given.reserved, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    given.n_bins = given.n_bins != 0 ? given.n_bins : BINET__DEFAULT_BINS;
    if (given.n_bins < 1 || given.n_bins > BINET__MOST_BINS) {
        return binet__fail_argument(error, "options", "options->n_bins is %d; allowed: 1 .. %d, or 0 for %d",
                                    (int)given.n_bins, BINET__MOST_BINS, BINET__DEFAULT_BINS);
    }
    status = binet__scores_check_kind(kind, given.temperature, error);
    status = status == BINET_OK ? check_definition(&given, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    settings->kind = kind;
    settings->n_bins = binet__bin_count(given.convention, given.n_bins);
    settings->n_asked = given.n_bins;
    settings->binning = given.binning;
    settings->convention = given.convention;
    settings->definition = given.definition;
    settings->threshold = given.threshold;
    settings->inverse_temperature = given.temperature != 0.0 ? 1.0 / given.temperature : 1.0;
    return binet__kernels_of(context, &settings->kernels, error);
}

binet_status binet__classwise_check_batch(const binet_array *scores, const binet_array *labels, int64_t n_classes,
                                          binet_error *error)
{
    binet_status status = binet__check_array(scores, "scores", 2, BINET__DTYPES_FLOAT, error);
    status = status == BINET_OK ? binet__check_array(labels, "labels", 1, BINET__DTYPES_INTEGER, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (scores->shape[1] < 1 || scores->shape[1] > INT32_MAX) {
        return binet__fail_argument(error, "scores", "scores has %lld classes; allowed: 1 .. %d",
                                    (long long)scores->shape[1], INT32_MAX);
    }
    if (n_classes != 0 && scores->shape[1] != n_classes) {
        return binet__fail_argument(error, "scores", "scores has %lld classes; the batches before had %lld",
                                    (long long)scores->shape[1], (long long)n_classes);
    }
    if (labels->shape[0] != scores->shape[0]) {
        return binet__fail_argument(error, "labels", "labels has %lld entries; scores has %lld rows",
                                    (long long)labels->shape[0], (long long)scores->shape[0]);
    }
    return BINET_OK;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

binet__classwise_batch binet__classwise_batch_of(const binet__classwise_settings *settings, const binet_array *scores,
                                                 const binet_array *labels, int64_t first_row)
{
    binet__classwise_batch batch = {.settings = settings,
                                    .labels = labels,
                                    .scores = binet__scores_of(scores, NULL, 0, settings->kernels),
                                    .first_row = first_row,
                                    .wide = scores->dtype == BINET_F64};
    batch.parameters.inverse_temperature = settings->inverse_temperature;
    batch.parameters.sum_tolerance = batch.scores.sum_tolerance;
    return batch;
}

static void scale(const binet__classwise_batch *batch, const void *row, void *room, const void **scaled,
                  binet__scaling *scaling)
{
    const binet__kernels *kernels = batch->settings->kernels;
    int64_t n = batch->scores.n_kept;
    int logits = batch->settings->kind == BINET_LOGITS;
    if (logits && batch->wide) {
        kernels->scale_f64(row, n, &batch->parameters, room, scaling);
    } else if (logits) {
        kernels->scale_f32(row, n, &batch->parameters, room, scaling);
    } else if (batch->wide) {
        kernels->check_f64(row, n, &batch->parameters, scaling);
    } else {
        kernels->check_f32(row, n, &batch->parameters, scaling);
    }
    *scaled = logits ? room : row;
}

int binet__classwise_read_row(const binet__classwise_batch *batch, int64_t i, void *scratch, void *room,
                              const void **scaled, binet__scaling *scaling, int64_t *label,
                              binet__classwise_fault *fault)
{
    *label = binet__integer_at(batch->labels, i);
    fault->row = i;
    if (*label < 0 || *label >= batch->scores.n_kept) {
        fault->state = BINET__BAD_LABEL;
        fault->label = *label;
        return 0;
    }
    const void *row = binet__scores_read(&batch->scores, i, 0, batch->scores.n_kept, scratch);
    scale(batch, row, room, scaled, scaling);
    if (scaling->state != BINET__ROW_OK) {
        fault->state = scaling->state;
        fault->column = scaling->fault;
        fault->value = scaling->sum;
        if (scaling->state == BINET__ROW_OUT_OF_RANGE) {
            fault->value =
                batch->wide ? ((const double *)row)[fault->column] : (double)((const float *)row)[fault->column];
        }
    }
    return scaling->state == BINET__ROW_OK;
}

binet_status binet__classwise_fail(const binet__classwise_batch *batch, const binet__classwise_fault *fault,
                                   binet_error *error)
{
    int64_t row = batch->first_row + fault->row;
    if (fault->state == BINET__NO_MEMORY) {
        return binet__fail(error, BINET_OUT_OF_MEMORY, "", -1, "no memory for a block of %lld classes",
                           (long long)batch->scores.n_kept);
    }
    if (fault->state == BINET__BAD_LABEL) {
        return binet__fail(error, BINET_INVALID_DATA, "labels", row, "labels[%lld] is %lld; allowed: 0 .. %lld",
                           (long long)row, (long long)fault->label, (long long)(batch->scores.n_kept - 1));
    }
    return binet__scores_fail(&batch->scores, fault->state, row, fault->column, fault->value, error);
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

static binet_status check_room(const void *room, int64_t capacity, const char *name, int64_t needed, binet_error *error)
{
    if (room != NULL && capacity < needed) {
        return binet__fail_argument(error, "result", "result->%s_capacity is %lld; at least %lld are needed", name,
                                    (long long)capacity, (long long)needed);
    }
    return BINET_OK;
}

binet_status binet__classwise_out_create(const binet_context *context, const binet__classwise_settings *settings,
                                         int64_t n, int64_t n_classes, const binet_classwise_result *result,
                                         binet__classwise_out *out, binet_error *error)
{
    memset(out, 0, sizeof *out);
    out->context = context;
    out->settings = settings;
    binet_classwise_result *found = &out->found;
    int64_t n_all = n_classes * settings->n_bins; /* below 2^47 */
    binet_status status = binet__read_struct(found, sizeof *found, result, "result", error);
    status =
        status == BINET_OK ? check_room(found->classes, found->classes_capacity, "classes", n_classes, error) : status;
    status = status == BINET_OK ? check_room(found->bins, found->bins_capacity, "bins", n_all, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    found->n_bins = settings->n_bins;
    found->n = n;
    found->n_classes = n_classes;
    out->classes = binet__allocate(context, n_classes, sizeof *out->classes, error);
    if (out->classes != NULL && found->bins != NULL) {
        out->bins = binet__allocate(context, n_all, sizeof *out->bins, error);
    }
    return out->classes != NULL && (found->bins == NULL || out->bins != NULL) ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void write_bins(const binet__classwise_out *out, int64_t k, const binet__classwise_bin *bins)
{
    binet_calibration_bin *into = out->bins + k * out->settings->n_bins;
    for (int32_t b = 0; b < out->settings->n_bins; b++) {
        double count = (double)bins[b].count;
        into[b].low = bins[b].low;
        into[b].high = bins[b].high;
        into[b].count = bins[b].count;
        into[b].accuracy = bins[b].count > 0 ? (double)bins[b].right / count : NAN;
        into[b].confidence = bins[b].count > 0 ? binet__sum_value(&bins[b].probability) / count : NAN;
    }
}

void binet__classwise_measure(const binet__classwise_out *out, int64_t k, const binet__classwise_bin *bins,
                              int64_t n_labels)
{
    int pearce = out->settings->definition == BINET_CLASSWISE_PEARCE;
    binet_classwise_class one = {.n_labels = n_labels};
    binet__sum probability = {0, 0};
    double squares = 0.0;
    int64_t right = 0;
    for (int32_t b = 0; b < out->settings->n_bins; b++) {
        one.n += bins[b].count;
        right += bins[b].right;
    }
    double n = (double)(pearce ? out->found.n : one.n);
    for (int32_t b = 0; b < out->settings->n_bins; b++) {
        if (bins[b].count == 0) {
            continue;
        }
        double count = (double)bins[b].count;
        double gap = fabs((double)bins[b].right / count - binet__sum_value(&bins[b].probability) / count);
        one.ece += count / n * gap;
        squares += count / n * (gap * gap);
        one.mce = fmax(one.mce, gap);
        binet__sum_join(&probability, &bins[b].probability);
    }
    one.rms = sqrt(squares);
    one.probability = one.n > 0 ? binet__sum_value(&probability) / (double)one.n : NAN;
    one.accuracy = one.n > 0 ? (double)right / (double)one.n : NAN;
    if (one.n == 0 && !pearce) {
        one.ece = NAN;
        one.rms = NAN;
        one.mce = NAN;
    }
    out->classes[k] = one;
    if (out->bins != NULL) {
        write_bins(out, k, bins);
    }
}

/* In the order of the classes, so that the bits are always the same. */
void binet__classwise_out_finish(binet__classwise_out *out, binet_classwise_result *result)
{
    binet_classwise_result *found = &out->found;
    double ece = 0.0;
    double squares = 0.0;
    double mce = 0.0;
    int64_t n_counting = 0;
    found->n_unseen = 0;
    found->n_empty = 0;
    for (int64_t k = 0; k < found->n_classes; k++) {
        const binet_classwise_class *one = &out->classes[k];
        found->n_unseen += one->n_labels == 0;
        found->n_empty += one->n == 0;
        if (!isnan(one->ece)) {
            n_counting++;
            ece += one->ece;
            squares += one->rms * one->rms;
            mce = fmax(mce, one->mce);
        }
    }
    found->ece = n_counting > 0 ? ece / (double)n_counting : NAN;
    found->rms = n_counting > 0 ? sqrt(squares / (double)n_counting) : NAN;
    found->mce = n_counting > 0 ? mce : NAN;
    if (found->classes != NULL) {
        memcpy(found->classes, out->classes, (size_t)found->n_classes * sizeof *out->classes);
    }
    if (found->bins != NULL) {
        memcpy(found->bins, out->bins, (size_t)(found->n_classes * found->n_bins) * sizeof *out->bins);
    }
    binet__write_struct(result, found, sizeof *found);
}

void binet__classwise_out_release(binet__classwise_out *out)
{
    binet__release(out->context, out->classes);
    binet__release(out->context, out->bins);
}

/* ---- In one call ------------------------------------------------------------------------------------------------- */

binet_status binet_classwise_calibration(const binet_context *context, int32_t kind, const binet_array *scores,
                                         const binet_array *labels, const binet_classwise_options *options,
                                         binet_classwise_result *result, binet_error *error)
{
    binet__classwise_settings settings = {0};
    binet_classwise_builder *builder = NULL;
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? binet__classwise_read_options(context, kind, options, &settings, error) : status;
    status = status == BINET_OK ? binet__classwise_check_batch(scores, labels, 0, error) : status;
    if (status == BINET_OK && scores->shape[0] == 0) {
        status = binet__fail_argument(error, "scores", "scores has 0 rows; at least 1 is needed");
    }
    if (status != BINET_OK) {
        return status;
    }
    if (settings.binning == BINET_EQUAL_MASS) {
        return binet__classwise_equal_mass(context, &settings, scores, labels, result, error);
    }
    status = binet_classwise_builder_create(context, kind, options, &builder, error);
    status = status == BINET_OK ? binet_classwise_builder_append(builder, scores, labels, error) : status;
    status = status == BINET_OK ? binet_classwise_builder_finish(builder, result, error) : status;
    binet_classwise_builder_destroy(builder);
    return status;
}
