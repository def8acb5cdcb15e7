#include "metrics/lbfgs.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

enum { MEMORY = 10, MOST_HALVINGS = 60 };

/* A step is taken where the value falls by this part of what its slope promises, ... */
static const double decrease = 1e-4;
/* ... or, next to the minimum, where rounding hides that, where the value rises by no more than this part of itself and
 * the slope is smaller. */
static const double noise = 1e-14;

typedef struct search {
    const binet__lbfgs_problem *problem;
    int64_t n;
    double *steps;   /* [MEMORY, n]: differences of points, the newest in `newest` */
    double *changes; /* [MEMORY, n]: of gradients */
    double *direction;
    double *next;
    double *next_gradient;
    double products[MEMORY]; /* of step and change */
    int n_kept;
    int newest;
} search;

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static void add(double *to, double factor, const double *from, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        to[i] += factor * from[i];
    }
}

static double largest_of(const double *values, int64_t n)
{
    double largest = 0.0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(values[i]));
    }
    return largest;
}

/* The direction of the next step, with the two loops over what is kept. */
static void aim(search *at, const double *gradient)
{
    double parts[MEMORY];
    double *rest = at->next; /* free here */
    memcpy(rest, gradient, (size_t)at->n * sizeof *rest);
    for (int i = 0; i < at->n_kept; i++) {
        int k = (at->newest - i + MEMORY) % MEMORY;
        parts[k] = dot(at->steps + k * at->n, rest, at->n) / at->products[k];
        add(rest, -parts[k], at->changes + k * at->n, at->n);
    }
    at->problem->precondition(at->problem->user, rest, at->direction);
    for (int i = at->n_kept - 1; i >= 0; i--) {
        int k = (at->newest - i + MEMORY) % MEMORY;
        double part = dot(at->changes + k * at->n, at->direction, at->n) / at->products[k];
        add(at->direction, parts[k] - part, at->steps + k * at->n, at->n);
    }
    for (int64_t i = 0; i < at->n; i++) {
        at->direction[i] = -at->direction[i];
    }
}

/* Keep what the step from point to next says of the Hessian, and go there. */
static void advance(search *at, double *point, double *gradient)
{
    int slot = (at->newest + 1) % MEMORY;
    double *step = at->steps + slot * at->n;
    double *change = at->changes + slot * at->n;
    for (int64_t i = 0; i < at->n; i++) {
        step[i] = at->next[i] - point[i];
        change[i] = at->next_gradient[i] - gradient[i];
    }
    double product = dot(step, change, at->n);
    if (product > 1e-12 * dot(change, change, at->n)) {
        at->products[slot] = product;
        at->newest = slot;
        at->n_kept = at->n_kept < MEMORY ? at->n_kept + 1 : MEMORY;
    }
    memcpy(point, at->next, (size_t)at->n * sizeof *point);
    memcpy(gradient, at->next_gradient, (size_t)at->n * sizeof *gradient);
}

/* One step; *moved is 0 where none along the direction goes down. */
static binet_status take_step(search *at, double *point, double *gradient, binet__lbfgs_found *found, int *moved,
                              binet_error *error)
{
    aim(at, gradient);
    double slope = dot(gradient, at->direction, at->n);
    double length = 1.0;
    *moved = 0;
    for (int i = 0; slope < 0.0 && i < MOST_HALVINGS && found->n_evaluations < at->problem->most_evaluations; i++) {
        double value;
        memcpy(at->next, point, (size_t)at->n * sizeof *point);
        add(at->next, length, at->direction, at->n);
        binet_status status = at->problem->evaluate(at->problem->user, at->next, &value, at->next_gradient, error);
        found->n_evaluations++;
        if (status != BINET_OK) {
            return status;
        }
        if (value <= found->value + decrease * length * slope ||
            (value <= fmin(found->value + noise * fabs(found->value), found->first) &&
             fabs(dot(at->next_gradient, at->direction, at->n)) < -slope)) {
            found->value = value;
            advance(at, point, gradient);
            *moved = 1;
            break;
        }
        length /= 2.0;
    }
    return BINET_OK;
}

static binet_status run(search *at, double *point, double *gradient, binet__lbfgs_found *found, binet_error *error)
{
    binet_status status = at->problem->evaluate(at->problem->user, point, &found->value, gradient, error);
    found->first = found->value;
    found->n_evaluations = 1;
    while (status == BINET_OK) {
        int moved = 0;
        found->largest = largest_of(gradient, at->n);
        if (found->largest <= at->problem->tolerance) {
            return BINET_OK;
        }
        status = take_step(at, point, gradient, found, &moved, error);
        if (status == BINET_OK && !moved) {
            if (at->n_kept == 0 || found->n_evaluations >= at->problem->most_evaluations) {
                return BINET_NOT_CONVERGED;
            }
            at->n_kept = 0; /* what is kept misleads: once more without */
        }
    }
    return status;
}

binet_status binet__lbfgs(const binet_context *context, const binet__lbfgs_problem *problem, double *point,
                          double *gradient, binet__lbfgs_found *found, binet_error *error)
{
    int64_t n = problem->n;
    search at = {.problem = problem, .n = n};
    double *room = binet__allocate(context, n, (2 * MEMORY + 3) * sizeof *room, error);
    if (room == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    at.steps = room;
    at.changes = at.steps + MEMORY * n;
    at.direction = at.changes + MEMORY * n;
    at.next = at.direction + n;
    at.next_gradient = at.next + n;
    binet_status status = run(&at, point, gradient, found, error);
    binet__release(context, room);
    return status;
}
