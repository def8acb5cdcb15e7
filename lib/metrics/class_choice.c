/* Which model to ask about which class, and the answers that follow from it. */
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/selection.h"
#include "metrics/predictions_table.h"

/* Tables of the same samples; n is how many. */
typedef struct ballots {
    const binet_predictions *const *tables;
    int64_t n_tables;
    int64_t n;
} ballots;

static binet_status check_names(const ballots *of, int64_t table, binet_error *error)
{
    for (int64_t row = 0; row < of->n; row++) {
        const char *name = binet_predictions_file_name(of->tables[table], row);
        const char *first = binet_predictions_file_name(of->tables[0], row);
        if (name != NULL && first != NULL && strcmp(name, first) != 0) {
            return binet__fail(error, BINET_INVALID_DATA, "tables", row,
                               "row %lld of table %lld is '%s', that of the first is '%s'; the tables must hold the "
                               "same samples in the same order",
                               (long long)row, (long long)table, name, first);
        }
    }
    return BINET_OK;
}

static binet_status check_tables(ballots *of, binet_error *error)
{
    binet_status status = binet__require(of->tables, "tables", error);
    if (status == BINET_OK && (of->n_tables < 1 || of->n_tables > INT32_MAX)) {
        status = binet__fail_argument(error, "n_tables", "n_tables is %lld; allowed: 1 .. %d", (long long)of->n_tables,
                                      INT32_MAX);
    }
    for (int64_t table = 0; status == BINET_OK && table < of->n_tables; table++) {
        status = binet__require(of->tables[table], "tables", error);
        if (status != BINET_OK) {
            return status;
        }
        of->n = of->tables[0]->n;
        if (of->tables[table]->n != of->n) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "tables", table,
                               "table %lld has %lld rows, the first %lld; the same samples are needed",
                               (long long)table, (long long)of->tables[table]->n, (long long)of->n);
        }
        status = check_names(of, table, error);
    }
    return status;
}

/* ---- Choosing ---------------------------------------------------------------------------------------------------- */

static binet_status check_classes(const ballots *of, int64_t n_classes, binet_error *error)
{
    const int32_t *first = binet__column_i32(of->tables[0], BINET_LABEL);
    for (int64_t table = 0; table < of->n_tables; table++) {
        const int32_t *labels = binet__column_i32(of->tables[table], BINET_LABEL);
        const int32_t *predicted = binet__column_i32(of->tables[table], BINET_PREDICTED_CLASS);
        for (int64_t row = 0; row < of->n; row++) {
            if (labels[row] == BINET__NO_LABEL || labels[row] >= n_classes || predicted[row] >= n_classes) {
                return binet__fail(error, BINET_INVALID_DATA, "tables", row,
                                   "row %lld of table %lld has the label %d and the predicted class %d; allowed: 0 .. "
                                   "%lld",
                                   (long long)row, (long long)table, (int)labels[row], (int)predicted[row],
                                   (long long)n_classes - 1);
            }
            if (labels[row] != first[row]) {
                return binet__fail(error, BINET_INVALID_DATA, "tables", row,
                                   "row %lld of table %lld has the label %d, that of the first has %d", (long long)row,
                                   (long long)table, (int)labels[row], (int)first[row]);
            }
        }
    }
    return BINET_OK;
}

/* How many of each class a table has right; gives how many of all. */
static int64_t count_right(const binet_predictions *table, int64_t n_classes, int64_t *right)
{
    const int32_t *labels = binet__column_i32(table, BINET_LABEL);
    const int32_t *predicted = binet__column_i32(table, BINET_PREDICTED_CLASS);
    int64_t all = 0;
    memset(right, 0, (size_t)n_classes * sizeof *right);
    for (int64_t row = 0; row < table->n; row++) {
        right[labels[row]] += predicted[row] == labels[row];
        all += predicted[row] == labels[row];
    }
    return all;
}

binet_status binet_choose_per_class(const binet_context *context, const binet_predictions *const *tables,
                                    int64_t n_tables, int64_t n_classes, int32_t *choice, binet_error *error)
{
    ballots of = {tables, n_tables, 0};
    int64_t *right = NULL;
    int64_t *best = NULL;
    int64_t *totals = NULL;
    binet_status status = check_tables(&of, error);
    if (status == BINET_OK && (n_classes < 1 || n_classes > INT32_MAX)) {
        status = binet__fail_argument(error, "n_classes", "n_classes is %lld; allowed: 1 .. %d", (long long)n_classes,
                                      INT32_MAX);
    }
    status = status == BINET_OK ? binet__require(choice, "choice", error) : status;
    status = status == BINET_OK ? check_classes(&of, n_classes, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    right = binet__allocate(context, n_classes, sizeof *right, error);
    best = right != NULL ? binet__allocate(context, n_classes, sizeof *best, error) : NULL;
    totals = best != NULL ? binet__allocate(context, n_tables, sizeof *totals, error) : NULL;
    if (totals == NULL) {
        status = BINET_OUT_OF_MEMORY;
        goto cleanup;
    }
    for (int64_t table = 0; table < n_tables; table++) {
        totals[table] = count_right(tables[table], n_classes, right);
        for (int64_t k = 0; k < n_classes; k++) {
            int better = table == 0 || right[k] > best[k] || (right[k] == best[k] && totals[table] > totals[choice[k]]);
            best[k] = better ? right[k] : best[k];
            choice[k] = better ? (int32_t)table : choice[k];
        }
    }
cleanup:
    binet__release(context, totals);
    binet__release(context, best);
    binet__release(context, right);
    return status;
}

/* ---- Answering --------------------------------------------------------------------------------------------------- */

static binet_status check_choice(const ballots *of, const binet_array *choice, binet_error *error)
{
    int64_t n_classes = 0;
    binet_status status = binet__check_vector(choice, "choice", BINET__DTYPES_INTEGER, &n_classes, error);
    for (int64_t k = 0; status == BINET_OK && k < n_classes; k++) {
        int64_t table = binet__integer_at(choice, k);
        if (table < 0 || table >= of->n_tables) {
            status = binet__fail(error, BINET_INVALID_DATA, "choice", k, "choice[%lld] is %lld; allowed: 0 .. %lld",
                                 (long long)k, (long long)table, (long long)of->n_tables - 1);
        }
    }
    for (int64_t table = 0; status == BINET_OK && table < of->n_tables; table++) {
        const int32_t *predicted = binet__column_i32(of->tables[table], BINET_PREDICTED_CLASS);
        const double *confidences = binet__column_f64(of->tables[table], BINET_CONFIDENCE);
        for (int64_t row = 0; row < of->n; row++) {
            if (predicted[row] >= n_classes || isnan(confidences[row])) {
                return binet__fail(
                    error, BINET_INVALID_DATA, "tables", row,
                    "row %lld of table %lld has the predicted class %d and the confidence %.9g; allowed: "
                    "0 .. %lld, and a number",
                    (long long)row, (long long)table, (int)predicted[row], confidences[row], (long long)n_classes - 1);
            }
        }
    }
    return status;
}

/* The table that answers for a row. */
static int64_t answering(const ballots *of, const binet_array *choice, int64_t row)
{
    int64_t best = 0;
    int best_is_chosen = 0;
    double most = -1;
    for (int64_t table = 0; table < of->n_tables; table++) {
        int32_t predicted = binet__column_i32(of->tables[table], BINET_PREDICTED_CLASS)[row];
        double confidence = binet__column_f64(of->tables[table], BINET_CONFIDENCE)[row];
        int chosen = binet__integer_at(choice, predicted) == table;
        if (chosen > best_is_chosen || (chosen == best_is_chosen && confidence > most)) {
            best = table;
            best_is_chosen = chosen;
            most = confidence;
        }
    }
    return best;
}

binet_status binet_answer_per_class(const binet_context *context, const binet_predictions *const *tables,
                                    int64_t n_tables, const binet_array *choice, binet_predictions **predictions,
                                    binet_error *error)
{
    ballots of = {tables, n_tables, 0};
    binet_predictions *all = NULL;
    int64_t *rows = NULL;
    binet_status status = check_tables(&of, error);
    status = status == BINET_OK ? check_choice(&of, choice, error) : status;
    status = status == BINET_OK ? binet__require(predictions, "predictions", error) : status;
    status = status == BINET_OK ? binet_predictions_concatenate(context, tables, n_tables, &all, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    rows = binet__allocate(context, of.n, sizeof *rows, error);
    if (rows == NULL) {
        status = BINET_OUT_OF_MEMORY;
        goto cleanup;
    }
    for (int64_t row = 0; row < of.n; row++) {
        rows[row] = answering(&of, choice, row) * of.n + row;
    }
    binet_array wanted = {rows, BINET_I64, 1, {of.n}, {sizeof *rows}};
    status = binet_predictions_select(context, all, &wanted, predictions, error);
cleanup:
    binet__release(context, rows);
    binet_predictions_destroy(all);
    return status;
}
