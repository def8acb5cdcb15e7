#include "metrics/normal.h"

#include <math.h>

enum { TERMS = 8 };

/* A quotient of two polynomials, coefficients from the constant up. */
typedef struct rational {
    double numerator[TERMS];
    double denominator[TERMS];
} rational;

/* The coefficients of PPND16 (Wichura, Applied Statistics 37, 1988): the middle, the tails, the far tails. */
static const rational middle = {
    {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3},
    {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
     3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3}};
static const rational tail = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}};
static const rational far_tail = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}};

static double polynomial(const double coefficients[TERMS], double x)
{
    double value = coefficients[TERMS - 1];
    for (int i = TERMS - 2; i >= 0; i--) {
        value = value * x + coefficients[i];
    }
    return value;
}

static double evaluate(const rational *quotient, double x)
{
    return polynomial(quotient->numerator, x) / polynomial(quotient->denominator, x);
}

/* log(x) of a positive, finite x to about 1 ulp: the C library's may differ between machines, this one does not.
 * x = m 2^e with m in [sqrt(1/2), sqrt(2)); log(m) = 2 (f + f^3/3 + f^5/5 + ...) with f = (m - 1) / (m + 1). */
static double natural_log(double x)
{
    static const double log2_high = 6.93147180369123816490e-01; /* log(2), its lower 21 bits zero */
    static const double log2_low = 1.90821492927058770002e-10;  /* and the rest of it */
    enum { LAST_POWER = 25 };                                   /* |f| < 0.172, so the next term is below 2^-70 */
    int e;
    double m = frexp(x, &e);
    if (m < 0.70710678118654752) {
        m += m;
        e--;
    }
    double f = (m - 1.0) / (m + 1.0);
    double square = f * f;
    double series = 0.0;
    for (int power = LAST_POWER; power >= 3; power -= 2) {
        series = (series + 1.0 / power) * square;
    }
    return e * log2_high + (2.0 * f + (2.0 * f * series + e * log2_low));
}

double binet__normal_quantile(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        return q * evaluate(&middle, 0.180625 - q * q);
    }
    double outside = q < 0.0 ? p : 1.0 - p;
    if (outside <= 0.0) {
        return q < 0.0 ? -INFINITY : INFINITY;
    }
    double r = sqrt(-natural_log(outside));
    double z = r <= 5.0 ? evaluate(&tail, r - 1.6) : evaluate(&far_tail, r - 5.0);
    return q < 0.0 ? -z : z;
}

double binet__normal_below(double z)
{
    return 0.5 * erfc(-z * sqrt(0.5));
}
