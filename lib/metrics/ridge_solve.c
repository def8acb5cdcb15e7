#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/ridge.h"

/* a . b + factor c, for matrices that lie row by row; the second may be transposed. */
static void multiply(int64_t m, int64_t n, int64_t k, const double *a, const double *b, int transposed, double factor,
                     double *c)
{
    binet__gemm_f64(m, n, k, (binet__f64_matrix){a, k, 0}, (binet__f64_matrix){b, transposed ? k : n, transposed},
                    factor, c, n);
}

/* What is left of the right-hand sides X'Y at the coefficients, [M, d], and the squares of the features, [d]. */
static void leave(const binet__ridge *of, double penalty, const double *coefficients, double *fitted, double *left,
                  double *squares)
{
    int64_t d = of->features.width;
    int64_t r = of->order;
    int64_t m = of->n_outputs;
    if (of->on_samples) {
        multiply(m, r, d, coefficients, of->rows, 1, 0.0, fitted);
        for (int64_t i = 0; i < m * r; i++) {
            fitted[i] = of->right[i] - fitted[i];
        }
        multiply(m, d, r, fitted, of->rows, 0, 0.0, left);
        for (int64_t j = 0; j < d; j++) {
            squares[j] = 0.0;
        }
        for (int64_t i = 0; i < r * d; i++) {
            squares[i % d] += of->rows[i] * of->rows[i];
        }
    } else {
        multiply(m, d, d, coefficients, of->matrix, 0, 0.0, left);
        for (int64_t i = 0; i < m * d; i++) {
            left[i] = of->right[i] - left[i];
        }
        for (int64_t j = 0; j < d; j++) {
            squares[j] = of->matrix[j * d + j];
        }
    }
    for (int64_t i = 0; i < m * d; i++) {
        left[i] -= penalty * coefficients[i];
    }
}

/* No derivative of the objective's half can be larger than the product that it is divided by. */
static double largest(const binet__ridge *of, double penalty, const double *left, const double *squares)
{
    int64_t d = of->features.width;
    double found = 0.0;
    for (int64_t m = 0; m < of->n_outputs; m++) {
        double centre = binet__ridge_centre(of, m);
        double length = sqrt(of->weight * (1.0 - centre * centre));
        for (int64_t j = 0; length > 0.0 && j < d; j++) {
            found = fmax(found, fabs(left[m * d + j]) / (sqrt(squares[j] + penalty) * length));
        }
    }
    return found;
}

static binet_status measure(const binet__ridge *of, double penalty, const double *coefficients, double *residual,
                            binet_error *error)
{
    int64_t d = of->features.width;
    double *left = binet__allocate(of->context, of->n_outputs, (uint64_t)d * sizeof *left, error);
    double *squares = left == NULL ? NULL : binet__allocate(of->context, d, sizeof *squares, error);
    if (squares != NULL) {
        leave(of, penalty, coefficients, of->projections, left, squares);
        *residual = largest(of, penalty, left, squares);
    }
    binet__release(of->context, squares);
    binet__release(of->context, left);
    return squares == NULL ? BINET_OUT_OF_MEMORY : BINET_OK;
}

binet_status binet__ridge_solve(binet__ridge *of, int64_t index, double *coefficients, double *residual,
                                binet_error *error)
{
    int64_t r = of->order;
    double penalty = of->penalties[index];
    double *solutions = of->on_samples ? of->projections : coefficients;
    memcpy(of->vectors, of->matrix, (size_t)(r * r) * sizeof *of->vectors);
    for (int64_t j = 0; j < r; j++) {
        of->vectors[j * r + j] += penalty;
    }
    if (!binet__cholesky(r, of->vectors)) {
        return binet__fail(error, BINET_INVALID_ARGUMENT, "options", index,
                           "options->penalties[%lld] is %g; with features this large and this dependent the equations "
                           "are singular to rounding: a larger penalty is needed",
                           (long long)index, penalty);
    }
    memcpy(solutions, of->right, (size_t)(of->n_outputs * r) * sizeof *solutions);
    binet__cholesky_solve(r, of->vectors, of->n_outputs, solutions);
    if (of->on_samples) {
        multiply(of->n_outputs, of->features.width, r, solutions, of->rows, 0, 0.0, coefficients);
    }
    return measure(of, penalty, coefficients, residual, error);
}
