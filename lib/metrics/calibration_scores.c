#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/calibration_bins.h"
#include "metrics/predictions_table.h"

/* The mean of a column of numbers >= 0, +inf too, in `mean`; NaN where some are unknown, `n_unknown` of them. */
static binet_status find_mean(const binet_predictions *predictions, int32_t column, const char *name, double *mean,
                              int64_t *n_unknown, binet_error *error)
{
    const double *values = binet__column_f64(predictions, column);
    double n = (double)predictions->n;
    double largest = 0.0;
    int64_t unknown = 0;
    for (int64_t i = 0; i < predictions->n; i++) {
        if (values[i] < 0.0) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i, "row %lld has the %s %.9g; allowed: >= 0",
                               (long long)i, name, values[i]);
        }
        unknown += isnan(values[i]) != 0;
        largest = values[i] > largest ? values[i] : largest;
    }
    *n_unknown = unknown;
    *mean = unknown > 0 ? NAN : largest;
    if (unknown > 0 || isinf(largest)) {
        return BINET_OK;
    }
    double scale = 1.0; /* a power of two that keeps the sum in range */
    while (largest * scale >= 0x1p46 / n) {
        scale *= 0.5;
    }
    binet__sum sum = {0, 0};
    for (int64_t i = 0; i < predictions->n; i++) {
        binet__sum_add(&sum, values[i] * scale);
    }
    *mean = binet__sum_value(&sum) / n / scale;
    return BINET_OK;
}

static void decompose(const binet__calibration_bins *filled, binet_proper_scores_result *found)
{
    double n = (double)found->n;
    binet__sum squares = {0, 0};
    binet__sum right_confidence = {0, 0};
    int64_t right = 0;
    for (int32_t b = 0; b < filled->n_bins; b++) {
        right += filled->bins[b].right;
        binet__sum_join(&squares, &filled->bins[b].squares);
        binet__sum_join(&right_confidence, &filled->bins[b].right_confidence);
    }
    double accuracy = (double)right / n;
    for (int32_t b = 0; b < filled->n_bins; b++) {
        const binet__calibration_sums *one = &filled->bins[b];
        if (one->count == 0) {
            continue;
        }
        double count = (double)one->count;
        double share = count / n;
        double of_bin = (double)one->right / count;
        double confidence = binet__sum_value(&one->confidence) / count;
        double gap = confidence - of_bin;
        found->reliability += share * (gap * gap);
        found->refinement += share * (of_bin * (1.0 - of_bin));
        found->resolution += share * ((of_bin - accuracy) * (of_bin - accuracy));
        found->within_variance += share * fmax(binet__sum_value(&one->squares) / count - confidence * confidence, 0.0);
        found->within_covariance +=
            2.0 * share * (binet__sum_value(&one->right_confidence) / count - of_bin * confidence);
    }
    found->uncertainty = accuracy * (1.0 - accuracy);
    /* (c - 1)^2 = c^2 - 2 c + 1 where right, c^2 where wrong */
    double brier = binet__sum_value(&squares) - 2.0 * binet__sum_value(&right_confidence) + (double)right;
    found->brier_top_label = fmax(brier, 0.0) / n;
}

binet_status binet_proper_scores(const binet_context *context, const binet_predictions *predictions,
                                 const binet_calibration_options *options, binet_proper_scores_result *result,
                                 binet_error *error)
{
    binet_calibration_options given;
    binet__calibration_bins filled = {NULL, 0};
    binet_proper_scores_result found = {0};
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__calibration_options(options, &given, error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? binet__calibration_check(predictions, error) : status;
    status =
        status == BINET_OK ? find_mean(predictions, BINET_NLL, "nll", &found.nll, &found.n_without_nll, error) : status;
    status = status == BINET_OK
                 ? find_mean(predictions, BINET_BRIER, "Brier term", &found.brier, &found.n_without_brier, error)
                 : status;
    status = status == BINET_OK ? binet__calibration_fill(context, predictions, &given, 1, &filled, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    found.n_bins = filled.n_bins;
    found.n = predictions->n;
    decompose(&filled, &found);
    binet__write_struct(result, &found, sizeof found);
    binet__release(context, filled.bins);
    return BINET_OK;
}
