#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/invariance.h"
#include "metrics/predictions_table.h"

/* The first row that has a name or, for `named` 0, that has none; n where there is no such row. */
static int64_t first_row(const binet_predictions *table, int named)
{
    int64_t row = 0;
    while (row < table->n && (binet_predictions_file_name(table, row) != NULL) != named) {
        row++;
    }
    return row;
}

binet_status binet__sweep_check_tables(binet__sweep *sweep, binet_error *error)
{
    const binet_predictions *reference = sweep->settings[sweep->reference];
    int64_t n_classes = reference->n_classes;
    sweep->n = reference->n;
    sweep->is_named = first_row(reference, 1) < reference->n;
    for (int64_t k = 0; k < sweep->n_settings; k++) {
        const binet_predictions *table = sweep->settings[k];
        if (table->n != sweep->n) {
            return binet__fail(error, BINET_INVALID_DATA, "settings", -1,
                               "settings[%lld] has %lld rows and settings[%lld], the reference, %lld; the same "
                               "pictures are needed",
                               (long long)k, (long long)table->n, (long long)sweep->reference, (long long)sweep->n);
        }
        if (table->n_classes != 0 && n_classes != 0 && table->n_classes != n_classes) {
            return binet__fail(error, BINET_INVALID_DATA, "settings", -1,
                               "settings[%lld] has %lld classes and settings[%lld] has %lld", (long long)k,
                               (long long)table->n_classes, (long long)sweep->reference, (long long)n_classes);
        }
        int64_t row = binet__predictions_first_unlabelled(table);
        if (row < table->n) {
            return binet__fail(error, BINET_INVALID_DATA, "settings", row, "settings[%lld] has no label in row %lld",
                               (long long)k, (long long)row);
        }
        row = binet__predictions_first_improbable(table);
        if (row < table->n) {
            return binet__fail(error, BINET_INVALID_DATA, "settings", row,
                               "settings[%lld] has the true_probability %.9g in row %lld; allowed: 0 .. 1",
                               (long long)k, binet__column_f64(table, BINET_TRUE_PROBABILITY)[row], (long long)row);
        }
        row = first_row(table, !sweep->is_named);
        if (row < table->n) {
            return binet__fail(error, BINET_INVALID_DATA, "settings", row,
                               "settings[%lld] has %s file name in row %lld, where other rows have %s: rows are "
                               "matched by file name where there are any",
                               (long long)k, sweep->is_named ? "no" : "a", (long long)row,
                               sweep->is_named ? "one" : "none");
        }
    }
    return BINET_OK;
}

/* The same file was given the same label. */
static binet_status check_labels(const binet__sweep *sweep, int64_t setting, const int64_t *rows, binet_error *error)
{
    const binet_predictions *reference = sweep->settings[sweep->reference];
    const int32_t *here = binet__column_i32(sweep->settings[setting], BINET_LABEL);
    const int32_t *there = binet__column_i32(reference, BINET_LABEL);
    for (int64_t i = 0; i < sweep->n; i++) {
        if (here[rows[i]] != there[i]) {
            const char *name = binet_predictions_file_name(reference, i);
            return binet__fail(error, BINET_INVALID_DATA, "settings", rows[i],
                               "settings[%lld] has the label %d in row %lld%s%.200s, and settings[%lld] has %d",
                               (long long)setting, (int)here[rows[i]], (long long)rows[i], name != NULL ? ", " : "",
                               name != NULL ? name : "", (long long)sweep->reference, (int)there[i]);
        }
    }
    return BINET_OK;
}

/* Fail with the first file that is missing. */
static binet_status check_found(const binet__sweep *sweep, int64_t setting, const char *const *names,
                                const int64_t *rows, binet_error *error)
{
    int64_t n_missing = 0;
    int64_t first = -1;
    for (int64_t i = sweep->n - 1; i >= 0; i--) {
        n_missing += rows[i] < 0;
        first = rows[i] < 0 ? i : first;
    }
    if (n_missing == 0) {
        return BINET_OK;
    }
    if (n_missing == sweep->n) {
        return binet__fail(error, BINET_INVALID_DATA, "settings", -1,
                           "settings[%lld] and settings[%lld], the reference, share no file name", (long long)setting,
                           (long long)sweep->reference);
    }
    return binet__fail(error, BINET_INVALID_DATA, "settings", first,
                       "settings[%lld] lacks %lld of the files of settings[%lld], the first of them '%.200s'",
                       (long long)setting, (long long)n_missing, (long long)sweep->reference, names[first]);
}

static binet_status match_names(const binet__sweep *sweep, int64_t setting, int64_t *rows, binet_error *error)
{
    binet_error reason;
    const char **names = binet__allocate(sweep->context, sweep->n, sizeof *names, error);
    if (names == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < sweep->n; i++) {
        names[i] = binet_predictions_file_name(sweep->settings[sweep->reference], i);
    }
    binet_status status =
        binet_predictions_find(sweep->context, sweep->settings[setting], names, sweep->n, rows, &reason);
    if (status != BINET_OK) {
        status = binet__fail(error, status, "settings", reason.element, "settings[%lld]: %.400s", (long long)setting,
                             reason.message);
    } else {
        status = check_found(sweep, setting, names, rows, error);
    }
    binet__release(sweep->context, (void *)names);
    return status;
}

binet_status binet__sweep_match(const binet__sweep *sweep, int64_t setting, int64_t *rows, binet_error *error)
{
    binet_status status = BINET_OK;
    if (sweep->is_named) {
        status = match_names(sweep, setting, rows, error);
    } else {
        for (int64_t i = 0; i < sweep->n; i++) {
            rows[i] = i;
        }
    }
    return status == BINET_OK ? check_labels(sweep, setting, rows, error) : status;
}
