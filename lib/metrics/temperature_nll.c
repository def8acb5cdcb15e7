/* With m the largest logit of a row and g = m - x_label its gap, NLL = log sum exp(t (x - m)) + t g. The gaps do not
 * change from pass to pass: their mean is found once, and later passes need neither labels nor the search for m. */
#include "metrics/temperature_nll.h"

#include <math.h>

#include "base/array.h"
#include "base/context.h"
#include "base/memory.h"
#include "base/sum.h"
#include "metrics/labelled_scores.h"

enum {
    CHUNK_ELEMENTS = 1 << 18, /* logits in a piece of work: some 50 microseconds of it */
    ROW_ELEMENTS = 64         /* what a row costs beside its logits, in logits */
};

/* What stopped a chunk: a BINET__ROW_* that is not BINET__ROW_OK, or one of these. */
enum { FAULT_NONE = BINET__ROW_OK, FAULT_LABEL = -1, FAULT_IMPOSSIBLE = -2, FAULT_MEMORY = -3 };

/* How far a sum over a row may be off, relative to the sum of its terms' sizes. */
static const double rounding_f32 = 0x1p-22;
static const double rounding_f64 = 0x1p-50;

typedef struct binet__nll_row {
    double largest;
    double gap;
    int64_t first;
} binet__nll_row;

typedef struct chunk {
    binet__sum log_sum, mean, variance;
    int32_t fault;
    int64_t row; /* at fault */
    int64_t column;
    int64_t label;
} chunk;

typedef struct job {
    binet__nll *nll;
    double inverse;
    int64_t rows_per_chunk;
    int first_pass;
    chunk *chunks;
} job;

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

/* What later passes need of a row; the fault where it has one. */
static int32_t survey(const binet__nll *nll, int64_t i, const void *row, binet__peak *peak, chunk *found)
{
    const binet__kernels *kernels = nll->scores.kernels;
    int64_t n = nll->scores.n_kept;
    found->label = binet__integer_at(nll->labels, i);
    if (found->label < 0 || found->label >= n) {
        return FAULT_LABEL;
    }
    if (nll->scores.array->dtype == BINET_F64) {
        kernels->peak_f64(row, n, peak);
    } else {
        kernels->peak_f32(row, n, peak);
    }
    found->column = peak->fault;
    if (peak->state != BINET__ROW_OK) {
        return peak->state;
    }
    double gap =
        found->label == peak->first ? 0.0 : peak->largest - binet__labelled_score(&nll->scores, row, found->label);
    nll->rows[i].largest = peak->largest;
    nll->rows[i].first = peak->first;
    nll->rows[i].gap = gap;
    return FAULT_NONE;
}

static int32_t take_row(const job *work, int64_t i, const void *row, chunk *found)
{
    const binet__nll *nll = work->nll;
    const binet__kernels *kernels = nll->scores.kernels;
    binet__peak peak = {.first = nll->rows[i].first, .largest = nll->rows[i].largest};
    binet__moments moments;
    int32_t fault = work->first_pass ? survey(nll, i, row, &peak, found) : FAULT_NONE;
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (nll->scores.array->dtype == BINET_F64) {
        kernels->moments_f64(row, nll->scores.n_kept, &peak, work->inverse, &moments);
    } else {
        kernels->moments_f32(row, nll->scores.n_kept, &peak, work->inverse, &moments);
    }
    if (moments.state != BINET__ROW_OK) {
        found->column = moments.fault;
        return moments.state;
    }
    if (!isfinite(nll->rows[i].gap)) {
        return FAULT_IMPOSSIBLE; /* said after a NaN, which would make the gap one */
    }
    binet__sum_add(&found->log_sum, moments.log_sum);
    binet__sum_add(&found->mean, moments.mean);
    binet__sum_add(&found->variance, fmax(moments.square - moments.mean * moments.mean, 0.0));
    return FAULT_NONE;
}

static void take_chunk(void *argument, int64_t index)
{
    const job *work = argument;
    const binet__scores *scores = &work->nll->scores;
    chunk *found = &work->chunks[index];
    int64_t n = scores->array->shape[0];
    int64_t first = index * work->rows_per_chunk;
    int64_t end = n - first < work->rows_per_chunk ? n : first + work->rows_per_chunk;
    uint64_t bytes = binet__scores_scratch(scores);
    void *scratch = bytes != 0 ? binet__allocate(work->nll->context, scores->n_kept, bytes, NULL) : NULL;
    if (bytes != 0 && scratch == NULL) {
        found->fault = FAULT_MEMORY;
        return;
    }
    for (int64_t i = first; i < end && found->fault == FAULT_NONE; i++) {
        found->row = i;
        found->fault = take_row(work, i, binet__scores_read(scores, i, 0, scores->n_kept, scratch), found);
    }
    binet__release(work->nll->context, scratch);
}

/* ---- A pass ------------------------------------------------------------------------------------------------------ */

static binet_status fail_row(const binet__nll *nll, const chunk *found, binet_error *error)
{
    switch (found->fault) {
    case FAULT_LABEL:
        return binet__labelled_fail_label(&nll->scores, found->row, found->label, error);
    case FAULT_IMPOSSIBLE:
        return binet__labelled_fail_impossible(found->row, found->label, error);
    case FAULT_MEMORY:
        return binet__labelled_fail_memory(&nll->scores, error);
    default:
        return binet__scores_fail(&nll->scores, found->fault, found->row, found->column, NAN, error);
    }
}

static void join(const binet__nll *nll, const chunk *chunks, int64_t n_chunks, double inverse, binet__nll_point *point)
{
    double n = (double)nll->scores.array->shape[0];
    chunk all = {{0, 0}, {0, 0}, {0, 0}, 0, 0, 0, 0};
    for (int64_t i = 0; i < n_chunks; i++) {
        binet__sum_join(&all.log_sum, &chunks[i].log_sum);
        binet__sum_join(&all.mean, &chunks[i].mean);
        binet__sum_join(&all.variance, &chunks[i].variance);
    }
    double mean = binet__sum_value(&all.mean) / n;
    double gap = inverse * nll->mean_gap;
    point->inverse = inverse;
    point->nll = binet__sum_value(&all.log_sum) / n + gap;
    point->slope = mean + gap;
    point->curvature = binet__sum_value(&all.variance) / n;
    point->rounding = (nll->scores.array->dtype == BINET_F64 ? rounding_f64 : rounding_f32) * fabs(mean);
}

/* The mean of the gaps: sums of parts of the largest, which fit whatever its size. */
static void average_gaps(binet__nll *nll)
{
    int64_t n = nll->scores.array->shape[0];
    double largest = 0.0;
    int exponent;
    binet__sum sum = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, nll->rows[i].gap);
    }
    (void)frexp(largest, &exponent);
    for (int64_t i = 0; i < n; i++) {
        binet__sum_add(&sum, ldexp(nll->rows[i].gap, -exponent));
    }
    nll->separable = largest == 0.0;
    nll->mean_gap = ldexp(binet__sum_value(&sum) / (double)n, exponent);
}

static binet_status run_pass(binet__nll *nll, double inverse, int first_pass, binet__nll_point *point,
                             binet_error *error)
{
    int64_t n = nll->scores.array->shape[0];
    int64_t rows_per_chunk = 1 + CHUNK_ELEMENTS / (nll->scores.n_kept + ROW_ELEMENTS);
    int64_t n_chunks = n / rows_per_chunk + (n % rows_per_chunk != 0);
    job work = {nll, inverse, rows_per_chunk, first_pass, NULL};
    work.chunks = binet__allocate_zero(nll->context, n_chunks, sizeof *work.chunks, error);
    if (work.chunks == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = binet__run(nll->context, n_chunks, take_chunk, &work, error);
    for (int64_t i = 0; status == BINET_OK && i < n_chunks; i++) {
        status = work.chunks[i].fault != FAULT_NONE ? fail_row(nll, &work.chunks[i], error) : BINET_OK;
    }
    if (status == BINET_OK) {
        if (first_pass) {
            average_gaps(nll);
        }
        join(nll, work.chunks, n_chunks, inverse, point);
        nll->n_evaluations++;
    }
    binet__release(nll->context, work.chunks);
    return status;
}

binet_status binet__nll_open(const binet_context *context, const binet_array *scores, const binet_array *labels,
                             binet__nll *nll, binet__nll_point *point, binet_error *error)
{
    const binet__kernels *kernels;
    binet_status status = binet__kernels_of(context, &kernels, error);
    if (status != BINET_OK) {
        return status;
    }
    *nll = (binet__nll){.context = context, .labels = labels};
    nll->scores = binet__scores_of(scores, NULL, 0, kernels);
    nll->rows = binet__allocate(context, scores->shape[0], sizeof *nll->rows, error);
    if (nll->rows == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    status = run_pass(nll, 1.0, 1, point, error);
    if (status != BINET_OK) {
        binet__nll_close(nll);
    }
    return status;
}

binet_status binet__nll_at(binet__nll *nll, double inverse, binet__nll_point *point, binet_error *error)
{
    return run_pass(nll, inverse, 0, point, error);
}

void binet__nll_close(binet__nll *nll)
{
    binet__release(nll->context, nll->rows);
    nll->rows = NULL;
}
