/* AlexNet itself has exactly 100; a missing cell is named or leaves NaN, and nothing is averaged over what is left. */
#include "binet/robustness.h"

#include <math.h>
#include <stddef.h>

#include "check.h"
#include "failing_allocator.h"

enum { C = 15, S = 5 };

static double errors[C][S];
static int64_t counts[C][S];

static void fill(void)
{
    for (int c = 0; c < C; c++) {
        for (int s = 0; s < S; s++) {
            errors[c][s] = (1 + c + 3 * s) / 32.0;
            counts[c][s] = 64;
        }
    }
}

static binet_array matrix(const void *data, int32_t dtype, int64_t n, int64_t m)
{
    binet_array array = {data, dtype, 2, {n, m}, {m * 8, 8}};
    return array;
}

static binet_status measure(double clean_error, const binet_corruption_options *options,
                            binet_corruption_result *result, binet_error *error)
{
    binet_array of_errors = matrix(errors, BINET_F64, C, S);
    binet_array of_counts = matrix(counts, BINET_I64, C, S);
    return binet_corruption_robustness(NULL, &of_errors, &of_counts, clean_error, options, result, error);
}

static void alexnet_itself_has_exactly_100(void)
{
    for (int32_t baseline = BINET_BASELINE_ALEXNET; baseline <= BINET_BASELINE_ALEXNET_ROUNDED; baseline++) {
        double alexnet[C];
        double clean;
        CHECK_INT(binet_corruption_baseline(baseline, alexnet, &clean, NULL), BINET_OK);
        for (int c = 0; c < C; c++) {
            for (int s = 0; s < S; s++) {
                errors[c][s] = alexnet[c];
            }
        }
        binet_corruption_options options = {.struct_size = sizeof options, .baseline = baseline};
        binet_corruption_mean rooms[C];
        binet_corruption_result result = {
            .struct_size = sizeof result, .corruptions = rooms, .corruptions_capacity = C};
        binet_array of_errors = matrix(errors, BINET_F64, C, S);
        CHECK_INT(binet_corruption_robustness(NULL, &of_errors, NULL, clean, &options, &result, NULL), BINET_OK);
        CHECK(result.mce == 100.0 && result.relative_mce == 100.0);
        for (int c = 0; c < C; c++) {
            CHECK(rooms[c].corruption_error == 100.0 && rooms[c].relative_corruption_error == 100.0);
        }
        CHECK(isnan(result.low) && isnan(result.mce_high));
    }
}

static void names_are_those_of_the_folders(void)
{
    CHECK_TEXT(binet_corruption_name(0), "gaussian_noise");
    CHECK_TEXT(binet_corruption_name(9), "fog");
    CHECK_TEXT(binet_corruption_name(14), "jpeg_compression");
    CHECK(binet_corruption_name(-1) == NULL && binet_corruption_name(15) == NULL);
    double alexnet[C];
    double clean;
    binet_error error;
    CHECK_INT(binet_corruption_baseline(BINET_BASELINE_NONE, alexnet, &clean, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "baseline");
    CHECK_INT(binet_corruption_baseline(0, NULL, &clean, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_corruption_baseline(0, alexnet, NULL, &error), BINET_INVALID_ARGUMENT);
}

static void numbers_are_those_by_hand(void)
{
    static const double given[2][3] = {{0.25, 0.5, 0.75}, {0.0, 0.125, 0.25}};
    static const double baseline[2] = {0.75, 0.5};
    binet_array of_errors = matrix(given, BINET_F64, 2, 3);
    binet_corruption_options options = {.struct_size = sizeof options,
                                        .baseline_errors = baseline,
                                        .n_baseline_errors = 2,
                                        .baseline_clean_error = 0.25};
    binet_corruption_mean corruptions[2];
    binet_corruption_mean severities[3];
    binet_corruption_cell cells[6];
    binet_corruption_result result = {
        sizeof result, 0, 0, 0, corruptions, 2, severities, 3, cells, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    CHECK_INT(binet_corruption_robustness(NULL, &of_errors, NULL, 0.125, &options, &result, NULL), BINET_OK);
    CHECK_INT(result.n_corruptions, 2);
    CHECK_INT(result.n_severities, 3);
    CHECK_INT(result.n_missing, 0);
    CHECK_NEAR(result.error, 1.875 / 6, 0.0);
    CHECK_NEAR(corruptions[0].error, 0.5, 0.0);
    CHECK_NEAR(corruptions[0].corruption_error, 100 * 1.5 / 2.25, 1e-13);
    CHECK_NEAR(corruptions[1].corruption_error, 25.0, 0.0);
    CHECK_NEAR(corruptions[0].relative_corruption_error, 75.0, 0.0);
    CHECK_NEAR(corruptions[1].relative_corruption_error, 0.0, 0.0);
    CHECK_NEAR(result.mce, (100 * 1.5 / 2.25 + 25.0) / 2, 1e-13);
    CHECK_NEAR(result.relative_mce, 37.5, 0.0);
    CHECK_NEAR(severities[1].error, 0.3125, 0.0);
    CHECK(isnan(severities[1].corruption_error) && isnan(cells[2].low));
    CHECK_NEAR(cells[4].error, 0.125, 0.0);
    /* Without the clean error, and without the baseline's, there is no relative error. */
    CHECK_INT(binet_corruption_robustness(NULL, &of_errors, NULL, NAN, &options, &result, NULL), BINET_OK);
    CHECK(isnan(result.relative_mce) && isnan(result.clean_error) && result.mce > 0.0);
    options.baseline_clean_error = 0.0;
    CHECK_INT(binet_corruption_robustness(NULL, &of_errors, NULL, 0.125, &options, &result, NULL), BINET_OK);
    CHECK(isnan(result.relative_mce));
    options = (binet_corruption_options){.struct_size = sizeof options, .baseline = BINET_BASELINE_NONE};
    CHECK_INT(binet_corruption_robustness(NULL, &of_errors, NULL, 0.125, &options, &result, NULL), BINET_OK);
    CHECK(isnan(result.mce) && isnan(corruptions[0].corruption_error) && result.error == 0.3125);
}

static void strides_change_nothing(void)
{
    fill();
    binet_corruption_result one = {.struct_size = sizeof one};
    binet_corruption_result two = {.struct_size = sizeof two};
    CHECK_INT(measure(0.25, NULL, &one, NULL), BINET_OK);
    double turned[S][C];
    int32_t narrow[S][C];
    for (int c = 0; c < C; c++) {
        for (int s = 0; s < S; s++) {
            turned[s][c] = errors[c][s];
            narrow[s][c] = (int32_t)counts[c][s];
        }
    }
    binet_array of_errors = {turned, BINET_F64, 2, {C, S}, {8, C * 8}};
    binet_array of_counts = {narrow, BINET_I32, 2, {C, S}, {4, C * 4}};
    CHECK_INT(binet_corruption_robustness(NULL, &of_errors, &of_counts, 0.25, NULL, &two, NULL), BINET_OK);
    CHECK(memcmp(&one, &two, sizeof one) == 0);
    CHECK(one.low < one.error && one.error < one.high && one.mce_low < one.mce && one.mce < one.mce_high);
}

static void what_is_missing_leaves_nan_and_counts(void)
{
    fill();
    errors[9][2] = NAN;
    errors[3][0] = NAN;
    counts[5][1] = 0;
    binet_corruption_options options = {.struct_size = sizeof options, .missing = BINET_MISSING_NAN};
    binet_corruption_mean corruptions[C];
    binet_corruption_mean severities[S];
    binet_corruption_result result = {.struct_size = sizeof result,
                                      .corruptions = corruptions,
                                      .corruptions_capacity = C,
                                      .severities = severities,
                                      .severities_capacity = S};
    CHECK_INT(measure(0.25, &options, &result, NULL), BINET_OK);
    CHECK_INT(result.n_missing, 2);
    CHECK(isnan(result.error) && isnan(result.mce) && isnan(result.relative_mce) && isnan(result.mce_low));
    for (int c = 0; c < C; c++) {
        int gone = c == 9 || c == 3;
        CHECK_INT(corruptions[c].n_missing, gone);
        CHECK(isnan(corruptions[c].error) == gone && isnan(corruptions[c].corruption_error) == gone);
        CHECK(isnan(corruptions[c].low) == (gone || c == 5)); /* of one cell the number of images is unknown */
    }
    for (int s = 0; s < S; s++) {
        CHECK_INT(severities[s].n_missing, s == 2 || s == 0);
        CHECK(isnan(severities[s].error) == (s == 2 || s == 0));
    }
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(double clean_error, const binet_corruption_options *options, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    binet_corruption_mean rooms[C];
    binet_corruption_mean before[C];
    binet_corruption_result result = {
        .struct_size = sizeof result, .corruptions = rooms, .corruptions_capacity = C, .mce = 7.0};
    binet_error error;
    memset(rooms, 0x5A, sizeof rooms);
    memcpy(before, rooms, sizeof rooms);
    CHECK_INT(measure(clean_error, options, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(result.mce == 7.0 && memcmp(rooms, before, sizeof rooms) == 0);
}

static void cells_that_cannot_be_are_named(void)
{
    fill();
    errors[9][2] = NAN;
    refused(0.25, NULL, BINET_INVALID_DATA, "errors", 47, "errors[9, 2] is NaN: fog at severity 3 is missing");
    errors[9][2] = 1.5;
    refused(0.25, NULL, BINET_INVALID_DATA, "errors", 47, "errors[9, 2] is 1.5; allowed: 0 .. 1");
    errors[9][2] = -INFINITY;
    refused(0.25, NULL, BINET_INVALID_DATA, "errors", 47, "-inf");
    fill();
    counts[14][4] = -1;
    refused(0.25, NULL, BINET_INVALID_DATA, "counts", 74, "counts[14, 4] is -1");
    fill();
    refused(1.5, NULL, BINET_INVALID_ARGUMENT, "clean_error", -1, "clean_error is 1.5");
}

static void options_that_cannot_be_are_named(void)
{
    fill();
    double own[C];
    for (int c = 0; c < C; c++) {
        own[c] = 0.5;
    }
    binet_corruption_options options = {.struct_size = sizeof options, .baseline = 3};
    refused(0.25, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->baseline is 3");
    options = (binet_corruption_options){.struct_size = sizeof options, .missing = 2};
    refused(0.25, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->missing is 2");
    options = (binet_corruption_options){.struct_size = sizeof options, .confidence_level = 1.0};
    refused(0.25, &options, BINET_INVALID_ARGUMENT, "options", -1, "confidence_level");
    options = (binet_corruption_options){.struct_size = sizeof options, .baseline_errors = own, .n_baseline_errors = 3};
    refused(0.25, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->baseline_errors has 3 entries");
    options.n_baseline_errors = C;
    own[4] = 0.0;
    refused(0.25, &options, BINET_INVALID_DATA, "options", 4, "options->baseline_errors[4] is 0");
    own[4] = 1e-300;
    refused(0.25, &options, BINET_INVALID_DATA, "options", 4, "options->baseline_errors[4] is 1e-300");
    own[4] = 0.25;
    options.baseline_clean_error = 0.25;
    refused(0.25, &options, BINET_INVALID_DATA, "options", 4, "with a clean error of 0.25");
    options.struct_size = 2;
    refused(0.25, &options, BINET_INVALID_ARGUMENT, "options", -1, "struct_size");
}

static void arrays_and_rooms_that_do_not_fit_are_named(void)
{
    fill();
    binet_error error;
    binet_corruption_mean rooms[C];
    binet_corruption_result result = {.struct_size = sizeof result, .corruptions = rooms, .corruptions_capacity = 14};
    CHECK_INT(measure(0.25, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "result->corruptions_capacity is 14; 15 are needed");
    result = (binet_corruption_result){.struct_size = sizeof result, .severities = rooms, .severities_capacity = 4};
    CHECK_INT(measure(0.25, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "severities_capacity is 4; 5");
    binet_corruption_cell cells[1];
    result = (binet_corruption_result){.struct_size = sizeof result, .cells = cells, .cells_capacity = 74};
    CHECK_INT(measure(0.25, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "cells_capacity is 74; 75");
    CHECK_INT(measure(0.25, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    result = (binet_corruption_result){.struct_size = sizeof result};
    binet_array fourteen = matrix(errors, BINET_F64, 14, S);
    CHECK_INT(binet_corruption_robustness(NULL, &fourteen, NULL, NAN, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "errors has 14 corruptions; AlexNet's are of 15");
    binet_array empty = matrix(errors, BINET_F64, 0, S);
    CHECK_INT(binet_corruption_robustness(NULL, &empty, NULL, NAN, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    binet_array whole = matrix(errors, BINET_F64, C, S);
    CHECK_INT(binet_corruption_robustness(NULL, &whole, &whole, NAN, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "counts");
    binet_array few = matrix(counts, BINET_I64, C, S - 1);
    CHECK_INT(binet_corruption_robustness(NULL, &whole, &few, NAN, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "counts is [15, 4], and errors [15, 5]");
    CHECK_INT(binet_corruption_robustness(NULL, NULL, NULL, NAN, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "errors");
}

static void memory_may_run_out(void)
{
    fill();
    binet_array of_errors = matrix(errors, BINET_F64, C, S);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_corruption_result result = {.struct_size = sizeof result, .mce = 7.0};
        binet_status status = binet_corruption_robustness(context, &of_errors, NULL, 0.25, NULL, &result, NULL);
        CHECK((status == BINET_OK) == (result.mce != 7.0));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

static void structs_of_every_size_are_served(void)
{
    fill();
    binet_corruption_result whole = {.struct_size = sizeof whole};
    CHECK_INT(measure(0.25, NULL, &whole, NULL), BINET_OK);
    for (uint32_t size = sizeof size; size <= sizeof whole; size++) {
        union {
            binet_corruption_result result;
            unsigned char bytes[sizeof whole + 8];
        } room;
        memset(&room, 0, sizeof room);
        memset(room.bytes + size, 0xAB, sizeof room.bytes - size);
        room.result.struct_size = size;
        CHECK_INT(measure(0.25, NULL, &room.result, NULL), BINET_OK);
        CHECK(memcmp(room.bytes + sizeof size, (const char *)&whole + sizeof size, size - sizeof size) == 0);
        CHECK_INT(room.bytes[size], 0xAB);
    }
}

int main(void)
{
    RUN(alexnet_itself_has_exactly_100);
    RUN(names_are_those_of_the_folders);
    RUN(numbers_are_those_by_hand);
    RUN(strides_change_nothing);
    RUN(what_is_missing_leaves_nan_and_counts);
    RUN(cells_that_cannot_be_are_named);
    RUN(options_that_cannot_be_are_named);
    RUN(arrays_and_rooms_that_do_not_fit_are_named);
    RUN(memory_may_run_out);
    RUN(structs_of_every_size_are_served);
    return check_result();
}
