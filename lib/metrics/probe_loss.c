#include "metrics/probe_loss.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"

enum {
    BLOCK = 512,     /* rows whose products are made at once: near the best of a matrix product, and still in a cache */
    MOST_LANES = 16, /* sums over rows that go side by side */
    LANE_BYTES = 256 << 20 /* of all their gradients */
};

struct binet__probe_loss {
    const binet_context *context;
    const binet__kernels *kernels;
    int64_t width;
    int64_t n_classes;
    int64_t n_lanes;
    float *narrow;        /* the point in f32 */
    int64_t size_of_lane; /* numbers: of a point, or of a matrix over classes */
    double *gradients;    /* [n_lanes, size_of_lane] f64, or f32 in the same room */
    double *sums;         /* [n_lanes, n_classes] */
    double *values;       /* [n_lanes] */
};

/* One pass. */
typedef struct pass {
    binet__probe_loss *loss;
    const binet__probe_rows *rows;
    const double *point;
    double *gradient;
    int64_t size; /* numbers of the point */
    int precise;
    void *probabilities; /* [rows, n_classes]: nothing else is wanted; NULL: not wanted */
    int only_logits;     /* in their place */
    int only_intercepts;
} pass;

/* What a lane works in: room for numbers in double, of which a pass in f32 uses the first half. */
typedef struct scratch {
    double *numbers;
    double *read_x;     /* [BLOCK, width] */
    double *x;          /* [BLOCK, width] in the precision of the pass */
    double *scores;     /* [BLOCK, n_classes]: logits, then weight times (probability less 1 at the label) */
    double *gaps;       /* [BLOCK]: the largest logit less the label's */
    double *inverses;   /* [BLOCK]: of the largest probability */
    double *scaled;     /* [BINET__PADDED(n_classes)] */
    double *intercepts; /* [n_classes] */
    void *read;
} scratch;

binet__probe_rows binet__probe_rows_after(const binet__probe_rows *rows, int64_t n)
{
    binet__probe_rows after = *rows;
    after.kept += n * rows->stride;
    after.labels += n;
    after.weights = rows->weights != NULL ? rows->weights + n : NULL;
    after.n -= n;
    return after;
}

double binet__probe_sum_of_weights(const binet__probe_rows *rows)
{
    double sum = 0.0;
    for (int64_t i = 0; i < rows->n; i++) {
        sum += binet__probe_weight(rows, i);
    }
    return sum;
}

binet_status binet__probe_loss_create(const binet_context *context, int64_t width, int64_t n_classes,
                                      binet__probe_loss **loss, binet_error *error)
{
    binet__probe_loss *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = context;
    made->width = width;
    made->n_classes = n_classes;
    made->size_of_lane = (width + 1 > n_classes ? width + 1 : n_classes) * n_classes;
    int64_t fit = LANE_BYTES / 8 / made->size_of_lane;
    made->n_lanes = fit < 2 ? 2 : fit > MOST_LANES ? MOST_LANES : fit;
    made->narrow = binet__allocate(context, (width + 1) * n_classes, sizeof *made->narrow, error);
    made->values = binet__allocate(context, made->n_lanes, sizeof *made->values, error);
    made->sums = binet__allocate(context, made->n_lanes * n_classes, sizeof *made->sums, error);
    made->gradients = binet__allocate(context, made->n_lanes * made->size_of_lane, sizeof *made->gradients, error);
    binet_status status = binet__kernels_of(context, &made->kernels, error);
    if (made->narrow == NULL || made->values == NULL || made->sums == NULL || made->gradients == NULL) {
        status = BINET_OUT_OF_MEMORY;
    }
    if (status != BINET_OK) {
        binet__probe_loss_destroy(made);
        return status;
    }
    *loss = made;
    return BINET_OK;
}

void binet__probe_loss_destroy(binet__probe_loss *loss)
{
    if (loss != NULL) {
        binet__release(loss->context, loss->gradients);
        binet__release(loss->context, loss->sums);
        binet__release(loss->context, loss->values);
        binet__release(loss->context, loss->narrow);
        binet__release(loss->context, loss);
    }
}

/* ---- Scratch ---- */

static void end(const void *self, void *scratch_)
{
    const pass *of = self;
    scratch *work = scratch_;
    if (work != NULL) {
        binet__release(of->loss->context, work->read);
        binet__release(of->loss->context, work->numbers);
        binet__release(of->loss->context, work);
    }
}

/* In the order that needs no care for alignment: doubles first. */
static binet_status begin(const void *self, void **scratch_, binet_error *error)
{
    const pass *of = self;
    const binet_context *context = of->loss->context;
    int64_t n_classes = BINET__PADDED(of->loss->n_classes);
    scratch *work = binet__allocate_zero(context, 1, sizeof *work, error);
    if (work == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    work->numbers = binet__allocate(context, BLOCK * (2 * of->loss->width + n_classes + 2) + 2 * n_classes,
                                    sizeof *work->numbers, error);
    binet_status status = work->numbers != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK && of->rows->features != NULL) {
        work->read = binet__features_scratch(context, of->rows->features, error);
        status = work->read != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    if (status != BINET_OK) {
        end(self, work);
        return status;
    }
    work->read_x = work->numbers;
    work->x = work->read_x + BLOCK * of->loss->width;
    work->scores = work->x + BLOCK * of->loss->width;
    work->gaps = work->scores + BLOCK * n_classes;
    work->inverses = work->gaps + BLOCK;
    work->scaled = work->inverses + BLOCK;
    work->intercepts = work->scaled + n_classes;
    *scratch_ = work;
    return BINET_OK;
}

/* Rows of features less their mean, in double. */
static binet_status read_centred(const pass *of, scratch *work, int64_t first, int64_t n, binet_error *error)
{
    const binet__probe_rows *rows = of->rows;
    binet_status status = binet__features_block_f64(rows->features, first, n, work->read, work->read_x, error);
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        for (int64_t j = 0; j < rows->width; j++) {
            work->read_x[i * rows->width + j] -= rows->mean[j];
        }
    }
    return status;
}

/* The sum of weight times -log p over a block. */
static double block_value(const pass *of, const scratch *work, int64_t first, int64_t n)
{
    double sum = 0.0;
    of->loss->kernels->log_each(work->inverses, n);
    for (int64_t i = 0; i < n; i++) {
        sum += binet__probe_weight(of->rows, first + i) * (work->inverses[i] + work->gaps[i]);
    }
    return sum;
}

static const float *point_of_f32(const pass *of)
{
    return of->loss->narrow;
}

static const double *point_of_f64(const pass *of)
{
    return of->point;
}

/* ---- The pass, in both precisions ---- */

#define NUMBER float
#define MATRIX binet__f32_matrix
#define IN_PRECISION(name) name##_f32
#include "metrics/probe_pass.inc.h"

#define NUMBER double
#define MATRIX binet__f64_matrix
#define IN_PRECISION(name) name##_f64
#include "metrics/probe_pass.inc.h"

static binet_status step(const void *self, void *scratch_, int64_t lane, binet_error *error)
{
    const pass *of = self;
    if (of->probabilities != NULL) {
        return of->precise ? forward_f64(of, scratch_, lane, error) : forward_f32(of, scratch_, lane, error);
    }
    if (of->only_intercepts) {
        return of->precise ? intercepts_f64(of, scratch_, lane, error) : intercepts_f32(of, scratch_, lane, error);
    }
    return of->precise ? lane_f64(of, scratch_, lane, error) : lane_f32(of, scratch_, lane, error);
}

/* One number of the point in each task's turn: lanes are added in their order. */
static void join(void *argument, int64_t task)
{
    const pass *of = argument;
    const binet__probe_loss *loss = of->loss;
    int64_t end_ = (task + 1) * of->size / loss->n_lanes;
    for (int64_t i = task * of->size / loss->n_lanes; i < end_; i++) {
        double sum = 0.0;
        for (int64_t lane = 0; lane < loss->n_lanes; lane++) {
            const double *of_lane = loss->gradients + lane * loss->size_of_lane;
            sum += of->precise ? of_lane[i] : ((const float *)of_lane)[i];
        }
        of->gradient[i] = sum;
    }
}

/* A pass at a point, which is narrowed. */
static pass pass_at(binet__probe_loss *loss, const binet__probe_rows *rows, const double *point, int precise)
{
    pass of = {
        .loss = loss, .rows = rows, .point = point, .size = (rows->width + 1) * rows->n_classes, .precise = precise};
    for (int64_t i = 0; i < of.size; i++) {
        loss->narrow[i] = (float)point[i];
    }
    return of;
}

binet_status binet__probe_loss_evaluate(binet__probe_loss *loss, const binet__probe_rows *rows, const double *point,
                                        int precise, double *value, double *gradient, binet_error *error)
{
    pass of = pass_at(loss, rows, point, precise);
    of.gradient = gradient;
    binet__loop loop = {.self = &of, .n = loss->n_lanes, .begin = begin, .step = step, .end = end};
    binet_status status = binet__loop_run(loss->context, &loop, error);
    status = status == BINET_OK ? binet__run(loss->context, loss->n_lanes, join, &of, error) : status;
    if (status == BINET_OK) {
        double sum = 0.0;
        for (int64_t lane = 0; lane < loss->n_lanes; lane++) {
            sum += loss->values[lane];
        }
        *value = isfinite(sum) ? sum : INFINITY;
    }
    return status;
}

static binet_status forward(binet__probe_loss *loss, const binet__probe_rows *rows, const double *point, int precise,
                            int only_logits, void *out, binet_error *error)
{
    pass of = pass_at(loss, rows, point, precise);
    of.probabilities = out;
    of.only_logits = only_logits;
    binet__loop loop = {.self = &of, .n = loss->n_lanes, .begin = begin, .step = step, .end = end};
    return binet__loop_run(loss->context, &loop, error);
}

binet_status binet__probe_loss_probabilities(binet__probe_loss *loss, const binet__probe_rows *rows,
                                             const double *point, float *probabilities, binet_error *error)
{
    return forward(loss, rows, point, 0, 0, probabilities, error);
}

binet_status binet__probe_loss_probabilities_f64(binet__probe_loss *loss, const binet__probe_rows *rows,
                                                 const double *point, double *probabilities, binet_error *error)
{
    return forward(loss, rows, point, 1, 0, probabilities, error);
}

binet_status binet__probe_loss_logits(binet__probe_loss *loss, const binet__probe_rows *rows, const double *point,
                                      float *logits, binet_error *error)
{
    return forward(loss, rows, point, 0, 1, logits, error);
}

binet_status binet__probe_loss_intercepts(binet__probe_loss *loss, const binet__probe_rows *rows, const double *point,
                                          int precise, double *gradient, double *hessian, binet_error *error)
{
    int64_t n_classes = loss->n_classes;
    pass of = pass_at(loss, rows, point, precise);
    of.only_intercepts = 1;
    binet__loop loop = {.self = &of, .n = loss->n_lanes, .begin = begin, .step = step, .end = end};
    binet_status status = binet__loop_run(loss->context, &loop, error);
    if (status != BINET_OK) {
        return status;
    }
    memset(gradient, 0, (size_t)n_classes * sizeof *gradient);
    memset(hessian, 0, (size_t)(n_classes * n_classes) * sizeof *hessian);
    for (int64_t lane = 0; lane < loss->n_lanes; lane++) {
        const double *products = loss->gradients + lane * loss->size_of_lane;
        for (int64_t k = 0; k < n_classes * n_classes; k++) {
            hessian[k] -= precise ? products[k] : (double)((const float *)products)[k];
        }
        for (int64_t k = 0; k < n_classes; k++) {
            gradient[k] += loss->sums[lane * n_classes + k];
        }
    }
    for (int64_t k = 0; k < n_classes; k++) {
        hessian[k * (n_classes + 1)] += gradient[k];
    }
    for (int64_t i = 0; i < rows->n; i++) {
        gradient[rows->labels[i]] -= binet__probe_weight(rows, i);
    }
    return BINET_OK;
}
