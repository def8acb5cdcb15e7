#include "metrics/neighbors_rows.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "binet/neighbors.h"

enum { MOST_CENTRED = 31 }; /* rows whose median is the centre: any point near most features will do */

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
    binet__row_maker made = {.metric = metric, .stride = train->width + (euclidean ? 2 : 0), .scale = 1};
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

static void make_direction(const binet__features *features, int64_t row, void *scratch, const binet__made_rows *made,
                           int64_t at)
{
    float *out = made->rows + at * features->width;
    made->lengths[at] = 0;
    made->squares[at] = 0;
    if (features->squares[row] > 0) {
        binet__features_unit(features, row, scratch, out);
    } else {
        memset(out, 0, (size_t)features->width * sizeof *out);
    }
}

void binet__row_make(const binet__row_maker *maker, const binet__features *features, int64_t row, int is_query,
                     void *scratch, const binet__made_rows *made, int64_t at)
{
    if (maker->metric == BINET_METRIC_COSINE) {
        make_direction(features, row, scratch, made, at);
        return;
    }
    int64_t width = features->width;
    float *out = made->rows + at * maker->stride;
    const double *values = binet__features_read(features, row, scratch);
    double *x = scratch;
    for (int64_t k = 0; k < width; k++) {
        x[k] = (values[k] - maker->centre[k]) * maker->scale;
        out[k] = (float)x[k];
    }
    double square = binet__dot(x, x, width);
    double length = sqrt(square);
    made->squares[at] = square;
    made->lengths[at] = (float)(length * (1 + 0x1p-20));
    out[width] = is_query ? 1.0F : (float)(-(1 - maker->bound) * square / 2);
    out[width + 1] = (float)(is_query ? length : maker->bound * length);
}

float binet__row_slack(const binet__row_maker *maker, double square)
{
    double slack = maker->metric == BINET_METRIC_COSINE ? maker->bound : (double)maker->stride * 0x1p-50 * square;
    return (float)(slack + smallest);
}
