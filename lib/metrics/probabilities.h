/** Rows of scores as probabilities in double. */
#ifndef BINET_METRICS_PROBABILITIES_H
#define BINET_METRICS_PROBABILITIES_H

#include "metrics/scores.h"

typedef struct binet__probabilities {
    binet__scores scores;
    int32_t kind;
} binet__probabilities;

/** Scores of a checked array and kind; all is borrowed. */
binet__probabilities binet__probabilities_of(const binet_array *scores, int32_t kind, const binet__kernels *kernels);

/** Memory for reading one row, to be released. */
void *binet__probabilities_scratch(const binet_context *context, const binet__probabilities *of, binet_error *error);

/** The probabilities of a row, in the scratch. BINET_INVALID_DATA, and *row NULL, for a row that has none. */
binet_status binet__probabilities_read(const binet__probabilities *of, int64_t row, void *scratch,
                                       const double **probabilities, binet_error *error);

#endif
