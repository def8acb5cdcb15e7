/* CSV is read as RFC 4180 says, what is wrong names its line, and what is written reads back. */
#include "base/csv.h"

#include <math.h>

#include "base/memory.h"
#include "check.h"
#include "failing_allocator.h"
#include "temporary.h"

static char folder[TEMPORARY_SIZE];

/* The path of a name in the folder, until the next call. */
static const char *path_of(const char *name)
{
    static char path[2 * TEMPORARY_SIZE];
    return temporary_path(path, folder, name);
}

static const char *file_of_bytes(const char *name, const void *bytes, size_t size)
{
    temporary_write(folder, name, bytes, size);
    return path_of(name);
}

static const char *file_of(const char *name, const char *text)
{
    return file_of_bytes(name, text, strlen(text));
}

/* All records after the header as one text: fields end in '|', records in '\n'. */
static binet_status read_all(const char *bytes, size_t size, char *seen, size_t room, binet_error *error)
{
    binet__csv csv;
    size_t used = 0;
    seen[0] = '\0';
    binet_status status = binet__csv_open(NULL, file_of_bytes("read.csv", bytes, size), "path", &csv, error);
    if (status != BINET_OK) {
        return status;
    }
    for (int more = 1; status == BINET_OK;) {
        status = binet__csv_next(&csv, &more, error);
        if (status != BINET_OK || !more) {
            break;
        }
        for (int64_t i = 0; i < csv.n_fields; i++) {
            used += (size_t)snprintf(seen + used, room - used, "%s|", csv.fields[i]);
        }
        used += (size_t)snprintf(seen + used, room - used, "\n");
    }
    binet__csv_close(&csv);
    return status;
}

static void reads(const char *text, const char *expected)
{
    char seen[256];
    binet_error error;
    CHECK_INT(read_all(text, strlen(text), seen, sizeof seen, &error), BINET_OK);
    CHECK_TEXT(seen, expected);
}

static void refuses(const char *text, size_t size, int64_t line, const char *why)
{
    char seen[256];
    binet_error error;
    memset(&error, 0, sizeof error);
    CHECK_INT(read_all(text, size, seen, sizeof seen, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "path");
    CHECK_INT(error.element, line);
    CHECK_CONTAINS(error.message, why);
    CHECK_CONTAINS(error.message, "read.csv");
}

static void line_ends_and_byte_order_mark(void)
{
    reads("a,b\n1,2\n3,4\n", "1|2|\n3|4|\n");
    reads("a,b\n1,2\n3,4", "1|2|\n3|4|\n");
    reads("a,b\r\n1,2\r\n3,4\r\n", "1|2|\n3|4|\n");
    reads("a,b\r1,2\r3,4\r", "1|2|\n3|4|\n");
    reads("\xEF\xBB\xBF"
          "a,b\n1,2\n",
          "1|2|\n");
    reads("a,b\n\n1,2\r\n\r\n\n3,4\n\n", "1|2|\n3|4|\n");
    reads("\n\na,b\n1,2\n", "1|2|\n");
    reads("a,b\n", "");
    reads("a,b", "");
}

static void fields_may_be_quoted_or_empty(void)
{
    reads("a,b\n\"1\",\"2\"\n", "1|2|\n");
    reads("a,b\n\"x,y\",\"say \"\"no\"\"\"\n", "x,y|say \"no\"|\n");
    reads("a,b\n\"one\ntwo\",\"\r\n\"\n", "one\ntwo|\r\n|\n");
    reads("a,b\n,\n\"\",\"\"", "||\n||\n");
    reads("a,b\n1,", "1||\n");
    reads("a,b\nx\"y,z\"\n", "x\"y|z\"|\n");
    reads("a\n\"\"\"\"\n", "\"|\n");
}

static void what_is_wrong_names_its_line(void)
{
    refuses("", 0, 1, "must begin with a header");
    refuses("\n\n", 2, 1, "must begin with a header");
    refuses("a,b\n1,2\n3\n", 10, 3, "1 fields; the header has 2");
    refuses("a,b\n1,2,3\n", 10, 2, "3 fields; the header has 2");
    refuses("a,b\n\"x\n\ny\",2\n3\n", 16, 5, "1 fields");
    refuses("a,b\n1,2\n3,\"x\n", 13, 3, "never closed");
    refuses("a,b\n1,\"x\"y\n", 11, 2, "after a closing quote");
    refuses("a,b\n1,x\0y\n", 10, 2, "zero byte");
    refuses("a,b\n1,\"x\0y\"\n", 12, 2, "zero byte");
    refuses("a,b\n1,\"\r\n\r\n\0\"\n", 14, 4, "zero byte");
}

static void columns_are_found_by_name(void)
{
    binet__csv csv;
    binet_error error;
    int64_t column = 7;
    CHECK_INT(binet__csv_open(NULL, file_of("c.csv", "b,a,b\n"), "path", &csv, NULL), BINET_OK);
    CHECK_INT(binet__csv_column(&csv, "a", 1, &column, NULL), BINET_OK);
    CHECK_INT(column, 1);
    CHECK_INT(binet__csv_column(&csv, "c", 0, &column, NULL), BINET_OK);
    CHECK_INT(column, -1);
    CHECK_INT(binet__csv_column(&csv, "c", 1, &column, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "no column c");
    CHECK_INT(binet__csv_column(&csv, "b", 0, &column, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "twice");
    CHECK_INT(column, -1);
    binet__csv_close(&csv);
}

static void a_bad_number_names_line_column_and_text(void)
{
    binet__csv csv;
    binet_error error;
    int more = 0;
    double value = 7.0;
    int64_t whole = 7;
    const char *path = file_of("n.csv", "p,label\n0.25,3\nabc,1e3\n");
    CHECK_INT(binet__csv_open(NULL, path, "path", &csv, NULL), BINET_OK);
    CHECK_INT(binet__csv_next(&csv, &more, NULL), BINET_OK);
    CHECK_INT(binet__csv_double(&csv, 0, "p", &value, NULL), BINET_OK);
    CHECK_NEAR(value, 0.25, 0.0);
    CHECK_INT(binet__csv_integer(&csv, 1, "label", 0, 3, &whole, NULL), BINET_OK);
    CHECK_INT(whole, 3);
    CHECK_INT(binet__csv_integer(&csv, 1, "label", 0, 2, &whole, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "label is '3'; it must be a whole number, 0 .. 2");
    CHECK_INT(binet__csv_next(&csv, &more, NULL), BINET_OK);
    CHECK_INT(binet__csv_double(&csv, 0, "p", &value, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "line 3: p is 'abc'; it must be a number");
    CHECK_INT(error.element, 3);
    CHECK_INT(binet__csv_integer(&csv, 1, "label", 0, 5000, &whole, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "line 3: label is '1e3'");
    CHECK_INT(whole, 3);
    CHECK_INT(binet__csv_next(&csv, &more, NULL), BINET_OK);
    CHECK(!more);
    binet__csv_close(&csv);
}

static void a_missing_file_is_an_io_error(void)
{
    binet__csv csv;
    binet_error error;
    CHECK_INT(binet__csv_open(NULL, path_of("none.csv"), "path", &csv, &error), BINET_IO);
    CHECK_TEXT(error.argument, "path");
    CHECK_CONTAINS(error.message, "none.csv");
    CHECK_INT(binet__csv_open(NULL, folder, "path", &csv, &error), BINET_IO);
}

static void what_is_written_reads_back(void)
{
    static const char *const texts[] = {"plain", "",         "a,b", "say \"no\"",  "two\nlines",
                                        " x ",   "\r\nmore", "\"",  "na\xC3\xAFve"};
    enum { N = sizeof texts / sizeof texts[0] };
    char path[2 * TEMPORARY_SIZE];
    binet__csv_writer writer;
    (void)snprintf(path, sizeof path, "%s", path_of("w.csv"));
    CHECK_INT(binet__csv_create(NULL, path, "path", &writer, NULL), BINET_OK);
    binet__csv_put_text(&writer, "name");
    binet__csv_put_text(&writer, "i");
    binet__csv_put_text(&writer, "x");
    binet__csv_end_record(&writer);
    for (int i = 0; i < N; i++) {
        binet__csv_put_text(&writer, texts[i]);
        binet__csv_put_integer(&writer, i == 0 ? INT64_MIN : i);
        binet__csv_put_double(&writer, i / 7.0);
        binet__csv_end_record(&writer);
    }
    CHECK_INT(binet__csv_commit(&writer, NULL), BINET_OK);
    binet__csv csv;
    CHECK_INT(binet__csv_open(NULL, path, "path", &csv, NULL), BINET_OK);
    for (int i = 0; i < N; i++) {
        int more = 0;
        double value = 0.0;
        int64_t whole = 0;
        CHECK_INT(binet__csv_next(&csv, &more, NULL), BINET_OK);
        CHECK_TEXT(csv.fields[0], texts[i]);
        CHECK_INT(binet__csv_integer(&csv, 1, "i", INT64_MIN, INT64_MAX, &whole, NULL), BINET_OK);
        CHECK_INT(whole, i == 0 ? INT64_MIN : i);
        CHECK_INT(binet__csv_double(&csv, 2, "x", &value, NULL), BINET_OK);
        CHECK_NEAR(value, i / 7.0, 0.0);
    }
    binet__csv_close(&csv);
}

static void quotes_are_written_only_where_needed(void)
{
    char path[2 * TEMPORARY_SIZE];
    char *bytes = NULL;
    int64_t size = 0;
    binet__csv_writer writer;
    (void)snprintf(path, sizeof path, "%s", path_of("q.csv"));
    CHECK_INT(binet__csv_create(NULL, path, "path", &writer, NULL), BINET_OK);
    binet__csv_put_text(&writer, "a b.png");
    binet__csv_put_text(&writer, "x,\"y\"");
    binet__csv_put_text(&writer, "");
    binet__csv_put_double(&writer, 0.5);
    binet__csv_end_record(&writer);
    CHECK_INT(binet__csv_commit(&writer, NULL), BINET_OK);
    CHECK_INT(binet__read_file(NULL, path, "path", INT32_MAX, &bytes, &size, NULL), BINET_OK);
    CHECK_TEXT(bytes, "a b.png,\"x,\"\"y\"\"\",,0.5\n");
    binet__release(NULL, bytes);
}

static void without_memory_nothing_leaks(void)
{
    char path[2 * TEMPORARY_SIZE];
    (void)snprintf(path, sizeof path, "%s", file_of("m.csv", "a,b,c\n1,2,3\n\"x\"\"y\",2,3\n"));
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__csv csv;
        int more = 1;
        binet_status status = binet__csv_open(context, path, "path", &csv, NULL);
        if (status == BINET_OK) {
            while (status == BINET_OK && more) {
                status = binet__csv_next(&csv, &more, NULL);
            }
            binet__csv_close(&csv);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    temporary_make(folder);
    RUN(line_ends_and_byte_order_mark);
    RUN(fields_may_be_quoted_or_empty);
    RUN(what_is_wrong_names_its_line);
    RUN(columns_are_found_by_name);
    RUN(a_bad_number_names_line_column_and_text);
    RUN(a_missing_file_is_an_io_error);
    RUN(what_is_written_reads_back);
    RUN(quotes_are_written_only_where_needed);
    RUN(without_memory_nothing_leaks);
    temporary_remove(folder);
    return check_result();
}
