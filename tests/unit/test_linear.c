/* Scores of a linear model are those of the definition, whatever the dtype, and what is bad is named. */
#include "binet/linear.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 300, D = 7, M = 3 };

static double features[N * D];
static double coefficients[M * D];
static double intercepts[M];

static void scores_are_those_of_the_definition(void)
{
    static double scores[N * M];
    for (int32_t dtype = BINET_F32; dtype <= BINET_F64; dtype++) {
        static float narrow[N * D];
        for (int i = 0; i < N * D; i++) {
            narrow[i] = (float)features[i];
        }
        binet_array x = scores_matrix(dtype == BINET_F64 ? (const void *)features : narrow, dtype, N, D);
        binet_array w = scores_matrix(coefficients, BINET_F64, M, D);
        binet_array b = scores_vector(intercepts, BINET_F64, M);
        for (int with = 0; with < 2; with++) {
            CHECK_INT(binet_linear_scores(NULL, &x, &w, with ? &b : NULL, scores, N * M, NULL), BINET_OK);
            for (int i = 0; i < N; i++) {
                for (int k = 0; k < M; k++) {
                    double sum = with ? intercepts[k] : 0.0;
                    for (int j = 0; j < D; j++) {
                        sum += features[i * D + j] * coefficients[k * D + j];
                    }
                    CHECK_NEAR(scores[i * M + k], sum, 1e-12);
                }
            }
        }
    }
}

static void what_is_bad_is_named(void)
{
    static double scores[N * M];
    static double broken[N * D];
    binet_error error = {0};
    memcpy(broken, features, sizeof broken);
    broken[290 * D] = INFINITY;
    binet_array x = scores_matrix(features, BINET_F64, N, D);
    binet_array bad = scores_matrix(broken, BINET_F64, N, D);
    binet_array w = scores_matrix(coefficients, BINET_F64, M, D);
    binet_array narrow = scores_matrix(coefficients, BINET_F64, M, D - 1);
    binet_array b = scores_vector(intercepts, BINET_F64, M - 1);
    CHECK_INT(binet_linear_scores(NULL, &bad, &w, NULL, scores, N * M, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 290);
    CHECK_CONTAINS(error.message, "row 290 of features");
    CHECK_INT(binet_linear_scores(NULL, &x, &narrow, NULL, scores, N * M, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "coefficients");
    CHECK_INT(binet_linear_scores(NULL, &x, &w, &b, scores, N * M, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "intercepts");
    CHECK_INT(binet_linear_scores(NULL, &x, &w, NULL, scores, N * M - 1, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "capacity");
    CHECK_INT(binet_linear_scores(NULL, &x, &w, NULL, NULL, N * M, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "scores");
}

static void memory_that_runs_out_is_given_back(void)
{
    static double scores[N * M];
    binet_array x = scores_matrix(features, BINET_F64, N, D);
    binet_array w = scores_matrix(coefficients, BINET_F64, M, D);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        failing_allocator_next(&allocator, binet_linear_scores(context, &x, &w, NULL, scores, N * M, NULL));
    }
    binet_context_destroy(context);
}

int main(void)
{
    scores_logits(features, N * D, 1);
    scores_logits(coefficients, M * D, 2);
    scores_logits(intercepts, M, 3);
    RUN(scores_are_those_of_the_definition);
    RUN(what_is_bad_is_named);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
