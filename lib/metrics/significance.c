#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/sum.h"
#include "binet/statistics.h"
#include "metrics/distribution.h"
#include "metrics/interval.h"
#include "metrics/sort.h"

/* ---- Wilson ------------------------------------------------------------------------------------------------------ */

binet_status binet_wilson_interval(int64_t n_hits, int64_t n, double confidence_level, double *low, double *high,
                                   binet_error *error)
{
    binet_status status = binet__require(low, "low", error);
    status = status == BINET_OK ? binet__require(high, "high", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (n < 1 || n > (int64_t)1 << 53) {
        return binet__fail_argument(error, "n", "n is %lld; allowed: 1 .. 2^53", (long long)n);
    }
    if (n_hits < 0 || n_hits > n) {
        return binet__fail_argument(error, "n_hits", "n_hits is %lld; allowed: 0 .. %lld", (long long)n_hits,
                                    (long long)n);
    }
    status = binet__check_confidence_level_argument(&confidence_level, error);
    if (status == BINET_OK) {
        binet__wilson(n_hits, n, confidence_level, low, high);
    }
    return status;
}

/* ---- McNemar ----------------------------------------------------------------------------------------------------- */

static binet_status check_count(int64_t count, const char *argument, binet_error *error)
{
    if (count < 0 || count > INT32_MAX) {
        return binet__fail_argument(error, argument, "%s is %lld; allowed: 0 .. 2^31 - 1", argument, (long long)count);
    }
    return BINET_OK;
}

binet_status binet_mcnemar(int64_t n_only_a, int64_t n_only_b, binet_mcnemar_result *result, binet_error *error)
{
    binet_status status = check_count(n_only_a, "n_only_a", error);
    status = status == BINET_OK ? check_count(n_only_b, "n_only_b", error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t fewer = n_only_a < n_only_b ? n_only_a : n_only_b;
    int64_t n = n_only_a + n_only_b;
    double apart = fmax((double)(n - 2 * fewer) - 1.0, 0.0);
    binet_mcnemar_result found = {.n_only_a = n_only_a, .n_only_b = n_only_b};
    found.p_exact = fmin(2.0 * binet__fair_coin_below(fewer, n), 1.0);
    found.chi_square = n > 0 ? apart * apart / (double)n : 0.0;
    found.p_chi_square = binet__chi_square_above(found.chi_square);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}

/* ---- Equivalence ------------------------------------------------------------------------------------------------- */

static binet_status check_differences(const binet_array *differences, double low, double high, binet_error *error)
{
    int64_t n = 0;
    binet_status status = binet__check_vector(differences, "differences", BINET__DTYPE(BINET_F64), &n, error);
    if (status != BINET_OK) {
        return status;
    }
    if (n < 2) {
        return binet__fail_argument(error, "differences", "differences has 1 entry; at least 2 are needed");
    }
    if (!(isfinite(low) && isfinite(high) && low < high)) {
        return binet__fail_argument(error, "low", "the margins are %g and %g; allowed: finite, low below high", low,
                                    high);
    }
    double most = 0x1p46 / (double)n; /* so that the sum of all fits binet__sum */
    for (int64_t i = 0; i < n; i++) {
        double value = binet__f64_at(differences, i);
        if (!(fabs(value) <= most)) {
            return binet__fail(error, BINET_INVALID_DATA, "differences", i,
                               "differences[%lld] is %g; allowed: %g at most in size", (long long)i, value, most);
        }
    }
    return BINET_OK;
}

/* P(T > t), 1 where there is no t. */
static double above(double t, double freedom)
{
    return isnan(t) ? 1.0 : binet__student_above(t, freedom);
}

binet_status binet_tost(const binet_context *context, const binet_array *differences, double low, double high,
                        binet_tost_result *result, binet_error *error)
{
    (void)context;
    binet_status status = check_differences(differences, low, high, error);
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t n = differences->shape[0];
    binet__sum sum = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        binet__sum_add(&sum, binet__f64_at(differences, i));
    }
    binet_tost_result found = {.n = n, .mean = binet__sum_value(&sum) / (double)n};
    double squares = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double off = binet__f64_at(differences, i) - found.mean;
        squares += off * off;
    }
    found.standard_deviation = sqrt(squares / (double)(n - 1));
    double error_of_mean = found.standard_deviation / sqrt((double)n);
    found.t_low = (found.mean - low) / error_of_mean;
    found.t_high = (found.mean - high) / error_of_mean;
    found.p_low = above(found.t_low, (double)(n - 1));
    found.p_high = above(-found.t_high, (double)(n - 1));
    found.p_value = fmax(found.p_low, found.p_high);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}

/* ---- Holm -------------------------------------------------------------------------------------------------------- */

/* The bits of a number from 0 to 1 sort as it does; -0 becomes 0. */
static uint64_t key_of(double p)
{
    uint64_t key;
    double positive = p + 0.0;
    memcpy(&key, &positive, sizeof key);
    return key;
}

/* How many of n ascending keys are below one. */
static int64_t count_below(const uint64_t *keys, int64_t n, uint64_t key)
{
    int64_t low = 0;
    for (int64_t high = n; low < high;) {
        int64_t middle = low + (high - low) / 2;
        if (keys[middle] < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

binet_status binet_holm(const binet_context *context, const double *p_values, int64_t n, double *adjusted,
                        binet_error *error)
{
    binet_status status = binet__require(p_values, "p_values", error);
    status = status == BINET_OK ? binet__require(adjusted, "adjusted", error) : status;
    if (status == BINET_OK && n < 1) {
        status = binet__fail_argument(error, "n", "n is %lld; at least 1 p value is needed", (long long)n);
    }
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        if (!(p_values[i] >= 0.0 && p_values[i] <= 1.0)) {
            status = binet__fail(error, BINET_INVALID_DATA, "p_values", i, "p_values[%lld] is %g; allowed: 0 .. 1",
                                 (long long)i, p_values[i]);
        }
    }
    if (status != BINET_OK) {
        return status;
    }
    uint64_t *keys = binet__allocate(context, n, 2 * sizeof *keys, error);
    double *steps = keys != NULL ? binet__allocate(context, n, sizeof *steps, error) : NULL;
    if (steps == NULL) {
        binet__release(context, keys);
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < n; i++) {
        keys[i] = key_of(p_values[i]);
    }
    binet__sort_u64(keys, n, keys + n);
    double largest = 0.0;
    for (int64_t j = 0; j < n; j++) {
        double p;
        memcpy(&p, &keys[j], sizeof p);
        largest = fmax(largest, fmin((double)(n - j) * p, 1.0));
        steps[j] = largest;
    }
    for (int64_t i = 0; i < n; i++) { /* of equals the first decides: later ones are multiplied by less */
        adjusted[i] = steps[count_below(keys, n, key_of(p_values[i]))];
    }
    binet__release(context, steps);
    binet__release(context, keys);
    return BINET_OK;
}
