/** What becomes of answers when the same pictures are larger, moved, or given at another resolution. */
#ifndef BINET_INVARIANCE_H
#define BINET_INVARIANCE_H

#include "predictions.h"

BINET_BEGIN

typedef struct binet_invariance_options {
    uint32_t struct_size;
    int32_t reserved;        /**< 0 */
    double confidence_level; /**< of the intervals, in (0, 1); 0: 0.95 */
    const double *values;    /**< [n_settings] the parameter of the sweep at each setting, such as 1, 1.25, ..., finite
                                  and ascending; areas need it. NULL: no areas */
} binet_invariance_options;

/** A mean over pictures. Its interval is mean +- z s / sqrt(n), s being the standard deviation over n - 1, within the
 *  range that the mean can have; NaN where n is 1. 24 bytes, frozen for ever. */
typedef struct binet_invariance_mean {
    double value; /**< NaN where it does not exist */
    double low;
    double high;
} binet_invariance_mean;

/** One setting, its pictures compared with the same pictures at the reference. 184 bytes, frozen for ever. */
typedef struct binet_invariance_setting {
    int64_t n_correct;
    double accuracy;                         /**< n_correct / n, 0 .. 1 */
    double accuracy_low;                     /**< lower end of the Wilson interval */
    double accuracy_high;                    /**< upper end of it */
    int64_t n_same;                          /**< pictures whose answer stays */
    double consistency;                      /**< n_same / n, 0 .. 1 */
    double consistency_low;                  /**< lower end of the Wilson interval */
    double consistency_high;                 /**< upper end of it */
    int64_t n_to_right;                      /**< pictures that are right here only */
    int64_t n_to_wrong;                      /**< pictures that are right at the reference only */
    int64_t n_other_wrong;                   /**< pictures that are wrong at both, each time with another answer */
    int64_t n_unknown;                       /**< pictures whose true_probability is unknown, as in a CSV of three
                                                  columns: here, there or at both */
    binet_invariance_mean true_probability;  /**< mean probability of the true class, 0 .. 1; NaN where one is
                                                  unknown */
    binet_invariance_mean probability_shift; /**< mean of what that probability gains, -1 .. 1; NaN where n_unknown is
                                                  not 0 */
    binet_invariance_mean cosine;            /**< mean cosine of the picture's features here and at the reference,
                                                  -1 .. 1; NaN where n_cosine is 0 */
    int64_t n_cosine;                        /**< pictures in cosine: 0 without features */
    int64_t n_zero;                          /**< pictures that are not, since a vector of theirs is zero */
} binet_invariance_setting;

typedef struct binet_invariance_result {
    uint32_t struct_size;
    int32_t reserved;                   /**< 0 */
    binet_invariance_setting *settings; /**< set by the caller: room for n_settings entries, filled on success. NULL:
                                           not wanted */
    int64_t settings_capacity;          /**< set by the caller: entries of settings */
    int64_t n_settings;
    int64_t reference; /**< index of the setting that the others are compared with */
    int64_t n;         /**< pictures, the same at every setting */
    /** Area under the curve over `values`, by trapezoids, over the width of the curve: the mean height, 0 .. 1. NaN
     * without values, and where the curve has a NaN. The height at the reference counts, which is 1 for consistency. */
    binet_invariance_mean accuracy_area;
    binet_invariance_mean true_probability_area;
    binet_invariance_mean consistency_area;
} binet_invariance_result;

/** Invariance of a model: top-1 and mean probability of the true class at each setting of a sweep (Vishniakov et al.,
 *  ICML 2024); and, compared with one setting, the reference, whether answers stay, where they go, and how far features
 *  turn.
 *
 * Rows are the same pictures at every setting, matched by file name as in binet_predictions_find; where no table has a
 * name they are matched by position. An area is a mean over pictures of the picture's own area, so that its interval,
 * like that of a probability shift, is paired.
 *
 * @param[in]     context    Its executor computes the cosines. NULL: malloc, one thread, the best instruction set.
 * @param[in]     settings   n_settings tables of the same N pictures, each row with a label, the same at every setting.
 *                           Not NULL.
 * @param[in]     n_settings 2 .. 65536.
 * @param[in]     reference  Index of the untransformed setting.
 * @param[in]     features   n_settings arrays [N, D], f16, bf16, f32 or f64, any strides, finite, a row for each row of
 *                           the table. NULL: none.
 * @param[in]     options    NULL: 95 %, no areas.
 * @param[in,out] result     struct_size, settings and settings_capacity set by the caller. Not NULL.
 * @param[out]    error      element: a row of the table or array that the message names.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (tables that are not of the same pictures, a row without a label,
 *         labels that differ, a probability out of range, a feature that is not finite), _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: counts exact, the rest reproducible: the same bits for any thread count and order of rows. Thread-safe.
 * Since 0.1.
 */
BINET_API binet_status binet_invariance(const binet_context *context, const binet_predictions *const *settings,
                                        int64_t n_settings, int64_t reference, const binet_array *features,
                                        const binet_invariance_options *options, binet_invariance_result *result,
                                        binet_error *error);

BINET_END

#endif
