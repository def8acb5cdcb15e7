/* LogME: closed forms where there are any, the laws of evidence, and what is wrong with input. Numbers of real sizes
 * are held to SciPy in tests/python/test_transfer.py. */
#include <math.h>

#include "binet/transfer.h"
#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { N = 300, D = 150, K = 5, WIDE_N = 40 };

static double features[N * D];
static int64_t labels[N];

/* Features that say something of the labels; class K - 2 has no samples. */
static void fill(void)
{
    scores_logits(features, (int64_t)N * D, 1);
    scores_labels(labels, N, K, 2);
    for (int i = 0; i < N; i++) {
        labels[i] = labels[i] == K - 2 ? K - 1 : labels[i];
        features[i * D + labels[i]] += 6.0;
    }
}

static binet_status measure(const binet_context *context, const binet_array *of, int64_t n, binet_logme_class *classes,
                            binet_logme_result *result, binet_error *error)
{
    binet_array truth = scores_vector(labels, BINET_I64, n);
    memset(result, 0, sizeof *result);
    result->struct_size = sizeof *result;
    result->classes = classes;
    result->classes_capacity = K;
    return binet_logme(context, of, &truth, result, error);
}

static double evidence(double error, double volume, double n)
{
    return -0.5 * (log(error / n) + volume / n + 1.0 + log(2.0 * acos(-1.0)));
}

/* ---- Closed forms ------------------------------------------------------------------------------------------------ */

/* One feature that is 1 everywhere: z^2 = n_c^2 / N and s = N. The slope 8 z p q - (rest + z p) q is 0, for
 * p = t / (t + 8) and q = 1 - p, where p = rest / (7 z). */
static void a_constant_feature_has_a_closed_form(void)
{
    static const double ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const int64_t two[8] = {0, 0, 0, 0, 0, 1, 1, 1};
    binet_array constant = {ones, BINET_F64, 2, {8, 1}, {8, 8}};
    binet_array truth = scores_vector(two, BINET_I64, 8);
    binet_logme_class classes[2];
    binet_logme_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = 2};
    CHECK_INT(binet_logme(NULL, &constant, &truth, &result, NULL), BINET_OK);
    double sum = 0.0;
    for (int k = 0; k < 2; k++) {
        double n_c = k == 0 ? 5 : 3;
        double z = n_c * n_c / 8;
        double rest = n_c - z;
        double p = rest / (7 * z);
        double t = 8 * p / (1 - p);
        double error = rest + z * p;
        CHECK_NEAR(classes[k].evidence, evidence(error, log1p(8 / t), 8), 1e-14);
        CHECK_NEAR(classes[k].beta, 8 / error, 1e-8);
        CHECK_NEAR(classes[k].alpha, 8 / error * t, 1e-7);
        CHECK_INT(classes[k].n, (int64_t)n_c);
        sum += classes[k].evidence;
    }
    CHECK_NEAR(result.logme, sum / 2, 1e-15);
    CHECK_INT(result.rank, 1);
    CHECK_INT(result.n_features, 1);
    CHECK_INT(result.n, 8);
}

static void features_that_say_nothing_leave_the_noise(void)
{
    static const double zeros[12];
    static const int64_t two[4] = {0, 1, 1, 1};
    for (int wide = 0; wide < 2; wide++) {
        binet_array nothing = wide ? scores_matrix(zeros, BINET_F64, 2, 3) : scores_matrix(zeros, BINET_F64, 4, 3);
        binet_array truth = scores_vector(two, BINET_I64, wide ? 2 : 4);
        binet_logme_class classes[2];
        binet_logme_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = 2};
        CHECK_INT(binet_logme(NULL, &nothing, &truth, &result, NULL), BINET_OK);
        CHECK_INT(result.rank, 0);
        for (int k = 0; k < 2; k++) {
            double n_c = (double)classes[k].n;
            CHECK(isinf(classes[k].alpha));
            CHECK_NEAR(classes[k].beta, (wide ? 2 : 4) / n_c, 1e-15);
            CHECK_NEAR(classes[k].evidence, evidence(n_c, 0.0, wide ? 2 : 4), 1e-15);
        }
    }
}

/* Two orthogonal rows, which every column interpolates: the evidence of noise without end is that of N(0, I / alpha).
 */
static void as_many_directions_as_rows_interpolate(void)
{
    static const double rows[6] = {2, 0, 0, 0, 2, 0};
    static const int64_t two[2] = {0, 1};
    binet_array orthogonal = scores_matrix(rows, BINET_F64, 2, 3);
    binet_array truth = scores_vector(two, BINET_I64, 2);
    binet_logme_class classes[2];
    binet_logme_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = 2};
    CHECK_INT(binet_logme(NULL, &orthogonal, &truth, &result, NULL), BINET_OK);
    CHECK_INT(result.rank, 2);
    CHECK_INT(result.n_unbounded, 0);
    CHECK_NEAR(classes[0].evidence, evidence(1.0, 0.0, 2), 1e-14); /* with equal s every t gives the same */
    CHECK_NEAR(classes[1].evidence, classes[0].evidence, 0.0);
}

static void columns_that_features_give_exactly_have_no_largest_evidence(void)
{
    /* The first column is that of class 0; the others tell 1 and 2 apart a little. */
    static const double given[12 * 3] = {1, 0, 0, 0, 2, 1, 0, 1, 3, 1, 0, 0, 0, 5, 2, 0, 1, 1,
                                         1, 0, 0, 0, 3, 1, 0, 2, 2, 1, 0, 0, 0, 1, 4, 0, 1, 5};
    static const int64_t three[12] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
    binet_array exact = scores_matrix(given, BINET_F64, 12, 3);
    binet_array truth = scores_vector(three, BINET_I64, 12);
    binet_logme_class classes[3];
    binet_logme_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = 3};
    CHECK_INT(binet_logme(NULL, &exact, &truth, &result, NULL), BINET_OK);
    CHECK_INT(result.n_unbounded, 1);
    CHECK(isinf(classes[0].evidence) && classes[0].evidence > 0 && isinf(classes[0].beta));
    CHECK(isfinite(classes[1].evidence) && isfinite(classes[2].evidence));
    CHECK(isinf(result.logme) && result.logme > 0);
}

/* ---- Laws -------------------------------------------------------------------------------------------------------- */

/* N >= D and N < D. */
static void for_both_shapes(void (*law)(int64_t n))
{
    fill();
    law(N);
    law(WIDE_N);
}

static void classes_without_samples_do_not_count(int64_t n)
{
    binet_array of = scores_matrix(features, BINET_F64, n, D);
    binet_logme_class classes[K];
    binet_logme_result result;
    CHECK_INT(measure(NULL, &of, n, classes, &result, NULL), BINET_OK);
    CHECK_INT(result.n_classes, K);
    CHECK_INT(result.n_present, K - 1);
    CHECK_INT(result.rank, n < D ? n : D);
    CHECK_INT(classes[K - 2].n, 0);
    CHECK(isnan(classes[K - 2].evidence) && isnan(classes[K - 2].alpha) && isnan(classes[K - 2].beta));
    double sum = 0.0;
    int64_t count = 0;
    for (int k = 0; k < K; k++) {
        sum += k == K - 2 ? 0.0 : classes[k].evidence;
        count += classes[k].n;
    }
    CHECK_INT(count, n);
    CHECK_NEAR(result.logme, sum / (K - 1), 1e-15);
}

/* Scaled features are the same model with another alpha, mirrored and reordered ones the same; a copy of all of them is
 * one with alpha twice as large. */
static void the_model_is_what_it_is_in_other_coordinates(int64_t n)
{
    static double other[N * 2 * D];
    binet_array of = scores_matrix(features, BINET_F64, n, D);
    binet_logme_class classes[K];
    binet_logme_class others[K];
    binet_logme_result result;
    binet_logme_result changed;
    CHECK_INT(measure(NULL, &of, n, classes, &result, NULL), BINET_OK);
    for (int64_t i = 0; i < n; i++) {
        for (int j = 0; j < D; j++) {
            other[i * D + j] = 1024.0 * features[i * D + (D - 1 - j)] * (j % 2 == 0 ? 1 : -1);
        }
    }
    of = scores_matrix(other, BINET_F64, n, D);
    CHECK_INT(measure(NULL, &of, n, others, &changed, NULL), BINET_OK);
    int n_inside = 0;
    for (int k = 0; k < K; k++) {
        if (k != K - 2) {
            CHECK_NEAR(others[k].evidence, classes[k].evidence, 1e-12);
            /* Of weights that are 0, or noise that is, there is nothing to compare. */
            CHECK(isinf(classes[k].alpha) ? isinf(others[k].alpha)
                                          : fabs(others[k].alpha / classes[k].alpha / 0x1p20 - 1.0) < 1e-7);
            CHECK(isinf(classes[k].beta) ? isinf(others[k].beta) : fabs(others[k].beta / classes[k].beta - 1.0) < 1e-7);
            n_inside += isfinite(classes[k].alpha) && isfinite(classes[k].beta);
        }
    }
    CHECK(n_inside >= 2);
    for (int64_t i = 0; i < n; i++) {
        for (int j = 0; j < D; j++) {
            other[i * 2 * D + j] = features[i * D + j];
            other[i * 2 * D + D + j] = features[i * D + j];
        }
    }
    of = scores_matrix(other, BINET_F64, n, (int64_t)2 * D);
    CHECK_INT(measure(NULL, &of, n, others, &changed, NULL), BINET_OK);
    CHECK_INT(changed.rank, result.rank);
    CHECK_NEAR(changed.logme, result.logme, 1e-12);
    CHECK_NEAR(others[0].alpha / classes[0].alpha, 2.0, 1e-8);
}

static void threads_dtypes_and_strides_give_the_same_bits(int64_t n)
{
    static float narrow[N * D];
    static float spread[N * (D + 3)];
    for (int64_t i = 0; i < n; i++) {
        for (int j = 0; j < D; j++) {
            narrow[i * D + j] = (float)features[i * D + j];
            spread[(n - 1 - i) * (D + 3) + D - 1 - j] = (float)features[i * D + j];
        }
    }
    binet_array wide = scores_matrix(features, BINET_F64, n, D);
    binet_array arrays[3] = {wide,
                             scores_matrix(narrow, BINET_F32, n, D),
                             {spread + (n - 1) * (D + 3) + D - 1, BINET_F32, 2, {n, D}, {-4 * (D + 3), -4}}};
    binet_logme_class usual[K];
    binet_logme_result result;
    CHECK_INT(measure(NULL, &wide, n, usual, &result, NULL), BINET_OK);
    for (int i = 0; i < 9; i++) {
        binet_logme_class classes[K];
        binet_logme_result other;
        pooled on = pooled_start(1 + i / 3 * 2, BINET_ISA_DEFAULT);
        CHECK_INT(measure(on.context, &arrays[i % 3], n, classes, &other, NULL), BINET_OK);
        CHECK(memcmp(classes, usual, sizeof usual) == 0);
        CHECK(other.logme == result.logme);
        pooled_end(on);
    }
}

static void classes_are_counted_in_every_shape(void)
{
    for_both_shapes(classes_without_samples_do_not_count);
}

static void coordinates_change_nothing(void)
{
    for_both_shapes(the_model_is_what_it_is_in_other_coordinates);
}

static void the_bits_are_the_same(void)
{
    for_both_shapes(threads_dtypes_and_strides_give_the_same_bits);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

/* Refused, with the result and the classes as they were. */
static void refused(const binet_array *of, const binet_array *truth, int64_t capacity, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    binet_logme_class classes[K];
    binet_logme_class classes_before[K];
    binet_logme_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = capacity};
    binet_error error;
    memset(classes, 0x5A, sizeof classes);
    memcpy(classes_before, classes, sizeof classes);
    result.logme = 77.0;
    binet_logme_result before = result;
    CHECK_INT(binet_logme(NULL, of, truth, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(memcmp(&before, &result, sizeof result) == 0);
    CHECK(memcmp(classes_before, classes, sizeof classes) == 0);
}

static void bad_features_are_named(void)
{
    fill();
    binet_array truth = scores_vector(labels, BINET_I64, N);
    binet_array of = scores_matrix(features, BINET_F64, N, D);
    refused(NULL, &truth, K, BINET_INVALID_ARGUMENT, "features", -1, "NULL");
    features[211 * D + 7] = NAN;
    refused(&of, &truth, K, BINET_INVALID_DATA, "features", 211, "row 211 of features holds a NaN");
    features[211 * D + 7] = -INFINITY;
    refused(&of, &truth, K, BINET_INVALID_DATA, "features", 211, "infinity");
    features[211 * D + 7] = 1e200;
    refused(&of, &truth, K, BINET_INVALID_DATA, "features", -1,
            "column 7 of features has a number too large to square");
    binet_array few = scores_matrix(features, BINET_F64, WIDE_N, D);
    binet_array some = scores_vector(labels, BINET_I64, WIDE_N);
    features[31 * D + 7] = 1e200;
    refused(&few, &some, K, BINET_INVALID_DATA, "features", 31, "row 31 of features has a number too large to square");
    features[31 * D + 7] = NAN;
    refused(&few, &some, K, BINET_INVALID_DATA, "features", 31, "NaN");
    of.dtype = BINET_I64;
    refused(&of, &truth, K, BINET_INVALID_ARGUMENT, "features", -1, "dtype i64");
    of = scores_matrix(features, BINET_F64, 1, D);
    refused(&of, &truth, K, BINET_INVALID_ARGUMENT, "features", -1, "[1, 150]; allowed: [N, D] with N >= 2");
    of = scores_matrix(features, BINET_F64, N, 0);
    refused(&of, &truth, K, BINET_INVALID_ARGUMENT, "features", -1, "[300, 0]");
    of = (binet_array){features, BINET_F64, 2, {INT64_C(1) << 31, 1}, {0, 8}};
    refused(&of, &truth, K, BINET_INVALID_ARGUMENT, "features", -1, "below 2^31");
}

static void bad_labels_are_named(void)
{
    fill();
    binet_array truth = scores_vector(labels, BINET_I64, N);
    binet_array of = scores_matrix(features, BINET_F64, N, D);
    refused(&of, NULL, K, BINET_INVALID_ARGUMENT, "labels", -1, "NULL");
    labels[17] = -1;
    refused(&of, &truth, K, BINET_INVALID_DATA, "labels", 17, "labels[17] is -1; allowed: 0 .. 65535");
    labels[17] = 65536;
    refused(&of, &truth, K, BINET_INVALID_DATA, "labels", 17, "65536");
    labels[17] = 0;
    refused(&of, &truth, K - 1, BINET_INVALID_ARGUMENT, "result", -1, "classes_capacity is 4; 5 classes");
    truth.shape[0] = N - 1;
    refused(&of, &truth, K, BINET_INVALID_ARGUMENT, "labels", -1, "labels has 299 entries; features has 300 rows");
    truth.shape[0] = N;
    truth.dtype = BINET_F64;
    refused(&of, &truth, K, BINET_INVALID_ARGUMENT, "labels", -1, "dtype f64");
    truth.dtype = BINET_I64;
    for (int i = 0; i < N; i++) {
        labels[i] = 3;
    }
    refused(&of, &truth, K, BINET_INVALID_DATA, "labels", -1, "labels has one class, 3, on all 300 rows");
    binet_error error;
    CHECK_INT(binet_logme(NULL, &of, &truth, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
}

static void memory_that_runs_out_is_said(int64_t n)
{
    binet_array of = scores_matrix(features, BINET_F64, n, D);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_logme_class classes[K] = {{.n = 77}};
        binet_logme_result result;
        binet_error error;
        binet_status status = measure(context, &of, n, classes, &result, &error);
        if (status == BINET_OUT_OF_MEMORY) {
            CHECK(result.logme == 0.0 && classes[0].n == 77);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

static void memory_may_run_out_anywhere(void)
{
    for_both_shapes(memory_that_runs_out_is_said);
}

int main(void)
{
    RUN(a_constant_feature_has_a_closed_form);
    RUN(features_that_say_nothing_leave_the_noise);
    RUN(as_many_directions_as_rows_interpolate);
    RUN(columns_that_features_give_exactly_have_no_largest_evidence);
    RUN(classes_are_counted_in_every_shape);
    RUN(coordinates_change_nothing);
    RUN(the_bits_are_the_same);
    RUN(bad_features_are_named);
    RUN(bad_labels_are_named);
    RUN(memory_may_run_out_anywhere);
    return check_result();
}
