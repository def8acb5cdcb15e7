/* LEEP and NCE: hand-made answers, what one says of the other, the same bits in every order, and bad input. */
#include <math.h>

#include "binet/threads.h"
#include "binet/transfer.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 5000, C = 21, K = 3 };

static double logits[N * C];
static int64_t sources[N];
static int64_t labels[N];

/* Labels that the source classes tell something of; two target classes have samples, one of them many. */
static void fill(void)
{
    scores_logits(logits, (int64_t)N * C, 1);
    scores_labels(labels, N, 4, 2);
    for (int i = 0; i < N; i++) {
        labels[i] = labels[i] == 1 ? K - 1 : 0;
        logits[i * C + labels[i]] += 5.0;
        sources[i] = 0;
        for (int k = 1; k < C; k++) {
            sources[i] = logits[i * C + k] > logits[i * C + sources[i]] ? k : sources[i];
        }
    }
}

static binet_leep_result leep(const binet_context *context, int32_t kind, const binet_array *scores)
{
    binet_array truth = scores_vector(labels, BINET_I64, N);
    binet_leep_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_leep(context, kind, scores, &truth, &result, NULL), BINET_OK);
    return result;
}

static binet_nce_result nce(void)
{
    binet_array given = scores_vector(sources, BINET_I64, N);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    binet_nce_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_nce(NULL, &given, &truth, &result, NULL), BINET_OK);
    return result;
}

/* ---- By hand ----------------------------------------------------------------------------------------------------- */

static void leep_of_four_rows_by_hand(void)
{
    /* P(y, z) 4: {1.5, 0.5, 0} and {0.5, 1.25, 0.25}; a fourth source class is never expected. */
    static const double probabilities[16] = {1, 0, 0, 0, 0.5, 0.5, 0, 0, 0.5, 0.25, 0.25, 0, 0, 1, 0, 0};
    static const int32_t truth[4] = {0, 0, 1, 1};
    binet_array scores = scores_matrix(probabilities, BINET_F64, 4, 4);
    binet_array targets = scores_vector(truth, BINET_I32, 4);
    binet_leep_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_leep(NULL, BINET_PROBABILITIES, &scores, &targets, &result, NULL), BINET_OK);
    double z0 = 1.5 / 2;
    double z1 = 0.5 / 1.75;
    double expected = log(z0) + log(0.5 * z0 + 0.5 * z1) + log(0.5 * (1 - z0) + 0.25 * (1 - z1) + 0.25) + log(1 - z1);
    CHECK_NEAR(result.leep, expected / 4, 1e-15);
    CHECK_INT(result.n, 4);
    CHECK_INT(result.n_classes, 2);
    CHECK_INT(result.n_present, 2);
    CHECK_INT(result.n_source_classes, 4);
}

static void nce_of_six_rows_by_hand(void)
{
    static const int32_t given[6] = {7, 7, 7, 2147483647, 2147483647, 0};
    static const int32_t truth[6] = {0, 0, 5, 5, 5, 1};
    binet_array predictions = scores_vector(given, BINET_I32, 6);
    binet_array targets = scores_vector(truth, BINET_I32, 6);
    binet_nce_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_nce(NULL, &predictions, &targets, &result, NULL), BINET_OK);
    CHECK_NEAR(result.nce, (2 * log(2.0 / 3) + log(1.0 / 3)) / 6, 1e-15);
    CHECK_NEAR(result.label_entropy, (2 * log(3.0) + 3 * log(2.0) + log(6.0)) / 6, 1e-15);
    CHECK_INT(result.n, 6);
    CHECK_INT(result.n_classes, 6);
    CHECK_INT(result.n_present, 3);
    CHECK_INT(result.n_source_classes, 3);
}

/* ---- Laws -------------------------------------------------------------------------------------------------------- */

/* With probabilities of 0 and 1, LEEP is NCE: -H(Y | Z) is the mean of log P(y | z). */
static void certain_answers_make_leep_nce(void)
{
    fill();
    static float certain[N * C];
    memset(certain, 0, sizeof certain);
    for (int i = 0; i < N; i++) {
        certain[i * C + sources[i]] = 1.0F;
    }
    binet_array scores = scores_matrix(certain, BINET_F32, N, C);
    binet_nce_result hard = nce();
    binet_leep_result soft = leep(NULL, BINET_PROBABILITIES, &scores);
    CHECK_NEAR(soft.leep, hard.nce, 1e-14);
    CHECK(hard.nce < 0.0 && hard.nce > -hard.label_entropy);
    CHECK_INT(soft.n_present, 2);
    CHECK_INT(soft.n_classes, K);
}

static void answers_that_tell_all_or_nothing_are_the_ends(void)
{
    fill();
    memcpy(sources, labels, sizeof sources);
    CHECK(nce().nce == 0.0 && !signbit(nce().nce));
    memset(sources, 0, sizeof sources);
    CHECK_NEAR(nce().nce, -nce().label_entropy, 1e-15);
    static double uniform[N * C];
    for (int i = 0; i < N * C; i++) {
        uniform[i] = 1.0 / C;
    }
    binet_array scores = scores_matrix(uniform, BINET_F64, N, C);
    CHECK_NEAR(leep(NULL, BINET_PROBABILITIES, &scores).leep, -nce().label_entropy, 1e-14);
}

static void order_threads_strides_and_instruction_sets_give_the_same_bits(void)
{
    fill();
    static double turned[N * C];
    binet_array scores = scores_matrix(logits, BINET_F64, N, C);
    double usual = leep(NULL, BINET_LOGITS, &scores).leep;
    double hard = nce().nce;
    for (int i = 0; i < 12; i++) {
        binet_thread_pool *pool = NULL;
        binet_context *context = NULL;
        CHECK_INT(binet_thread_pool_create(1 + i % 3, &pool, NULL), BINET_OK);
        binet_executor executor = binet_thread_pool_executor(pool);
        binet_context_options options = {sizeof options, BINET_ISA_SCALAR + i / 3, NULL, &executor};
        if (binet_context_create(&options, &context, NULL) == BINET_OK) {
            CHECK(leep(context, BINET_LOGITS, &scores).leep == usual);
        }
        binet_context_destroy(context);
        binet_thread_pool_destroy(pool);
    }
    for (int i = 0; i < N; i++) {
        memcpy(turned + (size_t)(N - 1 - i) * C, logits + (size_t)i * C, C * sizeof(double));
    }
    for (int i = 0; i < N / 2; i++) {
        int64_t label = labels[i];
        int64_t source = sources[i];
        labels[i] = labels[N - 1 - i];
        labels[N - 1 - i] = label;
        sources[i] = sources[N - 1 - i];
        sources[N - 1 - i] = source;
    }
    scores = scores_matrix(turned, BINET_F64, N, C);
    CHECK(leep(NULL, BINET_LOGITS, &scores).leep == usual);
    CHECK(nce().nce == hard);
    binet_array backwards = {turned + (size_t)(N - 1) * C, BINET_F64, 2, {N, C}, {-8 * C, 8}};
    for (int i = 0; i < N / 2; i++) {
        int64_t label = labels[i];
        labels[i] = labels[N - 1 - i];
        labels[N - 1 - i] = label;
    }
    CHECK(leep(NULL, BINET_LOGITS, &backwards).leep == usual);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(int32_t kind, const binet_array *scores, const binet_array *truth, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    binet_leep_result result = {.struct_size = sizeof result, .leep = 77.0};
    binet_error error;
    CHECK_INT(binet_leep(NULL, kind, scores, truth, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(result.leep == 77.0 && result.n == 0);
}

static void refused_nce(const binet_array *given, const binet_array *truth, binet_status status, const char *argument,
                        int64_t element, const char *why)
{
    binet_nce_result result = {.struct_size = sizeof result, .nce = 77.0};
    binet_error error;
    CHECK_INT(binet_nce(NULL, given, truth, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(result.nce == 77.0 && result.n == 0);
}

static void bad_scores_are_named(void)
{
    fill();
    binet_array scores = scores_matrix(logits, BINET_F64, N, C);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    refused(7, &scores, &truth, BINET_INVALID_ARGUMENT, "kind", -1, "kind is 7");
    refused(BINET_LOGITS, NULL, &truth, BINET_INVALID_ARGUMENT, "scores", -1, "NULL");
    refused(BINET_PROBABILITIES, &scores, &truth, BINET_INVALID_DATA, "scores", 0, "0");
    logits[4321 * C + 3] = NAN;
    refused(BINET_LOGITS, &scores, &truth, BINET_INVALID_DATA, "scores", 4321, "NaN");
    logits[4321 * C + 3] = 0.0;
    static double halves[N * C];
    for (int i = 0; i < N; i++) {
        halves[i * C] = 0.5;
        halves[i * C + 1] = i == 99 ? 0.25 : 0.5;
    }
    binet_array short_row = scores_matrix(halves, BINET_F64, N, C);
    refused(BINET_PROBABILITIES, &short_row, &truth, BINET_INVALID_DATA, "scores", 99, "0.75");
    halves[99 * C + 1] = 1.5;
    refused(BINET_PROBABILITIES, &short_row, &truth, BINET_INVALID_DATA, "scores", 99, "1.5");
    scores.shape[0] = 1;
    refused(BINET_LOGITS, &scores, &truth, BINET_INVALID_ARGUMENT, "scores", -1, "[1, 21]; allowed: [N, C]");
    scores.shape[0] = N - 1;
    refused(BINET_LOGITS, &scores, &truth, BINET_INVALID_ARGUMENT, "labels", -1, "5000 entries; scores has 4999 rows");
    scores.dtype = BINET_I32;
    refused(BINET_LOGITS, &scores, &truth, BINET_INVALID_ARGUMENT, "scores", -1, "dtype");
    binet_error error;
    scores = scores_matrix(logits, BINET_F64, N, C);
    CHECK_INT(binet_leep(NULL, BINET_LOGITS, &scores, &truth, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
}

static void bad_labels_and_predictions_are_named(void)
{
    fill();
    binet_array scores = scores_matrix(logits, BINET_F64, N, C);
    binet_array given = scores_vector(sources, BINET_I64, N);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    refused(BINET_LOGITS, &scores, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "NULL");
    refused_nce(&given, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "NULL");
    refused_nce(NULL, &truth, BINET_INVALID_ARGUMENT, "predictions", -1, "NULL");
    labels[3] = -1;
    refused(BINET_LOGITS, &scores, &truth, BINET_INVALID_DATA, "labels", 3, "labels[3] is -1; allowed: 0 .. 65535");
    refused_nce(&given, &truth, BINET_INVALID_DATA, "labels", 3, "labels[3] is -1");
    labels[3] = 0;
    sources[8] = INT64_C(1) << 31;
    refused_nce(&given, &truth, BINET_INVALID_DATA, "predictions", 8, "predictions[8] is 2147483648; allowed: 0");
    sources[8] = -1;
    refused_nce(&given, &truth, BINET_INVALID_DATA, "predictions", 8, "-1");
    sources[8] = 0;
    given.shape[0] = N - 1;
    refused_nce(&given, &truth, BINET_INVALID_ARGUMENT, "labels", -1, "5000 entries; predictions has 4999 rows");
    given.shape[0] = N;
    memset(labels, 0, sizeof labels);
    refused(BINET_LOGITS, &scores, &truth, BINET_INVALID_DATA, "labels", -1,
            "labels has one class, 0, on all 5000 rows");
    refused_nce(&given, &truth, BINET_INVALID_DATA, "labels", -1, "one class");
    binet_error error;
    CHECK_INT(binet_nce(NULL, &given, &truth, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
}

static void memory_may_run_out_anywhere(void)
{
    enum { SOME = 200 }; /* more than a loop has tasks, each of which has memory of its own */
    fill();
    binet_array scores = scores_matrix(logits, BINET_F64, SOME, C);
    binet_array given = scores_vector(sources, BINET_I64, SOME);
    binet_array truth = scores_vector(labels, BINET_I64, SOME);
    for (int hard = 0; hard < 2; hard++) {
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_leep_result soft_result = {.struct_size = sizeof soft_result, .leep = 77.0};
            binet_nce_result hard_result = {.struct_size = sizeof hard_result, .nce = 77.0};
            binet_status status = hard ? binet_nce(context, &given, &truth, &hard_result, NULL)
                                       : binet_leep(context, BINET_LOGITS, &scores, &truth, &soft_result, NULL);
            CHECK((status == BINET_OK) == (hard ? hard_result.nce != 77.0 : soft_result.leep != 77.0));
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
}

int main(void)
{
    RUN(leep_of_four_rows_by_hand);
    RUN(nce_of_six_rows_by_hand);
    RUN(certain_answers_make_leep_nce);
    RUN(answers_that_tell_all_or_nothing_are_the_ends);
    RUN(order_threads_strides_and_instruction_sets_give_the_same_bits);
    RUN(bad_scores_are_named);
    RUN(bad_labels_and_predictions_are_named);
    RUN(memory_may_run_out_anywhere);
    return check_result();
}
