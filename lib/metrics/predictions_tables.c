#include <math.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/predictions.h"
#include "metrics/confidence_map.h"
#include "metrics/predictions_table.h"

/* Append a row of another table, for which there is room. */
static binet_status append_row(binet_predictions *to, const binet_predictions *from, int64_t row, binet_error *error)
{
    binet__predictions_copy_row(to, to->n, from, row);
    binet_status status = binet__predictions_name_row(to, to->n, binet_predictions_file_name(from, row), error);
    to->n += status == BINET_OK;
    return status;
}

/* An empty table with room for n rows. */
static binet_status create_with_room(const binet_context *context, int64_t n, int64_t n_classes,
                                     binet_predictions **table, binet_error *error)
{
    binet_predictions *made = NULL;
    binet_status status = binet__predictions_create(context, &made, error);
    status = status == BINET_OK ? binet__predictions_reserve(made, n, error) : status;
    if (status != BINET_OK) {
        binet_predictions_destroy(made);
        return status;
    }
    made->n_classes = n_classes;
    *table = made;
    return BINET_OK;
}

/* ---- Concatenate ------------------------------------------------------------------------------------------------- */

/* Rows and classes of all tables together; classes that differ are an error. */
static binet_status measure(const binet_predictions *const *tables, int64_t n_tables, int64_t *n, int64_t *n_classes,
                            binet_error *error)
{
    for (int64_t i = 0; i < n_tables; i++) {
        if (tables[i] == NULL) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "tables", i, "tables[%lld] is NULL", (long long)i);
        }
        int64_t classes = tables[i]->n_classes;
        if (classes != 0 && *n_classes != 0 && classes != *n_classes) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "tables", i,
                               "tables[%lld] has %lld classes; those before have %lld", (long long)i,
                               (long long)classes, (long long)*n_classes);
        }
        *n_classes = classes != 0 ? classes : *n_classes;
        *n += tables[i]->n;
    }
    return BINET_OK;
}

binet_status binet_predictions_concatenate(const binet_context *context, const binet_predictions *const *tables,
                                           int64_t n_tables, binet_predictions **predictions, binet_error *error)
{
    int64_t n = 0;
    int64_t n_classes = 0;
    binet_predictions *made = NULL;
    binet_status status = binet__require(tables, "tables", error);
    status = status == BINET_OK ? binet__require(predictions, "predictions", error) : status;
    if (status == BINET_OK && n_tables < 1) {
        status = binet__fail_argument(error, "n_tables", "n_tables is %lld; at least 1 is needed", (long long)n_tables);
    }
    status = status == BINET_OK ? measure(tables, n_tables, &n, &n_classes, error) : status;
    status = status == BINET_OK ? create_with_room(context, n, n_classes, &made, error) : status;
    for (int64_t t = 0; status == BINET_OK && t < n_tables; t++) {
        made->n_omitted += tables[t]->n_omitted;
        for (int64_t row = 0; status == BINET_OK && row < tables[t]->n; row++) {
            status = append_row(made, tables[t], row, error);
        }
    }
    if (status != BINET_OK) {
        binet_predictions_destroy(made);
        return status;
    }
    *predictions = made;
    return BINET_OK;
}

/* ---- Select ------------------------------------------------------------------------------------------------------ */

binet_status binet_predictions_select(const binet_context *context, const binet_predictions *predictions,
                                      const binet_array *rows, binet_predictions **selection, binet_error *error)
{
    binet_predictions *made = NULL;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__require(selection, "selection", error) : status;
    status = status == BINET_OK ? binet__check_array(rows, "rows", 1, BINET__DTYPES_INTEGER, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t n = rows->shape[0];
    if (n < 1) {
        return binet__fail_argument(error, "rows", "rows has 0 entries; at least 1 is needed");
    }
    status = create_with_room(context, n, predictions->n_classes, &made, error);
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        int64_t row = binet__integer_at(rows, i);
        if (row < 0 || row >= predictions->n) {
            status = binet__fail(error, BINET_INVALID_DATA, "rows", i, "rows[%lld] is %lld; allowed: 0 .. %lld",
                                 (long long)i, (long long)row, (long long)(predictions->n - 1));
        } else {
            status = append_row(made, predictions, row, error);
        }
    }
    if (status != BINET_OK) {
        binet_predictions_destroy(made);
        return status;
    }
    *selection = made;
    return BINET_OK;
}

/* ---- Other labels ------------------------------------------------------------------------------------------------ */

binet_status binet_predictions_with_labels(const binet_context *context, const binet_predictions *predictions,
                                           const binet_array *labels, binet_predictions **labelled, binet_error *error)
{
    binet_predictions *made = NULL;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__require(labelled, "labelled", error) : status;
    status = status == BINET_OK ? binet__check_array(labels, "labels", 1, BINET__DTYPES_INTEGER, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (labels->shape[0] != predictions->n) {
        return binet__fail_argument(error, "labels", "labels has %lld entries; predictions has %lld rows",
                                    (long long)labels->shape[0], (long long)predictions->n);
    }
    status = binet_predictions_concatenate(context, &predictions, 1, &made, error);
    int64_t highest = predictions->n_classes != 0 ? predictions->n_classes - 1 : INT32_MAX;
    for (int64_t i = 0; status == BINET_OK && i < made->n; i++) {
        int64_t label = binet__integer_at(labels, i);
        if (label < 0 || label > highest) {
            status = binet__fail(error, BINET_INVALID_DATA, "labels", i, "labels[%lld] is %lld; allowed: 0 .. %lld",
                                 (long long)i, (long long)label, (long long)highest);
        } else {
            binet__predictions_label_row(made, i, (int32_t)label);
        }
    }
    if (status != BINET_OK) {
        binet_predictions_destroy(made);
        return status;
    }
    *labelled = made;
    return BINET_OK;
}

/* ---- Other confidences ------------------------------------------------------------------------------------------- */

static void set_confidence(binet_predictions *table, int64_t row, double confidence)
{
    int32_t label = binet__column_i32(table, BINET_LABEL)[row];
    int right = binet__column_i32(table, BINET_PREDICTED_CLASS)[row] == label;
    binet__column_f64(table, BINET_CONFIDENCE)[row] = confidence;
    binet__column_f64(table, BINET_TRUE_PROBABILITY)[row] = right ? confidence : (double)NAN;
    binet__column_f64(table, BINET_NLL)[row] = (double)NAN;
    binet__column_f64(table, BINET_BRIER)[row] = (double)NAN;
    binet__column_f64(table, BINET_ENTROPY)[row] = (double)NAN;
}

binet_status binet_predictions_with_confidences(const binet_context *context, const binet_predictions *predictions,
                                                const binet_array *confidences, binet_predictions **calibrated,
                                                binet_error *error)
{
    binet_predictions *made = NULL;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__require(calibrated, "calibrated", error) : status;
    status = status == BINET_OK ? binet__confidence_check(confidences, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (confidences->shape[0] != predictions->n) {
        return binet__fail_argument(error, "confidences", "confidences has %lld entries; predictions has %lld rows",
                                    (long long)confidences->shape[0], (long long)predictions->n);
    }
    status = binet_predictions_concatenate(context, &predictions, 1, &made, error);
    for (int64_t i = 0; status == BINET_OK && i < predictions->n; i++) {
        set_confidence(made, i, binet__confidence_at(confidences, i));
    }
    if (status == BINET_OK) {
        *calibrated = made;
    }
    return status;
}
