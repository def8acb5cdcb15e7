/* Tables go to CSV and back with the same bits, and files of other people are read or refused with the line named. */
#include <locale.h>
#include <math.h>

#include "binet/calibration.h"
#include "binet/predictions.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"
#include "temporary.h"

enum { N = 500, C = 13 };

static char folder[TEMPORARY_SIZE];
static binet_predictions *const before = (binet_predictions *)folder;

static const char *path_of(const char *name)
{
    static char path[2 * TEMPORARY_SIZE];
    return temporary_path(path, folder, name);
}

static binet_status read_text(const char *text, binet_predictions **table, binet_error *error)
{
    temporary_write_text(folder, "read.csv", text);
    return binet_predictions_read_csv(NULL, path_of("read.csv"), table, error);
}

/* A table of f64 logits, with every second name, and labels where asked for. */
static binet_predictions *make(int with_labels)
{
    static double logits[N * C];
    static int64_t labels[N];
    static char texts[N][32];
    static const char *names[N];
    scores_logits(logits, (int64_t)N * C, 21);
    scores_labels(labels, N, C, 22);
    logits[5] = INFINITY; /* row 0: certain, and an infinite nll */
    for (int i = 0; i < N; i++) {
        (void)snprintf(texts[i], sizeof texts[i], i % 6 == 0 ? "dir, \"%d\"\n.png" : "dir/%d.png", i);
        names[i] = i % 2 == 0 ? texts[i] : NULL;
    }
    return scores_table(logits, with_labels ? labels : NULL, names, N, C);
}

static void a_table_comes_back_with_the_same_bits(void)
{
    for (int with_labels = 0; with_labels < 2; with_labels++) {
        binet_predictions *table = make(with_labels);
        binet_predictions *back = NULL;
        CHECK_INT(binet_predictions_write_csv(NULL, table, path_of("w.csv"), NULL), BINET_OK);
        CHECK_INT(binet_predictions_read_csv(NULL, path_of("w.csv"), &back, NULL), BINET_OK);
        CHECK(scores_same(back, table));
        CHECK_INT(binet_predictions_class_count(back), 0);
        binet_predictions_destroy(back);
        binet_predictions_destroy(table);
    }
}

static void no_locale_changes_the_file(void)
{
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        (void)printf("no locale with a decimal comma is installed: not tried\n");
        return;
    }
    char text[16];
    (void)snprintf(text, sizeof text, "%g", 0.5);
    CHECK_TEXT(text, "0,5");
    a_table_comes_back_with_the_same_bits();
    binet_predictions *table = NULL;
    CHECK_INT(read_text("predicted_class,predicted_probability\n1,0.5\n", &table, NULL), BINET_OK);
    CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 0), 0.5, 0.0);
    binet_predictions_destroy(table);
    (void)setlocale(LC_ALL, "C");
}

static void the_columns_are_those_of_imagenet_x_first(void)
{
    static const float scores[1][2] = {{0.0F, 1.0F}};
    binet_array matrix = scores_matrix(scores, BINET_F32, 1, 2);
    binet_predictions *table = NULL;
    char line[128] = "";
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_PROBABILITIES, &matrix, NULL, NULL, &table, NULL), BINET_OK);
    CHECK_INT(binet_predictions_write_csv(NULL, table, path_of("w.csv"), NULL), BINET_OK);
    FILE *file = fopen(path_of("w.csv"), "rb");
    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    CHECK_TEXT(line, "file_name,predicted_class,predicted_probability,label,true_probability,nll,rank,brier,entropy\n");
    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    CHECK_TEXT(line, ",1,1,,,,,,0\n");
    CHECK(file != NULL && fclose(file) == 0);
    binet_predictions_destroy(table);
}

static void three_columns_are_enough(void)
{
    binet_predictions *table = NULL;
    CHECK_INT(read_text("\xEF\xBB\xBF"
                        "file_name,predicted_class,predicted_probability\r\n"
                        "\"a, b.png\",394,0.5530332327\r\n,0,1\r\n\"c\",7,\r\n",
                        &table, NULL),
              BINET_OK);
    CHECK_INT(binet_predictions_count(table), 3);
    CHECK_TEXT(binet_predictions_file_name(table, 0), "a, b.png");
    CHECK(binet_predictions_file_name(table, 1) == NULL);
    CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 0), 394);
    CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 0), 0.5530332327, 0.0);
    CHECK(isnan(scores_f64(table, BINET_CONFIDENCE, 2)));
    CHECK_INT(scores_i32(table, BINET_LABEL, 0), -1);
    CHECK_INT(scores_i32(table, BINET_RANK, 0), 0);
    CHECK(isnan(scores_f64(table, BINET_ENTROPY, 0)));
    binet_predictions_destroy(table);
    CHECK_INT(read_text("more,predicted_probability,predicted_class\n?,inf,5", &table, NULL), BINET_OK);
    CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 0), 5);
    CHECK(scores_f64(table, BINET_CONFIDENCE, 0) == INFINITY);
    binet_predictions_destroy(table);
}

static void a_label_infers_what_is_certain(void)
{
    binet_predictions *table = NULL;
    CHECK_INT(read_text("predicted_class,predicted_probability,label\n1,0.75,1\n2,0.5,1\n3,0.25,\n", &table, NULL),
              BINET_OK);
    CHECK_INT(scores_i32(table, BINET_RANK, 0), 1);
    CHECK_NEAR(scores_f64(table, BINET_TRUE_PROBABILITY, 0), 0.75, 0.0);
    CHECK_INT(scores_i32(table, BINET_RANK, 1), 0);
    CHECK(isnan(scores_f64(table, BINET_TRUE_PROBABILITY, 1)));
    CHECK_INT(scores_i32(table, BINET_LABEL, 2), -1);
    binet_predictions_destroy(table);
}

static void refused(const char *text, int64_t line, const char *why)
{
    binet_predictions *table = before;
    binet_error error;
    memset(&error, 0, sizeof error);
    CHECK_INT(read_text(text, &table, &error), BINET_INVALID_DATA);
    CHECK(table == before);
    CHECK_TEXT(error.argument, "path");
    CHECK_INT(error.element, line);
    CHECK_CONTAINS(error.message, why);
}

static void a_broken_file_names_its_line(void)
{
    refused("", 1, "empty");
    refused("file_name,predicted_class\na,1\n", 1, "no column predicted_probability");
    refused("file_name,predicted_probability\na,1\n", 1, "no column predicted_class");
    refused("predicted_class,predicted_probability,label,label\n", 1, "label is there twice");
    refused("predicted_class,predicted_probability\n", 1, "no rows");
    refused("predicted_class,predicted_probability\n1,0.5\n2\n", 3, "line 3: 1 fields; the header has 2");
    refused("predicted_class,predicted_probability\n1,0.5\n2,0.x\n", 3,
            "line 3: predicted_probability is '0.x'; it must be a number");
    refused("predicted_class,predicted_probability\n1,0,5\n", 2, "3 fields");
    refused("predicted_class,predicted_probability\n,0.5\n", 2, "predicted_class is ''");
    refused("predicted_class,predicted_probability\n-1,0.5\n", 2, "predicted_class is '-1'");
    refused("predicted_class,predicted_probability\n2147483648,0.5\n", 2, "0 .. 2147483647");
    refused("predicted_class,predicted_probability,label\n1,0.5,-1\n", 2, "label is '-1'");
    refused("predicted_class,predicted_probability,rank\n1,0.5,0\n", 2, "rank is '0'; it must be a whole number, 1 ..");
    refused("predicted_class,predicted_probability\n1,\"0.5\n", 2, "never closed");
}

static void a_confidence_that_is_none_is_found_by_calibration(void)
{
    static const char *const texts[] = {"1.5", "-0.25", "", "nan", "inf"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[128];
        binet_predictions *table = NULL;
        binet_calibration_result result = {.struct_size = sizeof result};
        binet_error error;
        (void)snprintf(text, sizeof text, "predicted_class,predicted_probability,label\n1,0.5,1\n1,%s,0\n", texts[i]);
        CHECK_INT(read_text(text, &table, NULL), BINET_OK);
        CHECK_INT(binet_calibration(NULL, table, NULL, &result, &error), BINET_INVALID_DATA);
        CHECK_INT(error.element, 1);
        CHECK_CONTAINS(error.message, "row 1 has the confidence");
        binet_predictions_destroy(table);
    }
}

static void files_that_cannot_be_opened_are_named(void)
{
    binet_predictions *table = make(0);
    binet_predictions *out = before;
    binet_error error;
    CHECK_INT(binet_predictions_read_csv(NULL, path_of("none.csv"), &out, &error), BINET_IO);
    CHECK_CONTAINS(error.message, "none.csv");
    CHECK_INT(binet_predictions_read_csv(NULL, NULL, &out, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_read_csv(NULL, path_of("none.csv"), NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_write_csv(NULL, table, path_of("none/w.csv"), &error), BINET_IO);
    CHECK_CONTAINS(error.message, "none/w.csv");
    CHECK_INT(binet_predictions_write_csv(NULL, NULL, path_of("w.csv"), &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_write_csv(NULL, table, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK(out == before);
    binet_predictions_destroy(table);
}

static void without_memory_nothing_leaks(void)
{
    binet_predictions *table = make(1);
    char path[2 * TEMPORARY_SIZE];
    int files = temporary_count(folder);
    (void)temporary_path(path, folder, "w.csv");
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_predictions *back = before;
        binet_status status = binet_predictions_write_csv(context, table, path, NULL);
        if (status == BINET_OK) {
            status = binet_predictions_read_csv(context, path, &back, NULL);
            CHECK((back == before) == (status != BINET_OK));
        }
        if (status == BINET_OK) {
            CHECK(scores_same(back, table));
            binet_predictions_destroy(back);
        }
        failing_allocator_next(&allocator, status);
    }
    CHECK_INT(temporary_count(folder), files);
    binet_context_destroy(context);
    binet_predictions_destroy(table);
}

int main(void)
{
    temporary_make(folder);
    RUN(a_table_comes_back_with_the_same_bits);
    RUN(no_locale_changes_the_file);
    RUN(the_columns_are_those_of_imagenet_x_first);
    RUN(three_columns_are_enough);
    RUN(a_label_infers_what_is_certain);
    RUN(a_broken_file_names_its_line);
    RUN(a_confidence_that_is_none_is_found_by_calibration);
    RUN(files_that_cannot_be_opened_are_named);
    RUN(without_memory_nothing_leaks);
    temporary_remove(folder);
    return check_result();
}
