#include "binet/ridge.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/ridge.h"

static const double default_penalty = 1.0;

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

static binet_status read_options(const binet_ridge_options *options, binet_ridge_options *given, binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    if (given->n_classes < 0 || given->n_classes == 1) {
        return binet__fail_argument(error, "options",
                                    "options->n_classes is %d; allowed: 2 or more, or 0 for all labels",
                                    (int)given->n_classes);
    }
    if (given->penalties == NULL && given->n_penalties == 0) {
        given->penalties = &default_penalty;
        given->n_penalties = 1;
    }
    if (given->penalties == NULL || given->n_penalties < 1 || !binet__blas_fits(given->n_penalties)) {
        return binet__fail_argument(error, "options", "options->n_penalties is %lld%s; allowed: 1 .. 2^31 - 1",
                                    (long long)given->n_penalties,
                                    given->penalties == NULL ? " and options->penalties NULL" : "");
    }
    for (int64_t a = 0; a < given->n_penalties; a++) {
        if (!(given->penalties[a] > 0.0) || !isfinite(given->penalties[a])) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "options", a,
                               "options->penalties[%lld] is %g; allowed: above 0, finite", (long long)a,
                               given->penalties[a]);
        }
    }
    return BINET_OK;
}

/* Classes of the rows, and how many there are. */
static binet_status read_labels(binet__ridge *of, const binet_array *labels, int32_t n_classes, binet_error *error)
{
    int64_t most = n_classes != 0 ? n_classes : INT32_MAX;
    for (int64_t i = 0; i < of->features.n; i++) {
        int64_t label = binet__integer_at(labels, i);
        if (label < 0 || label >= most) {
            return binet__fail(error, BINET_INVALID_DATA, "labels", i, "labels[%lld] is %lld; allowed: 0 .. %lld",
                               (long long)i, (long long)label, (long long)most - 1);
        }
        of->classes[i] = (int32_t)label;
        of->n_classes = label >= of->n_classes ? label + 1 : of->n_classes;
    }
    of->n_classes = n_classes != 0 ? n_classes : of->n_classes;
    of->n_outputs = of->n_classes > 2 ? of->n_classes : 1;
    return BINET_OK;
}

static binet_status read_weights(binet__ridge *of, const binet_array *weights, binet_error *error)
{
    for (int64_t i = 0; i < of->features.n; i++) {
        double weight = weights == NULL ? 1.0 : binet__f64_at(weights, i);
        if (!(weight >= 0.0) || !isfinite(weight)) {
            return binet__fail(error, BINET_INVALID_DATA, "weights", i,
                               "weights[%lld] is %g; allowed: 0 or above, finite", (long long)i, weight);
        }
        of->roots[i] = sqrt(weight);
        of->weight += weight;
    }
    if (!(of->weight > 0.0) || !isfinite(of->weight)) {
        return binet__fail(error, BINET_INVALID_DATA, "weights", -1, "weights sums to %g; allowed: above 0, finite",
                           of->weight);
    }
    return BINET_OK;
}

static binet_status weigh_classes(binet__ridge *of, const binet_array *weights, binet_error *error)
{
    int64_t present = 0;
    int64_t last = 0;
    of->class_weights = binet__allocate_zero(of->context, of->n_classes, sizeof *of->class_weights, error);
    if (of->class_weights == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < of->features.n; i++) {
        of->class_weights[of->classes[i]] += weights == NULL ? 1.0 : binet__f64_at(weights, i);
    }
    for (int64_t k = 0; k < of->n_classes; k++) {
        present += of->class_weights[k] > 0.0;
        last = of->class_weights[k] > 0.0 ? k : last;
    }
    if (present < 2) {
        return binet__fail(error, BINET_INVALID_DATA, "labels", -1,
                           "labels has one class, %lld%s; at least two classes are needed", (long long)last,
                           weights == NULL ? "" : ", among rows with a weight");
    }
    return BINET_OK;
}

static binet_status check_room(const binet__ridge *of, const binet_ridge_result *result, binet_error *error)
{
    size_t needed;
    binet_status status = binet__require(result->coefficients, "result", error);
    status = status == BINET_OK ? binet__require(result->intercepts, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (!binet__multiply(of->n_outputs, (uint64_t)of->features.width, &needed) ||
        result->coefficients_capacity < (int64_t)needed) {
        return binet__fail_argument(
            error, "result", "result->coefficients_capacity is %lld; %lld outputs of %lld features need as many",
            (long long)result->coefficients_capacity, (long long)of->n_outputs, (long long)of->features.width);
    }
    if (result->intercepts_capacity < of->n_outputs) {
        return binet__fail_argument(error, "result", "result->intercepts_capacity is %lld; %lld outputs need as many",
                                    (long long)result->intercepts_capacity, (long long)of->n_outputs);
    }
    int wanted = result->loo_error != NULL || result->loo_accuracy != NULL || result->n_undetermined != NULL;
    if (wanted && result->loo_capacity < of->n_penalties) {
        return binet__fail_argument(error, "result", "result->loo_capacity is %lld; %lld penalties need as many",
                                    (long long)result->loo_capacity, (long long)of->n_penalties);
    }
    return BINET_OK;
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static void release(const binet__ridge *of)
{
    binet__release(of->context, of->projections);
    binet__release(of->context, of->values);
    binet__release(of->context, of->vectors);
    binet__release(of->context, of->right);
    binet__release(of->context, of->matrix);
    binet__release(of->context, of->rows);
    binet__release(of->context, of->mean);
    binet__release(of->context, of->class_weights);
    binet__release(of->context, of->roots);
    binet__release(of->context, of->classes);
}

static binet_status allocate_rows(binet__ridge *of, binet_error *error)
{
    of->classes = binet__allocate(of->context, of->features.n, sizeof *of->classes, error);
    of->roots = of->classes == NULL ? NULL : binet__allocate(of->context, of->features.n, sizeof *of->roots, error);
    return of->roots == NULL ? BINET_OUT_OF_MEMORY : BINET_OK;
}

static binet_status allocate_system(binet__ridge *of, binet_error *error)
{
    const uint64_t size = (uint64_t)of->order * sizeof(double);
    const uint64_t row = (uint64_t)of->features.width * sizeof(double);
    int made = (of->mean = binet__allocate(of->context, 1, row, error)) != NULL &&
               (!of->on_samples || (of->rows = binet__allocate(of->context, of->order, row, error)) != NULL) &&
               (of->matrix = binet__allocate_zero(of->context, of->order, size, error)) != NULL &&
               (of->right = binet__allocate(of->context, of->n_outputs, size, error)) != NULL &&
               (of->vectors = binet__allocate(of->context, of->order, size, error)) != NULL &&
               (of->values = binet__allocate(of->context, 1, size, error)) != NULL &&
               (of->projections = binet__allocate(of->context, of->n_outputs, size, error)) != NULL;
    return made ? BINET_OK : BINET_OUT_OF_MEMORY;
}

/* ---- Fit --------------------------------------------------------------------------------------------------------- */

static binet_status gather(binet__ridge *of, binet_error *error)
{
    binet_status status =
        of->on_samples ? binet__ridge_gather_samples(of, error) : binet__ridge_gather_features(of, error);
    for (int64_t i = 0; status == BINET_OK && i < of->order; i++) {
        for (int64_t j = 0; j < i; j++) {
            of->matrix[j * of->order + i] = of->matrix[i * of->order + j];
        }
    }
    return status;
}

/* The first of least error; -1 where none is determined. */
static int64_t least(const double *errors, int64_t n)
{
    int64_t found = -1;
    for (int64_t a = 0; a < n; a++) {
        if (!isnan(errors[a]) && (found < 0 || errors[a] < errors[found])) {
            found = a;
        }
    }
    return found;
}

static binet_status choose(binet__ridge *of, const binet__ridge_sweep *sweep, int64_t *chosen, binet_error *error)
{
    *chosen = of->n_penalties == 1 ? 0 : least(sweep->error, of->n_penalties);
    if (*chosen < 0) {
        return binet__fail_argument(error, "options",
                                    "options->penalties has no entry whose leave-one-out error is determined: they are "
                                    "lost in the rounding of features this large (largest eigenvalue %g)",
                                    of->values[of->order - 1]);
    }
    return BINET_OK;
}

static void write_result(const binet__ridge *of, const binet__ridge_sweep *sweep, const double *coefficients,
                         binet_ridge_result *result)
{
    int64_t d = of->features.width;
    memcpy(result->coefficients, coefficients, (size_t)(of->n_outputs * d) * sizeof *coefficients);
    for (int64_t m = 0; m < of->n_outputs; m++) {
        result->intercepts[m] = binet__ridge_centre(of, m) - binet__dot(coefficients + m * d, of->mean, d);
    }
    for (int64_t a = 0; a < of->n_penalties; a++) {
        if (result->loo_error != NULL) {
            result->loo_error[a] = sweep->error[a];
        }
        if (result->loo_accuracy != NULL) {
            result->loo_accuracy[a] = sweep->accuracy[a];
        }
        if (result->n_undetermined != NULL) {
            result->n_undetermined[a] = sweep->n_undetermined[a];
        }
    }
    result->n_classes = (int32_t)of->n_classes;
    result->n_outputs = of->n_outputs;
    result->n_features = d;
    result->n = of->features.n;
    result->penalty = of->penalties[result->penalty_index];
}

static binet_status fit(binet__ridge *of, binet_ridge_result *result, binet_error *error)
{
    binet__ridge_sweep sweep = {0};
    double *coefficients = NULL;
    binet_status status = BINET_OUT_OF_MEMORY;
    sweep.error = binet__allocate(of->context, of->n_penalties, 2 * sizeof *sweep.error, error);
    if (sweep.error == NULL) {
        goto cleanup;
    }
    sweep.accuracy = sweep.error + of->n_penalties;
    sweep.n_undetermined = binet__allocate(of->context, of->n_penalties, sizeof *sweep.n_undetermined, error);
    if (sweep.n_undetermined == NULL) {
        goto cleanup;
    }
    coefficients =
        binet__allocate(of->context, of->n_outputs, (uint64_t)of->features.width * sizeof *coefficients, error);
    if (coefficients == NULL) {
        goto cleanup;
    }
    status = allocate_system(of, error);
    status = status == BINET_OK ? gather(of, error) : status;
    int wanted = result->loo_error != NULL || result->loo_accuracy != NULL || result->n_undetermined != NULL;
    if (status == BINET_OK && (wanted || of->n_penalties > 1)) {
        status = binet__ridge_leave_one_out(of, &sweep, error);
    }
    status = status == BINET_OK ? choose(of, &sweep, &result->penalty_index, error) : status;
    if (status == BINET_OK) {
        status = binet__ridge_solve(of, result->penalty_index, coefficients, &result->residual, error);
    }
    if (status == BINET_OK) {
        write_result(of, &sweep, coefficients, result);
    }
cleanup:
    binet__release(of->context, coefficients);
    binet__release(of->context, sweep.n_undetermined);
    binet__release(of->context, sweep.error);
    return status;
}

binet_status binet_ridge_fit(const binet_context *context, const binet_array *features, const binet_array *labels,
                             const binet_array *weights, const binet_ridge_options *options, binet_ridge_result *result,
                             binet_error *error)
{
    binet_ridge_options given;
    binet_ridge_result found;
    const binet__kernels *kernels;
    binet_status status = binet__features_check(features, "features", error);
    int64_t n = status == BINET_OK ? features->shape[0] : 0;
    status = status == BINET_OK ? binet__check_vector(labels, "labels", BINET__DTYPES_INTEGER, &n, error) : status;
    if (status == BINET_OK && weights != NULL) {
        status = binet__check_vector(weights, "weights", BINET__DTYPE(BINET_F64), &n, error);
    }
    status = status == BINET_OK ? read_options(options, &given, error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(&found, sizeof found, result, "result", error) : status;
    status = status == BINET_OK ? binet__kernels_of(context, &kernels, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    binet__ridge of = {.context = context,
                       .features = binet__features_of(features, "features", kernels),
                       .penalties = given.penalties,
                       .n_penalties = given.n_penalties};
    of.on_samples = of.features.n < of.features.width;
    of.order = of.on_samples ? of.features.n : of.features.width;
    status = allocate_rows(&of, error);
    status = status == BINET_OK ? read_labels(&of, labels, given.n_classes, error) : status;
    status = status == BINET_OK ? read_weights(&of, weights, error) : status;
    status = status == BINET_OK ? weigh_classes(&of, weights, error) : status;
    status = status == BINET_OK ? check_room(&of, &found, error) : status;
    status = status == BINET_OK ? fit(&of, &found, error) : status;
    release(&of);
    if (status == BINET_OK) {
        binet__write_struct(result, &found, sizeof found);
    }
    return status;
}
