/* Sort and Search: the order is that of the counts, and a model is placed where its answers say, at both ends too. */
#include "binet/selection.h"

#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

static binet_array matrix_of(const unsigned char *values, int64_t n_models, int64_t n_samples)
{
    binet_array array = {values, BINET_U8, 2, {n_models, n_samples}, {n_samples, 1}};
    return array;
}

static binet_array bytes_of(const unsigned char *values, int64_t n)
{
    binet_array array = {values, BINET_U8, 1, {n}, {1}};
    return array;
}

static binet_array longs_of(const int64_t *values, int64_t n)
{
    return scores_vector(values, BINET_I64, n);
}

static void the_easiest_come_first_and_ties_keep_their_order(void)
{
    static const unsigned char correct[] = {1, 0, 1, 1, 0, /**/ 0, 0, 1, 1, 0, /**/ 0, 1, 1, 0, 0};
    int64_t order[5];
    binet_array matrix = matrix_of(correct, 3, 5);
    CHECK_INT(binet_sort_by_difficulty(NULL, &matrix, order, NULL), BINET_OK);
    static const int64_t expected[] = {2, 3, 0, 1, 4}; /* 3, 2, 1, 1 and 0 models */
    for (int i = 0; i < 5; i++) {
        CHECK_INT(order[i], expected[i]);
    }
    /* Read backwards by its strides, it is the mirror image but for ties. */
    binet_array mirrored = matrix;
    mirrored.data = correct + 4;
    mirrored.strides[1] = -1;
    CHECK_INT(binet_sort_by_difficulty(NULL, &mirrored, order, NULL), BINET_OK);
    static const int64_t mirror[] = {2, 1, 3, 4, 0};
    for (int i = 0; i < 5; i++) {
        CHECK_INT(order[i], mirror[i]);
    }
}

static void queries_lie_in_the_middle_of_their_shares(void)
{
    int64_t places[7];
    CHECK_INT(binet_query_places(10, 5, places, NULL), BINET_OK);
    for (int64_t i = 0; i < 5; i++) {
        CHECK_INT(places[i], 2 * i + 1);
    }
    CHECK_INT(binet_query_places(7, 7, places, NULL), BINET_OK);
    CHECK_INT(places[0], 0);
    CHECK_INT(places[6], 6);
    CHECK_INT(binet_query_places(INT32_MAX, 3, places, NULL), BINET_OK);
    CHECK_INT(places[2], 1789569705); /* floor(5/6 (2^31 - 1)) */
    binet_error error;
    CHECK_INT(binet_query_places(7, 8, places, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "n_queries");
    CHECK_INT(binet_query_places(7, 0, places, NULL), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_query_places(0, 1, places, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "n_samples");
    CHECK_INT(binet_query_places(7, 7, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "places");
}

static binet_placement_result placed(const int64_t *places, const unsigned char *correct, int64_t n, int64_t n_samples)
{
    binet_placement_result result = {.struct_size = sizeof result};
    binet_array at = longs_of(places, n);
    binet_array right = bytes_of(correct, n);
    CHECK_INT(binet_place_model(NULL, &at, &right, n_samples, 0, &result, NULL), BINET_OK);
    return result;
}

static void a_model_is_placed_between_right_and_wrong(void)
{
    static const int64_t places[] = {1, 3, 5, 7, 9};
    static const unsigned char follows[] = {1, 1, 1, 0, 0};
    binet_placement_result result = placed(places, follows, 5, 10);
    CHECK_INT(result.threshold, 7); /* 5 is right, 7 is wrong: 6 or 7 of them, rounded up */
    CHECK_NEAR(result.accuracy, 0.7, 1e-16);
    CHECK_INT(result.n_correct, 3);
    CHECK_INT(result.n_disagree, 0);
    CHECK_INT(result.n_queries, 5);
    CHECK_INT(result.n_samples, 10);
    CHECK_NEAR(result.low, 0.230724, 1e-6); /* Wilson, 3 of 5 */
    CHECK_NEAR(result.high, 0.882379, 1e-6);
    static const unsigned char strays[] = {1, 0, 1, 1, 0};
    result = placed(places, strays, 5, 10);
    CHECK_INT(result.threshold, 9);
    CHECK_INT(result.n_disagree, 1);
}

/* The published code takes the place of the best cut for the cut itself: it can place no model at N. */
static void all_and_none_are_placed_at_the_ends(void)
{
    static const int64_t places[] = {1, 3, 5, 7, 9};
    static const unsigned char all[] = {1, 1, 1, 1, 1};
    static const unsigned char none[] = {0, 0, 0, 0, 0};
    static const unsigned char first[] = {1, 0, 0, 0, 0};
    CHECK_INT(placed(places, all, 5, 10).threshold, 10);
    CHECK_INT(placed(places, none, 5, 10).threshold, 0);
    CHECK_INT(placed(places, first, 5, 10).threshold, 3);
    CHECK_NEAR(placed(places, all, 5, 10).accuracy, 1.0, 0.0);
    CHECK_NEAR(placed(places, none, 5, 10).accuracy, 0.0, 0.0);
    CHECK_INT(placed(places, all, 1, 2).threshold, 2);
    CHECK_INT(placed(places, none, 1, 2).threshold, 0);
}

static void equal_cuts_go_to_the_one_nearest_to_the_count(void)
{
    static const int64_t places[] = {0, 1, 2, 3};
    static const unsigned char backwards[] = {0, 0, 1, 1}; /* cuts 0 and 4 disagree twice, 2 lies nearer but has 4 */
    binet_placement_result result = placed(places, backwards, 4, 4);
    CHECK_INT(result.n_disagree, 2);
    CHECK_INT(result.threshold, 0);                      /* |0 - 2| = |4 - 2|: the lower */
    static const unsigned char swapped[] = {1, 0, 1, 0}; /* cuts 1 and 3 disagree once, both 1 from 2 */
    result = placed(places, swapped, 4, 4);
    CHECK_INT(result.n_disagree, 1);
    CHECK_INT(result.threshold, 1);
    static const unsigned char late[] = {0, 1, 1, 0, 1}; /* cuts 3 and 5 disagree twice; 3 are right */
    static const int64_t five[] = {0, 1, 2, 3, 4};
    CHECK_INT(placed(five, late, 5, 5).threshold, 3);
}

/* With every sample asked, the threshold is the best there is: brute force over all of them. */
static void with_all_queries_the_threshold_is_the_best_of_all(void)
{
    enum { N = 23 };
    uint64_t state = 5;
    int64_t places[N];
    unsigned char correct[N];
    for (int round = 0; round < 200; round++) {
        int64_t n_correct = 0;
        for (int64_t i = 0; i < N; i++) {
            places[i] = i;
            correct[i] = scores_next(&state) >> 40 & 1;
            n_correct += correct[i];
        }
        int64_t fewest = N + 1;
        for (int64_t cut = 0; cut <= N; cut++) {
            int64_t disagree = 0;
            for (int64_t i = 0; i < N; i++) {
                disagree += correct[i] != (i < cut);
            }
            fewest = disagree < fewest ? disagree : fewest;
        }
        binet_placement_result result = placed(places, correct, N, N);
        CHECK_INT(result.n_disagree, fewest);
        CHECK_INT(result.n_correct, n_correct);
        binet_placement_error_result truth = {.struct_size = sizeof truth};
        binet_array order = longs_of(places, N);
        binet_array right = bytes_of(correct, N);
        CHECK_INT(binet_placement_error(NULL, &order, &right, result.threshold, &truth, NULL), BINET_OK);
        CHECK_INT(truth.n_disagree, fewest);
        CHECK_INT(truth.n_correct, n_correct);
        CHECK_NEAR(truth.sample_error, (double)fewest / N, 0.0);
        CHECK(truth.dataset_error <= truth.sample_error);
    }
}

static void the_order_says_which_samples_are_taken_for_right(void)
{
    static const int64_t order_values[] = {2, 0, 3, 1};
    static const unsigned char correct[] = {1, 1, 1, 0};
    binet_array order = longs_of(order_values, 4);
    binet_array right = bytes_of(correct, 4);
    binet_placement_error_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_placement_error(NULL, &order, &right, 2, &result, NULL), BINET_OK);
    CHECK_INT(result.n_disagree, 1); /* sample 1, which comes last, is right */
    CHECK_NEAR(result.dataset_error, 0.25, 0.0);
    CHECK_INT(binet_placement_error(NULL, &order, &right, 4, &result, NULL), BINET_OK);
    CHECK_INT(result.n_disagree, 1); /* sample 3 */
    CHECK_NEAR(result.dataset_error, 0.25, 0.0);
}

static void bad_input_is_named(void)
{
    unsigned char correct[] = {1, 0, 2, 1};
    int64_t order[4] = {-7, -7, -7, -7};
    binet_error error;
    binet_array matrix = matrix_of(correct, 2, 2);
    CHECK_INT(binet_sort_by_difficulty(NULL, &matrix, order, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "correct");
    CHECK_INT(error.element, 2);
    CHECK_INT(order[0], -7);
    CHECK_INT(binet_sort_by_difficulty(NULL, NULL, order, &error), BINET_INVALID_ARGUMENT);
    matrix = matrix_of(correct, 0, 2);
    CHECK_INT(binet_sort_by_difficulty(NULL, &matrix, order, &error), BINET_INVALID_ARGUMENT);
    matrix = matrix_of(correct, 1, 2);
    CHECK_INT(binet_sort_by_difficulty(NULL, &matrix, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "order");

    static const int64_t falling[] = {3, 3};
    binet_array places = longs_of(falling, 2);
    binet_array right = bytes_of(correct, 2);
    binet_placement_result placement = {.struct_size = sizeof placement, .threshold = -7};
    CHECK_INT(binet_place_model(NULL, &places, &right, 4, 0, &placement, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "places");
    CHECK_INT(error.element, 1);
    CHECK_INT(binet_place_model(NULL, &places, &right, 3, 0, &placement, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 0);
    static const int64_t rising[] = {0, 3};
    places = longs_of(rising, 2);
    right = bytes_of(correct, 3);
    CHECK_INT(binet_place_model(NULL, &places, &right, 4, 0, &placement, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "correct");
    right = bytes_of(correct + 1, 2);
    CHECK_INT(binet_place_model(NULL, &places, &right, 4, 0, &placement, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 1);
    right = bytes_of(correct, 2);
    CHECK_INT(binet_place_model(NULL, &places, &right, 4, 1.0, &placement, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "confidence_level");
    CHECK_INT(placement.threshold, -7);

    static const int64_t twice[] = {0, 1, 1, 2};
    static const int64_t beyond[] = {0, 1, 4, 2};
    static const unsigned char good[] = {1, 0, 1, 0};
    binet_array samples = longs_of(twice, 4);
    binet_placement_error_result truth = {.struct_size = sizeof truth, .n_samples = -7};
    right = bytes_of(good, 4);
    CHECK_INT(binet_placement_error(NULL, &samples, &right, 2, &truth, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "order");
    CHECK_INT(error.element, 2);
    samples = longs_of(beyond, 4);
    CHECK_INT(binet_placement_error(NULL, &samples, &right, 2, &truth, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 2);
    CHECK_INT(binet_placement_error(NULL, &samples, &right, 5, &truth, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "threshold");
    CHECK_INT(truth.n_samples, -7);
}

static void memory_that_runs_out_is_given_back(void)
{
    static const unsigned char correct[] = {1, 0, 1, 1, 0, 0};
    static const int64_t samples[] = {1, 0, 2};
    binet_array matrix = matrix_of(correct, 2, 3);
    binet_array order = longs_of(samples, 3);
    binet_array right = bytes_of(correct, 3);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        int64_t made[3] = {-7, -7, -7};
        binet_status status = binet_sort_by_difficulty(context, &matrix, made, NULL);
        CHECK((made[0] == -7) == (status != BINET_OK));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    FAILING_ALLOCATOR_LOOP(again, other)
    {
        binet_placement_error_result truth = {.struct_size = sizeof truth, .n_samples = -7};
        binet_status status = binet_placement_error(other, &order, &right, 1, &truth, NULL);
        CHECK((truth.n_samples == -7) == (status != BINET_OK));
        failing_allocator_next(&again, status);
    }
    binet_context_destroy(other);
}

int main(void)
{
    RUN(the_easiest_come_first_and_ties_keep_their_order);
    RUN(queries_lie_in_the_middle_of_their_shares);
    RUN(a_model_is_placed_between_right_and_wrong);
    RUN(all_and_none_are_placed_at_the_ends);
    RUN(equal_cuts_go_to_the_one_nearest_to_the_count);
    RUN(with_all_queries_the_threshold_is_the_best_of_all);
    RUN(the_order_says_which_samples_are_taken_for_right);
    RUN(bad_input_is_named);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
