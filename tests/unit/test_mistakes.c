/* Right, wrong and left out, with one label a row or several. */
#include "binet/mistakes.h"

#include <math.h>

#include "check.h"
#include "scores.h"

enum { N = 400, C = 10 };

static int32_t labels[N];
static int32_t predicted[N];

/* A table of N rows of C classes, and its predicted classes. */
static binet_predictions *table_of(int has_labels)
{
    static double logits[N * C];
    int64_t wide[N];
    binet_predictions *table = NULL;
    scores_logits(logits, (int64_t)N * C, 1);
    scores_labels(wide, N, C, 2);
    for (int i = 0; i < N; i++) {
        labels[i] = (int32_t)wide[i];
    }
    binet_array scores = scores_matrix(logits, BINET_F64, N, C);
    binet_array truth = scores_vector(labels, BINET_I32, N);
    CHECK_INT(
        binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, has_labels ? &truth : NULL, NULL, &table, NULL),
        BINET_OK);
    for (int i = 0; i < N; i++) {
        predicted[i] = scores_i32(table, BINET_PREDICTED_CLASS, i);
    }
    return table;
}

static void a_row_is_right_where_its_class_is_its_label(void)
{
    unsigned char correct[N];
    binet_predictions *table = table_of(1);
    CHECK_INT(binet_correct(NULL, table, correct, NULL), BINET_OK);
    int n_right = 0;
    for (int i = 0; i < N; i++) {
        CHECK_INT(correct[i], predicted[i] == labels[i]);
        n_right += correct[i];
    }
    CHECK(n_right > 0 && n_right < N);
    binet_predictions_destroy(table);
    table = table_of(0);
    CHECK_INT(binet_correct(NULL, table, correct, NULL), BINET_OK);
    for (int i = 0; i < N; i++) {
        CHECK_INT(correct[i], BINET_LEFT_OUT);
    }
    binet_error error;
    CHECK_INT(binet_correct(NULL, NULL, correct, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "predictions");
    CHECK_INT(binet_correct(NULL, table, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "correct");
    binet_predictions_destroy(table);
}

/* ---- Several labels ---------------------------------------------------------------------------------------------- */

static int64_t offsets[N + 1];
static int64_t classes[3 * N];

/* Lists of no, one, two and three labels; the list of row i holds the predicted class where i is a multiple of 5. */
static binet_predictions *lists_of(int64_t *n_listed, int64_t *n_right)
{
    binet_predictions *table = table_of(1);
    int64_t at = 0;
    *n_listed = 0;
    *n_right = 0;
    for (int i = 0; i < N; i++) {
        offsets[i] = at;
        int length = i % 4;
        for (int k = 0; k < length; k++) {
            int is_it = i % 5 == 0 && k == length - 1;
            classes[at++] = is_it ? predicted[i] : (predicted[i] + 1 + k) % C;
        }
        *n_listed += length > 0;
        *n_right += length > 0 && i % 5 == 0;
    }
    offsets[N] = at;
    return table;
}

static binet_status measure(const binet_predictions *table, const binet_multilabel_options *options,
                            binet_multilabel_result *result, binet_error *error)
{
    binet_array of_offsets = scores_vector(offsets, BINET_I64, N + 1);
    binet_array of_classes = scores_vector(classes, BINET_I64, offsets[N]);
    return binet_multilabel_accuracy(NULL, table, &of_offsets, &of_classes, options, result, error);
}

static void a_row_is_right_where_its_class_is_listed(void)
{
    int64_t n_listed;
    int64_t n_right;
    unsigned char correct[N];
    binet_predictions *table = lists_of(&n_listed, &n_right);
    binet_multilabel_result result = {.struct_size = sizeof result, .correct = correct, .correct_capacity = N};
    CHECK_INT(measure(table, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n, n_listed);
    CHECK_INT(result.n_correct, n_right);
    CHECK_INT(result.n_left_out, N - n_listed);
    CHECK_NEAR(result.value, (double)n_right / (double)n_listed, 0.0);
    CHECK(result.low < result.value && result.value < result.high);
    for (int i = 0; i < N; i++) {
        CHECK_INT(correct[i], i % 4 == 0 ? BINET_LEFT_OUT : i % 5 == 0);
    }
    binet_multilabel_options half = {sizeof half, 0, 0.5};
    binet_multilabel_result narrow = {.struct_size = sizeof narrow};
    CHECK_INT(measure(table, &half, &narrow, NULL), BINET_OK);
    CHECK(result.low < narrow.low && narrow.high < result.high);
    /* The same lists as i32. */
    static int32_t narrow_offsets[N + 1];
    static int32_t narrow_classes[3 * N];
    for (int i = 0; i <= N; i++) {
        narrow_offsets[i] = (int32_t)offsets[i];
    }
    for (int64_t i = 0; i < offsets[N]; i++) {
        narrow_classes[i] = (int32_t)classes[i];
    }
    binet_array o = scores_vector(narrow_offsets, BINET_I32, N + 1);
    binet_array c = scores_vector(narrow_classes, BINET_I32, offsets[N]);
    binet_multilabel_result again = {.struct_size = sizeof again};
    CHECK_INT(binet_multilabel_accuracy(NULL, table, &o, &c, NULL, &again, NULL), BINET_OK);
    CHECK(again.n_correct == result.n_correct && again.n == result.n);
    binet_predictions_destroy(table);
}

static void no_label_at_all_is_no_accuracy_but_counts(void)
{
    binet_predictions *table = table_of(0);
    memset(offsets, 0, sizeof offsets);
    binet_multilabel_result result = {.struct_size = sizeof result};
    CHECK_INT(measure(table, NULL, &result, NULL), BINET_OK);
    CHECK(isnan(result.value) && isnan(result.low) && isnan(result.high));
    CHECK_INT(result.n, 0);
    CHECK_INT(result.n_left_out, N);
    binet_predictions_destroy(table);
}

static void one_label_a_row_is_top_1_accuracy(void)
{
    binet_predictions *table = table_of(1);
    for (int i = 0; i <= N; i++) {
        offsets[i] = i;
        classes[i] = i < N ? labels[i] : 0;
    }
    binet_multilabel_result result = {.struct_size = sizeof result};
    CHECK_INT(measure(table, NULL, &result, NULL), BINET_OK);
    int64_t n_right = 0;
    for (int i = 0; i < N; i++) {
        n_right += predicted[i] == labels[i];
    }
    CHECK_INT(result.n_correct, n_right);
    CHECK_INT(result.n_left_out, 0);
    binet_predictions_destroy(table);
}

static void refused(const binet_predictions *table, const binet_array *o, const binet_array *c, int64_t capacity,
                    binet_status status, const char *argument, int64_t element, const char *why)
{
    unsigned char correct[N];
    binet_error error;
    binet_multilabel_result result = {.struct_size = sizeof result, .correct = correct, .correct_capacity = capacity};
    memset(correct, 0x5A, sizeof correct);
    CHECK_INT(binet_multilabel_accuracy(NULL, table, o, c, NULL, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(result.n == 0 && correct[0] == 0x5A && correct[N - 1] == 0x5A);
}

static void lists_that_do_not_fit_are_named(void)
{
    int64_t ignored[2];
    binet_predictions *table = lists_of(&ignored[0], &ignored[1]);
    binet_array o = scores_vector(offsets, BINET_I64, N + 1);
    binet_array c = scores_vector(classes, BINET_I64, offsets[N]);
    classes[7] = C;
    refused(table, &o, &c, N, BINET_INVALID_DATA, "classes", 7, "classes[7] is 10; allowed: 0 .. 9");
    classes[7] = -1;
    refused(table, &o, &c, N, BINET_INVALID_DATA, "classes", 7, "classes[7] is -1");
    classes[7] = 0;
    offsets[0] = 1;
    refused(table, &o, &c, N, BINET_INVALID_DATA, "offsets", 0, "offsets[0] is 1; allowed there: 0 .. 0");
    offsets[0] = 0;
    int64_t saved = offsets[20];
    offsets[20] = offsets[19] - 1;
    refused(table, &o, &c, N, BINET_INVALID_DATA, "offsets", 20, "allowed there: ");
    offsets[20] = offsets[N] + 1;
    refused(table, &o, &c, N, BINET_INVALID_DATA, "offsets", 20, "allowed there: ");
    offsets[20] = saved;
    offsets[N]--;
    refused(table, &o, &c, N, BINET_INVALID_DATA, "offsets", N, "offsets[400] is ");
    offsets[N]++;
    o.shape[0] = N;
    refused(table, &o, &c, N, BINET_INVALID_ARGUMENT, "offsets", -1, "400 elements where 401 are needed");
    o.shape[0] = N + 1;
    o.dtype = BINET_F64;
    refused(table, &o, &c, N, BINET_INVALID_ARGUMENT, "offsets", -1, "dtype f64");
    o.dtype = BINET_I64;
    c.ndim = 2;
    refused(table, &o, &c, N, BINET_INVALID_ARGUMENT, "classes", -1, "2 dimensions");
    c.ndim = 1;
    refused(NULL, &o, &c, N, BINET_INVALID_ARGUMENT, "predictions", -1, "NULL");
    refused(table, NULL, &c, N, BINET_INVALID_ARGUMENT, "offsets", -1, "NULL");
    refused(table, &o, NULL, N, BINET_INVALID_ARGUMENT, "classes", -1, "NULL");
    refused(table, &o, &c, N - 1, BINET_INVALID_ARGUMENT, "result", -1, "correct_capacity is 399; 400 rows");
    CHECK_INT(binet_multilabel_accuracy(NULL, table, &o, &c, NULL, NULL, NULL), BINET_INVALID_ARGUMENT);
    binet_multilabel_options wrong = {sizeof wrong, 0, 1.0};
    binet_multilabel_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_multilabel_accuracy(NULL, table, &o, &c, &wrong, &result, NULL), BINET_INVALID_ARGUMENT);
    binet_predictions_destroy(table);
}

int main(void)
{
    RUN(a_row_is_right_where_its_class_is_its_label);
    RUN(a_row_is_right_where_its_class_is_listed);
    RUN(no_label_at_all_is_no_accuracy_but_counts);
    RUN(one_label_a_row_is_top_1_accuracy);
    RUN(lists_that_do_not_fit_are_named);
    return check_result();
}
