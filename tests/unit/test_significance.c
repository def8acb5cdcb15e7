/* Tests of two models and of many: known numbers, laws and bad input. */
#include <math.h>

#include "binet/statistics.h"
#include "check.h"
#include "failing_allocator.h"
#include "metrics/distribution.h"
#include "scores.h"

/* SciPy 1.17.1: special.betainc, stats.binom.cdf, stats.t.sf and stats.chi2.sf. */
static void tails_agree_with_scipy(void)
{
    CHECK_NEAR(binet__beta(0.3, 0.7, 2.0, 5.0), 0.579825, 1e-12);
    CHECK_NEAR(binet__beta(0.5, 0.5, 0.5, 0.5), 0.5, 1e-12);
    CHECK_NEAR(binet__fair_coin_below(3, 10), 0.171875, 1e-14);
    CHECK_NEAR(binet__fair_coin_below(0, 50) / 0x1p-50, 1.0, 1e-11);
    CHECK_NEAR(binet__fair_coin_below(7, 7), 1.0, 0.0);
    CHECK_NEAR(binet__student_above(0.0, 3.0), 0.5, 1e-14);
    CHECK_NEAR(binet__student_above(1.0, 1.0), 0.25, 1e-13); /* Cauchy */
    CHECK_NEAR(binet__student_above(-1.0, 1.0), 0.75, 1e-13);
    CHECK_NEAR(binet__student_above(sqrt(2.0), 2.0), 0.5 - 0.5 / sqrt(2.0), 1e-13);
    CHECK(binet__student_above(INFINITY, 5.0) == 0.0 && binet__student_above(-INFINITY, 5.0) == 1.0);
    CHECK_NEAR(binet__chi_square_above(3.841458820694124), 0.05, 1e-14);
}

/* Sums in 40 digits (mpmath 1.3.0) where a difference of logarithms of Gamma, or 1 - x, would lose up to all digits. */
static void tails_of_many_agree_with_long_sums(void)
{
    CHECK_NEAR(2.0 * binet__fair_coin_below(1000000, 2003000) / 0.0340883650794393832, 1.0, 1e-12);
    CHECK_NEAR(2.0 * binet__fair_coin_below(INT64_C(1) << 30, (INT64_C(1) << 31) + 500000) / 3.90887027565040722e-27,
               1.0, 1e-12);
    CHECK_NEAR(binet__student_above(3.0, 999999.0) / 0.0013499312707441378611, 1.0, 1e-12);
    CHECK_NEAR(binet__student_above(3.0, 49999.0) / 0.0013505629092763161984, 1.0, 1e-12);
    CHECK_NEAR(binet__student_above(8.0, 1e6) / 6.2275317166012598048e-16, 1.0, 1e-12);
    CHECK_NEAR(binet__student_above(0.5, 0x1p31) / 0.30853753875160302031, 1.0, 1e-12);
    CHECK_NEAR(binet__student_two_sided(1e-9, 1.0) / tan(0.5e-9 * 3.14159265358979323846), 1.0, 1e-12); /* Cauchy */
}

/* All sums of a row of Pascal's triangle. */
static void coins_are_counted(void)
{
    double chance = 0x1p-60;
    double below = 0.0;
    for (int k = 0; k <= 60; k++) {
        below += chance;
        CHECK_NEAR(binet__fair_coin_below(k, 60) / below, 1.0, 1e-12);
        chance *= (60.0 - k) / (k + 1.0);
    }
}

static void mcnemar_of_the_study(void)
{
    binet_mcnemar_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_mcnemar(3402, 4340, &result, NULL), BINET_OK);
    CHECK_NEAR(result.chi_square, 113.40338413846551, 1e-12);
    CHECK(result.n_only_a == 3402 && result.n_only_b == 4340);
    CHECK_INT(binet_mcnemar(0, 0, &result, NULL), BINET_OK);
    CHECK(result.p_exact == 1.0 && result.chi_square == 0.0 && result.p_chi_square == 1.0);
    CHECK_INT(binet_mcnemar(7, 7, &result, NULL), BINET_OK);
    CHECK(result.p_exact == 1.0 && result.chi_square == 0.0);
    CHECK_INT(binet_mcnemar(0, 10, &result, NULL), BINET_OK);
    CHECK_NEAR(result.p_exact / 0x1p-9, 1.0, 1e-12);
    binet_error error;
    CHECK_INT(binet_mcnemar(-1, 10, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "n_only_a");
    CHECK_INT(binet_mcnemar(1, INT64_C(1) << 31, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "n_only_b");
    CHECK_TEXT(error.message, "n_only_b is 2147483648; allowed: 0 .. 2^31 - 1");
    CHECK_INT(binet_mcnemar(1, 1, NULL, &error), BINET_INVALID_ARGUMENT);
}

static void wilson_says_what_is_wrong(void)
{
    double low = 7.0;
    double high = 7.0;
    binet_error error;
    CHECK_INT(binet_wilson_interval(0, 10, 0.0, &low, &high, NULL), BINET_OK);
    CHECK(low == 0.0 && high > 0.2 && high < 0.3);
    CHECK_INT(binet_wilson_interval(11, 10, 0.0, &low, &high, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "n_hits");
    CHECK_INT(binet_wilson_interval(0, 0, 0.0, &low, &high, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "n");
    CHECK_INT(binet_wilson_interval(0, 1, 1.0, &low, &high, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "confidence_level");
    CHECK_INT(binet_wilson_interval(0, 1, 0.5, NULL, &high, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_wilson_interval(0, 1, 0.5, &low, NULL, &error), BINET_INVALID_ARGUMENT);
}

static void equivalence_says_what_is_wrong(void)
{
    double values[4] = {0.1, -0.1, 0.2, 0.0};
    binet_array array = scores_vector(values, BINET_F64, 4);
    binet_tost_result result = {.struct_size = sizeof result};
    binet_error error;
    CHECK_INT(binet_tost(NULL, &array, -0.5, 0.5, &result, NULL), BINET_OK);
    CHECK_NEAR(result.mean, 0.05, 1e-16);
    CHECK(result.p_value == fmax(result.p_low, result.p_high) && result.p_value < 0.05);
    CHECK_INT(binet_tost(NULL, &array, 0.5, 0.5, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "low");
    values[2] = (double)NAN;
    CHECK_INT(binet_tost(NULL, &array, -0.5, 0.5, &result, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 2);
    array.shape[0] = 1;
    CHECK_INT(binet_tost(NULL, &array, -0.5, 0.5, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "differences");
    /* The sum of differences that each fit may not. */
    static double large[1000];
    for (int i = 0; i < 1000; i++) {
        large[i] = 0x1p36;
    }
    array = scores_vector(large, BINET_F64, 1000);
    CHECK_INT(binet_tost(NULL, &array, 0.0, 0x1p37, &result, NULL), BINET_OK);
    CHECK_NEAR(result.mean, 0x1p36, 0.0);
    large[7] = 0x1p37;
    CHECK_INT(binet_tost(NULL, &array, 0.0, 0x1p37, &result, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 7);
    /* No spread: certain inside and outside, and no answer at a margin itself. */
    double same[3] = {0.5, 0.5, 0.5};
    array = scores_vector(same, BINET_F64, 3);
    CHECK_INT(binet_tost(NULL, &array, 0.0, 1.0, &result, NULL), BINET_OK);
    CHECK(result.p_value == 0.0);
    CHECK_INT(binet_tost(NULL, &array, 0.0, 0.5, &result, NULL), BINET_OK);
    CHECK(result.p_value == 1.0 && isnan(result.t_high));
    CHECK_INT(binet_tost(NULL, &array, 0.6, 0.7, &result, NULL), BINET_OK);
    CHECK(result.p_value == 1.0);
}

static void holm_steps_down(void)
{
    static const double given[5] = {0.04, 0.01, 0.04, 0.5, 0.001};
    static const double expected[5] = {0.12, 0.04, 0.12, 0.5, 0.005};
    double adjusted[5];
    binet_error error;
    CHECK_INT(binet_holm(NULL, given, 5, adjusted, NULL), BINET_OK);
    for (int i = 0; i < 5; i++) {
        CHECK_NEAR(adjusted[i], expected[i], 1e-15);
    }
    double place[2] = {0.9, 0.8};
    CHECK_INT(binet_holm(NULL, place, 2, place, NULL), BINET_OK);
    CHECK(place[0] == 1.0 && place[1] == 1.0);
    place[1] = (double)NAN;
    CHECK_INT(binet_holm(NULL, place, 2, adjusted, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 1);
    CHECK_INT(binet_holm(NULL, place, 0, adjusted, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_holm(NULL, NULL, 1, adjusted, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_holm(NULL, place, 1, NULL, &error), BINET_INVALID_ARGUMENT);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        double untouched = 7.0;
        binet_status status = binet_holm(context, given, 1, &untouched, NULL);
        CHECK_NEAR(untouched, status == BINET_OK ? 0.04 : 7.0, 0.0);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(tails_agree_with_scipy);
    RUN(tails_of_many_agree_with_long_sums);
    RUN(coins_are_counted);
    RUN(mcnemar_of_the_study);
    RUN(wilson_says_what_is_wrong);
    RUN(equivalence_says_what_is_wrong);
    RUN(holm_steps_down);
    return check_result();
}
