#include "metrics/probe_fit.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "kernels/blas.h"

enum { MOST_B_STEPS = 20 };

/* Of the trace of b's Hessian over the weights: in f32 what is less is rounding, in f64 nothing counts as less. */
static const double trusted_part = 1e-3;
static const double least_part = 1e-14;

/* What b may add to the distance, as a part of what W does; or it leaves the gap this part of the tolerance. */
static const double little = 0.1;
static const double certain = 0.95;

/* A class is expected at least this part as often as it comes: less is rounding. */
static const double least_expected = 1e-6;

/* A class that is expected far more often than it comes has a step near 1, whose logarithm has no end. */
static const double longest = 0.9;

/* The Hessian in b is that of a point whose logits differ by no more than this. */
static const double oldest = 0.1;

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

/* Newton's step of b, `intercepts`, out of the probe's gradient; its decrement, times what may be wrong with the
 * Hessian, which was factored at another point: between that and the end of the step it falls by no more than the
 * exponential of what two logits of a row differ by (Bach, Electron. J. Statist. 2010). */
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
    return exp(of->age + range_of(probe->intercepts, n_classes)) * decrement;
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

/* Whether b may stay, where the norm of the gradient in W is of_w. */
static int is_near(const binet__probe_fit *of, double of_w, double decrement)
{
    double part = part_of_b(of, decrement);
    double gap = ((of_w + part) * (of_w + part) + decrement) / 2.0;
    return part <= little * of_w || gap <= certain * of->probe->given.tolerance * of->value;
}

/* How often a class comes, and how often it is expected, in the gradient's unit. */
static double wanted(const binet__probe_fit *of, int64_t k)
{
    return of->scale * of->probe->data.shares[k];
}

static double expected(const binet__probe_fit *of, int64_t k)
{
    return fmax(of->probe->gradient[k] + wanted(of, k), least_expected * wanted(of, k));
}

/* No decrement is less than this, by the diagonal of what the Hessian is the rest of. */
static double least_decrement(const binet__probe_fit *of)
{
    const double *gradient = of->probe->gradient;
    double decrement = 0.0;
    for (int64_t k = 0; k < of->rows.n_classes; k++) {
        decrement += gradient[k] * gradient[k] / expected(of, k);
    }
    return decrement;
}

void binet__probe_scale_intercepts(binet__probe_fit *of)
{
    for (int64_t k = 0; k < of->rows.n_classes; k++) {
        double step = log(expected(of, k) / wanted(of, k));
        of->probe->point[k] -= isfinite(step) ? step : 0.0; /* at values of C that overflow */
    }
}

/* Newton's step in b, of each class the logarithm of what the step is over: exact where its probabilities are small,
 * and thus change by a factor, and what is expected stays in sum. Where that is in vain, as short as lets it go down
 * from anywhere: the loss is self-concordant. */
static void step_back(binet__probe_fit *of, int in_vain)
{
    binet_probe *probe = of->probe;
    double *step = probe->intercepts;
    double range = range_of(step, of->rows.n_classes);
    double length = range > 0.0 ? log1p(range) / range : 1.0;
    double weight = 0.0;
    double mean = 0.0;
    for (int64_t k = 0; k < of->rows.n_classes; k++) {
        weight += expected(of, k);
        mean += expected(of, k) * step[k];
    }
    mean /= weight;
    for (int64_t k = 0; k < of->rows.n_classes; k++) {
        step[k] = in_vain ? length * step[k] : -log1p(-fmin(step[k] - mean, longest));
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

binet_status binet__probe_fit_intercepts(binet__probe_fit *of, int goes_on, int *moved, binet_error *error)
{
    double of_w = sqrt(2.0 * of->gap);
    double last = INFINITY;
    int in_vain = 0;
    of->age = of->n_points == 1 ? of->age : INFINITY; /* W has moved */
    *moved = of->n_points > 0 && isinf(of->age) && !is_near(of, of_w, least_decrement(of));
    if (*moved) {
        binet__probe_scale_intercepts(of);
    }
    for (int i = 0; i < MOST_B_STEPS; i++) {
        binet_status status = i > 0 || isinf(of->age) ? take_intercepts(of, error) : BINET_OK;
        if (status != BINET_OK) {
            return status;
        }
        double decrement = newton(of);
        if (is_near(of, of_w, decrement) || i + 1 >= MOST_B_STEPS) {
            break;
        }
        in_vain = in_vain || decrement > last;
        last = decrement;
        step_back(of, in_vain);
        *moved = 1;
        if (goes_on && isfinite(of->age)) {
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
