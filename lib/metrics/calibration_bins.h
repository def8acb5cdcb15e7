/** Confidences in bins, under each convention. */
#ifndef BINET_METRICS_CALIBRATION_BINS_H
#define BINET_METRICS_CALIBRATION_BINS_H

#include "base/sum.h"
#include "binet/calibration.h"

/** Rows of a bin, counted and added up. */
typedef struct binet__calibration_sums {
    int64_t count;
    int64_t right;
    binet__sum confidence;
    binet__sum squares;          /* of the confidences; of moments */
    binet__sum right_confidence; /* of rows that are right; of moments */
    double low;
    double high;
} binet__calibration_sums;

typedef struct binet__calibration_bins {
    binet__calibration_sums *bins; /* to be released */
    int32_t n_bins;
} binet__calibration_bins;

/** Options of any version, with the default of n_bins in its place; BINET_INVALID_ARGUMENT where one is wrong. */
binet_status binet__calibration_options(const binet_calibration_options *options, binet_calibration_options *given,
                                        binet_error *error);

/** BINET_INVALID_DATA unless every row has a label and a confidence from 0 to 1. */
binet_status binet__calibration_check(const binet_predictions *predictions, binet_error *error);

/** The rows as numbers of binet__bin_pack, the least first, to be released. NULL: out of memory. */
uint64_t *binet__calibration_sort(const binet_context *context, const binet_predictions *predictions,
                                  binet_error *error);

/** Put checked rows into bins as checked options say; `moments`: also add up what binet_proper_scores needs. */
binet_status binet__calibration_fill(const binet_context *context, const binet_predictions *predictions,
                                     const binet_calibration_options *options, int moments,
                                     binet__calibration_bins *filled, binet_error *error);

#endif
