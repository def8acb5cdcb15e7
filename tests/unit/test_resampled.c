/* Metrics of every evaluation, all rows, resamples and jackknife, are those of plain loops over its rows. */
#include "metrics/resampled.h"

#include <math.h>

#include "base/memory.h"
#include "check.h"
#include "metrics/predictions_table.h"
#include "pooled.h"
#include "scores.h"

/* More rows than a jackknife has groups, 1000. */
enum { N = 1203, C = 8, N_BINS = 10, RESAMPLES = 30, MOST_EVALUATIONS = 1 + RESAMPLES + 1000 };

static const int32_t all_metrics[BINET__N_METRICS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static double values[MOST_EVALUATIONS * BINET__N_METRICS];

/* Every fourth confidence is an edge of the bins, or next to one. */
static binet_predictions *table_of(int64_t n)
{
    static double logits[N * C];
    int64_t labels[N];
    scores_of_labels(logits, labels, n, C, 1);
    binet_predictions *table = scores_table(logits, labels, NULL, n, C);
    double *confidences = binet__column_f64(table, BINET_CONFIDENCE);
    for (int64_t i = 0; i < n; i += 4) {
        double edge = i / 4 % (N_BINS + 1) == N_BINS ? 1.0 : (double)(i / 4 % (N_BINS + 1)) * (1.0 / N_BINS);
        double next = nextafter(edge, i % 12 == 4 ? 0.0 : 2.0);
        confidences[i] = i % 12 == 0 ? edge : fmin(next, 1.0);
    }
    return table;
}

static binet__evaluations evaluations_of(int64_t n, const int64_t *clusters, int has_jackknife)
{
    binet_array of_clusters = scores_vector(clusters, BINET_I64, n);
    binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = RESAMPLES, .seed = 5};
    binet__evaluations made = {0};
    options.clusters = clusters != NULL ? &of_clusters : NULL;
    options.method = has_jackknife ? BINET_BOOTSTRAP_BCA : BINET_BOOTSTRAP_PERCENTILE;
    CHECK_INT(binet__evaluations_create(NULL, n, &options, &made, NULL), BINET_OK);
    return made;
}

static binet_calibration_options calibration_of(int32_t convention)
{
    return (binet_calibration_options){sizeof(binet_calibration_options), N_BINS, BINET_EQUAL_WIDTH, convention};
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static int is_right(const binet_predictions *table, int64_t row)
{
    return binet__column_i32(table, BINET_PREDICTED_CLASS)[row] == binet__column_i32(table, BINET_LABEL)[row];
}

/* Whether a value is in bin b of (low, high], the first of them closed; or of [low, high) and one more for 1. */
static int is_in_bin(double value, int32_t b, int32_t convention)
{
    double low = b * (1.0 / N_BINS);
    double high = b == N_BINS - 1 ? 1.0 : (b + 1) * (1.0 / N_BINS);
    if (convention == BINET_CONVENTION_TORCHMETRICS) {
        return b == N_BINS ? value == 1.0 : value >= low && value < high;
    }
    return b < N_BINS && value <= high && (b == 0 || value > low);
}

static void calibration_errors(const binet_predictions *table, const int64_t *rows, int64_t n, int32_t convention,
                               double *expected)
{
    expected[BINET_METRIC_ECE] = expected[BINET_METRIC_RMS] = expected[BINET_METRIC_MCE] = 0.0;
    for (int32_t b = 0; b <= N_BINS; b++) {
        double count = 0.0;
        double gap = 0.0;
        for (int64_t i = 0; i < n; i++) {
            double confidence = binet__column_f64(table, BINET_CONFIDENCE)[rows[i]];
            if (is_in_bin(confidence, b, convention)) {
                count += 1.0;
                gap += (double)is_right(table, rows[i]) - confidence;
            }
        }
        gap = count > 0.0 ? fabs(gap) / count : 0.0;
        expected[BINET_METRIC_ECE] += count / (double)n * gap;
        expected[BINET_METRIC_RMS] += count / (double)n * gap * gap;
        expected[BINET_METRIC_MCE] = fmax(expected[BINET_METRIC_MCE], gap);
    }
    expected[BINET_METRIC_RMS] = sqrt(expected[BINET_METRIC_RMS]);
}

static void metrics_of_rows(const binet_predictions *table, const int64_t *rows, int64_t n, int32_t convention,
                            double *expected)
{
    static const int32_t columns[][2] = {{BINET_METRIC_CONFIDENCE, BINET_CONFIDENCE},
                                         {BINET_METRIC_TRUE_PROBABILITY, BINET_TRUE_PROBABILITY},
                                         {BINET_METRIC_NLL, BINET_NLL},
                                         {BINET_METRIC_BRIER, BINET_BRIER},
                                         {BINET_METRIC_ENTROPY, BINET_ENTROPY}};
    int64_t right = 0;
    int64_t top_5 = 0;
    for (int64_t i = 0; i < n; i++) {
        right += is_right(table, rows[i]);
        top_5 += binet__column_i32(table, BINET_RANK)[rows[i]] <= 5;
    }
    expected[BINET_METRIC_ACCURACY] = (double)right / (double)n;
    expected[BINET_METRIC_TOP_5_ACCURACY] = (double)top_5 / (double)n;
    for (int c = 0; c < 5; c++) {
        double sum = 0.0;
        for (int64_t i = 0; i < n; i++) {
            sum += binet__column_f64(table, columns[c][1])[rows[i]];
        }
        expected[columns[c][0]] = sum / (double)n;
    }
    calibration_errors(table, rows, n, convention, expected);
}

/* The rows of evaluation i: all; drawn; or without those of units u with u mod n_groups = group. Units are rows, or
 * clusters 0 .. */
static int64_t rows_of(const binet__evaluations *all, const int64_t *clusters, int64_t i, int64_t *rows)
{
    int64_t n = 0;
    if (i > 0 && i <= all->n_resamples) {
        binet__rows drawn = {0};
        CHECK_INT(binet__evaluation_rows(NULL, all, i, &drawn, NULL), BINET_OK);
        memcpy(rows, drawn.values, (size_t)drawn.n * sizeof *rows);
        binet__release(NULL, drawn.values);
        return drawn.n;
    }
    for (int64_t row = 0; row < all->units.n_rows; row++) {
        int64_t unit = clusters != NULL ? clusters[row] : row;
        if (i == 0 || unit % all->n_groups != i - 1 - all->n_resamples) {
            rows[n++] = row;
        }
    }
    return n;
}

static void evaluates_as_loops(const binet_predictions *table, const int64_t *clusters, int has_jackknife,
                               int32_t convention)
{
    static int64_t rows[4 * N];
    int64_t n = table->n;
    binet__evaluations all = evaluations_of(n, clusters, has_jackknife);
    binet_calibration_options calibration = calibration_of(convention);
    CHECK_INT(
        binet__resampled_metrics(NULL, table, "a", all_metrics, BINET__N_METRICS, &calibration, &all, values, NULL),
        BINET_OK);
    for (int64_t i = 0; i < all.n; i++) {
        double expected[BINET__N_METRICS];
        int64_t n_rows = rows_of(&all, clusters, i, rows);
        CHECK(n_rows > 0 && n_rows <= 4 * N);
        metrics_of_rows(table, rows, n_rows, convention, expected);
        for (int32_t m = 0; m < BINET__N_METRICS; m++) {
            double value = values[i * BINET__N_METRICS + m];
            double size = m <= BINET_METRIC_TOP_5_ACCURACY ? 0.0 : 1e-13;
            CHECK(isinf(expected[m]) ? value == expected[m] : fabs(value - expected[m]) <= size);
        }
    }
    binet__units_release(NULL, &all.units);
}

static void rows_are_evaluated_as_by_loops(void)
{
    static const int64_t sizes[] = {1, 2, 63, 64, 65, 300, N};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        binet_predictions *table = table_of(sizes[s]);
        evaluates_as_loops(table, NULL, 0, BINET_CONVENTION_BINET);
        evaluates_as_loops(table, NULL, 1, BINET_CONVENTION_BINET);
        evaluates_as_loops(table, NULL, sizes[s] < N, BINET_CONVENTION_TORCHMETRICS);
        binet_predictions_destroy(table);
    }
}

/* Clusters of one row, of many and of most. */
static void clusters_are_evaluated_as_by_loops(void)
{
    int64_t clusters[N];
    binet_predictions *table = table_of(N);
    for (int64_t i = 0; i < N; i++) {
        clusters[i] = i % 3 == 0 ? 0 : i % 40;
    }
    clusters[5] = 40;
    evaluates_as_loops(table, clusters, 1, BINET_CONVENTION_BINET);
    evaluates_as_loops(table, clusters, 1, BINET_CONVENTION_TORCHMETRICS);
    memset(clusters, 0, sizeof clusters);
    evaluates_as_loops(table, clusters, 1, BINET_CONVENTION_BINET);
    binet_predictions_destroy(table);
}

/* Only of evaluations that have the row. */
static void an_infinite_nll_is_the_mean_where_its_row_is(void)
{
    binet_predictions *table = table_of(65);
    binet__column_f64(table, BINET_NLL)[64] = INFINITY;
    evaluates_as_loops(table, NULL, 1, BINET_CONVENTION_BINET);
    binet_predictions_destroy(table);
}

/* Alone, in another order or twice, a metric has the bits that it has among all. */
static void metrics_do_not_depend_on_each_other(void)
{
    static const int32_t some[][3] = {{7, 0, 7}, {9, 6, 1}, {2, 3, 4}, {5, 8, 0}};
    static double of_some[MOST_EVALUATIONS * 3];
    binet_predictions *table = table_of(300);
    binet__evaluations all = evaluations_of(300, NULL, 1);
    CHECK_INT(binet__resampled_metrics(NULL, table, "a", all_metrics, BINET__N_METRICS, NULL, &all, values, NULL),
              BINET_OK);
    for (int s = 0; s < 4; s++) {
        for (int32_t n_metrics = 1; n_metrics <= 3; n_metrics++) {
            CHECK_INT(binet__resampled_metrics(NULL, table, "a", some[s], n_metrics, NULL, &all, of_some, NULL),
                      BINET_OK);
            for (int64_t i = 0; i < all.n * n_metrics; i++) {
                CHECK(of_some[i] == values[i / n_metrics * BINET__N_METRICS + some[s][i % n_metrics]]);
            }
        }
    }
    binet__units_release(NULL, &all.units);
    binet_predictions_destroy(table);
}

static void threads_change_no_bit(void)
{
    static double others[MOST_EVALUATIONS * BINET__N_METRICS];
    binet_predictions *table = table_of(300);
    binet__evaluations all = evaluations_of(300, NULL, 1);
    for (int32_t convention = 0; convention <= BINET_CONVENTION_TORCHMETRICS; convention++) {
        binet_calibration_options calibration = calibration_of(convention);
        for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
            pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
            double *made = n_threads == 1 ? values : others;
            CHECK_INT(binet__resampled_metrics(on.context, table, "a", all_metrics, BINET__N_METRICS, &calibration,
                                               &all, made, NULL),
                      BINET_OK);
            CHECK(memcmp(values, made, (size_t)(all.n * BINET__N_METRICS) * sizeof *made) == 0);
            pooled_end(on);
        }
    }
    binet__units_release(NULL, &all.units);
    binet_predictions_destroy(table);
}

/* ---- Rows at fault ----------------------------------------------------------------------------------------------- */

static void refused(const binet_predictions *table, const int64_t *clusters, int32_t metric, int64_t element,
                    const char *why)
{
    binet__evaluations all = evaluations_of(table->n, clusters, 0);
    binet_error error = {0};
    CHECK_INT(binet__resampled_metrics(NULL, table, "b", &metric, 1, NULL, &all, values, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "b");
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    binet__units_release(NULL, &all.units);
}

static void taken(const binet_predictions *table, const int64_t *clusters, int32_t metric, double first)
{
    binet__evaluations all = evaluations_of(table->n, clusters, 0);
    CHECK_INT(binet__resampled_metrics(NULL, table, "b", &metric, 1, NULL, &all, values, NULL), BINET_OK);
    CHECK(values[0] == first);
    binet__units_release(NULL, &all.units);
}

enum { ROWS = 64 };

/* Numbers from 0 to a limit, which all rows have: the mean is the limit. */
static void columns_have_their_range(void)
{
    static const struct {
        int32_t metric;
        int32_t column;
        const char *name;
        double most;
    } means[] = {{BINET_METRIC_CONFIDENCE, BINET_CONFIDENCE, "confidence", 1.0},
                 {BINET_METRIC_TRUE_PROBABILITY, BINET_TRUE_PROBABILITY, "true_probability", 1.0},
                 {BINET_METRIC_NLL, BINET_NLL, "nll", 0x1p40},
                 {BINET_METRIC_BRIER, BINET_BRIER, "brier", 4.0},
                 {BINET_METRIC_ENTROPY, BINET_ENTROPY, "entropy", 64.0}};
    for (size_t m = 0; m < sizeof means / sizeof means[0]; m++) {
        binet_predictions *table = table_of(ROWS);
        double *column = binet__column_f64(table, means[m].column);
        double wrong[] = {-0x1p-1074, nextafter(means[m].most, INFINITY), -INFINITY, INFINITY};
        char why[64];
        for (int64_t i = 0; i < ROWS; i++) {
            column[i] = means[m].most;
        }
        taken(table, NULL, means[m].metric, means[m].most);
        (void)snprintf(why, sizeof why, "row 41 has the %s ", means[m].name);
        for (int w = 0; w < (means[m].metric == BINET_METRIC_NLL ? 3 : 4); w++) {
            column[41] = wrong[w];
            column[50] = NAN;
            refused(table, NULL, means[m].metric, 41, why);
        }
        column[41] = means[m].most;
        (void)snprintf(why, sizeof why, "row 50 has no %s", means[m].name);
        refused(table, NULL, means[m].metric, 50, why);
        binet_predictions_destroy(table);
    }
}

/* A cluster may be drawn 255 times: so much less is the largest number of which a sum fits. */
static void clusters_leave_less_room_for_sums(void)
{
    static const int64_t clusters[ROWS] = {1, 2, 3};
    const double most = 0x1p40 / 255.0;
    binet_predictions *table = table_of(ROWS);
    double *column = binet__column_f64(table, BINET_NLL);
    for (int64_t i = 0; i < ROWS; i++) {
        column[i] = most;
    }
    taken(table, clusters, BINET_METRIC_NLL, most);
    column[63] = nextafter(most, INFINITY);
    refused(table, clusters, BINET_METRIC_NLL, 63, "row 63 has the nll ");
    column[63] = INFINITY;
    taken(table, clusters, BINET_METRIC_NLL, INFINITY);
    binet_predictions_destroy(table);
}

/* What one row lacks stops the metrics that need it, and no other. */
static void a_metric_needs_its_own_columns_alone(void)
{
    static const char *const lacks[BINET__N_METRICS] = {"row 9 has no label",
                                                        "row 9 has no rank",
                                                        "row 9 has no confidence",
                                                        "row 9 has no true_probability",
                                                        "row 9 has no nll",
                                                        "row 9 has no brier",
                                                        "row 9 has no entropy",
                                                        "row 9",
                                                        "row 9",
                                                        "row 9"};
    /* Metrics that a column serves, by their bits. */
    static const int32_t serves[BINET_ENTROPY + 1] = {[BINET_CONFIDENCE] = 1 << 2 | 7 << 7,
                                                      [BINET_LABEL] = 1 << 0 | 7 << 7,
                                                      [BINET_TRUE_PROBABILITY] = 1 << 3,
                                                      [BINET_NLL] = 1 << 4,
                                                      [BINET_RANK] = 1 << 1,
                                                      [BINET_BRIER] = 1 << 5,
                                                      [BINET_ENTROPY] = 1 << 6};
    for (int32_t column = BINET_CONFIDENCE; column <= BINET_ENTROPY; column++) {
        binet_predictions *table = table_of(ROWS);
        for (int64_t row = 9; row < 12; row++) {
            if (column == BINET_LABEL || column == BINET_RANK) {
                binet__column_i32(table, column)[row] = column == BINET_LABEL ? BINET__NO_LABEL : BINET__NO_RANK;
            } else {
                binet__column_f64(table, column)[row] = NAN;
            }
        }
        for (int32_t metric = 0; metric < BINET__N_METRICS; metric++) {
            if ((serves[column] >> metric & 1) != 0) {
                refused(table, NULL, metric, 9, lacks[metric]);
            } else {
                binet__evaluations all = evaluations_of(ROWS, NULL, 0);
                CHECK_INT(binet__resampled_metrics(NULL, table, "b", &metric, 1, NULL, &all, values, NULL), BINET_OK);
                binet__units_release(NULL, &all.units);
            }
        }
        binet_predictions_destroy(table);
    }
}

static void options_at_fault_are_the_calibration_s(void)
{
    static const int32_t rms[] = {BINET_METRIC_RMS};
    binet_predictions *table = table_of(ROWS);
    binet__evaluations all = evaluations_of(ROWS, NULL, 0);
    binet_calibration_options calibration = calibration_of(-1);
    binet_error error = {0};
    CHECK_INT(binet__resampled_metrics(NULL, table, "b", rms, 1, &calibration, &all, values, &error),
              BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "calibration");
    CHECK_CONTAINS(error.message, "convention is -1");
    binet__units_release(NULL, &all.units);
    binet_predictions_destroy(table);
}

int main(void)
{
    RUN(rows_are_evaluated_as_by_loops);
    RUN(clusters_are_evaluated_as_by_loops);
    RUN(an_infinite_nll_is_the_mean_where_its_row_is);
    RUN(metrics_do_not_depend_on_each_other);
    RUN(threads_change_no_bit);
    RUN(columns_have_their_range);
    RUN(clusters_leave_less_room_for_sums);
    RUN(a_metric_needs_its_own_columns_alone);
    RUN(options_at_fault_are_the_calibration_s);
    return check_result();
}
