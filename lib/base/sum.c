#include "base/sum.h"

#include <math.h>
#include <string.h>

enum {
    UNIT = 80,            /* the sum counts multiples of 2^-UNIT */
    SIGNIFICAND = 52,     /* stored bits of a double */
    BIAS = 1023,          /* of its exponent */
    EXPONENT_MASK = 0x7FF /* of its bits, moved down */
};

static void add(binet__sum *sum, uint64_t high, uint64_t low)
{
    sum->low += low;
    sum->high += high + (sum->low < low);
}

void binet__sum_negate(binet__sum *sum)
{
    sum->low = ~sum->low + 1;
    sum->high = ~sum->high + (sum->low == 0);
}

void binet__sum_add(binet__sum *sum, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> SIGNIFICAND) & EXPONENT_MASK;
    uint64_t significand = bits & (((uint64_t)1 << SIGNIFICAND) - 1);
    if (exponent == 0) {
        return; /* zero, or far below half a unit */
    }
    significand |= (uint64_t)1 << SIGNIFICAND;
    int shift = exponent - BIAS - SIGNIFICAND + UNIT;
    binet__sum term = {0, 0};
    if (shift >= 64) {
        term.high = significand << (shift - 64);
    } else if (shift > 0) {
        term.high = significand >> (64 - shift);
        term.low = significand << shift;
    } else if (shift == 0) {
        term.low = significand;
    } else if (shift >= -SIGNIFICAND - 1) {
        term.low = (significand + ((uint64_t)1 << (-shift - 1))) >> -shift;
    }
    if (bits >> 63 != 0) {
        binet__sum_negate(&term);
    }
    add(sum, term.high, term.low);
}

void binet__sum_join(binet__sum *sum, const binet__sum *other)
{
    add(sum, other->high, other->low);
}

double binet__sum_value(const binet__sum *sum)
{
    binet__sum size = *sum;
    int negative = size.high >> 63 != 0;
    if (negative) {
        binet__sum_negate(&size);
    }
    int exponent = -UNIT;
    if (size.high != 0) {
        /* The upper 64 bits, with all that lies below them gathered in the last one: it decides only how to round. */
        int up = 0;
        while (size.high >> (63 - up) == 0) {
            up++;
        }
        uint64_t top = up == 0 ? size.high : (size.high << up) | (size.low >> (64 - up));
        uint64_t rest = size.low << up;
        size.low = top | (rest != 0);
        exponent += 64 - up;
    }
    double value = ldexp((double)size.low, exponent);
    return negative ? -value : value;
}
