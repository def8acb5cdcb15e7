#include "metrics/estimate.h"

#include <math.h>
#include <string.h>

#include "metrics/normal.h"
#include "metrics/sort.h"

/* ---- Sorting ----------------------------------------------------------------------------------------------------- */

/* The bits of a double, changed so that they sort as it does: those of a negative one count backwards. */
static void sort_values(double *values, int64_t n, uint64_t *keys)
{
    const uint64_t sign = UINT64_C(1) << 63;
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        keys[i] = (bits & sign) != 0 ? ~bits : bits | sign;
    }
    binet__sort_u64(keys, n, keys + n);
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = (keys[i] & sign) != 0 ? keys[i] ^ sign : ~keys[i];
        memcpy(&values[i], &bits, sizeof bits);
    }
}

double binet__quantile(const double *sorted, int64_t n, double p)
{
    double place = p * (double)(n - 1);
    int64_t below = (int64_t)floor(place);
    below = below < n - 1 ? below : n - 1;
    double low = sorted[below];
    double high = sorted[below + 1 < n ? below + 1 : below];
    double part = place - (double)below;
    if (low == high || part == 0.0) { /* two infinities have no difference */
        return low;
    }
    if (isinf(low) || isinf(high)) { /* nothing lies between: the one that is infinite, of two the nearer */
        return isinf(low) && (isfinite(high) || part < 0.5) ? low : high;
    }
    double step = high - low;
    return part < 0.5 ? low + step * part : high - step * (1.0 - part);
}

/* ---- Spread and ends --------------------------------------------------------------------------------------------- */

static double standard_deviation(const double *values, int64_t n)
{
    if (n < 2) {
        return NAN;
    }
    double sum = 0.0;
    double squares = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += values[i];
    }
    double mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    return sqrt(squares / (double)(n - 1));
}

/* Efron's acceleration from the values of a jackknife; 0 where nothing varies. */
static double acceleration(const binet__draws *draws)
{
    double sum = 0.0;
    double squares = 0.0;
    double cubes = 0.0;
    int64_t n = 0;
    for (int64_t i = 0; i < draws->n_left_out; i++) {
        double value = draws->left_out[i * draws->stride];
        sum += isnan(value) ? 0.0 : value;
        n += !isnan(value);
    }
    double mean = sum / (double)n;
    for (int64_t i = 0; i < draws->n_left_out; i++) {
        double value = draws->left_out[i * draws->stride];
        double off = isnan(value) ? 0.0 : mean - value;
        squares += off * off;
        cubes += off * off * off;
    }
    double found = cubes / (6.0 * squares * sqrt(squares));
    return isfinite(found) ? found : 0.0;
}

/* Where BCa reads the end that a normal quantile stands for. */
static double corrected(double quantile, double bias, double accelerated)
{
    double shift = bias + quantile;
    double scale = 1.0 - accelerated * shift;
    if (!(scale > 0.0)) {
        return shift > 0.0 ? 1.0 : 0.0;
    }
    return binet__normal_below(bias + shift / scale);
}

/* The share of the sorted values below one, equals counting half. */
static double share_below(const double *sorted, int64_t n, double value)
{
    int64_t twice = 0;
    for (int64_t i = 0; i < n; i++) {
        twice += (sorted[i] < value) + (sorted[i] <= value);
    }
    return (double)twice / (2.0 * (double)n);
}

static void find_ends(const binet__draws *draws, const double *sorted, int64_t n, double level, binet_estimate *found)
{
    double p = (1.0 - level) / 2.0;
    double low = p;
    double high = 1.0 - p;
    if (draws->left_out != NULL) {
        double share = share_below(sorted, n, draws->value);
        if (share <= 0.0 || share >= 1.0) {
            found->interval = BINET_INTERVAL_ONE_SIDED;
            return;
        }
        double bias = binet__normal_quantile(share);
        double accelerated = acceleration(draws);
        double quantile = binet__normal_quantile(p);
        low = corrected(quantile, bias, accelerated);
        high = corrected(-quantile, bias, accelerated);
    }
    found->low = binet__quantile(sorted, n, low);
    found->high = binet__quantile(sorted, n, high);
}

double binet__sign_p_value(const double *differences, int64_t n, int64_t stride)
{
    int64_t n_known = 0;
    int64_t at_most = 0;
    int64_t at_least = 0;
    for (int64_t r = 0; r < n; r++) {
        double value = differences[r * stride];
        n_known += !isnan(value);
        at_most += value <= 0.0;
        at_least += value >= 0.0;
    }
    int64_t fewer = at_most < at_least ? at_most : at_least;
    return n_known < 2 ? (double)NAN : fmin(2.0 * (1.0 + (double)fewer) / (1.0 + (double)n_known), 1.0);
}

binet_estimate binet__estimate(const binet__draws *draws, double level, double *sorted, uint64_t *keys)
{
    binet_estimate found = {.value = draws->value, .low = NAN, .high = NAN};
    int64_t n = 0;
    for (int64_t i = 0; i < draws->n_resamples; i++) {
        double value = draws->resamples[i * draws->stride];
        if (!isnan(value)) {
            sorted[n++] = value;
        }
    }
    found.n_undefined = draws->n_resamples - n;
    found.standard_error = standard_deviation(sorted, n);
    sort_values(sorted, n, keys);
    if (isnan(draws->value)) {
        found.interval = BINET_INTERVAL_NO_VALUE;
    } else if (n < 2) {
        found.interval = BINET_INTERVAL_NO_RESAMPLES;
    } else {
        find_ends(draws, sorted, n, level, &found);
    }
    return found;
}
