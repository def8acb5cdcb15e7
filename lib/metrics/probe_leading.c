#include "metrics/probe_leading.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"

enum {
    MOST_SIZE = 6144, /* variables */
    MOST_AXES = 31,
    BLOCK = 512 /* rows */
};

/* A part of the diagonal that is added to it: what a sample does not know. */
static const float lift = 1e-2F;

struct binet__probe_leading {
    const binet_context *context;
    const binet__probe_axes *axes;
    int64_t n_classes;
    int64_t n_axes;   /* there is room for */
    int64_t n_solved; /* the Hessian is of; 0: there is none */
    double cost;
    float *hessian; /* [size, size], size = (n_solved + 1) * n_classes: b, then axis by axis; factored */
    float *room;    /* [size] */
    float *turned;  /* [n_sample, n_axes] rows along the axes */
};

/* Of the products for each pair of axes, and of the factorisation. */
static double cost_of(int64_t n_axes, int64_t n_classes, int64_t n_sample)
{
    double size = (double)(n_axes + 1) * (double)n_classes;
    return size * (size + (double)n_classes) * (double)n_sample / 2.0 + size * size * size / 6.0;
}

binet_status binet__probe_leading_create(const binet_context *context, const binet__probe_axes *axes, int64_t n_classes,
                                         int64_t n, int64_t n_sample, binet__probe_leading **leading,
                                         binet_error *error)
{
    double to_evaluate = 2.0 * (double)n * (double)axes->width * (double)n_classes;
    int64_t n_axes = axes->width < MOST_AXES ? axes->width : MOST_AXES;
    while (n_axes > 0 && ((n_axes + 1) * n_classes > MOST_SIZE || cost_of(n_axes, n_classes, n_sample) > to_evaluate)) {
        n_axes--;
    }
    *leading = NULL;
    if (n_axes == 0) {
        return BINET_OK;
    }
    int64_t size = (n_axes + 1) * n_classes;
    binet__probe_leading *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = context;
    made->axes = axes;
    made->n_classes = n_classes;
    made->n_axes = n_axes;
    made->cost = cost_of(n_axes, n_classes, n_sample);
    made->hessian = binet__allocate(context, size * (size + 1) + n_sample * n_axes, sizeof *made->hessian, error);
    if (made->hessian == NULL) {
        binet__probe_leading_destroy(made);
        return BINET_OUT_OF_MEMORY;
    }
    made->room = made->hessian + size * size;
    made->turned = made->room + size;
    *leading = made;
    return BINET_OK;
}

void binet__probe_leading_destroy(binet__probe_leading *leading)
{
    if (leading != NULL) {
        const binet_context *context = leading->context;
        binet__release(context, leading->hessian);
        binet__release(context, leading);
    }
}

/* ---- The Hessian ---- */

typedef struct setting {
    const binet__probe_leading *leading;
    const binet__probe_rows *rows;
    const float *along; /* [rows, stride] along the axes */
    int64_t stride;
    int64_t n_axes;
    const float *probabilities;
    float factor; /* of the sum over rows */
} setting;

static binet_status begin(const void *self, void **scratch, binet_error *error)
{
    const setting *of = self;
    *scratch = binet__allocate(of->leading->context, (BLOCK + 1) * of->leading->n_classes, sizeof(float), error);
    return *scratch != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void end(const void *self, void *scratch)
{
    const setting *of = self;
    binet__release(of->leading->context, scratch);
}

/* What a row is along a variable's axis: 1 for b, which comes before the axes. */
static float coordinate(const setting *of, int64_t row, int64_t axis)
{
    return axis == 0 ? 1.0F : of->along[row * of->stride + axis - 1];
}

/* To a block on the diagonal: the penalty, and what makes it definite. */
static void finish_diagonal(const setting *of, int64_t axis, float *block, int64_t size)
{
    int64_t n_classes = of->leading->n_classes;
    float trace = 0.0F;
    for (int64_t k = 0; k < n_classes; k++) {
        trace += block[k * (size + 1)];
    }
    float even = axis == 0 ? trace / (float)(n_classes * n_classes) : 0.0F; /* b has none where all move alike */
    for (int64_t k = 0; k < n_classes; k++) {
        for (int64_t l = 0; l <= k; l++) {
            block[k * size + l] += even;
        }
        block[k * (size + 1)] *= 1.0F + lift;
        block[k * (size + 1)] += axis == 0 ? 0.0F : 1.0F;
    }
}

/* The block of a pair of axes, second <= first: the sum over rows of the product of both times diag(p) - p p'. */
static binet_status make_block(const void *self, void *scratch, int64_t pair, binet_error *error)
{
    const setting *of = self;
    int64_t n_classes = of->leading->n_classes;
    float *restrict sums = scratch;
    float *restrict scaled = sums + n_classes;
    int64_t size = (of->n_axes + 1) * n_classes;
    int64_t first = 0;
    (void)error;
    while ((first + 1) * (first + 2) / 2 <= pair) {
        first++;
    }
    int64_t second = pair - first * (first + 1) / 2;
    float *block = of->leading->hessian + first * n_classes * size + second * n_classes;
    memset(sums, 0, (size_t)n_classes * sizeof *sums);
    for (int64_t start = 0; start < of->rows->n; start += BLOCK) {
        int64_t n = of->rows->n - start < BLOCK ? of->rows->n - start : BLOCK;
        const float *p = of->probabilities + start * n_classes;
        for (int64_t i = 0; i < n; i++) {
            float factor = of->factor * coordinate(of, start + i, first) * coordinate(of, start + i, second);
            float root = (float)sqrt(binet__probe_weight(of->rows, start + i));
            for (int64_t k = 0; k < n_classes; k++) {
                scaled[i * n_classes + k] = -factor * p[i * n_classes + k];
                sums[k] += root * factor * p[i * n_classes + k];
            }
        }
        binet__gemm_f32(n_classes, n_classes, n, (binet__f32_matrix){scaled, n_classes, 1},
                        (binet__f32_matrix){p, n_classes, 0}, start > 0 ? 1.0F : 0.0F, block, size);
    }
    for (int64_t k = 0; k < n_classes; k++) {
        block[k * (size + 1)] += sums[k];
    }
    if (first == second) {
        finish_diagonal(of, first, block, size);
    }
    return BINET_OK;
}

binet_status binet__probe_leading_set(binet__probe_leading *leading, const binet__probe_rows *rows, int64_t n_axes,
                                      const float *probabilities, double scale, binet_error *error)
{
    double weight = binet__probe_sum_of_weights(rows);
    setting of = {.leading = leading,
                  .rows = rows,
                  .along = leading->turned,
                  .stride = leading->n_axes,
                  .n_axes = leading->n_axes,
                  .probabilities = probabilities,
                  .factor = (float)(scale / (weight > 0.0 ? weight : 1.0))};
    binet_status status = BINET_OK;
    leading->n_solved = 0;
    if (n_axes > 0) {
        of.along = rows->kept;
        of.stride = rows->stride;
        of.n_axes = n_axes < of.n_axes ? n_axes : of.n_axes;
    } else {
        status = binet__probe_axes_turn(leading->axes, rows, of.n_axes, leading->turned, error);
    }
    binet__loop loop = {
        .self = &of, .n = (of.n_axes + 1) * (of.n_axes + 2) / 2, .begin = begin, .step = make_block, .end = end};
    status = status == BINET_OK ? binet__loop_run(leading->context, &loop, error) : status;
    if (status == BINET_OK && binet__cholesky_f32((of.n_axes + 1) * leading->n_classes, leading->hessian)) {
        leading->n_solved = of.n_axes;
    }
    return status;
}

/* ---- Its inverse ---- */

double binet__probe_leading_cost(const binet__probe_leading *leading)
{
    return leading != NULL ? leading->cost : (double)INFINITY;
}

int64_t binet__probe_leading_axes(const binet__probe_leading *leading)
{
    return leading != NULL ? leading->n_solved : 0;
}

void binet__probe_leading_solve(const binet__probe_leading *leading, const double *gradient_b, double *direction_b,
                                float *along)
{
    int64_t n_classes = leading->n_classes;
    float *room = leading->room;
    for (int64_t k = 0; k < n_classes; k++) {
        room[k] = (float)gradient_b[k];
    }
    memcpy(room + n_classes, along, (size_t)(leading->n_solved * n_classes) * sizeof *along);
    binet__cholesky_solve_f32((leading->n_solved + 1) * n_classes, leading->hessian, 1, room);
    for (int64_t k = 0; k < n_classes; k++) {
        direction_b[k] = room[k];
    }
    memcpy(along, room + n_classes, (size_t)(leading->n_solved * n_classes) * sizeof *along);
}
