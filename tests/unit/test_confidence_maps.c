/* Isotonic regression and histogram binning do what their definitions say, whatever the order of the rows. */
#include <math.h>

#include "binet/recalibration.h"
#include "check.h"
#include "confidences.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 500 };

static double confidences[N];
static int right[N];

/* Few distinct confidences, so that there are ties, right more often where they are low. */
static void scatter(uint64_t seed, uint64_t n_distinct)
{
    uint64_t state = seed;
    for (int i = 0; i < N; i++) {
        confidences[i] = (double)((scores_next(&state) >> 33) % n_distinct + 1) / (double)n_distinct;
        right[i] = scores_uniform(&state) < 0.8 - 0.5 * confidences[i] * confidences[i];
    }
}

static binet_isotonic_result fit_isotonic(const binet_predictions *table, binet_isotonic_knot *knots)
{
    binet_isotonic_result result = {.struct_size = sizeof result, .knots = knots, .knots_capacity = N};
    CHECK_INT(binet_fit_isotonic(NULL, table, &result, NULL), BINET_OK);
    return result;
}

static double apply_isotonic(const binet_isotonic_knot *knots, int64_t n_knots, double confidence)
{
    double calibrated = -1;
    binet_array one = {&confidence, BINET_F64, 1, {1}, {8}};
    CHECK_INT(binet_isotonic_apply(NULL, knots, n_knots, &one, &calibrated, 1, NULL), BINET_OK);
    return calibrated;
}

/* ---- Isotonic regression ----------------------------------------------------------------------------------------- */

static void violators_are_pooled(void)
{
    /* By confidence: 0, 1 | 1, 0 at one confidence | 1: shares 0, {1, 1/2, 1/2} pooled to 2/3, 1. */
    const double given[] = {0.2, 0.4, 0.6, 0.6, 0.9};
    const int correct[] = {0, 1, 1, 0, 1};
    binet_predictions *table = confidences_table(given, correct, 5);
    binet_isotonic_knot knots[N];
    binet_isotonic_result result = fit_isotonic(table, knots);
    CHECK_INT(result.n, 5);
    CHECK_INT(result.n_knots, 4);
    CHECK(knots[0].confidence == 0.2 && knots[0].value == 0);
    CHECK(knots[1].confidence == 0.4 && knots[2].confidence == 0.6);
    CHECK(knots[1].value == 2.0 / 3 && knots[2].value == 2.0 / 3);
    CHECK(knots[3].confidence == 0.9 && knots[3].value == 1);
    CHECK_NEAR(result.brier_before, (0.04 + 0.36 + 0.16 + 0.36 + 0.01) / 5, 1e-15);
    CHECK_NEAR(result.brier_after, 2.0 / 3 / 5, 1e-15);
    /* Linear between knots, constant beyond. */
    CHECK(apply_isotonic(knots, 4, 0.0) == 0 && apply_isotonic(knots, 4, 1.0) == 1);
    CHECK_NEAR(apply_isotonic(knots, 4, 0.3), 1.0 / 3, 1e-15);
    CHECK(apply_isotonic(knots, 4, 0.5) == 2.0 / 3 && apply_isotonic(knots, 4, 0.6) == 2.0 / 3);
    CHECK_NEAR(apply_isotonic(knots, 4, 0.75), 5.0 / 6, 1e-15);
    binet_predictions_destroy(table);
}

/* max over a <= c of min over b >= c of the mean of a .. b, for a row's confidence c and all that `scatter` gives: the
 * minimax formula (Barlow et al., 1972). */
static double minimax(double confidence, uint64_t n_distinct)
{
    double best = 0;
    for (uint64_t i = 1; i <= n_distinct && (double)i / (double)n_distinct <= confidence; i++) {
        double least = 1;
        for (uint64_t j = n_distinct; j > 0 && (double)j / (double)n_distinct >= confidence; j--) {
            double count = 0;
            double sum = 0;
            for (int k = 0; k < N; k++) {
                int inside = confidences[k] >= (double)i / (double)n_distinct &&
                             confidences[k] <= (double)j / (double)n_distinct;
                count += inside;
                sum += inside && right[k];
            }
            least = sum / count < least ? sum / count : least;
        }
        best = least > best ? least : best;
    }
    return best;
}

static void the_map_is_that_of_the_minimax_formula(void)
{
    for (uint64_t distinct = 3; distinct < 60; distinct += 23) {
        binet_isotonic_knot knots[N];
        scatter(distinct, distinct);
        binet_predictions *table = confidences_table(confidences, right, N);
        binet_isotonic_result result = fit_isotonic(table, knots);
        double brier = 0;
        for (int i = 0; i < N; i++) {
            double value = apply_isotonic(knots, result.n_knots, confidences[i]);
            brier += (value - right[i]) * (value - right[i]);
            if (i % 25 == 0) {
                CHECK_NEAR(value, minimax(confidences[i], distinct), 1e-15);
            }
        }
        CHECK_NEAR(result.brier_after, brier / N, 1e-14);
        CHECK(result.brier_after <= result.brier_before);
        binet_predictions_destroy(table);
    }
}

static void one_sided_rows_give_constants(void)
{
    const double given[] = {0.7, 0.2, 0.7};
    for (int correct = 0; correct < 2; correct++) {
        const int all[] = {correct, correct, correct};
        for (int64_t n = 1; n <= 3; n++) {
            binet_predictions *table = confidences_table(given, all, n);
            binet_isotonic_knot knots[N];
            binet_isotonic_result result = fit_isotonic(table, knots);
            CHECK_INT(result.n_knots, n == 1 ? 1 : 2);
            CHECK(result.brier_after == 0);
            CHECK(apply_isotonic(knots, result.n_knots, 0.5) == correct);
            binet_predictions_destroy(table);
        }
    }
}

/* ---- Histogram binning ------------------------------------------------------------------------------------------- */

static binet_histogram_binning_result fit_histogram(const binet_predictions *table, int32_t n_bins, int32_t binning,
                                                    binet_histogram_bin *bins)
{
    binet_histogram_binning_options options = {sizeof options, n_bins, binning, 0};
    binet_histogram_binning_result result = {.struct_size = sizeof result, .bins = bins, .bins_capacity = n_bins};
    CHECK_INT(binet_fit_histogram_binning(NULL, table, &options, &result, NULL), BINET_OK);
    CHECK_INT(result.n_bins, n_bins);
    return result;
}

static double apply_histogram(const binet_histogram_bin *bins, int64_t n_bins, double confidence)
{
    double calibrated = -1;
    binet_array one = {&confidence, BINET_F64, 1, {1}, {8}};
    CHECK_INT(binet_histogram_binning_apply(NULL, bins, n_bins, &one, &calibrated, 1, NULL), BINET_OK);
    return calibrated;
}

static void bins_hold_the_share_of_right_answers(void)
{
    const double given[] = {0.0, 0.5, 0.2, 0.75, 1.0};
    const int correct[] = {0, 1, 0, 0, 1};
    binet_predictions *table = confidences_table(given, correct, 5);
    binet_histogram_bin bins[4];
    binet_histogram_binning_result result = fit_histogram(table, 4, BINET_EQUAL_WIDTH, bins);
    static const int64_t counts[] = {2, 1, 1, 1};
    static const double values[] = {0, 1, 0, 1};
    for (int b = 0; b < 4; b++) {
        CHECK(bins[b].low == b * 0.25 && bins[b].high == (b + 1) * 0.25);
        CHECK_INT(bins[b].count, counts[b]);
        CHECK(bins[b].value == values[b]);
    }
    CHECK(result.brier_after == 0 && result.n == 5);
    CHECK_NEAR(result.brier_before, (0.25 + 0.04 + 0.5625) / 5, 1e-15);
    CHECK(apply_histogram(bins, 4, 0.0) == 0 && apply_histogram(bins, 4, 0.25) == 0);
    CHECK(apply_histogram(bins, 4, nextafter(0.25, 1)) == 1 && apply_histogram(bins, 4, 1.0) == 1);
    binet_predictions_destroy(table);
}

static void equal_mass_keeps_equals_together(void)
{
    /* Split 3, 2, 2 at 0.5 and 0.5: all five at 0.5 go to the first bin, none to the second. */
    const double given[] = {0.5, 0.9, 0.5, 0.5, 0.7, 0.5, 0.5};
    const int correct[] = {1, 1, 0, 0, 0, 1, 0};
    binet_predictions *table = confidences_table(given, correct, 7);
    binet_histogram_bin bins[3];
    (void)fit_histogram(table, 3, BINET_EQUAL_MASS, bins);
    CHECK_INT(bins[0].count, 5);
    CHECK_INT(bins[1].count, 0);
    CHECK_INT(bins[2].count, 2);
    CHECK(bins[0].low == 0 && bins[0].high == 0.5 && bins[1].high == 0.5 && bins[2].high == 1);
    CHECK(bins[0].value == 0.4 && isnan(bins[1].value) && bins[2].value == 0.5);
    CHECK(apply_histogram(bins, 3, 0.5) == 0.4 && apply_histogram(bins, 3, 0.51) == 0.5);
    CHECK(apply_histogram(bins, 3, 0.1) == 0.4);
    binet_predictions_destroy(table);
}

static void a_bin_without_rows_changes_nothing(void)
{
    const double given[] = {0.9, 1.0};
    const int correct[] = {1, 0};
    binet_predictions *table = confidences_table(given, correct, 2);
    binet_histogram_bin bins[4];
    (void)fit_histogram(table, 4, BINET_EQUAL_WIDTH, bins);
    CHECK(isnan(bins[0].value) && bins[0].count == 0);
    CHECK(apply_histogram(bins, 4, 0.3) == 0.3 && apply_histogram(bins, 4, 0.8) == 0.5);
    (void)fit_histogram(table, 4, BINET_EQUAL_MASS, bins);
    CHECK_INT(bins[0].count + bins[1].count + bins[2].count + bins[3].count, 2);
    CHECK(apply_histogram(bins, 4, 0.3) == 1 && apply_histogram(bins, 4, 0.95) == 0);
    binet_predictions_destroy(table);
}

static void order_never_changes_a_bit(void)
{
    static binet_isotonic_knot knots[2][N];
    static binet_histogram_bin bins[2][2][20];
    binet_isotonic_result isotonic[2];
    binet_histogram_binning_result histogram[2][2];
    scatter(4, 40);
    memset(knots, 0, sizeof knots);
    for (int turn = 0; turn < 2; turn++) {
        binet_predictions *table = confidences_table(confidences, right, N);
        isotonic[turn] = fit_isotonic(table, knots[turn]);
        for (int32_t binning = BINET_EQUAL_WIDTH; binning <= BINET_EQUAL_MASS; binning++) {
            histogram[turn][binning] = fit_histogram(table, 20, binning, bins[turn][binning]);
            CHECK(histogram[turn][binning].brier_after == histogram[0][binning].brier_after);
        }
        binet_predictions_destroy(table);
        for (int i = 0; i < N / 2; i++) {
            double confidence = confidences[i];
            int correct = right[i];
            confidences[i] = confidences[N - 1 - i];
            right[i] = right[N - 1 - i];
            confidences[N - 1 - i] = confidence;
            right[N - 1 - i] = correct;
        }
    }
    CHECK(memcmp(knots[0], knots[1], sizeof knots[0]) == 0);
    CHECK(memcmp(bins[0], bins[1], sizeof bins[0]) == 0);
    CHECK(isotonic[0].brier_after == isotonic[1].brier_after && isotonic[0].n_knots == isotonic[1].n_knots);
}

/* ---- Predictions with other confidences -------------------------------------------------------------------------- */

static void other_confidences_leave_the_classes(void)
{
    const double given[] = {0.9, 0.8, 0.7};
    const int correct[] = {1, 0, 1};
    const float other[] = {0.25f, 0.5f, 1.0f};
    binet_predictions *table = confidences_table(given, correct, 3);
    binet_predictions *made = NULL;
    binet_error error;
    binet_array array = {other, BINET_F32, 1, {3}, {4}};
    CHECK_INT(binet_predictions_with_confidences(NULL, table, &array, &made, NULL), BINET_OK);
    for (int64_t i = 0; i < 3; i++) {
        CHECK(scores_f64(made, BINET_CONFIDENCE, i) == (double)other[i]);
        CHECK_INT(scores_i32(made, BINET_PREDICTED_CLASS, i), scores_i32(table, BINET_PREDICTED_CLASS, i));
        CHECK_INT(scores_i32(made, BINET_LABEL, i), scores_i32(table, BINET_LABEL, i));
        CHECK_INT(scores_i32(made, BINET_RANK, i), scores_i32(table, BINET_RANK, i));
        double p = scores_f64(made, BINET_TRUE_PROBABILITY, i);
        CHECK(correct[i] ? p == (double)other[i] : isnan(p));
        CHECK(isnan(scores_f64(made, BINET_NLL, i)) && isnan(scores_f64(made, BINET_BRIER, i)));
        CHECK(isnan(scores_f64(made, BINET_ENTROPY, i)));
    }
    binet_predictions_destroy(made);
    array.shape[0] = 2;
    made = NULL;
    CHECK_INT(binet_predictions_with_confidences(NULL, table, &array, &made, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "confidences has 2 entries; predictions has 3 rows");
    CHECK(made == NULL);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        array.shape[0] = 3;
        binet_status status = binet_predictions_with_confidences(context, table, &array, &made, NULL);
        if (status == BINET_OK) {
            binet_predictions_destroy(made);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions_destroy(table);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void bad_fits_are_named(void)
{
    const double given[] = {0.2, 0.4, 0.9};
    const int correct[] = {0, 1, 1};
    binet_predictions *table = confidences_table(given, correct, 3);
    binet_predictions *bare = NULL;
    binet_error error;
    binet_isotonic_knot knots[3];
    binet_isotonic_result isotonic = {.struct_size = sizeof isotonic, .knots = knots, .knots_capacity = 2, .n = 77};
    binet_histogram_binning_result histogram = {.struct_size = sizeof histogram, .n = 77};
    CHECK_INT(binet_fit_isotonic(NULL, NULL, &isotonic, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "predictions");
    CHECK_INT(binet_fit_isotonic(NULL, table, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    CHECK_INT(binet_fit_isotonic(NULL, table, &isotonic, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "knots_capacity is 2; the map has 3 knots");
    CHECK(isotonic.n == 77);
    isotonic.knots = NULL; /* not wanted */
    CHECK_INT(binet_fit_isotonic(NULL, table, &isotonic, &error), BINET_OK);
    CHECK_INT(isotonic.n_knots, 3);
    const double scores[2] = {0.5, 0.5};
    binet_array matrix = {scores, BINET_F64, 2, {2, 2}, {0, 8}};
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_PROBABILITIES, &matrix, NULL, NULL, &bare, NULL), BINET_OK);
    CHECK_INT(binet_fit_isotonic(NULL, bare, &isotonic, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "row 0 has no label");
    CHECK_INT(binet_fit_histogram_binning(NULL, bare, NULL, &histogram, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 0);
    static const binet_histogram_binning_options wrong[] = {{sizeof wrong[0], -1, 0, 0},
                                                            {sizeof wrong[0], 65537, 0, 0},
                                                            {sizeof wrong[0], 0, 2, 0},
                                                            {sizeof wrong[0], 0, 0, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_INT(binet_fit_histogram_binning(NULL, table, &wrong[i], &histogram, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "options");
    }
    binet_histogram_bin bins[14];
    histogram.bins = bins;
    histogram.bins_capacity = 14;
    CHECK_INT(binet_fit_histogram_binning(NULL, table, NULL, &histogram, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "bins_capacity is 14; 15 bins");
    CHECK(histogram.n == 77);
    binet_predictions_destroy(bare);
    binet_predictions_destroy(table);
}

static void bad_maps_and_confidences_are_named(void)
{
    const binet_isotonic_knot knots[2] = {{0.2, 0.1}, {0.8, 0.9}};
    const binet_isotonic_knot falling[2] = {{0.2, 0.9}, {0.8, 0.1}};
    const binet_isotonic_knot twice[2] = {{0.2, 0.1}, {0.2, 0.9}};
    const binet_histogram_bin bins[2] = {{0, 0.5, 1, 0.1}, {0.5, 1, 1, 0.9}};
    const binet_histogram_bin open[2] = {{0, 0.5, 1, 0.1}, {0.5, 0.9, 1, 0.9}};
    const double given[2] = {0.5, 1.5};
    double out[2] = {77, 77};
    binet_array one = {given, BINET_F64, 1, {1}, {8}};
    binet_array two = {given, BINET_F64, 1, {2}, {8}};
    binet_error error;
    CHECK_INT(binet_isotonic_apply(NULL, knots, 2, &two, out, 2, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "confidences[1] is 1.5; allowed: 0 .. 1");
    CHECK_INT(error.element, 1);
    CHECK_INT(binet_isotonic_apply(NULL, falling, 2, &one, out, 2, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "knots");
    CHECK_INT(binet_isotonic_apply(NULL, twice, 2, &one, out, 2, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 1);
    CHECK_INT(binet_isotonic_apply(NULL, knots, 0, &one, out, 2, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_isotonic_apply(NULL, NULL, 2, &one, out, 2, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_isotonic_apply(NULL, knots, 2, &one, out, 0, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "capacity");
    CHECK_INT(binet_isotonic_apply(NULL, knots, 2, &one, NULL, 1, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_histogram_binning_apply(NULL, bins, 2, &two, out, 2, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "confidences");
    CHECK_INT(binet_histogram_binning_apply(NULL, open, 2, &one, out, 2, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "bins");
    CHECK_INT(binet_histogram_binning_apply(NULL, bins, 0, &one, out, 2, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_histogram_binning_apply(NULL, NULL, 2, &one, out, 2, &error), BINET_INVALID_ARGUMENT);
    CHECK(out[0] == 77 && out[1] == 77);
}

static void without_memory_nothing_leaks(void)
{
    scatter(3, 30);
    binet_predictions *table = confidences_table(confidences, right, N);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_isotonic_result isotonic = {.struct_size = sizeof isotonic, .n = 77};
        binet_histogram_binning_result histogram = {.struct_size = sizeof histogram, .n = 77};
        binet_status status = binet_fit_isotonic(context, table, &isotonic, NULL);
        CHECK_INT(isotonic.n, status == BINET_OK ? N : 77);
        if (status == BINET_OK) {
            status = binet_fit_histogram_binning(context, table, NULL, &histogram, NULL);
            CHECK_INT(histogram.n, status == BINET_OK ? N : 77);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions_destroy(table);
}

int main(void)
{
    RUN(violators_are_pooled);
    RUN(the_map_is_that_of_the_minimax_formula);
    RUN(one_sided_rows_give_constants);
    RUN(bins_hold_the_share_of_right_answers);
    RUN(equal_mass_keeps_equals_together);
    RUN(a_bin_without_rows_changes_nothing);
    RUN(order_never_changes_a_bit);
    RUN(other_confidences_leave_the_classes);
    RUN(bad_fits_are_named);
    RUN(bad_maps_and_confidences_are_named);
    RUN(without_memory_nothing_leaks);
    return check_result();
}
