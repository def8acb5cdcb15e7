/* Weights and biases are those that were planted; the gradient and the excess mean what they say. */
#include <math.h>

#include "binet/recalibration.h"
#include "binet/threads.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N_CLASSES = 5, N_TABLES = 60, PER_TABLE = 16, N_PLANTED = N_TABLES * PER_TABLE, N_RANDOM = 900, C_RANDOM = 23 };

static const double planted_weights[N_CLASSES] = {0.5, 0.8, 1.0, 1.6, 2.0};
static const double planted_biases[N_CLASSES] = {0.5, -1.0, 0.25, 0.75, -0.5};
static double planted[N_PLANTED * N_CLASSES];
static int64_t planted_labels[N_PLANTED];
static double scattered[N_RANDOM * C_RANDOM];
static int64_t scattered_labels[N_RANDOM];

/* Probabilities that are sixteenths, every label as often as its probability says, and the logits that the planted map
 * takes to their logarithms. */
static void plant(void)
{
    uint64_t state = 5;
    for (int table = 0; table < N_TABLES; table++) {
        int shares[N_CLASSES] = {1, 1, 1, 1, 1};
        for (int left = PER_TABLE - N_CLASSES; left > 0; left--) {
            shares[(scores_next(&state) >> 33) % (table % 3 == 0 ? 3 : N_CLASSES)]++;
        }
        int row = table * PER_TABLE;
        for (int64_t k = 0; k < N_CLASSES; k++) {
            for (int i = 0; i < shares[k]; i++) {
                planted_labels[row++] = k;
            }
            for (int i = 0; i < PER_TABLE; i++) {
                planted[(table * PER_TABLE + i) * N_CLASSES + k] =
                    (log(shares[k] / (double)PER_TABLE) - planted_biases[k]) / planted_weights[k];
            }
        }
    }
}

static void scatter(uint64_t seed)
{
    scores_of_labels(scattered, scattered_labels, N_RANDOM, C_RANDOM, seed);
}

typedef struct fitted {
    double weights[C_RANDOM];
    double biases[C_RANDOM];
    binet_vector_scaling_result result;
} fitted;

static fitted fit_in(const binet_context *context, const binet_array *scores, const int64_t *labels,
                     const binet_vector_scaling_options *options)
{
    fitted made = {.result = {.struct_size = sizeof made.result, .capacity = C_RANDOM}};
    binet_array truth = scores_vector(labels, BINET_I64, scores->shape[0]);
    binet_error error = {.message = ""};
    made.result.weights = made.weights;
    made.result.biases = made.biases;
    CHECK_INT(binet_fit_vector_scaling(context, scores, &truth, options, &made.result, &error), BINET_OK);
    CHECK_TEXT(error.message, "");
    CHECK_INT(made.result.n, scores->shape[0]);
    CHECK_INT(made.result.n_classes, scores->shape[1]);
    return made;
}

static int same(const fitted *a, const fitted *b)
{
    return memcmp(a->weights, b->weights, sizeof a->weights) == 0 &&
           memcmp(a->biases, b->biases, sizeof a->biases) == 0 && a->result.nll_before == b->result.nll_before &&
           a->result.nll_after == b->result.nll_after && a->result.gradient == b->result.gradient;
}

/* ---- What was planted, and the definitions ----------------------------------------------------------------------- */

static void the_planted_map_is_found(void)
{
    plant();
    binet_vector_scaling_options options = {sizeof options, 0, 1e-11, 0};
    binet_array scores = scores_matrix(planted, BINET_F64, N_PLANTED, N_CLASSES);
    fitted made = fit_in(NULL, &scores, planted_labels, &options);
    for (int k = 0; k < N_CLASSES; k++) {
        CHECK_NEAR(made.weights[k], planted_weights[k], 1e-7);
        CHECK_NEAR(made.biases[k], planted_biases[k], 1e-7);
    }
    CHECK(made.result.gradient <= 1e-11);
    CHECK(isnan(made.result.excess));
    CHECK(made.result.n_evaluations < 100);
}

/* Mean NLL and penalty, and their gradient [2 C], in long double. */
static long double objective(const fitted *at, double l2, long double *gradient)
{
    long double value = 0;
    memset(gradient, 0, 2 * C_RANDOM * sizeof *gradient);
    for (int64_t i = 0; i < N_RANDOM; i++) {
        const double *row = scattered + i * C_RANDOM;
        long double z[C_RANDOM];
        long double sum = 0;
        int64_t label = scattered_labels[i];
        for (int64_t k = 0; k < C_RANDOM; k++) {
            z[k] = (long double)at->weights[k] * (long double)row[k] + (long double)at->biases[k];
            sum += expl(z[k]);
        }
        value += (logl(sum) - z[label]) / N_RANDOM;
        for (int64_t k = 0; k < C_RANDOM; k++) {
            long double off = (expl(z[k]) / sum - (k == label)) / N_RANDOM;
            gradient[k] += off * (long double)row[k];
            gradient[C_RANDOM + k] += off;
        }
    }
    for (int64_t k = 0; k < C_RANDOM; k++) {
        long double w = (long double)at->weights[k] - 1;
        long double b = (long double)at->biases[k];
        value += (long double)l2 / 2 * (w * w + b * b);
        gradient[k] += (long double)l2 * w;
        gradient[C_RANDOM + k] += (long double)l2 * b;
    }
    return value;
}

static void gradient_and_excess_are_those_of_the_definition(void)
{
    static const double penalties[] = {0, 1e-4, 0.1};
    for (size_t i = 0; i < sizeof penalties / sizeof penalties[0]; i++) {
        long double gradient[2 * C_RANDOM];
        double l2 = penalties[i];
        scatter(i);
        binet_array scores = scores_matrix(scattered, BINET_F64, N_RANDOM, C_RANDOM);
        binet_vector_scaling_options loose = {sizeof loose, 0, 1e-3, l2};
        binet_vector_scaling_options tight = {sizeof tight, 0, 1e-11, l2};
        fitted far = fit_in(NULL, &scores, scattered_labels, &loose);
        fitted near = fit_in(NULL, &scores, scattered_labels, &tight);
        long double least = objective(&near, l2, gradient);
        long double value = objective(&far, l2, gradient);
        long double largest = 0;
        long double penalty = value;
        for (int k = 0; k < 2 * C_RANDOM; k++) {
            largest = fmaxl(largest, fabsl(gradient[k]));
        }
        penalty -= objective(&far, 0, gradient);
        CHECK_NEAR(far.result.gradient, (double)largest, 1e-13);
        CHECK(far.result.gradient <= 1e-3 && near.result.gradient <= 1e-11);
        CHECK_NEAR(far.result.nll_after, (double)(value - penalty), 1e-13);
        CHECK(value >= least - 1e-15L);
        if (l2 > 0) {
            CHECK(value - least <= (long double)far.result.excess + 1e-15L);
        } else {
            CHECK(isnan(far.result.excess));
            double sum = 0;
            for (int k = 0; k < C_RANDOM; k++) {
                sum += near.biases[k];
            }
            CHECK_NEAR(sum, 0, 1e-13);
        }
        CHECK(far.result.nll_after + (double)penalty <= far.result.nll_before);
        CHECK(near.result.nll_after < near.result.nll_before);
    }
}

static void a_strong_penalty_leaves_the_logits_as_they_are(void)
{
    scatter(4);
    binet_array scores = scores_matrix(scattered, BINET_F64, N_RANDOM, C_RANDOM);
    binet_vector_scaling_options options = {sizeof options, 0, 0, 1e9};
    fitted made = fit_in(NULL, &scores, scattered_labels, &options);
    for (int k = 0; k < C_RANDOM; k++) {
        CHECK_NEAR(made.weights[k], 1, 1e-6);
        CHECK_NEAR(made.biases[k], 0, 1e-6);
    }
}

/* ---- Laws -------------------------------------------------------------------------------------------------------- */

static void predictions_of_scaled_logits_have_the_nll(void)
{
    static double scaled[N_RANDOM * C_RANDOM];
    scatter(8);
    binet_array scores = scores_matrix(scattered, BINET_F64, N_RANDOM, C_RANDOM);
    binet_array truth = scores_vector(scattered_labels, BINET_I64, N_RANDOM);
    fitted made = fit_in(NULL, &scores, scattered_labels, NULL);
    CHECK_INT(binet_vector_scaling_apply(NULL, &scores, made.weights, made.biases, scaled, (int64_t)N_RANDOM * C_RANDOM,
                                         NULL),
              BINET_OK);
    binet_array after = scores_matrix(scaled, BINET_F64, N_RANDOM, C_RANDOM);
    for (int i = 0; i < 2; i++) {
        binet_predictions *table = NULL;
        double sum = 0;
        CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, i ? &after : &scores, &truth, NULL, &table, NULL),
                  BINET_OK);
        for (int64_t row = 0; row < N_RANDOM; row++) {
            sum += scores_f64(table, BINET_NLL, row);
        }
        CHECK_NEAR(sum / N_RANDOM, i ? made.result.nll_after : made.result.nll_before, 1e-13);
        binet_predictions_destroy(table);
    }
}

static void threads_instruction_sets_and_strides_do_not_matter(void)
{
    static double turned[N_RANDOM * C_RANDOM];
    binet_thread_pool *pool = NULL;
    scatter(5);
    binet_array scores = scores_matrix(scattered, BINET_F64, N_RANDOM, C_RANDOM);
    fitted alone = fit_in(NULL, &scores, scattered_labels, NULL);
    for (int64_t i = 0; i < N_RANDOM; i++) {
        for (int64_t k = 0; k < C_RANDOM; k++) {
            turned[k * N_RANDOM + i] = scattered[i * C_RANDOM + k];
        }
    }
    binet_array columns = {turned, BINET_F64, 2, {N_RANDOM, C_RANDOM}, {8, 8 * N_RANDOM}};
    CHECK_INT(binet_thread_pool_create(5, &pool, NULL), BINET_OK);
    binet_executor executor = binet_thread_pool_executor(pool);
    for (int32_t isa = BINET_ISA_DEFAULT; isa <= BINET_ISA_NEON; isa++) {
        binet_context_options options = {.struct_size = sizeof options, .isa = isa, .executor = &executor};
        binet_context *context = NULL;
        if (binet_context_create(&options, &context, NULL) == BINET_OK) {
            fitted other = fit_in(context, &columns, scattered_labels, NULL);
            CHECK(same(&alone, &other));
            binet_context_destroy(context);
        }
    }
    binet_thread_pool_destroy(pool);
}

static void narrow_types_are_widened_exactly(void)
{
    static uint16_t brain[N_RANDOM * C_RANDOM];
    static float narrow[N_RANDOM * C_RANDOM];
    static double wide[N_RANDOM * C_RANDOM];
    scores_labels(scattered_labels, N_RANDOM, C_RANDOM, 9);
    for (int i = 0; i < N_RANDOM * C_RANDOM; i++) {
        int64_t j = i * 7919 % 8; /* 1 + j / 8 and its double are exact in bfloat16 */
        int up = i % C_RANDOM == (int)scattered_labels[i / C_RANDOM] || i % 11 == 0;
        wide[i] = (1.0 + (double)j / 8) * (up ? 2.0 : 1.0);
        narrow[i] = (float)wide[i];
        brain[i] = (uint16_t)((up ? 0x4000 : 0x3f80) + j * 16);
    }
    binet_array of_f64 = scores_matrix(wide, BINET_F64, N_RANDOM, C_RANDOM);
    binet_array of_f32 = scores_matrix(narrow, BINET_F32, N_RANDOM, C_RANDOM);
    binet_array of_bf16 = scores_matrix(brain, BINET_BF16, N_RANDOM, C_RANDOM);
    fitted a = fit_in(NULL, &of_f64, scattered_labels, NULL);
    fitted b = fit_in(NULL, &of_f32, scattered_labels, NULL);
    fitted c = fit_in(NULL, &of_bf16, scattered_labels, NULL);
    CHECK(same(&a, &b) && same(&a, &c));
}

static void excluded_classes_stay_excluded(void)
{
    /* A class of -inf in every other row: the numbers of the rest are finite, and the class stays -inf. */
    static double scaled[N_RANDOM * C_RANDOM];
    scatter(6);
    for (int64_t i = 0; i < N_RANDOM; i++) {
        int64_t out = (scattered_labels[i] + 1 + i % 2) % C_RANDOM;
        scattered[i * C_RANDOM + out] = (double)-INFINITY;
    }
    binet_array scores = scores_matrix(scattered, BINET_F64, N_RANDOM, C_RANDOM);
    fitted made = fit_in(NULL, &scores, scattered_labels, NULL);
    CHECK(isfinite(made.result.nll_after) && made.result.nll_after < made.result.nll_before);
    made.weights[0] = -made.weights[0];
    CHECK_INT(binet_vector_scaling_apply(NULL, &scores, made.weights, made.biases, scaled, (int64_t)N_RANDOM * C_RANDOM,
                                         NULL),
              BINET_OK);
    for (int64_t i = 0; i < (int64_t)N_RANDOM * C_RANDOM; i++) {
        double expected = made.weights[i % C_RANDOM] * scattered[i] + made.biases[i % C_RANDOM];
        CHECK(scaled[i] == (isinf(scattered[i]) ? (double)-INFINITY : expected));
    }
}

static void small_and_separable_data_end_well(void)
{
    const double values[4][2] = {{1, 0}, {3, 1}, {0, 2}, {-1, 4}};
    binet_array scores = scores_matrix(values, BINET_F64, 4, 2);
    fitted made = fit_in(NULL, &scores, (const int64_t[]){0, 0, 1, 1}, NULL);
    CHECK(made.result.nll_after < 1e-5 && made.result.gradient <= 1e-6);
    made = fit_in(NULL, &scores, (const int64_t[]){1, 1, 0, 0}, NULL); /* all wrong: a negative weight rights that */
    CHECK(made.result.nll_after < 1e-5);
    binet_array one_row = scores_matrix(values, BINET_F64, 1, 2);
    made = fit_in(NULL, &one_row, (const int64_t[]){0}, NULL);
    CHECK(made.result.nll_after < made.result.nll_before);
    made = fit_in(NULL, &scores, (const int64_t[]){0, 0, 0, 0}, NULL); /* one class only */
    CHECK(made.result.nll_after < 1e-5);
    binet_array one_class = scores_matrix(values, BINET_F64, 4, 1);
    made = fit_in(NULL, &one_class, (const int64_t[]){0, 0, 0, 0}, NULL);
    CHECK(made.weights[0] == 1 && made.biases[0] == 0 && made.result.nll_after == 0 && made.result.gradient == 0);
}

static void far_logits_do_not_overflow(void)
{
    const float values[3][3] = {{1, 2, -1e30f}, {2, 1, -3e38f}, {5, 0, 3}};
    binet_array scores = scores_matrix(values, BINET_F32, 3, 3);
    fitted made = fit_in(NULL, &scores, (const int64_t[]){0, 0, 0}, NULL);
    CHECK(isfinite(made.result.nll_after) && made.result.nll_after <= made.result.nll_before);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(const binet_array *scores, const binet_array *labels, const binet_vector_scaling_options *options,
                    int64_t capacity, binet_status status, const char *argument, int64_t element, const char *why)
{
    double weights[C_RANDOM] = {77};
    double biases[C_RANDOM] = {77};
    binet_vector_scaling_result result = {.struct_size = sizeof result,
                                          .weights = capacity < 0 ? NULL : weights,
                                          .biases = biases,
                                          .capacity = capacity < 0 ? C_RANDOM : capacity,
                                          .n = 77};
    binet_error error = {.message = ""};
    CHECK_INT(binet_fit_vector_scaling(NULL, scores, labels, options, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(result.n == 77 && weights[0] == 77 && biases[0] == 77);
}

static void what_is_wrong_is_named(void)
{
    double values[3][2] = {{1, 2}, {2, 1}, {0, 1}};
    int64_t truth[3] = {0, 1, 1};
    binet_array scores = scores_matrix(values, BINET_F64, 3, 2);
    binet_array labels = scores_vector(truth, BINET_I64, 3);
    binet_array short_labels = scores_vector(truth, BINET_I64, 2);
    refused(NULL, &labels, NULL, 2, BINET_INVALID_ARGUMENT, "scores", -1, "NULL");
    refused(&scores, NULL, NULL, 2, BINET_INVALID_ARGUMENT, "labels", -1, "NULL");
    refused(&scores, &short_labels, NULL, 2, BINET_INVALID_ARGUMENT, "labels", -1, "2 entries; scores has 3 rows");
    refused(&scores, &labels, NULL, 1, BINET_INVALID_ARGUMENT, "result", -1, "room for 1 numbers; 2 classes");
    refused(&scores, &labels, NULL, -1, BINET_INVALID_ARGUMENT, "result", -1, "room for 0 numbers; 2 classes");
    static const double wrong[] = {-1, (double)INFINITY, (double)NAN};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        binet_vector_scaling_options options = {sizeof options, 0, 0, wrong[i]};
        refused(&scores, &labels, &options, 2, BINET_INVALID_ARGUMENT, "options", -1, "options->l2 is");
        options = (binet_vector_scaling_options){sizeof options, 0, wrong[i], 0};
        refused(&scores, &labels, &options, 2, BINET_INVALID_ARGUMENT, "options", -1, "1e-12 .. 1");
    }
    binet_vector_scaling_options options = {sizeof options, -1, 0, 0};
    refused(&scores, &labels, &options, 2, BINET_INVALID_ARGUMENT, "options", -1, "most_evaluations is -1");
    truth[2] = 2;
    refused(&scores, &labels, NULL, 2, BINET_INVALID_DATA, "labels", 2, "labels[2] is 2; allowed: 0 .. 1");
    truth[2] = 1;
    values[1][0] = (double)NAN;
    refused(&scores, &labels, NULL, 2, BINET_INVALID_DATA, "scores", 1, "NaN in column 0");
    values[1][0] = (double)INFINITY;
    refused(&scores, &labels, NULL, 2, BINET_INVALID_DATA, "scores", 1, "+inf in column 0");
    values[1][0] = values[1][1] = (double)-INFINITY;
    refused(&scores, &labels, NULL, 2, BINET_INVALID_DATA, "scores", 1, "nothing but -inf");
    values[1][0] = 2;
    refused(&scores, &labels, NULL, 2, BINET_INVALID_DATA, "scores", 1, "excludes the row's label, 1");
}

static void what_did_not_converge_says_how_far_it_came(void)
{
    scatter(3);
    binet_array scores = scores_matrix(scattered, BINET_F64, N_RANDOM, C_RANDOM);
    binet_array labels = scores_vector(scattered_labels, BINET_I64, N_RANDOM);
    for (int32_t most = 1; most < 4; most++) {
        char why[64];
        binet_vector_scaling_options options = {sizeof options, most, 0, 0};
        (void)snprintf(why, sizeof why, "after %d passes a derivative of the NLL is still", (int)most);
        refused(&scores, &labels, &options, C_RANDOM, BINET_NOT_CONVERGED, "", -1, why);
    }
}

static void apply_checks_its_arguments(void)
{
    const double values[2][2] = {{1, 2}, {2, 1}};
    const double map[2] = {1, 1};
    double scaled[4] = {77, 0, 0, 0};
    binet_array scores = scores_matrix(values, BINET_F64, 2, 2);
    binet_array none = scores_matrix(values, BINET_F64, 0, 2);
    binet_error error;
    CHECK_INT(binet_vector_scaling_apply(NULL, &scores, NULL, map, scaled, 4, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "weights");
    CHECK_INT(binet_vector_scaling_apply(NULL, &scores, map, NULL, scaled, 4, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "biases");
    CHECK_INT(binet_vector_scaling_apply(NULL, &scores, map, map, NULL, 4, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "scaled");
    CHECK_INT(binet_vector_scaling_apply(NULL, &scores, map, map, scaled, 3, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "capacity");
    CHECK_CONTAINS(error.message, "capacity is 3; scores has 2 x 2 logits");
    CHECK(scaled[0] == 77);
    CHECK_INT(binet_vector_scaling_apply(NULL, &none, map, map, scaled, 0, &error), BINET_OK);
}

static void without_memory_nothing_leaks(void)
{
    static uint16_t values[6] = {0x3c00, 0, 0x4000, 0x3c00, 0, 0x3c00};
    const int64_t truth[3] = {0, 1, 1};
    binet_array scores = {values, BINET_F16, 2, {3, 2}, {2, 6}};
    binet_array labels = scores_vector(truth, BINET_I64, 3);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        double map[2][2] = {{0}};
        double scaled[6];
        binet_vector_scaling_options options = {sizeof options, 0, 0, 0.1};
        binet_vector_scaling_result result = {
            .struct_size = sizeof result, .weights = map[0], .biases = map[1], .capacity = 2, .n = 77};
        binet_status status = binet_fit_vector_scaling(context, &scores, &labels, &options, &result, NULL);
        CHECK_INT(result.n, status == BINET_OK ? 3 : 77);
        if (status == BINET_OK) {
            status = binet_vector_scaling_apply(context, &scores, map[0], map[1], scaled, 6, NULL);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(the_planted_map_is_found);
    RUN(gradient_and_excess_are_those_of_the_definition);
    RUN(a_strong_penalty_leaves_the_logits_as_they_are);
    RUN(predictions_of_scaled_logits_have_the_nll);
    RUN(threads_instruction_sets_and_strides_do_not_matter);
    RUN(narrow_types_are_widened_exactly);
    RUN(excluded_classes_stay_excluded);
    RUN(small_and_separable_data_end_well);
    RUN(far_logits_do_not_overflow);
    RUN(what_is_wrong_is_named);
    RUN(what_did_not_converge_says_how_far_it_came);
    RUN(apply_checks_its_arguments);
    RUN(without_memory_nothing_leaks);
    return check_result();
}
