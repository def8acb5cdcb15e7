/** Matrix products and factorisations: the one door to BLAS and LAPACK. Matrices are row by row and contiguous up to a
 *  leading dimension; every extent fits in 31 bits, which the caller checks with binet__blas_fits.
 *
 * Each call runs on the calling thread alone: work is cut into calls by the tasks of a context's executor. (A threaded
 * OpenBLAS of the system may use its own threads too; the one that comes with libbinet does not.) Its results are
 * bounded, not reproducible: another processor may give other last bits.
 */
#ifndef BINET_KERNELS_BLAS_H
#define BINET_KERNELS_BLAS_H

#include "binet/base.h"

/** 1 where an extent fits. */
int binet__blas_fits(int64_t extent);

/** A matrix, or its transpose. */
typedef struct binet__f32_matrix {
    const float *values;
    int64_t stride; /**< numbers from one row to the next, of the matrix as it lies */
    int transposed;
} binet__f32_matrix;

typedef struct binet__f64_matrix {
    const double *values;
    int64_t stride;
    int transposed;
} binet__f64_matrix;

/** c[m, n] = factor c + a[m, k] b[k, n]. Where factor is 0, c need not be set before. */
void binet__gemm_f32(int64_t m, int64_t n, int64_t k, binet__f32_matrix a, binet__f32_matrix b, float factor, float *c,
                     int64_t stride);
void binet__gemm_f64(int64_t m, int64_t n, int64_t k, binet__f64_matrix a, binet__f64_matrix b, double factor,
                     double *c, int64_t stride);

/** The lower triangle, diagonal included, of c[n, n] = c + a' a, for a of k rows. */
void binet__gram_f64(int64_t n, int64_t k, const double *a, int64_t stride, double *c);

/** The lower triangle of c[n, n] = factor c + a a', for a[n, k]. */
void binet__syrk_f64(int64_t n, int64_t k, binet__f64_matrix a, double factor, double *c, int64_t stride);

/** The lower triangle of a[n, n], positive definite, becomes L with L L' = a. 0 where it is not, to rounding. */
int binet__cholesky(int64_t n, double *a);
int binet__cholesky_f32(int64_t n, float *a);

/** Each row x of b[m, n] becomes the solution of a x = b, with the L of binet__cholesky. */
void binet__cholesky_solve(int64_t n, const double *l, int64_t m, double *b);
void binet__cholesky_solve_f32(int64_t n, const float *l, int64_t m, float *b);

/** Most dimensions of binet__eigen: LAPACK counts its room in 31 bits. More is BINET_UNSUPPORTED. */
enum { BINET__MOST_EIGEN = 32000 };

/** Eigenvalues, ascending, and eigenvectors of a symmetric a[n, n], of which the lower triangle is read: row i of a
 *  becomes the vector of values[i]. BINET_INTERNAL where it does not converge, as with a NaN. */
binet_status binet__eigen(const binet_context *context, int64_t n, double *a, double *values, binet_error *error);

/** The same in f32, several times faster. */
binet_status binet__eigen_f32(const binet_context *context, int64_t n, float *a, float *values, binet_error *error);

/** Singular values, descending, min(m, n) of them, of a[m, n], which is lost. BINET_INTERNAL as above. */
binet_status binet__singular_values(const binet_context *context, int64_t m, int64_t n, double *a, double *values,
                                    binet_error *error);

/** Left singular vectors of a[m, n], which is lost, as the columns of u[m, min(m, n)], and the singular values,
 *  descending. BINET_INTERNAL as above. */
binet_status binet__left_singular_vectors(const binet_context *context, int64_t m, int64_t n, double *a, double *u,
                                          double *values, binet_error *error);

#endif
