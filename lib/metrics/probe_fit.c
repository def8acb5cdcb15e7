#include "metrics/probe_fit.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "metrics/gram.h"

enum {
    MOST_STALLED = 30,     /* steps without a better gap, before f64 says whether that is rounding */
    MOST_STALLED_NEAR = 8, /* the same where rounding is likely */
    MOST_STALLED_F64 = 60, /* the same in f64, before that is certified */
    MOST_IN_VAIN = 5       /* certificates in f64 that are no better, before the search ends */
};

/* A gap by products in f32 is believed where products in f64 give no less than this part of it, nor the other way. */
static const double trusted = 0.5;

/* The search in W ends at this part of the tolerance, which leaves something for b. */
static const double nearer = 0.7;

/* The same, over what was reached, where that was not near enough. */
static const double again = 0.3;

/* Gaps, over the objective, where rounding in f32 is likely. */
static const double near = 1e-5;

/* A certificate that is not this part of the best one before stalls. */
static const double better = 0.9;

binet__probe_rows binet__probe_sample(const binet_probe *probe, int64_t most)
{
    binet__probe_rows sample = probe->data.copied;
    sample.n = sample.n < most ? sample.n : most;
    return sample;
}

binet_status binet__probe_objective(binet__probe_fit *of, const double *point, double *value, double *gradient,
                                    binet_error *error)
{
    binet_probe *probe = of->probe;
    /* The copy is rounded to f32. */
    const binet__probe_rows *rows = of->precise ? &probe->data.all : &probe->data.nearest;
    binet_status status = binet__probe_loss_evaluate(probe->loss, rows, point, of->precise, value, gradient, error);
    probe->data.n_passes += rows->features != NULL;
    of->n_evaluations++;
    of->n_precise += of->precise;
    if (status != BINET_OK) {
        return status;
    }
    double square = 0.0;
    for (int64_t i = 0; i < probe->size; i++) {
        double weight = i < probe->n_weights ? point[i] : 0.0;
        gradient[i] = of->c * gradient[i] + weight;
        square += weight * weight;
    }
    *value = of->c * *value + square / 2.0;
    if (probe->given.progress != NULL &&
        probe->given.progress(probe->given.progress_user, of->n_evaluations, of->gap / of->value) != 0) {
        return binet__fail(error, BINET_CANCELLED, "", -1, "cancelled after %lld evaluations",
                           (long long)of->n_evaluations);
    }
    return BINET_OK;
}

/* ---- What L-BFGS asks for ---- */

static binet_status evaluate(void *user, const double *point, double *value, double *gradient, binet_error *error)
{
    return binet__probe_objective(user, point, value, gradient, error);
}

/* The curvature of the classes at the point of the search. */
static binet_status refresh(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    binet__probe_rows sample = binet__probe_sample(probe, BINET__PROBE_CLASS_ROWS);
    int64_t n_classes = sample.n_classes;
    double weight = binet__probe_sum_of_weights(&sample);
    float part = (float)(1.0 / (weight > 0.0 ? weight : 1.0));
    binet_status status =
        binet__probe_loss_probabilities(probe->loss, &sample, probe->point, probe->probabilities, error);
    status = status == BINET_OK ? binet__gram_f32(probe->context, probe->probabilities, sample.n, n_classes, -part,
                                                  probe->classes, error)
                                : status;
    for (int64_t i = 0; status == BINET_OK && i < sample.n; i++) {
        float root = (float)sqrt(binet__probe_weight(&sample, i)) * part;
        for (int64_t k = 0; k < n_classes; k++) {
            probe->classes[k * (n_classes + 1)] += root * probe->probabilities[i * n_classes + k];
        }
    }
    return status == BINET_OK ? binet__probe_curvature_set(probe->curvature, probe->classes, error) : status;
}

static void precondition(void *user, const double *gradient, double *direction)
{
    const binet__probe_fit *of = user;
    (void)binet__probe_curvature_apply(of->probe->curvature, of->scale, gradient, direction, NULL);
}

static binet_status reach(void *user, const double *point, const double *direction, double slope, double taken,
                          double *length, binet_error *error)
{
    const binet__probe_fit *of = user;
    return binet__probe_line_search(of->probe->line, point, direction, of->scale, slope, taken, length, error);
}

static binet_status judge(void *user, double value, const double *gradient, int *done, binet_error *error)
{
    binet__probe_fit *of = user;
    if (of->n_steps >= of->next_refresh) {
        of->next_refresh = of->n_steps + 1 > of->n_steps * 3 / 2 ? of->n_steps + 1 : of->n_steps * 3 / 2;
        binet_status status = refresh(of, error);
        if (status != BINET_OK) {
            return status;
        }
    }
    of->n_steps++;
    double of_w = 0.0;
    for (int64_t i = 0; i < of->probe->n_weights; i++) {
        of_w += gradient[i] * gradient[i];
    }
    of->gap = of_w / 2.0; /* where b is optimal, which the end of the search sees to */
    of->value = value;
    of->n_stalled = of->gap <= better * of->best_gap ? 0 : of->n_stalled + 1;
    of->best_gap = fmin(of->best_gap, of->gap);
    int64_t most = of->precise ? MOST_STALLED_F64 : of->gap <= near * value ? MOST_STALLED_NEAR : MOST_STALLED;
    *done = of->gap <= of->target * value || of->n_stalled >= most;
    return BINET_OK;
}

/* ---- A fit ---- */

/* From the last two points on, where a sample of the rows says that this is nearer. */
static binet_status extrapolate(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    binet__probe_rows sample = binet__probe_sample(probe, BINET__PROBE_CLASS_ROWS);
    double ratio = log(of->c / probe->c) / log(probe->c / probe->c_before);
    double weight = binet__probe_sum_of_weights(&sample);
    double values[2];
    double *further = probe->before;
    for (int64_t i = 0; i < probe->size; i++) {
        further[i] = probe->point[i] + ratio * (probe->point[i] - probe->before[i]);
    }
    for (int which = 0; which < 2; which++) {
        const double *point = which == 0 ? probe->point : further;
        double square = 0.0;
        binet_status status =
            binet__probe_loss_evaluate(probe->loss, &sample, point, 0, &values[which], probe->gradient, error);
        if (status != BINET_OK) {
            return status;
        }
        for (int64_t i = 0; i < probe->n_weights; i++) {
            square += point[i] * point[i];
        }
        values[which] = weight > 0.0 ? of->scale * values[which] / weight + square / 2.0 : 0.0;
    }
    double *point = probe->point;
    if (values[1] < values[0]) {
        probe->before = point;
        probe->point = further;
    } else {
        memcpy(further, point, (size_t)probe->size * sizeof *point);
    }
    return BINET_OK;
}

/* The point to begin at, and pairs that fit. From here on the probe is at the new C, whatever becomes of the fit. */
static binet_status start(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    binet_status status = BINET_OK;
    if (probe->c != 0.0) {
        binet__lbfgs_rescale(probe->search, of->c / probe->c, probe->n_weights);
    }
    if (probe->c_before != 0.0 && probe->c != probe->c_before) {
        status = extrapolate(of, error);
    } else {
        memcpy(probe->before, probe->point, (size_t)probe->size * sizeof *probe->point);
    }
    probe->c_before = probe->c;
    probe->c = of->c;
    return status;
}

/* L-BFGS from the point on, in one precision. */
static binet_status descend(binet__probe_fit *of, int precise, binet_error *error)
{
    binet_probe *probe = of->probe;
    int64_t left = probe->given.most_evaluations - of->n_evaluations - 1; /* one is the certificate's */
    binet__lbfgs_problem problem = {.user = of,
                                    .evaluate = evaluate,
                                    .precondition = precondition,
                                    .reach = reach,
                                    .judge = judge,
                                    .most_evaluations = left > INT32_MAX ? INT32_MAX : (int32_t)left,
                                    .noise = precise ? 1e-14 : 1e-7};
    binet__lbfgs_found found = {0};
    if (left < 1) {
        return BINET_OK;
    }
    of->precise = precise;
    of->best_gap = INFINITY;
    of->n_stalled = 0;
    binet_status status = binet__lbfgs_run(probe->search, &problem, probe->point, probe->gradient, &found, error);
    return status == BINET_NOT_CONVERGED ? BINET_OK : status;
}

/* In f32 as far as that goes, then in f64. */
binet_status binet__probe_search(binet__probe_fit *of, binet_error *error)
{
    const binet_probe_options *given = &of->probe->given;
    int precise = 0;
    int n_in_vain = 0;
    double last = INFINITY; /* gap of W, when it was certified before */
    of->target = nearer * given->tolerance;
    binet_status started = start(of, error);
    if (started != BINET_OK) {
        return started;
    }
    for (;;) {
        int64_t before = of->n_evaluations;
        binet_status status = descend(of, precise, error);
        double said = of->gap;
        status = status == BINET_OK ? binet__probe_certify(of, error) : status;
        if (status != BINET_OK || of->converged || of->n_evaluations >= given->most_evaluations) {
            return status;
        }
        double found = of->of_w * of->of_w / 2.0;
        int helped = found <= better * last;
        int stays = of->n_evaluations - before <= 2;
        n_in_vain = precise && !helped ? n_in_vain + 1 : 0;
        if (precise && (stays || n_in_vain == MOST_IN_VAIN)) {
            return BINET_OK;
        }
        precise = precise || stays || !helped || found < trusted * said || said < trusted * found;
        last = found;
        of->target = again * fmin(of->target, found / of->value);
    }
}
