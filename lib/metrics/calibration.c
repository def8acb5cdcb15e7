#include "binet/calibration.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/calibration_bins.h"
#include "metrics/predictions_table.h"

static void summarise(const binet__calibration_bins *filled, binet_calibration_result *found)
{
    double n = (double)found->n;
    double squares = 0.0;
    double debiased = 0.0;
    int64_t right = 0;
    binet__sum confidence = {0, 0};
    for (int32_t b = 0; b < filled->n_bins; b++) {
        const binet__calibration_sums *one = &filled->bins[b];
        if (one->count == 0) {
            continue;
        }
        double count = (double)one->count;
        double accuracy = (double)one->right / count;
        double gap = fabs(accuracy - binet__sum_value(&one->confidence) / count);
        found->ece += count / n * gap;
        squares += count / n * (gap * gap);
        if (one->count > 1) {
            debiased += count / n * (gap * gap - accuracy * (1.0 - accuracy) / (count - 1.0));
        }
        found->mce = fmax(found->mce, gap);
        right += one->right;
        binet__sum_join(&confidence, &one->confidence);
    }
    found->rms = sqrt(squares);
    found->rms_debiased = sqrt(fmax(debiased, 0.0));
    found->accuracy = (double)right / n;
    found->confidence = binet__sum_value(&confidence) / n;
}

static void write_bins(const binet__calibration_bins *filled, binet_calibration_bin *out)
{
    for (int32_t b = 0; b < filled->n_bins; b++) {
        const binet__calibration_sums *one = &filled->bins[b];
        double count = (double)one->count;
        out[b].low = one->low;
        out[b].high = one->high;
        out[b].count = one->count;
        out[b].accuracy = one->count > 0 ? (double)one->right / count : NAN;
        out[b].confidence = one->count > 0 ? binet__sum_value(&one->confidence) / count : NAN;
    }
}

/* Room for the bins that are wanted. */
static binet_status check_room(const binet_calibration_result *found, int32_t n_bins, binet_error *error)
{
    if (found->bins != NULL && found->bins_capacity < n_bins) {
        return binet__fail_argument(error, "result", "result->bins_capacity is %lld; %d bins need at least as many",
                                    (long long)found->bins_capacity, (int)n_bins);
    }
    return BINET_OK;
}

binet_status binet_calibration(const binet_context *context, const binet_predictions *predictions,
                               const binet_calibration_options *options, binet_calibration_result *result,
                               binet_error *error)
{
    binet_calibration_options given;
    binet_calibration_result caller;
    binet__calibration_bins filled = {NULL, 0};
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__calibration_options(options, &given, error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(&caller, sizeof caller, result, "result", error) : status;
    status = status == BINET_OK ? binet__calibration_check(predictions, error) : status;
    status = status == BINET_OK ? binet__calibration_fill(context, predictions, &given, 0, &filled, error) : status;
    status = status == BINET_OK ? check_room(&caller, filled.n_bins, error) : status;
    if (status == BINET_OK) {
        binet_calibration_result found = {
            .n_bins = filled.n_bins, .bins = caller.bins, .bins_capacity = caller.bins_capacity, .n = predictions->n};
        summarise(&filled, &found);
        if (found.bins != NULL) {
            write_bins(&filled, found.bins);
        }
        binet__write_struct(result, &found, sizeof found);
    }
    binet__release(context, filled.bins);
    return status;
}
