/** Assertions for tests: each failure prints file, line and what was claimed, and the program goes on to the next test.
 *
 *      static void claims_something(void) { CHECK(1 + 1 == 2); }
 *      int main(void) { RUN(claims_something); return check_result(); }
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int check_failures;
static const char *check_test = "";

#define CHECK(claim)                                                                                                   \
    do {                                                                                                               \
        if (!(claim)) {                                                                                                \
            check_failures++;                                                                                          \
            (void)fprintf(stderr, "%s:%d: %s: not true: %s\n", __FILE__, __LINE__, check_test, #claim);                \
        }                                                                                                              \
    } while (0)

#define CHECK_INT(value, expected)                                                                                     \
    do {                                                                                                               \
        long long check_value = (long long)(value);                                                                    \
        long long check_expected = (long long)(expected);                                                              \
        if (check_value != check_expected) {                                                                           \
            check_failures++;                                                                                          \
            (void)fprintf(stderr, "%s:%d: %s: %s is %lld, not %lld\n", __FILE__, __LINE__, check_test, #value,         \
                          check_value, check_expected);                                                                \
        }                                                                                                              \
    } while (0)

/** |value - expected| <= tolerance; a NaN fails. */
#define CHECK_NEAR(value, expected, tolerance)                                                                         \
    do {                                                                                                               \
        double check_value = (value);                                                                                  \
        double check_expected = (expected);                                                                            \
        double check_gap = check_value - check_expected;                                                               \
        if (!(check_gap <= (tolerance) && -check_gap <= (tolerance))) {                                                \
            check_failures++;                                                                                          \
            (void)fprintf(stderr, "%s:%d: %s: %s is %.17g, not %.17g\n", __FILE__, __LINE__, check_test, #value,       \
                          check_value, check_expected);                                                                \
        }                                                                                                              \
    } while (0)

/** The two texts are the same. */
#define CHECK_TEXT(value, expected)                                                                                    \
    do {                                                                                                               \
        const char *check_value = (value);                                                                             \
        if (check_value == NULL || strcmp(check_value, (expected)) != 0) {                                             \
            check_failures++;                                                                                          \
            (void)fprintf(stderr, "%s:%d: %s: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, check_test, #value,     \
                          check_value != NULL ? check_value : "(NULL)", (expected));                                   \
        }                                                                                                              \
    } while (0)

/** The text contains the other. */
#define CHECK_CONTAINS(value, part)                                                                                    \
    do {                                                                                                               \
        const char *check_value = (value);                                                                             \
        if (strstr(check_value, (part)) == NULL) {                                                                     \
            check_failures++;                                                                                          \
            (void)fprintf(stderr, "%s:%d: %s: %s is \"%s\", without \"%s\"\n", __FILE__, __LINE__, check_test, #value, \
                          check_value, (part));                                                                        \
        }                                                                                                              \
    } while (0)

#define RUN(test)                                                                                                      \
    do {                                                                                                               \
        check_test = #test;                                                                                            \
        test();                                                                                                        \
    } while (0)

/** ctest's exit status for a test that was skipped; print the reason first. */
#define CHECK_SKIPPED 77

static int check_result(void)
{
    return check_failures != 0;
}

#endif
