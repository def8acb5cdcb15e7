/* Rows are found by file name, the whole name first, and never by position. */
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 5 };

static const char *const names[N] = {"a/x.png", "a/y.png", NULL, "b/y.png", "z.png"};

/* A table of N rows with names, which may be NULL. */
static binet_predictions *table_of(const char *const *of_rows)
{
    double logits[N * 2];
    scores_logits(logits, (int64_t)N * 2, 1);
    return scores_table(logits, NULL, of_rows, N, 2);
}

static void the_whole_name_goes_before_its_last_part(void)
{
    static const char *const asked[] = {"z.png",       "b/y.png", "x.png", "elsewhere/z.png",
                                        "nowhere.png", "a/y.png", "z.png"};
    static const int64_t expected[] = {4, 3, 0, -1, -1, 1, 4};
    int64_t rows[7];
    binet_predictions *table = table_of(names);
    /* "elsewhere/z.png" would be a second name for row 4: asked alone, it is found. */
    CHECK_INT(binet_predictions_find(NULL, table, &asked[3], 1, rows, NULL), BINET_OK);
    CHECK_INT(rows[0], 4);
    for (int i = 0; i < 7; i++) {
        if (i != 3) {
            CHECK_INT(binet_predictions_find(NULL, table, &asked[i], 1, rows, NULL), BINET_OK);
            CHECK_INT(rows[0], expected[i]);
        }
    }
    const char *const without[] = {asked[0], asked[1], asked[2], asked[4], asked[5], asked[6]};
    CHECK_INT(binet_predictions_find(NULL, table, without, 6, rows, NULL), BINET_OK);
    static const int64_t together[] = {4, 3, 0, -1, 1, 4};
    CHECK(memcmp(rows, together, sizeof together) == 0);
    binet_predictions_destroy(table);
}

/* A name without folder and the last part of one with a folder stand for each other, and for two rows if there are two.
 */
static void a_name_without_a_folder_is_a_last_part_too(void)
{
    static const char *const of_rows[N] = {"x.png", "a/x.png", "y.png", "a/z.png", NULL};
    static const char *const asked[] = {"x.png", "a/x.png", "b/y.png", "z.png"};
    static const int64_t expected[] = {0, 1, 2, 3};
    int64_t rows[4];
    binet_error error;
    binet_predictions *table = table_of(of_rows);
    CHECK_INT(binet_predictions_find(NULL, table, asked, 4, rows, NULL), BINET_OK);
    CHECK(memcmp(rows, expected, sizeof expected) == 0);
    static const char *const either[] = {"b/x.png"};
    CHECK_INT(binet_predictions_find(NULL, table, either, 1, rows, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "fits more than one row");
    binet_predictions_destroy(table);
}

static void refused(const binet_predictions *table, const char *const *asked, int64_t n, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    int64_t rows[4] = {77, 77, 77, 77};
    binet_error error;
    CHECK_INT(binet_predictions_find(NULL, table, asked, n, rows, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(rows[0] == 77 && rows[1] == 77 && rows[2] == 77 && rows[3] == 77);
}

static void what_is_not_clear_is_refused(void)
{
    binet_predictions *table = table_of(names);
    static const char *const short_name[] = {"z.png", "y.png"};
    refused(table, short_name, 2, BINET_INVALID_DATA, "file_names", 1, "'y.png', fits more than one row");
    static const char *const two_for_one[] = {"x.png", "z.png", "c/x.png"};
    refused(table, two_for_one, 3, BINET_INVALID_DATA, "file_names", 2, "'x.png' and 'c/x.png', fit the same row 0");
    static const char *const missing[] = {"z.png", NULL};
    refused(table, missing, 2, BINET_INVALID_ARGUMENT, "file_names", 1, "file_names[1] is NULL");
    refused(table, missing, 0, BINET_INVALID_ARGUMENT, "n", -1, "at least 1");
    refused(NULL, missing, 1, BINET_INVALID_ARGUMENT, "predictions", -1, "NULL");
    refused(table, NULL, 1, BINET_INVALID_ARGUMENT, "file_names", -1, "NULL");
    CHECK_INT(binet_predictions_find(NULL, table, missing, 1, NULL, NULL), BINET_INVALID_ARGUMENT);
    binet_predictions_destroy(table);

    static const char *const twice[N] = {"a", "b", "c", "b", "d"};
    table = table_of(twice);
    refused(table, short_name, 1, BINET_INVALID_DATA, "predictions", 3, "rows 1 and 3 have the same file name, 'b'");
    binet_predictions_destroy(table);
    table = table_of(NULL);
    refused(table, short_name, 1, BINET_INVALID_DATA, "predictions", -1, "no file names");
    binet_predictions_destroy(table);
}

static void memory_may_run_out(void)
{
    binet_predictions *table = table_of(names);
    static const char *const asked[] = {"z.png"};
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        int64_t row = 77;
        binet_status status = binet_predictions_find(context, table, asked, 1, &row, NULL);
        CHECK_INT(row, status == BINET_OK ? 4 : 77);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions_destroy(table);
}

int main(void)
{
    RUN(the_whole_name_goes_before_its_last_part);
    RUN(a_name_without_a_folder_is_a_last_part_too);
    RUN(what_is_not_clear_is_refused);
    RUN(memory_may_run_out);
    return check_result();
}
