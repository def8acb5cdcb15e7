/* Bins have the edges of numpy.linspace, every value falls where a scan of the edges puts it, and packed rows sort by
 * value. */
#include "metrics/bins.h"

#include <float.h>
#include <math.h>

#include "check.h"
#include "scores.h"

enum { MOST_EDGES = 400, N_VALUES = 2000 };

static double values[N_VALUES + 3 * MOST_EDGES + 8];
static int64_t n_values;

/* Edges of n_bins by either rounding with their neighbours, both ends, and numbers between. */
static void make_values(int32_t n_bins)
{
    static const double ends[] = {0.0, -0.0, 1.0, 0x1p-1074, DBL_MIN, DBL_EPSILON, 1.0 - DBL_EPSILON / 2, 0.5};
    uint64_t state = (uint64_t)n_bins;
    n_values = 0;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        values[n_values++] = ends[i];
    }
    for (int32_t e = 0; e < MOST_EDGES; e++) {
        int32_t i = n_bins < MOST_EDGES ? 1 + e % n_bins : 1 + (int32_t)((int64_t)e * (n_bins - 1) / (MOST_EDGES - 1));
        double edge = e % 2 == 0 ? i * (1.0 / n_bins) : (double)i / n_bins;
        values[n_values++] = fmin(edge, 1.0);
        values[n_values++] = nextafter(fmin(edge, 1.0), 0.0);
        values[n_values++] = fmin(nextafter(edge, 2.0), 1.0);
    }
    for (int64_t i = 0; i < N_VALUES; i++) {
        values[n_values++] = scores_uniform(&state);
    }
}

static const int32_t counts[] = {1, 2, 3, 7, 10, 15, 49, 98, 100, 256, 1000, 65535, BINET__MOST_BINS};

enum { N_COUNTS = sizeof counts / sizeof counts[0] };

/* ---- Edges ------------------------------------------------------------------------------------------------------- */

/* Those of numpy.linspace(0, 1, n + 1) which are not i / n. */
static void edges_have_the_bits_of_linspace(void)
{
    CHECK(binet__bin_edge(10, 3) == 0x1.3333333333334p-2);
    CHECK(binet__bin_edge(10, 6) == 0x1.3333333333334p-1);
    CHECK(binet__bin_edge(10, 7) == 0x1.6666666666667p-1);
    CHECK(binet__bin_edge(10, 5) == 0.5);
    for (int32_t n_bins = 1; n_bins <= 1000; n_bins++) {
        CHECK(binet__bin_edge(n_bins, 0) == 0.0);
        CHECK(binet__bin_edge(n_bins, n_bins) == 1.0); /* 49 times 1 / 49 is less */
    }
}

static void conventions_have_the_edges_of_their_owner(void)
{
    for (int32_t convention = 0; convention < BINET__N_CONVENTIONS; convention++) {
        int is_divided =
            convention == BINET_CONVENTION_VERIFIED_CALIBRATION || convention == BINET_CONVENTION_TENSORFLOW;
        for (int32_t n_bins = 1; n_bins <= 300; n_bins++) {
            int32_t n_extra = convention == BINET_CONVENTION_TORCHMETRICS;
            CHECK_INT(binet__bin_count(convention, n_bins), n_bins + n_extra);
            for (int32_t b = 0; b < n_bins; b++) {
                double low = is_divided ? (double)b / n_bins : b * (1.0 / n_bins);
                double high = is_divided ? (double)(b + 1) / n_bins : (b + 1) * (1.0 / n_bins);
                CHECK(binet__bin_low(convention, n_bins, b) == low);
                CHECK(binet__bin_high(convention, n_bins, b) == (b == n_bins - 1 ? 1.0 : high));
            }
            for (int32_t b = n_bins; b < n_bins + n_extra; b++) { /* that of 1 */
                CHECK(binet__bin_low(convention, n_bins, b) == 1.0);
                CHECK(binet__bin_high(convention, n_bins, b) == 1.0);
            }
        }
    }
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* The first bin whose upper edge is not below the value, or where bins are closed below, not at it either. */
static int32_t scan(int32_t n_bins, double value, int is_divided, int is_closed_below)
{
    int32_t b = 0;
    for (double edge = 0.0; b < n_bins - 1; b++) {
        edge = is_divided ? (double)(b + 1) / n_bins : (b + 1) * (1.0 / n_bins);
        if (value < edge || (value == edge && !is_closed_below)) {
            break;
        }
    }
    return b;
}

static void values_are_in_the_bin_that_a_scan_finds(void)
{
    for (int c = 0; c < N_COUNTS; c++) {
        int32_t n_bins = counts[c];
        make_values(n_bins);
        for (int64_t i = 0; i<n_values; i += n_bins> 1000 ? 9 : 1) {
            double value = values[i];
            int32_t below = scan(n_bins, value, 0, 0);
            int32_t at = scan(n_bins, value, 0, 1);
            CHECK_INT(binet__bin_find(n_bins, value), below);
            CHECK_INT(binet__bin_of(BINET_CONVENTION_BINET, n_bins, value), below);
            CHECK_INT(binet__bin_of(BINET_CONVENTION_SKLEARN, n_bins, value), below);
            CHECK_INT(binet__bin_of(BINET_CONVENTION_NETCAL, n_bins, value), at);
            CHECK_INT(binet__bin_of(BINET_CONVENTION_TORCHMETRICS, n_bins, value), value == 1.0 ? n_bins : at);
            CHECK_INT(binet__bin_of(BINET_CONVENTION_VERIFIED_CALIBRATION, n_bins, value), scan(n_bins, value, 1, 0));
            CHECK_INT(binet__bin_of(BINET_CONVENTION_TENSORFLOW, n_bins, value),
                      fmin(floor(value * n_bins), n_bins - 1.0));
        }
    }
}

static void netcal_alone_clips(void)
{
    for (int32_t convention = 0; convention < BINET__N_CONVENTIONS; convention++) {
        int clips = convention == BINET_CONVENTION_NETCAL;
        CHECK(binet__bin_seen(convention, 0.0) == (clips ? DBL_EPSILON : 0.0));
        CHECK(binet__bin_seen(convention, DBL_EPSILON / 2) == (clips ? DBL_EPSILON : DBL_EPSILON / 2));
        CHECK(binet__bin_seen(convention, 2 * DBL_EPSILON) == 2 * DBL_EPSILON);
        CHECK(binet__bin_seen(convention, 0.3) == 0.3);
        CHECK(binet__bin_seen(convention, 1.0) == (clips ? 1.0 - DBL_EPSILON : 1.0));
        CHECK(binet__bin_seen(convention, 1.0 - DBL_EPSILON / 2) == 1.0 - (clips ? 1.0 : 0.5) * DBL_EPSILON);
    }
}

static void a_convention_that_is_none_is_named(void)
{
    static const int32_t wrong[] = {-1, BINET__N_CONVENTIONS, INT32_MAX, INT32_MIN};
    for (int32_t convention = 0; convention < BINET__N_CONVENTIONS; convention++) {
        CHECK_INT(binet__bin_check_convention(convention, NULL), BINET_OK);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char why[96];
        binet_error error = {0};
        (void)snprintf(why, sizeof why, "is %d; allowed: 0 (binet) .. 5 (verified_calibration)", (int)wrong[i]);
        CHECK_INT(binet__bin_check_convention(wrong[i], &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "options");
        CHECK_INT(error.element, -1);
        CHECK_CONTAINS(error.message, why);
    }
    CHECK_TEXT(binet__convention_name(BINET_CONVENTION_BINET), "binet");
    CHECK_TEXT(binet__convention_name(BINET_CONVENTION_TORCHMETRICS), "torchmetrics");
    CHECK_TEXT(binet__convention_name(BINET_CONVENTION_NETCAL), "netcal");
    CHECK_TEXT(binet__convention_name(BINET_CONVENTION_TENSORFLOW), "tensorflow");
    CHECK_TEXT(binet__convention_name(BINET_CONVENTION_SKLEARN), "sklearn");
    CHECK_TEXT(binet__convention_name(BINET_CONVENTION_VERIFIED_CALIBRATION), "verified_calibration");
}

/* ---- Equal mass -------------------------------------------------------------------------------------------------- */

static void packed_rows_sort_by_value_then_the_wrong_first(void)
{
    make_values(300);
    for (int64_t i = 0; i < n_values; i++) {
        for (int right = 0; right < 2; right++) {
            uint64_t key = binet__bin_pack(values[i], right);
            CHECK(binet__bin_unpack(key) == values[i] && !signbit(binet__bin_unpack(key)));
            CHECK_INT(binet__bin_right(key), right);
            for (int64_t j = 0; j < n_values; j += 13) {
                for (int other = 0; other < 2; other++) {
                    int is_before = values[i] < values[j] || (values[i] == values[j] && right < other);
                    CHECK((key < binet__bin_pack(values[j], other)) == is_before);
                }
            }
        }
    }
}

int main(void)
{
    RUN(edges_have_the_bits_of_linspace);
    RUN(conventions_have_the_edges_of_their_owner);
    RUN(values_are_in_the_bin_that_a_scan_finds);
    RUN(netcal_alone_clips);
    RUN(a_convention_that_is_none_is_named);
    RUN(packed_rows_sort_by_value_then_the_wrong_first);
    return check_result();
}
