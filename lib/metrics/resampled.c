#include "metrics/resampled.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/bins.h"
#include "metrics/exact_column.h"
#include "metrics/loop.h"
#include "metrics/predictions_table.h"

enum { TOP_K = 5 };

/* Rows are put in the order of their bins, the wrong ones of each first: a place is where a row then is. Segment 2 b
 * holds the wrong rows of bin b, segment 2 b + 1 the right ones. */
typedef struct resampled {
    const binet_context *context;
    const binet_predictions *predictions;
    const binet_calibration_options *calibration;
    const binet__evaluations *evaluations;
    const binet__kernels *kernels;
    const int32_t *metrics;
    int32_t n_metrics;
    int32_t n_bins;
    int is_calibration_here; /* ECE and its like are found from the segments; else binet_calibration finds them */
    int is_calibration_wanted;
    int is_wanted[BINET__N_METRICS];
    int64_t *order;                                /* [n] row of each place */
    uint32_t *units;                               /* [n] unit of each place */
    int64_t *segments;                             /* [2 n_bins + 1] first place */
    binet__exact_column columns[BINET__N_METRICS]; /* those of means that are wanted, and the confidence */
    double *values;
} resampled;

/* What one task works in. */
typedef struct scratch {
    uint8_t *counts;  /* [units] how often each was drawn */
    uint8_t *weights; /* [n] the same of each place */
    int64_t *counted; /* [2 n_bins] rows in each segment */
    binet__rows rows; /* of the resample, for binet_calibration */
} scratch;

/* ---- What a metric is the mean of -------------------------------------------------------------------------------- */

typedef struct mean {
    int32_t metric;
    int32_t column;
    const char *name;
    double most;
} mean;

static const mean means[] = {{BINET_METRIC_CONFIDENCE, BINET_CONFIDENCE, "confidence", 1.0},
                             {BINET_METRIC_TRUE_PROBABILITY, BINET_TRUE_PROBABILITY, "true_probability", 1.0},
                             {BINET_METRIC_NLL, BINET_NLL, "nll", INFINITY},
                             {BINET_METRIC_BRIER, BINET_BRIER, "brier", 4.0},
                             {BINET_METRIC_ENTROPY, BINET_ENTROPY, "entropy", 64.0}};

enum { N_MEANS = sizeof means / sizeof means[0] };

/* ---- Columns ----------------------------------------------------------------------------------------------------- */

/* The largest number that may come as often as rows do in a resample, and their sum still fit binet__sum. Without
 * clusters a resample has as many rows as the table. */
static double largest_summable(const resampled *of)
{
    double times = of->evaluations->units.offsets != NULL ? UINT8_MAX : 1;
    return 0x1p46 / (times * (double)of->predictions->n);
}

static binet_status check_column(const resampled *all, const char *argument, const mean *of, binet_error *error)
{
    const binet_predictions *predictions = all->predictions;
    const double *values = binet__column_f64(predictions, of->column);
    double most = fmin(of->most, largest_summable(all));
    for (int64_t row = 0; row < predictions->n; row++) {
        int is_fine = values[row] >= 0.0 && (values[row] <= most || (isinf(values[row]) && isinf(of->most)));
        if (isnan(values[row])) {
            return binet__fail(error, BINET_INVALID_DATA, argument, row, "row %lld has no %s", (long long)row,
                               of->name);
        }
        if (!is_fine) {
            return binet__fail(error, BINET_INVALID_DATA, argument, row, "row %lld has the %s %.9g; allowed: 0 .. %g%s",
                               (long long)row, of->name, values[row], most, isinf(of->most) ? ", or inf" : "");
        }
    }
    return BINET_OK;
}

static binet_status make_column(resampled *of, const char *argument, const mean *what, binet_error *error)
{
    binet_status status = check_column(of, argument, what, error);
    return status == BINET_OK
               ? binet__exact_column_create(of->context, binet__column_f64(of->predictions, what->column), of->order,
                                            of->predictions->n, &of->columns[what->metric], error)
               : status;
}

/* Top-5 is the mean of 0 and 1. */
static binet_status make_top_column(resampled *of, const char *argument, binet_error *error)
{
    const int32_t *ranks = binet__column_i32(of->predictions, BINET_RANK);
    int64_t n = of->predictions->n;
    double *values = binet__allocate(of->context, n, sizeof *values, error);
    binet_status status = values != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    for (int64_t row = 0; status == BINET_OK && row < n; row++) {
        values[row] = ranks[row] <= TOP_K;
        if (ranks[row] == BINET__NO_RANK) {
            status = binet__fail(error, BINET_INVALID_DATA, argument, row, "row %lld has no rank", (long long)row);
        }
    }
    if (status == BINET_OK) {
        status = binet__exact_column_create(of->context, values, of->order, n,
                                            &of->columns[BINET_METRIC_TOP_5_ACCURACY], error);
    }
    binet__release(of->context, values);
    return status;
}

static binet_status check_labels(const binet_predictions *predictions, const char *argument, binet_error *error)
{
    int64_t row = binet__predictions_first_unlabelled(predictions);
    return row == predictions->n
               ? BINET_OK
               : binet__fail(error, BINET_INVALID_DATA, argument, row, "row %lld has no label", (long long)row);
}

/* ---- Places ------------------------------------------------------------------------------------------------------ */

static int64_t segment_of(const resampled *of, int64_t row)
{
    const binet_predictions *table = of->predictions;
    double confidence = binet__column_f64(table, BINET_CONFIDENCE)[row];
    int right = binet__column_i32(table, BINET_PREDICTED_CLASS)[row] == binet__column_i32(table, BINET_LABEL)[row];
    return 2 * (of->n_bins > 1 ? binet__bin_find(of->n_bins, confidence) : 0) + right;
}

/* Count, then place: rows of a segment stay in their order. */
static binet_status place_rows(resampled *of, binet_error *error)
{
    int64_t n = of->predictions->n;
    int64_t n_segments = 2 * (int64_t)of->n_bins;
    of->segments = binet__allocate_zero(of->context, n_segments + 1, sizeof *of->segments, error);
    of->order = of->segments != NULL ? binet__allocate(of->context, n, sizeof *of->order, error) : NULL;
    of->units = of->order != NULL ? binet__allocate(of->context, n, sizeof *of->units, error) : NULL;
    int64_t *next = of->units != NULL ? binet__allocate(of->context, n_segments, sizeof *next, error) : NULL;
    if (next == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t row = 0; row < n; row++) {
        of->segments[segment_of(of, row) + 1]++;
    }
    for (int64_t s = 0; s < n_segments; s++) {
        of->segments[s + 1] += of->segments[s];
        next[s] = of->segments[s];
    }
    const binet__units *units = &of->evaluations->units;
    for (int64_t unit = 0; unit < units->n; unit++) {
        int64_t end = units->offsets != NULL ? units->offsets[unit + 1] : unit + 1;
        for (int64_t i = units->offsets != NULL ? units->offsets[unit] : unit; i < end; i++) {
            int64_t row = units->rows != NULL ? units->rows[i] : i;
            int64_t place = next[segment_of(of, row)]++;
            of->order[place] = row;
            of->units[place] = (uint32_t)unit;
        }
    }
    binet__release(of->context, next);
    return BINET_OK;
}

/* ---- One evaluation ---------------------------------------------------------------------------------------------- */

/* How often each unit comes in evaluation i. */
static void count_units(const resampled *of, int64_t i, uint8_t *counts)
{
    const binet__evaluations *all = of->evaluations;
    int64_t n = all->units.n;
    if (i > 0 && i <= all->n_resamples) {
        memset(counts, 0, (size_t)n);
        of->kernels->count_draws(all->seed, (uint64_t)(i - 1), (uint32_t)n, counts);
        return;
    }
    memset(counts, 1, (size_t)n);
    for (int64_t unit = i - 1 - all->n_resamples; i > 0 && unit < n; unit += all->n_groups) {
        counts[unit] = 0;
    }
}

/* The sums of binet_calibration, from segments; its formulas too, so that the bits are the same. */
static void summarise(const resampled *of, const uint8_t *weights, const int64_t *counted, int64_t total,
                      double metrics[BINET__N_METRICS])
{
    double n = (double)total;
    double ece = 0.0;
    double squares = 0.0;
    double largest = 0.0;
    for (int64_t b = 0; b < of->n_bins; b++) {
        int64_t right = counted[2 * b + 1];
        double count = (double)(counted[2 * b] + right);
        if (count == 0.0) {
            continue;
        }
        binet__sum confidence = {0, 0};
        binet__exact_column_add(of->kernels, &of->columns[BINET_METRIC_CONFIDENCE], weights, of->segments[2 * b],
                                of->segments[2 * b + 2], &confidence);
        double gap = fabs((double)right / count - binet__sum_value(&confidence) / count);
        ece += count / n * gap;
        squares += count / n * (gap * gap);
        largest = fmax(largest, gap);
    }
    metrics[BINET_METRIC_ECE] = ece;
    metrics[BINET_METRIC_RMS] = sqrt(squares);
    metrics[BINET_METRIC_MCE] = largest;
}

/* The rows of the resample as a table of their own, for a convention that segments do not have. */
static binet_status calibrate(const resampled *of, int64_t i, binet__rows *rows, double metrics[BINET__N_METRICS],
                              binet_error *error)
{
    binet_predictions *table = NULL;
    binet_calibration_result result = {.struct_size = sizeof result};
    binet_status status = binet__evaluation_rows(of->context, of->evaluations, i, rows, error);
    status = status == BINET_OK ? binet__predictions_create(of->context, &table, error) : status;
    status = status == BINET_OK ? binet__predictions_reserve(table, rows->n, error) : status;
    if (status == BINET_OK) {
        for (int64_t row = 0; row < rows->n; row++) {
            binet__predictions_copy_row(table, row, of->predictions, ((const int64_t *)rows->values)[row]);
        }
        table->n = rows->n;
        status = binet_calibration(of->context, table, of->calibration, &result, error);
    }
    binet_predictions_destroy(table);
    metrics[BINET_METRIC_ECE] = result.ece;
    metrics[BINET_METRIC_RMS] = result.rms;
    metrics[BINET_METRIC_MCE] = result.mce;
    return status;
}

static binet_status begin(const void *self, void **made, binet_error *error)
{
    const resampled *of = self;
    scratch *room = binet__allocate_zero(of->context, 1, sizeof *room, error);
    if (room == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    room->counts = binet__allocate(of->context, of->evaluations->units.n, 1, error);
    room->weights = room->counts != NULL ? binet__allocate(of->context, of->predictions->n, 1, error) : NULL;
    room->counted =
        room->weights != NULL ? binet__allocate(of->context, of->n_bins, 2 * sizeof *room->counted, error) : NULL;
    if (room->counted == NULL) {
        binet__release(of->context, room->weights);
        binet__release(of->context, room->counts);
        binet__release(of->context, room);
        return BINET_OUT_OF_MEMORY;
    }
    *made = room;
    return BINET_OK;
}

static void end(const void *self, void *made)
{
    const resampled *of = self;
    scratch *room = made;
    binet__release(of->context, room->rows.values);
    binet__release(of->context, room->counted);
    binet__release(of->context, room->weights);
    binet__release(of->context, room->counts);
    binet__release(of->context, room);
}

static int64_t count_segment(const resampled *of, const uint8_t *weights, int64_t segment)
{
    int64_t first = of->segments[segment];
    return (int64_t)of->kernels->total(weights + first, of->segments[segment + 1] - first);
}

/* Bytes may be any object's, so without `restrict` the pointers would be read anew for every place. */
static void spread(const uint8_t *restrict counts, const uint32_t *restrict units, int64_t n, uint8_t *restrict weights)
{
    for (int64_t place = 0; place < n; place++) {
        weights[place] = counts[units[place]];
    }
}

static binet_status step(const void *self, void *made, int64_t i, binet_error *error)
{
    const resampled *of = self;
    scratch *room = made;
    double metrics[BINET__N_METRICS] = {0};
    int64_t n_segments = 2 * (int64_t)of->n_bins;
    int64_t *counted = room->counted;
    count_units(of, i, room->counts);
    spread(room->counts, of->units, of->predictions->n, room->weights);
    int64_t sides[2] = {0, 0};
    for (int64_t s = 0; s < n_segments; s++) {
        counted[s] = count_segment(of, room->weights, s);
        sides[s % 2] += counted[s];
    }
    int64_t total = sides[0] + sides[1];
    metrics[BINET_METRIC_ACCURACY] = (double)sides[1] / (double)total;
    for (int32_t m = 0; m < BINET__N_METRICS; m++) {
        if (of->is_wanted[m] && of->columns[m].infinite != NULL) {
            metrics[m] = binet__exact_column_mean(of->kernels, &of->columns[m], room->weights, total);
        }
    }
    binet_status status = BINET_OK;
    if (of->is_calibration_here) {
        summarise(of, room->weights, counted, total, metrics);
    } else if (of->is_calibration_wanted) {
        status = calibrate(of, i, &room->rows, metrics, error);
    }
    for (int32_t m = 0; m < of->n_metrics; m++) {
        of->values[i * of->n_metrics + m] = metrics[of->metrics[m]];
    }
    return status;
}

/* ---- All of them ------------------------------------------------------------------------------------------------- */

/* Options of the calibration are checked by binet_calibration itself, on the whole table. */
static binet_status read_calibration(resampled *of, const char *argument, binet_error *error)
{
    of->is_calibration_wanted =
        of->is_wanted[BINET_METRIC_ECE] | of->is_wanted[BINET_METRIC_RMS] | of->is_wanted[BINET_METRIC_MCE];
    of->n_bins = 1;
    if (!of->is_calibration_wanted) {
        return BINET_OK;
    }
    binet_calibration_options given;
    binet_calibration_result result = {.struct_size = sizeof result};
    binet_error reason;
    binet_status status = binet_calibration(of->context, of->predictions, of->calibration, &result, &reason);
    if (status != BINET_OK) {
        int of_options = strcmp(reason.argument, "options") == 0;
        return binet__fail(error, status, of_options ? "calibration" : argument, reason.element, "%s", reason.message);
    }
    status = binet__read_struct(&given, sizeof given, of->calibration, "calibration", error);
    if (status == BINET_OK && given.binning == BINET_EQUAL_WIDTH && given.convention == BINET_CONVENTION_BINET) {
        of->is_calibration_here = 1;
        of->n_bins = result.n_bins;
    }
    return status;
}

static binet_status make_columns(resampled *of, const char *argument, binet_error *error)
{
    binet_status status = BINET_OK;
    for (int i = 0; status == BINET_OK && i < N_MEANS; i++) {
        int needed = means[i].metric == BINET_METRIC_CONFIDENCE && of->is_calibration_here;
        if (needed || of->is_wanted[means[i].metric]) {
            status = make_column(of, argument, &means[i], error);
        }
    }
    if (status == BINET_OK && of->is_wanted[BINET_METRIC_TOP_5_ACCURACY]) {
        status = make_top_column(of, argument, error);
    }
    return status;
}

binet_status binet__resampled_metrics(const binet_context *context, const binet_predictions *predictions,
                                      const char *argument, const int32_t *metrics, int32_t n_metrics,
                                      const binet_calibration_options *calibration,
                                      const binet__evaluations *evaluations, double *values, binet_error *error)
{
    resampled of = {.context = context,
                    .predictions = predictions,
                    .calibration = calibration,
                    .evaluations = evaluations,
                    .metrics = metrics,
                    .n_metrics = n_metrics,
                    .values = values};
    for (int32_t i = 0; i < n_metrics; i++) {
        of.is_wanted[metrics[i]] = 1;
    }
    binet_status status = binet__kernels_of(context, &of.kernels, error);
    if (status == BINET_OK && of.is_wanted[BINET_METRIC_ACCURACY]) {
        status = check_labels(predictions, argument, error);
    }
    status = status == BINET_OK ? read_calibration(&of, argument, error) : status;
    status = status == BINET_OK ? place_rows(&of, error) : status;
    status = status == BINET_OK ? make_columns(&of, argument, error) : status;
    if (status == BINET_OK) {
        binet__loop loop = {&of, evaluations->n, begin, step, end};
        status = binet__loop_run(context, &loop, error);
    }
    for (int32_t m = 0; m < BINET__N_METRICS; m++) {
        binet__exact_column_release(context, &of.columns[m]);
    }
    binet__release(context, of.units);
    binet__release(context, of.order);
    binet__release(context, of.segments);
    return status;
}
