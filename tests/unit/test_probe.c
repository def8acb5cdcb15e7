/* The linear probe: its certificate is true, whatever the dtype, order, memory and threads; held to the definition of
 * the objective, computed here in plain loops. */
#include "binet/probe.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { N = 400, D = 9, K = 5 };

static double features[N * D];
static float narrow[N * D];
static int64_t labels[N];
static double weights[N];

/* Rows whose classes overlap, features of scales from 1 to 256 and far from 0. */
static void make(void)
{
    uint64_t state = 7;
    for (int64_t i = 0; i < N; i++) {
        labels[i] = i < K ? i : (int64_t)(scores_next(&state) >> 33) % K;
        weights[i] = (double)(i % 4) / 2;
        for (int64_t j = 0; j < D; j++) {
            double noise = 4.0 * scores_uniform(&state) - 2.0;
            narrow[i * D + j] = (float)((noise + (double)((labels[i] * (j + 1)) % 3) + 4.0) * ldexp(1.0, (int)j));
            features[i * D + j] = narrow[i * D + j];
        }
    }
}

typedef struct fitted {
    double w[K * D];
    double b[K];
    binet_probe_result result;
    binet_status status;
} fitted;

static void reset(fitted *of)
{
    memset(of, 0, sizeof *of);
    of->result.struct_size = sizeof of->result;
    of->result.coefficients = of->w;
    of->result.intercepts = of->b;
}

/* The objective at W and b by its definition, and the norm of its gradient in both. */
static double objective(const fitted *of, const double *weight, double c, double *norm)
{
    double value = 0.0;
    double gradient[K * D + K] = {0};
    for (int64_t i = 0; i < N; i++) {
        double logits[K];
        double largest = -INFINITY;
        double sum = 0.0;
        double factor = c * (weight != NULL ? weight[i] : 1.0);
        for (int64_t k = 0; k < K; k++) {
            logits[k] = of->b[k];
            for (int64_t j = 0; j < D; j++) {
                logits[k] += of->w[k * D + j] * features[i * D + j];
            }
            largest = fmax(largest, logits[k]);
        }
        for (int64_t k = 0; k < K; k++) {
            sum += exp(logits[k] - largest);
        }
        value += factor * (log(sum) + largest - logits[labels[i]]);
        for (int64_t k = 0; k < K; k++) {
            double residual = factor * (exp(logits[k] - largest) / sum - (labels[i] == k));
            for (int64_t j = 0; j < D; j++) {
                gradient[k * D + j] += residual * features[i * D + j];
            }
            gradient[K * D + k] += residual;
        }
    }
    *norm = 0.0;
    for (int64_t i = 0; i < K * D; i++) {
        value += of->w[i] * of->w[i] / 2.0;
        gradient[i] += of->w[i];
    }
    for (int64_t i = 0; i < K * D + K; i++) {
        *norm += gradient[i] * gradient[i];
    }
    *norm = sqrt(*norm);
    return value;
}

static binet_probe *probe_of(const binet_context *context, const binet_array *x, const double *weight, double tolerance,
                             int64_t row_bytes)
{
    binet_array y = scores_vector(labels, BINET_I64, N);
    binet_array s = scores_vector(weight, BINET_F64, N);
    binet_probe_options options = {.struct_size = sizeof options, .tolerance = tolerance, .row_bytes = row_bytes};
    binet_probe *probe = NULL;
    binet_error error = {0};
    CHECK_INT(binet_probe_create(context, x, &y, K, weight != NULL ? &s : NULL, &options, &probe, &error), BINET_OK);
    CHECK_TEXT(error.message, "");
    return probe;
}

static void fit(const binet_context *context, const binet_array *x, const double *weight, double c, double tolerance,
                fitted *of)
{
    binet_probe *probe = probe_of(context, x, weight, tolerance, 0);
    reset(of);
    of->status = binet_probe_fit(probe, c, &of->result, NULL);
    binet_probe_destroy(probe);
}

/* A first fit of other rows; its coefficients go to w, unless that is NULL. */
static binet_probe_result fit_rows(const binet_context *context, const binet_array *x, const binet_array *y,
                                   int64_t n_classes, const binet_array *s, double c,
                                   const binet_probe_options *options, double *w)
{
    binet_probe_result result = {.struct_size = sizeof result, .coefficients = w};
    binet_probe *probe = NULL;
    CHECK_INT(binet_probe_create(context, x, y, n_classes, s, options, &probe, NULL), BINET_OK);
    CHECK_INT(binet_probe_fit(probe, c, &result, NULL), BINET_OK);
    binet_probe_destroy(probe);
    return result;
}

static void the_certificate_is_true(void)
{
    binet_array x = scores_matrix(features, BINET_F64, N, D);
    for (int weighted = 0; weighted < 2; weighted++) {
        const double *weight = weighted ? weights : NULL;
        for (double c = 1e-3; c < 1e3; c *= 100) {
            static fitted best;
            fit(NULL, &x, weight, c, 1e-12, &best);
            CHECK_INT(best.status, BINET_OK);
            for (double tolerance = 1e-10; tolerance < 1.0; tolerance *= 1000) {
                static fitted of;
                double norm;
                double square = 0.0;
                fit(NULL, &x, weight, c, tolerance, &of);
                CHECK_INT(of.status, BINET_OK);
                double value = objective(&of, weight, c, &norm);
                CHECK_NEAR(of.result.objective / value, 1.0, 1e-12);
                CHECK(of.result.gap <= tolerance * value);
                CHECK(value - best.result.objective <= of.result.gap * (1 + 1e-9) + 1e-12 * value);
                for (int64_t i = 0; i < K * D; i++) {
                    square += (of.w[i] - best.w[i]) * (of.w[i] - best.w[i]);
                }
                CHECK(sqrt(square) <= of.result.distance + best.result.distance);
                CHECK_NEAR(of.b[0] + of.b[1] + of.b[2] + of.b[3] + of.b[4], 0.0, 1e-9);
            }
        }
    }
}

static void weights_are_rows_that_come_more_often(void)
{
    static double twice[2 * N * D];
    static int64_t labels_twice[2 * N];
    static double doubled[N];
    int64_t n = 0;
    for (int64_t i = 0; i < N; i++) {
        doubled[i] = i < K ? 1.0 : (double)(i % 3);
        for (double copies = 0; copies < doubled[i]; copies++) {
            memcpy(twice + n * D, features + i * D, D * sizeof(double));
            labels_twice[n++] = labels[i];
        }
    }
    binet_array x = scores_matrix(features, BINET_F64, N, D);
    binet_array more = scores_matrix(twice, BINET_F64, n, D);
    binet_array y = scores_vector(labels_twice, BINET_I64, n);
    binet_probe_options options = {.struct_size = sizeof options, .tolerance = 1e-13};
    static fitted by_weight;
    static double w[K * D];
    fit(NULL, &x, doubled, 0.1, 1e-13, &by_weight);
    binet_probe_result by_rows = fit_rows(NULL, &more, &y, K, NULL, 0.1, &options, w);
    CHECK_NEAR(by_weight.result.objective / by_rows.objective, 1.0, 1e-12);
    for (int64_t i = 0; i < K * D; i++) {
        CHECK_NEAR(by_weight.w[i], w[i], 1e-5);
    }
}

static void order_and_strides_of_the_array_change_nothing(void)
{
    static float turned[D * N];
    for (int64_t i = 0; i < N * D; i++) {
        turned[i % D * N + i / D] = narrow[i];
    }
    binet_array x = scores_matrix(features, BINET_F64, N, D);
    binet_array y = scores_matrix(narrow, BINET_F32, N, D);
    binet_array z = {turned, BINET_F32, 2, {N, D}, {4, (int64_t)4 * N}};
    static fitted of[3];
    fit(NULL, &x, NULL, 0.5, 1e-6, &of[0]);
    fit(NULL, &y, NULL, 0.5, 1e-6, &of[1]);
    fit(NULL, &z, NULL, 0.5, 1e-6, &of[2]);
    CHECK(memcmp(of[0].w, of[1].w, sizeof of[0].w) == 0);
    CHECK(memcmp(of[1].w, of[2].w, sizeof of[1].w) == 0);
}

/* Many features of falling variance: their probe is too large for Newton's method, and starts along a few axes. */
enum { WIDE = 160, CLASSES = 8 };

static float wide[N * WIDE];
static int64_t classes[N];

static void make_wide(void)
{
    uint64_t state = 3;
    for (int64_t i = 0; i < N; i++) {
        classes[i] = i % CLASSES;
        for (int64_t j = 0; j < WIDE; j++) {
            double noise = 2.0 * scores_uniform(&state) - 1.0;
            wide[i * WIDE + j] = (float)((noise + sin((double)(classes[i] * (j + 1)))) / (double)(j + 1));
        }
    }
}

/* Of small features, which Newton's method ends, or of wide ones, which start along axes: W, and how it was found. */
static binet_probe_result fit_on_threads(int32_t n_threads, int is_wide, double *w)
{
    binet_array x = is_wide ? scores_matrix(wide, BINET_F32, N, WIDE) : scores_matrix(features, BINET_F64, N, D);
    binet_array y = scores_vector(is_wide ? classes : labels, BINET_I64, N);
    binet_array s = scores_vector(weights, BINET_F64, N);
    binet_probe_options options = {.struct_size = sizeof options, .tolerance = is_wide ? 1e-6 : 1e-12};
    pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
    binet_probe_result result =
        fit_rows(on.context, &x, &y, is_wide ? CLASSES : K, is_wide ? NULL : &s, 10.0, &options, w);
    pooled_end(on);
    return result;
}

static void threads_change_no_bit(void)
{
    static double alone[CLASSES * WIDE];
    static double shared[CLASSES * WIDE];
    for (int is_wide = 0; is_wide < 2; is_wide++) {
        binet_probe_result of_one = fit_on_threads(1, is_wide, alone);
        CHECK(is_wide ? of_one.n_coarse > 2 : of_one.n_newton > 0);
        for (int32_t threads = 2; threads <= 5; threads++) {
            binet_probe_result of_some = fit_on_threads(threads, is_wide, shared);
            CHECK(memcmp(alone, shared, sizeof alone) == 0);
            CHECK(of_one.gap == of_some.gap);
        }
    }
}

/* A path reaches the optima that fits of their own reach. */
static void a_path_reaches_the_same_optima(void)
{
    static double scaled[N * D];
    for (int64_t i = 0; i < N * D; i++) {
        scaled[i] = ldexp(features[i], -(int)(i % D)) - 4.0;
    }
    binet_array x = scores_matrix(scaled, BINET_F64, N, D);
    int64_t cold = 0;
    int64_t warm = 0;
    binet_probe *probe = probe_of(NULL, &x, NULL, 1e-6, 0);
    for (double c = 1e-4; c < 1e2; c *= 2) {
        static fitted own;
        static fitted next;
        fit(NULL, &x, NULL, c, 1e-6, &own);
        reset(&next);
        CHECK_INT(binet_probe_fit(probe, c, &next.result, NULL), BINET_OK);
        CHECK(fabs(own.result.objective - next.result.objective) <= fmax(own.result.gap, next.result.gap));
        cold += own.result.n_evaluations;
        warm += next.result.n_evaluations;
    }
    CHECK(2 * warm < cold);
    binet_probe_destroy(probe);
}

static int32_t count(void *user, int64_t n_evaluations, double gap)
{
    int64_t *seen = user;
    CHECK(gap > 0.0);
    seen[0] = n_evaluations;
    return n_evaluations == seen[1];
}

/* Rows that do not fit into the copy are read anew at each pass, after a search by some that holds out others; the bits
 * are the same for any number of threads. */
static void features_larger_than_memory_have_the_same_optimum(void)
{
    enum { MANY = 6000, FEW = 3 };
    static double x_of[MANY * FEW];
    static int32_t y_of[MANY];
    static double s_of[MANY];
    uint64_t state = 5;
    for (int64_t i = 0; i < MANY; i++) {
        y_of[i] = (int32_t)((uint64_t)(i * K) / MANY); /* class by class */
        s_of[i] = i % 7 == 0 ? 2.0 : (double)(i % 2);
        for (int64_t j = 0; j < FEW; j++) {
            x_of[i * FEW + j] = 4.0 * scores_uniform(&state) + (double)(y_of[i] * (j + 1) % 4);
        }
    }
    binet_array x = scores_matrix(x_of, BINET_F64, MANY, FEW);
    binet_array y = scores_vector(y_of, BINET_I32, MANY);
    binet_array s = scores_vector(s_of, BINET_F64, MANY);
    for (int weighted = 0; weighted < 2; weighted++) {
        double objectives[2];
        for (int copied = 0; copied < 2; copied++) {
            binet_probe_options options = {
                .struct_size = sizeof options, .tolerance = 1e-9, .row_bytes = copied ? 0 : 1};
            double alone[K * FEW];
            double shared[K * FEW];
            pooled on = pooled_start(3, BINET_ISA_DEFAULT);
            binet_probe_result result = fit_rows(NULL, &x, &y, K, weighted ? &s : NULL, 0.3, &options, alone);
            (void)fit_rows(on.context, &x, &y, K, weighted ? &s : NULL, 0.3, &options, shared);
            pooled_end(on);
            CHECK(memcmp(alone, shared, sizeof alone) == 0);
            CHECK(copied || result.n_coarse > 2);
            CHECK_INT(result.n_copied, copied ? MANY : 4096);
            CHECK(copied ? result.n_passes < 20 : result.n_passes >= result.n_evaluations + 2);
            objectives[copied] = result.objective;
        }
        CHECK_NEAR(objectives[0] / objectives[1], 1.0, 1e-9);
    }
}

static void a_few_rows_with_a_weight_among_many_are_as_if_alone(void)
{
    enum { MANY = 20000, ALIVE = 6 };
    static double x_of[MANY * 2];
    static int64_t y_of[MANY];
    static double s_of[MANY];
    double objectives[2];
    for (int64_t i = 0; i < MANY; i++) {
        x_of[2 * i] = sin((double)i);
        x_of[2 * i + 1] = cos((double)(3 * i));
        y_of[i] = i % 2;
        s_of[i] = i < ALIVE;
    }
    for (int alone = 0; alone < 2; alone++) {
        int64_t n = alone ? ALIVE : MANY;
        binet_array x = scores_matrix(x_of, BINET_F64, n, 2);
        binet_array y = scores_vector(y_of, BINET_I64, n);
        binet_array s = scores_vector(s_of, BINET_F64, n);
        binet_probe_options options = {.struct_size = sizeof options, .tolerance = 1e-10};
        objectives[alone] = fit_rows(NULL, &x, &y, 2, &s, 1.0, &options, NULL).objective;
    }
    CHECK_NEAR(objectives[0] / objectives[1], 1.0, 1e-9);
}

/* Blobs far apart, at values of C where every probability is nearly 0 or 1. */
static void separable_rows_converge_at_large_c(void)
{
    enum { MANY = 1000, WIDTH = 4, BLOBS = 3 };
    static float x_of[MANY * WIDTH];
    static int64_t y_of[MANY];
    uint64_t state = 9;
    for (int64_t i = 0; i < MANY; i++) {
        y_of[i] = i % BLOBS;
        for (int64_t j = 0; j < WIDTH; j++) {
            x_of[i * WIDTH + j] = (float)(scores_uniform(&state) + 4.0 * (double)(y_of[i] == j));
        }
    }
    binet_array x = scores_matrix(x_of, BINET_F32, MANY, WIDTH);
    binet_array y = scores_vector(y_of, BINET_I64, MANY);
    binet_probe *probe = NULL;
    CHECK_INT(binet_probe_create(NULL, &x, &y, BLOBS, NULL, NULL, &probe, NULL), BINET_OK);
    double before = 0.0;
    for (double c = 1.0; c < 2e4; c *= 100.0) {
        binet_probe_result result = {.struct_size = sizeof result};
        CHECK_INT(binet_probe_fit(probe, c, &result, NULL), BINET_OK);
        CHECK(result.gap <= 1e-4 * result.objective);
        CHECK(result.objective > before);
        before = result.objective;
    }
    binet_probe_destroy(probe);
}

/* Nearly all rows of one class, and a penalty that leaves W at 0: the intercepts are the logs of the shares. */
static void intercepts_far_from_their_start_are_found(void)
{
    enum { MANY = 2000, TEN = 10, WIDTH = 120 };
    static float x_of[MANY * WIDTH];
    static int64_t y_of[MANY];
    uint64_t state = 5;
    for (int64_t i = 0; i < MANY; i++) {
        y_of[i] = i % 100 < 90 ? 0 : i % 10;
        for (int64_t j = 0; j < WIDTH; j++) {
            x_of[i * WIDTH + j] = (float)scores_uniform(&state);
        }
    }
    for (int64_t width = 2; width <= WIDTH; width += WIDTH - 2) {
        binet_array x = scores_matrix(x_of, BINET_F32, MANY, width);
        binet_array y = scores_vector(y_of, BINET_I64, MANY);
        double entropy = 0.0;
        double b[TEN];
        for (int64_t k = 0; k < TEN; k++) {
            double share = k == 0 ? 0.91 : 0.01;
            entropy -= share * log(share);
        }
        binet_probe *probe = NULL;
        binet_probe_result result = {.struct_size = sizeof result, .intercepts = b};
        CHECK_INT(binet_probe_create(NULL, &x, &y, TEN, NULL, NULL, &probe, NULL), BINET_OK);
        CHECK_INT(binet_probe_fit(probe, 1e-8, &result, NULL), BINET_OK);
        CHECK_NEAR(result.objective / (1e-8 * MANY * entropy), 1.0, 1e-3);
        CHECK_NEAR(b[0] - b[1], log(91.0), 1e-2);
        binet_probe_destroy(probe);
    }
}

static void progress_tells_and_cancels(void)
{
    binet_array x = scores_matrix(features, BINET_F64, N, D);
    binet_array y = scores_vector(labels, BINET_I64, N);
    int64_t seen[2] = {0, -1};
    binet_probe_options options = {.struct_size = sizeof options, .progress = count, .progress_user = seen};
    binet_probe *probe = NULL;
    static fitted of;
    reset(&of);
    CHECK_INT(binet_probe_create(NULL, &x, &y, K, NULL, &options, &probe, NULL), BINET_OK);
    CHECK_INT(binet_probe_fit(probe, 1.0, &of.result, NULL), BINET_OK);
    CHECK_INT(seen[0], of.result.n_evaluations + of.result.n_coarse);
    seen[1] = 3;
    binet_error error = {0};
    static fitted untouched;
    reset(&untouched);
    CHECK_INT(binet_probe_fit(probe, 5.0, &untouched.result, &error), BINET_CANCELLED);
    CHECK_CONTAINS(error.message, "cancelled after 3 evaluations");
    CHECK(untouched.result.objective == 0.0 && untouched.w[0] == 0.0);
    seen[1] = -1;
    CHECK_INT(binet_probe_fit(probe, 5.0, &untouched.result, NULL), BINET_OK); /* and goes on */
    binet_probe_destroy(probe);
}

static int32_t stop_at_a_second_block(void *user, int64_t n_evaluations, double gap)
{
    int64_t *last = user;
    int32_t stop = last[0] == n_evaluations && last[1] == n_evaluations;
    (void)gap;
    last[1] = last[0];
    last[0] = n_evaluations;
    return stop;
}

/* No evaluation ends between two blocks of a Hessian's rows. */
static void newtons_method_is_cancelled_within_a_hessian(void)
{
    enum { MANY = 1200 };
    static double x_of[MANY * D];
    static int64_t y_of[MANY];
    int64_t last[2] = {-1, -1};
    for (int64_t i = 0; i < MANY; i++) {
        memcpy(x_of + i * D, features + i % N * D, D * sizeof *x_of);
        y_of[i] = labels[i % N];
    }
    binet_array x = scores_matrix(x_of, BINET_F64, MANY, D);
    binet_array y = scores_vector(y_of, BINET_I64, MANY);
    binet_probe_options options = {
        .struct_size = sizeof options, .tolerance = 1e-12, .progress = stop_at_a_second_block, .progress_user = last};
    binet_probe_result result = {.struct_size = sizeof result};
    binet_probe *probe = NULL;
    CHECK_INT(binet_probe_create(NULL, &x, &y, K, NULL, &options, &probe, NULL), BINET_OK);
    CHECK_INT(binet_probe_fit(probe, 10.0, &result, NULL), BINET_CANCELLED);
    CHECK(result.objective == 0.0);
    binet_probe_destroy(probe);
}

/* A first fit that is cancelled along the axes, or just after, leaves a point to go on from. */
static void many_features_start_along_a_few_axes(void)
{
    binet_array x = scores_matrix(wide, BINET_F32, N, WIDE);
    binet_array y = scores_vector(classes, BINET_I64, N);
    enum { EXACT = -1, UNDISTURBED };
    double least = 0.0;
    binet_probe_result whole = {.struct_size = sizeof whole};
    for (int64_t after = EXACT; after < whole.n_coarse + 3; after++) {
        int64_t seen[2] = {0, after > UNDISTURBED ? after : -1};
        binet_probe_options options = {.struct_size = sizeof options,
                                       .tolerance = after == EXACT ? 1e-13 : 1e-6,
                                       .progress = count,
                                       .progress_user = seen};
        binet_probe_result result = {.struct_size = sizeof result};
        binet_probe *probe = NULL;
        CHECK_INT(binet_probe_create(NULL, &x, &y, CLASSES, NULL, &options, &probe, NULL), BINET_OK);
        if (after > UNDISTURBED) {
            CHECK_INT(binet_probe_fit(probe, 1.0, &result, NULL), BINET_CANCELLED);
            seen[1] = -1;
        }
        CHECK_INT(binet_probe_fit(probe, 1.0, &result, NULL), BINET_OK);
        CHECK_INT(result.n_newton, 0);
        CHECK((result.n_precise > 1) == (after == EXACT)); /* f32 does not come as near as that */
        CHECK((result.n_coarse > 2) == (after <= UNDISTURBED));
        least = after == EXACT ? result.objective : least;
        whole = after == UNDISTURBED ? result : whole;
        CHECK(result.objective >= least * (1 - 1e-13) && result.objective <= least * (1 + 1e-6));
        CHECK(after <= UNDISTURBED || result.n_evaluations < 2 * (whole.n_evaluations + whole.n_coarse));
        binet_probe_destroy(probe);
    }
}

static void a_fit_that_is_cut_off_says_how_far_it_came(void)
{
    binet_array x = scores_matrix(features, BINET_F64, N, D);
    binet_array y = scores_vector(labels, BINET_I64, N);
    binet_probe_options options = {.struct_size = sizeof options, .tolerance = 1e-9, .most_evaluations = 4};
    binet_probe *probe = NULL;
    binet_error error = {0};
    static fitted of;
    double norm;
    reset(&of);
    CHECK_INT(binet_probe_create(NULL, &x, &y, K, NULL, &options, &probe, NULL), BINET_OK);
    CHECK_INT(binet_probe_fit(probe, 1.0, &of.result, &error), BINET_NOT_CONVERGED);
    CHECK_INT(of.result.n_evaluations + of.result.n_coarse, 4);
    CHECK_CONTAINS(error.message, "a tolerance of 1e-09 was asked for");
    CHECK_NEAR(of.result.objective / objective(&of, NULL, 1.0, &norm), 1.0, 1e-12);
    CHECK(of.result.gap > 1e-9 * of.result.objective);
    CHECK(of.result.objective < N * log(K)); /* that of zero */
    binet_probe_destroy(probe);
}

static void nasty_features_converge(void)
{
    enum { SEPARABLE, DUPLICATED, SCALES };
    static double nasty[N * D];
    for (int kind = SEPARABLE; kind <= SCALES; kind++) {
        for (int64_t i = 0; i < N; i++) {
            for (int64_t j = 0; j < D; j++) {
                double value = features[i * D + j];
                nasty[i * D + j] = kind == SEPARABLE    ? (double)(labels[i] == j) + 0.01 * sin((double)(i + j))
                                   : kind == DUPLICATED ? features[i * D + (j < 3 ? 0 : j)] * (j != 4) + 3.0 * (j == 4)
                                                        : value * pow(10.0, (double)j - 5.0);
            }
        }
        binet_array x = scores_matrix(nasty, BINET_F64, N, D);
        for (double c = 1e-2; c < 1e4; c *= 100) {
            static fitted of;
            fit(NULL, &x, NULL, c, 1e-7, &of);
            CHECK_INT(of.status, BINET_OK);
            CHECK(of.result.n_evaluations < 300); /* what L-BFGS leaves takes Newton's method a few steps */
        }
    }
}

typedef struct bad {
    const binet_array *x;
    const binet_array *y;
    int64_t n_classes;
    const binet_array *s;
    binet_status status;
    const char *argument;
    int64_t element;
    const char *message;
} bad;

static void what_is_bad_is_named(void)
{
    static double broken[N * D];
    static double huge[N * D];
    static double negative[N];
    static double zeros[N];
    static double not_finite[N];
    static int64_t wrong[N];
    static int64_t without[N];
    memcpy(broken, features, sizeof broken);
    memcpy(huge, features, sizeof huge);
    memcpy(wrong, labels, sizeof wrong);
    broken[17 * D + 3] = NAN;
    huge[5 * D] = -1e17;
    wrong[9] = K;
    for (int64_t i = 0; i < N; i++) {
        negative[i] = i == 11 ? -1.0 : 1.0;
        not_finite[i] = i == 12 ? INFINITY : 1.0;
        without[i] = labels[i] == 3 ? 2 : labels[i];
    }
    binet_array x = scores_matrix(features, BINET_F64, N, D);
    binet_array nan_x = scores_matrix(broken, BINET_F64, N, D);
    binet_array huge_x = scores_matrix(huge, BINET_F64, N, D);
    binet_array empty = scores_matrix(features, BINET_F64, 0, D);
    binet_array integers = scores_matrix(labels, BINET_I64, N, 1);
    binet_array y = scores_vector(labels, BINET_I64, N);
    binet_array short_y = scores_vector(labels, BINET_I64, N - 1);
    binet_array wrong_y = scores_vector(wrong, BINET_I64, N);
    binet_array without_y = scores_vector(without, BINET_I64, N);
    binet_array few = scores_matrix(features, BINET_F64, 3, D);
    binet_array few_y = scores_vector(labels, BINET_I64, 3);
    binet_array negative_s = scores_vector(negative, BINET_F64, N);
    binet_array zero_s = scores_vector(zeros, BINET_F64, N);
    binet_array infinite_s = scores_vector(not_finite, BINET_F64, N);
    integers.strides[0] = 8;
    integers.strides[1] = 8;
    const bad cases[] = {
        {&nan_x, &y, K, NULL, BINET_INVALID_DATA, "features", 17, "row 17 of features holds a NaN"},
        {&huge_x, &y, K, NULL, BINET_INVALID_DATA, "features", 5, "row 5 of features holds a number of size 1e+17"},
        {&empty, &y, K, NULL, BINET_INVALID_ARGUMENT, "features", -1, "[0, 9]"},
        {&integers, &y, K, NULL, BINET_INVALID_ARGUMENT, "features", -1, "features has dtype i64"},
        {&x, &short_y, K, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "labels has 399"},
        {&x, &wrong_y, K, NULL, BINET_INVALID_DATA, "labels", 9, "labels[9] is 5; allowed: 0 .. 4"},
        {&x, &without_y, K, NULL, BINET_INVALID_DATA, "labels", 3, "class 3 has no row"},
        {&few, &few_y, K, NULL, BINET_INVALID_DATA, "labels", 3, "class 3 has no row"},
        {&x, &y, 1, NULL, BINET_INVALID_ARGUMENT, "n_classes", -1, "n_classes is 1; allowed: 2"},
        {&x, &y, K, &negative_s, BINET_INVALID_DATA, "weights", 11, "weights[11] is -1"},
        {&x, &y, K, &infinite_s, BINET_INVALID_DATA, "weights", 12, "weights[12] is inf"},
        {&x, &y, K, &zero_s, BINET_INVALID_DATA, "labels", 0, "class 0 has no row with a weight"},
        {NULL, &y, K, NULL, BINET_INVALID_ARGUMENT, "features", -1, "features is NULL"},
        {&x, NULL, K, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "labels is NULL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bad *one = &cases[i];
        binet_probe *probe = NULL;
        binet_error error = {0};
        CHECK_INT(binet_probe_create(NULL, one->x, one->y, one->n_classes, one->s, NULL, &probe, &error), one->status);
        CHECK_TEXT(error.argument, one->argument);
        CHECK_INT(error.element, one->element);
        CHECK_CONTAINS(error.message, one->message);
        CHECK(probe == NULL);
    }
    binet_probe *probe = probe_of(NULL, &x, NULL, 0.0, 0);
    const double bad_c[] = {0.0, -1.0, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        static fitted of;
        binet_error error = {0};
        reset(&of);
        CHECK_INT(binet_probe_fit(probe, bad_c[i], &of.result, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "C");
        CHECK_CONTAINS(error.message, "allowed: finite numbers above 0");
    }
    CHECK_INT(binet_probe_fit(NULL, 1.0, NULL, NULL), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_probe_fit(probe, 1.0, NULL, NULL), BINET_INVALID_ARGUMENT);
    binet_probe_destroy(probe);
    const double bad_tolerances[] = {-1.0, 1e-15, 2.0, NAN};
    for (int i = 0; i < 4; i++) {
        binet_probe_options options = {.struct_size = sizeof options, .tolerance = bad_tolerances[i]};
        CHECK_INT(binet_probe_create(NULL, &x, &y, K, NULL, &options, &probe, NULL), BINET_INVALID_ARGUMENT);
    }
    binet_probe_options options = {.struct_size = sizeof options, .most_evaluations = -1};
    CHECK_INT(binet_probe_create(NULL, &x, &y, K, NULL, &options, &probe, NULL), BINET_INVALID_ARGUMENT);
    options.most_evaluations = 0;
    options.row_bytes = -1;
    CHECK_INT(binet_probe_create(NULL, &x, &y, K, NULL, &options, &probe, NULL), BINET_INVALID_ARGUMENT);
}

static void memory_that_runs_out_is_given_back(void)
{
    binet_array x = scores_matrix(features, BINET_F64, N, D);
    binet_array y = scores_vector(labels, BINET_I64, N);
    binet_array s = scores_vector(weights, BINET_F64, N);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_probe_options options = {.struct_size = sizeof options, .tolerance = 1e-2};
        binet_probe *probe = NULL;
        static fitted of;
        reset(&of);
        binet_status status = binet_probe_create(context, &x, &y, K, &s, &options, &probe, NULL);
        CHECK((probe != NULL) == (status == BINET_OK));
        if (status == BINET_OK) {
            status = binet_probe_fit(probe, 0.01, &of.result, NULL);
        }
        binet_probe_destroy(probe);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    make();
    make_wide();
    RUN(the_certificate_is_true);
    RUN(weights_are_rows_that_come_more_often);
    RUN(order_and_strides_of_the_array_change_nothing);
    RUN(threads_change_no_bit);
    RUN(a_path_reaches_the_same_optima);
    RUN(features_larger_than_memory_have_the_same_optimum);
    RUN(a_few_rows_with_a_weight_among_many_are_as_if_alone);
    RUN(separable_rows_converge_at_large_c);
    RUN(intercepts_far_from_their_start_are_found);
    RUN(progress_tells_and_cancels);
    RUN(newtons_method_is_cancelled_within_a_hessian);
    RUN(many_features_start_along_a_few_axes);
    RUN(a_fit_that_is_cut_off_says_how_far_it_came);
    RUN(nasty_features_converge);
    RUN(what_is_bad_is_named);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
