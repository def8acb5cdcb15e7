#include "metrics/subspace.h"

#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"
#include "metrics/similarity.h"

typedef struct work {
    const binet_context *context;
    binet__subspace *spaces;
} work;

static binet_status begin(const void *self, void **scratch, binet_error *error)
{
    (void)self;
    (void)error;
    *scratch = NULL;
    return BINET_OK;
}

static void end(const void *self, void *scratch)
{
    (void)self;
    (void)scratch;
}

static void count(binet__subspace *space)
{
    int64_t n = space->centred.features.n;
    int64_t width = space->centred.features.width;
    double least = space->singular[0] * 0x1p-52 * (double)(n > width ? n : width);
    for (int64_t i = 0; i < space->most; i++) {
        space->variance += space->singular[i] * space->singular[i];
        space->rank += space->singular[i] > least;
    }
}

static binet_status span(const void *self, void *unused, int64_t which, binet_error *error)
{
    (void)unused;
    const work *of = self;
    binet__subspace *space = &of->spaces[which];
    const binet__centred *centred = &space->centred;
    int64_t n = centred->features.n;
    int64_t width = centred->features.width;
    space->most = n < width ? n : width;
    space->basis = binet__allocate(of->context, space->most, (uint64_t)n * sizeof(double), error);
    space->singular = space->basis != NULL ? binet__allocate(of->context, space->most, sizeof(double), error) : NULL;
    double *copy =
        space->singular != NULL ? binet__allocate(of->context, n, (uint64_t)width * sizeof *copy, error) : NULL;
    void *scratch = copy != NULL ? binet__features_scratch(of->context, &centred->features, error) : NULL;
    binet_status status = BINET_OUT_OF_MEMORY;
    if (scratch != NULL) {
        binet__centred_block(centred, 0, n, 0, width, scratch, copy, width);
        status = binet__left_singular_vectors(of->context, n, width, copy, space->basis, space->singular, error);
    }
    if (status == BINET_OK) {
        count(space);
    }
    binet__release(of->context, scratch);
    binet__release(of->context, copy);
    return status;
}

static binet_status check(const binet_array *array, const char *argument, int64_t *n, binet_error *error)
{
    binet_status status = binet__check_samples(array, argument, 0, n, error);
    if (status == BINET_OK && array->shape[0] > INT32_MAX / array->shape[1]) {
        status = binet__fail(error, BINET_UNSUPPORTED, argument, -1,
                             "%s has %lld x %lld numbers; singular values are found of fewer than 2^31", argument,
                             (long long)array->shape[0], (long long)array->shape[1]);
    }
    return status;
}

binet_status binet__subspaces_create(const binet_context *context, const binet_array *x, const binet_array *y,
                                     binet__subspace spaces[2], binet_error *error)
{
    int64_t n = -1;
    const binet__kernels *kernels;
    binet_status status = check(x, "x", &n, error);
    status = status == BINET_OK ? check(y, "y", &n, error) : status;
    status = status == BINET_OK ? binet__kernels_of(context, &kernels, error) : status;
    status = status == BINET_OK ? binet__centred_create(context, x, "x", kernels, &spaces[0].centred, error) : status;
    status = status == BINET_OK ? binet__centred_create(context, y, "y", kernels, &spaces[1].centred, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    work of = {context, spaces};
    binet__loop loop = {&of, 2, begin, span, end};
    return binet__loop_run(context, &loop, error);
}

void binet__subspaces_release(const binet_context *context, binet__subspace spaces[2])
{
    for (int i = 0; i < 2; i++) {
        binet__release(context, spaces[i].singular);
        binet__release(context, spaces[i].basis);
        binet__centred_release(context, &spaces[i].centred);
    }
}

void binet__subspaces_multiply(const binet__subspace spaces[2], int64_t a, int64_t b, double *product)
{
    binet__f64_matrix left = {spaces[0].basis, spaces[0].most, 1};
    binet__f64_matrix right = {spaces[1].basis, spaces[1].most, 0};
    binet__gemm_f64(a, b, spaces[0].centred.features.n, left, right, 0.0, product, b);
}
