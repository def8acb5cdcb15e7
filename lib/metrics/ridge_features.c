#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/ridge.h"

enum { ROWS = 2048 };

/* The first block says around what point products are gathered: about the mean, so that little is lost when they are
 * moved there. */
static binet_status gather(const binet__ridge *of, double *block, double *point, double *sums, binet_error *error)
{
    int64_t n = of->features.n;
    binet_status status = BINET_OK;
    for (int64_t first = 0; status == BINET_OK && first < n; first += ROWS) {
        int64_t count = n - first < ROWS ? n - first : ROWS;
        status = binet__ridge_read(of, first, count, first == 0 ? NULL : point, block, error);
        if (status == BINET_OK && first == 0) {
            binet__ridge_mean(of, first, count, block, point);
            binet__ridge_centre_rows(of, first, count, point, block);
        }
        status = status == BINET_OK ? binet__ridge_add(of, first, count, block, sums, error) : status;
    }
    return status;
}

/* From around the point to around the mean, which is `gap` away from it. */
static void move_to_mean(binet__ridge *of, const double *point, const double *sums, double *gap)
{
    int64_t d = of->features.width;
    for (int64_t j = 0; j < d; j++) {
        gap[j] = 0.0;
        for (int64_t k = 0; k < of->n_classes; k++) {
            gap[j] += sums[k * d + j];
        }
        gap[j] /= of->weight;
        of->mean[j] = point[j] + gap[j];
    }
    for (int64_t i = 0; i < d; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double moved = of->matrix[i * d + j] - of->weight * gap[i] * gap[j];
            of->matrix[i * d + j] = i == j ? fmax(moved, 0.0) : moved;
        }
    }
    /* Centred features sum to 0, so of a target only the 2 by which its class stands out counts. */
    for (int64_t m = 0; m < of->n_outputs; m++) {
        int64_t k = binet__ridge_class_of(of, m);
        for (int64_t j = 0; j < d; j++) {
            of->right[m * d + j] = 2.0 * (sums[k * d + j] - of->class_weights[k] * gap[j]);
        }
    }
}

static binet_status check_squares(const binet__ridge *of, binet_error *error)
{
    for (int64_t j = 0; j < of->order; j++) {
        if (!isfinite(of->matrix[j * of->order + j])) {
            return binet__fail(error, BINET_INVALID_DATA, "features", -1,
                               "features has numbers too large to square and sum in column %lld", (long long)j);
        }
    }
    return BINET_OK;
}

binet_status binet__ridge_gather_features(binet__ridge *of, binet_error *error)
{
    int64_t d = of->features.width;
    int64_t rows = of->features.n < ROWS ? of->features.n : ROWS;
    double *block = binet__allocate(of->context, d, (uint64_t)rows * sizeof *block, error);
    double *point = block == NULL ? NULL : binet__allocate(of->context, d, 2 * sizeof *point, error);
    double *sums = NULL;
    size_t size;
    if (point != NULL) {
        sums = binet__multiply(d, (uint64_t)of->n_classes, &size)
                   ? binet__allocate_zero(of->context, (int64_t)size, sizeof *sums, error)
                   : NULL;
    }
    binet_status status = BINET_OUT_OF_MEMORY;
    if (sums != NULL) {
        status = gather(of, block, point, sums, error);
    }
    if (status == BINET_OK) {
        status = check_squares(of, error);
    }
    if (status == BINET_OK) {
        move_to_mean(of, point, sums, point + d);
    }
    binet__release(of->context, sums);
    binet__release(of->context, point);
    binet__release(of->context, block);
    return status;
}
