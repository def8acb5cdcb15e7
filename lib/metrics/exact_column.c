#include "metrics/exact_column.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

enum { PART_BITS = 32, WORD_BITS = 64 };

static binet__sum integer_of(double value)
{
    binet__sum integer = {0, 0};
    if (isfinite(value)) {
        binet__sum_add(&integer, value);
    }
    return integer;
}

/* Bits `from` .. `from` + 31. */
static uint32_t part_at(const binet__sum *integer, unsigned from)
{
    unsigned off = from % WORD_BITS;
    if (from >= WORD_BITS) {
        return (uint32_t)(integer->high >> off);
    }
    return (uint32_t)(integer->low >> off | (off == 0 ? 0 : integer->high << (WORD_BITS - off)));
}

static int lowest_bit(const binet__sum *bits)
{
    for (int i = 0; i < 2 * WORD_BITS; i++) {
        if (((i < WORD_BITS ? bits->low >> i : bits->high >> (i - WORD_BITS)) & 1) != 0) {
            return i;
        }
    }
    return 0;
}

static int bits_above(const binet__sum *bits, int from)
{
    for (int i = 2 * WORD_BITS - 1; i >= from; i--) {
        if (((i < WORD_BITS ? bits->low >> i : bits->high >> (i - WORD_BITS)) & 1) != 0) {
            return i + 1 - from;
        }
    }
    return 0;
}

/* Which bits any value needs, and how many are infinite. */
static void measure(const double *values, int64_t n, binet__exact_column *made)
{
    binet__sum used = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        binet__sum integer = integer_of(values[i]);
        used.high |= integer.high;
        used.low |= integer.low;
        made->n_infinite += isinf(values[i]) != 0;
    }
    made->shift = lowest_bit(&used);
    made->n_parts = (bits_above(&used, made->shift) + PART_BITS - 1) / PART_BITS;
}

static void fill(const double *values, const int64_t *order, binet__exact_column *made)
{
    int64_t n_infinite = 0;
    for (int64_t i = 0; i < made->n; i++) {
        double value = values[order[i]];
        binet__sum integer = integer_of(value);
        for (int p = 0; p < made->n_parts; p++) {
            made->parts[p][i] = part_at(&integer, (unsigned)(made->shift + p * PART_BITS));
        }
        if (isinf(value)) {
            made->infinite[n_infinite++] = i;
        }
    }
}

binet_status binet__exact_column_create(const binet_context *context, const double *values, const int64_t *order,
                                        int64_t n, binet__exact_column *column, binet_error *error)
{
    binet__exact_column made;
    memset(&made, 0, sizeof made);
    made.n = n;
    measure(values, n, &made);
    made.infinite = binet__allocate(context, made.n_infinite, sizeof *made.infinite, error);
    int is_there = made.infinite != NULL;
    for (int p = 0; is_there && p < made.n_parts; p++) {
        made.parts[p] = binet__allocate(context, n, sizeof *made.parts[p], error);
        is_there = made.parts[p] != NULL;
    }
    if (!is_there) {
        binet__exact_column_release(context, &made);
        return BINET_OUT_OF_MEMORY;
    }
    fill(values, order, &made);
    *column = made;
    return BINET_OK;
}

void binet__exact_column_release(const binet_context *context, binet__exact_column *column)
{
    for (int p = 0; p < BINET__MOST_PARTS; p++) {
        binet__release(context, column->parts[p]);
        column->parts[p] = NULL;
    }
    binet__release(context, column->infinite);
    column->infinite = NULL;
}

/* Add value * 2^shift. */
static void add_shifted(binet__sum *sum, uint64_t value, int shift)
{
    binet__sum term = {0, 0};
    if (shift >= WORD_BITS) {
        term.high = value << (shift - WORD_BITS);
    } else {
        term.low = value << shift;
        term.high = shift == 0 ? 0 : value >> (WORD_BITS - shift);
    }
    binet__sum_join(sum, &term);
}

void binet__exact_column_add(const binet__kernels *kernels, const binet__exact_column *column, const uint8_t *weights,
                             int64_t first, int64_t end, binet__sum *sum)
{
    for (int64_t at = first; at < end; at += BINET__MOST_WEIGHED) {
        int64_t n = end - at < BINET__MOST_WEIGHED ? end - at : BINET__MOST_WEIGHED;
        for (int p = 0; p < column->n_parts; p++) {
            add_shifted(sum, kernels->weigh(weights + at, column->parts[p] + at, n), column->shift + p * PART_BITS);
        }
    }
}

double binet__exact_column_mean(const binet__kernels *kernels, const binet__exact_column *column,
                                const uint8_t *weights, int64_t total)
{
    for (int64_t i = 0; i < column->n_infinite; i++) {
        if (weights[column->infinite[i]] != 0) {
            return INFINITY;
        }
    }
    binet__sum sum = {0, 0};
    binet__exact_column_add(kernels, column, weights, 0, column->n, &sum);
    return binet__sum_value(&sum) / (double)total;
}
