/* The nearest neighbours are those of computing every pair in double: exact ties, near ties, copies, any shape. */
#include "binet/neighbors.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "failing_allocator.h"
#include "metrics/features.h"
#include "pooled.h"
#include "scores.h"

enum { ROOM = 3000 * 80, MOST_WIDE = 80, MOST_PAIRS = 400 * 3000 };

static double train_values[ROOM];
static double query_values[ROOM];
static int64_t indices[MOST_PAIRS];
static double values[MOST_PAIRS];
static int64_t expected_indices[MOST_PAIRS];
static double expected_values[MOST_PAIRS];

static double noise(uint64_t *state)
{
    return (double)(scores_next(state) >> 40) * 0x1p-23 - 1.0;
}

/* ---- Brute force ------------------------------------------------------------------------------------------------- */

typedef struct pair {
    double worth;
    int64_t row;
} pair;

static int better_first(const void *left, const void *right)
{
    const pair *a = left;
    const pair *b = right;
    if (a->worth != b->worth) {
        return a->worth > b->worth ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

/* Rows with their squared lengths. */
static double worth_of(const double *a, double a_square, const double *b, double b_square, int64_t width,
                       int32_t metric)
{
    if (metric == BINET_METRIC_EUCLIDEAN) {
        return -binet__squared_distance(a, b, width);
    }
    double cosine = binet__cosine(binet__dot(a, b, width), a_square, b_square);
    return isnan(cosine) ? 0.0 : cosine;
}

/* Every pair in double, sorted. */
static void brute_force(int64_t n, int64_t m, int64_t width, int64_t k, int32_t metric, int exclude_self)
{
    pair *pairs = malloc((size_t)n * sizeof *pairs);
    double *squares = malloc((size_t)n * sizeof *squares);
    for (int64_t j = 0; j < n; j++) {
        const double *row = train_values + j * width;
        squares[j] = binet__dot(row, row, width);
    }
    for (int64_t i = 0; i < m; i++) {
        const double *query = query_values + i * width;
        double square = binet__dot(query, query, width);
        int64_t count = 0;
        for (int64_t j = 0; j < n; j++) {
            if (!(exclude_self && i == j)) {
                double worth = worth_of(query, square, train_values + j * width, squares[j], width, metric);
                pairs[count++] = (pair){worth, j};
            }
        }
        qsort(pairs, (size_t)count, sizeof *pairs, better_first);
        for (int64_t at = 0; at < k; at++) {
            expected_indices[i * k + at] = pairs[at].row;
            expected_values[i * k + at] = metric == BINET_METRIC_EUCLIDEAN ? sqrt(-pairs[at].worth) : pairs[at].worth;
        }
    }
    free(squares);
    free(pairs);
}

/* ---- The claims -------------------------------------------------------------------------------------------------- */

static binet_neighbors_result find(const binet_context *context, const binet_array *train, const binet_array *queries,
                                   int64_t k, int32_t metric, int exclude_self)
{
    binet_neighbors_options options = {sizeof options, metric, k, exclude_self, 0};
    binet_neighbors_result result = {.struct_size = sizeof result, .indices = indices, .values = values};
    memset(indices, 0x55, sizeof indices);
    memset(values, 0x55, sizeof values);
    CHECK_INT(binet_neighbors(context, train, queries, &options, &result, NULL), BINET_OK);
    return result;
}

/* The k nearest of m queries, of which `n_expected` each are known. */
static void check_found(int64_t m, int64_t k, int64_t n_expected)
{
    int64_t wrong = 0;
    for (int64_t i = 0; i < m * k; i++) {
        int64_t at = i / k * n_expected + i % k;
        wrong += indices[i] != expected_indices[at] || values[i] != expected_values[at];
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(indices[m * k], 0x5555555555555555);
}

/* For k = least, least + step .. most, of `train_values` and `query_values`. */
static void each_equals_brute_force(int64_t n, int64_t m, int64_t width, int64_t least, int64_t most, int64_t step,
                                    int exclude_self)
{
    binet_array train = scores_matrix(train_values, BINET_F64, n, width);
    binet_array queries = scores_matrix(query_values, BINET_F64, m, width);
    for (int32_t metric = BINET_METRIC_COSINE; metric <= BINET_METRIC_EUCLIDEAN; metric++) {
        brute_force(n, m, width, most, metric, exclude_self);
        for (int64_t k = least; k <= most; k += step) {
            binet_neighbors_result result = find(NULL, &train, &queries, k, metric, exclude_self);
            check_found(m, k, most);
            CHECK_INT(result.n_train, n);
            CHECK_INT(result.n_queries, m);
            CHECK_INT(result.k, k);
            CHECK(result.n_decided >= m * k);
        }
    }
}

static void equals_brute_force(int64_t n, int64_t m, int64_t width, int64_t k, int exclude_self)
{
    each_equals_brute_force(n, m, width, k, k, 1, exclude_self);
}

static void fill_with_noise(double *out, int64_t count, double offset, uint64_t seed)
{
    uint64_t state = seed;
    for (int64_t i = 0; i < count; i++) {
        out[i] = offset + noise(&state);
    }
}

static void every_shape_equals_brute_force(void)
{
    static const int64_t shapes[][4] = {{1, 1, 1, 1},      {2, 3, 5, 2},      {20, 1, 17, 20},  {63, 65, 3, 7},
                                        {1025, 70, 31, 9}, {2500, 30, 80, 1}, {700, 130, 1, 50}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const int64_t *shape = shapes[i];
        fill_with_noise(train_values, shape[0] * shape[2], 0, 1 + i);
        fill_with_noise(query_values, shape[1] * shape[2], 0, 100 + i);
        equals_brute_force(shape[0], shape[1], shape[2], shape[3], 0);
    }
}

/* All that lies far from the origin, where |a|^2 - 2 a.b + |b|^2 cancels and cosines are all close to 1. */
static void far_from_the_origin_equals_brute_force(void)
{
    static const double offsets[] = {30.0, 1e4, 1e8};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        fill_with_noise(train_values, (int64_t)900 * 20, offsets[i], 3);
        fill_with_noise(query_values, (int64_t)70 * 20, offsets[i], 4);
        equals_brute_force(900, 70, 20, 11, 0);
    }
}

/* A few rows a million times as long as the others do not blunt the search among those. */
static void long_rows_among_short_ones_equal_brute_force(void)
{
    fill_with_noise(train_values, (int64_t)900 * 20, 0, 3);
    fill_with_noise(query_values, (int64_t)70 * 20, 0, 4);
    for (int i = 0; i < 20; i++) {
        train_values[(size_t)450 * 20 + (size_t)i] *= 1e6;
        query_values[(size_t)33 * 20 + (size_t)i] *= 1e9;
    }
    equals_brute_force(900, 70, 20, 11, 0);
    binet_array train = scores_matrix(train_values, BINET_F64, 900, 20);
    binet_array queries = scores_matrix(query_values, BINET_F64, 33, 20);
    binet_neighbors_result result = find(NULL, &train, &queries, 11, BINET_METRIC_EUCLIDEAN, 0);
    CHECK(result.n_decided < 2 * 33 * 11);
}

/* Small integers: most distances come several times, and products are exact. */
static void ties_go_to_the_lower_index(void)
{
    uint64_t state = 9;
    for (int i = 0; i < 1500 * 3; i++) {
        train_values[i] = (double)(scores_next(&state) >> 62);
        query_values[i] = (double)(scores_next(&state) >> 62);
    }
    equals_brute_force(1500, 200, 3, 40, 0);
    for (int64_t i = 0; i < 1400; i++) { /* more copies than a list has room for */
        memcpy(train_values + 3 * (i + 50), train_values, 3 * sizeof *train_values);
    }
    memcpy(query_values, train_values, 3 * sizeof *train_values);
    equals_brute_force(1500, 200, 3, 40, 0);
    equals_brute_force(1500, 30, 3, 1500, 0);
}

/* Rows that differ from one another by one unit in the last place of f32 and less: f32 alone could not order them. */
static void near_ties_are_decided_in_double(void)
{
    enum { N = 600, M = 20, D = 24 };
    uint64_t state = 5;
    fill_with_noise(query_values, (int64_t)M * D, 0, 77);
    for (int i = 0; i < N * D; i++) {
        train_values[i] = query_values[i % D] * (1 + 1e-9 * noise(&state));
    }
    equals_brute_force(N, M, D, 25, 0);
    binet_array train = scores_matrix(train_values, BINET_F64, N, D);
    binet_array queries = scores_matrix(query_values, BINET_F64, M, D);
    binet_neighbors_result result = find(NULL, &train, &queries, 25, BINET_METRIC_COSINE, 0);
    CHECK_INT(result.n_decided, (int64_t)N * M);
}

static void a_row_is_not_its_own_neighbour(void)
{
    fill_with_noise(train_values, (int64_t)1100 * 9, 0, 21);
    memcpy(train_values + 9, train_values, 9 * sizeof *train_values); /* its copy is */
    memcpy(query_values, train_values, (size_t)1100 * 9 * sizeof *train_values);
    equals_brute_force(1100, 1100, 9, 6, 1);
    CHECK_INT(indices[0], 1);
    CHECK_INT(indices[6], 0);
    equals_brute_force(5, 5, 9, 4, 1);
}

/* A row of zeros has cosine 0 to every row: the middle of the order. */
static void a_row_of_zeros_has_cosine_zero(void)
{
    fill_with_noise(train_values, (int64_t)400 * 6, 0, 31);
    fill_with_noise(query_values, (int64_t)30 * 6, 0, 32);
    memset(train_values + (size_t)7 * 6, 0, 6 * sizeof *train_values);
    memset(train_values + (size_t)300 * 6, 0, 6 * sizeof *train_values);
    memset(query_values + (size_t)3 * 6, 0, 6 * sizeof *query_values);
    equals_brute_force(400, 30, 6, 400, 0);
    binet_array train = scores_matrix(train_values, BINET_F64, 400, 6);
    binet_array queries = scores_matrix(query_values, BINET_F64, 30, 6);
    binet_neighbors_result result = find(NULL, &train, &queries, 5, BINET_METRIC_COSINE, 0);
    CHECK_INT(result.n_zero_train, 2);
    CHECK_INT(result.n_zero_queries, 1);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(indices[15 + i], i);
        CHECK(values[15 + i] == 0.0);
    }
    memset(train_values, 0, sizeof train_values);
    memset(query_values, 0, sizeof query_values);
    equals_brute_force(400, 30, 6, 3, 0);
}

/* Features along few directions, turned so that every column has a part of each: row i of the rotation is a cosine. */
static void fill_with_spectrum(double *out, int64_t n, int64_t width, double offset, uint64_t seed)
{
    static double rotation[MOST_WIDE * MOST_WIDE];
    uint64_t state = seed;
    for (int64_t i = 0; i < width; i++) {
        for (int64_t k = 0; k < width; k++) {
            rotation[i * width + k] = cos(acos(-1.0) * ((double)k + 0.5) * (double)i / (double)width);
        }
    }
    memset(out, 0, (size_t)(n * width) * sizeof *out);
    for (int64_t row = 0; row < n; row++) {
        for (int64_t i = 0; i < width; i++) {
            double along = (noise(&state) + noise(&state)) / pow((double)i + 1, 1.5);
            for (int64_t k = 0; k < width; k++) {
                out[row * width + k] += along * rotation[i * width + k];
            }
        }
        for (int64_t k = 0; k < width; k++) {
            out[row * width + k] += offset;
        }
    }
}

/* Where the first directions tell most, products are along those alone, and the result is that of all. */
static void leading_directions_equal_brute_force(void)
{
    enum { N = 1100, M = 430, D = 36, ITSELF = 900, K = 5 };
    for (int which = 0; which < 3; which++) {
        int is_itself = which == 2;
        int64_t n = is_itself ? ITSELF : N;
        int64_t m = is_itself ? ITSELF : M;
        double offset = which == 1 ? 3.0 : 0.0;
        fill_with_spectrum(train_values, n, D, offset, 51);
        fill_with_spectrum(query_values, m, D, offset, is_itself ? 51 : 52);
        each_equals_brute_force(n, m, D, 1, K, 2, is_itself);
        binet_array train = scores_matrix(train_values, BINET_F64, n, D);
        binet_array queries = scores_matrix(query_values, BINET_F64, m, D);
        for (int32_t metric = BINET_METRIC_COSINE; metric <= BINET_METRIC_EUCLIDEAN; metric++) {
            binet_neighbors_result result = find(NULL, &train, &queries, K, metric, is_itself);
            CHECK(result.n_directions <= D / 2);
            CHECK(result.n_decided < n * m / 4);
        }
    }
    fill_with_noise(train_values, (int64_t)N * D, 0, 1);
    binet_array train = scores_matrix(train_values, BINET_F64, N, D);
    binet_array queries = scores_matrix(query_values, BINET_F64, ITSELF, D);
    CHECK_INT(find(NULL, &train, &queries, K, BINET_METRIC_COSINE, 0).n_directions, D);
}

/* Directions that are all alike, zeros, and copies: what is chosen does not matter, what is found does. */
static void odd_features_of_many_rows_equal_brute_force(void)
{
    enum { N = 800, M = 500, D = 32 };
    memset(train_values, 0, (size_t)N * D * sizeof *train_values);
    memset(query_values, 0, (size_t)M * D * sizeof *query_values);
    equals_brute_force(N, M, D, 4, 0);
    fill_with_spectrum(train_values, N, D, 0, 61);
    fill_with_spectrum(query_values, M, D, 0, 62);
    for (int64_t i = 0; i < 600; i++) {
        memcpy(train_values + D * (i + 20), train_values + D * (i % 7), D * sizeof *train_values);
    }
    memset(train_values + (size_t)700 * D, 0, D * sizeof *train_values);
    memset(query_values + (size_t)20 * D, 0, D * sizeof *query_values);
    equals_brute_force(N, M, D, 150, 0);
}

static void threads_strides_and_dtypes_change_nothing(void)
{
    enum { N = 1500, M = 300, D = 13, K = 8 };
    static float narrow[N][2 * D];
    fill_with_noise(train_values, (int64_t)N * D, 0, 41);
    fill_with_noise(query_values, (int64_t)M * D, 0, 42);
    for (int i = 0; i < N * D; i++) {
        narrow[i / D][(size_t)2 * (size_t)(D - 1 - i % D)] = (float)train_values[i]; /* columns from the last on */
        train_values[i] = (double)(float)train_values[i];
    }
    binet_array train = {narrow[0] + 2 * (D - 1), BINET_F32, 2, {N, D}, {sizeof narrow[0], -8}};
    binet_array queries = scores_matrix(query_values, BINET_F64, M, D);
    for (int32_t metric = BINET_METRIC_COSINE; metric <= BINET_METRIC_EUCLIDEAN; metric++) {
        brute_force(N, M, D, K, metric, 0);
        for (int32_t n_threads = 1; n_threads <= 5; n_threads += 2) {
            int32_t isa = n_threads == 3 ? BINET_ISA_SCALAR : BINET_ISA_DEFAULT;
            pooled on = pooled_start(n_threads, isa);
            (void)find(on.context, &train, &queries, K, metric, 0);
            check_found(M, K, K);
            pooled_end(on);
        }
    }
}

static void rooms_that_are_not_wanted_stay(void)
{
    fill_with_noise(train_values, 400, 0, 1);
    binet_array train = scores_matrix(train_values, BINET_F64, 100, 4);
    binet_neighbors_result result = {.struct_size = sizeof result, .values = values};
    CHECK_INT(binet_neighbors(NULL, &train, &train, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.k, 20);
    CHECK(result.indices == NULL && values[0] == 1.0);
    result.values = NULL;
    CHECK_INT(binet_neighbors(NULL, &train, &train, NULL, &result, NULL), BINET_OK);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(const binet_array *train, const binet_array *queries, const binet_neighbors_options *options,
                    binet_status status, const char *argument, int64_t element, const char *text)
{
    binet_neighbors_result result = {.struct_size = sizeof result, .indices = indices, .n_decided = -7};
    binet_error error = {0};
    indices[0] = -7;
    CHECK_INT(binet_neighbors(NULL, train, queries, options, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, text);
    CHECK(result.n_decided == -7 && indices[0] == -7);
}

static void bad_shapes_and_options_are_named(void)
{
    binet_array train = scores_matrix(train_values, BINET_F64, 30, 4);
    binet_array queries = scores_matrix(query_values, BINET_F64, 10, 4);
    binet_neighbors_options options = {.struct_size = sizeof options, .k = 31};
    refused(&train, &queries, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->k is 31; allowed: 1 .. 30");
    options.k = -1;
    refused(&train, &queries, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->k is -1");
    options.k = 3;
    options.metric = 2;
    refused(&train, &queries, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->metric is 2");
    options.metric = 0;
    options.exclude_self = 1;
    refused(&train, &queries, &options, BINET_INVALID_ARGUMENT, "queries", -1, "10 rows where train has 30");
    options.k = 30;
    refused(&train, &train, &options, BINET_INVALID_ARGUMENT, "options", -1,
            "allowed: 1 .. 29, as many as there are other rows");
    options.exclude_self = 2;
    refused(&train, &train, &options, BINET_INVALID_ARGUMENT, "options", -1, "exclude_self is 2");
    options.exclude_self = 0;
    options.reserved = 1;
    refused(&train, &train, &options, BINET_INVALID_ARGUMENT, "options", -1, "reserved");
    queries.shape[1] = 3;
    refused(&train, &queries, NULL, BINET_INVALID_ARGUMENT, "queries", -1, "3 features where train has 4");
    queries.shape[0] = 0;
    refused(&train, &queries, NULL, BINET_INVALID_ARGUMENT, "queries", -1, "queries is [0, 3]");
    train.shape[1] = 0;
    refused(&train, &train, NULL, BINET_INVALID_ARGUMENT, "train", -1, "train is [30, 0]");
    refused(NULL, &train, NULL, BINET_INVALID_ARGUMENT, "train", -1, "NULL");
    train.dtype = BINET_I64;
    refused(&train, &train, NULL, BINET_INVALID_ARGUMENT, "train", -1, "dtype");
}

static void rows_that_cannot_be_compared_are_named(void)
{
    fill_with_noise(train_values, 120, 0, 1);
    fill_with_noise(query_values, 40, 0, 2);
    binet_array train = scores_matrix(train_values, BINET_F64, 30, 4);
    binet_array queries = scores_matrix(query_values, BINET_F64, 10, 4);
    query_values[9] = INFINITY;
    refused(&train, &queries, NULL, BINET_INVALID_DATA, "queries", 2, "row 2 of queries holds a NaN");
    train_values[119] = NAN;
    refused(&train, &queries, NULL, BINET_INVALID_DATA, "train", 29, "row 29 of train holds a NaN");
    train_values[119] = 0;
    train_values[4] = 1e151;
    refused(&train, &queries, NULL, BINET_INVALID_DATA, "train", 1, "row 1 of train has a squared length of 1e+302");
    for (int i = 4; i < 8; i++) {
        train_values[i] = 1e-150;
    }
    refused(&train, &queries, NULL, BINET_INVALID_DATA, "train", 1, "row 1 of train has a squared length of");
}

static void memory_that_runs_out_is_given_back(void)
{
    enum { N = 900, M = 450, D = 32 };
    fill_with_spectrum(train_values, N, D, 0, 1);
    fill_with_spectrum(query_values, M, D, 0, 2);
    binet_array train = scores_matrix(train_values, BINET_F64, N, D);
    binet_array queries = scores_matrix(query_values, BINET_F64, M, D);
    for (int32_t metric = BINET_METRIC_COSINE; metric <= BINET_METRIC_EUCLIDEAN; metric++) {
        int leads = metric == BINET_METRIC_EUCLIDEAN; /* which has a centre too */
        queries.shape[0] = leads ? M : 40;            /* too few for leading directions */
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_neighbors_options options = {.struct_size = sizeof options, .metric = metric, .k = 2};
            binet_neighbors_result result = {.struct_size = sizeof result, .indices = indices};
            indices[0] = -7;
            binet_status status = binet_neighbors(context, &train, &queries, &options, &result, NULL);
            CHECK((indices[0] == -7) == (status != BINET_OK));
            CHECK(status != BINET_OK || (result.n_directions < D) == leads);
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
}

int main(void)
{
    RUN(every_shape_equals_brute_force);
    RUN(far_from_the_origin_equals_brute_force);
    RUN(long_rows_among_short_ones_equal_brute_force);
    RUN(ties_go_to_the_lower_index);
    RUN(near_ties_are_decided_in_double);
    RUN(a_row_is_not_its_own_neighbour);
    RUN(a_row_of_zeros_has_cosine_zero);
    RUN(leading_directions_equal_brute_force);
    RUN(odd_features_of_many_rows_equal_brute_force);
    RUN(threads_strides_and_dtypes_change_nothing);
    RUN(rooms_that_are_not_wanted_stay);
    RUN(bad_shapes_and_options_are_named);
    RUN(rows_that_cannot_be_compared_are_named);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
