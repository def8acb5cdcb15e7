/* A search along a line ends where the slope of the objective, computed here in plain loops, is little of what it was.
 */
#include "metrics/probe_line.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "probe_rows.h"

enum { N = 300 };

static const double scale = 30.0;

typedef struct searcher {
    binet__probe_loss *loss;
    binet__probe_line *line;
} searcher;

static binet_status searcher_create(const binet_context *context, searcher *made)
{
    memset(made, 0, sizeof *made);
    binet_status status = binet__probe_loss_create(context, D, K, &made->loss, NULL);
    return status == BINET_OK ? binet__probe_line_create(context, made->loss, N, K, &made->line, NULL) : status;
}

static void searcher_destroy(searcher *of)
{
    binet__probe_line_destroy(of->line);
    binet__probe_loss_destroy(of->loss);
}

/* The slope, against the direction, of `scale` times the mean loss plus the penalty, where a step of a length ends. */
static double slope_at(const binet__probe_rows *rows, const double *point, const double *direction, double length)
{
    double at[SIZE];
    double gradient[SIZE];
    double slope = 0.0;
    double weight = binet__probe_sum_of_weights(rows);
    for (int64_t i = 0; i < SIZE; i++) {
        at[i] = point[i] - length * direction[i];
    }
    (void)rows_loss(rows, at, gradient);
    for (int64_t i = 0; i < SIZE; i++) {
        slope += direction[i] * (scale / weight * gradient[i] + (i < K ? 0.0 : at[i]));
    }
    return slope;
}

/* `size` times some direction that goes down from the point. */
static void draw_direction(const binet__probe_rows *rows, const double *point, double size, uint64_t seed,
                           double *direction)
{
    rows_numbers(direction, SIZE, seed);
    double sign = slope_at(rows, point, direction, 0.0) > 0.0 ? 1.0 : -1.0;
    for (int64_t i = 0; i < SIZE; i++) {
        direction[i] *= sign * size;
    }
}

/* Search from a point, where the whole function is `factor` times as steep as the rows, which are then to be as much
 * steeper, or flatter, all along. */
static void check_search(searcher *of, const binet__probe_rows *rows, const double *point, double size, double factor)
{
    double length = 0.0;
    double direction[SIZE];
    draw_direction(rows, point, size, 8, direction);
    double own = slope_at(rows, point, direction, 0.0);
    double slope = factor * own;
    CHECK_INT(binet__probe_line_search(of->line, rows, point, direction, scale, slope, 0.0, &length, NULL), BINET_OK);
    CHECK(length > 0.0);
    CHECK_NEAR(slope_at(rows, point, direction, length) + slope - own, 0.0, 0.1001 * slope);
}

/* Along directions much too short and too long as well. */
static void the_slope_is_a_tenth_where_a_search_ends(void)
{
    double point[SIZE];
    searcher of;
    CHECK_INT(searcher_create(NULL, &of), BINET_OK);
    rows_numbers(point, SIZE, 3);
    for (int64_t n = 10; n <= N; n += N - 10) {
        for (double size = 1e-2; size < 1e5; size *= 100.0) {
            for (double factor = 0.5; factor <= 2.0; factor *= 2.0) {
                binet__probe_rows even = rows_in_memory(n, NULL);
                binet__probe_rows weighted = rows_in_memory(n, rows_weights);
                check_search(&of, &even, point, size, factor);
                check_search(&of, &weighted, point, size, factor);
            }
        }
    }
    searcher_destroy(&of);
}

/* Logits along it are too large for f32: the search of the whole function finds how far to go. */
static void a_direction_that_overflows_is_left_as_it_is(void)
{
    double point[SIZE];
    double direction[SIZE];
    double length = 0.0;
    binet__probe_rows rows = rows_in_memory(N, NULL);
    searcher of;
    CHECK_INT(searcher_create(NULL, &of), BINET_OK);
    rows_numbers(point, SIZE, 3);
    draw_direction(&rows, point, 1e40, 8, direction);
    double slope = slope_at(&rows, point, direction, 0.0);
    CHECK_INT(binet__probe_line_search(of.line, &rows, point, direction, scale, slope, 0.0, &length, NULL), BINET_OK);
    CHECK(length == 1.0);
    searcher_destroy(&of);
}

static void a_row_that_weighs_all_counts_wherever_it_is(void)
{
    double point[SIZE];
    double weights[N] = {0};
    binet__probe_rows rows = rows_in_memory(N, weights);
    searcher of;
    CHECK_INT(searcher_create(NULL, &of), BINET_OK);
    rows_numbers(point, SIZE, 3);
    for (int64_t i = 0; i < N; i++) {
        weights[i] = 2.0;
        check_search(&of, &rows, point, 1.0, 1.0);
        weights[i] = 0.0;
    }
    searcher_destroy(&of);
}

/* More steps than logits are moved along before they are made anew. */
static void a_search_goes_on_from_where_the_last_one_ended(void)
{
    double point[SIZE];
    double taken = 0.0;
    binet__probe_rows rows = rows_in_memory(N, rows_weights);
    searcher of;
    searcher anew;
    CHECK_INT(searcher_create(NULL, &of), BINET_OK);
    CHECK_INT(searcher_create(NULL, &anew), BINET_OK);
    rows_numbers(point, SIZE, 3);
    for (uint64_t step = 0; step < 25; step++) {
        double length[2];
        double direction[SIZE];
        draw_direction(&rows, point, 1.0, step, direction);
        double slope = slope_at(&rows, point, direction, 0.0);
        CHECK_INT(binet__probe_line_search(of.line, &rows, point, direction, scale, slope, taken, &length[0], NULL),
                  BINET_OK);
        CHECK_INT(binet__probe_line_search(anew.line, &rows, point, direction, scale, slope, 0.0, &length[1], NULL),
                  BINET_OK);
        CHECK_NEAR(length[0] / length[1], 1.0, 1e-4);
        taken = length[0];
        for (int64_t i = 0; i < SIZE; i++) {
            point[i] -= taken * direction[i];
        }
    }
    searcher_destroy(&anew);
    searcher_destroy(&of);
}

static void rows_without_a_weight_leave_a_step_as_it_is(void)
{
    static const double zeros[N];
    double point[SIZE] = {0};
    double direction[SIZE] = {0};
    double length = 0.0;
    binet__probe_rows rows = rows_in_memory(N, zeros);
    searcher of;
    CHECK_INT(searcher_create(NULL, &of), BINET_OK);
    CHECK_INT(binet__probe_line_search(of.line, &rows, point, direction, scale, 1.0, 0.0, &length, NULL), BINET_OK);
    CHECK(length == 1.0);
    searcher_destroy(&of);
}

/* A search with a context. */
static binet_status search_on(const binet_context *context, double *length)
{
    double point[SIZE];
    double direction[SIZE];
    binet__probe_rows rows = rows_in_memory(N, rows_weights);
    searcher of;
    rows_numbers(point, SIZE, 3);
    draw_direction(&rows, point, 1.0, 5, direction);
    double slope = slope_at(&rows, point, direction, 0.0);
    binet_status status = searcher_create(context, &of);
    if (status == BINET_OK) {
        status = binet__probe_line_search(of.line, &rows, point, direction, scale, slope, 0.0, length, NULL);
    }
    searcher_destroy(&of);
    return status;
}

static void threads_change_no_bit(void)
{
    double lengths[2] = {0.0, 0.0};
    for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        CHECK_INT(search_on(on.context, &lengths[n_threads > 1]), BINET_OK);
        CHECK(n_threads == 1 || lengths[0] == lengths[1]);
        pooled_end(on);
    }
}

static void memory_that_runs_out_is_given_back(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        double length;
        failing_allocator_next(&allocator, search_on(context, &length));
    }
    binet_context_destroy(context);
}

int main(void)
{
    rows_make();
    RUN(the_slope_is_a_tenth_where_a_search_ends);
    RUN(a_direction_that_overflows_is_left_as_it_is);
    RUN(a_row_that_weighs_all_counts_wherever_it_is);
    RUN(a_search_goes_on_from_where_the_last_one_ended);
    RUN(rows_without_a_weight_leave_a_step_as_it_is);
    RUN(threads_change_no_bit);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
