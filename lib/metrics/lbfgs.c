#include "metrics/lbfgs.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "metrics/features.h"

enum { CHUNK = 16384 /* variables of a task */, MOST_HALVINGS = 60 };

/* A step is taken where the value falls by this part of what its slope promises. */
static const double decrease = 1e-4;

struct binet__lbfgs {
    const binet_context *context;
    int64_t n;
    int64_t n_chunks;
    int32_t memory;
    int32_t n_kept;
    int32_t newest;
    double *steps;   /* [memory, n]: differences of points, the newest in `newest` */
    double *changes; /* [memory, n]: of gradients */
    double *direction;
    double *next;
    double *next_gradient;
    double *products; /* [memory]: of step and change */
    double *factors;  /* [memory] */
    double *sums;     /* [n_chunks] */
    double taken;     /* length of the step before, in this run */
};

/* to += factor from; then the dot product of to and with. Either may be left out. */
typedef struct sweep {
    const binet__lbfgs *search;
    double *to;
    double factor;
    const double *from;
    const double *with;
} sweep;

static void run_sweep(void *argument, int64_t chunk)
{
    const sweep *of = argument;
    int64_t first = chunk * CHUNK;
    int64_t n = of->search->n - first < CHUNK ? of->search->n - first : CHUNK;
    double *to = of->to + first;
    for (int64_t i = 0; of->from != NULL && i < n; i++) {
        to[i] += of->factor * of->from[first + i];
    }
    if (of->with != NULL) {
        of->search->sums[chunk] = binet__dot(to, of->with + first, n);
    }
}

static double add_and_dot(const binet__lbfgs *search, double *to, double factor, const double *from, const double *with)
{
    sweep of = {.search = search, .to = to, .factor = factor, .from = from, .with = with};
    binet_error ignored; /* an executor that fails fails again at the next evaluation, which tells of it */
    double sum = 0.0;
    if (binet__run(search->context, search->n_chunks, run_sweep, &of, &ignored) != BINET_OK) {
        return NAN;
    }
    for (int64_t i = 0; with != NULL && i < search->n_chunks; i++) {
        sum += search->sums[i];
    }
    return sum;
}

static double dot(const binet__lbfgs *search, double *a, const double *b)
{
    return add_and_dot(search, a, 0.0, NULL, b);
}

binet_status binet__lbfgs_create(const binet_context *context, int64_t n, int32_t memory, binet__lbfgs **search,
                                 binet_error *error)
{
    binet__lbfgs *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = context;
    made->n = n;
    made->n_chunks = (n + CHUNK - 1) / CHUNK;
    made->memory = memory;
    made->newest = -1;
    made->steps = binet__allocate(context, n, (2 * (uint64_t)memory + 3) * sizeof *made->steps, error);
    made->products = binet__allocate(context, 2 * (int64_t)memory + made->n_chunks, sizeof *made->products, error);
    if (made->steps == NULL || made->products == NULL) {
        binet__lbfgs_destroy(made);
        return BINET_OUT_OF_MEMORY;
    }
    made->changes = made->steps + memory * n;
    made->direction = made->changes + memory * n;
    made->next = made->direction + n;
    made->next_gradient = made->next + n;
    made->factors = made->products + memory;
    made->sums = made->factors + memory;
    *search = made;
    return BINET_OK;
}

void binet__lbfgs_destroy(binet__lbfgs *search)
{
    if (search != NULL) {
        const binet_context *context = search->context;
        binet__release(context, search->products);
        binet__release(context, search->steps);
        binet__release(context, search);
    }
}

void binet__lbfgs_restart(binet__lbfgs *search, int64_t n)
{
    search->n = n;
    search->n_chunks = (n + CHUNK - 1) / CHUNK;
    search->n_kept = 0;
    search->newest = -1;
}

void binet__lbfgs_rescale(binet__lbfgs *search, double factor, int64_t n_free)
{
    for (int32_t i = 0; i < search->n_kept; i++) {
        int32_t k = (search->newest - i + search->memory) % search->memory;
        double *step = search->steps + k * search->n;
        double *change = search->changes + k * search->n;
        for (int64_t j = 0; j < search->n; j++) {
            double squared = j < n_free ? 0.0 : step[j];
            change[j] = factor * (change[j] - squared) + squared;
        }
        search->products[k] = dot(search, step, change);
    }
}

/* The direction of the next step, with the two loops over what is kept. */
static void aim(binet__lbfgs *at, const binet__lbfgs_problem *problem, const double *gradient)
{
    double *rest = at->next; /* free here */
    int32_t k = at->newest;
    memcpy(rest, gradient, (size_t)at->n * sizeof *rest);
    double product = at->n_kept > 0 ? dot(at, rest, at->steps + k * at->n) : 0.0;
    for (int32_t i = 0; i < at->n_kept; i++) {
        int32_t older = (k - 1 + at->memory) % at->memory;
        at->factors[k] = product / at->products[k];
        product = add_and_dot(at, rest, -at->factors[k], at->changes + k * at->n,
                              i + 1 < at->n_kept ? at->steps + older * at->n : NULL);
        k = older;
    }
    problem->precondition(problem->user, rest, at->direction);
    k = (k + 1) % at->memory; /* the oldest */
    product = at->n_kept > 0 ? dot(at, at->direction, at->changes + k * at->n) : 0.0;
    for (int32_t i = 0; i < at->n_kept; i++) {
        int32_t newer = (k + 1) % at->memory;
        product = add_and_dot(at, at->direction, at->factors[k] - product / at->products[k], at->steps + k * at->n,
                              i + 1 < at->n_kept ? at->changes + newer * at->n : NULL);
        k = newer;
    }
}

/* Keep what the step from point to next says of the Hessian, and go there. */
static void advance(binet__lbfgs *at, double *point, double *gradient)
{
    int32_t slot = (at->newest + 1) % at->memory;
    double *step = at->steps + slot * at->n;
    double *change = at->changes + slot * at->n;
    for (int64_t i = 0; i < at->n; i++) {
        step[i] = at->next[i] - point[i];
        change[i] = at->next_gradient[i] - gradient[i];
    }
    double product = dot(at, step, change);
    if (product > 1e-12 * dot(at, change, change)) {
        at->products[slot] = product;
        at->newest = slot;
        at->n_kept = at->n_kept < at->memory ? at->n_kept + 1 : at->memory;
    } else if (at->n_kept == at->memory) {
        at->n_kept--; /* its place was written over */
    }
    memcpy(point, at->next, (size_t)at->n * sizeof *point);
    memcpy(gradient, at->next_gradient, (size_t)at->n * sizeof *gradient);
}

/* One step; *moved is 0 where none along the direction goes down, or where *done becomes 1. */
static binet_status take_step(binet__lbfgs *at, const binet__lbfgs_problem *problem, double *point, double *gradient,
                              binet__lbfgs_found *found, int *moved, int *done, binet_error *error)
{
    aim(at, problem, gradient);
    double slope = dot(at, at->direction, gradient); /* against the direction, which is taken backwards */
    double length = 1.0;
    *moved = 0;
    if (slope > 0.0 && problem->reach != NULL) {
        binet_status status = problem->reach(problem->user, point, at->direction, slope, at->taken, &length, error);
        at->taken = 0.0;
        *done = length == 0.0;
        if (status != BINET_OK || *done) {
            return status;
        }
    }
    for (int i = 0; slope > 0.0 && i < MOST_HALVINGS && found->n_evaluations < problem->most_evaluations; i++) {
        double value;
        memcpy(at->next, point, (size_t)at->n * sizeof *point);
        add_and_dot(at, at->next, -length, at->direction, NULL);
        binet_status status = problem->evaluate(problem->user, at->next, &value, at->next_gradient, error);
        found->n_evaluations++;
        if (status != BINET_OK) {
            return status;
        }
        if (value <= found->value - decrease * length * slope ||
            (value <= fmin(found->value + problem->noise * fabs(found->value), found->first) &&
             fabs(dot(at, at->next_gradient, at->direction)) < slope)) {
            found->value = value;
            at->taken = length;
            advance(at, point, gradient);
            *moved = 1;
            break;
        }
        length /= 2.0;
    }
    return BINET_OK;
}

binet_status binet__lbfgs_run(binet__lbfgs *search, const binet__lbfgs_problem *problem, double *point,
                              double *gradient, binet__lbfgs_found *found, binet_error *error)
{
    binet_status status = problem->evaluate(problem->user, point, &found->value, gradient, error);
    int done = 0;
    search->taken = 0.0;
    found->first = found->value;
    found->n_evaluations = 1;
    status = status == BINET_OK ? problem->judge(problem->user, found->value, gradient, &done, error) : status;
    while (status == BINET_OK && !done) {
        int moved = 0;
        status = take_step(search, problem, point, gradient, found, &moved, &done, error);
        if (status == BINET_OK && moved) {
            status = problem->judge(problem->user, found->value, gradient, &done, error);
        } else if (status == BINET_OK && !done) {
            if (search->n_kept == 0 || found->n_evaluations >= problem->most_evaluations) {
                return BINET_NOT_CONVERGED;
            }
            search->n_kept = 0; /* what is kept misleads: once more without */
        }
    }
    return status;
}
