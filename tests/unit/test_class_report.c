/* Classes are counted exactly; what is said over classes is what a loop says; the gap of two tables is that of their
 * classes. */
#include <math.h>
#include <stddef.h>

#include "binet/mistakes.h"
#include "check.h"
#include "failing_allocator.h"
#include "metrics/predictions_table.h"
#include "scores.h"

enum { N = 900, C = 12 };

static double logits[N * C];
static int64_t labels[N];

/* A table of N rows with labels among the first `n_used` classes. */
static binet_predictions *table_of(int64_t n_used, uint64_t seed)
{
    scores_logits(logits, (int64_t)N * C, seed);
    scores_labels(labels, N, n_used, seed + 1);
    for (int i = 0; i < N; i++) {
        logits[i * C + labels[i]] += 6.0;
    }
    return scores_table(logits, labels, NULL, N, C);
}

/* A table without class count and probabilities, as a CSV of ImageNet-X gives: `n` rows that are labels and answers. */
static binet_predictions *table_from(const int32_t *answers, const int32_t *truth, int64_t n)
{
    binet_predictions *made = NULL;
    binet_predictions *known = NULL;
    binet_predictions *picked = NULL;
    double one_hot[8 * 8];
    int64_t rows[16];
    for (int i = 0; i < 64; i++) {
        one_hot[i] = i % 9 == 0 ? 5.0 : 0.0;
    }
    binet_array scores = scores_matrix(one_hot, BINET_F64, 8, 8);
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, NULL, &made, NULL), BINET_OK);
    for (int64_t i = 0; i < n; i++) {
        rows[i] = answers[i];
    }
    binet_array of_rows = scores_vector(rows, BINET_I64, n);
    binet_array of_truth = scores_vector(truth, BINET_I32, n);
    CHECK_INT(binet_predictions_select(NULL, made, &of_rows, &picked, NULL), BINET_OK);
    CHECK_INT(binet_predictions_with_labels(NULL, picked, &of_truth, &known, NULL), BINET_OK);
    binet_predictions_destroy(made);
    binet_predictions_destroy(picked);
    return known;
}

/* ---- Classes ----------------------------------------------------------------------------------------------------- */

static void classes_are_those_counted_by_hand(void)
{
    /* Class 0: 2 of 3; class 1: 0 of 2; class 2: no rows; class 3: 1 of 1. */
    static const int32_t answers[] = {0, 0, 1, 0, 3, 3};
    static const int32_t truth[] = {0, 0, 0, 1, 1, 3};
    binet_predictions *table = table_from(answers, truth, 6);
    binet_class_report_class classes[8];
    binet_confusion confusions[5];
    memset(confusions, 0x5A, sizeof confusions);
    binet_class_report_result result = {.struct_size = sizeof result,
                                        .classes = classes,
                                        .classes_capacity = 8,
                                        .confusions = confusions,
                                        .confusions_capacity = 5};
    CHECK_INT(binet_class_report(NULL, table, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n_classes, 8);
    CHECK_INT(result.n, 6);
    CHECK_INT(result.n_correct, 3);
    CHECK_INT(result.n_present, 3);
    static const int64_t counts[4][4] = {{3, 2, 3, 1}, {2, 0, 1, 1}, {0, 0, 0, 0}, {1, 1, 2, 1}};
    static const double accuracies[] = {2.0 / 3.0, 0.0, NAN, 1.0};
    static const double precisions[] = {2.0 / 3.0, 0.0, NAN, 0.5};
    for (int c = 0; c < 4; c++) {
        CHECK_INT(classes[c].n, counts[c][0]);
        CHECK_INT(classes[c].n_correct, counts[c][1]);
        CHECK_INT(classes[c].n_predicted, counts[c][2]);
        CHECK_INT(classes[c].n_false_positive, counts[c][3]);
        CHECK(isnan(accuracies[c]) ? isnan(classes[c].accuracy) : classes[c].accuracy == accuracies[c]);
        CHECK(isnan(precisions[c]) ? isnan(classes[c].precision) : classes[c].precision == precisions[c]);
        CHECK(isnan(classes[c].low) == isnan(classes[c].accuracy));
    }
    CHECK_INT(result.worst_class, 1);
    CHECK_NEAR(result.worst_accuracy, 0.0, 0.0);
    CHECK_INT(result.n_worst, 1);
    CHECK_NEAR(result.worst_mean, 0.0, 0.0);
    CHECK_NEAR(result.balanced_accuracy, (0.0 + 2.0 / 3.0 + 1.0) / 3.0, 1e-16);
    /* numpy 2.4: numpy.std([2 / 3, 0, 1], ddof=1). */
    CHECK_NEAR(result.accuracy_deviation, 0.5091750772173155, 1e-15);
    /* The three wrong rows do not know the probability of their class. */
    CHECK_INT(result.n_unknown, 3);
    CHECK(isnan(result.probability_deviation) && isnan(result.class_balance));
    /* Each pair once: by label, then by predicted class; what lies behind them is untouched. */
    CHECK_INT(result.n_confusions, 3);
    static const int32_t pairs[3][2] = {{0, 1}, {1, 0}, {1, 3}};
    for (int i = 0; i < 3; i++) {
        CHECK_INT(confusions[i].label, pairs[i][0]);
        CHECK_INT(confusions[i].predicted_class, pairs[i][1]);
        CHECK_INT(confusions[i].n, 1);
    }
    CHECK_INT(confusions[3].label, 0x5A5A5A5A);
    binet_predictions_destroy(table);
}

static void classes_add_up_to_the_whole(void)
{
    binet_predictions *table = table_of(C - 2, 5);
    binet_class_report_class classes[C];
    binet_class_report_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = C};
    CHECK_INT(binet_class_report(NULL, table, NULL, &result, NULL), BINET_OK);
    int64_t sums[4] = {0, 0, 0, 0};
    double lowest[C];
    int n_present = 0;
    for (int c = 0; c < C; c++) {
        sums[0] += classes[c].n;
        sums[1] += classes[c].n_correct;
        sums[2] += classes[c].n_predicted;
        sums[3] += classes[c].n_false_positive;
        if (classes[c].n > 0) {
            int at = n_present++;
            for (; at > 0 && lowest[at - 1] > classes[c].accuracy; at--) {
                lowest[at] = lowest[at - 1];
            }
            lowest[at] = classes[c].accuracy;
        }
    }
    CHECK_INT(sums[0], N);
    CHECK_INT(sums[1], result.n_correct);
    CHECK_INT(sums[2], N);
    CHECK_INT(sums[3], N - result.n_correct);
    CHECK(result.n_correct > 0 && result.n_correct < N);
    CHECK_INT(n_present, C - 2);
    CHECK_INT(result.n_present, C - 2);
    for (int k = 1; k <= n_present; k++) {
        double sum = 0.0;
        for (int i = 0; i < k; i++) {
            sum += lowest[i];
        }
        binet_class_report_options options = {sizeof options, 0, 0.0, k};
        CHECK_INT(binet_class_report(NULL, table, &options, &result, NULL), BINET_OK);
        CHECK_NEAR(result.worst_mean, sum / k, 1e-15);
        CHECK_INT(result.n_worst, k);
    }
    CHECK_NEAR(result.worst_mean, result.balanced_accuracy, 1e-15); /* the worst of all are all */
    binet_predictions_destroy(table);
}

/* The definition of class balance once more, in double and two passes. */
static void class_balance_is_that_of_its_definition(void)
{
    binet_predictions *table = table_of(C, 7);
    binet_class_report_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_class_report(NULL, table, NULL, &result, NULL), BINET_OK);
    double accuracies[C];
    double deviation = 0.0;
    double mean_accuracy = 0.0;
    for (int c = 0; c < C; c++) {
        double n = 0.0;
        double right = 0.0;
        double sum = 0.0;
        double squares = 0.0;
        for (int i = 0; i < N; i++) {
            if (labels[i] == c) {
                n += 1.0;
                right += scores_i32(table, BINET_PREDICTED_CLASS, i) == c;
                sum += scores_f64(table, BINET_TRUE_PROBABILITY, i);
            }
        }
        for (int i = 0; i < N; i++) {
            double distance = scores_f64(table, BINET_TRUE_PROBABILITY, i) - sum / n;
            squares += labels[i] == c ? distance * distance : 0.0;
        }
        accuracies[c] = right / n;
        mean_accuracy += accuracies[c] / C;
        deviation += sqrt(squares / n) / C;
    }
    double spread = 0.0;
    for (int c = 0; c < C; c++) {
        spread += (accuracies[c] - mean_accuracy) * (accuracies[c] - mean_accuracy) / (C - 1);
    }
    CHECK_INT(result.n_unknown, 0);
    CHECK_NEAR(result.probability_deviation, deviation, 1e-13);
    CHECK_NEAR(result.accuracy_deviation, sqrt(spread), 1e-14);
    CHECK_NEAR(result.class_balance, sqrt((1.0 - sqrt(spread)) * (1.0 - deviation)), 1e-13);
    CHECK(result.class_balance > 0.0 && result.class_balance < 1.0);
    binet_predictions_destroy(table);
}

static void the_most_frequent_pairs_come_first(void)
{
    binet_predictions *table = table_of(C, 9);
    static int64_t matrix[C][C];
    memset(matrix, 0, sizeof matrix);
    int64_t n_pairs = 0;
    for (int i = 0; i < N; i++) {
        int32_t answer = scores_i32(table, BINET_PREDICTED_CLASS, i);
        n_pairs += answer != labels[i] && matrix[labels[i]][answer]++ == 0;
    }
    static binet_confusion all[C * C];
    binet_class_report_result result = {
        .struct_size = sizeof result, .confusions = all, .confusions_capacity = (int64_t)C * C};
    CHECK_INT(binet_class_report(NULL, table, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n_confusions, n_pairs);
    CHECK(all[0].n > all[n_pairs - 1].n);
    for (int64_t i = 0; i < n_pairs; i++) {
        CHECK_INT(all[i].n, matrix[all[i].label][all[i].predicted_class]);
        if (i > 0) {
            const binet_confusion *before = &all[i - 1];
            int later = all[i].label > before->label ||
                        (all[i].label == before->label && all[i].predicted_class > before->predicted_class);
            CHECK(all[i].n < before->n || (all[i].n == before->n && later));
        }
    }
    /* Some of them are the first of them. */
    binet_confusion some[4];
    result.confusions = some;
    result.confusions_capacity = 3;
    memset(some, 0x5A, sizeof some);
    CHECK_INT(binet_class_report(NULL, table, NULL, &result, NULL), BINET_OK);
    CHECK(memcmp(some, all, 3 * sizeof some[0]) == 0);
    CHECK_INT(some[3].label, 0x5A5A5A5A);
    CHECK_INT(result.n_confusions, n_pairs);
    binet_predictions_destroy(table);
}

static void the_order_of_rows_changes_nothing(void)
{
    binet_predictions *table = table_of(C, 11);
    binet_predictions *turned = NULL;
    int64_t rows[N];
    for (int i = 0; i < N; i++) {
        rows[i] = (i * 7 + 3) % N; /* 7 and N have no common divisor */
    }
    binet_array of_rows = scores_vector(rows, BINET_I64, N);
    CHECK_INT(binet_predictions_select(NULL, table, &of_rows, &turned, NULL), BINET_OK);
    binet_class_report_class classes[2][C];
    binet_confusion confusions[2][20];
    binet_class_report_result results[2];
    for (int i = 0; i < 2; i++) {
        memset(&results[i], 0, sizeof results[i]);
        results[i].struct_size = sizeof results[i];
        results[i].classes = classes[i];
        results[i].classes_capacity = C;
        results[i].confusions = confusions[i];
        results[i].confusions_capacity = 20;
        CHECK_INT(binet_class_report(NULL, i == 0 ? table : turned, NULL, &results[i], NULL), BINET_OK);
        results[i].classes = NULL;
        results[i].confusions = NULL;
    }
    CHECK(memcmp(classes[0], classes[1], sizeof classes[0]) == 0);
    CHECK(memcmp(confusions[0], confusions[1], sizeof confusions[0]) == 0);
    CHECK(memcmp(&results[0], &results[1], sizeof results[0]) == 0);
    binet_predictions_destroy(table);
    binet_predictions_destroy(turned);
}

static void one_class_all_right_and_all_wrong(void)
{
    static const int32_t sevens[] = {7, 7, 7};
    static const int32_t twos[] = {2, 2, 2};
    binet_predictions *right = table_from(sevens, sevens, 3);
    binet_predictions *wrong = table_from(sevens, twos, 3);
    binet_confusion pair[1];
    binet_class_report_result result = {.struct_size = sizeof result, .confusions = pair, .confusions_capacity = 1};
    CHECK_INT(binet_class_report(NULL, right, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n_present, 1);
    CHECK_INT(result.worst_class, 7);
    CHECK_INT(result.n_confusions, 0);
    CHECK_NEAR(result.worst_mean, 1.0, 0.0);
    CHECK_NEAR(result.probability_deviation, 0.0, 0.0); /* three equal probabilities */
    CHECK(isnan(result.accuracy_deviation) && isnan(result.class_balance));
    CHECK_INT(binet_class_report(NULL, wrong, NULL, &result, NULL), BINET_OK);
    CHECK_NEAR(result.accuracy, 0.0, 0.0);
    CHECK_INT(result.n_confusions, 1);
    CHECK(pair[0].label == 2 && pair[0].predicted_class == 7 && pair[0].n == 3);
    binet_predictions_destroy(right);
    binet_predictions_destroy(wrong);
}

static void of_equal_classes_the_first_is_named(void)
{
    static const int32_t truth[] = {1, 3, 5, 6};
    static const int32_t all_wrong[] = {2, 2, 2, 6};
    binet_predictions *right = table_from(truth, truth, 4);
    binet_predictions *wrong = table_from(all_wrong, truth, 4);
    binet_class_report_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_class_report(NULL, wrong, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.worst_class, 1);
    binet_class_gap_result gap = {.struct_size = sizeof gap};
    CHECK_INT(binet_class_gap(NULL, right, wrong, NULL, &gap, NULL), BINET_OK);
    CHECK(gap.lowest_class == 1 && gap.highest_class == 6);
    CHECK_INT(binet_class_gap(NULL, wrong, right, NULL, &gap, NULL), BINET_OK);
    CHECK(gap.lowest_class == 6 && gap.highest_class == 1);
    binet_predictions_destroy(right);
    binet_predictions_destroy(wrong);
}

/* ---- Gaps -------------------------------------------------------------------------------------------------------- */

static void gaps_are_those_of_the_classes(void)
{
    static const int32_t truth[] = {0, 0, 1, 1, 1, 1, 2, 4};
    static const int32_t answers_a[] = {0, 0, 1, 1, 1, 0, 2, 4};
    static const int32_t truth_b[] = {0, 0, 0, 0, 1, 1, 3, 4};
    static const int32_t answers_b[] = {0, 1, 1, 1, 1, 1, 3, 4};
    binet_predictions *a = table_from(answers_a, truth, 8);
    binet_predictions *b = table_from(answers_b, truth_b, 8);
    binet_class_gap_class classes[8];
    binet_class_gap_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = 8};
    CHECK_INT(binet_class_gap(NULL, a, b, NULL, &result, NULL), BINET_OK);
    static const double gaps[] = {-0.75, 0.25, NAN, NAN, 0.0, NAN, NAN, NAN};
    for (int c = 0; c < 8; c++) {
        CHECK(isnan(gaps[c]) ? isnan(classes[c].gap) && isnan(classes[c].low) : classes[c].gap == gaps[c]);
    }
    CHECK(classes[2].n_a == 1 && classes[2].n_b == 0 && isnan(classes[2].accuracy_b));
    CHECK_INT(result.n_compared, 3);
    CHECK_INT(result.n_lower, 1);
    CHECK_INT(result.n_higher, 1);
    CHECK(result.lowest_class == 0 && result.lowest == -0.75);
    CHECK(result.highest_class == 1 && result.highest == 0.25);
    CHECK_NEAR(result.mean, -0.5 / 3.0, 1e-16);
    /* numpy 2.4: numpy.std([-.75, .25, 0], ddof=1); statsmodels 0.15: confint_proportions_2indep(1, 4, 2, 2,
     * method="newcomb", compare="diff"). */
    CHECK_NEAR(result.deviation, 0.5204164998665332, 1e-15);
    CHECK_NEAR(classes[0].low, -0.9544127391902995, 1e-12);
    CHECK_NEAR(classes[0].high, 0.046483847175785686, 1e-12);
    /* The other way round is the negative. */
    binet_class_gap_class turned[8];
    binet_class_gap_result other = {.struct_size = sizeof other, .classes = turned, .classes_capacity = 8};
    CHECK_INT(binet_class_gap(NULL, b, a, NULL, &other, NULL), BINET_OK);
    CHECK_NEAR(other.mean, -result.mean, 1e-16);
    CHECK_NEAR(turned[0].low, -classes[0].high, 1e-15);
    CHECK_NEAR(turned[0].high, -classes[0].low, 1e-15);
    CHECK_INT(other.highest_class, 0);
    binet_predictions_destroy(a);
    binet_predictions_destroy(b);
}

static void a_table_and_itself_have_no_gap(void)
{
    binet_predictions *table = table_of(C, 13);
    binet_class_gap_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_class_gap(NULL, table, table, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n_compared, C);
    CHECK(result.n_lower == 0 && result.n_higher == 0 && result.mean == 0.0 && result.deviation == 0.0);
    binet_predictions_destroy(table);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(const binet_predictions *table, const binet_class_report_options *options, int64_t capacity,
                    binet_status status, const char *argument, int64_t element, const char *why)
{
    binet_class_report_class classes[C];
    binet_class_report_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = capacity};
    binet_error error;
    memset(classes, 0x5A, sizeof classes);
    CHECK_INT(binet_class_report(NULL, table, options, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(result.n == 0 && classes[0].n == 0x5A5A5A5A5A5A5A5A);
}

/* As a table of another program may have them; its softmax may round to a little above 1. */
static void probabilities_must_be_some(void)
{
    static const double improbable[] = {INFINITY, 1e300, 1.001, -0.001};
    binet_predictions *table = table_of(C, 16);
    binet__column_f64(table, BINET_TRUE_PROBABILITY)[7] = 1.0000001;
    binet_class_report_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_class_report(NULL, table, NULL, &result, NULL), BINET_OK);
    for (int i = 0; i < 4; i++) {
        binet__column_f64(table, BINET_TRUE_PROBABILITY)[7] = improbable[i];
        refused(table, NULL, C, BINET_INVALID_DATA, "predictions", 7, "row 7 has the true_probability");
    }
    binet_predictions_destroy(table);
}

static void what_does_not_fit_is_named(void)
{
    binet_predictions *table = table_of(C, 15);
    refused(NULL, NULL, C, BINET_INVALID_ARGUMENT, "predictions", -1, "NULL");
    refused(table, NULL, C - 1, BINET_INVALID_ARGUMENT, "result", -1, "classes_capacity is 11; 12 classes");
    binet_class_report_options options = {sizeof options, 0, 0.0, C + 1};
    refused(table, &options, C, BINET_INVALID_ARGUMENT, "options", -1, "n_worst is 13; allowed: 1 .. 12");
    options.n_worst = -1;
    refused(table, &options, C, BINET_INVALID_ARGUMENT, "options", -1, "n_worst is -1");
    options.n_worst = 0;
    options.n_classes = -1;
    refused(table, &options, C, BINET_INVALID_ARGUMENT, "options", -1, "n_classes is -1");
    options.n_classes = 5;
    int64_t first = 0;
    while (labels[first] < 5 && scores_i32(table, BINET_PREDICTED_CLASS, first) < 5) {
        first++;
    }
    refused(table, &options, C, BINET_INVALID_DATA, "predictions", first, "; allowed: 0 .. 4");
    options.n_classes = 0;
    options.confidence_level = 1.0;
    refused(table, &options, C, BINET_INVALID_ARGUMENT, "options", -1, "confidence_level");
    CHECK_INT(binet_class_report(NULL, table, NULL, NULL, NULL), BINET_INVALID_ARGUMENT);
    binet_class_report_result negative = {.struct_size = sizeof negative};
    binet_confusion pair[1];
    negative.confusions = pair;
    negative.confusions_capacity = -1;
    CHECK_INT(binet_class_report(NULL, table, NULL, &negative, NULL), BINET_INVALID_ARGUMENT);

    binet_array scores = scores_matrix(logits, BINET_F64, N, C);
    binet_predictions *bare = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, NULL, &bare, NULL), BINET_OK);
    refused(bare, NULL, C, BINET_INVALID_DATA, "predictions", 0, "row 0 has no label");
    binet_class_gap_result gap = {.struct_size = sizeof gap};
    binet_error error;
    CHECK_INT(binet_class_gap(NULL, table, bare, NULL, &gap, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "b");
    CHECK_INT(error.element, 0);
    CHECK_TEXT(error.message, "b: row 0 has no label");
    CHECK_INT(binet_class_gap(NULL, NULL, bare, NULL, &gap, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "a");
    static const int32_t zero[] = {0};
    static const int32_t one[] = {1};
    binet_predictions *of_zero = table_from(zero, zero, 1);
    binet_predictions *of_one = table_from(one, one, 1);
    CHECK_INT(binet_class_gap(NULL, of_zero, of_one, NULL, &gap, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "no class has rows in both");
    binet_class_gap_class room[7];
    gap.classes = room;
    gap.classes_capacity = 7;
    CHECK_INT(binet_class_gap(NULL, of_one, of_one, NULL, &gap, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "classes_capacity is 7; 8 classes");
    CHECK_INT(binet_class_gap(NULL, of_one, of_one, NULL, NULL, NULL), BINET_INVALID_ARGUMENT);
    binet_class_gap_options level = {sizeof level, 0, -1.0};
    CHECK_INT(binet_class_gap(NULL, of_one, of_one, &level, &gap, NULL), BINET_INVALID_ARGUMENT);
    binet_predictions_destroy(bare);
    binet_predictions_destroy(table);
    binet_predictions_destroy(of_zero);
    binet_predictions_destroy(of_one);
}

static void memory_may_run_out(void)
{
    binet_predictions *table = table_of(C, 17);
    {
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_confusion pairs[2];
            binet_class_report_result result = {
                .struct_size = sizeof result, .confusions = pairs, .confusions_capacity = 2};
            binet_status status = binet_class_report(context, table, NULL, &result, NULL);
            CHECK((result.n == 0) == (status != BINET_OK));
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_class_gap_result result = {.struct_size = sizeof result};
        binet_status status = binet_class_gap(context, table, table, NULL, &result, NULL);
        CHECK((result.n_compared == 0) == (status != BINET_OK));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions_destroy(table);
}

int main(void)
{
    RUN(classes_are_those_counted_by_hand);
    RUN(classes_add_up_to_the_whole);
    RUN(class_balance_is_that_of_its_definition);
    RUN(the_most_frequent_pairs_come_first);
    RUN(the_order_of_rows_changes_nothing);
    RUN(one_class_all_right_and_all_wrong);
    RUN(of_equal_classes_the_first_is_named);
    RUN(gaps_are_those_of_the_classes);
    RUN(a_table_and_itself_have_no_gap);
    RUN(probabilities_must_be_some);
    RUN(what_does_not_fit_is_named);
    RUN(memory_may_run_out);
    return check_result();
}
