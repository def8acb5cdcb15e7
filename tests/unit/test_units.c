/* Units of a bootstrap: clusters by their numbers, draws by the rule, groups that leave each row out once. */
#include "metrics/units.h"

#include "base/memory.h"
#include "base/random.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 300 };

/* Numbers of clusters, with both ends of their range. */
static void scatter(int64_t *clusters, int64_t n, uint64_t n_clusters)
{
    scores_labels(clusters, n, (int64_t)n_clusters, 5);
    for (int64_t row = 0; row < n; row++) {
        clusters[row] = clusters[row] == 0 ? INT64_MAX : clusters[row] == 1 ? INT64_MIN : 10 * (clusters[row] - 4);
    }
}

static binet__units units_of(int64_t n, const binet_array *clusters)
{
    binet__units units;
    CHECK_INT(binet__units_create(NULL, n, clusters, &units, NULL), BINET_OK);
    return units;
}

/* Of the rows, with those of the least number first, each cluster's in ascending order. */
static void check_clusters(const binet__units *units, const int64_t *clusters, int64_t n)
{
    int64_t at = 0;
    int64_t unit = 0;
    for (int64_t last = 0; at < n; unit++) {
        int64_t next = INT64_MAX;
        for (int64_t row = 0; row < n; row++) {
            next = (unit == 0 || clusters[row] > last) && clusters[row] < next ? clusters[row] : next;
        }
        CHECK_INT(units->offsets[unit], at);
        for (int64_t row = 0; row < n; row++) {
            if (clusters[row] == next) {
                CHECK_INT(units->rows[at], row);
                at++;
            }
        }
        last = next;
    }
    CHECK_INT(units->n_rows, n);
    CHECK_INT(units->n, unit);
    CHECK_INT(units->offsets[unit], n);
}

static void clusters_are_in_the_order_of_their_numbers(void)
{
    static const int64_t sizes[] = {1, 2, 7, N};
    static const uint64_t counts[] = {1, 2, 9, UINT64_C(1) << 31};
    for (int s = 0; s < 4; s++) {
        for (int c = 0; c < 4; c++) {
            int64_t clusters[N];
            scatter(clusters, sizes[s], counts[c]);
            binet_array array = scores_vector(clusters, BINET_I64, sizes[s]);
            binet__units units = units_of(sizes[s], &array);
            check_clusters(&units, clusters, sizes[s]);
            binet__units_release(NULL, &units);
        }
    }
}

static void clusters_may_be_of_any_dtype_and_strides(void)
{
    int32_t backwards[2 * N];
    int64_t clusters[N];
    for (int64_t row = 0; row < N; row++) {
        clusters[row] = row * row % 23 - 11;
        backwards[2 * (N - 1 - row)] = (int32_t)clusters[row];
        backwards[2 * (N - 1 - row) + 1] = 77;
    }
    binet_array array = {backwards + 2 * (N - 1), BINET_I32, 1, {N}, {-8}};
    binet__units units = units_of(N, &array);
    check_clusters(&units, clusters, N);
    binet__units_release(NULL, &units);
}

static void units_without_clusters_are_rows(void)
{
    binet__units units = units_of(N, NULL);
    CHECK(units.n_rows == N && units.n == N && units.offsets == NULL && units.rows == NULL);
    binet__units_release(NULL, &units);
}

/* Clusters of 1, 2 .. 24 rows, mixed. */
static binet__units clustered(void)
{
    int64_t clusters[N];
    int64_t at = 0;
    for (int64_t size = 1; size <= 24; size++) {
        for (int64_t i = 0; i < size; i++, at++) {
            clusters[at * 7 % N] = size;
        }
    }
    CHECK_INT(at, N);
    binet_array array = scores_vector(clusters, BINET_I64, N);
    return units_of(N, &array);
}

/* The rows of a unit go to `rows`; gives how many. */
static int64_t rows_of(const binet__units *units, int64_t unit, int64_t *rows)
{
    if (units->offsets == NULL) {
        rows[0] = unit;
        return 1;
    }
    int64_t n = 0;
    for (int64_t i = units->offsets[unit]; i < units->offsets[unit + 1]; i++) {
        rows[n++] = units->rows[i];
    }
    return n;
}

static void check_rows(const binet__rows *rows, const int64_t *expected, int64_t n)
{
    CHECK_INT(rows->n, n);
    CHECK(rows->capacity >= n && memcmp(rows->values, expected, (size_t)n * sizeof *expected) == 0);
}

static void check_draws(const binet__units *units)
{
    static int64_t expected[24 * N];
    binet__rows rows = {0}; /* one block for all resamples, as they come */
    int64_t most = 0;
    for (int64_t resample = 0; resample < 20; resample++) {
        int64_t n = 0;
        for (int64_t draw = 0; draw < units->n; draw++) {
            uint32_t unit = binet__random_index(9, (uint64_t)resample, (uint64_t)draw, (uint32_t)units->n);
            n += rows_of(units, unit, expected + n);
        }
        most = n > most ? n : most;
        CHECK_INT(binet__units_draw(NULL, units, 9, resample, &rows, NULL), BINET_OK);
        check_rows(&rows, expected, n);
    }
    CHECK(units->offsets == NULL || most > units->n_rows); /* more than there was room for at first */
    binet__release(NULL, rows.values);
}

static void units_are_drawn_by_the_rule(void)
{
    for (int64_t n = 1; n <= 9; n++) { /* indices are made by four */
        binet__units rows = units_of(n, NULL);
        check_draws(&rows);
    }
    binet__units units = clustered();
    check_draws(&units);
    binet__units_release(NULL, &units);
}

static void check_groups(const binet__units *units, int64_t n_groups)
{
    int64_t left_out[N] = {0};
    binet__rows rows = {0};
    for (int64_t group = 0; group < n_groups; group++) {
        int64_t expected[N];
        int64_t n = 0;
        for (int64_t unit = 0; unit < units->n; unit++) {
            int64_t n_rows = rows_of(units, unit, expected + n);
            for (int64_t i = 0; unit % n_groups == group && i < n_rows; i++) {
                left_out[expected[n + i]]++;
            }
            n += unit % n_groups == group ? 0 : n_rows;
        }
        CHECK_INT(binet__units_leave_out(NULL, units, group, n_groups, &rows, NULL), BINET_OK);
        check_rows(&rows, expected, n);
    }
    for (int64_t row = 0; row < units->n_rows; row++) {
        CHECK_INT(left_out[row], 1);
    }
    binet__release(NULL, rows.values);
}

static void groups_leave_each_row_out_once(void)
{
    binet__units rows = units_of(N, NULL);
    binet__units units = clustered();
    check_groups(&rows, N);
    check_groups(&rows, 7);
    check_groups(&units, 24);
    check_groups(&units, 5);
    check_groups(&units, 1);
    binet__units_release(NULL, &units);
}

static void no_groups_leave_nothing_out(void)
{
    int64_t all[N];
    binet__rows found = {0};
    binet__units units = clustered();
    CHECK_INT(binet__units_leave_out(NULL, &units, 0, 0, &found, NULL), BINET_OK);
    check_rows(&found, units.rows, N);
    binet__units_release(NULL, &units);
    units = units_of(N, NULL);
    for (int64_t row = 0; row < N; row++) {
        all[row] = row;
    }
    CHECK_INT(binet__units_leave_out(NULL, &units, 0, 0, &found, NULL), BINET_OK);
    check_rows(&found, all, N);
    binet__release(NULL, found.values);
}

static void a_jackknife_has_a_thousand_groups_at_most(void)
{
    static const int64_t counts[] = {1, 999, 1000, 1001, INT32_MAX};
    for (int i = 0; i < 5; i++) {
        const binet__units units = {.n_rows = counts[i], .n = counts[i]};
        CHECK_INT(binet__units_group_count(&units), counts[i] < 1000 ? counts[i] : 1000);
    }
}

static void counts_that_cannot_be_drawn_from_are_refused(void)
{
    static const int64_t bad[] = {INT64_MIN, -1, 0, INT64_C(1) << 31};
    CHECK_INT(binet__check_row_count(1, "n", NULL), BINET_OK);
    CHECK_INT(binet__check_row_count(INT32_MAX, "n", NULL), BINET_OK);
    for (int i = 0; i < 4; i++) {
        binet_error error;
        CHECK_INT(binet__check_row_count(bad[i], "n_draws", &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "n_draws");
        CHECK_CONTAINS(error.message, "allowed: 1 .. 2147483647");
    }
}

static void bad_clusters_are_refused(void)
{
    static const int64_t numbers[N];
    binet_array bad[4];
    for (int i = 0; i < 4; i++) {
        bad[i] = scores_vector(numbers, BINET_I64, N);
    }
    bad[0].dtype = BINET_F64;
    bad[1].shape[0] = N - 1;
    bad[2].shape[0] = N + 1;
    bad[3] = scores_matrix(numbers, BINET_I64, 1, N);
    for (int i = 0; i < 4; i++) {
        binet_error error;
        binet__units units = {.n = 77};
        CHECK_INT(binet__units_create(NULL, N, &bad[i], &units, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "clusters");
        CHECK(units.n == 77 && units.rows == NULL);
    }
}

static void memory_may_run_out(void)
{
    int64_t clusters[N];
    scatter(clusters, N, 9);
    binet_array array = scores_vector(clusters, BINET_I64, N);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__units units = {.n = 77};
        binet__rows rows = {0};
        binet_status status = binet__units_create(context, N, &array, &units, NULL);
        CHECK((units.n == 77) == (status != BINET_OK));
        for (int64_t resample = 0; status == BINET_OK && resample < 9; resample++) {
            status = binet__units_draw(context, &units, 1, resample, &rows, NULL);
        }
        if (units.n != 77) {
            binet__units_release(context, &units);
        }
        binet__release(context, rows.values);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(clusters_are_in_the_order_of_their_numbers);
    RUN(clusters_may_be_of_any_dtype_and_strides);
    RUN(units_without_clusters_are_rows);
    RUN(units_are_drawn_by_the_rule);
    RUN(groups_leave_each_row_out_once);
    RUN(no_groups_leave_nothing_out);
    RUN(a_jackknife_has_a_thousand_groups_at_most);
    RUN(counts_that_cannot_be_drawn_from_are_refused);
    RUN(bad_clusters_are_refused);
    RUN(memory_may_run_out);
    return check_result();
}
