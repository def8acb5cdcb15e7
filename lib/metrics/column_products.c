#include "metrics/column_products.h"

#include "base/context.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"

enum {
    ROWS = 1024,    /* of both, side by side, that are multiplied at a time */
    FILL_ROWS = 64, /* of them that a task centres */
    TILE = 256      /* columns of a product in a task */
};

typedef struct work {
    const binet_context *context;
    const binet__centred *centred;
    int64_t n;
    int64_t width; /* D1 + D2 */
    int64_t first; /* rows in the block */
    int64_t n_rows;
    double *block;     /* [ROWS, width] */
    double *products;  /* [width, width], the lower triangle */
    double *diagonals; /* [2, n] */
} work;

static binet_status begin_fill(const void *self, void **scratch, binet_error *error)
{
    const work *of = self;
    void **made = binet__allocate_zero(of->context, 2, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made[0] = binet__features_scratch(of->context, &of->centred[0].features, error);
    made[1] = made[0] != NULL ? binet__features_scratch(of->context, &of->centred[1].features, error) : NULL;
    if (made[1] == NULL) {
        binet__release(of->context, made[0]);
        binet__release(of->context, made);
        return BINET_OUT_OF_MEMORY;
    }
    *scratch = made;
    return BINET_OK;
}

static void end_fill(const void *self, void *scratch)
{
    const work *of = self;
    void **made = scratch;
    binet__release(of->context, made[1]);
    binet__release(of->context, made[0]);
    binet__release(of->context, made);
}

static binet_status fill(const void *self, void *scratch, int64_t i, binet_error *error)
{
    (void)error;
    const work *of = self;
    void *const *made = scratch;
    int64_t first = i * FILL_ROWS;
    int64_t n = of->n_rows - first < FILL_ROWS ? of->n_rows - first : FILL_ROWS;
    int64_t column = 0;
    for (int which = 0; which < 2; which++) {
        const binet__centred *centred = &of->centred[which];
        int64_t width = centred->features.width;
        double *to = of->block + first * of->width + column;
        binet__centred_block(centred, of->first + first, n, 0, width, made[which], to, of->width);
        for (int64_t row = 0; row < n; row++) {
            const double *values = to + row * of->width;
            of->diagonals[which * of->n + of->first + first + row] = binet__dot(values, values, width);
        }
        column += width;
    }
    return BINET_OK;
}

/* Tiles of the lower triangle, row by row. */
static void multiply(void *argument, int64_t tile)
{
    const work *of = argument;
    int64_t i = 0;
    while (tile > i) {
        tile -= ++i;
    }
    int64_t row = i * TILE;
    int64_t column = tile * TILE;
    int64_t m = of->width - row < TILE ? of->width - row : TILE;
    double factor = of->first == 0 ? 0.0 : 1.0;
    double *to = of->products + row * of->width + column;
    binet__f64_matrix left = {of->block + row, of->width, 1};
    binet__f64_matrix right = {of->block + column, of->width, 0};
    if (row == column) {
        binet__syrk_f64(m, of->n_rows, left, factor, to, of->width);
    } else {
        binet__gemm_f64(m, TILE, of->n_rows, left, right, factor, to, of->width);
    }
}

static double squared(const work *of, int64_t first_row, int64_t last_row, int64_t first, int64_t last)
{
    double sum = 0.0;
    for (int64_t i = first_row; i < last_row; i++) {
        int64_t end = last < i ? last : i;
        const double *row = of->products + i * of->width;
        int is_square = first_row == first;
        sum += (is_square ? 2.0 : 1.0) * binet__dot(row + first, row + first, end - first);
        sum += is_square ? row[i] * row[i] : 0.0;
    }
    return sum;
}

static void finish(const work *of, binet__column_products *products)
{
    int64_t width = of->centred[0].features.width;
    const double *d = of->diagonals;
    const double *e = of->diagonals + of->n;
    *products = (binet__column_products){.squared_xy = squared(of, width, of->width, 0, width),
                                         .squared_xx = squared(of, 0, width, 0, width),
                                         .squared_yy = squared(of, width, of->width, width, of->width),
                                         .diagonals_xy = binet__dot(d, e, of->n),
                                         .diagonals_xx = binet__dot(d, d, of->n),
                                         .diagonals_yy = binet__dot(e, e, of->n)};
    for (int64_t i = 0; i < of->n; i++) {
        products->trace_x += d[i];
        products->trace_y += e[i];
    }
}

static binet_status run(work *of, binet_error *error)
{
    int64_t n_tiles = (of->width + TILE - 1) / TILE;
    binet_status status = BINET_OK;
    for (of->first = 0; status == BINET_OK && of->first < of->n; of->first += ROWS) {
        of->n_rows = of->n - of->first < ROWS ? of->n - of->first : ROWS;
        binet__loop loop = {of, (of->n_rows + FILL_ROWS - 1) / FILL_ROWS, begin_fill, fill, end_fill};
        status = binet__loop_run(of->context, &loop, error);
        if (status == BINET_OK) {
            status = binet__run(of->context, n_tiles * (n_tiles + 1) / 2, multiply, of, error);
        }
    }
    return status;
}

binet_status binet__column_products_of(const binet_context *context, const binet__centred centred[2],
                                       binet__column_products *products, binet_error *error)
{
    work of = {.context = context,
               .centred = centred,
               .n = centred[0].features.n,
               .width = centred[0].features.width + centred[1].features.width};
    of.products = binet__allocate(context, of.width, (uint64_t)of.width * sizeof(double), error);
    of.block = of.products != NULL ? binet__allocate(context, of.width, ROWS * sizeof(double), error) : NULL;
    of.diagonals = of.block != NULL ? binet__allocate(context, of.n, 2 * sizeof(double), error) : NULL;
    binet_status status = of.diagonals != NULL ? run(&of, error) : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK) {
        finish(&of, products);
    }
    binet__release(context, of.diagonals);
    binet__release(context, of.block);
    binet__release(context, of.products);
    return status;
}
