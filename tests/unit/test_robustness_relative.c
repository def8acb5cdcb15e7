/* Relative accuracies and their means by hand, object focus, and what is refused. */
#include "binet/robustness.h"

#include <math.h>

#include "check.h"
#include "scores.h"

enum { M = 4 };

static const double shifted[M] = {0.5, 0.25, 0.75, 0.125};
static const int64_t counts[M] = {100, 200, 400, 80};

static binet_array same_for_all(const double *value)
{
    binet_array array = {value, BINET_F64, 1, {M}, {0}};
    return array;
}

static void means_are_those_by_hand(void)
{
    double clean = 0.5;
    binet_array s = scores_vector(shifted, BINET_F64, M);
    binet_array c = same_for_all(&clean);
    binet_relative_accuracy_set sets[M];
    binet_relative_accuracy_result result = {.struct_size = sizeof result, .sets = sets, .sets_capacity = M};
    CHECK_INT(binet_relative_accuracy(NULL, &s, NULL, &c, NULL, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n_sets, M);
    CHECK_NEAR(result.accuracy, 0.40625, 0.0);
    CHECK_NEAR(result.relative, 0.8125, 0.0);
    CHECK_NEAR(result.drop, 0.09375, 0.0);
    CHECK_NEAR(result.geometric, pow(1.0 * 0.5 * 1.5 * 0.25, 0.25), 1e-15);
    CHECK_NEAR(sets[2].relative, 1.5, 0.0);
    CHECK_NEAR(sets[2].drop, -0.25, 0.0);
    CHECK(isnan(result.low) && isnan(result.relative_high) && isnan(result.geometric_low) && isnan(sets[0].high));
    static const double with_zero[M] = {0.5, 0.0, 0.5, 0.5};
    binet_array z = scores_vector(with_zero, BINET_F64, M);
    CHECK_INT(binet_relative_accuracy(NULL, &z, NULL, &c, NULL, NULL, &result, NULL), BINET_OK);
    CHECK_NEAR(result.geometric, 0.0, 0.0);
}

static void intervals_need_the_numbers_of_images(void)
{
    static const double clean[M] = {0.75, 0.75, 0.875, 0.625};
    static const int64_t some[M] = {100, 0, 400, 80};
    binet_array s = scores_vector(shifted, BINET_F64, M);
    binet_array c = scores_vector(clean, BINET_F64, M);
    binet_array n = scores_vector(counts, BINET_I64, M);
    binet_array n_some = scores_vector(some, BINET_I64, M);
    binet_relative_accuracy_set sets[M];
    binet_relative_accuracy_result result = {.struct_size = sizeof result, .sets = sets, .sets_capacity = M};
    CHECK_INT(binet_relative_accuracy(NULL, &s, &n, &c, &n, NULL, &result, NULL), BINET_OK);
    /* scipy 1.17.1: stats.binomtest(50, 100).proportion_ci(0.95, method="wilson"). */
    CHECK_NEAR(sets[0].low, 0.4038315303659956, 1e-14);
    CHECK_NEAR(sets[0].high, 0.5961684696340044, 1e-14);
    for (int i = 0; i < M; i++) {
        CHECK(sets[i].relative_low < sets[i].relative && sets[i].relative < sets[i].relative_high);
    }
    CHECK(result.geometric_low < result.geometric && result.geometric < result.geometric_high);
    CHECK_NEAR(result.low, (sets[0].low + sets[1].low + sets[2].low + sets[3].low) / 4, 1e-15);
    binet_relative_accuracy_options half = {sizeof half, 0, 0.5};
    double width = result.relative_high - result.relative_low;
    CHECK_INT(binet_relative_accuracy(NULL, &s, &n, &c, &n, &half, &result, NULL), BINET_OK);
    CHECK(result.relative_high - result.relative_low < width);
    CHECK_INT(binet_relative_accuracy(NULL, &s, &n_some, &c, &n, NULL, &result, NULL), BINET_OK);
    CHECK(isnan(sets[1].low) && isnan(sets[1].relative_low) && isnan(result.low) && isnan(result.geometric_high));
    CHECK(!isnan(sets[0].relative_low) && result.relative > 0.0);
}

/* A clean accuracy next to 0 makes relatives that are large, and a number of images that no set has is still one. */
static void numbers_of_any_size_give_numbers(void)
{
    static const double clean[M] = {1e-30, 0.5, 0.5, 1.0};
    static const double all_right[M] = {1.0, 0.5, 0.25, 1.0};
    static const int64_t huge[M] = {INT64_MAX, INT64_MAX, INT64_MAX - 1, 1};
    binet_array s = scores_vector(all_right, BINET_F64, M);
    binet_array c = scores_vector(clean, BINET_F64, M);
    binet_array n = scores_vector(huge, BINET_I64, M);
    binet_relative_accuracy_set sets[M];
    binet_relative_accuracy_result result = {.struct_size = sizeof result, .sets = sets, .sets_capacity = M};
    CHECK_INT(binet_relative_accuracy(NULL, &s, &n, &c, &n, NULL, &result, NULL), BINET_OK);
    CHECK_NEAR(result.relative / 2.5e29, 1.0, 1e-14);
    for (int i = 0; i < M; i++) {
        CHECK(sets[i].low <= sets[i].accuracy && sets[i].accuracy <= sets[i].high);
        CHECK(sets[i].relative_low <= sets[i].relative && sets[i].relative <= sets[i].relative_high);
    }
    CHECK_NEAR(sets[0].high - sets[0].low, 0.0, 1e-15);
}

static void refused(const double *values, const int64_t *n_images, double clean, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    binet_array s = scores_vector(values, BINET_F64, M);
    binet_array n = scores_vector(n_images, BINET_I64, M);
    binet_array c = same_for_all(&clean);
    binet_relative_accuracy_result result = {.struct_size = sizeof result, .relative = 7.0};
    binet_error error;
    CHECK_INT(binet_relative_accuracy(NULL, &s, &n, &c, NULL, NULL, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(result.relative == 7.0);
}

static void accuracies_that_cannot_be_are_named(void)
{
    static const double beyond[M] = {0.5, 0.5, 1.5, 0.5};
    static const double unknown[M] = {0.5, NAN, 0.5, 0.5};
    static const int64_t negative[M] = {1, 1, 1, -1};
    refused(beyond, counts, 0.5, BINET_INVALID_DATA, "shifted", 2, "shifted[2] is 1.5; allowed: 0 .. 1");
    refused(unknown, counts, 0.5, BINET_INVALID_DATA, "shifted", 1, "shifted[1] is");
    refused(shifted, negative, 0.5, BINET_INVALID_DATA, "counts", 3, "counts[3] is -1");
    refused(shifted, counts, 0.0, BINET_INVALID_DATA, "clean", 0, "clean[0] is 0; nothing can be divided by it");
    refused(shifted, counts, -0.5, BINET_INVALID_DATA, "clean", 0, "clean[0] is -0.5");
    double clean = 0.5;
    binet_array s = scores_vector(shifted, BINET_F64, M);
    binet_array few = scores_vector(shifted, BINET_F64, M - 1);
    binet_array c = same_for_all(&clean);
    binet_relative_accuracy_set sets[1];
    binet_relative_accuracy_result result = {.struct_size = sizeof result, .sets = sets, .sets_capacity = M - 1};
    binet_relative_accuracy_options options = {sizeof options, 0, 2.0};
    binet_error error;
    CHECK_INT(binet_relative_accuracy(NULL, &s, NULL, &c, NULL, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "sets_capacity is 3; 4 sets");
    CHECK_INT(binet_relative_accuracy(NULL, &few, NULL, &c, NULL, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "clean");
    CHECK_INT(binet_relative_accuracy(NULL, NULL, NULL, &c, NULL, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "shifted");
    CHECK_INT(binet_relative_accuracy(NULL, &s, NULL, &c, NULL, &options, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "confidence_level");
    CHECK_INT(binet_relative_accuracy(NULL, &s, NULL, &c, NULL, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
}

/* ---- Object focus ------------------------------------------------------------------------------------------------ */

static void object_focus_is_the_definition(void)
{
    binet_object_focus_result result = {.struct_size = sizeof result};
    binet_object_focus_options options = {sizeof options, 0, 400, 400, 1000, 0.0};
    CHECK_INT(binet_object_focus(0.75, 0.5, 0.5, NULL, &result, NULL), BINET_OK);
    CHECK_NEAR(result.gap, 0.25, 0.0);
    CHECK_NEAR(result.value, 0.5, 0.0);
    CHECK(isnan(result.low) && isnan(result.high));
    CHECK_INT(binet_object_focus(0.75, 0.5, 0.5, &options, &result, NULL), BINET_OK);
    CHECK(result.low < 0.5 && result.high > 0.5 && result.low > 0.3 && result.high < 0.7);
    /* The backgrounds of other classes may help. */
    CHECK_INT(binet_object_focus(0.5, 0.75, 0.5, &options, &result, NULL), BINET_OK);
    CHECK_NEAR(result.value, 1.5, 0.0);
    CHECK(result.low < 1.5 && result.high > 1.5);
    options.n_clean = 0;
    CHECK_INT(binet_object_focus(0.75, 0.5, 0.5, &options, &result, NULL), BINET_OK);
    CHECK(isnan(result.low) && isnan(result.high));
}

static void focus_that_cannot_be_is_named(void)
{
    binet_object_focus_result result = {.struct_size = sizeof result, .value = 7.0};
    binet_object_focus_options options = {sizeof options, 0, -1, 400, 1000, 0.0};
    binet_error error;
    CHECK_INT(binet_object_focus(0.75, 0.5, 0.0, NULL, &result, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "clean");
    CHECK_CONTAINS(error.message, "clean is 0");
    CHECK_INT(binet_object_focus(1.75, 0.5, 0.5, NULL, &result, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "mixed_same");
    CHECK_INT(binet_object_focus(0.75, NAN, 0.5, NULL, &result, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "mixed_rand");
    CHECK_INT(binet_object_focus(0.75, 0.5, 0.5, &options, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "options");
    CHECK_INT(binet_object_focus(0.75, 0.5, 0.5, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK(result.value == 7.0);
}

int main(void)
{
    RUN(means_are_those_by_hand);
    RUN(intervals_need_the_numbers_of_images);
    RUN(numbers_of_any_size_give_numbers);
    RUN(accuracies_that_cannot_be_are_named);
    RUN(object_focus_is_the_definition);
    RUN(focus_that_cannot_be_is_named);
    return check_result();
}
