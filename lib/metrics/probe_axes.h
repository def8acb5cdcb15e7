/** The principal axes of a probe's features: a coarse search goes along the first of them. */
#ifndef BINET_METRICS_PROBE_AXES_H
#define BINET_METRICS_PROBE_AXES_H

#include "metrics/probe_loss.h"

typedef struct binet__probe_axes {
    const binet_context *context;
    int64_t width;
    float *vectors;   /**< [width, width]: an axis in each row, that of most variance first */
    float *variances; /**< [width] >= 0, descending */
} binet__probe_axes;

/** Those of the first `n` of rows in memory, which are contiguous. On failure there is nothing to release. */
binet_status binet__probe_axes_find(const binet_context *context, const binet__probe_rows *rows, int64_t n,
                                    binet__probe_axes *axes, binet_error *error);

void binet__probe_axes_release(binet__probe_axes *axes);

/** How many of the first axes hold this part of the variance. */
int64_t binet__probe_axes_leading(const binet__probe_axes *axes, double part);

/** Rows in memory along the first axes: turned[n, n_axes]. */
binet_status binet__probe_axes_turn(const binet__probe_axes *axes, const binet__probe_rows *rows, int64_t n_axes,
                                    float *turned, binet_error *error);

/** A point b[n_classes], W[n_axes, n_classes] for turned rows becomes b, W[width, n_classes] for the features. */
binet_status binet__probe_axes_return(const binet__probe_axes *axes, int64_t n_axes, int64_t n_classes, double *point,
                                      binet_error *error);

#endif
