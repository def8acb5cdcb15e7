#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/sum.h"
#include "binet/robustness.h"
#include "metrics/corruption_baseline.h"
#include "metrics/interval.h"
#include "metrics/robustness.h"

enum { MOST = 1024 };

/* ---- What the caller gives --------------------------------------------------------------------------------------- */

typedef struct inputs {
    const binet_array *errors;
    const binet_array *counts;
    int32_t n_corruptions;
    int32_t n_severities;
    double clean_error;
    const double *baseline; /* NULL: none */
    double baseline_clean;  /* NaN: unknown */
    binet_corruption_options options;
} inputs;

static const double least_baseline = 1e-6; /* so that no CE is too large for its digits */

static int64_t count_at(const inputs *given, int64_t c, int64_t s)
{
    if (given->counts == NULL) {
        return 0;
    }
    binet_array row = *given->counts;
    row.data = (const char *)row.data + c * row.strides[0];
    row.strides[0] = row.strides[1];
    return binet__integer_at(&row, s);
}

static binet_status check_baseline(inputs *given, binet_error *error)
{
    const binet_corruption_options *options = &given->options;
    given->baseline_clean = BINET__ALEXNET_CLEAN;
    if (options->baseline_errors == NULL) {
        if (options->baseline < BINET_BASELINE_ALEXNET || options->baseline > BINET_BASELINE_NONE) {
            return binet__fail_argument(error, "options",
                                        "options->baseline is %d; allowed: BINET_BASELINE_ALEXNET .. _NONE",
                                        (int)options->baseline);
        }
        given->baseline = binet__corruption_baseline(options->baseline);
        if (given->baseline != NULL && given->n_corruptions != BINET__N_IMAGENET_C) {
            return binet__fail_argument(error, "errors",
                                        "errors has %d corruptions; AlexNet's are of %d, any other number needs "
                                        "baseline errors of its own, or none",
                                        (int)given->n_corruptions, BINET__N_IMAGENET_C);
        }
        return BINET_OK;
    }
    if (options->baseline != 0 || options->n_baseline_errors != given->n_corruptions) {
        return binet__fail_argument(error, "options",
                                    "options->baseline_errors has %lld entries, and baseline is %d; allowed: %d, one a "
                                    "corruption, and no baseline by name",
                                    (long long)options->n_baseline_errors, (int)options->baseline,
                                    (int)given->n_corruptions);
    }
    double clean = options->baseline_clean_error;
    given->baseline = options->baseline_errors;
    given->baseline_clean = clean != 0.0 ? clean : NAN;
    for (int32_t c = 0; c < given->n_corruptions; c++) {
        double value = given->baseline[c];
        if (!(value >= least_baseline && value <= 1.0) || !(clean >= 0.0 && clean < value)) {
            return binet__fail(error, BINET_INVALID_DATA, "options", c,
                               "options->baseline_errors[%d] is %g with a clean error of %g; allowed: 1e-6 .. 1, and "
                               "more than the clean error",
                               (int)c, value, clean);
        }
    }
    return BINET_OK;
}

static binet_status fail_missing(const inputs *given, int64_t c, int64_t s, binet_error *error)
{
    int64_t cell = c * given->n_severities + s;
    if (given->n_corruptions != BINET__N_IMAGENET_C) {
        return binet__fail(error, BINET_INVALID_DATA, "errors", cell, "errors[%lld, %lld] is NaN: it is missing",
                           (long long)c, (long long)s);
    }
    return binet__fail(error, BINET_INVALID_DATA, "errors", cell,
                       "errors[%lld, %lld] is NaN: %s at severity %lld is missing", (long long)c, (long long)s,
                       binet_corruption_name((int32_t)c), (long long)s + 1);
}

static binet_status check_cells(const inputs *given, binet_error *error)
{
    for (int64_t c = 0; c < given->n_corruptions; c++) {
        for (int64_t s = 0; s < given->n_severities; s++) {
            int64_t cell = c * given->n_severities + s;
            double value = binet__f64_at_2(given->errors, c, s);
            if (isnan(value)) {
                if (given->options.missing == BINET_MISSING_ERROR) {
                    return fail_missing(given, c, s, error);
                }
                continue;
            }
            if (!(value >= 0.0 && value <= 1.0)) {
                return binet__fail(error, BINET_INVALID_DATA, "errors", cell,
                                   "errors[%lld, %lld] is %g; allowed: 0 .. 1, or NaN where missing", (long long)c,
                                   (long long)s, value);
            }
            if (given->counts != NULL && count_at(given, c, s) < 0) {
                return binet__fail(error, BINET_INVALID_DATA, "counts", cell,
                                   "counts[%lld, %lld] is %lld; allowed: 1 and more, or 0 where unknown", (long long)c,
                                   (long long)s, (long long)count_at(given, c, s));
            }
        }
    }
    return BINET_OK;
}

static binet_status check_options(inputs *given, const binet_corruption_options *options, binet_error *error)
{
    binet_status status = binet__read_struct(&given->options, sizeof given->options, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given->options.reserved, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (given->options.missing != BINET_MISSING_ERROR && given->options.missing != BINET_MISSING_NAN) {
        return binet__fail_argument(error, "options",
                                    "options->missing is %d; allowed: BINET_MISSING_ERROR, BINET_MISSING_NAN",
                                    (int)given->options.missing);
    }
    return binet__check_confidence_level(&given->options.confidence_level, error);
}

static binet_status check_arrays(inputs *given, binet_error *error)
{
    binet_status status = binet__require(given->errors, "errors", error);
    status =
        status == BINET_OK ? binet__check_array(given->errors, "errors", 2, BINET__DTYPE(BINET_F64), error) : status;
    if (status != BINET_OK) {
        return status;
    }
    const int64_t *shape = given->errors->shape;
    if (shape[0] < 1 || shape[0] > MOST || shape[1] < 1 || shape[1] > MOST) {
        return binet__fail_argument(error, "errors",
                                    "errors is [%lld, %lld]; allowed: 1 .. %d corruptions and as many severities",
                                    (long long)shape[0], (long long)shape[1], MOST);
    }
    given->n_corruptions = (int32_t)shape[0];
    given->n_severities = (int32_t)shape[1];
    if (given->counts == NULL) {
        return BINET_OK;
    }
    status = binet__check_array(given->counts, "counts", 2, BINET__DTYPES_INTEGER, error);
    if (status == BINET_OK && (given->counts->shape[0] != shape[0] || given->counts->shape[1] != shape[1])) {
        return binet__fail_argument(error, "counts", "counts is [%lld, %lld], and errors [%lld, %lld]",
                                    (long long)given->counts->shape[0], (long long)given->counts->shape[1],
                                    (long long)shape[0], (long long)shape[1]);
    }
    return status;
}

static binet_status check_inputs(inputs *given, const binet_corruption_options *options, binet_error *error)
{
    binet_status status = check_options(given, options, error);
    status = status == BINET_OK ? check_arrays(given, error) : status;
    if (status == BINET_OK && !isnan(given->clean_error) && !(given->clean_error >= 0.0 && given->clean_error <= 1.0)) {
        return binet__fail_argument(error, "clean_error", "clean_error is %g; allowed: 0 .. 1, or NaN where unknown",
                                    given->clean_error);
    }
    status = status == BINET_OK ? check_baseline(given, error) : status;
    return status == BINET_OK ? check_cells(given, error) : status;
}

static binet_status check_room(const void *room, int64_t capacity, int64_t needed, const char *what, binet_error *error)
{
    if (room != NULL && capacity < needed) {
        return binet__fail_argument(error, "result", "result->%s_capacity is %lld; %lld are needed", what,
                                    (long long)capacity, (long long)needed);
    }
    return BINET_OK;
}

static binet_status read_result(const binet_corruption_result *result, const inputs *given,
                                binet_corruption_result *found, binet_error *error)
{
    int64_t n_cells = (int64_t)given->n_corruptions * given->n_severities;
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(found, sizeof *found, result, "result", error) : status;
    status = status == BINET_OK ? check_room(found->corruptions, found->corruptions_capacity, given->n_corruptions,
                                             "corruptions", error)
                                : status;
    status = status == BINET_OK
                 ? check_room(found->severities, found->severities_capacity, given->n_severities, "severities", error)
                 : status;
    return status == BINET_OK ? check_room(found->cells, found->cells_capacity, n_cells, "cells", error) : status;
}

/* ---- Means ------------------------------------------------------------------------------------------------------- */

typedef struct running {
    binet__sum error;
    binet__sum low;
    binet__sum high;
    int64_t n_missing;
    int without_interval; /* a part has none */
} running;

static void add(running *sums, const binet_corruption_cell *cell)
{
    if (isnan(cell->error)) {
        sums->n_missing++;
        return;
    }
    binet__sum_add(&sums->error, cell->error);
    if (isnan(cell->low)) {
        sums->without_interval = 1;
        return;
    }
    binet__sum_add(&sums->low, cell->low);
    binet__sum_add(&sums->high, cell->high);
}

/* The sums as values, NaN where they are not to be had. */
static void values_of(const running *sums, double values[3])
{
    int no_interval = sums->n_missing > 0 || sums->without_interval;
    values[0] = sums->n_missing > 0 ? NAN : binet__sum_value(&sums->error);
    values[1] = no_interval ? NAN : binet__sum_value(&sums->low);
    values[2] = no_interval ? NAN : binet__sum_value(&sums->high);
}

static binet_corruption_mean mean_of(const running *sums, int64_t n)
{
    double values[3];
    values_of(sums, values);
    double count = (double)n;
    binet_corruption_mean found = {
        sums->n_missing, values[0] / count, values[1] / count, values[2] / count, NAN, NAN, NAN, NAN};
    return found;
}

/* CE: the baseline's sum is made as the model's is, so that its own errors give 1 exactly. */
static void divide_by_baseline(const inputs *given, int32_t c, const running *sums, binet_corruption_mean *found)
{
    double values[3];
    binet__sum baseline = {0};
    binet__sum beyond_clean = sums->error;
    binet__sum baseline_beyond_clean = {0};
    if (given->baseline == NULL) {
        return;
    }
    for (int32_t s = 0; s < given->n_severities; s++) {
        binet__sum_add(&baseline, given->baseline[c]);
        binet__sum_add(&baseline_beyond_clean, given->baseline[c]);
        if (!isnan(given->clean_error) && !isnan(given->baseline_clean)) {
            binet__sum_add(&beyond_clean, -given->clean_error);
            binet__sum_add(&baseline_beyond_clean, -given->baseline_clean);
        }
    }
    values_of(sums, values);
    double under = binet__sum_value(&baseline);
    found->corruption_error = 100.0 * (values[0] / under);
    found->corruption_error_low = 100.0 * (values[1] / under);
    found->corruption_error_high = 100.0 * (values[2] / under);
    if (sums->n_missing == 0 && !isnan(given->clean_error) && !isnan(given->baseline_clean)) {
        found->relative_corruption_error =
            100.0 * (binet__sum_value(&beyond_clean) / binet__sum_value(&baseline_beyond_clean));
    }
}

static void measure_cells(const inputs *given, binet_corruption_cell *cells)
{
    for (int64_t c = 0; c < given->n_corruptions; c++) {
        for (int64_t s = 0; s < given->n_severities; s++) {
            double value = binet__f64_at_2(given->errors, c, s);
            int64_t n = isnan(value) ? 0 : count_at(given, c, s);
            binet__estimate one = binet__estimate_of(value, n, given->options.confidence_level);
            cells[c * given->n_severities + s] = (binet_corruption_cell){one.value, one.low, one.high};
        }
    }
}

/* Plain mean of what each corruption has; NaN where one has none. */
static double mean_over(const binet_corruption_mean *corruptions, int32_t n, size_t offset)
{
    double sum = 0.0;
    for (int32_t c = 0; c < n; c++) {
        double value;
        memcpy(&value, (const char *)&corruptions[c] + offset, sizeof value);
        sum += value;
    }
    return sum / n;
}

static void summarise(const inputs *given, const binet_corruption_cell *cells, binet_corruption_mean *corruptions,
                      binet_corruption_mean *severities, binet_corruption_result *found)
{
    int32_t n_severities = given->n_severities;
    running all = {0};
    for (int32_t c = 0; c < given->n_corruptions; c++) {
        running sums = {0};
        for (int32_t s = 0; s < n_severities; s++) {
            add(&sums, &cells[(int64_t)c * n_severities + s]);
            add(&all, &cells[(int64_t)c * n_severities + s]);
        }
        corruptions[c] = mean_of(&sums, n_severities);
        divide_by_baseline(given, c, &sums, &corruptions[c]);
    }
    for (int32_t s = 0; s < n_severities; s++) {
        running sums = {0};
        for (int32_t c = 0; c < given->n_corruptions; c++) {
            add(&sums, &cells[(int64_t)c * n_severities + s]);
        }
        severities[s] = mean_of(&sums, given->n_corruptions);
    }
    binet_corruption_mean mean = mean_of(&all, (int64_t)given->n_corruptions * n_severities);
    found->n_corruptions = given->n_corruptions;
    found->n_severities = n_severities;
    found->reserved = 0;
    found->n_missing = mean.n_missing;
    found->clean_error = given->clean_error;
    found->error = mean.error;
    found->low = mean.low;
    found->high = mean.high;
    found->mce = mean_over(corruptions, given->n_corruptions, offsetof(binet_corruption_mean, corruption_error));
    found->mce_low =
        mean_over(corruptions, given->n_corruptions, offsetof(binet_corruption_mean, corruption_error_low));
    found->mce_high =
        mean_over(corruptions, given->n_corruptions, offsetof(binet_corruption_mean, corruption_error_high));
    found->relative_mce =
        mean_over(corruptions, given->n_corruptions, offsetof(binet_corruption_mean, relative_corruption_error));
}

static void hand_over(void *room, const void *made, int64_t n, size_t size)
{
    if (room != NULL) {
        memcpy(room, made, (size_t)n * size);
    }
}

binet_status binet_corruption_robustness(const binet_context *context, const binet_array *errors,
                                         const binet_array *counts, double clean_error,
                                         const binet_corruption_options *options, binet_corruption_result *result,
                                         binet_error *error)
{
    inputs given = {.errors = errors, .counts = counts, .clean_error = clean_error};
    binet_corruption_result found;
    binet_status status = check_inputs(&given, options, error);
    status = status == BINET_OK ? read_result(result, &given, &found, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t n_cells = (int64_t)given.n_corruptions * given.n_severities;
    binet_corruption_cell *cells = binet__allocate(context, n_cells, sizeof *cells, error);
    binet_corruption_mean *means =
        cells != NULL
            ? binet__allocate(context, (int64_t)given.n_corruptions + given.n_severities, sizeof *means, error)
            : NULL;
    if (means != NULL) {
        binet_corruption_mean *severities = means + given.n_corruptions;
        measure_cells(&given, cells);
        summarise(&given, cells, means, severities, &found);
        hand_over(found.corruptions, means, given.n_corruptions, sizeof *means);
        hand_over(found.severities, severities, given.n_severities, sizeof *means);
        hand_over(found.cells, cells, n_cells, sizeof *cells);
        binet__write_struct(result, &found, sizeof found);
    }
    status = means != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    binet__release(context, cells);
    binet__release(context, means);
    return status;
}
