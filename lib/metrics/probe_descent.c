#include "metrics/probe_fit.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "metrics/gram.h"

enum {
    MOST_STALLED = 30,     /* steps without a better gap, before f64 says whether that is rounding */
    MOST_STALLED_NEAR = 8, /* the same where rounding is likely */
    MOST_STALLED_F64 = 60, /* the same in f64, before that is certified */
    MOST_WORSE = 2         /* steps that do no good to rows held out, before a coarse search ends */
};

/* Gaps, over the objective, where rounding in f32 is likely. */
static const double near = 1e-5;

/* A certificate that is not this part of the best one before stalls. */
static const double better = 0.9;

binet__probe_rows binet__probe_sample(const binet__probe_fit *of, int64_t most)
{
    binet__probe_rows sample = of->sampled;
    sample.n = sample.n < most ? sample.n : most;
    return sample;
}

void binet__probe_use_all(binet__probe_fit *of, int precise)
{
    of->precise = precise;
    of->rows = precise ? of->probe->data.all : of->probe->data.nearest; /* the copy is rounded to f32 */
    of->sampled = of->probe->data.copied;
    of->factor = of->c;
    of->n_axes = 0;
    of->enough = 0.0;
    of->n_held_out = 0;
}

/* The objective's gradient out of that of the loss; some numbers. */
typedef struct penalty {
    const double *point;
    double *gradient;
    double factor;
    int64_t n_free; /* numbers without a penalty, the first ones */
    int64_t size;
    double *squares; /* [tasks] */
} penalty;

static void add_penalty(void *argument, int64_t task)
{
    const penalty *of = argument;
    int64_t first = task * BINET__PROBE_PART;
    int64_t last = of->size - first < BINET__PROBE_PART ? of->size : first + BINET__PROBE_PART;
    for (int64_t i = first; i < last; i++) {
        of->gradient[i] = of->factor * of->gradient[i] + (i < of->n_free ? 0.0 : of->point[i]);
    }
    first = first < of->n_free ? of->n_free : first;
    of->squares[task] = first < last ? binet__dot(of->point + first, of->point + first, last - first) : 0.0;
}

binet_status binet__probe_tell(const binet__probe_fit *of, binet_error *error)
{
    const binet_probe_options *given = &of->probe->given;
    int64_t n = of->n_evaluations + of->n_coarse;
    return given->progress == NULL || given->progress(given->progress_user, n, of->gap / of->value) == 0
               ? BINET_OK
               : binet__fail(error, BINET_CANCELLED, "", -1, "cancelled after %lld evaluations", (long long)n);
}

binet_status binet__probe_objective(binet__probe_fit *of, const double *point, double *value, double *gradient,
                                    binet_error *error)
{
    binet_probe *probe = of->probe;
    const binet__probe_rows *rows = &of->rows;
    binet_status status = binet__probe_loss_evaluate(probe->loss, rows, point, of->precise, value, gradient, error);
    int coarse = of->enough > 0.0;
    probe->data.n_passes += rows->features != NULL;
    of->n_evaluations += !coarse;
    of->n_coarse += coarse;
    of->n_precise += of->precise;
    of->n_products += 2.0 * (double)rows->n * (double)rows->width * (double)rows->n_classes;
    penalty added = {.point = point,
                     .gradient = gradient,
                     .factor = of->factor,
                     .n_free = rows->n_classes,
                     .size = (rows->width + 1) * rows->n_classes,
                     .squares = probe->squares};
    int64_t n_tasks = (added.size + BINET__PROBE_PART - 1) / BINET__PROBE_PART;
    status = status == BINET_OK ? binet__run(probe->context, n_tasks, add_penalty, &added, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    double square = 0.0;
    for (int64_t task = 0; task < n_tasks; task++) {
        square += probe->squares[task];
    }
    *value = of->factor * *value + square / 2.0;
    return binet__probe_tell(of, error);
}

binet_status binet__probe_estimate(const binet__probe_fit *of, int64_t n, const double *point, double *room,
                                   double *value, binet_error *error)
{
    binet_probe *probe = of->probe;
    binet__probe_rows sample = binet__probe_sample(of, n);
    double weight = binet__probe_sum_of_weights(&sample);
    int64_t n_weights = sample.width * sample.n_classes;
    const double *weights = point + sample.n_classes;
    binet_status status = binet__probe_loss_evaluate(probe->loss, &sample, point, 0, value, room, error);
    *value = weight > 0.0 ? of->scale / weight * *value + binet__dot(weights, weights, n_weights) / 2.0 : 0.0;
    return status;
}

/* ---- What L-BFGS asks for ---- */

static binet_status evaluate(void *user, const double *point, double *value, double *gradient, binet_error *error)
{
    return binet__probe_objective(user, point, value, gradient, error);
}

/* Rows that are sure and wrong have next to no curvature where they are, but they have on the way to their labels,
 * which is where a step goes; others have three quarters of their own, by mean. */
static void halve_the_way_to_labels(const binet__probe_rows *sample, float *probabilities)
{
    for (int64_t i = 0; i < sample->n; i++) {
        float *p = probabilities + i * sample->n_classes;
        for (int64_t k = 0; k < sample->n_classes; k++) {
            p[k] *= 0.5F;
        }
        p[sample->labels[i]] += 0.5F * (float)sqrt(binet__probe_weight(sample, i));
    }
}

/* What the curvature is taken from: those of rows at the point of the search, each times the root of its weight. */
static binet_status take_probabilities(const binet__probe_fit *of, const binet__probe_rows *rows, binet_error *error)
{
    binet_probe *probe = of->probe;
    binet_status status = binet__probe_loss_probabilities(probe->loss, rows, probe->point, probe->probabilities, error);
    if (status == BINET_OK) {
        halve_the_way_to_labels(rows, probe->probabilities);
    }
    return status;
}

/* The mean of diag(p) - p p' over the sample, in `classes`. */
static binet_status average_classes(const binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    binet__probe_rows sample = binet__probe_sample(of, BINET__PROBE_CLASS_ROWS);
    int64_t n_classes = sample.n_classes;
    double weight = binet__probe_sum_of_weights(&sample);
    float part = (float)(1.0 / (weight > 0.0 ? weight : 1.0));
    binet_status status = take_probabilities(of, &sample, error);
    status = status == BINET_OK ? binet__gram_f32(probe->context, probe->probabilities, sample.n, n_classes, -part,
                                                  probe->classes, error)
                                : status;
    for (int64_t i = 0; status == BINET_OK && i < sample.n; i++) {
        float root = (float)sqrt(binet__probe_weight(&sample, i)) * part;
        for (int64_t k = 0; k < n_classes; k++) {
            probe->classes[k * (n_classes + 1)] += root * probe->probabilities[i * n_classes + k];
        }
    }
    return status;
}

/* What is expected of it beforehand, in `prior`: a class is unsure as often as it comes. It counts as much as one row
 * for each class: a sample may have no row that is unsure of a class that is rare, and no curvature for it. */
static void expect_classes(const binet_probe *probe, int64_t n_sample)
{
    int64_t n_classes = probe->data.all.n_classes;
    const double *shares = probe->data.shares;
    double trace = 0.0;
    for (int64_t k = 0; k < n_classes; k++) {
        trace += (double)probe->classes[k * (n_classes + 1)];
    }
    double part = trace * (double)n_classes / (double)n_sample;
    for (int64_t k = 0; k < n_classes; k++) {
        for (int64_t l = 0; l <= k; l++) {
            probe->prior[k * n_classes + l] = (float)(part * shares[k] * ((k == l) - shares[l]));
        }
    }
}

/* The Hessian along the leading axes, where the probabilities of the first rows are those of average_classes. */
static binet_status refresh_leading(const binet__probe_fit *of, binet_error *error)
{
    binet__probe_leading *leading = of->probe->leading;
    binet__probe_rows sample = binet__probe_sample(of, binet__probe_leading_rows(leading));
    binet_status status = BINET_OK;
    binet__probe_leading_begin(leading, of->n_axes);
    for (int64_t first = 0; status == BINET_OK && first < sample.n; first += BINET__PROBE_LEADING_ROWS) {
        binet__probe_rows rows = binet__probe_rows_after(&sample, first);
        rows.n = rows.n < BINET__PROBE_LEADING_ROWS ? rows.n : BINET__PROBE_LEADING_ROWS;
        status = first > 0 ? take_probabilities(of, &rows, error) : BINET_OK;
        status =
            status == BINET_OK ? binet__probe_leading_add(leading, &rows, of->probe->probabilities, error) : status;
    }
    if (status == BINET_OK) {
        binet__probe_leading_finish(leading, of->scale, of->probe->prior);
    }
    return status;
}

/* The curvature at the point of the search. */
static binet_status refresh(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    int64_t n_classes = probe->data.all.n_classes;
    binet_status status = average_classes(of, error);
    if (status != BINET_OK) {
        return status;
    }
    expect_classes(probe, binet__probe_sample(of, BINET__PROBE_CLASS_ROWS).n);
    if (of->n_products >= binet__probe_leading_cost(probe->leading)) {
        of->n_products = 0.0;
        status = refresh_leading(of, error);
    }
    for (int64_t k = 0; k < n_classes; k++) {
        for (int64_t l = 0; l <= k; l++) {
            probe->classes[k * n_classes + l] += probe->prior[k * n_classes + l];
        }
    }
    return status == BINET_OK ? binet__probe_curvature_set(probe->curvature, probe->classes, error) : status;
}

static void precondition(void *user, const double *gradient, double *direction)
{
    const binet__probe_fit *of = user;
    (void)binet__probe_curvature_apply(of->probe->curvature, of->n_axes, of->scale, gradient, direction, NULL);
}

static binet_status reach(void *user, const double *point, const double *direction, double slope, double taken,
                          double *length, binet_error *error)
{
    const binet__probe_fit *of = user;
    if (slope <= of->enough * of->value) {
        *length = 0.0;
        return BINET_OK;
    }
    binet__probe_rows sample = binet__probe_sample(of, BINET__PROBE_LINE_ROWS);
    return binet__probe_line_search(of->probe->line, &sample, point, direction, of->scale, slope, taken, length, error);
}

/* Whether rows held out gain no more; the best point by them is kept. */
static binet_status judge_by_others(binet__probe_fit *of, int *done, binet_error *error)
{
    int64_t size = (of->rows.width + 1) * of->rows.n_classes;
    double estimated = 0.0;
    binet_status status =
        binet__probe_estimate(of, of->n_held_out, of->probe->point, of->best_point + size, &estimated, error);
    if (status == BINET_OK && estimated <= of->best_estimate) {
        memcpy(of->best_point, of->probe->point, (size_t)size * sizeof *of->best_point);
        of->best_estimate = estimated;
        of->n_worse = 0;
    } else {
        of->n_worse++;
    }
    *done = *done || of->n_worse == MOST_WORSE;
    return status;
}

static binet_status judge(void *user, double value, const double *gradient, int *done, binet_error *error)
{
    binet__probe_fit *of = user;
    int64_t n_classes = of->rows.n_classes;
    int64_t n_weights = of->rows.width * n_classes;
    /* Where b is optimal, which the end of the search sees to. */
    of->gap = binet__dot(gradient + n_classes, gradient + n_classes, n_weights) / 2.0;
    of->value = value;
    of->n_stalled = of->gap <= better * of->best_gap ? 0 : of->n_stalled + 1;
    of->best_gap = fmin(of->best_gap, of->gap);
    int64_t most = of->precise ? MOST_STALLED_F64 : of->gap <= near * value ? MOST_STALLED_NEAR : MOST_STALLED;
    *done = of->gap <= of->target * value || of->n_stalled >= most;
    binet_status status = of->n_held_out > 0 ? judge_by_others(of, done, error) : BINET_OK;
    if (status == BINET_OK && !*done && of->n_steps >= of->next_refresh) {
        of->next_refresh = of->n_steps + 1 > of->n_steps * 3 / 2 ? of->n_steps + 1 : of->n_steps * 3 / 2;
        status = refresh(of, error);
    }
    of->n_steps++;
    of->n_points++;
    return status;
}

/* ---- A search ---- */

int64_t binet__probe_before_newton(const binet_probe *probe)
{
    return 32 + probe->size / 4;
}

binet_status binet__probe_descend(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    of->n_points = 0;
    /* One is the certificate's. */
    int64_t left = probe->given.most_evaluations - of->n_evaluations - of->n_coarse - 1;
    if (left < 1) {
        return BINET_OK;
    }
    if (binet__probe_has_newton(probe)) {
        if (of->precise) {
            return binet__probe_newton(of, error);
        }
        left = left < binet__probe_before_newton(probe) ? left : binet__probe_before_newton(probe);
    }
    binet__lbfgs_problem problem = {.user = of,
                                    .evaluate = evaluate,
                                    .precondition = precondition,
                                    .reach = reach,
                                    .judge = judge,
                                    .most_evaluations = left > INT32_MAX ? INT32_MAX : (int32_t)left,
                                    .noise = of->precise ? 1e-14 : 1e-7};
    binet__lbfgs_found found = {0};
    of->best_gap = INFINITY;
    of->n_stalled = 0;
    binet_status status = binet__lbfgs_run(probe->search, &problem, probe->point, probe->gradient, &found, error);
    return status == BINET_NOT_CONVERGED ? BINET_OK : status;
}
