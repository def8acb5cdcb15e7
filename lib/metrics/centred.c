#include "metrics/centred.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* Products of four values, summed, stay far inside double while exponents are below. */
enum { MOST_EXPONENT = 200 };

typedef struct survey {
    binet__centred *centred;
    void *scratch;
    double *row; /* [D] */
    int varies;
} survey;

/* A value read as one of the dtypes that rows come in, from row 0, scaled. */
#define NEAR(type) ((double)((const type *)values)[j] - pivot[j])
#define SCALED(type) (((double)((const type *)values)[j] * part - pivot[j] * part) * factor)

/* Halves of large values do not overflow, and those of the least would lose a bit. */
static double part_of(const binet__centred *centred)
{
    return centred->exponent > 0 ? 0.5 : 1.0;
}

/* Any bit of a difference but its sign: compilers make vectors of integers, not of comparisons. */
#define ADD(value)                                                                                                     \
    for (int64_t j = 0; j < width; j++) {                                                                              \
        double difference = (value);                                                                                   \
        uint64_t bits;                                                                                                 \
        memcpy(&bits, &difference, sizeof bits);                                                                       \
        any |= bits;                                                                                                   \
        mean[j] += difference;                                                                                         \
    }

/* Sums of the scaled differences from row 0 go to the means: not finite where a value is not. */
static void add_rows(survey *of)
{
    const binet__centred *centred = of->centred;
    int64_t width = centred->features.width;
    double *restrict mean = centred->mean;
    const double *restrict pivot = centred->pivot;
    double part = part_of(centred);
    double factor = centred->factor;
    int is_double = centred->features.scores.array->dtype == BINET_F64;
    uint64_t any = 0;
    memset(mean, 0, (size_t)width * sizeof *mean);
    for (int64_t i = 0; i < centred->features.n; i++) {
        const void *values = binet__scores_read(&centred->features.scores, i, 0, width, of->scratch);
        if (!is_double) {
            ADD(NEAR(float))
        } else if (centred->exponent == 0) {
            ADD(NEAR(double))
        } else {
            ADD(SCALED(double))
        }
    }
    of->varies = any << 1 != 0;
}

/* The largest |x - pivot|, or of double where that overflows. The first row that is not finite ends it. */
static binet_status find_largest(const survey *of, double *largest, binet_error *error)
{
    const binet__centred *centred = of->centred;
    for (int64_t i = 0; i < centred->features.n; i++) {
        binet_status status = binet__features_block_f64(&centred->features, i, 1, of->scratch, of->row, error);
        if (status != BINET_OK) {
            return status;
        }
        for (int64_t j = 0; j < centred->features.width; j++) {
            *largest = fmax(*largest, fmin(fabs(of->row[j] - centred->pivot[j]), DBL_MAX));
        }
    }
    return BINET_OK;
}

/* Every value is finite, and squares of squares stay far from the ends of double, as they do of f32. */
static int is_tame(const binet__centred *centred)
{
    if (centred->features.scores.array->dtype == BINET_F64) {
        return 0;
    }
    int tame = 1;
    for (int64_t j = 0; j < centred->features.width; j++) {
        tame &= isfinite(centred->mean[j]) != 0;
    }
    return tame;
}

static binet_status take_survey(survey *of, binet_error *error)
{
    binet__centred *centred = of->centred;
    int64_t width = centred->features.width;
    binet_status status = binet__features_block_f64(&centred->features, 0, 1, of->scratch, centred->pivot, error);
    if (status != BINET_OK) {
        return status;
    }
    add_rows(of);
    if (!is_tame(centred)) {
        double largest = 0.0;
        status = find_largest(of, &largest, error);
        int exponent = largest != 0.0 ? ilogb(largest) + 1 : 0;
        if (exponent > MOST_EXPONENT || exponent < -MOST_EXPONENT) {
            centred->exponent = exponent < -1000 ? -1000 : exponent; /* 2^1000 is still a double */
            centred->factor = ldexp(1.0 / part_of(centred), -centred->exponent);
            add_rows(of);
        }
    }
    centred->constant = !of->varies;
    for (int64_t j = 0; j < width; j++) {
        centred->mean[j] /= (double)centred->features.n;
    }
    return status;
}

binet_status binet__centred_create(const binet_context *context, const binet_array *array, const char *argument,
                                   const binet__kernels *kernels, binet__centred *centred, binet_error *error)
{
    binet__centred made = {.features = binet__features_of(array, argument, kernels)};
    made.pivot = binet__allocate(context, made.features.width, sizeof *made.pivot, error);
    made.mean = made.pivot != NULL ? binet__allocate(context, made.features.width, sizeof *made.mean, error) : NULL;
    survey of = {.centred = &made};
    of.row = made.mean != NULL ? binet__allocate(context, made.features.width, sizeof *of.row, error) : NULL;
    of.scratch = of.row != NULL ? binet__features_scratch(context, &made.features, error) : NULL;
    binet_status status = of.scratch != NULL ? take_survey(&of, error) : BINET_OUT_OF_MEMORY;
    binet__release(context, of.scratch);
    binet__release(context, of.row);
    if (status != BINET_OK) {
        binet__centred_release(context, &made);
        return status;
    }
    *centred = made;
    return BINET_OK;
}

void binet__centred_release(const binet_context *context, binet__centred *centred)
{
    binet__release(context, centred->mean);
    binet__release(context, centred->pivot);
    centred->mean = NULL;
    centred->pivot = NULL;
}

#define CENTRE(value)                                                                                                  \
    for (int64_t j = 0; j < width; j++) {                                                                              \
        to[j] = (value)-mean[j];                                                                                       \
    }

void binet__centred_block(const binet__centred *centred, int64_t row, int64_t n, int64_t first, int64_t width,
                          void *scratch, double *block, int64_t stride)
{
    const double *restrict pivot = centred->pivot + first;
    const double *restrict mean = centred->mean + first;
    double part = part_of(centred);
    double factor = centred->factor;
    int is_double = centred->features.scores.array->dtype == BINET_F64;
    for (int64_t i = 0; i < n; i++) {
        const void *values = binet__scores_read(&centred->features.scores, row + i, first, width, scratch);
        double *restrict to = block + i * stride;
        if (!is_double) {
            centred->features.scores.kernels->centre_f32(values, pivot, mean, width, to);
        } else if (centred->exponent == 0) {
            CENTRE(NEAR(double))
        } else {
            CENTRE(SCALED(double))
        }
    }
}

#undef CENTRE
#undef ADD
#undef SCALED
#undef NEAR
