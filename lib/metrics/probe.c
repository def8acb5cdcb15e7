#include "binet/probe.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/probe_fit.h"

enum { GRAM_ROWS = 4 /* for each feature, in the covariance */ };

static const double default_tolerance = 1e-4;
static const int64_t default_evaluations = 10000;
static const int64_t default_row_bytes = (int64_t)512 << 20;

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* W, and b for features as they are. */
static void write_point(const binet_probe *probe, const binet_probe_result *found)
{
    int64_t width = probe->data.all.width;
    int64_t n_classes = probe->data.all.n_classes;
    const double *weights = probe->point + n_classes;
    double mean = 0.0;
    memcpy(probe->intercepts, probe->point, (size_t)n_classes * sizeof *probe->point);
    for (int64_t j = 0; j < width; j++) {
        for (int64_t k = 0; k < n_classes; k++) {
            probe->intercepts[k] -= weights[j * n_classes + k] * probe->data.mean[j];
            if (found->coefficients != NULL) {
                found->coefficients[k * width + j] = weights[j * n_classes + k];
            }
        }
    }
    for (int64_t k = 0; k < n_classes; k++) {
        mean += probe->intercepts[k] / (double)n_classes;
    }
    for (int64_t k = 0; found->intercepts != NULL && k < n_classes; k++) {
        found->intercepts[k] = probe->intercepts[k] - mean;
    }
}

static void write_result(const binet__probe_fit *of, binet_probe_result *found, double seconds)
{
    binet_probe *probe = of->probe;
    write_point(probe, found);
    found->objective = of->value;
    found->gap = of->gap;
    found->distance = of->distance;
    found->gradient_norm = of->of_all;
    found->n_evaluations = of->n_evaluations;
    found->n_precise = of->n_precise;
    found->n_coarse = of->n_coarse;
    found->n_newton = of->n_newton;
    found->n_passes = probe->data.n_passes - probe->n_passes_told;
    found->n_copied = probe->data.copied.n;
    found->seconds = seconds;
    probe->n_passes_told = probe->data.n_passes;
}

binet_status binet_probe_fit(binet_probe *probe, double c, binet_probe_result *result, binet_error *error)
{
    binet_probe_result found;
    double began = now();
    binet_status status = binet__require(probe, "probe", error);
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof found, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (!(c > 0.0 && isfinite(c))) {
        return binet__fail_argument(error, "C", "C is %g; allowed: finite numbers above 0", c);
    }
    (void)binet__read_struct(&found, sizeof found, result, "result", NULL);
    binet__probe_fit of = {
        .probe = probe, .c = c, .scale = c * probe->data.weight, .gap = INFINITY, .value = 1.0, .age = INFINITY};
    status = binet__probe_search(&of, error);
    if (status != BINET_OK) {
        return status;
    }
    write_result(&of, &found, now() - began);
    binet__write_struct(result, &found, sizeof found);
    return of.converged ? BINET_OK
                        : binet__fail(error, BINET_NOT_CONVERGED, "", -1,
                                      "after %lld evaluations the objective is within %.3g of its minimum, in parts of "
                                      "itself; a tolerance of %g was asked for",
                                      (long long)of.n_evaluations + (long long)of.n_coarse, of.gap / of.value,
                                      probe->given.tolerance);
}

/* ---- A probe ---- */

static binet_status read_options(const binet_probe_options *options, binet_probe_options *given, binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given->reserved, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    given->tolerance = given->tolerance != 0.0 ? given->tolerance : default_tolerance;
    given->most_evaluations = given->most_evaluations != 0 ? given->most_evaluations : default_evaluations;
    given->row_bytes = given->row_bytes != 0 ? given->row_bytes : default_row_bytes;
    if (!(given->tolerance >= 1e-14 && given->tolerance <= 1.0)) {
        return binet__fail_argument(error, "options", "options->tolerance is %g; allowed: 1e-14 .. 1, or 0 for 1e-4",
                                    given->tolerance);
    }
    if (given->most_evaluations < 1) {
        return binet__fail_argument(error, "options",
                                    "options->most_evaluations is %lld; allowed: 1 and more, or 0 for 10000",
                                    (long long)given->most_evaluations);
    }
    if (given->row_bytes < 0) {
        return binet__fail_argument(error, "options", "options->row_bytes is %lld; allowed: 0 and more",
                                    (long long)given->row_bytes);
    }
    return BINET_OK;
}

static binet_status take_axes(binet_probe *probe, binet_error *error)
{
    const binet__probe_rows *rows = &probe->data.copied;
    int64_t n = GRAM_ROWS * rows->width > BINET__PROBE_CLASS_ROWS ? GRAM_ROWS * rows->width : BINET__PROBE_CLASS_ROWS;
    return binet__probe_axes_find(probe->context, rows, rows->n < n ? rows->n : n, &probe->axes, error);
}

static binet_status prepare(binet_probe *probe, binet_error *error)
{
    const binet_context *context = probe->context;
    const binet__probe_rows *copied = &probe->data.copied;
    int64_t n_classes = copied->n_classes;
    int64_t n_sample = copied->n < BINET__PROBE_CLASS_ROWS ? copied->n : BINET__PROBE_CLASS_ROWS;
    int64_t n_line = copied->n < BINET__PROBE_LINE_ROWS ? copied->n : BINET__PROBE_LINE_ROWS;
    probe->size = (copied->width + 1) * n_classes;
    int64_t n_parts = (probe->size + BINET__PROBE_PART - 1) / BINET__PROBE_PART;
    probe->point = binet__allocate_zero(context, probe->size, sizeof *probe->point, error);
    probe->before = binet__allocate_zero(context, probe->size, sizeof *probe->before, error);
    probe->gradient = binet__allocate(context, probe->size + n_parts + n_classes, sizeof *probe->gradient, error);
    probe->probabilities = binet__allocate(context, n_classes * (n_sample + 2 * n_classes), sizeof(float), error);
    probe->factor = binet__allocate(context, n_classes * n_classes, sizeof *probe->factor, error);
    probe->spare = binet__allocate(context, n_classes * n_classes, sizeof *probe->spare, error);
    if (probe->point == NULL || probe->before == NULL || probe->gradient == NULL || probe->probabilities == NULL ||
        probe->factor == NULL || probe->spare == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    probe->squares = probe->gradient + probe->size;
    probe->intercepts = probe->squares + n_parts;
    probe->classes = probe->probabilities + n_classes * n_sample;
    probe->prior = probe->classes + n_classes * n_classes;
    binet_status status = take_axes(probe, error);
    status = status == BINET_OK ? binet__probe_leading_create(context, &probe->axes, n_classes, probe->data.all.n,
                                                              copied->n, &probe->leading, error)
                                : status;
    status = status == BINET_OK ? binet__probe_curvature_create(context, &probe->axes, probe->leading, n_classes,
                                                                &probe->curvature, error)
                                : status;
    status =
        status == BINET_OK ? binet__probe_loss_create(context, copied->width, n_classes, &probe->loss, error) : status;
    status = status == BINET_OK ? binet__probe_line_create(context, probe->loss, n_line, n_classes, &probe->line, error)
                                : status;
    return status == BINET_OK ? binet__lbfgs_create(context, probe->size, BINET__PROBE_MEMORY, &probe->search, error)
                              : status;
}

binet_status binet_probe_create(const binet_context *context, const binet_array *features, const binet_array *labels,
                                int64_t n_classes, const binet_array *weights, const binet_probe_options *options,
                                binet_probe **probe, binet_error *error)
{
    binet_probe_options given;
    binet_status status = binet__require(probe, "probe", error);
    status = status == BINET_OK ? binet__require(features, "features", error) : status;
    status = status == BINET_OK ? binet__require(labels, "labels", error) : status;
    status = status == BINET_OK ? read_options(options, &given, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    binet_probe *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = context;
    made->given = given;
    status = binet__probe_data_read(context, features, labels, n_classes, weights, given.row_bytes, &made->data, error);
    status = status == BINET_OK ? prepare(made, error) : status;
    if (status != BINET_OK) {
        binet_probe_destroy(made);
        return status;
    }
    *probe = made;
    return BINET_OK;
}

void binet_probe_destroy(binet_probe *probe)
{
    if (probe != NULL) {
        const binet_context *context = probe->context;
        binet__lbfgs_destroy(probe->search);
        binet__probe_line_destroy(probe->line);
        binet__probe_curvature_destroy(probe->curvature);
        binet__probe_leading_destroy(probe->leading);
        binet__probe_loss_destroy(probe->loss);
        binet__release(context, probe->spare);
        binet__release(context, probe->factor);
        binet__release(context, probe->probabilities);
        binet__release(context, probe->gradient);
        binet__release(context, probe->before);
        binet__release(context, probe->point);
        binet__probe_axes_release(&probe->axes);
        binet__probe_data_release(&probe->data);
        binet__release(context, probe);
    }
}
