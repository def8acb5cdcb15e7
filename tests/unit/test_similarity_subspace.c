/* SVCCA, PWCCA and Procrustes: closed forms, what changes nothing, what has no similarity, bad input. The numbers of
 * larger cases are held to NumPy's in tests/python/test_subspace.py. */
#include "binet/similarity.h"

#include <math.h>

#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { N = 300, D = 6, WIDE = 350 };

static double features[2][N * D];
static double wide[N * WIDE];
static double work[N * WIDE];

static void make_features(void)
{
    scores_logits(features[0], (int64_t)N * D, 3);
    scores_logits(features[1], (int64_t)N * D, 4);
    scores_logits(wide, (int64_t)N * WIDE, 5);
    for (int i = 0; i < N * D; i++) {
        features[1][i] += features[0][i / D * D + (i + 1) % D] * (i % D);
    }
}

static binet_array array_of(const double *values, int width)
{
    return scores_matrix(values, BINET_F64, N, width);
}

static binet_svcca_result svcca(const binet_context *context, const binet_array *x, const binet_array *y, double kept)
{
    binet_svcca_options options = {.struct_size = sizeof options, .variance = kept};
    binet_svcca_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_svcca(context, x, y, &options, &result, NULL), BINET_OK);
    return result;
}

static binet_pwcca_result pwcca(const binet_context *context, const binet_array *x, const binet_array *y)
{
    binet_pwcca_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_pwcca(context, x, y, &result, NULL), BINET_OK);
    return result;
}

static binet_procrustes_result procrustes(const binet_context *context, const binet_array *x, const binet_array *y)
{
    binet_procrustes_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_procrustes(context, x, y, &result, NULL), BINET_OK);
    return result;
}

/* ---- Closed forms ------------------------------------------------------------------------------------------------ */

/* Of one column each, all are its correlation, but for the sign. */
static void one_column_gives_its_correlation(void)
{
    double means[2] = {0};
    double sums[3] = {0};
    for (int i = 0; i < N; i++) {
        means[0] += features[0][i * D + 1] / N;
        means[1] += features[1][i * D] / N;
    }
    for (int i = 0; i < N; i++) {
        double a = features[0][i * D + 1] - means[0];
        double b = features[1][i * D] - means[1];
        sums[0] += a * b;
        sums[1] += a * a;
        sums[2] += b * b;
    }
    double correlation = fabs(sums[0]) / sqrt(sums[1] * sums[2]);
    binet_array one = {features[0] + 1, BINET_F64, 2, {N, 1}, {D * 8, 8}};
    binet_array other = {features[1], BINET_F64, 2, {N, 1}, {D * 8, 8}};
    CHECK_NEAR(svcca(NULL, &one, &other, 0).svcca, correlation, 1e-13);
    CHECK_NEAR(pwcca(NULL, &one, &other).pwcca, correlation, 1e-13);
    binet_procrustes_result found = procrustes(NULL, &one, &other);
    CHECK_NEAR(found.similarity, correlation, 1e-13);
    CHECK_NEAR(found.distance, 2 - 2 * correlation, 1e-13);
}

/* Columns +-1 that are orthogonal to each other and to 1, times lengths 4, 2 and 1: variances 16, 4, 1. */
static void shares_of_variance_are_counted(void)
{
    enum { SIGNS = 8 };
    double values[SIGNS * 3];
    const double lengths[3] = {4, 2, 1};
    for (int i = 0; i < SIGNS; i++) {
        for (int j = 0; j < 3; j++) {
            values[i * 3 + j] = lengths[j] * ((i >> j & 1) ? 1 : -1);
        }
    }
    binet_array x = scores_matrix(values, BINET_F64, SIGNS, 3);
    const struct {
        double share;
        int64_t n;
    } cases[] = {{0.5, 1}, {16.0 / 21 - 1e-9, 1}, {16.0 / 21 + 1e-9, 2}, {0.95, 2}, {0, 3}, {1, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        binet_svcca_result found = svcca(NULL, &x, &x, cases[i].share);
        CHECK_INT(found.n_directions_x, cases[i].n);
        CHECK_NEAR(found.svcca, 1.0, 1e-13);
    }
    binet_array two = {values, BINET_F64, 2, {SIGNS, 2}, {24, 8}};
    binet_pwcca_result found = pwcca(NULL, &x, &two);
    CHECK(found.rank_x == 3 && found.rank_y == 2 && found.is_weighted_by_y == 1 && found.n == SIGNS);
    CHECK_INT(pwcca(NULL, &two, &x).is_weighted_by_y, 0);
    CHECK_NEAR(procrustes(NULL, &x, &two).similarity, 20 / sqrt(21.0 * 20.0), 1e-13);
}

/* ---- Laws -------------------------------------------------------------------------------------------------------- */

/* work = 3 (x rotated) + 1000, x of D columns, by turns of every two neighbours. */
static void rotate(const double *x)
{
    memcpy(work, x, sizeof(double) * N * D);
    for (int turn = 0; turn < 4 * D; turn++) {
        int a = turn % D;
        int b = (turn + 1) % D;
        double c = cos(turn + 1.0);
        double s = sin(turn + 1.0);
        for (int i = 0; i < N; i++) {
            double u = work[i * D + a];
            double v = work[i * D + b];
            work[i * D + a] = c * u - s * v;
            work[i * D + b] = s * u + c * v;
        }
    }
    for (int i = 0; i < N * D; i++) {
        work[i] = 3 * work[i] + 1000;
    }
}

static void rotation_scale_and_place_change_nothing(void)
{
    binet_array x = array_of(features[0], D);
    binet_array y = array_of(features[1], D);
    binet_array turned = array_of(work, D);
    rotate(features[1]);
    CHECK_NEAR(svcca(NULL, &x, &turned, 0.9).svcca, svcca(NULL, &x, &y, 0.9).svcca, 1e-11);
    CHECK_NEAR(pwcca(NULL, &x, &turned).pwcca, pwcca(NULL, &x, &y).pwcca, 1e-11);
    CHECK_NEAR(procrustes(NULL, &x, &turned).distance, procrustes(NULL, &x, &y).distance, 1e-11);
    CHECK_NEAR(svcca(NULL, &y, &turned, 0).svcca, 1, 1e-12);
    CHECK_NEAR(pwcca(NULL, &y, &turned).pwcca, 1, 1e-12);
    CHECK_NEAR(procrustes(NULL, &y, &turned).distance, 0, 1e-12);
    CHECK_NEAR(procrustes(NULL, &y, &x).distance, procrustes(NULL, &x, &y).distance, 1e-13);
    for (int i = 0; i < N * D; i++) {
        work[i] = features[1][i] * 0x1p600;
    }
    CHECK(procrustes(NULL, &x, &turned).distance == procrustes(NULL, &x, &y).distance);
    CHECK(svcca(NULL, &x, &turned, 0).svcca == svcca(NULL, &x, &y, 0).svcca);
    CHECK(pwcca(NULL, &turned, &x).pwcca == pwcca(NULL, &y, &x).pwcca);
}

/* More features than samples: centred columns span one direction less than there are rows. */
static void spaces_that_are_full_are_alike(void)
{
    binet_array x = array_of(wide, WIDE);
    binet_array y = array_of(features[0], D);
    CHECK_INT(svcca(NULL, &x, &y, 1).n_directions_x, N - 1);
    CHECK_NEAR(svcca(NULL, &x, &y, 1).svcca, 1, 1e-12);
    binet_pwcca_result found = pwcca(NULL, &x, &y);
    CHECK(found.rank_x == N - 1 && found.rank_y == D && found.is_weighted_by_y == 1);
    CHECK_NEAR(found.pwcca, 1, 1e-12);
    CHECK(procrustes(NULL, &x, &y).similarity < 0.9);
}

static void threads_do_not_change_a_bit(void)
{
    binet_array x = array_of(wide, WIDE);
    binet_array y = array_of(features[0], D);
    pooled on = pooled_start(3, BINET_ISA_DEFAULT);
    CHECK(svcca(on.context, &x, &y, 0).svcca == svcca(NULL, &x, &y, 0).svcca);
    CHECK(pwcca(on.context, &x, &y).pwcca == pwcca(NULL, &x, &y).pwcca);
    CHECK(procrustes(on.context, &x, &y).distance == procrustes(NULL, &x, &y).distance);
    pooled_end(on);
}

/* ---- No similarity, bad input ------------------------------------------------------------------------------------ */

static void what_does_not_vary_has_none(void)
{
    for (int i = 0; i < N * D; i++) {
        work[i] = 0.1 + i % D;
    }
    binet_array x = array_of(features[0], D);
    binet_array y = array_of(work, D);
    binet_svcca_result of_svcca = svcca(NULL, &x, &y, 0);
    CHECK(isnan(of_svcca.svcca) && of_svcca.n_directions_x > 0 && of_svcca.n_directions_y == 0);
    binet_pwcca_result of_pwcca = pwcca(NULL, &y, &x);
    CHECK(isnan(of_pwcca.pwcca) && of_pwcca.rank_x == 0 && of_pwcca.rank_y == D);
    binet_procrustes_result found = procrustes(NULL, &x, &y);
    CHECK(isnan(found.distance) && isnan(found.similarity) && found.constant_x == 0 && found.constant_y == 1);
}

/* The three calls refuse alike. */
static void refused(const binet_array *x, const binet_array *y, binet_status status, const char *argument,
                    int64_t element, const char *says)
{
    for (int which = 0; which < 3; which++) {
        binet_svcca_result of_svcca = {.struct_size = sizeof of_svcca, .n = 77};
        binet_pwcca_result of_pwcca = {.struct_size = sizeof of_pwcca, .n = 77};
        binet_procrustes_result of_procrustes = {.struct_size = sizeof of_procrustes, .n = 77};
        binet_error error = {0};
        binet_status found = which == 0   ? binet_svcca(NULL, x, y, NULL, &of_svcca, &error)
                             : which == 1 ? binet_pwcca(NULL, x, y, &of_pwcca, &error)
                                          : binet_procrustes(NULL, x, y, &of_procrustes, &error);
        CHECK_INT(found, status);
        CHECK_TEXT(error.argument, argument);
        CHECK_INT(error.element, element);
        CHECK_CONTAINS(error.message, says);
        CHECK(of_svcca.n == 77 && of_pwcca.n == 77 && of_procrustes.n == 77);
    }
}

static void bad_input_is_refused(void)
{
    binet_array x = array_of(features[0], D);
    binet_array y = array_of(features[1], D);
    refused(NULL, &y, BINET_INVALID_ARGUMENT, "x", -1, "x is NULL");
    refused(&x, NULL, BINET_INVALID_ARGUMENT, "y", -1, "y is NULL");
    binet_array other = y;
    other.shape[0]--;
    refused(&x, &other, BINET_INVALID_ARGUMENT, "y", -1, "y has 299 rows where 300 were expected");
    other.shape[0] = 1;
    refused(&other, &other, BINET_INVALID_ARGUMENT, "x", -1, "x has 1 rows; centring needs at least 2");
    other = (binet_array){features[0], BINET_F64, 2, {1 << 16, 1 << 15}, {0, 0}};
    refused(&other, &other, BINET_UNSUPPORTED, "x", -1, "x has 65536 x 32768 numbers");
    memcpy(work, features[1], sizeof features[1]);
    work[100 * D + 2] = INFINITY;
    other = array_of(work, D);
    refused(&x, &other, BINET_INVALID_DATA, "y", 100, "row 100 of y holds a NaN or an infinity");
    const double shares[] = {-0.1, 1.1, NAN};
    for (int i = 0; i < 3; i++) {
        binet_svcca_options options = {.struct_size = sizeof options, .variance = shares[i]};
        binet_svcca_result result = {.struct_size = sizeof result};
        binet_error error = {0};
        CHECK_INT(binet_svcca(NULL, &x, &y, &options, &result, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "options");
        CHECK_CONTAINS(error.message, "options->variance is ");
    }
}

static void memory_may_end_anywhere(void)
{
    binet_array x = {features[0], BINET_F64, 2, {40, D}, {D * 8, 8}};
    binet_array y = {features[1], BINET_F64, 2, {40, 3}, {D * 8, 8}};
    for (int which = 0; which < 3; which++) {
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_svcca_result of_svcca = {.struct_size = sizeof of_svcca};
            binet_pwcca_result of_pwcca = {.struct_size = sizeof of_pwcca};
            binet_procrustes_result of_procrustes = {.struct_size = sizeof of_procrustes};
            binet_status status = which == 0   ? binet_svcca(context, &x, &y, NULL, &of_svcca, NULL)
                                  : which == 1 ? binet_pwcca(context, &x, &y, &of_pwcca, NULL)
                                               : binet_procrustes(context, &x, &y, &of_procrustes, NULL);
            int64_t n = which == 0 ? of_svcca.n : which == 1 ? of_pwcca.n : of_procrustes.n;
            CHECK_INT(n, status == BINET_OK ? 40 : 0);
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
}

int main(void)
{
    make_features();
    RUN(one_column_gives_its_correlation);
    RUN(shares_of_variance_are_counted);
    RUN(rotation_scale_and_place_change_nothing);
    RUN(spaces_that_are_full_are_alike);
    RUN(threads_do_not_change_a_bit);
    RUN(what_does_not_vary_has_none);
    RUN(bad_input_is_refused);
    RUN(memory_may_end_anywhere);
    return check_result();
}
