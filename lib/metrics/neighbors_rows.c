#include "metrics/neighbors_rows.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "binet/neighbors.h"
#include "kernels/blas.h"

enum {
    MOST_CENTRED = 31, /* rows whose median is the centre: any point near most features will do */
    AT_ONCE = 64,
    NUMBERS_AT_ONCE = 1 << 17
};

static const double smallest = 0x1p-120; /* above 2^20 numbers that are too small for f32 */

/* gamma of sums of n products in f32, and of what else is rounded to f32 on the way. */
static double bound_of(int64_t n)
{
    double rounding = (double)(n + 16) * 0x1p-24;
    double gamma = rounding / (1 - rounding);
    return 1.01 * gamma * (1 + 2 * gamma);
}

static double largest_square(const binet__features *features)
{
    double largest = 0;
    for (int64_t i = 0; i < features->n; i++) {
        largest = fmax(largest, features->squares[i]);
    }
    return largest;
}

static double median(double *values, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        double value = values[i];
        int64_t at = i;
        for (; at > 0 && values[at - 1] > value; at--) {
            values[at] = values[at - 1];
        }
        values[at] = value;
    }
    return values[n / 2];
}

/* The median, feature by feature, of rows of train that are evenly spread: a few rows far away do not move it. */
static binet_status find_centre(const binet_context *context, const binet__features *train, double *centre,
                                binet_error *error)
{
    int64_t n = train->n < MOST_CENTRED ? train->n : MOST_CENTRED;
    int64_t width = train->width;
    void *scratch = binet__features_scratch(context, train, error);
    double *rows = scratch != NULL ? binet__allocate(context, n * width, sizeof *rows, error) : NULL;
    for (int64_t i = 0; rows != NULL && i < n; i++) {
        const double *values = binet__features_read(train, i * train->n / n, scratch);
        for (int64_t k = 0; k < width; k++) {
            rows[k * n + i] = values[k];
        }
    }
    for (int64_t k = 0; rows != NULL && k < width; k++) {
        centre[k] = median(rows + k * n, n);
    }
    binet__release(context, rows);
    binet__release(context, scratch);
    return rows != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

binet_status binet__row_maker_create(const binet_context *context, int32_t metric, const binet__features *train,
                                     const binet__features *queries, binet__row_maker *maker, binet_error *error)
{
    int euclidean = metric == BINET_METRIC_EUCLIDEAN;
    binet__row_maker made = {
        .metric = metric, .width = train->width, .stride = train->width + (euclidean ? 2 : 0), .scale = 1};
    made.bound = bound_of(made.stride);
    binet_status status = BINET_OK;
    if (euclidean) {
        double largest = fmax(largest_square(train), largest_square(queries));
        int exponent = 0;
        (void)frexp(sqrt(largest), &exponent);
        made.scale =
            largest > 0 ? ldexp(1, -(exponent + 2)) : 1; /* less the median a row is at most 2.5 times as long */
        made.centre = binet__allocate(context, train->width, sizeof *made.centre, error);
        status = made.centre != NULL ? find_centre(context, train, made.centre, error) : BINET_OUT_OF_MEMORY;
    }
    if (status != BINET_OK) {
        binet__release(context, made.centre);
        return status;
    }
    *maker = made;
    return BINET_OK;
}

void binet__row_maker_project(binet__row_maker *maker, double *basis, int64_t rank)
{
    maker->basis = basis;
    maker->rank = rank;
    maker->stride = rank + 1 + (maker->stride - maker->width);
    maker->bound = bound_of(maker->stride);
}

void binet__row_maker_clear(const binet_context *context, binet__row_maker *maker)
{
    binet__release(context, maker->basis);
    binet__release(context, maker->centre);
}

int64_t binet__rows_at_once(int64_t width)
{
    int64_t n = NUMBERS_AT_ONCE / width;
    return n < 1 ? 1 : n < AT_ONCE ? n : AT_ONCE;
}

typedef struct scratch_of {
    double *x;         /* [at once, D] */
    double *projected; /* [at once, rank] */
    void *reading;
} scratch_of;

static int64_t projected_from(const binet__features *features)
{
    return binet__rows_at_once(features->width) * features->width;
}

void *binet__rows_scratch(const binet_context *context, const binet__features *features, const binet__row_maker *maker,
                          binet_error *error)
{
    int64_t n = binet__rows_at_once(features->width);
    int64_t reading = features->width * 2 + 2; /* as binet__features_scratch: a row in double, and a row as it is */
    return binet__allocate(context, n * (features->width + maker->rank) + reading, sizeof(double), error);
}

static scratch_of divide(const binet__features *features, const binet__row_maker *maker, void *scratch)
{
    double *x = scratch;
    double *projected = x + projected_from(features);
    return (scratch_of){x, projected, projected + binet__rows_at_once(features->width) * maker->rank};
}

void binet__row_place(const binet__row_maker *maker, const binet__features *features, int64_t row, void *reading,
                      double *x)
{
    const double *values = binet__features_read(features, row, reading);
    if (maker->metric == BINET_METRIC_EUCLIDEAN) {
        for (int64_t k = 0; k < features->width; k++) {
            x[k] = (values[k] - maker->centre[k]) * maker->scale;
        }
        return;
    }
    double square = features->squares[row];
    double factor = square > 0 ? 1 / sqrt(square) : 0;
    for (int64_t k = 0; k < features->width; k++) {
        x[k] = values[k] * factor;
    }
}

static void round_up(double value, float *out)
{
    *out = (float)(value * (1 + 0x1p-20));
}

/* The columns of a row, of x or of what is left of it along the leading directions. */
static void finish_row(const binet__row_maker *maker, const double *columns, int64_t n, double square, int is_query,
                       const binet__made_rows *made, int64_t at)
{
    float *out = made->rows + at * maker->stride;
    for (int64_t k = 0; k < n; k++) {
        out[k] = (float)columns[k];
    }
    made->squares[at] = square;
    made->lengths[at] = 0;
    made->rests[at] = 0;
    if (maker->basis != NULL) {
        double rounding = (double)(maker->width + 16) * 0x1p-50 * square;
        round_up(sqrt(fmax(square - binet__dot(columns, columns, n), 0) + rounding), &made->rests[at]);
        out[n++] = made->rests[at];
    }
    if (maker->metric == BINET_METRIC_EUCLIDEAN) {
        double length = sqrt(square);
        round_up(length, &made->lengths[at]);
        out[n] = is_query ? 1.0F : (float)(-(1 - maker->bound) * square / 2);
        out[n + 1] = (float)(is_query ? length : maker->bound * length);
    }
}

void binet__rows_make(const binet__row_maker *maker, const binet__features *features, int64_t row, int64_t n,
                      int is_query, void *scratch, const binet__made_rows *made, int64_t at)
{
    scratch_of room = divide(features, maker, scratch);
    int64_t width = features->width;
    for (int64_t i = 0; i < n; i++) {
        binet__row_place(maker, features, row + i, room.reading, room.x + i * width);
    }
    if (maker->basis != NULL) {
        binet__f64_matrix x = {room.x, width, 0};
        binet__f64_matrix basis = {maker->basis, width, 1};
        binet__gemm_f64(n, maker->rank, width, x, basis, 0, room.projected, maker->rank);
    }
    for (int64_t i = 0; i < n; i++) {
        const double *x = room.x + i * width;
        double square = binet__dot(x, x, width);
        const double *columns = maker->basis != NULL ? room.projected + i * maker->rank : x;
        finish_row(maker, columns, maker->basis != NULL ? maker->rank : width, square, is_query, made, at + i);
    }
}

float binet__row_reach(const binet__row_maker *maker, const binet__made_rows *a, int64_t i, const binet__made_rows *b,
                       int64_t j)
{
    float length = b->lengths[j];
    float rounding = (float)maker->bound * (a->lengths[i] * length + length * length / 2);
    return 2.001F * (rounding + a->rests[i] * b->rests[j]);
}

double binet__row_score(const binet__row_maker *maker, double square, double worth)
{
    return maker->metric == BINET_METRIC_EUCLIDEAN ? (square + worth * maker->scale * maker->scale) / 2 : worth;
}

float binet__row_slack(const binet__row_maker *maker, double square)
{
    double slack = maker->metric == BINET_METRIC_COSINE ? maker->bound : (double)(maker->width + 16) * 0x1p-50 * square;
    return (float)(slack + smallest);
}
