#include "metrics/probe_axes.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/gram.h"

enum { BLOCK = 512 /* rows */ };

/* Variances of features further apart than this hide the small ones from f32. */
static const double far_apart = 1e4;

/* ---- Finding them ---- */

static int are_far_apart(const float *gram, int64_t width)
{
    float least = INFINITY;
    float most = 0.0F;
    for (int64_t j = 0; j < width; j++) {
        float variance = gram[j * (width + 1)];
        most = fmaxf(most, variance);
        least = variance > 0.0F ? fminf(least, variance) : least;
    }
    return (double)most > far_apart * (double)least;
}

/* Eigenvectors of the covariance of n rows, and their values, from the least on, in f64. */
static binet_status find_in_f64(const binet_context *context, const binet__probe_rows *rows, int64_t n, float *vectors,
                                float *values, binet_error *error)
{
    int64_t width = rows->width;
    double *room = binet__allocate(context, width * (width + 1 + BLOCK), sizeof *room, error);
    if (room == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    double *block = room + width * (width + 1);
    memset(room, 0, (size_t)(width * width) * sizeof *room);
    for (int64_t first = 0; first < n; first += BLOCK) {
        int64_t n_block = n - first < BLOCK ? n - first : BLOCK;
        for (int64_t i = 0; i < n_block * width; i++) {
            block[i] = rows->kept[first * width + i];
        }
        binet__gram_f64(width, n_block, block, width, room);
    }
    binet_status status = binet__eigen(context, width, room, room + width * width, error);
    for (int64_t i = 0; status == BINET_OK && i < width * width; i++) {
        vectors[i] = (float)room[i];
    }
    for (int64_t i = 0; status == BINET_OK && i < width; i++) {
        values[i] = (float)(room[width * width + i] / (double)n);
    }
    binet__release(context, room);
    return status;
}

static void put_largest_first(binet__probe_axes *axes)
{
    int64_t width = axes->width;
    for (int64_t i = 0; i < (width + 1) / 2; i++) {
        int64_t other = width - 1 - i;
        float value = fmaxf(axes->variances[i], 0.0F);
        axes->variances[i] = fmaxf(axes->variances[other], 0.0F);
        axes->variances[other] = value;
        for (int64_t j = 0; i != other && j < width; j++) {
            float number = axes->vectors[i * width + j];
            axes->vectors[i * width + j] = axes->vectors[other * width + j];
            axes->vectors[other * width + j] = number;
        }
    }
}

binet_status binet__probe_axes_find(const binet_context *context, const binet__probe_rows *rows, int64_t n,
                                    binet__probe_axes *axes, binet_error *error)
{
    int64_t width = rows->width;
    binet__probe_axes made = {.context = context, .width = width};
    made.vectors = binet__allocate(context, width * (width + 1), sizeof *made.vectors, error);
    if (made.vectors == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made.variances = made.vectors + width * width;
    binet_status status = binet__gram_f32(context, rows->kept, n, width, (float)(1.0 / (double)n), made.vectors, error);
    if (status == BINET_OK && are_far_apart(made.vectors, width)) {
        status = find_in_f64(context, rows, n, made.vectors, made.variances, error);
    } else if (status == BINET_OK) {
        status = binet__eigen_f32(context, width, made.vectors, made.variances, error);
    }
    if (status != BINET_OK) {
        binet__probe_axes_release(&made);
        return status;
    }
    put_largest_first(&made);
    *axes = made;
    return BINET_OK;
}

void binet__probe_axes_release(binet__probe_axes *axes)
{
    binet__release(axes->context, axes->vectors);
    memset(axes, 0, sizeof *axes);
}

int64_t binet__probe_axes_leading(const binet__probe_axes *axes, double part)
{
    double all = 0.0;
    for (int64_t i = 0; i < axes->width; i++) {
        all += axes->variances[i];
    }
    int64_t n = 0;
    for (double sum = 0.0; n < axes->width && sum < part * all; n++) {
        sum += axes->variances[n];
    }
    return n;
}

/* ---- Along them ---- */

typedef struct turning {
    const binet__probe_axes *axes;
    const binet__probe_rows *rows;
    int64_t n_axes;
    float *turned;
} turning;

static void turn_block(void *argument, int64_t block)
{
    const turning *of = argument;
    int64_t width = of->axes->width;
    int64_t first = block * BLOCK;
    int64_t n = of->rows->n - first < BLOCK ? of->rows->n - first : BLOCK;
    binet__gemm_f32(
        n, of->n_axes, width, (binet__f32_matrix){of->rows->kept + first * of->rows->stride, of->rows->stride, 0},
        (binet__f32_matrix){of->axes->vectors, width, 1}, 0.0F, of->turned + first * of->n_axes, of->n_axes);
}

binet_status binet__probe_axes_turn(const binet__probe_axes *axes, const binet__probe_rows *rows, int64_t n_axes,
                                    float *turned, binet_error *error)
{
    turning of = {.axes = axes, .rows = rows, .n_axes = n_axes, .turned = turned};
    return binet__run(axes->context, (rows->n + BLOCK - 1) / BLOCK, turn_block, &of, error);
}

binet_status binet__probe_axes_return(const binet__probe_axes *axes, int64_t n_axes, int64_t n_classes, double *point,
                                      binet_error *error)
{
    int64_t width = axes->width;
    float *along = binet__allocate(axes->context, (n_axes + width) * n_classes, sizeof *along, error);
    if (along == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    float *returned = along + n_axes * n_classes;
    double *weights = point + n_classes;
    for (int64_t i = 0; i < n_axes * n_classes; i++) {
        along[i] = (float)weights[i];
    }
    binet__gemm_f32(width, n_classes, n_axes, (binet__f32_matrix){axes->vectors, width, 1},
                    (binet__f32_matrix){along, n_classes, 0}, 0.0F, returned, n_classes);
    for (int64_t i = 0; i < width * n_classes; i++) {
        weights[i] = returned[i];
    }
    binet__release(axes->context, along);
    return BINET_OK;
}
