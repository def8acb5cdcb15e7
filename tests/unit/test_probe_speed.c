/* How many evaluations a probe takes: the certificate makes any search right, and only counts tell that it is short.
 * Bounds are a little above what was counted when they were written, since rounding differs over machines. */
#include <math.h>

#include "binet/probe.h"
#include "check.h"
#include "scores.h"

enum { N = 12000, D = 48, K = 60 };

static float x[N * D];
static int32_t y[N];

/* Variances fall as j^-1.5, labels are drawn from a linear model: some classes come a hundred times as often as others.
 */
static void make(void)
{
    static double w[D * K];
    uint64_t state = 11;
    for (int i = 0; i < D * K; i++) {
        w[i] = 16.0 * (scores_uniform(&state) - 0.5);
    }
    for (int64_t i = 0; i < N; i++) {
        double best = -INFINITY;
        for (int j = 0; j < D; j++) {
            x[i * D + j] = (float)(3.4 * (scores_uniform(&state) - 0.5) * pow(j + 1, -0.75));
        }
        for (int k = 0; k < K; k++) {
            double score = -log(-log(scores_uniform(&state) + 1e-300));
            for (int j = 0; j < D; j++) {
                score += (double)x[i * D + j] * w[j * K + k];
            }
            y[i] = score > best ? k : y[i];
            best = fmax(best, score);
        }
    }
    for (int k = 0; k < K; k++) {
        y[k] = k;
    }
}

static binet_probe_result fit(double c, double tolerance, int64_t row_bytes)
{
    binet_array features = scores_matrix(x, BINET_F32, N, D);
    binet_array labels = scores_vector(y, BINET_I32, N);
    binet_probe_options options = {.struct_size = sizeof options, .tolerance = tolerance, .row_bytes = row_bytes};
    binet_probe_result result = {.struct_size = sizeof result};
    binet_probe *probe = NULL;
    CHECK_INT(binet_probe_create(NULL, &features, &labels, K, NULL, &options, &probe, NULL), BINET_OK);
    CHECK_INT(binet_probe_fit(probe, c, &result, NULL), BINET_OK);
    binet_probe_destroy(probe);
    return result;
}

/* Counted: 7. Without the Hessian along the leading axes 11, without curvature half the way to the labels 9, without
 * the search along axes 13, with steps of length 1 15. */
static void a_fit_at_small_c_takes_few_evaluations(void)
{
    CHECK(fit(1.0, 1e-2, 0).n_evaluations <= 8);
}

/* Counted: 21; with steps of length 1 59. */
static void a_fit_at_large_c_takes_some_more(void)
{
    CHECK(fit(100.0, 1.0, 0).n_evaluations <= 25);
}

/* Beside the two that read the array and those of evaluations. Counted: 1; with Newton's steps in b held back by the
 * class that is furthest from its share, and from where the search left b, 4. */
static void intercepts_of_rare_classes_take_a_pass_or_two(void)
{
    binet_probe_result result = fit(1.0, 1e-2, 1);
    CHECK(result.n_copied < N);
    CHECK(result.n_passes - result.n_evaluations - 2 <= 2);
}

int main(void)
{
    make();
    RUN(a_fit_at_small_c_takes_few_evaluations);
    RUN(a_fit_at_large_c_takes_some_more);
    RUN(intercepts_of_rare_classes_take_a_pass_or_two);
    return check_result();
}
