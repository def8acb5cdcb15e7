#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/recalibration.h"
#include "metrics/lbfgs.h"
#include "metrics/vector_scaling_pass.h"

enum {
    MEMORY = 10, /* steps that L-BFGS keeps */
    MOST_CLASSES = (1 << 30) - 1,
    DEFAULT_EVALUATIONS = 1000
};

static const double default_tolerance = 1e-6;

static binet_status read_options(const binet_vector_scaling_options *options, binet_vector_scaling_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    if (given->most_evaluations < 0) {
        return binet__fail_argument(error, "options",
                                    "options->most_evaluations is %d; allowed: 1 .. 2147483647, or 0 for %d",
                                    (int)given->most_evaluations, DEFAULT_EVALUATIONS);
    }
    if (given->tolerance != 0.0 && !(given->tolerance >= 1e-12 && given->tolerance <= 1.0)) {
        return binet__fail_argument(error, "options", "options->tolerance is %g; allowed: 1e-12 .. 1, or 0 for %g",
                                    given->tolerance, default_tolerance);
    }
    if (!(given->l2 >= 0.0 && isfinite(given->l2))) {
        return binet__fail_argument(error, "options", "options->l2 is %g; it must be finite and at least 0", given->l2);
    }
    given->most_evaluations = given->most_evaluations != 0 ? given->most_evaluations : DEFAULT_EVALUATIONS;
    given->tolerance = given->tolerance != 0.0 ? given->tolerance : default_tolerance;
    return BINET_OK;
}

static binet_status read_result(const binet_vector_scaling_result *result, int64_t n_classes,
                                binet_vector_scaling_result *found, binet_error *error)
{
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(found, sizeof *found, result, "result", error) : status;
    if (status == BINET_OK && (found->weights == NULL || found->biases == NULL || found->capacity < n_classes)) {
        return binet__fail_argument(
            error, "result", "result->weights and biases have room for %lld numbers; %lld classes need as many",
            found->weights == NULL || found->biases == NULL ? 0LL : (long long)found->capacity, (long long)n_classes);
    }
    return status;
}

/* Biases of mean 0, which the softmax cannot tell from others; a penalty sees to that itself. */
static void centre(const binet__vector_pass *work, double *biases)
{
    double sum = 0.0;
    for (int64_t k = 0; k < work->c; k++) {
        sum += biases[k];
    }
    for (int64_t k = 0; work->given.l2 == 0.0 && k < work->c; k++) {
        biases[k] -= sum / (double)work->c;
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

static binet_status judge(void *user, double nll, const double *gradient, int *done, binet_error *error)
{
    const binet__vector_pass *work = user;
    (void)nll;
    (void)error;
    *done = largest_of(gradient, 2 * work->c) <= work->given.tolerance;
    return BINET_OK;
}

/* `point` and `gradient` [2 c] are room. */
static binet_status fit(binet__vector_pass *work, double *point, double *gradient, binet_vector_scaling_result *found,
                        binet_error *error)
{
    for (int64_t k = 0; k < work->c; k++) {
        point[k] = 1.0;
        point[work->c + k] = 0.0;
    }
    binet__lbfgs_problem problem = {.user = work,
                                    .evaluate = binet__vector_pass_evaluate,
                                    .precondition = binet__vector_pass_precondition,
                                    .judge = judge,
                                    .most_evaluations = work->given.most_evaluations,
                                    .noise = 1e-14};
    binet__lbfgs *search = NULL;
    binet__lbfgs_found minimum = {0};
    binet_status status = binet__lbfgs_create(work->context, 2 * work->c, MEMORY, &search, error);
    status = status == BINET_OK ? binet__lbfgs_run(search, &problem, point, gradient, &minimum, error) : status;
    binet__lbfgs_destroy(search);
    double largest = largest_of(gradient, 2 * work->c);
    if (status == BINET_NOT_CONVERGED) {
        return binet__fail(error, status, "", -1,
                           "after %d passes a derivative of the NLL is still %.3g; a tolerance of %g was asked for",
                           (int)minimum.n_evaluations, largest, work->given.tolerance);
    }
    if (status != BINET_OK) {
        return status;
    }
    double squares = 0.0;
    for (int64_t i = 0; i < 2 * work->c; i++) {
        squares += gradient[i] * gradient[i];
    }
    centre(work, point + work->c);
    found->nll_before = minimum.first;
    found->nll_after = work->nll; /* the last pass was at the minimum */
    found->n_evaluations = minimum.n_evaluations;
    found->gradient = largest;
    found->excess = work->given.l2 > 0.0 ? squares / (2.0 * work->given.l2) : (double)NAN;
    return status;
}

binet_status binet_fit_vector_scaling(const binet_context *context, const binet_array *scores,
                                      const binet_array *labels, const binet_vector_scaling_options *options,
                                      binet_vector_scaling_result *result, binet_error *error)
{
    binet__vector_pass work;
    binet_vector_scaling_options given;
    binet_vector_scaling_result found;
    binet_status status = binet__labelled_check(scores, labels, MOST_CLASSES, error);
    status = status == BINET_OK ? read_options(options, &given, error) : status;
    status = status == BINET_OK ? read_result(result, scores->shape[1], &found, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t c = scores->shape[1];
    status = binet__vector_pass_prepare(context, scores, labels, &given, &work, error);
    if (status != BINET_OK) {
        return status;
    }
    double *room = binet__allocate(context, c, 4 * sizeof *room, error);
    status = room != NULL ? fit(&work, room, room + 2 * c, &found, error) : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK) {
        memcpy(found.weights, room, (size_t)c * sizeof *room);
        memcpy(found.biases, room + c, (size_t)c * sizeof *room);
        found.n = work.n;
        found.n_classes = c;
        binet__write_struct(result, &found, sizeof found);
    }
    binet__release(context, room);
    binet__vector_pass_release(&work);
    return status;
}
