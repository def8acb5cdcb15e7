#include "metrics/bootstrap.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/estimate.h"
#include "metrics/interval.h"
#include "metrics/loop.h"
#include "metrics/units.h"

enum { DEFAULT_RESAMPLES = 1000 };

/* ---- Options and results ----------------------------------------------------------------------------------------- */

binet_status binet__bootstrap_options(const binet_bootstrap_options *options, binet_bootstrap_options *given,
                                      binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    if (given->method != BINET_BOOTSTRAP_PERCENTILE && given->method != BINET_BOOTSTRAP_BCA) {
        return binet__fail_argument(error, "options", "options->method is %d; allowed: %d (percentile), %d (BCa)",
                                    (int)given->method, BINET_BOOTSTRAP_PERCENTILE, BINET_BOOTSTRAP_BCA);
    }
    int64_t asked = given->n_resamples;
    given->n_resamples = asked != 0 ? asked : DEFAULT_RESAMPLES;
    if (given->n_resamples < 2 || given->n_resamples > INT32_MAX) {
        return binet__fail_argument(error, "options",
                                    "options->n_resamples is %lld; allowed: 2 .. 2147483647, or 0 for %d",
                                    (long long)asked, DEFAULT_RESAMPLES);
    }
    return binet__check_confidence_level(&given->confidence_level, error);
}

binet_status binet__bootstrap_check_result(const binet_bootstrap_result *result, const binet_bootstrap_options *given,
                                           int32_t n_values, binet_error *error)
{
    binet_bootstrap_result known;
    binet_status status = binet__check_struct(result, sizeof *result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&known, sizeof known, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (known.estimates == NULL || known.estimates_capacity < n_values) {
        return binet__fail_argument(error, "result", "result->estimates has room for %lld values; there are %d",
                                    (long long)(known.estimates != NULL ? known.estimates_capacity : 0), (int)n_values);
    }
    if (known.replicates != NULL && known.replicates_capacity / n_values < given->n_resamples) {
        return binet__fail_argument(error, "result",
                                    "result->replicates_capacity is %lld; there are %lld resamples of %d values",
                                    (long long)known.replicates_capacity, (long long)given->n_resamples, (int)n_values);
    }
    return BINET_OK;
}

/* ---- Evaluations ------------------------------------------------------------------------------------------------- */

binet_status binet__evaluations_create(const binet_context *context, int64_t n_rows,
                                       const binet_bootstrap_options *given, binet__evaluations *evaluations,
                                       binet_error *error)
{
    binet__evaluations made = {.seed = given->seed, .n_resamples = given->n_resamples};
    binet_status status = binet__units_create(context, n_rows, given->clusters, &made.units, error);
    if (status != BINET_OK) {
        return status;
    }
    /* Without one of a single unit there is nothing left to compute from. */
    made.n_groups =
        given->method == BINET_BOOTSTRAP_BCA && made.units.n > 1 ? binet__units_group_count(&made.units) : 0;
    made.n = 1 + made.n_resamples + made.n_groups;
    *evaluations = made;
    return BINET_OK;
}

binet_status binet__evaluation_rows(const binet_context *context, const binet__evaluations *of, int64_t i,
                                    binet__rows *rows, binet_error *error)
{
    if (i == 0) {
        return binet__units_leave_out(context, &of->units, 0, 0, rows, error);
    }
    if (i <= of->n_resamples) {
        return binet__units_draw(context, &of->units, of->seed, i - 1, rows, error);
    }
    return binet__units_leave_out(context, &of->units, i - 1 - of->n_resamples, of->n_groups, rows, error);
}

binet__draws binet__evaluation_draws(const binet__evaluations *of, const double *values, int64_t stride)
{
    binet__draws draws = {.value = values[0],
                          .resamples = values + stride,
                          .n_resamples = of->n_resamples,
                          .n_left_out = of->n_groups,
                          .stride = stride};
    draws.left_out = of->n_groups != 0 ? draws.resamples + of->n_resamples * stride : NULL;
    return draws;
}

binet_status binet__bootstrap_finish(const binet_context *context, const binet_bootstrap_options *given,
                                     const binet__evaluations *evaluations, const double *values, int32_t n_values,
                                     binet_bootstrap_result *result, binet_error *error)
{
    int64_t n = given->n_resamples;
    double *sorted = binet__allocate(context, n, sizeof *sorted, error);
    uint64_t *keys = sorted != NULL ? binet__allocate(context, n, 2 * sizeof *keys, error) : NULL;
    if (keys == NULL) {
        binet__release(context, sorted);
        return BINET_OUT_OF_MEMORY;
    }
    binet_bootstrap_result found;
    memset(&found, 0, sizeof found);
    (void)binet__read_struct(&found, sizeof found, result, "result", NULL); /* checked before */
    for (int32_t v = 0; v < n_values; v++) {
        binet__draws draws = binet__evaluation_draws(evaluations, values + v, n_values);
        found.estimates[v] = binet__estimate(&draws, given->confidence_level, sorted, keys);
    }
    if (found.replicates != NULL) {
        memcpy(found.replicates, values + n_values, (size_t)(n * n_values) * sizeof *values);
    }
    found.n_units = evaluations->units.n;
    binet__write_struct(result, &found, sizeof found);
    binet__release(context, keys);
    binet__release(context, sorted);
    return BINET_OK;
}

/* ---- The resamples of a statistic -------------------------------------------------------------------------------- */

typedef struct work {
    const binet_context *context;
    const binet_statistic *statistic;
    const binet__evaluations *evaluations;
    double *values; /* [evaluations->n, statistic->n_values] */
} work;

static binet_status begin(const void *self, void **scratch, binet_error *error)
{
    const work *of = self;
    *scratch = binet__allocate_zero(of->context, 1, sizeof(binet__rows), error);
    return *scratch != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static binet_status step(const void *self, void *scratch, int64_t i, binet_error *error)
{
    const work *of = self;
    binet__rows *rows = scratch;
    binet_status status = binet__evaluation_rows(of->context, of->evaluations, i, rows, error);
    if (status != BINET_OK) {
        return status;
    }
    double *values = of->values + i * of->statistic->n_values;
    error->status = BINET_OK;
    status = of->statistic->compute(of->statistic->self, rows->values, rows->n, values, error);
    if (status != BINET_OK && error->status != status) { /* it was not filled */
        (void)binet__fail(error, status, "statistic", -1, "the statistic gave %s", binet_status_name(status));
    }
    return status;
}

static void end(const void *self, void *scratch)
{
    const work *of = self;
    binet__release(of->context, ((binet__rows *)scratch)->values);
    binet__release(of->context, scratch);
}

static binet_status read_statistic(const binet_statistic *statistic, binet_statistic *given, binet_error *error)
{
    binet_status status = binet__require(statistic, "statistic", error);
    status = status == BINET_OK ? binet__read_struct(given, sizeof *given, statistic, "statistic", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (given->compute == NULL) {
        return binet__fail_argument(error, "statistic", "statistic->compute is NULL");
    }
    int32_t asked = given->n_values;
    given->n_values = asked != 0 ? asked : 1;
    if (given->n_values < 1 || given->n_values > BINET__MOST_VALUES) {
        return binet__fail_argument(error, "statistic", "statistic->n_values is %d; allowed: 1 .. %d, or 0 for 1",
                                    (int)asked, BINET__MOST_VALUES);
    }
    return BINET_OK;
}

binet_status binet_bootstrap(const binet_context *context, int64_t n_rows, const binet_statistic *statistic,
                             const binet_bootstrap_options *options, binet_bootstrap_result *result, binet_error *error)
{
    binet_statistic computed;
    binet_bootstrap_options given;
    binet_status status = binet__check_row_count(n_rows, "n_rows", error);
    status = status == BINET_OK ? read_statistic(statistic, &computed, error) : status;
    status = status == BINET_OK ? binet__bootstrap_options(options, &given, error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__bootstrap_check_result(result, &given, computed.n_values, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    binet__evaluations evaluations;
    status = binet__evaluations_create(context, n_rows, &given, &evaluations, error);
    if (status != BINET_OK) {
        return status;
    }
    work of = {.context = context, .statistic = &computed, .evaluations = &evaluations};
    of.values = binet__allocate(context, evaluations.n, (uint64_t)computed.n_values * sizeof *of.values, error);
    binet__loop loop = {&of, evaluations.n, begin, step, end};
    status = of.values != NULL ? binet__loop_run(context, &loop, error) : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK) {
        status = binet__bootstrap_finish(context, &given, &evaluations, of.values, computed.n_values, result, error);
    }
    binet__release(context, of.values);
    binet__units_release(context, &evaluations.units);
    return status;
}
