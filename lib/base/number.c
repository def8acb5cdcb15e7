#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

locale_t binet__number_locale(void)
{
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

void binet__print_double(locale_t locale, double value, char text[BINET__NUMBER_TEXT])
{
    if (!isfinite(value)) {
        (void)snprintf(text, BINET__NUMBER_TEXT, "%s", isnan(value) ? "nan" : value > 0.0 ? "inf" : "-inf");
        return;
    }
    locale_t before = uselocale(locale);
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, BINET__NUMBER_TEXT, "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (back == value) {
            break;
        }
    }
    (void)uselocale(before);
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

int binet__parse_double(locale_t locale, const char *text, double *value)
{
    const char *start = skip_blanks(text);
    const char *unsigned_start = start + (*start == '+' || *start == '-');
    int named = strncasecmp(unsigned_start, "inf", 3) == 0 || strncasecmp(unsigned_start, "nan", 3) == 0;
    size_t length = named ? strspn(unsigned_start, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
                          : strspn(unsigned_start, "0123456789.eE+-");
    const char *end = unsigned_start + length;
    if (*skip_blanks(end) != '\0') {
        return 0;
    }
    char *stopped;
    locale_t before = uselocale(locale);
    double parsed = strtod(start, &stopped);
    (void)uselocale(before);
    if (stopped != end || stopped == start) {
        return 0;
    }
    *value = parsed;
    return 1;
}

int binet__parse_integer(const char *text, int64_t *value)
{
    const char *at = skip_blanks(text);
    int negative = *at == '-';
    at += *at == '+' || *at == '-';
    if (*at < '0' || *at > '9') {
        return 0;
    }
    /* Counted down, since there is one more negative number than there are positive ones. */
    int64_t parsed = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        int digit = *at - '0';
        if (parsed < (INT64_MIN + digit) / 10) {
            return 0;
        }
        parsed = 10 * parsed - digit;
    }
    if (*skip_blanks(at) != '\0' || (!negative && parsed == INT64_MIN)) {
        return 0;
    }
    *value = negative ? parsed : -parsed;
    return 1;
}
