/** What a probe is fitted to: checked, with its mean, and as much of it in memory as there is room for. */
#ifndef BINET_METRICS_PROBE_DATA_H
#define BINET_METRICS_PROBE_DATA_H

#include "metrics/probe_loss.h"

typedef struct binet__probe_data {
    const binet_context *context;
    binet_array array; /**< of the features */
    binet__features features;
    binet__probe_rows all;     /**< every row, read from the array */
    binet__probe_rows nearest; /**< every row, from the copy where it holds them all, else read from the array */
    binet__probe_rows copied;  /**< rows in memory, in random order; its first ones are a sample */
    double weight;             /**< of all rows */
    double *shares;            /**< [n_classes] of each class in that weight */
    double *mean;              /**< [width] by weight */
    double trace;              /**< of the covariance by weight */
    float *kept;               /**< [copied, width] less the mean */
    int32_t *labels;           /**< [n], and [copied] of the copy */
    double *weights;           /**< likewise; NULL: all 1 */
    int64_t n_passes;          /**< over the array, so far */
} binet__probe_data;

/** Check and read. Rows are copied, all where they fit in `row_bytes`, else a sample of half as much, but no less than
 * 4,096. On failure there is nothing to release. */
binet_status binet__probe_data_read(const binet_context *context, const binet_array *features,
                                    const binet_array *labels, int64_t n_classes, const binet_array *weights,
                                    int64_t row_bytes, binet__probe_data *data, binet_error *error);

void binet__probe_data_release(binet__probe_data *data);

#endif
