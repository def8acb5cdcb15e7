/* Ridge regression: coefficients solve the definition, leave-one-out is a fit without the row, both sides agree. */
#include <math.h>

#include "binet/ridge.h"

#include "binet/linear.h"
#include "binet/threads.h"
#include "check.h"
#include "scores.h"

enum { MOST_N = 60, MOST_D = 90, MOST_K = 5, MOST_A = 4 };

static const double some_penalties[MOST_A] = {0.05, 1.0, 20.0, 400.0};

typedef struct problem {
    int n;
    int d;
    int k;
    double features[MOST_N * MOST_D];
    int64_t labels[MOST_N];
    double weights[MOST_N];
} problem;

typedef struct fitted {
    double coefficients[MOST_K * MOST_D];
    double intercepts[MOST_K];
    double errors[MOST_A];
    double accuracies[MOST_A];
    int64_t undetermined[MOST_A];
    binet_ridge_result result;
} fitted;

/* Features in [-1, 1) about 3, the first of which follows the label; weights 0 .. 3, the first K of them 1. */
static problem make(int n, int d, int k, int weighted)
{
    problem made = {.n = n, .d = d, .k = k};
    scores_logits(made.features, (int64_t)n * d, 7);
    scores_labels(made.labels, n, k, 8);
    for (int i = 0; i < n; i++) {
        made.labels[i] = i < k ? i : made.labels[i];
        made.weights[i] = weighted && i >= k ? (double)(i % 4) : 1.0;
        for (int j = 0; j < d; j++) {
            made.features[i * d + j] = made.features[i * d + j] / 8 + 3 + (j == 0 ? (double)made.labels[i] : 0.0);
        }
    }
    return made;
}

static binet_status fit_into(const binet_context *context, const problem *of, const binet_ridge_options *options,
                             fitted *made, binet_error *error)
{
    binet_array features = scores_matrix(of->features, BINET_F64, of->n, of->d);
    binet_array labels = scores_vector(of->labels, BINET_I64, of->n);
    binet_array weights = scores_vector(of->weights, BINET_F64, of->n);
    memset(made, 0, sizeof *made);
    made->result = (binet_ridge_result){.struct_size = sizeof made->result,
                                        .coefficients = made->coefficients,
                                        .coefficients_capacity = MOST_K * MOST_D,
                                        .intercepts = made->intercepts,
                                        .intercepts_capacity = MOST_K,
                                        .loo_error = made->errors,
                                        .loo_accuracy = made->accuracies,
                                        .n_undetermined = made->undetermined,
                                        .loo_capacity = MOST_A};
    return binet_ridge_fit(context, &features, &labels, &weights, options, &made->result, error);
}

static fitted fit(const problem *of, const double *penalties, int n_penalties)
{
    fitted made;
    binet_error error = {.message = ""};
    binet_ridge_options options = {sizeof options, of->k, penalties, n_penalties};
    CHECK_INT(fit_into(NULL, of, &options, &made, &error), BINET_OK);
    CHECK_TEXT(error.message, "");
    CHECK_INT(made.result.n, of->n);
    CHECK_INT(made.result.n_features, of->d);
    CHECK_INT(made.result.n_classes, of->k);
    CHECK_INT(made.result.n_outputs, of->k == 2 ? 1 : of->k);
    return made;
}

static double target(const problem *of, const fitted *made, int row, int output)
{
    return of->labels[row] == (made->result.n_outputs == 1 ? 1 : output) ? 1.0 : -1.0;
}

static double score(const problem *of, const fitted *made, int row, int output)
{
    double sum = made->intercepts[output];
    for (int j = 0; j < of->d; j++) {
        sum += made->coefficients[output * of->d + j] * of->features[row * of->d + j];
    }
    return sum;
}

/* ---- The definition ---------------------------------------------------------------------------------------------- */

/* Derivatives of half the objective, computed here. */
static double largest_derivative(const problem *of, const fitted *made)
{
    double largest = 0.0;
    for (int m = 0; m < made->result.n_outputs; m++) {
        double by_intercept = 0.0;
        for (int j = 0; j < of->d; j++) {
            double sum = made->result.penalty * made->coefficients[m * of->d + j];
            for (int i = 0; i < of->n; i++) {
                sum -= of->weights[i] * (target(of, made, i, m) - score(of, made, i, m)) * of->features[i * of->d + j];
            }
            largest = fmax(largest, fabs(sum));
        }
        for (int i = 0; i < of->n; i++) {
            by_intercept += of->weights[i] * (target(of, made, i, m) - score(of, made, i, m));
        }
        largest = fmax(largest, fabs(by_intercept));
    }
    return largest;
}

static void every_derivative_is_zero(void)
{
    static const int sizes[][3] = {{60, 7, 3}, {20, 90, 5}, {50, 50, 2}, {30, 29, 2}, {29, 30, 4}, {3, 1, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int weighted = 0; weighted < 2; weighted++) {
            problem of = make(sizes[i][0], sizes[i][1], sizes[i][2], weighted);
            for (int a = 0; a < MOST_A; a++) {
                fitted made = fit(&of, some_penalties + a, 1);
                CHECK(made.result.penalty == some_penalties[a]);
                CHECK(largest_derivative(&of, &made) < 1e-11);
                CHECK_NEAR(made.result.residual, 0.0, 1e-13);
            }
        }
    }
}

/* The error and the answer of a row whose weight is 0, for what was fitted without it. */
static void leave_out(const problem *of, int row, double penalty, double *error, int *right)
{
    problem without = *of;
    without.weights[row] = 0.0;
    fitted made = fit(&without, &penalty, 1);
    int winner = 0;
    *error = 0.0;
    for (int m = 0; m < made.result.n_outputs; m++) {
        double gap = target(of, &made, row, m) - score(of, &made, row, m);
        *error += gap * gap / (double)made.result.n_outputs;
        winner = score(of, &made, row, m) > score(of, &made, row, winner) ? m : winner;
    }
    winner = made.result.n_outputs == 1 ? score(of, &made, row, 0) > 0.0 : winner;
    *right = winner == of->labels[row];
}

static void leave_one_out_is_the_fit_without_the_row(void)
{
    static const int sizes[][3] = {{40, 7, 3}, {20, 60, 4}, {30, 5, 2}, {24, 24, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int weighted = 0; weighted < 2; weighted++) {
            problem of = make(sizes[i][0], sizes[i][1], sizes[i][2], weighted);
            /* Of the first classes' only rows, two more each: no class may go with its row. */
            for (int k = 0; k < 2 * of.k; k++) {
                of.labels[of.k + k] = k % of.k;
                of.weights[of.k + k] = 1.0;
            }
            fitted made = fit(&of, some_penalties, MOST_A);
            for (int a = 0; a < MOST_A; a++) {
                double error = 0.0;
                double accuracy = 0.0;
                double total = 0.0;
                for (int row = 0; row < of.n; row++) {
                    double one;
                    int right;
                    leave_out(&of, row, some_penalties[a], &one, &right);
                    error += of.weights[row] * one;
                    accuracy += right ? of.weights[row] : 0.0;
                    total += of.weights[row];
                }
                CHECK_NEAR(made.errors[a], error / total, 1e-11 * (1.0 + error / total));
                CHECK_NEAR(made.accuracies[a], accuracy / total, 1e-15);
                CHECK_INT(made.undetermined[a], 0);
            }
        }
    }
}

static void the_least_error_chooses(void)
{
    problem of = make(40, 7, 3, 1);
    const double penalties[MOST_A] = {400.0, 0.05, 20.0, 20.0};
    fitted made = fit(&of, penalties, MOST_A);
    int least = 0;
    for (int a = 1; a < MOST_A; a++) {
        least = made.errors[a] < made.errors[least] ? a : least;
    }
    CHECK_INT(made.result.penalty_index, least);
    CHECK(made.result.penalty == penalties[least]);
    CHECK(made.errors[2] == made.errors[3]);
    fitted alone = fit(&of, penalties + least, 1);
    CHECK(memcmp(alone.coefficients, made.coefficients, sizeof made.coefficients) == 0);
    CHECK(memcmp(alone.intercepts, made.intercepts, sizeof made.intercepts) == 0);
    CHECK(alone.errors[0] == made.errors[least]);
}

static void of_equal_errors_the_first_is_chosen(void)
{
    problem of = make(40, 7, 3, 1);
    const double penalties[3] = {1.0, 1.0, 1.0};
    CHECK_INT(fit(&of, penalties, 3).result.penalty_index, 0);
}

/* ---- Laws -------------------------------------------------------------------------------------------------------- */

/* Features that are all 0 change nothing, but make the samples the fewer. */
static void both_sides_agree(void)
{
    for (int k = 2; k <= 4; k++) {
        problem narrow = make(40, 11, k, 1);
        problem wide = narrow;
        wide.d = MOST_D;
        memset(wide.features, 0, sizeof wide.features);
        for (int i = 0; i < narrow.n; i++) {
            memcpy(wide.features + i * MOST_D, narrow.features + i * narrow.d, (size_t)narrow.d * sizeof(double));
        }
        fitted by_features = fit(&narrow, some_penalties, MOST_A);
        fitted by_samples = fit(&wide, some_penalties, MOST_A);
        CHECK_INT(by_features.result.penalty_index, by_samples.result.penalty_index);
        for (int a = 0; a < MOST_A; a++) {
            CHECK_NEAR(by_samples.errors[a], by_features.errors[a], 1e-11);
            CHECK(by_samples.accuracies[a] == by_features.accuracies[a]);
        }
        for (int m = 0; m < by_features.result.n_outputs; m++) {
            CHECK_NEAR(by_samples.intercepts[m], by_features.intercepts[m], 1e-12);
            for (int j = 0; j < MOST_D; j++) {
                CHECK_NEAR(by_samples.coefficients[m * MOST_D + j],
                           j < narrow.d ? by_features.coefficients[m * narrow.d + j] : 0.0, 1e-13);
            }
        }
    }
}

static void near(const fitted *a, const fitted *b, double tolerance)
{
    for (int i = 0; i < MOST_K * MOST_D; i++) {
        CHECK_NEAR(a->coefficients[i], b->coefficients[i], tolerance);
    }
    for (int m = 0; m < MOST_K; m++) {
        CHECK_NEAR(a->intercepts[m], b->intercepts[m], 10 * tolerance);
    }
}

static void a_weight_is_so_many_rows(void)
{
    problem weighted = make(20, 6, 3, 1);
    problem repeated = {.d = 6, .k = 3};
    for (int i = 0; i < weighted.n; i++) {
        for (int times = 0; times < (int)weighted.weights[i]; times++, repeated.n++) {
            memcpy(repeated.features + repeated.n * 6, weighted.features + i * 6, 6 * sizeof(double));
            repeated.labels[repeated.n] = weighted.labels[i];
            repeated.weights[repeated.n] = 1.0;
        }
    }
    fitted a = fit(&weighted, some_penalties + 1, 1);
    fitted b = fit(&repeated, some_penalties + 1, 1);
    near(&a, &b, 1e-14);
}

static void weights_count_against_the_penalty(void)
{
    for (int d = 6; d < 70; d += 60) {
        problem of = make(20, d, 3, 1);
        problem heavy = of;
        for (int i = 0; i < of.n; i++) {
            heavy.weights[i] *= 8.0;
        }
        const double penalty = 8.0 * some_penalties[1];
        fitted a = fit(&of, some_penalties + 1, 1);
        fitted b = fit(&heavy, &penalty, 1);
        near(&a, &b, 1e-14);
        CHECK_NEAR(a.errors[0], b.errors[0], 1e-13);
        CHECK(a.accuracies[0] == b.accuracies[0]);
    }
}

static void constants_go_into_the_intercept(void)
{
    for (int d = 6; d < 70; d += 60) {
        problem of = make(20, d, 3, 0);
        problem moved = of;
        for (int i = 0; i < of.n; i++) {
            moved.features[i * d + 2] += 1024.0;
        }
        fitted a = fit(&of, some_penalties + 1, 1);
        fitted b = fit(&moved, some_penalties + 1, 1);
        for (int m = 0; m < 3; m++) {
            for (int j = 0; j < d; j++) {
                CHECK_NEAR(a.coefficients[m * d + j], b.coefficients[m * d + j], 1e-12);
            }
            CHECK_NEAR(b.intercepts[m], a.intercepts[m] - 1024.0 * a.coefficients[m * d + 2], 1e-9);
        }
    }
}

static void constant_and_repeated_features_are_no_trouble(void)
{
    for (int d = 6; d < 70; d += 60) {
        problem of = make(20, d, 4, 1);
        for (int i = 0; i < of.n; i++) {
            of.features[i * d + 1] = 0.1;
            of.features[i * d + 4] = of.features[i * d + 3];
        }
        fitted made = fit(&of, some_penalties, MOST_A);
        for (int m = 0; m < 4; m++) {
            CHECK(made.coefficients[m * d + 1] == 0.0);
            CHECK_NEAR(made.coefficients[m * d + 4], made.coefficients[m * d + 3], 1e-13);
        }
        CHECK(made.result.residual < 1e-14);
    }
}

/* Twelve powers of ten between features: each coefficient is still that of a fit in long double. */
static void scales_stay_apart(void)
{
    enum { D = 6 };
    static const double scales[D] = {1e-6, 1e6, 1.0, 1e3, 1e-3, 10.0};
    problem of = make(60, D, 2, 1);
    long double matrix[D][D + 1];
    long double means[D] = {0};
    long double centre = 0;
    long double weight = 0;
    for (int i = 0; i < of.n; i++) {
        weight += (long double)of.weights[i];
        centre += (long double)of.weights[i] * (of.labels[i] == 1 ? 1 : -1);
        for (int j = 0; j < D; j++) {
            of.features[i * D + j] = (of.features[i * D + j] - 3) * scales[j];
            means[j] += (long double)of.weights[i] * (long double)of.features[i * D + j];
        }
    }
    for (int a = 0; a < D; a++) {
        for (int b = 0; b <= D; b++) {
            matrix[a][b] = a == b ? 1 : 0;
            for (int i = 0; i < of.n; i++) {
                long double x = (long double)of.features[i * D + a] - means[a] / weight;
                long double y = b < D ? (long double)of.features[i * D + b] - means[b] / weight
                                      : (of.labels[i] == 1 ? 1 : -1) - centre / weight;
                matrix[a][b] += (long double)of.weights[i] * x * y;
            }
        }
    }
    for (int p = 0; p < D; p++) {
        for (int a = 0; a < D; a++) {
            for (int b = D; a != p && b >= p; b--) {
                matrix[a][b] -= matrix[a][p] / matrix[p][p] * matrix[p][b];
            }
        }
    }
    fitted made = fit(&of, some_penalties + 1, 1);
    for (int j = 0; j < D; j++) {
        double truth = (double)(matrix[j][D] / matrix[j][j]);
        CHECK_NEAR(made.coefficients[j], truth, 1e-11 * fabs(truth));
    }
    CHECK(made.result.residual < 1e-14);
}

static void a_large_penalty_leaves_the_mean(void)
{
    problem of = make(40, 5, 2, 1);
    const double penalty = 1e12;
    fitted made = fit(&of, &penalty, 1);
    double sum = 0.0;
    double total = 0.0;
    for (int i = 0; i < of.n; i++) {
        sum += of.weights[i] * target(&of, &made, i, 0);
        total += of.weights[i];
    }
    CHECK_NEAR(made.intercepts[0], sum / total, 1e-9);
    CHECK(fabs(made.coefficients[0]) < 1e-9);
}

static void a_class_without_rows_is_never_chosen(void)
{
    problem of = make(40, 5, 3, 0);
    fitted three = fit(&of, some_penalties, MOST_A);
    of.k = 5;
    fitted five = fit(&of, some_penalties, MOST_A);
    for (int m = 3; m < 5; m++) {
        CHECK(five.intercepts[m] == -1.0);
        for (int j = 0; j < 5; j++) {
            CHECK(five.coefficients[m * 5 + j] == 0.0);
        }
    }
    for (int a = 0; a < MOST_A; a++) {
        CHECK(five.accuracies[a] == three.accuracies[a]);
        CHECK_NEAR(five.errors[a], three.errors[a] * 3 / 5, 1e-15);
    }
}

/* A penalty far below the features' own size is lost in rounding: no number is made up, another is chosen. */
static void what_rounding_hides_is_said(void)
{
    for (int d = 6; d < 70; d += 60) {
        problem of = make(20, d, 3, 0);
        int64_t counted = 0;
        for (int i = 0; i < of.n; i++) {
            of.weights[i] = i == of.n - 1 ? 0.0 : of.weights[i];
            counted += of.weights[i] > 0.0;
        }
        const double penalties[2] = {1e-13, 1.0};
        fitted made = fit(&of, penalties, 2);
        CHECK(isnan(made.errors[0]) && isnan(made.accuracies[0]));
        CHECK_INT(made.undetermined[0], counted);
        CHECK_INT(made.undetermined[1], 0);
        CHECK_INT(made.result.penalty_index, 1);
    }
    problem of = make(20, 6, 3, 0);
    const double penalties[2] = {1e-13, 1e-14};
    fitted made;
    binet_error error = {0};
    binet_ridge_options options = {sizeof options, 0, penalties, 2};
    CHECK_INT(fit_into(NULL, &of, &options, &made, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "options");
    CHECK_CONTAINS(error.message, "options->penalties has no entry whose leave-one-out error is determined");
    options.n_penalties = 1;
    CHECK_INT(fit_into(NULL, &of, &options, &made, &error), BINET_OK);
    CHECK(isnan(made.errors[0]));
    CHECK_INT(made.undetermined[0], 20);
    CHECK(made.result.residual < 1e-14);
}

/* A row that alone has a feature has all the say in it: without the row there is nothing to go by but the penalty. */
static void a_row_that_stands_alone_is_counted(void)
{
    problem of = make(20, 2, 2, 0);
    for (int i = 0; i < of.n; i++) {
        of.features[i * 2 + 1] = i == 4 ? 1.0 : 0.0;
    }
    of.weights[4] = 1e13;
    for (int i = 0; i < of.n; i++) {
        of.features[i * 2] = 0.0;
    }
    const double penalty = 1.0;
    fitted made = fit(&of, &penalty, 1);
    CHECK_INT(made.undetermined[0], 1);
    CHECK(isnan(made.errors[0]) && isnan(made.accuracies[0]));
}

int main(void)
{
    RUN(every_derivative_is_zero);
    RUN(leave_one_out_is_the_fit_without_the_row);
    RUN(the_least_error_chooses);
    RUN(of_equal_errors_the_first_is_chosen);
    RUN(both_sides_agree);
    RUN(a_weight_is_so_many_rows);
    RUN(weights_count_against_the_penalty);
    RUN(constants_go_into_the_intercept);
    RUN(constant_and_repeated_features_are_no_trouble);
    RUN(scales_stay_apart);
    RUN(a_large_penalty_leaves_the_mean);
    RUN(a_class_without_rows_is_never_chosen);
    RUN(what_rounding_hides_is_said);
    RUN(a_row_that_stands_alone_is_counted);
    return check_result();
}
