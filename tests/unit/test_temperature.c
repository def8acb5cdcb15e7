/* The fitted temperature is the one that was planted, from any start, and what has no best temperature says so. */
#include <float.h>
#include <math.h>

#include "base/sum.h"
#include "binet/recalibration.h"
#include "binet/threads.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N_CLASSES = 5, N_TABLES = 40, PER_TABLE = 16, N_PLANTED = N_TABLES * PER_TABLE, N_RANDOM = 700, C_RANDOM = 37 };

static double planted[N_PLANTED * N_CLASSES];
static int64_t planted_labels[N_PLANTED];
static double scattered[N_RANDOM * C_RANDOM];
static int64_t scattered_labels[N_RANDOM];

/* Probabilities that are sixteenths, each row sixteen times with every label as often as its probability says: the NLL
 * is least at the temperature that multiplies the logarithms, exactly. */
static void plant(double temperature)
{
    uint64_t state = 3;
    for (int table = 0; table < N_TABLES; table++) {
        int shares[N_CLASSES] = {1, 1, 1, 1, 1};
        for (int left = PER_TABLE - N_CLASSES; left > 0; left--) {
            shares[(scores_next(&state) >> 33) % (table % 3 == 0 ? 2 : N_CLASSES)]++;
        }
        int row = table * PER_TABLE;
        for (int64_t k = 0; k < N_CLASSES; k++) {
            for (int i = 0; i < shares[k]; i++) {
                planted_labels[row++] = k;
            }
            for (int i = 0; i < PER_TABLE; i++) {
                planted[(table * PER_TABLE + i) * N_CLASSES + k] =
                    temperature * log(shares[k] / (double)PER_TABLE) + temperature * (table % 3);
            }
        }
    }
}

static void scatter(uint64_t seed)
{
    scores_of_labels(scattered, scattered_labels, N_RANDOM, C_RANDOM, seed);
}

static void to_f32(const double *values, int64_t n, float *narrow)
{
    for (int64_t i = 0; i < n; i++) {
        narrow[i] = (float)values[i];
    }
}

static binet_temperature_result fit_in(const binet_context *context, const binet_array *scores, const int64_t *labels,
                                       const binet_temperature_options *options)
{
    binet_array truth = scores_vector(labels, BINET_I64, scores->shape[0]);
    binet_temperature_result result = {.struct_size = sizeof result};
    binet_error error = {.message = ""};
    CHECK_INT(binet_fit_temperature(context, scores, &truth, options, &result, &error), BINET_OK);
    CHECK_TEXT(error.message, "");
    return result;
}

static binet_temperature_result fit(const void *values, int32_t dtype, int64_t n, int64_t n_classes,
                                    const int64_t *labels)
{
    binet_array scores = scores_matrix(values, dtype, n, n_classes);
    return fit_in(NULL, &scores, labels, NULL);
}

/* ---- What was planted -------------------------------------------------------------------------------------------- */

static void a_planted_temperature_is_found_from_any_start(void)
{
    static const double temperatures[] = {0.01, 0.03, 0.1, 0.3, 0.7, 1.0, 1.4, 2.0, 5.0, 25.0, 100.0};
    static const double starts[] = {0, 1e-6, 1e-3, 0.2, 5, 1e3, 1e6};
    static float narrow[N_PLANTED * N_CLASSES];
    for (size_t t = 0; t < sizeof temperatures / sizeof temperatures[0]; t++) {
        plant(temperatures[t]);
        to_f32(planted, N_PLANTED * N_CLASSES, narrow);
        for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
            binet_temperature_options options = {sizeof options, 0, 0, starts[s]};
            binet_array wide = scores_matrix(planted, BINET_F64, N_PLANTED, N_CLASSES);
            binet_array half = scores_matrix(narrow, BINET_F32, N_PLANTED, N_CLASSES);
            binet_temperature_result a = fit_in(NULL, &wide, planted_labels, &options);
            binet_temperature_result b = fit_in(NULL, &half, planted_labels, &options);
            CHECK_INT(a.state, BINET_TEMPERATURE_CONVERGED);
            CHECK_NEAR(a.temperature / temperatures[t], 1, 1e-7);
            CHECK_NEAR(b.temperature / temperatures[t], 1, 1e-6);
            /* The bound holds, and is of use; the planted optimum itself is off by the rounding of its logits. */
            CHECK(fabs(a.temperature / temperatures[t] - 1) <= a.relative_error + 1e-13);
            CHECK(a.relative_error <= 1e-7 && b.relative_error <= 1e-6);
            CHECK(a.nll_after <= a.nll_before && b.nll_after <= b.nll_before);
            CHECK(a.n_evaluations <= 20 && b.n_evaluations <= 20);
            CHECK_INT(a.n, N_PLANTED);
        }
    }
}

static void a_tight_tolerance_is_met(void)
{
    plant(1.7);
    binet_temperature_options options = {sizeof options, 0, 1e-15, 0};
    binet_array wide = scores_matrix(planted, BINET_F64, N_PLANTED, N_CLASSES);
    binet_temperature_result result = fit_in(NULL, &wide, planted_labels, &options);
    CHECK_NEAR(result.temperature / 1.7, 1, 1e-14);
    CHECK_NEAR(result.gradient, 0, 1e-14);
    CHECK(result.relative_error < 1e-14);
}

/* The mean NLL at 1 / t and its derivative by t, in long double. */
static long double mean_nll(const double *values, int64_t n, int64_t c, const int64_t *labels, long double t,
                            long double *derivative)
{
    long double nll = 0;
    long double slope = 0;
    for (int64_t i = 0; i < n; i++) {
        const double *row = values + i * c;
        long double most = row[0];
        long double sum = 0;
        long double mean = 0;
        for (int64_t k = 1; k < c; k++) {
            most = (long double)row[k] > most ? (long double)row[k] : most;
        }
        for (int64_t k = 0; k < c; k++) {
            long double e = expl(t * ((long double)row[k] - most));
            sum += e;
            mean += e * ((long double)row[k] - most);
        }
        nll += logl(sum) - t * ((long double)row[labels[i]] - most);
        slope += mean / sum - ((long double)row[labels[i]] - most);
    }
    *derivative = slope / (long double)n;
    return nll / (long double)n;
}

static void the_numbers_are_those_of_the_definition(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        scatter(seed);
        binet_temperature_result result = fit(scattered, BINET_F64, N_RANDOM, C_RANDOM, scattered_labels);
        long double inverse = 1 / (long double)result.temperature;
        long double slope;
        long double before = mean_nll(scattered, N_RANDOM, C_RANDOM, scattered_labels, 1, &slope);
        CHECK_NEAR(result.nll_before, (double)before, 1e-14 * (double)before);
        long double after = mean_nll(scattered, N_RANDOM, C_RANDOM, scattered_labels, inverse, &slope);
        CHECK_NEAR(result.nll_after, (double)after, 1e-14 * (double)after);
        CHECK_NEAR(result.gradient, (double)(-slope * inverse), 1e-14);
        /* The slope never falls: where it is 0, within the bound, it changes its sign. */
        for (int side = -1; side <= 1; side += 2) {
            long double end = inverse * (1 + side * (long double)result.relative_error);
            (void)mean_nll(scattered, N_RANDOM, C_RANDOM, scattered_labels, end, &slope);
            CHECK(side * slope >= 0);
        }
        CHECK(result.relative_error <= 1e-7);
    }
}

/* ---- Laws -------------------------------------------------------------------------------------------------------- */

static void predictions_at_the_temperature_have_its_nll_and_the_same_classes(void)
{
    for (int of_f64 = 0; of_f64 < 2; of_f64++) {
        static float narrow[N_RANDOM * C_RANDOM];
        scatter(17);
        to_f32(scattered, N_RANDOM * C_RANDOM, narrow);
        const void *values = of_f64 ? (const void *)scattered : (const void *)narrow;
        int32_t dtype = of_f64 ? BINET_F64 : BINET_F32;
        binet_array scores = scores_matrix(values, dtype, N_RANDOM, C_RANDOM);
        binet_array truth = scores_vector(scattered_labels, BINET_I64, N_RANDOM);
        binet_temperature_result result = fit(values, dtype, N_RANDOM, C_RANDOM, scattered_labels);
        for (int after = 0; after < 2; after++) {
            binet_predictions_options options = {.struct_size = sizeof options,
                                                 .temperature = after ? result.temperature : 1.0};
            binet_predictions *table = NULL;
            binet__sum sum = {0, 0};
            CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &truth, &options, &table, NULL),
                      BINET_OK);
            for (int64_t i = 0; i < N_RANDOM; i++) {
                binet__sum_add(&sum, scores_f64(table, BINET_NLL, i));
                int64_t best = 0;
                for (int64_t k = 1; k < C_RANDOM; k++) {
                    best = scattered[i * C_RANDOM + k] > scattered[i * C_RANDOM + best] ? k : best;
                }
                CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, i), best);
            }
            double mean = binet__sum_value(&sum) / N_RANDOM;
            CHECK_NEAR(after ? result.nll_after : result.nll_before, mean, 1e-15 * mean);
            binet_predictions_destroy(table);
        }
    }
}

static void the_nll_never_rises(void)
{
    /* Temperatures so close to 1 that rounding in f32 is larger than what there is to gain, and everything else. */
    static float narrow[N_PLANTED * N_CLASSES];
    for (int i = 0; i < 60; i++) {
        plant(1.0 + ldexp(i % 2 ? 1.0 : -1.0, -i / 2 - 1));
        to_f32(planted, N_PLANTED * N_CLASSES, narrow);
        binet_temperature_result result = fit(narrow, BINET_F32, N_PLANTED, N_CLASSES, planted_labels);
        CHECK(result.nll_after <= result.nll_before);
        CHECK(result.relative_error < 1e-4);
    }
}

static int same(const binet_temperature_result *a, const binet_temperature_result *b)
{
    return a->temperature == b->temperature && a->nll_before == b->nll_before && a->nll_after == b->nll_after &&
           a->gradient == b->gradient && a->relative_error == b->relative_error && a->state == b->state &&
           a->n_evaluations == b->n_evaluations;
}

static void threads_and_instruction_sets_do_not_matter(void)
{
    binet_thread_pool *pool = NULL;
    scatter(5);
    binet_array scores = scores_matrix(scattered, BINET_F64, N_RANDOM, C_RANDOM);
    binet_temperature_result alone = fit_in(NULL, &scores, scattered_labels, NULL);
    CHECK_INT(binet_thread_pool_create(5, &pool, NULL), BINET_OK);
    binet_executor executor = binet_thread_pool_executor(pool);
    for (int32_t isa = BINET_ISA_DEFAULT; isa <= BINET_ISA_NEON; isa++) {
        binet_context_options options = {.struct_size = sizeof options, .isa = isa, .executor = &executor};
        binet_context *context = NULL;
        if (binet_context_create(&options, &context, NULL) == BINET_OK) {
            binet_temperature_result other = fit_in(context, &scores, scattered_labels, NULL);
            CHECK(same(&alone, &other));
            binet_context_destroy(context);
        }
    }
    binet_thread_pool_destroy(pool);
}

static void order_copies_and_strides_do_not_matter(void)
{
    static double turned[2 * N_RANDOM * C_RANDOM];
    static int64_t turned_labels[2 * N_RANDOM];
    scatter(6);
    binet_temperature_result once = fit(scattered, BINET_F64, N_RANDOM, C_RANDOM, scattered_labels);
    /* Rows in the opposite order, each twice: resampled duplicates change nothing. */
    for (int64_t i = 0; i < (int64_t)2 * N_RANDOM; i++) {
        int64_t from = N_RANDOM - 1 - i / 2;
        memcpy(turned + i * C_RANDOM, scattered + from * C_RANDOM, sizeof(double) * C_RANDOM);
        turned_labels[i] = scattered_labels[from];
    }
    binet_temperature_result twice = fit(turned, BINET_F64, (int64_t)2 * N_RANDOM, C_RANDOM, turned_labels);
    CHECK(same(&once, &twice));
    /* Columns first in memory. */
    for (int64_t i = 0; i < N_RANDOM; i++) {
        for (int64_t k = 0; k < C_RANDOM; k++) {
            turned[k * N_RANDOM + i] = scattered[i * C_RANDOM + k];
        }
    }
    binet_array columns = {turned, BINET_F64, 2, {N_RANDOM, C_RANDOM}, {8, 8 * N_RANDOM}};
    binet_temperature_result other = fit_in(NULL, &columns, scattered_labels, NULL);
    CHECK(same(&once, &other));
}

static void narrow_types_are_widened_exactly(void)
{
    static uint16_t half[N_RANDOM * C_RANDOM], brain[N_RANDOM * C_RANDOM];
    static float wide[N_RANDOM * C_RANDOM];
    scores_labels(scattered_labels, N_RANDOM, C_RANDOM, 9);
    for (int i = 0; i < N_RANDOM * C_RANDOM; i++) {
        /* 1 + j / 8 and its double are exact in both. */
        int64_t j = i * 7919 % 8;
        int up = i % C_RANDOM == (int)scattered_labels[i / C_RANDOM] || i % 11 == 0;
        wide[i] = (float)(1.0 + (double)j / 8) * (up ? 2.0f : 1.0f);
        half[i] = (uint16_t)((up ? 0x4000 : 0x3c00) + j * 128);
        brain[i] = (uint16_t)((up ? 0x4000 : 0x3f80) + j * 16);
    }
    binet_temperature_result a = fit(wide, BINET_F32, N_RANDOM, C_RANDOM, scattered_labels);
    binet_temperature_result b = fit(half, BINET_F16, N_RANDOM, C_RANDOM, scattered_labels);
    binet_temperature_result c = fit(brain, BINET_BF16, N_RANDOM, C_RANDOM, scattered_labels);
    CHECK_INT(a.state, BINET_TEMPERATURE_CONVERGED);
    CHECK(same(&a, &b) && same(&a, &c));
}

/* ---- No best temperature ----------------------------------------------------------------------------------------- */

static void labels_that_are_all_largest_are_separable(void)
{
    const double values[3][3] = {{1, 0, -1}, {0, 3, 0}, {2, 2, 1}};
    const int64_t labels[3] = {0, 1, 1};
    for (int64_t n = 1; n <= 3; n++) {
        binet_temperature_result result = fit(values, BINET_F64, n, 3, labels);
        CHECK_INT(result.state, BINET_TEMPERATURE_SEPARABLE);
        CHECK(isnan(result.temperature) && isnan(result.relative_error) && isnan(result.gradient));
        /* The limit: log 2 for the row with a tie. */
        CHECK_NEAR(result.nll_after, n == 3 ? log(2) / 3 : 0, 1e-16);
        CHECK(result.nll_after < result.nll_before);
    }
    /* What no function takes cannot be used unseen. */
    binet_array scores = scores_matrix(values, BINET_F64, 3, 3);
    binet_predictions_options options = {.struct_size = sizeof options, .temperature = (double)NAN};
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, &options, &table, NULL),
              BINET_INVALID_ARGUMENT);
}

static void labels_worse_than_guessing_are_uniform(void)
{
    const double values[3][3] = {{1, 0, -1}, {0, 3, 0}, {900, 2, 1}};
    const int64_t wrong[3] = {2, 0, 1};
    for (int64_t n = 1; n <= 3; n++) {
        binet_temperature_result result = fit(values, BINET_F64, n, 3, wrong);
        CHECK_INT(result.state, BINET_TEMPERATURE_UNIFORM);
        CHECK(isnan(result.temperature) && isnan(result.relative_error));
        CHECK_NEAR(result.nll_after, log(3), 1e-3);
        CHECK(result.nll_after < result.nll_before);
        CHECK(result.n_evaluations <= 12);
    }
}

static void equal_logits_are_flat(void)
{
    const double equal[2][3] = {{4, 4, 4}, {-1, -1, (double)-INFINITY}};
    const int64_t labels[2] = {2, 0};
    binet_temperature_result result = fit(equal, BINET_F64, 2, 3, labels);
    CHECK_INT(result.state, BINET_TEMPERATURE_FLAT);
    CHECK(result.temperature == 1 && result.relative_error == 0 && result.gradient == 0);
    CHECK_NEAR(result.nll_after, (log(3) + log(2)) / 2, 1e-15);
    CHECK(result.nll_after == result.nll_before);
    /* One class only. */
    result = fit(equal, BINET_F64, 2, 1, (const int64_t[]){0, 0});
    CHECK_INT(result.state, BINET_TEMPERATURE_FLAT);
    CHECK(result.nll_after == 0);
}

static void one_wrong_row_is_enough_for_a_temperature(void)
{
    /* All right but one: 1 / T = log 3 for two rows right by 1 and one wrong by 1... p = 3/4 of four rows. */
    const double values[4][2] = {{1, 0}, {1, 0}, {1, 0}, {1, 0}};
    const int64_t labels[4] = {0, 0, 1, 0};
    binet_temperature_result result = fit(values, BINET_F64, 4, 2, labels);
    CHECK_INT(result.state, BINET_TEMPERATURE_CONVERGED);
    CHECK_NEAR(result.temperature * log(3), 1, 1e-7);
}

static void infinities_mean_what_they_do_in_predictions(void)
{
    const double plain[5][2] = {{1, 2}, {2, -5000}, {1, 7000}, {1, 0}, {3, 0}};
    const double odd[5][2] = {{1, 2}, {2, (double)-INFINITY}, {1, (double)INFINITY}, {1, 0}, {3, 0}};
    const int64_t labels[5] = {0, 0, 1, 0, 0};
    binet_temperature_result a = fit(plain, BINET_F64, 5, 2, labels);
    binet_temperature_result b = fit(odd, BINET_F64, 5, 2, labels);
    CHECK_INT(b.state, BINET_TEMPERATURE_CONVERGED);
    CHECK(a.temperature == b.temperature && a.nll_after == b.nll_after);
}

static void far_logits_do_not_overflow(void)
{
    /* A mask of -1e30 in the place of -inf, under a label too. */
    const float values[3][3] = {{1, 2, -1e30f}, {2, 1, -3e38f}, {5, 0, 3}};
    binet_temperature_result result = fit(values, BINET_F32, 3, 3, (const int64_t[]){0, 0, 0});
    CHECK_INT(result.state, BINET_TEMPERATURE_CONVERGED);
    CHECK(result.nll_after < result.nll_before);
    result = fit(values, BINET_F32, 3, 3, (const int64_t[]){2, 0, 0});
    CHECK_INT(result.state, BINET_TEMPERATURE_UNIFORM);
    CHECK_NEAR(result.nll_before / 1e30, 1.0 / 3, 1e-7);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(const binet_array *scores, const binet_array *labels, const binet_temperature_options *options,
                    binet_status status, const char *argument, int64_t element, const char *why)
{
    binet_temperature_result result = {.struct_size = sizeof result, .temperature = 77};
    binet_error error = {.message = ""};
    CHECK_INT(binet_fit_temperature(NULL, scores, labels, options, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(result.temperature == 77);
}

static void bad_rows_are_named(void)
{
    double values[3][2] = {{1, 2}, {2, 1}, {0, 1}};
    int64_t truth[3] = {0, 1, 1};
    binet_array scores = scores_matrix(values, BINET_F64, 3, 2);
    binet_array labels = scores_vector(truth, BINET_I64, 3);
    truth[1] = 2;
    refused(&scores, &labels, NULL, BINET_INVALID_DATA, "labels", 1, "labels[1] is 2; allowed: 0 .. 1");
    truth[1] = -1;
    refused(&scores, &labels, NULL, BINET_INVALID_DATA, "labels", 1, "labels[1] is -1");
    truth[1] = 1;
    for (int at = 0; at < 2; at++) {
        values[2][at] = (double)NAN;
        refused(&scores, &labels, NULL, BINET_INVALID_DATA, "scores", 2, at ? "NaN in column 1" : "NaN in column 0");
        values[2][at] = (double)-INFINITY;
        values[2][1 - at] = (double)NAN;
        refused(&scores, &labels, NULL, BINET_INVALID_DATA, "scores", 2, "NaN");
        values[2][at] = values[2][1 - at] = (double)INFINITY;
        refused(&scores, &labels, NULL, BINET_INVALID_DATA, "scores", 2, "second +inf in column 1");
        values[2][at] = values[2][1 - at] = (double)-INFINITY;
        refused(&scores, &labels, NULL, BINET_INVALID_DATA, "scores", 2, "nothing but -inf");
        values[2][at] = 0;
        values[2][1 - at] = 1;
    }
    values[2][0] = 1;
    values[2][1] = (double)-INFINITY;
    refused(&scores, &labels, NULL, BINET_INVALID_DATA, "scores", 2, "excludes the row's label, 1");
    values[2][0] = (double)INFINITY;
    values[2][1] = 3;
    refused(&scores, &labels, NULL, BINET_INVALID_DATA, "scores", 2, "excludes the row's label, 1");
}

static void bad_arguments_are_named(void)
{
    const double values[2][2] = {{1, 2}, {2, 1}};
    const int64_t truth[2] = {0, 1};
    binet_array scores = scores_matrix(values, BINET_F64, 2, 2);
    binet_array labels = scores_vector(truth, BINET_I64, 2);
    binet_array short_labels = scores_vector(truth, BINET_I64, 1);
    binet_array none = scores_matrix(values, BINET_F64, 0, 2);
    binet_array no_classes = scores_matrix(values, BINET_F64, 2, 0);
    binet_error error;
    refused(NULL, &labels, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "NULL");
    refused(&scores, NULL, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "NULL");
    refused(&labels, &labels, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "dimensions");
    refused(&scores, &scores, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "dimensions");
    refused(&scores, &short_labels, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "1 entries; scores has 2 rows");
    refused(&none, &short_labels, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "0 rows");
    refused(&no_classes, &labels, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "0 classes");
    binet_temperature_options options = {sizeof options, 1, 0, 0};
    refused(&scores, &labels, &options, BINET_INVALID_ARGUMENT, "options", -1, "most_evaluations is 1");
    static const double tolerances[] = {-1, 1e-16, 0.2, (double)INFINITY, (double)NAN};
    for (size_t i = 0; i < sizeof tolerances / sizeof tolerances[0]; i++) {
        options = (binet_temperature_options){sizeof options, 0, tolerances[i], 0};
        refused(&scores, &labels, &options, BINET_INVALID_ARGUMENT, "options", -1, "1e-15 .. 0.1");
        options = (binet_temperature_options){sizeof options, 0, 0, i == 2 ? 2e6 : tolerances[i]};
        refused(&scores, &labels, &options, BINET_INVALID_ARGUMENT, "options", -1, "1e-6 .. 1e6");
    }
    struct {
        binet_temperature_options known;
        int32_t unknown;
    } newer = {{sizeof newer, 0, 0, 0}, 1};
    refused(&scores, &labels, &newer.known, BINET_UNSUPPORTED, "options", -1, "does not know");
    CHECK_INT(binet_fit_temperature(NULL, &scores, &labels, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
}

static void what_did_not_converge_says_how_far_it_came(void)
{
    plant(1.7);
    binet_array scores = scores_matrix(planted, BINET_F64, N_PLANTED, N_CLASSES);
    binet_array labels = scores_vector(planted_labels, BINET_I64, N_PLANTED);
    binet_temperature_options options = {sizeof options, 2, 0, 0};
    refused(&scores, &labels, &options, BINET_NOT_CONVERGED, "", -1, "after 2 passes the temperature is known to lie");
    /* A best temperature that is too far off. */
    plant(1e-8);
    refused(&scores, &labels, NULL, BINET_NOT_CONVERGED, "", -1, "the best temperature is below");
}

static void without_memory_nothing_leaks(void)
{
    static uint16_t values[6] = {0x3c00, 0, 0x4000, 0x3c00, 0, 0x3c00};
    const int64_t truth[3] = {0, 1, 1};
    binet_array scores = {values, BINET_F16, 2, {3, 2}, {2, 6}};
    binet_array labels = scores_vector(truth, BINET_I64, 3);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_temperature_result result = {.struct_size = sizeof result, .n = 77};
        binet_status status = binet_fit_temperature(context, &scores, &labels, NULL, &result, NULL);
        CHECK_INT(result.n, status == BINET_OK ? 3 : 77);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(a_planted_temperature_is_found_from_any_start);
    RUN(a_tight_tolerance_is_met);
    RUN(the_numbers_are_those_of_the_definition);
    RUN(predictions_at_the_temperature_have_its_nll_and_the_same_classes);
    RUN(the_nll_never_rises);
    RUN(threads_and_instruction_sets_do_not_matter);
    RUN(order_copies_and_strides_do_not_matter);
    RUN(narrow_types_are_widened_exactly);
    RUN(labels_that_are_all_largest_are_separable);
    RUN(labels_worse_than_guessing_are_uniform);
    RUN(equal_logits_are_flat);
    RUN(one_wrong_row_is_enough_for_a_temperature);
    RUN(infinities_mean_what_they_do_in_predictions);
    RUN(far_logits_do_not_overflow);
    RUN(bad_rows_are_named);
    RUN(bad_arguments_are_named);
    RUN(what_did_not_converge_says_how_far_it_came);
    RUN(without_memory_nothing_leaks);
    return check_result();
}
