#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "binet/statistics.h"
#include "metrics/bootstrap.h"
#include "metrics/estimate.h"
#include "metrics/predictions_table.h"
#include "metrics/resampled.h"

typedef struct comparison {
    const binet_predictions *tables[2];
    const int32_t *metrics;
    int32_t n_metrics;
    binet_bootstrap_options given;
    binet__evaluations evaluations;
    double *values[3]; /* of a, of b, of b less a; [evaluations.n, n_metrics] each */
} comparison;

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static binet_status count_rows(const comparison *of, binet_compare_result *found, binet_error *error)
{
    const binet_predictions *a = of->tables[0];
    const binet_predictions *b = of->tables[1];
    const int32_t *labels = binet__column_i32(a, BINET_LABEL);
    const int32_t *labels_b = binet__column_i32(b, BINET_LABEL);
    const int32_t *answers_a = binet__column_i32(a, BINET_PREDICTED_CLASS);
    const int32_t *answers_b = binet__column_i32(b, BINET_PREDICTED_CLASS);
    for (int64_t row = 0; row < a->n; row++) {
        if (labels[row] == BINET__NO_LABEL || labels_b[row] == BINET__NO_LABEL) {
            return binet__fail(error, BINET_INVALID_DATA, labels[row] == BINET__NO_LABEL ? "a" : "b", row,
                               "row %lld has no label", (long long)row);
        }
        if (labels[row] != labels_b[row]) {
            return binet__fail(error, BINET_INVALID_DATA, "b", row, "row %lld has the label %d in a and %d in b",
                               (long long)row, (int)labels[row], (int)labels_b[row]);
        }
        int right_a = answers_a[row] == labels[row];
        int right_b = answers_b[row] == labels[row];
        found->n_both_right += right_a && right_b;
        found->n_only_a_right += right_a > right_b;
        found->n_only_b_right += right_a < right_b;
        found->n_both_wrong += !right_a && !right_b;
        found->n_same_answer += answers_a[row] == answers_b[row];
    }
    found->n = a->n;
    binet_mcnemar_result test = {.struct_size = sizeof test};
    binet_status status = binet_mcnemar(found->n_only_a_right, found->n_only_b_right, &test, error);
    found->p_exact = test.p_exact;
    found->chi_square = test.chi_square;
    found->p_chi_square = test.p_chi_square;
    return status;
}

/* ---- Differences ------------------------------------------------------------------------------------------------- */

static binet_status evaluate(const binet_context *context, comparison *of, const binet_calibration_options *calibration,
                             binet_error *error)
{
    static const char *const names[2] = {"a", "b"};
    binet_status status = BINET_OK;
    for (int i = 0; status == BINET_OK && i < 3; i++) {
        of->values[i] =
            binet__allocate(context, of->evaluations.n, (uint64_t)of->n_metrics * sizeof *of->values[i], error);
        status = of->values[i] != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    for (int i = 0; status == BINET_OK && i < 2; i++) {
        status = binet__resampled_metrics(context, of->tables[i], names[i], of->metrics, of->n_metrics, calibration,
                                          &of->evaluations, of->values[i], error);
    }
    for (int64_t i = 0; status == BINET_OK && i < of->evaluations.n * of->n_metrics; i++) {
        of->values[2][i] = of->values[1][i] - of->values[0][i];
    }
    return status;
}

static binet_status estimate(const binet_context *context, const comparison *of, binet_compare_result *found,
                             binet_error *error)
{
    int64_t n = of->given.n_resamples;
    int32_t stride = of->n_metrics;
    double *sorted = binet__allocate(context, n, sizeof *sorted, error);
    uint64_t *keys = sorted != NULL ? binet__allocate(context, n, 2 * sizeof *keys, error) : NULL;
    for (int32_t m = 0; keys != NULL && m < of->n_metrics; m++) {
        binet_compared row = {.metric = of->metrics[m], .test = BINET_TEST_BOOTSTRAP};
        binet_estimate *estimates[3] = {&row.a, &row.b, &row.difference};
        for (int i = 0; i < 3; i++) {
            binet__draws draws = binet__evaluation_draws(&of->evaluations, of->values[i] + m, stride);
            *estimates[i] = binet__estimate(&draws, of->given.confidence_level, sorted, keys);
        }
        row.p_value = binet__sign_p_value(of->values[2] + stride + m, n, stride);
        if (row.metric == BINET_METRIC_ACCURACY && of->given.clusters == NULL) {
            row.test = BINET_TEST_MCNEMAR;
            row.p_value = found->p_exact;
        }
        found->metrics[m] = row;
    }
    binet_status status = keys != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    binet__release(context, keys);
    binet__release(context, sorted);
    return status;
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static binet_status check(comparison *of, const binet_bootstrap_options *options, const binet_compare_result *result,
                          binet_compare_result *found, binet_error *error)
{
    const binet_predictions *a = of->tables[0];
    const binet_predictions *b = of->tables[1];
    binet_status status = binet__require(a, "a", error);
    status = status == BINET_OK ? binet__require(b, "b", error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__check_row_count(a->n, "a", error) : status;
    if (status == BINET_OK && a->n != b->n) {
        status = binet__fail_argument(error, "b", "b has %lld rows; a has %lld", (long long)b->n, (long long)a->n);
    }
    status = status == BINET_OK ? binet__check_metrics(of->metrics, of->n_metrics, error) : status;
    status = status == BINET_OK ? binet__bootstrap_options(options, &of->given, error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(found, sizeof *found, result, "result", error) : status;
    if (status == BINET_OK && (found->metrics == NULL || found->metrics_capacity < of->n_metrics)) {
        status =
            binet__fail_argument(error, "result", "result->metrics has room for %lld metrics; there are %d",
                                 (long long)(found->metrics != NULL ? found->metrics_capacity : 0), (int)of->n_metrics);
    }
    return status;
}

binet_status binet_compare(const binet_context *context, const binet_predictions *a, const binet_predictions *b,
                           const int32_t *metrics, int32_t n_metrics, const binet_calibration_options *calibration,
                           const binet_bootstrap_options *options, binet_compare_result *result, binet_error *error)
{
    comparison of = {.tables = {a, b}, .metrics = metrics, .n_metrics = n_metrics};
    binet_compare_result given;
    binet_status status = check(&of, options, result, &given, error);
    if (status != BINET_OK) {
        return status;
    }
    binet_compare_result found = {.metrics = given.metrics, .metrics_capacity = given.metrics_capacity};
    status = count_rows(&of, &found, error);
    status = status == BINET_OK ? binet__evaluations_create(context, a->n, &of.given, &of.evaluations, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    found.n_units = of.evaluations.units.n;
    status = evaluate(context, &of, calibration, error);
    status = status == BINET_OK ? estimate(context, &of, &found, error) : status;
    if (status == BINET_OK) {
        binet__write_struct(result, &found, sizeof found);
    }
    for (int i = 0; i < 3; i++) {
        binet__release(context, of.values[i]);
    }
    binet__units_release(context, &of.evaluations.units);
    return status;
}
