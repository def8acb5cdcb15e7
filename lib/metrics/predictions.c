#include "binet/predictions.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/predictions_table.h"

static const int32_t column_dtypes[BINET__N_COLUMNS] = {[BINET_PREDICTED_CLASS] = BINET_I32,
                                                        [BINET_CONFIDENCE] = BINET_F64,
                                                        [BINET_LABEL] = BINET_I32,
                                                        [BINET_TRUE_PROBABILITY] = BINET_F64,
                                                        [BINET_NLL] = BINET_F64,
                                                        [BINET_RANK] = BINET_I32,
                                                        [BINET_BRIER] = BINET_F64,
                                                        [BINET_ENTROPY] = BINET_F64};

/* ---- Making ------------------------------------------------------------------------------------------------------ */

binet_status binet__predictions_create(const binet_context *context, binet_predictions **table, binet_error *error)
{
    binet_predictions *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = binet__context_copy(context);
    *table = made;
    return BINET_OK;
}

void binet_predictions_destroy(binet_predictions *predictions)
{
    if (predictions == NULL) {
        return;
    }
    binet_context context = predictions->context;
    for (int32_t column = 0; column < BINET__N_COLUMNS; column++) {
        binet__release(&context, predictions->columns[column].values);
    }
    binet__release(&context, predictions->name_offsets.values);
    binet__release(&context, predictions->names.values);
    binet__release(&context, predictions);
}

static binet_status grow(const binet_predictions *table, binet__block *block, int64_t needed, uint64_t size,
                         binet_error *error)
{
    return binet__grow(&table->context, &block->values, &block->capacity, needed, size, error);
}

binet_status binet__predictions_reserve(binet_predictions *table, int64_t n, binet_error *error)
{
    binet_status status = grow(table, &table->name_offsets, n, sizeof(int64_t), error);
    for (int32_t column = 0; status == BINET_OK && column < BINET__N_COLUMNS; column++) {
        uint64_t size = (uint64_t)binet__dtype_size(column_dtypes[column]);
        status = grow(table, &table->columns[column], n, size, error);
    }
    return status;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

void binet__predictions_clear_row(binet_predictions *table, int64_t row)
{
    for (int32_t column = 0; column < BINET__N_COLUMNS; column++) {
        if (column_dtypes[column] == BINET_F64) {
            binet__column_f64(table, column)[row] = NAN;
        }
    }
    binet__column_i32(table, BINET_PREDICTED_CLASS)[row] = 0;
    binet__column_i32(table, BINET_LABEL)[row] = BINET__NO_LABEL;
    binet__column_i32(table, BINET_RANK)[row] = BINET__NO_RANK;
    ((int64_t *)table->name_offsets.values)[row] = BINET__NO_NAME;
}

void binet__predictions_copy_row(binet_predictions *to, int64_t to_row, const binet_predictions *from, int64_t from_row)
{
    for (int32_t column = 0; column < BINET__N_COLUMNS; column++) {
        if (column_dtypes[column] == BINET_F64) {
            binet__column_f64(to, column)[to_row] = binet__column_f64(from, column)[from_row];
        } else {
            binet__column_i32(to, column)[to_row] = binet__column_i32(from, column)[from_row];
        }
    }
}

binet_status binet__predictions_name_row(binet_predictions *table, int64_t row, const char *name, binet_error *error)
{
    int64_t *offset = (int64_t *)table->name_offsets.values + row;
    if (name == NULL) {
        *offset = BINET__NO_NAME;
        return BINET_OK;
    }
    int64_t size = (int64_t)strlen(name) + 1;
    binet_status status = grow(table, &table->names, table->names_used + size, 1, error);
    if (status == BINET_OK) {
        *offset = table->names_used;
        memcpy((char *)table->names.values + table->names_used, name, (size_t)size);
        table->names_used += size;
    }
    return status;
}

void binet__predictions_label_row(binet_predictions *table, int64_t row, int32_t label)
{
    int32_t *labels = binet__column_i32(table, BINET_LABEL);
    if (labels[row] == label) {
        return;
    }
    int right = binet__column_i32(table, BINET_PREDICTED_CLASS)[row] == label;
    labels[row] = label;
    binet__column_i32(table, BINET_RANK)[row] = right ? 1 : BINET__NO_RANK;
    binet__column_f64(table, BINET_TRUE_PROBABILITY)[row] =
        right ? binet__column_f64(table, BINET_CONFIDENCE)[row] : NAN;
    binet__column_f64(table, BINET_NLL)[row] = NAN;
    binet__column_f64(table, BINET_BRIER)[row] = NAN;
}

int64_t binet__predictions_first_unlabelled(const binet_predictions *table)
{
    const int32_t *labels = binet__column_i32(table, BINET_LABEL);
    int64_t row = 0;
    while (row < table->n && labels[row] != BINET__NO_LABEL) {
        row++;
    }
    return row;
}

int64_t binet__predictions_first_improbable(const binet_predictions *table)
{
    const double most = 1.0 + 1e-6;
    const double *probabilities = binet__column_f64(table, BINET_TRUE_PROBABILITY);
    int64_t row = 0;
    while (row < table->n && !(probabilities[row] < 0.0 || probabilities[row] > most)) { /* NaN is unknown */
        row++;
    }
    return row;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

int64_t binet_predictions_count(const binet_predictions *predictions)
{
    return predictions != NULL ? predictions->n : 0;
}

int64_t binet_predictions_class_count(const binet_predictions *predictions)
{
    return predictions != NULL ? predictions->n_classes : 0;
}

int64_t binet_predictions_omitted_count(const binet_predictions *predictions)
{
    return predictions != NULL ? predictions->n_omitted : 0;
}

binet_status binet_predictions_column(const binet_predictions *predictions, int32_t column, binet_array *values,
                                      binet_error *error)
{
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__require(values, "values", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (column < 0 || column >= BINET__N_COLUMNS) {
        return binet__fail_argument(error, "column", "column is %d; allowed: %d .. %d", (int)column,
                                    BINET_PREDICTED_CLASS, BINET_ENTROPY);
    }
    binet_array view = {.data = predictions->columns[column].values, .dtype = column_dtypes[column], .ndim = 1};
    view.shape[0] = predictions->n;
    view.strides[0] = binet__dtype_size(view.dtype);
    *values = view;
    return BINET_OK;
}

const char *binet_predictions_file_name(const binet_predictions *predictions, int64_t row)
{
    if (predictions == NULL || row < 0 || row >= predictions->n) {
        return NULL;
    }
    int64_t offset = ((const int64_t *)predictions->name_offsets.values)[row];
    return offset == BINET__NO_NAME ? NULL : (const char *)predictions->names.values + offset;
}
