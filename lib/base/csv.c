#include "base/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"

#define MOST_BYTES ((int64_t)1 << 40) /* of a file: far below where sizes overflow */

static binet_status fail_at(const binet__csv *csv, int64_t line, binet_error *error, const char *text)
{
    return binet__fail(error, BINET_INVALID_DATA, csv->argument, line, "line %lld: %s (in '%s')", (long long)line, text,
                       csv->path);
}

binet_status binet__csv_fail(const binet__csv *csv, binet_error *error, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fail_at(csv, csv->line, error, text);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static int at_line_end(const binet__csv *csv)
{
    return csv->at < csv->size && (csv->bytes[csv->at] == '\n' || csv->bytes[csv->at] == '\r');
}

static void skip_line_end(binet__csv *csv)
{
    int carriage_return = csv->bytes[csv->at] == '\r';
    csv->at++;
    if (carriage_return && csv->at < csv->size && csv->bytes[csv->at] == '\n') {
        csv->at++;
    }
    csv->next_line++;
}

/* A field in quotes: `at` is on the first quote, and afterwards behind the last. */
static binet_status read_quoted(binet__csv *csv, char **field, binet_error *error)
{
    int64_t opened = csv->next_line;
    char *bytes = csv->bytes;
    int64_t write = ++csv->at;
    *field = bytes + write;
    for (;;) {
        if (csv->at == csv->size) {
            return fail_at(csv, opened, error, "a quote is opened and never closed");
        }
        char c = bytes[csv->at];
        if (c == '\0') {
            return fail_at(csv, csv->next_line, error, "a zero byte");
        }
        if (c == '"') {
            csv->at++;
            if (csv->at == csv->size || bytes[csv->at] != '"') {
                break;
            }
        } else if (c == '\n' || (c == '\r' && bytes[csv->at + 1] != '\n')) {
            csv->next_line++;
        }
        bytes[write++] = c;
        csv->at++;
    }
    if (csv->at < csv->size && bytes[csv->at] != ',' && !at_line_end(csv)) {
        return fail_at(csv, csv->next_line, error, "text after a closing quote");
    }
    bytes[write] = '\0';
    return BINET_OK;
}

static binet_status read_plain(binet__csv *csv, char **field, binet_error *error)
{
    *field = csv->bytes + csv->at;
    while (csv->at < csv->size && csv->bytes[csv->at] != ',' && !at_line_end(csv)) {
        if (csv->bytes[csv->at] == '\0') {
            return fail_at(csv, csv->next_line, error, "a zero byte");
        }
        csv->at++;
    }
    return BINET_OK;
}

static binet_status read_record(binet__csv *csv, binet_error *error)
{
    csv->line = csv->next_line;
    csv->n_fields = 0;
    for (;;) {
        void *block = csv->fields;
        binet_status status =
            binet__grow(csv->context, &block, &csv->capacity, csv->n_fields + 1, sizeof *csv->fields, error);
        csv->fields = block;
        if (status != BINET_OK) {
            return status;
        }
        int quoted = csv->at < csv->size && csv->bytes[csv->at] == '"';
        char **field = &csv->fields[csv->n_fields];
        status = quoted ? read_quoted(csv, field, error) : read_plain(csv, field, error);
        if (status != BINET_OK) {
            return status;
        }
        csv->n_fields++;
        char *end = csv->bytes + csv->at;
        if (csv->at == csv->size) {
            return BINET_OK;
        }
        int comma = *end == ',';
        if (comma) {
            csv->at++;
        } else {
            skip_line_end(csv);
        }
        *end = '\0';
        if (!comma) {
            return BINET_OK;
        }
    }
}

binet_status binet__csv_open(const binet_context *context, const char *path, const char *argument, binet__csv *csv,
                             binet_error *error)
{
    binet__csv opened = {.context = context, .path = path, .argument = argument, .line = 1, .next_line = 1};
    int more = 0;
    binet_status status = binet__read_file(context, path, argument, MOST_BYTES, &opened.bytes, &opened.size, error);
    if (status != BINET_OK) {
        return status;
    }
    opened.at = opened.size >= 3 && memcmp(opened.bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    opened.locale = binet__number_locale();
    if (opened.locale == (locale_t)0) {
        status = binet__fail_memory(error, sizeof(locale_t));
        goto cleanup;
    }
    status = binet__csv_next(&opened, &more, error);
    if (status == BINET_OK && !more) {
        status = fail_at(&opened, 1, error, "the file is empty; it must begin with a header");
    }
cleanup:
    if (status != BINET_OK) {
        binet__csv_close(&opened);
        return status;
    }
    *csv = opened;
    return BINET_OK;
}

binet_status binet__csv_next(binet__csv *csv, int *more, binet_error *error)
{
    while (at_line_end(csv)) {
        skip_line_end(csv);
    }
    if (csv->at == csv->size) {
        *more = 0;
        return BINET_OK;
    }
    binet_status status = read_record(csv, error);
    if (status != BINET_OK) {
        return status;
    }
    if (csv->n_columns == 0) {
        csv->n_columns = csv->n_fields;
    }
    if (csv->n_fields != csv->n_columns) {
        return binet__csv_fail(csv, error, "%lld fields; the header has %lld", (long long)csv->n_fields,
                               (long long)csv->n_columns);
    }
    *more = 1;
    return BINET_OK;
}

binet_status binet__csv_column(const binet__csv *csv, const char *name, int required, int64_t *column,
                               binet_error *error)
{
    int64_t found = -1;
    for (int64_t i = 0; i < csv->n_fields; i++) {
        if (strcmp(csv->fields[i], name) == 0) {
            if (found >= 0) {
                return binet__csv_fail(csv, error, "the column %s is there twice", name);
            }
            found = i;
        }
    }
    if (required && found < 0) {
        return binet__csv_fail(csv, error, "no column %s in the header", name);
    }
    *column = found;
    return BINET_OK;
}

binet_status binet__csv_double(const binet__csv *csv, int64_t column, const char *name, double *value,
                               binet_error *error)
{
    const char *text = csv->fields[column];
    if (!binet__parse_double(csv->locale, text, value)) {
        return binet__csv_fail(csv, error, "%s is '%.60s'; it must be a number", name, text);
    }
    return BINET_OK;
}

binet_status binet__csv_integer(const binet__csv *csv, int64_t column, const char *name, int64_t low, int64_t high,
                                int64_t *value, binet_error *error)
{
    const char *text = csv->fields[column];
    int64_t parsed;
    if (!binet__parse_integer(text, &parsed) || parsed < low || parsed > high) {
        return binet__csv_fail(csv, error, "%s is '%.60s'; it must be a whole number, %lld .. %lld", name, text,
                               (long long)low, (long long)high);
    }
    *value = parsed;
    return BINET_OK;
}

void binet__csv_close(binet__csv *csv)
{
    binet__release(csv->context, csv->bytes);
    binet__release(csv->context, csv->fields);
    if (csv->locale != (locale_t)0) {
        freelocale(csv->locale);
    }
    memset(csv, 0, sizeof *csv);
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

binet_status binet__csv_create(const binet_context *context, const char *path, const char *argument,
                               binet__csv_writer *writer, binet_error *error)
{
    binet__csv_writer made = {.locale = binet__number_locale()};
    if (made.locale == (locale_t)0) {
        return binet__fail_memory(error, sizeof(locale_t));
    }
    binet_status status = binet__file_create(context, path, argument, &made.file, error);
    if (status != BINET_OK) {
        freelocale(made.locale);
        return status;
    }
    *writer = made;
    return BINET_OK;
}

/* An error of the stream stays in it until binet__file_commit, so the calls below need not look. */
static void begin_field(binet__csv_writer *writer)
{
    if (writer->in_record) {
        (void)putc(',', writer->file.stream);
    }
    writer->in_record = 1;
}

void binet__csv_put_text(binet__csv_writer *writer, const char *text)
{
    FILE *stream = writer->file.stream;
    begin_field(writer);
    if (strpbrk(text, "\",\r\n") == NULL) {
        (void)fputs(text, stream);
        return;
    }
    (void)putc('"', stream);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            (void)putc('"', stream);
        }
        (void)putc(*text, stream);
    }
    (void)putc('"', stream);
}

void binet__csv_put_integer(binet__csv_writer *writer, int64_t value)
{
    begin_field(writer);
    (void)fprintf(writer->file.stream, "%lld", (long long)value);
}

void binet__csv_put_double(binet__csv_writer *writer, double value)
{
    char text[BINET__NUMBER_TEXT];
    binet__print_double(writer->locale, value, text);
    begin_field(writer);
    (void)fputs(text, writer->file.stream);
}

void binet__csv_end_record(binet__csv_writer *writer)
{
    (void)putc('\n', writer->file.stream);
    writer->in_record = 0;
}

binet_status binet__csv_commit(binet__csv_writer *writer, binet_error *error)
{
    freelocale(writer->locale);
    return binet__file_commit(&writer->file, error);
}
