/* Two models: counts, differences from the same resamples, p values, bad input. */
#include <math.h>

#include "binet/statistics.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 200, C = 5, RESAMPLES = 200 };

/* No labels where first_label is negative. */
static binet_predictions *table_of(uint64_t seed, int64_t n, int64_t first_label)
{
    static double logits[N * C];
    int64_t labels[N];
    scores_logits(logits, n * C, seed);
    scores_labels(labels, n, C, 2);
    labels[0] = first_label < 0 ? 0 : first_label;
    for (int64_t i = 0; i < n; i += 2) {
        logits[i * C + labels[i]] += 8.0;
    }
    return scores_table(logits, first_label < 0 ? NULL : labels, NULL, n, C);
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

static void bad_options_are_named(void)
{
    static const struct {
        binet_bootstrap_options options;
        const char *why;
    } bad[] = {
        {{.n_resamples = -1}, "n_resamples is -1; allowed: 2 .. 2147483647, or 0 for 1000"},
        {{.n_resamples = 1}, "n_resamples is 1; allowed: 2 .. 2147483647, or 0 for 1000"},
        {{.confidence_level = 1.0}, "confidence_level is 1;"},
        {{.confidence_level = -0.5}, "confidence_level is -0.5;"},
        {{.confidence_level = (double)NAN}, "confidence_level is "},
        {{.method = 2}, "method is 2;"},
    };
    binet_predictions *a = table_of(1, N, 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        binet_bootstrap_options options = bad[i].options;
        options.struct_size = sizeof options;
        binet_error error;
        binet_compared rows[3] = {{.p_value = 77.0}};
        binet_compare_result result = {.struct_size = sizeof result, .metrics = rows, .metrics_capacity = 3};
        CHECK_INT(binet_compare(NULL, a, a, metrics, 3, NULL, &options, &result, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "options");
        CHECK_INT(error.element, -1);
        CHECK_CONTAINS(error.message, bad[i].why);
        CHECK(rows[0].p_value == 77.0 && result.n == 0);
    }
    binet_predictions_destroy(a);
}

/* [N, n_classes]: class 0 with a probability of 0.75, or 1 where it is the only one; all rows have `label`. */
static binet_predictions *certain(int64_t n_classes, int64_t label)
{
    static double probabilities[N * 2];
    int64_t labels[N];
    binet_predictions *table = NULL;
    for (int64_t i = 0; i < N; i++) {
        probabilities[i * n_classes] = n_classes == 1 ? 1.0 : 0.75;
        if (n_classes == 2) {
            probabilities[i * 2 + 1] = 0.25;
        }
        labels[i] = label;
    }
    binet_array scores = scores_matrix(probabilities, BINET_F64, N, n_classes);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_PROBABILITIES, &scores, &truth, NULL, &table, NULL), BINET_OK);
    return table;
}

static void same_in_all_resamples(const binet_predictions *table, double accuracy, double ece)
{
    for (int method = BINET_BOOTSTRAP_PERCENTILE; method <= BINET_BOOTSTRAP_BCA; method++) {
        binet_bootstrap_options options = {.struct_size = sizeof options, .method = method};
        binet_compared rows[3];
        binet_compare_result result = {.struct_size = sizeof result, .metrics = rows, .metrics_capacity = 3};
        CHECK_INT(binet_compare(NULL, table, table, metrics, 3, NULL, &options, &result, NULL), BINET_OK);
        const double expected[2] = {accuracy, ece};
        for (int m = 0; m < 2; m++) {
            binet_estimate a = rows[m].a;
            CHECK(a.value == expected[m] && a.low == a.value && a.high == a.value && a.standard_error == 0.0);
            CHECK_INT(a.interval, BINET_INTERVAL_FOUND);
            CHECK(rows[m].difference.low == 0.0 && rows[m].difference.high == 0.0 && rows[m].p_value == 1.0);
        }
        CHECK_INT(accuracy > 0.0 ? result.n_both_right : result.n_both_wrong, N);
        CHECK(result.n_only_a_right == 0 && result.n_only_b_right == 0 && result.p_exact == 1.0);
    }
}

static void all_right_all_wrong_and_one_class_have_no_spread(void)
{
    binet_predictions *right = certain(2, 0);
    binet_predictions *wrong = certain(2, 1);
    binet_predictions *only = certain(1, 0);
    same_in_all_resamples(right, 1.0, 0.25);
    same_in_all_resamples(wrong, 0.0, 0.75);
    same_in_all_resamples(only, 1.0, 0.0);
    binet_predictions_destroy(right);
    binet_predictions_destroy(wrong);
    binet_predictions_destroy(only);
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
    RUN(all_right_all_wrong_and_one_class_have_no_spread);
    RUN(bad_options_are_named);
    RUN(bad_input_is_named);
    RUN(memory_may_run_out);
    return check_result();
}
