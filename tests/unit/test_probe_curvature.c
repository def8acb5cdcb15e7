/* A direction times the approximate Hessian of a probe is the gradient, by features and along axes. */
#include "metrics/probe_curvature.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "probe_rows.h"

enum { WIDE = 40 /* more than the axes of a task */, ALL = (WIDE + 1) * K, LEADING = 4, SAMPLE = 300 };

static const double scale = 50.0;

static float vectors[WIDE * WIDE];
static float variances[WIDE];
static double gradient[ALL];

/* Matrices over classes, of which the lower triangle is read: one with every eigenvalue above 0, and, as of
 * probabilities, one that is 0 where all classes move alike. */
enum { DEFINITE, SINGULAR, N_MATRICES };

static const float classes[N_MATRICES][K * K] = {{0.3F, NAN, NAN, -0.1F, 0.2F, NAN, 0.05F, -0.02F, 0.1F},
                                                 {0.2F, NAN, NAN, -0.15F, 0.25F, NAN, -0.05F, -0.1F, 0.15F}};

static double of_classes(int matrix, int64_t k, int64_t l)
{
    return classes[matrix][k > l ? k * K + l : l * K + k];
}

/* A reflection, its rows in another order. */
static void make(void)
{
    double square = 0.0;
    double mirror[WIDE];
    rows_make();
    for (int64_t j = 0; j < WIDE; j++) {
        mirror[j] = (double)(1 + j % 3);
        square += mirror[j] * mirror[j];
        variances[j] = 4.0F / (float)(j + 1);
    }
    for (int64_t i = 0; i < WIDE; i++) {
        int64_t from = (i + 7) % WIDE;
        for (int64_t j = 0; j < WIDE; j++) {
            vectors[i * WIDE + j] = (float)((double)(from == j) - 2.0 * mirror[from] * mirror[j] / square);
        }
    }
    rows_numbers(gradient, ALL, 6);
    gradient[0] = -gradient[1] - gradient[2]; /* where all move alike, b has no gradient */
}

static const binet__probe_axes axes = {.width = WIDE, .vectors = vectors, .variances = variances};

static binet_status curvature_of(const binet_context *context, const binet__probe_leading *leading, int matrix,
                                 binet__probe_curvature **curvature)
{
    binet_status status = binet__probe_curvature_create(context, &axes, leading, K, curvature, NULL);
    return status == BINET_OK ? binet__probe_curvature_set(*curvature, classes[matrix], NULL) : status;
}

/* Of W by features: what it is along the axes, b as it is. */
static void turn(const double *from, double *along)
{
    memcpy(along, from, K * sizeof *along);
    for (int64_t i = 0; i < WIDE * K; i++) {
        along[K + i] = 0.0;
        for (int64_t j = 0; j < WIDE; j++) {
            along[K + i] += vectors[i / K * WIDE + j] * from[(j + 1) * K + i % K];
        }
    }
}

/* direction = H^-1 of the gradient, by features where n_axes is 0, whose direction is turned to the axes too; gives the
 * gradient along them. */
static const double *apply(const binet__probe_curvature *curvature, int64_t n_axes, double *direction)
{
    static double turned[ALL];
    double found[ALL];
    CHECK_INT(binet__probe_curvature_apply(curvature, n_axes, scale, gradient, found, NULL), BINET_OK);
    if (n_axes > 0) {
        memcpy(direction, found, (size_t)((n_axes + 1) * K) * sizeof *direction);
        return gradient;
    }
    turn(found, direction);
    turn(gradient, turned);
    return turned;
}

/* Of W along axes from one on: scale times its variance times the matrix over classes, plus the penalty. */
static void check_weights(int matrix, int64_t first, int64_t n_axes, const double *direction, const double *along)
{
    for (int64_t i = first * K; i < n_axes * K; i++) {
        double product = direction[K + i];
        for (int64_t l = 0; l < K; l++) {
            product += scale * variances[i / K] * of_classes(matrix, i % K, l) * direction[(i / K + 1) * K + l];
        }
        CHECK_NEAR(product, along[K + i], 1e-4);
    }
}

static void a_direction_times_the_hessian_is_the_gradient(void)
{
    const int64_t widths[] = {0, 3, 35, WIDE};
    for (int matrix = DEFINITE; matrix < N_MATRICES; matrix++) {
        binet__probe_curvature *curvature = NULL;
        CHECK_INT(curvature_of(NULL, NULL, matrix, &curvature), BINET_OK);
        for (int i = 0; i < 4; i++) {
            double direction[ALL];
            const double *along = apply(curvature, widths[i], direction);
            check_weights(matrix, 0, widths[i] > 0 ? widths[i] : WIDE, direction, along);
            for (int64_t k = 0; k < K; k++) {
                double product = 0.0;
                for (int64_t l = 0; l < K; l++) {
                    product += scale * of_classes(matrix, k, l) * direction[l];
                }
                CHECK_NEAR(product, gradient[k], 1e-4);
            }
        }
        binet__probe_curvature_destroy(curvature);
    }
}

/* The Hessian along LEADING axes, from rows along them. */
static binet__probe_leading *leading_of_rows(void)
{
    static float probabilities[SAMPLE * K];
    binet__probe_rows rows = rows_in_memory(SAMPLE, NULL);
    binet__probe_leading *leading = NULL;
    for (int64_t i = 0; i < SAMPLE * K; i++) {
        probabilities[i] = 1.0F / K;
    }
    CHECK_INT(binet__probe_leading_create(NULL, &axes, K, 1 << 20, 1 << 20, &leading, NULL), BINET_OK);
    binet__probe_leading_begin(leading, LEADING);
    CHECK_INT(binet__probe_leading_add(leading, &rows, probabilities, NULL), BINET_OK);
    static const float nothing_expected[K * K];
    binet__probe_leading_finish(leading, scale, nothing_expected);
    CHECK_INT(binet__probe_leading_axes(leading), LEADING);
    return leading;
}

static void a_hessian_of_rows_counts_for_intercepts_and_leading_axes_alone(void)
{
    const int64_t widths[] = {0, LEADING, 35};
    binet__probe_leading *leading = leading_of_rows();
    binet__probe_curvature *curvature = NULL;
    CHECK_INT(curvature_of(NULL, leading, DEFINITE, &curvature), BINET_OK);
    for (int i = 0; i < 3; i++) {
        double direction[ALL];
        double intercepts[K];
        float solved[LEADING * K];
        const double *along = apply(curvature, widths[i], direction);
        for (int64_t k = 0; k < LEADING * K; k++) {
            solved[k] = (float)along[K + k];
        }
        binet__probe_leading_solve(leading, gradient, intercepts, solved);
        for (int64_t k = 0; k < K; k++) {
            CHECK_NEAR(direction[k], intercepts[k], 1e-6);
        }
        for (int64_t k = 0; k < LEADING * K; k++) {
            CHECK_NEAR(direction[K + k], solved[k], 1e-5);
        }
        check_weights(DEFINITE, LEADING, widths[i] > 0 ? widths[i] : WIDE, direction, along);
    }
    binet__probe_curvature_destroy(curvature);
    binet__probe_leading_destroy(leading);
}

static void threads_change_no_bit(void)
{
    double found[2][ALL];
    for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
        double *direction = found[n_threads > 1];
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        binet__probe_curvature *curvature = NULL;
        CHECK_INT(curvature_of(on.context, NULL, DEFINITE, &curvature), BINET_OK);
        CHECK_INT(binet__probe_curvature_apply(curvature, 0, scale, gradient, direction, NULL), BINET_OK);
        CHECK(memcmp(found[0], direction, sizeof found[0]) == 0);
        binet__probe_curvature_destroy(curvature);
        pooled_end(on);
    }
}

static void memory_that_runs_out_is_given_back(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        double direction[ALL];
        binet__probe_curvature *curvature = NULL;
        binet_status status = curvature_of(context, NULL, DEFINITE, &curvature);
        if (status == BINET_OK) {
            status = binet__probe_curvature_apply(curvature, 0, scale, gradient, direction, NULL);
        }
        binet__probe_curvature_destroy(curvature);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    make();
    RUN(a_direction_times_the_hessian_is_the_gradient);
    RUN(a_hessian_of_rows_counts_for_intercepts_and_leading_axes_alone);
    RUN(threads_change_no_bit);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
