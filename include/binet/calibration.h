/** Calibration: how well confidence agrees with accuracy. */
#ifndef BINET_CALIBRATION_H
#define BINET_CALIBRATION_H

#include "predictions.h"

BINET_BEGIN

/** How confidences are put into bins. */
enum {
    BINET_EQUAL_WIDTH = 0,         /**< edges i / n_bins */
    BINET_EQUAL_MASS = 1,          /**< confidences sorted and split, the first N mod n_bins bins one row more; among
                                        equal confidences wrong answers come first, so that the order of the rows does
                                        not matter */
    BINET_EQUAL_MASS_QUANTILE = 2, /**< edges are the quantiles i / n_bins of the confidences, as numpy.quantile has
                                        them; equal confidences share a bin, so that some bins may be empty */
    BINET_MONOTONE_SWEEP = 3       /**< as BINET_EQUAL_MASS with the number of bins found: 2, 3, ... for as long as the
                                        accuracies of the bins never fall (Roelofs et al., AISTATS 2022); ece is then
                                        their ECE-sweep. n_bins is the most to be tried; 0: 65536 */
};

/** Whose convention: which side of a bin is closed, and what becomes of the ends. Each fits the binnings that its owner
 *  has. The study (Vishniakov et al., ICML 2024) is as `binet`, but that it drops a confidence of exactly 0 while it
 *  counts the row. The values are pinned. */
enum {
    BINET_CONVENTION_BINET = 0,        /**< bins (lo, hi]; a confidence of exactly 0 goes to the first bin. All
                                            binnings. */
    BINET_CONVENTION_TORCHMETRICS = 1, /**< bins [lo, hi), and a bin more, the last, for confidences of exactly 1, which
                                            so have a gap of their own. Equal width. */
    BINET_CONVENTION_NETCAL = 2,       /**< bins [lo, hi), the last closed; confidences clipped to 2^-52 .. 1 - 2^-52
                                            first. Equal width; quantiles, whose ends are then 0 and 1. */
    BINET_CONVENTION_TENSORFLOW = 3, /**< TensorFlow Probability: bin floor(n_bins * confidence), the last for 1. Equal
                                          width. */
    BINET_CONVENTION_SKLEARN = 4,    /**< calibration_curve of scikit-learn: bins (lo, hi], the first with its low end.
                                          Equal width, the same as `binet`; quantiles. */
    BINET_CONVENTION_VERIFIED_CALIBRATION = 5 /**< uncertainty-calibration (Kumar et al., 2019): bins (lo, hi] with
                                                   edges i / n_bins rounded once, 0 in the first. Equal width; equal
                                                   mass, split half way between the neighbours at each cut, equal cuts
                                                   counted once, so that n_bins of the result may be smaller. */
};

typedef struct binet_calibration_options {
    uint32_t struct_size;
    int32_t n_bins;     /**< 1 .. 65536; 0: 15 (65536 for BINET_MONOTONE_SWEEP) */
    int32_t binning;    /**< a BINET_EQUAL_* or BINET_MONOTONE_SWEEP */
    int32_t convention; /**< a BINET_CONVENTION_* that has this binning */
} binet_calibration_options;

typedef struct binet_calibration_bin {
    double low;        /**< lower edge; for equal mass by split and sweep the lowest confidence in the bin, NaN where
                            count is 0 */
    double high;       /**< upper edge; for equal mass by split and sweep the highest confidence in the bin, NaN where
                            count is 0 */
    int64_t count;     /**< rows in the bin */
    double accuracy;   /**< share of right answers; NaN where count is 0 */
    double confidence; /**< mean confidence; NaN where count is 0 */
} binet_calibration_bin;

typedef struct binet_calibration_result {
    uint32_t struct_size;
    int32_t n_bins;              /**< bins used */
    binet_calibration_bin *bins; /**< set by the caller: room for the bins used, filled on success. NULL: not wanted */
    int64_t bins_capacity;       /**< set by the caller: entries of bins; options->n_bins is enough, one more for
                                      `torchmetrics`, N for the sweep */
    int64_t n;                   /**< rows */
    double ece;                  /**< expected calibration error, L1 (Guo et al., ICML 2017), 0 .. 1 */
    double mce;                  /**< maximum calibration error over bins with rows, 0 .. 1 */
    double rms;                  /**< root mean square calibration error, L2, 0 .. 1 */
    double accuracy;             /**< top-1 accuracy, 0 .. 1 */
    double confidence;           /**< mean confidence, 0 .. 1 */
    double rms_debiased;         /**< debiased L2 (Kumar et al., NeurIPS 2019), 0 .. 1: the root of sum_b (n_b / N)
                                      (gap_b^2 - accuracy_b (1 - accuracy_b) / (n_b - 1)), where a bin of one row gives
                                      0, and a sum below 0 gives 0 */
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
 * @return BINET_OK, _INVALID_ARGUMENT (a convention that lacks the binning, too few bins_capacity, ...), _INVALID_DATA,
 *         _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: counts exact, the rest reproducible (sums are 128-bit integers). Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_calibration(const binet_context *context, const binet_predictions *predictions,
                                         const binet_calibration_options *options, binet_calibration_result *result,
                                         binet_error *error);

BINET_END

#endif
