#include "metrics/probe_fit.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "kernels/blas.h"

enum { MOST_B_STEPS = 3, MOST_LIFTS = 6 };

/* What b may add to the distance, as a part of what W does. */
static const double little = 0.1;

/* Newton's step of b, `intercepts`, out of a gradient in b; its decrement. By the Hessian that was factored last. */
static double newton(binet_probe *probe, const double *gradient)
{
    int64_t n_classes = probe->data.all.n_classes;
    double decrement = 0.0;
    memcpy(probe->intercepts, gradient, (size_t)n_classes * sizeof *gradient);
    binet__cholesky_solve(n_classes, probe->factor, 1, probe->intercepts);
    for (int64_t k = 0; k < n_classes; k++) {
        decrement += gradient[k] * probe->intercepts[k];
    }
    return decrement;
}

/* What b adds to the distance: the gradient in W at the best b differs from that here by at most this. */
static double part_of_b(const binet__probe_fit *of, double decrement)
{
    double bound = 0.5 * of->scale * binet__probe_curvature_trace(of->probe->curvature) + 1.0;
    return sqrt(bound * decrement);
}

static double part_of_w(const binet__probe_fit *of)
{
    double square = 0.0;
    for (int64_t i = 0; i < of->probe->n_weights; i++) {
        square += of->probe->gradient[i] * of->probe->gradient[i];
    }
    return sqrt(square);
}

/* The Hessian in b, factored. It is singular along (1, ..., 1), where the gradient is 0: there it is made whole; and
 * where rounding leaves it indefinite, it is lifted a little. */
static binet_status factor(binet_probe *probe, double c, binet_error *error)
{
    int64_t n_classes = probe->data.all.n_classes;
    double trace = 0.0;
    for (int64_t k = 0; k < n_classes; k++) {
        trace += probe->factor[k * (n_classes + 1)];
    }
    for (int64_t k = 0; k < n_classes * n_classes; k++) {
        probe->factor[k] = c * (probe->factor[k] + trace / (double)(n_classes * n_classes));
    }
    double lift = 1e-12;
    for (int i = 0; i < MOST_LIFTS; i++) {
        memcpy(probe->spare, probe->factor, (size_t)(n_classes * n_classes) * sizeof *probe->spare);
        for (int64_t k = 0; k < n_classes; k++) {
            probe->spare[k * (n_classes + 1)] += lift * (c * trace + 1e-300);
        }
        if (binet__cholesky(n_classes, probe->spare)) {
            double *factored = probe->spare;
            probe->spare = probe->factor;
            probe->factor = factored;
            return BINET_OK;
        }
        lift *= 100.0;
    }
    return binet__fail(error, BINET_INTERNAL, "", -1, "the Hessian of the intercepts is not positive definite");
}

/* Newton's steps in b, W staying as it is, until what b adds to the distance is little beside what W does: in f64 where
 * rounding keeps f32 from that. */
static binet_status fit_intercepts(binet__probe_fit *of, double of_w, binet_error *error)
{
    binet_probe *probe = of->probe;
    for (int i = 0; i < 2 * MOST_B_STEPS; i++) {
        of->precise = of->precise || i >= MOST_B_STEPS;
        const binet__probe_rows *rows = of->precise ? &probe->data.all : &probe->data.nearest;
        binet_status status = binet__probe_loss_intercepts(probe->loss, rows, probe->point, of->precise,
                                                           probe->gradient, probe->factor, error);
        probe->data.n_passes += rows->features != NULL;
        status = status == BINET_OK ? factor(probe, of->c, error) : status;
        if (status != BINET_OK) {
            return status;
        }
        for (int64_t k = 0; k < rows->n_classes; k++) {
            probe->gradient[k] *= of->c;
        }
        if (part_of_b(of, newton(probe, probe->gradient)) <= little * of_w) {
            break;
        }
        for (int64_t k = 0; k < rows->n_classes; k++) {
            probe->point[probe->n_weights + k] -= probe->intercepts[k];
        }
    }
    return BINET_OK;
}

binet_status binet__probe_certify(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    double value = 0.0;
    binet_status status = fit_intercepts(of, sqrt(2.0 * of->gap), error);
    of->precise = 1;
    status = status == BINET_OK ? binet__probe_objective(of, probe->point, &value, probe->gradient, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    double decrement = newton(probe, probe->gradient + probe->n_weights);
    of->of_w = part_of_w(of);
    of->value = value;
    of->distance = of->of_w + part_of_b(of, decrement);
    of->gap = of->distance * of->distance / 2.0 + decrement / 2.0;
    of->converged = of->gap <= probe->given.tolerance * value;
    return BINET_OK;
}
