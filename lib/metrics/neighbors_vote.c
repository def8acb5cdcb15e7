#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/neighbors.h"
#include "kernels/blas.h"
#include "kernels/kernels.h"

enum { MOST_TASKS = 64 };

#define DEFAULT_TEMPERATURE 0.07
#define LEAST_TEMPERATURE 1e-6
#define MOST_TEMPERATURE 1e6

typedef struct vote {
    const binet__kernels *kernels;
    const binet_array *indices;
    const binet_array *values; /* NULL: every neighbour counts the same */
    const binet_array *labels;
    const binet_array *ks;
    int64_t n;   /* queries */
    int64_t all; /* neighbours of each */
    int64_t n_ks;
    int64_t n_classes;
    int64_t n_tasks;
    double sign; /* of values, so that the largest is the nearest */
    double temperature;
    double *weights; /* [n_tasks, all] */
    double *votes;   /* [n_tasks, n_classes], zeros between queries */
    const binet_neighbors_vote_result *result;
} vote;

static int64_t index_at(const vote *of, int64_t i, int64_t j)
{
    const binet_array *array = of->indices;
    return *(const int64_t *)((const char *)array->data + i * array->strides[0] + j * array->strides[1]);
}

/* ---- Checks ------------------------------------------------------------------------------------------------------ */

static binet_status check_neighbours(const binet_array *array, const char *argument, int32_t dtype, vote *of,
                                     binet_error *error)
{
    binet_status status = binet__require(array, argument, error);
    status = status == BINET_OK ? binet__check_array(array, argument, 2, BINET__DTYPE(dtype), error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (array->shape[0] < 1 || array->shape[1] < 1 ||
        (of->n != 0 && (array->shape[0] != of->n || array->shape[1] != of->all))) {
        return binet__fail_argument(error, argument, "%s is [%lld, %lld]; %s", argument, (long long)array->shape[0],
                                    (long long)array->shape[1],
                                    of->n != 0 ? "the shape of indices is needed" : "at least [1, 1] is needed");
    }
    of->n = array->shape[0];
    of->all = array->shape[1];
    return BINET_OK;
}

static binet_status check_integers(const binet_array *array, const char *argument, int64_t low, int64_t high,
                                   binet_error *error)
{
    for (int64_t i = 0; i < array->shape[0]; i++) {
        int64_t value = binet__integer_at(array, i);
        if (value < low || value > high) {
            return binet__fail(error, BINET_INVALID_DATA, argument, i, "%s[%lld] is %lld; allowed: %lld .. %lld",
                               argument, (long long)i, (long long)value, (long long)low, (long long)high);
        }
    }
    return BINET_OK;
}

static binet_status check_indices(const vote *of, binet_error *error)
{
    int64_t n = of->labels->shape[0];
    for (int64_t i = 0; i < of->n; i++) {
        for (int64_t j = 0; j < of->all; j++) {
            int64_t index = index_at(of, i, j);
            if (index < 0 || index >= n) {
                return binet__fail(error, BINET_INVALID_DATA, "indices", i * of->all + j,
                                   "indices[%lld, %lld] is %lld; allowed: 0 .. %lld, the rows that have labels",
                                   (long long)i, (long long)j, (long long)index, (long long)(n - 1));
            }
        }
    }
    return BINET_OK;
}

/* Finite, and the nearest first. */
static binet_status check_values(const vote *of, binet_error *error)
{
    for (int64_t i = 0; i < of->n; i++) {
        double before = INFINITY;
        for (int64_t j = 0; j < of->all; j++) {
            double value = binet__f64_at_2(of->values, i, j);
            if (!isfinite(value) || of->sign * value > before) {
                return binet__fail(error, BINET_INVALID_DATA, "values", i * of->all + j,
                                   "values[%lld, %lld] is %.9g; allowed: finite numbers, the nearest first",
                                   (long long)i, (long long)j, value);
            }
            before = of->sign * value;
        }
    }
    return BINET_OK;
}

static binet_status read_options(const binet_neighbors_vote_options *options, vote *of, const binet_array *values,
                                 binet_error *error)
{
    binet_neighbors_vote_options given;
    binet_status status = binet__read_struct(&given, sizeof given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given.reserved, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (given.weights != BINET_VOTES_SOFTMAX && given.weights != BINET_VOTES_UNIFORM) {
        return binet__fail_argument(error, "options", "options->weights is %d; allowed: 0 (softmax), 1 (uniform)",
                                    (int)given.weights);
    }
    if (given.metric != BINET_METRIC_COSINE && given.metric != BINET_METRIC_EUCLIDEAN) {
        return binet__fail_argument(error, "options", "options->metric is %d; allowed: 0 (cosine), 1 (Euclidean)",
                                    (int)given.metric);
    }
    of->temperature = given.temperature != 0 ? given.temperature : DEFAULT_TEMPERATURE;
    if (!(of->temperature >= LEAST_TEMPERATURE && of->temperature <= MOST_TEMPERATURE)) {
        return binet__fail_argument(error, "options", "options->temperature is %.9g; allowed: 1e-6 .. 1e6",
                                    given.temperature);
    }
    of->sign = given.metric == BINET_METRIC_COSINE ? 1 : -1;
    of->values = given.weights == BINET_VOTES_SOFTMAX ? values : NULL;
    if (given.weights == BINET_VOTES_SOFTMAX) {
        return check_neighbours(values, "values", BINET_F64, of, error);
    }
    return BINET_OK;
}

static binet_status check_inputs(vote *of, const binet_array *values, const binet_neighbors_vote_options *options,
                                 binet_error *error)
{
    int64_t n_labels = 0;
    binet_status status = check_neighbours(of->indices, "indices", BINET_I64, of, error);
    status = status == BINET_OK ? read_options(options, of, values, error) : status;
    status = status == BINET_OK ? binet__check_vector(of->labels, "labels", BINET__DTYPES_INTEGER, &n_labels, error)
                                : status;
    status = status == BINET_OK ? binet__check_vector(of->ks, "ks", BINET__DTYPES_INTEGER, &of->n_ks, error) : status;
    if (status == BINET_OK && (of->n_classes < 1 || !binet__blas_fits(of->n_classes))) {
        return binet__fail_argument(error, "n_classes", "n_classes is %lld; allowed: 1 .. 2147483647",
                                    (long long)of->n_classes);
    }
    status = status == BINET_OK ? check_integers(of->ks, "ks", 1, of->all, error) : status;
    status = status == BINET_OK ? check_integers(of->labels, "labels", 0, of->n_classes - 1, error) : status;
    status = status == BINET_OK ? check_indices(of, error) : status;
    return status == BINET_OK && of->values != NULL ? check_values(of, error) : status;
}

/* ---- Votes ------------------------------------------------------------------------------------------------------- */

/* Of the neighbours of a query, relative to the nearest. */
static void weigh(const vote *of, int64_t query, double *weights)
{
    for (int64_t j = 0; j < of->all; j++) {
        weights[j] = of->values == NULL
                         ? 1.0
                         : of->sign * (binet__f64_at_2(of->values, query, j) - binet__f64_at_2(of->values, query, 0));
    }
    if (of->values != NULL) {
        of->kernels->exp_each(weights, of->all, 1 / of->temperature);
    }
}

static void count(const vote *of, int64_t query, int64_t which, const double *weights, double *votes)
{
    int64_t k = binet__integer_at(of->ks, which);
    double total = 0;
    for (int64_t j = 0; j < k; j++) {
        votes[binet__integer_at(of->labels, index_at(of, query, j))] += weights[j];
        total += weights[j];
    }
    int64_t best = binet__integer_at(of->labels, index_at(of, query, 0));
    double *shares = of->result->probabilities;
    if (shares != NULL) {
        shares += (which * of->n + query) * of->n_classes;
        memset(shares, 0, (size_t)of->n_classes * sizeof *shares);
    }
    for (int64_t j = 0; j < k; j++) {
        int64_t label = binet__integer_at(of->labels, index_at(of, query, j));
        if (votes[label] > votes[best] || (votes[label] == votes[best] && label < best)) {
            best = label;
        }
        if (shares != NULL) {
            shares[label] = votes[label] / total;
        }
    }
    if (of->result->predicted != NULL) {
        of->result->predicted[which * of->n + query] = best;
    }
    for (int64_t j = 0; j < k; j++) {
        votes[binet__integer_at(of->labels, index_at(of, query, j))] = 0;
    }
}

static void run_task(void *argument, int64_t task)
{
    const vote *of = argument;
    double *weights = of->weights + task * of->all;
    double *votes = of->votes + task * of->n_classes;
    int64_t end = (task + 1) * of->n / of->n_tasks;
    for (int64_t query = task * of->n / of->n_tasks; query < end; query++) {
        weigh(of, query, weights);
        for (int64_t which = 0; which < of->n_ks; which++) {
            count(of, query, which, weights, votes);
        }
    }
}

binet_status binet_neighbors_vote(const binet_context *context, const binet_array *indices, const binet_array *values,
                                  const binet_array *labels, const binet_array *ks, int64_t n_classes,
                                  const binet_neighbors_vote_options *options, binet_neighbors_vote_result *result,
                                  binet_error *error)
{
    vote of = {.indices = indices, .labels = labels, .ks = ks, .n_classes = n_classes};
    binet_neighbors_vote_result found;
    binet_status status = binet__kernels_of(context, &of.kernels, error);
    status = status == BINET_OK ? check_inputs(&of, values, options, error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(&found, sizeof found, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    found = (binet_neighbors_vote_result){.predicted = found.predicted,
                                          .probabilities = found.probabilities,
                                          .n_queries = of.n,
                                          .n_ks = of.n_ks,
                                          .n_classes = n_classes};
    of.result = &found;
    of.n_tasks = of.n < MOST_TASKS ? of.n : MOST_TASKS;
    of.weights = binet__allocate(context, of.n_tasks * of.all, sizeof *of.weights, error);
    of.votes =
        of.weights != NULL ? binet__allocate_zero(context, of.n_tasks * n_classes, sizeof *of.votes, error) : NULL;
    status = of.votes != NULL ? binet__run(context, of.n_tasks, run_task, &of, error) : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK) {
        binet__write_struct(result, &found, sizeof found);
    }
    binet__release(context, of.votes);
    binet__release(context, of.weights);
    return status;
}
