/* Numbers become text and come back with the same bits, whatever the locale of the process. */
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static locale_t numbers;

static int same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void comes_back(double value)
{
    char text[BINET__NUMBER_TEXT];
    double back = 7.0;
    binet__print_double(numbers, value, text);
    CHECK(binet__parse_double(numbers, text, &back));
    CHECK(same_bits(back, value));
}

static void every_kind_of_number_comes_back(void)
{
    static const double values[] = {0.0,      -0.0,        1.0,   0.1,       1.0 / 3.0, DBL_MAX,   DBL_MIN,
                                    4.9e-324, DBL_EPSILON, 1e300, -2.5e-300, INFINITY,  -INFINITY, 123456789.0};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        comes_back(values[i]);
    }
    uint64_t state = 1;
    for (int i = 0; i < 100000; i++) {
        double value;
        state = state * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &state, sizeof value);
        if (!isnan(value)) {
            comes_back(value);
        }
        comes_back((double)(state >> 11) / 9007199254740992.0);
    }
}

static void prints(double value, const char *expected)
{
    char text[BINET__NUMBER_TEXT];
    binet__print_double(numbers, value, text);
    CHECK_TEXT(text, expected);
}

static void the_text_is_short_and_plain(void)
{
    prints(0.1, "0.1");
    prints(0.5530332327, "0.5530332327");
    prints(1.0 / 3.0, "0.3333333333333333");
    prints(0.1 + 0.2, "0.30000000000000004");
    prints(-DBL_MAX, "-1.7976931348623157e+308");
    prints((double)NAN, "nan");
    prints(INFINITY, "inf");
    prints(-INFINITY, "-inf");
}

static void parses(const char *text, double expected)
{
    double value = 7.0;
    CHECK(binet__parse_double(numbers, text, &value));
    CHECK(same_bits(value, expected) || (isnan(value) && isnan(expected)));
}

static void what_python_writes_is_read(void)
{
    parses("0.25", 0.25);
    parses(" 1e-3\t", 1e-3);
    parses("+.5", 0.5);
    parses("5.", 5.0);
    parses("inf", INFINITY);
    parses("-Infinity", -INFINITY);
    parses("NaN", (double)NAN);
    parses("1e999", INFINITY);
    parses("1e-999", 0.0);
}

static void what_is_not_a_number_is_refused(void)
{
    static const char *const texts[] = {"",    " ",     "abc",  "1,5", "1.5x", "1 2",      "0x10",  "1e",
                                        "--1", "1.2.3", "infx", "n",   "in",   "nan(123)", "1e5e5", "+ 1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 7.0;
        CHECK(!binet__parse_double(numbers, texts[i], &value));
        CHECK(same_bits(value, 7.0));
    }
}

static void whole_numbers_are_read_to_their_limits(void)
{
    static const char *const refused[] = {
        "",    "-",   "1.0", "1e3", "9223372036854775808", "-9223372036854775809", "99999999999999999999999",
        "12a", "a12", "- 1"};
    int64_t value = 7;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        CHECK(!binet__parse_integer(refused[i], &value));
        CHECK_INT(value, 7);
    }
    CHECK(binet__parse_integer("9223372036854775807", &value) && value == INT64_MAX);
    CHECK(binet__parse_integer("-9223372036854775808", &value) && value == INT64_MIN);
    CHECK(binet__parse_integer(" +0012 ", &value) && value == 12);
}

static void a_locale_with_a_decimal_comma_changes_nothing(void)
{
    static const char *const names[] = {"de_DE.utf8", "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; set == NULL && i < sizeof names / sizeof names[0]; i++) {
        set = setlocale(LC_ALL, names[i]);
    }
    if (set == NULL) {
        (void)printf("no locale with a decimal comma is installed: not tried\n");
        return;
    }
    char text[16];
    (void)snprintf(text, sizeof text, "%g", 0.5);
    CHECK_TEXT(text, "0,5");
    the_text_is_short_and_plain();
    what_python_writes_is_read();
    what_is_not_a_number_is_refused();
    (void)snprintf(text, sizeof text, "%g", 0.5);
    CHECK_TEXT(text, "0,5");
    (void)setlocale(LC_ALL, "C");
}

int main(void)
{
    numbers = binet__number_locale();
    CHECK(numbers != (locale_t)0);
    RUN(every_kind_of_number_comes_back);
    RUN(the_text_is_short_and_plain);
    RUN(what_python_writes_is_read);
    RUN(what_is_not_a_number_is_refused);
    RUN(whole_numbers_are_read_to_their_limits);
    RUN(a_locale_with_a_decimal_comma_changes_nothing);
    freelocale(numbers);
    return check_result();
}
