#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "binet/predictions.h"
#include "metrics/names.h"
#include "metrics/predictions_table.h"

/* Two tables, the rows of each by name, and the pairs found. */
typedef struct match {
    const binet_predictions *a;
    const binet_predictions *b;
    binet__names of_a;
    binet__names of_b;
    int64_t *rows_a;
    int64_t *rows_b;
    int64_t n;
} match;

static void pair(match *found, int64_t a, int64_t b)
{
    found->rows_a[found->n] = a;
    found->rows_b[found->n] = b;
    found->n++;
}

static void match_whole(match *found)
{
    for (int64_t row = 0; row < found->a->n; row++) {
        const char *name = binet_predictions_file_name(found->a, row);
        const int64_t *other = name != NULL ? binet__text_map_find(&found->of_b.whole, name) : NULL;
        if (other != NULL) {
            pair(found, row, *other);
        }
    }
}

/* A last part that both tables have must stand for one row of each. */
static binet_status match_last(match *found, binet_error *error)
{
    for (int64_t row = 0; row < found->a->n; row++) {
        const char *name = binet_predictions_file_name(found->a, row);
        int64_t other = name != NULL ? binet__names_find(&found->of_b, name) : BINET__NAME_ABSENT;
        if (other == BINET__NAME_ABSENT) {
            continue;
        }
        if (other == BINET__NAME_AMBIGUOUS) {
            return binet__fail(error, BINET_INVALID_DATA, "a", row, "row %lld of a, '%.200s', fits several rows of b",
                               (long long)row, name);
        }
        const char *other_name = binet_predictions_file_name(found->b, other);
        if (binet__names_find(&found->of_a, other_name) == BINET__NAME_AMBIGUOUS) {
            return binet__fail(error, BINET_INVALID_DATA, "b", other, "row %lld of b, '%.200s', fits several rows of a",
                               (long long)other, other_name);
        }
        pair(found, row, other);
    }
    return BINET_OK;
}

static binet_status find(match *found, binet_error *error)
{
    binet_status status = binet__predictions_index(found->a, "a", &found->of_a, error);
    status = status == BINET_OK ? binet__predictions_index(found->b, "b", &found->of_b, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    match_whole(found);
    status = found->n == 0 ? match_last(found, error) : BINET_OK;
    if (status == BINET_OK && found->n == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "b", -1, "a and b share no file name");
    }
    return status;
}

binet_status binet_predictions_match(const binet_context *context, const binet_predictions *a,
                                     const binet_predictions *b, int64_t capacity, int64_t *rows_a, int64_t *rows_b,
                                     int64_t *n_matched, binet_error *error)
{
    binet_status status = binet__require(a, "a", error);
    status = status == BINET_OK ? binet__require(b, "b", error) : status;
    status = status == BINET_OK ? binet__require(rows_a, "rows_a", error) : status;
    status = status == BINET_OK ? binet__require(rows_b, "rows_b", error) : status;
    status = status == BINET_OK ? binet__require(n_matched, "n_matched", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t fewer = a->n < b->n ? a->n : b->n;
    match found = {.a = a, .b = b, .of_a = binet__names_none(context), .of_b = binet__names_none(context)};
    found.rows_a = binet__allocate(context, fewer, sizeof *rows_a, error);
    found.rows_b = binet__allocate(context, fewer, sizeof *rows_b, error);
    status = found.rows_a != NULL && found.rows_b != NULL ? find(&found, error) : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK && found.n > capacity) {
        status = binet__fail_argument(error, "capacity", "capacity is %lld; %lld rows were matched",
                                      (long long)capacity, (long long)found.n);
    }
    if (status == BINET_OK) {
        memcpy(rows_a, found.rows_a, (size_t)found.n * sizeof *rows_a);
        memcpy(rows_b, found.rows_b, (size_t)found.n * sizeof *rows_b);
        *n_matched = found.n;
    }
    binet__names_clear(&found.of_a);
    binet__names_clear(&found.of_b);
    binet__release(context, found.rows_a);
    binet__release(context, found.rows_b);
    return status;
}
