/* Rows of two tables meet by file name, and what is not clear is refused. */
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { MOST = 8 };

static binet_predictions *table_of(const char *const *names, int64_t n)
{
    double logits[MOST * 2];
    scores_logits(logits, n * 2, 1);
    return scores_table(logits, NULL, names, n, 2);
}

#define TABLE(...)                                                                                                     \
    table_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* Match and destroy two tables; `expected` are n pairs. */
static void matched(binet_predictions *a, binet_predictions *b, int64_t n, const int64_t *expected)
{
    int64_t rows[2][MOST];
    int64_t found = -1;
    CHECK_INT(binet_predictions_match(NULL, a, b, n, rows[0], rows[1], &found, NULL), BINET_OK);
    CHECK_INT(found, n);
    for (int64_t i = 0; found == n && i < n; i++) {
        CHECK_INT(rows[0][i], expected[2 * i]);
        CHECK_INT(rows[1][i], expected[2 * i + 1]);
    }
    binet_predictions_destroy(a);
    binet_predictions_destroy(b);
}

static void whole_names_match_and_the_rest_is_left_out(void)
{
    matched(TABLE("b", "a", NULL, "d"), TABLE("a", "c", "b", NULL, "e"), 2, (const int64_t[]){0, 2, 1, 0});
    /* Another file of the same last name is another file where folders say so. */
    matched(TABLE("cat/1", "dog/1", "fox/1"), TABLE("owl/1", "dog/1"), 1, (const int64_t[]){1, 1});
}

static void last_parts_match_where_no_whole_name_does(void)
{
    matched(TABLE("val/a", "val/b", "val/c"), TABLE("c", "a", "x"), 2, (const int64_t[]){0, 1, 2, 0});
    matched(TABLE("c", "a"), TABLE("val/a", "other/c"), 2, (const int64_t[]){0, 1, 1, 0});
    /* A last part that only one table has may come twice. */
    matched(TABLE("p/a", "p/z", "q/z"), TABLE("r/a"), 1, (const int64_t[]){0, 0});
}

/* Refuse and destroy two tables. */
static void refused(binet_predictions *a, binet_predictions *b, int64_t capacity, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    int64_t rows[2] = {77, 77};
    int64_t n = 77;
    binet_error error;
    CHECK_INT(binet_predictions_match(NULL, a, b, capacity, &rows[0], &rows[1], &n, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(rows[0] == 77 && rows[1] == 77 && n == 77);
    binet_predictions_destroy(a);
    binet_predictions_destroy(b);
}

static void what_is_not_clear_is_refused(void)
{
    refused(TABLE("a", "b", "b"), TABLE("a"), 1, BINET_INVALID_DATA, "a", 2, "rows 1 and 2 have the same file name");
    refused(TABLE("a"), TABLE("b", "b"), 1, BINET_INVALID_DATA, "b", 1, "rows 0 and 1 have the same file name, 'b'");
    refused(TABLE(NULL, NULL), TABLE("b"), 1, BINET_INVALID_DATA, "a", -1, "a has no file names");
    refused(TABLE("a"), TABLE(NULL, NULL), 1, BINET_INVALID_DATA, "b", -1, "b has no file names");
    refused(TABLE("a", NULL), TABLE("b", NULL), 1, BINET_INVALID_DATA, "b", -1, "a and b share no file name");
    refused(TABLE("x", "1"), TABLE("p/1", "q/1"), 2, BINET_INVALID_DATA, "a", 1, "row 1 of a, '1', fits several");
    refused(TABLE("p/1", "q/1"), TABLE("x", "1"), 2, BINET_INVALID_DATA, "b", 1, "row 1 of b, '1', fits several");
    refused(TABLE("a", "b"), TABLE("b", "a"), 1, BINET_INVALID_ARGUMENT, "capacity", -1, "1; 2 rows were matched");
    refused(NULL, TABLE("b"), 1, BINET_INVALID_ARGUMENT, "a", -1, "NULL");
    refused(TABLE("a"), NULL, 1, BINET_INVALID_ARGUMENT, "b", -1, "NULL");
    binet_predictions *table = TABLE("a");
    int64_t row;
    CHECK_INT(binet_predictions_match(NULL, table, table, 1, NULL, &row, &row, NULL), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_match(NULL, table, table, 1, &row, NULL, &row, NULL), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_predictions_match(NULL, table, table, 1, &row, &row, NULL, NULL), BINET_INVALID_ARGUMENT);
    binet_predictions_destroy(table);
}

static void memory_may_run_out(void)
{
    binet_predictions *a = TABLE("a", "b");
    binet_predictions *b = TABLE("x/b");
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        int64_t rows[2] = {77, 77};
        int64_t n = 77;
        binet_status status = binet_predictions_match(context, a, b, 1, &rows[0], &rows[1], &n, NULL);
        CHECK(status == BINET_OK ? n == 1 && rows[0] == 1 && rows[1] == 0 : n == 77 && rows[0] == 77);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions_destroy(a);
    binet_predictions_destroy(b);
}

int main(void)
{
    RUN(whole_names_match_and_the_rest_is_left_out);
    RUN(last_parts_match_where_no_whole_name_does);
    RUN(what_is_not_clear_is_refused);
    RUN(memory_may_run_out);
    return check_result();
}
