#include <string.h>

#include "base/array.h"
#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/bins.h"
#include "metrics/classwise.h"

enum {
    MOST_PIECES = 16,
    PIECE_ELEMENTS = 1 << 18, /* scores that are worth a piece of their own */
    ROW_ELEMENTS = 64,        /* what a row costs beside its scores, in scores */
    ROWS_PER_BIN = 8,         /* rows that are worth a table of their own, for each bin */
    ROWS_UNCARRIED = 1 << 22, /* rows of 2^40 that a total of 64 bits holds */
    FRACTION_HALF = 1 << 20,  /* the root of 2^40 */
    CLASSES_PER_TASK = 64
};

/* A bin of a class. Where all probabilities count, the first bin's count and sum are what the others leave. */
typedef struct cell {
    int64_t count;
    int64_t marked; /* nixon: rows of this label; pearce: rows that are wrong for the class */
    binet__sum probability;
} cell;

/* What one piece of every batch adds up. Integers throughout, so that it may be taken away again to the last bit. */
typedef struct piece {
    uint64_t *totals;    /* [BINET__PADDED(C)], of the rows since the last carry, in 2^-40; NULL with a threshold */
    binet__sum *carried; /* [C], of the rows before; NULL likewise */
    cell *cells;         /* [C * n_bins] */
    int64_t *n_labels;   /* [C] */
    int64_t *n_zero;     /* [C], probabilities of 0; NULL but for pearce */
    int32_t *columns;    /* [C] */
    void *room;          /* [BINET__PADDED(C)] of double */
    void *scratch;
    int64_t n_uncarried;
    int64_t first; /* row of the present batch */
    int64_t end;
    int64_t n_done; /* rows of the present batch that are in */
    binet__classwise_fault fault;
} piece;

struct binet_classwise_builder {
    binet_context context;
    binet__classwise_settings settings;
    int64_t n_classes; /* 0: none yet */
    int64_t n;         /* rows */
    int32_t n_pieces;  /* that have their memory */
    piece pieces[MOST_PIECES];
};

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

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static void release(const binet_context *context, piece *one)
{
    binet__release(context, one->totals);
    binet__release(context, one->carried);
    binet__release(context, one->cells);
    binet__release(context, one->n_labels);
    binet__release(context, one->n_zero);
    binet__release(context, one->columns);
    binet__release(context, one->room);
    binet__release(context, one->scratch);
    memset(one, 0, sizeof *one);
}

void binet_classwise_builder_destroy(binet_classwise_builder *builder)
{
    if (builder != NULL) {
        binet_context context = builder->context;
        for (int32_t i = 0; i < builder->n_pieces; i++) {
            release(&context, &builder->pieces[i]);
        }
        binet__release(&context, builder);
    }
}

static binet_status allocate(const binet_classwise_builder *builder, int64_t n_classes, piece *one, binet_error *error)
{
    const binet_context *context = &builder->context;
    int all = builder->settings.threshold == 0.0;
    int pearce = builder->settings.definition == BINET_CLASSWISE_PEARCE;
    int64_t padded = BINET__PADDED(n_classes);
    one->cells = binet__allocate_zero(context, n_classes * builder->settings.n_bins, sizeof *one->cells, error);
    one->n_labels = one->cells != NULL ? binet__allocate_zero(context, n_classes, sizeof *one->n_labels, error) : NULL;
    one->columns = one->n_labels != NULL ? binet__allocate(context, n_classes, sizeof *one->columns, error) : NULL;
    one->room = one->columns != NULL ? binet__allocate(context, padded, sizeof(double), error) : NULL;
    one->scratch = one->room != NULL ? binet__allocate(context, n_classes, BINET__CLASSWISE_SCRATCH, error) : NULL;
    int whole = one->scratch != NULL;
    if (whole && all) {
        one->totals = binet__allocate_zero(context, padded, sizeof *one->totals, error);
        one->carried =
            one->totals != NULL ? binet__allocate_zero(context, n_classes, sizeof *one->carried, error) : NULL;
        whole = one->carried != NULL;
    }
    if (whole && pearce) {
        one->n_zero = binet__allocate_zero(context, n_classes, sizeof *one->n_zero, error);
        whole = one->n_zero != NULL;
    }
    if (!whole) {
        release(context, one);
        return BINET_OUT_OF_MEMORY;
    }
    return BINET_OK;
}

/* Give each of `n` pieces its memory. */
static binet_status reserve(binet_classwise_builder *builder, int64_t n_classes, int32_t n, binet_error *error)
{
    if (builder->n_classes == 0) { /* no batch went well so far, and this may be of another C */
        while (builder->n_pieces > 0) {
            release(&builder->context, &builder->pieces[--builder->n_pieces]);
        }
    }
    while (builder->n_pieces < n) {
        binet_status status = allocate(builder, n_classes, &builder->pieces[builder->n_pieces], error);
        if (status != BINET_OK) {
            return status;
        }
        builder->n_pieces++;
    }
    return BINET_OK;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

typedef struct job {
    binet__classwise_batch batch;
    piece *pieces;
} job;

static double probability_at(const job *work, const void *scaled, const binet__scaling *scaling, int64_t k)
{
    double value = work->batch.wide ? ((const double *)scaled)[k] : (double)((const float *)scaled)[k];
    return value * scaling->unit;
}

/* A total of 64 bits to the sum of 128, in halves that a double holds. */
static void carry(piece *one, int64_t n_classes)
{
    for (int64_t k = 0; one->totals != NULL && k < n_classes; k++) {
        int64_t total = (int64_t)one->totals[k];
        int64_t upper = total / FRACTION_HALF;
        int64_t lower = total % FRACTION_HALF;
        binet__sum_add(&one->carried[k], (double)upper * 0x1p-20);
        binet__sum_add(&one->carried[k], (double)lower * 0x1p-40);
        one->totals[k] = 0;
    }
    one->n_uncarried = 0;
}

static void mark(const job *work, piece *one, int64_t k, double probability)
{
    const binet__classwise_settings *settings = work->batch.settings;
    int pearce = settings->definition == BINET_CLASSWISE_PEARCE;
    if (pearce ? probability > 0.0 : probability >= settings->threshold) {
        one->cells[k * settings->n_bins + binet__bin_find(settings->n_bins, probability)].marked++;
    }
}

static void add_row(const job *work, piece *one, const void *scaled, const binet__scaling *scaling, int64_t label)
{
    const binet__classwise_settings *settings = work->batch.settings;
    const binet__kernels *kernels = settings->kernels;
    int64_t n = work->batch.scores.n_kept;
    int all = settings->threshold == 0.0;
    double least = all ? binet__bin_edge(settings->n_bins, 1) : settings->threshold;
    int64_t count = work->batch.wide ? kernels->tally_f64(scaled, n, scaling->unit, least, one->totals, one->columns)
                                     : kernels->tally_f32(scaled, n, scaling->unit, least, one->totals, one->columns);
    for (int64_t i = 0; i < count; i++) {
        int64_t k = one->columns[i];
        double p = probability_at(work, scaled, scaling, k);
        int32_t b = binet__bin_find(settings->n_bins, p);
        if (all ? b > 0 : p >= least) {
            cell *into = &one->cells[k * settings->n_bins + b];
            into->count++;
            binet__sum_add(&into->probability, (p + binet__tally_shift) - binet__tally_shift);
        }
    }
    one->n_labels[label]++;
    if (settings->definition == BINET_CLASSWISE_NIXON) {
        mark(work, one, label, probability_at(work, scaled, scaling, label));
        return;
    }
    for (int64_t k = 0; k < n; k++) {
        one->n_zero[k] += probability_at(work, scaled, scaling, k) == 0.0;
    }
    if (scaling->predicted != label) {
        mark(work, one, label, probability_at(work, scaled, scaling, label));
        mark(work, one, scaling->predicted, probability_at(work, scaled, scaling, scaling->predicted));
    }
}

/* Rows first to end, up to the first that is at fault; gives how many are in. */
static int64_t take_rows(const job *work, piece *one, int64_t first, int64_t end)
{
    int64_t i = first;
    for (; i < end; i++) {
        const void *scaled;
        binet__scaling scaling;
        int64_t label;
        if (!binet__classwise_read_row(&work->batch, i, one->scratch, one->room, &scaled, &scaling, &label,
                                       &one->fault)) {
            break;
        }
        add_row(work, one, scaled, &scaling, label);
        if (++one->n_uncarried == ROWS_UNCARRIED) {
            carry(one, work->batch.scores.n_kept);
        }
    }
    return i - first;
}

static void run_piece(void *argument, int64_t index)
{
    const job *work = argument;
    piece *one = &work->pieces[index];
    one->n_done = take_rows(work, one, one->first, one->end);
}

static void negate(const binet_classwise_builder *builder, piece *one, int64_t n_classes)
{
    for (int64_t k = 0; k < n_classes; k++) {
        one->n_labels[k] = -one->n_labels[k];
        if (one->totals != NULL) {
            one->totals[k] = 0 - one->totals[k];
            binet__sum_negate(&one->carried[k]);
        }
        if (one->n_zero != NULL) {
            one->n_zero[k] = -one->n_zero[k];
        }
    }
    for (int64_t i = 0; i < n_classes * builder->settings.n_bins; i++) {
        one->cells[i].count = -one->cells[i].count;
        one->cells[i].marked = -one->cells[i].marked;
        binet__sum_negate(&one->cells[i].probability);
    }
}

/* Take away what a batch that failed has added: the rows are added once more to the negated sums. */
static void take_back(const binet_classwise_builder *builder, const job *work, int32_t n_pieces)
{
    int64_t n_classes = work->batch.scores.n_kept;
    for (int32_t i = 0; i < n_pieces; i++) {
        piece *one = &work->pieces[i];
        if (one->n_done > 0) {
            negate(builder, one, n_classes);
            (void)take_rows(work, one, one->first, one->first + one->n_done);
            negate(builder, one, n_classes);
        }
    }
}

binet_status binet_classwise_builder_append(binet_classwise_builder *builder, const binet_array *scores,
                                            const binet_array *labels, binet_error *error)
{
    binet_status status = binet__require(builder, "builder", error);
    status = status == BINET_OK ? binet__classwise_check_batch(scores, labels, builder->n_classes, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t n = scores->shape[0];
    int64_t n_classes = scores->shape[1];
    int64_t least = 1 + PIECE_ELEMENTS / (n_classes + ROW_ELEMENTS);
    least = least > ROWS_PER_BIN * (int64_t)builder->settings.n_bins ? least
                                                                     : ROWS_PER_BIN * (int64_t)builder->settings.n_bins;
    int32_t n_pieces = n / least >= MOST_PIECES ? MOST_PIECES : 1 + (int32_t)(n / least) - (n % least == 0 && n > 0);
    job work = {.batch = binet__classwise_batch_of(&builder->settings, scores, labels, builder->n),
                .pieces = builder->pieces};
    status = reserve(builder, n_classes, n_pieces, error);
    if (status != BINET_OK) {
        return status;
    }
    for (int32_t i = 0; i < n_pieces; i++) {
        piece *one = &builder->pieces[i];
        one->first = n / n_pieces * i + (i < n % n_pieces ? i : n % n_pieces);
        one->end = one->first + n / n_pieces + (i < n % n_pieces);
        one->n_done = 0;
        one->fault.state = BINET__ROW_OK;
    }
    status = binet__run(&builder->context, n_pieces, run_piece, &work, error);
    for (int32_t i = 0; status == BINET_OK && i < n_pieces; i++) {
        if (builder->pieces[i].fault.state != BINET__ROW_OK) {
            status = binet__classwise_fail(&work.batch, &builder->pieces[i].fault, error);
        }
    }
    if (status != BINET_OK) {
        take_back(builder, &work, n_pieces);
        return status;
    }
    builder->n_classes = n_classes;
    builder->n += n;
    return BINET_OK;
}

/* ---- The result -------------------------------------------------------------------------------------------------- */

typedef struct summary {
    const binet_classwise_builder *builder;
    const binet__classwise_out *out;
    binet__classwise_bin *bins; /* [n_tasks * n_bins] */
} summary;

static void subtract(binet__sum *from, const binet__sum *sum)
{
    binet__sum less = *sum;
    binet__sum_negate(&less);
    binet__sum_join(from, &less);
}

/* The bins of class k, joined over the pieces. */
static void join(const binet_classwise_builder *builder, int64_t k, binet__classwise_bin *bins)
{
    const binet__classwise_settings *settings = &builder->settings;
    int32_t n_bins = settings->n_bins;
    int64_t rest = builder->n; /* of the first bin, where all probabilities count */
    binet__sum whole = {0, 0};
    for (int32_t b = 0; b < n_bins; b++) {
        binet__classwise_bin *into = &bins[b];
        memset(into, 0, sizeof *into);
        into->low = binet__bin_edge(n_bins, b);
        into->high = binet__bin_edge(n_bins, b + 1);
        for (int32_t i = 0; i < builder->n_pieces; i++) {
            const cell *from = &builder->pieces[i].cells[k * n_bins + b];
            into->count += from->count;
            into->right += from->marked;
            binet__sum_join(&into->probability, &from->probability);
        }
        rest -= into->count;
        subtract(&whole, &into->probability);
    }
    for (int32_t i = 0; settings->threshold == 0.0 && i < builder->n_pieces; i++) {
        binet__sum_join(&whole, &builder->pieces[i].carried[k]);
        rest -= builder->pieces[i].n_zero != NULL ? builder->pieces[i].n_zero[k] : 0;
    }
    if (settings->threshold == 0.0) {
        bins[0].count = rest;
        bins[0].probability = whole;
    }
    for (int32_t b = 0; settings->definition == BINET_CLASSWISE_PEARCE && b < n_bins; b++) {
        bins[b].right = bins[b].count - bins[b].right;
    }
}

static void summarise_some(void *argument, int64_t index)
{
    const summary *work = argument;
    const binet_classwise_builder *builder = work->builder;
    binet__classwise_bin *bins = work->bins + index * builder->settings.n_bins;
    int64_t n = builder->n_classes;
    int64_t first = index * CLASSES_PER_TASK;
    int64_t end = n - first < CLASSES_PER_TASK ? n : first + CLASSES_PER_TASK;
    for (int64_t k = first; k < end; k++) {
        int64_t n_labels = 0;
        for (int32_t i = 0; i < builder->n_pieces; i++) {
            n_labels += builder->pieces[i].n_labels[k];
        }
        join(builder, k, bins);
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
        for (int32_t i = 0; i < builder->n_pieces; i++) {
            carry(&builder->pieces[i], builder->n_classes);
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
