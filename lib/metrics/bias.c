#include "binet/bias.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "metrics/consistency.h"
#include "metrics/correctness.h"
#include "metrics/interval.h"

enum { MOST_CATEGORIES = 65536, NO_CATEGORY = -1 };

/* ---- Shape bias -------------------------------------------------------------------------------------------------- */

typedef struct answers {
    const binet_array *responses;
    const binet_array *shapes;
    const binet_array *textures;
    int64_t n;
    int32_t n_categories;
} answers;

static binet_status check_answers(answers *given, binet_error *error)
{
    binet_status status = binet__check_vector(given->responses, "responses", BINET__DTYPES_INTEGER, &given->n, error);
    status = status == BINET_OK ? binet__check_vector(given->shapes, "shapes", BINET__DTYPES_INTEGER, &given->n, error)
                                : status;
    return status == BINET_OK
               ? binet__check_vector(given->textures, "textures", BINET__DTYPES_INTEGER, &given->n, error)
               : status;
}

static binet_status read_options(const binet_shape_bias_options *options, binet_shape_bias_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    if (given->n_categories < 0 || given->n_categories > MOST_CATEGORIES) {
        return binet__fail_argument(error, "options",
                                    "options->n_categories is %d; allowed: 1 .. %d, or 0 for the number in use",
                                    (int)given->n_categories, MOST_CATEGORIES);
    }
    return binet__check_confidence_level(&given->confidence_level, error);
}

/* Check that every index is low .. n_categories - 1. */
static binet_status check_indices(const binet_array *array, const char *argument, int64_t low, int32_t n_categories,
                                  binet_error *error)
{
    for (int64_t i = 0; i < array->shape[0]; i++) {
        int64_t index = binet__integer_at(array, i);
        if (index < low || index >= n_categories) {
            return binet__fail(error, BINET_INVALID_DATA, argument, i, "%s[%lld] is %lld; allowed: %lld .. %d%s",
                               argument, (long long)i, (long long)index, (long long)low, (int)n_categories - 1,
                               low == NO_CATEGORY ? ", where -1 is none of the categories" : "");
        }
    }
    return BINET_OK;
}

/* One more than the largest index, which is in range. */
static int32_t count_categories(const binet_array *array, int32_t at_least)
{
    int32_t n_categories = at_least;
    for (int64_t i = 0; i < array->shape[0]; i++) {
        int32_t index = (int32_t)binet__integer_at(array, i);
        n_categories = index < n_categories ? n_categories : index + 1;
    }
    return n_categories;
}

static binet_status check_categories(answers *given, int32_t n_categories, binet_error *error)
{
    int32_t most = n_categories != 0 ? n_categories : MOST_CATEGORIES;
    binet_status status = check_indices(given->shapes, "shapes", 0, most, error);
    status = status == BINET_OK ? check_indices(given->textures, "textures", 0, most, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    given->n_categories =
        n_categories != 0 ? n_categories : count_categories(given->textures, count_categories(given->shapes, 0));
    return check_indices(given->responses, "responses", NO_CATEGORY, given->n_categories, error);
}

static double share_of_shape(int64_t n_shape, int64_t n_texture)
{
    return n_shape + n_texture > 0 ? (double)n_shape / (double)(n_shape + n_texture) : NAN;
}

/* Count into the result and, where they are wanted, into its categories. Nothing can fail any more. */
static void count(const answers *given, binet_shape_bias_result *found)
{
    for (int64_t i = 0; i < given->n; i++) {
        int64_t response = binet__integer_at(given->responses, i);
        int64_t shape = binet__integer_at(given->shapes, i);
        int64_t texture = binet__integer_at(given->textures, i);
        if (shape == texture) {
            continue;
        }
        int says_shape = response == shape;
        int says_texture = response == texture;
        found->n_conflict++;
        found->n_shape += says_shape;
        found->n_texture += says_texture;
        if (found->categories != NULL) {
            binet_shape_bias_category *category = &found->categories[shape];
            category->n_conflict++;
            category->n_shape += says_shape;
            category->n_texture += says_texture;
        }
    }
}

static void summarise(binet_shape_bias_result *found, double level)
{
    found->n_other = found->n_conflict - found->n_shape - found->n_texture;
    found->shape_bias = share_of_shape(found->n_shape, found->n_texture);
    found->low = NAN;
    found->high = NAN;
    if (found->n_shape + found->n_texture > 0) {
        binet__wilson(found->n_shape, found->n_shape + found->n_texture, level, &found->low, &found->high);
    }
    for (int32_t i = 0; found->categories != NULL && i < found->n_categories; i++) {
        binet_shape_bias_category *category = &found->categories[i];
        category->n_other = category->n_conflict - category->n_shape - category->n_texture;
        category->shape_bias = share_of_shape(category->n_shape, category->n_texture);
    }
}

/* Put the caller's categories, which have room for all, into a result of zeros. */
static binet_status read_result(const binet_shape_bias_result *result, const answers *given,
                                binet_shape_bias_result *found, binet_error *error)
{
    binet_shape_bias_result caller;
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&caller, sizeof caller, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (caller.categories != NULL && caller.categories_capacity < given->n_categories) {
        return binet__fail_argument(error, "result",
                                    "result->categories_capacity is %lld; %d categories need at least as many",
                                    (long long)caller.categories_capacity, (int)given->n_categories);
    }
    found->n_categories = given->n_categories;
    found->categories = caller.categories;
    found->categories_capacity = caller.categories_capacity;
    found->n = given->n;
    return BINET_OK;
}

binet_status binet_shape_bias(const binet_context *context, const binet_array *responses, const binet_array *shapes,
                              const binet_array *textures, const binet_shape_bias_options *options,
                              binet_shape_bias_result *result, binet_error *error)
{
    (void)context;
    answers given = {responses, shapes, textures, 0, 0};
    binet_shape_bias_options chosen;
    binet_shape_bias_result found = {0};
    binet_status status = check_answers(&given, error);
    status = status == BINET_OK ? read_options(options, &chosen, error) : status;
    status = status == BINET_OK ? check_categories(&given, chosen.n_categories, error) : status;
    status = status == BINET_OK ? read_result(result, &given, &found, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (found.categories != NULL) {
        memset(found.categories, 0, (size_t)found.n_categories * sizeof *found.categories);
    }
    count(&given, &found);
    summarise(&found, chosen.confidence_level);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}

/* ---- Error consistency ------------------------------------------------------------------------------------------- */

static int64_t count_agreement(const binet_array *correct_a, const binet_array *correct_b)
{
    const unsigned char *a = correct_a->data;
    const unsigned char *b = correct_b->data;
    int64_t same = 0;
    for (int64_t i = 0; i < correct_a->shape[0]; i++) {
        same += a[i * correct_a->strides[0]] == b[i * correct_b->strides[0]];
    }
    return same;
}

static void compare(int64_t n_a, int64_t n_b, int64_t n_same, binet_error_consistency_result *found)
{
    double n = (double)found->n;
    double right_a = (double)n_a;
    double right_b = (double)n_b;
    double by_chance = right_a * right_b + (n - right_a) * (n - right_b);
    found->accuracy_a = right_a / n;
    found->accuracy_b = right_b / n;
    found->observed = (double)n_same / n;
    found->expected = by_chance / (n * n);
    found->kappa = binet__kappa(found->n, n_a, n_b, found->n - n_same);
}

binet_status binet_error_consistency(const binet_context *context, const binet_array *correct_a,
                                     const binet_array *correct_b, binet_error_consistency_result *result,
                                     binet_error *error)
{
    (void)context;
    binet_error_consistency_result found = {0};
    int64_t n_a = 0;
    int64_t n_b = 0;
    binet_status status = binet__check_vector(correct_a, "correct_a", BINET__DTYPE(BINET_U8), &found.n, error);
    status = status == BINET_OK ? binet__check_vector(correct_b, "correct_b", BINET__DTYPE(BINET_U8), &found.n, error)
                                : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? binet__count_correct(correct_a, "correct_a", &n_a, error) : status;
    status = status == BINET_OK ? binet__count_correct(correct_b, "correct_b", &n_b, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    compare(n_a, n_b, count_agreement(correct_a, correct_b), &found);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}
