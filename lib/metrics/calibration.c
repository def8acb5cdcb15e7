#include "binet/calibration.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/sum.h"
#include "metrics/bins.h"
#include "metrics/predictions_table.h"
#include "metrics/sort.h"

/* Rows of a bin, counted and added up; the low and high confidence where it is a bin of equal mass. */
typedef struct bin {
    int64_t count;
    int64_t right;
    binet__sum confidence;
    double low;
    double high;
} bin;

static binet_status read_options(const binet_calibration_options *options, binet_calibration_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    given->n_bins = given->n_bins != 0 ? given->n_bins : BINET__DEFAULT_BINS;
    if (given->n_bins < 1 || given->n_bins > BINET__MOST_BINS) {
        return binet__fail_argument(error, "options", "options->n_bins is %d; allowed: 1 .. %d, or 0 for %d",
                                    (int)given->n_bins, BINET__MOST_BINS, BINET__DEFAULT_BINS);
    }
    if (given->binning != BINET_EQUAL_WIDTH && given->binning != BINET_EQUAL_MASS) {
        return binet__fail_argument(error, "options", "options->binning is %d; allowed: %d (equal width), %d (mass)",
                                    (int)given->binning, BINET_EQUAL_WIDTH, BINET_EQUAL_MASS);
    }
    if (given->convention != BINET_CONVENTION_BINET) {
        return binet__fail_argument(error, "options", "options->convention is %d; allowed: %d (binet)",
                                    (int)given->convention, BINET_CONVENTION_BINET);
    }
    return BINET_OK;
}

static binet_status check_rows(const binet_predictions *predictions, binet_error *error)
{
    const int32_t *labels = binet__column_i32(predictions, BINET_LABEL);
    const double *confidences = binet__column_f64(predictions, BINET_CONFIDENCE);
    for (int64_t i = 0; i < predictions->n; i++) {
        if (labels[i] == BINET__NO_LABEL) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i, "row %lld has no label", (long long)i);
        }
        if (!(confidences[i] >= 0.0 && confidences[i] <= 1.0)) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i,
                               "row %lld has the confidence %.9g; allowed: 0 .. 1", (long long)i, confidences[i]);
        }
    }
    return BINET_OK;
}

/* ---- Bins -------------------------------------------------------------------------------------------------------- */

static void add(bin *into, double confidence, int right)
{
    into->count++;
    into->right += right;
    binet__sum_add(&into->confidence, confidence);
}

static void fill_equal_width(const binet_predictions *predictions, int32_t n_bins, bin *bins)
{
    const int32_t *predicted = binet__column_i32(predictions, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(predictions, BINET_LABEL);
    const double *confidences = binet__column_f64(predictions, BINET_CONFIDENCE);
    for (int32_t b = 0; b < n_bins; b++) {
        bins[b].low = binet__bin_edge(n_bins, b);
        bins[b].high = binet__bin_edge(n_bins, b + 1);
    }
    for (int64_t i = 0; i < predictions->n; i++) {
        add(&bins[binet__bin_find(n_bins, confidences[i])], confidences[i], predicted[i] == labels[i]);
    }
}

static binet_status fill_equal_mass(const binet_context *context, const binet_predictions *predictions, int32_t n_bins,
                                    bin *bins, binet_error *error)
{
    const int32_t *predicted = binet__column_i32(predictions, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(predictions, BINET_LABEL);
    const double *confidences = binet__column_f64(predictions, BINET_CONFIDENCE);
    int64_t n = predictions->n;
    uint64_t *keys = binet__allocate(context, n, 2 * sizeof *keys, error);
    if (keys == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < n; i++) {
        keys[i] = binet__bin_pack(confidences[i], predicted[i] == labels[i]);
    }
    binet__sort_u64(keys, n, keys + n);
    int64_t first = 0;
    for (int32_t b = 0; b < n_bins; b++) {
        int64_t end = first + n / n_bins + (b < n % n_bins);
        bins[b].low = first < end ? binet__bin_unpack(keys[first]) : NAN;
        bins[b].high = first < end ? binet__bin_unpack(keys[end - 1]) : NAN;
        for (; first < end; first++) {
            add(&bins[b], binet__bin_unpack(keys[first]), binet__bin_right(keys[first]));
        }
    }
    binet__release(context, keys);
    return BINET_OK;
}

/* ---- The result -------------------------------------------------------------------------------------------------- */

static void summarise(const bin *bins, int32_t n_bins, binet_calibration_result *found)
{
    double n = (double)found->n;
    double squares = 0.0;
    int64_t right = 0;
    binet__sum confidence = {0, 0};
    for (int32_t b = 0; b < n_bins; b++) {
        if (bins[b].count == 0) {
            continue;
        }
        double count = (double)bins[b].count;
        double gap = fabs((double)bins[b].right / count - binet__sum_value(&bins[b].confidence) / count);
        found->ece += count / n * gap;
        squares += count / n * (gap * gap);
        found->mce = fmax(found->mce, gap);
        right += bins[b].right;
        binet__sum_join(&confidence, &bins[b].confidence);
    }
    found->rms = sqrt(squares);
    found->accuracy = (double)right / n;
    found->confidence = binet__sum_value(&confidence) / n;
}

static void write_bins(const bin *bins, int32_t n_bins, binet_calibration_bin *out)
{
    for (int32_t b = 0; b < n_bins; b++) {
        double count = (double)bins[b].count;
        out[b].low = bins[b].low;
        out[b].high = bins[b].high;
        out[b].count = bins[b].count;
        out[b].accuracy = bins[b].count > 0 ? (double)bins[b].right / count : NAN;
        out[b].confidence = bins[b].count > 0 ? binet__sum_value(&bins[b].confidence) / count : NAN;
    }
}

/* The caller's result as the present version knows it, with room for the bins that are wanted. */
static binet_status read_result(const binet_calibration_result *result, int32_t n_bins, binet_calibration_result *found,
                                binet_error *error)
{
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(found, sizeof *found, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (found->bins != NULL && found->bins_capacity < n_bins) {
        return binet__fail_argument(error, "result", "result->bins_capacity is %lld; %d bins need at least as many",
                                    (long long)found->bins_capacity, (int)n_bins);
    }
    found->ece = 0.0;
    found->mce = 0.0;
    return BINET_OK;
}

binet_status binet_calibration(const binet_context *context, const binet_predictions *predictions,
                               const binet_calibration_options *options, binet_calibration_result *result,
                               binet_error *error)
{
    binet_calibration_options given;
    binet_calibration_result found;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? read_options(options, &given, error) : status;
    status = status == BINET_OK ? read_result(result, given.n_bins, &found, error) : status;
    status = status == BINET_OK ? check_rows(predictions, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    bin *bins = binet__allocate_zero(context, given.n_bins, sizeof *bins, error);
    if (bins == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    if (given.binning == BINET_EQUAL_WIDTH) {
        fill_equal_width(predictions, given.n_bins, bins);
    } else {
        status = fill_equal_mass(context, predictions, given.n_bins, bins, error);
    }
    if (status == BINET_OK) {
        found.n_bins = given.n_bins;
        found.n = predictions->n;
        summarise(bins, given.n_bins, &found);
        if (found.bins != NULL) {
            write_bins(bins, given.n_bins, found.bins);
        }
        binet__write_struct(result, &found, sizeof found);
    }
    binet__release(context, bins);
    return status;
}
