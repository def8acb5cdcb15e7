#include "metrics/probe_fit.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/gram.h"

enum {
    MOST_STALLED = 30,     /* steps without a better gap, before f64 says whether that is rounding */
    MOST_STALLED_NEAR = 8, /* the same where rounding is likely */
    MOST_STALLED_F64 = 60, /* the same in f64, before that is certified */
    MOST_IN_VAIN = 5,      /* certificates in f64 that are no better, before the search ends */
    MOST_WORSE = 2,        /* steps that do no good to rows held out, before a coarse search ends */
    MOST_AXES = 10,        /* of a coarse search, for each class */
    MOST_MOVES = 3         /* of b, before a certificate */
};

/* A gap by products in f32 is believed where products in f64 give no less than this part of it, nor the other way, at
 * the same point. */
static const double trusted = 0.5;

/* The search in W ends at this part of the tolerance, which leaves something for b. */
static const double nearer = 0.7;

/* The same, over what was reached, where that was not near enough. */
static const double again = 0.3;

/* Gaps, over the objective, where rounding in f32 is likely. */
static const double near = 1e-5;

/* A coarse search takes the first axes that hold this part of the variance; it ends at this slope over the objective.
 */
static const double coarse_variance = 0.95;
static const double coarse_slope = 2e-3;

/* A certificate that is not this part of the best one before stalls. */
static const double better = 0.9;

static binet__probe_rows sample_of(const binet__probe_fit *of, int64_t most)
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

/* The objective as n rows of the sample have it; `room` is of a point. */
static binet_status estimate(const binet__probe_fit *of, int64_t n, const double *point, double *room, double *value,
                             binet_error *error)
{
    binet_probe *probe = of->probe;
    binet__probe_rows sample = sample_of(of, n);
    double weight = binet__probe_sum_of_weights(&sample);
    int64_t n_weights = sample.width * sample.n_classes;
    const double *weights = point + sample.n_classes;
    binet_status status = binet__probe_loss_evaluate(probe->loss, &sample, point, 0, value, room, error);
    *value = weight > 0.0 ? of->scale * *value / weight + binet__dot(weights, weights, n_weights) / 2.0 : 0.0;
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

/* The Hessian along the leading axes. */
static binet_status refresh_leading(const binet__probe_fit *of, binet_error *error)
{
    binet__probe_leading *leading = of->probe->leading;
    binet__probe_rows sample = sample_of(of, binet__probe_leading_rows(leading));
    binet_status status = BINET_OK;
    binet__probe_leading_begin(leading, of->n_axes);
    for (int64_t first = 0; status == BINET_OK && first < sample.n; first += BINET__PROBE_LEADING_ROWS) {
        binet__probe_rows rows = binet__probe_rows_after(&sample, first);
        rows.n = rows.n < BINET__PROBE_LEADING_ROWS ? rows.n : BINET__PROBE_LEADING_ROWS;
        status = take_probabilities(of, &rows, error);
        status =
            status == BINET_OK ? binet__probe_leading_add(leading, &rows, of->probe->probabilities, error) : status;
    }
    if (status == BINET_OK) {
        binet__probe_leading_finish(leading, of->scale);
    }
    return status;
}

/* The curvature at the point of the search. */
static binet_status refresh(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    binet__probe_rows sample = sample_of(of, BINET__PROBE_CLASS_ROWS);
    int64_t n_classes = sample.n_classes;
    double weight = binet__probe_sum_of_weights(&sample);
    float part = (float)(1.0 / (weight > 0.0 ? weight : 1.0));
    binet_status status = BINET_OK;
    if (of->n_products >= binet__probe_leading_cost(probe->leading)) {
        of->n_products = 0.0;
        status = refresh_leading(of, error);
    }
    status = status == BINET_OK ? take_probabilities(of, &sample, error) : status;
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
    binet__probe_rows sample = sample_of(of, BINET__PROBE_LINE_ROWS);
    return binet__probe_line_search(of->probe->line, &sample, point, direction, of->scale, slope, taken, length, error);
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
    if (of->n_held_out > 0) {
        int64_t size = (of->rows.width + 1) * of->rows.n_classes;
        double estimated = 0.0;
        binet_status status = estimate(of, of->n_held_out, of->probe->point, of->best_point + size, &estimated, error);
        if (status == BINET_OK && estimated < of->best_estimate) {
            memcpy(of->best_point, of->probe->point, (size_t)size * sizeof *of->best_point);
            of->best_estimate = estimated;
            of->n_worse = 0;
        } else if (status != BINET_OK || ++of->n_worse == MOST_WORSE) {
            *done = 1;
            return status;
        }
    }
    int64_t n_classes = of->rows.n_classes;
    int64_t n_weights = of->rows.width * n_classes;
    /* Where b is optimal, which the end of the search sees to. */
    of->gap = binet__dot(gradient + n_classes, gradient + n_classes, n_weights) / 2.0;
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
    double ratio = log(of->c / probe->c) / log(probe->c / probe->c_before);
    double here = 0.0;
    double there = 0.0;
    double *further = probe->before;
    for (int64_t i = 0; i < probe->size; i++) {
        further[i] = probe->point[i] + ratio * (probe->point[i] - probe->before[i]);
    }
    binet_status status = estimate(of, BINET__PROBE_CLASS_ROWS, probe->point, probe->gradient, &here, error);
    status =
        status == BINET_OK ? estimate(of, BINET__PROBE_CLASS_ROWS, further, probe->gradient, &there, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    double *point = probe->point;
    if (there < here) {
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
        binet__lbfgs_rescale(probe->search, of->c / probe->c, of->rows.n_classes);
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

/* Evaluations of a search in f32 before Newton's method, where that is at hand: about what a step of it costs. */
static int64_t before_newton(const binet_probe *probe)
{
    return 32 + probe->size / 4;
}

/* L-BFGS from the point on, by the rows in use, or Newton's method in its place. */
static binet_status descend(binet__probe_fit *of, binet_error *error)
{
    binet_probe *probe = of->probe;
    /* One is the certificate's. */
    int64_t left = probe->given.most_evaluations - of->n_evaluations - of->n_coarse - 1;
    if (left < 1) {
        return BINET_OK;
    }
    if (binet__probe_has_newton(probe)) {
        if (of->precise) {
            return binet__probe_newton(of, error);
        }
        left = left < before_newton(probe) ? left : before_newton(probe);
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
    return descend(of, error);
}

/* The same where these are not all rows, and may be fitted too well: to where those that are held out gain no more. */
static binet_status descend_holding_out(binet__probe_fit *of, const binet__probe_rows *rows, int64_t n_axes,
                                        binet_error *error)
{
    binet_probe *probe = of->probe;
    int64_t size = (rows->width + 1) * rows->n_classes;
    of->n_held_out = most_sampled(probe) < rows->n / 4 ? most_sampled(probe) : rows->n / 4;
    of->n_worse = 0;
    of->best_estimate = INFINITY;
    binet__probe_rows others = binet__probe_rows_after(rows, of->n_held_out);
    if (binet__probe_sum_of_weights(&others) == 0.0) {
        return BINET_OK;
    }
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

/* From nothing: along the first axes, where turning the rows costs little beside some evaluations, and those more than
 * the steps between them; then by the rows in memory, where those are not all. */
static binet_status climb(binet__probe_fit *of, binet_error *error)
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
    }
    binet__lbfgs_restart(probe->search, probe->size);
    of->next_refresh = of->n_steps;
    return status;
}

/* In f32 as far as that goes, then in f64. */
binet_status binet__probe_search(binet__probe_fit *of, binet_error *error)
{
    const binet_probe_options *given = &of->probe->given;
    int precise = 0;
    int n_in_vain = 0;
    double last = INFINITY; /* gap of W, when it was certified before */
    of->target = nearer * given->tolerance;
    int cold = of->probe->c == 0.0;
    of->n_products = cold ? 0.0 : (double)FLT_MAX; /* at zero a Kronecker product will do */
    binet__probe_use_all(of, 0);
    binet_status started = start(of, error);
    started = started == BINET_OK && cold ? climb(of, error) : started;
    if (started != BINET_OK) {
        return started;
    }
    for (int n_moves = 0;;) {
        int64_t before = of->n_evaluations;
        int moved = 0;
        binet__probe_use_all(of, precise);
        binet_status status = descend(of, error);
        double said = of->gap;
        int ended = said <= of->target * of->value;
        int by_newton = binet__probe_has_newton(of->probe) && (!ended || of->n_evaluations >= before_newton(of->probe));
        status = status == BINET_OK ? binet__probe_fit_intercepts(of, &moved, error) : status;
        if (status == BINET_OK && moved && ended && !by_newton && n_moves++ < MOST_MOVES && of->precise == precise) {
            continue; /* the best b has another gradient in W */
        }
        status = status == BINET_OK ? binet__probe_certify(of, error) : status;
        if (status != BINET_OK || of->converged || of->n_evaluations + of->n_coarse >= given->most_evaluations) {
            return status;
        }
        double found = of->of_w * of->of_w / 2.0;
        int helped = found <= better * last;
        int stays = !ended && of->n_evaluations - before <= 2;
        int differs = !moved && (found < trusted * said || said < trusted * found);
        n_in_vain = precise && !helped ? n_in_vain + 1 : 0;
        if (precise && (stays || n_in_vain == MOST_IN_VAIN)) {
            return BINET_OK;
        }
        precise = precise || stays || !helped || differs || by_newton;
        last = found;
        of->target = again * fmin(of->target, found / of->value);
        n_moves = 0;
    }
}
