#include "base/error.h"
#include "base/memory.h"
#include "metrics/predictions_table.h"
#include "metrics/resampled.h"

binet_status binet__check_metrics(const int32_t *metrics, int32_t n_metrics, binet_error *error)
{
    binet_status status = binet__require(metrics, "metrics", error);
    if (status == BINET_OK && (n_metrics < 1 || n_metrics > BINET__MOST_VALUES)) {
        status = binet__fail_argument(error, "n_metrics", "n_metrics is %d; allowed: 1 .. %d", (int)n_metrics,
                                      BINET__MOST_VALUES);
    }
    for (int32_t i = 0; status == BINET_OK && i < n_metrics; i++) {
        if (metrics[i] < 0 || metrics[i] >= BINET__N_METRICS) {
            status = binet__fail(error, BINET_INVALID_ARGUMENT, "metrics", i,
                                 "metrics[%d] is %d; allowed: 0 .. %d, a BINET_METRIC_*", (int)i, (int)metrics[i],
                                 BINET__N_METRICS - 1);
        }
    }
    return status;
}

binet_status binet_bootstrap_predictions(const binet_context *context, const binet_predictions *predictions,
                                         const int32_t *metrics, int32_t n_metrics,
                                         const binet_calibration_options *calibration,
                                         const binet_bootstrap_options *options, binet_bootstrap_result *result,
                                         binet_error *error)
{
    binet_bootstrap_options given;
    binet__evaluations evaluations;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__check_row_count(predictions->n, "predictions", error) : status;
    status = status == BINET_OK ? binet__check_metrics(metrics, n_metrics, error) : status;
    status = status == BINET_OK ? binet__bootstrap_options(options, &given, error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__bootstrap_check_result(result, &given, n_metrics, error) : status;
    status =
        status == BINET_OK ? binet__evaluations_create(context, predictions->n, &given, &evaluations, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    double *values = binet__allocate(context, evaluations.n, (uint64_t)n_metrics * sizeof *values, error);
    status = values != NULL ? binet__resampled_metrics(context, predictions, "predictions", metrics, n_metrics,
                                                       calibration, &evaluations, values, error)
                            : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK) {
        status = binet__bootstrap_finish(context, &given, &evaluations, values, n_metrics, result, error);
    }
    binet__release(context, values);
    binet__units_release(context, &evaluations.units);
    return status;
}
