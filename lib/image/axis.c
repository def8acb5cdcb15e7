/* Weights as Pillow computes them: a filter stretched by the scale where the picture shrinks (so that every input
 * counts), evaluated in double at the inputs' centres, divided by its sum, rounded to fixed point. Every operation and
 * its order is Pillow's, since the last bit of a weight can decide a pixel. */
#include "image/axis.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

static double bilinear(double x)
{
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

/* Cubic convolution with a = -1/2 (Keys, 1981). */
static double bicubic(double x)
{
    const double a = -0.5;
    x = fabs(x);
    if (x < 1.0) {
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    }
    if (x < 2.0) {
        return (((x - 5) * x + 8) * x - 4) * a;
    }
    return 0.0;
}

static int32_t to_fixed(double weight)
{
    double scaled = weight * (1 << BINET__RESIZE_BITS);
    return (int32_t)(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

typedef struct sampling {
    double (*filter)(double x);
    double scale;   /* inputs per output */
    double stretch; /* of the filter, at least 1 */
    double support; /* half the width of the filter in inputs */
} sampling;

/* Weights of one output, `scratch` being room for them in double. */
static void weigh(const sampling *s, int32_t n_in, int64_t output, double *scratch, int32_t *first, int32_t *count,
                  int32_t *weights)
{
    double center = ((double)output + 0.5) * s->scale;
    double inverse = 1.0 / s->stretch;
    int64_t low = (int64_t)(center - s->support + 0.5);
    int64_t high = (int64_t)(center + s->support + 0.5);
    low = low < 0 ? 0 : low;
    high = high > n_in ? n_in : high;
    double sum = 0.0;
    for (int64_t i = low; i < high; i++) {
        double weight = s->filter(((double)i - center + 0.5) * inverse);
        scratch[i - low] = weight;
        sum += weight;
    }
    for (int64_t i = 0; i < high - low; i++) {
        weights[i] = to_fixed(sum != 0.0 ? scratch[i] / sum : scratch[i]);
    }
    *first = (int32_t)low;
    *count = (int32_t)(high - low);
}

/* The inputs that all outputs together need; `first` counts from the lowest. */
static void find_range(binet__axis *axis)
{
    axis->low = INT32_MAX;
    axis->high = 0;
    for (int32_t i = 0; i < axis->n; i++) {
        int32_t end = axis->first[i] + axis->counts[i];
        axis->low = axis->first[i] < axis->low ? axis->first[i] : axis->low;
        axis->high = end > axis->high ? end : axis->high;
    }
    for (int32_t i = 0; i < axis->n; i++) {
        axis->first[i] -= axis->low;
    }
}

binet_status binet__axis_create(const binet_context *context, int32_t n_in, binet__extent extent, int32_t interpolation,
                                binet__axis *axis, binet_error *error)
{
    memset(axis, 0, sizeof *axis);
    axis->n = extent.n;
    if (extent.size == n_in) {
        axis->low = extent.start;
        axis->high = extent.start + extent.n;
        return BINET_OK;
    }
    sampling s = {.filter = interpolation == BINET_BICUBIC ? bicubic : bilinear, .scale = (double)n_in / extent.size};
    s.stretch = s.scale < 1.0 ? 1.0 : s.scale;
    s.support = (interpolation == BINET_BICUBIC ? 2.0 : 1.0) * s.stretch;
    int64_t widest = (int64_t)ceil(s.support) * 2 + 1;
    axis->stride = widest < n_in ? widest : n_in;
    axis->first = binet__allocate(context, extent.n, sizeof *axis->first, error);
    axis->counts = axis->first != NULL ? binet__allocate(context, extent.n, sizeof *axis->counts, error) : NULL;
    axis->weights =
        axis->counts != NULL ? binet__allocate(context, axis->stride * extent.n, sizeof *axis->weights, error) : NULL;
    double *scratch = axis->weights != NULL ? binet__allocate(context, axis->stride, sizeof *scratch, error) : NULL;
    if (scratch == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int32_t i = 0; i < extent.n; i++) {
        weigh(&s, n_in, (int64_t)extent.start + i, scratch, &axis->first[i], &axis->counts[i],
              axis->weights + i * axis->stride);
    }
    find_range(axis);
    binet__release(context, scratch);
    return BINET_OK;
}

void binet__axis_release(const binet_context *context, binet__axis *axis)
{
    binet__release(context, axis->first);
    binet__release(context, axis->counts);
    binet__release(context, axis->weights);
    memset(axis, 0, sizeof *axis);
}
