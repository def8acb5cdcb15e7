/* With t = alpha / beta and beta = N / E(t), which is its best for every t, the log evidence over N of a column y is
 *
 *     L(t) = -log(E(t) / N) / 2 - S(t) / (2 N) - (1 + log 2 pi) / 2,
 *     E(t) = rest + sum_i z_i^2 t / (t + s_i),   S(t) = sum_i log(1 + s_i / t),   rest = |y|^2 - sum_i z_i^2,
 *
 * for squared singular values s_i and projections z_i. In u = log t every term changes over a width of about 4, so that
 * steps of log 2 see each maximum. L rises from -inf at t = 0, or from a limit where the features span all N rows, and
 * comes to a limit for t = inf, where the weights are 0. */
#include "metrics/evidence.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"

enum { COLUMNS = 32, MARGIN = 40 };

static const double spanned = 1e-10; /* a rest, over the square of the column, that is none */
static const double log_2_pi = 1.8378770664093454836;
static const double log_2 = 0.69314718055994530942;
static const double narrow = 1e-10;   /* of u: L is flat there, so that its own error is this, squared */
static const double rounding = 1e-12; /* of L: a maximum that is higher than a limit by less is the limit */

typedef struct work {
    const binet_context *context;
    const binet__evidence_features *features;
    int64_t n_columns;
    const double *projections;
    const double *totals;
    binet_logme_class *found;
    int64_t n_grid;
    double first;    /* log2 of the grid's first t */
    double *shrink;  /* [n_grid, rank]: t / (t + s_i) */
    double *volumes; /* [n_grid]: S */
} work;

/* A column in a place u. */
typedef struct point {
    double value; /* L */
    double slope; /* of N L in u */
    double curvature;
    double error; /* E */
} point;

static double log_evidence(const work *of, double error, double volume)
{
    double n = (double)of->features->n;
    return -0.5 * (log(error / n) + volume / n + 1.0 + log_2_pi);
}

static point measure(const work *of, const double *squared, double rest, double u)
{
    double t = exp(u);
    double n = (double)of->features->n;
    double error = rest;
    double first = 0.0;
    double second = 0.0;
    double volume = 0.0;
    double used = 0.0; /* the papers' gamma */
    double spread = 0.0;
    for (int64_t i = 0; i < of->features->rank; i++) {
        double ratio = of->features->squares[i] / t;
        double p = 1.0 / (1.0 + ratio);
        double q = ratio * p;
        error += squared[i] * p;
        first += squared[i] * p * q;
        second += squared[i] * p * q * (q - p);
        volume += log1p(ratio);
        used += q;
        spread += p * q;
    }
    double relative = first / error;
    point found = {.value = log_evidence(of, error, volume),
                   .slope = 0.5 * (used - n * relative),
                   .curvature = -0.5 * (n * (second / error - relative * relative) + spread),
                   .error = error};
    return found;
}

/* Newton's method for the zero of the slope in low .. high, halving where it would leave them. */
static double refine(const work *of, const double *squared, double rest, double low, double high, point *best)
{
    double u = 0.5 * (low + high);
    for (double step = high - low; fabs(step) > narrow && high - low > narrow;) {
        *best = measure(of, squared, rest, u);
        if (best->slope > 0.0) {
            low = u;
        } else {
            high = u;
        }
        double next = u - best->slope / best->curvature;
        next = best->curvature < 0.0 && next > low && next < high ? next : 0.5 * (low + high);
        step = next - u;
        u = next;
    }
    *best = measure(of, squared, rest, u);
    return u;
}

/* ---- A column ---------------------------------------------------------------------------------------------------- */

static double sum_of(const double *values, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum;
}

/* The limit for t = 0 of a column that N independent directions span: interpolation, without noise. */
static binet_logme_class interpolated(const work *of, const double *squared)
{
    double n = (double)of->features->n;
    double sum = 0.0;
    double volume = 0.0;
    for (int64_t i = 0; i < of->features->rank; i++) {
        sum += squared[i] / of->features->squares[i];
        volume += log(of->features->squares[i]);
    }
    binet_logme_class limit = {.evidence = log_evidence(of, sum, volume), .alpha = n / sum, .beta = INFINITY};
    return limit;
}

/* The best of the local maxima inside the grid, and of what was best before. */
static binet_logme_class search(const work *of, const double *squared, double rest, const double *values,
                                binet_logme_class best)
{
    for (int64_t g = 1; g + 1 < of->n_grid; g++) {
        if (values[g] < values[g - 1] || values[g] < values[g + 1]) {
            continue;
        }
        point top;
        double u = (of->first + (double)g) * log_2;
        u = refine(of, squared, rest, u - log_2, u + log_2, &top);
        if (top.value > best.evidence + rounding) {
            double beta = (double)of->features->n / top.error;
            best = (binet_logme_class){.evidence = top.value, .alpha = exp(u) * beta, .beta = beta};
        }
    }
    return best;
}

/* `values` comes with the sums of E, without the rest, on the grid. */
static binet_logme_class maximise(const work *of, int64_t column, double *values)
{
    const double *squared = of->projections + column * of->features->rank;
    double total = of->totals[column];
    double n = (double)of->features->n;
    int spans_all = of->features->rank == of->features->n;
    double rest = spans_all ? 0.0 : fmax(total - sum_of(squared, of->features->rank), 0.0);
    if (!spans_all && rest <= spanned * total) {
        return (binet_logme_class){.evidence = INFINITY, .alpha = NAN, .beta = INFINITY};
    }
    binet_logme_class best = {.evidence = log_evidence(of, total, 0.0), .alpha = INFINITY, .beta = n / total};
    if (spans_all) {
        binet_logme_class limit = interpolated(of, squared);
        best = limit.evidence > best.evidence ? limit : best;
    }
    for (int64_t g = 0; g < of->n_grid; g++) {
        values[g] = log_evidence(of, values[g] + rest, of->volumes[g]);
    }
    return search(of, squared, rest, values, best);
}

/* ---- All columns ------------------------------------------------------------------------------------------------- */

static binet_status begin(const void *self, void **scratch, binet_error *error)
{
    const work *of = self;
    *scratch = binet__allocate(of->context, of->n_grid, COLUMNS * sizeof(double), error);
    return *scratch != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void end(const void *self, void *scratch)
{
    binet__release(((const work *)self)->context, scratch);
}

static binet_status step(const void *self, void *scratch, int64_t i, binet_error *error)
{
    (void)error;
    const work *of = self;
    double *sums = scratch;
    int64_t rank = of->features->rank;
    int64_t first = i * COLUMNS;
    int64_t n = of->n_columns - first < COLUMNS ? of->n_columns - first : COLUMNS;
    if (rank > 0) {
        binet__f64_matrix squared = {of->projections + first * rank, rank, 0};
        binet__f64_matrix shrink = {of->shrink, rank, 1};
        binet__gemm_f64(n, of->n_grid, rank, squared, shrink, 0.0, sums, of->n_grid);
    }
    for (int64_t j = 0; j < n; j++) {
        of->found[first + j] = maximise(of, first + j, sums + j * of->n_grid);
    }
    return BINET_OK;
}

/* From where the smallest square is 2^MARGIN N times t, or the largest 1 / (2^MARGIN N): beyond, the limits hold. */
static void lay_grid(work *of)
{
    const binet__evidence_features *features = of->features;
    double margin = MARGIN + ceil(log2((double)features->n));
    of->first = floor(log2(features->squares[0])) - margin;
    double last = ceil(log2(features->squares[features->rank - 1])) + margin;
    of->n_grid = (int64_t)(last - of->first) + 1;
}

static void fill_grid(work *of)
{
    for (int64_t g = 0; g < of->n_grid; g++) {
        double t = exp2(of->first + (double)g);
        of->volumes[g] = 0.0;
        for (int64_t i = 0; i < of->features->rank; i++) {
            double ratio = of->features->squares[i] / t;
            of->shrink[g * of->features->rank + i] = 1.0 / (1.0 + ratio);
            of->volumes[g] += log1p(ratio);
        }
    }
}

binet_status binet__evidence_maximise(const binet_context *context, const binet__evidence_features *features,
                                      int64_t n_columns, const double *projections, const double *totals,
                                      binet_logme_class *found, binet_error *error)
{
    work of = {.context = context,
               .features = features,
               .n_columns = n_columns,
               .projections = projections,
               .totals = totals,
               .found = found};
    binet_status status = BINET_OUT_OF_MEMORY;
    if (features->rank > 0) {
        lay_grid(&of);
    }
    of.volumes = binet__allocate(context, of.n_grid, sizeof *of.volumes, error);
    of.shrink = binet__allocate(context, of.n_grid, sizeof(double) * (uint64_t)features->rank, error);
    if (of.volumes != NULL && of.shrink != NULL) {
        fill_grid(&of);
        binet__loop loop = {&of, (n_columns + COLUMNS - 1) / COLUMNS, begin, step, end};
        status = binet__loop_run(context, &loop, error);
    }
    binet__release(context, of.shrink);
    binet__release(context, of.volumes);
    return status;
}
