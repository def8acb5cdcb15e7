#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/mistakes.h"
#include "metrics/correctness.h"
#include "metrics/interval.h"

enum { MOST_FACTORS = 65536, NO_FACTOR = -1 };

typedef struct inputs {
    const binet_array *correct;
    const binet_array *factors;
    int64_t n;
    int32_t n_factors;
    int is_multi; /* factors is [N, F] of 0 and 1 */
} inputs;

static int member_at(const binet_array *factors, int64_t i, int32_t f)
{
    return ((const unsigned char *)factors->data)[i * factors->strides[0] + f * factors->strides[1]];
}

static binet_status check_correct(const binet_array *correct, binet_error *error)
{
    int64_t n_counted = 0;
    for (int64_t i = 0; i < correct->shape[0]; i++) {
        int state = binet__correct_at(correct, i);
        if (state > BINET_LEFT_OUT) {
            return binet__fail(error, BINET_INVALID_DATA, "correct", i,
                               "correct[%lld] is %d; allowed: 0 (wrong), 1 (right), 2 (left out)", (long long)i, state);
        }
        n_counted += state != BINET_LEFT_OUT;
    }
    if (n_counted == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "correct", -1, "correct leaves all of its %lld rows out",
                           (long long)correct->shape[0]);
    }
    return BINET_OK;
}

/* ---- Factors ----------------------------------------------------------------------------------------------------- */

/* [N, F] of 0 and 1. */
static binet_status check_members(inputs *given, int32_t n_factors, binet_error *error)
{
    const binet_array *factors = given->factors;
    binet_status status = binet__check_array(factors, "factors", 2, BINET__DTYPE(BINET_U8), error);
    if (status != BINET_OK) {
        return status;
    }
    if (factors->shape[0] != given->n) {
        return binet__fail_argument(error, "factors", "factors has %lld rows where %lld are needed, one a sample",
                                    (long long)factors->shape[0], (long long)given->n);
    }
    if (factors->shape[1] < 1 || factors->shape[1] > MOST_FACTORS) {
        return binet__fail_argument(error, "factors", "factors has %lld columns; allowed: 1 .. %d",
                                    (long long)factors->shape[1], MOST_FACTORS);
    }
    if (n_factors != 0 && factors->shape[1] != n_factors) {
        return binet__fail_argument(error, "options", "options->n_factors is %d; factors has %lld columns",
                                    (int)n_factors, (long long)factors->shape[1]);
    }
    given->n_factors = (int32_t)factors->shape[1];
    for (int64_t i = 0; i < given->n; i++) {
        for (int32_t f = 0; f < given->n_factors; f++) {
            if (member_at(factors, i, f) > 1) {
                return binet__fail(error, BINET_INVALID_DATA, "factors", i,
                                   "factors[%lld, %d] is %d; allowed: 1 (the row has the factor), 0 (it has not)",
                                   (long long)i, (int)f, member_at(factors, i, f));
            }
        }
    }
    return BINET_OK;
}

/* [N] of indices; F becomes one more than the largest where it was not said. */
static binet_status check_indices(inputs *given, int32_t n_factors, binet_error *error)
{
    binet_status status = binet__check_vector(given->factors, "factors", BINET__DTYPES_INTEGER, &given->n, error);
    if (status != BINET_OK) {
        return status;
    }
    int32_t most = n_factors != 0 ? n_factors : MOST_FACTORS;
    int32_t n_used = 0;
    for (int64_t i = 0; i < given->n; i++) {
        int64_t index = binet__integer_at(given->factors, i);
        if (index < NO_FACTOR || index >= most) {
            return binet__fail(error, BINET_INVALID_DATA, "factors", i,
                               "factors[%lld] is %lld; allowed: -1 .. %d, where -1 is none of the factors",
                               (long long)i, (long long)index, (int)most - 1);
        }
        n_used = index < n_used ? n_used : (int32_t)index + 1;
    }
    given->n_factors = n_factors != 0 ? n_factors : n_used;
    if (given->n_factors == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "factors", -1, "factors is -1 in each of its %lld rows",
                           (long long)given->n);
    }
    return BINET_OK;
}

static binet_status check_inputs(inputs *given, int32_t n_factors, binet_error *error)
{
    binet_status status = binet__check_vector(given->correct, "correct", BINET__DTYPE(BINET_U8), &given->n, error);
    status = status == BINET_OK ? binet__require(given->factors, "factors", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    given->is_multi = given->factors->ndim == 2;
    status = given->is_multi ? check_members(given, n_factors, error) : check_indices(given, n_factors, error);
    return status == BINET_OK ? check_correct(given->correct, error) : status;
}

/* ---- Ratios ------------------------------------------------------------------------------------------------------ */

/* Counts of all rows and of each factor; `factors` is zero. */
static void count(const inputs *given, binet_error_ratio_result *found, binet_error_ratio_factor *factors)
{
    for (int64_t i = 0; i < given->n; i++) {
        int state = binet__correct_at(given->correct, i);
        if (state == BINET_LEFT_OUT) {
            found->n_left_out++;
            continue;
        }
        found->n++;
        found->n_correct += state;
        if (!given->is_multi) {
            int64_t index = binet__integer_at(given->factors, i);
            if (index != NO_FACTOR) {
                factors[index].n++;
                factors[index].n_correct += state;
            }
            continue;
        }
        for (int32_t f = 0; f < given->n_factors; f++) {
            int has = member_at(given->factors, i, f);
            factors[f].n += has;
            factors[f].n_correct += has & state;
        }
    }
}

/* A ratio of shares of wrong rows, as one division of whole numbers. */
static double ratio_of(const binet_error_ratio_factor *factor, const binet_error_ratio_result *all)
{
    if (factor->n == 0 || all->n_correct == all->n) {
        return NAN;
    }
    double wrong = (double)(factor->n - factor->n_correct) * (double)all->n;
    return wrong / ((double)factor->n * (double)(all->n - all->n_correct));
}

static void summarise(binet_error_ratio_result *found, binet_error_ratio_factor *factors, double level)
{
    double sum = 0.0;
    found->worst = NO_FACTOR;
    binet__share(found->n_correct, found->n, level, &found->accuracy, &found->low, &found->high);
    for (int32_t f = 0; f < found->n_factors; f++) {
        binet_error_ratio_factor *factor = &factors[f];
        binet__share(factor->n_correct, factor->n, level, &factor->accuracy, &factor->low, &factor->high);
        factor->ratio = ratio_of(factor, found);
        if (isnan(factor->ratio)) {
            continue;
        }
        sum += factor->ratio;
        found->n_ratios++;
        if (found->worst == NO_FACTOR || factor->ratio > factors[found->worst].ratio) {
            found->worst = f;
        }
    }
    found->mean = found->n_ratios > 0 ? sum / found->n_ratios : NAN;
}

/* The caller's room, which is large enough, and F into a result of zeros. */
static binet_status read_result(const binet_error_ratio_result *result, int32_t n_factors,
                                binet_error_ratio_result *found, binet_error *error)
{
    binet_error_ratio_result caller;
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&caller, sizeof caller, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (caller.factors != NULL && caller.factors_capacity < n_factors) {
        return binet__fail_argument(error, "result",
                                    "result->factors_capacity is %lld; %d factors need at least as many",
                                    (long long)caller.factors_capacity, (int)n_factors);
    }
    found->n_factors = n_factors;
    found->factors = caller.factors;
    found->factors_capacity = caller.factors_capacity;
    return BINET_OK;
}

static binet_status read_options(const binet_error_ratio_options *options, binet_error_ratio_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    if (given->n_factors < 0 || given->n_factors > MOST_FACTORS) {
        return binet__fail_argument(error, "options",
                                    "options->n_factors is %d; allowed: 1 .. %d, or 0 for the number in use",
                                    (int)given->n_factors, MOST_FACTORS);
    }
    return binet__check_confidence_level(&given->confidence_level, error);
}

binet_status binet_error_ratio(const binet_context *context, const binet_array *correct, const binet_array *factors,
                               const binet_error_ratio_options *options, binet_error_ratio_result *result,
                               binet_error *error)
{
    inputs given = {.correct = correct, .factors = factors};
    binet_error_ratio_options chosen;
    binet_error_ratio_result found = {0};
    binet_status status = read_options(options, &chosen, error);
    status = status == BINET_OK ? check_inputs(&given, chosen.n_factors, error) : status;
    status = status == BINET_OK ? read_result(result, given.n_factors, &found, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    binet_error_ratio_factor *counted = binet__allocate_zero(context, given.n_factors, sizeof *counted, error);
    if (counted == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    count(&given, &found, counted);
    summarise(&found, counted, chosen.confidence_level);
    if (found.factors != NULL) {
        memcpy(found.factors, counted, (size_t)found.n_factors * sizeof *counted);
    }
    binet__release(context, counted);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}
