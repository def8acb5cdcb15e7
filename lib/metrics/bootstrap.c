#include "metrics/bootstrap.h"

#include <stdatomic.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/estimate.h"
#include "metrics/interval.h"
#include "metrics/units.h"

enum { DEFAULT_RESAMPLES = 1000, MOST_TASKS = 128 };

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

binet_status binet__bootstrap_finish(const binet_context *context, const binet_bootstrap_options *given,
                                     const double *values, int32_t n_values, int64_t n_groups, int64_t n_units,
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
        const double *resamples = values + n_values + v;
        binet__draws draws = {
            .value = values[v], .resamples = resamples, .n_resamples = n, .n_left_out = n_groups, .stride = n_values};
        draws.left_out = n_groups != 0 ? resamples + n * n_values : NULL;
        found.estimates[v] = binet__estimate(&draws, given->confidence_level, sorted, keys);
    }
    if (found.replicates != NULL) {
        memcpy(found.replicates, values + n_values, (size_t)(n * n_values) * sizeof *values);
    }
    found.n_units = n_units;
    binet__write_struct(result, &found, sizeof found);
    binet__release(context, keys);
    binet__release(context, sorted);
    return BINET_OK;
}

/* ---- The resamples of a statistic -------------------------------------------------------------------------------- */

/* Evaluation 0 is of all rows, 1 .. n_resamples of the resamples, those after of the jackknife's groups. */
typedef struct work {
    const binet_context *context;
    const binet_statistic *statistic;
    int32_t n_values;
    uint64_t seed;
    int64_t n_resamples;
    int64_t n_groups;
    int64_t n_evaluations;
    int64_t n_tasks;
    binet__units units;
    double *values;      /* [n_evaluations, n_values] */
    binet_error *errors; /* [n_tasks]; status BINET_OK where all went well */
    _Atomic int64_t first_failed;
} work;

static binet_status draw(const work *of, int64_t evaluation, binet__rows *rows, binet_error *error)
{
    if (evaluation == 0) {
        return binet__units_leave_out(of->context, &of->units, 0, 0, rows, error);
    }
    if (evaluation <= of->n_resamples) {
        return binet__units_draw(of->context, &of->units, of->seed, evaluation - 1, rows, error);
    }
    int64_t group = evaluation - 1 - of->n_resamples;
    return binet__units_leave_out(of->context, &of->units, group, of->n_groups, rows, error);
}

static binet_status evaluate(const work *of, int64_t evaluation, binet__rows *rows, binet_error *error)
{
    binet_status status = draw(of, evaluation, rows, error);
    if (status != BINET_OK) {
        return status;
    }
    double *values = of->values + evaluation * of->n_values;
    error->status = BINET_OK;
    status = of->statistic->compute(of->statistic->self, rows->values, rows->n, values, error);
    if (status != BINET_OK && error->status != status) { /* it was not filled */
        (void)binet__fail(error, status, "statistic", -1, "the statistic gave %s", binet_status_name(status));
    }
    return status;
}

/* What comes before the first failure is always run, so that it is the same one for any number of threads. */
static void run_task(void *argument, int64_t task)
{
    work *of = argument;
    binet__rows rows = {NULL, 0, 0};
    binet_error *error = &of->errors[task];
    binet_status status = BINET_OK;
    int64_t end = (task + 1) * of->n_evaluations / of->n_tasks;
    for (int64_t i = task * of->n_evaluations / of->n_tasks; status == BINET_OK && i < end; i++) {
        if (atomic_load(&of->first_failed) < task) {
            break;
        }
        status = evaluate(of, i, &rows, error);
    }
    binet__release(of->context, rows.values);
    error->status = status;
    int64_t failed = atomic_load(&of->first_failed);
    while (status != BINET_OK && task < failed && !atomic_compare_exchange_weak(&of->first_failed, &failed, task)) {
    }
}

static binet_status run_all(work *of, binet_error *error)
{
    of->values = binet__allocate(of->context, of->n_evaluations, (uint64_t)of->n_values * sizeof *of->values, error);
    of->errors = binet__allocate_zero(of->context, of->n_tasks, sizeof *of->errors, error);
    if (of->values == NULL || of->errors == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    atomic_init(&of->first_failed, of->n_tasks);
    binet_status status = binet__run(of->context, of->n_tasks, run_task, of, error);
    int64_t failed = atomic_load(&of->first_failed);
    if (status != BINET_OK || failed == of->n_tasks) {
        return status;
    }
    if (error != NULL) {
        *error = of->errors[failed];
    }
    return of->errors[failed].status;
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
    work of = {.context = context,
               .statistic = &computed,
               .n_values = computed.n_values,
               .seed = given.seed,
               .n_resamples = given.n_resamples};
    status = binet__units_create(context, n_rows, given.clusters, &of.units, error);
    if (status != BINET_OK) {
        return status;
    }
    /* Without one of a single unit there is nothing left to compute from. */
    of.n_groups = given.method == BINET_BOOTSTRAP_BCA && of.units.n > 1 ? binet__units_group_count(&of.units) : 0;
    of.n_evaluations = 1 + of.n_resamples + of.n_groups;
    of.n_tasks = of.n_evaluations < MOST_TASKS ? of.n_evaluations : MOST_TASKS;
    status = run_all(&of, error);
    if (status == BINET_OK) {
        status =
            binet__bootstrap_finish(context, &given, of.values, of.n_values, of.n_groups, of.units.n, result, error);
    }
    binet__release(context, of.errors);
    binet__release(context, of.values);
    binet__units_release(context, &of.units);
    return status;
}
