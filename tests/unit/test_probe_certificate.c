/* Steps in b, and the certificate, at points of a test's choice: a fit shows them only where its search ends. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "metrics/probe_fit.h"
#include "probe_rows.h"

enum { MANY = 12 /* points */ };

static const double c = 0.01;

static binet_probe *probe_of(double tolerance)
{
    binet_array x = scores_matrix(rows_features, BINET_F64, ROWS, D);
    binet_array y = scores_vector(rows_labels, BINET_I32, ROWS);
    binet_array s = scores_vector(rows_weights, BINET_F64, ROWS);
    binet_probe_options options = {.struct_size = sizeof options, .tolerance = tolerance};
    binet_probe *probe = NULL;
    CHECK_INT(binet_probe_create(NULL, &x, &y, K, &s, &options, &probe, NULL), BINET_OK);
    return probe;
}

/* A fit, in f64, as a descent leaves it that ended where it began. */
static binet__probe_fit fit_of(binet_probe *probe)
{
    binet__probe_fit fit = {.probe = probe, .c = c, .scale = c * probe->data.weight, .age = INFINITY, .n_points = 1};
    binet__probe_use_all(&fit, 1);
    return fit;
}

/* The same, at b and W of some size. */
static binet__probe_fit fit_at(binet_probe *probe, double size_of_b, double size_of_w, uint64_t seed)
{
    rows_numbers(probe->point, SIZE, seed);
    for (int i = 0; i < SIZE; i++) {
        probe->point[i] *= i < K ? size_of_b : size_of_w;
    }
    return fit_of(probe);
}

static void evaluate(binet__probe_fit *fit)
{
    const double *gradient = fit->probe->gradient;
    CHECK_INT(binet__probe_objective(fit, fit->probe->point, &fit->value, fit->probe->gradient, NULL), BINET_OK);
    fit->gap = binet__dot(gradient + K, gradient + K, SIZE - K) / 2.0;
}

static void scaling_goes_down_from_anywhere(void)
{
    binet_probe *probe = probe_of(1.0);
    for (int i = 0; i < MANY; i++) {
        binet__probe_fit fit = fit_at(probe, ldexp(1.0, i - 4), 0.3, (uint64_t)i);
        evaluate(&fit);
        double before = fit.value;
        binet__probe_scale_intercepts(&fit);
        evaluate(&fit);
        CHECK(fit.value < before);
    }
    binet_probe_destroy(probe);
}

/* Where logits do not depend on features, what classes come as is what is expected of them after one step. */
static void scaling_is_exact_without_weights(void)
{
    binet_probe *probe = probe_of(1.0);
    binet__probe_fit fit = fit_at(probe, 3.0, 0.0, 1);
    evaluate(&fit);
    binet__probe_scale_intercepts(&fit);
    evaluate(&fit);
    for (int k = 0; k < K; k++) {
        CHECK_NEAR(probe->gradient[k] / fit.scale, 0.0, 1e-14);
    }
    binet_probe_destroy(probe);
}

/* The least objective is that of a fit to 1e-13. */
static void no_gap_is_less_than_the_way_to_the_optimum(void)
{
    binet_probe_result least = {.struct_size = sizeof least};
    binet_probe *exact = probe_of(1e-13);
    CHECK_INT(binet_probe_fit(exact, c, &least, NULL), BINET_OK);
    binet_probe_destroy(exact);
    for (int i = 0; i < 2 * MANY; i++) {
        int moved = 0;
        int goes_on = i % 2;
        binet_probe *probe = probe_of(1.0);
        binet__probe_fit fit = fit_at(probe, ldexp(1.0, i / 2 - 8), 0.3, (uint64_t)i);
        evaluate(&fit);
        CHECK_INT(binet__probe_fit_intercepts(&fit, goes_on, &moved, NULL), BINET_OK);
        CHECK(fit.age >= 0.0 && fit.age <= (goes_on ? 0.1 : 0.0));
        CHECK_INT(binet__probe_certify(&fit, NULL), BINET_OK);
        CHECK(fit.gap >= fit.value - least.objective && fit.gap <= fit.value);
        binet_probe_destroy(probe);
    }
}

/* What the gradient in b is beside that in W, once b has moved as far as asked. */
static void intercepts_are_optimal_where_the_search_does_not_go_on(void)
{
    binet_probe *probe = probe_of(1e-12);
    for (int i = 0; i < MANY; i++) {
        int moved = 0;
        binet__probe_fit fit = fit_at(probe, ldexp(1.0, i - 4), 0.3, (uint64_t)i);
        evaluate(&fit);
        CHECK_INT(binet__probe_fit_intercepts(&fit, 0, &moved, NULL), BINET_OK);
        CHECK(moved);
        evaluate(&fit);
        for (int k = 0; k < K; k++) {
            CHECK(fabs(probe->gradient[k]) < 0.1 * sqrt(2.0 * fit.gap));
        }
    }
    binet_probe_destroy(probe);
}

/* The Hessian that was factored serves until logits are 0.1 apart, or W moves: from the optimum, b is moved. */
static void a_hessian_is_taken_anew_where_it_is_too_old(void)
{
    binet_probe *probe = probe_of(1e-12);
    binet_probe_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_probe_fit(probe, c, &result, NULL), BINET_OK);
    for (int further = 0; further < 2; further++) {
        for (int w_moves = 0; w_moves < 2; w_moves++) {
            int moved = 0;
            binet__probe_fit fit = fit_of(probe);
            evaluate(&fit);
            CHECK_INT(binet__probe_fit_intercepts(&fit, 0, &moved, NULL), BINET_OK);
            int64_t n_passes = probe->data.n_passes;
            probe->point[0] += further ? 1.0 : 0.05;
            fit.n_points = w_moves ? 2 : 1;
            evaluate(&fit);
            CHECK_INT(binet__probe_fit_intercepts(&fit, 1, &moved, NULL), BINET_OK);
            CHECK(moved && fit.age <= 0.1);
            CHECK((probe->data.n_passes > n_passes + 1) == (further || w_moves)); /* one is that of the evaluation */
        }
    }
    binet_probe_destroy(probe);
}

/* A fit whose C times the weights overflows leaves a point that others start from. */
static void what_overflows_leaves_no_trace(void)
{
    binet_probe *probe = probe_of(1e-6);
    binet_probe_result result = {.struct_size = sizeof result};
    binet_probe_result alone = {.struct_size = sizeof alone};
    CHECK(binet_probe_fit(probe, 1e308, &result, NULL) != BINET_OK);
    CHECK_INT(binet_probe_fit(probe, c, &result, NULL), BINET_OK);
    binet_probe_destroy(probe);
    probe = probe_of(1e-6);
    CHECK_INT(binet_probe_fit(probe, c, &alone, NULL), BINET_OK);
    binet_probe_destroy(probe);
    CHECK_NEAR(result.objective / alone.objective, 1.0, 1e-6);
}

/* W has no gradient, and the optimum is the entropy of the classes: 5,050 and 4,950 rows. */
static void features_that_are_all_zero_need_intercepts_alone(void)
{
    enum { PAIRS = 10000, WIDE = 768 };
    static float zeros[PAIRS * WIDE];
    static int32_t y_of[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        y_of[i] = i < 5050;
    }
    binet_array x = scores_matrix(zeros, BINET_F32, PAIRS, WIDE);
    binet_array y = scores_vector(y_of, BINET_I32, PAIRS);
    binet_probe_result result = {.struct_size = sizeof result};
    binet_probe *probe = NULL;
    CHECK_INT(binet_probe_create(NULL, &x, &y, 2, NULL, NULL, &probe, NULL), BINET_OK);
    CHECK_INT(binet_probe_fit(probe, 1.0, &result, NULL), BINET_OK);
    CHECK_NEAR(result.objective / (-5050 * log(0.505) - 4950 * log(0.495)), 1.0, 1e-4);
    CHECK(result.n_evaluations < 10);
    binet_probe_destroy(probe);
}

int main(void)
{
    rows_make();
    RUN(scaling_goes_down_from_anywhere);
    RUN(scaling_is_exact_without_weights);
    RUN(no_gap_is_less_than_the_way_to_the_optimum);
    RUN(intercepts_are_optimal_where_the_search_does_not_go_on);
    RUN(a_hessian_is_taken_anew_where_it_is_too_old);
    RUN(what_overflows_leaves_no_trace);
    RUN(features_that_are_all_zero_need_intercepts_alone);
    return check_result();
}
