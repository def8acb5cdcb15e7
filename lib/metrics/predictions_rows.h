/** The one pass over scores: a batch of checked arrays in, rows of a table out. */
#ifndef BINET_METRICS_PREDICTIONS_ROWS_H
#define BINET_METRICS_PREDICTIONS_ROWS_H

#include "binet/predictions.h"
#include "kernels/kernels.h"
#include "metrics/predictions_groups.h"

/** How scores are read; checked. */
typedef struct binet__rows_settings {
    int32_t kind; /* BINET_LOGITS or BINET_PROBABILITIES */
    int32_t nan_policy;
    double temperature;
    const int64_t *subset; /* NULL: all classes */
    int64_t subset_size;
    binet__groups groups; /* n_groups 0: none */
    const binet__kernels *kernels;
} binet__rows_settings;

/** Fill the rows table->n .. table->n + N - 1, for which there is room, from scores [N, C] and labels [N] (NULL: none);
 *  table->n stays as it is.
 *
 * @param first_row number of the first row in messages.
 * @param omitted   [N], zero: set to 1 for a row with a NaN, which is then not filled; NULL: a NaN is an error.
 * @return BINET_OK, _INVALID_DATA for the first row at fault, _OUT_OF_MEMORY, or what the executor returns.
 */
binet_status binet__rows_fill(const binet_context *context, const binet__rows_settings *settings,
                              const binet_array *scores, const binet_array *labels, int64_t first_row,
                              binet_predictions *table, unsigned char *omitted, binet_error *error);

#endif
