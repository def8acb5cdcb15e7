#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "binet/predictions.h"
#include "metrics/names.h"
#include "metrics/predictions_table.h"

binet_status binet__predictions_index(const binet_predictions *predictions, const char *argument, binet__names *rows,
                                      binet_error *error)
{
    int64_t n_named = 0;
    for (int64_t row = 0; row < predictions->n; row++) {
        const char *name = binet_predictions_file_name(predictions, row);
        if (name == NULL) {
            continue;
        }
        int64_t present = row;
        binet_status status = binet__names_add(rows, name, row, &present, error);
        if (status != BINET_OK) {
            return status;
        }
        if (present != row) {
            return binet__fail(error, BINET_INVALID_DATA, argument, row,
                               "rows %lld and %lld have the same file name, '%.200s'", (long long)present,
                               (long long)row, name);
        }
        n_named++;
    }
    if (n_named == 0) {
        return binet__fail(error, BINET_INVALID_DATA, argument, -1, "%s has no file names, by which rows are found",
                           argument);
    }
    return BINET_OK;
}

/* The row of one name. `first` says which name found a row before; two names for one row would give it what belongs to
 * another file. */
static binet_status find_row(const binet__names *rows, const char *const *file_names, int64_t i, int64_t *first,
                             int64_t *found, binet_error *error)
{
    const char *name = file_names[i];
    if (name == NULL) {
        return binet__fail(error, BINET_INVALID_ARGUMENT, "file_names", i, "file_names[%lld] is NULL", (long long)i);
    }
    int64_t row = binet__names_find(rows, name);
    if (row == BINET__NAME_AMBIGUOUS) {
        return binet__fail(error, BINET_INVALID_DATA, "file_names", i,
                           "file_names[%lld], '%.200s', fits more than one row of predictions", (long long)i, name);
    }
    if (row >= 0 && first[row] >= 0 && strcmp(file_names[first[row]], name) != 0) {
        return binet__fail(error, BINET_INVALID_DATA, "file_names", i,
                           "file_names[%lld] and file_names[%lld], '%.100s' and '%.100s', fit the same row %lld",
                           (long long)first[row], (long long)i, file_names[first[row]], name, (long long)row);
    }
    if (row >= 0) {
        first[row] = i;
    }
    *found = row;
    return BINET_OK;
}

binet_status binet_predictions_find(const binet_context *context, const binet_predictions *predictions,
                                    const char *const *file_names, int64_t n, int64_t *rows, binet_error *error)
{
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__require(file_names, "file_names", error) : status;
    status = status == BINET_OK ? binet__require(rows, "rows", error) : status;
    if (status == BINET_OK && n < 1) {
        status = binet__fail_argument(error, "n", "n is %lld; at least 1 name is needed", (long long)n);
    }
    if (status != BINET_OK) {
        return status;
    }
    binet__names known = binet__names_none(context);
    int64_t *first = binet__allocate(context, predictions->n, sizeof *first, error);
    int64_t *found = binet__allocate(context, n, sizeof *found, error);
    status = first != NULL && found != NULL ? binet__predictions_index(predictions, "predictions", &known, error)
                                            : BINET_OUT_OF_MEMORY;
    for (int64_t row = 0; status == BINET_OK && row < predictions->n; row++) {
        first[row] = -1;
    }
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        status = find_row(&known, file_names, i, first, &found[i], error);
    }
    if (status == BINET_OK) {
        memcpy(rows, found, (size_t)n * sizeof *rows);
    }
    binet__names_clear(&known);
    binet__release(context, first);
    binet__release(context, found);
    return status;
}
