#include "binet/linear.h"

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/features.h"
#include "metrics/loop.h"

enum { ROWS = 256 };

typedef struct linear {
    const binet_context *context;
    binet__features features;
    const double *coefficients;
    const binet_array *intercepts; /* NULL: all 0 */
    int64_t n_outputs;
    double *scores;
} linear;

typedef struct room {
    double *block; /* [ROWS, width] */
    void *scratch;
} room;

static void end(const void *self, void *made)
{
    const linear *of = self;
    room *with = made;
    if (with != NULL) {
        binet__release(of->context, with->scratch);
        binet__release(of->context, with->block);
        binet__release(of->context, with);
    }
}

static binet_status begin(const void *self, void **made, binet_error *error)
{
    const linear *of = self;
    room *with = binet__allocate_zero(of->context, 1, sizeof *with, error);
    if (with != NULL) {
        with->block = binet__allocate(of->context, of->features.width, ROWS * sizeof *with->block, error);
        with->scratch = with->block == NULL ? NULL : binet__features_scratch(of->context, &of->features, error);
    }
    if (with == NULL || with->scratch == NULL) {
        end(self, with);
        return BINET_OUT_OF_MEMORY;
    }
    *made = with;
    return BINET_OK;
}

static binet_status step(const void *self, void *made, int64_t i, binet_error *error)
{
    const linear *of = self;
    room *with = made;
    int64_t first = i * ROWS;
    int64_t n = of->features.n - first < ROWS ? of->features.n - first : ROWS;
    int64_t width = of->features.width;
    binet_status status = binet__features_block_f64(&of->features, first, n, with->scratch, with->block, error);
    if (status != BINET_OK) {
        return status;
    }
    double *scores = of->scores + first * of->n_outputs;
    for (int64_t row = 0; row < n; row++) {
        for (int64_t k = 0; k < of->n_outputs; k++) {
            scores[row * of->n_outputs + k] = of->intercepts == NULL ? 0.0 : binet__f64_at(of->intercepts, k);
        }
    }
    binet__gemm_f64(n, of->n_outputs, width, (binet__f64_matrix){with->block, width, 0},
                    (binet__f64_matrix){of->coefficients, width, 1}, 1.0, scores, of->n_outputs);
    return BINET_OK;
}

static binet_status check_model(const binet_array *coefficients, const binet_array *intercepts, int64_t width,
                                binet_error *error)
{
    binet_status status = binet__check_array(coefficients, "coefficients", 2, BINET__DTYPE(BINET_F64), error);
    if (status != BINET_OK) {
        return status;
    }
    int64_t m = coefficients->shape[0];
    if (m < 1 || !binet__blas_fits(m) || coefficients->shape[1] != width) {
        return binet__fail_argument(error, "coefficients",
                                    "coefficients has shape [%lld, %lld]; allowed: [M, %lld], 1 <= M < 2^31",
                                    (long long)m, (long long)coefficients->shape[1], (long long)width);
    }
    if ((width > 1 && coefficients->strides[1] != (int64_t)sizeof(double)) ||
        (m > 1 && coefficients->strides[0] != width * (int64_t)sizeof(double))) {
        return binet__fail_argument(error, "coefficients", "coefficients is not contiguous");
    }
    return intercepts == NULL ? BINET_OK
                              : binet__check_vector(intercepts, "intercepts", BINET__DTYPE(BINET_F64), &m, error);
}

binet_status binet_linear_scores(const binet_context *context, const binet_array *features,
                                 const binet_array *coefficients, const binet_array *intercepts, double *scores,
                                 int64_t capacity, binet_error *error)
{
    const binet__kernels *kernels;
    size_t needed;
    binet_status status = binet__features_check(features, "features", error);
    status = status == BINET_OK ? check_model(coefficients, intercepts, features->shape[1], error) : status;
    status = status == BINET_OK ? binet__require(scores, "scores", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t m = coefficients->shape[0];
    if (!binet__multiply(features->shape[0], (uint64_t)m, &needed) || capacity < (int64_t)needed) {
        return binet__fail_argument(error, "capacity", "capacity is %lld; %lld rows of %lld scores need as many",
                                    (long long)capacity, (long long)features->shape[0], (long long)m);
    }
    status = binet__kernels_of(context, &kernels, error);
    if (status != BINET_OK) {
        return status;
    }
    linear of = {.context = context,
                 .features = binet__features_of(features, "features", kernels),
                 .coefficients = coefficients->data,
                 .intercepts = intercepts,
                 .n_outputs = m,
                 .scores = scores};
    binet__loop loop = {&of, (of.features.n + ROWS - 1) / ROWS, begin, step, end};
    return binet__loop_run(context, &loop, error);
}
