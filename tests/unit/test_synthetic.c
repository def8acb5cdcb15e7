/* Predictions about other classes are right where the class of the label lists them; what is shared, outside or absent
 * is counted as the convention says. */
#include "binet/synthetic.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 700, C = 9, K = 4 };

/* Class 0 lists 5 and 2; 1 lists 7; 2 lists 3, 7 and 0; 3 lists 7. Index 7 is shared by three; 1, 4, 6 and 8 are
 * outside. */
static int32_t offsets[K + 1];
static int32_t classes[7];
static int64_t labels[N];
static int64_t factors[N];

static binet_predictions *table_of(int has_labels)
{
    static const int32_t good_offsets[] = {0, 2, 3, 6, 7};
    static const int32_t good_classes[] = {5, 2, 7, 3, 7, 0, 7};
    static double logits[N * C];
    memcpy(offsets, good_offsets, sizeof offsets);
    memcpy(classes, good_classes, sizeof classes);
    scores_logits(logits, (int64_t)N * C, 1);
    scores_labels(labels, N, K, 2);
    scores_labels(factors, N, 4, 3);
    for (int i = 0; i < N; i++) {
        factors[i] = factors[i] == 2 ? -1 : factors[i]; /* none, and factor 2 without rows */
        logits[i * C + 7] += 5.0;
    }
    return scores_table(logits, has_labels ? labels : NULL, NULL, N, C);
}

static binet_status measure(const binet_predictions *table, const binet_synthetic_options *options,
                            binet_synthetic_result *result, binet_error *error)
{
    binet_array o = scores_vector(offsets, BINET_I32, K + 1);
    binet_array c = scores_vector(classes, BINET_I32, 7);
    binet_array f = scores_vector(factors, BINET_I64, N);
    return binet_synthetic_accuracy(NULL, table, &o, &c, &f, options, result, error);
}

/* Whether class k lists an index. */
static int lists(int64_t k, int32_t index)
{
    for (int32_t i = offsets[k]; i < offsets[k + 1]; i++) {
        if (classes[i] == index) {
            return 1;
        }
    }
    return 0;
}

static void both_conventions_are_those_of_a_loop(void)
{
    binet_predictions *table = table_of(1);
    for (int32_t convention = BINET_SYNTHETIC_OFFICIAL; convention <= BINET_SYNTHETIC_FIXED; convention++) {
        binet_synthetic_options options = {sizeof options, convention, 0, 0, 0.0};
        binet_synthetic_factor room[4];
        unsigned char correct[N];
        binet_synthetic_result result = {.struct_size = sizeof result,
                                         .factors = room,
                                         .factors_capacity = 4,
                                         .correct = correct,
                                         .correct_capacity = N};
        CHECK_INT(measure(table, &options, &result, NULL), BINET_OK);
        int64_t n_right = 0;
        int64_t n_outside = 0;
        int64_t n_shared = 0;
        int64_t by_factor[4][2] = {{0}};
        for (int i = 0; i < N; i++) {
            int32_t answer = scores_i32(table, BINET_PREDICTED_CLASS, i);
            int64_t stands_for = -1; /* the loop that is published: the later class goes over the one before */
            for (int64_t k = 0; k < K; k++) {
                stands_for = lists(k, answer) ? k : stands_for;
            }
            int official = stands_for == labels[i];
            int right = convention == BINET_SYNTHETIC_FIXED ? lists(labels[i], answer) : official;
            n_right += right;
            n_outside += stands_for == -1;
            n_shared += lists(labels[i], answer) && !official;
            CHECK_INT(correct[i], right);
            if (factors[i] >= 0) {
                by_factor[factors[i]][0]++;
                by_factor[factors[i]][1] += right;
            }
        }
        CHECK(n_shared > 50 &&
              n_outside > 50); /* what the conventions differ in, and what is wrong in both, is there */
        CHECK_INT(result.n, N);
        CHECK_INT(result.n_correct, n_right);
        CHECK_INT(result.n_outside, n_outside);
        CHECK_NEAR(result.accuracy, (double)n_right / N, 0.0);
        CHECK(result.low < result.accuracy && result.accuracy < result.high);
        CHECK_INT(result.n_factors, 4);
        CHECK_INT(result.n_measured, 3);
        double mean = 0.0;
        for (int f = 0; f < 4; f++) {
            CHECK_INT(room[f].n, by_factor[f][0]);
            CHECK_INT(room[f].n_correct, by_factor[f][1]);
            CHECK((f == 2) == isnan(room[f].accuracy) && (f == 2) == isnan(room[f].low));
            mean += f == 2 ? 0.0 : (double)by_factor[f][1] / (double)by_factor[f][0] / 3.0;
        }
        CHECK_NEAR(result.mean, mean, 1e-15);
    }
    binet_predictions_destroy(table);
}

static void a_class_whose_index_is_shared_later_is_never_right_officially(void)
{
    binet_predictions *table = table_of(1);
    for (int i = 0; i < N; i++) {
        factors[i] = labels[i]; /* a factor for each class */
    }
    binet_synthetic_factor room[K];
    binet_synthetic_result result = {.struct_size = sizeof result, .factors = room, .factors_capacity = K};
    CHECK_INT(measure(table, NULL, &result, NULL), BINET_OK);
    CHECK(room[1].n > 100 && room[1].n_correct == 0); /* class 1 lists 7 alone, which class 3 has too */
    CHECK(room[3].n_correct > 20);
    binet_synthetic_options fixed = {sizeof fixed, BINET_SYNTHETIC_FIXED, 0, 0, 0.0};
    CHECK_INT(measure(table, &fixed, &result, NULL), BINET_OK);
    CHECK(room[1].n_correct > 20);
    binet_predictions_destroy(table);
}

static void no_factors_is_no_mean(void)
{
    binet_predictions *table = table_of(1);
    binet_array o = scores_vector(offsets, BINET_I32, K + 1);
    binet_array c = scores_vector(classes, BINET_I32, 7);
    binet_synthetic_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_synthetic_accuracy(NULL, table, &o, &c, NULL, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n_factors, 0);
    CHECK(isnan(result.mean) && result.n_correct > 0);
    binet_predictions_destroy(table);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(const binet_predictions *table, const binet_synthetic_options *options, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    binet_synthetic_factor room[4];
    unsigned char correct[N];
    binet_synthetic_result result = {.struct_size = sizeof result,
                                     .factors = room,
                                     .factors_capacity = 4,
                                     .correct = correct,
                                     .correct_capacity = N};
    binet_error error;
    memset(room, 0x5A, sizeof room);
    memset(correct, 0x5A, sizeof correct);
    CHECK_INT(measure(table, options, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(result.n == 0 && room[0].n == 0x5A5A5A5A5A5A5A5A && correct[0] == 0x5A);
}

static void maps_that_do_not_fit_are_named(void)
{
    binet_predictions *table = table_of(1);
    classes[4] = C;
    refused(table, NULL, BINET_INVALID_DATA, "classes", 4, "classes[4], of class 2, is 9; allowed: 0 .. 8");
    classes[4] = -1;
    refused(table, NULL, BINET_INVALID_DATA, "classes", 4, "is -1");
    classes[4] = 0;
    refused(table, NULL, BINET_INVALID_DATA, "classes", 5, "class 2 lists the index 0 twice");
    classes[4] = 7;
    offsets[2] = 2;
    refused(table, NULL, BINET_INVALID_DATA, "offsets", 1, "class 1 goes from 2 to 2; it must have at least one index");
    offsets[2] = 8;
    refused(table, NULL, BINET_INVALID_DATA, "offsets", 1, "class 1 goes from 2 to 8");
    offsets[2] = 3;
    offsets[0] = 1;
    refused(table, NULL, BINET_INVALID_DATA, "offsets", 0, "from 1 to 7; it must go from 0 to 7");
    offsets[0] = 0;
    offsets[K] = 6;
    refused(table, NULL, BINET_INVALID_DATA, "offsets", K, "from 0 to 6");
    offsets[K] = 7;
    binet_array o = scores_vector(offsets, BINET_I32, 1);
    binet_array c = scores_vector(classes, BINET_I32, 7);
    binet_synthetic_result result = {.struct_size = sizeof result};
    binet_error error;
    CHECK_INT(binet_synthetic_accuracy(NULL, table, &o, &c, NULL, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "offsets");
    CHECK_INT(binet_synthetic_accuracy(NULL, table, NULL, &c, NULL, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "offsets");
    o = scores_vector(offsets, BINET_I32, K + 1);
    CHECK_INT(binet_synthetic_accuracy(NULL, table, &o, NULL, NULL, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "classes");
    CHECK_INT(binet_synthetic_accuracy(NULL, NULL, &o, &c, NULL, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "predictions");
    CHECK_INT(binet_synthetic_accuracy(NULL, table, &o, &c, NULL, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    binet_predictions_destroy(table);
}

static void rows_and_options_that_do_not_fit_are_named(void)
{
    binet_predictions *table = table_of(0);
    refused(table, NULL, BINET_INVALID_DATA, "predictions", 0, "row 0 has no label");
    binet_predictions_destroy(table);
    table = table_of(1);
    factors[5] = -2;
    refused(table, NULL, BINET_INVALID_DATA, "factors", 5, "factors[5] is -2; allowed: -1 .. 65535");
    factors[5] = 3;
    binet_synthetic_options options = {sizeof options, BINET_SYNTHETIC_OFFICIAL, 3, 0, 0.0};
    int64_t first = 0;
    while (factors[first] != 3) {
        first++;
    }
    refused(table, &options, BINET_INVALID_DATA, "factors", first, "is 3; allowed: -1 .. 2");
    options.n_factors = -1;
    refused(table, &options, BINET_INVALID_ARGUMENT, "options", -1, "n_factors is -1");
    options.n_factors = 5;
    refused(table, &options, BINET_INVALID_ARGUMENT, "result", -1, "factors_capacity is 4; 5 factors");
    options.n_factors = 0;
    options.convention = 2;
    refused(table, &options, BINET_INVALID_ARGUMENT, "options", -1,
            "convention is 2; allowed: 0 (official), 1 (fixed)");
    options.convention = 0;
    options.confidence_level = 1.0;
    refused(table, &options, BINET_INVALID_ARGUMENT, "options", -1, "confidence_level");
    /* A map of fewer classes than there are labels. */
    binet_array o = scores_vector(offsets, BINET_I32, K);
    binet_array c = scores_vector(classes, BINET_I32, 6);
    binet_array f = scores_vector(factors, BINET_I64, N - 1);
    binet_synthetic_result result = {.struct_size = sizeof result};
    binet_error error;
    CHECK_INT(binet_synthetic_accuracy(NULL, table, &o, &c, NULL, NULL, &result, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "predictions");
    CHECK_CONTAINS(error.message, "has the label 3; the map has the classes 0 .. 2");
    CHECK_INT(binet_synthetic_accuracy(NULL, table, &o, &c, &f, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "factors has 699 elements where 700 are needed");
    unsigned char few[1];
    result.correct = few;
    result.correct_capacity = 1;
    CHECK_INT(measure(table, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "correct_capacity is 1; 700 rows");
    binet_predictions_destroy(table);
}

static void memory_may_run_out(void)
{
    binet_predictions *table = table_of(1);
    binet_array o = scores_vector(offsets, BINET_I32, K + 1);
    binet_array c = scores_vector(classes, BINET_I32, 7);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_synthetic_result result = {.struct_size = sizeof result};
        binet_status status = binet_synthetic_accuracy(context, table, &o, &c, NULL, NULL, &result, NULL);
        CHECK((result.n == 0) == (status != BINET_OK));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions_destroy(table);
}

int main(void)
{
    RUN(both_conventions_are_those_of_a_loop);
    RUN(a_class_whose_index_is_shared_later_is_never_right_officially);
    RUN(no_factors_is_no_mean);
    RUN(maps_that_do_not_fit_are_named);
    RUN(rows_and_options_that_do_not_fit_are_named);
    RUN(memory_may_run_out);
    return check_result();
}
