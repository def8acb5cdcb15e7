#include "metrics/probe_fit.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    MOST_IN_VAIN = 5, /* certificates in f64 that are no better, before the search ends */
    MOST_MOVES = 3    /* of b, before a certificate */
};

/* A gap by products in f32 is believed where products in f64 give no less than this part of it, nor the other way, at
 * the same point. */
static const double trusted = 0.5;

/* The search in W ends at this part of the tolerance, which leaves something for b. */
static const double nearer = 0.7;

/* The same, over what was reached, where that was not near enough. */
static const double again = 0.3;

/* A certificate that is not this part of the one before is in vain. */
static const double better = 0.9;

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
    binet_status status =
        binet__probe_estimate(of, BINET__PROBE_CLASS_ROWS, probe->point, probe->gradient, &here, error);
    status = status == BINET_OK
                 ? binet__probe_estimate(of, BINET__PROBE_CLASS_ROWS, further, probe->gradient, &there, error)
                 : status;
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

/* In f32 as far as that goes, then in f64. */
binet_status binet__probe_search(binet__probe_fit *of, binet_error *error)
{
    const binet_probe_options *given = &of->probe->given;
    int precise = 0;
    int n_in_vain = 0;
    double last = INFINITY; /* gap of W, when it was certified before */
    of->target = nearer * given->tolerance;
    int cold = of->probe->c == 0.0;
    of->n_products = cold ? 0.0 : DBL_MAX; /* the leading axes were set for another C */
    binet__probe_use_all(of, 0);
    binet_status started = start(of, error);
    started = started == BINET_OK && cold ? binet__probe_climb(of, error) : started;
    if (started != BINET_OK) {
        return started;
    }
    for (int n_moves = 0;;) {
        int64_t before = of->n_evaluations;
        int moved = 0;
        binet__probe_use_all(of, precise);
        binet_status status = binet__probe_descend(of, error);
        double said = of->gap;
        int ended = said <= of->target * of->value;
        int by_newton = binet__probe_has_newton(of->probe) &&
                        (!ended || of->n_evaluations >= binet__probe_before_newton(of->probe));
        int goes_on = ended && !by_newton && n_moves < MOST_MOVES;
        status = status == BINET_OK ? binet__probe_fit_intercepts(of, goes_on, &moved, error) : status;
        if (status == BINET_OK && goes_on && moved && of->precise == precise) {
            n_moves++;
            continue; /* the best b has another gradient in W */
        }
        status = status == BINET_OK ? binet__probe_certify(of, error) : status;
        if (status != BINET_OK || of->converged || of->n_evaluations + of->n_coarse >= given->most_evaluations) {
            return status;
        }
        double found = of->of_w * of->of_w / 2.0;
        int helped = found < better * last;
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
