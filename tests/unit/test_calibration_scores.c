/* Proper scores, risk and coverage, and the smooth calibration error: laws, and what is refused. */
#include <math.h>

#include "binet/calibration.h"
#include "check.h"
#include "confidences.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { N = 20000 };

static double confidences[N];
static int right[N];

/* Rows of which many share a confidence, right about as often as they say. */
static binet_predictions *make(int64_t n, int reversed)
{
    uint64_t state = 5;
    for (int64_t i = 0; i < n; i++) {
        int64_t at = reversed ? n - 1 - i : i;
        double p = (double)(scores_next(&state) >> 52) * 0x1p-12;
        confidences[at] = p;
        right[at] = (double)(scores_next(&state) >> 11) * 0x1p-53 < p * p;
    }
    return confidences_table(confidences, right, n);
}

static void the_parts_make_up_the_brier_score(void)
{
    binet_predictions *table = make(N, 0);
    for (int32_t binning = BINET_EQUAL_WIDTH; binning <= BINET_MONOTONE_SWEEP; binning++) {
        binet_calibration_options options = {sizeof options, 0, binning, 0};
        binet_proper_scores_result found = {.struct_size = sizeof found};
        CHECK_INT(binet_proper_scores(NULL, table, &options, &found, NULL), BINET_OK);
        CHECK_NEAR(found.reliability - found.resolution + found.uncertainty + found.within_variance -
                       found.within_covariance,
                   found.brier_top_label, 1e-14);
        CHECK_NEAR(found.refinement, found.uncertainty - found.resolution, 1e-14);
        /* Groups have neither nll nor Brier term. */
        CHECK(isnan(found.nll) && isnan(found.brier));
        CHECK_INT(found.n_without_nll, N);
        CHECK_INT(found.n_without_brier, N);
        double sum = 0.0;
        for (int64_t i = 0; i < N; i++) {
            sum += (confidences[i] - right[i]) * (confidences[i] - right[i]);
        }
        CHECK_NEAR(found.brier_top_label, sum / N, 1e-12);
    }
    binet_predictions_destroy(table);
}

static void order_and_threads_change_no_bit(void)
{
    pooled on = pooled_start(3, BINET_ISA_DEFAULT);
    binet_smooth_ece_result smooth[2];
    binet_risk_coverage_result risk[2];
    binet_proper_scores_result scores[2];
    memset(smooth, 0, sizeof smooth);
    memset(risk, 0, sizeof risk);
    memset(scores, 0, sizeof scores);
    for (int i = 0; i < 2; i++) {
        binet_predictions *table = make(N, i);
        smooth[i].struct_size = sizeof smooth[i];
        risk[i].struct_size = sizeof risk[i];
        scores[i].struct_size = sizeof scores[i];
        CHECK_INT(binet_smooth_ece(i == 0 ? NULL : on.context, table, NULL, &smooth[i], NULL), BINET_OK);
        CHECK_INT(binet_risk_coverage(NULL, table, NULL, &risk[i], NULL), BINET_OK);
        CHECK_INT(binet_proper_scores(NULL, table, NULL, &scores[i], NULL), BINET_OK);
        binet_predictions_destroy(table);
    }
    CHECK(memcmp(&smooth[0], &smooth[1], sizeof smooth[0]) == 0);
    CHECK(memcmp(&risk[0].aurc, &risk[1].aurc, 3 * sizeof(double)) == 0);
    CHECK(memcmp(&scores[0].brier_top_label, &scores[1].brier_top_label, 7 * sizeof(double)) == 0);
    CHECK_NEAR(smooth[0].smece, smooth[0].bandwidth, 1e-11);
    pooled_end(on);
}

static void smooth_ece_is_the_gap_where_it_has_one_sign(void)
{
    /* The kernel keeps mass, so that residuals of one sign integrate to their mean. Far from each of four rows the
     * smoothed residual has the sign that rounding gives it; rows everywhere leave no such place. */
    enum { MANY = 1000 };
    const double sure[] = {0.9, 0.75, 1.0, 0.1};
    static double everywhere[MANY];
    static const int wrong[MANY] = {0};
    for (int i = 0; i < MANY; i++) {
        everywhere[i] = (i + 0.5) / MANY;
    }
    binet_predictions *tables[2] = {confidences_table(sure, wrong, 4), confidences_table(everywhere, wrong, MANY)};
    static const double means[2] = {2.75 / 4.0, 0.5};
    static const double bandwidths[2][3] = {{0.01, 0.5, 1.0}, {0.001, 0.03, 1.0}};
    for (int i = 0; i < 6; i++) {
        double bandwidth = bandwidths[i / 3][i % 3];
        binet_smooth_ece_options options = {sizeof options, 0, bandwidth};
        binet_smooth_ece_result found = {.struct_size = sizeof found};
        CHECK_INT(binet_smooth_ece(NULL, tables[i / 3], &options, &found, NULL), BINET_OK);
        CHECK_NEAR(found.smece, means[i / 3], 1e-12);
        CHECK_NEAR(found.bandwidth, bandwidth, 0.0);
    }
    binet_predictions_destroy(tables[1]);
    binet_predictions_destroy(tables[0]);
}

static void smooth_ece_is_that_of_two_rows(void)
{
    /* 1/4 right and 3/4 wrong: the residuals part at 1/2, beyond which a Gaussian of 0.1 has 2.5 deviations left. */
    const double two[] = {0.25, 0.75};
    const int answers[] = {1, 0};
    binet_predictions *table = confidences_table(two, answers, 2);
    binet_smooth_ece_options options = {sizeof options, 0, 0.1};
    binet_smooth_ece_result found = {.struct_size = sizeof found};
    CHECK_INT(binet_smooth_ece(NULL, table, &options, &found, NULL), BINET_OK);
    CHECK_NEAR(found.smece, 0.75 * erf(2.5 / sqrt(2.0)), 1e-12);
    binet_predictions_destroy(table);
}

static void smooth_ece_falls_in_the_bandwidth(void)
{
    binet_predictions *table = make(N, 0);
    double before = 2.0;
    for (double bandwidth = 0.004; bandwidth <= 1.0; bandwidth *= 1.5) {
        binet_smooth_ece_options options = {sizeof options, 0, bandwidth};
        binet_smooth_ece_result found = {.struct_size = sizeof found};
        CHECK_INT(binet_smooth_ece(NULL, table, &options, &found, NULL), BINET_OK);
        CHECK(found.smece <= before);
        before = found.smece;
    }
    binet_predictions_destroy(table);
}

static void ties_are_shared_among_their_orders(void)
{
    /* 0.9 right, 0.5 right and wrong: risks 0, 1/4, 1/3. The mean over both orders of (0 + 0 + 1/3, 0 + 1/2 + 1/3). */
    const double three[] = {0.5, 0.9, 0.5};
    const int answers[] = {1, 1, 0};
    binet_predictions *table = confidences_table(three, answers, 3);
    binet_risk_point points[3] = {{0}};
    binet_risk_coverage_options options = {sizeof options, 0, 0.25, 0.5};
    binet_risk_coverage_result found = {.struct_size = sizeof found, .points = points, .points_capacity = 2};
    CHECK_INT(binet_risk_coverage(NULL, table, &options, &found, NULL), BINET_OK);
    CHECK_INT(found.n_points, 2);
    CHECK_NEAR(points[0].confidence, 0.9, 0.0);
    CHECK_NEAR(points[1].coverage, 1.0, 0.0);
    CHECK_NEAR(points[1].risk, 1.0 / 3.0, 1e-16);
    CHECK_NEAR(found.aurc, (0.25 + 1.0 / 3.0) / 3.0, 1e-15);
    CHECK_NEAR(found.eaurc, 0.25 / 3.0, 1e-15);
    CHECK_NEAR(found.augrc, 2.0 / 3.0 * (1.0 / 6.0), 1e-15);
    CHECK_NEAR(found.coverage_at_risk, 1.0 / 3.0, 1e-15);
    CHECK_NEAR(found.threshold_at_risk, 0.9, 0.0);
    CHECK_NEAR(found.risk_at_coverage, 1.0 / 3.0, 1e-15);
    CHECK_NEAR(found.threshold_at_coverage, 0.5, 0.0);
    binet_predictions_destroy(table);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void what_is_wrong_is_named(void)
{
    binet_error error;
    binet_predictions *table = make(10, 0);
    static const double no_share[] = {1.0, -0.5, 2.0, NAN};
    for (size_t i = 0; i < sizeof no_share / sizeof no_share[0]; i++) {
        binet_risk_coverage_result found = {.struct_size = sizeof found, .n = 77};
        binet_risk_coverage_options options = {sizeof options, 0, no_share[i], 0.0};
        CHECK_INT(binet_risk_coverage(NULL, table, &options, &found, &error), BINET_INVALID_ARGUMENT);
        CHECK_CONTAINS(error.message, "options->risk is");
        options = (binet_risk_coverage_options){sizeof options, 0, 0.0, no_share[i]};
        CHECK_INT(binet_risk_coverage(NULL, table, &options, &found, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "options");
        CHECK_INT(error.element, -1);
        CHECK_CONTAINS(error.message, "options->coverage is");
        CHECK_INT(found.n, 77);
        binet_smooth_ece_result smooth = {.struct_size = sizeof smooth, .n = 77};
        binet_smooth_ece_options width = {sizeof width, 0, i == 0 ? 0.0005 : no_share[i]};
        CHECK_INT(binet_smooth_ece(NULL, table, &width, &smooth, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "options");
        CHECK_CONTAINS(error.message, "allowed: 0.001 .. 1");
        CHECK_INT(smooth.n, 77);
    }
    binet_risk_point points[1];
    binet_risk_coverage_result little = {.struct_size = sizeof little, .points = points, .points_capacity = 1};
    CHECK_INT(binet_risk_coverage(NULL, table, NULL, &little, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    CHECK_CONTAINS(error.message, "points_capacity is 1");
    binet_proper_scores_result scores = {.struct_size = sizeof scores};
    CHECK_INT(binet_proper_scores(NULL, NULL, NULL, &scores, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "predictions");
    CHECK_INT(binet_proper_scores(NULL, table, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    CHECK_INT(binet_risk_coverage(NULL, table, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_smooth_ece(NULL, table, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    binet_predictions_destroy(table);
}

static void labels_are_needed(void)
{
    const double scores[2] = {0.5, 0.5};
    binet_array matrix = {scores, BINET_F64, 2, {2, 2}, {0, 8}};
    binet_predictions *bare = NULL;
    binet_error error;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_PROBABILITIES, &matrix, NULL, NULL, &bare, NULL), BINET_OK);
    binet_proper_scores_result a = {.struct_size = sizeof a};
    binet_risk_coverage_result b = {.struct_size = sizeof b};
    binet_smooth_ece_result c = {.struct_size = sizeof c};
    CHECK_INT(binet_proper_scores(NULL, bare, NULL, &a, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "row 0 has no label");
    CHECK_INT(binet_risk_coverage(NULL, bare, NULL, &b, &error), BINET_INVALID_DATA);
    CHECK_INT(binet_smooth_ece(NULL, bare, NULL, &c, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "predictions");
    CHECK_INT(error.element, 0);
    binet_predictions_destroy(bare);
}

static void without_memory_nothing_leaks(void)
{
    binet_predictions *table = make(10, 0);
    for (int which = 0; which < 3; which++) {
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_proper_scores_result a = {.struct_size = sizeof a, .n = 77};
            binet_risk_coverage_result b = {.struct_size = sizeof b, .n = 77};
            binet_smooth_ece_result c = {.struct_size = sizeof c, .n = 77};
            binet_calibration_options mass = {sizeof mass, 3, BINET_MONOTONE_SWEEP, 0};
            binet_status status = which == 0   ? binet_proper_scores(context, table, &mass, &a, NULL)
                                  : which == 1 ? binet_risk_coverage(context, table, NULL, &b, NULL)
                                               : binet_smooth_ece(context, table, NULL, &c, NULL);
            const int64_t n[] = {a.n, b.n, c.n};
            CHECK_INT(n[which], status == BINET_OK ? 10 : 77);
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
    binet_predictions_destroy(table);
}

int main(void)
{
    RUN(the_parts_make_up_the_brier_score);
    RUN(order_and_threads_change_no_bit);
    RUN(smooth_ece_is_the_gap_where_it_has_one_sign);
    RUN(smooth_ece_is_that_of_two_rows);
    RUN(smooth_ece_falls_in_the_bandwidth);
    RUN(ties_are_shared_among_their_orders);
    RUN(what_is_wrong_is_named);
    RUN(labels_are_needed);
    RUN(without_memory_nothing_leaks);
    return check_result();
}
