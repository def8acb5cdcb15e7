#include "metrics/robustness.h"

#include <math.h>

#include "base/array.h"
#include "base/error.h"
#include "metrics/interval.h"

binet_status binet__check_accuracies(const binet_array *array, const char *argument, int64_t *n, binet_error *error)
{
    binet_status status = binet__check_vector(array, argument, BINET__DTYPE(BINET_F64), n, error);
    for (int64_t i = 0; status == BINET_OK && i < *n; i++) {
        double value = binet__f64_at(array, i);
        if (!(value >= 0.0 && value <= 1.0)) {
            return binet__fail(error, BINET_INVALID_DATA, argument, i, "%s[%lld] is %g; allowed: 0 .. 1", argument,
                               (long long)i, value);
        }
    }
    return status;
}

binet_status binet__check_counts(const binet_array *counts, const char *argument, int64_t n, binet_error *error)
{
    if (counts == NULL) {
        return BINET_OK;
    }
    binet_status status = binet__check_vector(counts, argument, BINET__DTYPES_INTEGER, &n, error);
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        int64_t value = binet__integer_at(counts, i);
        if (value < 0) {
            return binet__fail(error, BINET_INVALID_DATA, argument, i,
                               "%s[%lld] is %lld; allowed: 1 and more, or 0 where unknown", argument, (long long)i,
                               (long long)value);
        }
    }
    return status;
}

binet__estimate binet__estimate_of(double value, int64_t n, double level)
{
    binet__estimate found = {value, NAN, NAN};
    if (n > 0) {
        int64_t n_hits = value < 1.0 ? llround(value * (double)n) : n; /* no rounding above n, which may be 2^63 - 1 */
        binet__wilson(n_hits, n, level, &found.low, &found.high);
        /* A value that is not a share of n, such as one printed in three digits, is not outside of its interval. */
        found.low = fmin(found.low, value);
        found.high = fmax(found.high, value);
    }
    return found;
}

/* The ends solve (p - r q)^2 = distance to the ends of both; written so that nothing is divided by a small number. */
binet__estimate binet__ratio_of(binet__estimate numerator, binet__estimate denominator)
{
    double product = numerator.value * denominator.value;
    double low = numerator.low * (2.0 * numerator.value - numerator.low);
    double high = numerator.high * (2.0 * numerator.value - numerator.high);
    double low_under = denominator.high * (2.0 * denominator.value - denominator.high);
    double high_under = denominator.low * (2.0 * denominator.value - denominator.low);
    double root_low = sqrt(fmax(product * product - low * low_under, 0.0));
    double root_high = sqrt(fmax(product * product - high * high_under, 0.0));
    binet__estimate found = {numerator.value / denominator.value, NAN, NAN};
    if (!isnan(low + high + low_under + high_under)) {
        found.low = low > 0.0 ? low / (product + root_low) : 0.0;
        found.high = high_under > 0.0 ? (product + root_high) / high_under : INFINITY;
    }
    return found;
}

binet__estimate binet__difference_of(binet__estimate a, binet__estimate b)
{
    binet__estimate found = {.value = a.value - b.value};
    binet__newcombe(a.value, a.low, a.high, b.value, b.low, b.high, &found.low, &found.high);
    return found;
}
