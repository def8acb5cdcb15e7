#include "metrics/neighbors_basis.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/blas.h"

enum {
    NARROWEST = 32,   /* features below which there is little to gain */
    SAMPLED = 2048,   /* rows that the directions are those of, or 2 D where that is more */
    PILOTS = 32,      /* queries that are tried out */
    PARTS = 16,       /* of all directions; up to half of them are tried */
    WORTHWHILE = 360, /* pairs over D^2: finding the directions is then a few percent of the search */
    DECIDING = 60,    /* deciding one pair costs as much as multiplying so many rows of all features */
    OVERHEAD = 8      /* columns that looking at a product costs as much as */
};

typedef struct pilot {
    const binet__search *search;
    const binet__row_maker *maker;
    int64_t width;
    int64_t n_rows; /* of the sample */
    int64_t n_queries;
    double *rows;     /* [n_rows, D], and then along the directions */
    double *queries;  /* [n_queries, D], likewise */
    double *basis;    /* [D, D]: directions, the leading first */
    double *products; /* [n_queries, n_rows] */
    double *least;    /* [n_queries]: what the k-th neighbour is worth, as a product */
    double *rests[2]; /* [n_queries], [n_rows]: squared lengths of what is left over */
    double *halves;   /* [n_rows]: what |b|^2 / 2 takes off */
} pilot;

/* ---- Directions -------------------------------------------------------------------------------------------------- */

/* Every so manieth row, as it is before anything is multiplied. */
static binet_status place(const pilot *of, const binet__features *features, int64_t n, double *out, binet_error *error)
{
    void *reading = binet__features_scratch(of->search->context, features, error);
    if (reading == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < n; i++) {
        binet__row_place(of->maker, features, i * (features->n / n), reading, out + i * of->width);
    }
    binet__release(of->search->context, reading);
    return BINET_OK;
}

/* Eigenvectors of the sample's second moments, those of the largest first. */
static binet_status find_directions(const pilot *of, binet_error *error)
{
    const binet_context *context = of->search->context;
    int64_t width = of->width;
    double *values = binet__allocate(context, width, 2 * sizeof *values, error);
    if (values == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    double *row = values + width;
    memset(of->basis, 0, (size_t)width * (size_t)width * sizeof *of->basis);
    binet__gram_f64(width, of->n_rows, of->rows, width, of->basis);
    binet_status status = binet__eigen(context, width, of->basis, values, error);
    for (int64_t i = 0; status == BINET_OK && i < width / 2; i++) {
        size_t bytes = (size_t)width * sizeof *row;
        memcpy(row, of->basis + i * width, bytes);
        memcpy(of->basis + i * width, of->basis + (width - 1 - i) * width, bytes);
        memcpy(of->basis + (width - 1 - i) * width, row, bytes);
    }
    binet__release(context, values);
    return status;
}

/* Rows in place become their coordinates along the directions. */
static binet_status turn(const pilot *of, double *rows, int64_t n, binet_error *error)
{
    double *turned = binet__allocate(of->search->context, n, (uint64_t)of->width * sizeof *turned, error);
    if (turned == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet__f64_matrix left = {rows, of->width, 0};
    binet__f64_matrix right = {of->basis, of->width, 1};
    binet__gemm_f64(n, of->width, of->width, left, right, 0, turned, of->width);
    memcpy(rows, turned, (size_t)n * (size_t)of->width * sizeof *rows);
    binet__release(of->search->context, turned);
    return BINET_OK;
}

/* ---- What it would cost ------------------------------------------------------------------------------------------ */

/* Search the pilots among all rows, for what their k-th neighbour is worth. */
static binet_status find_least(const pilot *of, binet_error *error)
{
    const binet_context *context = of->search->context;
    const binet__features *all = &of->search->queries;
    int64_t k = of->search->k + of->search->exclude_self; /* each finds itself too */
    binet__ranked *found = binet__allocate(context, of->n_queries, (uint64_t)k * sizeof *found, error);
    double *squares = found != NULL ? binet__allocate(context, of->n_queries, sizeof *squares, error) : NULL;
    binet_status status = squares != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK) {
        int64_t step = all->n / of->n_queries;
        binet_array some = *all->scores.array;
        some.shape[0] = of->n_queries;
        some.strides[0] *= step;
        for (int64_t i = 0; i < of->n_queries; i++) {
            squares[i] = all->squares[i * step];
        }
        binet__search pilots = *of->search;
        pilots.queries = binet__features_of(&some, all->argument, pilots.kernels);
        pilots.queries.squares = squares;
        pilots.exclude_self = 0;
        pilots.k = k;
        int64_t n_decided = 0;
        status = binet__search_with(&pilots, of->maker, found, &n_decided, error);
    }
    for (int64_t i = 0; status == BINET_OK && i < of->n_queries; i++) {
        const double *x = of->queries + i * of->width;
        double worth = found[i * k + k - 1].worth;
        of->least[i] = binet__row_score(of->maker, binet__dot(x, x, of->width), worth);
    }
    binet__release(context, squares);
    binet__release(context, found);
    return status;
}

static void prepare_rests(const pilot *of)
{
    const double *rows[2] = {of->queries, of->rows};
    int64_t n[2] = {of->n_queries, of->n_rows};
    for (int side = 0; side < 2; side++) {
        for (int64_t i = 0; i < n[side]; i++) {
            const double *x = rows[side] + i * of->width;
            of->rests[side][i] = binet__dot(x, x, of->width);
        }
    }
    int euclidean = of->search->metric == BINET_METRIC_EUCLIDEAN;
    for (int64_t j = 0; j < of->n_rows; j++) {
        of->halves[j] = euclidean ? of->rests[1][j] / 2 : 0;
    }
}

/* Take `n` more directions into the products and out of the rests. */
static void add_directions(const pilot *of, int64_t from, int64_t n)
{
    binet__f64_matrix left = {of->queries + from, of->width, 0};
    binet__f64_matrix right = {of->rows + from, of->width, 1};
    binet__gemm_f64(of->n_queries, of->n_rows, n, left, right, from > 0, of->products, of->n_rows);
    for (int64_t i = 0; i < of->n_queries; i++) {
        const double *x = of->queries + i * of->width + from;
        of->rests[0][i] -= binet__dot(x, x, n);
    }
    for (int64_t j = 0; j < of->n_rows; j++) {
        const double *x = of->rows + j * of->width + from;
        of->rests[1][j] -= binet__dot(x, x, n);
    }
}

/* Share of the rows that the bound leaves open. */
static double share_open(const pilot *of)
{
    int64_t open = 0;
    for (int64_t i = 0; i < of->n_queries; i++) {
        double rest = sqrt(fmax(of->rests[0][i], 0));
        for (int64_t j = 0; j < of->n_rows; j++) {
            double most = of->products[i * of->n_rows + j] + rest * sqrt(fmax(of->rests[1][j], 0)) - of->halves[j];
            open += most >= of->least[i];
        }
    }
    return (double)open / (double)of->n_queries / (double)of->n_rows;
}

/* Costs of a query, in multiplications: products, directions of both sides, and pairs that are decided. */
static double cost_of(const pilot *of, int64_t rank, double open)
{
    double n = (double)of->search->train.n;
    double width = (double)of->width;
    double made = rank < of->width ? 2 * (double)rank * width * (1 + n / (double)of->search->queries.n) : 0;
    double decided = fmax((double)of->search->k, open * n);
    return n * ((double)rank + OVERHEAD) + made + decided * width * DECIDING;
}

static int64_t best_rank(const pilot *of)
{
    prepare_rests(of);
    int64_t best = of->width;
    double least = 0.9 * cost_of(of, of->width, 0);
    int64_t step = (of->width + PARTS - 1) / PARTS;
    for (int64_t rank = step; rank <= of->width / 2; rank += step) {
        add_directions(of, rank - step, step);
        double cost = cost_of(of, rank, 1.5 * share_open(of)); /* what is open before the k best are known, too */
        if (cost < least) {
            least = cost;
            best = rank;
        }
    }
    return best;
}

/* ---- The choice -------------------------------------------------------------------------------------------------- */

static binet_status allocate(pilot *of, binet_error *error)
{
    const binet_context *context = of->search->context;
    uint64_t row = (uint64_t)of->width * sizeof(double);
    of->rows = binet__allocate(context, of->n_rows, row, error);
    of->queries = of->rows != NULL ? binet__allocate(context, of->n_queries, row, error) : NULL;
    of->basis = of->queries != NULL ? binet__allocate(context, of->width, row, error) : NULL;
    of->products =
        of->basis != NULL ? binet__allocate(context, of->n_queries * of->n_rows, sizeof(double), error) : NULL;
    of->least = of->products != NULL ? binet__allocate(context, of->n_queries, sizeof(double), error) : NULL;
    of->rests[0] = of->least != NULL ? binet__allocate(context, of->n_queries, sizeof(double), error) : NULL;
    of->rests[1] = of->rests[0] != NULL ? binet__allocate(context, of->n_rows, sizeof(double), error) : NULL;
    of->halves = of->rests[1] != NULL ? binet__allocate(context, of->n_rows, sizeof(double), error) : NULL;
    return of->halves != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void release(const pilot *of)
{
    const binet_context *context = of->search->context;
    binet__release(context, of->halves);
    binet__release(context, of->rests[1]);
    binet__release(context, of->rests[0]);
    binet__release(context, of->least);
    binet__release(context, of->products);
    binet__release(context, of->basis);
    binet__release(context, of->queries);
    binet__release(context, of->rows);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

binet_status binet__choose_basis(const binet__search *search, binet__row_maker *maker, binet_error *error)
{
    int64_t width = search->train.width;
    double pairs = (double)search->train.n * (double)search->queries.n;
    if (width < NARROWEST || pairs < (double)WORTHWHILE * (double)width * (double)width) {
        return BINET_OK;
    }
    int64_t sampled = 2 * width > SAMPLED ? 2 * width : SAMPLED;
    pilot of = {.search = search,
                .maker = maker,
                .width = width,
                .n_rows = smaller(search->train.n, sampled),
                .n_queries = smaller(search->queries.n, PILOTS)};
    binet_status status = allocate(&of, error);
    status = status == BINET_OK ? place(&of, &search->train, of.n_rows, of.rows, error) : status;
    status = status == BINET_OK ? place(&of, &search->queries, of.n_queries, of.queries, error) : status;
    status = status == BINET_OK ? find_least(&of, error) : status;
    status = status == BINET_OK ? find_directions(&of, error) : status;
    status = status == BINET_OK ? turn(&of, of.rows, of.n_rows, error) : status;
    status = status == BINET_OK ? turn(&of, of.queries, of.n_queries, error) : status;
    int64_t rank = status == BINET_OK ? best_rank(&of) : width;
    if (rank < width) {
        binet__row_maker_project(maker, of.basis, rank);
        of.basis = NULL;
    }
    release(&of);
    return status;
}
