/** Calibration: how well confidence agrees with accuracy. */
#ifndef BINET_CALIBRATION_H
#define BINET_CALIBRATION_H

#include "predictions.h"

BINET_BEGIN

/** How confidences are put into bins. */
enum {
    BINET_EQUAL_WIDTH = 0, /**< edges i / n_bins */
    BINET_EQUAL_MASS = 1   /**< confidences sorted and split, the first N mod n_bins bins one row more; among equal
                                confidences wrong answers come first, so that the order of the rows does not matter */
};

/** Whose convention. More will follow; the values are pinned. */
enum {
    BINET_CONVENTION_BINET = 0 /**< bins (lo, hi]; a confidence of exactly 0 goes to the first bin */
};

typedef struct binet_calibration_options {
    uint32_t struct_size;
    int32_t n_bins;     /**< 1 .. 65536; 0: 15 */
    int32_t binning;    /**< BINET_EQUAL_WIDTH or BINET_EQUAL_MASS */
    int32_t convention; /**< a BINET_CONVENTION_* */
} binet_calibration_options;

typedef struct binet_calibration_bin {
    double low;        /**< lower edge; for equal mass the lowest confidence in the bin, NaN where count is 0 */
    double high;       /**< upper edge; for equal mass the highest confidence in the bin, NaN where count is 0 */
    int64_t count;     /**< rows in the bin */
    double accuracy;   /**< share of right answers; NaN where count is 0 */
    double confidence; /**< mean confidence; NaN where count is 0 */
} binet_calibration_bin;

typedef struct binet_calibration_result {
    uint32_t struct_size;
    int32_t n_bins;              /**< bins used */
    binet_calibration_bin *bins; /**< set by the caller: room for n_bins entries, filled on success. NULL: not wanted */
    int64_t bins_capacity;       /**< set by the caller: entries of bins */
    int64_t n;                   /**< rows */
    double ece;                  /**< expected calibration error, L1 (Guo et al., ICML 2017), 0 .. 1 */
    double mce;                  /**< maximum calibration error over bins with rows, 0 .. 1 */
    double rms;                  /**< root mean square calibration error, L2, 0 .. 1 */
    double accuracy;             /**< top-1 accuracy, 0 .. 1 */
    double confidence;           /**< mean confidence, 0 .. 1 */
} binet_calibration_result;

/** Calibration error of the predicted class.
 *
 * ECE = sum_b (n_b / N) |accuracy_b - confidence_b|, MCE = max_b |...|, RMS = sqrt(sum_b (n_b / N) |...|^2).
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     predictions N rows, each with a label and a confidence in 0 .. 1. Not NULL.
 * @param[in]     options     NULL: 15 bins, equal width, the convention `binet`.
 * @param[in,out] result      struct_size, bins and bins_capacity set by the caller. Not NULL.
 * @param[out]    error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: counts exact, the rest reproducible (sums are 128-bit integers). Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_calibration(const binet_context *context, const binet_predictions *predictions,
                                         const binet_calibration_options *options, binet_calibration_result *result,
                                         binet_error *error);

BINET_END

#endif
