/** Mistakes: which answers are right where an image has one label, several or none, and on which factors, classes and
 *  pairs of classes a model errs.
 *
 * Whether a row is right is a byte: BINET_WRONG, BINET_RIGHT or BINET_LEFT_OUT, in the order of the rows of
 * predictions.
 */
#ifndef BINET_MISTAKES_H
#define BINET_MISTAKES_H

#include "predictions.h"

BINET_BEGIN

enum {
    BINET_WRONG = 0,
    BINET_RIGHT = 1,
    BINET_LEFT_OUT = 2 /**< counts nowhere: no label, or left out by the caller */
};

/* ---- Right and wrong --------------------------------------------------------------------------------------------- */

/** Whether each row is right: the predicted class is the label. A row without a label is BINET_LEFT_OUT.
 *
 * @param[in]  predictions N rows. Not NULL.
 * @param[out] correct     [N] bytes. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT. Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_correct(const binet_context *context, const binet_predictions *predictions,
                                     unsigned char *correct, binet_error *error);

typedef struct binet_multilabel_options {
    uint32_t struct_size;
    int32_t reserved;        /**< 0 */
    double confidence_level; /**< of the interval, in (0, 1); 0: 0.95 */
} binet_multilabel_options;

typedef struct binet_multilabel_result {
    uint32_t struct_size;
    int32_t reserved;         /**< 0 */
    unsigned char *correct;   /**< set by the caller: room for N bytes, filled on success. NULL: not wanted */
    int64_t correct_capacity; /**< set by the caller: bytes of correct */
    int64_t n;                /**< rows with at least one label; only these count */
    int64_t n_correct;        /**< of these, rows whose predicted class is one of their labels */
    int64_t n_left_out;       /**< rows without a label */
    double value;             /**< n_correct / n, 0 .. 1; NaN where n is 0 */
    double low;               /**< lower end of the Wilson interval; NaN where n is 0 */
    double high;              /**< upper end of the Wilson interval; NaN where n is 0 */
} binet_multilabel_result;

/** Accuracy where an image may have several right answers, or none: ReaL (Beyer et al., 2020), ImageNet-Hard (Taesiri
 * et al., NeurIPS 2023). A row is right where the predicted class is one of its labels; a row without a label is left
 * out and counted. The column `label` of predictions plays no part.
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     predictions N rows. Not NULL.
 * @param[in]     offsets     [N + 1] i32 or i64: the labels of row i are classes[offsets[i]] .. classes[offsets[i + 1]
 * - 1]. Starts at 0, never falls, ends at M. Not NULL.
 * @param[in]     classes     [M] i32 or i64, each at least 0 and below the class count where that is known. Not NULL.
 * @param[in]     options     NULL: 95 %.
 * @param[in,out] result      struct_size, correct and correct_capacity set by the caller. Not NULL.
 * @param[out]    error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (an offset or class out of range), _UNSUPPORTED.
 * Exactness: counts exact, the interval reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_multilabel_accuracy(const binet_context *context, const binet_predictions *predictions,
                                                 const binet_array *offsets, const binet_array *classes,
                                                 const binet_multilabel_options *options,
                                                 binet_multilabel_result *result, binet_error *error);

/* ---- Error ratios ------------------------------------------------------------------------------------------------ */

typedef struct binet_error_ratio_options {
    uint32_t struct_size;
    int32_t n_factors;       /**< F, 1 .. 65536; 0: one more than the largest index, or the columns of factors [N, F] */
    double confidence_level; /**< of the intervals, in (0, 1); 0: 0.95 */
} binet_error_ratio_options;

/** Rows with one factor. 48 bytes, frozen for ever. */
typedef struct binet_error_ratio_factor {
    int64_t n;         /**< rows with the factor that are not left out */
    int64_t n_correct; /**< of these, rows that are right */
    double accuracy;   /**< n_correct / n; NaN where n is 0 */
    double low;        /**< lower end of the Wilson interval of the accuracy; NaN where n is 0 */
    double high;       /**< upper end of it; NaN where n is 0 */
    double ratio;      /**< (1 - accuracy of these) / (1 - accuracy of all), 0 and more; NaN where n is 0 or where no
                            row at all is wrong */
} binet_error_ratio_factor;

typedef struct binet_error_ratio_result {
    uint32_t struct_size;
    int32_t n_factors; /**< F */
    binet_error_ratio_factor
        *factors;             /**< set by the caller: room for F entries, filled on success. NULL: not wanted */
    int64_t factors_capacity; /**< set by the caller: entries of factors */
    int64_t n;                /**< rows that are not left out, whether they have a factor or not */
    int64_t n_correct;        /**< of these, rows that are right; where it is n no ratio exists */
    int64_t n_left_out;       /**< rows marked BINET_LEFT_OUT */
    int32_t n_ratios;         /**< factors that have a ratio: F less those without rows; 0 where all is right */
    int32_t worst;            /**< factor of the largest ratio, the first of equals; -1 where none exists */
    double accuracy;          /**< n_correct / n */
    double low;               /**< lower end of its Wilson interval */
    double high;              /**< upper end of it */
    double mean;              /**< plain mean of the n_ratios ratios that exist; NaN where there is none */
} binet_error_ratio_result;

/** Error ratios of ImageNet-X (Idrissi et al., ICLR 2023): how much more often a model errs on the images that have a
 *  factor, such as an unusual pose, than on all images.
 *
 * ratio_f = (1 - accuracy_f) / (1 - accuracy), both over the same rows: the caller leaves out, by BINET_LEFT_OUT, what
 * the annotation does not cover and the prototypes. A factor without rows has no ratio and is no part of the mean.
 *
 * @param[in]     context NULL: malloc, one thread, the best instruction set.
 * @param[in]     correct [N] u8, N >= 1: BINET_WRONG, BINET_RIGHT or BINET_LEFT_OUT. Not all left out. Not NULL.
 * @param[in]     factors [N] i32 or i64: the one factor of the row (`top`), 0 .. F - 1, or -1 for none; or [N, F] u8: 1
 *                        where the row has the factor (`multi`), 0 where not. Not NULL.
 * @param[in]     options NULL: F from factors, 95 %.
 * @param[in,out] result  struct_size, factors and factors_capacity set by the caller. Not NULL.
 * @param[out]    error   NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (an entry out of range, every row left out), _UNSUPPORTED,
 *         _OUT_OF_MEMORY.
 * Exactness: counts exact, the rest reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_error_ratio(const binet_context *context, const binet_array *correct,
                                         const binet_array *factors, const binet_error_ratio_options *options,
                                         binet_error_ratio_result *result, binet_error *error);

/* ---- Classes ----------------------------------------------------------------------------------------------------- */

typedef struct binet_class_report_options {
    uint32_t struct_size;
    int32_t n_classes; /**< C, 1 and more; 0: the class count of predictions, or where that is unknown one more than
                            the largest class in them */
    double confidence_level; /**< of the intervals, in (0, 1); 0: 0.95 */
    int64_t n_worst;         /**< classes in worst_mean, 1 .. classes with rows; 0: a tenth of them, rounded up */
} binet_class_report_options;

/** Rows of one class. 64 bytes, frozen for ever. */
typedef struct binet_class_report_class {
    int64_t n;                /**< rows of the class (support) */
    int64_t n_correct;        /**< of these, rows that are right */
    int64_t n_predicted;      /**< rows, of any class, whose predicted class this is */
    int64_t n_false_positive; /**< of these, rows of another class */
    double accuracy;          /**< n_correct / n, which is the recall; NaN where n is 0 */
    double low;               /**< lower end of its Wilson interval; NaN where n is 0 */
    double high;              /**< upper end of it; NaN where n is 0 */
    double precision;         /**< n_correct / n_predicted; NaN where n_predicted is 0 */
} binet_class_report_class;

/** How often one class is taken for another. 16 bytes, frozen for ever. */
typedef struct binet_confusion {
    int32_t label;           /**< true class */
    int32_t predicted_class; /**< another one */
    int64_t n;               /**< rows of the first that are taken for the second */
} binet_confusion;

typedef struct binet_class_report_result {
    uint32_t struct_size;
    int32_t n_classes; /**< C */
    binet_class_report_class
        *classes;                 /**< set by the caller: room for C entries, filled on success. NULL: not wanted */
    int64_t classes_capacity;     /**< set by the caller: entries of classes */
    binet_confusion *confusions;  /**< set by the caller: room for confusions_capacity entries. NULL: not wanted */
    int64_t confusions_capacity;  /**< set by the caller: how many pairs are wanted; filled are that many or
                                       n_confusions, if those are fewer: the most frequent first, equals by label
                                       and then by predicted class */
    int64_t n;                    /**< rows */
    int64_t n_correct;            /**< rows that are right */
    int64_t n_confusions;         /**< pairs of a label and another class that was predicted for it */
    int32_t n_present;            /**< classes with rows; only these count below */
    int32_t worst_class;          /**< class of the lowest accuracy, the first of equals */
    int64_t n_worst;              /**< classes in worst_mean */
    double accuracy;              /**< n_correct / n */
    double balanced_accuracy;     /**< plain mean of the classes' accuracies */
    double worst_accuracy;        /**< accuracy of worst_class */
    double worst_mean;            /**< plain mean of the n_worst lowest accuracies of classes */
    double accuracy_deviation;    /**< standard deviation of the classes' accuracies, over n_present - 1; NaN where
                                       one class only has rows */
    double probability_deviation; /**< plain mean over classes of the standard deviation, over n, of the true
                                       class's probability; NaN where n_unknown is not 0 */
    double class_balance;         /**< sqrt((1 - accuracy_deviation) (1 - probability_deviation)) (Hesse et al., 2026),
                                       0 .. 1; NaN where one of them is */
    int64_t n_unknown;            /**< rows whose true_probability is unknown, as in a CSV of three columns */
} binet_class_report_result;

/** Per class: accuracy with its Wilson interval, precision, false positives; over classes: balanced accuracy, the worst
 *  classes, class balance, and the pairs that are confused most often.
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     predictions N rows, each with a label. Not NULL.
 * @param[in]     options     NULL: C from predictions, 95 %, the worst tenth.
 * @param[in,out] result      struct_size and the two rooms set by the caller. Not NULL.
 * @param[out]    error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a row without a label, a class or probability out of range),
 * _UNSUPPORTED, _OUT_OF_MEMORY. Exactness: counts exact, the rest reproducible (sums over rows are 128-bit integers).
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_class_report(const binet_context *context, const binet_predictions *predictions,
                                          const binet_class_report_options *options, binet_class_report_result *result,
                                          binet_error *error);

typedef struct binet_class_gap_options {
    uint32_t struct_size;
    int32_t n_classes; /**< C, as in binet_class_report_options, for both tables together; 0: the larger of both */
    double confidence_level; /**< of the intervals, in (0, 1); 0: 0.95 */
} binet_class_gap_options;

/** One class in two tables. 56 bytes, frozen for ever. */
typedef struct binet_class_gap_class {
    int64_t n_a;       /**< rows of the class in a */
    int64_t n_b;       /**< rows of the class in b */
    double accuracy_a; /**< NaN where n_a is 0 */
    double accuracy_b; /**< NaN where n_b is 0 */
    double gap;        /**< accuracy_b - accuracy_a, -1 .. 1; NaN where n_a or n_b is 0 */
    double low;        /**< lower end of its interval; NaN where gap is */
    double high;       /**< upper end of it; NaN where gap is */
} binet_class_gap_class;

typedef struct binet_class_gap_result {
    uint32_t struct_size;
    int32_t n_classes;              /**< C */
    binet_class_gap_class *classes; /**< set by the caller: room for C entries, filled on success. NULL: not wanted */
    int64_t classes_capacity;       /**< set by the caller: entries of classes */
    int32_t n_compared;             /**< classes with rows in both; only these count below */
    int32_t n_lower;                /**< of these, classes whose gap is below 0 */
    int32_t n_higher;               /**< classes whose gap is above 0 */
    int32_t lowest_class;           /**< class of the lowest gap, the first of equals */
    int32_t highest_class;          /**< class of the highest gap, the first of equals */
    int32_t reserved;               /**< 0 */
    double lowest;                  /**< gap of lowest_class */
    double highest;                 /**< gap of highest_class */
    double mean;                    /**< plain mean of the gaps */
    double deviation;               /**< standard deviation of the gaps, over n_compared - 1; NaN where that is 0 */
} binet_class_gap_result;

/** How far the accuracy of each class moves from a to b: between two models, or between a clean set and a shifted one,
 *  where a small mean may hide classes that fall far (Szyc et al., 2024).
 *
 * The interval is Newcombe's (1998, method 10) for shares of two independent samples; for two models on the same
 * images, which agree on many, it is wider than it need be.
 *
 * @param[in]     context NULL: malloc, one thread, the best instruction set.
 * @param[in]     a       Rows, each with a label. Not NULL.
 * @param[in]     b       Likewise; neither the images nor their number need be the same. Not NULL.
 * @param[in]     options NULL: C from both, 95 %.
 * @param[in,out] result  struct_size, classes and classes_capacity set by the caller. Not NULL.
 * @param[out]    error   NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (as binet_class_report, or no class with rows in both),
 *         _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: counts exact, the rest reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_class_gap(const binet_context *context, const binet_predictions *a,
                                       const binet_predictions *b, const binet_class_gap_options *options,
                                       binet_class_gap_result *result, binet_error *error);

BINET_END

#endif
