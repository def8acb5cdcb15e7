#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/sum.h"
#include "binet/recalibration.h"
#include "metrics/bins.h"
#include "metrics/calibration_bins.h"
#include "metrics/confidence_map.h"

/* A fit on its way: the value of a bin counts right answers until all are in. */
typedef struct binning {
    const uint64_t *keys; /* sorted */
    int64_t n;
    binet_histogram_bin *bins;
    int32_t n_bins;
} binning;

static binet_status read_options(const binet_histogram_binning_options *options, binet_histogram_binning_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given->reserved, error) : status;
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
    return BINET_OK;
}

static void place_edges(binning *at, int32_t kind)
{
    int64_t end = 0;
    for (int32_t b = 0; b < at->n_bins; b++) {
        binet_histogram_bin *bin = &at->bins[b];
        end += at->n / at->n_bins + (b < at->n % at->n_bins);
        bin->low = b > 0 ? at->bins[b - 1].high : 0.0;
        bin->high = kind == BINET_EQUAL_WIDTH ? binet__bin_edge(at->n_bins, b + 1)
                    : b == at->n_bins - 1     ? 1.0
                                              : binet__bin_unpack(at->keys[end - 1]);
        bin->count = 0;
        bin->value = 0.0;
    }
}

/* Fill the bins; gives the mean squared error of the map. */
static double fill(binning *at)
{
    binet__sum sum = {0, 0};
    int32_t b = 0;
    for (int64_t i = 0; i < at->n; i++) {
        while (binet__bin_unpack(at->keys[i]) > at->bins[b].high) {
            b++;
        }
        at->bins[b].count++;
        at->bins[b].value += binet__bin_right(at->keys[i]);
    }
    for (b = 0; b < at->n_bins; b++) {
        double count = (double)at->bins[b].count;
        double right = at->bins[b].value;
        at->bins[b].value = count > 0 ? right / count : (double)NAN;
        binet__sum_add(&sum, count > 0 ? right * (count - right) / count : 0.0);
    }
    return binet__sum_value(&sum) / (double)at->n;
}

static binet_status read_result(const binet_histogram_binning_result *result, int32_t n_bins,
                                binet_histogram_binning_result *found, binet_error *error)
{
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(found, sizeof *found, result, "result", error) : status;
    if (status == BINET_OK && found->bins != NULL && found->bins_capacity < n_bins) {
        return binet__fail_argument(error, "result", "result->bins_capacity is %lld; %d bins need at least as many",
                                    (long long)found->bins_capacity, (int)n_bins);
    }
    return status;
}

binet_status binet_fit_histogram_binning(const binet_context *context, const binet_predictions *predictions,
                                         const binet_histogram_binning_options *options,
                                         binet_histogram_binning_result *result, binet_error *error)
{
    binet_histogram_binning_options given;
    binet_histogram_binning_result found;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? read_options(options, &given, error) : status;
    status = status == BINET_OK ? read_result(result, given.n_bins, &found, error) : status;
    status = status == BINET_OK ? binet__calibration_check(predictions, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t n = binet_predictions_count(predictions);
    uint64_t *keys = binet__calibration_sort(context, predictions, error);
    binet_histogram_bin *bins = keys != NULL ? binet__allocate(context, given.n_bins, sizeof *bins, error) : NULL;
    if (bins != NULL) {
        binning at = {keys, n, bins, given.n_bins};
        place_edges(&at, given.binning);
        found.brier_after = fill(&at);
        found.brier_before = binet__confidence_brier(keys, n);
        found.n_bins = given.n_bins;
        found.n = n;
        for (int32_t b = 0; found.bins != NULL && b < given.n_bins; b++) {
            found.bins[b] = bins[b];
        }
        binet__write_struct(result, &found, sizeof found);
    }
    status = bins != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    binet__release(context, bins);
    binet__release(context, keys);
    return status;
}

/* ---- The map ----------------------------------------------------------------------------------------------------- */

static binet_status check_bins(const binet_histogram_bin *bins, int64_t n_bins, binet_error *error)
{
    if (n_bins < 1) {
        return binet__fail_argument(error, "n_bins", "n_bins is %lld; at least 1 is needed", (long long)n_bins);
    }
    for (int64_t b = 0; b < n_bins; b++) {
        double low = b > 0 ? bins[b - 1].high : 0.0;
        int in_order = bins[b].high >= low && (b < n_bins - 1 ? bins[b].high <= 1.0 : bins[b].high == 1.0);
        if (!in_order || bins[b].value < 0.0 || bins[b].value > 1.0) {
            return binet__fail(error, BINET_INVALID_DATA, "bins", b,
                               "bins[%lld] ends at %.9g with the value %.9g; ends ascend to 1, values are 0 .. 1",
                               (long long)b, bins[b].high, bins[b].value);
        }
    }
    return BINET_OK;
}

static double map(const binet_histogram_bin *bins, int64_t n_bins, double confidence)
{
    int64_t low = 0; /* the first bin that ends at or above */
    int64_t high = n_bins - 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (bins[middle].high < confidence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return isnan(bins[low].value) ? confidence : bins[low].value;
}

binet_status binet_histogram_binning_apply(const binet_context *context, const binet_histogram_bin *bins,
                                           int64_t n_bins, const binet_array *confidences, double *calibrated,
                                           int64_t capacity, binet_error *error)
{
    (void)context; /* a search an entry: not worth a thread */
    binet_status status = binet__require(bins, "bins", error);
    status = status == BINET_OK ? check_bins(bins, n_bins, error) : status;
    status = status == BINET_OK ? binet__confidence_check_room(confidences, calibrated, capacity, error) : status;
    for (int64_t i = 0; status == BINET_OK && i < confidences->shape[0]; i++) {
        calibrated[i] = map(bins, n_bins, binet__confidence_at(confidences, i));
    }
    return status;
}
