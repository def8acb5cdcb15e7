#include "metrics/scores.h"

#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "binet/predictions.h"

/* 1 / T must be a normal number in f32 too, whatever the scores are. */
static const double lowest_temperature = 1e-30;
static const double highest_temperature = 1e30;

binet_status binet__scores_check_kind(int32_t kind, double temperature, binet_error *error)
{
    if (kind != BINET_LOGITS && kind != BINET_PROBABILITIES) {
        return binet__fail_argument(error, "kind", "kind is %d; allowed: %d (logits), %d (probabilities)", (int)kind,
                                    BINET_LOGITS, BINET_PROBABILITIES);
    }
    if (temperature != 0.0 && !(temperature >= lowest_temperature && temperature <= highest_temperature)) {
        return binet__fail_argument(error, "options", "options->temperature is %g; allowed: 1e-30 .. 1e30, or 0 for 1",
                                    temperature);
    }
    if (kind == BINET_PROBABILITIES && temperature != 0.0 && temperature != 1.0) {
        return binet__fail_argument(error, "options", "options->temperature is %g; probabilities allow none",
                                    temperature);
    }
    return BINET_OK;
}

binet__scores binet__scores_of(const binet_array *array, const int64_t *subset, int64_t subset_size,
                               const binet__kernels *kernels)
{
    int64_t n_kept = subset != NULL ? subset_size : array->shape[1];
    int64_t size = binet__dtype_size(array->dtype);
    int widens = array->dtype == BINET_F16 || array->dtype == BINET_BF16;
    binet__scores scores = {.array = array,
                            .subset = subset,
                            .kernels = kernels,
                            .n_kept = n_kept,
                            .size = (uint64_t)size,
                            .gathers = subset != NULL || (n_kept > 1 && array->strides[1] != size),
                            .widens = widens,
                            .sum_tolerance = widens ? 1e-2 : 1e-3};
    return scores;
}

uint64_t binet__scores_scratch(const binet__scores *scores)
{
    return (scores->widens ? sizeof(float) : 0) + (scores->gathers ? scores->size : 0);
}

#define GATHER(type)                                                                                                   \
    for (int64_t k = 0; k < n; k++) {                                                                                  \
        memcpy((type *)gathered + k, row + (subset != NULL ? subset[first + k] : first + k) * stride, sizeof(type));   \
    }

static void gather(const char *row, int64_t stride, const int64_t *subset, int64_t first, int64_t n, uint64_t size,
                   void *gathered)
{
    if (size == sizeof(uint16_t)) {
        GATHER(uint16_t)
    } else if (size == sizeof(uint32_t)) {
        GATHER(uint32_t)
    } else {
        GATHER(uint64_t)
    }
}

#undef GATHER

/* The scratch holds the widened scores, then the gathered ones. */
const void *binet__scores_read(const binet__scores *scores, int64_t row, int64_t first, int64_t n, void *scratch)
{
    const binet_array *array = scores->array;
    const char *start = (const char *)array->data + row * array->strides[0];
    const void *values = start;
    if (scores->gathers) {
        void *gathered = scores->widens ? (void *)((float *)scratch + n) : scratch;
        gather(start, array->strides[1], scores->subset, first, n, scores->size, gathered);
        values = gathered;
    } else if (first != 0) {
        values = start + first * array->strides[1];
    }
    if (scores->widens) {
        const binet__kernels *kernels = scores->kernels;
        (array->dtype == BINET_F16 ? kernels->widen_f16 : kernels->widen_bf16)(values, n, scratch);
        values = scratch;
    }
    return values;
}

binet_status binet__scores_fail(const binet__scores *scores, int32_t state, int64_t row, int64_t column, double value,
                                binet_error *error)
{
    long long r = (long long)row;
    long long c = (long long)column;
    switch (state) {
    case BINET__ROW_NAN:
        return binet__fail(error, BINET_INVALID_DATA, "scores", row, "scores[%lld] has a NaN in column %lld", r, c);
    case BINET__ROW_TWO_INFINITE:
        return binet__fail(error, BINET_INVALID_DATA, "scores", row,
                           "scores[%lld] has a second +inf in column %lld; at most one is allowed", r, c);
    case BINET__ROW_ALL_EXCLUDED:
        return binet__fail(error, BINET_INVALID_DATA, "scores", row,
                           "scores[%lld] holds nothing but -inf; a class must be possible", r);
    case BINET__ROW_OUT_OF_RANGE:
        return binet__fail(error, BINET_INVALID_DATA, "scores", row,
                           "scores[%lld] has the probability %.9g in column %lld; allowed: 0 .. 1", r, value, c);
    default:
        return binet__fail(error, BINET_INVALID_DATA, "scores", row,
                           "scores[%lld] sums to %.9g; probabilities must sum to 1 within %g (logits are another kind)",
                           r, value, scores->sum_tolerance);
    }
}
