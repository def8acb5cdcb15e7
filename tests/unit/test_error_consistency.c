/* Error consistency is Cohen's kappa of right and wrong, exact at its ends. */
#include "binet/bias.h"

#include "check.h"
#include "scores.h"

static binet_status agree(const unsigned char *a, const unsigned char *b, int64_t n,
                          binet_error_consistency_result *result, binet_error *error)
{
    binet_array of_a = {a, BINET_U8, 1, {n}, {1}};
    binet_array of_b = {b, BINET_U8, 1, {n}, {1}};
    return binet_error_consistency(NULL, &of_a, &of_b, result, error);
}

static void kappa_is_that_of_the_definition(void)
{
    static const unsigned char a[] = {1, 1, 1, 0, 0, 1, 0, 1};
    static const unsigned char b[] = {1, 0, 1, 0, 1, 1, 0, 1};
    binet_error_consistency_result result = {.struct_size = sizeof result};
    CHECK_INT(agree(a, b, 8, &result, NULL), BINET_OK);
    CHECK_INT(result.n, 8);
    CHECK_NEAR(result.accuracy_a, 5.0 / 8.0, 0.0);
    CHECK_NEAR(result.accuracy_b, 5.0 / 8.0, 0.0);
    CHECK_NEAR(result.observed, 6.0 / 8.0, 0.0);
    CHECK_NEAR(result.expected, 34.0 / 64.0, 0.0);
    CHECK_NEAR(result.kappa, (0.75 - 34.0 / 64.0) / (1.0 - 34.0 / 64.0), 1e-15);
    /* Of accuracies that differ: p = 1/4, q = 3/4, e = 3/8, o = 1/2, and b and a in the other order. */
    static const unsigned char c[] = {1, 0, 0, 0};
    static const unsigned char d[] = {1, 1, 1, 0};
    binet_error_consistency_result other = {.struct_size = sizeof other};
    CHECK_INT(agree(c, d, 4, &result, NULL), BINET_OK);
    CHECK_INT(agree(d, c, 4, &other, NULL), BINET_OK);
    CHECK_NEAR(result.expected, 0.375, 0.0);
    CHECK_NEAR(result.kappa, 0.2, 1e-16);
    CHECK(result.accuracy_a == 0.25 && result.accuracy_b == 0.75);
    CHECK(other.accuracy_a == 0.75 && other.accuracy_b == 0.25);
    CHECK(result.kappa == other.kappa && result.observed == other.observed && result.expected == other.expected);
}

static void the_ends_of_kappa_are_exact(void)
{
    static const unsigned char some[] = {1, 0, 1, 1, 0, 1, 1};
    static const unsigned char right[] = {1, 1, 1, 1};
    static const unsigned char wrong[] = {0, 0, 0, 0};
    static const unsigned char half[] = {1, 0, 1, 0};
    static const unsigned char opposite[] = {0, 1, 0, 1};
    binet_error_consistency_result result = {.struct_size = sizeof result};
    CHECK_INT(agree(some, some, 7, &result, NULL), BINET_OK);
    CHECK(result.kappa == 1.0 && result.observed == 1.0 && result.expected < 1.0);
    CHECK_INT(agree(right, right, 4, &result, NULL), BINET_OK);
    CHECK(result.kappa == 1.0 && result.expected == 1.0);
    CHECK_INT(agree(wrong, wrong, 4, &result, NULL), BINET_OK);
    CHECK(result.kappa == 1.0 && result.expected == 1.0 && result.accuracy_a == 0.0);
    CHECK_INT(agree(right, wrong, 4, &result, NULL), BINET_OK);
    CHECK(result.kappa == 0.0 && result.observed == 0.0 && result.expected == 0.0);
    CHECK_INT(agree(half, opposite, 4, &result, NULL), BINET_OK);
    CHECK(result.kappa == -1.0 && result.expected == 0.5);
    CHECK_INT(agree(half, right, 4, &result, NULL), BINET_OK);
    CHECK(result.kappa == 0.0);
}

static void any_stride_is_read(void)
{
    static const unsigned char both[] = {1, 0, 0, 0, 1, 1, 1, 1};
    static const unsigned char a[] = {1, 0, 1, 1};
    static const unsigned char b[] = {1, 1, 0, 0};
    binet_array forwards = {both, BINET_U8, 1, {4}, {2}};
    binet_array backwards = {both + 7, BINET_U8, 1, {4}, {-2}};
    binet_error_consistency_result plain = {.struct_size = sizeof plain};
    binet_error_consistency_result strided = {.struct_size = sizeof strided};
    CHECK_INT(agree(a, b, 4, &plain, NULL), BINET_OK);
    CHECK_INT(binet_error_consistency(NULL, &forwards, &backwards, &strided, NULL), BINET_OK);
    CHECK(memcmp(&plain, &strided, sizeof plain) == 0);
}

static void disagree(const binet_array *a, const binet_array *b, binet_status status, const char *argument,
                     int64_t element, const char *why)
{
    binet_error_consistency_result result = {.struct_size = sizeof result, .kappa = 7.0};
    binet_error_consistency_result before;
    binet_error error;
    memcpy(&before, &result, sizeof result);
    CHECK_INT(binet_error_consistency(NULL, a, b, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(memcmp(&before, &result, sizeof result) == 0);
}

static void observers_that_do_not_fit_are_named(void)
{
    static const unsigned char bytes[] = {1, 0, 2, 255};
    binet_array good = {bytes, BINET_U8, 1, {2}, {1}};
    binet_array two = {bytes + 1, BINET_U8, 1, {2}, {1}};
    binet_array most = {bytes + 2, BINET_U8, 1, {2}, {1}};
    binet_array longer = {bytes, BINET_U8, 1, {3}, {1}};
    binet_array empty = {bytes, BINET_U8, 1, {0}, {1}};
    binet_array flat = {bytes, BINET_U8, 2, {1, 2}, {2, 1}};
    static const int64_t integers[] = {1, 0};
    binet_array wide = scores_vector(integers, BINET_I64, 2);
    binet_error error;
    disagree(&two, &good, BINET_INVALID_DATA, "correct_a", 1, "correct_a[1] is 2; allowed: 0 (wrong), 1 (right)");
    disagree(&good, &most, BINET_INVALID_DATA, "correct_b", 0, "correct_b[0] is 2");
    disagree(&good, &longer, BINET_INVALID_ARGUMENT, "correct_b", -1, "3 elements where 2");
    disagree(&empty, &empty, BINET_INVALID_ARGUMENT, "correct_a", -1, "empty");
    disagree(&good, &empty, BINET_INVALID_ARGUMENT, "correct_b", -1, "empty");
    disagree(&flat, &good, BINET_INVALID_ARGUMENT, "correct_a", -1, "dimension");
    disagree(&good, &wide, BINET_INVALID_ARGUMENT, "correct_b", -1, "dtype");
    disagree(NULL, &good, BINET_INVALID_ARGUMENT, "correct_a", -1, "NULL");
    disagree(&good, NULL, BINET_INVALID_ARGUMENT, "correct_b", -1, "NULL");
    CHECK_INT(binet_error_consistency(NULL, &good, &good, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
}

static void structs_of_every_size_are_served(void)
{
    static const unsigned char a[] = {1, 0, 1, 1};
    static const unsigned char b[] = {1, 1, 0, 1};
    binet_error_consistency_result whole = {.struct_size = sizeof whole};
    CHECK_INT(agree(a, b, 4, &whole, NULL), BINET_OK);
    for (uint32_t size = sizeof size; size <= sizeof whole; size++) {
        union {
            binet_error_consistency_result result;
            unsigned char bytes[sizeof whole + 8];
        } room;
        memset(&room, 0, sizeof room);
        memset(room.bytes + size, 0xAB, sizeof room.bytes - size);
        room.result.struct_size = size;
        CHECK_INT(agree(a, b, 4, &room.result, NULL), BINET_OK);
        CHECK(memcmp(room.bytes + sizeof size, (const char *)&whole + sizeof size, size - sizeof size) == 0);
        CHECK_INT(room.bytes[size], 0xAB);
    }
    struct {
        binet_error_consistency_result known;
        int64_t unknown;
    } later = {{.struct_size = sizeof later}, 1};
    CHECK_INT(agree(a, b, 4, &later.known, NULL), BINET_UNSUPPORTED);
    later.unknown = 0;
    CHECK_INT(agree(a, b, 4, &later.known, NULL), BINET_OK);
}

int main(void)
{
    RUN(kappa_is_that_of_the_definition);
    RUN(the_ends_of_kappa_are_exact);
    RUN(any_stride_is_read);
    RUN(observers_that_do_not_fit_are_named);
    RUN(structs_of_every_size_are_served);
    return check_result();
}
