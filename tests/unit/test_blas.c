/* The door to BLAS and LAPACK: sides and strides are the right ones, and what fails says so. Each result is held to its
 * definition, computed here. */
#include "kernels/blas.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { M = 7, N = 5, K = 9, STRIDE = 11 };

static void fill(double *values, int n)
{
    uint64_t state = 3;
    for (int i = 0; i < n; i++) {
        values[i] = (double)(scores_next(&state) >> 40) / (double)(1 << 23) - 1.0;
    }
}

static void products_are_those_of_the_definition(void)
{
    double a64[STRIDE * STRIDE];
    double b64[STRIDE * STRIDE];
    float a32[STRIDE * STRIDE];
    float b32[STRIDE * STRIDE];
    fill(a64, STRIDE * STRIDE);
    fill(b64, STRIDE * STRIDE);
    for (int i = 0; i < STRIDE * STRIDE; i++) {
        a32[i] = (float)a64[i];
        b32[i] = (float)b64[i];
    }
    for (int sides = 0; sides < 4; sides++) {
        int ta = sides & 1;
        int tb = sides >> 1;
        double c64[M * STRIDE];
        float c32[M * STRIDE];
        for (int i = 0; i < M * STRIDE; i++) {
            c64[i] = 3.0;
            c32[i] = 3.0F;
        }
        binet__gemm_f64(M, N, K, (binet__f64_matrix){a64, STRIDE, ta}, (binet__f64_matrix){b64, STRIDE, tb}, 2.0, c64,
                        STRIDE);
        binet__gemm_f32(M, N, K, (binet__f32_matrix){a32, STRIDE, ta}, (binet__f32_matrix){b32, STRIDE, tb}, 0.0F, c32,
                        STRIDE);
        for (int i = 0; i < M; i++) {
            for (int j = 0; j < N; j++) {
                double sum = 0.0;
                for (int k = 0; k < K; k++) {
                    sum += a64[ta ? k * STRIDE + i : i * STRIDE + k] * b64[tb ? j * STRIDE + k : k * STRIDE + j];
                }
                CHECK_NEAR(c64[i * STRIDE + j], 6.0 + sum, 1e-14);
                CHECK_NEAR(c32[i * STRIDE + j], sum, 1e-5);
            }
            CHECK(c64[i * STRIDE + N] == 3.0 && c32[i * STRIDE + N] == 3.0F);
        }
    }
}

/* a'a of K rows and N columns, and a little on the diagonal. */
static void gram(double *c)
{
    double a[K * STRIDE];
    fill(a, K * STRIDE);
    for (int i = 0; i < N * N; i++) {
        c[i] = i % (N + 1) == 0 ? 0.5 : 0.0;
    }
    binet__gram_f64(N, K, a, STRIDE, c);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = i == j ? 0.5 : 0.0;
            for (int k = 0; k < K; k++) {
                sum += a[k * STRIDE + i] * a[k * STRIDE + j];
            }
            CHECK_NEAR(c[i * N + j], sum, 1e-14);
        }
        for (int j = i + 1; j < N; j++) {
            CHECK(c[i * N + j] == 0.0);
        }
    }
}

static void lower_triangles_are_those_of_products(void)
{
    double a[STRIDE * STRIDE];
    fill(a, STRIDE * STRIDE);
    for (int transposed = 0; transposed < 2; transposed++) {
        double c[N * STRIDE];
        for (int i = 0; i < N * STRIDE; i++) {
            c[i] = 3.0;
        }
        binet__syrk_f64(N, K, (binet__f64_matrix){a, STRIDE, transposed}, 2.0, c, STRIDE);
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < STRIDE; j++) {
                double sum = j <= i ? 6.0 : 3.0;
                for (int k = 0; j <= i && k < K; k++) {
                    sum += a[transposed ? k * STRIDE + i : i * STRIDE + k] *
                           a[transposed ? k * STRIDE + j : j * STRIDE + k];
                }
                CHECK_NEAR(c[i * STRIDE + j], sum, 1e-14);
            }
        }
    }
}

static void mirror(double *c)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) {
            c[j * N + i] = c[i * N + j];
        }
    }
}

static void a_positive_definite_system_is_solved(void)
{
    double whole[N * N];
    double l[N * N];
    double b[2 * N];
    double x[2 * N];
    gram(whole);
    mirror(whole);
    memcpy(l, whole, sizeof l);
    fill(b, 2 * N);
    memcpy(x, b, sizeof x);
    CHECK(binet__cholesky(N, l));
    binet__cholesky_solve(N, l, 2, x);
    for (int row = 0; row < 2; row++) {
        for (int i = 0; i < N; i++) {
            double sum = 0.0;
            for (int j = 0; j < N; j++) {
                sum += whole[i * N + j] * x[row * N + j];
            }
            CHECK_NEAR(sum, b[row * N + i], 1e-13);
        }
    }
    double indefinite[4] = {1.0, 0.0, 2.0, 1.0};
    CHECK(!binet__cholesky(2, indefinite));
    double no_numbers[4] = {NAN, 0.0, 0.0, 1.0};
    float infinite[4] = {INFINITY, 0.0F, 0.0F, 1.0F};
    CHECK(!binet__cholesky(2, no_numbers));
    CHECK(!binet__cholesky_f32(2, infinite));
    float narrow[4] = {4.0F, 0.0F, 2.0F, 5.0F}; /* of (2, 0), (1, 2) */
    float solved[2] = {8.0F, 12.0F};            /* times (1, 2) */
    CHECK(binet__cholesky_f32(2, narrow));
    binet__cholesky_solve_f32(2, narrow, 1, solved);
    CHECK_NEAR(solved[0], 1.0, 1e-6);
    CHECK_NEAR(solved[1], 2.0, 1e-6);
}

static void eigenvectors_are_the_rows(void)
{
    double whole[N * N];
    double vectors[N * N];
    double values[N];
    gram(whole);
    mirror(whole);
    memcpy(vectors, whole, sizeof vectors);
    float narrow[N * N];
    float narrow_values[N];
    for (int i = 0; i < N * N; i++) {
        narrow[i] = (float)whole[i];
    }
    CHECK_INT(binet__eigen(NULL, N, vectors, values, NULL), BINET_OK);
    CHECK_INT(binet__eigen_f32(NULL, N, narrow, narrow_values, NULL), BINET_OK);
    for (int v = 0; v < N; v++) {
        CHECK(v == 0 || values[v] >= values[v - 1]);
        CHECK_NEAR(narrow_values[v], values[v], 1e-5);
        for (int i = 0; i < N; i++) {
            double sum = 0.0;
            for (int j = 0; j < N; j++) {
                sum += whole[i * N + j] * vectors[v * N + j];
            }
            CHECK_NEAR(sum, values[v] * vectors[v * N + i], 1e-13);
        }
    }
}

static void squares_of_singular_values_are_eigenvalues(void)
{
    double a[K * N];
    double c[N * N] = {0};
    double values[N];
    double singular[N];
    fill(a, K * N);
    binet__gram_f64(N, K, a, N, c);
    CHECK_INT(binet__eigen(NULL, N, c, values, NULL), BINET_OK);
    CHECK_INT(binet__singular_values(NULL, K, N, a, singular, NULL), BINET_OK);
    for (int i = 0; i < N; i++) {
        CHECK_NEAR(singular[i] * singular[i], values[N - 1 - i], 1e-13);
    }
    fill(a, K * N);
    double of_transposed[N];
    double transposed[N * K];
    for (int i = 0; i < K; i++) {
        for (int j = 0; j < N; j++) {
            transposed[j * K + i] = a[i * N + j];
        }
    }
    CHECK_INT(binet__singular_values(NULL, N, K, transposed, of_transposed, NULL), BINET_OK);
    for (int i = 0; i < N; i++) {
        CHECK_NEAR(of_transposed[i], singular[i], 1e-14);
    }
}

static void memory_that_fails_is_told(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        double a[N * N];
        double values[N];
        gram(a);
        binet_status status = binet__eigen(context, N, a, values, NULL);
        if (status == BINET_OK) {
            status = binet__singular_values(context, N, N, a, values, NULL);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

static void what_does_not_converge_is_told(void)
{
    double a[4] = {NAN, NAN, NAN, NAN};
    double values[2];
    binet_error error = {0};
    CHECK_INT(binet__singular_values(NULL, 2, 2, a, values, &error), BINET_INTERNAL);
    CHECK_CONTAINS(error.message, "the singular values did not converge");
}

/* u diag(values) v' = a says u'u = 1 and u'a a'u = diag(values^2). */
static void left_vectors_are_the_columns(void)
{
    const int64_t shapes[2][2] = {{M, N}, {N, M}};
    for (int which = 0; which < 2; which++) {
        int64_t m = shapes[which][0];
        int64_t n = shapes[which][1];
        double a[M * N];
        double lost[M * N];
        double u[M * N];
        double values[N];
        fill(a, M * N);
        memcpy(lost, a, sizeof lost);
        CHECK_INT(binet__left_singular_vectors(NULL, m, n, lost, u, values, NULL), BINET_OK);
        for (int64_t i = 0; i < N; i++) {
            CHECK(i == 0 || values[i] <= values[i - 1]);
            for (int64_t j = 0; j < N; j++) {
                double unit = 0.0;
                double product = 0.0;
                for (int64_t row = 0; row < m; row++) {
                    unit += u[row * N + i] * u[row * N + j];
                }
                for (int64_t column = 0; column < n; column++) {
                    double of_i = 0.0;
                    double of_j = 0.0;
                    for (int64_t row = 0; row < m; row++) {
                        of_i += u[row * N + i] * a[row * n + column];
                        of_j += u[row * N + j] * a[row * n + column];
                    }
                    product += of_i * of_j;
                }
                CHECK_NEAR(unit, i == j ? 1.0 : 0.0, 1e-13);
                CHECK_NEAR(product, i == j ? values[i] * values[i] : 0.0, 1e-13);
            }
        }
    }
}

int main(void)
{
    RUN(products_are_those_of_the_definition);
    RUN(lower_triangles_are_those_of_products);
    RUN(a_positive_definite_system_is_solved);
    RUN(eigenvectors_are_the_rows);
    RUN(squares_of_singular_values_are_eigenvalues);
    RUN(memory_that_fails_is_told);
    RUN(what_does_not_converge_is_told);
    RUN(left_vectors_are_the_columns);
    return check_result();
}
