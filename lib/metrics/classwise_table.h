/** What rows add up to for every class and bin of equal width. Integers throughout, so that rows may be taken away
 * again to the last bit, and tables joined in any order. */
#ifndef BINET_METRICS_CLASSWISE_TABLE_H
#define BINET_METRICS_CLASSWISE_TABLE_H

#include "metrics/classwise.h"

/** A bin of a class. Where all probabilities count, count and sum of the first bin are what the others leave. */
typedef struct binet__classwise_cell {
    int64_t count;
    int64_t marked; /**< nixon: rows of this label; pearce: rows that are wrong for the class */
    binet__sum probability;
} binet__classwise_cell;

typedef struct binet__classwise_table {
    binet__classwise_cell *cells; /**< [C * n_bins]; NULL: the table has no memory yet */
    int64_t *n_labels;            /**< [C] */
    int64_t *n_zero;              /**< [C], probabilities of 0; NULL but for pearce */
    uint64_t *totals;             /**< [BINET__PADDED(C)], as the kernels tally; NULL with a threshold */
    binet__sum *carried;          /**< [C], what was in the totals before; NULL likewise */
    int64_t n_rows;               /**< rows in the totals, less those taken away */
    int64_t n_steps;              /**< rows since the totals were carried */
    int32_t *columns;             /**< [C], scratch of a row, as are the others */
    void *room;                   /**< [BINET__PADDED(C)] of double */
    void *scratch;
} binet__classwise_table;

/** Give a table without memory its memory; 0 where there is none, and then it has none. */
int binet__classwise_table_create(const binet_context *context, const binet__classwise_settings *settings,
                                  int64_t n_classes, binet__classwise_table *table);

void binet__classwise_table_release(const binet_context *context, binet__classwise_table *table);

/** Add rows first to end of a batch, up to the first that is at fault; gives how many were added. */
int64_t binet__classwise_table_add(binet__classwise_table *table, const binet__classwise_batch *batch, int64_t first,
                                   int64_t end, binet__classwise_fault *fault);

/** All numbers with the other sign: what is added between two calls is taken away. */
void binet__classwise_table_negate(binet__classwise_table *table, const binet__classwise_settings *settings,
                                   int64_t n_classes);

/** Make ready for binet__classwise_table_join. */
void binet__classwise_table_carry(binet__classwise_table *table, int64_t n_classes);

/** The bins of class k over `n_rows` rows in `n_tables` tables, some perhaps without memory; gives the rows of its
 *  label. */
int64_t binet__classwise_table_join(const binet__classwise_table *tables, int32_t n_tables,
                                    const binet__classwise_settings *settings, int64_t n_rows, int64_t k,
                                    binet__classwise_bin *bins);

#endif
