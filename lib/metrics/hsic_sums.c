#include <math.h>

#include "base/context.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/hsic_band.h"

enum {
    MOST_SPLITS = 16, /* of a sum over entries of the Grams: its terms are joined in order */
    CHUNK = 4096      /* entries that are multiplied out at a time, so that they stay in the caches */
};

/* ---- U-centring -------------------------------------------------------------------------------------------------- */

/* Rows of a Gram of centred features sum to 0, so that those of its entries off the diagonal d sum to -d, and
 * U-centring adds u_i + u_j with u = d / (n - 2) - trace / (2 (n - 1)(n - 2)). */
void binet__hsic_shift(const double *diagonal, int64_t n, double *shift)
{
    double trace = 0.0;
    for (int64_t i = 0; i < n; i++) {
        trace += diagonal[i];
    }
    double all = trace / (2.0 * (double)(n - 1));
    for (int64_t i = 0; i < n; i++) {
        shift[i] = (diagonal[i] - all) / (double)(n - 2);
    }
}

/* ---- Inner products ---------------------------------------------------------------------------------------------- */

typedef struct sum_work {
    const binet__hsic_band *of;
    int64_t n_splits;
    const double *shifts; /* [layers, n]; NULL: Grams are as they are */
    double *products;     /* [splits, n_first, n_columns] */
    double *squares;      /* [splits, n_second] where there are two models */
} sum_work;

/* The first row of a split: splits have about as many entries each. */
static int64_t split_start(const binet__hsic_band *of, int64_t split, int64_t n_splits)
{
    if (split == n_splits) {
        return of->last;
    }
    double wanted = (double)binet__packed(of->first) + (double)of->n_entries * (double)split / (double)n_splits;
    int64_t row = (int64_t)(0.5 + sqrt(0.25 + 2.0 * wanted));
    return row < of->first ? of->first : row > of->last ? of->last : row;
}

static void shift_rows(const sum_work *work, int64_t layer, int64_t first, int64_t last)
{
    const binet__hsic_band *of = work->of;
    double *entries = of->grams + layer * of->n_entries;
    const double *restrict shift = work->shifts + layer * of->batch->n;
    for (int64_t row = first; row < last; row++) {
        double *restrict to = entries + binet__packed(row) - binet__packed(of->first);
        double own = shift[row];
        for (int64_t j = 0; j < row; j++) {
            to[j] += own + shift[j];
        }
    }
}

/* Adds what rows first .. last contribute; an entry off the diagonal counts twice. */
static void add_rows(const sum_work *work, int64_t first, int64_t last, double *products, double *squares)
{
    const binet__hsic_band *of = work->of;
    const binet__hsic_batch *batch = of->batch;
    int64_t n_layers = batch->n_first + batch->n_second;
    int64_t offset = binet__packed(first) - binet__packed(of->first);
    int64_t n = binet__packed(last) - binet__packed(first);
    for (int64_t layer = 0; work->shifts != NULL && layer < n_layers; layer++) {
        shift_rows(work, layer, first, last);
    }
    binet__f64_matrix rows = {of->grams + offset, of->n_entries, 0};
    if (batch->n_second == 0) {
        binet__syrk_f64(batch->n_first, n, rows, 1.0, products, batch->n_first);
        return;
    }
    binet__f64_matrix columns = {rows.values + batch->n_first * of->n_entries, of->n_entries, 1};
    binet__gemm_f64(batch->n_first, batch->n_second, n, rows, columns, 1.0, products, batch->n_second);
    for (int64_t layer = 0; layer < n_layers; layer++) {
        const double *entries = rows.values + layer * of->n_entries;
        squares[layer] += binet__dot(entries, entries, n);
    }
}

static void sum_task(void *argument, int64_t split)
{
    sum_work *work = argument;
    const binet__hsic_batch *batch = work->of->batch;
    int64_t n_columns = batch->n_second != 0 ? batch->n_second : batch->n_first;
    double *products = work->products + split * batch->n_first * n_columns;
    double *squares = work->squares + split * (batch->n_first + batch->n_second);
    int64_t end = split_start(work->of, split + 1, work->n_splits);
    int64_t last = 0;
    for (int64_t row = split_start(work->of, split, work->n_splits); row < end; row = last) {
        for (last = row + 1; last < end && binet__packed(last + 1) - binet__packed(row) <= CHUNK;) {
            last++;
        }
        add_rows(work, row, last, products, squares);
    }
}

/* The terms of all splits join the sums, in order. */
static void join(const double *terms, int64_t n_splits, int64_t n, double *sums)
{
    for (int64_t split = 0; split < n_splits; split++) {
        for (int64_t i = 0; i < n; i++) {
            sums[i] += 2.0 * terms[split * n + i];
        }
    }
}

/* Adds the inner products of the rows of a band that are there. */
binet_status binet__hsic_add_band(const binet__hsic_band *of, const double *shifts, double *products, double *squares,
                                  binet_error *error)
{
    const binet__hsic_batch *batch = of->batch;
    const binet_context *context = batch->context;
    int64_t n_layers = batch->n_first + batch->n_second;
    int64_t n_pairs = batch->n_first * (batch->n_second != 0 ? batch->n_second : batch->n_first);
    sum_work work = {.of = of, .shifts = shifts, .n_splits = of->n_entries / CHUNK + 1};
    work.n_splits = work.n_splits < MOST_SPLITS ? work.n_splits : MOST_SPLITS;
    work.products = binet__allocate_zero(context, work.n_splits * n_pairs, sizeof(double), error);
    work.squares =
        work.products != NULL ? binet__allocate_zero(context, work.n_splits * n_layers, sizeof(double), error) : NULL;
    binet_status status = work.squares != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    status = status == BINET_OK ? binet__run(context, work.n_splits, sum_task, &work, error) : status;
    if (status == BINET_OK) {
        join(work.products, work.n_splits, n_pairs, products);
        join(work.squares, work.n_splits, n_layers, squares);
    }
    binet__release(context, work.squares);
    binet__release(context, work.products);
    return status;
}
