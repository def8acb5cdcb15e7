#include "metrics/calibration_bins.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/bins.h"
#include "metrics/predictions_table.h"
#include "metrics/sort.h"

/* ---- Options and rows -------------------------------------------------------------------------------------------- */

enum { N_BINNINGS = BINET_MONOTONE_SWEEP + 1 };

static const char *const binnings[N_BINNINGS] = {"equal width", "equal mass", "equal mass by quantile",
                                                 "monotone sweep"};

/* Whether a convention's owner has the binning. */
static const unsigned char has[BINET__N_CONVENTIONS][N_BINNINGS] = {
    [BINET_CONVENTION_BINET] = {1, 1, 1, 1},   [BINET_CONVENTION_TORCHMETRICS] = {1, 0, 0, 0},
    [BINET_CONVENTION_NETCAL] = {1, 0, 1, 0},  [BINET_CONVENTION_TENSORFLOW] = {1, 0, 0, 0},
    [BINET_CONVENTION_SKLEARN] = {1, 0, 1, 0}, [BINET_CONVENTION_VERIFIED_CALIBRATION] = {1, 1, 0, 0},
};

binet_status binet__calibration_options(const binet_calibration_options *options, binet_calibration_options *given,
                                        binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    if (given->binning < 0 || given->binning >= N_BINNINGS) {
        return binet__fail_argument(error, "options",
                                    "options->binning is %d; allowed: %d (equal width), %d (equal mass), %d (by "
                                    "quantile), %d (monotone sweep)",
                                    (int)given->binning, BINET_EQUAL_WIDTH, BINET_EQUAL_MASS, BINET_EQUAL_MASS_QUANTILE,
                                    BINET_MONOTONE_SWEEP);
    }
    int32_t usual = given->binning == BINET_MONOTONE_SWEEP ? BINET__MOST_BINS : BINET__DEFAULT_BINS;
    given->n_bins = given->n_bins != 0 ? given->n_bins : usual;
    if (given->n_bins < 1 || given->n_bins > BINET__MOST_BINS) {
        return binet__fail_argument(error, "options", "options->n_bins is %d; allowed: 1 .. %d, or 0 for %d",
                                    (int)given->n_bins, BINET__MOST_BINS, (int)usual);
    }
    status = binet__bin_check_convention(given->convention, error);
    if (status != BINET_OK) {
        return status;
    }
    if (!has[given->convention][given->binning]) {
        return binet__fail_argument(
            error, "options", "options->convention is %d (%s), which has no %s; the convention binet has it",
            (int)given->convention, binet__convention_name(given->convention), binnings[given->binning]);
    }
    return BINET_OK;
}

binet_status binet__calibration_check(const binet_predictions *predictions, binet_error *error)
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

uint64_t *binet__calibration_sort(const binet_context *context, const binet_predictions *predictions,
                                  binet_error *error)
{
    const int32_t *predicted = binet__column_i32(predictions, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(predictions, BINET_LABEL);
    const double *confidences = binet__column_f64(predictions, BINET_CONFIDENCE);
    int64_t n = predictions->n;
    uint64_t *keys = binet__allocate(context, n, 2 * sizeof *keys, error);
    if (keys == NULL) {
        return NULL;
    }
    for (int64_t i = 0; i < n; i++) {
        keys[i] = binet__bin_pack(confidences[i], predicted[i] == labels[i]);
    }
    binet__sort_u64(keys, n, keys + n);
    return keys;
}

/* ---- Equal width ------------------------------------------------------------------------------------------------- */

static void add(binet__calibration_sums *into, double confidence, int right, int moments)
{
    into->count++;
    into->right += right;
    binet__sum_add(&into->confidence, confidence);
    if (moments) {
        binet__sum_add(&into->squares, confidence * confidence);
        binet__sum_add(&into->right_confidence, right ? confidence : 0.0);
    }
}

static void fill_equal_width(const binet_predictions *predictions, const binet_calibration_options *options,
                             int moments, binet__calibration_bins *filled)
{
    const int32_t *predicted = binet__column_i32(predictions, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(predictions, BINET_LABEL);
    const double *confidences = binet__column_f64(predictions, BINET_CONFIDENCE);
    int32_t n_bins = options->n_bins;
    for (int32_t b = 0; b < filled->n_bins; b++) {
        filled->bins[b].low = binet__bin_low(options->convention, n_bins, b);
        filled->bins[b].high = binet__bin_high(options->convention, n_bins, b);
    }
    for (int64_t i = 0; i < predictions->n; i++) {
        double confidence = binet__bin_seen(options->convention, confidences[i]);
        int32_t b = binet__bin_of(options->convention, n_bins, confidence);
        add(&filled->bins[b], confidence, predicted[i] == labels[i], moments);
    }
}

/* ---- Equal mass -------------------------------------------------------------------------------------------------- */

/* The first of the sorted rows of bin b when n are split into n_bins. */
static int64_t first_of(int64_t n, int32_t n_bins, int32_t b)
{
    int64_t larger = n % n_bins;
    return n / n_bins * b + (b < larger ? b : larger);
}

static void fill_split(const uint64_t *keys, int64_t n, int moments, binet__calibration_bins *filled)
{
    for (int32_t b = 0; b < filled->n_bins; b++) {
        int64_t first = first_of(n, filled->n_bins, b);
        int64_t end = first_of(n, filled->n_bins, b + 1);
        filled->bins[b].low = first < end ? binet__bin_unpack(keys[first]) : NAN;
        filled->bins[b].high = first < end ? binet__bin_unpack(keys[end - 1]) : NAN;
        for (int64_t i = first; i < end; i++) {
            add(&filled->bins[b], binet__bin_unpack(keys[i]), binet__bin_right(keys[i]), moments);
        }
    }
}

/* Sorted rows into bins whose edges are there. */
static void fill_between(const uint64_t *keys, int64_t n, int32_t convention, int moments,
                         binet__calibration_bins *filled)
{
    int closed_below = convention == BINET_CONVENTION_NETCAL;
    int32_t b = 0;
    for (int64_t i = 0; i < n; i++) {
        double confidence = binet__bin_seen(convention, binet__bin_unpack(keys[i]));
        while (b < filled->n_bins - 1 &&
               (closed_below ? confidence >= filled->bins[b].high : confidence > filled->bins[b].high)) {
            b++;
        }
        add(&filled->bins[b], confidence, binet__bin_right(keys[i]), moments);
    }
}

/* Quantile q of the sorted confidences, with the bits of numpy.quantile. */
static double quantile(const uint64_t *keys, int64_t n, int32_t convention, double q)
{
    double place = q * (double)(n - 1);
    int64_t i = (int64_t)place;
    double share = place - (double)i;
    double low = binet__bin_seen(convention, binet__bin_unpack(keys[i]));
    double high = binet__bin_seen(convention, binet__bin_unpack(keys[i + 1 < n ? i + 1 : n - 1]));
    return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1.0 - share);
}

static void set_quantiles(const uint64_t *keys, int64_t n, int32_t convention, binet__calibration_bins *filled)
{
    int32_t n_bins = filled->n_bins;
    for (int32_t i = 0; i <= n_bins; i++) {
        double q = binet__bin_edge(n_bins, i);
        q = convention == BINET_CONVENTION_SKLEARN ? q * 100.0 / 100.0 : q; /* it asks for percentiles */
        double edge = quantile(keys, n, convention, q);
        if (convention == BINET_CONVENTION_NETCAL && (i == 0 || i == n_bins)) {
            edge = i == 0 ? 0.0 : 1.0;
        }
        if (i < n_bins) {
            filled->bins[i].low = edge;
        }
        if (i > 0) {
            filled->bins[i - 1].high = edge;
        }
    }
}

/* Cuts of verified_calibration: half way between neighbours of the split, each once. */
static void set_cuts(const uint64_t *keys, int64_t n, binet__calibration_bins *filled)
{
    int32_t parts = filled->n_bins < n ? filled->n_bins : (int32_t)n;
    int32_t b = 0;
    filled->bins[0].low = 0.0;
    for (int32_t i = 1; i <= parts; i++) {
        int64_t next = first_of(n, parts, i);
        double cut = i < parts ? (binet__bin_unpack(keys[next - 1]) + binet__bin_unpack(keys[next])) / 2.0 : 1.0;
        if (b > 0 && cut == filled->bins[b - 1].high) {
            continue;
        }
        filled->bins[b].high = cut;
        b++;
        if (b < filled->n_bins) {
            filled->bins[b].low = cut;
        }
    }
    filled->n_bins = b;
}

/* Whether the accuracies of n sorted rows split into n_bins never fall; before[i] of the first i rows are right. */
static int is_monotone(const int64_t *before, int64_t n, int32_t n_bins)
{
    int64_t last_right = 0;
    int64_t last_count = 1;
    for (int32_t b = 0; b < n_bins; b++) {
        int64_t first = first_of(n, n_bins, b);
        int64_t end = first_of(n, n_bins, b + 1);
        int64_t right = before[end] - before[first];
        if (right * last_count < last_right * (end - first)) {
            return 0;
        }
        last_right = right;
        last_count = end - first;
    }
    return 1;
}

/* The number of bins of the sweep, at most `most`. */
static binet_status sweep(const binet_context *context, const uint64_t *keys, int64_t n, int32_t most, int32_t *n_bins,
                          binet_error *error)
{
    int64_t *before = binet__allocate(context, n + 1, sizeof *before, error);
    if (before == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    before[0] = 0;
    int sorted = 1; /* no right answer below a wrong one: any number of bins will do */
    for (int64_t i = 0; i < n; i++) {
        before[i + 1] = before[i] + binet__bin_right(keys[i]);
        sorted = sorted && (i == 0 || binet__bin_right(keys[i]) >= binet__bin_right(keys[i - 1]));
    }
    most = most < n ? most : (int32_t)n;
    int32_t found = sorted ? most : 1;
    while (found < most && is_monotone(before, n, found + 1)) {
        found++;
    }
    *n_bins = found;
    binet__release(context, before);
    return BINET_OK;
}

static binet_status fill_equal_mass(const binet_context *context, const binet_predictions *predictions,
                                    const binet_calibration_options *options, int moments,
                                    binet__calibration_bins *filled, binet_error *error)
{
    int64_t n = predictions->n;
    binet_status status = BINET_OK;
    uint64_t *keys = binet__calibration_sort(context, predictions, error);
    if (keys == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    if (options->binning == BINET_MONOTONE_SWEEP) {
        status = sweep(context, keys, n, options->n_bins, &filled->n_bins, error);
    }
    if (status == BINET_OK && options->binning == BINET_EQUAL_MASS_QUANTILE) {
        set_quantiles(keys, n, options->convention, filled);
        fill_between(keys, n, options->convention, moments, filled);
    } else if (status == BINET_OK && options->convention == BINET_CONVENTION_VERIFIED_CALIBRATION) {
        set_cuts(keys, n, filled);
        fill_between(keys, n, options->convention, moments, filled);
    } else if (status == BINET_OK) {
        fill_split(keys, n, moments, filled);
    }
    binet__release(context, keys);
    return status;
}

binet_status binet__calibration_fill(const binet_context *context, const binet_predictions *predictions,
                                     const binet_calibration_options *options, int moments,
                                     binet__calibration_bins *filled, binet_error *error)
{
    int64_t room = binet__bin_count(options->convention, options->n_bins);
    if (options->binning == BINET_MONOTONE_SWEEP && room > predictions->n) {
        room = predictions->n;
    }
    binet__calibration_bins made = {binet__allocate_zero(context, room, sizeof *made.bins, error), (int32_t)room};
    if (made.bins == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = BINET_OK;
    if (options->binning == BINET_EQUAL_WIDTH) {
        fill_equal_width(predictions, options, moments, &made);
    } else {
        status = fill_equal_mass(context, predictions, options, moments, &made, error);
    }
    if (status != BINET_OK) {
        binet__release(context, made.bins);
        return status;
    }
    *filled = made;
    return BINET_OK;
}
