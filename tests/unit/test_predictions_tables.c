/* Tables made from tables hold the same bits; labels are joined by name and infer only what is certain. */
#include <math.h>

#include "binet/predictions.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"
#include "temporary.h"

enum { N = 6, C = 4 };

static char folder[TEMPORARY_SIZE];
static double logits[N * C];
static int64_t labels[N];
static const char *const names[N] = {"a/1.png", "a/2.png", "b/1.png", "3.png", NULL, "c/d/4.png"};
static binet_predictions *const before = (binet_predictions *)logits;

static binet_predictions *make(int with_labels, int with_names, int64_t n)
{
    return scores_table(logits, with_labels ? labels : NULL, with_names ? names : NULL, n, C);
}

static void concatenating_parts_gives_the_whole(void)
{
    binet_predictions *whole = make(1, 1, N);
    int64_t order[N] = {0, 1, 2, 3, 4, 5};
    binet_array front = scores_vector(order, BINET_I64, 2);
    binet_array back = scores_vector(order + 2, BINET_I64, N - 2);
    binet_predictions *parts[2] = {NULL, NULL};
    binet_predictions *joined = NULL;
    CHECK_INT(binet_predictions_select(NULL, whole, &front, &parts[0], NULL), BINET_OK);
    CHECK_INT(binet_predictions_select(NULL, whole, &back, &parts[1], NULL), BINET_OK);
    CHECK_INT(binet_predictions_concatenate(NULL, (const binet_predictions *const *)parts, 2, &joined, NULL), BINET_OK);
    CHECK(scores_same(joined, whole));
    CHECK_INT(binet_predictions_class_count(joined), C);
    binet_predictions_destroy(joined);
    binet_predictions_destroy(parts[0]);
    binet_predictions_destroy(parts[1]);
    binet_predictions_destroy(whole);
}

static void rows_are_selected_in_the_order_asked_for(void)
{
    binet_predictions *whole = make(1, 1, N);
    const int32_t order[3] = {5, 0, 5};
    binet_array rows = scores_vector(order, BINET_I32, 3);
    binet_predictions *selection = NULL;
    CHECK_INT(binet_predictions_select(NULL, whole, &rows, &selection, NULL), BINET_OK);
    CHECK_INT(binet_predictions_count(selection), 3);
    CHECK_TEXT(binet_predictions_file_name(selection, 0), "c/d/4.png");
    CHECK_TEXT(binet_predictions_file_name(selection, 1), "a/1.png");
    CHECK_NEAR(scores_f64(selection, BINET_NLL, 2), scores_f64(whole, BINET_NLL, 5), 0.0);
    CHECK(binet_predictions_file_name(selection, 3) == NULL);
    CHECK(binet_predictions_file_name(selection, -1) == NULL);
    binet_predictions_destroy(selection);
    binet_predictions_destroy(whole);
}

static void other_labels_infer_what_is_certain(void)
{
    binet_predictions *bare = make(0, 1, N);
    int64_t other[N];
    for (int64_t i = 0; i < N; i++) {
        other[i] = (scores_i32(bare, BINET_PREDICTED_CLASS, i) + i % 2) % C;
    }
    binet_array vector = scores_vector(other, BINET_I64, N);
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_with_labels(NULL, bare, &vector, &table, NULL), BINET_OK);
    for (int64_t i = 0; i < N; i++) {
        int right = i % 2 == 0;
        double confidence = scores_f64(bare, BINET_CONFIDENCE, i);
        double true_probability = scores_f64(table, BINET_TRUE_PROBABILITY, i);
        CHECK_INT(scores_i32(table, BINET_LABEL, i), other[i]);
        CHECK_INT(scores_i32(table, BINET_RANK, i), right);
        CHECK(right ? true_probability == confidence : isnan(true_probability));
        CHECK(isnan(scores_f64(table, BINET_NLL, i)) && isnan(scores_f64(table, BINET_BRIER, i)));
        CHECK_NEAR(scores_f64(table, BINET_ENTROPY, i), scores_f64(bare, BINET_ENTROPY, i), 0.0);
    }
    CHECK_TEXT(binet_predictions_file_name(table, 3), "3.png");
    binet_predictions_destroy(table);
    binet_predictions_destroy(bare);
}

static void a_label_that_stays_keeps_its_row(void)
{
    binet_predictions *whole = make(1, 1, N);
    binet_array vector = scores_vector(labels, BINET_I64, N);
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_with_labels(NULL, whole, &vector, &table, NULL), BINET_OK);
    CHECK(scores_same(table, whole));
    binet_predictions_destroy(table);
    binet_predictions_destroy(whole);
}

/* ---- Join -------------------------------------------------------------------------------------------------------- */

static binet_status join(const binet_predictions *table, const char *text, binet_predictions **labelled,
                         binet_error *error)
{
    char path[2 * TEMPORARY_SIZE];
    temporary_write_text(folder, "labels.csv", text);
    return binet_predictions_join_labels(NULL, table, temporary_path(path, folder, "labels.csv"), labelled, error);
}

/* The rows of the test that have names, in front. */
static binet_predictions *named_rows(void)
{
    static const int64_t order[] = {0, 1, 2, 3, 5};
    binet_predictions *whole = make(0, 1, N);
    binet_predictions *table = NULL;
    binet_array rows = scores_vector(order, BINET_I64, 5);
    CHECK_INT(binet_predictions_select(NULL, whole, &rows, &table, NULL), BINET_OK);
    binet_predictions_destroy(whole);
    return table;
}

static void labels_are_joined_by_whole_name_then_by_the_last_part(void)
{
    binet_predictions *table = named_rows();
    binet_predictions *labelled = NULL;
    CHECK_INT(
        join(table,
             "label,file_name,more\n3,b/1.png,x\n2,a/1.png,\n1,\"2.png\",y\n1,2.png,again\n0,x/y/3.png,\n3,4.png,\n",
             &labelled, NULL),
        BINET_OK);
    static const int32_t expected[] = {2, 1, 3, 0, 3};
    for (int64_t i = 0; i < 5; i++) {
        CHECK_INT(scores_i32(labelled, BINET_LABEL, i), expected[i]);
    }
    binet_predictions_destroy(labelled);
    binet_predictions_destroy(table);
}

static void join_refused(const binet_predictions *table, const char *text, const char *argument, int64_t element,
                         const char *why)
{
    binet_predictions *labelled = before;
    binet_error error;
    memset(&error, 0, sizeof error);
    CHECK_INT(join(table, text, &labelled, &error), BINET_INVALID_DATA);
    CHECK(labelled == before);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
}

static void labels_that_do_not_fit_are_named(void)
{
    binet_predictions *table = named_rows();
    binet_predictions *bare = make(0, 0, 2);
    binet_error error;
    binet_predictions *labelled = before;
    join_refused(table, "file_name,label\na/1.png,0\n2.png,1\nb/1.png,1\n3.png,0\n", "predictions", 4,
                 "row 4, 'c/d/4.png', has no label in");
    join_refused(table, "file_name,label\na/1.png,0\nb/1.png,0\na/1.png,1\n", "path", 4,
                 "line 4: 'a/1.png' has the label 1 here and 0 before");
    join_refused(table, "file_name,label\na/1.png,0\n2.png,1\nb/1.png,1\nx/3.png,0\ny/3.png,1\n4.png,2\n",
                 "predictions", 3, "row 3, '3.png', fits files with different labels");
    join_refused(table, "file_name,label\na/1.png,4\n", "path", 2, "label is '4'; it must be a whole number, 0 .. 3");
    join_refused(table, "file_name,label\na/1.png,\n", "path", 2, "label is ''");
    join_refused(table, "file_name,class\na/1.png,1\n", "path", 1, "no column label");
    join_refused(table, "name,label\na/1.png,1\n", "path", 1, "no column file_name");
    join_refused(bare, "file_name,label\na/1.png,1\n", "predictions", 0, "row 0 has no file name");
    CHECK_INT(binet_predictions_join_labels(NULL, table, NULL, &labelled, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_join_labels(NULL, NULL, "x", &labelled, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_join_labels(NULL, table, "/no/such/file.csv", &labelled, &error), BINET_IO);
    CHECK(labelled == before);
    binet_predictions_destroy(bare);
    binet_predictions_destroy(table);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void what_is_wrong_is_named(void)
{
    binet_predictions *table = make(1, 0, N);
    binet_predictions *out = before;
    binet_error error;
    binet_array view;
    CHECK_INT(binet_predictions_column(NULL, 0, &view, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_column(table, 0, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_column(table, 8, &view, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "column is 8; allowed: 0 .. 7");
    const binet_predictions *pair[2] = {table, NULL};
    CHECK_INT(binet_predictions_concatenate(NULL, pair, 0, &out, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_concatenate(NULL, NULL, 1, &out, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_concatenate(NULL, pair, 2, &out, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(error.element, 1);
    binet_array fewer = scores_matrix(logits, BINET_F64, 2, C - 1);
    binet_predictions *other = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &fewer, NULL, NULL, &other, NULL), BINET_OK);
    pair[1] = other;
    CHECK_INT(binet_predictions_concatenate(NULL, pair, 2, &out, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "tables[1] has 3 classes; those before have 4");
    binet_predictions_destroy(other);
    int64_t rows[2] = {0, N};
    binet_array vector = scores_vector(rows, BINET_I64, 2);
    CHECK_INT(binet_predictions_select(NULL, table, &vector, &out, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 1);
    CHECK_CONTAINS(error.message, "rows[1] is 6; allowed: 0 .. 5");
    CHECK_INT(binet_predictions_with_labels(NULL, table, &vector, &out, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "labels has 2 entries; predictions has 6 rows");
    int64_t truth[N] = {0, 0, C, 0, 0, 0};
    vector = scores_vector(truth, BINET_I64, N);
    CHECK_INT(binet_predictions_with_labels(NULL, table, &vector, &out, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 2);
    CHECK_CONTAINS(error.message, "labels[2] is 4; allowed: 0 .. 3");
    vector.shape[0] = 0;
    CHECK_INT(binet_predictions_select(NULL, table, &vector, &out, &error), BINET_INVALID_ARGUMENT);
    vector = scores_vector(truth, BINET_F64, N);
    CHECK_INT(binet_predictions_select(NULL, table, &vector, &out, &error), BINET_INVALID_ARGUMENT);
    CHECK(out == before);
    CHECK_INT(binet_predictions_count(NULL), 0);
    CHECK_INT(binet_predictions_class_count(NULL), 0);
    CHECK_INT(binet_predictions_omitted_count(NULL), 0);
    CHECK(binet_predictions_file_name(NULL, 0) == NULL);
    binet_predictions_destroy(table);
}

static void without_memory_nothing_leaks(void)
{
    binet_predictions *table = named_rows();
    char path[2 * TEMPORARY_SIZE];
    temporary_write_text(folder, "labels.csv", "file_name,label\na/1.png,0\n2.png,1\nb/1.png,1\n3.png,0\n4.png,2\n");
    (void)temporary_path(path, folder, "labels.csv");
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_predictions *labelled = before;
        binet_predictions *selection = before;
        const int64_t order[2] = {4, 1};
        binet_array rows = scores_vector(order, BINET_I64, 2);
        binet_status status = binet_predictions_join_labels(context, table, path, &labelled, NULL);
        CHECK((labelled == before) == (status != BINET_OK));
        if (status == BINET_OK) {
            status = binet_predictions_select(context, labelled, &rows, &selection, NULL);
            CHECK((selection == before) == (status != BINET_OK));
            binet_predictions_destroy(labelled);
        }
        if (status == BINET_OK) {
            binet_predictions_destroy(selection);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions_destroy(table);
}

int main(void)
{
    temporary_make(folder);
    scores_logits(logits, N * C, 1);
    scores_labels(labels, N, C, 2);
    RUN(concatenating_parts_gives_the_whole);
    RUN(rows_are_selected_in_the_order_asked_for);
    RUN(other_labels_infer_what_is_certain);
    RUN(a_label_that_stays_keeps_its_row);
    RUN(labels_are_joined_by_whole_name_then_by_the_last_part);
    RUN(labels_that_do_not_fit_are_named);
    RUN(what_is_wrong_is_named);
    RUN(without_memory_nothing_leaks);
    temporary_remove(folder);
    return check_result();
}
