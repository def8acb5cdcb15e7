/* What is wrong with scores, labels and options is named, with its row, and leaves everything as it was. */
#include <math.h>
#include <stddef.h>

#include "binet/predictions.h"
#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { N = 12, C = 5 };

static float values[N][C];
static int64_t labels[N];

static void fill(void)
{
    static double wide[N * C];
    scores_logits(wide, (int64_t)N * C, 1);
    scores_labels(labels, N, C, 2);
    for (int i = 0; i < N * C; i++) {
        values[i / C][i % C] = (float)wide[i];
    }
}

static binet_array good(void)
{
    return scores_matrix(values, BINET_F32, N, C);
}

static binet_predictions *const before = (binet_predictions *)values;

static void refused(int32_t kind, const binet_array *scores, const binet_array *truth,
                    const binet_predictions_options *options, binet_status status, const char *argument,
                    int64_t element, const char *why)
{
    binet_predictions *table = before;
    binet_error error;
    memset(&error, 0, sizeof error);
    CHECK_INT(binet_predictions_from_scores(NULL, kind, scores, truth, options, &table, &error), status);
    CHECK(table == before);
    CHECK_INT(error.status, status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK_INT(binet_predictions_from_scores(NULL, kind, scores, truth, options, &table, NULL), status);
}

static void wrong_scores_are_named(void)
{
    binet_array scores = good();
    binet_error error;
    refused(BINET_LOGITS, NULL, NULL, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "NULL");
    refused(0, &scores, NULL, NULL, BINET_INVALID_ARGUMENT, "kind", -1, "kind is 0");
    refused(3, &scores, NULL, NULL, BINET_INVALID_ARGUMENT, "kind", -1, "kind is 3");
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, NULL, NULL, &error),
              BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "predictions");
    scores.dtype = BINET_I32;
    refused(BINET_LOGITS, &scores, NULL, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "dtype i32");
    scores = good();
    scores.ndim = 1;
    refused(BINET_LOGITS, &scores, NULL, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "1 dimensions");
    scores = good();
    scores.shape[0] = 0;
    refused(BINET_LOGITS, &scores, NULL, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "0 rows");
    scores = good();
    scores.shape[1] = 0;
    refused(BINET_LOGITS, &scores, NULL, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "0 classes");
    scores = good();
    scores.shape[1] = (int64_t)1 << 31;
    scores.strides[1] = 0;
    refused(BINET_LOGITS, &scores, NULL, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "2147483648 classes");
    scores = good();
    scores.data = (const char *)values + 2;
    refused(BINET_LOGITS, &scores, NULL, NULL, BINET_INVALID_ARGUMENT, "scores", -1, "not aligned");
}

static void wrong_labels_are_named(void)
{
    binet_array scores = good();
    int64_t wrong[N] = {0};
    binet_array truth = scores_vector(wrong, BINET_I64, N - 1);
    refused(BINET_LOGITS, &scores, &truth, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "11 entries; scores has 12");
    truth = scores_vector(wrong, BINET_F32, N);
    refused(BINET_LOGITS, &scores, &truth, NULL, BINET_INVALID_ARGUMENT, "labels", -1, "dtype f32");
    truth = scores_vector(wrong, BINET_I64, N);
    static const int64_t bad[] = {C, -1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wrong[7] = bad[i];
        char why[64];
        (void)snprintf(why, sizeof why, "labels[7] is %lld; allowed: 0 .. 4", (long long)bad[i]);
        refused(BINET_LOGITS, &scores, &truth, NULL, BINET_INVALID_DATA, "labels", 7, why);
    }
}

static void wrong_values_name_row_and_column(void)
{
    float copy[N][C];
    binet_array scores = scores_matrix(copy, BINET_F32, N, C);
    memcpy(copy, values, sizeof copy);
    copy[3][4] = NAN;
    refused(BINET_LOGITS, &scores, NULL, NULL, BINET_INVALID_DATA, "scores", 3, "scores[3] has a NaN in column 4");
    memcpy(copy, values, sizeof copy);
    copy[5][1] = INFINITY;
    copy[5][2] = INFINITY;
    refused(BINET_LOGITS, &scores, NULL, NULL, BINET_INVALID_DATA, "scores", 5, "second +inf in column 2");
    for (int k = 0; k < C; k++) {
        copy[2][k] = -INFINITY;
    }
    refused(BINET_LOGITS, &scores, NULL, NULL, BINET_INVALID_DATA, "scores", 2, "nothing but -inf");
    for (int i = 0; i < N * C; i++) {
        copy[i / C][i % C] = i % C == 0 ? 1.0F : 0.0F;
    }
    copy[4][2] = 0.0625F;
    refused(BINET_PROBABILITIES, &scores, NULL, NULL, BINET_INVALID_DATA, "scores", 4, "sums to 1.0625");
    copy[4][2] = 0.0009F;
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_PROBABILITIES, &scores, NULL, NULL, &table, NULL), BINET_OK);
    binet_predictions_destroy(table);
    copy[4][2] = 0.0011F;
    refused(BINET_PROBABILITIES, &scores, NULL, NULL, BINET_INVALID_DATA, "scores", 4, "within 0.001");
    copy[4][2] = -0.25F;
    refused(BINET_PROBABILITIES, &scores, NULL, NULL, BINET_INVALID_DATA, "scores", 4, "probability -0.25 in column 2");
    copy[1][3] = 1.5F;
    refused(BINET_PROBABILITIES, &scores, NULL, NULL, BINET_INVALID_DATA, "scores", 1, "probability 1.5 in column 3");
    copy[1][0] = NAN;
    refused(BINET_PROBABILITIES, &scores, NULL, NULL, BINET_INVALID_DATA, "scores", 1, "NaN in column 0");
}

static void wrong_options_are_named(void)
{
    binet_array scores = good();
    static const double temperatures[] = {-1.0, NAN, INFINITY, 1e-31, 1e31, -0x1p-1074};
    for (size_t i = 0; i < sizeof temperatures / sizeof temperatures[0]; i++) {
        binet_predictions_options options = {.struct_size = sizeof options, .temperature = temperatures[i]};
        refused(BINET_LOGITS, &scores, NULL, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->temperature");
    }
    binet_predictions_options options = {.struct_size = sizeof options, .temperature = 2.0};
    refused(BINET_PROBABILITIES, &scores, NULL, &options, BINET_INVALID_ARGUMENT, "options", -1, "probabilities");
    options = (binet_predictions_options){.struct_size = sizeof options, .nan_policy = 2};
    refused(BINET_LOGITS, &scores, NULL, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->nan_policy is 2");
    options = (binet_predictions_options){.struct_size = 3};
    refused(BINET_LOGITS, &scores, NULL, &options, BINET_INVALID_ARGUMENT, "options", -1, "struct_size is 3");
    struct {
        binet_predictions_options known;
        int64_t unknown;
    } newer = {{.struct_size = sizeof newer}, 1};
    refused(BINET_LOGITS, &scores, NULL, &newer.known, BINET_UNSUPPORTED, "options", -1, "does not know");
}

static void a_wrong_subset_is_named(void)
{
    binet_array scores = good();
    static const int64_t falling[] = {0, 2, 2};
    static const int64_t negative[] = {-1, 2};
    static const int64_t outside[] = {0, 4, 5};
    binet_predictions_options options = {.struct_size = sizeof options, .subset = falling, .subset_size = 3};
    refused(BINET_LOGITS, &scores, NULL, &options, BINET_INVALID_ARGUMENT, "options", 2, "subset[2] is 2");
    options.subset = negative;
    options.subset_size = 2;
    refused(BINET_LOGITS, &scores, NULL, &options, BINET_INVALID_ARGUMENT, "options", 0, "subset[0] is -1");
    options.subset = outside;
    options.subset_size = 3;
    refused(BINET_LOGITS, &scores, NULL, &options, BINET_INVALID_ARGUMENT, "options", 2, "scores has 5 classes");
    options.subset_size = 0;
    refused(BINET_LOGITS, &scores, NULL, &options, BINET_INVALID_ARGUMENT, "options", -1, "subset_size is 0");
    options.subset = NULL;
    options.subset_size = 3;
    refused(BINET_LOGITS, &scores, NULL, &options, BINET_INVALID_ARGUMENT, "options", -1, "subset is NULL");
    options.subset = outside;
    options.subset_size = 2;
    refused(BINET_PROBABILITIES, &scores, NULL, &options, BINET_INVALID_ARGUMENT, "options", -1, "probabilities");
    static const int64_t truth[N] = {0, 4, 0, 3};
    binet_array vector = scores_vector(truth, BINET_I64, N);
    refused(BINET_LOGITS, &scores, &vector, &options, BINET_INVALID_DATA, "labels", 3,
            "labels[3] is 3, which is not among the 2 classes");
    float copy[N][C];
    memcpy(copy, values, sizeof copy);
    copy[6][4] = NAN;
    copy[6][2] = NAN;
    binet_array broken = scores_matrix(copy, BINET_F32, N, C);
    refused(BINET_LOGITS, &broken, NULL, &options, BINET_INVALID_DATA, "scores", 6, "NaN in column 4");
}

static void options_of_every_size_are_served(void)
{
    binet_array scores = good();
    static const int64_t subset[] = {1, 3};
    binet_predictions_options options = {sizeof options, BINET_NAN_OMIT, 2.0, subset, 2, NULL, NULL, 0, 0, 0};
    static const uint32_t sizes[] = {sizeof(uint32_t), offsetof(binet_predictions_options, temperature),
                                     offsetof(binet_predictions_options, subset), sizeof options};
    static const double temperatures[] = {0.0, 0.0, 2.0, 2.0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        binet_predictions_options known = {.struct_size = sizeof known, .temperature = temperatures[i]};
        known.subset = i == 3 ? subset : NULL;
        known.subset_size = i == 3 ? 2 : 0;
        options.struct_size = sizes[i];
        binet_predictions *table = NULL;
        binet_predictions *expected = NULL;
        CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, &options, &table, NULL), BINET_OK);
        CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, &known, &expected, NULL), BINET_OK);
        CHECK(scores_same(table, expected));
        binet_predictions_destroy(table);
        binet_predictions_destroy(expected);
    }
}

/* ---- Rows with a NaN --------------------------------------------------------------------------------------------- */

static void rows_with_a_nan_are_left_out_where_asked(void)
{
    static const char *const names[N] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", NULL, "l"};
    float copy[N][C];
    memcpy(copy, values, sizeof copy);
    copy[0][2] = NAN;
    copy[4][0] = NAN;
    copy[5][4] = NAN;
    binet_predictions_options options = {.struct_size = sizeof options, .nan_policy = BINET_NAN_OMIT};
    binet_array scores = scores_matrix(copy, BINET_F32, N, C);
    binet_array whole = good();
    binet_array truth = scores_vector(labels, BINET_I64, N);
    static const int64_t kept[] = {1, 2, 3, 6, 7, 8, 9, 10, 11};
    binet_array rows = scores_vector(kept, BINET_I64, 9);
    binet_predictions_builder *builder = NULL;
    binet_predictions *table = NULL;
    binet_predictions *all = NULL;
    binet_predictions *expected = NULL;
    binet_error error;
    CHECK_INT(binet_predictions_builder_create(NULL, BINET_LOGITS, &options, &builder, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_append(builder, &scores, &truth, names, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_finish(builder, &table, NULL), BINET_OK);
    CHECK_INT(binet_predictions_count(table), 9);
    CHECK_INT(binet_predictions_omitted_count(table), 3);
    CHECK_TEXT(binet_predictions_file_name(table, 3), "g");
    CHECK(binet_predictions_file_name(table, 7) == NULL);
    CHECK_TEXT(binet_predictions_file_name(table, 8), "l");
    binet_predictions_builder_destroy(builder);
    CHECK_INT(binet_predictions_builder_create(NULL, BINET_LOGITS, NULL, &builder, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_append(builder, &whole, &truth, names, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_finish(builder, &all, NULL), BINET_OK);
    binet_predictions_builder_destroy(builder);
    CHECK_INT(binet_predictions_select(NULL, all, &rows, &expected, NULL), BINET_OK);
    CHECK(scores_same(table, expected));
    binet_predictions_destroy(all);
    binet_predictions_destroy(expected);
    binet_predictions_destroy(table);
    for (int i = 0; i < N; i++) {
        copy[i][i % C] = NAN;
    }
    table = before;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, &options, &table, &error),
              BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "a NaN in each of its 12 rows");
    CHECK(table == before);
}

/* ---- The builder ------------------------------------------------------------------------------------------------- */

static void rows_beyond_counting_are_refused(void)
{
    float score = 0;
    binet_array one = scores_matrix(&score, BINET_F32, 1, 1);
    binet_array endless = {&score, BINET_F32, 2, {INT64_MAX, 1}, {0, 0}};
    binet_predictions_builder *builder = NULL;
    binet_error error;
    CHECK_INT(binet_predictions_builder_create(NULL, BINET_LOGITS, NULL, &builder, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_append(builder, &one, NULL, NULL, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_append(builder, &endless, NULL, NULL, &error), BINET_OUT_OF_MEMORY);
    CHECK_CONTAINS(error.message, "9223372036854775807 rows after 1 are more than memory");
    binet_predictions_builder_destroy(builder);
}

static void a_batch_that_fails_leaves_no_row(void)
{
    static const char *const names[N] = {"n", "n", "n", "n", "n", "n", "n", "n", "n", "n", "n", "n"};
    float copy[N][C];
    memcpy(copy, values, sizeof copy);
    copy[9][0] = NAN;
    binet_array scores = good();
    binet_array broken = scores_matrix(copy, BINET_F32, N, C);
    binet_array other = scores_matrix(copy, BINET_F32, N, C - 1);
    binet_predictions_builder *builder = NULL;
    binet_predictions *table = before;
    binet_error error;
    CHECK_INT(binet_predictions_builder_create(NULL, BINET_LOGITS, NULL, &builder, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_finish(builder, &table, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "builder");
    CHECK(table == before);
    CHECK_INT(binet_predictions_builder_append(builder, &scores, NULL, names, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_append(builder, &broken, NULL, names, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, N + 9);
    CHECK_CONTAINS(error.message, "scores[21]");
    CHECK_INT(binet_predictions_builder_append(builder, &other, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "4 classes; the batches before had 5");
    CHECK_INT(binet_predictions_builder_append(builder, &scores, NULL, NULL, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_finish(builder, &table, NULL), BINET_OK);
    CHECK_INT(binet_predictions_count(table), 2 * N);
    CHECK_TEXT(binet_predictions_file_name(table, N - 1), "n");
    CHECK(binet_predictions_file_name(table, N) == NULL);
    binet_predictions *again = before;
    CHECK_INT(binet_predictions_builder_append(builder, &scores, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "handed over");
    CHECK_INT(binet_predictions_builder_finish(builder, &again, NULL), BINET_INVALID_ARGUMENT);
    CHECK(again == before);
    binet_predictions_builder_destroy(builder);
    CHECK_INT(scores_i32(table, BINET_LABEL, 0), -1);
    binet_predictions_destroy(table);
    CHECK_INT(binet_predictions_builder_append(NULL, &scores, NULL, NULL, NULL), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_builder_create(NULL, BINET_LOGITS, NULL, NULL, NULL), BINET_INVALID_ARGUMENT);
    binet_predictions_builder_destroy(NULL);
    binet_predictions_destroy(NULL);
}

static void the_first_row_at_fault_is_named_whatever_the_threads(void)
{
    enum { ROWS = 3000, CLASSES = 1000 };
    float *large = calloc((size_t)ROWS * CLASSES, sizeof *large);
    CHECK(large != NULL);
    for (int64_t row = 700; row < ROWS; row += 300) {
        large[row * CLASSES + row % 7] = NAN;
    }
    binet_array scores = scores_matrix(large, BINET_F32, ROWS, CLASSES);
    pooled on = pooled_start(5, BINET_ISA_DEFAULT);
    for (int round = 0; round < 20; round++) {
        binet_predictions *table = before;
        binet_error error;
        CHECK_INT(binet_predictions_from_scores(on.context, BINET_LOGITS, &scores, NULL, NULL, &table, &error),
                  BINET_INVALID_DATA);
        CHECK_INT(error.element, 700);
    }
    pooled_end(on);
    free(large);
}

static binet_status run_nothing(void *user, int64_t n_tasks, binet_task task, void *argument, binet_error *error)
{
    (void)user;
    (void)n_tasks;
    (void)task;
    (void)argument;
    (void)snprintf(error->message, sizeof error->message, "no threads today");
    return BINET_CANCELLED;
}

static void an_executor_that_fails_is_passed_on(void)
{
    binet_executor executor = {NULL, run_nothing};
    binet_context_options options = {sizeof options, 0, NULL, &executor};
    binet_context *context = NULL;
    binet_predictions *table = before;
    binet_error error;
    binet_array scores = good();
    CHECK_INT(binet_context_create(&options, &context, NULL), BINET_OK);
    CHECK_INT(binet_predictions_from_scores(context, BINET_LOGITS, &scores, NULL, NULL, &table, &error),
              BINET_CANCELLED);
    CHECK_CONTAINS(error.message, "no threads today");
    CHECK(table == before);
    binet_context_destroy(context);
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static void without_memory_nothing_leaks(void)
{
    static const char *const names[N] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};
    static const int64_t subset[] = {0, 1, 2, 3, 4};
    binet_array scores = good();
    binet_array truth = scores_vector(labels, BINET_I64, N);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_predictions_options options = {sizeof options, BINET_NAN_OMIT, 0.0, subset, 5, NULL, NULL, 0, 0, 0};
        binet_predictions_builder *builder = NULL;
        binet_predictions *table = before;
        binet_status status = binet_predictions_builder_create(context, BINET_LOGITS, &options, &builder, NULL);
        CHECK((builder == NULL) == (status != BINET_OK));
        for (int batch = 0; status == BINET_OK && batch < 3; batch++) {
            status = binet_predictions_builder_append(builder, &scores, &truth, names, NULL);
        }
        if (status == BINET_OK) {
            status = binet_predictions_builder_finish(builder, &table, NULL);
        }
        binet_predictions_builder_destroy(builder);
        CHECK((table == before) == (status != BINET_OK));
        if (status == BINET_OK) {
            CHECK_INT(binet_predictions_count(table), 3 * N);
            binet_predictions_destroy(table);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

static void a_table_outlives_its_context(void)
{
    failing_allocator allocator;
    binet_context *context = failing_allocator_context(&allocator, NULL);
    allocator.fails_at = 0;
    binet_array scores = good();
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(context, BINET_LOGITS, &scores, NULL, NULL, &table, NULL), BINET_OK);
    binet_context_destroy(context);
    CHECK(atomic_load(&allocator.outstanding) > 0);
    binet_predictions_destroy(table);
    CHECK_INT(atomic_load(&allocator.outstanding), 0);
}

int main(void)
{
    fill();
    RUN(wrong_scores_are_named);
    RUN(wrong_labels_are_named);
    RUN(wrong_values_name_row_and_column);
    RUN(wrong_options_are_named);
    RUN(a_wrong_subset_is_named);
    RUN(options_of_every_size_are_served);
    RUN(rows_with_a_nan_are_left_out_where_asked);
    RUN(rows_beyond_counting_are_refused);
    RUN(a_batch_that_fails_leaves_no_row);
    RUN(the_first_row_at_fault_is_named_whatever_the_threads);
    RUN(an_executor_that_fails_is_passed_on);
    RUN(without_memory_nothing_leaks);
    RUN(a_table_outlives_its_context);
    return check_result();
}
