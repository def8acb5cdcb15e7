/** CSV files (RFC 4180), a record at a time. */
#ifndef BINET_BASE_CSV_H
#define BINET_BASE_CSV_H

#include <locale.h>

#include "base/error.h"
#include "base/file.h"
#include "binet/base.h"

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/** A CSV that is being read: its first record is the header, which says how many fields every record has.
 *
 *      binet__csv csv;
 *      binet_status status = binet__csv_open(context, path, "path", &csv, error);
 *      if (status != BINET_OK) { return status; }
 *      status = binet__csv_column(&csv, "label", 1, &label, error);
 *      for (int more = 1; status == BINET_OK;) {
 *          status = binet__csv_next(&csv, &more, error);
 *          if (status != BINET_OK || !more) { break; }
 *          status = binet__csv_integer(&csv, label, "label", 0, INT32_MAX, &value, error);
 *      }
 *      binet__csv_close(&csv);
 */
typedef struct binet__csv {
    const binet_context *context;
    const char *path;     /**< for messages; borrowed */
    const char *argument; /**< name of the parameter that gives the path; borrowed */
    char *bytes;          /**< the file, unquoted in place as it is read */
    int64_t size;
    int64_t at;
    locale_t locale;
    int64_t line;      /**< first line of the present record; the header is line 1 */
    int64_t next_line; /**< line at `at` */
    int64_t n_columns; /**< fields of the header */
    char **fields;     /**< n_fields texts of the present record, valid until the CSV is closed */
    int64_t n_fields;
    int64_t capacity;
} binet__csv;

/** Open a CSV and read its header. LF, CRLF and CR end a line; empty lines, a byte-order mark and a last line without
 *  an end are fine. BINET_INVALID_DATA for a file without a header. On failure there is nothing to close. */
binet_status binet__csv_open(const binet_context *context, const char *path, const char *argument, binet__csv *csv,
                             binet_error *error);

/** The index of a column, while the header is the present record; -1 where it is not there. BINET_INVALID_DATA where it
 *  is there twice, or is required and missing. */
binet_status binet__csv_column(const binet__csv *csv, const char *name, int required, int64_t *column,
                               binet_error *error);

/** Read the next record; *more is 0 at the end of the file. BINET_INVALID_DATA, with the line as element, for a record
 *  with more or fewer fields than the header, a zero byte, a quote without an end and text after one. */
binet_status binet__csv_next(binet__csv *csv, int *more, binet_error *error);

/** A field of the present record as a number. BINET_INVALID_DATA names line, column and the text met. */
binet_status binet__csv_double(const binet__csv *csv, int64_t column, const char *name, double *value,
                               binet_error *error);

/** Likewise a whole number, low .. high. */
binet_status binet__csv_integer(const binet__csv *csv, int64_t column, const char *name, int64_t low, int64_t high,
                                int64_t *value, binet_error *error);

/** BINET_INVALID_DATA for the present record: its line as element, the text, the line and the path in the message. */
binet_status binet__csv_fail(const binet__csv *csv, binet_error *error, const char *format, ...) BINET__PRINTF(3, 4);

/** Release what the CSV holds, the fields among it. */
void binet__csv_close(binet__csv *csv);

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/** A CSV that is being written; it appears under its name when it is committed. */
typedef struct binet__csv_writer {
    binet__file file;
    locale_t locale;
    int in_record; /**< a field of the present record was written */
} binet__csv_writer;

/** Open a CSV for writing. On failure there is nothing to discard. */
binet_status binet__csv_create(const binet_context *context, const char *path, const char *argument,
                               binet__csv_writer *writer, binet_error *error);

/** One more field of the present record, quoted only where it must be; "" is an empty field. */
void binet__csv_put_text(binet__csv_writer *writer, const char *text);
void binet__csv_put_integer(binet__csv_writer *writer, int64_t value);
void binet__csv_put_double(binet__csv_writer *writer, double value);

/** End the present record. */
void binet__csv_end_record(binet__csv_writer *writer);

/** As binet__file_commit; an error in what was put is found here. */
binet_status binet__csv_commit(binet__csv_writer *writer, binet_error *error);

#endif
