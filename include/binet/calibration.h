/** Calibration: how well confidence agrees with accuracy. */
#ifndef BINET_CALIBRATION_H
#define BINET_CALIBRATION_H

#include "predictions.h"

BINET_BEGIN

/* ---- Binned calibration error ------------------------------------------------------------------------------------ */

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

/* ---- Proper scores ----------------------------------------------------------------------------------------------- */

typedef struct binet_proper_scores_result {
    uint32_t struct_size;
    int32_t n_bins;           /**< bins used */
    int64_t n;                /**< rows */
    double nll;               /**< mean negative log-likelihood in nats, 0 .. +inf; NaN where a row's is unknown */
    int64_t n_without_nll;    /**< rows whose nll is unknown, as in a CSV of three columns and in tables of groups */
    double brier;             /**< mean Brier term, the sum over classes, 0 .. 2; NaN where a row's is unknown */
    int64_t n_without_brier;  /**< rows whose Brier term is unknown */
    double brier_top_label;   /**< mean of (confidence - right)^2, 0 .. 1 */
    double reliability;       /**< sum_b (n_b / N) (confidence_b - accuracy_b)^2, 0 .. 1: the calibration part */
    double refinement;        /**< sum_b (n_b / N) accuracy_b (1 - accuracy_b), 0 .. 1/4: what is left for a model that
                                   says its bin's accuracy (DeGroot and Fienberg, 1983); uncertainty - resolution */
    double resolution;        /**< sum_b (n_b / N) (accuracy_b - accuracy)^2, 0 .. 1/4 */
    double uncertainty;       /**< accuracy (1 - accuracy), 0 .. 1/4: of the labels, whatever the confidences */
    double within_variance;   /**< mean of (confidence - confidence_b)^2 within bins, 0 .. 1/4 */
    double within_covariance; /**< twice the mean of (right - accuracy_b)(confidence - confidence_b) within bins */
} binet_proper_scores_result;

/** Proper scores, and what the Brier score of the predicted class is made of.
 *
 * brier_top_label = reliability - resolution + uncertainty + within_variance - within_covariance: Murphy's
 * decomposition (1973), exact with the two terms of Stephenson et al. (2008) for confidences that differ within a bin.
 *
 * @param[in]  context     NULL: malloc, one thread, the best instruction set.
 * @param[in]  predictions N rows, each with a label and a confidence in 0 .. 1. Not NULL.
 * @param[in]  options     How confidences are put into bins. NULL: 15 bins, equal width, the convention `binet`.
 * @param[out] result      struct_size set by the caller. Not NULL.
 * @param[out] error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (also for an nll or a Brier term below 0), _UNSUPPORTED,
 *         _OUT_OF_MEMORY.
 * Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_proper_scores(const binet_context *context, const binet_predictions *predictions,
                                           const binet_calibration_options *options, binet_proper_scores_result *result,
                                           binet_error *error);

/* ---- Selective prediction ---------------------------------------------------------------------------------------- */

typedef struct binet_risk_coverage_options {
    uint32_t struct_size;
    int32_t reserved; /**< 0 */
    double risk;      /**< asks for coverage_at_risk: more than 0, less than 1; 0: not wanted */
    double coverage;  /**< asks for risk_at_coverage: more than 0, less than 1; 0: not wanted */
} binet_risk_coverage_options;

/** The rows at least as confident as a threshold. */
typedef struct binet_risk_point {
    double confidence; /**< the threshold */
    double coverage;   /**< share of the rows, more than 0, at most 1 */
    double risk;       /**< share of wrong answers among them, 0 .. 1 */
} binet_risk_point;

typedef struct binet_risk_coverage_result {
    uint32_t struct_size;
    int32_t reserved;         /**< 0 */
    binet_risk_point *points; /**< set by the caller: room for n_points entries, filled on success, from the most
                                   confident on. NULL: not wanted */
    int64_t points_capacity;  /**< set by the caller: entries of points; N is enough */
    int64_t n_points;         /**< confidences that differ */
    int64_t n;                /**< rows */
    double aurc;              /**< area under the risk-coverage curve, (1 / N) sum_i (wrong among the i most
                                   confident) / i (Geifman et al., ICLR 2019), 0 .. 1 */
    double eaurc;             /**< aurc less that of the best order of the same answers, all right ones first, 0 .. 1;
                                   that one is summed, where Geifman et al. write r + (1 - r) log(1 - r) */
    double augrc;             /**< area under the generalised risk, wrong among the i most confident / N, over
                                   coverage, by trapezoids from (0, 0) (Traub et al., NeurIPS 2024), 0 .. 1/2 */
    double coverage_at_risk;  /**< largest coverage of a threshold whose risk is at most options->risk; 0 where there
                                   is none, NaN where not asked for */
    double threshold_at_risk; /**< its threshold; NaN where coverage_at_risk is 0 or NaN */
    double risk_at_coverage;  /**< risk of the highest threshold whose coverage is at least options->coverage; NaN
                                   where not asked for */
    double threshold_at_coverage; /**< its threshold; NaN where not asked for */
} binet_risk_coverage_result;

/** Risk and coverage where a model may decline to answer: rows are answered from the most confident on.
 *
 * The order of the rows does not matter: among rows of equal confidence each number of wrong answers is its mean over
 * all their orders (j of m rows of which e are wrong hold e j / m), and thresholds take them together.
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     predictions N rows, each with a label and a confidence in 0 .. 1. Not NULL.
 * @param[in]     options     NULL: no risk and no coverage asked for.
 * @param[in,out] result      struct_size, points and points_capacity set by the caller. Not NULL.
 * @param[out]    error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: coverage and risk exact to rounding, areas reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_risk_coverage(const binet_context *context, const binet_predictions *predictions,
                                           const binet_risk_coverage_options *options,
                                           binet_risk_coverage_result *result, binet_error *error);

/* ---- Smooth calibration error ------------------------------------------------------------------------------------ */

typedef struct binet_smooth_ece_options {
    uint32_t struct_size;
    int32_t reserved; /**< 0 */
    double bandwidth; /**< of the kernel, 0.001 .. 1; 0: found */
} binet_smooth_ece_options;

typedef struct binet_smooth_ece_result {
    uint32_t struct_size;
    int32_t reserved; /**< 0 */
    int64_t n;        /**< rows */
    double smece;     /**< 0 .. 1 */
    double bandwidth; /**< of the kernel: found, it is smece, but never below 0.001 */
} binet_smooth_ece_result;

/** Smooth calibration error of the predicted class (Blasiok and Nakkiran, ICLR 2024): the integral over 0 .. 1 of
 *  |(1/N) sum_i (right_i - confidence_i) K(confidence_i, t)| for K the Gaussian kernel reflected at 0 and 1.
 *
 * smECE falls as the bandwidth grows; smece is the one that is its own bandwidth. Where that is below 0.001, smece is
 * that of the bandwidth 0.001, and smaller than it. Neither rows nor kernel are put on a grid.
 *
 * @param[in]  context     NULL: malloc, one thread, the best instruction set.
 * @param[in]  predictions N rows, each with a label and a confidence in 0 .. 1. Not NULL.
 * @param[in]  options     NULL: the bandwidth is found.
 * @param[out] result      struct_size set by the caller. Not NULL.
 * @param[out] error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: reproducible, within 1e-9 of the definition. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_smooth_ece(const binet_context *context, const binet_predictions *predictions,
                                        const binet_smooth_ece_options *options, binet_smooth_ece_result *result,
                                        binet_error *error);

BINET_END

#endif
