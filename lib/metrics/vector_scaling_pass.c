/* Rows are cut into a fixed number of pieces, each with sums of its own, which are added in the order of the rows. */
#include "metrics/vector_scaling_pass.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"

enum {
    MOST_CHUNKS = 64,
    LEAST_ELEMENTS = 1 << 16 /* logits in a piece of work that is worth one */
};

/* What stopped a chunk: a BINET__ROW_* that is not BINET__ROW_OK, or one of these. */
enum { FAULT_NONE = BINET__ROW_OK, FAULT_LABEL = -1, FAULT_IMPOSSIBLE = -2, FAULT_MEMORY = -3, FAULT_INFINITE = -4 };

/* Sums over rows, for each class: of the gradient by weight and bias, and of the curvatures. */
enum { BY_WEIGHT, BY_BIAS, WEIGHT_WEIGHT, WEIGHT_BIAS, BIAS_BIAS, N_SUMS };

struct binet__vector_chunk {
    double nll;
    int32_t fault;
    int64_t row; /* at fault */
    int64_t column;
    int64_t label;
};

/* ---- Rows ---- */

/* The logits of a row as x, 0 where they are -inf, and z = weight x + bias, -inf there. */
static int32_t scale_row(const binet__vector_pass *work, const void *row, double *restrict x, double *restrict z,
                         binet__vector_chunk *found)
{
    const double *weights = work->point;
    const double *biases = work->point + work->c;
    int infinite = 0;
    if (work->scores.array->dtype == BINET_F64) {
        memcpy(x, row, (size_t)work->c * sizeof *x);
    } else {
        for (int64_t k = 0; k < work->c; k++) {
            x[k] = (double)((const float *)row)[k];
        }
    }
    for (int64_t k = 0; k < work->c; k++) {
        double value = x[k];
        infinite |= value > DBL_MAX;
        x[k] = value < -DBL_MAX ? 0.0 : value;
        z[k] = value < -DBL_MAX ? value : weights[k] * value + biases[k];
    }
    for (int64_t k = 0; infinite && k < work->c; k++) {
        if (x[k] > DBL_MAX) {
            found->column = k;
            return FAULT_INFINITE;
        }
    }
    return FAULT_NONE;
}

static void add_row(const double *restrict x, const double *restrict e, double unit, int64_t c, double *restrict sums)
{
    double *restrict by_weight = sums + BY_WEIGHT * c;
    double *restrict by_bias = sums + BY_BIAS * c;
    double *restrict weight_weight = sums + WEIGHT_WEIGHT * c;
    double *restrict weight_bias = sums + WEIGHT_BIAS * c;
    double *restrict bias_bias = sums + BIAS_BIAS * c;
    for (int64_t k = 0; k < c; k++) {
        double p = e[k] * unit;
        double h = p * (1.0 - p);
        by_weight[k] += p * x[k];
        by_bias[k] += p;
        weight_weight[k] += h * x[k] * x[k];
        weight_bias[k] += h * x[k];
        bias_bias[k] += h;
    }
}

static int32_t take_row(const binet__vector_pass *work, int64_t i, const void *row, double *scratch, double *sums,
                        binet__vector_chunk *found)
{
    static const binet__row_parameters parameters = {.inverse_temperature = 1.0};
    int64_t padded = BINET__PADDED(work->c);
    double *x = scratch;
    double *z = scratch + padded;
    double *e = z + padded;
    binet__scaling scaling;
    found->label = binet__integer_at(work->labels, i);
    if (found->label < 0 || found->label >= work->c) {
        return FAULT_LABEL;
    }
    int32_t fault = scale_row(work, row, x, z, found);
    if (fault != FAULT_NONE) {
        return fault;
    }
    work->scores.kernels->scale_f64(z, work->c, &parameters, e, &scaling);
    if (scaling.state != BINET__ROW_OK) {
        found->column = scaling.fault;
        return scaling.state;
    }
    if (z[found->label] == (double)-INFINITY) {
        return FAULT_IMPOSSIBLE;
    }
    /* The largest has exp 1, times the unit that all have: what that leaves is 1 / the sum of exp. */
    double log_sum = 1.0 / (e[scaling.predicted] * scaling.unit);
    work->scores.kernels->log_each(&log_sum, 1);
    found->nll += log_sum + (z[scaling.predicted] - z[found->label]);
    add_row(x, e, scaling.unit, work->c, sums);
    sums[BY_WEIGHT * work->c + found->label] -= x[found->label];
    sums[BY_BIAS * work->c + found->label] -= 1.0;
    return FAULT_NONE;
}

static void take_chunk(void *argument, int64_t index)
{
    const binet__vector_pass *work = argument;
    binet__vector_chunk *found = &work->chunks[index];
    double *sums = work->sums + index * N_SUMS * work->c;
    int64_t first = index * work->rows_per_chunk;
    int64_t end = work->n - first < work->rows_per_chunk ? work->n : first + work->rows_per_chunk;
    uint64_t bytes = 3 * sizeof(double) + binet__scores_scratch(&work->scores);
    double *scratch = binet__allocate(work->context, BINET__PADDED(work->c), bytes, NULL);
    if (scratch == NULL) {
        found->fault = FAULT_MEMORY;
        return;
    }
    memset(sums, 0, (size_t)(N_SUMS * work->c) * sizeof *sums);
    for (int64_t i = first; i < end && found->fault == FAULT_NONE; i++) {
        found->row = i;
        const void *row = binet__scores_read(&work->scores, i, 0, work->c, scratch + 3 * BINET__PADDED(work->c));
        found->fault = take_row(work, i, row, scratch, sums, found);
    }
    binet__release(work->context, scratch);
}

/* ---- A pass ---- */

static binet_status fail_row(const binet__vector_pass *work, const binet__vector_chunk *found, binet_error *error)
{
    switch (found->fault) {
    case FAULT_LABEL:
        return binet__labelled_fail_label(&work->scores, found->row, found->label, error);
    case FAULT_IMPOSSIBLE:
        return binet__labelled_fail_impossible(found->row, found->label, error);
    case FAULT_INFINITE:
        return binet__fail(error, BINET_INVALID_DATA, "scores", found->row,
                           "scores[%lld] has +inf in column %lld; weights are fitted to finite logits, or -inf",
                           (long long)found->row, (long long)found->column);
    default:
        return binet__scores_fail(&work->scores, found->fault, found->row, found->column, NAN, error);
    }
}

/* Sum number `which` over all rows, for each class. */
static void join(const binet__vector_pass *work, int which, double *total)
{
    memset(total, 0, (size_t)work->c * sizeof *total);
    for (int64_t i = 0; i < work->n_chunks; i++) {
        const double *sums = work->sums + (i * N_SUMS + which) * work->c;
        for (int64_t k = 0; k < work->c; k++) {
            total[k] += sums[k];
        }
    }
    for (int64_t k = 0; k < work->c; k++) {
        total[k] /= (double)work->n;
    }
}

/* The curvatures of each class, made definite: a class that no row is unsure of has nearly none. */
static void prepare_blocks(binet__vector_pass *work)
{
    int64_t c = work->c;
    for (int which = WEIGHT_WEIGHT; which < N_SUMS; which++) {
        join(work, which, work->blocks + (which - WEIGHT_WEIGHT) * c);
    }
    for (int64_t k = 0; k < c; k++) {
        work->blocks[k] = work->blocks[k] * 1.001 + work->given.l2 + 1e-6 / (double)c;
        work->blocks[2 * c + k] = work->blocks[2 * c + k] * 1.001 + work->given.l2 + 1e-6 / (double)c;
    }
}

static double add_penalty(const binet__vector_pass *work, double *gradient)
{
    double squares = 0.0;
    for (int64_t i = 0; i < 2 * work->c; i++) {
        double away = work->point[i] - (i < work->c ? 1.0 : 0.0);
        gradient[i] += work->given.l2 * away;
        squares += away * away;
    }
    return work->given.l2 / 2.0 * squares;
}

binet_status binet__vector_pass_evaluate(void *user, const double *point, double *value, double *gradient,
                                         binet_error *error)
{
    binet__vector_pass *work = user;
    work->point = point;
    memset(work->chunks, 0, (size_t)work->n_chunks * sizeof *work->chunks);
    binet_status status = binet__run(work->context, work->n_chunks, take_chunk, work, error);
    double nll = 0.0;
    *value = (double)INFINITY;
    for (int64_t i = 0; status == BINET_OK && i < work->n_chunks; i++) {
        const binet__vector_chunk *found = &work->chunks[i];
        if (found->fault == FAULT_MEMORY) {
            return binet__labelled_fail_memory(&work->scores, error);
        }
        if (found->fault != FAULT_NONE) { /* after the first pass it is the step that led too far */
            return work->first_pass ? fail_row(work, found, error) : BINET_OK;
        }
        nll += found->nll;
    }
    if (status == BINET_OK) {
        prepare_blocks(work);
        work->first_pass = 0;
        join(work, BY_WEIGHT, gradient);
        join(work, BY_BIAS, gradient + work->c);
        work->nll = nll / (double)work->n;
        *value = work->nll + add_penalty(work, gradient);
    }
    return status;
}

void binet__vector_pass_precondition(void *user, const double *gradient, double *direction)
{
    const binet__vector_pass *work = user;
    int64_t c = work->c;
    for (int64_t k = 0; k < c; k++) {
        double ww = work->blocks[k];
        double wb = work->blocks[c + k];
        double bb = work->blocks[2 * c + k];
        double determinant = ww * bb - wb * wb;
        direction[k] = (bb * gradient[k] - wb * gradient[c + k]) / determinant;
        direction[c + k] = (ww * gradient[c + k] - wb * gradient[k]) / determinant;
    }
}

/* ---- Its room ---- */

binet_status binet__vector_pass_prepare(const binet_context *context, const binet_array *scores,
                                        const binet_array *labels, const binet_vector_scaling_options *given,
                                        binet__vector_pass *work, binet_error *error)
{
    const binet__kernels *kernels;
    binet_status status = binet__kernels_of(context, &kernels, error);
    if (status != BINET_OK) {
        return status;
    }
    memset(work, 0, sizeof *work);
    int64_t n = scores->shape[0];
    int64_t c = scores->shape[1];
    int64_t least = 1 + LEAST_ELEMENTS / c;
    work->context = context;
    work->scores = binet__scores_of(scores, NULL, 0, kernels);
    work->labels = labels;
    work->given = *given;
    work->n = n;
    work->c = c;
    work->rows_per_chunk = n / MOST_CHUNKS + 1 > least ? n / MOST_CHUNKS + 1 : least;
    work->n_chunks = n / work->rows_per_chunk + (n % work->rows_per_chunk != 0);
    work->first_pass = 1;
    work->sums = binet__allocate(context, work->n_chunks * N_SUMS, (uint64_t)c * sizeof *work->sums, error);
    work->blocks = work->sums != NULL ? binet__allocate(context, c, 3 * sizeof *work->blocks, error) : NULL;
    work->chunks = work->blocks != NULL ? binet__allocate(context, work->n_chunks, sizeof *work->chunks, error) : NULL;
    if (work->chunks == NULL) {
        binet__vector_pass_release(work);
        return BINET_OUT_OF_MEMORY;
    }
    return BINET_OK;
}

void binet__vector_pass_release(binet__vector_pass *work)
{
    binet__release(work->context, work->chunks);
    binet__release(work->context, work->blocks);
    binet__release(work->context, work->sums);
    memset(work, 0, sizeof *work);
}
