/* Arrays from callers are refused where anything about them is wrong, and the message says what. */
#include "base/array.h"

#include <string.h>

#include "check.h"

static float values[24];

static binet_array good(void)
{
    binet_array array = {values, BINET_F32, 2, {4, 6}, {24, 4}};
    return array;
}

static void refused(const binet_array *array, const char *why)
{
    binet_error error;
    CHECK_INT(binet__check_array(array, "scores", 2, BINET__DTYPES_FLOAT, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "scores");
    CHECK_CONTAINS(error.message, why);
}

static int accepted(const binet_array *array)
{
    return binet__check_array(array, "scores", 2, BINET__DTYPES_FLOAT, NULL) == BINET_OK;
}

static void any_stride_is_accepted(void)
{
    binet_array array = good();
    CHECK(accepted(&array));
    array.strides[1] = -4;
    CHECK(accepted(&array));
    array.strides[0] = 0;
    CHECK(accepted(&array));
    array.strides[0] = 1000004;
    CHECK(accepted(&array));
}

static void what_is_wrong_is_named(void)
{
    refused(NULL, "NULL");
    binet_array array = good();
    array.ndim = 1;
    refused(&array, "1 dimensions; it must have 2");
    array = good();
    array.dtype = BINET_I64;
    refused(&array, "dtype i64; allowed: f16, bf16, f32, f64");
    array.dtype = 0;
    refused(&array, "unknown dtype 0");
    array.dtype = 99;
    refused(&array, "unknown dtype 99");
    array = good();
    array.shape[1] = -1;
    refused(&array, "negative length -1 along axis 1");
    array = good();
    array.data = NULL;
    refused(&array, "data NULL and 24 elements");
}

static void misaligned_addresses_and_strides_are_refused(void)
{
    binet_array array = good();
    array.data = (const char *)values + 1;
    refused(&array, "not aligned");
    array = good();
    array.strides[1] = 6;
    refused(&array, "not aligned");
    array.shape[1] = 1;
    CHECK(accepted(&array));
}

static void sizes_that_overflow_are_refused(void)
{
    binet_array array = good();
    array.shape[0] = INT64_MAX;
    array.shape[1] = INT64_MAX;
    array.strides[0] = 0;
    array.strides[1] = 0;
    refused(&array, "more elements than memory");
    array = good();
    array.strides[0] = INT64_MIN;
    refused(&array, "beyond memory");
}

static void an_empty_array_may_have_no_data(void)
{
    binet_array array = good();
    array.shape[0] = 0;
    array.data = NULL;
    CHECK(accepted(&array));
}

static void integers_are_read_through_strides(void)
{
    const int64_t wide[4] = {1, -2, INT64_MAX, 4};
    const int32_t narrow[4] = {1, -2, 3, 4};
    binet_array array = {&wide[3], BINET_I64, 1, {4}, {-8}};
    CHECK_INT(binet__integer_at(&array, 1), INT64_MAX);
    CHECK_INT(binet__integer_at(&array, 2), -2);
    binet_array other = {narrow, BINET_I32, 1, {2}, {8}};
    CHECK_INT(binet__integer_at(&other, 1), 3);
}

int main(void)
{
    RUN(any_stride_is_accepted);
    RUN(what_is_wrong_is_named);
    RUN(misaligned_addresses_and_strides_are_refused);
    RUN(sizes_that_overflow_are_refused);
    RUN(an_empty_array_may_have_no_data);
    RUN(integers_are_read_through_strides);
    return check_result();
}
