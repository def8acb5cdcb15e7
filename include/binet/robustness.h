/** Robustness: accuracy under corruption, on shifted test sets and under attack, and how much of it clean accuracy
 *  explains.
 *
 * Intervals. An accuracy whose number of images is given has its Wilson interval. The interval of a mean goes from the
 * mean of the low ends to the mean of the high ends: the same images may be in every mean's part, so that the parts are
 * not independent, and a mean is never less certain than its parts are on average. It is wide rather than wrong.
 */
#ifndef BINET_ROBUSTNESS_H
#define BINET_ROBUSTNESS_H

#include "base.h"

BINET_BEGIN

/* ---- Corruptions ------------------------------------------------------------------------------------------------- */

/** Errors that a model's are divided by, AlexNet's of ImageNet-C. */
enum {
    BINET_BASELINE_ALEXNET = 0,         /**< six digits, as published code has them */
    BINET_BASELINE_ALEXNET_ROUNDED = 1, /**< the same in three digits, as the paper prints them */
    BINET_BASELINE_NONE = 2             /**< no corruption errors */
};

/** What to do where the error of a corruption at a severity is missing. */
enum {
    BINET_MISSING_ERROR = 0, /**< BINET_INVALID_DATA, naming the corruption and the severity */
    BINET_MISSING_NAN = 1    /**< what needs it is NaN, and counts say why */
};

/** The name of a corruption of ImageNet-C (Hendrycks and Dietterich, ICLR 2019), 0 .. 14 in its order, as its folders
 *  are called, such as "gaussian_noise"; NULL for any other index. Thread-safe. Since 0.1. */
BINET_API const char *binet_corruption_name(int32_t corruption);

/** AlexNet's errors on ImageNet-C.
 *
 * @param[in]  baseline    BINET_BASELINE_ALEXNET or _ALEXNET_ROUNDED.
 * @param[out] errors      [15], in the order of binet_corruption_name, 0 .. 1. Not NULL.
 * @param[out] clean_error On ImageNet itself, 0.4348 for both. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT. Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_corruption_baseline(int32_t baseline, double *errors, double *clean_error,
                                                 binet_error *error);

typedef struct binet_corruption_options {
    uint32_t struct_size;
    int32_t missing;               /**< a BINET_MISSING_*; 0: BINET_MISSING_ERROR */
    int32_t baseline;              /**< a BINET_BASELINE_*; 0: BINET_BASELINE_ALEXNET, which needs C = 15. Not where
                                        baseline_errors is given */
    int32_t reserved;              /**< 0 */
    double confidence_level;       /**< of the intervals, in (0, 1); 0: 0.95 */
    const double *baseline_errors; /**< [C] mean error of another baseline on each corruption, 1e-6 .. 1.
                                        NULL: `baseline` says */
    int64_t n_baseline_errors;     /**< entries of baseline_errors: C */
    double baseline_clean_error; /**< of that baseline, less than each of its errors; 0: unknown, no relative errors */
} binet_corruption_options;

/** One corruption at one severity. 24 bytes, frozen for ever. */
typedef struct binet_corruption_cell {
    double error; /**< share of images that are wrong, 0 .. 1; NaN where missing */
    double low;   /**< lower end of its Wilson interval; NaN where the number of images is unknown */
    double high;  /**< upper end of it; likewise */
} binet_corruption_cell;

/** One corruption over its severities, or one severity over the corruptions. 64 bytes, frozen for ever. */
typedef struct binet_corruption_mean {
    int64_t n_missing;                /**< parts that are missing; where it is not 0 the rest is NaN */
    double error;                     /**< plain mean of its parts, 0 .. 1 */
    double low;                       /**< lower end of its interval; NaN where a number of images is unknown */
    double high;                      /**< upper end of it; likewise */
    double corruption_error;          /**< CE in percent: 100 times the sum of errors over that of the baseline; NaN
                                           for a severity, and without a baseline */
    double corruption_error_low;      /**< lower end of its interval */
    double corruption_error_high;     /**< upper end of it */
    double relative_corruption_error; /**< in percent: the same with the clean error of each taken off; NaN where one of
                                           these is unknown too */
} binet_corruption_mean;

typedef struct binet_corruption_result {
    uint32_t struct_size;
    int32_t n_corruptions;              /**< C */
    int32_t n_severities;               /**< S */
    int32_t reserved;                   /**< 0 */
    binet_corruption_mean *corruptions; /**< set by the caller: room for C entries, filled on success. NULL: not wanted
                                         */
    int64_t corruptions_capacity;       /**< set by the caller: entries of corruptions */
    binet_corruption_mean *severities;  /**< set by the caller: room for S entries. NULL: not wanted */
    int64_t severities_capacity;        /**< set by the caller: entries of severities */
    binet_corruption_cell *cells;       /**< set by the caller: room for C S entries, c S + s. NULL: not wanted */
    int64_t cells_capacity;             /**< set by the caller: entries of cells */
    int64_t n_missing;                  /**< cells that are missing */
    double clean_error;                 /**< as given; NaN: unknown */
    double error;                       /**< plain mean of all C S errors, 0 .. 1; NaN where one is missing */
    double low;                         /**< lower end of its interval; NaN where a number of images is unknown */
    double high;                        /**< upper end of it; likewise */
    double mce;                         /**< mean CE in percent; NaN where one of them is */
    double mce_low;                     /**< lower end of its interval */
    double mce_high;                    /**< upper end of it */
    double relative_mce;                /**< mean relative CE in percent; NaN where one of them is */
} binet_corruption_result;

/** Errors on a corrupted test set such as ImageNet-C (Hendrycks and Dietterich, ICLR 2019): per severity, per
 *  corruption, mean, corruption error (CE), mean CE and relative mean CE.
 *
 * CE of a corruption is the sum over severities of the model's errors over that of the baseline's; the relative one
 * takes the clean error of each off first. AlexNet's own errors give exactly 100. The accuracy that a study of models
 * reports is 1 - error, the plain mean over all C S.
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     errors      [C, S] f64, 1 <= C <= 1024, 1 <= S <= 1024: share of images that are wrong, 0 .. 1; NaN:
 *                            missing. With a baseline of AlexNet C is 15, in the order of binet_corruption_name. Not
 *                            NULL.
 * @param[in]     counts      [C, S] i64 or i32: images of each, 0 where unknown. NULL: all unknown, no intervals.
 * @param[in]     clean_error Of the model on uncorrupted images, 0 .. 1. NaN: unknown, no relative errors.
 * @param[in]     options     NULL: AlexNet in six digits, 95 %, a missing error is an error.
 * @param[in,out] result      struct_size, the rooms and their capacities set by the caller. Not NULL.
 * @param[out]    error       NULL: no detail wanted. Its element counts cells, c S + s.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a missing error, one outside 0 .. 1, a count below 0),
 *         _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_corruption_robustness(const binet_context *context, const binet_array *errors,
                                                   const binet_array *counts, double clean_error,
                                                   const binet_corruption_options *options,
                                                   binet_corruption_result *result, binet_error *error);

/* ---- Shifted test sets ------------------------------------------------------------------------------------------- */

typedef struct binet_relative_accuracy_options {
    uint32_t struct_size;
    int32_t reserved;        /**< 0 */
    double confidence_level; /**< of the intervals, in (0, 1); 0: 0.95 */
} binet_relative_accuracy_options;

/** One shifted set. 56 bytes, frozen for ever. */
typedef struct binet_relative_accuracy_set {
    double accuracy;     /**< as given, 0 .. 1 */
    double low;          /**< lower end of its Wilson interval; NaN where the number of images is unknown */
    double high;         /**< upper end of it; likewise */
    double drop;         /**< clean accuracy less this one, -1 .. 1 */
    double relative;     /**< this accuracy over the clean one, 0 and more */
    double relative_low; /**< lower end of its interval (Donner and Zou, 2012, of independent sets of images); NaN where
                              a number of images is unknown */
    double relative_high; /**< upper end of it; likewise */
} binet_relative_accuracy_set;

typedef struct binet_relative_accuracy_result {
    uint32_t struct_size;
    int32_t reserved; /**< 0 */
    binet_relative_accuracy_set
        *sets;             /**< set by the caller: room for M entries, filled on success. NULL: not wanted */
    int64_t sets_capacity; /**< set by the caller: entries of sets */
    int64_t n_sets;        /**< M */
    double accuracy;       /**< plain mean of the accuracies, 0 .. 1 */
    double low;            /**< lower end of its interval; NaN where a number of images is unknown */
    double high;           /**< upper end of it; likewise */
    double drop;           /**< plain mean of the drops */
    double relative;       /**< plain mean of the relative accuracies */
    double relative_low;   /**< lower end of its interval; NaN where a number of images is unknown */
    double relative_high;  /**< upper end of it; likewise */
    double geometric;      /**< geometric mean of the relative accuracies; 0 where one is 0 */
    double geometric_low;  /**< lower end of its interval; NaN where a number of images is unknown */
    double geometric_high; /**< upper end of it; likewise */
} binet_relative_accuracy_result;

/** Accuracies on shifted sets over the clean one, and their means.
 *
 * In QUBA (Hesse et al., TMLR 2026) OOD robustness is the geometric mean of the relative accuracies over shifted sets,
 * robustness to corruption their plain mean over corruptions, and adversarial robustness the relative accuracy under
 * attack. The plain mean of the accuracies themselves, over seven sets, is what Vishniakov et al. (ICML 2024) report.
 *
 * @param[in]     context      NULL: malloc, one thread, the best instruction set.
 * @param[in]     shifted      [M] f64, M >= 1: accuracies, 0 .. 1. Not NULL.
 * @param[in]     counts       [M] i64 or i32: images of each, 0 where unknown. NULL: all unknown, no intervals.
 * @param[in]     clean        [M] f64: clean accuracy that each is divided by, more than 0, at most 1; a stride of 0
 *                             where it is the same for all. Not NULL.
 * @param[in]     clean_counts [M] i64 or i32: images of each of these, 0 where unknown. NULL: all unknown, no
 *                             intervals of relatives.
 * @param[in]     options      NULL: 95 %.
 * @param[in,out] result       struct_size, sets and sets_capacity set by the caller. Not NULL.
 * @param[out]    error        NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (an accuracy outside 0 .. 1, a clean accuracy of 0, a count below
 *         0), _UNSUPPORTED.
 * Exactness: reproducible; the geometric means bounded, 1e-14 relative. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_relative_accuracy(const binet_context *context, const binet_array *shifted,
                                               const binet_array *counts, const binet_array *clean,
                                               const binet_array *clean_counts,
                                               const binet_relative_accuracy_options *options,
                                               binet_relative_accuracy_result *result, binet_error *error);

/* ---- Object focus ------------------------------------------------------------------------------------------------ */

typedef struct binet_object_focus_options {
    uint32_t struct_size;
    int32_t reserved;        /**< 0 */
    int64_t n_mixed_same;    /**< images of each accuracy, 0: unknown; the interval needs all three */
    int64_t n_mixed_rand;    /**< likewise */
    int64_t n_clean;         /**< likewise */
    double confidence_level; /**< of the interval, in (0, 1); 0: 0.95 */
} binet_object_focus_options;

typedef struct binet_object_focus_result {
    uint32_t struct_size;
    int32_t reserved; /**< 0 */
    double gap;       /**< accuracy on mixed-same less that on mixed-rand: what the background is worth, -1 .. 1 */
    double value;     /**< 1 - gap / clean accuracy; 1 where the background does not matter */
    double low;       /**< lower end of its interval; NaN where a number of images is unknown */
    double high;      /**< upper end of it; likewise */
} binet_object_focus_result;

/** Object focus (Hesse et al., TMLR 2026) on ImageNet-9 (Xiao et al., ICLR 2021), where objects are put before another
 *  background: of an image of the same class (mixed-same) or of any (mixed-rand).
 *
 * The interval is that of a difference of two shares (Newcombe, 1998, of independent sets) over the end of the clean
 * accuracy's interval that makes it wider.
 *
 * @param[in]  mixed_same Accuracy, 0 .. 1.
 * @param[in]  mixed_rand Accuracy, 0 .. 1.
 * @param[in]  clean      Accuracy, more than 0, at most 1.
 * @param[in]  options    NULL: no interval.
 * @param[out] result     struct_size set by the caller. Not NULL.
 * @param[out] error      NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (an accuracy out of range), _UNSUPPORTED.
 * Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_object_focus(double mixed_same, double mixed_rand, double clean,
                                          const binet_object_focus_options *options, binet_object_focus_result *result,
                                          binet_error *error);

/* ---- Accuracy on the line ---------------------------------------------------------------------------------------- */

/** What accuracies become before a line is fitted. */
enum {
    BINET_SCALE_PROBIT = 0, /**< the normal quantile (Miller et al., ICML 2021) */
    BINET_SCALE_LOGIT = 1,  /**< log(a / (1 - a)) (Taori et al., NeurIPS 2020) */
    BINET_SCALE_LINEAR = 2  /**< as they are */
};

typedef struct binet_accuracy_line_options {
    uint32_t struct_size;
    int32_t scale;           /**< a BINET_SCALE_*; 0: BINET_SCALE_PROBIT */
    double confidence_level; /**< of the intervals, in (0, 1); 0: 0.95 */
} binet_accuracy_line_options;

/** One model. 64 bytes, frozen for ever. */
typedef struct binet_accuracy_line_model {
    double x;                    /**< its clean accuracy on the scale of the fit */
    double y;                    /**< its shifted accuracy on that scale */
    double predicted;            /**< shifted accuracy that the line gives for its clean one */
    double low;                  /**< lower end of the confidence interval of that: where the line is */
    double high;                 /**< upper end of it */
    double prediction_low;       /**< lower end of the prediction interval: where one more model would be */
    double prediction_high;      /**< upper end of it */
    double effective_robustness; /**< shifted accuracy less predicted, -1 .. 1; its confidence interval goes from
                                      shifted accuracy - high to shifted accuracy - low */
} binet_accuracy_line_model;

typedef struct binet_accuracy_line_result {
    uint32_t struct_size;
    int32_t reserved; /**< 0 */
    binet_accuracy_line_model
        *models;               /**< set by the caller: room for M entries, filled on success. NULL: not wanted */
    int64_t models_capacity;   /**< set by the caller: entries of models */
    int64_t n_models;          /**< M */
    int64_t n_fitted;          /**< models that the line was fitted to */
    double slope;              /**< of the line on the scale of the fit */
    double slope_low;          /**< lower end of its confidence interval */
    double slope_high;         /**< upper end of it */
    double intercept;          /**< of the line */
    double intercept_low;      /**< lower end of its confidence interval */
    double intercept_high;     /**< upper end of it */
    double r_squared;          /**< share of the variance that the line explains, 0 .. 1; NaN where all shifted
                                    accuracies are the same */
    double residual_deviation; /**< sqrt(sum of squared residuals / (n_fitted - 2)), on the scale of the fit */
    double t_quantile;         /**< of Student's distribution with n_fitted - 2 degrees of freedom */
    double mean_x;             /**< mean clean accuracy of the fitted, on the scale of the fit */
    double sum_squares_x;      /**< sum of (x - mean_x)^2 over them */
} binet_accuracy_line_result;

/** Accuracy on the line (Taori et al., NeurIPS 2020; Miller et al., ICML 2021): the least-squares line of shifted over
 *  clean accuracy of many models, and each model's effective robustness, its shifted accuracy beyond what the line
 *  gives for its clean one.
 *
 * Intervals are those of least squares, by Student's distribution with n - 2 degrees of freedom, brought back from the
 * scale of the fit.
 *
 * @param[in]     context NULL: malloc, one thread, the best instruction set.
 * @param[in]     clean   [M] f64: accuracies on the clean set, 0 .. 1, not all fitted ones the same. Not NULL.
 * @param[in]     shifted [M] f64: accuracies of the same models on the shifted set, 0 .. 1. Not NULL. With
 *                        BINET_SCALE_PROBIT and _LOGIT an accuracy of exactly 0 or 1 is BINET_INVALID_DATA.
 * @param[in]     fitted  [M] u8: 1 for a model that the line is fitted to, 0 for one that is only measured against it.
 *                        NULL: all. At least three are fitted.
 * @param[in]     options NULL: probit, 95 %.
 * @param[in,out] result  struct_size, models and models_capacity set by the caller. Not NULL.
 * @param[out]    error   NULL: no detail wanted. Its element is the model.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: bounded, 1e-12 of the coefficients where the clean accuracies are not nearly the same. Thread-safe.
 * Since 0.1.
 */
BINET_API binet_status binet_accuracy_line(const binet_context *context, const binet_array *clean,
                                           const binet_array *shifted, const binet_array *fitted,
                                           const binet_accuracy_line_options *options,
                                           binet_accuracy_line_result *result, binet_error *error);

BINET_END

#endif
