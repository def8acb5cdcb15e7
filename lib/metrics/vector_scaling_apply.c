#include <math.h>

#include "base/array.h"
#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/recalibration.h"
#include "metrics/labelled_scores.h"

enum { CHUNK_ELEMENTS = 1 << 16 };

typedef struct job {
    const binet_context *context;
    binet__scores scores;
    const double *weights;
    const double *biases;
    double *scaled;
    int64_t rows_per_chunk;
    int *failed; /* a piece each: no memory */
} job;

static void apply_chunk(void *argument, int64_t index)
{
    const job *work = argument;
    int64_t n = work->scores.array->shape[0];
    int64_t c = work->scores.n_kept;
    int64_t first = index * work->rows_per_chunk;
    int64_t end = n - first < work->rows_per_chunk ? n : first + work->rows_per_chunk;
    uint64_t bytes = binet__scores_scratch(&work->scores);
    void *scratch = bytes != 0 ? binet__allocate(work->context, c, bytes, NULL) : NULL;
    work->failed[index] = bytes != 0 && scratch == NULL;
    for (int64_t i = first; i < end && !work->failed[index]; i++) {
        const void *row = binet__scores_read(&work->scores, i, 0, c, scratch);
        for (int64_t k = 0; k < c; k++) {
            double value = binet__labelled_score(&work->scores, row, k);
            work->scaled[i * c + k] = value == (double)-INFINITY ? value : work->weights[k] * value + work->biases[k];
        }
    }
    binet__release(work->context, scratch);
}

static binet_status check(const binet_array *scores, const double *weights, const double *biases, const double *scaled,
                          int64_t capacity, binet_error *error)
{
    binet_status status = binet__check_array(scores, "scores", 2, BINET__DTYPES_FLOAT, error);
    status = status == BINET_OK ? binet__require(weights, "weights", error) : status;
    status = status == BINET_OK ? binet__require(biases, "biases", error) : status;
    status = status == BINET_OK ? binet__require(scaled, "scaled", error) : status;
    if (status == BINET_OK && scores->shape[0] * scores->shape[1] > capacity) {
        return binet__fail_argument(error, "capacity", "capacity is %lld; scores has %lld x %lld logits",
                                    (long long)capacity, (long long)scores->shape[0], (long long)scores->shape[1]);
    }
    return status;
}

binet_status binet_vector_scaling_apply(const binet_context *context, const binet_array *scores, const double *weights,
                                        const double *biases, double *scaled, int64_t capacity, binet_error *error)
{
    const binet__kernels *kernels;
    binet_status status = check(scores, weights, biases, scaled, capacity, error);
    status = status == BINET_OK ? binet__kernels_of(context, &kernels, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t n = scores->shape[0];
    job work = {.context = context,
                .scores = binet__scores_of(scores, NULL, 0, kernels),
                .weights = weights,
                .biases = biases,
                .scaled = scaled,
                .rows_per_chunk = 1 + CHUNK_ELEMENTS / (scores->shape[1] + 1)};
    int64_t n_chunks = n / work.rows_per_chunk + (n % work.rows_per_chunk != 0);
    work.failed = binet__allocate_zero(context, n_chunks, sizeof *work.failed, error);
    if (work.failed == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    status = binet__run(context, n_chunks, apply_chunk, &work, error);
    for (int64_t i = 0; status == BINET_OK && i < n_chunks; i++) {
        status = work.failed[i] ? binet__labelled_fail_memory(&work.scores, error) : BINET_OK;
    }
    binet__release(context, work.failed);
    return status;
}
