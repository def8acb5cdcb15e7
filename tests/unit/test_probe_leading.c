/* The Hessian of a probe along its leading axes is the one of the definition, computed here in plain loops. */
#include "metrics/probe_leading.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "probe_rows.h"

enum { N = 700 };

static const double scale = 50.0;

static float probabilities[N * K]; /* times the root of the weight */
static const float prior[K * K] = {0.01F, NAN, NAN, -0.005F, 0.02F, NAN, -0.005F, -0.015F, 0.02F};

static void make(void)
{
    uint64_t state = 4;
    rows_make();
    for (int64_t i = 0; i < N; i++) {
        double sum = 0.0;
        double p[K];
        for (int64_t k = 0; k < K; k++) {
            p[k] = 0.1 + scores_uniform(&state);
            sum += p[k];
        }
        for (int64_t k = 0; k < K; k++) {
            probabilities[i * K + k] = (float)(p[k] / sum * sqrt(rows_weights[i]));
        }
    }
}

/* Axes that are the features, each with a variance of 1. */
static binet__probe_axes features_as_axes(void)
{
    static float vectors[D * D];
    static float variances[D];
    for (int64_t j = 0; j < D; j++) {
        vectors[j * (D + 1)] = 1.0F;
        variances[j] = 1.0F;
    }
    return (binet__probe_axes){.width = D, .vectors = vectors, .variances = variances};
}

/* The penalty, and scale times the mean over rows of z z' x (diag(p) - p p'), z = (1, x); a hundredth of that one's
 * diagonal; what was expected beforehand; and the mean of b's diagonal, over K, all over b's block, where it is
 * singular. */
static void hessian_by_definition(double h[SIZE][SIZE])
{
    double weight = 0.0;
    double trace = 0.0;
    memset(h, 0, SIZE * sizeof h[0]);
    for (int64_t i = 0; i < N; i++) {
        weight += rows_weights[i];
    }
    for (int64_t i = 0; i < N; i++) {
        for (int64_t r = 0; r < SIZE; r++) {
            for (int64_t c = 0; c < SIZE && rows_weights[i] > 0.0; c++) {
                double z_r = r / K == 0 ? 1.0 : rows_kept[i * D + r / K - 1];
                double z_c = c / K == 0 ? 1.0 : rows_kept[i * D + c / K - 1];
                double p_r = probabilities[i * K + r % K] / sqrt(rows_weights[i]);
                double p_c = probabilities[i * K + c % K] / sqrt(rows_weights[i]);
                h[r][c] += scale / weight * rows_weights[i] * z_r * z_c * ((r % K == c % K ? p_r : 0.0) - p_r * p_c);
            }
        }
    }
    for (int64_t r = 0; r < SIZE; r++) { /* axes have a variance of 1 */
        for (int64_t l = 0; l < K; l++) {
            int64_t row = l > r % K ? l : r % K;
            int64_t column = l > r % K ? r % K : l;
            h[r][r / K * K + l] += scale * (double)prior[row * K + column];
        }
    }
    for (int64_t k = 0; k < K; k++) {
        trace += h[k][k];
    }
    for (int64_t r = 0; r < SIZE; r++) {
        for (int64_t c = 0; c < K && r < K; c++) {
            h[r][c] += trace / (K * K);
        }
        h[r][r] = 1.01 * h[r][r] + (r < K ? 0.0 : 1.0);
    }
}

/* From rows that come in two parts. */
static binet_status set(binet__probe_leading *leading, const binet__probe_rows *rows, int64_t n_axes, const float *p,
                        const float *expected)
{
    binet__probe_rows before = *rows;
    binet__probe_rows after = binet__probe_rows_after(rows, 300);
    before.n = 300;
    binet__probe_leading_begin(leading, n_axes);
    binet_status status = binet__probe_leading_add(leading, &before, p, NULL);
    status = status == BINET_OK ? binet__probe_leading_add(leading, &after, p + (ptrdiff_t)300 * K, NULL) : status;
    if (status == BINET_OK) {
        binet__probe_leading_finish(leading, scale, expected);
    }
    return status;
}

static void a_direction_times_the_hessian_is_the_gradient(void)
{
    static double h[SIZE][SIZE];
    double gradient[SIZE];
    double direction[SIZE];
    float along[D * K];
    uint64_t state = 9;
    binet__probe_axes axes = features_as_axes();
    binet__probe_rows rows = rows_in_memory(N, rows_weights);
    binet__probe_leading *leading = NULL;
    CHECK_INT(binet__probe_leading_create(NULL, &axes, K, 1 << 20, 1 << 20, &leading, NULL), BINET_OK);
    CHECK_INT(binet__probe_leading_axes(leading), 0);
    for (int64_t n_axes = 0; n_axes <= D; n_axes += D) { /* by features, then the same rows as turned ones */
        CHECK_INT(set(leading, &rows, n_axes, probabilities, prior), BINET_OK);
        CHECK_INT(binet__probe_leading_axes(leading), D);
        for (int64_t i = 0; i < SIZE; i++) {
            gradient[i] = scores_uniform(&state) - 0.5;
        }
        for (int64_t i = K; i < SIZE; i++) {
            along[i - K] = (float)gradient[i];
        }
        binet__probe_leading_solve(leading, gradient, direction, along);
        for (int64_t i = K; i < SIZE; i++) {
            direction[i] = along[i - K];
        }
        hessian_by_definition(h);
        for (int64_t r = 0; r < SIZE; r++) {
            double product = 0.0;
            for (int64_t c = 0; c < SIZE; c++) {
                product += h[r][c] * direction[c];
            }
            CHECK_NEAR(product, gradient[r], 1e-5);
        }
    }
    binet__probe_leading_destroy(leading);
}

static void some_axes_of_turned_rows_are_those_that_are_solved_for(void)
{
    binet__probe_axes axes = features_as_axes();
    binet__probe_rows rows = rows_in_memory(N, NULL);
    binet__probe_leading *leading = NULL;
    rows.width = 2;
    CHECK_INT(binet__probe_leading_create(NULL, &axes, K, 1 << 20, 1 << 20, &leading, NULL), BINET_OK);
    CHECK_INT(set(leading, &rows, 2, probabilities, prior), BINET_OK);
    CHECK_INT(binet__probe_leading_axes(leading), 2);
    binet__probe_leading_destroy(leading);
}

/* Rows that weigh nothing, of which nothing is expected, have no Hessian in b: there is none to solve with. */
static void rows_without_a_weight_leave_it_unset(void)
{
    static const double zeros[N];
    static const float none[N * K];
    binet__probe_axes axes = features_as_axes();
    binet__probe_rows rows = rows_in_memory(N, zeros);
    binet__probe_leading *leading = NULL;
    CHECK_INT(binet__probe_leading_create(NULL, &axes, K, 1 << 20, 1 << 20, &leading, NULL), BINET_OK);
    CHECK_INT(set(leading, &rows, 0, none, none), BINET_OK);
    CHECK_INT(binet__probe_leading_axes(leading), 0);
    binet__probe_leading_destroy(leading);
}

static void what_costs_more_than_an_evaluation_is_not_made(void)
{
    binet__probe_axes axes = features_as_axes();
    binet__probe_leading *leading = NULL;
    CHECK_INT(binet__probe_leading_create(NULL, &axes, 7000, INT64_C(1) << 40, N, &leading, NULL), BINET_OK);
    CHECK(leading == NULL); /* too large */
    CHECK_INT(binet__probe_leading_create(NULL, &axes, 1000, N, N, &leading, NULL), BINET_OK);
    CHECK(leading == NULL); /* too dear */
    CHECK(isinf(binet__probe_leading_cost(leading)));
    CHECK_INT(binet__probe_leading_axes(leading), 0);
    CHECK_INT(binet__probe_leading_create(NULL, &axes, K, 1 << 20, 1000, &leading, NULL), BINET_OK);
    CHECK(leading == NULL); /* from too few rows of many */
    for (int64_t n = 1; n < 1 << 20; n *= 2) {
        CHECK_INT(binet__probe_leading_create(NULL, &axes, K, n, n, &leading, NULL), BINET_OK);
        CHECK(leading == NULL || binet__probe_leading_cost(leading) <= 2.0 * (double)n * D * K);
        binet__probe_leading_destroy(leading);
    }
}

static void threads_change_no_bit(void)
{
    float found[2][D * K] = {{0}};
    binet__probe_axes axes = features_as_axes();
    binet__probe_rows rows = rows_in_memory(N, rows_weights);
    for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
        float *along = found[n_threads > 1];
        double gradient[K] = {1.0, -2.0, 1.0};
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        binet__probe_leading *leading = NULL;
        axes.context = on.context;
        CHECK_INT(binet__probe_leading_create(on.context, &axes, K, 1 << 20, 1 << 20, &leading, NULL), BINET_OK);
        CHECK_INT(set(leading, &rows, 0, probabilities, prior), BINET_OK);
        for (int i = 0; i < D * K; i++) {
            along[i] = (float)i;
        }
        binet__probe_leading_solve(leading, gradient, gradient, along);
        CHECK(memcmp(found[0], along, sizeof found[0]) == 0);
        binet__probe_leading_destroy(leading);
        pooled_end(on);
    }
}

static void memory_that_runs_out_is_given_back(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__probe_axes axes = features_as_axes();
        binet__probe_rows rows = rows_in_memory(N, rows_weights);
        binet__probe_leading *leading = NULL;
        axes.context = context;
        binet_status status = binet__probe_leading_create(context, &axes, K, 1 << 20, 1 << 20, &leading, NULL);
        if (status == BINET_OK) {
            status = set(leading, &rows, 0, probabilities, prior);
        }
        binet__probe_leading_destroy(leading);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    make();
    RUN(a_direction_times_the_hessian_is_the_gradient);
    RUN(some_axes_of_turned_rows_are_those_that_are_solved_for);
    RUN(rows_without_a_weight_leave_it_unset);
    RUN(what_costs_more_than_an_evaluation_is_not_made);
    RUN(threads_change_no_bit);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
