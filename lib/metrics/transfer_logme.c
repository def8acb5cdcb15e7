#include <float.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/evidence.h"
#include "metrics/features_gram.h"
#include "metrics/targets.h"

typedef struct logme {
    const binet_context *context;
    binet__features features;
    binet__targets targets;
    binet_logme_result found;
    int64_t order;            /* of the eigenproblem: min(N, D) */
    double *vectors;          /* [order, order]: the products, then their eigenvectors */
    double *values;           /* [order], ascending */
    double *sums;             /* [n_present, D] sums of the rows of each class; where N < D they are not there */
    double *projections;      /* [n_present, rank] */
    double *totals;           /* [n_present] */
    binet_logme_class *rooms; /* [n_present] */
} logme;

/* ---- Input ------------------------------------------------------------------------------------------------------- */

static binet_status check_features(const binet_array *features, binet_error *error)
{
    binet_status status = binet__require(features, "features", error);
    status = status == BINET_OK ? binet__check_array(features, "features", 2, BINET__DTYPES_FLOAT, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (features->shape[0] < 2 || features->shape[1] < 1 || !binet__blas_fits(features->shape[0]) ||
        !binet__blas_fits(features->shape[1])) {
        return binet__fail_argument(error, "features",
                                    "features has shape [%lld, %lld]; allowed: [N, D] with N >= 2, D >= 1, both below "
                                    "2^31",
                                    (long long)features->shape[0], (long long)features->shape[1]);
    }
    return BINET_OK;
}

static binet_status read_result(const binet_logme_result *result, logme *of, binet_error *error)
{
    binet_status status = binet__read_struct(&of->found, sizeof of->found, result, "result", error);
    if (status == BINET_OK && of->found.classes != NULL && of->found.classes_capacity < of->targets.n_classes) {
        status =
            binet__fail_argument(error, "result", "result->classes_capacity is %lld; %d classes need at least as many",
                                 (long long)of->found.classes_capacity, (int)of->targets.n_classes);
    }
    of->found.n = of->features.n;
    of->found.n_features = of->features.width;
    of->found.n_classes = of->targets.n_classes;
    of->found.n_present = of->targets.n_present;
    of->found.n_unbounded = 0;
    of->found.rank = 0;
    return status;
}

static binet_status allocate(logme *of, binet_error *error)
{
    uint64_t size = sizeof(double);
    int wide = of->features.n < of->features.width;
    of->order = wide ? of->features.n : of->features.width;
    int64_t n_present = of->targets.n_present;
    of->vectors = binet__allocate_zero(of->context, of->order, size * (uint64_t)of->order, error);
    of->values = binet__allocate(of->context, of->order, size, error);
    of->sums = binet__allocate_zero(of->context, wide ? 0 : n_present, size * (uint64_t)of->features.width, error);
    of->projections = binet__allocate_zero(of->context, n_present, size * (uint64_t)of->order, error);
    of->totals = binet__allocate(of->context, n_present, size, error);
    of->rooms = binet__allocate_zero(of->context, n_present, sizeof *of->rooms, error);
    int all = of->vectors != NULL && of->values != NULL && of->sums != NULL && of->projections != NULL &&
              of->totals != NULL && of->rooms != NULL;
    return all ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void release(const logme *of)
{
    binet__release(of->context, of->rooms);
    binet__release(of->context, of->totals);
    binet__release(of->context, of->projections);
    binet__release(of->context, of->sums);
    binet__release(of->context, of->values);
    binet__release(of->context, of->vectors);
    binet__targets_release(of->context, &of->targets);
}

/* ---- Singular vectors -------------------------------------------------------------------------------------------- */

static binet_status decompose(logme *of, binet_error *error)
{
    int wide = of->features.n < of->features.width;
    binet_status status =
        wide ? binet__features_gram_rows(of->context, &of->features, of->vectors, error)
             : binet__features_gram(of->context, &of->features, of->targets.classes, of->vectors, of->sums, error);
    for (int64_t i = 0; status == BINET_OK && i < of->order; i++) {
        if (!isfinite(of->vectors[i * of->order + i])) {
            status = binet__fail(error, BINET_INVALID_DATA, "features", wide ? i : -1,
                                 "%s %lld of features has a number too large to square", wide ? "row" : "column",
                                 (long long)i);
        }
    }
    status = status == BINET_OK ? binet__eigen(of->context, of->order, of->vectors, of->values, error) : status;
    if (status == BINET_OK) {
        int64_t longer = wide ? of->features.width : of->features.n;
        double least = DBL_EPSILON * (double)longer * of->values[of->order - 1];
        while (of->found.rank < of->order && of->values[of->order - 1 - of->found.rank] > fmax(least, 0.0)) {
            of->found.rank++;
        }
    }
    return status;
}

/* Squares of the projections, of which there is one for each class and direction. */
static void project(logme *of)
{
    int64_t rank = of->found.rank;
    int64_t skipped = of->order - rank;
    const double *vectors = of->vectors + skipped * of->order;
    if (of->features.n < of->features.width) {
        for (int64_t i = 0; i < rank; i++) {
            for (int64_t row = 0; row < of->features.n; row++) {
                of->projections[of->targets.classes[row] * rank + i] += vectors[i * of->order + row];
            }
        }
    } else if (rank > 0) {
        binet__f64_matrix sums = {of->sums, of->features.width, 0};
        binet__f64_matrix directions = {vectors, of->order, 1};
        binet__gemm_f64(of->targets.n_present, rank, of->features.width, sums, directions, 0.0, of->projections, rank);
    }
    int scaled = of->features.n >= of->features.width;
    for (int64_t k = 0; k < of->targets.n_present; k++) {
        for (int64_t i = 0; i < rank; i++) {
            double z = of->projections[k * rank + i];
            of->projections[k * rank + i] = scaled ? z * z / of->values[skipped + i] : z * z;
        }
    }
}

/* ---- The call ---------------------------------------------------------------------------------------------------- */

static void hand_over(logme *of, binet_logme_result *result)
{
    double sum = 0.0;
    for (int32_t k = 0; k < of->targets.n_present; k++) {
        sum += of->rooms[k].evidence;
        of->found.n_unbounded += isinf(of->rooms[k].evidence) != 0;
    }
    of->found.logme = sum / of->targets.n_present;
    for (int32_t k = 0; of->found.classes != NULL && k < of->targets.n_classes; k++) {
        int32_t number = of->targets.numbers[k];
        of->found.classes[k] = number < 0 ? (binet_logme_class){0, NAN, NAN, NAN} : of->rooms[number];
        of->found.classes[k].n = of->targets.counts[k];
    }
    binet__write_struct(result, &of->found, sizeof of->found);
}

static binet_status measure(logme *of, binet_logme_result *result, binet_error *error)
{
    binet_status status = allocate(of, error);
    status = status == BINET_OK ? decompose(of, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    project(of);
    for (int32_t k = 0; k < of->targets.n_classes; k++) {
        if (of->targets.numbers[k] >= 0) {
            of->totals[of->targets.numbers[k]] = (double)of->targets.counts[k];
        }
    }
    binet__evidence_features seen = {of->features.n, of->found.rank, of->values + (of->order - of->found.rank)};
    status = binet__evidence_maximise(of->context, &seen, of->targets.n_present, of->projections, of->totals, of->rooms,
                                      error);
    if (status == BINET_OK) {
        hand_over(of, result);
    }
    return status;
}

binet_status binet_logme(const binet_context *context, const binet_array *features, const binet_array *labels,
                         binet_logme_result *result, binet_error *error)
{
    logme of = {.context = context};
    const binet__kernels *kernels = NULL;
    binet_status status = check_features(features, error);
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? binet__kernels_of(context, &kernels, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    of.features = binet__features_of(features, "features", kernels);
    status = binet__targets_create(context, labels, of.features.n, "features", &of.targets, error);
    status = status == BINET_OK ? read_result(result, &of, error) : status;
    status = status == BINET_OK ? measure(&of, result, error) : status;
    release(&of);
    return status;
}
