#include "metrics/student.h"

#include <math.h>

/* P(|T| <= t), by the finite series of whole degrees of freedom in the angle atan(t / sqrt(degrees)) (Abramowitz and
 * Stegun, 1964, 26.7.3 and 26.7.4). */
static double central_probability(double t, int64_t degrees)
{
    const double half_pi = 1.57079632679489661923;
    double n = (double)degrees;
    double sine = t / hypot(t, sqrt(n));
    double cosine = sqrt(n) / hypot(t, sqrt(n));
    double square = cosine * cosine;
    int odd = degrees % 2 != 0;
    double term = odd ? cosine : 1.0;
    double sum = degrees == 1 ? 0.0 : term;
    for (int64_t power = odd ? 3 : 2; power <= degrees - 2; power += 2) {
        term *= square * (double)(power - 1) / (double)power;
        sum += term;
    }
    return odd ? (atan(t / sqrt(n)) + sine * sum) / half_pi : sine * sum;
}

double binet__student_two_sided(double level, int64_t degrees)
{
    const double beyond_all = 1e300;
    double high = 1.0;
    while (central_probability(high, degrees) < level && high < beyond_all) {
        high *= 2.0;
    }
    double low = high > 1.0 ? high / 2.0 : 0.0;
    for (;;) {
        double middle = low + (high - low) / 2.0;
        if (middle <= low || middle >= high) {
            return high;
        }
        if (central_probability(middle, degrees) < level) {
            low = middle;
        } else {
            high = middle;
        }
    }
}
