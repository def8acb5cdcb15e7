#include "metrics/hsic.h"

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/hsic_band.h"
#include "metrics/loop.h"

enum {
    MOST_ROWS = 256, /* of a Gram in one task */
    LEAST_ROWS = 32, /* however little memory there is */
    WIDTH = 256,     /* columns that are centred at a time */
    PLACES = 64      /* for memory of tasks that have ended */
};

/* ---- Grams of rows first .. last of all layers ------------------------------------------------------------------- */

/* What a task computes in. The next task takes over what one has left: fresh pages cost more than their use. */
typedef struct task_memory {
    double *centred;  /* [n, WIDTH] */
    double *products; /* [rows, n] */
    void *scratch;
} task_memory;

struct binet__hsic_shelf {
    _Atomic(task_memory *) places[PLACES];
};

static void release_memory(const binet_context *context, task_memory *memory)
{
    if (memory != NULL) {
        binet__release(context, memory->scratch);
        binet__release(context, memory->products);
        binet__release(context, memory->centred);
        binet__release(context, memory);
    }
}

static void clear(const binet_context *context, struct binet__hsic_shelf *of)
{
    for (int i = 0; i < PLACES; i++) {
        release_memory(context, atomic_load(&of->places[i]));
    }
}

static void end_grams(const void *self, void *made)
{
    const binet__hsic_band *of = self;
    for (int i = 0; i < PLACES; i++) {
        task_memory *empty = NULL;
        if (atomic_compare_exchange_strong(&of->shelf->places[i], &empty, made)) {
            return;
        }
    }
    release_memory(of->batch->context, made);
}

/* The widest row that any layer needs scratch for. */
static binet_status allocate_scratch(const binet__hsic_batch *batch, void **scratch, binet_error *error)
{
    uint64_t size = 1;
    for (int64_t l = 0; l < batch->n_first + batch->n_second; l++) {
        uint64_t one = binet__scores_scratch(&batch->layers[l].features.scores);
        size = one > size ? one : size;
    }
    *scratch = binet__allocate(batch->context, WIDTH, size, error);
    return *scratch != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static binet_status begin_grams(const void *self, void **made, binet_error *error)
{
    const binet__hsic_band *of = self;
    const binet_context *context = of->batch->context;
    for (int i = 0; i < PLACES; i++) {
        *made = atomic_exchange(&of->shelf->places[i], NULL);
        if (*made != NULL) {
            return BINET_OK;
        }
    }
    task_memory *memory = binet__allocate_zero(context, 1, sizeof *memory, error);
    if (memory == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    int64_t n = of->batch->n;
    memory->centred = binet__allocate(context, n, WIDTH * sizeof(double), error);
    memory->products = memory->centred != NULL ? binet__allocate(context, of->rows * n, sizeof(double), error) : NULL;
    binet_status status = memory->products != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    status = status == BINET_OK ? allocate_scratch(of->batch, &memory->scratch, error) : status;
    if (status != BINET_OK) {
        release_memory(context, memory);
        return status;
    }
    *made = memory;
    return BINET_OK;
}

/* products[last - first, last] becomes the lower triangle of rows first .. last. */
static void multiply_rows(const binet__centred *layer, int64_t first, int64_t last, const task_memory *memory)
{
    for (int64_t column = 0; column < layer->features.width; column += WIDTH) {
        int64_t left = layer->features.width - column;
        int64_t width = left < WIDTH ? left : WIDTH;
        double factor = column == 0 ? 0.0 : 1.0;
        binet__centred_block(layer, 0, last, column, width, memory->scratch, memory->centred, width);
        binet__f64_matrix above = {memory->centred, width, 1};
        binet__f64_matrix rows = {memory->centred + first * width, width, 0};
        if (first > 0) {
            binet__gemm_f64(last - first, first, width, rows, above, factor, memory->products, last);
        }
        binet__syrk_f64(last - first, width, rows, factor, memory->products + first, last);
    }
}

static binet_status gram_step(const void *self, void *made, int64_t i, binet_error *error)
{
    (void)error;
    const binet__hsic_band *of = self;
    const task_memory *memory = made;
    int64_t n_layers = of->batch->n_first + of->batch->n_second;
    int64_t layer = i % n_layers;
    int64_t first = of->first + i / n_layers * of->rows;
    int64_t last = first + of->rows < of->last ? first + of->rows : of->last;
    multiply_rows(&of->batch->layers[layer], first, last, memory);
    double *entries = of->grams + layer * of->n_entries;
    for (int64_t row = first; row < last; row++) {
        const double *from = memory->products + (row - first) * last;
        memcpy(entries + binet__packed(row) - binet__packed(of->first), from, (size_t)row * sizeof *from);
        of->diagonals[layer * of->batch->n + row] = from[row];
    }
    return BINET_OK;
}

/* The diagonal of a Gram alone, where rows of it are U-centred before all of it is there. */
static binet_status measure_step(const void *self, void *made, int64_t layer, binet_error *error)
{
    (void)error;
    const binet__hsic_band *of = self;
    const task_memory *memory = made;
    const binet__centred *from = &of->batch->layers[layer];
    double *diagonal = of->diagonals + layer * of->batch->n;
    for (int64_t row = 0; row < of->batch->n; row++) {
        diagonal[row] = 0.0;
        for (int64_t column = 0; column < from->features.width; column += WIDTH) {
            int64_t left = from->features.width - column;
            int64_t width = left < WIDTH ? left : WIDTH;
            binet__centred_block(from, row, 1, column, width, memory->scratch, memory->centred, width);
            diagonal[row] += binet__dot(memory->centred, memory->centred, width);
        }
    }
    return BINET_OK;
}

/* ---- A batch ----------------------------------------------------------------------------------------------------- */

/* The diagonals are part of Grams that are not U-centred. */
static void add_diagonals(const binet__hsic_batch *batch, const double *diagonals, double *products, double *squares)
{
    int64_t n = batch->n;
    int64_t n_columns = batch->n_second != 0 ? batch->n_second : batch->n_first;
    binet__f64_matrix rows = {diagonals, n, 0};
    binet__f64_matrix columns = {batch->n_second != 0 ? diagonals + batch->n_first * n : diagonals, n, 1};
    binet__gemm_f64(batch->n_first, n_columns, n, rows, columns, 1.0, products, n_columns);
    for (int64_t layer = 0; layer < batch->n_first + batch->n_second; layer++) {
        squares[layer] += binet__dot(diagonals + layer * n, diagonals + layer * n, n);
    }
}

/* Cut the rows into bands whose Grams fit into the memory, and those into tasks. */
static binet__hsic_band plan(const binet__hsic_batch *batch, int64_t first)
{
    int64_t most = batch->memory / (batch->n_first + batch->n_second) / (int64_t)sizeof(double);
    most = most < INT32_MAX ? most : INT32_MAX; /* numbers from one Gram to the next */
    int64_t rows = most / batch->n;
    binet__hsic_band of = {.batch = batch,
                           .rows = rows < LEAST_ROWS  ? LEAST_ROWS
                                   : rows > MOST_ROWS ? MOST_ROWS
                                                      : rows,
                           .first = first,
                           .last = first};
    while (of.last < batch->n) {
        int64_t next = of.last + of.rows < batch->n ? of.last + of.rows : batch->n;
        if (of.last > first && binet__packed(next) - binet__packed(first) > most) {
            break;
        }
        of.last = next;
    }
    of.n_entries = binet__packed(of.last) - binet__packed(first);
    return of;
}

static binet_status make_room(const binet__hsic_band *of, binet__hsic_room *room, binet_error *error)
{
    const binet__hsic_batch *batch = of->batch;
    int64_t n_layers = batch->n_first + batch->n_second;
    size_t bytes;
    if (!binet__multiply(of->n_entries, (uint64_t)n_layers * sizeof(double), &bytes)) {
        return binet__fail_memory(error, UINT64_MAX);
    }
    if ((int64_t)bytes > room->capacity || room->block == NULL) {
        binet__hsic_room_release(batch->context, room);
        room->block = binet__allocate(batch->context, (int64_t)bytes, 1, error);
        if (room->block == NULL) {
            return BINET_OUT_OF_MEMORY;
        }
        room->capacity = (int64_t)bytes;
    }
    return BINET_OK;
}

void binet__hsic_room_release(const binet_context *context, binet__hsic_room *room)
{
    binet__release(context, room->block);
    *room = (binet__hsic_room){0};
}

static binet_status run_bands(const binet__hsic_batch *batch, binet__hsic_room *room, struct binet__hsic_shelf *memory,
                              double *diagonals, double *shifts, double *products, double *squares, binet_error *error)
{
    int64_t n_layers = batch->n_first + batch->n_second;
    binet_status status = BINET_OK;
    for (int64_t first = 0; status == BINET_OK && first < batch->n;) {
        binet__hsic_band of = plan(batch, first);
        of.shelf = memory;
        of.diagonals = diagonals;
        if (batch->unbiased && first == 0 && of.last < batch->n) {
            binet__loop measure = {&of, n_layers, begin_grams, measure_step, end_grams};
            status = binet__loop_run(batch->context, &measure, error);
        }
        status = status == BINET_OK ? make_room(&of, room, error) : status;
        of.grams = room->block;
        int64_t n_tasks = (of.last - first + of.rows - 1) / of.rows * n_layers;
        binet__loop grams = {&of, n_tasks, begin_grams, gram_step, end_grams};
        status = status == BINET_OK ? binet__loop_run(batch->context, &grams, error) : status;
        for (int64_t l = 0; status == BINET_OK && batch->unbiased && first == 0 && l < n_layers; l++) {
            binet__hsic_shift(diagonals + l * batch->n, batch->n, shifts + l * batch->n);
        }
        status = status == BINET_OK
                     ? binet__hsic_add_band(&of, batch->unbiased ? shifts : NULL, products, squares, error)
                     : status;
        first = of.last;
    }
    return status;
}

binet_status binet__hsic_products(const binet__hsic_batch *batch, binet__hsic_room *room, double *products,
                                  double *squares, double *traces, binet_error *error)
{
    const binet_context *context = batch->context;
    int64_t n = batch->n;
    int64_t n_layers = batch->n_first + batch->n_second;
    int64_t n_columns = batch->n_second != 0 ? batch->n_second : batch->n_first;
    memset(products, 0, (size_t)(batch->n_first * n_columns) * sizeof *products);
    memset(squares, 0, (size_t)n_layers * sizeof *squares);
    double *diagonals = binet__allocate(context, n_layers, 2 * (uint64_t)n * sizeof *diagonals, error);
    if (diagonals == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    struct binet__hsic_shelf memory = {{NULL}};
    binet_status status =
        run_bands(batch, room, &memory, diagonals, diagonals + n_layers * n, products, squares, error);
    clear(context, &memory);
    if (status == BINET_OK && !batch->unbiased) {
        add_diagonals(batch, diagonals, products, squares);
    }
    for (int64_t l = 0; status == BINET_OK && l < n_layers; l++) {
        traces[l] = 0.0;
        for (int64_t i = 0; i < n; i++) {
            traces[l] += diagonals[l * n + i];
        }
        if (batch->n_second == 0) {
            squares[l] = products[l * n_columns + l];
        }
    }
    binet__release(context, diagonals);
    return status;
}

binet_status binet__hsic_gram(const binet_context *context, const binet__centred *layer, double *entries,
                              double *diagonal, binet_error *error)
{
    binet__hsic_batch batch = {
        .context = context, .layers = layer, .n = layer->features.n, .n_first = 1, .memory = BINET__HSIC_MEMORY};
    struct binet__hsic_shelf memory = {{NULL}};
    binet_status status = BINET_OK;
    for (int64_t first = 0; status == BINET_OK && first < batch.n;) {
        binet__hsic_band of = plan(&batch, first);
        of.shelf = &memory;
        of.grams = entries + binet__packed(first);
        of.diagonals = diagonal;
        binet__loop grams = {&of, (of.last - first + of.rows - 1) / of.rows, begin_grams, gram_step, end_grams};
        status = binet__loop_run(context, &grams, error);
        first = of.last;
    }
    clear(context, &memory);
    return status;
}

binet_status binet__hsic_fits(int64_t n, binet_error *error)
{
    if (n > INT32_MAX / LEAST_ROWS) {
        return binet__fail(error, BINET_UNSUPPORTED, "", -1, "%lld samples are too many for Grams; the most are %d",
                           (long long)n, INT32_MAX / LEAST_ROWS);
    }
    return BINET_OK;
}

double binet__hsic_divisor(int64_t n, int unbiased)
{
    double count = (double)n;
    return unbiased ? count * (count - 3.0) : (count - 1.0) * (count - 1.0);
}

int binet__hsic_vanishes(double square, double squared_trace)
{
    return !(square > 0x1p-88 * squared_trace);
}
