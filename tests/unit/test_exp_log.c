/* exp and log of the kernels (the scalar build, which is the specification) stay within their bounds in ulp. With the
 * argument `every` and BINET_TEST_LONG set every f32 is tried, else a dense sample. */
#include "kernels/draws_scalar.h"
#include "kernels/lanes_scalar.h"
#include "kernels/resize_scalar.h"

#define BINET__TABLE exp_log_table
#include "kernels/table.inc.h"

#include <stdlib.h>

#include "check.h"

static uint32_t step_f32 = 997;

/* Distance in units of the last place of the exact value, subnormal places included. */
static double ulps(double value, long double exact, int digits, int lowest)
{
    int exponent;
    (void)frexpl(exact, &exponent);
    int place = exponent - digits > lowest ? exponent - digits : lowest;
    return (double)fabsl(ldexpl((long double)value - exact, -place));
}

static float f32_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* -0x1p-149 to -110, where the result is 0. Before it is scaled back, so in parts of the unit where that is subnormal.
 */
static void exp_of_f32(void)
{
    const f32_exponent one = f32_exponent_of(1.0);
    double worst = 0;
    for (uint32_t bits = 0x80000000u; bits <= 0xc2dc0000u; bits += step_f32) {
        float d = f32_of_bits(bits);
        double value = (double)f32_exp(f32_max(one.lowest, d), &one) * f32_exp_unit;
        double error = ulps(value, (long double)exp((double)d), 24, -149);
        worst = error > worst ? error : worst;
    }
    (void)printf("exp, f32: %.3f ulp\n", worst);
    CHECK(worst <= 1.2);
    CHECK(f32_exp(f32_max(one.lowest, -INFINITY), &one) == 0);
    CHECK(f32_exp(0.0f, &one) == 0x1p24f);
    CHECK(isnan(f32_exp(f32_max(one.lowest, NAN), &one)));
}

static void log_of_f32(void)
{
    double worst = 0;
    for (uint32_t bits = 0x00800000u; bits < 0x7f800000u; bits += step_f32) {
        float x = f32_of_bits(bits);
        double error =
            x == 1.0f ? fabs((double)f32_log(x)) : ulps((double)f32_log(x), (long double)log((double)x), 24, -149);
        worst = error > worst ? error : worst;
    }
    (void)printf("log, f32: %.3f ulp\n", worst);
    CHECK(worst <= 1.0);
    CHECK(f32_log(1.0f) == 0);
}

static void exp_of_f64(void)
{
    double worst = 0;
    for (int i = 0; i < 2000000; i += 3) {
        double d = -ldexp((double)i + 0.3, -11) * (i % 2 == 0 ? 0.8 : 0.001 * (i % 1000));
        double error = d < -760 ? 0 : ulps(one_exp(d, 1.0), expl((long double)d), 53, -1074);
        worst = error > worst ? error : worst;
    }
    (void)printf("exp, f64: %.3f ulp\n", worst);
    CHECK(worst <= 1.2);
    CHECK(one_exp(-INFINITY, 1.0) == 0);
    CHECK(one_exp(-1e308, 0x1p-100) == 0);
    CHECK(one_exp(0, 3.0) == 1);
}

static void log_of_f64(void)
{
    double worst = 0;
    for (int i = 0; i < 2000000; i += 2) {
        double x = ldexp(1 + (double)i * 0x1p-21, i % 3 == 0 ? 0 : i % 3 == 1 ? -1 : i % 2097 - 1074);
        double error = x == 1 ? fabs(one_log(x)) : ulps(one_log(x), logl((long double)x), 53, -1074);
        worst = error > worst ? error : worst;
    }
    (void)printf("log, f64: %.3f ulp\n", worst);
    CHECK(worst <= 1.0);
    CHECK(one_log(1.0) == 0);
    CHECK(one_log(0.0) == -INFINITY);
}

static void log1p_of_f64(void)
{
    double worst = 0;
    for (int i = 0; i < 1000000; i++) {
        double x = ldexp(1 + (double)i * 0x1p-20, i % 1100 - 1060);
        double error = ulps(one_log1p(x), log1pl((long double)x), 53, -1074);
        worst = error > worst ? error : worst;
    }
    (void)printf("log1p, f64: %.3f ulp\n", worst);
    CHECK(worst <= 2.0);
    CHECK(one_log1p(0.0) == 0);
}

int main(int n_arguments, char **arguments)
{
    if (n_arguments > 1 && strcmp(arguments[1], "every") == 0) {
        if (getenv("BINET_TEST_LONG") == NULL) {
            (void)printf("skipped: tries every f32, which takes minutes; set BINET_TEST_LONG to run it\n");
            return CHECK_SKIPPED;
        }
        step_f32 = 1;
    }
    RUN(exp_of_f32);
    RUN(log_of_f32);
    RUN(exp_of_f64);
    RUN(log_of_f64);
    RUN(log1p_of_f64);
    return check_result();
}
