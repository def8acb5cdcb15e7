/** What a table of predictions holds. For the functions over it; programs see columns through predictions.h. */
#ifndef BINET_METRICS_PREDICTIONS_TABLE_H
#define BINET_METRICS_PREDICTIONS_TABLE_H

#include "base/context.h"
#include "binet/predictions.h"
#include "metrics/names.h"

enum {
    BINET__N_COLUMNS = BINET_ENTROPY + 1, /* those of predictions.h */
    BINET__NO_NAME = -1,                  /* offset of a name that is not known */
    BINET__NO_LABEL = -1,
    BINET__NO_RANK = 0
};

/* A growing block: capacity counts its elements. */
typedef struct binet__block {
    void *values;
    int64_t capacity;
} binet__block;

struct binet_predictions {
    binet_context context; /* a copy: the table may outlive the context of the call that made it */
    int64_t n;
    int64_t n_classes; /* 0: unknown */
    int64_t n_omitted;
    binet__block columns[BINET__N_COLUMNS];
    binet__block name_offsets; /* int64_t a row, into names; BINET__NO_NAME where there is none */
    binet__block names;        /* texts with their zero bytes */
    int64_t names_used;        /* bytes of names */
};

/** An empty table. */
binet_status binet__predictions_create(const binet_context *context, binet_predictions **table, binet_error *error);

/** Room for n rows in every column; n and the rows there are stay as they are. */
binet_status binet__predictions_reserve(binet_predictions *table, int64_t n, binet_error *error);

/** Fill a row, for which there is room, with what is unknown. */
void binet__predictions_clear_row(binet_predictions *table, int64_t row);

/** Copy the columns of a row, without its name. */
void binet__predictions_copy_row(binet_predictions *to, int64_t to_row, const binet_predictions *from,
                                 int64_t from_row);

/** Name a row, for which there is room, with a copy of `name`; NULL: no name. */
binet_status binet__predictions_name_row(binet_predictions *table, int64_t row, const char *name, binet_error *error);

/** Give a row a label. Where it is another than before, what needs a label is inferred: rank 1 and true_probability =
 *  confidence where the prediction is right; unknown elsewhere. */
void binet__predictions_label_row(binet_predictions *table, int64_t row, int32_t label);

/** The first row without a label; n where every row has one. */
int64_t binet__predictions_first_unlabelled(const binet_predictions *table);

/** The first row whose true_probability is known and is none: outside 0 .. 1 by more than the softmax of another
 * program rounds; n where there is no such row. */
int64_t binet__predictions_first_improbable(const binet_predictions *table);

/** Add the row of each name of the table to `rows`. BINET_INVALID_DATA for a name twice, and where there are none.
 *  `argument` is the table's name in messages. */
binet_status binet__predictions_index(const binet_predictions *predictions, const char *argument, binet__names *rows,
                                      binet_error *error);

/** A column of i32, or of f64. */
static inline int32_t *binet__column_i32(const binet_predictions *table, int32_t column)
{
    return table->columns[column].values;
}

static inline double *binet__column_f64(const binet_predictions *table, int32_t column)
{
    return table->columns[column].values;
}

#endif
