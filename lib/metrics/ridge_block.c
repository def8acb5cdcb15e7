#include <math.h>

#include "base/context.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"
#include "metrics/ridge.h"

enum { READ_ROWS = 64, TILE = 192 };

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

typedef struct reading {
    const binet__ridge *of;
    int64_t first;
    int64_t n;
    const double *centre;
    double *block;
} reading;

static binet_status begin(const void *self, void **scratch, binet_error *error)
{
    const reading *work = self;
    *scratch = binet__features_scratch(work->of->context, &work->of->features, error);
    return *scratch == NULL ? BINET_OUT_OF_MEMORY : BINET_OK;
}

static binet_status read_rows(const void *self, void *scratch, int64_t i, binet_error *error)
{
    const reading *work = self;
    int64_t skip = i * READ_ROWS;
    int64_t n = work->n - skip < READ_ROWS ? work->n - skip : READ_ROWS;
    double *block = work->block + skip * work->of->features.width;
    binet_status status = binet__features_block_f64(&work->of->features, work->first + skip, n, scratch, block, error);
    if (status == BINET_OK && work->centre != NULL) {
        binet__ridge_centre_rows(work->of, work->first + skip, n, work->centre, block);
    }
    return status;
}

static void end(const void *self, void *scratch)
{
    binet__release(((const reading *)self)->of->context, scratch);
}

binet_status binet__ridge_read(const binet__ridge *of, int64_t first, int64_t n, const double *centre, double *block,
                               binet_error *error)
{
    const reading work = {of, first, n, centre, block};
    binet__loop loop = {(void *)&work, (n + READ_ROWS - 1) / READ_ROWS, begin, read_rows, end};
    return binet__loop_run(of->context, &loop, error);
}

/* From the first row on, so that a feature that is constant has exactly its value. */
void binet__ridge_mean(const binet__ridge *of, int64_t first, int64_t n, const double *block, double *mean)
{
    int64_t d = of->features.width;
    double weight = 0.0;
    for (int64_t j = 0; j < d; j++) {
        mean[j] = 0.0;
    }
    for (int64_t i = 0; i < n; i++) {
        double root = of->roots[first + i];
        weight += root * root;
        for (int64_t j = 0; root > 0.0 && j < d; j++) {
            mean[j] += root * root * (block[i * d + j] - block[j]);
        }
    }
    for (int64_t j = 0; j < d; j++) {
        mean[j] = block[j] + (weight > 0.0 ? mean[j] / weight : 0.0);
    }
}

void binet__ridge_centre_rows(const binet__ridge *of, int64_t first, int64_t n, const double *centre, double *block)
{
    int64_t d = of->features.width;
    for (int64_t i = 0; i < n; i++) {
        double root = of->roots[first + i];
        double *row = block + i * d;
        for (int64_t j = 0; j < d; j++) {
            row[j] = root * (row[j] - centre[j]);
        }
    }
}

/* ---- Products ---------------------------------------------------------------------------------------------------- */

typedef struct adding {
    const binet__ridge *of;
    int64_t first;
    int64_t n;
    const double *block;
    double *sums;
    int64_t n_tiles; /* along a side of the matrix, or across the sums */
    int64_t n_pairs; /* of tiles, in the lower triangle */
} adding;

static int64_t tile_size(int64_t extent, int64_t tile)
{
    int64_t rest = extent - tile * TILE;
    return rest < TILE ? rest : TILE;
}

static void add_tile(const adding *work, int64_t index)
{
    const binet__ridge *of = work->of;
    int64_t row = 0;
    while ((row + 1) * (row + 2) / 2 <= index) {
        row++;
    }
    int64_t column = index - row * (row + 1) / 2;
    int64_t d = of->features.width;
    int64_t step = of->on_samples ? d : 1; /* in the block, from one of the matrix's rows to the next */
    binet__gemm_f64(tile_size(of->order, row), tile_size(of->order, column), of->on_samples ? d : work->n,
                    (binet__f64_matrix){work->block + row * TILE * step, d, !of->on_samples},
                    (binet__f64_matrix){work->block + column * TILE * step, d, of->on_samples}, 1.0,
                    of->matrix + row * TILE * of->order + column * TILE, of->order);
}

static void add_sums(const adding *work, int64_t tile)
{
    int64_t d = work->of->features.width;
    int64_t width = tile_size(d, tile);
    for (int64_t i = 0; i < work->n; i++) {
        double root = work->of->roots[work->first + i];
        const double *row = work->block + i * d + tile * TILE;
        double *sum = work->sums + work->of->classes[work->first + i] * d + tile * TILE;
        for (int64_t j = 0; j < width; j++) {
            sum[j] += root * row[j];
        }
    }
}

static void add_task(void *argument, int64_t index)
{
    const adding *work = argument;
    if (index < work->n_pairs) {
        add_tile(work, index);
    } else {
        add_sums(work, index - work->n_pairs);
    }
}

binet_status binet__ridge_add(const binet__ridge *of, int64_t first, int64_t n, const double *block, double *sums,
                              binet_error *error)
{
    int64_t n_tiles = (of->order + TILE - 1) / TILE;
    adding work = {of, first, n, block, sums, n_tiles, n_tiles * (n_tiles + 1) / 2};
    return binet__run(of->context, work.n_pairs + (sums == NULL ? 0 : n_tiles), add_task, &work, error);
}
