#include <math.h>

#include "base/error.h"
#include "binet/recalibration.h"
#include "metrics/labelled_scores.h"
#include "metrics/temperature_nll.h"

enum { DEFAULT_EVALUATIONS = 100 };

static const double default_tolerance = 1e-7;
static const double least_inverse = 1.0 / BINET__MOST_INVERSE;
static const double most_inverse = BINET__MOST_INVERSE;

/* How far below the largest a logit times t counts at all: see exp.inc.h. */
static const double range_f32 = 105.0;
static const double range_f64 = 777.0;

/* Below this ratio of curvature to slope the rows are nearly all certain, and their derivatives say little of where the
 * root is: those at the lowest t of all say more. */
static const double saturated = 0.1;

/* A step up to where nothing is known is no longer than this ratio. */
static const double far_up = 1024.0;

/* The search for the t = 1 / T where the slope, which grows with t, is 0. */
typedef struct search {
    binet__nll nll;
    binet_temperature_options given;
    double range;
    binet__nll_point one;    /* at t = 1 */
    binet__nll_point now;    /* the last pass */
    binet__nll_point before; /* the pass before; inverse 0: there was none */
    binet__nll_point low;    /* the highest t with a slope below 0; inverse 0: none known */
    binet__nll_point high;   /* the lowest t with a slope above 0; inverse 0: none known */
    double strides[2];       /* ratios of the last two steps, >= 1, the last one first */
} search;

/* ---- How far the best temperature may be ------------------------------------------------------------------------- */

/* Bound on |T - best| / best at a point whose slope is off by `more`; inf where it says nothing. With s = slope, c =
 * curvature and |third derivative| <= range c, the root is within (s / c) / (1 - range s / c) of t, relative to t. */
static double distance(const search *at, const binet__nll_point *point, double more)
{
    double step = (fabs(point->slope) + more) / point->curvature;
    double bend = 1.0 - at->range * step;
    if (!(bend > 0.5)) {
        return (double)INFINITY;
    }
    return step / bend / (1.0 - step / bend);
}

static int converged(const search *at)
{
    return fabs(at->now.slope) <= at->now.rounding || distance(at, &at->now, 0.0) <= at->given.tolerance;
}

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

/* A pass at the t of a temperature, so that 1 / temperature is that t to the bit. */
static binet_status evaluate(search *at, double inverse, binet_error *error)
{
    binet__nll_point point;
    double temperature = 1.0 / inverse;
    if (at->nll.n_evaluations >= at->given.most_evaluations) {
        return binet__fail(error, BINET_NOT_CONVERGED, "", -1,
                           "after %d passes the temperature is known to lie between %.9g and %.9g only; a tolerance of "
                           "%g was asked for",
                           (int)at->nll.n_evaluations, at->high.inverse != 0.0 ? 1.0 / at->high.inverse : 0.0,
                           at->low.inverse != 0.0 ? 1.0 / at->low.inverse : (double)INFINITY, at->given.tolerance);
    }
    binet_status status = binet__nll_at(&at->nll, 1.0 / temperature, &point, error);
    if (status == BINET_OK) {
        at->before = at->now;
        at->now = point;
    }
    return status;
}

static void note_side(search *at, const binet__nll_point *point)
{
    if (point->slope < 0.0) {
        at->low = point->inverse > at->low.inverse ? *point : at->low;
    } else {
        at->high = at->high.inverse == 0.0 || point->inverse < at->high.inverse ? *point : at->high;
    }
}

/* Newton's step: in t where the slope is below 0; where it is above, where the NLL is closer to a parabola in log t, in
 * that: t exp(-x), with a series for exp. */
static double newton(const binet__nll_point *point)
{
    if (point->slope < 0.0) {
        return point->inverse * (1.0 - point->slope / point->curvature);
    }
    double x = point->slope / (point->slope + point->curvature);
    return point->inverse / (1.0 + x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0))));
}

/* Where the cubic t(derivative) through two points, with its tangents there, has derivative 0. */
static double hermite(const binet__nll_point *a, const binet__nll_point *b)
{
    double from = a->slope / a->inverse;
    double length = b->slope / b->inverse - from;
    double s = -from / length;
    double tangent_a = length * a->inverse * a->inverse / a->curvature;
    double tangent_b = length * b->inverse * b->inverse / b->curvature;
    double r = 1.0 - s;
    return r * r * ((1.0 + 2.0 * s) * a->inverse + s * tangent_a) +
           s * s * ((3.0 - 2.0 * s) * b->inverse - r * tangent_b);
}

/* Whether a step from `now` goes where the slope says, and stays inside the bracket. A NaN does not. */
static int is_inside(const search *at, double inverse)
{
    int onward = at->now.slope < 0.0 ? inverse > at->now.inverse : inverse < at->now.inverse;
    double low = at->low.inverse != 0.0 ? at->low.inverse : least_inverse;
    double high = at->high.inverse != 0.0 ? at->high.inverse : most_inverse;
    return onward && inverse > low && inverse < high;
}

static double choose(search *at)
{
    double t = at->now.inverse;
    double next = at->before.inverse != 0.0 ? hermite(&at->before, &at->now) : (double)NAN;
    next = is_inside(at, next) ? next : newton(&at->now);
    if (at->now.slope > 0.0 && at->low.inverse == 0.0 && at->now.curvature < saturated * at->now.slope) {
        return least_inverse;
    }
    if (at->now.slope < 0.0 && at->high.inverse == 0.0 && !(next <= far_up * t)) {
        return fmin(far_up * t, most_inverse);
    }
    double stride = next > t ? next / t : t / next;
    if (!is_inside(at, next) || stride * stride > at->strides[1]) {
        double low = at->low.inverse != 0.0 ? at->low.inverse : least_inverse;
        double high = at->high.inverse != 0.0 ? at->high.inverse : most_inverse;
        next = sqrt(low) * sqrt(high);
        stride = next > t ? next / t : t / next;
    }
    at->strides[1] = at->strides[0];
    at->strides[0] = stride;
    return next;
}

/* ---- The search -------------------------------------------------------------------------------------------------- */

/* Every label is its row's largest logit: nothing to search for. */
static binet_status settle_separable(search *at, binet_temperature_result *found, binet_error *error)
{
    binet_status status = evaluate(at, least_inverse, error);
    if (status == BINET_OK && at->now.slope == 0.0) {
        found->state = BINET_TEMPERATURE_FLAT;
        at->now = at->one;
        return BINET_OK;
    }
    found->state = BINET_TEMPERATURE_SEPARABLE;
    return status == BINET_OK ? evaluate(at, most_inverse, error) : status;
}

static binet_status find(search *at, binet_temperature_result *found, binet_error *error)
{
    binet_status status = BINET_OK;
    if (at->nll.separable) {
        return settle_separable(at, found, error);
    }
    found->state = BINET_TEMPERATURE_CONVERGED;
    note_side(at, &at->now);
    if (at->given.start != 1.0) {
        status = evaluate(at, 1.0 / at->given.start, error);
    }
    while (status == BINET_OK && !converged(at)) {
        note_side(at, &at->now);
        if (at->now.inverse <= least_inverse && at->now.slope >= 0.0) {
            found->state = BINET_TEMPERATURE_UNIFORM;
            break;
        }
        if (at->now.inverse >= most_inverse && at->now.slope < 0.0) {
            return binet__fail(error, BINET_NOT_CONVERGED, "", -1,
                               "the best temperature is below %.3g; multiply the logits by a constant", least_inverse);
        }
        if (at->low.inverse != 0.0 && at->high.inverse != 0.0 &&
            at->high.inverse <= at->low.inverse * (1.0 + 0x1p-50)) {
            break; /* nothing is left between them */
        }
        status = evaluate(at, choose(at), error);
    }
    return status;
}

static void write_found(search *at, binet_temperature_result *found)
{
    found->n = at->nll.scores.array->shape[0];
    found->n_evaluations = at->nll.n_evaluations;
    found->reserved = 0;
    found->nll_before = at->one.nll;
    found->nll_after = at->now.nll;
    found->temperature = NAN;
    found->relative_error = NAN;
    found->gradient = NAN;
    if (found->state == BINET_TEMPERATURE_FLAT) {
        found->temperature = 1.0;
        found->relative_error = 0.0;
        found->gradient = 0.0;
    } else if (found->state == BINET_TEMPERATURE_CONVERGED) {
        /* Next to the least, rounding could lead above the NLL at 1. */
        const binet__nll_point *best = at->now.nll <= at->one.nll ? &at->now : &at->one;
        found->temperature = 1.0 / best->inverse;
        found->nll_after = best->nll;
        found->relative_error = distance(at, best, best->rounding);
        found->gradient = 0.0 - best->slope;
    }
}

/* ---- The call ---------------------------------------------------------------------------------------------------- */

static binet_status read_options(const binet_temperature_options *options, binet_temperature_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    if (given->most_evaluations != 0 && given->most_evaluations < 2) {
        return binet__fail_argument(error, "options",
                                    "options->most_evaluations is %d; allowed: 2 .. 2147483647, or 0 for %d",
                                    (int)given->most_evaluations, DEFAULT_EVALUATIONS);
    }
    if (given->tolerance != 0.0 && !(given->tolerance >= 1e-15 && given->tolerance <= 0.1)) {
        return binet__fail_argument(error, "options", "options->tolerance is %g; allowed: 1e-15 .. 0.1, or 0 for %g",
                                    given->tolerance, default_tolerance);
    }
    if (given->start != 0.0 && !(given->start >= 1e-6 && given->start <= 1e6)) {
        return binet__fail_argument(error, "options", "options->start is %g; allowed: 1e-6 .. 1e6, or 0 for 1",
                                    given->start);
    }
    given->most_evaluations = given->most_evaluations != 0 ? given->most_evaluations : DEFAULT_EVALUATIONS;
    given->tolerance = given->tolerance != 0.0 ? given->tolerance : default_tolerance;
    given->start = given->start != 0.0 ? given->start : 1.0;
    return BINET_OK;
}

binet_status binet_fit_temperature(const binet_context *context, const binet_array *scores, const binet_array *labels,
                                   const binet_temperature_options *options, binet_temperature_result *result,
                                   binet_error *error)
{
    search at = {.strides = {(double)INFINITY, (double)INFINITY}};
    binet_temperature_result found;
    binet_status status = binet__labelled_check(scores, labels, INT32_MAX, error);
    status = status == BINET_OK ? read_options(options, &at.given, error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(&found, sizeof found, result, "result", error) : status;
    status = status == BINET_OK ? binet__nll_open(context, scores, labels, &at.nll, &at.now, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    at.one = at.now;
    at.range = scores->dtype == BINET_F64 ? range_f64 : range_f32;
    status = find(&at, &found, error);
    if (status == BINET_OK) {
        write_found(&at, &found);
        binet__write_struct(result, &found, sizeof found);
    }
    binet__nll_close(&at.nll);
    return status;
}
