#include "binet/accuracy.h"

#include "base/error.h"
#include "metrics/interval.h"
#include "metrics/predictions_table.h"

static binet_status read_options(const binet_accuracy_options *options, binet_accuracy_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    given->k = given->k != 0 ? given->k : 1;
    if (given->k < 1) {
        return binet__fail_argument(error, "options", "options->k is %d; allowed: 1 and more, or 0 for 1",
                                    (int)given->k);
    }
    return binet__check_confidence_level(&given->confidence_level, error);
}

static binet_status count(const binet_predictions *predictions, int32_t k, int64_t *n_correct, binet_error *error)
{
    const int32_t *predicted = binet__column_i32(predictions, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(predictions, BINET_LABEL);
    const int32_t *ranks = binet__column_i32(predictions, BINET_RANK);
    int64_t right = 0;
    for (int64_t i = 0; i < predictions->n; i++) {
        if (labels[i] == BINET__NO_LABEL) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i, "row %lld has no label", (long long)i);
        }
        if (k > 1 && ranks[i] == BINET__NO_RANK) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i,
                               "row %lld has no rank of its true class, which top-%d needs", (long long)i, (int)k);
        }
        right += k > 1 ? ranks[i] <= k : predicted[i] == labels[i];
    }
    *n_correct = right;
    return BINET_OK;
}

binet_status binet_accuracy(const binet_context *context, const binet_predictions *predictions,
                            const binet_accuracy_options *options, binet_accuracy_result *result, binet_error *error)
{
    (void)context;
    binet_accuracy_options given;
    binet_accuracy_result found = {0};
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? read_options(options, &given, error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? count(predictions, given.k, &found.n_correct, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    found.n = predictions->n;
    found.value = (double)found.n_correct / (double)found.n;
    binet__wilson(found.n_correct, found.n, given.confidence_level, &found.low, &found.high);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}
