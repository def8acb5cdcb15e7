#include "metrics/probe_line.h"

#include <math.h>

#include "base/context.h"
#include "base/memory.h"

enum { CHUNK = 64 /* rows of a task */, MOST_TRIALS = 20, MOST_MOVES = 20 };

/* The slope is small enough at this part of what it was. */
static const double flat = 0.1;
/* Longest of a step, over the one before it in the same search. */
static const double growth = 4.0;

struct binet__probe_line {
    const binet_context *context;
    binet__probe_loss *loss;
    binet__probe_rows rows; /* of the last search */
    const binet__kernels *kernels;
    int64_t n_chunks;
    int n_moves;
    float *start; /* [n, n_classes] logits at the point */
    float *drift; /* [n, n_classes] their change for a length of 1 */
    double *sums; /* [n_chunks, 2]: of first and second derivatives */
    float *room;  /* [n_chunks, 2, BINET__PADDED(n_classes)] */
};

typedef struct trial {
    const binet__probe_line *line;
    double length;
} trial;

binet_status binet__probe_line_create(const binet_context *context, binet__probe_loss *loss, int64_t n,
                                      int64_t n_classes, binet__probe_line **line, binet_error *error)
{
    binet__probe_line *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = context;
    made->loss = loss;
    made->n_chunks = (n + CHUNK - 1) / CHUNK;
    made->start = binet__allocate(context, n * n_classes, 2 * sizeof *made->start, error);
    made->sums = binet__allocate(context, made->n_chunks, 2 * sizeof *made->sums, error);
    made->room = binet__allocate(context, made->n_chunks * BINET__PADDED(n_classes), 2 * sizeof *made->room, error);
    binet_status status = binet__kernels_of(context, &made->kernels, error);
    if (made->start == NULL || made->sums == NULL || made->room == NULL) {
        status = BINET_OUT_OF_MEMORY;
    }
    if (status != BINET_OK) {
        binet__probe_line_destroy(made);
        return status;
    }
    made->drift = made->start + n * n_classes;
    *line = made;
    return BINET_OK;
}

void binet__probe_line_destroy(binet__probe_line *line)
{
    if (line != NULL) {
        binet__release(line->context, line->room);
        binet__release(line->context, line->sums);
        binet__release(line->context, line->start);
        binet__release(line->context, line);
    }
}

/* Derivatives of -log p along the line, over the rows of a chunk. */
static void differentiate(void *argument, int64_t chunk)
{
    static const binet__row_parameters parameters = {.inverse_temperature = 1.0};
    const trial *of = argument;
    const binet__probe_line *line = of->line;
    int64_t k = line->rows.n_classes;
    float *logits = line->room + chunk * 2 * BINET__PADDED(k);
    float *scaled = logits + BINET__PADDED(k);
    int64_t last = (chunk + 1) * CHUNK < line->rows.n ? (chunk + 1) * CHUNK : line->rows.n;
    double first_sum = 0.0;
    double second_sum = 0.0;
    for (int64_t i = chunk * CHUNK; i < last; i++) {
        const float *drift = line->drift + i * k;
        const float *start = line->start + i * k;
        for (int64_t j = 0; j < k; j++) {
            logits[j] = start[j] - (float)of->length * drift[j];
        }
        binet__scaling scaling;
        line->kernels->scale_f32(logits, k, &parameters, scaled, &scaling);
        if (scaling.state != BINET__ROW_OK) { /* too far */
            first_sum = -(double)INFINITY;
            break;
        }
        double weight = binet__probe_weight(&line->rows, i);
        float own = drift[line->rows.labels[i]];
        float mean = 0.0F;
        float square = 0.0F;
        for (int64_t j = 0; j < k; j++) {
            float gap = drift[j] - own;
            mean += scaled[j] * gap;
            square += scaled[j] * gap * gap;
        }
        double m = (double)mean * scaling.unit;
        first_sum += weight * m;
        second_sum += weight * ((double)square * scaling.unit - m * m);
    }
    line->sums[2 * chunk] = first_sum;
    line->sums[2 * chunk + 1] = second_sum;
}

/* Logits at the point: a step along the line moves them, until what is rounded away adds up. */
static binet_status move_start(binet__probe_line *line, const double *point, double taken, binet_error *error)
{
    if (taken == 0.0 || line->n_moves == MOST_MOVES) {
        line->n_moves = 0;
        return binet__probe_loss_logits(line->loss, &line->rows, point, line->start, error);
    }
    line->n_moves++;
    for (int64_t i = 0; i < line->rows.n * line->rows.n_classes; i++) {
        line->start[i] -= (float)taken * line->drift[i];
    }
    return BINET_OK;
}

binet_status binet__probe_line_search(binet__probe_line *line, const binet__probe_rows *rows, const double *point,
                                      const double *direction, double scale, double slope, double taken, double *length,
                                      binet_error *error)
{
    double weight = binet__probe_sum_of_weights(rows);
    if (weight == 0.0) { /* rows that say nothing */
        *length = 1.0;
        return BINET_OK;
    }
    int64_t n_classes = rows->n_classes;
    int64_t n_weights = rows->width * n_classes;
    line->rows = *rows;
    binet_status status = move_start(line, point, taken, error);
    status =
        status == BINET_OK ? binet__probe_loss_logits(line->loss, &line->rows, direction, line->drift, error) : status;
    double product = binet__dot(point + n_classes, direction + n_classes, n_weights);
    double square = binet__dot(direction + n_classes, direction + n_classes, n_weights);
    double low = 0.0;
    double high = INFINITY;
    double at = 1.0;
    double offset = 0.0; /* from the slope of these rows to that of the whole function, at the point */
    for (int i = 0; status == BINET_OK && i <= MOST_TRIALS; i++) {
        trial of = {.line = line, .length = i == 0 ? 0.0 : at};
        status = binet__run(line->context, line->n_chunks, differentiate, &of, error);
        double first = 0.0;
        double second = 0.0;
        for (int64_t chunk = 0; chunk < line->n_chunks; chunk++) {
            first += line->sums[2 * chunk];
            second += line->sums[2 * chunk + 1];
        }
        first = offset - first * scale / weight + of.length * square - product;
        second = second * scale / weight + square;
        if (i == 0) {
            offset = -slope - first;
            if (!isfinite(offset)) { /* a direction too large to look along */
                break;
            }
            continue;
        }
        if (fabs(first) <= flat * slope) {
            break;
        }
        if (first > 0.0) {
            high = at;
        } else {
            low = at;
        }
        double next = at - first / second;
        if (!(next > low && next < high)) {
            next = isfinite(high) ? (low + high) / 2.0 : 2.0 * at;
        }
        at = i == MOST_TRIALS && low > 0.0 ? low : fmin(next, growth * at);
    }
    *length = at;
    return status;
}
