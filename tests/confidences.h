/** Tables of predictions that are nothing but confidences, right or wrong. */
#ifndef TESTS_CONFIDENCES_H
#define TESTS_CONFIDENCES_H

#include <stdlib.h>

#include "binet/predictions.h"
#include "check.h"

/* A table of n rows with exactly these confidences, 0 .. 1. Two groups of one class each have the confidence and 0; a
 * third class, of no group, has the rest. */
static inline binet_predictions *confidences_table(const double *confidences, const int *right, int64_t n)
{
    static const int64_t offsets[] = {0, 1, 2};
    static const int64_t classes[] = {0, 1};
    binet_predictions_options options = {.struct_size = sizeof options,
                                         .group_offsets = offsets,
                                         .group_classes = classes,
                                         .n_groups = 2,
                                         .aggregate = BINET_GROUP_MAX};
    double(*scores)[3] = calloc((size_t)n, sizeof *scores);
    int32_t *labels = calloc((size_t)n, sizeof *labels);
    binet_predictions *table = NULL;
    for (int64_t i = 0; scores != NULL && labels != NULL && i < n; i++) {
        scores[i][0] = confidences[i];
        scores[i][2] = 1.0 - confidences[i];
        labels[i] = !right[i];
    }
    binet_array matrix = {scores, BINET_F64, 2, {n, 3}, {24, 8}};
    binet_array vector = {labels, BINET_I32, 1, {n}, {4}};
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_PROBABILITIES, &matrix, &vector, &options, &table, NULL),
              BINET_OK);
    free(scores);
    free(labels);
    return table;
}

#endif
