#include <math.h>

#include "base/csv.h"
#include "base/error.h"
#include "binet/predictions.h"
#include "metrics/predictions_table.h"

static const char file_name_column[] = "file_name";

/* The columns in the order of the file, after the file name. */
static const struct {
    const char *name;
    int32_t column;
    int is_real;  /* f64, unknown where it is NaN; else a whole number */
    int64_t low;  /* of a whole number; one below is unknown */
    int required; /* of a file that is read */
} columns[] = {{"predicted_class", BINET_PREDICTED_CLASS, 0, 0, 1},
               {"predicted_probability", BINET_CONFIDENCE, 1, 0, 1},
               {"label", BINET_LABEL, 0, BINET__NO_LABEL + 1, 0},
               {"true_probability", BINET_TRUE_PROBABILITY, 1, 0, 0},
               {"nll", BINET_NLL, 1, 0, 0},
               {"rank", BINET_RANK, 0, BINET__NO_RANK + 1, 0},
               {"brier", BINET_BRIER, 1, 0, 0},
               {"entropy", BINET_ENTROPY, 1, 0, 0}};

enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static void write_row(const binet_predictions *predictions, int64_t row, binet__csv_writer *writer)
{
    const char *name = binet_predictions_file_name(predictions, row);
    binet__csv_put_text(writer, name != NULL ? name : "");
    for (int c = 0; c < N_COLUMNS; c++) {
        if (columns[c].is_real) {
            double value = binet__column_f64(predictions, columns[c].column)[row];
            if (isnan(value)) {
                binet__csv_put_text(writer, "");
            } else {
                binet__csv_put_double(writer, value);
            }
        } else {
            int32_t value = binet__column_i32(predictions, columns[c].column)[row];
            if (value < columns[c].low) {
                binet__csv_put_text(writer, "");
            } else {
                binet__csv_put_integer(writer, value);
            }
        }
    }
    binet__csv_end_record(writer);
}

binet_status binet_predictions_write_csv(const binet_context *context, const binet_predictions *predictions,
                                         const char *path, binet_error *error)
{
    binet__csv_writer writer;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__require(path, "path", error) : status;
    status = status == BINET_OK ? binet__csv_create(context, path, "path", &writer, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    binet__csv_put_text(&writer, file_name_column);
    for (int c = 0; c < N_COLUMNS; c++) {
        binet__csv_put_text(&writer, columns[c].name);
    }
    binet__csv_end_record(&writer);
    for (int64_t row = 0; row < predictions->n; row++) {
        write_row(predictions, row, &writer);
    }
    return binet__csv_commit(&writer, error);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* Where the columns are in a file; -1 where it has none. */
typedef struct places {
    int64_t file_name;
    int64_t columns[N_COLUMNS];
} places;

static binet_status find_columns(const binet__csv *csv, places *found, binet_error *error)
{
    binet_status status = binet__csv_column(csv, file_name_column, 0, &found->file_name, error);
    for (int c = 0; status == BINET_OK && c < N_COLUMNS; c++) {
        status = binet__csv_column(csv, columns[c].name, columns[c].required, &found->columns[c], error);
    }
    return status;
}

static binet_status read_field(const binet__csv *csv, int64_t place, int c, binet_predictions *table, int64_t row,
                               binet_error *error)
{
    if (columns[c].is_real) {
        return binet__csv_double(csv, place, columns[c].name, &binet__column_f64(table, columns[c].column)[row], error);
    }
    int64_t value = 0;
    binet_status status = binet__csv_integer(csv, place, columns[c].name, columns[c].low, INT32_MAX, &value, error);
    if (status == BINET_OK) {
        binet__column_i32(table, columns[c].column)[row] = (int32_t)value;
    }
    return status;
}

/* What a file does not say of a row that is right: its true class is the predicted one. */
static void infer(binet_predictions *table, int64_t row)
{
    int right = binet__column_i32(table, BINET_LABEL)[row] == binet__column_i32(table, BINET_PREDICTED_CLASS)[row];
    int32_t *rank = &binet__column_i32(table, BINET_RANK)[row];
    double *true_probability = &binet__column_f64(table, BINET_TRUE_PROBABILITY)[row];
    if (right && *rank == BINET__NO_RANK) {
        *rank = 1;
    }
    if (right && isnan(*true_probability)) {
        *true_probability = binet__column_f64(table, BINET_CONFIDENCE)[row];
    }
}

/* Append the present record. */
static binet_status read_row(const binet__csv *csv, const places *at, binet_predictions *table, binet_error *error)
{
    int64_t row = table->n;
    binet_status status = binet__predictions_reserve(table, row + 1, error);
    if (status != BINET_OK) {
        return status;
    }
    binet__predictions_clear_row(table, row);
    for (int c = 0; status == BINET_OK && c < N_COLUMNS; c++) {
        int64_t place = at->columns[c];
        int known = place >= 0 && csv->fields[place][0] != '\0';
        if (known || (place >= 0 && columns[c].column == BINET_PREDICTED_CLASS)) {
            status = read_field(csv, place, c, table, row, error);
        }
    }
    if (status == BINET_OK && at->file_name >= 0 && csv->fields[at->file_name][0] != '\0') {
        status = binet__predictions_name_row(table, row, csv->fields[at->file_name], error);
    }
    if (status == BINET_OK) {
        infer(table, row);
        table->n++;
    }
    return status;
}

binet_status binet_predictions_read_csv(const binet_context *context, const char *path, binet_predictions **predictions,
                                        binet_error *error)
{
    binet__csv csv;
    places at;
    binet_predictions *table = NULL;
    binet_status status = binet__require(path, "path", error);
    status = status == BINET_OK ? binet__require(predictions, "predictions", error) : status;
    status = status == BINET_OK ? binet__csv_open(context, path, "path", &csv, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    status = find_columns(&csv, &at, error);
    status = status == BINET_OK ? binet__predictions_create(context, &table, error) : status;
    for (int more = 1; status == BINET_OK;) {
        status = binet__csv_next(&csv, &more, error);
        if (status != BINET_OK || !more) {
            break;
        }
        status = read_row(&csv, &at, table, error);
    }
    if (status == BINET_OK && table->n == 0) {
        status = binet__csv_fail(&csv, error, "no rows after the header");
    }
    binet__csv_close(&csv);
    if (status != BINET_OK) {
        binet_predictions_destroy(table);
        return status;
    }
    *predictions = table;
    return BINET_OK;
}
