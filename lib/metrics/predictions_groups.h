/** Groups of classes: checked once, then the scores of a row's classes become those of its groups. */
#ifndef BINET_METRICS_PREDICTIONS_GROUPS_H
#define BINET_METRICS_PREDICTIONS_GROUPS_H

#include "binet/predictions.h"
#include "kernels/kernels.h"

typedef struct binet__groups {
    int64_t n_groups; /* 0: none, and the rest is not there */
    int64_t *offsets; /* [n_groups + 1] into columns */
    int64_t *columns; /* where the classes are among those that the subset keeps */
    int64_t largest;  /* the entry of columns with the largest class */
    int32_t aggregate;
} binet__groups;

/** A row's scores as a kernel reduced them, without a label. */
typedef struct binet__row_scores {
    const void *values; /* f32 or f64, the classes kept */
    int is_f64;
    int are_logits;
    double inverse_temperature;
} binet__row_scores;

/** Check and copy the groups of the options, whose subset is checked. `groups` is zero before; binet__groups_release
 *  it, whatever is returned. */
binet_status binet__groups_create(const binet_context *context, const binet_predictions_options *options,
                                  binet__groups *groups, binet_error *error);

/** Give the memory back. */
void binet__groups_release(const binet_context *context, const binet__groups *groups);

/** Numbers that binet__groups_reduce needs room for. */
int64_t binet__groups_scratch(const binet__groups *groups);

/** Make a good row of classes one of groups; label is a group, or -1. */
void binet__groups_reduce(const binet__groups *groups, const binet__kernels *kernels, const binet__row_scores *scores,
                          int64_t label, double *scratch, binet__row *row);

/** The position of a class in an ascending subset; -1 where it is not in it. */
int64_t binet__find_class(const int64_t *subset, int64_t size, int64_t class_index);

#endif
