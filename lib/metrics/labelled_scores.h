/** Logits with their labels, as fits take them: what is checked, and what is wrong in words. */
#ifndef BINET_METRICS_LABELLED_SCORES_H
#define BINET_METRICS_LABELLED_SCORES_H

#include "metrics/scores.h"

/** Check dtypes and shapes of scores [N, C], N >= 1, 1 <= C <= most_classes, and labels [N]. */
binet_status binet__labelled_check(const binet_array *scores, const binet_array *labels, int64_t most_classes,
                                   binet_error *error);

/** BINET_INVALID_DATA for a label that is no class. */
binet_status binet__labelled_fail_label(const binet__scores *scores, int64_t row, int64_t label, binet_error *error);

/** BINET_INVALID_DATA for a label whose class the row says cannot be. */
binet_status binet__labelled_fail_impossible(int64_t row, int64_t label, binet_error *error);

/** BINET_OUT_OF_MEMORY for the scratch of a row. */
binet_status binet__labelled_fail_memory(const binet__scores *scores, binet_error *error);

/** Score `column` of a row that binet__scores_read gave. */
static inline double binet__labelled_score(const binet__scores *scores, const void *row, int64_t column)
{
    return scores->array->dtype == BINET_F64 ? ((const double *)row)[column] : (double)((const float *)row)[column];
}

#endif
