/* Ridge regression and linear scores: what is wrong is named, arrays of every kind are the same rows, and neither
 * threads nor a lack of memory change anything. */
#include <math.h>

#include "binet/linear.h"
#include "binet/ridge.h"
#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { N = 24, D = 5, K = 3, WIDE = 210, MANY = 4500 };

static double values[N * D];
static int64_t classes[N];
static double ones[N];
static double coefficients[K * D];
static double intercepts[K];
static double errors[2];

static binet_array features;
static binet_array labels;
static binet_array weights;
static binet_ridge_options options;
static binet_ridge_result result;

static void set_up(void)
{
    scores_logits(values, (int64_t)N * D, 3);
    scores_labels(classes, N, K, 4);
    for (int i = 0; i < N; i++) {
        classes[i] = i < K ? i : classes[i];
        ones[i] = 1.0;
    }
    features = scores_matrix(values, BINET_F64, N, D);
    labels = scores_vector(classes, BINET_I64, N);
    weights = scores_vector(ones, BINET_F64, N);
    options = (binet_ridge_options){.struct_size = sizeof options};
    result = (binet_ridge_result){.struct_size = sizeof result,
                                  .coefficients = coefficients,
                                  .coefficients_capacity = K * D,
                                  .intercepts = intercepts,
                                  .intercepts_capacity = K,
                                  .loo_error = errors,
                                  .loo_capacity = 1};
    memset(coefficients, 0x5a, sizeof coefficients);
    memset(intercepts, 0x5a, sizeof intercepts);
    memset(errors, 0x5a, sizeof errors);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

/* Fails so, and nothing that was handed in has changed. */
static void refused(binet_status status, const char *argument, int64_t element, const char *said)
{
    binet_error error = {0};
    const binet_ridge_result before = result;
    CHECK_INT(binet_ridge_fit(NULL, &features, &labels, &weights, &options, &result, &error), status);
    CHECK_INT(error.status, status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, said);
    CHECK(memcmp(&before, &result, sizeof result) == 0);
    const unsigned char *room = (const unsigned char *)coefficients;
    for (size_t i = 0; i < sizeof coefficients; i++) {
        CHECK(room[i] == 0x5a);
    }
    CHECK(memcmp(coefficients, intercepts, sizeof intercepts) == 0 && memcmp(coefficients, errors, sizeof errors) == 0);
    set_up();
}

static void data_at_fault_are_named(void)
{
    set_up();
    values[7 * D + 2] = NAN;
    refused(BINET_INVALID_DATA, "features", 7, "row 7 of features holds a NaN or an infinity");
    values[(N - 1) * D] = INFINITY;
    refused(BINET_INVALID_DATA, "features", N - 1, "row 23 of features holds a NaN or an infinity");
    values[3 * D + 1] = 1e200;
    refused(BINET_INVALID_DATA, "features", -1, "features has numbers too large to square and sum in column 1");
    features.shape[0] = labels.shape[0] = weights.shape[0] = 4;
    values[3 * D + 1] = 1e200;
    refused(BINET_INVALID_DATA, "features", 3, "row 3 of features holds numbers too large to square and sum");
    classes[5] = -1;
    refused(BINET_INVALID_DATA, "labels", 5, "labels[5] is -1; allowed: 0 .. 2147483646");
    options.n_classes = K;
    classes[6] = K;
    refused(BINET_INVALID_DATA, "labels", 6, "labels[6] is 3; allowed: 0 .. 2");
    for (int i = 0; i < N; i++) {
        classes[i] = 1;
    }
    refused(BINET_INVALID_DATA, "labels", -1,
            "labels has one class, 1, among rows with a weight; at least two classes are needed");
    for (int i = 0; i < N; i++) {
        ones[i] = classes[i] == 2 ? 1.0 : 0.0;
    }
    refused(BINET_INVALID_DATA, "labels", -1, "labels has one class, 2,");
}

static void weights_at_fault_are_named(void)
{
    set_up();
    ones[4] = -0.5;
    refused(BINET_INVALID_DATA, "weights", 4, "weights[4] is -0.5; allowed: 0 or above, finite");
    ones[8] = NAN;
    refused(BINET_INVALID_DATA, "weights", 8, "weights[8] is nan");
    ones[9] = INFINITY;
    refused(BINET_INVALID_DATA, "weights", 9, "weights[9] is inf");
    memset(ones, 0, sizeof ones);
    refused(BINET_INVALID_DATA, "weights", -1, "weights sums to 0; allowed: above 0, finite");
    ones[0] = ones[1] = 1e308;
    refused(BINET_INVALID_DATA, "weights", -1, "weights sums to inf");
}

static void options_out_of_range_are_named(void)
{
    static const double wrong[] = {0.0, -1.0, NAN, INFINITY};
    static const char *const words[] = {"is 0;", "is -1;", "is nan;", "is inf;"};
    for (int i = 0; i < 4; i++) {
        const double penalties[2] = {1.0, wrong[i]};
        set_up();
        options.penalties = penalties;
        options.n_penalties = 2;
        refused(BINET_INVALID_ARGUMENT, "options", 1, words[i]);
    }
    const double penalty = 1.0;
    options.penalties = &penalty;
    refused(BINET_INVALID_ARGUMENT, "options", -1, "options->n_penalties is 0;");
    options.n_penalties = 1;
    refused(BINET_INVALID_ARGUMENT, "options", -1, "options->n_penalties is 1 and options->penalties NULL");
    options.n_classes = 1;
    refused(BINET_INVALID_ARGUMENT, "options", -1, "options->n_classes is 1;");
    /* Two columns of which one is a copy, and a penalty that both swallow. */
    const double tiny = 1e-200;
    for (int i = 0; i < N; i++) {
        values[i * D + 1] = values[i * D];
    }
    options.penalties = &tiny;
    options.n_penalties = 1;
    result.loo_error = NULL;
    refused(BINET_INVALID_ARGUMENT, "options", 0, "a larger penalty is needed");
}

static void shapes_that_do_not_fit_are_named(void)
{
    set_up();
    labels.shape[0]--;
    refused(BINET_INVALID_ARGUMENT, "labels", -1, "labels has 23 elements where 24 are needed");
    weights.shape[0]--;
    refused(BINET_INVALID_ARGUMENT, "weights", -1, "weights has 23 elements where 24 are needed");
    weights.dtype = BINET_F32;
    refused(BINET_INVALID_ARGUMENT, "weights", -1, "weights has dtype f32; allowed: f64");
    labels.dtype = BINET_F64;
    refused(BINET_INVALID_ARGUMENT, "labels", -1, "labels has dtype f64; allowed: i32, i64");
    features.dtype = BINET_I64;
    refused(BINET_INVALID_ARGUMENT, "features", -1, "features has dtype i64; allowed: f16, bf16, f32, f64");
    features.ndim = 1;
    refused(BINET_INVALID_ARGUMENT, "features", -1, "features has 1 dimensions; it must have 2");
    features.shape[0] = 0;
    refused(BINET_INVALID_ARGUMENT, "features", -1, "features has shape [0, 5]; allowed: [N, D], N >= 1");
    features.shape[1] = 0;
    refused(BINET_INVALID_ARGUMENT, "features", -1, "features has shape [24, 0]");
    features.shape[1] = (int64_t)1 << 31;
    features.strides[1] = 0;
    refused(BINET_INVALID_ARGUMENT, "features", -1, "1 <= D < 2^31");
    result.coefficients_capacity--;
    refused(BINET_INVALID_ARGUMENT, "result", -1, "result->coefficients_capacity is 14; 3 outputs of 5 features");
    result.intercepts_capacity--;
    refused(BINET_INVALID_ARGUMENT, "result", -1, "result->intercepts_capacity is 2; 3 outputs");
    result.loo_capacity--;
    refused(BINET_INVALID_ARGUMENT, "result", -1, "result->loo_capacity is 0; 1 penalties");
    result.coefficients = NULL;
    refused(BINET_INVALID_ARGUMENT, "result", -1, "result");
    result.intercepts = NULL;
    refused(BINET_INVALID_ARGUMENT, "result", -1, "result");
    CHECK_INT(binet_ridge_fit(NULL, NULL, &labels, NULL, NULL, &result, NULL), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_ridge_fit(NULL, &features, NULL, NULL, NULL, &result, NULL), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_ridge_fit(NULL, &features, &labels, NULL, NULL, NULL, NULL), BINET_INVALID_ARGUMENT);
}

/* ---- The same rows ----------------------------------------------------------------------------------------------- */

typedef struct fitted {
    double coefficients[K * WIDE];
    double intercepts[K];
    double errors[3];
    double accuracies[3];
    double residual;
} fitted;

static fitted fit(const binet_context *context, const binet_array *of, const binet_array *truth)
{
    static const double penalties[3] = {0.1, 10.0, 1000.0};
    fitted made = {.residual = 0.0};
    binet_ridge_options given = {sizeof given, K, penalties, 3};
    binet_ridge_result found = {.struct_size = sizeof found,
                                .coefficients = made.coefficients,
                                .coefficients_capacity = K * WIDE,
                                .intercepts = made.intercepts,
                                .intercepts_capacity = K,
                                .loo_error = made.errors,
                                .loo_accuracy = made.accuracies,
                                .loo_capacity = 3};
    CHECK_INT(binet_ridge_fit(context, of, truth, NULL, &given, &found, NULL), BINET_OK);
    made.residual = found.residual;
    return made;
}

/* Whole numbers, which every dtype holds; by rows, by columns, backwards, and with gaps. */
static void dtypes_and_strides_change_nothing(void)
{
    static double f64[N * D];
    static float f32[N * D * 2];
    static uint16_t bf16[N * D];
    static uint16_t f16[N * D];
    static int32_t narrow[N];
    set_up();
    for (int i = 0; i < N * D; i++) {
        float value = (float)(((i * 37) % 64) - 32);
        f64[N * D - 1 - i] = value;
        f32[(i % D) * N * 2 + (i / D) * 2] = value;
        bf16[i] = scores_bf16(value);
        f16[i] = scores_f16(value);
    }
    for (int i = 0; i < N; i++) {
        narrow[i] = (int32_t)classes[i];
    }
    const binet_array arrays[4] = {{f64 + N * D - 1, BINET_F64, 2, {N, D}, {-8 * D, -8}},
                                   {f32, BINET_F32, 2, {N, D}, {8, 8 * N}},
                                   scores_matrix(bf16, BINET_BF16, N, D),
                                   scores_matrix(f16, BINET_F16, N, D)};
    binet_array short_labels = scores_vector(narrow, BINET_I32, N);
    fitted first = fit(NULL, &arrays[0], &labels);
    for (int i = 1; i < 4; i++) {
        fitted other = fit(NULL, &arrays[i], i == 1 ? &short_labels : &labels);
        CHECK(memcmp(&first, &other, sizeof first) == 0);
    }
}

static const double *many_values(int64_t n, int64_t d)
{
    static double room[MANY * WIDE];
    scores_logits(room, n * d, 5);
    return room;
}

/* Several blocks of rows and tiles of the matrix, on either side. */
static void threads_change_nothing(void)
{
    static const int64_t sizes[2][2] = {{MANY, WIDE}, {200, WIDE}};
    static int64_t truth[MANY];
    scores_labels(truth, MANY, K, 6);
    for (int size = 0; size < 2; size++) {
        binet_array of =
            scores_matrix(many_values(sizes[size][0], sizes[size][1]), BINET_F64, sizes[size][0], sizes[size][1]);
        binet_array with = scores_vector(truth, BINET_I64, sizes[size][0]);
        fitted alone = fit(NULL, &of, &with);
        CHECK(alone.residual < 1e-13);
        for (int n_threads = 2; n_threads < 6; n_threads += 3) {
            pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
            fitted made = fit(on.context, &of, &with);
            CHECK(memcmp(&alone, &made, sizeof made) == 0);
            pooled_end(on);
        }
    }
}

/* A row that is not finite is named wherever it lies: in a later block, and in a later pass of a loop. */
static void late_rows_are_named(void)
{
    static int64_t truth[MANY];
    double *data = (double *)many_values(MANY, 2);
    scores_labels(truth, MANY, K, 6);
    binet_array of = scores_matrix(data, BINET_F64, MANY, 2);
    set_up();
    binet_array with = scores_vector(truth, BINET_I64, MANY);
    data[2 * 4400] = NAN;
    data[2 * 4000 + 1] = -INFINITY;
    binet_error error = {0};
    CHECK_INT(binet_ridge_fit(NULL, &of, &with, NULL, NULL, &result, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 4000);
    static double scores[MANY];
    binet_array one = scores_matrix(coefficients, BINET_F64, 1, 2);
    CHECK_INT(binet_linear_scores(NULL, &of, &one, NULL, scores, MANY, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 4000);
    CHECK_TEXT(error.argument, "features");
}

static void a_lack_of_memory_is_said(void)
{
    for (int n = 4; n <= N; n += N - 4) { /* on either side */
        set_up();
        features.shape[0] = labels.shape[0] = weights.shape[0] = n;
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_error error = {0};
            const binet_ridge_result before = result;
            binet_status status = binet_ridge_fit(context, &features, &labels, &weights, &options, &result, &error);
            if (status != BINET_OK) {
                CHECK_INT(error.status, BINET_OUT_OF_MEMORY);
                CHECK(memcmp(&before, &result, sizeof result) == 0);
                CHECK(memcmp(coefficients, errors, sizeof errors) == 0);
            }
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
    static double scores[N * K];
    binet_array model = scores_matrix(coefficients, BINET_F64, K, D);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        failing_allocator_next(&allocator, binet_linear_scores(context, &features, &model, NULL, scores, N * K, NULL));
    }
    binet_context_destroy(context);
}

/* ---- Linear scores ----------------------------------------------------------------------------------------------- */

static void scores_are_products_and_intercepts(void)
{
    static double scores[MANY * K];
    static double model[K * 7];
    const double *data = many_values(MANY, 7);
    scores_logits(model, (int64_t)K * 7, 9);
    const double offsets[K] = {1.0, -2.0, 0.5};
    binet_array of = scores_matrix(data, BINET_F64, MANY, 7);
    binet_array with = scores_matrix(model, BINET_F64, K, 7);
    binet_array plus = scores_vector(offsets, BINET_F64, K);
    for (int has = 0; has < 2; has++) {
        CHECK_INT(binet_linear_scores(NULL, &of, &with, has ? &plus : NULL, scores, MANY * K, NULL), BINET_OK);
        for (int i = 0; i < MANY * K; i++) {
            double sum = has ? offsets[i % K] : 0.0;
            for (int j = 0; j < 7; j++) {
                sum += data[i / K * 7 + j] * model[i % K * 7 + j];
            }
            CHECK_NEAR(scores[i], sum, 1e-12);
        }
    }
}

static void not_scored(binet_array model, const binet_array *offsets, int64_t capacity, const char *argument,
                       const char *said)
{
    static double scores[N * K];
    binet_error error = {0};
    CHECK_INT(binet_linear_scores(NULL, &features, &model, offsets, scores, capacity, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, argument);
    CHECK_CONTAINS(error.message, said);
}

static void models_that_do_not_fit_are_named(void)
{
    set_up();
    binet_array model = scores_matrix(values, BINET_F64, K, D);
    binet_array wide = scores_matrix(values, BINET_F64, K, D + 1);
    binet_array spread = model;
    binet_array few = scores_vector(ones, BINET_F64, K - 1);
    spread.strides[0] = 8 * (D + 2);
    not_scored(wide, NULL, N * K, "coefficients", "coefficients has shape [3, 6]; allowed: [M, 5]");
    not_scored(spread, NULL, N * K, "coefficients", "coefficients is not contiguous");
    not_scored(model, &few, N * K, "intercepts", "intercepts has 2 elements where 3 are needed");
    not_scored(model, NULL, N * K - 1, "capacity", "capacity is 71; 24 rows of 3 scores need as many");
    CHECK_INT(binet_linear_scores(NULL, &features, &model, NULL, NULL, N * K, NULL), BINET_INVALID_ARGUMENT);
}

int main(void)
{
    RUN(data_at_fault_are_named);
    RUN(weights_at_fault_are_named);
    RUN(options_out_of_range_are_named);
    RUN(shapes_that_do_not_fit_are_named);
    RUN(dtypes_and_strides_change_nothing);
    RUN(threads_change_nothing);
    RUN(late_rows_are_named);
    RUN(a_lack_of_memory_is_said);
    RUN(scores_are_products_and_intercepts);
    RUN(models_that_do_not_fit_are_named);
    return check_result();
}
