#include <math.h>

#include "base/array.h"
#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/invariance.h"
#include "metrics/scores.h"

enum { ROWS_A_TASK = 256, LANES = 8 };

binet_status binet__sweep_check_features(const binet__sweep *sweep, binet_error *error)
{
    for (int64_t k = 0; k < sweep->n_settings; k++) {
        const binet_array *one = &sweep->features[k];
        binet_error reason;
        binet_status status = binet__check_array(one, "features", 2, BINET__DTYPES_FLOAT, &reason);
        if (status != BINET_OK) {
            return binet__fail(error, status, "features", k, "features[%lld]: %.400s", (long long)k, reason.message);
        }
        if (one->shape[0] != sweep->n || one->shape[1] < 1 || one->shape[1] != sweep->features[0].shape[1]) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "features", k,
                               "features[%lld] has shape [%lld, %lld]; allowed: [%lld, D], with the same D >= 1 at "
                               "every setting",
                               (long long)k, (long long)one->shape[0], (long long)one->shape[1], (long long)sweep->n);
        }
    }
    return BINET_OK;
}

/* What a task found: a status and, for BINET_INVALID_DATA, where. */
typedef struct finding {
    binet_status status;
    int64_t setting;
    int64_t row;
} finding;

typedef struct cosine_work {
    const binet__sweep *sweep;
    int64_t setting;
    const int64_t *rows;
    binet__scores here;
    binet__scores there;
    double *cosines; /* NaN where a vector is zero */
    finding *findings;
} cosine_work;

/* A row in double, in `copy` or in place; `scratch` is for binet__scores_read. */
static const double *read_row(const binet__scores *scores, int64_t row, double *copy, void *scratch)
{
    int64_t n = scores->array->shape[1];
    const void *values = binet__scores_read(scores, row, 0, n, scratch);
    if (scores->array->dtype == BINET_F64) {
        return values;
    }
    for (int64_t j = 0; j < n; j++) {
        copy[j] = ((const float *)values)[j];
    }
    return copy;
}

/* a . b, in lanes that do not depend on the machine. */
static double dot(const double *a, const double *b, int64_t n)
{
    double lanes[LANES] = {0};
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] += a[j + lane] * b[j + lane];
        }
    }
    for (int lane = 0; j < n; j++, lane++) {
        lanes[lane] += a[j] * b[j];
    }
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static double cosine(double ab, double aa, double bb)
{
    if (aa == 0.0 || bb == 0.0) {
        return NAN;
    }
    double product = aa * bb;
    /* One root, where that is possible, so that a vector's cosine to itself is 1. */
    double norms = isnormal(product) ? sqrt(product) : sqrt(aa) * sqrt(bb);
    return fmax(fmin(ab / norms, 1.0), -1.0);
}

static void compute_rows(const cosine_work *work, int64_t task, double *copies, void *scratch)
{
    const binet__sweep *sweep = work->sweep;
    int64_t n_columns = sweep->features[0].shape[1];
    int64_t end = (task + 1) * ROWS_A_TASK < sweep->n ? (task + 1) * ROWS_A_TASK : sweep->n;
    char *second = (char *)scratch + (uint64_t)n_columns * binet__scores_scratch(&work->here);
    for (int64_t i = task * ROWS_A_TASK; i < end; i++) {
        const double *a = read_row(&work->here, work->rows[i], copies, scratch);
        const double *b = read_row(&work->there, i, copies + n_columns, second);
        double aa = dot(a, a, n_columns);
        double bb = dot(b, b, n_columns);
        if (!isfinite(aa) || !isfinite(bb)) {
            int is_here = !isfinite(aa);
            work->findings[task] =
                (finding){BINET_INVALID_DATA, is_here ? work->setting : sweep->reference, is_here ? work->rows[i] : i};
            return;
        }
        work->cosines[i] = cosine(dot(a, b, n_columns), aa, bb);
    }
    work->findings[task].status = BINET_OK;
}

static void run_task(void *argument, int64_t task)
{
    const cosine_work *work = argument;
    const binet_context *context = work->sweep->context;
    uint64_t bytes = 2 * sizeof(double) + binet__scores_scratch(&work->here) + binet__scores_scratch(&work->there);
    int64_t n_columns = work->sweep->features[0].shape[1];
    double *room = binet__allocate(context, n_columns, bytes, NULL);
    if (room == NULL) {
        work->findings[task].status = BINET_OUT_OF_MEMORY;
        return;
    }
    compute_rows(work, task, room, room + 2 * n_columns);
    binet__release(context, room);
}

/* The first finding that is not BINET_OK, in the order of the rows. */
static binet_status settle(const cosine_work *work, int64_t n_tasks, binet_error *error)
{
    for (int64_t task = 0; task < n_tasks; task++) {
        const finding *found = &work->findings[task];
        if (found->status == BINET_OUT_OF_MEMORY) {
            return binet__fail_memory(error, (uint64_t)work->sweep->features[0].shape[1] * sizeof(double));
        }
        if (found->status == BINET_INVALID_DATA) {
            return binet__fail(error, BINET_INVALID_DATA, "features", found->row,
                               "features[%lld] has a value in row %lld that is not finite, or whose square is not",
                               (long long)found->setting, (long long)found->row);
        }
        if (found->status != BINET_OK) {
            return binet__fail(error, BINET_INTERNAL, "context", -1,
                               "the executor of the context returned BINET_OK without having run every task");
        }
    }
    return BINET_OK;
}

binet_status binet__sweep_cosines(const binet__sweep *sweep, int64_t setting, const int64_t *rows, double *cosines,
                                  int64_t *n_cosine, binet_error *error)
{
    const binet__kernels *kernels;
    binet_status status = binet__kernels_of(sweep->context, &kernels, error);
    if (status != BINET_OK) {
        return status;
    }
    int64_t n_tasks = (sweep->n + ROWS_A_TASK - 1) / ROWS_A_TASK;
    cosine_work work = {sweep,
                        setting,
                        rows,
                        binet__scores_of(&sweep->features[setting], NULL, 0, kernels),
                        binet__scores_of(&sweep->features[sweep->reference], NULL, 0, kernels),
                        cosines,
                        binet__allocate(sweep->context, n_tasks, sizeof *work.findings, error)};
    if (work.findings == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t task = 0; task < n_tasks; task++) {
        work.findings[task].status = BINET_INTERNAL;
    }
    status = binet__run(sweep->context, n_tasks, run_task, &work, error);
    status = status == BINET_OK ? settle(&work, n_tasks, error) : status;
    binet__release(sweep->context, work.findings);
    if (status != BINET_OK) {
        return status;
    }
    *n_cosine = 0;
    for (int64_t i = 0; i < sweep->n; i++) {
        if (!isnan(cosines[i])) {
            cosines[(*n_cosine)++] = cosines[i];
        }
    }
    return BINET_OK;
}
