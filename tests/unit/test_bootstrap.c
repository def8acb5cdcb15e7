/* The bootstrap of any statistic: its rules, written again; bits that no number of threads changes; bad input. */
#include "binet/statistics.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "check.h"
#include "failing_allocator.h"
#include "metrics/estimate.h"
#include "pooled.h"
#include "scores.h"

enum { N = 200, RESAMPLES = 300 };

/* The mean and the largest of a column, and a value that there is only where row 0 is. */
typedef struct column {
    double values[N];
    int64_t fails_without; /* a row; -1: never fails */
    binet_status status;
    int fills;
} column;

static binet_status compute(void *self, const int64_t *rows, int64_t n_rows, double *values, binet_error *error)
{
    const column *of = self;
    double sum = 0.0;
    double largest = -INFINITY;
    int has_first = 0;
    int is_there = 0;
    for (int64_t i = 0; i < n_rows; i++) {
        sum += of->values[rows[i]];
        largest = fmax(largest, of->values[rows[i]]);
        has_first |= rows[i] == 0;
        is_there |= rows[i] == of->fails_without;
    }
    if (of->fails_without >= 0 && !is_there) {
        if (of->fills) {
            error->status = of->status;
            error->element = rows[0];
            (void)snprintf(error->message, sizeof error->message, "row %d is missing", (int)of->fails_without);
        }
        return of->status;
    }
    values[0] = sum / (double)n_rows;
    values[1] = largest;
    values[2] = has_first ? values[0] : (double)NAN;
    return BINET_OK;
}

static binet_statistic statistic_of(column *of)
{
    uint64_t state = 3;
    for (int i = 0; i < N; i++) {
        of->values[i] = scores_uniform(&state);
        of->values[i] *= of->values[i]; /* skewed */
    }
    of->fails_without = -1;
    binet_statistic statistic = {sizeof statistic, 3, of, compute};
    return statistic;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile_of(const double *sorted, int n, double p)
{
    double place = p * (n - 1);
    int below = (int)place;
    return below + 1 < n ? sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]) : sorted[n - 1];
}

static void resamples_are_drawn_by_the_rule(void)
{
    static column of;
    static double replicates[RESAMPLES * 3];
    double expected[RESAMPLES];
    binet_statistic statistic = statistic_of(&of);
    binet_estimate estimates[3];
    binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = RESAMPLES, .seed = 12};
    binet_bootstrap_result result = {.struct_size = sizeof result,
                                     .estimates = estimates,
                                     .estimates_capacity = 3,
                                     .replicates = replicates,
                                     .replicates_capacity = 3 * RESAMPLES};
    CHECK_INT(binet_bootstrap(NULL, N, &statistic, &options, &result, NULL), BINET_OK);
    CHECK_INT(result.n_units, N);
    int n_undefined = 0;
    double mean = 0.0;
    for (int r = 0; r < RESAMPLES; r++) {
        double sum = 0.0;
        int has_first = 0;
        for (int t = 0; t < N; t++) {
            uint32_t row = binet__random_index(12, (uint64_t)r, (uint64_t)t, N);
            sum += of.values[row];
            has_first |= row == 0;
        }
        expected[r] = sum / N;
        mean += expected[r] / RESAMPLES;
        n_undefined += !has_first;
        CHECK(replicates[3 * r] == expected[r]);
        CHECK(has_first ? replicates[3 * r + 2] == expected[r] : isnan(replicates[3 * r + 2]));
    }
    /* A row is missing from a share of 1 / e of the resamples. */
    CHECK_NEAR((double)n_undefined / RESAMPLES, exp(-1.0), 0.1);
    CHECK_INT(estimates[2].n_undefined, n_undefined);
    CHECK_INT(estimates[0].n_undefined, 0);
    double squares = 0.0;
    for (int r = 0; r < RESAMPLES; r++) {
        squares += (expected[r] - mean) * (expected[r] - mean);
    }
    CHECK_NEAR(estimates[0].standard_error, sqrt(squares / (RESAMPLES - 1)), 1e-15);
    qsort(expected, RESAMPLES, sizeof *expected, compare_doubles);
    CHECK_NEAR(estimates[0].low, quantile_of(expected, RESAMPLES, 0.025), 1e-15);
    CHECK_NEAR(estimates[0].high, quantile_of(expected, RESAMPLES, 0.975), 1e-15);
    CHECK_INT(estimates[0].interval, BINET_INTERVAL_FOUND);
    CHECK(estimates[0].low < estimates[0].value && estimates[0].value < estimates[0].high);
}

/* The same bits for every number of threads, without clusters and with. */
static void threads_do_not_matter(void)
{
    static column of;
    int64_t clusters[N];
    binet_statistic statistic = statistic_of(&of);
    binet_array of_clusters = scores_vector(clusters, BINET_I64, N);
    for (int i = 0; i < N; i++) {
        clusters[i] = i * i % 17;
    }
    for (int method = BINET_BOOTSTRAP_PERCENTILE; method <= BINET_BOOTSTRAP_BCA; method++) {
        for (int with = 0; with < 2; with++) {
            binet_estimate first[3];
            for (int n_threads = 1; n_threads <= 4; n_threads++) {
                pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
                binet_estimate estimates[3];
                binet_bootstrap_options options = {.struct_size = sizeof options,
                                                   .method = method,
                                                   .n_resamples = RESAMPLES,
                                                   .clusters = with ? &of_clusters : NULL};
                binet_bootstrap_result result = {
                    .struct_size = sizeof result, .estimates = estimates, .estimates_capacity = 3};
                CHECK_INT(binet_bootstrap(on.context, N, &statistic, &options, &result, NULL), BINET_OK);
                if (n_threads == 1) {
                    memcpy(first, estimates, sizeof first);
                }
                CHECK(memcmp(first, estimates, sizeof first) == 0);
                pooled_end(on);
            }
        }
    }
}

/* ---- Clusters ---------------------------------------------------------------------------------------------------- */

/* Whole clusters come or do not, their rows in ascending order. */
static binet_status check_clusters(void *self, const int64_t *rows, int64_t n_rows, double *values, binet_error *error)
{
    static const int64_t rows_of[3][3] = {{1, 3, -1}, {0, 4, 5}, {2, -1, -1}}; /* clusters -7, 2, 9 */
    static const int sizes[3] = {2, 3, 1};
    (void)self;
    (void)error;
    int64_t at = 0;
    values[0] = 0.0;
    while (at < n_rows) {
        int which = rows[at] == 1 ? 0 : rows[at] == 0 ? 1 : 2;
        for (int k = 0; k < sizes[which]; k++) {
            CHECK_INT(rows[at + k], rows_of[which][k]);
        }
        at += sizes[which];
        values[0] += 1.0;
    }
    CHECK_INT(at, n_rows);
    values[1] = (double)n_rows;
    return BINET_OK;
}

static void clusters_are_drawn_whole(void)
{
    static const int64_t clusters[6] = {2, -7, 9, -7, 2, 2};
    static const int sizes[3] = {2, 3, 1};
    binet_array of_clusters = scores_vector(clusters, BINET_I64, 6);
    binet_statistic statistic = {sizeof statistic, 2, NULL, check_clusters};
    double replicates[2 * RESAMPLES];
    binet_estimate estimates[2];
    binet_bootstrap_options options = {.struct_size = sizeof options,
                                       .method = BINET_BOOTSTRAP_BCA,
                                       .n_resamples = RESAMPLES,
                                       .seed = 5,
                                       .clusters = &of_clusters};
    binet_bootstrap_result result = {.struct_size = sizeof result,
                                     .estimates = estimates,
                                     .estimates_capacity = 2,
                                     .replicates = replicates,
                                     .replicates_capacity = 2 * RESAMPLES};
    CHECK_INT(binet_bootstrap(NULL, 6, &statistic, &options, &result, NULL), BINET_OK);
    CHECK_INT(result.n_units, 3);
    for (int r = 0; r < RESAMPLES; r++) {
        int n_rows = 0;
        for (int t = 0; t < 3; t++) {
            n_rows += sizes[binet__random_index(5, (uint64_t)r, (uint64_t)t, 3)];
        }
        CHECK_NEAR(replicates[2 * r], 3.0, 0.0);
        CHECK_NEAR(replicates[2 * r + 1], n_rows, 0.0);
    }
    CHECK_NEAR(estimates[1].value, 6.0, 0.0);
}

/* ---- Where there is no interval ---------------------------------------------------------------------------------- */

static binet_status what_self_says(void *self, const int64_t *rows, int64_t n_rows, double *values, binet_error *error)
{
    (void)error;
    int is_all = 1; /* the rows as they are */
    for (int64_t i = 0; i < n_rows; i++) {
        is_all &= rows[i] == i;
    }
    const double *of = self;
    values[0] = of[is_all ? 0 : 1];
    return BINET_OK;
}

static binet_estimate estimate_of(double value, double of_resamples, int32_t method, int64_t n_rows)
{
    double self[2] = {value, of_resamples};
    binet_statistic statistic = {sizeof statistic, 0, self, what_self_says};
    binet_estimate estimate;
    binet_bootstrap_options options = {.struct_size = sizeof options, .method = method, .n_resamples = 100};
    binet_bootstrap_result result = {.struct_size = sizeof result, .estimates = &estimate, .estimates_capacity = 1};
    CHECK_INT(binet_bootstrap(NULL, n_rows, &statistic, &options, &result, NULL), BINET_OK);
    CHECK_INT(estimate.reserved, 0);
    return estimate;
}

static void an_interval_that_is_not_there_says_why(void)
{
    binet_estimate found = estimate_of(0.5, 0.7, BINET_BOOTSTRAP_BCA, 50);
    CHECK_INT(found.interval, BINET_INTERVAL_ONE_SIDED);
    CHECK(isnan(found.low) && isnan(found.high) && found.value == 0.5);
    found = estimate_of(0.5, 0.7, BINET_BOOTSTRAP_PERCENTILE, 50);
    CHECK(found.interval == BINET_INTERVAL_FOUND && found.low == 0.7 && found.high == 0.7);
    found = estimate_of((double)NAN, 0.7, BINET_BOOTSTRAP_PERCENTILE, 50);
    CHECK_INT(found.interval, BINET_INTERVAL_NO_VALUE);
    CHECK(isnan(found.value) && isnan(found.low) && isnan(found.high) && found.n_undefined == 0);
    found = estimate_of(0.5, (double)NAN, BINET_BOOTSTRAP_BCA, 50);
    CHECK_INT(found.interval, BINET_INTERVAL_NO_RESAMPLES);
    CHECK(isnan(found.low) && isnan(found.standard_error) && found.n_undefined == 100);
    /* Infinities have no spread, but an order. */
    found = estimate_of(0.5, (double)INFINITY, BINET_BOOTSTRAP_PERCENTILE, 50);
    CHECK(found.interval == BINET_INTERVAL_FOUND && isinf(found.low) && isinf(found.high));
    CHECK(isnan(found.standard_error));
    /* Nothing varies, or there is only one row. */
    for (int method = BINET_BOOTSTRAP_PERCENTILE; method <= BINET_BOOTSTRAP_BCA; method++) {
        for (int64_t n_rows = 1; n_rows <= 50; n_rows += 49) {
            found = estimate_of(0.25, 0.25, method, n_rows);
            CHECK(found.low == 0.25 && found.high == 0.25 && found.standard_error == 0.0);
        }
    }
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

/* An end between a number and an infinity is the infinity, not a NaN. */
static void infinite_values_have_quantiles(void)
{
    static const double above[4] = {1.0, 2.0, INFINITY, INFINITY};
    static const double below[2] = {-INFINITY, 3.0};
    static const double both[2] = {-INFINITY, INFINITY};
    CHECK_NEAR(binet__quantile(above, 4, 1.0 / 6.0), 1.5, 1e-15);
    CHECK(binet__quantile(above, 4, 0.4) == INFINITY && binet__quantile(above, 4, 0.6) == INFINITY);
    CHECK(binet__quantile(below, 2, 0.1) == -INFINITY && binet__quantile(below, 2, 0.9) == -INFINITY);
    CHECK(binet__quantile(below, 2, 1.0) == 3.0);
    CHECK(binet__quantile(both, 2, 0.4) == -INFINITY && binet__quantile(both, 2, 0.6) == INFINITY);
}

static void refused(int64_t n_rows, const binet_statistic *statistic, const binet_bootstrap_options *options,
                    binet_bootstrap_result *result, const char *argument, const char *why)
{
    binet_error error;
    CHECK_INT(binet_bootstrap(NULL, n_rows, statistic, options, result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, argument);
    CHECK_CONTAINS(error.message, why);
}

static void bad_options_are_named(void)
{
    static column of;
    binet_statistic good = statistic_of(&of);
    binet_estimate estimates[3];
    double replicate;
    binet_bootstrap_result result = {.struct_size = sizeof result, .estimates = estimates, .estimates_capacity = 3};
    binet_bootstrap_options options = {.struct_size = sizeof options};
    refused(0, &good, &options, &result, "n_rows", "n_rows is 0; allowed: 1 .. 2147483647");
    refused(INT64_C(1) << 31, &good, &options, &result, "n_rows", "n_rows is 2147483648");
    refused(N, NULL, &options, &result, "statistic", "NULL");
    refused(N, &good, &options, NULL, "result", "NULL");
    binet_statistic bad = good;
    bad.compute = NULL;
    refused(N, &bad, &options, &result, "statistic", "compute is NULL");
    bad = good;
    bad.n_values = 65537;
    refused(N, &bad, &options, &result, "statistic", "n_values is 65537; allowed: 1 .. 65536");
    options.n_resamples = -1;
    refused(N, &good, &options, &result, "options", "n_resamples is -1; allowed: 2 .. 2147483647, or 0 for 1000");
    options.n_resamples = 1;
    refused(N, &good, &options, &result, "options", "n_resamples is 1;");
    options.n_resamples = 2;
    options.confidence_level = 1.0;
    refused(N, &good, &options, &result, "options", "confidence_level is 1;");
    options.confidence_level = -0.5;
    refused(N, &good, &options, &result, "options", "confidence_level is -0.5;");
    options.confidence_level = 0.0;
    options.method = 2;
    refused(N, &good, &options, &result, "options", "method is 2; allowed: 0 (percentile), 1 (BCa)");
    options.method = 0;
    result.estimates_capacity = 2;
    refused(N, &good, &options, &result, "result", "room for 2 values; there are 3");
    result.estimates = NULL;
    refused(N, &good, &options, &result, "result", "room for 0 values; there are 3");
    result.estimates = estimates;
    result.estimates_capacity = 3;
    result.replicates = &replicate;
    result.replicates_capacity = 5;
    refused(N, &good, &options, &result, "result", "replicates_capacity is 5; there are 2 resamples of 3 values");
    result.replicates = NULL;
    int64_t clusters[N] = {0};
    binet_array of_clusters = scores_vector(clusters, BINET_I64, N - 1);
    options.clusters = &of_clusters;
    refused(N, &good, &options, &result, "clusters", "clusters has 199 entries; there are 200 rows");
    of_clusters = scores_vector(clusters, BINET_F64, N);
    refused(N, &good, &options, &result, "clusters", "dtype");
}

/* The first resample for which it fails is the one that is told, whatever ran before. */
static void a_statistic_may_fail(void)
{
    static column of;
    binet_statistic statistic = statistic_of(&of);
    of.fails_without = 7;
    of.status = BINET_CANCELLED;
    of.fills = 1;
    int64_t first = -1;
    for (int n_threads = 1; n_threads <= 4; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        binet_estimate estimates[3] = {{.value = 77.0}};
        binet_bootstrap_result result = {.struct_size = sizeof result, .estimates = estimates, .estimates_capacity = 3};
        binet_error error;
        CHECK_INT(binet_bootstrap(on.context, N, &statistic, NULL, &result, &error), BINET_CANCELLED);
        CHECK_TEXT(error.message, "row 7 is missing");
        CHECK(estimates[0].value == 77.0 && result.n_units == 0);
        first = first < 0 ? error.element : first;
        CHECK_INT(error.element, first);
        of.fills = 0;
        CHECK_INT(binet_bootstrap(on.context, N, &statistic, NULL, &result, &error), BINET_CANCELLED);
        CHECK_TEXT(error.argument, "statistic");
        CHECK_TEXT(error.message, "the statistic gave CANCELLED");
        of.fills = 1;
        pooled_end(on);
    }
}

static void memory_may_run_out(void)
{
    static column of;
    int64_t clusters[N];
    for (int i = 0; i < N; i++) {
        clusters[i] = i / 50;
    }
    binet_array of_clusters = scores_vector(clusters, BINET_I64, N);
    binet_statistic statistic = statistic_of(&of);
    binet_bootstrap_options options = {
        .struct_size = sizeof options, .n_resamples = 4, .method = BINET_BOOTSTRAP_BCA, .clusters = &of_clusters};
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_estimate estimates[3] = {{.value = 77.0}};
        binet_bootstrap_result result = {.struct_size = sizeof result, .estimates = estimates, .estimates_capacity = 3};
        binet_status status = binet_bootstrap(context, N, &statistic, &options, &result, NULL);
        CHECK((status == BINET_OK) == (estimates[0].value != 77.0));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(resamples_are_drawn_by_the_rule);
    RUN(threads_do_not_matter);
    RUN(clusters_are_drawn_whole);
    RUN(an_interval_that_is_not_there_says_why);
    RUN(infinite_values_have_quantiles);
    RUN(bad_options_are_named);
    RUN(a_statistic_may_fail);
    RUN(memory_may_run_out);
    return check_result();
}
