#include "metrics/probe_fit.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "kernels/blas.h"

enum { MOST_B_STEPS = 20 };

/* Of the trace of b's Hessian over the weights: in f32 what is less is rounding, in f64 nothing counts as less. */
static const double trusted_part = 1e-3;
static const double least_part = 1e-14;

/* What b may add to the distance: this part of what W does, or what leaves the gap this part of the tolerance. */
static const double little = 0.1;
static const double certain = 0.9;

/* A class is expected at least this part as often as it comes: less is rounding. */
static const double least_expected = 1e-6;

/* Of a class that comes less often than it should be expected, 1 is no longer a step that ends. */
static const double longest = 0.9;

/* The Hessian in b is that of a point whose logits differ by no more than this. */
static const double oldest = 0.1;

/* Newton's step of b, `intercepts`, out of the probe's gradient; its decrement. By the Hessian that was factored last:
 * that of here is less by no more than its age lets it. */
static double newton(const binet__probe_fit *of)
{
    binet_probe *probe = of->probe;
    int64_t n_classes = of->rows.n_classes;
    double decrement = 0.0;
    memcpy(probe->intercepts, probe->gradient, (size_t)n_classes * sizeof *probe->gradient);
    binet__cholesky_solve(n_classes, probe->factor, 1, probe->intercepts);
    for (int64_t k = 0; k < n_classes; k++) {
        decrement += probe->gradient[k] * probe->intercepts[k];
    }
    return exp(of->age) * decrement;
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

int binet__probe_scale_intercepts(binet__probe_fit *of, double enough)
{
    binet_probe *probe = of->probe;
    double decrement = 0.0; /* by the diagonal, which is more than the Hessian */
    for (int64_t k = 0; k < of->rows.n_classes; k++) {
        double wanted = of->scale * probe->data.shares[k];
        double expected = fmax(probe->gradient[k] + wanted, least_expected * wanted);
        decrement += probe->gradient[k] * probe->gradient[k] / expected;
        probe->intercepts[k] = log(expected / wanted);
    }
    if (part_of_b(of, decrement) <= enough) {
        return 0;
    }
    for (int64_t k = 0; k < of->rows.n_classes; k++) {
        probe->point[k] -= probe->intercepts[k];
    }
    return 1;
}

static double range_of(const double *numbers, int64_t n)
{
    double least = INFINITY;
    double most = -INFINITY;
    for (int64_t k = 0; k < n; k++) {
        least = fmin(least, numbers[k]);
        most = fmax(most, numbers[k]);
    }
    return most - least;
}

/* Newton's step in b, of each class the logarithm of what the step is over: exact where its probabilities are small,
 * and thus change by a factor. Where that is in vain, as short as lets it go down from anywhere: the loss is
 * self-concordant (Bach, Electron. J. Statist. 2010) in what two logits of a row may differ by. */
static void step_back(binet__probe_fit *of, int in_vain)
{
    binet_probe *probe = of->probe;
    double *step = probe->intercepts;
    double range = range_of(step, of->rows.n_classes);
    double length = range > 0.0 ? log1p(range) / range : 1.0;
    for (int64_t k = 0; k < of->rows.n_classes; k++) {
        step[k] = in_vain ? length * step[k] : -log1p(-fmin(step[k], longest));
        probe->point[k] -= step[k];
    }
    of->age += range_of(step, of->rows.n_classes);
    of->age = of->age <= oldest ? of->age : INFINITY;
}

/* Gradient and Hessian in b, factored. Where f32 does not hold that, in f64 from here on. */
static binet_status take_intercepts(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    for (;;) {
        binet_status status = binet__probe_loss_intercepts(probe->loss, &of->rows, probe->point, of->precise,
                                                           probe->gradient, probe->factor, error);
        probe->data.n_passes += of->rows.features != NULL;
        if (status != BINET_OK) {
            return status;
        }
        if (factor(of)) {
            break;
        }
        if (of->precise) {
            return binet__fail(error, BINET_INTERNAL, "", -1, "the intercepts have no Hessian to go by");
        }
        binet__probe_use_all(of, 1);
    }
    for (int64_t k = 0; k < of->rows.n_classes; k++) {
        probe->gradient[k] *= of->c;
    }
    of->age = 0.0;
    return BINET_OK;
}

binet_status binet__probe_fit_intercepts(binet__probe_fit *of, int *moved, binet_error *error)
{
    double of_w = sqrt(2.0 * of->gap);
    double enough = fmax(little * of_w, sqrt(2.0 * certain * of->probe->given.tolerance * of->value) - of_w);
    double last = INFINITY;
    int in_vain = 0;
    of->age = of->n_points == 1 ? of->age : INFINITY; /* W has moved */
    *moved = of->n_points > 0 && isinf(of->age) && binet__probe_scale_intercepts(of, enough);
    for (int i = 0; i < MOST_B_STEPS; i++) {
        binet_status status = isinf(of->age) ? take_intercepts(of, error) : BINET_OK;
        if (status != BINET_OK) {
            return status;
        }
        double decrement = newton(of);
        if (part_of_b(of, decrement) <= enough || i + 1 >= MOST_B_STEPS) {
            break;
        }
        in_vain = in_vain || decrement > last;
        last = decrement;
        step_back(of, in_vain);
        *moved = 1;
        if (isfinite(of->age)) {
            break; /* the evaluation to come has its gradient */
        }
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
    double decrement = newton(of);
    double square = binet__dot(gradient + n_classes, gradient + n_classes, probe->size - n_classes);
    of->of_w = sqrt(square);
    of->of_all = sqrt(square + binet__dot(gradient, gradient, n_classes));
    of->value = value;
    of->distance = of->of_w + part_of_b(of, decrement);
    of->gap = fmin(of->distance * of->distance / 2.0 + decrement / 2.0, value); /* which is never below 0 */
    of->converged = of->gap <= probe->given.tolerance * value;
    return BINET_OK;
}
