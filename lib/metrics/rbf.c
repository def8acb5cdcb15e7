#include "metrics/rbf.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "metrics/hsic.h"

enum { DIGIT_BITS = 16, N_DIGITS = 1 << DIGIT_BITS, TASK_ROWS = 64 };

/* One kernel: row i of the lower triangle has its i entries behind those of the rows before. */
typedef struct kernel {
    int64_t n;
    int64_t n_pairs;
    double *entries;  /* [n_pairs]: inner products, then squared distances, then the kernel less 1 */
    double *diagonal; /* [n] */
    double *shift;    /* [n] */
    double scale;     /* -1 / (2 sigma^2) */
} kernel;

/* ---- Distances --------------------------------------------------------------------------------------------------- */

static int64_t last_of(const kernel *of, int64_t task)
{
    int64_t last = (task + 1) * TASK_ROWS;
    return last < of->n ? last : of->n;
}

static void take_distances(void *argument, int64_t task)
{
    const kernel *of = argument;
    for (int64_t i = task * TASK_ROWS; i < last_of(of, task); i++) {
        double *row = of->entries + i * (i - 1) / 2;
        for (int64_t j = 0; j < i; j++) {
            row[j] = fmax(of->diagonal[i] + of->diagonal[j] - 2.0 * row[j], 0.0);
        }
    }
}

static void take_kernel(void *argument, int64_t task)
{
    const kernel *of = argument;
    for (int64_t i = task * TASK_ROWS; i < last_of(of, task); i++) {
        double *row = of->entries + i * (i - 1) / 2;
        for (int64_t j = 0; j < i; j++) {
            row[j] = expm1(row[j] * of->scale);
        }
    }
}

/* The value of a rank among the distances, digit by digit of its bits, which are in the order of the values. */
static double select_rank(const kernel *of, int64_t rank, int64_t *counts)
{
    uint64_t found = 0;
    for (int shift = 64 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
        uint64_t above = shift == 64 - DIGIT_BITS ? 0 : UINT64_MAX << (shift + DIGIT_BITS);
        memset(counts, 0, N_DIGITS * sizeof *counts);
        for (int64_t i = 0; i < of->n_pairs; i++) {
            uint64_t bits;
            memcpy(&bits, &of->entries[i], sizeof bits);
            if ((bits & above) == found) {
                counts[bits >> shift & (N_DIGITS - 1)]++;
            }
        }
        uint64_t digit = 0;
        while (rank >= counts[digit]) {
            rank -= counts[digit++];
        }
        found |= digit << shift;
    }
    double value;
    memcpy(&value, &found, sizeof value);
    return value;
}

/* Of n^2 distances, n are those of rows to themselves, and the others are there twice. */
static double at_place(const kernel *of, int64_t place, int64_t *counts)
{
    return place < of->n ? 0.0 : select_rank(of, (place - of->n) / 2, counts);
}

static binet_status find_median(const binet_context *context, const kernel *of, double *median, binet_error *error)
{
    int64_t *counts = binet__allocate(context, N_DIGITS, sizeof *counts, error);
    if (counts == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    int64_t all = of->n * of->n;
    double upper = at_place(of, all / 2, counts);
    *median = all % 2 != 0 ? upper : (at_place(of, all / 2 - 1, counts) + upper) / 2.0;
    binet__release(context, counts);
    return BINET_OK;
}

/* ---- Centring ---------------------------------------------------------------------------------------------------- */

/* What centring adds to an entry is shift_i + shift_j; it returns the sum of all entries. */
static double make_shift(const kernel *of, int unbiased)
{
    double n = (double)of->n;
    double all = 0.0;
    memset(of->shift, 0, (size_t)of->n * sizeof *of->shift);
    for (int64_t i = 0; i < of->n; i++) {
        const double *row = of->entries + i * (i - 1) / 2;
        double sum = 0.0;
        for (int64_t j = 0; j < i; j++) {
            sum += row[j];
            of->shift[j] += row[j];
        }
        of->shift[i] += sum;
        all += 2.0 * sum;
    }
    double half = unbiased ? all / (2.0 * (n - 1.0)) : all / (2.0 * n);
    for (int64_t i = 0; i < of->n; i++) {
        of->shift[i] = (half - of->shift[i]) / (unbiased ? n - 2.0 : n);
    }
    return all;
}

static void centre(void *argument, int64_t task)
{
    const kernel *of = argument;
    for (int64_t i = task * TASK_ROWS; i < last_of(of, task); i++) {
        double *row = of->entries + i * (i - 1) / 2;
        for (int64_t j = 0; j < i; j++) {
            row[j] += of->shift[i] + of->shift[j];
        }
    }
}

static binet_status run(const binet_context *context, binet_task task, kernel *of, binet_error *error)
{
    return binet__run(context, (of->n + TASK_ROWS - 1) / TASK_ROWS, task, of, error);
}

/* The centred kernel of features; *squared_sigma is 0 where there is none. */
static binet_status make_kernel(const binet_context *context, const binet__centred *centred, double bandwidth,
                                int unbiased, kernel *of, double *squared_sigma, double *sum, binet_error *error)
{
    double median = 0.0;
    binet_status status = binet__hsic_gram(context, centred, of->entries, of->diagonal, error);
    status = status == BINET_OK ? run(context, take_distances, of, error) : status;
    status = status == BINET_OK ? find_median(context, of, &median, error) : status;
    *squared_sigma = bandwidth * bandwidth * median;
    if (status != BINET_OK || *squared_sigma == 0.0) {
        return status;
    }
    of->scale = -0.5 / *squared_sigma;
    status = run(context, take_kernel, of, error);
    if (status == BINET_OK) {
        *sum = make_shift(of, unbiased);
        status = run(context, centre, of, error);
    }
    return status;
}

/* Entries off the diagonal count twice; on it a kernel less 1 is 0, and only the biased estimator looks there. */
static double product(const kernel *a, const kernel *b, int unbiased)
{
    double diagonals = unbiased ? 0.0 : 4.0 * binet__dot(a->shift, b->shift, a->n);
    return 2.0 * binet__dot(a->entries, b->entries, a->n_pairs) + diagonals;
}

static binet_status allocate(const binet_context *context, int64_t n, kernel *of, binet_error *error)
{
    of->n = n;
    of->n_pairs = n * (n - 1) / 2;
    of->entries = binet__allocate(context, of->n_pairs, sizeof(double), error);
    of->diagonal = of->entries != NULL ? binet__allocate(context, n, 2 * sizeof(double), error) : NULL;
    of->shift = of->diagonal != NULL ? of->diagonal + n : NULL;
    return of->shift != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

binet_status binet__rbf_products_of(const binet_context *context, const binet__centred centred[2], double bandwidth,
                                    int unbiased, binet__rbf_products *products, binet_error *error)
{
    binet__rbf_products made = {0};
    kernel kernels[2] = {{0}, {0}};
    binet_status status = binet__hsic_fits(centred[0].features.n, error);
    for (int i = 0; status == BINET_OK && i < 2; i++) {
        status = allocate(context, centred[i].features.n, &kernels[i], error);
        if (status == BINET_OK) {
            status = make_kernel(context, &centred[i], bandwidth, unbiased, &kernels[i], &made.squared_sigma[i],
                                 &made.sums[i], error);
        }
    }
    for (int i = 0; status == BINET_OK && i < 2; i++) {
        made.squares[i] = made.squared_sigma[i] != 0.0 ? product(&kernels[i], &kernels[i], unbiased) : 0.0;
    }
    if (status == BINET_OK) {
        int both = made.squared_sigma[0] != 0.0 && made.squared_sigma[1] != 0.0;
        made.product = both ? product(&kernels[0], &kernels[1], unbiased) : 0.0;
        *products = made;
    }
    for (int i = 0; i < 2; i++) {
        binet__release(context, kernels[i].diagonal);
        binet__release(context, kernels[i].entries);
    }
    return status;
}
