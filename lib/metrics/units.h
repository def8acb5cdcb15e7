/** What a bootstrap draws: single rows, or clusters of rows. */
#ifndef BINET_METRICS_UNITS_H
#define BINET_METRICS_UNITS_H

#include "binet/base.h"

/** Units u = 0 .. n - 1. Where there are clusters, unit u is rows[offsets[u]] .. rows[offsets[u + 1] - 1]; else both
 *  are NULL, and unit u is row u. */
typedef struct binet__units {
    int64_t n_rows;
    int64_t n;
    int64_t *offsets; /* [n + 1] */
    int64_t *rows;    /* [n_rows] */
} binet__units;

/** Rows a caller may draw from: 1 .. INT32_MAX. */
binet_status binet__check_row_count(int64_t n_rows, const char *argument, binet_error *error);

/** The units of n_rows rows; clusters may be NULL. To be released where this gives BINET_OK. */
binet_status binet__units_create(const binet_context *context, int64_t n_rows, const binet_array *clusters,
                                 binet__units *units, binet_error *error);

/** Give the memory back. */
void binet__units_release(const binet_context *context, binet__units *units);

/** Rows in a growing block, which starts as all zero. */
typedef struct binet__rows {
    void *values; /* int64_t */
    int64_t capacity;
    int64_t n;
} binet__rows;

/** The rows of a resample; drawn units come in the order in which they are drawn. */
binet_status binet__units_draw(const binet_context *context, const binet__units *units, uint64_t seed, int64_t resample,
                               binet__rows *rows, binet_error *error);

/** Groups of a jackknife. */
int64_t binet__units_group_count(const binet__units *units);

/** The rows without those of a group, which are those of units u with u mod n_groups = group. n_groups 0: all rows. */
binet_status binet__units_leave_out(const binet_context *context, const binet__units *units, int64_t group,
                                    int64_t n_groups, binet__rows *rows, binet_error *error);

#endif
