#include "metrics/features_gram.h"

#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"

/* Tiles are small enough to keep two cores busy at 256 columns, and large enough for BLAS to be near its peak. */
enum { TILE = 128, READ_ROWS = 32, BLOCK_ELEMENTS = 1 << 20, LEAST_ROWS = 256 };

typedef struct gram {
    const binet_context *context;
    const binet__features *features;
    const int32_t *classes;
    int64_t first;  /* row of the block */
    int64_t n_rows; /* of the block */
    int64_t extent; /* of the products */
    int64_t n_tiles_across;
    int64_t n_tiles;
    double *block; /* [n_rows, D] */
    double *products;
    double *sums;
} gram;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static binet_status begin_reading(const void *self, void **scratch, binet_error *error)
{
    const gram *of = self;
    *scratch = binet__features_scratch(of->context, of->features, error);
    return *scratch != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void end_reading(const void *self, void *scratch)
{
    binet__release(((const gram *)self)->context, scratch);
}

static binet_status read_rows(const void *self, void *scratch, int64_t i, binet_error *error)
{
    const gram *of = self;
    int64_t row = i * READ_ROWS;
    return binet__features_block_f64(of->features, of->first + row, least(READ_ROWS, of->n_rows - row), scratch,
                                     of->block + row * of->features->width, error);
}

static binet_status read_block(const gram *of, binet_error *error)
{
    binet__loop loop = {(void *)of, (of->n_rows + READ_ROWS - 1) / READ_ROWS, begin_reading, read_rows, end_reading};
    return binet__loop_run(of->context, &loop, error);
}

/* ---- Products ---------------------------------------------------------------------------------------------------- */

static binet_status begin_tiles(const void *self, void **scratch, binet_error *error)
{
    (void)self;
    (void)error;
    *scratch = NULL;
    return BINET_OK;
}

static void end_tiles(const void *self, void *scratch)
{
    (void)self;
    (void)scratch;
}

/* The place of tile i of a lower triangle, row by row. */
static void place(int64_t i, int64_t *row, int64_t *column)
{
    *row = 0;
    while (i > *row) {
        i -= ++*row;
    }
    *column = i;
}

static void add_classes(const gram *of, int64_t first)
{
    int64_t width = of->features->width;
    int64_t end = least(first + TILE, width);
    for (int64_t i = 0; i < of->n_rows; i++) {
        const double *row = of->block + i * width;
        double *sum = of->sums + of->classes[of->first + i] * width;
        for (int64_t j = first; j < end; j++) {
            sum[j] += row[j];
        }
    }
}

static binet_status multiply_columns(const void *self, void *scratch, int64_t i, binet_error *error)
{
    (void)scratch;
    (void)error;
    const gram *of = self;
    int64_t width = of->extent;
    if (i >= of->n_tiles) {
        add_classes(of, (i - of->n_tiles) * TILE);
        return BINET_OK;
    }
    int64_t row;
    int64_t column;
    place(i, &row, &column);
    row *= TILE;
    column *= TILE;
    binet__f64_matrix a = {of->block + row, width, 1};
    binet__f64_matrix b = {of->block + column, width, 0};
    binet__gemm_f64(least(TILE, width - row), least(TILE, width - column), of->n_rows, a, b, 1.0,
                    of->products + row * width + column, width);
    return BINET_OK;
}

static binet_status multiply_rows(const void *self, void *scratch, int64_t i, binet_error *error)
{
    (void)scratch;
    (void)error;
    const gram *of = self;
    int64_t n = of->extent;
    int64_t width = of->features->width;
    int64_t row;
    int64_t column;
    place(i, &row, &column);
    row *= TILE;
    column *= TILE;
    binet__f64_matrix a = {of->block + row * width, width, 0};
    binet__f64_matrix b = {of->block + column * width, width, 1};
    binet__gemm_f64(least(TILE, n - row), least(TILE, n - column), width, a, b, 0.0, of->products + row * n + column,
                    n);
    return BINET_OK;
}

static void count_tiles(gram *of, int64_t extent)
{
    of->extent = extent;
    of->n_tiles_across = (extent + TILE - 1) / TILE;
    of->n_tiles = of->n_tiles_across * (of->n_tiles_across + 1) / 2;
}

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

binet_status binet__features_gram(const binet_context *context, const binet__features *features, const int32_t *classes,
                                  double *products, double *sums, binet_error *error)
{
    gram of = {.context = context, .features = features, .classes = classes, .products = products, .sums = sums};
    count_tiles(&of, features->width);
    int64_t most = BLOCK_ELEMENTS / features->width;
    most = least(most > LEAST_ROWS ? most : LEAST_ROWS, features->n);
    of.block = binet__allocate(context, most, sizeof(double) * (uint64_t)features->width, error);
    binet_status status = of.block != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    for (; status == BINET_OK && of.first < features->n; of.first += most) {
        of.n_rows = least(most, features->n - of.first);
        status = read_block(&of, error);
        binet__loop loop = {&of, of.n_tiles + of.n_tiles_across, begin_tiles, multiply_columns, end_tiles};
        status = status == BINET_OK ? binet__loop_run(context, &loop, error) : status;
    }
    binet__release(context, of.block);
    return status;
}

binet_status binet__features_gram_rows(const binet_context *context, const binet__features *features, double *products,
                                       binet_error *error)
{
    gram of = {.context = context, .features = features, .n_rows = features->n, .products = products};
    count_tiles(&of, features->n);
    of.block = binet__allocate(context, features->n, sizeof(double) * (uint64_t)features->width, error);
    binet_status status = of.block != NULL ? read_block(&of, error) : BINET_OUT_OF_MEMORY;
    binet__loop loop = {&of, of.n_tiles, begin_tiles, multiply_rows, end_tiles};
    status = status == BINET_OK ? binet__loop_run(context, &loop, error) : status;
    binet__release(context, of.block);
    return status;
}
