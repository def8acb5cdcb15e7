/* Two models: counts, differences from the same resamples, p values, bad input. */
#include <math.h>

#include "binet/statistics.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 200, C = 5, RESAMPLES = 200 };

static binet_predictions *table_of(uint64_t seed, int64_t n, int64_t first_label)
{
    static double logits[N * C];
    int64_t labels[N];
    binet_predictions *table = NULL;
    scores_logits(logits, n * C, seed);
    scores_labels(labels, n, C, 2);
    labels[0] = first_label;
    for (int64_t i = 0; i < n; i += 2) {
        logits[i * C + labels[i]] += 8.0;
    }
    binet_array scores = scores_matrix(logits, BINET_F64, n, C);
    binet_array truth = scores_vector(labels, BINET_I64, n);
    CHECK_INT(
        binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, first_label < 0 ? NULL : &truth, NULL, &table, NULL),
        BINET_OK);
    return table;
}

static const int32_t metrics[3] = {BINET_METRIC_ACCURACY, BINET_METRIC_ECE, BINET_METRIC_NLL};

static void differences_are_of_the_same_resamples(void)
{
    binet_predictions *a = table_of(1, N, 0);
    binet_predictions *b = table_of(5, N, 0);
    binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = RESAMPLES, .seed = 4};
    static double replicates[2][RESAMPLES * 3];
    binet_estimate estimates[2][3];
    for (int i = 0; i < 2; i++) {
        binet_bootstrap_result result = {sizeof result, 0, estimates[i], 3, replicates[i], (int64_t)RESAMPLES * 3, 0};
        CHECK_INT(binet_bootstrap_predictions(NULL, i == 0 ? a : b, metrics, 3, NULL, &options, &result, NULL),
                  BINET_OK);
    }
    binet_compared rows[3];
    binet_compare_result result = {.struct_size = sizeof result, .metrics = rows, .metrics_capacity = 3};
    CHECK_INT(binet_compare(NULL, a, b, metrics, 3, NULL, &options, &result, NULL), BINET_OK);
    int n_same = 0;
    for (int64_t i = 0; i < N; i++) {
        n_same += scores_i32(a, BINET_PREDICTED_CLASS, i) == scores_i32(b, BINET_PREDICTED_CLASS, i);
    }
    CHECK_INT(result.n_same_answer, n_same);
    CHECK_INT(result.n_both_right + result.n_only_a_right + result.n_only_b_right + result.n_both_wrong, N);
    CHECK_INT(result.n, N);
    CHECK_INT(result.n_units, N);
    binet_mcnemar_result test = {.struct_size = sizeof test};
    CHECK_INT(binet_mcnemar(result.n_only_a_right, result.n_only_b_right, &test, NULL), BINET_OK);
    CHECK(rows[0].test == BINET_TEST_MCNEMAR && rows[0].p_value == test.p_exact && result.p_exact == test.p_exact);
    CHECK(result.chi_square == test.chi_square && result.p_chi_square == test.p_chi_square);
    for (int m = 0; m < 3; m++) {
        CHECK_INT(rows[m].metric, metrics[m]);
        CHECK(memcmp(&rows[m].a, &estimates[0][m], sizeof rows[m].a) == 0);
        CHECK(memcmp(&rows[m].b, &estimates[1][m], sizeof rows[m].b) == 0);
        int at_most = 0;
        int at_least = 0;
        double mean = 0.0;
        double squares = 0.0;
        for (int r = 0; r < RESAMPLES; r++) {
            double difference = replicates[1][3 * r + m] - replicates[0][3 * r + m];
            at_most += difference <= 0.0;
            at_least += difference >= 0.0;
            mean += difference / RESAMPLES;
            squares += difference * difference / RESAMPLES;
        }
        double deviation = sqrt((squares - mean * mean) * RESAMPLES / (RESAMPLES - 1));
        CHECK_NEAR(rows[m].difference.standard_error, deviation, 1e-12);
        CHECK_NEAR(rows[m].difference.value, estimates[1][m].value - estimates[0][m].value, 0.0);
        if (m > 0) {
            CHECK_INT(rows[m].test, BINET_TEST_BOOTSTRAP);
            double p = 2.0 * (1.0 + (at_most < at_least ? at_most : at_least)) / (1.0 + RESAMPLES);
            CHECK_NEAR(rows[m].p_value, p < 1.0 ? p : 1.0, 0.0);
        }
    }
    binet_predictions_destroy(a);
    binet_predictions_destroy(b);
}

/* A model is no other than itself, and with clusters McNemar's test does not hold. */
static void a_model_is_like_itself(void)
{
    binet_predictions *a = table_of(1, N, 0);
    int64_t clusters[N];
    for (int i = 0; i < N; i++) {
        clusters[i] = i / 10;
    }
    binet_array of_clusters = scores_vector(clusters, BINET_I64, N);
    binet_bootstrap_options options = {.struct_size = sizeof options, .clusters = &of_clusters};
    binet_compared rows[3];
    binet_compare_result result = {.struct_size = sizeof result, .metrics = rows, .metrics_capacity = 3};
    CHECK_INT(binet_compare(NULL, a, a, metrics, 3, NULL, &options, &result, NULL), BINET_OK);
    CHECK_INT(result.n_units, 20);
    for (int m = 0; m < 3; m++) {
        CHECK(rows[m].difference.low == 0.0 && rows[m].difference.high == 0.0 && rows[m].p_value == 1.0);
        CHECK_INT(rows[m].test, BINET_TEST_BOOTSTRAP);
    }
    CHECK(result.n_only_a_right == 0 && result.n_only_b_right == 0 && result.n_same_answer == N);
    binet_predictions_destroy(a);
}

static void refused(const binet_predictions *a, const binet_predictions *b, int64_t capacity, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    binet_error error;
    binet_compared rows[3] = {{.p_value = 77.0}};
    binet_compare_result result = {.struct_size = sizeof result, .metrics = rows, .metrics_capacity = capacity};
    CHECK_INT(binet_compare(NULL, a, b, metrics, 3, NULL, NULL, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(rows[0].p_value == 77.0 && result.n == 0);
}

static void bad_input_is_named(void)
{
    binet_predictions *a = table_of(1, N, 0);
    binet_predictions *shorter = table_of(1, N - 1, 0);
    binet_predictions *other = table_of(1, N, 1);
    binet_predictions *unlabelled = table_of(1, N, -1);
    refused(NULL, a, 3, BINET_INVALID_ARGUMENT, "a", -1, "NULL");
    refused(a, NULL, 3, BINET_INVALID_ARGUMENT, "b", -1, "NULL");
    refused(a, shorter, 3, BINET_INVALID_ARGUMENT, "b", -1, "b has 199 rows; a has 200");
    refused(a, other, 3, BINET_INVALID_DATA, "b", 0, "row 0 has the label 0 in a and 1 in b");
    refused(a, unlabelled, 3, BINET_INVALID_DATA, "b", 0, "row 0 has no label");
    refused(unlabelled, a, 3, BINET_INVALID_DATA, "a", 0, "row 0 has no label");
    refused(a, a, 2, BINET_INVALID_ARGUMENT, "result", -1, "room for 2 metrics; there are 3");
    CHECK_INT(binet_compare(NULL, a, a, metrics, 3, NULL, NULL, NULL, NULL), BINET_INVALID_ARGUMENT);
    binet_predictions_destroy(a);
    binet_predictions_destroy(shorter);
    binet_predictions_destroy(other);
    binet_predictions_destroy(unlabelled);
}

static void memory_may_run_out(void)
{
    binet_predictions *a = table_of(1, N, 0);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_compared rows[3] = {{.p_value = 77.0}};
        binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = 2};
        binet_compare_result result = {.struct_size = sizeof result, .metrics = rows, .metrics_capacity = 3};
        binet_status status = binet_compare(context, a, a, metrics, 3, NULL, &options, &result, NULL);
        CHECK((status == BINET_OK) == (rows[0].p_value != 77.0));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions_destroy(a);
}

int main(void)
{
    RUN(differences_are_of_the_same_resamples);
    RUN(a_model_is_like_itself);
    RUN(bad_input_is_named);
    RUN(memory_may_run_out);
    return check_result();
}
