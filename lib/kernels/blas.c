#include "kernels/blas.h"

#include <cblas.h>
#include <math.h>

#include "base/error.h"
#include "base/memory.h"

#define JOINED(prefix, name) prefix##name
#define NAMED(prefix, name) JOINED(prefix, name)
#define BLAS(name) NAMED(BINET_BLAS_PREFIX, name)

/* LAPACK has no header that every OpenBLAS brings. */
void BLAS(dpotrf_)(const char *uplo, const blasint *n, double *a, const blasint *lda, blasint *info);
void BLAS(dpotrs_)(const char *uplo, const blasint *n, const blasint *nrhs, const double *a, const blasint *lda,
                   double *b, const blasint *ldb, blasint *info);
void BLAS(spotrf_)(const char *uplo, const blasint *n, float *a, const blasint *lda, blasint *info);
void BLAS(spotrs_)(const char *uplo, const blasint *n, const blasint *nrhs, const float *a, const blasint *lda,
                   float *b, const blasint *ldb, blasint *info);
void BLAS(dsyevd_)(const char *jobz, const char *uplo, const blasint *n, double *a, const blasint *lda, double *w,
                   double *work, const blasint *lwork, blasint *iwork, const blasint *liwork, blasint *info);
void BLAS(ssyevd_)(const char *jobz, const char *uplo, const blasint *n, float *a, const blasint *lda, float *w,
                   float *work, const blasint *lwork, blasint *iwork, const blasint *liwork, blasint *info);
void BLAS(dgesdd_)(const char *jobz, const blasint *m, const blasint *n, double *a, const blasint *lda, double *s,
                   double *u, const blasint *ldu, double *vt, const blasint *ldvt, double *work, const blasint *lwork,
                   blasint *iwork, blasint *info);

#ifdef BINET_BLAS_BUNDLED
/* The library is libbinet's own: its threads are turned off before anything is called. */
__attribute__((constructor)) static void turn_threads_off(void)
{
    BLAS(openblas_set_num_threads)(1);
}
#endif

int binet__blas_fits(int64_t extent)
{
    return extent <= INT32_MAX;
}

static enum CBLAS_TRANSPOSE side(int transposed)
{
    return transposed ? CblasTrans : CblasNoTrans;
}

void binet__gemm_f32(int64_t m, int64_t n, int64_t k, binet__f32_matrix a, binet__f32_matrix b, float factor, float *c,
                     int64_t stride)
{
    BLAS(cblas_sgemm)
    (CblasRowMajor, side(a.transposed), side(b.transposed), (blasint)m, (blasint)n, (blasint)k, 1.0F, a.values,
     (blasint)a.stride, b.values, (blasint)b.stride, factor, c, (blasint)stride);
}

void binet__gemm_f64(int64_t m, int64_t n, int64_t k, binet__f64_matrix a, binet__f64_matrix b, double factor,
                     double *c, int64_t stride)
{
    BLAS(cblas_dgemm)
    (CblasRowMajor, side(a.transposed), side(b.transposed), (blasint)m, (blasint)n, (blasint)k, 1.0, a.values,
     (blasint)a.stride, b.values, (blasint)b.stride, factor, c, (blasint)stride);
}

void binet__gram_f64(int64_t n, int64_t k, const double *a, int64_t stride, double *c)
{
    BLAS(cblas_dsyrk)
    (CblasRowMajor, CblasLower, CblasTrans, (blasint)n, (blasint)k, 1.0, a, (blasint)stride, 1.0, c, (blasint)n);
}

void binet__syrk_f64(int64_t n, int64_t k, binet__f64_matrix a, double factor, double *c, int64_t stride)
{
    BLAS(cblas_dsyrk)
    (CblasRowMajor, CblasLower, side(a.transposed), (blasint)n, (blasint)k, 1.0, a.values, (blasint)a.stride, factor, c,
     (blasint)stride);
}

static binet_status no_convergence(blasint info, const char *what, binet_error *error)
{
    return info == 0 ? BINET_OK
                     : binet__fail(error, BINET_INTERNAL, "", -1, "the %s did not converge (LAPACK says %d)", what,
                                   (int)info);
}

#define NUMBER double
#define IN_PRECISION(name) name
#define LAPACK(name) BLAS(d##name)
#include "kernels/blas_symmetric.inc.h"

#define NUMBER float
#define IN_PRECISION(name) name##_f32
#define LAPACK(name) BLAS(s##name)
#include "kernels/blas_symmetric.inc.h"

/* By columns, a is its transpose, whose singular values are the same and whose right vectors are the left ones of a:
 * in `right`, where they are wanted, each of them a row by columns, a column by rows. */
static binet_status decompose(const binet_context *context, const char *job, int64_t m, int64_t n, double *a,
                              double *left, double *right, double *values, binet_error *error)
{
    blasint rows = (blasint)n;
    blasint columns = (blasint)m;
    blasint info = 0;
    blasint lwork = -1;
    double work_size = 0.0;
    blasint smaller = (blasint)(m < n ? m : n);
    blasint *iwork = binet__allocate(context, smaller, 8 * sizeof *iwork, error);
    if (iwork == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    BLAS(dgesdd_)
    (job, &rows, &columns, a, &rows, values, left, &rows, right, &smaller, &work_size, &lwork, iwork, &info);
    lwork = (blasint)work_size;
    double *work = binet__allocate(context, lwork, sizeof *work, error);
    binet_status status = BINET_OUT_OF_MEMORY;
    if (work != NULL) {
        BLAS(dgesdd_)
        (job, &rows, &columns, a, &rows, values, left, &rows, right, &smaller, work, &lwork, iwork, &info);
        status = no_convergence(info, "singular values", error);
    }
    binet__release(context, work);
    binet__release(context, iwork);
    return status;
}

binet_status binet__singular_values(const binet_context *context, int64_t m, int64_t n, double *a, double *values,
                                    binet_error *error)
{
    return decompose(context, "N", m, n, a, NULL, NULL, values, error);
}

binet_status binet__left_singular_vectors(const binet_context *context, int64_t m, int64_t n, double *a, double *u,
                                          double *values, binet_error *error)
{
    double *left = binet__allocate(context, m < n ? m : n, (uint64_t)n * sizeof *left, error);
    if (left == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = decompose(context, "S", m, n, a, left, u, values, error);
    binet__release(context, left);
    return status;
}
