/* What class-wise calibration refuses: status, argument, element, and a line that says why. */
#include "binet/classwise.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { N = 40, C = 5 };

static float good[N][C];
static int64_t labels[N];

static void fill(void)
{
    for (int64_t i = 0; i < N; i++) {
        for (int64_t k = 0; k < C; k++) {
            good[i][k] = (float)(k == i % 3) * 0.875f + 0.025f; /* most are in the first bin */
        }
        labels[i] = i % C;
    }
}

static void refused(int32_t kind, const binet_array *scores, const binet_array *truth,
                    const binet_classwise_options *options, binet_status status, const char *argument, int64_t element,
                    const char *part)
{
    binet_classwise_class classes[C];
    binet_classwise_result result = {
        .struct_size = sizeof result, .classes = classes, .classes_capacity = C, .n = 77, .ece = 77.0};
    binet_error error = {0};
    classes[0].n = 77;
    CHECK_INT(binet_classwise_calibration(NULL, kind, scores, truth, options, &result, &error), status);
    CHECK_INT(error.status, status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, part);
    CHECK(result.n == 77 && result.ece == 77.0 && classes[0].n == 77);
}

static void options_that_do_not_fit_are_named(void)
{
    binet_array scores = scores_matrix(good, BINET_F32, N, C);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    static const struct {
        binet_classwise_options options;
        int32_t kind;
        const char *part;
    } wrong[] = {
        {{0, -1, 0, 0, 0, 0, 0.0, 0.0}, BINET_PROBABILITIES, "options->n_bins is -1"},
        {{0, 65537, 0, 0, 0, 0, 0.0, 0.0}, BINET_PROBABILITIES, "options->n_bins is 65537; allowed: 1 .. 65536"},
        {{0, 0, 2, 0, 0, 0, 0.0, 0.0}, BINET_PROBABILITIES, "options->binning is 2"},
        {{0, 0, 0, -1, 0, 0, 0.0, 0.0}, BINET_PROBABILITIES, "options->convention is -1"},
        {{0, 0, 0, 6, 0, 0, 0.0, 0.0}, BINET_PROBABILITIES, "options->convention is 6; allowed: 0 (binet)"},
        {{0, 0, 1, 1, 0, 0, 0.0, 0.0}, BINET_PROBABILITIES, "1 (torchmetrics); class-wise equal mass has its own"},
        {{0, 0, 0, 2, 1, 0, 0.0, 0.0}, BINET_PROBABILITIES, "2 (netcal); pearce has its own"},
        {{0, 0, 0, 0, 2, 0, 0.0, 0.0}, BINET_PROBABILITIES, "options->definition is 2"},
        {{0, 0, 0, 0, 0, 1, 0.0, 0.0}, BINET_PROBABILITIES, "options->reserved is 1"},
        {{0, 0, 0, 0, 0, 0, -0.01, 0.0}, BINET_PROBABILITIES, "options->threshold is -0.01; allowed: 0 .. 1"},
        {{0, 0, 0, 0, 0, 0, 1.01, 0.0}, BINET_PROBABILITIES, "options->threshold is 1.01"},
        {{0, 0, 0, 0, 0, 0, NAN, 0.0}, BINET_PROBABILITIES, "options->threshold is nan"},
        {{0, 0, 0, 0, 1, 0, 0.01, 0.0}, BINET_PROBABILITIES, "equal mass only"},
        {{0, 0, 0, 0, 0, 0, 0.0, -1.0}, BINET_LOGITS, "options->temperature is -1"},
        {{0, 0, 0, 0, 0, 0, 0.0, 2.0}, BINET_PROBABILITIES, "probabilities allow none"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        binet_classwise_options options = wrong[i].options;
        options.struct_size = sizeof options;
        refused(wrong[i].kind, &scores, &truth, &options, BINET_INVALID_ARGUMENT, "options", -1, wrong[i].part);
    }
    struct {
        binet_classwise_options known;
        int32_t unknown;
    } newer = {{sizeof newer, 0, 0, 0, 0, 0, 0.0, 0.0}, 1};
    refused(BINET_PROBABILITIES, &scores, &truth, &newer.known, BINET_UNSUPPORTED, "options", -1, "does not know");
    refused(3, &scores, &truth, NULL, BINET_INVALID_ARGUMENT, "kind", -1, "kind is 3");
}

static void arrays_that_do_not_fit_are_named(void)
{
    binet_array scores = scores_matrix(good, BINET_F32, N, C);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    refused(BINET_PROBABILITIES, NULL, &truth, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "NULL");
    refused(BINET_PROBABILITIES, &scores, NULL, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "NULL");
    refused(BINET_PROBABILITIES, &truth, &truth, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "1 dimensions");
    refused(BINET_PROBABILITIES, &scores, &scores, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "2 dimensions");
    truth.shape[0] = N - 1;
    refused(BINET_PROBABILITIES, &scores, &truth, NULL, BINET_INVALID_ARGUMENT, "labels", -1,
            "labels has 39 entries; scores has 40 rows");
    scores.shape[0] = 0;
    truth.shape[0] = 0;
    refused(BINET_PROBABILITIES, &scores, &truth, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "0 rows");
    scores.shape[0] = N;
    scores.shape[1] = 0;
    refused(BINET_PROBABILITIES, &scores, &truth, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "0 classes");
}

/* Row 31 of 40, for bins of equal width and of equal mass. */
static void rows_that_are_wrong_are_named(void)
{
    static float bad[N][C];
    static int64_t truth[N];
    for (int32_t binning = BINET_EQUAL_WIDTH; binning <= BINET_EQUAL_MASS; binning++) {
        binet_classwise_options options = {.struct_size = sizeof options, .binning = binning};
        binet_array scores = scores_matrix(bad, BINET_F32, N, C);
        binet_array vector = scores_vector(truth, BINET_I64, N);
        memcpy(bad, good, sizeof bad);
        memcpy(truth, labels, sizeof truth);
        bad[31][2] = NAN;
        for (int32_t kind = BINET_LOGITS; kind <= BINET_PROBABILITIES; kind++) {
            refused(kind, &scores, &vector, &options, BINET_INVALID_DATA, "scores", 31,
                    "scores[31] has a NaN in column 2");
        }
        bad[31][2] = -0.25f;
        refused(BINET_PROBABILITIES, &scores, &vector, &options, BINET_INVALID_DATA, "scores", 31,
                "scores[31] has the probability -0.25 in column 2");
        bad[31][2] = 1.5f;
        refused(BINET_PROBABILITIES, &scores, &vector, &options, BINET_INVALID_DATA, "scores", 31,
                "scores[31] has the probability 1.5 in column 2");
        bad[31][2] = 0.25f;
        refused(BINET_PROBABILITIES, &scores, &vector, &options, BINET_INVALID_DATA, "scores", 31,
                "scores[31] sums to 1.22");
        bad[31][2] = INFINITY;
        bad[31][4] = INFINITY;
        refused(BINET_LOGITS, &scores, &vector, &options, BINET_INVALID_DATA, "scores", 31,
                "scores[31] has a second +inf in column 4");
        for (int64_t k = 0; k < C; k++) {
            bad[31][k] = -INFINITY;
        }
        refused(BINET_LOGITS, &scores, &vector, &options, BINET_INVALID_DATA, "scores", 31, "nothing but -inf");
        truth[30] = C;
        refused(BINET_LOGITS, &scores, &vector, &options, BINET_INVALID_DATA, "labels", 30,
                "labels[30] is 5; allowed: 0 .. 4");
        truth[30] = -1;
        refused(BINET_LOGITS, &scores, &vector, &options, BINET_INVALID_DATA, "labels", 30, "labels[30] is -1");
    }
}

static void room_that_is_too_small_is_named(void)
{
    binet_array scores = scores_matrix(good, BINET_F32, N, C);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    binet_classwise_class classes[C];
    binet_calibration_bin bins[1];
    binet_error error;
    for (int32_t binning = BINET_EQUAL_WIDTH; binning <= BINET_EQUAL_MASS; binning++) {
        binet_classwise_options options = {.struct_size = sizeof options, .binning = binning};
        binet_classwise_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = C - 1};
        CHECK_INT(binet_classwise_calibration(NULL, BINET_PROBABILITIES, &scores, &truth, &options, &result, &error),
                  BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "result");
        CHECK_CONTAINS(error.message, "result->classes_capacity is 4; at least 5 are needed");
        result.classes_capacity = C;
        result.bins = bins;
        result.bins_capacity = 15 * C - 1;
        CHECK_INT(binet_classwise_calibration(NULL, BINET_PROBABILITIES, &scores, &truth, &options, &result, &error),
                  BINET_INVALID_ARGUMENT);
        CHECK_CONTAINS(error.message, "result->bins_capacity is 74; at least 75 are needed");
    }
    CHECK_INT(binet_classwise_calibration(NULL, BINET_PROBABILITIES, &scores, &truth, NULL, NULL, &error),
              BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    binet_classwise_result small = {.struct_size = 2};
    CHECK_INT(binet_classwise_calibration(NULL, BINET_PROBABILITIES, &scores, &truth, NULL, &small, &error),
              BINET_INVALID_ARGUMENT);
}

/* ---- Builder ----------------------------------------------------------------------------------------------------- */

static void a_batch_that_fails_adds_nothing(void)
{
    /* Batches long enough for several pieces, of which the last is at fault, and three threads. */
    enum { LONG = 30000 };
    static float scores[LONG][C];
    static int64_t truth[LONG];
    static const double thresholds[] = {0.0, 0.3, 0.0};
    static const int32_t definitions[] = {BINET_CLASSWISE_NIXON, BINET_CLASSWISE_NIXON, BINET_CLASSWISE_PEARCE};
    pooled on = pooled_start(3, BINET_ISA_DEFAULT);
    for (int64_t i = 0; i < LONG; i++) {
        memcpy(scores[i], good[i % N], sizeof scores[i]);
        truth[i] = labels[i % N];
    }
    for (int i = 0; i < 3; i++) {
        binet_classwise_options options = {
            .struct_size = sizeof options, .definition = definitions[i], .threshold = thresholds[i]};
        binet_classwise_builder *builder = NULL;
        binet_classwise_class classes[2][C];
        binet_classwise_result results[2];
        binet_error error;
        binet_array matrix = scores_matrix(scores, BINET_F32, LONG, C);
        binet_array vector = scores_vector(truth, BINET_I64, LONG);
        CHECK_INT(binet_classwise_builder_create(on.context, BINET_PROBABILITIES, &options, &builder, NULL), BINET_OK);
        for (int round = 0; round < 2; round++) {
            results[round] = (binet_classwise_result){
                .struct_size = sizeof results[0], .classes = classes[round], .classes_capacity = C};
            if (round == 1) {
                scores[LONG - 2][1] = NAN;
                CHECK_INT(binet_classwise_builder_append(builder, &matrix, &vector, &error), BINET_INVALID_DATA);
                CHECK_INT(error.element, 2 * (int64_t)LONG - 2);
                CHECK_CONTAINS(error.message, "scores[59998] has a NaN in column 1");
                scores[LONG - 2][1] = good[(LONG - 2) % N][1];
            } else {
                CHECK_INT(binet_classwise_builder_append(builder, &matrix, &vector, NULL), BINET_OK);
            }
            CHECK_INT(binet_classwise_builder_finish(builder, &results[round], NULL), BINET_OK);
            CHECK_INT(results[round].n, LONG);
        }
        results[1].classes = results[0].classes;
        CHECK(memcmp(&results[0], &results[1], sizeof results[0]) == 0);
        CHECK(memcmp(classes[0], classes[1], sizeof classes[0]) == 0);
        binet_classwise_builder_destroy(builder);
    }
    pooled_end(on);
}

static binet_status refuse_to_run(void *user, int64_t n_tasks, binet_task task, void *argument, binet_error *error)
{
    int *refuses = user;
    (void)error;
    for (int64_t i = 0; i < n_tasks - (*refuses != 0); i++) {
        task(argument, i);
    }
    return *refuses != 0 ? BINET_CANCELLED : BINET_OK;
}

static void an_executor_that_fails_adds_nothing(void)
{
    enum { LONG = 30000 };
    static float scores[LONG][C];
    static int64_t truth[LONG];
    int refuses = 0;
    binet_executor executor = {.run = refuse_to_run, .user = &refuses};
    binet_context_options context_options = {sizeof context_options, 0, NULL, &executor};
    binet_context *context = NULL;
    binet_classwise_builder *builder = NULL;
    double ece[2];
    CHECK_INT(binet_context_create(&context_options, &context, NULL), BINET_OK);
    for (int64_t i = 0; i < LONG; i++) {
        memcpy(scores[i], good[i % N], sizeof scores[i]);
        truth[i] = labels[i % N];
    }
    binet_array matrix = scores_matrix(scores, BINET_F32, LONG, C);
    binet_array vector = scores_vector(truth, BINET_I64, LONG);
    CHECK_INT(binet_classwise_builder_create(context, BINET_PROBABILITIES, NULL, &builder, NULL), BINET_OK);
    for (int round = 0; round < 2; round++) {
        binet_classwise_result result = {.struct_size = sizeof result, .n = 77};
        refuses = round;
        CHECK_INT(binet_classwise_builder_append(builder, &matrix, &vector, NULL),
                  round == 0 ? BINET_OK : BINET_CANCELLED);
        CHECK_INT(binet_classwise_builder_finish(builder, &result, NULL), round == 0 ? BINET_OK : BINET_CANCELLED);
        CHECK_INT(result.n, round == 0 ? LONG : 77);
        refuses = 0;
        CHECK_INT(binet_classwise_builder_finish(builder, &result, NULL), BINET_OK);
        CHECK_INT(result.n, LONG);
        ece[round] = result.ece;
    }
    CHECK(ece[0] == ece[1]);
    binet_classwise_builder_destroy(builder);
    binet_context_destroy(context);
}

static void the_builder_says_what_it_cannot_do(void)
{
    binet_classwise_options options = {.struct_size = sizeof options, .binning = BINET_EQUAL_MASS};
    binet_classwise_builder *builder = NULL;
    binet_classwise_result result = {.struct_size = sizeof result};
    binet_error error;
    binet_array scores = scores_matrix(good, BINET_F32, N, C);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    CHECK_INT(binet_classwise_builder_create(NULL, BINET_PROBABILITIES, &options, &builder, &error), BINET_UNSUPPORTED);
    CHECK_TEXT(error.argument, "options");
    CHECK_CONTAINS(error.message, "equal mass need all rows at once");
    CHECK(builder == NULL);
    CHECK_INT(binet_classwise_builder_create(NULL, BINET_PROBABILITIES, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_classwise_builder_create(NULL, BINET_PROBABILITIES, NULL, &builder, &error), BINET_OK);
    CHECK_INT(binet_classwise_builder_finish(builder, &result, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "no rows");
    CHECK_INT(binet_classwise_builder_append(builder, &scores, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "labels");
    /* A first batch that fails does not say how many classes there are. */
    labels[0] = 4;
    scores.shape[1] = C - 1;
    CHECK_INT(binet_classwise_builder_append(builder, &scores, &truth, &error), BINET_INVALID_DATA);
    labels[0] = 0;
    scores.shape[1] = C;
    CHECK_INT(binet_classwise_builder_append(builder, &scores, &truth, &error), BINET_OK);
    scores.shape[1] = C - 1;
    CHECK_INT(binet_classwise_builder_append(builder, &scores, &truth, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "scores has 4 classes; the batches before had 5");
    CHECK_INT(binet_classwise_builder_finish(builder, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_classwise_builder_finish(builder, &result, &error), BINET_OK);
    CHECK_INT(result.n_classes, C);
    CHECK_INT(binet_classwise_builder_append(NULL, &scores, &truth, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_classwise_builder_finish(NULL, &result, &error), BINET_INVALID_ARGUMENT);
    binet_classwise_builder_destroy(builder);
    binet_classwise_builder_destroy(NULL);
}

static void without_memory_nothing_leaks(void)
{
    binet_array scores = scores_matrix(good, BINET_F32, N, C);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    for (int32_t i = 0; i < 4; i++) {
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_classwise_options options = {
                .struct_size = sizeof options, .binning = i % 2, .definition = i / 2, .n_bins = 3};
            binet_classwise_class classes[C] = {{.n = 77}};
            binet_calibration_bin bins[3 * C] = {{.count = 77}};
            binet_classwise_result result = {.struct_size = sizeof result,
                                             .classes = classes,
                                             .classes_capacity = C,
                                             .bins = bins,
                                             .bins_capacity = 3 * (int64_t)C,
                                             .n = 77};
            binet_status status =
                binet_classwise_calibration(context, BINET_PROBABILITIES, &scores, &truth, &options, &result, NULL);
            CHECK_INT(result.n, status == BINET_OK ? N : 77);
            CHECK((classes[0].n == 77) == (status != BINET_OK) && (bins[0].count == 77) == (status != BINET_OK));
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
}

int main(void)
{
    fill();
    RUN(options_that_do_not_fit_are_named);
    RUN(arrays_that_do_not_fit_are_named);
    RUN(rows_that_are_wrong_are_named);
    RUN(room_that_is_too_small_is_named);
    RUN(a_batch_that_fails_adds_nothing);
    RUN(an_executor_that_fails_adds_nothing);
    RUN(the_builder_says_what_it_cannot_do);
    RUN(without_memory_nothing_leaks);
    return check_result();
}
