#include "metrics/units.h"

#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "metrics/sort.h"

enum { MOST_GROUPS = 1000 };

static const uint64_t sign = UINT64_C(1) << 63; /* flips signed into unsigned order */

binet_status binet__check_row_count(int64_t n_rows, const char *argument, binet_error *error)
{
    if (n_rows < 1 || n_rows > INT32_MAX) {
        return binet__fail_argument(error, argument, "%s is %lld; allowed: 1 .. 2147483647", argument,
                                    (long long)n_rows);
    }
    return BINET_OK;
}

/* ---- Clusters ---------------------------------------------------------------------------------------------------- */

static uint64_t key_of(const binet_array *clusters, int64_t row)
{
    return (uint64_t)binet__integer_at(clusters, row) ^ sign;
}

/* Where a key is among n different, ascending ones. */
static int64_t position(const uint64_t *keys, int64_t n, uint64_t key)
{
    int64_t low = 0;
    for (int64_t high = n; high - low > 1;) {
        int64_t middle = low + (high - low) / 2;
        if (keys[middle] <= key) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Sort the numbers of the clusters and keep one of each; gives how many there are. */
static int64_t distinct(const binet_array *clusters, int64_t n, uint64_t *keys)
{
    for (int64_t row = 0; row < n; row++) {
        keys[row] = key_of(clusters, row);
    }
    binet__sort_u64(keys, n, keys + n);
    int64_t n_distinct = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i == 0 || keys[i] != keys[n_distinct - 1]) {
            keys[n_distinct++] = keys[i];
        }
    }
    return n_distinct;
}

static binet_status gather(const binet_context *context, const binet_array *clusters, uint64_t *keys,
                           binet__units *made, binet_error *error)
{
    made->n = distinct(clusters, made->n_rows, keys);
    made->offsets = binet__allocate_zero(context, made->n + 1, sizeof *made->offsets, error);
    made->rows = made->offsets != NULL ? binet__allocate(context, made->n_rows, sizeof *made->rows, error) : NULL;
    if (made->rows == NULL) {
        binet__units_release(context, made);
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t row = 0; row < made->n_rows; row++) {
        made->offsets[position(keys, made->n, key_of(clusters, row)) + 1]++;
    }
    for (int64_t u = 1; u <= made->n; u++) {
        made->offsets[u] += made->offsets[u - 1];
    }
    /* offsets[u] runs from the start of unit u to its end, which is the start of the next. */
    for (int64_t row = 0; row < made->n_rows; row++) {
        made->rows[made->offsets[position(keys, made->n, key_of(clusters, row))]++] = row;
    }
    memmove(made->offsets + 1, made->offsets, (size_t)made->n * sizeof *made->offsets);
    made->offsets[0] = 0;
    return BINET_OK;
}

binet_status binet__units_create(const binet_context *context, int64_t n_rows, const binet_array *clusters,
                                 binet__units *units, binet_error *error)
{
    binet__units made = {.n_rows = n_rows, .n = n_rows};
    if (clusters != NULL) {
        binet_status status = binet__check_array(clusters, "clusters", 1, BINET__DTYPES_INTEGER, error);
        if (status == BINET_OK && clusters->shape[0] != n_rows) {
            status = binet__fail_argument(error, "clusters", "clusters has %lld entries; there are %lld rows",
                                          (long long)clusters->shape[0], (long long)n_rows);
        }
        if (status != BINET_OK) {
            return status;
        }
        uint64_t *keys = binet__allocate(context, n_rows, 2 * sizeof *keys, error);
        status = keys != NULL ? gather(context, clusters, keys, &made, error) : BINET_OUT_OF_MEMORY;
        binet__release(context, keys);
        if (status != BINET_OK) {
            return status;
        }
    }
    *units = made;
    return BINET_OK;
}

void binet__units_release(const binet_context *context, binet__units *units)
{
    binet__release(context, units->offsets);
    binet__release(context, units->rows);
    units->offsets = NULL;
    units->rows = NULL;
}

/* ---- Rows of units ----------------------------------------------------------------------------------------------- */

static binet_status make_room(const binet_context *context, binet__rows *rows, int64_t n, binet_error *error)
{
    return n <= rows->capacity ? BINET_OK
                               : binet__grow(context, &rows->values, &rows->capacity, n, sizeof(int64_t), error);
}

static binet_status append_unit(const binet_context *context, const binet__units *units, int64_t unit,
                                binet__rows *rows, binet_error *error)
{
    int64_t first = units->offsets[unit];
    int64_t n = units->offsets[unit + 1] - first;
    binet_status status = make_room(context, rows, rows->n + n, error);
    if (status == BINET_OK) {
        memcpy((int64_t *)rows->values + rows->n, units->rows + first, (size_t)n * sizeof(int64_t));
        rows->n += n;
    }
    return status;
}

binet_status binet__units_draw(const binet_context *context, const binet__units *units, uint64_t seed, int64_t resample,
                               binet__rows *rows, binet_error *error)
{
    rows->n = 0;
    binet_status status = make_room(context, rows, units->n_rows, error);
    if (status != BINET_OK) {
        return status;
    }
    if (units->offsets == NULL) {
        binet__random_indices(seed, (uint64_t)resample, (uint32_t)units->n, 0, units->n, rows->values);
        rows->n = units->n;
        return BINET_OK;
    }
    for (int64_t draw = 0; status == BINET_OK && draw < units->n; draw++) {
        uint32_t unit = binet__random_index(seed, (uint64_t)resample, (uint64_t)draw, (uint32_t)units->n);
        status = append_unit(context, units, unit, rows, error);
    }
    return status;
}

int64_t binet__units_group_count(const binet__units *units)
{
    return units->n < MOST_GROUPS ? units->n : MOST_GROUPS;
}

binet_status binet__units_leave_out(const binet_context *context, const binet__units *units, int64_t group,
                                    int64_t n_groups, binet__rows *rows, binet_error *error)
{
    rows->n = 0;
    binet_status status = make_room(context, rows, units->n_rows, error);
    for (int64_t unit = 0; status == BINET_OK && unit < units->n; unit++) {
        if (n_groups != 0 && unit % n_groups == group) {
            continue;
        }
        if (units->offsets == NULL) {
            ((int64_t *)rows->values)[rows->n++] = unit;
        } else {
            status = append_unit(context, units, unit, rows, error);
        }
    }
    return status;
}
