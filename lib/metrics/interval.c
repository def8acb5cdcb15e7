#include "metrics/interval.h"

#include <math.h>

#include "base/error.h"
#include "base/sum.h"
#include "metrics/normal.h"

static binet_status check_level(double *level, const char *argument, const char *prefix, binet_error *error)
{
    double given = *level;
    *level = given != 0.0 ? given : 0.95;
    if (!(*level > 0.0 && *level < 1.0)) {
        return binet__fail_argument(error, argument,
                                    "%sconfidence_level is %g; allowed: between 0 and 1, or 0 for 0.95", prefix, given);
    }
    return BINET_OK;
}

binet_status binet__check_confidence_level(double *level, binet_error *error)
{
    return check_level(level, "options", "options->", error);
}

binet_status binet__check_confidence_level_argument(double *level, binet_error *error)
{
    return check_level(level, "confidence_level", "", error);
}

void binet__wilson(int64_t n_hits, int64_t n, double level, double *low, double *high)
{
    double count = (double)n;
    double p = (double)n_hits / count;
    double z = -binet__normal_quantile(0.5 * (1.0 - level));
    double scale = 1.0 + z * z / count;
    double centre = (p + z * z / (2.0 * count)) / scale;
    double half = z * sqrt(p * (1.0 - p) / count + z * z / (4.0 * count * count)) / scale;
    *low = n_hits == 0 ? 0.0 : fmax(centre - half, 0.0);
    *high = n_hits == n ? 1.0 : fmin(centre + half, 1.0);
}

void binet__share(int64_t n_hits, int64_t n, double level, double *share, double *low, double *high)
{
    *share = NAN;
    *low = NAN;
    *high = NAN;
    if (n > 0) {
        *share = (double)n_hits / (double)n;
        binet__wilson(n_hits, n, level, low, high);
    }
}

/* The distances of the two intervals' ends, as the sides of a right angle. */
void binet__newcombe(double a, double a_low, double a_high, double b, double b_low, double b_high, double *low,
                     double *high)
{
    double difference = a - b;
    *low = difference - sqrt((a - a_low) * (a - a_low) + (b_high - b) * (b_high - b));
    *high = difference + sqrt((a_high - a) * (a_high - a) + (b - b_low) * (b - b_low));
}

void binet__mean(const double *values, int64_t n, double level, double least, double most, double *mean, double *low,
                 double *high)
{
    binet__sum sum = {0, 0};
    binet__sum squares = {0, 0};
    *mean = NAN;
    *low = NAN;
    *high = NAN;
    if (n < 1) {
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        binet__sum_add(&sum, values[i]);
    }
    *mean = binet__sum_value(&sum) / (double)n;
    for (int64_t i = 0; i < n; i++) {
        double distance = values[i] - *mean;
        binet__sum_add(&squares, distance * distance);
    }
    if (n > 1) {
        double half = -binet__normal_quantile(0.5 * (1.0 - level)) *
                      sqrt(binet__sum_value(&squares) / ((double)(n - 1) * (double)n));
        *low = fmax(*mean - half, least);
        *high = fmin(*mean + half, most);
    }
}
