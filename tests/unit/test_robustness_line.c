/* Coefficients and intervals are those of a textbook's example, Student's quantile is SciPy's, and no line is fitted
 * where there is none. */
#include "binet/robustness.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "metrics/distribution.h"
#include "scores.h"

enum { M = 5 };

static const double clean[M] = {0.5, 0.6, 0.7, 0.8, 0.9};
static const double shifted[M] = {0.3, 0.35, 0.55, 0.6, 0.75};

static binet_status measure(const double *x, const double *y, int64_t n, int32_t scale,
                            binet_accuracy_line_result *result, binet_error *error)
{
    binet_array of_x = scores_vector(x, BINET_F64, n);
    binet_array of_y = scores_vector(y, BINET_F64, n);
    binet_accuracy_line_options options = {sizeof options, scale, 0.0};
    return binet_accuracy_line(NULL, &of_x, &of_y, NULL, &options, result, error);
}

static void quantiles_are_those_of_scipy(void)
{
    /* scipy 1.17.1: stats.t.ppf((1 + level) / 2, degrees). */
    static const struct {
        double level;
        int64_t degrees;
        double t;
    } known[] = {{0.95, 1, 12.706204736174694},   {0.95, 2, 4.302652729749462},
                 {0.95, 3, 3.1824463052837078},   {0.5, 1, 1.0},
                 {0.5, 7, 0.7111417780817864},    {0.99, 10, 3.16927267261695},
                 {0.999, 324, 3.320807277662558}, {0.95, 100000, 1.9599877075346095},
                 {0.1, 4, 0.13383036711194346}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        CHECK_NEAR(binet__student_two_sided(known[i].level, (double)known[i].degrees), known[i].t, 2e-12 * known[i].t);
    }
}

static void the_line_is_that_of_least_squares(void)
{
    binet_accuracy_line_model models[M];
    binet_accuracy_line_result result = {.struct_size = sizeof result, .models = models, .models_capacity = M};
    CHECK_INT(measure(clean, shifted, M, BINET_SCALE_LINEAR, &result, NULL), BINET_OK);
    /* By hand: x = 0.7 + 0.1 k, y in 0.51; Sxx = 0.1, Sxy = 0.115, Syy = 0.137. */
    CHECK_NEAR(result.slope, 1.15, 1e-14);
    CHECK_NEAR(result.intercept, -0.295, 1e-14);
    CHECK_NEAR(result.r_squared, 0.115 * 0.115 / (0.1 * 0.137), 1e-13);
    CHECK_NEAR(result.sum_squares_x, 0.1, 1e-15);
    CHECK_NEAR(result.mean_x, 0.7, 1e-15);
    CHECK_INT(result.n_models, M);
    CHECK_INT(result.n_fitted, M);
    double deviation = sqrt((0.137 - 1.15 * 0.115) / 3);
    CHECK_NEAR(result.residual_deviation, deviation, 1e-13);
    CHECK_NEAR(result.slope_high - result.slope, 3.1824463052837078 * deviation / sqrt(0.1), 1e-12);
    CHECK_NEAR(models[2].predicted, 0.51, 1e-14);
    CHECK_NEAR(models[2].high - 0.51, 3.1824463052837078 * deviation * sqrt(0.2), 1e-12);
    CHECK_NEAR(models[0].prediction_low, 0.28 - 3.1824463052837078 * deviation * sqrt(1.6), 1e-12);
    CHECK_NEAR(models[2].effective_robustness, 0.04, 1e-14);
}

static void scales_turn_back(void)
{
    for (int32_t scale = BINET_SCALE_PROBIT; scale <= BINET_SCALE_LINEAR; scale++) {
        binet_accuracy_line_model models[M];
        binet_accuracy_line_result result = {.struct_size = sizeof result, .models = models, .models_capacity = M};
        CHECK_INT(measure(clean, clean, M, scale, &result, NULL), BINET_OK);
        CHECK_NEAR(result.slope, 1.0, 1e-14);
        CHECK_NEAR(result.intercept, 0.0, 1e-14);
        for (int i = 0; i < M; i++) {
            CHECK_NEAR(models[i].predicted, clean[i], 1e-14);
            CHECK_NEAR(models[i].effective_robustness, 0.0, 1e-14);
        }
    }
    binet_accuracy_line_result standard = {.struct_size = sizeof standard};
    binet_accuracy_line_result probit = {.struct_size = sizeof probit};
    binet_array x = scores_vector(clean, BINET_F64, M);
    binet_array y = scores_vector(shifted, BINET_F64, M);
    CHECK_INT(binet_accuracy_line(NULL, &x, &y, NULL, NULL, &standard, NULL), BINET_OK);
    CHECK_INT(measure(clean, shifted, M, BINET_SCALE_PROBIT, &probit, NULL), BINET_OK);
    CHECK(memcmp(&standard, &probit, sizeof probit) == 0);
}

static void models_that_are_not_fitted_change_nothing(void)
{
    static const unsigned char fitted[M] = {1, 1, 0, 1, 1};
    static const double four_x[4] = {0.5, 0.6, 0.8, 0.9};
    static const double four_y[4] = {0.3, 0.35, 0.6, 0.75};
    binet_array x = scores_vector(clean, BINET_F64, M);
    binet_array y = scores_vector(shifted, BINET_F64, M);
    binet_array f = {fitted, BINET_U8, 1, {M}, {1}};
    binet_accuracy_line_model models[M];
    binet_accuracy_line_result one = {.struct_size = sizeof one, .models = models, .models_capacity = M};
    binet_accuracy_line_result two = {.struct_size = sizeof two};
    CHECK_INT(binet_accuracy_line(NULL, &x, &y, &f, NULL, &one, NULL), BINET_OK);
    CHECK_INT(measure(four_x, four_y, 4, BINET_SCALE_PROBIT, &two, NULL), BINET_OK);
    CHECK(one.slope == two.slope && one.intercept_low == two.intercept_low && one.r_squared == two.r_squared);
    CHECK_INT(one.n_models, M);
    CHECK_INT(one.n_fitted, 4);
    CHECK(models[2].effective_robustness > 0.0);
}

static void all_shifted_the_same_has_no_share(void)
{
    static const double same[M] = {0.4, 0.4, 0.4, 0.4, 0.4};
    binet_accuracy_line_result result = {.struct_size = sizeof result};
    CHECK_INT(measure(clean, same, M, BINET_SCALE_LOGIT, &result, NULL), BINET_OK);
    CHECK(result.slope == 0.0 && isnan(result.r_squared) && result.residual_deviation == 0.0);
}

static void refused(const double *x, const double *y, int64_t n, int32_t scale, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    binet_accuracy_line_result result = {.struct_size = sizeof result, .slope = 7.0};
    binet_error error;
    CHECK_INT(measure(x, y, n, scale, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(result.slope == 7.0);
}

static void lines_that_cannot_be_are_named(void)
{
    static const double one[M] = {0.5, 0.6, 0.7, 1.0, 0.9};
    static const double zero[M] = {0.0, 0.35, 0.55, 0.6, 0.75};
    static const double beyond[M] = {0.5, 1.25, 0.7, 0.8, 0.9};
    static const double same[M] = {0.7, 0.7, 0.7, 0.7, 0.7};
    refused(one, shifted, M, BINET_SCALE_PROBIT, BINET_INVALID_DATA, "clean", 3, "clean[3] is 1, which is infinite");
    refused(clean, zero, M, BINET_SCALE_LOGIT, BINET_INVALID_DATA, "shifted", 0, "shifted[0] is 0");
    refused(beyond, shifted, M, BINET_SCALE_LINEAR, BINET_INVALID_DATA, "clean", 1, "clean[1] is 1.25");
    refused(same, shifted, M, BINET_SCALE_LINEAR, BINET_INVALID_DATA, "clean", -1, "clean is 0.7 for all of the 5");
    refused(clean, shifted, 2, BINET_SCALE_LINEAR, BINET_INVALID_ARGUMENT, "clean", -1, "2 models; at least 3");
    refused(clean, shifted, M, 3, BINET_INVALID_ARGUMENT, "options", -1, "options->scale is 3");
    binet_accuracy_line_result result = {.struct_size = sizeof result};
    CHECK_INT(measure(one, zero, M, BINET_SCALE_LINEAR, &result, NULL), BINET_OK); /* its ends are fine on this scale */
    static const unsigned char two[M] = {1, 0, 0, 0, 1};
    static const unsigned char wrong[M] = {1, 0, 3, 0, 1};
    binet_array x = scores_vector(clean, BINET_F64, M);
    binet_array y = scores_vector(shifted, BINET_F64, M);
    binet_array f = {two, BINET_U8, 1, {M}, {1}};
    binet_error error;
    CHECK_INT(binet_accuracy_line(NULL, &x, &y, &f, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "fitted");
    f.data = wrong;
    CHECK_INT(binet_accuracy_line(NULL, &x, &y, &f, NULL, &result, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 2);
    y.shape[0] = M - 1;
    CHECK_INT(binet_accuracy_line(NULL, &x, &y, NULL, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "shifted");
    CHECK_INT(measure(clean, shifted, M, 0, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    binet_accuracy_line_model models[1];
    result.models = models;
    result.models_capacity = 4;
    CHECK_INT(measure(clean, shifted, M, 0, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "models_capacity is 4; 5 models");
}

static void memory_may_run_out(void)
{
    binet_array x = scores_vector(clean, BINET_F64, M);
    binet_array y = scores_vector(shifted, BINET_F64, M);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_accuracy_line_result result = {.struct_size = sizeof result, .slope = 7.0};
        binet_status status = binet_accuracy_line(context, &x, &y, NULL, NULL, &result, NULL);
        CHECK((status == BINET_OK) == (result.slope != 7.0));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(quantiles_are_those_of_scipy);
    RUN(the_line_is_that_of_least_squares);
    RUN(scales_turn_back);
    RUN(models_that_are_not_fitted_change_nothing);
    RUN(all_shifted_the_same_has_no_share);
    RUN(lines_that_cannot_be_are_named);
    RUN(memory_may_run_out);
    return check_result();
}
