#include "metrics/probe_fit.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

enum { MOST_AXES = 10 /* for each class */ };

/* It takes the first axes that hold this part of the variance, and ends at this slope over the objective. */
static const double coarse_variance = 0.95;
static const double coarse_slope = 2e-3;

/* Rows that curvature is taken from. */
static int64_t most_sampled(const binet_probe *probe)
{
    int64_t n = probe->leading != NULL ? binet__probe_leading_rows(probe->leading) : 0;
    return n > BINET__PROBE_CLASS_ROWS ? n : BINET__PROBE_CLASS_ROWS;
}

/* L-BFGS from the point on, by some rows in memory, as far as what is left out may matter. */
static binet_status descend_coarsely(binet__probe_fit *of, const binet__probe_rows *rows,
                                     const binet__probe_rows *sampled, int64_t n_axes, binet_error *error)
{
    of->precise = 0;
    of->rows = *rows;
    of->sampled = *sampled;
    of->n_axes = n_axes;
    of->factor = of->scale / binet__probe_sum_of_weights(rows);
    of->enough = fmax(coarse_slope, of->probe->given.tolerance / 10.0);
    binet__lbfgs_restart(of->probe->search, (rows->width + 1) * rows->n_classes);
    return binet__probe_descend(of, error);
}

/* The same where these are not all rows, and may be fitted too well: to where those that are held out gain no more. */
static binet_status descend_holding_out(binet__probe_fit *of, const binet__probe_rows *rows, int64_t n_axes,
                                        binet_error *error)
{
    binet_probe *probe = of->probe;
    int64_t size = (rows->width + 1) * rows->n_classes;
    int64_t n_weighted = 0; /* which come first */
    while (n_weighted < rows->n && binet__probe_weight(rows, n_weighted) > 0.0) {
        n_weighted++;
    }
    of->n_held_out = most_sampled(probe) < n_weighted / 4 ? most_sampled(probe) : n_weighted / 4;
    of->n_worse = 0;
    of->best_estimate = INFINITY;
    binet__probe_rows others = binet__probe_rows_after(rows, of->n_held_out);
    of->best_point = binet__allocate(probe->context, size, 2 * sizeof *of->best_point, error);
    if (of->best_point == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = descend_coarsely(of, &others, rows, n_axes, error);
    if (of->n_worse > 0) {
        memcpy(probe->point, of->best_point, (size_t)size * sizeof *of->best_point);
    }
    binet__release(probe->context, of->best_point);
    of->best_point = NULL;
    return status;
}

/* Along the axes that hold most of the variance. */
static binet_status descend_along_axes(binet__probe_fit *of, int64_t n_axes, binet_error *error)
{
    binet_probe *probe = of->probe;
    binet__probe_rows rows = probe->data.copied;
    float *turned = binet__allocate(probe->context, rows.n * n_axes, sizeof *turned, error);
    if (turned == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = binet__probe_axes_turn(&probe->axes, &rows, n_axes, turned, error);
    rows.kept = turned;
    rows.stride = n_axes;
    rows.width = n_axes;
    if (status == BINET_OK && rows.n < probe->data.all.n) {
        status = descend_holding_out(of, &rows, n_axes, error);
    } else if (status == BINET_OK) {
        status = descend_coarsely(of, &rows, &rows, n_axes, error);
    }
    binet__release(probe->context, turned);
    binet_status returned =
        binet__probe_axes_return(&probe->axes, n_axes, rows.n_classes, probe->point, status == BINET_OK ? error : NULL);
    if (returned != BINET_OK) {
        memset(probe->point, 0, (size_t)probe->size * sizeof *probe->point);
    }
    return status == BINET_OK ? returned : status;
}

/* b as the classes of all rows want it, by the probabilities of those in memory. */
static binet_status expect_all_classes(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    const binet__probe_rows *copied = &probe->data.copied;
    double value = 0.0;
    if (of->n_evaluations + of->n_coarse + 1 >= probe->given.most_evaluations) {
        return BINET_OK;
    }
    of->rows = *copied;
    of->factor = of->scale / binet__probe_sum_of_weights(copied);
    binet_status status = binet__probe_objective(of, probe->point, &value, probe->gradient, error);
    if (status != BINET_OK) {
        return status;
    }
    for (int64_t i = 0; i < copied->n; i++) {
        probe->gradient[copied->labels[i]] += of->factor * binet__probe_weight(copied, i);
    }
    for (int64_t k = 0; k < copied->n_classes; k++) {
        probe->gradient[k] -= of->scale * probe->data.shares[k];
    }
    binet__probe_scale_intercepts(of);
    return BINET_OK;
}

binet_status binet__probe_climb(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    const binet__probe_rows *copied = &probe->data.copied;
    int64_t n_axes = binet__probe_axes_leading(&probe->axes, coarse_variance);
    binet_status status = BINET_OK;
    if (n_axes > 0 && !binet__probe_has_newton(probe) && 2 * n_axes <= copied->width &&
        n_axes <= MOST_AXES * copied->n_classes) {
        status = descend_along_axes(of, n_axes, error);
    }
    if (status == BINET_OK && copied->n < probe->data.all.n) {
        status = descend_holding_out(of, copied, 0, error);
        status = status == BINET_OK ? expect_all_classes(of, error) : status;
    }
    binet__lbfgs_restart(probe->search, probe->size);
    of->next_refresh = of->n_steps;
    return status;
}
