#include <math.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/features.h"
#include "metrics/invariance.h"
#include "metrics/loop.h"

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

typedef struct cosine_work {
    const binet__sweep *sweep;
    int64_t setting;
    const int64_t *rows;
    binet__features here;
    binet__features there;
    double *cosines; /* NaN where a vector is zero */
} cosine_work;

static binet_status begin(const void *self, void **made, binet_error *error)
{
    const cosine_work *of = self;
    void **scratch = binet__allocate_zero(of->sweep->context, 2, sizeof *scratch, error);
    if (scratch == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    scratch[0] = binet__features_scratch(of->sweep->context, &of->here, error);
    scratch[1] = scratch[0] != NULL ? binet__features_scratch(of->sweep->context, &of->there, error) : NULL;
    if (scratch[1] == NULL) {
        binet__release(of->sweep->context, scratch[0]);
        binet__release(of->sweep->context, scratch);
        return BINET_OUT_OF_MEMORY;
    }
    *made = scratch;
    return BINET_OK;
}

static void end(const void *self, void *made)
{
    const cosine_work *of = self;
    void **scratch = made;
    binet__release(of->sweep->context, scratch[1]);
    binet__release(of->sweep->context, scratch[0]);
    binet__release(of->sweep->context, scratch);
}

static binet_status step(const void *self, void *made, int64_t i, binet_error *error)
{
    const cosine_work *of = self;
    void *const *scratch = made;
    const double *a = binet__features_read(&of->here, of->rows[i], scratch[0]);
    const double *b = binet__features_read(&of->there, i, scratch[1]);
    int64_t n = of->here.width;
    double aa = binet__dot(a, a, n);
    double bb = binet__dot(b, b, n);
    if (!isfinite(aa) || !isfinite(bb)) {
        int is_here = !isfinite(aa);
        return binet__fail(error, BINET_INVALID_DATA, "features", is_here ? of->rows[i] : i,
                           "features[%lld] has a value in row %lld that is not finite, or whose square is not",
                           (long long)(is_here ? of->setting : of->sweep->reference),
                           (long long)(is_here ? of->rows[i] : i));
    }
    of->cosines[i] = binet__cosine(binet__dot(a, b, n), aa, bb);
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
    cosine_work work = {.sweep = sweep,
                        .setting = setting,
                        .rows = rows,
                        .here = binet__features_of(&sweep->features[setting], "features", kernels),
                        .there = binet__features_of(&sweep->features[sweep->reference], "features", kernels),
                        .cosines = cosines};
    binet__loop loop = {&work, sweep->n, begin, step, end};
    status = binet__loop_run(sweep->context, &loop, error);
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
