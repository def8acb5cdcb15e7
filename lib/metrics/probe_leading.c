#include "metrics/probe_leading.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"

enum {
    MOST_SIZE = 6144,       /* variables */
    ROWS_OF_A_VARIABLE = 4, /* or the sample leaves directions in which it is far too flat */
    BLOCK = 512             /* rows */
};

/* A part of the diagonal that is added to it: what a sample does not know. */
static const float lift = 1e-2F;

struct binet__probe_leading {
    const binet_context *context;
    const binet__probe_axes *axes;
    int64_t n_classes;
    int64_t n_axes;   /* there is room for */
    int64_t n_rows;   /* to be set from */
    int64_t n_turned; /* axes of the rows that are added; 0: they are by features */
    int64_t n_begun;  /* axes that the Hessian is to be of */
    int64_t n_solved; /* axes that it is of; 0: there is none */
    double weight;    /* of the rows so far */
    double cost;
    float *hessian; /* [size, size], size = (n_solved + 1) * n_classes: b, then axis by axis; factored */
    float *room;    /* [size] */
    float *turned;  /* [LEADING_ROWS, n_axes] rows along the axes */
};

/* That are wanted. */
static int64_t rows_for(int64_t n_axes, int64_t n_classes)
{
    int64_t wanted = ROWS_OF_A_VARIABLE * (n_axes + 1) * n_classes;
    return wanted > BINET__PROBE_LEADING_ROWS ? wanted : BINET__PROBE_LEADING_ROWS;
}

/* Of turning rows, of the products for each pair of axes, and of the factorisation. */
static double cost_of(int64_t n_axes, const binet__probe_axes *axes, int64_t n_classes, int64_t n_rows)
{
    double size = (double)(n_axes + 1) * (double)n_classes;
    return ((double)(n_axes * axes->width) + size * (size + (double)n_classes) / 2.0) * (double)n_rows +
           size * size * size / 6.0;
}

static int is_too_much(int64_t n_axes, const binet__probe_axes *axes, int64_t n_classes, int64_t n, int64_t n_sample)
{
    int64_t wanted = rows_for(n_axes, n_classes);
    double to_evaluate = 2.0 * (double)n * (double)axes->width * (double)n_classes;
    return (n_axes + 1) * n_classes > MOST_SIZE || (wanted > n_sample && n_sample < n) ||
           cost_of(n_axes, axes, n_classes, wanted < n_sample ? wanted : n_sample) > to_evaluate;
}

binet_status binet__probe_leading_create(const binet_context *context, const binet__probe_axes *axes, int64_t n_classes,
                                         int64_t n, int64_t n_sample, binet__probe_leading **leading,
                                         binet_error *error)
{
    int64_t n_axes = axes->width < BINET__PROBE_LEADING_AXES ? axes->width : BINET__PROBE_LEADING_AXES;
    while (n_axes > 0 && is_too_much(n_axes, axes, n_classes, n, n_sample)) {
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
    made->n_rows = rows_for(n_axes, n_classes) < n_sample ? rows_for(n_axes, n_classes) : n_sample;
    made->cost = cost_of(n_axes, axes, n_classes, made->n_rows);
    made->hessian =
        binet__allocate(context, size * (size + 1) + BINET__PROBE_LEADING_ROWS * n_axes, sizeof *made->hessian, error);
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

/* Some rows to be added. */
typedef struct adding {
    const binet__probe_leading *leading;
    const binet__probe_rows *rows;
    const float *along; /* [rows, stride] along the axes */
    int64_t stride;
    const float *probabilities;
} adding;

static binet_status begin(const void *self, void **scratch, binet_error *error)
{
    const adding *of = self;
    *scratch = binet__allocate(of->leading->context, BLOCK * of->leading->n_classes, sizeof(float), error);
    return *scratch != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void end(const void *self, void *scratch)
{
    const adding *of = self;
    binet__release(of->leading->context, scratch);
}

/* What a row is along a variable's axis: 1 for b, which comes before the axes. */
static float coordinate(const adding *of, int64_t row, int64_t axis)
{
    return axis == 0 ? 1.0F : of->along[row * of->stride + axis - 1];
}

/* To the block of a pair of axes, second <= first: the sum over rows of the product of both times -p p'. */
static binet_status add_pair(const void *self, void *scratch, int64_t pair, binet_error *error)
{
    const adding *of = self;
    int64_t n_classes = of->leading->n_classes;
    float *restrict scaled = scratch;
    int64_t size = (of->leading->n_begun + 1) * n_classes;
    int64_t first = 0;
    (void)error;
    while ((first + 1) * (first + 2) / 2 <= pair) {
        first++;
    }
    int64_t second = pair - first * (first + 1) / 2;
    float *block = of->leading->hessian + first * n_classes * size + second * n_classes;
    for (int64_t start = 0; start < of->rows->n; start += BLOCK) {
        int64_t n = of->rows->n - start < BLOCK ? of->rows->n - start : BLOCK;
        const float *p = of->probabilities + start * n_classes;
        for (int64_t i = 0; i < n; i++) {
            float product = coordinate(of, start + i, first) * coordinate(of, start + i, second);
            for (int64_t k = 0; k < n_classes; k++) {
                scaled[i * n_classes + k] = -product * p[i * n_classes + k];
            }
        }
        binet__gemm_f32(n_classes, n_classes, n, (binet__f32_matrix){scaled, n_classes, 1},
                        (binet__f32_matrix){p, n_classes, 0}, 1.0F, block, size);
    }
    return BINET_OK;
}

int64_t binet__probe_leading_rows(const binet__probe_leading *leading)
{
    return leading->n_rows;
}

void binet__probe_leading_begin(binet__probe_leading *leading, int64_t n_axes)
{
    leading->n_turned = n_axes;
    leading->n_begun = n_axes > 0 && n_axes < leading->n_axes ? n_axes : leading->n_axes;
    leading->n_solved = 0;
    leading->weight = 0.0;
    int64_t size = (leading->n_begun + 1) * leading->n_classes;
    memset(leading->hessian, 0, (size_t)(size * size) * sizeof *leading->hessian);
}

binet_status binet__probe_leading_add(binet__probe_leading *leading, const binet__probe_rows *rows,
                                      const float *probabilities, binet_error *error)
{
    adding of = {.leading = leading,
                 .rows = rows,
                 .along = leading->turned,
                 .stride = leading->n_begun,
                 .probabilities = probabilities};
    binet_status status = BINET_OK;
    if (leading->n_turned > 0) {
        of.along = rows->kept;
        of.stride = rows->stride;
    } else {
        status = binet__probe_axes_turn(leading->axes, rows, leading->n_begun, leading->turned, error);
    }
    binet__loop loop = {.self = &of,
                        .n = (leading->n_begun + 1) * (leading->n_begun + 2) / 2,
                        .begin = begin,
                        .step = add_pair,
                        .end = end};
    leading->weight += binet__probe_sum_of_weights(rows);
    return status == BINET_OK ? binet__loop_run(leading->context, &loop, error) : status;
}

/* From -p p' to diag(p) - p p': a diagonal is what the others of its row leave, exactly where rows are sure. */
static void fill_diagonals(binet__probe_leading *leading)
{
    int64_t n_classes = leading->n_classes;
    int64_t size = (leading->n_begun + 1) * n_classes;
    for (int64_t row = 0; row < size; row++) {
        for (int64_t second = 0; second <= row / n_classes; second++) {
            float *of_row = leading->hessian + row * size + second * n_classes;
            float sum = 0.0F;
            for (int64_t l = 0; l < n_classes; l++) {
                sum -= l != row % n_classes ? of_row[l] : 0.0F;
            }
            of_row[row % n_classes] = sum;
        }
    }
}

/* The penalty, and what makes it definite: b has no curvature where all of it moves alike. */
void binet__probe_leading_finish(binet__probe_leading *leading, double scale, const float *prior)
{
    int64_t n_classes = leading->n_classes;
    int64_t size = (leading->n_begun + 1) * n_classes;
    float factor = (float)(scale / (leading->weight > 0.0 ? leading->weight : 1.0));
    float *hessian = leading->hessian;
    float trace = 0.0F;
    fill_diagonals(leading);
    for (int64_t i = 0; i < size; i++) {
        for (int64_t j = 0; j <= i; j++) {
            hessian[i * size + j] *= factor;
        }
    }
    for (int64_t axis = 0; axis <= leading->n_begun; axis++) {
        float variance = (float)scale * (axis == 0 ? 1.0F : leading->axes->variances[axis - 1]);
        float *block = hessian + axis * n_classes * (size + 1);
        for (int64_t k = 0; k < n_classes; k++) {
            for (int64_t l = 0; l <= k; l++) {
                block[k * size + l] += variance * prior[k * n_classes + l];
            }
        }
    }
    for (int64_t k = 0; k < n_classes; k++) {
        trace += hessian[k * (size + 1)];
    }
    for (int64_t k = 0; k < n_classes; k++) {
        for (int64_t l = 0; l <= k; l++) {
            hessian[k * size + l] += trace / (float)(n_classes * n_classes);
        }
    }
    for (int64_t i = 0; i < size; i++) {
        hessian[i * (size + 1)] = (1.0F + lift) * hessian[i * (size + 1)] + (i < n_classes ? 0.0F : 1.0F);
    }
    leading->n_solved = binet__cholesky_f32(size, hessian) ? leading->n_begun : 0;
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
