#include "binet/accuracy.h"

#include <math.h>

#include "base/error.h"
#include "metrics/normal.h"
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
    double level = given->confidence_level;
    given->confidence_level = level != 0.0 ? level : 0.95;
    if (!(given->confidence_level > 0.0 && given->confidence_level < 1.0)) {
        return binet__fail_argument(error, "options",
                                    "options->confidence_level is %g; allowed: between 0 and 1, or 0 for 0.95", level);
    }
    return BINET_OK;
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

/* Wilson's interval; its ends are 0 or 1 exactly where nothing or everything is right. */
static void fill_interval(binet_accuracy_result *found, double level)
{
    double n = (double)found->n;
    double p = found->value;
    double z = -binet__normal_quantile(0.5 * (1.0 - level));
    double scale = 1.0 + z * z / n;
    double centre = (p + z * z / (2.0 * n)) / scale;
    double half = z * sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / scale;
    found->low = found->n_correct == 0 ? 0.0 : fmax(centre - half, 0.0);
    found->high = found->n_correct == found->n ? 1.0 : fmin(centre + half, 1.0);
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
    fill_interval(&found, given.confidence_level);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}
