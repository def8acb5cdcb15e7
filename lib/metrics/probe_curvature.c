#include "metrics/probe_curvature.h"

#include <math.h>

#include "base/context.h"
#include "base/memory.h"
#include "kernels/blas.h"

enum { CLASSES = 32, COLUMNS = 64 /* of a task */ };

/* Eigenvalues below this part of the largest are taken for it: rounding has hidden what they are. */
static const float least_part = 1e-6F;
/* The same of intercepts, which no penalty holds. */
static const float least_part_of_intercepts = 1e-4F;

struct binet__probe_curvature {
    const binet_context *context;
    int64_t width;
    int64_t n_classes;
    float *features;       /* [width, width]: an eigenvector of the covariance in each row */
    float *feature_values; /* [width] >= 0 */
    float *classes;        /* [n_classes, n_classes]: an eigenvector in each row */
    float *class_values;   /* [n_classes] > 0 */
    float *first;          /* [n_classes, width] */
    float *second;         /* [n_classes, width] */
};

binet_status binet__probe_curvature_create(const binet_context *context, int64_t width, int64_t n_classes,
                                           const float *gram, binet__probe_curvature **curvature, binet_error *error)
{
    binet__probe_curvature *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = context;
    made->width = width;
    made->n_classes = n_classes;
    made->features = binet__allocate(context, width * (width + 1), sizeof *made->features, error);
    made->classes = binet__allocate(context, n_classes * (n_classes + 1), sizeof *made->classes, error);
    made->first = binet__allocate(context, 2 * width * n_classes, sizeof *made->first, error);
    binet_status status = BINET_OUT_OF_MEMORY;
    if (made->features != NULL && made->classes != NULL && made->first != NULL) {
        made->feature_values = made->features + width * width;
        made->class_values = made->classes + n_classes * n_classes;
        made->second = made->first + width * n_classes;
        for (int64_t i = 0; i < width * width; i++) {
            made->features[i] = gram[i];
        }
        status = binet__eigen_f32(context, width, made->features, made->feature_values, error);
    }
    if (status != BINET_OK) {
        binet__probe_curvature_destroy(made);
        return status;
    }
    for (int64_t i = 0; i < width; i++) {
        made->feature_values[i] = fmaxf(made->feature_values[i], 0.0F);
    }
    *curvature = made;
    return BINET_OK;
}

void binet__probe_curvature_destroy(binet__probe_curvature *curvature)
{
    if (curvature != NULL) {
        const binet_context *context = curvature->context;
        binet__release(context, curvature->first);
        binet__release(context, curvature->classes);
        binet__release(context, curvature->features);
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
    double scale;
    const double *gradient;
    double *direction;
} apply_job;

/* first = gradient V. */
static void to_features(void *argument, int64_t task)
{
    const apply_job *job = argument;
    const binet__probe_curvature *of = job->of;
    int64_t from = task * CLASSES;
    int64_t n = of->n_classes - from < CLASSES ? of->n_classes - from : CLASSES;
    float *narrow = of->second + from * of->width;
    for (int64_t i = 0; i < n * of->width; i++) {
        narrow[i] = (float)job->gradient[from * of->width + i];
    }
    binet__gemm_f32(n, of->width, of->width, (binet__f32_matrix){narrow, of->width, 0},
                    (binet__f32_matrix){of->features, of->width, 1}, 0.0F, of->first + from * of->width, of->width);
}

/* first = U' (U first / curvature), some columns. */
static void through_classes(void *argument, int64_t task)
{
    const apply_job *job = argument;
    const binet__probe_curvature *of = job->of;
    int64_t from = task * COLUMNS;
    int64_t n = of->width - from < COLUMNS ? of->width - from : COLUMNS;
    float *second = of->second + from;
    binet__gemm_f32(of->n_classes, n, of->n_classes, (binet__f32_matrix){of->classes, of->n_classes, 0},
                    (binet__f32_matrix){of->first + from, of->width, 0}, 0.0F, second, of->width);
    for (int64_t k = 0; k < of->n_classes; k++) {
        double curvature = job->scale * (double)of->class_values[k];
        for (int64_t j = 0; j < n; j++) {
            second[k * of->width + j] /= (float)(curvature * (double)of->feature_values[from + j] + 1.0);
        }
    }
    binet__gemm_f32(of->n_classes, n, of->n_classes, (binet__f32_matrix){of->classes, of->n_classes, 1},
                    (binet__f32_matrix){second, of->width, 0}, 0.0F, of->first + from, of->width);
}

/* direction = first V'. */
static void from_features(void *argument, int64_t task)
{
    const apply_job *job = argument;
    const binet__probe_curvature *of = job->of;
    int64_t from = task * CLASSES;
    int64_t n = of->n_classes - from < CLASSES ? of->n_classes - from : CLASSES;
    float *product = of->second + from * of->width;
    binet__gemm_f32(n, of->width, of->width, (binet__f32_matrix){of->first + from * of->width, of->width, 0},
                    (binet__f32_matrix){of->features, of->width, 0}, 0.0F, product, of->width);
    for (int64_t i = 0; i < n * of->width; i++) {
        job->direction[from * of->width + i] = product[i];
    }
}

void binet__probe_curvature_apply_to_intercepts(const binet__probe_curvature *of, double scale, const double *gradient,
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

binet_status binet__probe_curvature_apply(const binet__probe_curvature *curvature, double scale, const double *gradient,
                                          double *direction, binet_error *error)
{
    apply_job job = {.of = curvature, .scale = scale, .gradient = gradient, .direction = direction};
    int64_t by_classes = (curvature->n_classes + CLASSES - 1) / CLASSES;
    int64_t by_columns = (curvature->width + COLUMNS - 1) / COLUMNS;
    binet_status status = binet__run(curvature->context, by_classes, to_features, &job, error);
    status = status == BINET_OK ? binet__run(curvature->context, by_columns, through_classes, &job, error) : status;
    status = status == BINET_OK ? binet__run(curvature->context, by_classes, from_features, &job, error) : status;
    int64_t at = curvature->width * curvature->n_classes;
    binet__probe_curvature_apply_to_intercepts(curvature, scale, gradient + at, direction + at);
    return status;
}

double binet__probe_curvature_trace(const binet__probe_curvature *curvature)
{
    double sum = 0.0;
    for (int64_t i = 0; i < curvature->width; i++) {
        sum += curvature->feature_values[i];
    }
    return sum;
}
