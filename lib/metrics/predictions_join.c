#include <string.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/predictions.h"
#include "metrics/names.h"
#include "metrics/predictions_table.h"

/* The labels of a CSV, by name. The names lie in the CSV. */
typedef struct labels {
    binet__csv csv;
    binet__names names;
} labels;

static binet_status add(labels *known, const char *name, int64_t label, binet_error *error)
{
    int64_t present = label;
    binet_status status = binet__names_add(&known->names, name, label, &present, error);
    if (status == BINET_OK && present != label) {
        return binet__csv_fail(&known->csv, error, "'%.120s' has the label %lld here and %lld before", name,
                               (long long)label, (long long)present);
    }
    return status;
}

static binet_status read_labels(labels *known, int64_t highest, binet_error *error)
{
    int64_t name_column;
    int64_t label_column;
    binet__csv *csv = &known->csv;
    binet_status status = binet__csv_column(csv, "file_name", 1, &name_column, error);
    status = status == BINET_OK ? binet__csv_column(csv, "label", 1, &label_column, error) : status;
    for (int more = 1; status == BINET_OK;) {
        status = binet__csv_next(csv, &more, error);
        if (status != BINET_OK || !more) {
            break;
        }
        int64_t label;
        status = binet__csv_integer(csv, label_column, "label", 0, highest, &label, error);
        status = status == BINET_OK ? add(known, csv->fields[name_column], label, error) : status;
    }
    return status;
}

static binet_status look_up(const labels *known, int64_t row, const char *name, int64_t *label, binet_error *error)
{
    const char *path = known->csv.path;
    if (name == NULL) {
        return binet__fail(error, BINET_INVALID_DATA, "predictions", row,
                           "row %lld has no file name to look up in '%s'", (long long)row, path);
    }
    int64_t found = binet__names_find(&known->names, name);
    if (found == BINET__NAME_ABSENT) {
        return binet__fail(error, BINET_INVALID_DATA, "predictions", row, "row %lld, '%.200s', has no label in '%s'",
                           (long long)row, name, path);
    }
    if (found == BINET__NAME_AMBIGUOUS) {
        return binet__fail(error, BINET_INVALID_DATA, "predictions", row,
                           "row %lld, '%.200s', fits files with different labels in '%s'", (long long)row, name, path);
    }
    *label = found;
    return BINET_OK;
}

binet_status binet_predictions_join_labels(const binet_context *context, const binet_predictions *predictions,
                                           const char *path, binet_predictions **labelled, binet_error *error)
{
    labels known;
    memset(&known, 0, sizeof known);
    known.names = binet__names_none(context);
    int64_t *joined = NULL;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__require(path, "path", error) : status;
    status = status == BINET_OK ? binet__require(labelled, "labelled", error) : status;
    status = status == BINET_OK ? binet__csv_open(context, path, "path", &known.csv, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t n = predictions->n;
    status = read_labels(&known, predictions->n_classes != 0 ? predictions->n_classes - 1 : INT32_MAX, error);
    if (status == BINET_OK) {
        joined = binet__allocate(context, n, sizeof *joined, error);
        status = joined != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    for (int64_t row = 0; status == BINET_OK && row < n; row++) {
        status = look_up(&known, row, binet_predictions_file_name(predictions, row), &joined[row], error);
    }
    if (status == BINET_OK) {
        binet_array array = {joined, BINET_I64, 1, {n}, {sizeof *joined}};
        status = binet_predictions_with_labels(context, predictions, &array, labelled, error);
    }
    binet__release(context, joined);
    binet__names_clear(&known.names);
    binet__csv_close(&known.csv);
    return status;
}
