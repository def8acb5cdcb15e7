/** Numbers as text, the same in every locale of the process. */
#ifndef BINET_BASE_NUMBER_H
#define BINET_BASE_NUMBER_H

#include <locale.h>

#include "binet/base.h"

/** The locale of numbers in files, to be given back with freelocale; (locale_t)0 when there is no memory. */
locale_t binet__number_locale(void);

/** Room for any number as text, with its zero byte. */
enum { BINET__NUMBER_TEXT = 32 };

/** The fewest of 15, 16 or 17 digits that read back to the same bits; "inf", "-inf" or "nan" for what is not finite. */
void binet__print_double(locale_t locale, double value, char text[BINET__NUMBER_TEXT]);

/** A decimal number, "inf", "infinity" or "nan" in any case, with a sign and with spaces around it where there are any;
 *  the nearest double. 0 where the text is anything else. */
int binet__parse_double(locale_t locale, const char *text, double *value);

/** A decimal whole number, likewise; 0 where the text is anything else or the number does not fit. */
int binet__parse_integer(const char *text, int64_t *value);

#endif
