/* Batches with rows left out come to the table of the rows that stay, whatever the batches are. */
#include "metrics/predictions_builder.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "metrics/predictions_table.h"
#include "scores.h"

enum { N = 60, C = 5 };

static double scores[N * C];
static int64_t labels[N];
static char texts[N][8];
static const char *names[N];

/* A NaN in about one row of three, a name on most; the first rows and the last have a NaN. */
static int is_left_out(int64_t i)
{
    return i < 2 || i == N - 1 || i * 7 % 10 < 3;
}

static void make(void)
{
    scores_logits(scores, (int64_t)N * C, 1);
    scores_labels(labels, N, C, 2);
    for (int64_t i = 0; i < N; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%d", (int)i);
        names[i] = i % 5 == 3 ? NULL : texts[i];
        if (is_left_out(i)) {
            scores[i * C + i % C] = NAN;
        }
    }
}

static binet_predictions_builder *builder_of(const binet_context *context)
{
    binet_predictions_options options = {.struct_size = sizeof options, .nan_policy = BINET_NAN_OMIT};
    binet_predictions_builder *builder = NULL;
    (void)binet_predictions_builder_create(context, BINET_LOGITS, &options, &builder, NULL);
    return builder;
}

static binet_status append(binet_predictions_builder *builder, int64_t first, int64_t n, binet_error *error)
{
    binet_array batch = scores_matrix(scores + first * C, BINET_F64, n, C);
    binet_array truth = scores_vector(labels + first, BINET_I64, n);
    return binet_predictions_builder_append(builder, &batch, &truth, names + first, error);
}

/* A table of no row but those that stay. */
static binet_predictions *expected_of(int64_t first, int64_t end)
{
    static double kept[N * C];
    int64_t kept_labels[N];
    const char *kept_names[N];
    int64_t n = 0;
    for (int64_t i = first; i < end; i++) {
        if (!is_left_out(i)) {
            memcpy(kept + n * C, scores + i * C, C * sizeof *kept);
            kept_labels[n] = labels[i];
            kept_names[n++] = names[i];
        }
    }
    return scores_table(kept, kept_labels, kept_names, n, C);
}

static void any_batches_come_to_the_rows_that_stay(void)
{
    static const int64_t sizes[] = {1, 2, 3, 7, 10, N - 1, N};
    binet_predictions *expected = expected_of(0, N);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        binet_predictions_builder *builder = builder_of(NULL);
        binet_predictions *table = NULL;
        int64_t n_kept = 0;
        CHECK_INT(binet__predictions_builder_count(builder), 0);
        for (int64_t first = 0; first < N; first += sizes[s]) {
            int64_t n = N - first < sizes[s] ? N - first : sizes[s];
            CHECK_INT(append(builder, first, n, NULL), BINET_OK);
            CHECK_INT(append(builder, first, 0, NULL), BINET_OK); /* a batch of no rows */
            for (int64_t i = first; i < first + n; i++) {
                n_kept += !is_left_out(i);
            }
            CHECK_INT(binet__predictions_builder_count(builder), n_kept);
        }
        CHECK_INT(binet_predictions_builder_finish(builder, &table, NULL), BINET_OK);
        CHECK(scores_same(table, expected));
        CHECK_INT(binet_predictions_omitted_count(table), N - n_kept);
        CHECK_INT(binet_predictions_class_count(table), C);
        binet_predictions_destroy(table);
        binet_predictions_builder_destroy(builder);
    }
    binet_predictions_destroy(expected);
}

/* Rows are numbered among all that were given, those left out too, and a batch that fails adds none. */
static void a_batch_that_fails_is_numbered_among_all_rows(void)
{
    binet_predictions_builder *builder = builder_of(NULL);
    binet_predictions *expected = expected_of(0, 20);
    binet_predictions *table = NULL;
    binet_error error = {0};
    CHECK_INT(append(builder, 0, 10, NULL), BINET_OK);
    int64_t n_kept = binet__predictions_builder_count(builder);
    int64_t label = labels[14];
    labels[14] = C;
    CHECK_INT(append(builder, 10, 10, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "labels");
    CHECK_INT(error.element, 14);
    CHECK_INT(binet__predictions_builder_count(builder), n_kept);
    labels[14] = label;
    CHECK_INT(append(builder, 10, 10, NULL), BINET_OK);
    CHECK_INT(binet_predictions_builder_finish(builder, &table, NULL), BINET_OK);
    CHECK(scores_same(table, expected));
    binet_predictions_destroy(table);
    binet_predictions_destroy(expected);
    binet_predictions_builder_destroy(builder);
}

static void rows_that_are_all_left_out_are_no_table(void)
{
    binet_predictions_builder *builder = builder_of(NULL);
    binet_predictions *table = NULL;
    binet_error error = {0};
    CHECK_INT(append(builder, 0, 2, NULL), BINET_OK);
    CHECK_INT(append(builder, N - 1, 1, NULL), BINET_OK);
    CHECK_INT(binet__predictions_builder_count(builder), 0);
    CHECK_INT(binet_predictions_builder_finish(builder, &table, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "no rows: 3 appended, 3 left out with a NaN");
    CHECK(table == NULL);
    CHECK_INT(append(builder, 2, N - 3, NULL), BINET_OK); /* the builder goes on */
    CHECK_INT(binet_predictions_builder_finish(builder, &table, NULL), BINET_OK);
    CHECK_INT(binet_predictions_omitted_count(table), N - binet_predictions_count(table));
    binet_predictions_destroy(table);
    binet_predictions_builder_destroy(builder);
}

static void a_builder_that_ran_out_of_memory_goes_on(void)
{
    binet_predictions *expected = expected_of(0, 20);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_predictions_builder *builder = builder_of(context);
        binet_predictions *table = NULL;
        binet_status status = builder != NULL ? append(builder, 0, 10, NULL) : BINET_OUT_OF_MEMORY;
        int first_failed = status != BINET_OK;
        if (builder != NULL) {
            status = first_failed ? append(builder, 0, 10, NULL) : status;
            CHECK_INT(status, BINET_OK);
            status = append(builder, 10, 10, NULL);
            int failed = first_failed || status != BINET_OK;
            status = status != BINET_OK ? append(builder, 10, 10, NULL) : status;
            CHECK_INT(status, BINET_OK);
            CHECK_INT(binet_predictions_builder_finish(builder, &table, NULL), BINET_OK);
            CHECK(scores_same(table, expected));
            CHECK_INT(table->names_used, expected->names_used); /* those of a batch that failed are not there */
            status = failed ? BINET_OUT_OF_MEMORY : BINET_OK;
        }
        binet_predictions_destroy(table);
        binet_predictions_builder_destroy(builder);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions_destroy(expected);
}

int main(void)
{
    make();
    RUN(any_batches_come_to_the_rows_that_stay);
    RUN(a_batch_that_fails_is_numbered_among_all_rows);
    RUN(rows_that_are_all_left_out_are_no_table);
    RUN(a_builder_that_ran_out_of_memory_goes_on);
    return check_result();
}
