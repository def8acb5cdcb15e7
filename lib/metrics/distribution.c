#include "metrics/distribution.h"

#include <math.h>

/* What Stirling's formula lacks: log(Gamma(x)) - ((x - 1/2) log(x) - x + log(2 pi) / 2), x > 0. Its series from 16 on,
 * where the next term is below 1e-17, and below by the recurrence. */
static double stirling_rest(double x)
{
    double below = 0.0;
    while (x < 16.0) {
        below += (x + 0.5) * log1p(1.0 / x) - 1.0;
        x += 1.0;
    }
    double inverse = 1.0 / x;
    double square = inverse * inverse;
    double series =
        inverse * (1.0 / 12.0 -
                   square * (1.0 / 360.0 -
                             square * (1.0 / 1260.0 -
                                       square * (1.0 / 1680.0 - square * (1.0 / 1188.0 - square * 691.0 / 360360.0)))));
    return below + series;
}

/* log(1 + u) - u, u = ratio - 1: near 0, where both cancel, by the series of the area tangent of u / (2 + u). */
static double log_less_linear(double ratio, double u)
{
    if (fabs(u) > 0.5) {
        return log(ratio) - u;
    }
    double s = u / (2.0 + u);
    double power = s * s;
    double sum = 0.0;
    for (int odd = 3; odd <= 35; odd += 2) {
        sum += power / odd;
        power *= s * s;
    }
    return s * (2.0 * sum - u);
}

/* x^a y^b / B(a, b), y = 1 - x, as a distance from the largest value there is for such a and b, so that nothing large
 * cancels (Loader, 2000, does so for the binomial distribution). */
static double front(double x, double y, double a, double b)
{
    double n = a + b;
    double apart = b * x - a * y;
    double distance = a * log_less_linear(x / a * n, apart / a) + b * log_less_linear(y / b * n, -apart / b);
    double rest = stirling_rest(n) - stirling_rest(a) - stirling_rest(b);
    return exp(distance + rest) * sqrt(a / n * b / (2.0 * 3.14159265358979323846));
}

/* The continued fraction by which front() is divided (Didonato and Morris, 1992), evaluated as Lentz does. It converges
 * fast where x < (a + 1) / (a + b + 2), and has x and y where they do not cancel. */
static double fraction(double x, double y, double a, double b)
{
    enum { MOST_STEPS = 1000000 };
    const double tiny = 1e-300;
    double apart = a * y - b * x + 1.0;
    double value = a * apart / (a + 1.0);
    double c = value;
    double d = 0.0;
    for (int m = 1; m < MOST_STEPS; m++) {
        double below = a + 2.0 * m - 1.0;
        double next = (a + m - 1.0) / below * ((a + b + m - 1.0) / below) * m * (b - m) * x * x;
        double term = m + m * (b - m) * x / below + (a + m) * (apart + m * (1.0 + y)) / (a + 2.0 * m + 1.0);
        d = term + next * d;
        c = term + next / c;
        d = 1.0 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        value *= c * d;
        if (fabs(c * d - 1.0) <= 0x1p-52) {
            break;
        }
    }
    return value;
}

double binet__beta(double x, double y, double a, double b)
{
    if (x <= 0.0 || y <= 0.0) {
        return x <= 0.0 ? 0.0 : 1.0;
    }
    double scale = front(x, y, a, b);
    return x < (a + 1.0) / (a + b + 2.0) ? scale / fraction(x, y, a, b) : 1.0 - scale / fraction(y, x, b, a);
}

double binet__fair_coin_below(int64_t k, int64_t n)
{
    return k >= n ? 1.0 : binet__beta(0.5, 0.5, (double)(n - k), (double)k + 1.0);
}

/* P(|T| > t) or, where is_central, P(|T| <= t). */
static double student(double t, double freedom, int is_central)
{
    double root = sqrt(freedom);
    double cosine = root / hypot(t, root);
    double sine = t / hypot(t, root);
    return is_central ? binet__beta(sine * sine, cosine * cosine, 0.5, 0.5 * freedom)
                      : binet__beta(cosine * cosine, sine * sine, 0.5 * freedom, 0.5);
}

double binet__student_above(double t, double freedom)
{
    if (isinf(t)) {
        return t > 0.0 ? 0.0 : 1.0;
    }
    double tail = 0.5 * student(t, freedom, 0);
    return t > 0.0 ? tail : 1.0 - tail;
}

/* Whether P(|T| <= t) < level, asked of the smaller of the two shares. */
static int is_inside(double t, double level, double freedom)
{
    return level < 0.5 ? student(t, freedom, 1) < level : student(t, freedom, 0) > 1.0 - level;
}

double binet__student_two_sided(double level, double freedom)
{
    const double beyond_all = 1e150;
    double high = 1.0;
    while (is_inside(high, level, freedom) && high < beyond_all) {
        high *= 2.0;
    }
    double low = high > 1.0 ? high / 2.0 : 0.0;
    for (;;) {
        double middle = low + (high - low) / 2.0;
        if (middle <= low || middle >= high) {
            return high;
        }
        if (is_inside(middle, level, freedom)) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

double binet__chi_square_above(double x)
{
    return erfc(sqrt(0.5 * x));
}
