#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/bins.h"
#include "metrics/calibration_bins.h"
#include "metrics/predictions_table.h"

/* Rows of one confidence, the most confident first. */
typedef struct tie {
    double confidence;
    int64_t count;
    int64_t wrong;
} tie;

static binet_status read_options(const binet_risk_coverage_options *options, binet_risk_coverage_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given->reserved, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    const double wanted[2] = {given->risk, given->coverage};
    for (int i = 0; i < 2; i++) {
        if (wanted[i] != 0.0 && !(wanted[i] > 0.0 && wanted[i] < 1.0)) {
            return binet__fail_argument(error, "options",
                                        "options->%s is %g; allowed: more than 0, less than 1, or 0 for none",
                                        i == 0 ? "risk" : "coverage", wanted[i]);
        }
    }
    return BINET_OK;
}

/* The ties of n sorted keys; returns how many. */
static int64_t find_ties(const uint64_t *keys, int64_t n, tie *ties)
{
    int64_t n_ties = 0;
    for (int64_t i = n; i-- > 0;) {
        double confidence = binet__bin_unpack(keys[i]);
        if (n_ties == 0 || ties[n_ties - 1].confidence != confidence) {
            ties[n_ties++] = (tie){confidence, 0, 0};
        }
        ties[n_ties - 1].count++;
        ties[n_ties - 1].wrong += !binet__bin_right(keys[i]);
    }
    return n_ties;
}

static double area(const tie *ties, int64_t n_ties, int64_t n)
{
    binet__sum sum = {0, 0};
    int64_t before = 0;
    int64_t wrong = 0;
    for (int64_t t = 0; t < n_ties; t++) {
        for (int64_t j = 1; j <= ties[t].count; j++) {
            double so_far = (double)wrong + (double)ties[t].wrong * (double)j / (double)ties[t].count;
            binet__sum_add(&sum, so_far / (double)(before + j));
        }
        before += ties[t].count;
        wrong += ties[t].wrong;
    }
    return binet__sum_value(&sum) / (double)n;
}

/* Between thresholds the generalised risk is a line, in the mean over the orders of a tie. */
static double generalised_area(const tie *ties, int64_t n_ties, int64_t n)
{
    binet__sum sum = {0, 0};
    double all = (double)n;
    double wrong = 0.0;
    for (int64_t t = 0; t < n_ties; t++) {
        double after = wrong + (double)ties[t].wrong;
        binet__sum_add(&sum, (double)ties[t].count / all * ((wrong + after) / (2.0 * all)));
        wrong = after;
    }
    return binet__sum_value(&sum);
}

static void walk(const tie *ties, int64_t n_ties, const binet_risk_coverage_options *given,
                 binet_risk_coverage_result *found)
{
    int64_t covered = 0;
    int64_t wrong = 0;
    found->coverage_at_risk = given->risk != 0.0 ? 0.0 : NAN;
    found->threshold_at_risk = NAN;
    found->risk_at_coverage = NAN;
    found->threshold_at_coverage = NAN;
    for (int64_t t = 0; t < n_ties; t++) {
        covered += ties[t].count;
        wrong += ties[t].wrong;
        binet_risk_point point = {ties[t].confidence, (double)covered / (double)found->n,
                                  (double)wrong / (double)covered};
        if (given->risk != 0.0 && point.risk <= given->risk) {
            found->coverage_at_risk = point.coverage;
            found->threshold_at_risk = point.confidence;
        }
        if (given->coverage != 0.0 && isnan(found->risk_at_coverage) && point.coverage >= given->coverage) {
            found->risk_at_coverage = point.risk;
            found->threshold_at_coverage = point.confidence;
        }
        if (found->points != NULL) {
            found->points[t] = point;
        }
    }
}

static binet_status measure(const tie *ties, int64_t n_ties, const binet_risk_coverage_options *given,
                            binet_risk_coverage_result *found, binet_error *error)
{
    if (found->points != NULL && found->points_capacity < n_ties) {
        return binet__fail_argument(error, "result",
                                    "result->points_capacity is %lld; %lld points need at least as many",
                                    (long long)found->points_capacity, (long long)n_ties);
    }
    tie best[2] = {{1.0, 0, 0}, {0.0, 0, 0}}; /* all right answers, then all wrong ones */
    for (int64_t t = 0; t < n_ties; t++) {
        best[0].count += ties[t].count - ties[t].wrong;
        best[1].count += ties[t].wrong;
        best[1].wrong += ties[t].wrong;
    }
    found->n_points = n_ties;
    found->aurc = area(ties, n_ties, found->n);
    found->eaurc = fmax(found->aurc - area(best, 2, found->n), 0.0);
    found->augrc = generalised_area(ties, n_ties, found->n);
    walk(ties, n_ties, given, found);
    return BINET_OK;
}

binet_status binet_risk_coverage(const binet_context *context, const binet_predictions *predictions,
                                 const binet_risk_coverage_options *options, binet_risk_coverage_result *result,
                                 binet_error *error)
{
    binet_risk_coverage_options given;
    binet_risk_coverage_result caller;
    uint64_t *keys = NULL;
    tie *ties = NULL;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? read_options(options, &given, error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(&caller, sizeof caller, result, "result", error) : status;
    status = status == BINET_OK ? binet__calibration_check(predictions, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    keys = binet__calibration_sort(context, predictions, error);
    ties = keys != NULL ? binet__allocate(context, predictions->n, sizeof *ties, error) : NULL;
    if (ties == NULL) {
        status = BINET_OUT_OF_MEMORY;
        goto cleanup;
    }
    binet_risk_coverage_result found = {
        .points = caller.points, .points_capacity = caller.points_capacity, .n = predictions->n};
    status = measure(ties, find_ties(keys, predictions->n, ties), &given, &found, error);
    if (status == BINET_OK) {
        binet__write_struct(result, &found, sizeof found);
    }
cleanup:
    binet__release(context, ties);
    binet__release(context, keys);
    return status;
}
