/* The loss of a probe, its derivatives, logits and probabilities are those of the definition, in both precisions, from
 * memory and from an array. */
#include "metrics/probe_loss.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "kernels/kernels.h"
#include "pooled.h"
#include "probe_rows.h"

/* Where rows come from, and in what precision. */
enum { KEPT, READ, PRECISE, N_WAYS };

static const double tolerances[N_WAYS] = {1e-6, 1e-6, 1e-13};

static binet_array array;
static binet__features features;
static double point[SIZE];

static void make(void)
{
    const binet__kernels *kernels = NULL;
    rows_make();
    rows_numbers(point, SIZE, 2);
    CHECK_INT(binet__kernels_of(NULL, &kernels, NULL), BINET_OK);
    array = scores_matrix(rows_features, BINET_F64, ROWS, D);
    features = binet__features_of(&array, "features", kernels);
}

/* The first n rows, their first columns. */
static binet__probe_rows rows_by(int way, int64_t n, int64_t width, const double *weights)
{
    binet__probe_rows rows = rows_in_memory(n, weights);
    rows.width = width;
    if (way != KEPT) {
        features.width = width;
        rows.kept = NULL;
        rows.features = &features;
        rows.mean = rows_mean;
    }
    return rows;
}

static binet__probe_loss *loss_of(int64_t width)
{
    binet__probe_loss *loss = NULL;
    CHECK_INT(binet__probe_loss_create(NULL, width, K, &loss, NULL), BINET_OK);
    return loss;
}

static void value_and_gradient_are_those_of_the_definition(void)
{
    enum { FEW = 6 }; /* less than lanes */
    binet__probe_loss *loss = loss_of(D);
    for (int weighted = 0; weighted < 2; weighted++) {
        const double *weights = weighted ? rows_weights : NULL;
        for (int64_t n = FEW; n <= ROWS; n += ROWS - FEW) {
            for (int64_t width = 2; width <= D; width += D - 2) {
                double expected[SIZE];
                binet__probe_rows in_memory = rows_by(KEPT, n, width, weights);
                double expected_value = rows_loss(&in_memory, point, expected);
                for (int way = KEPT; way < N_WAYS; way++) {
                    double value = NAN;
                    double gradient[SIZE];
                    double tolerance = tolerances[way] * (double)n;
                    binet__probe_rows rows = rows_by(way, n, width, weights);
                    CHECK_INT(binet__probe_loss_evaluate(loss, &rows, point, way == PRECISE, &value, gradient, NULL),
                              BINET_OK);
                    CHECK_NEAR(value, expected_value, tolerance);
                    for (int64_t i = 0; i < (width + 1) * K; i++) {
                        CHECK_NEAR(gradient[i], expected[i], tolerance);
                    }
                }
            }
        }
    }
    binet__probe_loss_destroy(loss);
}

static void the_weight_of_rows_is_a_sum(void)
{
    binet__probe_rows rows = rows_in_memory(ROWS, rows_weights);
    CHECK(binet__probe_sum_of_weights(&rows) == 0.75 * ROWS);
    rows.weights = NULL;
    CHECK(binet__probe_sum_of_weights(&rows) == ROWS);
}

static void logits_and_probabilities_are_those_of_the_definition(void)
{
    static float logits[ROWS * K];
    static float narrow[ROWS * K];
    static double wide[ROWS * K];
    binet__probe_loss *loss = loss_of(D);
    binet__probe_rows in_memory = rows_in_memory(ROWS, rows_weights);
    binet__probe_rows read = rows_by(READ, ROWS, D, rows_weights);
    CHECK_INT(binet__probe_loss_probabilities_f64(loss, &read, point, wide, NULL), BINET_OK);
    for (int way = KEPT; way <= READ; way++) {
        const binet__probe_rows *rows = way == KEPT ? &in_memory : &read;
        CHECK_INT(binet__probe_loss_logits(loss, rows, point, logits, NULL), BINET_OK);
        CHECK_INT(binet__probe_loss_probabilities(loss, rows, point, narrow, NULL), BINET_OK);
        for (int64_t i = 0; i < ROWS; i++) {
            double z[K];
            double p[K];
            (void)rows_softmax(&in_memory, i, point, z, p);
            for (int64_t k = 0; k < K; k++) {
                double expected = p[k] * sqrt(rows_weights[i]);
                CHECK_NEAR(logits[i * K + k], z[k], 1e-5);
                CHECK_NEAR(narrow[i * K + k], expected, 1e-5);
                CHECK_NEAR(wide[i * K + k], expected, 1e-14);
            }
        }
    }
    binet__probe_loss_destroy(loss);
}

static void derivatives_in_the_intercepts_are_those_of_the_definition(void)
{
    for (int64_t width = 1; width <= D; width += D - 1) { /* 1: a point is smaller than the Hessian */
        double gradient[SIZE];
        double hessian[K * K] = {0};
        binet__probe_loss *loss = loss_of(width);
        binet__probe_rows in_memory = rows_by(KEPT, ROWS, width, rows_weights);
        (void)rows_loss(&in_memory, point, gradient);
        for (int64_t i = 0; i < ROWS; i++) {
            double logits[K];
            double p[K];
            (void)rows_softmax(&in_memory, i, point, logits, p);
            for (int64_t k = 0; k < K * K; k++) {
                hessian[k] += rows_weights[i] * ((k / K == k % K ? p[k % K] : 0.0) - p[k / K] * p[k % K]);
            }
        }
        for (int way = KEPT; way < N_WAYS; way++) {
            double first[K];
            double second[K * K];
            binet__probe_rows rows = rows_by(way, ROWS, width, rows_weights);
            CHECK_INT(binet__probe_loss_intercepts(loss, &rows, point, way == PRECISE, first, second, NULL), BINET_OK);
            for (int64_t k = 0; k < K * K; k++) {
                CHECK_NEAR(first[k % K], gradient[k % K], tolerances[way] * ROWS);
                CHECK_NEAR(second[k], hessian[k], tolerances[way] * ROWS);
            }
        }
        binet__probe_loss_destroy(loss);
    }
}

static void a_point_too_far_has_an_infinite_loss(void)
{
    double far[SIZE];
    double gradient[SIZE];
    binet__probe_loss *loss = loss_of(D);
    for (int64_t i = 0; i < SIZE; i++) {
        far[i] = i % 2 == 0 ? 1e308 : -1e308;
    }
    for (int way = KEPT; way < N_WAYS; way++) {
        double value = 0.0;
        binet__probe_rows rows = rows_by(way, ROWS, D, NULL);
        CHECK_INT(binet__probe_loss_evaluate(loss, &rows, far, way == PRECISE, &value, gradient, NULL), BINET_OK);
        CHECK(value == INFINITY);
    }
    binet__probe_loss_destroy(loss);
}

static void features_that_are_not_finite_any_more_name_their_row(void)
{
    enum { BAD = 7001, N_PASSES = 4 };
    static float out[ROWS * K];
    double before = rows_features[BAD * D + 2];
    double value;
    double gradient[SIZE];
    double hessian[K * K];
    binet_error errors[N_PASSES] = {{0}};
    binet__probe_loss *loss = loss_of(D);
    binet__probe_rows rows = rows_by(READ, ROWS, D, NULL);
    rows_features[BAD * D + 2] = NAN;
    (void)binet__probe_loss_evaluate(loss, &rows, point, 1, &value, gradient, &errors[0]);
    (void)binet__probe_loss_intercepts(loss, &rows, point, 0, gradient, hessian, &errors[1]);
    (void)binet__probe_loss_logits(loss, &rows, point, out, &errors[2]);
    (void)binet__probe_loss_probabilities(loss, &rows, point, out, &errors[3]);
    rows_features[BAD * D + 2] = before;
    for (int pass = 0; pass < N_PASSES; pass++) {
        CHECK_INT(errors[pass].status, BINET_INVALID_DATA);
        CHECK_TEXT(errors[pass].argument, "features");
        CHECK_INT(errors[pass].element, BAD);
    }
    binet__probe_loss_destroy(loss);
}

static void threads_change_no_bit(void)
{
    enum { N_IN_B = 1 + SIZE, N_NUMBERS = N_IN_B + K + K * K };
    for (int way = KEPT; way < N_WAYS; way++) {
        double found[2][N_NUMBERS];
        for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
            double *numbers = found[n_threads > 1];
            binet__probe_rows rows = rows_by(way, ROWS, D, rows_weights);
            binet__probe_loss *loss = NULL;
            pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
            CHECK_INT(binet__probe_loss_create(on.context, D, K, &loss, NULL), BINET_OK);
            CHECK_INT(binet__probe_loss_evaluate(loss, &rows, point, way == PRECISE, numbers, numbers + 1, NULL),
                      BINET_OK);
            CHECK_INT(binet__probe_loss_intercepts(loss, &rows, point, way == PRECISE, numbers + N_IN_B,
                                                   numbers + N_IN_B + K, NULL),
                      BINET_OK);
            CHECK(memcmp(found[0], numbers, sizeof found[0]) == 0);
            binet__probe_loss_destroy(loss);
            pooled_end(on);
        }
    }
}

static void memory_that_runs_out_is_given_back(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        double value;
        double gradient[SIZE];
        binet__probe_rows rows = rows_by(READ, 100, D, NULL);
        binet__probe_loss *loss = NULL;
        binet_status status = binet__probe_loss_create(context, D, K, &loss, NULL);
        CHECK((loss != NULL) == (status == BINET_OK));
        if (status == BINET_OK) {
            status = binet__probe_loss_evaluate(loss, &rows, point, 0, &value, gradient, NULL);
        }
        binet__probe_loss_destroy(loss);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    make();
    RUN(value_and_gradient_are_those_of_the_definition);
    RUN(the_weight_of_rows_is_a_sum);
    RUN(logits_and_probabilities_are_those_of_the_definition);
    RUN(derivatives_in_the_intercepts_are_those_of_the_definition);
    RUN(a_point_too_far_has_an_infinite_loss);
    RUN(features_that_are_not_finite_any_more_name_their_row);
    RUN(threads_change_no_bit);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
