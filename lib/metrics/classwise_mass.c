#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/bins.h"
#include "metrics/classwise.h"
#include "metrics/sort.h"

enum {
    BLOCK = 16,               /* classes whose columns are gathered at once: 64 bytes of f32 */
    CHUNK_ELEMENTS = 1 << 18, /* scores of the first pass in a piece of work */
    ROW_ELEMENTS = 64         /* what a row costs beside its scores, in scores */
};

/* What the second pass needs of a row. */
typedef struct row_scale {
    double largest;
    double unit;
    int32_t predicted;
    int32_t label;
} row_scale;

typedef struct job {
    const binet_context *context;
    binet__classwise_batch batch;
    const binet__classwise_out *out;
    int64_t n_rows;
    int64_t rows_per_chunk;
    row_scale *rows;
    binet__classwise_fault *faults; /* one a chunk of rows, then one a block of classes */
} job;

/* ---- First pass: the rows ---------------------------------------------------------------------------------------- */

static void scale_rows(const job *work, int64_t first, int64_t end, void *scratch, void *room,
                       binet__classwise_fault *fault)
{
    for (int64_t i = first; i < end; i++) {
        const void *scaled;
        binet__scaling scaling;
        int64_t label;
        if (!binet__classwise_read_row(&work->batch, i, scratch, room, &scaled, &scaling, &label, fault)) {
            return;
        }
        const void *largest = binet__scores_read(&work->batch.scores, i, scaling.predicted, 1, scratch);
        row_scale *row = &work->rows[i];
        row->largest = work->batch.wide ? *(const double *)largest : (double)*(const float *)largest;
        row->unit = scaling.unit;
        row->predicted = (int32_t)scaling.predicted;
        row->label = (int32_t)label;
    }
}

static void scale_chunk(void *argument, int64_t index)
{
    const job *work = argument;
    int64_t n_classes = work->batch.scores.n_kept;
    int64_t first = index * work->rows_per_chunk;
    int64_t end = work->n_rows - first < work->rows_per_chunk ? work->n_rows : first + work->rows_per_chunk;
    void *scratch = binet__allocate(work->context, n_classes, BINET__CLASSWISE_SCRATCH, NULL);
    void *room = binet__allocate(work->context, BINET__PADDED(n_classes), sizeof(double), NULL);
    if (scratch != NULL && room != NULL) {
        scale_rows(work, first, end, scratch, room, &work->faults[index]);
    } else {
        work->faults[index].state = BINET__NO_MEMORY;
    }
    binet__release(work->context, scratch);
    binet__release(work->context, room);
}

/* ---- Second pass: the classes ------------------------------------------------------------------------------------ */

/* Probabilities of `n` classes from `first` on, in row i. */
static void read_block(const job *work, int64_t i, int64_t first, int64_t n, double *probabilities)
{
    const binet__kernels *kernels = work->batch.settings->kernels;
    const row_scale *row = &work->rows[i];
    double scratch[2 * BLOCK];
    double scaled[BLOCK];
    if (work->batch.settings->kind == BINET_LOGITS && isinf(row->largest)) {
        for (int64_t j = 0; j < n; j++) {
            probabilities[j] = first + j == row->predicted;
        }
        return;
    }
    const void *values = binet__scores_read(&work->batch.scores, i, first, n, scratch);
    if (work->batch.settings->kind == BINET_LOGITS) {
        if (work->batch.wide) {
            kernels->scale_some_f64(values, n, row->largest, &work->batch.parameters, scaled);
        } else {
            kernels->scale_some_f32(values, n, (float)row->largest, &work->batch.parameters, (float *)(void *)scaled);
        }
        values = scaled;
    }
    for (int64_t j = 0; j < n; j++) {
        double value = work->batch.wide ? ((const double *)values)[j] : (double)((const float *)values)[j];
        probabilities[j] = value * row->unit;
    }
}

/* Sort keys of the classes of a block, those of class first + j from keys[j * N] on; counts[j] of them. */
static void gather_block(const job *work, int64_t first, int64_t n, uint64_t *keys, int64_t *counts)
{
    const binet__classwise_settings *settings = work->batch.settings;
    int pearce = settings->definition == BINET_CLASSWISE_PEARCE;
    memset(counts, 0, BLOCK * sizeof *counts);
    for (int64_t i = 0; i < work->n_rows; i++) {
        const row_scale *row = &work->rows[i];
        double probabilities[BLOCK];
        read_block(work, i, first, n, probabilities);
        for (int64_t j = 0; j < n; j++) {
            int64_t k = first + j;
            int counted = probabilities[j] >= settings->threshold;
            if (pearce) {
                int right = (row->predicted == k) == (row->label == k);
                keys[j * work->n_rows + counts[j]++] = binet__bin_pack(counted ? probabilities[j] : 0.0, right);
            } else if (counted) {
                keys[j * work->n_rows + counts[j]++] = binet__bin_pack(probabilities[j], row->label == k);
            }
        }
    }
}

static void add(binet__classwise_bin *into, uint64_t key)
{
    into->count++;
    into->right += binet__bin_right(key);
    binet__sum_add(&into->probability, binet__bin_unpack(key));
}

/* As binet_calibration splits confidences. */
static void split(const uint64_t *keys, int64_t n, int32_t n_bins, binet__classwise_bin *bins)
{
    int64_t first = 0;
    for (int32_t b = 0; b < n_bins; b++) {
        int64_t end = first + n / n_bins + (b < n % n_bins);
        bins[b].low = first < end ? binet__bin_unpack(keys[first]) : NAN;
        bins[b].high = first < end ? binet__bin_unpack(keys[end - 1]) : NAN;
        for (; first < end; first++) {
            add(&bins[b], keys[first]);
        }
    }
}

/* Bin b is (lo, hi] from the sorted probability b * (n / n_bins) to that of bin b + 1, or to 1. */
static void split_pearce(const uint64_t *keys, int64_t n, int32_t n_bins, binet__classwise_bin *bins)
{
    int64_t step = n / n_bins;
    int64_t i = 0;
    while (i < n && binet__bin_unpack(keys[i]) <= binet__bin_unpack(keys[0])) {
        i++;
    }
    for (int32_t b = 0; b < n_bins; b++) {
        bins[b].low = binet__bin_unpack(keys[b * step]);
        bins[b].high = b + 1 < n_bins ? binet__bin_unpack(keys[(b + 1) * step]) : 1.0;
        for (; i < n && binet__bin_unpack(keys[i]) <= bins[b].high; i++) {
            add(&bins[b], keys[i]);
        }
    }
}

static void measure_block(const job *work, int64_t first, int64_t n, uint64_t *keys, binet__classwise_bin *bins)
{
    const binet__classwise_settings *settings = work->batch.settings;
    int pearce = settings->definition == BINET_CLASSWISE_PEARCE;
    int64_t counts[BLOCK];
    int64_t n_labels[BLOCK] = {0};
    gather_block(work, first, n, keys, counts);
    for (int64_t i = 0; i < work->n_rows; i++) {
        int64_t j = work->rows[i].label - first;
        if (j >= 0 && j < n) {
            n_labels[j]++;
        }
    }
    for (int64_t j = 0; j < n; j++) {
        uint64_t *of_class = keys + j * work->n_rows;
        binet__sort_u64(of_class, counts[j], keys + n * work->n_rows);
        memset(bins, 0, (size_t)settings->n_bins * sizeof *bins);
        (pearce ? split_pearce : split)(of_class, counts[j], settings->n_bins, bins);
        binet__classwise_measure(work->out, first + j, bins, n_labels[j]);
    }
}

static void run_block(void *argument, int64_t index)
{
    const job *work = argument;
    int64_t n_classes = work->batch.scores.n_kept;
    int64_t first = index * BLOCK;
    int64_t n = n_classes - first < BLOCK ? n_classes - first : BLOCK;
    uint64_t *keys = binet__allocate(work->context, work->n_rows, (uint64_t)(n + 1) * sizeof *keys, NULL);
    binet__classwise_bin *bins = binet__allocate(work->context, work->batch.settings->n_bins, sizeof *bins, NULL);
    if (keys != NULL && bins != NULL) {
        measure_block(work, first, n, keys, bins);
    } else {
        work->faults[index].state = BINET__NO_MEMORY;
    }
    binet__release(work->context, keys);
    binet__release(work->context, bins);
}

/* ---- Both -------------------------------------------------------------------------------------------------------- */

static binet_status run(job *work, int64_t n_tasks, binet_task task, binet_error *error)
{
    work->faults = binet__allocate_zero(work->context, n_tasks, sizeof *work->faults, error);
    if (work->faults == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = binet__run(work->context, n_tasks, task, work, error);
    for (int64_t i = 0; status == BINET_OK && i < n_tasks; i++) {
        if (work->faults[i].state != BINET__ROW_OK) {
            status = binet__classwise_fail(&work->batch, &work->faults[i], error);
        }
    }
    binet__release(work->context, work->faults);
    return status;
}

binet_status binet__classwise_equal_mass(const binet_context *context, const binet__classwise_settings *settings,
                                         const binet_array *scores, const binet_array *labels,
                                         binet_classwise_result *result, binet_error *error)
{
    binet__classwise_out out;
    job work = {.context = context,
                .batch = binet__classwise_batch_of(settings, scores, labels, 0),
                .out = &out,
                .n_rows = scores->shape[0]};
    int64_t n_classes = work.batch.scores.n_kept;
    work.rows_per_chunk = 1 + CHUNK_ELEMENTS / (n_classes + ROW_ELEMENTS);
    binet_status status = binet__classwise_out_create(context, settings, work.n_rows, n_classes, result, &out, error);
    if (status == BINET_OK) {
        work.rows = binet__allocate(context, work.n_rows, sizeof *work.rows, error);
        status = work.rows != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    if (status == BINET_OK) {
        int64_t n_chunks = work.n_rows / work.rows_per_chunk + (work.n_rows % work.rows_per_chunk != 0);
        status = run(&work, n_chunks, scale_chunk, error);
    }
    status = status == BINET_OK ? run(&work, (n_classes + BLOCK - 1) / BLOCK, run_block, error) : status;
    if (status == BINET_OK) {
        binet__classwise_out_finish(&out, result);
    }
    binet__release(context, work.rows);
    binet__classwise_out_release(&out);
    return status;
}
