/* Each convention closes the side of a bin that its owner closes, and each binning makes the bins of its definition. */
#include "binet/calibration.h"

#include <float.h>
#include <math.h>

#include "check.h"
#include "confidences.h"
#include "failing_allocator.h"

enum { WIDTH = BINET_EQUAL_WIDTH, MASS = BINET_EQUAL_MASS, QUANTILE = BINET_EQUAL_MASS_QUANTILE };

enum { SWEEP = BINET_MONOTONE_SWEEP, ROOM = 64 };

static binet_calibration_bin bins[ROOM];

/* The result, its bins in `bins`. */
static binet_calibration_result measure(const binet_predictions *table, int32_t n_bins, int32_t binning,
                                        int32_t convention)
{
    binet_calibration_options options = {sizeof options, n_bins, binning, convention};
    binet_calibration_result result = {.struct_size = sizeof result, .bins = bins, .bins_capacity = ROOM};
    CHECK_INT(binet_calibration(NULL, table, &options, &result, NULL), BINET_OK);
    return result;
}

static void counts_are(const binet_calibration_result *result, int32_t n_bins, const int64_t *counts)
{
    CHECK_INT(result->n_bins, n_bins);
    for (int32_t b = 0; b < n_bins; b++) {
        CHECK_INT(bins[b].count, counts[b]);
    }
}

/* ---- Equal width ------------------------------------------------------------------------------------------------- */

static void each_convention_closes_its_side(void)
{
    /* Both ends, and the edges of four bins, which are exact in every convention. */
    const double confidences[] = {0.0, 0.25, 0.5, 0.75, 1.0, 1.0};
    const int right[] = {0, 1, 0, 1, 1, 0};
    static const int64_t below[] = {2, 1, 1, 2};
    static const int64_t above[] = {1, 1, 1, 3};
    static const int64_t phantom[] = {1, 1, 1, 1, 2};
    binet_predictions *table = confidences_table(confidences, right, 6);
    binet_calibration_result result = measure(table, 4, WIDTH, BINET_CONVENTION_BINET);
    counts_are(&result, 4, below);
    result = measure(table, 4, WIDTH, BINET_CONVENTION_SKLEARN);
    counts_are(&result, 4, below);
    result = measure(table, 4, WIDTH, BINET_CONVENTION_VERIFIED_CALIBRATION);
    counts_are(&result, 4, below);
    result = measure(table, 4, WIDTH, BINET_CONVENTION_NETCAL);
    counts_are(&result, 4, above);
    result = measure(table, 4, WIDTH, BINET_CONVENTION_TENSORFLOW);
    counts_are(&result, 4, above);
    result = measure(table, 4, WIDTH, BINET_CONVENTION_TORCHMETRICS);
    counts_are(&result, 5, phantom);
    CHECK_NEAR(bins[4].low, 1.0, 0.0);
    CHECK_NEAR(bins[4].high, 1.0, 0.0);
    binet_predictions_destroy(table);
}

static void a_bin_of_its_own_for_1_changes_the_error(void)
{
    /* One bin of {0.5 right, 1 wrong} has no gap beyond 1/4; apart they have 1/2 and 1. */
    const double confidences[] = {0.5, 1.0};
    const int right[] = {1, 0};
    binet_predictions *table = confidences_table(confidences, right, 2);
    CHECK_NEAR(measure(table, 1, WIDTH, BINET_CONVENTION_BINET).ece, 0.25, 1e-16);
    CHECK_NEAR(measure(table, 1, WIDTH, BINET_CONVENTION_TORCHMETRICS).ece, 0.75, 1e-16);
    CHECK_NEAR(measure(table, 1, WIDTH, BINET_CONVENTION_TORCHMETRICS).mce, 1.0, 1e-16);
    binet_predictions_destroy(table);
}

static void netcal_clips(void)
{
    const double confidences[] = {0.0, 1.0};
    const int right[] = {0, 1};
    binet_predictions *table = confidences_table(confidences, right, 2);
    CHECK_NEAR(measure(table, 2, WIDTH, BINET_CONVENTION_BINET).ece, 0.0, 0.0);
    CHECK_NEAR(measure(table, 2, WIDTH, BINET_CONVENTION_NETCAL).ece, DBL_EPSILON, 0.0);
    binet_predictions_destroy(table);
}

/* Edges of every number of bins and their neighbours, against each convention's rule written as a scan. */
static void edges_are_those_of_the_owner(void)
{
    static double confidences[3 * ROOM];
    static int right[3 * ROOM];
    for (int32_t n_bins = 1; n_bins < ROOM; n_bins++) {
        int64_t n = 0;
        for (int32_t i = 1; i <= n_bins; i++) {
            double edge = (double)i / n_bins;
            confidences[n++] = edge;
            confidences[n++] = nextafter(edge, 0.0);
            confidences[n++] = edge < 1.0 ? nextafter(edge, 1.0) : 1.0;
        }
        binet_predictions *table = confidences_table(confidences, right, n);
        (void)measure(table, n_bins, WIDTH, BINET_CONVENTION_VERIFIED_CALIBRATION);
        for (int32_t b = 0; b < n_bins; b++) {
            int64_t held = 0;
            for (int64_t i = 0; i < n; i++) {
                held += confidences[i] > (double)b / n_bins && confidences[i] <= (double)(b + 1) / n_bins;
            }
            CHECK_INT(bins[b].count, held);
        }
        (void)measure(table, n_bins, WIDTH, BINET_CONVENTION_TENSORFLOW);
        for (int32_t b = 0; b < n_bins; b++) {
            int64_t held = 0;
            for (int64_t i = 0; i < n; i++) {
                held += fmin(floor(n_bins * confidences[i]), n_bins - 1.0) == b;
            }
            CHECK_INT(bins[b].count, held);
        }
        (void)measure(table, n_bins, WIDTH, BINET_CONVENTION_NETCAL);
        for (int32_t b = 0; b < n_bins; b++) {
            int64_t held = 0;
            for (int64_t i = 0; i < n; i++) {
                double p = fmin(confidences[i], 1.0 - DBL_EPSILON);
                held += p >= b * (1.0 / n_bins) && (b == n_bins - 1 || p < (b + 1) * (1.0 / n_bins));
            }
            CHECK_INT(bins[b].count, held);
        }
        binet_predictions_destroy(table);
    }
}

/* ---- Equal mass -------------------------------------------------------------------------------------------------- */

static void quantiles_are_those_of_numpy(void)
{
    /* numpy.quantile of these at 0, 1/3, 2/3, 1: 0.1, 0.4, 0.5 + 2/3 * 0.4 (by the nearer end), 0.95. */
    const double confidences[] = {0.95, 0.4, 0.1, 0.9, 0.5, 0.4};
    const int right[] = {1, 0, 0, 1, 1, 1};
    static const int64_t counts[] = {3, 1, 2};
    binet_predictions *table = confidences_table(confidences, right, 6);
    binet_calibration_result result = measure(table, 3, QUANTILE, BINET_CONVENTION_BINET);
    counts_are(&result, 3, counts);
    CHECK_NEAR(bins[0].low, 0.1, 0.0);
    CHECK_NEAR(bins[0].high, 0.4, 1e-15);
    CHECK_NEAR(bins[1].high, 0.5 + 0.4 / 3.0, 1e-15);
    CHECK_NEAR(bins[2].high, 0.95, 0.0);
    result = measure(table, 3, QUANTILE, BINET_CONVENTION_SKLEARN);
    counts_are(&result, 3, counts);
    /* netcal: the ends are 0 and 1, and an edge belongs to the bin that it opens. */
    static const int64_t opened[] = {1, 3, 2};
    result = measure(table, 3, QUANTILE, BINET_CONVENTION_NETCAL);
    counts_are(&result, 3, opened);
    CHECK_NEAR(bins[0].low, 0.0, 0.0);
    CHECK_NEAR(bins[2].high, 1.0, 0.0);
    binet_predictions_destroy(table);
}

static void equal_confidences_share_a_bin_of_quantiles(void)
{
    const double confidences[] = {0.5, 0.5, 0.5, 0.5};
    const int right[] = {1, 0, 1, 0};
    static const int64_t first[] = {4, 0};
    static const int64_t last[] = {0, 4};
    binet_predictions *table = confidences_table(confidences, right, 4);
    binet_calibration_result result = measure(table, 2, QUANTILE, BINET_CONVENTION_BINET);
    counts_are(&result, 2, first);
    result = measure(table, 2, QUANTILE, BINET_CONVENTION_NETCAL);
    counts_are(&result, 2, last);
    /* Split apart they have a gap each, and their errors are no longer the whole's. */
    CHECK_NEAR(measure(table, 2, QUANTILE, BINET_CONVENTION_BINET).ece, 0.0, 0.0);
    CHECK_NEAR(measure(table, 2, MASS, BINET_CONVENTION_BINET).ece, 0.5, 0.0);
    /* verified_calibration cuts at the value itself, which then is in the lower bin. */
    result = measure(table, 2, MASS, BINET_CONVENTION_VERIFIED_CALIBRATION);
    counts_are(&result, 2, first);
    result = measure(table, 4, MASS, BINET_CONVENTION_VERIFIED_CALIBRATION);
    CHECK_INT(result.n_bins, 2); /* its three cuts at 0.5 are one */
    binet_predictions_destroy(table);
}

static void verified_calibration_cuts_half_way(void)
{
    const double confidences[] = {0.25, 0.5, 0.75, 1.0};
    const int right[] = {1, 0, 1, 0};
    binet_predictions *table = confidences_table(confidences, right, 4);
    binet_calibration_result result = measure(table, 2, MASS, BINET_CONVENTION_VERIFIED_CALIBRATION);
    CHECK_INT(result.n_bins, 2);
    CHECK_NEAR(bins[0].low, 0.0, 0.0);
    CHECK_NEAR(bins[0].high, 0.625, 0.0);
    CHECK_NEAR(bins[1].high, 1.0, 0.0);
    result = measure(table, 9, MASS, BINET_CONVENTION_VERIFIED_CALIBRATION);
    CHECK_INT(result.n_bins, 4); /* no more bins than rows */
    binet_predictions_destroy(table);
}

static void the_sweep_stops_before_accuracy_falls(void)
{
    /* Sorted: 0 1 | 1 1 is monotone, 0 1 | 1 | 1 too, 0 | 1 | 1 | 1 too. */
    const double confidences[] = {0.3, 0.5, 0.7, 0.9, 0.95, 1.0};
    const int all[] = {0, 1, 1, 1, 1, 1};
    binet_predictions *table = confidences_table(confidences, all, 6);
    CHECK_INT(measure(table, 0, SWEEP, 0).n_bins, 6);
    CHECK_INT(measure(table, 4, SWEEP, 0).n_bins, 4);
    binet_predictions_destroy(table);
    /* 0 1 1 | 0 1 1 holds (2/3, 2/3), 0 1 | 1 0 | 1 1 holds (1/2, 1/2, 1), 0 1 | 1 0 | 1 | 1 holds, and
     * 0 1 | 1 | 0 | 1 | 1 falls: four bins. */
    const int some[] = {0, 1, 1, 0, 1, 1};
    table = confidences_table(confidences, some, 6);
    binet_calibration_result result = measure(table, 0, SWEEP, 0);
    static const int64_t counts[] = {2, 2, 1, 1};
    counts_are(&result, 4, counts);
    CHECK_NEAR(result.ece, measure(table, 4, MASS, 0).ece, 0.0);
    binet_predictions_destroy(table);
    /* Two bins already fall: one is left. */
    const int falling[] = {1, 1, 1, 0, 0, 0};
    table = confidences_table(confidences, falling, 6);
    CHECK_INT(measure(table, 0, SWEEP, 0).n_bins, 1);
    binet_predictions_destroy(table);
}

/* ---- Debiased L2 ------------------------------------------------------------------------------------------------- */

static void the_debiased_norm_takes_the_variance_off(void)
{
    /* {0.75, 0.75, 0.75, 0.75}, one right: gap 1/2, 1/4 - (1/4)(3/4)/3 = 3/16. A bin of one row gives 0. */
    const double confidences[] = {0.75, 0.75, 0.75, 0.75, 0.1};
    const int right[] = {0, 1, 0, 0, 1};
    binet_predictions *table = confidences_table(confidences, right, 5);
    binet_calibration_result result = measure(table, 2, WIDTH, 0);
    CHECK_NEAR(result.rms_debiased, sqrt(0.8 * 3.0 / 16.0), 1e-15);
    CHECK_NEAR(result.rms, sqrt(0.8 * 0.25 + 0.2 * 0.81), 1e-15);
    binet_predictions_destroy(table);
    /* Less than nothing is nothing: {0.5, 0.5}, one right. */
    const double half[] = {0.5, 0.5};
    table = confidences_table(half, right, 2);
    CHECK_NEAR(measure(table, 2, WIDTH, 0).rms_debiased, 0.0, 0.0);
    binet_predictions_destroy(table);
}

static void an_older_result_is_served(void)
{
    const double confidences[] = {0.75, 0.75};
    const int right[] = {0, 1};
    binet_predictions *table = confidences_table(confidences, right, 2);
    binet_calibration_result result = {.struct_size = offsetof(binet_calibration_result, rms_debiased),
                                       .rms_debiased = 7.0};
    CHECK_INT(binet_calibration(NULL, table, NULL, &result, NULL), BINET_OK);
    CHECK_NEAR(result.ece, 0.25, 0.0);
    CHECK_NEAR(result.rms_debiased, 7.0, 0.0);
    binet_predictions_destroy(table);
}

/* ---- One answer for everything ----------------------------------------------------------------------------------- */

static void all_right_and_all_wrong_have_their_errors(void)
{
    const double confidences[] = {1.0, 1.0, 1.0};
    const int right[] = {1, 1, 1};
    const int wrong[] = {0, 0, 0};
    for (int32_t convention = 0; convention <= BINET_CONVENTION_VERIFIED_CALIBRATION; convention++) {
        binet_predictions *table = confidences_table(confidences, right, 3);
        binet_calibration_result result = measure(table, 15, WIDTH, convention);
        CHECK_NEAR(result.ece, 0.0, 1e-15);
        CHECK_NEAR(result.rms_debiased, 0.0, 1e-15);
        binet_predictions_destroy(table);
        table = confidences_table(confidences, wrong, 3);
        result = measure(table, 15, WIDTH, convention);
        CHECK_NEAR(result.ece, 1.0, 1e-15);
        CHECK_NEAR(result.mce, 1.0, 1e-15);
        CHECK_NEAR(result.rms_debiased, 1.0, 1e-15);
        binet_predictions_destroy(table);
    }
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void a_binning_that_the_owner_lacks_is_refused(void)
{
    static const unsigned char has[6][4] = {{1, 1, 1, 1}, {1, 0, 0, 0}, {1, 0, 1, 0},
                                            {1, 0, 0, 0}, {1, 0, 1, 0}, {1, 1, 0, 0}};
    const double confidences[] = {0.75, 0.5};
    const int right[] = {0, 1};
    binet_predictions *table = confidences_table(confidences, right, 2);
    for (int32_t convention = 0; convention < 6; convention++) {
        for (int32_t binning = 0; binning < 4; binning++) {
            binet_calibration_options options = {sizeof options, 0, binning, convention};
            binet_calibration_result result = {.struct_size = sizeof result};
            binet_error error;
            binet_status status = binet_calibration(NULL, table, &options, &result, &error);
            CHECK_INT(status, has[convention][binning] ? BINET_OK : BINET_INVALID_ARGUMENT);
            if (status != BINET_OK) {
                CHECK_TEXT(error.argument, "options");
                CHECK_INT(error.element, -1);
                CHECK_CONTAINS(error.message, "which has no");
                CHECK_INT(result.n, 0);
            }
        }
    }
    binet_predictions_destroy(table);
}

static void too_little_room_is_refused(void)
{
    const double confidences[] = {0.5, 0.6, 0.7};
    const int right[] = {1, 1, 1};
    binet_predictions *table = confidences_table(confidences, right, 3);
    static const struct {
        int32_t n_bins, binning, convention;
        int64_t capacity;
        const char *why;
    } cases[] = {{4, WIDTH, BINET_CONVENTION_TORCHMETRICS, 4, "5 bins"}, {0, SWEEP, 0, 2, "3 bins"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        binet_calibration_options options = {sizeof options, cases[i].n_bins, cases[i].binning, cases[i].convention};
        binet_calibration_result result = {
            .struct_size = sizeof result, .bins = bins, .bins_capacity = cases[i].capacity, .n = 77};
        binet_error error;
        CHECK_INT(binet_calibration(NULL, table, &options, &result, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "result");
        CHECK_CONTAINS(error.message, cases[i].why);
        CHECK_INT(result.n, 77);
    }
    binet_predictions_destroy(table);
}

static void without_memory_nothing_leaks(void)
{
    const double confidences[] = {0.9, 0.7, 1.0};
    const int right[] = {1, 0, 1};
    binet_predictions *table = confidences_table(confidences, right, 3);
    for (int32_t binning = WIDTH; binning <= SWEEP; binning++) {
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_calibration_options options = {sizeof options, 3, binning, 0};
            binet_calibration_result result = {.struct_size = sizeof result, .n = 77};
            binet_status status = binet_calibration(context, table, &options, &result, NULL);
            CHECK_INT(result.n, status == BINET_OK ? 3 : 77);
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
    binet_predictions_destroy(table);
}

int main(void)
{
    RUN(each_convention_closes_its_side);
    RUN(a_bin_of_its_own_for_1_changes_the_error);
    RUN(netcal_clips);
    RUN(edges_are_those_of_the_owner);
    RUN(quantiles_are_those_of_numpy);
    RUN(equal_confidences_share_a_bin_of_quantiles);
    RUN(verified_calibration_cuts_half_way);
    RUN(the_sweep_stops_before_accuracy_falls);
    RUN(the_debiased_norm_takes_the_variance_off);
    RUN(an_older_result_is_served);
    RUN(all_right_and_all_wrong_have_their_errors);
    RUN(a_binning_that_the_owner_lacks_is_refused);
    RUN(too_little_room_is_refused);
    RUN(without_memory_nothing_leaks);
    return check_result();
}
