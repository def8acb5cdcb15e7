/* Labels come to rows by file name as a scan of the file's lines finds them, and what is not clear is refused. */
#include "check.h"
#include "metrics/predictions_table.h"
#include "scores.h"
#include "temporary.h"

enum { MOST_ROWS = 600, MOST_LINES = 2000, C = 4, NAME = 16 };

static char folder[TEMPORARY_SIZE];

typedef struct line {
    char name[NAME];
    int64_t label;
} line;

static line lines[MOST_LINES];
static char names[MOST_ROWS][NAME];

/* A file of the lines, in a path of the caller. */
static const char *write_lines(char path[2 * TEMPORARY_SIZE], int64_t n_lines)
{
    static char text[MOST_LINES * (NAME + 16) + 32];
    int length = snprintf(text, sizeof text, "file_name,label\n");
    for (int64_t i = 0; i < n_lines; i++) {
        length += snprintf(text + length, sizeof text - (size_t)length, "%s,%lld\n", lines[i].name,
                           (long long)lines[i].label);
    }
    temporary_write_text(folder, "labels.csv", text);
    return temporary_path(path, folder, "labels.csv");
}

/* A table of the first rows' names; an empty one is none. */
static binet_predictions *named(int64_t n)
{
    static double logits[MOST_ROWS * C];
    const char *given[MOST_ROWS];
    for (int64_t i = 0; i < n; i++) {
        given[i] = names[i][0] != '\0' ? names[i] : NULL;
    }
    scores_logits(logits, n * C, 3);
    return scores_table(logits, NULL, given, n, C);
}

static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash != NULL ? slash + 1 : name;
}

enum { ABSENT = -1, UNCLEAR = -2 };

/* The label of the line with the whole name, else the one label of all lines with its last part. */
static int64_t scan(const char *name, int64_t n_lines)
{
    int64_t found = ABSENT;
    for (int64_t i = 0; i < n_lines; i++) {
        if (strcmp(lines[i].name, name) == 0) {
            return lines[i].label;
        }
    }
    for (int64_t i = 0; i < n_lines; i++) {
        if (strcmp(last_part(lines[i].name), last_part(name)) == 0) {
            found = found == ABSENT || found == lines[i].label ? lines[i].label : UNCLEAR;
        }
    }
    return found;
}

/* The first line whose whole name had another label before; -1 where none is. */
static int64_t first_contradiction(int64_t n_lines)
{
    for (int64_t i = 0; i < n_lines; i++) {
        for (int64_t before = 0; before < i; before++) {
            if (strcmp(lines[i].name, lines[before].name) == 0 && lines[i].label != lines[before].label) {
                return i;
            }
        }
    }
    return -1;
}

typedef struct outcomes {
    int joined;
    int contradicted;
    int nameless;
    int absent;
    int unclear;
} outcomes;

static void refused(const binet_predictions *table, const char *path, const char *argument, int64_t element,
                    const char *why)
{
    binet_predictions *labelled = NULL;
    binet_error error = {0};
    CHECK_INT(binet_predictions_join_labels(NULL, table, path, &labelled, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(labelled == NULL);
}

/* Names and lines as they are now, against the scan. */
static void joins_as_a_scan(int64_t n, int64_t n_lines, outcomes *met)
{
    char path[2 * TEMPORARY_SIZE];
    int64_t labels[MOST_ROWS];
    binet_predictions *table = named(n);
    binet_predictions *before = named(n);
    (void)write_lines(path, n_lines);
    int64_t contradiction = first_contradiction(n_lines);
    int64_t row = 0;
    while (row < n && names[row][0] != '\0' && (labels[row] = scan(names[row], n_lines)) >= 0) {
        row++;
    }
    if (contradiction >= 0) {
        met->contradicted++;
        refused(table, path, "path", contradiction + 2, " here and "); /* the header is line 1 */
    } else if (row < n && names[row][0] == '\0') {
        met->nameless++;
        refused(table, path, "predictions", row, "has no file name to look up");
    } else if (row < n) {
        met->absent += labels[row] == ABSENT;
        met->unclear += labels[row] == UNCLEAR;
        refused(table, path, "predictions", row,
                labels[row] == ABSENT ? "has no label in" : "fits files with different labels in");
    } else {
        binet_array vector = scores_vector(labels, BINET_I64, n);
        binet_predictions *expected = NULL;
        binet_predictions *labelled = NULL;
        met->joined++;
        CHECK_INT(binet_predictions_with_labels(NULL, table, &vector, &expected, NULL), BINET_OK);
        CHECK_INT(binet_predictions_join_labels(NULL, table, path, &labelled, NULL), BINET_OK);
        CHECK(scores_same(labelled, expected));
        CHECK_INT(binet_predictions_class_count(labelled), C);
        binet_predictions_destroy(labelled);
        binet_predictions_destroy(expected);
    }
    CHECK(scores_same(table, before));
    binet_predictions_destroy(before);
    binet_predictions_destroy(table);
}

/* Few enough names that whole ones and last parts meet in every way: the label is that of the last part, but in one
 * line of 32 another. */
static void draw_name(char *name, uint64_t *state)
{
    static const char *const folders[] = {"", "", "a/", "b/", "a/b/"};
    (void)snprintf(name, NAME, "%s%d", folders[(scores_next(state) >> 33) % 5], (int)((scores_next(state) >> 33) % 6));
}

static void every_mixture_of_names_joins_as_a_scan(void)
{
    outcomes met = {0};
    uint64_t state = 1;
    for (int round = 0; round < 1000; round++) {
        int64_t n = 1 + round % 6;
        int64_t n_lines = round % 23;
        for (int64_t i = 0; i < n_lines; i++) {
            draw_name(lines[i].name, &state);
            lines[i].label = (last_part(lines[i].name)[0] - '0') % C;
            lines[i].label = (scores_next(&state) >> 33) % 32 == 0 ? (lines[i].label + 1) % C : lines[i].label;
        }
        for (int64_t i = 0; i < n; i++) {
            draw_name(names[i], &state);
            names[i][0] = (scores_next(&state) >> 33) % 32 == 0 ? '\0' : names[i][0];
        }
        joins_as_a_scan(n, n_lines, &met);
    }
    CHECK(met.joined > 9 && met.contradicted > 9 && met.nameless > 9 && met.absent > 9 && met.unclear > 9);
}

/* More lines than rows, in another order, some twice; rows that share a name share a label. */
static void order_and_number_of_lines_do_not_matter(void)
{
    outcomes met = {0};
    for (int64_t i = 0; i < MOST_LINES; i++) {
        int64_t number = i * 7 % 1700; /* 1700 different ones */
        (void)snprintf(lines[i].name, NAME, "%lld/%lld.png", (long long)(number % 10), (long long)number);
        lines[i].label = number * 5 % C;
    }
    for (int64_t i = 0; i < MOST_ROWS; i++) {
        int64_t number = i * 11 % 500 + 1100;
        (void)snprintf(names[i], NAME, i % 3 == 0 ? "%lld.png" : "x/%lld.png", (long long)number);
    }
    joins_as_a_scan(MOST_ROWS, MOST_LINES, &met);
    CHECK_INT(met.joined, 1);
}

/* ---- Labels ------------------------------------------------------------------------------------------------------ */

static void labels_go_to_the_last_class(void)
{
    static const int64_t highest[] = {C - 1, INT32_MAX};
    char path[2 * TEMPORARY_SIZE];
    (void)snprintf(names[0], NAME, "a");
    (void)snprintf(lines[0].name, NAME, "b");
    (void)snprintf(lines[1].name, NAME, "a");
    for (int is_unknown = 0; is_unknown < 2; is_unknown++) {
        binet_predictions *table = named(1);
        binet_predictions *labelled = NULL;
        table->n_classes = is_unknown ? 0 : C;
        lines[0].label = 0;
        lines[1].label = highest[is_unknown];
        CHECK_INT(binet_predictions_join_labels(NULL, table, write_lines(path, 2), &labelled, NULL), BINET_OK);
        CHECK_INT(scores_i32(labelled, BINET_LABEL, 0), highest[is_unknown]);
        binet_predictions_destroy(labelled);
        lines[0].label = highest[is_unknown] + 1; /* of a file that no row asks for */
        refused(table, write_lines(path, 2), "path", 2, is_unknown ? "label is '2147483648'" : "label is '4'");
        lines[0].label = -1;
        refused(table, write_lines(path, 2), "path", 2, "label is '-1'");
        binet_predictions_destroy(table);
    }
}

/* What a label from before implied goes with it. */
static void labels_from_before_are_replaced(void)
{
    static const double logits[2 * C] = {5.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0};
    static const int64_t before[2] = {1, 2};
    static const char *const given[2] = {"a", "b"};
    char path[2 * TEMPORARY_SIZE];
    binet_predictions *table = scores_table(logits, before, given, 2, C);
    binet_predictions *labelled = NULL;
    (void)snprintf(lines[0].name, NAME, "b");
    (void)snprintf(lines[1].name, NAME, "a");
    lines[0].label = 2;
    lines[1].label = 0;
    CHECK_INT(binet_predictions_join_labels(NULL, table, write_lines(path, 2), &labelled, NULL), BINET_OK);
    CHECK_INT(scores_i32(labelled, BINET_LABEL, 0), 0);
    CHECK_INT(scores_i32(labelled, BINET_RANK, 0), 1);
    CHECK(scores_f64(labelled, BINET_TRUE_PROBABILITY, 0) == scores_f64(table, BINET_CONFIDENCE, 0));
    CHECK(isnan(scores_f64(labelled, BINET_NLL, 0)));
    CHECK(scores_f64(labelled, BINET_NLL, 1) == scores_f64(table, BINET_NLL, 1)); /* as it was */
    binet_predictions_destroy(labelled);
    binet_predictions_destroy(table);
}

int main(void)
{
    temporary_make(folder);
    RUN(every_mixture_of_names_joins_as_a_scan);
    RUN(order_and_number_of_lines_do_not_matter);
    RUN(labels_go_to_the_last_class);
    RUN(labels_from_before_are_replaced);
    temporary_remove(folder);
    return check_result();
}
