#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/ridge.h"

/* A number that is too large moves the mean, and with it every row: of those without a sum the one with the largest
 * number is at fault. */
static binet_status check_squares(const binet__ridge *of, binet_error *error)
{
    int64_t n = of->features.n;
    int64_t d = of->features.width;
    int64_t found = -1;
    double largest = -1.0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; !isfinite(of->matrix[i * n + i]) && j < d; j++) {
            double size = fabs(of->rows[i * d + j]);
            found = found < 0 || size > largest ? i : found;
            largest = fmax(largest, size);
        }
    }
    return found < 0 ? BINET_OK
                     : binet__fail(error, BINET_INVALID_DATA, "features", found,
                                   "row %lld of features holds numbers too large to square and sum", (long long)found);
}

binet_status binet__ridge_gather_samples(binet__ridge *of, binet_error *error)
{
    int64_t n = of->features.n;
    binet_status status = binet__ridge_read(of, 0, n, NULL, of->rows, error);
    if (status != BINET_OK) {
        return status;
    }
    binet__ridge_mean(of, 0, n, of->rows, of->mean);
    binet__ridge_centre_rows(of, 0, n, of->mean, of->rows);
    status = binet__ridge_add(of, 0, n, of->rows, NULL, error);
    status = status == BINET_OK ? check_squares(of, error) : status;
    for (int64_t m = 0; m < of->n_outputs; m++) {
        int32_t class = (int32_t)binet__ridge_class_of(of, m);
        double centre = binet__ridge_centre(of, m);
        for (int64_t i = 0; i < n; i++) {
            of->right[m * n + i] = of->roots[i] * ((of->classes[i] == class ? 1.0 : -1.0) - centre);
        }
    }
    return status;
}
