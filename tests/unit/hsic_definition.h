/** Grams [n, n] in full, and HSIC by its definitions. */
#ifndef TESTS_UNIT_HSIC_DEFINITION_H
#define TESTS_UNIT_HSIC_DEFINITION_H

#include <math.h>
#include <stdlib.h>

/* The Gram of features as they are: both estimators centre it themselves. */
static inline void hsic_linear(const double *x, int n, int width, double *k)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            k[i * n + j] = 0.0;
            for (int c = 0; c < width; c++) {
                k[i * n + j] += x[i * width + c] * x[j * width + c];
            }
        }
    }
}

static inline int hsic_ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The kernel of the code published with Kornblith et al.: its median is over all n^2 squared distances. Gives sigma. */
static inline double hsic_rbf(const double *x, int n, int width, double bandwidth, double *k)
{
    size_t size = (size_t)n * (size_t)n;
    double *sorted = calloc(size, sizeof *sorted);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            k[i * n + j] = 0.0;
            for (int c = 0; c < width; c++) {
                double gap = x[i * width + c] - x[j * width + c];
                k[i * n + j] += gap * gap;
            }
            sorted[i * n + j] = k[i * n + j];
        }
    }
    qsort(sorted, size, sizeof *sorted, hsic_ascending);
    double median = (sorted[(size - 1) / 2] + sorted[size / 2]) / 2;
    for (size_t i = 0; i < size; i++) {
        k[i] = exp(-k[i] / (2 * bandwidth * bandwidth * median));
    }
    free(sorted);
    return bandwidth * sqrt(median);
}

/* tr(K H L H) / (n - 1)^2. */
static inline double hsic_biased(const double *k, const double *l, int n)
{
    double *sums[2] = {calloc((size_t)n, sizeof(double)), calloc((size_t)n, sizeof(double))};
    double all[2] = {0, 0};
    double product = 0.0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            sums[0][i] += k[i * n + j] / n;
            sums[1][i] += l[i * n + j] / n;
        }
        all[0] += sums[0][i] / n;
        all[1] += sums[1][i] / n;
    }
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            product +=
                (k[i * n + j] - sums[0][i] - sums[0][j] + all[0]) * (l[i * n + j] - sums[1][i] - sums[1][j] + all[1]);
        }
    }
    free(sums[0]);
    free(sums[1]);
    return product / ((n - 1.0) * (n - 1.0));
}

/* As Song et al. write it. */
static inline double hsic_unbiased(const double *k, const double *l, int n)
{
    double trace = 0, all_k = 0, all_l = 0, through = 0;
    for (int i = 0; i < n; i++) {
        double of_k = 0, of_l = 0;
        for (int j = 0; j < n; j++) {
            if (i != j) {
                trace += k[i * n + j] * l[i * n + j];
                of_k += k[i * n + j];
                of_l += l[i * n + j];
            }
        }
        all_k += of_k;
        all_l += of_l;
        through += of_k * of_l;
    }
    double total = trace + all_k * all_l / ((n - 1.0) * (n - 2.0)) - 2.0 / (n - 2.0) * through;
    return total / (n * (n - 3.0));
}

#endif
