/** Labels of a target task, 0 .. 65535, as the numbers of the classes that have samples. */
#ifndef BINET_METRICS_TARGETS_H
#define BINET_METRICS_TARGETS_H

#include "binet/base.h"

typedef struct binet__targets {
    int64_t n;
    int32_t n_classes; /**< one more than the largest label */
    int32_t n_present; /**< classes with samples, 2 or more */
    int64_t *counts;   /**< [n_classes] */
    int32_t *numbers;  /**< [n_classes]: the number of a class among those with samples; -1 where it has none */
    int32_t *classes;  /**< [n]: that number of each row's class */
} binet__targets;

/** The targets of labels [n], n >= 2 (`rows` is what the n rows are called in messages). To be released, whatever is
 *  returned; all zero before. */
binet_status binet__targets_create(const binet_context *context, const binet_array *labels, int64_t n, const char *rows,
                                   binet__targets *targets, binet_error *error);

/** Give the memory back. */
void binet__targets_release(const binet_context *context, const binet__targets *targets);

#endif
