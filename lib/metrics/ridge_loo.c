#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"
#include "metrics/ridge.h"

enum { ROWS = 256 };

/* Below this share of the largest eigenvalue a penalty is lost in the rounding of the decomposition. */
static const double least_penalty = 1e-13;
/* Below this, what a row's leverage leaves to 1 is rounding. */
static const double least_rest = 1e-12;

/* Of row i, p = its coordinates in the eigenvectors: predictions are sums of p factor projection, and 1 - its leverage
 * is `start` + the sum of p p gain. */
typedef struct sweeping {
    const binet__ridge *of;
    double *factors; /* [A, R] */
    double *gains;   /* [A, R] */
    int64_t n_steps;
    double *sums;            /* [n_steps, A, 2]: of squared errors and of right answers */
    int64_t *n_undetermined; /* [n_steps, A] */
} sweeping;

typedef struct room {
    void *scratch;
    double *rows;        /* [ROWS, d], on the feature side */
    double *coordinates; /* [ROWS, R] */
    double *scaled;      /* [ROWS, R] */
    double *predictions; /* [ROWS, M] */
    double *rests;       /* [ROWS, A] */
} room;

/* ---- Eigenvectors ------------------------------------------------------------------------------------------------ */

/* A number above the largest eigenvalue of a matrix that has none below 0. */
static double above_largest(const double *matrix, int64_t n)
{
    double trace = 0.0;
    double largest = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (int64_t j = 0; j < n; j++) {
            sum += fabs(matrix[i * n + j]);
        }
        trace += matrix[i * n + i];
        largest = fmax(largest, sum);
    }
    double least = fmin(trace, largest);
    return least > 0.0 ? 2.0 * least : 1.0;
}

/* On the sample side the roots of the weights are an eigenvector of 0, for the rows are centred. It belongs to the
 * intercept; it is moved to the end of the spectrum, where it mixes with no other. */
static void part_intercept(binet__ridge *of)
{
    int64_t n = of->order;
    double shift = above_largest(of->matrix, n) / of->weight;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            of->vectors[i * n + j] += shift * of->roots[i] * of->roots[j];
        }
    }
}

static binet_status decompose(binet__ridge *of, binet_error *error)
{
    int64_t r = of->order;
    memcpy(of->vectors, of->matrix, (size_t)(r * r) * sizeof *of->vectors);
    if (of->on_samples) {
        part_intercept(of);
    }
    binet_status status = binet__eigen(of->context, r, of->vectors, of->values, error);
    if (status != BINET_OK) {
        return status;
    }
    for (int64_t j = 0; j < r; j++) {
        of->values[j] = fmax(of->values[j], 0.0);
    }
    binet__gemm_f64(of->n_outputs, r, r, (binet__f64_matrix){of->right, r, 0}, (binet__f64_matrix){of->vectors, r, 1},
                    0.0, of->projections, r);
    return BINET_OK;
}

static void set_penalty(const sweeping *work, int64_t a)
{
    const binet__ridge *of = work->of;
    double penalty = of->penalties[a];
    double *factors = work->factors + a * of->order;
    double *gains = work->gains + a * of->order;
    for (int64_t j = 0; j < of->order; j++) {
        double sum = of->values[j] + penalty;
        factors[j] = of->on_samples ? of->values[j] / sum : 1.0 / sum;
        gains[j] = of->on_samples ? penalty / sum : -1.0 / sum;
    }
    if (of->on_samples) {
        factors[of->order - 1] = 0.0;
        gains[of->order - 1] = 0.0;
    }
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static void end(const void *self, void *made)
{
    const binet_context *context = ((const sweeping *)self)->of->context;
    room *with = made;
    if (with != NULL) {
        binet__release(context, with->rests);
        binet__release(context, with->predictions);
        binet__release(context, with->scaled);
        binet__release(context, with->coordinates);
        binet__release(context, with->rows);
        binet__release(context, with->scratch);
        binet__release(context, with);
    }
}

static binet_status begin(const void *self, void **made, binet_error *error)
{
    const binet__ridge *of = ((const sweeping *)self)->of;
    const uint64_t size = ROWS * sizeof(double);
    room *with = binet__allocate_zero(of->context, 1, sizeof *with, error);
    int failed =
        with == NULL || (with->scratch = binet__features_scratch(of->context, &of->features, error)) == NULL ||
        (with->rows = binet__allocate(of->context, of->on_samples ? 0 : of->features.width, size, error)) == NULL ||
        (with->coordinates = binet__allocate(of->context, of->order, size, error)) == NULL ||
        (with->scaled = binet__allocate(of->context, of->order, size, error)) == NULL ||
        (with->predictions = binet__allocate(of->context, of->n_outputs, size, error)) == NULL ||
        (with->rests = binet__allocate(of->context, of->n_penalties, size, error)) == NULL;
    if (failed) {
        end(self, with);
        return BINET_OUT_OF_MEMORY;
    }
    *made = with;
    return BINET_OK;
}

static binet_status take_coordinates(const binet__ridge *of, room *with, int64_t first, int64_t n, binet_error *error)
{
    int64_t r = of->order;
    if (of->on_samples) {
        for (int64_t j = 0; j < r; j++) {
            for (int64_t i = 0; i < n; i++) {
                with->coordinates[i * r + j] = of->vectors[j * r + first + i];
            }
        }
        return BINET_OK;
    }
    binet_status status = binet__features_block_f64(&of->features, first, n, with->scratch, with->rows, error);
    if (status == BINET_OK) {
        binet__ridge_centre_rows(of, first, n, of->mean, with->rows);
        binet__gemm_f64(n, r, r, (binet__f64_matrix){with->rows, r, 0}, (binet__f64_matrix){of->vectors, r, 1}, 0.0,
                        with->coordinates, r);
    }
    return status;
}

/* The mean over outputs of the squared error of a row that was left out, and whether it is classified right. */
static double leave_out(const binet__ridge *of, int64_t row, const double *predictions, double rest, int *right)
{
    double sum = 0.0;
    double highest = -INFINITY;
    int64_t winner = 0;
    for (int64_t m = 0; m < of->n_outputs; m++) {
        double target = of->classes[row] == binet__ridge_class_of(of, m) ? 1.0 : -1.0;
        double error = (target - binet__ridge_centre(of, m) - predictions[m] / of->roots[row]) / rest;
        double score = target - error;
        sum += error * error;
        if (score > highest) {
            highest = score;
            winner = m;
        }
    }
    winner = of->n_outputs == 1 ? highest > 0.0 : winner;
    *right = winner == of->classes[row];
    return sum / (double)of->n_outputs;
}

static void leave_each_out(const sweeping *work, const room *with, int64_t step, int64_t n, int64_t a)
{
    const binet__ridge *of = work->of;
    double *sums = work->sums + (step * of->n_penalties + a) * 2;
    for (int64_t i = 0; i < n; i++) {
        int64_t row = step * ROWS + i;
        double weight = of->roots[row] * of->roots[row];
        double start = of->on_samples ? 0.0 : 1.0 - weight / of->weight;
        double rest = start + with->rests[i * of->n_penalties + a];
        int right = 0;
        if (of->roots[row] > 0.0 && rest < least_rest) {
            work->n_undetermined[step * of->n_penalties + a]++;
        } else if (of->roots[row] > 0.0) {
            sums[0] += weight * leave_out(of, row, with->predictions + i * of->n_outputs, rest, &right);
            sums[1] += right ? weight : 0.0;
        }
    }
}

static binet_status take_rows(const void *self, void *made, int64_t step, binet_error *error)
{
    const sweeping *work = self;
    const binet__ridge *of = work->of;
    room *with = made;
    int64_t r = of->order;
    int64_t first = step * ROWS;
    int64_t n = of->features.n - first < ROWS ? of->features.n - first : ROWS;
    binet_status status = take_coordinates(of, with, first, n, error);
    if (status != BINET_OK) {
        return status;
    }
    for (int64_t i = 0; i < n * r; i++) {
        with->scaled[i] = with->coordinates[i] * with->coordinates[i];
    }
    binet__gemm_f64(n, of->n_penalties, r, (binet__f64_matrix){with->scaled, r, 0},
                    (binet__f64_matrix){work->gains, r, 1}, 0.0, with->rests, of->n_penalties);
    for (int64_t a = 0; a < of->n_penalties; a++) {
        const double *factors = work->factors + a * r;
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = 0; j < r; j++) {
                with->scaled[i * r + j] = with->coordinates[i * r + j] * factors[j];
            }
        }
        binet__gemm_f64(n, of->n_outputs, r, (binet__f64_matrix){with->scaled, r, 0},
                        (binet__f64_matrix){of->projections, r, 1}, 0.0, with->predictions, of->n_outputs);
        leave_each_out(work, with, step, n, a);
    }
    return BINET_OK;
}

/* ---- All --------------------------------------------------------------------------------------------------------- */

static void add_up(const sweeping *work, binet__ridge_sweep *sweep)
{
    const binet__ridge *of = work->of;
    int64_t counted = 0;
    for (int64_t i = 0; i < of->features.n; i++) {
        counted += of->roots[i] > 0.0;
    }
    for (int64_t a = 0; a < of->n_penalties; a++) {
        double error = 0.0;
        double right = 0.0;
        int64_t undetermined = 0;
        for (int64_t step = 0; step < work->n_steps; step++) {
            error += work->sums[(step * of->n_penalties + a) * 2];
            right += work->sums[(step * of->n_penalties + a) * 2 + 1];
            undetermined += work->n_undetermined[step * of->n_penalties + a];
        }
        if (of->penalties[a] < least_penalty * of->values[of->order - 1]) {
            undetermined = counted;
        }
        sweep->n_undetermined[a] = undetermined;
        sweep->error[a] = undetermined == 0 ? error / of->weight : NAN;
        sweep->accuracy[a] = undetermined == 0 ? right / of->weight : NAN;
    }
}

binet_status binet__ridge_leave_one_out(binet__ridge *of, binet__ridge_sweep *sweep, binet_error *error)
{
    binet_status status = decompose(of, error);
    if (status != BINET_OK) {
        return status;
    }
    const uint64_t size = (uint64_t)of->order * sizeof(double);
    sweeping work = {.of = of, .n_steps = (of->features.n + ROWS - 1) / ROWS};
    status = BINET_OUT_OF_MEMORY;
    if ((work.factors = binet__allocate(of->context, of->n_penalties, size, error)) != NULL &&
        (work.gains = binet__allocate(of->context, of->n_penalties, size, error)) != NULL &&
        (work.sums = binet__allocate_zero(of->context, of->n_penalties, 2 * (uint64_t)work.n_steps * sizeof *work.sums,
                                          error)) != NULL &&
        (work.n_undetermined = binet__allocate_zero(
             of->context, of->n_penalties, (uint64_t)work.n_steps * sizeof *work.n_undetermined, error)) != NULL) {
        for (int64_t a = 0; a < of->n_penalties; a++) {
            set_penalty(&work, a);
        }
        binet__loop loop = {&work, work.n_steps, begin, take_rows, end};
        status = binet__loop_run(of->context, &loop, error);
    }
    if (status == BINET_OK) {
        add_up(&work, sweep);
    }
    binet__release(of->context, work.n_undetermined);
    binet__release(of->context, work.sums);
    binet__release(of->context, work.gains);
    binet__release(of->context, work.factors);
    return status;
}
