/* What a probe reads: the mean, the trace of the covariance, and a copy of the rows in random order. */
#include "metrics/probe_data.h"

#include <float.h>
#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "probe_rows.h"

enum { LEAST = 4096 /* rows that are copied at any size */, ROW_BYTES = D * 4 };

static const int64_t everything = INT64_MAX;

/* The first column says which row this is. */
static void make(void)
{
    rows_make();
    for (int64_t i = 0; i < ROWS; i++) {
        rows_features[i * D] = (double)i;
    }
}

static binet_status read_rows(const binet_context *context, int64_t n, const double *weights, int64_t row_bytes,
                              binet__probe_data *data)
{
    binet_array x = scores_matrix(rows_features, BINET_F64, n, D);
    binet_array y = scores_vector(rows_labels, BINET_I32, n);
    binet_array s = scores_vector(weights, BINET_F64, n);
    memset(data, 0, sizeof *data);
    return binet__probe_data_read(context, &x, &y, K, weights != NULL ? &s : NULL, row_bytes, data, NULL);
}

static int64_t row_of_copy(const binet__probe_data *data, int64_t i)
{
    return llround(data->copied.kept[i * D] + data->mean[0]);
}

static void moments_are_those_of_the_definition(void)
{
    for (int weighted = 0; weighted < 2; weighted++) {
        const double *weights = weighted ? rows_weights : NULL;
        double weight = weighted ? 0.75 * ROWS : ROWS;
        double trace = 0.0;
        binet__probe_data data;
        CHECK_INT(read_rows(NULL, ROWS, weights, 1, &data), BINET_OK);
        CHECK(data.weight == weight);
        for (int64_t j = 0; j < D; j++) {
            double sum = 0.0;
            double square = 0.0;
            for (int64_t i = 0; i < ROWS; i++) {
                sum += (weighted ? weights[i] : 1.0) * rows_features[i * D + j];
            }
            for (int64_t i = 0; i < ROWS; i++) {
                double gap = rows_features[i * D + j] - sum / weight;
                square += (weighted ? weights[i] : 1.0) * gap * gap;
            }
            CHECK_NEAR(data.mean[j], sum / weight, 1e-13 * ROWS);
            trace += square / weight;
        }
        CHECK_NEAR(data.trace / trace, 1.0, 1e-12);
        CHECK_INT(data.n_passes, 2);
        binet__probe_data_release(&data);
    }
}

static void a_copy_holds_rows_once_less_their_mean(void)
{
    for (int weighted = 0; weighted < 2; weighted++) {
        const double *weights = weighted ? rows_weights : NULL;
        int seen[ROWS] = {0};
        binet__probe_data data;
        CHECK_INT(read_rows(NULL, ROWS, weights, everything, &data), BINET_OK);
        CHECK_INT(data.copied.n, ROWS);
        CHECK(data.copied.features == NULL && (data.copied.weights != NULL) == weighted);
        for (int64_t i = 0; i < ROWS; i++) {
            int64_t row = row_of_copy(&data, i);
            CHECK(row >= 0 && row < ROWS && !seen[row]);
            seen[row] = 1;
            CHECK_INT(data.copied.labels[i], rows_labels[row]);
            CHECK(!weighted || data.copied.weights[i] == rows_weights[row]);
            for (int64_t j = 0; j < D; j++) {
                CHECK(data.copied.kept[i * D + j] == (float)(rows_features[row * D + j] - data.mean[j]));
            }
        }
        binet__probe_data_release(&data);
    }
}

/* Of its first rows about half are from the first half, so of any thousand that count; those without a weight come
 * last. */
static void a_copy_begins_with_a_sample(void)
{
    enum { THOUSAND = 1000, N_WEIGHTED = ROWS / 4 * 3 };
    for (int weighted = 0; weighted < 2; weighted++) {
        binet__probe_data data;
        CHECK_INT(read_rows(NULL, ROWS, weighted ? rows_weights : NULL, everything, &data), BINET_OK);
        for (int64_t first = 0; first + THOUSAND <= N_WEIGHTED; first += THOUSAND) {
            int64_t n_early = 0;
            for (int64_t i = first; i < first + THOUSAND; i++) {
                n_early += row_of_copy(&data, i) < ROWS / 2;
            }
            CHECK(n_early > 400 && n_early < 600);
        }
        for (int64_t i = 0; weighted && i < ROWS; i++) {
            CHECK((data.copied.weights[i] > 0.0) == (i < N_WEIGHTED));
        }
        binet__probe_data_release(&data);
    }
}

static void all_rows_are_copied_where_they_fit_else_half_as_many_and_never_few(void)
{
    const int64_t cases[][3] = {{ROWS, 1, LEAST},
                                {ROWS, 2 * LEAST * ROW_BYTES - 1, LEAST},
                                {ROWS, ROWS * ROW_BYTES - 1, (ROWS - 1) / 2},
                                {ROWS, ROWS * ROW_BYTES, ROWS},
                                {100, 1, 100}};
    for (int i = 0; i < 5; i++) {
        int64_t n = cases[i][0];
        binet__probe_data data;
        CHECK_INT(read_rows(NULL, n, NULL, cases[i][1], &data), BINET_OK);
        CHECK_INT(data.copied.n, cases[i][2]);
        CHECK(data.all.n == n && data.all.features == &data.features && data.all.mean == data.mean);
        CHECK(data.nearest.n == n && data.nearest.kept == (data.copied.n == n ? data.kept : NULL));
        CHECK(memcmp(data.all.labels, rows_labels, (size_t)n * sizeof *rows_labels) == 0);
        binet__probe_data_release(&data);
    }
}

/* Sizes are looked at before numbers are, so that one number stands for all. */
static void what_is_too_large_is_named(void)
{
    static const int32_t one = 1;
    static const double large = DBL_MAX / 2.0;
    const int64_t too_many_rows = INT64_C(1) << 32;
    const struct {
        int64_t n;
        int64_t width;
        int64_t n_classes;
        binet_status status;
        const char *argument;
        const char *message;
    } cases[] = {
        {4, 32001, 2, BINET_INVALID_ARGUMENT, "features", "features has 32001 columns; allowed: up to 32000"},
        {too_many_rows, 1, 2, BINET_INVALID_ARGUMENT, "features", "features has 4294967296 rows"},
        {4, 1, 32001, BINET_INVALID_ARGUMENT, "n_classes", "n_classes is 32001; allowed: 2 .. 32000"},
    };
    for (int i = 0; i < 3; i++) {
        binet_array x = {&large, BINET_F64, 2, {cases[i].n, cases[i].width}, {0, 0}};
        binet_array y = {&one, BINET_I32, 1, {cases[i].n}, {0}};
        binet__probe_data data;
        binet_error error = {0};
        CHECK_INT(binet__probe_data_read(NULL, &x, &y, cases[i].n_classes, NULL, 0, &data, &error), cases[i].status);
        CHECK_TEXT(error.argument, cases[i].argument);
        CHECK_CONTAINS(error.message, cases[i].message);
    }
    binet_array x = scores_matrix(rows_features, BINET_F64, ROWS, D);
    binet_array y = scores_vector(rows_labels, BINET_I32, ROWS);
    binet_array s = {&large, BINET_F64, 1, {ROWS}, {0}};
    binet__probe_data data;
    binet_error error = {0};
    CHECK_INT(binet__probe_data_read(NULL, &x, &y, K, &s, 0, &data, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "weights");
    CHECK_CONTAINS(error.message, "the weights sum to infinity");
}

static void threads_change_no_bit(void)
{
    binet__probe_data alone;
    CHECK_INT(read_rows(NULL, ROWS, rows_weights, everything, &alone), BINET_OK);
    for (int32_t n_threads = 2; n_threads <= 4; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        binet__probe_data data;
        CHECK_INT(read_rows(on.context, ROWS, rows_weights, everything, &data), BINET_OK);
        CHECK(memcmp(data.mean, alone.mean, D * sizeof *data.mean) == 0 && data.trace == alone.trace);
        CHECK(memcmp(data.kept, alone.kept, (size_t)ROWS * ROW_BYTES) == 0);
        binet__probe_data_release(&data);
        pooled_end(on);
    }
    binet__probe_data_release(&alone);
}

static void memory_that_runs_out_is_given_back(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__probe_data data;
        binet_status status = read_rows(context, 100, rows_weights, 1, &data);
        CHECK(status == BINET_OK || (data.kept == NULL && data.mean == NULL));
        if (status == BINET_OK) {
            binet__probe_data_release(&data);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    make();
    RUN(moments_are_those_of_the_definition);
    RUN(a_copy_holds_rows_once_less_their_mean);
    RUN(a_copy_begins_with_a_sample);
    RUN(all_rows_are_copied_where_they_fit_else_half_as_many_and_never_few);
    RUN(what_is_too_large_is_named);
    RUN(threads_change_no_bit);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
