/* Shape bias counts conflict images only, exactly, whatever the order of the rows. */
#include "binet/bias.h"

#include <math.h>
#include <stddef.h>

#include "check.h"
#include "scores.h"

enum { N = 500, K = 7 };

static int64_t responses[N];
static int64_t shapes[N];
static int64_t textures[N];

/* Responses of which some are -1, and shapes and textures of which some agree. */
static void fill(void)
{
    scores_labels(responses, N, K + 1, 1);
    scores_labels(shapes, N, K, 2);
    scores_labels(textures, N, K, 3);
    for (int i = 0; i < N; i++) {
        responses[i]--;
    }
}

static binet_status measure(const binet_shape_bias_options *options, binet_shape_bias_result *result,
                            binet_error *error)
{
    binet_array of_responses = scores_vector(responses, BINET_I64, N);
    binet_array of_shapes = scores_vector(shapes, BINET_I64, N);
    binet_array of_textures = scores_vector(textures, BINET_I64, N);
    return binet_shape_bias(NULL, &of_responses, &of_shapes, &of_textures, options, result, error);
}

static void only_conflict_images_count(void)
{
    /* Shape, texture, other, none, no conflict, and a category that is never a shape. */
    const int32_t answer[] = {0, 1, 2, -1, 2, 0};
    const int32_t shape[] = {0, 0, 0, 1, 2, 0};
    const int32_t texture[] = {1, 1, 1, 0, 2, 3};
    binet_array a = scores_vector(answer, BINET_I32, 6);
    binet_array s = scores_vector(shape, BINET_I32, 6);
    binet_array t = scores_vector(texture, BINET_I32, 6);
    binet_shape_bias_category rooms[4];
    binet_shape_bias_result result = {.struct_size = sizeof result, .categories = rooms, .categories_capacity = 4};
    CHECK_INT(binet_shape_bias(NULL, &a, &s, &t, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n_categories, 4);
    CHECK_INT(result.n, 6);
    CHECK_INT(result.n_conflict, 5);
    CHECK_INT(result.n_shape, 2);
    CHECK_INT(result.n_texture, 1);
    CHECK_INT(result.n_other, 2);
    CHECK_NEAR(result.shape_bias, 2.0 / 3.0, 0.0);
    /* scipy 1.17.1: stats.binomtest(2, 3).proportion_ci(0.95, method="wilson"). */
    CHECK_NEAR(result.low, 0.20765960080204782, 1e-14);
    CHECK_NEAR(result.high, 0.9385080552796038, 1e-14);
    static const int64_t counts[4][4] = {{4, 2, 1, 1}, {1, 0, 0, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}};
    for (int i = 0; i < 4; i++) {
        CHECK_INT(rooms[i].n_conflict, counts[i][0]);
        CHECK_INT(rooms[i].n_shape, counts[i][1]);
        CHECK_INT(rooms[i].n_texture, counts[i][2]);
        CHECK_INT(rooms[i].n_other, counts[i][3]);
        CHECK((i == 0) == !isnan(rooms[i].shape_bias));
    }
    CHECK_NEAR(rooms[0].shape_bias, 2.0 / 3.0, 0.0);
}

static void categories_add_up_to_the_whole(void)
{
    fill();
    binet_shape_bias_category rooms[K];
    binet_shape_bias_category sum = {0};
    binet_shape_bias_result result = {.struct_size = sizeof result, .categories = rooms, .categories_capacity = K};
    CHECK_INT(measure(NULL, &result, NULL), BINET_OK);
    for (int i = 0; i < K; i++) {
        sum.n_conflict += rooms[i].n_conflict;
        sum.n_shape += rooms[i].n_shape;
        sum.n_texture += rooms[i].n_texture;
        sum.n_other += rooms[i].n_other;
    }
    CHECK_INT(sum.n_conflict, result.n_conflict);
    CHECK_INT(sum.n_shape, result.n_shape);
    CHECK_INT(sum.n_texture, result.n_texture);
    CHECK_INT(sum.n_other, result.n_other);
    CHECK(result.n_conflict > 0 && result.n_conflict < N && result.n_shape > 0 && result.n_texture > 0);
    CHECK_INT(result.n_shape + result.n_texture + result.n_other, result.n_conflict);
}

static void neither_cue_named_is_no_share_but_counts(void)
{
    fill();
    for (int i = 0; i < N; i++) {
        responses[i] = -1;
    }
    binet_shape_bias_category rooms[K];
    binet_shape_bias_result result = {.struct_size = sizeof result, .categories = rooms, .categories_capacity = K};
    CHECK_INT(measure(NULL, &result, NULL), BINET_OK);
    CHECK(isnan(result.shape_bias) && isnan(result.low) && isnan(result.high));
    CHECK(result.n_conflict > 0);
    CHECK_INT(result.n_other, result.n_conflict);
    /* No conflict image at all is likewise. */
    memcpy(textures, shapes, sizeof textures);
    CHECK_INT(measure(NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n, N);
    CHECK_INT(result.n_conflict, 0);
    CHECK(isnan(result.shape_bias) && isnan(rooms[0].shape_bias));
}

static void swapped_cues_give_the_complement(void)
{
    fill();
    binet_array r = scores_vector(responses, BINET_I64, N);
    binet_array s = scores_vector(shapes, BINET_I64, N);
    binet_array t = scores_vector(textures, BINET_I64, N);
    binet_shape_bias_result one = {.struct_size = sizeof one};
    binet_shape_bias_result two = {.struct_size = sizeof two};
    CHECK_INT(binet_shape_bias(NULL, &r, &s, &t, NULL, &one, NULL), BINET_OK);
    CHECK_INT(binet_shape_bias(NULL, &r, &t, &s, NULL, &two, NULL), BINET_OK);
    CHECK_INT(two.n_shape, one.n_texture);
    CHECK_INT(two.n_texture, one.n_shape);
    CHECK_NEAR(two.shape_bias, 1.0 - one.shape_bias, 1e-15);
    CHECK_NEAR(two.low, 1.0 - one.high, 1e-14);
    CHECK_NEAR(two.high, 1.0 - one.low, 1e-14);
}

static void order_strides_and_dtype_change_nothing(void)
{
    fill();
    static int32_t narrow[3][2 * N];
    for (int i = 0; i < N; i++) {
        narrow[0][2 * i] = (int32_t)responses[i];
        narrow[1][2 * i] = (int32_t)shapes[i];
        narrow[2][2 * i] = (int32_t)textures[i];
    }
    binet_array backwards[3];
    for (int i = 0; i < 3; i++) {
        backwards[i] = (binet_array){&narrow[i][2 * (N - 1)], BINET_I32, 1, {N}, {-8}};
    }
    binet_shape_bias_category rooms[2][K];
    binet_shape_bias_result one = {.struct_size = sizeof one, .categories = rooms[0], .categories_capacity = K};
    binet_shape_bias_result two = {.struct_size = sizeof two, .categories = rooms[1], .categories_capacity = K};
    CHECK_INT(measure(NULL, &one, NULL), BINET_OK);
    CHECK_INT(binet_shape_bias(NULL, &backwards[0], &backwards[1], &backwards[2], NULL, &two, NULL), BINET_OK);
    CHECK(memcmp(rooms[0], rooms[1], sizeof rooms[0]) == 0);
    two.categories = one.categories;
    CHECK(memcmp(&one, &two, sizeof one) == 0);
}

static void the_number_of_categories_may_be_said(void)
{
    fill();
    static binet_shape_bias_category rooms[65536];
    binet_shape_bias_options options = {sizeof options, 65536, 0.5};
    binet_shape_bias_result result = {.struct_size = sizeof result, .categories = rooms, .categories_capacity = 65536};
    binet_shape_bias_result usual = {.struct_size = sizeof usual};
    responses[0] = 65535;
    CHECK_INT(measure(&options, &result, NULL), BINET_OK);
    CHECK_INT(result.n_categories, 65536);
    CHECK_INT(rooms[65535].n_conflict, 0);
    CHECK(isnan(rooms[65535].shape_bias));
    responses[0] = -1;
    CHECK_INT(measure(NULL, &usual, NULL), BINET_OK);
    CHECK_INT(usual.n_categories, K);
    CHECK(usual.low < result.low && result.high < usual.high); /* 50 % is narrower than 95 % */
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

typedef struct shape_bias_inputs {
    binet_array responses;
    binet_array shapes;
    binet_array textures;
} shape_bias_inputs;

static shape_bias_inputs good_inputs(void)
{
    fill();
    shape_bias_inputs inputs = {scores_vector(responses, BINET_I64, N), scores_vector(shapes, BINET_I64, N),
                                scores_vector(textures, BINET_I64, N)};
    return inputs;
}

/* Refused, with the result and the categories as they were. */
static void refused(const shape_bias_inputs *inputs, const binet_shape_bias_options *options, int64_t capacity,
                    binet_status status, const char *argument, int64_t element, const char *why)
{
    binet_shape_bias_category rooms[K];
    binet_shape_bias_category rooms_before[K];
    binet_shape_bias_result result;
    binet_shape_bias_result before;
    binet_error error;
    memset(rooms, 0x5A, sizeof rooms);
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    result.categories = rooms;
    result.categories_capacity = capacity;
    result.n_shape = 77;
    memcpy(rooms_before, rooms, sizeof rooms);
    memcpy(&before, &result, sizeof result);
    CHECK_INT(binet_shape_bias(NULL, &inputs->responses, &inputs->shapes, &inputs->textures, options, &result, &error),
              status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(memcmp(&before, &result, sizeof result) == 0);
    CHECK(memcmp(rooms_before, rooms, sizeof rooms) == 0);
}

static void indices_out_of_range_are_named(void)
{
    shape_bias_inputs inputs = good_inputs();
    int64_t saved = responses[41];
    responses[41] = K;
    refused(&inputs, NULL, K, BINET_INVALID_DATA, "responses", 41,
            "responses[41] is 7; allowed: -1 .. 6, where -1 is none");
    responses[41] = -2;
    refused(&inputs, NULL, K, BINET_INVALID_DATA, "responses", 41, "-2");
    responses[41] = INT64_MAX;
    refused(&inputs, NULL, K, BINET_INVALID_DATA, "responses", 41, "9223372036854775807");
    responses[41] = saved;
    shapes[3] = -1;
    refused(&inputs, NULL, K, BINET_INVALID_DATA, "shapes", 3, "shapes[3] is -1; allowed: 0 .. 65535");
    shapes[3] = 65536;
    refused(&inputs, NULL, K, BINET_INVALID_DATA, "shapes", 3, "65536");
    shapes[3] = 0;
    textures[N - 1] = INT64_MIN;
    refused(&inputs, NULL, K, BINET_INVALID_DATA, "textures", N - 1, "allowed: 0 .. 65535");
    textures[N - 1] = K - 1;
    binet_shape_bias_options options = {sizeof options, K - 1, 0.0};
    int64_t first = 0;
    while (shapes[first] != K - 1) {
        first++;
    }
    refused(&inputs, &options, K, BINET_INVALID_DATA, "shapes", first, "allowed: 0 .. 5");
}

static void arrays_that_do_not_fit_are_named(void)
{
    shape_bias_inputs inputs = good_inputs();
    inputs.shapes.shape[0] = N - 1;
    refused(&inputs, NULL, K, BINET_INVALID_ARGUMENT, "shapes", -1, "shapes has 499 elements where 500 are needed");
    inputs = good_inputs();
    inputs.textures.shape[0] = N - 1;
    refused(&inputs, NULL, K, BINET_INVALID_ARGUMENT, "textures", -1, "499");
    inputs.responses.shape[0] = 0;
    refused(&inputs, NULL, K, BINET_INVALID_ARGUMENT, "responses", -1, "empty");
    inputs = good_inputs();
    inputs.responses.dtype = BINET_F64;
    refused(&inputs, NULL, K, BINET_INVALID_ARGUMENT, "responses", -1, "dtype");
    inputs = good_inputs();
    inputs.textures.ndim = 2;
    inputs.textures.shape[1] = 1;
    refused(&inputs, NULL, K, BINET_INVALID_ARGUMENT, "textures", -1, "dimension");
    inputs = good_inputs();
    refused(&inputs, NULL, K - 1, BINET_INVALID_ARGUMENT, "result", -1, "categories_capacity is 6; 7 categories");
    binet_shape_bias_result result = {.struct_size = sizeof result};
    binet_error error;
    binet_array *r = &inputs.responses;
    CHECK_INT(binet_shape_bias(NULL, NULL, r, r, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "responses");
    CHECK_INT(binet_shape_bias(NULL, r, NULL, r, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "shapes");
    CHECK_INT(binet_shape_bias(NULL, r, r, NULL, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "textures");
    CHECK_INT(measure(NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
}

static void options_out_of_range_are_named(void)
{
    shape_bias_inputs inputs = good_inputs();
    static const double levels[] = {-0.5, 1.0, 2.0, NAN};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        binet_shape_bias_options options = {sizeof options, 0, levels[i]};
        refused(&inputs, &options, K, BINET_INVALID_ARGUMENT, "options", -1, "confidence_level");
    }
    static const int32_t counts[] = {-1, 65537};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        binet_shape_bias_options options = {sizeof options, counts[i], 0.0};
        refused(&inputs, &options, K, BINET_INVALID_ARGUMENT, "options", -1, "n_categories");
    }
}

/* ---- Structs of every size --------------------------------------------------------------------------------------- */

static void structs_of_every_size_are_served(void)
{
    fill();
    binet_shape_bias_options options = {sizeof options, 9, 0.5};
    binet_shape_bias_result whole = {.struct_size = sizeof whole};
    CHECK_INT(measure(&options, &whole, NULL), BINET_OK);
    for (uint32_t size = sizeof size; size <= sizeof whole; size++) {
        union {
            binet_shape_bias_result result;
            unsigned char bytes[sizeof whole + 8];
        } room;
        memset(&room, 0, sizeof room);
        memset(room.bytes + size, 0xAB, sizeof room.bytes - size);
        room.result.struct_size = size;
        CHECK_INT(measure(&options, &room.result, NULL), BINET_OK);
        CHECK(memcmp(room.bytes + sizeof size, (const char *)&whole + sizeof size, size - sizeof size) == 0);
        CHECK_INT(room.bytes[size], 0xAB);
    }
    for (uint32_t size = 0; size < sizeof size; size++) {
        binet_shape_bias_result tiny = {.struct_size = size};
        CHECK_INT(measure(&options, &tiny, NULL), BINET_INVALID_ARGUMENT);
    }
    /* An old caller's options end before the level: 95 %. */
    options.struct_size = offsetof(binet_shape_bias_options, confidence_level);
    binet_shape_bias_result old = {.struct_size = sizeof old};
    CHECK_INT(measure(&options, &old, NULL), BINET_OK);
    CHECK(old.n_categories == 9 && old.low < whole.low);
    struct {
        binet_shape_bias_options known;
        int64_t unknown;
    } newer = {{sizeof newer, 9, 0.5}, 1};
    CHECK_INT(measure(&newer.known, &old, NULL), BINET_UNSUPPORTED);
    newer.unknown = 0;
    CHECK_INT(measure(&newer.known, &old, NULL), BINET_OK);
    struct {
        binet_shape_bias_result known;
        int64_t unknown;
    } later = {{.struct_size = sizeof later}, 1};
    CHECK_INT(measure(NULL, &later.known, NULL), BINET_UNSUPPORTED);
}

int main(void)
{
    RUN(only_conflict_images_count);
    RUN(categories_add_up_to_the_whole);
    RUN(neither_cue_named_is_no_share_but_counts);
    RUN(swapped_cues_give_the_complement);
    RUN(order_strides_and_dtype_change_nothing);
    RUN(the_number_of_categories_may_be_said);
    RUN(indices_out_of_range_are_named);
    RUN(arrays_that_do_not_fit_are_named);
    RUN(options_out_of_range_are_named);
    RUN(structs_of_every_size_are_served);
    return check_result();
}
