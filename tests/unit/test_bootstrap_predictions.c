/* Metrics of a table are bootstrapped as binet_bootstrap does, to the bit. */
#include "binet/statistics.h"

#include <math.h>

#include "binet/accuracy.h"
#include "check.h"
#include "failing_allocator.h"
#include "metrics/predictions_table.h"
#include "pooled.h"
#include "scores.h"

enum { N = 300, C = 10, RESAMPLES = 50 };

static binet_predictions *table_of(int has_labels)
{
    static double logits[N * C];
    int64_t labels[N];
    scores_logits(logits, (int64_t)N * C, 1);
    scores_labels(labels, N, C, 2);
    for (int i = 0; i < N; i += 2) {
        labels[i] = i % C;
        logits[i * C + i % C] += 6.0; /* often right */
    }
    logits[3 * C + labels[3]] = -INFINITY; /* a row whose nll is infinite */
    return scores_table(logits, has_labels ? labels : NULL, NULL, N, C);
}

/* What the metrics are, from the public functions, of a table of the rows. */
typedef struct public_metrics {
    const binet_predictions *table;
    const binet_calibration_options *calibration;
} public_metrics;

static double mean_of(const binet_predictions *table, int32_t column)
{
    int64_t n = binet_predictions_count(table);
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += scores_f64(table, column, i);
    }
    return sum / (double)n;
}

static binet_status compute(void *self, const int64_t *rows, int64_t n_rows, double *values, binet_error *error)
{
    const public_metrics *of = self;
    binet_array array = scores_vector(rows, BINET_I64, n_rows);
    binet_predictions *some = NULL;
    binet_accuracy_result accuracy = {.struct_size = sizeof accuracy};
    binet_accuracy_options five = {sizeof five, 5, 0.0};
    binet_calibration_result calibration = {.struct_size = sizeof calibration};
    CHECK_INT(binet_predictions_select(NULL, of->table, &array, &some, error), BINET_OK);
    CHECK_INT(binet_accuracy(NULL, some, NULL, &accuracy, error), BINET_OK);
    values[BINET_METRIC_ACCURACY] = accuracy.value;
    CHECK_INT(binet_accuracy(NULL, some, &five, &accuracy, error), BINET_OK);
    values[BINET_METRIC_TOP_5_ACCURACY] = accuracy.value;
    CHECK_INT(binet_calibration(NULL, some, of->calibration, &calibration, error), BINET_OK);
    values[BINET_METRIC_CONFIDENCE] = calibration.confidence;
    values[BINET_METRIC_ECE] = calibration.ece;
    values[BINET_METRIC_RMS] = calibration.rms;
    values[BINET_METRIC_MCE] = calibration.mce;
    values[BINET_METRIC_TRUE_PROBABILITY] = mean_of(some, BINET_TRUE_PROBABILITY);
    values[BINET_METRIC_NLL] = mean_of(some, BINET_NLL);
    values[BINET_METRIC_BRIER] = mean_of(some, BINET_BRIER);
    values[BINET_METRIC_ENTROPY] = mean_of(some, BINET_ENTROPY);
    binet_predictions_destroy(some);
    return BINET_OK;
}

enum { N_METRICS = BINET_METRIC_MCE + 1 };

static const int32_t all_metrics[N_METRICS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static void resamples_are_those_of_the_slow_way(void)
{
    binet_predictions *table = table_of(1);
    int64_t clusters[N];
    for (int i = 0; i < N; i++) {
        clusters[i] = i % 23;
    }
    binet_array of_clusters = scores_vector(clusters, BINET_I64, N);
    static double replicates[2][RESAMPLES * N_METRICS];
    for (int kind = 0; kind < 8; kind++) { /* rows or clusters, equal width or mass, percentile or BCa */
        binet_calibration_options calibration = {.struct_size = sizeof calibration, .n_bins = 7};
        calibration.binning = (kind & 2) != 0 ? BINET_EQUAL_MASS : BINET_EQUAL_WIDTH;
        public_metrics self = {table, &calibration};
        binet_statistic statistic = {sizeof statistic, N_METRICS, &self, compute};
        binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = RESAMPLES, .seed = 9};
        options.clusters = (kind & 1) != 0 ? &of_clusters : NULL;
        options.method = (kind & 4) != 0 ? BINET_BOOTSTRAP_BCA : BINET_BOOTSTRAP_PERCENTILE;
        binet_estimate estimates[2][N_METRICS];
        binet_bootstrap_result results[2];
        for (int i = 0; i < 2; i++) {
            binet_bootstrap_result result = {sizeof result,         0, estimates[i], N_METRICS, replicates[i],
                                             RESAMPLES * N_METRICS, 0};
            results[i] = result;
        }
        CHECK_INT(binet_bootstrap(NULL, N, &statistic, &options, &results[0], NULL), BINET_OK);
        CHECK_INT(
            binet_bootstrap_predictions(NULL, table, all_metrics, N_METRICS, &calibration, &options, &results[1], NULL),
            BINET_OK);
        CHECK_INT(results[1].n_units, (kind & 1) != 0 ? 23 : N);
        for (int m = 0; m < N_METRICS; m++) {
            /* The means of mean_of are plain sums: they lose bits. */
            int is_plain = m >= BINET_METRIC_TRUE_PROBABILITY && m <= BINET_METRIC_ENTROPY;
            for (int r = 0; r < RESAMPLES; r++) {
                double slow = replicates[0][r * N_METRICS + m];
                double fast = replicates[1][r * N_METRICS + m];
                CHECK(slow == fast || (is_plain && fabs(slow - fast) <= 1e-13 * slow));
            }
            CHECK(estimates[0][m].value == estimates[1][m].value || is_plain);
            CHECK(estimates[0][m].low == estimates[1][m].low || is_plain);
            CHECK(estimates[0][m].high == estimates[1][m].high || is_plain);
            CHECK_INT(estimates[0][m].interval, estimates[1][m].interval);
        }
        CHECK(isinf(estimates[1][BINET_METRIC_NLL].value));
    }
    binet_predictions_destroy(table);
}

static void threads_and_instruction_sets_do_not_matter(void)
{
    binet_predictions *table = table_of(1);
    static double first[RESAMPLES * N_METRICS];
    static double replicates[RESAMPLES * N_METRICS];
    for (int kind = 0; kind < 4; kind++) {
        pooled on = pooled_start(kind + 1, kind == 0 ? BINET_ISA_SCALAR : BINET_ISA_DEFAULT);
        binet_estimate estimates[N_METRICS];
        binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = RESAMPLES};
        binet_bootstrap_result result = {sizeof result,         0, estimates, N_METRICS, kind == 0 ? first : replicates,
                                         RESAMPLES * N_METRICS, 0};
        CHECK_INT(binet_bootstrap_predictions(on.context, table, all_metrics, N_METRICS, NULL, &options, &result, NULL),
                  BINET_OK);
        CHECK(kind == 0 || memcmp(first, replicates, sizeof first) == 0);
        pooled_end(on);
    }
    binet_predictions_destroy(table);
}

static void refused(const binet_predictions *table, const int32_t *metrics, int32_t n_metrics,
                    const binet_calibration_options *calibration, binet_status status, const char *argument,
                    int64_t element, const char *why)
{
    binet_error error;
    binet_estimate estimate = {.value = 77.0};
    binet_bootstrap_result result = {.struct_size = sizeof result, .estimates = &estimate, .estimates_capacity = 1};
    CHECK_INT(binet_bootstrap_predictions(NULL, table, metrics, n_metrics, calibration, NULL, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(estimate.value == 77.0);
}

static void bad_input_is_named(void)
{
    binet_predictions *table = table_of(1);
    static const int32_t unknown[] = {10};
    static const int32_t ece[] = {BINET_METRIC_ECE, BINET_METRIC_ECE};
    refused(NULL, ece, 1, NULL, BINET_INVALID_ARGUMENT, "predictions", -1, "NULL");
    refused(table, NULL, 1, NULL, BINET_INVALID_ARGUMENT, "metrics", -1, "NULL");
    refused(table, ece, 0, NULL, BINET_INVALID_ARGUMENT, "n_metrics", -1, "n_metrics is 0; allowed: 1 .. 65536");
    refused(table, unknown, 1, NULL, BINET_INVALID_ARGUMENT, "metrics", 0, "metrics[0] is 10; allowed: 0 .. 9");
    refused(table, ece, 2, NULL, BINET_INVALID_ARGUMENT, "result", -1, "room for 1 values; there are 2");
    binet_calibration_options wrong = {.struct_size = sizeof wrong, .n_bins = -1};
    refused(table, ece, 1, &wrong, BINET_INVALID_ARGUMENT, "calibration", -1, "n_bins is -1");
    binet_predictions_destroy(table);
    table = table_of(0);
    static const char *const names[] = {"label", "rank", "", "true_probability", "nll", "brier", "", "label"};
    for (int32_t m = 0; m < 8; m++) {
        if (names[m][0] != '\0') {
            refused(table, &all_metrics[m], 1, NULL, BINET_INVALID_DATA, "predictions", 0, names[m]);
        }
    }
    binet_predictions_destroy(table);
}

/* A sum of numbers that each fit may not: what cannot be summed is refused, and what is just below has the right mean.
 */
static void sums_do_not_overflow(void)
{
    static const int32_t nll[] = {BINET_METRIC_NLL};
    binet_predictions *table = table_of(1);
    double *values = binet__column_f64(table, BINET_NLL);
    for (int i = 0; i < N; i++) {
        values[i] = 0x1p45 / N;
    }
    binet_estimate estimate;
    binet_bootstrap_result result = {.struct_size = sizeof result, .estimates = &estimate, .estimates_capacity = 1};
    CHECK_INT(binet_bootstrap_predictions(NULL, table, nll, 1, NULL, NULL, &result, NULL), BINET_OK);
    CHECK_NEAR(estimate.value, values[0], 0.0);
    CHECK_NEAR(estimate.high, values[0], 0.0);
    values[3] = 0x1p47 / N;
    refused(table, nll, 1, NULL, BINET_INVALID_DATA, "predictions", 3, "row 3 has the nll");
    values[3] = INFINITY;
    CHECK_INT(binet_bootstrap_predictions(NULL, table, nll, 1, NULL, NULL, &result, NULL), BINET_OK);
    CHECK(isinf(estimate.value));
    binet_predictions_destroy(table);
}

static void memory_may_run_out(void)
{
    static const int32_t some[] = {BINET_METRIC_ECE, BINET_METRIC_TOP_5_ACCURACY, BINET_METRIC_NLL};
    binet_predictions *table = table_of(1);
    for (int32_t binning = BINET_EQUAL_WIDTH; binning <= BINET_EQUAL_MASS; binning++) {
        binet_calibration_options calibration = {.struct_size = sizeof calibration, .binning = binning};
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_estimate estimates[3] = {{.value = 77.0}};
            binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = 3};
            binet_bootstrap_result result = {
                .struct_size = sizeof result, .estimates = estimates, .estimates_capacity = 3};
            binet_status status =
                binet_bootstrap_predictions(context, table, some, 3, &calibration, &options, &result, NULL);
            CHECK((status == BINET_OK) == (estimates[0].value != 77.0));
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
    binet_predictions_destroy(table);
}

int main(void)
{
    RUN(resamples_are_those_of_the_slow_way);
    RUN(threads_and_instruction_sets_do_not_matter);
    RUN(bad_input_is_named);
    RUN(sums_do_not_overflow);
    RUN(memory_may_run_out);
    return check_result();
}
