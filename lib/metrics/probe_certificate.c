#include "metrics/probe_fit.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "kernels/blas.h"

enum { MOST_B_STEPS = 20 };

/* Of the trace of b's Hessian over the weights: in f32 what is less is rounding, in f64 nothing counts as less. */
static const double trusted_part = 1e-3;
static const double least_part = 1e-14;

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
    double bound = 0.5 * of->scale * of->probe->data.trace + 1.0;
    return sqrt(bound * decrement);
}

int binet__probe_factor(int64_t n, double trace, int most_lifts, double **matrix, double **spare)
{
    double lift = 1e-12;
    for (int i = 0; i < most_lifts; i++) {
        memcpy(*spare, *matrix, (size_t)(n * n) * sizeof **spare);
        for (int64_t k = 0; k < n; k++) {
            (*spare)[k * (n + 1)] += lift * fmax((*matrix)[k * (n + 1)], trace);
        }
        if (binet__cholesky(n, *spare)) {
            double *factored = *spare;
            *spare = *matrix;
            *matrix = factored;
            return 1;
        }
        lift *= 100.0;
    }
    return 0;
}

/* The Hessian in b, factored. It is singular along (1, ..., 1), where the gradient is 0: there it is made whole; where
 * rounding leaves it indefinite, it is lifted. 0 where f32 does not hold it: its diagonal is what is left of sums that
 * are nearly the weights of the classes. */
static int factor(binet__probe_fit *of)
{
    binet_probe *probe = of->probe;
    int64_t n_classes = probe->data.all.n_classes;
    double trace = 0.0;
    for (int64_t k = 0; k < n_classes; k++) {
        trace += probe->factor[k * (n_classes + 1)];
    }
    if (!of->precise && trace < trusted_part * probe->data.weight) {
        return 0;
    }
    trace = fmax(trace, least_part * probe->data.weight);
    for (int64_t k = 0; k < n_classes * n_classes; k++) {
        probe->factor[k] = of->c * (probe->factor[k] + trace / (double)(n_classes * n_classes));
    }
    return binet__probe_factor(n_classes, of->c * trace, of->precise ? BINET__PROBE_LIFTS : 1, &probe->factor,
                               &probe->spare);
}

/* Newton's step in b, as short as lets it go down from anywhere: the loss is self-concordant (Bach, 2010) in what two
 * logits of a row may differ by. */
static void step_back(binet_probe *probe)
{
    int64_t n_classes = probe->data.all.n_classes;
    double least = INFINITY;
    double most = -INFINITY;
    for (int64_t k = 0; k < n_classes; k++) {
        least = fmin(least, probe->intercepts[k]);
        most = fmax(most, probe->intercepts[k]);
    }
    double range = most - least;
    double length = range > 0.0 ? log1p(range) / range : 1.0;
    for (int64_t k = 0; k < n_classes; k++) {
        probe->point[k] -= length * probe->intercepts[k];
    }
}

binet_status binet__probe_fit_intercepts(binet__probe_fit *of, int *moved, binet_error *error)
{
    binet_probe *probe = of->probe;
    double of_w = sqrt(2.0 * of->gap);
    *moved = 0;
    for (int i = 0; i < MOST_B_STEPS; i++) {
        binet_status status = binet__probe_loss_intercepts(probe->loss, &of->rows, probe->point, of->precise,
                                                           probe->gradient, probe->factor, error);
        probe->data.n_passes += of->rows.features != NULL;
        if (status != BINET_OK) {
            return status;
        }
        if (!factor(of)) {
            if (of->precise) {
                return binet__fail(error, BINET_INTERNAL, "", -1, "the intercepts have no Hessian to go by");
            }
            binet__probe_use_all(of, 1);
            i = -1;
            continue;
        }
        for (int64_t k = 0; k < of->rows.n_classes; k++) {
            probe->gradient[k] *= of->c;
        }
        if (part_of_b(of, newton(probe, probe->gradient)) <= little * of_w || i + 1 >= MOST_B_STEPS) {
            break;
        }
        step_back(probe);
        *moved = 1;
    }
    return BINET_OK;
}

binet_status binet__probe_certify(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    double value = 0.0;
    binet__probe_use_all(of, 1);
    binet_status status = binet__probe_objective(of, probe->point, &value, probe->gradient, error);
    if (status != BINET_OK) {
        return status;
    }
    int64_t n_classes = of->rows.n_classes;
    const double *gradient = probe->gradient;
    double decrement = newton(probe, gradient);
    double square = binet__dot(gradient + n_classes, gradient + n_classes, probe->size - n_classes);
    of->of_w = sqrt(square);
    of->of_all = sqrt(square + binet__dot(gradient, gradient, n_classes));
    of->value = value;
    of->distance = of->of_w + part_of_b(of, decrement);
    of->gap = fmin(of->distance * of->distance / 2.0 + decrement / 2.0, value); /* which is never below 0 */
    of->converged = of->gap <= probe->given.tolerance * value;
    return BINET_OK;
}
