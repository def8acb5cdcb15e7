#include "binet/neighbors.h"

#include <math.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/neighbors_basis.h"
#include "metrics/neighbors_search.h"

enum { DEFAULT_K = 20, MOST_COLUMNS = 1 << 20 };

#define SMALLEST_SQUARE 1e-240
#define LARGEST_SQUARE 1e300

static binet_status check_features(const binet_array *array, const char *argument, binet_error *error)
{
    binet_status status = binet__require(array, argument, error);
    status = status == BINET_OK ? binet__check_array(array, argument, 2, BINET__DTYPES_FLOAT, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (array->shape[0] < 1 || array->shape[1] < 1 || array->shape[1] > MOST_COLUMNS ||
        !binet__blas_fits(array->shape[0])) {
        return binet__fail_argument(error, argument,
                                    "%s is [%lld, %lld]; allowed: 1 .. 2147483647 rows of 1 .. %d features", argument,
                                    (long long)array->shape[0], (long long)array->shape[1], (int)MOST_COLUMNS);
    }
    return BINET_OK;
}

static binet_status check_shapes(const binet_array *train, const binet_array *queries, binet_error *error)
{
    binet_status status = check_features(train, "train", error);
    status = status == BINET_OK ? check_features(queries, "queries", error) : status;
    if (status == BINET_OK && queries->shape[1] != train->shape[1]) {
        return binet__fail_argument(error, "queries", "queries has %lld features where train has %lld",
                                    (long long)queries->shape[1], (long long)train->shape[1]);
    }
    return status;
}

static binet_status read_options(const binet_neighbors_options *options, int64_t n_train, int64_t n_queries,
                                 binet__search *search, binet_error *error)
{
    binet_neighbors_options given;
    binet_status status = binet__read_struct(&given, sizeof given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given.reserved, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (given.metric != BINET_METRIC_COSINE && given.metric != BINET_METRIC_EUCLIDEAN) {
        return binet__fail_argument(error, "options", "options->metric is %d; allowed: 0 (cosine), 1 (Euclidean)",
                                    (int)given.metric);
    }
    if (given.exclude_self != 0 && given.exclude_self != 1) {
        return binet__fail_argument(error, "options", "options->exclude_self is %d; allowed: 0, 1",
                                    (int)given.exclude_self);
    }
    if (given.exclude_self && n_queries != n_train) {
        return binet__fail_argument(error, "queries",
                                    "queries has %lld rows where train has %lld; they are the same with exclude_self",
                                    (long long)n_queries, (long long)n_train);
    }
    search->k = given.k != 0 ? given.k : DEFAULT_K;
    search->metric = given.metric;
    search->exclude_self = given.exclude_self;
    return BINET_OK;
}

/* Told after rows that cannot be compared, as scikit-learn tells it. */
static binet_status check_k(const binet__search *search, binet_error *error)
{
    int64_t most = search->train.n - search->exclude_self;
    if (search->k < 1 || search->k > most) {
        return binet__fail_argument(error, "options",
                                    "options->k is %lld; allowed: 1 .. %lld, as many as there are %srows",
                                    (long long)search->k, (long long)most, search->exclude_self ? "other " : "");
    }
    return BINET_OK;
}

/* Lengths of rows, in range, and how many are zero. */
static binet_status measure(const binet_context *context, binet__features *features, int64_t *n_zero,
                            binet_error *error)
{
    features->squares = binet__allocate(context, features->n, sizeof *features->squares, error);
    binet_status status =
        features->squares != NULL ? binet__features_measure(context, features, error) : BINET_OUT_OF_MEMORY;
    for (int64_t row = 0; status == BINET_OK && row < features->n; row++) {
        double square = features->squares[row];
        *n_zero += square == 0;
        if (square != 0 && !(square >= SMALLEST_SQUARE && square <= LARGEST_SQUARE)) {
            status = binet__fail(error, BINET_INVALID_DATA, features->argument, row,
                                 "row %lld of %s has a squared length of %.9g; allowed: 0, 1e-240 .. 1e300",
                                 (long long)row, features->argument, square);
        }
    }
    return status;
}

static void write_neighbours(const binet__search *search, const binet__ranked *neighbours,
                             const binet_neighbors_result *found)
{
    int euclidean = search->metric == BINET_METRIC_EUCLIDEAN;
    for (int64_t i = 0; i < search->queries.n * search->k; i++) {
        if (found->indices != NULL) {
            found->indices[i] = neighbours[i].row;
        }
        if (found->values != NULL) {
            found->values[i] = euclidean ? sqrt(-neighbours[i].worth) : neighbours[i].worth;
        }
    }
}

binet_status binet_neighbors(const binet_context *context, const binet_array *train, const binet_array *queries,
                             const binet_neighbors_options *options, binet_neighbors_result *result, binet_error *error)
{
    binet__search search = {.context = context};
    binet_neighbors_result found;
    binet_status status = binet__kernels_of(context, &search.kernels, error);
    status = status == BINET_OK ? check_shapes(train, queries, error) : status;
    status = status == BINET_OK ? read_options(options, train->shape[0], queries->shape[0], &search, error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(&found, sizeof found, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    found = (binet_neighbors_result){.indices = found.indices,
                                     .values = found.values,
                                     .n_queries = queries->shape[0],
                                     .n_train = train->shape[0],
                                     .k = search.k};
    search.train = binet__features_of(train, "train", search.kernels);
    search.queries = binet__features_of(queries, "queries", search.kernels);
    binet__ranked *neighbours = NULL;
    binet__row_maker maker = {0};
    status = measure(context, &search.train, &found.n_zero_train, error);
    status = status == BINET_OK ? measure(context, &search.queries, &found.n_zero_queries, error) : status;
    status = status == BINET_OK ? check_k(&search, error) : status;
    status = status == BINET_OK
                 ? binet__row_maker_create(context, search.metric, &search.train, &search.queries, &maker, error)
                 : status;
    status = status == BINET_OK ? binet__choose_basis(&search, &maker, error) : status;
    if (status != BINET_OK) {
        goto cleanup;
    }
    neighbours = binet__allocate(context, search.queries.n, (uint64_t)search.k * sizeof *neighbours, error);
    status = neighbours != NULL ? binet__search_with(&search, &maker, neighbours, &found.n_decided, error)
                                : BINET_OUT_OF_MEMORY;
    if (status != BINET_OK) {
        goto cleanup;
    }
    found.n_directions = maker.rank != 0 ? maker.rank : maker.width;
    write_neighbours(&search, neighbours, &found);
    binet__write_struct(result, &found, sizeof found);
cleanup:
    binet__release(context, neighbours);
    binet__row_maker_clear(context, &maker);
    binet__release(context, search.queries.squares);
    binet__release(context, search.train.squares);
    return status;
}
