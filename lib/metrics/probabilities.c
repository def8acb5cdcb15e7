#include "metrics/probabilities.h"

#include "base/memory.h"
#include "binet/predictions.h"

binet__probabilities binet__probabilities_of(const binet_array *scores, int32_t kind, const binet__kernels *kernels)
{
    binet__probabilities of = {binet__scores_of(scores, NULL, 0, kernels), kind};
    return of;
}

/* Twice a row of doubles: what becomes the probabilities, and what reading needs; of f32 the scaled row is there too.
 */
void *binet__probabilities_scratch(const binet_context *context, const binet__probabilities *of, binet_error *error)
{
    return binet__allocate(context, BINET__PADDED(of->scores.n_kept), 3 * sizeof(double), error);
}

static void scale(const binet__probabilities *of, const void *values, void *scaled, binet__scaling *scaling)
{
    const binet__kernels *kernels = of->scores.kernels;
    const binet__row_parameters parameters = {1.0, of->scores.sum_tolerance};
    int64_t n = of->scores.n_kept;
    int wide = of->scores.array->dtype == BINET_F64;
    if (of->kind == BINET_LOGITS) {
        wide ? kernels->scale_f64(values, n, &parameters, scaled, scaling)
             : kernels->scale_f32(values, n, &parameters, scaled, scaling);
    } else {
        wide ? kernels->check_f64(values, n, &parameters, scaling)
             : kernels->check_f32(values, n, &parameters, scaling);
    }
}

binet_status binet__probabilities_read(const binet__probabilities *of, int64_t row, void *scratch,
                                       const double **probabilities, binet_error *error)
{
    int64_t n = of->scores.n_kept;
    int wide = of->scores.array->dtype == BINET_F64;
    double *out = scratch;
    void *scaled = out + BINET__PADDED(n);
    const void *values = binet__scores_read(&of->scores, row, 0, n, out + 2 * BINET__PADDED(n));
    binet__scaling scaling;
    scale(of, values, scaled, &scaling);
    if (scaling.state != BINET__ROW_OK) {
        double value = scaling.sum;
        if (scaling.state == BINET__ROW_OUT_OF_RANGE) {
            value = wide ? ((const double *)values)[scaling.fault] : (double)((const float *)values)[scaling.fault];
        }
        return binet__scores_fail(&of->scores, scaling.state, row, scaling.fault, value, error);
    }
    double unit = 1.0;
    if (of->kind == BINET_LOGITS) {
        values = scaled;
        unit = scaling.unit;
    }
    for (int64_t k = 0; k < n; k++) {
        out[k] = unit * (wide ? ((const double *)values)[k] : (double)((const float *)values)[k]);
    }
    *probabilities = out;
    return BINET_OK;
}
