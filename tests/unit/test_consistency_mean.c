/* Mean kappas over pairs and their differences: values, laws of the resamples, and what is wrong with pairs is named.
 */
#include <math.h>

#include "binet/bias.h"
#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { M = 5, N = 203 };

static unsigned char correct[M][N];

/* Each observer copies the one before on a third of the trials. */
static void fill(void)
{
    uint64_t state = 17;
    for (int a = 0; a < M; a++) {
        for (int i = 0; i < N; i++) {
            uint64_t chance = scores_next(&state) >> 40;
            int copied = a > 0 && chance % 3 == 0;
            correct[a][i] = copied ? correct[a - 1][i] : (unsigned char)((chance >> 4) % 8 < (uint64_t)a + 2);
        }
    }
}

static binet_array observers(void)
{
    binet_array array = {correct, BINET_U8, 2, {M, N}, {N, 1}};
    return array;
}

static binet_array list_of(const int64_t *ends, int64_t n)
{
    binet_array array = {ends, BINET_I64, 2, {n, 2}, {16, 8}};
    return array;
}

static binet_error_consistency_mean_result mean_of(const binet_context *context, const int64_t *ends, int64_t n)
{
    binet_array all = observers();
    binet_array pairs = list_of(ends, n);
    binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = 200};
    binet_error_consistency_mean_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_error_consistency_mean(context, &all, n > 0 ? &pairs : NULL, &options, &result, NULL), BINET_OK);
    return result;
}

static binet_error_consistency_difference_result difference_of(const int64_t *a, int64_t n_a, const int64_t *b,
                                                               int64_t n_b)
{
    binet_array all = observers();
    binet_array pairs_a = list_of(a, n_a);
    binet_array pairs_b = list_of(b, n_b);
    binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = 200};
    binet_error_consistency_difference_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_error_consistency_difference(NULL, &all, &pairs_a, &pairs_b, &options, &result, NULL), BINET_OK);
    return result;
}

static double kappa_of(int a, int b)
{
    binet_array one = {correct[a], BINET_U8, 1, {N}, {1}};
    binet_array two = {correct[b], BINET_U8, 1, {N}, {1}};
    binet_error_consistency_result pair = {.struct_size = sizeof pair};
    CHECK_INT(binet_error_consistency(NULL, &one, &two, &pair, NULL), BINET_OK);
    return pair.kappa;
}

static void values_are_means_of_kappas(void)
{
    static const int64_t one[] = {3, 1};
    static const int64_t two[] = {0, 1, 4, 2};
    fill();
    binet_error_consistency_mean_result result = mean_of(NULL, one, 1);
    CHECK(result.kappa.value == kappa_of(1, 3));
    CHECK_INT(result.n, N);
    CHECK_INT(result.n_pairs, 1);
    result = mean_of(NULL, two, 2);
    CHECK_NEAR(result.kappa.value, (kappa_of(0, 1) + kappa_of(2, 4)) / 2, 1e-15);
    double sum = 0;
    for (int a = 0; a < M; a++) {
        for (int b = a + 1; b < M; b++) {
            sum += kappa_of(a, b);
        }
    }
    result = mean_of(NULL, NULL, 0);
    CHECK_INT(result.n_pairs, M * (M - 1) / 2);
    CHECK_NEAR(result.kappa.value, sum / (M * (M - 1) / 2), 1e-15);
    CHECK_INT(result.kappa.interval, BINET_INTERVAL_FOUND);
    CHECK(result.kappa.low < result.kappa.value && result.kappa.value < result.kappa.high);
    CHECK(result.kappa.standard_error > 0);
}

/* The interval is the quantiles of kappas that are counted trial by trial from the same resamples. */
typedef struct pair_of_rows {
    const unsigned char *a;
    const unsigned char *b;
} pair_of_rows;

static binet_status count_kappa(void *self, const int64_t *rows, int64_t n_rows, double *values, binet_error *error)
{
    const pair_of_rows *pair = self;
    double n = (double)n_rows;
    double same = 0;
    double p = 0;
    double q = 0;
    (void)error;
    for (int64_t i = 0; i < n_rows; i++) {
        same += pair->a[rows[i]] == pair->b[rows[i]];
        p += pair->a[rows[i]] / n;
        q += pair->b[rows[i]] / n;
    }
    double e = p * q + (1 - p) * (1 - q);
    values[0] = (same / n - e) / (1 - e);
    return BINET_OK;
}

static void intervals_are_those_of_the_definition(void)
{
    static const int64_t ends[] = {2, 3};
    fill();
    for (int32_t method = BINET_BOOTSTRAP_PERCENTILE; method <= BINET_BOOTSTRAP_BCA; method++) {
        pair_of_rows pair = {correct[2], correct[3]};
        binet_statistic statistic = {.struct_size = sizeof statistic, .self = &pair, .compute = count_kappa};
        binet_bootstrap_options options = {
            .struct_size = sizeof options, .method = method, .n_resamples = 300, .confidence_level = 0.9, .seed = 5};
        binet_estimate expected;
        binet_bootstrap_result estimates = {
            .struct_size = sizeof estimates, .estimates = &expected, .estimates_capacity = 1};
        CHECK_INT(binet_bootstrap(NULL, N, &statistic, &options, &estimates, NULL), BINET_OK);
        binet_array all = observers();
        binet_array pairs = list_of(ends, 1);
        binet_error_consistency_mean_result result = {.struct_size = sizeof result};
        CHECK_INT(binet_error_consistency_mean(NULL, &all, &pairs, &options, &result, NULL), BINET_OK);
        CHECK_NEAR(result.kappa.low, expected.low, 1e-12);
        CHECK_NEAR(result.kappa.high, expected.high, 1e-12);
        CHECK_NEAR(result.kappa.standard_error, expected.standard_error, 1e-12);
    }
}

static void differences_are_paired(void)
{
    static const int64_t a[] = {0, 1};
    static const int64_t b[] = {0, 4, 0, 3};
    static const int64_t swapped[] = {1, 0};
    fill();
    binet_error_consistency_difference_result one = difference_of(a, 1, b, 2);
    binet_error_consistency_difference_result two = difference_of(b, 2, a, 1);
    CHECK(one.kappa_a.value == kappa_of(0, 1));
    CHECK_NEAR(one.kappa_b.value, (kappa_of(0, 4) + kappa_of(0, 3)) / 2, 1e-15);
    CHECK(one.difference.value == one.kappa_a.value - one.kappa_b.value);
    CHECK_INT(one.n, N);
    CHECK(two.difference.value == -one.difference.value);
    CHECK_NEAR(two.difference.low, -one.difference.high, 1e-15);
    CHECK_NEAR(two.difference.high, -one.difference.low, 1e-15);
    CHECK(two.p_value == one.p_value);
    CHECK_NEAR(one.p_value, 2.0 / 201, 1e-15); /* observer 1 copies 0, the others do not: no resample says otherwise */
    CHECK(one.difference.low > 0);
    /* What both lists share does not vary: nothing is left of the same pair, whichever end comes first. */
    binet_error_consistency_difference_result none = difference_of(a, 1, swapped, 1);
    CHECK(none.difference.value == 0 && none.difference.low == 0 && none.difference.high == 0);
    CHECK(none.p_value == 1.0);
    CHECK(one.kappa_a.low == none.kappa_a.low && one.kappa_a.high == none.kappa_a.high); /* the same resamples */
}

static void threads_strides_and_dtype_change_nothing(void)
{
    static const int64_t ends[] = {0, 1, 2, 3, 4, 0};
    static const int32_t narrow[] = {0, 9, 4, 9, 2, 9, 3, 9, 0, 9, 1, 9};
    fill();
    binet_error_consistency_mean_result plain = mean_of(NULL, ends, 3);
    pooled on = pooled_start(4, BINET_ISA_SCALAR);
    binet_error_consistency_mean_result other = mean_of(on.context, ends, 3);
    CHECK(memcmp(&plain, &other, sizeof plain) == 0);
    /* {4, 0}, {2, 3}, {0, 1} from i32: another order of the same sum. */
    static const int64_t turned[] = {4, 0, 2, 3, 0, 1};
    binet_array all = observers();
    binet_array strided = {narrow + 2, BINET_I32, 2, {1, 2}, {16, 8}};
    binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = 200};
    CHECK_INT(binet_error_consistency_mean(on.context, &all, &strided, &options, &other, NULL), BINET_OK);
    CHECK(other.kappa.value == kappa_of(2, 4));
    CHECK_NEAR(mean_of(NULL, turned, 3).kappa.low, plain.kappa.low, 1e-15);
    pooled_end(on);
}

/* Observers who have all right, or all wrong, have a kappa in every resample. */
static void the_ends_have_a_value(void)
{
    static const int64_t same[] = {0, 1};
    static const int64_t other[] = {0, 2};
    fill();
    memset(correct[0], 1, N);
    memset(correct[1], 1, N);
    memset(correct[2], 0, N);
    binet_error_consistency_mean_result result = mean_of(NULL, same, 1);
    CHECK(result.kappa.value == 1 && result.kappa.low == 1 && result.kappa.high == 1);
    CHECK_INT(result.kappa.n_undefined, 0);
    result = mean_of(NULL, other, 1);
    CHECK(result.kappa.value == 0 && result.kappa.low == 0 && result.kappa.high == 0);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(const binet_array *given, const binet_array *pairs, const binet_bootstrap_options *options,
                    binet_status status, const char *argument, int64_t element, const char *why)
{
    static const int64_t good[] = {0, 1};
    binet_array fine = list_of(good, 1);
    binet_error_consistency_mean_result mean = {.struct_size = sizeof mean, .n_pairs = 77};
    binet_error_consistency_difference_result difference = {.struct_size = sizeof difference, .p_value = 7};
    binet_error error;
    CHECK_INT(binet_error_consistency_mean(NULL, given, pairs, options, &mean, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK_INT(mean.n_pairs, 77);
    CHECK_INT(binet_error_consistency_difference(NULL, given, &fine, pairs, options, &difference, &error),
              pairs == NULL ? BINET_INVALID_ARGUMENT : status);
    CHECK_TEXT(error.argument, strcmp(argument, "pairs") == 0 ? "pairs_b" : pairs == NULL ? "pairs_b" : argument);
    CHECK(difference.p_value == 7);
}

static void what_does_not_fit_is_named(void)
{
    int64_t ends[] = {0, 1, 3, 3, 2, 4};
    fill();
    binet_array all = observers();
    binet_array pairs = list_of(ends, 3);
    refused(&all, &pairs, NULL, BINET_INVALID_DATA, "pairs", 1, "[1] is 3 and 3; allowed: two of the observers 0 .. 4");
    ends[3] = M;
    refused(&all, &pairs, NULL, BINET_INVALID_DATA, "pairs", 1, "is 3 and 5");
    ends[3] = -1;
    refused(&all, &pairs, NULL, BINET_INVALID_DATA, "pairs", 1, "is 3 and -1");
    ends[3] = 2;
    pairs.shape[0] = 0;
    refused(&all, &pairs, NULL, BINET_INVALID_ARGUMENT, "pairs", -1, "is [0, 2]; allowed: [P, 2]");
    pairs = list_of(ends, 3);
    pairs.shape[1] = 1;
    refused(&all, &pairs, NULL, BINET_INVALID_ARGUMENT, "pairs", -1, "is [3, 1]");
    pairs.ndim = 1;
    refused(&all, &pairs, NULL, BINET_INVALID_ARGUMENT, "pairs", -1, "1 dimensions");
    pairs = list_of(ends, 3);
    pairs.dtype = BINET_F64;
    refused(&all, &pairs, NULL, BINET_INVALID_ARGUMENT, "pairs", -1, "dtype");
    pairs = list_of(ends, 3);
    correct[1][7] = 3;
    refused(&all, &pairs, NULL, BINET_INVALID_DATA, "correct", N + 7, "is 3; allowed: 0 (wrong), 1 (right)");
    correct[1][7] = 1;
    binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = 1};
    refused(&all, &pairs, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->n_resamples is 1");
    options.n_resamples = -5;
    refused(&all, &pairs, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->n_resamples is -5");
    options.n_resamples = INT64_MAX;
    refused(&all, &pairs, &options, BINET_INVALID_ARGUMENT, "options", -1,
            "options->n_resamples is 9223372036854775807");
    options.n_resamples = 10;
    options.confidence_level = 1.0;
    refused(&all, &pairs, &options, BINET_INVALID_ARGUMENT, "options", -1, "confidence_level");
    all.shape[0] = 1;
    binet_error error;
    binet_error_consistency_mean_result mean = {.struct_size = sizeof mean};
    CHECK_INT(binet_error_consistency_mean(NULL, &all, NULL, NULL, &mean, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "correct");
    CHECK_CONTAINS(error.message, "one observer; a pair needs two");
    CHECK_INT(binet_error_consistency_mean(NULL, &all, NULL, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    CHECK_INT(binet_error_consistency_difference(NULL, &all, NULL, &pairs, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
}

static void memory_that_runs_out_is_said_and_given_back(void)
{
    static const int64_t ends[] = {0, 1, 0, 2};
    fill();
    binet_array all = observers();
    binet_array one = list_of(ends, 1);
    binet_array two = list_of(ends, 2);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_bootstrap_options options = {.struct_size = sizeof options, .n_resamples = 3};
        binet_error_consistency_difference_result result = {.struct_size = sizeof result, .p_value = 7};
        binet_status status = binet_error_consistency_difference(context, &all, &one, &two, &options, &result, NULL);
        CHECK((status == BINET_OK) == (result.p_value != 7));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(values_are_means_of_kappas);
    RUN(intervals_are_those_of_the_definition);
    RUN(differences_are_paired);
    RUN(threads_strides_and_dtype_change_nothing);
    RUN(the_ends_have_a_value);
    RUN(what_does_not_fit_is_named);
    RUN(memory_that_runs_out_is_said_and_given_back);
    return check_result();
}
