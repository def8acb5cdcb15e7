/* Error ratios count what is not left out, exactly, and a factor without rows or a model without errors has none. */
#include <math.h>
#include <stddef.h>

#include "binet/mistakes.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 600, F = 5 };

static unsigned char correct[N];
static int64_t factors[N];
static unsigned char members[N][F];

/* Right, wrong and left out; factors of which some are none; the same as a matrix. */
static void fill(void)
{
    int64_t states[N];
    scores_labels(states, N, 3, 1);
    scores_labels(factors, N, F + 1, 2);
    memset(members, 0, sizeof members);
    for (int i = 0; i < N; i++) {
        correct[i] = (unsigned char)states[i];
        factors[i]--;
        if (factors[i] >= 0) {
            members[i][factors[i]] = 1;
        }
    }
}

static binet_array bytes(const unsigned char *data, int64_t n)
{
    binet_array array = {data, BINET_U8, 1, {n}, {1}};
    return array;
}

static binet_array matrix(void)
{
    binet_array array = {members, BINET_U8, 2, {N, F}, {F, 1}};
    return array;
}

static binet_status measure(const binet_error_ratio_options *options, binet_error_ratio_result *result,
                            binet_error *error)
{
    binet_array of_correct = bytes(correct, N);
    binet_array of_factors = scores_vector(factors, BINET_I64, N);
    return binet_error_ratio(NULL, &of_correct, &of_factors, options, result, error);
}

static void ratios_are_those_counted_by_hand(void)
{
    /* 4 of 8 wrong. Factor 0: 2 of 3; factor 1: no row that counts; factor 2: 0 of 2; none: 2 of 3. */
    static const unsigned char states[] = {0, 0, 1, 1, 1, 0, 0, 1, 2, 2};
    static const int32_t of_rows[] = {0, 0, 0, 2, 2, -1, -1, -1, 1, 0};
    binet_array c = bytes(states, 10);
    binet_array f = scores_vector(of_rows, BINET_I32, 10);
    binet_error_ratio_factor room[3];
    binet_error_ratio_result result = {.struct_size = sizeof result, .factors = room, .factors_capacity = 3};
    CHECK_INT(binet_error_ratio(NULL, &c, &f, NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n_factors, 3);
    CHECK_INT(result.n, 8);
    CHECK_INT(result.n_correct, 4);
    CHECK_INT(result.n_left_out, 2);
    CHECK_INT(result.n_ratios, 2);
    CHECK_INT(result.worst, 0);
    CHECK_NEAR(result.accuracy, 0.5, 0.0);
    CHECK_NEAR(result.mean, 2.0 / 3.0, 1e-16);
    CHECK_INT(room[0].n, 3);
    CHECK_INT(room[0].n_correct, 1);
    CHECK_NEAR(room[0].accuracy, 1.0 / 3.0, 0.0);
    CHECK_NEAR(room[0].ratio, 4.0 / 3.0, 0.0);
    CHECK_INT(room[1].n, 0);
    CHECK(isnan(room[1].accuracy) && isnan(room[1].low) && isnan(room[1].high) && isnan(room[1].ratio));
    CHECK_NEAR(room[2].ratio, 0.0, 0.0);
    /* scipy 1.17.1: stats.binomtest(k, n).proportion_ci(0.95, method="wilson"). */
    CHECK_NEAR(room[0].low, 0.06149194472039626, 1e-14);
    CHECK_NEAR(room[0].high, 0.7923403991979523, 1e-14);
    CHECK_NEAR(result.low, 0.21521606221387757, 1e-14);
    CHECK_NEAR(result.high, 0.7847839377861224, 1e-14);
}

/* The definition once more, row by row. */
static void counts_are_those_of_a_loop(void)
{
    fill();
    binet_error_ratio_factor room[F];
    binet_error_ratio_result result = {.struct_size = sizeof result, .factors = room, .factors_capacity = F};
    CHECK_INT(measure(NULL, &result, NULL), BINET_OK);
    int64_t n = 0;
    int64_t wrong = 0;
    for (int i = 0; i < N; i++) {
        n += correct[i] < 2;
        wrong += correct[i] == 0;
    }
    CHECK_INT(result.n, n);
    CHECK_INT(result.n - result.n_correct, wrong);
    CHECK_INT(result.n_left_out, N - n);
    double mean = 0.0;
    for (int f = 0; f < F; f++) {
        int64_t n_factor = 0;
        int64_t wrong_factor = 0;
        for (int i = 0; i < N; i++) {
            n_factor += correct[i] < 2 && factors[i] == f;
            wrong_factor += correct[i] == 0 && factors[i] == f;
        }
        CHECK(n_factor > 0 && wrong_factor > 0);
        CHECK_INT(room[f].n, n_factor);
        CHECK_INT(room[f].n - room[f].n_correct, wrong_factor);
        double ratio = ((double)wrong_factor / (double)n_factor) / ((double)wrong / (double)n);
        CHECK_NEAR(room[f].ratio, ratio, 1e-15);
        CHECK(ratio <= room[result.worst].ratio + 1e-15);
        mean += ratio / F;
    }
    CHECK_NEAR(result.mean, mean, 1e-14);
}

static void one_factor_a_row_is_a_matrix_with_one_in_a_row(void)
{
    fill();
    binet_error_ratio_factor rooms[2][F];
    binet_error_ratio_result one = {.struct_size = sizeof one, .factors = rooms[0], .factors_capacity = F};
    binet_error_ratio_result two = {.struct_size = sizeof two, .factors = rooms[1], .factors_capacity = F};
    binet_array of_correct = bytes(correct, N);
    binet_array of_factors = matrix();
    CHECK_INT(measure(NULL, &one, NULL), BINET_OK);
    CHECK_INT(binet_error_ratio(NULL, &of_correct, &of_factors, NULL, &two, NULL), BINET_OK);
    CHECK(memcmp(rooms[0], rooms[1], sizeof rooms[0]) == 0);
    two.factors = one.factors;
    CHECK(memcmp(&one, &two, sizeof one) == 0);
    /* Several factors a row: a factor that every row has is the whole, with the ratio 1. */
    for (int i = 0; i < N; i++) {
        members[i][3] = 1;
    }
    two.factors = rooms[1];
    CHECK_INT(binet_error_ratio(NULL, &of_correct, &of_factors, NULL, &two, NULL), BINET_OK);
    CHECK_INT(rooms[1][3].n, two.n);
    CHECK_NEAR(rooms[1][3].ratio, 1.0, 0.0);
    CHECK(memcmp(&rooms[1][0], &rooms[0][0], 3 * sizeof rooms[0][0]) == 0);
}

static void order_strides_and_dtype_change_nothing(void)
{
    fill();
    static int32_t narrow[2 * N];
    static unsigned char wide[3 * N];
    static unsigned char turned[F][N]; /* the matrix, column by column */
    for (int i = 0; i < N; i++) {
        narrow[2 * i] = (int32_t)factors[i];
        wide[3 * i] = correct[i];
        for (int f = 0; f < F; f++) {
            turned[f][N - 1 - i] = members[i][f];
        }
    }
    binet_array c = {&wide[3 * (N - 1)], BINET_U8, 1, {N}, {-3}};
    binet_array f = {&narrow[2 * (N - 1)], BINET_I32, 1, {N}, {-8}};
    binet_array m = {turned, BINET_U8, 2, {N, F}, {1, N}};
    binet_error_ratio_factor rooms[3][F];
    binet_error_ratio_result one = {.struct_size = sizeof one, .factors = rooms[0], .factors_capacity = F};
    binet_error_ratio_result two = {.struct_size = sizeof two, .factors = rooms[1], .factors_capacity = F};
    CHECK_INT(measure(NULL, &one, NULL), BINET_OK);
    CHECK_INT(binet_error_ratio(NULL, &c, &f, NULL, &two, NULL), BINET_OK);
    CHECK(memcmp(rooms[0], rooms[1], sizeof rooms[0]) == 0);
    two.factors = rooms[2];
    CHECK_INT(binet_error_ratio(NULL, &c, &m, NULL, &two, NULL), BINET_OK);
    CHECK(memcmp(rooms[0], rooms[2], sizeof rooms[0]) == 0);
    two.factors = one.factors;
    CHECK(memcmp(&one, &two, sizeof one) == 0);
}

static void all_right_has_no_ratio_and_all_wrong_has_one_of_1(void)
{
    fill();
    memset(correct, BINET_RIGHT, sizeof correct);
    binet_error_ratio_factor room[F];
    binet_error_ratio_result result = {.struct_size = sizeof result, .factors = room, .factors_capacity = F};
    CHECK_INT(measure(NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n_correct, result.n);
    CHECK_INT(result.n_ratios, 0);
    CHECK_INT(result.worst, -1);
    CHECK(isnan(result.mean) && isnan(room[0].ratio));
    CHECK_NEAR(room[0].accuracy, 1.0, 0.0);
    memset(correct, BINET_WRONG, sizeof correct);
    CHECK_INT(measure(NULL, &result, NULL), BINET_OK);
    CHECK_INT(result.n_ratios, F);
    CHECK_INT(result.worst, 0);
    CHECK_NEAR(result.mean, 1.0, 0.0);
    for (int f = 0; f < F; f++) {
        CHECK_NEAR(room[f].ratio, 1.0, 0.0);
    }
}

static void factors_without_rows_are_said_and_not_averaged(void)
{
    fill();
    binet_error_ratio_factor room[F + 4];
    binet_error_ratio_options options = {sizeof options, F + 4, 0.5};
    binet_error_ratio_result usual = {.struct_size = sizeof usual};
    binet_error_ratio_result result = {.struct_size = sizeof result, .factors = room, .factors_capacity = F + 4};
    CHECK_INT(measure(NULL, &usual, NULL), BINET_OK);
    CHECK_INT(measure(&options, &result, NULL), BINET_OK);
    CHECK_INT(result.n_factors, F + 4);
    CHECK_INT(result.n_ratios, F);
    CHECK_NEAR(result.mean, usual.mean, 0.0);
    CHECK(room[F].n == 0 && isnan(room[F + 3].ratio));
    CHECK(usual.low < result.low && result.high < usual.high); /* 50 % is narrower than 95 % */
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(const binet_array *of_correct, const binet_array *of_factors,
                    const binet_error_ratio_options *options, int64_t capacity, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    binet_error_ratio_factor room[F];
    binet_error_ratio_factor room_before[F];
    binet_error_ratio_result result;
    binet_error_ratio_result before;
    binet_error error;
    memset(room, 0x5A, sizeof room);
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    result.factors = room;
    result.factors_capacity = capacity;
    result.n = 77;
    memcpy(room_before, room, sizeof room);
    memcpy(&before, &result, sizeof result);
    CHECK_INT(binet_error_ratio(NULL, of_correct, of_factors, options, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(memcmp(&before, &result, sizeof result) == 0);
    CHECK(memcmp(room_before, room, sizeof room) == 0);
}

static void entries_out_of_range_are_named(void)
{
    fill();
    binet_array c = bytes(correct, N);
    binet_array f = scores_vector(factors, BINET_I64, N);
    binet_array m = matrix();
    correct[17] = 3;
    refused(&c, &f, NULL, F, BINET_INVALID_DATA, "correct", 17, "correct[17] is 3; allowed: 0 (wrong), 1 (right), 2");
    correct[17] = 1;
    factors[9] = -2;
    refused(&c, &f, NULL, F, BINET_INVALID_DATA, "factors", 9, "factors[9] is -2; allowed: -1 .. 65535");
    factors[9] = 65536;
    refused(&c, &f, NULL, F, BINET_INVALID_DATA, "factors", 9, "65536");
    factors[9] = 4;
    binet_error_ratio_options options = {sizeof options, 4, 0.0};
    int64_t first = 0;
    while (factors[first] != 4) {
        first++;
    }
    refused(&c, &f, &options, F, BINET_INVALID_DATA, "factors", first, "allowed: -1 .. 3");
    members[3][2] = 2;
    refused(&c, &m, NULL, F, BINET_INVALID_DATA, "factors", 3, "factors[3, 2] is 2; allowed: 1");
    members[3][2] = 0;
    for (int i = 0; i < N; i++) {
        factors[i] = -1;
    }
    refused(&c, &f, NULL, F, BINET_INVALID_DATA, "factors", -1, "-1 in each of its 600 rows");
    memset(correct, BINET_LEFT_OUT, sizeof correct);
    refused(&c, &m, NULL, F, BINET_INVALID_DATA, "correct", -1, "leaves all of its 600 rows out");
}

static void arrays_that_do_not_fit_are_named(void)
{
    fill();
    binet_array c = bytes(correct, N);
    binet_array f = scores_vector(factors, BINET_I64, N);
    binet_array m = matrix();
    f.shape[0] = N - 1;
    refused(&c, &f, NULL, F, BINET_INVALID_ARGUMENT, "factors", -1, "factors has 599 elements where 600 are needed");
    m.shape[0] = N - 1;
    refused(&c, &m, NULL, F, BINET_INVALID_ARGUMENT, "factors", -1, "factors has 599 rows where 600 are needed");
    m = matrix();
    m.shape[1] = 0;
    refused(&c, &m, NULL, F, BINET_INVALID_ARGUMENT, "factors", -1, "0 columns");
    m = matrix();
    m.dtype = BINET_F32;
    refused(&c, &m, NULL, F, BINET_INVALID_ARGUMENT, "factors", -1, "dtype");
    m.ndim = 3;
    refused(&c, &m, NULL, F, BINET_INVALID_ARGUMENT, "factors", -1, "dimensions");
    f = scores_vector(factors, BINET_I64, N);
    f.dtype = BINET_U8;
    refused(&c, &f, NULL, F, BINET_INVALID_ARGUMENT, "factors", -1, "dtype u8");
    f = scores_vector(factors, BINET_I64, N);
    c.dtype = BINET_I32;
    refused(&c, &f, NULL, F, BINET_INVALID_ARGUMENT, "correct", -1, "dtype i32");
    c = bytes(correct, 0);
    refused(&c, &f, NULL, F, BINET_INVALID_ARGUMENT, "correct", -1, "empty");
    c = bytes(correct, N);
    refused(NULL, &f, NULL, F, BINET_INVALID_ARGUMENT, "correct", -1, "NULL");
    refused(&c, NULL, NULL, F, BINET_INVALID_ARGUMENT, "factors", -1, "NULL");
    refused(&c, &f, NULL, F - 1, BINET_INVALID_ARGUMENT, "result", -1, "factors_capacity is 4; 5 factors");
    CHECK_INT(measure(NULL, NULL, NULL), BINET_INVALID_ARGUMENT);
    m = matrix();
    binet_error_ratio_options options = {sizeof options, F + 1, 0.0};
    refused(&c, &m, &options, F, BINET_INVALID_ARGUMENT, "options", -1, "n_factors is 6; factors has 5 columns");
    options.n_factors = -1;
    refused(&c, &f, &options, F, BINET_INVALID_ARGUMENT, "options", -1, "n_factors is -1");
    options.n_factors = 65537;
    refused(&c, &f, &options, F, BINET_INVALID_ARGUMENT, "options", -1, "n_factors is 65537");
    static const double levels[] = {-0.5, 1.0, NAN};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        binet_error_ratio_options wrong = {sizeof wrong, 0, levels[i]};
        refused(&c, &f, &wrong, F, BINET_INVALID_ARGUMENT, "options", -1, "confidence_level");
    }
}

static void memory_may_run_out(void)
{
    fill();
    binet_array c = bytes(correct, N);
    binet_array f = scores_vector(factors, BINET_I64, N);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_error_ratio_result result = {.struct_size = sizeof result, .n = 77};
        binet_status status = binet_error_ratio(context, &c, &f, NULL, &result, NULL);
        CHECK((result.n == 77) == (status != BINET_OK));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

/* ---- Structs of every size --------------------------------------------------------------------------------------- */

static void structs_of_every_size_are_served(void)
{
    fill();
    binet_error_ratio_result whole = {.struct_size = sizeof whole};
    CHECK_INT(measure(NULL, &whole, NULL), BINET_OK);
    for (uint32_t size = sizeof size; size <= sizeof whole; size++) {
        union {
            binet_error_ratio_result result;
            unsigned char bytes[sizeof whole + 8];
        } room;
        memset(&room, 0, sizeof room);
        memset(room.bytes + size, 0xAB, sizeof room.bytes - size);
        room.result.struct_size = size;
        CHECK_INT(measure(NULL, &room.result, NULL), BINET_OK);
        CHECK(memcmp(room.bytes + sizeof size, (const char *)&whole + sizeof size, size - sizeof size) == 0);
        CHECK_INT(room.bytes[size], 0xAB);
    }
    struct {
        binet_error_ratio_options known;
        int64_t unknown;
    } newer = {{sizeof newer, 0, 0.0}, 1};
    CHECK_INT(measure(&newer.known, &whole, NULL), BINET_UNSUPPORTED);
}

int main(void)
{
    RUN(ratios_are_those_counted_by_hand);
    RUN(counts_are_those_of_a_loop);
    RUN(one_factor_a_row_is_a_matrix_with_one_in_a_row);
    RUN(order_strides_and_dtype_change_nothing);
    RUN(all_right_has_no_ratio_and_all_wrong_has_one_of_1);
    RUN(factors_without_rows_are_said_and_not_averaged);
    RUN(entries_out_of_range_are_named);
    RUN(arrays_that_do_not_fit_are_named);
    RUN(memory_may_run_out);
    RUN(structs_of_every_size_are_served);
    return check_result();
}
