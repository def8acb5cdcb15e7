/* Principal axes are those of the definition, along features of any scale; rows go along them, and points back. */
#include "metrics/probe_axes.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "probe_rows.h"

enum { N = 1100, FIRST = 700 /* rows that axes are found from */ };

/* Columns that go together: alike in scale; each a tenth of the one before; no more than two that differ. */
enum { ALIKE, APART, REPEATED, N_KINDS };

static float mixed[N * D];

static binet__probe_rows mix(int kind, int64_t width)
{
    for (int64_t i = 0; i < N * width; i++) {
        int64_t j = i % width;
        const float *from = rows_kept + i / width * D;
        double value = from[j] + from[(j + 1) % D] / 2;
        mixed[i] = kind == APART      ? (float)(value * pow(10.0, (double)-j))
                   : kind == REPEATED ? from[j % 2]
                                      : (float)(value * (double)(j + 1));
    }
    return (binet__probe_rows){.kept = mixed, .stride = width, .n = N, .width = width, .n_classes = K};
}

static binet__probe_axes axes_of(const binet_context *context, const binet__probe_rows *rows)
{
    binet__probe_axes axes = {0};
    CHECK_INT(binet__probe_axes_find(context, rows, FIRST, &axes, NULL), BINET_OK);
    return axes;
}

/* The mean over the first rows of the product of what they are along two directions. */
static double covariance(const binet__probe_rows *rows, const float *a, const float *b)
{
    double sum = 0.0;
    for (int64_t i = 0; i < FIRST; i++) {
        double along_a = 0.0;
        double along_b = 0.0;
        for (int64_t j = 0; j < rows->width; j++) {
            along_a += (double)rows->kept[i * rows->stride + j] * a[j];
            along_b += (double)rows->kept[i * rows->stride + j] * b[j];
        }
        sum += along_a * along_b;
    }
    return sum / FIRST;
}

static void axes_are_orthonormal_and_without_covariance(void)
{
    for (int kind = ALIKE; kind < N_KINDS; kind++) {
        for (int64_t width = D - 1; width <= D; width++) {
            binet__probe_rows rows = mix(kind, width);
            binet__probe_axes axes = axes_of(NULL, &rows);
            CHECK_INT(axes.width, width);
            for (int64_t i = 0; i < width; i++) {
                CHECK(axes.variances[i] >= 0.0F && (i == 0 || axes.variances[i] <= axes.variances[i - 1]));
                for (int64_t k = 0; k < width; k++) {
                    const float *a = axes.vectors + i * width;
                    const float *b = axes.vectors + k * width;
                    double product = 0.0;
                    for (int64_t j = 0; j < width; j++) {
                        product += (double)a[j] * b[j];
                    }
                    /* Where scales are apart, small variances are as true as large ones. */
                    double size = kind == APART ? sqrt((double)axes.variances[i] * axes.variances[k]) * 1e-3
                                                : axes.variances[0] * 1e-5;
                    CHECK_NEAR(product, (double)(i == k), 1e-5);
                    CHECK_NEAR(covariance(&rows, a, b), i == k ? (double)axes.variances[i] : 0.0, size);
                }
            }
            binet__probe_axes_release(&axes);
        }
    }
}

static void leading_axes_are_the_fewest_that_hold_a_part(void)
{
    float variances[] = {4.0F, 2.0F, 1.0F, 1.0F};
    float none[] = {0.0F, 0.0F};
    const double parts[] = {0.0, 0.1, 0.5, 0.51, 0.75, 0.875, 0.9, 1.0};
    const int64_t expected[] = {0, 1, 1, 2, 2, 3, 4, 4};
    binet__probe_axes axes = {.width = 4, .variances = variances};
    for (int i = 0; i < 8; i++) {
        CHECK_INT(binet__probe_axes_leading(&axes, parts[i]), expected[i]);
    }
    axes = (binet__probe_axes){.width = 2, .variances = none};
    CHECK_INT(binet__probe_axes_leading(&axes, 1.0), 0);
}

static void turned_rows_that_return_are_projected_on_the_leading_axes(void)
{
    static float turned[N * D];
    binet__probe_rows rows = mix(ALIKE, D);
    binet__probe_axes axes = axes_of(NULL, &rows);
    for (int64_t n_axes = 1; n_axes <= D; n_axes += 2) {
        CHECK_INT(binet__probe_axes_turn(&axes, &rows, n_axes, turned, NULL), BINET_OK);
        for (int64_t i = 0; i + K <= N; i += K) { /* each of K rows as the weights of a class */
            double point[SIZE] = {7.0, 8.0, 9.0};
            for (int64_t k = 0; k < K; k++) {
                for (int64_t a = 0; a < n_axes; a++) {
                    point[(a + 1) * K + k] = turned[(i + k) * n_axes + a];
                }
            }
            CHECK_INT(binet__probe_axes_return(&axes, n_axes, K, point, NULL), BINET_OK);
            for (int64_t k = 0; k < K; k++) {
                double projected[D] = {0};
                for (int64_t c = 0; c < n_axes * D * D; c++) {
                    const float *axis = axes.vectors + c / (D * D) * D;
                    projected[c % D] += (double)axis[c % D] * axis[c / D % D] * mixed[(i + k) * D + c / D % D];
                }
                for (int64_t j = 0; j < D; j++) {
                    CHECK_NEAR(point[(j + 1) * K + k], projected[j], 1e-5);
                    CHECK(n_axes < D || fabs(projected[j] - mixed[(i + k) * D + j]) <= 1e-5);
                }
                CHECK(point[k] == 7.0 + (double)k);
            }
        }
    }
    binet__probe_axes_release(&axes);
}

static void threads_change_no_bit(void)
{
    static float turned[2][N * D];
    binet__probe_rows rows = mix(ALIKE, D);
    for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        binet__probe_axes axes = axes_of(on.context, &rows);
        CHECK_INT(binet__probe_axes_turn(&axes, &rows, D, turned[n_threads > 1], NULL), BINET_OK);
        CHECK(memcmp(turned[0], turned[n_threads > 1], sizeof turned[0]) == 0);
        binet__probe_axes_release(&axes);
        pooled_end(on);
    }
}

static void memory_that_runs_out_is_given_back(void)
{
    for (int kind = ALIKE; kind <= APART; kind++) {
        binet__probe_rows rows = mix(kind, D);
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            double point[SIZE] = {0};
            binet__probe_axes axes = {0};
            binet_status status = binet__probe_axes_find(context, &rows, FIRST, &axes, NULL);
            CHECK((axes.vectors != NULL) == (status == BINET_OK));
            if (status == BINET_OK) {
                status = binet__probe_axes_return(&axes, D, K, point, NULL);
                binet__probe_axes_release(&axes);
            }
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
}

int main(void)
{
    rows_make();
    RUN(axes_are_orthonormal_and_without_covariance);
    RUN(leading_axes_are_the_fewest_that_hold_a_part);
    RUN(turned_rows_that_return_are_projected_on_the_leading_axes);
    RUN(threads_change_no_bit);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
