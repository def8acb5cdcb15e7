#include "binet/mistakes.h"

#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "metrics/interval.h"
#include "metrics/predictions_table.h"

binet_status binet_correct(const binet_context *context, const binet_predictions *predictions, unsigned char *correct,
                           binet_error *error)
{
    (void)context;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__require(correct, "correct", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    const int32_t *predicted = binet__column_i32(predictions, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(predictions, BINET_LABEL);
    for (int64_t i = 0; i < predictions->n; i++) {
        int known = labels[i] != BINET__NO_LABEL;
        correct[i] = !known ? BINET_LEFT_OUT : predicted[i] == labels[i] ? BINET_RIGHT : BINET_WRONG;
    }
    return BINET_OK;
}

/* ---- Several labels ---------------------------------------------------------------------------------------------- */

/* The lists of all rows, checked before any is read. */
static binet_status check_offsets(const binet_array *offsets, int64_t n_rows, int64_t n_values, binet_error *error)
{
    int64_t needed = n_rows + 1;
    if (offsets->shape[0] != needed) {
        return binet__fail_argument(
            error, "offsets", "offsets has %lld elements where %lld are needed, one more than predictions has rows",
            (long long)offsets->shape[0], (long long)needed);
    }
    int64_t before = 0;
    for (int64_t i = 0; i <= n_rows; i++) {
        int64_t low = i == n_rows ? n_values : before;
        int64_t high = i == 0 ? 0 : n_values;
        int64_t offset = binet__integer_at(offsets, i);
        if (offset < low || offset > high) {
            return binet__fail(error, BINET_INVALID_DATA, "offsets", i,
                               "offsets[%lld] is %lld; allowed there: %lld .. %lld", (long long)i, (long long)offset,
                               (long long)low, (long long)high);
        }
        before = offset;
    }
    return BINET_OK;
}

static binet_status check_classes(const binet_array *classes, int64_t n_classes, binet_error *error)
{
    int64_t highest = n_classes != 0 ? n_classes - 1 : INT32_MAX;
    for (int64_t i = 0; i < classes->shape[0]; i++) {
        int64_t index = binet__integer_at(classes, i);
        if (index < 0 || index > highest) {
            return binet__fail(error, BINET_INVALID_DATA, "classes", i, "classes[%lld] is %lld; allowed: 0 .. %lld",
                               (long long)i, (long long)index, (long long)highest);
        }
    }
    return BINET_OK;
}

static binet_status check_lists(const binet_predictions *predictions, const binet_array *offsets,
                                const binet_array *classes, binet_error *error)
{
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__check_array(offsets, "offsets", 1, BINET__DTYPES_INTEGER, error) : status;
    status = status == BINET_OK ? binet__check_array(classes, "classes", 1, BINET__DTYPES_INTEGER, error) : status;
    status = status == BINET_OK ? check_offsets(offsets, predictions->n, classes->shape[0], error) : status;
    return status == BINET_OK ? check_classes(classes, predictions->n_classes, error) : status;
}

static int is_listed(const binet_array *classes, int64_t from, int64_t to, int32_t index)
{
    for (int64_t i = from; i < to; i++) {
        if (binet__integer_at(classes, i) == index) {
            return 1;
        }
    }
    return 0;
}

/* Count, and mark the rows where they are wanted. Nothing can fail any more. */
static void count_listed(const binet_predictions *predictions, const binet_array *offsets, const binet_array *classes,
                         binet_multilabel_result *found)
{
    const int32_t *predicted = binet__column_i32(predictions, BINET_PREDICTED_CLASS);
    for (int64_t i = 0; i < predictions->n; i++) {
        int64_t from = binet__integer_at(offsets, i);
        int64_t to = binet__integer_at(offsets, i + 1);
        unsigned char state = BINET_LEFT_OUT;
        if (from < to) {
            state = is_listed(classes, from, to, predicted[i]) ? BINET_RIGHT : BINET_WRONG;
        }
        found->n += state != BINET_LEFT_OUT;
        found->n_correct += state == BINET_RIGHT;
        found->n_left_out += state == BINET_LEFT_OUT;
        if (found->correct != NULL) {
            found->correct[i] = state;
        }
    }
}

static binet_status read_result(const binet_multilabel_result *result, int64_t n_rows, binet_multilabel_result *found,
                                binet_error *error)
{
    binet_multilabel_result caller;
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&caller, sizeof caller, result, "result", error) : status;
    if (status == BINET_OK && caller.correct != NULL && caller.correct_capacity < n_rows) {
        return binet__fail_argument(error, "result",
                                    "result->correct_capacity is %lld; %lld rows need at least as many",
                                    (long long)caller.correct_capacity, (long long)n_rows);
    }
    if (status == BINET_OK) {
        found->correct = caller.correct;
        found->correct_capacity = caller.correct_capacity;
    }
    return status;
}

binet_status binet_multilabel_accuracy(const binet_context *context, const binet_predictions *predictions,
                                       const binet_array *offsets, const binet_array *classes,
                                       const binet_multilabel_options *options, binet_multilabel_result *result,
                                       binet_error *error)
{
    (void)context;
    binet_multilabel_options chosen;
    binet_multilabel_result found = {0};
    binet_status status = check_lists(predictions, offsets, classes, error);
    status = status == BINET_OK ? binet__read_struct(&chosen, sizeof chosen, options, "options", error) : status;
    status = status == BINET_OK ? binet__check_reserved(chosen.reserved, error) : status;
    status = status == BINET_OK ? binet__check_confidence_level(&chosen.confidence_level, error) : status;
    status = status == BINET_OK ? read_result(result, predictions->n, &found, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    count_listed(predictions, offsets, classes, &found);
    binet__share(found.n_correct, found.n, chosen.confidence_level, &found.value, &found.low, &found.high);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}
