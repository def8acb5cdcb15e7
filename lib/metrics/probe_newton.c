#include "metrics/probe_fit.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"

enum {
    MOST_SIZE = 1024,             /* numbers of a point */
    MOST_PROBABILITIES = 1 << 24, /* of all rows */
    MOST_STEPS = 100,
    MOST_HALVINGS = 40,
    BLOCK = 512 /* rows */
};

/* A step is taken where the value falls by this part of what its slope promises; less than the second is rounding. */
static const double decrease = 1e-4;
static const double noise = 1e-14;

/* Variables are by class here, the intercept of each first: [n_classes, width + 1]. */
typedef struct hessian {
    binet__probe_fit *fit;
    int64_t n_classes;
    int64_t n_in_class; /* variables of a class */
    int64_t size;
    double *probabilities; /* [rows, n_classes], times the root of the weight */
    double *x;             /* [BLOCK, n_in_class]: 1, then features less their mean */
    double *sum;           /* [size, size] lower triangle; the diagonal blocks come last */
    double *spare;         /* likewise, room */
    double *step;          /* [size] */
    double *next;          /* [size] a point */
    double *next_gradient; /* [size] */
    void *read;
    int64_t first; /* row of the block */
    int64_t n;     /* rows of it */
} hessian;

int binet__probe_has_newton(const binet_probe *probe)
{
    return probe->size <= MOST_SIZE && probe->data.all.n <= MOST_PROBABILITIES / probe->data.all.n_classes;
}

/* ---- The Hessian of the loss ---- */

static binet_status begin_pair(const void *self, void **scratch, binet_error *error)
{
    const hessian *of = self;
    *scratch = binet__allocate(of->fit->probe->context, BLOCK * of->n_in_class, sizeof(double), error);
    return *scratch != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void end_pair(const void *self, void *scratch)
{
    const hessian *of = self;
    binet__release(of->fit->probe->context, scratch);
}

/* What the block adds to the part of a pair of classes, l < k: -sum p_k p_l x x'. */
static binet_status add_pair(const void *self, void *scratch, int64_t pair, binet_error *error)
{
    const hessian *of = self;
    double *scaled = scratch;
    int64_t k = 1;
    (void)error;
    while (k * (k + 1) / 2 <= pair) {
        k++;
    }
    int64_t l = pair - k * (k - 1) / 2;
    for (int64_t i = 0; i < of->n; i++) {
        const double *p = of->probabilities + (of->first + i) * of->n_classes;
        double factor = -p[k] * p[l];
        for (int64_t j = 0; j < of->n_in_class; j++) {
            scaled[i * of->n_in_class + j] = factor * of->x[i * of->n_in_class + j];
        }
    }
    binet__gemm_f64(of->n_in_class, of->n_in_class, of->n, (binet__f64_matrix){scaled, of->n_in_class, 1},
                    (binet__f64_matrix){of->x, of->n_in_class, 0}, 1.0,
                    of->sum + k * of->n_in_class * of->size + l * of->n_in_class, of->size);
    return BINET_OK;
}

static binet_status read_block(hessian *of, binet_error *error)
{
    const binet__probe_rows *rows = &of->fit->rows;
    double *read = of->spare; /* free here */
    binet_status status = binet__features_block_f64(rows->features, of->first, of->n, of->read, read, error);
    for (int64_t i = 0; status == BINET_OK && i < of->n; i++) {
        double *x = of->x + i * of->n_in_class;
        x[0] = 1.0;
        for (int64_t j = 0; j < rows->width; j++) {
            x[j + 1] = read[i * rows->width + j] - rows->mean[j];
        }
    }
    return status;
}

/* A diagonal block is what the others of its class leave: p - p p = sum of p p_l over the other classes. */
static double block_at(const hessian *of, int64_t k, int64_t l, int64_t i, int64_t j)
{
    int64_t row = k > l ? k * of->n_in_class + i : l * of->n_in_class + j;
    int64_t column = k > l ? l * of->n_in_class + j : k * of->n_in_class + i;
    return of->sum[row * of->size + column];
}

static void fill_diagonal(hessian *of)
{
    for (int64_t k = 0; k < of->n_classes; k++) {
        for (int64_t i = 0; i < of->n_in_class; i++) {
            for (int64_t j = 0; j <= i; j++) {
                double sum = 0.0;
                for (int64_t l = 0; l < of->n_classes; l++) {
                    sum -= l != k ? block_at(of, k, l, i, j) : 0.0;
                }
                of->sum[(k * of->n_in_class + i) * of->size + k * of->n_in_class + j] = sum;
            }
        }
    }
}

static binet_status sum_rows(hessian *of, binet_error *error)
{
    binet_probe *probe = of->fit->probe;
    const binet__probe_rows *rows = &of->fit->rows;
    binet__loop loop = {.self = of,
                        .n = of->n_classes * (of->n_classes - 1) / 2,
                        .begin = begin_pair,
                        .step = add_pair,
                        .end = end_pair};
    memset(of->sum, 0, (size_t)(of->size * of->size) * sizeof *of->sum);
    binet_status status =
        binet__probe_loss_probabilities_f64(probe->loss, rows, probe->point, of->probabilities, error);
    for (of->first = 0; status == BINET_OK && of->first < rows->n; of->first += BLOCK) {
        of->n = rows->n - of->first < BLOCK ? rows->n - of->first : BLOCK;
        status = read_block(of, error);
        status = status == BINET_OK ? binet__loop_run(probe->context, &loop, error) : status;
        status = status == BINET_OK ? binet__probe_tell(of->fit, error) : status;
    }
    probe->data.n_passes += 2;
    if (status == BINET_OK) {
        fill_diagonal(of);
    }
    return status;
}

/* ---- A step ---- */

/* The Hessian of the objective. It is singular where all intercepts move alike, and made whole there. */
static void add_penalty(hessian *of)
{
    double of_b = 0.0;
    for (int64_t i = 0; i < of->size * of->size; i++) {
        of->sum[i] *= of->fit->c;
    }
    for (int64_t k = 0; k < of->n_classes; k++) {
        of_b += of->sum[k * of->n_in_class * (of->size + 1)];
    }
    for (int64_t i = 0; i < of->size; i++) {
        of->sum[i * (of->size + 1)] += i % of->n_in_class == 0 ? 0.0 : 1.0;
    }
    for (int64_t k = 0; k < of->n_classes; k++) {
        for (int64_t l = 0; l <= k; l++) {
            of->sum[k * of->n_in_class * of->size + l * of->n_in_class] +=
                of_b / (double)(of->n_classes * of->n_classes);
        }
    }
}

/* Newton's step, by feature as a point is; its slope. 0 where there is none. */
static double take_step(hessian *of)
{
    const double *gradient = of->fit->probe->gradient;
    double slope = 0.0;
    add_penalty(of);
    if (!binet__probe_factor(of->size, 0.0, BINET__PROBE_LIFTS, &of->sum, &of->spare)) {
        return 0.0;
    }
    for (int64_t i = 0; i < of->size; i++) {
        of->next[i] = gradient[i % of->n_in_class * of->n_classes + i / of->n_in_class];
    }
    binet__cholesky_solve(of->size, of->sum, 1, of->next);
    for (int64_t i = 0; i < of->size; i++) {
        int64_t to = i % of->n_in_class * of->n_classes + i / of->n_in_class;
        of->step[to] = of->next[i];
        slope += gradient[to] * of->next[i];
    }
    return slope;
}

/* Along the step as far as the value falls; *moved is 0 where it does not. */
static binet_status move(hessian *of, double slope, int *moved, binet_error *error)
{
    binet__probe_fit *fit = of->fit;
    binet_probe *probe = fit->probe;
    double length = 1.0;
    *moved = 0;
    for (int i = 0; slope > 0.0 && i < MOST_HALVINGS && !*moved; i++) {
        if (fit->n_evaluations + fit->n_coarse + 1 >= probe->given.most_evaluations) {
            break;
        }
        double value = 0.0;
        for (int64_t j = 0; j < of->size; j++) {
            of->next[j] = probe->point[j] - length * of->step[j];
        }
        binet_status status = binet__probe_objective(fit, of->next, &value, of->next_gradient, error);
        if (status != BINET_OK) {
            return status;
        }
        if (value <= fit->value - decrease * length * slope + noise * fit->value) {
            memcpy(probe->point, of->next, (size_t)of->size * sizeof *of->next);
            memcpy(probe->gradient, of->next_gradient, (size_t)of->size * sizeof *of->next);
            fit->value = value;
            fit->n_points++;
            *moved = 1;
        }
        length /= 2.0;
    }
    return BINET_OK;
}

static binet_status run(hessian *of, binet_error *error)
{
    binet__probe_fit *fit = of->fit;
    binet_probe *probe = fit->probe;
    int64_t n_classes = of->n_classes;
    binet_status status = binet__probe_objective(fit, probe->point, &fit->value, probe->gradient, error);
    double before = INFINITY;
    fit->n_points = 1;
    for (int i = 0; status == BINET_OK && i < MOST_STEPS; i++) {
        fit->gap = binet__dot(probe->gradient + n_classes, probe->gradient + n_classes, of->size - n_classes) / 2.0;
        int64_t n = fit->n_evaluations + fit->n_coarse;
        if (fit->gap <= fit->target * fit->value || n + 1 >= probe->given.most_evaluations) {
            break;
        }
        int moved = 0;
        status = sum_rows(of, error);
        double slope = status == BINET_OK ? take_step(of) : 0.0;
        status = status == BINET_OK ? move(of, slope, &moved, error) : status;
        fit->n_newton++;
        if (!moved || (slope <= noise * fit->value && slope >= before)) {
            break;
        }
        before = slope;
    }
    fit->gap = binet__dot(probe->gradient + n_classes, probe->gradient + n_classes, of->size - n_classes) / 2.0;
    return status;
}

binet_status binet__probe_newton(binet__probe_fit *fit, binet_error *error)
{
    binet_probe *probe = fit->probe;
    const binet_context *context = probe->context;
    const binet__probe_rows *all = &probe->data.all;
    int64_t size = probe->size;
    hessian of = {.fit = fit, .n_classes = all->n_classes, .n_in_class = all->width + 1, .size = size};
    int64_t n_square = size * size > BLOCK * all->width ? size * size : BLOCK * all->width;
    of.read = binet__features_scratch(context, all->features, error);
    double *room = binet__allocate(context, all->n * of.n_classes + BLOCK * of.n_in_class + 2 * n_square + 3 * size,
                                   sizeof *room, error);
    binet_status status = BINET_OUT_OF_MEMORY;
    if (of.read != NULL && room != NULL) {
        of.probabilities = room;
        of.x = of.probabilities + all->n * of.n_classes;
        of.sum = of.x + BLOCK * of.n_in_class;
        of.spare = of.sum + n_square;
        of.step = of.spare + n_square;
        of.next = of.step + size;
        of.next_gradient = of.next + size;
        status = run(&of, error);
    }
    binet__release(context, room);
    binet__release(context, of.read);
    return status;
}
