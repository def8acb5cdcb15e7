#include "metrics/distribution.h"

#include <math.h>

/* log(Gamma(x)), x > 0: Stirling's series from 16 on, where its next term is below 1e-17, and below by the recurrence.
 * The C library's lgamma writes a global. */
static double log_gamma(double x)
{
    double below = 1.0;
    while (x < 16.0) {
        below *= x;
        x += 1.0;
    }
    double inverse = 1.0 / x;
    double square = inverse * inverse;
    double series =
        inverse * (1.0 / 12.0 -
                   square * (1.0 / 360.0 -
                             square * (1.0 / 1260.0 -
                                       square * (1.0 / 1680.0 - square * (1.0 / 1188.0 - square * 691.0 / 360360.0)))));
    return (x - 0.5) * log(x) - x + 0.91893853320467274178 + series - log(below);
}

/* Lentz's evaluation of the continued fraction, which converges fast where x < (a + 1) / (a + b + 2). */
static double fraction(double x, double a, double b)
{
    enum { MOST_STEPS = 100000 };
    const double tiny = 1e-300;
    double c = 1.0;
    double d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < MOST_STEPS; m++) {
        double even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        double before = value;
        d = 1.0 + even * d;
        c = 1.0 + even / c;
        d = 1.0 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        value *= d * c;
        d = 1.0 + odd * d;
        c = 1.0 + odd / c;
        d = 1.0 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        value *= d * c;
        if (fabs(value - before) <= 1e-16 * fabs(value)) {
            break;
        }
    }
    return value;
}

double binet__beta(double x, double a, double b)
{
    if (x <= 0.0 || x >= 1.0) {
        return x <= 0.0 ? 0.0 : 1.0;
    }
    double front = exp(a * log(x) + b * log1p(-x) + log_gamma(a + b) - log_gamma(a) - log_gamma(b));
    return x < (a + 1.0) / (a + b + 2.0) ? front * fraction(x, a, b) / a : 1.0 - front * fraction(1.0 - x, b, a) / b;
}

double binet__fair_coin_below(int64_t k, int64_t n)
{
    return k >= n ? 1.0 : binet__beta(0.5, (double)(n - k), (double)k + 1.0);
}

double binet__student_above(double t, double freedom)
{
    if (isinf(t)) {
        return t > 0.0 ? 0.0 : 1.0;
    }
    double tail = 0.5 * binet__beta(freedom / (freedom + t * t), 0.5 * freedom, 0.5);
    return t > 0.0 ? tail : 1.0 - tail;
}

double binet__chi_square_above(double x)
{
    return erfc(sqrt(0.5 * x));
}
