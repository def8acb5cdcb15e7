#include "metrics/probe_curvature.h"

#include <math.h>

#include "base/context.h"
#include "base/memory.h"
#include "kernels/blas.h"

enum { AXES = 32 /* of a task */ };

_Static_assert((int)BINET__PROBE_LEADING_AXES <= (int)AXES, "the first task solves for all leading axes");

/* Eigenvalues below this part of the largest are taken for it: rounding has hidden what they are. */
static const float least_part = 1e-6F;
/* The same of intercepts, which no penalty holds. */
static const float least_part_of_intercepts = 1e-4F;

struct binet__probe_curvature {
    const binet_context *context;
    const binet__probe_axes *axes;
    const binet__probe_leading *leading;
    int64_t n_classes;
    float *classes;      /* [n_classes, n_classes]: an eigenvector in each row */
    float *class_values; /* [n_classes] > 0 */
    float *room;         /* [3, width, n_classes] */
};

binet_status binet__probe_curvature_create(const binet_context *context, const binet__probe_axes *axes,
                                           const binet__probe_leading *leading, int64_t n_classes,
                                           binet__probe_curvature **curvature, binet_error *error)
{
    binet__probe_curvature *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = context;
    made->axes = axes;
    made->leading = leading;
    made->n_classes = n_classes;
    made->classes = binet__allocate(context, n_classes * (n_classes + 1), sizeof *made->classes, error);
    made->room = binet__allocate(context, 3 * axes->width * n_classes, sizeof *made->room, error);
    if (made->classes == NULL || made->room == NULL) {
        binet__probe_curvature_destroy(made);
        return BINET_OUT_OF_MEMORY;
    }
    made->class_values = made->classes + n_classes * n_classes;
    *curvature = made;
    return BINET_OK;
}

void binet__probe_curvature_destroy(binet__probe_curvature *curvature)
{
    if (curvature != NULL) {
        const binet_context *context = curvature->context;
        binet__release(context, curvature->room);
        binet__release(context, curvature->classes);
        binet__release(context, curvature);
    }
}

binet_status binet__probe_curvature_set(binet__probe_curvature *curvature, const float *classes, binet_error *error)
{
    int64_t n = curvature->n_classes;
    for (int64_t i = 0; i < n * n; i++) {
        curvature->classes[i] = classes[i];
    }
    binet_status status = binet__eigen_f32(curvature->context, n, curvature->classes, curvature->class_values, error);
    float least = fmaxf(curvature->class_values[n - 1] * least_part, 1e-30F);
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        curvature->class_values[i] = fmaxf(curvature->class_values[i], least);
    }
    return status;
}

typedef struct apply_job {
    const binet__probe_curvature *of;
    int64_t n_axes; /* 0: by way of all axes */
    double scale;
    const double *gradient;
    double *direction;
    float *narrow; /* [width, n_classes] the gradient, then the direction, in f32 */
    float *along;  /* [width, n_classes] the same along the axes */
    float *turned; /* [width, n_classes] and along the eigenvectors of the classes */
} apply_job;

static void narrow_rows(void *argument, int64_t task)
{
    const apply_job *job = argument;
    int64_t n_classes = job->of->n_classes;
    int64_t width = job->n_axes > 0 ? job->n_axes : job->of->axes->width;
    float *to = job->n_axes > 0 ? job->along : job->narrow;
    int64_t last = (task + 1) * AXES < width ? (task + 1) * AXES : width;
    for (int64_t i = task * AXES * n_classes; i < last * n_classes; i++) {
        to[i] = (float)job->gradient[n_classes + i];
    }
}

/* Axes in their order: into the eigenvectors of the classes, over the curvature, and back. */
static void apply_to_classes(const apply_job *job, int64_t first, int64_t n)
{
    const binet__probe_curvature *of = job->of;
    int64_t n_classes = of->n_classes;
    float *along = job->along + first * n_classes;
    float *turned = job->turned + first * n_classes;
    binet__gemm_f32(n, n_classes, n_classes, (binet__f32_matrix){along, n_classes, 0},
                    (binet__f32_matrix){of->classes, n_classes, 1}, 0.0F, turned, n_classes);
    for (int64_t j = 0; j < n; j++) {
        float variance = (float)(job->scale * (double)of->axes->variances[first + j]);
        for (int64_t k = 0; k < n_classes; k++) {
            turned[j * n_classes + k] /= variance * of->class_values[k] + 1.0F;
        }
    }
    binet__gemm_f32(n, n_classes, n_classes, (binet__f32_matrix){turned, n_classes, 0},
                    (binet__f32_matrix){of->classes, n_classes, 0}, 0.0F, along, n_classes);
}

static void apply_to_axes(void *argument, int64_t task)
{
    const apply_job *job = argument;
    const binet__probe_curvature *of = job->of;
    const binet__probe_axes *axes = of->axes;
    int64_t n_classes = of->n_classes;
    int64_t first = task * AXES;
    int64_t n_axes = job->n_axes > 0 ? job->n_axes : axes->width;
    int64_t n = n_axes - first < AXES ? n_axes - first : AXES;
    float *along = job->along + first * n_classes;
    if (job->n_axes == 0) {
        binet__gemm_f32(n, n_classes, axes->width,
                        (binet__f32_matrix){axes->vectors + first * axes->width, axes->width, 0},
                        (binet__f32_matrix){job->narrow, n_classes, 0}, 0.0F, along, n_classes);
    }
    int64_t n_leading = first == 0 ? binet__probe_leading_axes(of->leading) : 0;
    if (n_leading > 0) {
        binet__probe_leading_solve(of->leading, job->gradient, job->direction, along);
    }
    if (n_leading < n) {
        apply_to_classes(job, first + n_leading, n - n_leading);
    }
}

static void widen_rows(void *argument, int64_t task)
{
    const apply_job *job = argument;
    const binet__probe_axes *axes = job->of->axes;
    int64_t n_classes = job->of->n_classes;
    int64_t width = job->n_axes > 0 ? job->n_axes : axes->width;
    int64_t first = task * AXES;
    int64_t n = width - first < AXES ? width - first : AXES;
    float *from = (job->n_axes > 0 ? job->along : job->narrow) + first * n_classes;
    if (job->n_axes == 0) {
        binet__gemm_f32(n, n_classes, width, (binet__f32_matrix){axes->vectors + first, width, 1},
                        (binet__f32_matrix){job->along, n_classes, 0}, 0.0F, from, n_classes);
    }
    for (int64_t i = 0; i < n * n_classes; i++) {
        job->direction[(first + 1) * n_classes + i] = from[i];
    }
}

static void apply_to_intercepts(const binet__probe_curvature *of, double scale, const double *gradient,
                                double *direction)
{
    int64_t n = of->n_classes;
    float least = of->class_values[n - 1] * least_part_of_intercepts;
    for (int64_t k = 0; k < n; k++) {
        direction[k] = 0.0;
    }
    for (int64_t v = 0; v < n; v++) {
        const float *vector = of->classes + v * n;
        double part = 0.0;
        for (int64_t k = 0; k < n; k++) {
            part += (double)vector[k] * gradient[k];
        }
        part /= scale * (double)fmaxf(of->class_values[v], least);
        for (int64_t k = 0; k < n; k++) {
            direction[k] += part * (double)vector[k];
        }
    }
}

binet_status binet__probe_curvature_apply(const binet__probe_curvature *curvature, int64_t n_axes, double scale,
                                          const double *gradient, double *direction, binet_error *error)
{
    const binet_context *context = curvature->context;
    int64_t size = curvature->axes->width * curvature->n_classes;
    apply_job job = {.of = curvature,
                     .n_axes = n_axes,
                     .scale = scale,
                     .gradient = gradient,
                     .direction = direction,
                     .narrow = curvature->room,
                     .along = curvature->room + size,
                     .turned = curvature->room + 2 * size};
    int64_t n_tasks = ((n_axes > 0 ? n_axes : curvature->axes->width) + AXES - 1) / AXES;
    if (binet__probe_leading_axes(curvature->leading) == 0) {
        apply_to_intercepts(curvature, scale, gradient, direction);
    }
    binet_status status = binet__run(context, n_tasks, narrow_rows, &job, error);
    status = status == BINET_OK ? binet__run(context, n_tasks, apply_to_axes, &job, error) : status;
    return status == BINET_OK ? binet__run(context, n_tasks, widen_rows, &job, error) : status;
}
