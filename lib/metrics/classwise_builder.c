#include <stdatomic.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/classwise_table.h"

enum {
    MOST_PIECES = 64,
    PIECE_ELEMENTS = 1 << 18, /* scores that are worth a piece of their own */
    ROW_ELEMENTS = 64,        /* what a row costs beside its scores, in scores */
    ROWS_PER_BIN = 8,         /* rows that are worth a table of their own, for each bin */
    CLASSES_PER_TASK = 64
};

struct binet_classwise_builder {
    binet_context context;
    binet__classwise_settings settings;
    int64_t n_classes; /* 0: none yet */
    int64_t n;         /* rows */
    /* A piece takes a table that is free while it works, and which one it is does not matter: there are as many with
     * memory as pieces ever were at work at the same time. */
    binet__classwise_table tables[MOST_PIECES];
    atomic_int taken[MOST_PIECES];
};

/* Some rows of a batch. */
typedef struct piece {
    int64_t first;
    int64_t end;
    int64_t n_done; /* rows that are in */
    binet__classwise_fault fault;
} piece;

typedef struct job {
    binet_classwise_builder *builder;
    binet__classwise_batch batch;
    piece pieces[MOST_PIECES];
    int32_t n_pieces;
} job;

binet_status binet_classwise_builder_create(const binet_context *context, int32_t kind,
                                            const binet_classwise_options *options, binet_classwise_builder **builder,
                                            binet_error *error)
{
    binet__classwise_settings settings = {0};
    binet_status status = binet__require(builder, "builder", error);
    status = status == BINET_OK ? binet__classwise_read_options(context, kind, options, &settings, error) : status;
    if (status == BINET_OK && settings.binning == BINET_EQUAL_MASS) {
        status = binet__fail(error, BINET_UNSUPPORTED, "options", -1,
                             "bins of equal mass need all rows at once: call binet_classwise_calibration");
    }
    if (status != BINET_OK) {
        return status;
    }
    binet_classwise_builder *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = binet__context_copy(context);
    made->settings = settings;
    *builder = made;
    return BINET_OK;
}

static void release_tables(binet_classwise_builder *builder)
{
    for (int32_t t = 0; t < MOST_PIECES; t++) {
        binet__classwise_table_release(&builder->context, &builder->tables[t]);
    }
}

void binet_classwise_builder_destroy(binet_classwise_builder *builder)
{
    if (builder != NULL) {
        binet_context context = builder->context;
        release_tables(builder);
        binet__release(&context, builder);
    }
}

/* ---- Batches ----------------------------------------------------------------------------------------------------- */

static void run_piece(void *argument, int64_t index)
{
    job *work = argument;
    binet_classwise_builder *builder = work->builder;
    piece *one = &work->pieces[index];
    int32_t t = 0;
    while (atomic_exchange(&builder->taken[t], 1) != 0) {
        t++; /* one is free: no more pieces are at work than there are tables */
    }
    binet__classwise_table *table = &builder->tables[t];
    if (table->cells != NULL ||
        binet__classwise_table_create(&builder->context, &builder->settings, work->batch.scores.n_kept, table)) {
        one->n_done = binet__classwise_table_add(table, &work->batch, one->first, one->end, &one->fault);
    } else {
        one->fault.state = BINET__NO_MEMORY;
    }
    atomic_store(&builder->taken[t], 0);
}

/* Take away what a batch that failed has added, from any one table: their sum is what counts. */
static void take_back(job *work)
{
    const binet__classwise_settings *settings = &work->builder->settings;
    int64_t n_classes = work->batch.scores.n_kept;
    binet__classwise_table *table = work->builder->tables;
    while (table < work->builder->tables + MOST_PIECES - 1 && table->cells == NULL) {
        table++;
    }
    if (table->cells == NULL) {
        return;
    }
    binet__classwise_table_negate(table, settings, n_classes);
    for (int32_t i = 0; i < work->n_pieces; i++) {
        piece *one = &work->pieces[i];
        (void)binet__classwise_table_add(table, &work->batch, one->first, one->first + one->n_done, &one->fault);
    }
    binet__classwise_table_negate(table, settings, n_classes);
}

/* Cut `n` rows by what they are, never by the number of threads. */
static void cut(job *work, int64_t n)
{
    int64_t least = 1 + PIECE_ELEMENTS / (work->batch.scores.n_kept + ROW_ELEMENTS);
    int64_t least_of_bins = ROWS_PER_BIN * (int64_t)work->builder->settings.n_bins;
    least = least > least_of_bins ? least : least_of_bins;
    int64_t n_pieces = n / least + (n % least != 0);
    n_pieces = n_pieces < MOST_PIECES ? n_pieces : MOST_PIECES;
    for (int64_t i = 0; i < n_pieces; i++) {
        piece *one = &work->pieces[i];
        one->first = n / n_pieces * i + (i < n % n_pieces ? i : n % n_pieces);
        one->end = one->first + n / n_pieces + (i < n % n_pieces);
    }
    work->n_pieces = (int32_t)n_pieces;
}

binet_status binet_classwise_builder_append(binet_classwise_builder *builder, const binet_array *scores,
                                            const binet_array *labels, binet_error *error)
{
    binet_status status = binet__require(builder, "builder", error);
    status = status == BINET_OK ? binet__classwise_check_batch(scores, labels, builder->n_classes, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (builder->n_classes == 0) {
        release_tables(builder); /* of a first batch that failed, which may have had another C */
    }
    job work = {.builder = builder, .batch = binet__classwise_batch_of(&builder->settings, scores, labels, builder->n)};
    cut(&work, scores->shape[0]);
    status = binet__run(&builder->context, work.n_pieces, run_piece, &work, error);
    for (int32_t i = 0; status == BINET_OK && i < work.n_pieces; i++) {
        if (work.pieces[i].fault.state != BINET__ROW_OK) {
            status = binet__classwise_fail(&work.batch, &work.pieces[i].fault, error);
        }
    }
    if (status != BINET_OK) {
        take_back(&work);
        return status;
    }
    builder->n_classes = scores->shape[1];
    builder->n += scores->shape[0];
    return BINET_OK;
}

/* ---- The result -------------------------------------------------------------------------------------------------- */

typedef struct summary {
    const binet_classwise_builder *builder;
    const binet__classwise_out *out;
    binet__classwise_bin *bins; /* [n_tasks * n_bins] */
} summary;

static void summarise_some(void *argument, int64_t index)
{
    const summary *work = argument;
    const binet_classwise_builder *builder = work->builder;
    binet__classwise_bin *bins = work->bins + index * builder->settings.n_bins;
    int64_t n = builder->n_classes;
    int64_t first = index * CLASSES_PER_TASK;
    int64_t end = n - first < CLASSES_PER_TASK ? n : first + CLASSES_PER_TASK;
    for (int64_t k = first; k < end; k++) {
        int64_t n_labels =
            binet__classwise_table_join(builder->tables, MOST_PIECES, &builder->settings, builder->n, k, bins);
        binet__classwise_measure(work->out, k, bins, n_labels);
    }
}

binet_status binet_classwise_builder_finish(binet_classwise_builder *builder, binet_classwise_result *result,
                                            binet_error *error)
{
    binet_status status = binet__require(builder, "builder", error);
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    if (status == BINET_OK && builder->n == 0) {
        status = binet__fail(error, BINET_INVALID_DATA, "builder", -1, "no rows were appended");
    }
    if (status != BINET_OK) {
        return status;
    }
    const binet_context *context = &builder->context;
    int64_t n_tasks = (builder->n_classes + CLASSES_PER_TASK - 1) / CLASSES_PER_TASK;
    binet__classwise_out out;
    summary work = {builder, &out, NULL};
    status =
        binet__classwise_out_create(context, &builder->settings, builder->n, builder->n_classes, result, &out, error);
    if (status == BINET_OK) {
        work.bins = binet__allocate(context, n_tasks * builder->settings.n_bins, sizeof *work.bins, error);
        status = work.bins != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    if (status == BINET_OK) {
        for (int32_t t = 0; t < MOST_PIECES; t++) {
            binet__classwise_table_carry(&builder->tables[t], builder->n_classes);
        }
        status = binet__run(context, n_tasks, summarise_some, &work, error);
    }
    if (status == BINET_OK) {
        binet__classwise_out_finish(&out, result);
    }
    binet__release(context, work.bins);
    binet__classwise_out_release(&out);
    return status;
}
