#include "metrics/gram.h"

#include "base/context.h"
#include "kernels/blas.h"

enum { TILE = 128 };

typedef struct job {
    const float *x;
    int64_t n;
    int64_t width;
    float factor;
    float *gram;
} job;

/* Tile (i, j), j <= i, counted row by row. */
static void make_tile(void *argument, int64_t task)
{
    const job *of = argument;
    int64_t i = 0;
    while ((i + 1) * (i + 2) / 2 <= task) {
        i++;
    }
    int64_t row = i * TILE;
    int64_t column = (task - i * (i + 1) / 2) * TILE;
    int64_t n_rows = of->width - row < TILE ? of->width - row : TILE;
    int64_t n_columns = of->width - column < TILE ? of->width - column : TILE;
    float *tile = of->gram + row * of->width + column;
    binet__gemm_f32(n_rows, n_columns, of->n, (binet__f32_matrix){of->x + row, of->width, 1},
                    (binet__f32_matrix){of->x + column, of->width, 0}, 0.0F, tile, of->width);
    for (int64_t r = 0; r < n_rows; r++) {
        for (int64_t c = 0; c < n_columns; c++) {
            tile[r * of->width + c] *= of->factor;
        }
    }
}

binet_status binet__gram_f32(const binet_context *context, const float *x, int64_t n, int64_t width, float factor,
                             float *gram, binet_error *error)
{
    job of = {.x = x, .n = n, .width = width, .factor = factor, .gram = gram};
    int64_t n_tiles = (width + TILE - 1) / TILE;
    return binet__run(context, n_tiles * (n_tiles + 1) / 2, make_tile, &of, error);
}
