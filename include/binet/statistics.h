/** When a difference is real: intervals by resampling, paired tests, comparisons of models. */
#ifndef BINET_STATISTICS_H
#define BINET_STATISTICS_H

#include "calibration.h"

BINET_BEGIN

/* ---- Bootstrap --------------------------------------------------------------------------------------------------- */

/** How an interval comes from the values of the resamples. */
enum {
    BINET_BOOTSTRAP_PERCENTILE = 0, /**< their quantiles at (1 - level) / 2 and (1 + level) / 2 (Efron, 1979) */
    BINET_BOOTSTRAP_BCA = 1         /**< quantiles corrected for bias and acceleration (Efron, 1987) */
};

/** Whether there is an interval, and why not. */
enum {
    BINET_INTERVAL_FOUND = 0,
    BINET_INTERVAL_NO_VALUE = 1,     /**< the statistic has no value on the rows as they are */
    BINET_INTERVAL_NO_RESAMPLES = 2, /**< fewer than 2 resamples have a value */
    BINET_INTERVAL_ONE_SIDED = 3     /**< BCa: all resamples lie above the value, or all below */
};

/** A value with its uncertainty. 48 bytes, frozen for ever. */
typedef struct binet_estimate {
    double value;          /**< of all rows; NaN where the statistic has none */
    double low;            /**< lower end of the interval; NaN where there is none */
    double high;           /**< upper end of the interval; NaN where there is none */
    double standard_error; /**< standard deviation of the resamples (divisor n - 1); NaN where fewer than 2 have a value
                                or one is infinite */
    int64_t n_undefined;   /**< resamples without a value, which are left out */
    int32_t interval;      /**< a BINET_INTERVAL_*: whether low and high are there */
    int32_t reserved;      /**< 0 */
} binet_estimate;

/** Something that is computed from some rows of a table. */
typedef struct binet_statistic {
    uint32_t struct_size;
    int32_t n_values; /**< values that it computes, 1 .. 65536; 0: 1 */
    void *self;       /**< passed back as it is */
    /** Fill values[n_values] from the rows, of which one may come many times; n_rows >= 1. A NaN is no value. Called
     *  from several threads at once where the context has some. Anything but BINET_OK ends the bootstrap with that
     *  status and what `error` (never NULL) was filled with. */
    binet_status (*compute)(void *self, const int64_t *rows, int64_t n_rows, double *values, binet_error *error);
} binet_statistic;

typedef struct binet_bootstrap_options {
    uint32_t struct_size;
    int32_t method;              /**< a BINET_BOOTSTRAP_*; 0: BINET_BOOTSTRAP_PERCENTILE */
    int64_t n_resamples;         /**< 2 .. 2^31 - 1; 0: 1000 */
    double confidence_level;     /**< of the intervals, in (0, 1); 0: 0.95 */
    uint64_t seed;               /**< any; the same seed gives the same resamples */
    const binet_array *clusters; /**< [N] i32 or i64: rows with the same number, such as those of a class, are drawn
                                      together. NULL: each row is drawn by itself */
} binet_bootstrap_options;

typedef struct binet_bootstrap_result {
    uint32_t struct_size;
    int32_t reserved;            /**< 0 */
    binet_estimate *estimates;   /**< set by the caller: room for n_values entries. Not NULL */
    int64_t estimates_capacity;  /**< set by the caller: entries of estimates */
    double *replicates;          /**< set by the caller: room for n_resamples x n_values; value v of resample r at
                                      r n_values + v. NULL: not wanted */
    int64_t replicates_capacity; /**< set by the caller: entries of replicates */
    int64_t n_units;             /**< rows, or clusters, that were drawn from */
} binet_bootstrap_result;

/** Bootstrap of any statistic of rows: its value, with an interval from resamples (Efron, 1979).
 *
 * A resample is as many units as there are, drawn with replacement: rows, or clusters in ascending order of their
 * number, whose rows then all come, in ascending order. Draw t of resample r is a function of the seed, r and t (Philox
 * 4x32-10, Salmon et al., SC 2011), with every unit exactly as likely: the same two seeds draw the same resamples for
 * whatever statistic, so that two of them can be compared resample by resample.
 *
 * Quantiles are linear between the two nearest of the sorted values, as NumPy's are. BCa: the bias is the normal
 * quantile of the share of resamples below the value, equals counting half; the acceleration is sum(d^3) / (6
 * sum(d^2)^1.5) over d = mean - value of a jackknife that leaves out group g of G = min(units, 1000), the units u with
 * u mod G = g; values of the jackknife that do not exist are left out, and where nothing varies the acceleration is 0.
 *
 * @param[in]     context   NULL: malloc, one thread, the best instruction set.
 * @param[in]     n_rows    N, 1 .. 2^31 - 1.
 * @param[in]     statistic Called n_resamples + 1 times, for BCa up to 1000 times more. Not NULL.
 * @param[in]     options   NULL: 1000 resamples of rows, percentile intervals of 95 %, seed 0.
 * @param[in,out] result    struct_size, the rooms and their capacities set by the caller. Not NULL.
 * @param[out]    error     NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _UNSUPPORTED, _OUT_OF_MEMORY, or what the statistic returned for the first
 *         resample for which it failed.
 * Exactness: reproducible where the statistic is, for any number of threads; the ends of BCa bounded, 1e-12 of the
 * spread of the resamples. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_bootstrap(const binet_context *context, int64_t n_rows, const binet_statistic *statistic,
                                       const binet_bootstrap_options *options, binet_bootstrap_result *result,
                                       binet_error *error);

/* ---- Bootstrap of predictions ------------------------------------------------------------------------------------ */

/** Metrics of a table of predictions. The values are pinned for ever. */
enum {
    BINET_METRIC_ACCURACY = 0,         /**< share of rows whose class is right; needs labels */
    BINET_METRIC_TOP_5_ACCURACY = 1,   /**< share of rows whose true class is among the five best; needs ranks */
    BINET_METRIC_CONFIDENCE = 2,       /**< mean confidence */
    BINET_METRIC_TRUE_PROBABILITY = 3, /**< mean probability of the true class */
    BINET_METRIC_NLL = 4,              /**< mean negative log-likelihood in nats; +inf where a row's is */
    BINET_METRIC_BRIER = 5,            /**< mean Brier score */
    BINET_METRIC_ENTROPY = 6,          /**< mean entropy in nats */
    BINET_METRIC_ECE = 7,              /**< ece of binet_calibration, as are the next two; needs labels */
    BINET_METRIC_RMS = 8,              /**< rms */
    BINET_METRIC_MCE = 9               /**< mce */
};

/** Bootstrap of metrics of a table, all from the same resamples: what binet_bootstrap gives for a statistic that
 *  computes them, to the bit, in less time.
 *
 * Under bins of equal width and the convention `binet` a resample is counts of rows and exact sums over them; under
 * others the rows of each are put together and given to binet_calibration.
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     predictions N rows, 1 .. 2^31 - 1, each with what the metrics need. Not NULL.
 * @param[in]     metrics     [n_metrics], each a BINET_METRIC_*. Not NULL.
 * @param[in]     n_metrics   1 .. 65536.
 * @param[in]     calibration For ECE, RMS and MCE. NULL: 15 bins, equal width, the convention `binet`.
 * @param[in]     options     NULL: 1000 resamples of rows, percentile intervals of 95 %, seed 0.
 * @param[in,out] result      As of binet_bootstrap, with n_metrics values. Not NULL.
 * @param[out]    error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a row without a value that a metric needs, or out of its range),
 *         _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: reproducible, means are of sums in multiples of 2^-80; the ends of BCa as in binet_bootstrap. Thread-safe.
 * Since 0.1.
 */
BINET_API binet_status binet_bootstrap_predictions(const binet_context *context, const binet_predictions *predictions,
                                                   const int32_t *metrics, int32_t n_metrics,
                                                   const binet_calibration_options *calibration,
                                                   const binet_bootstrap_options *options,
                                                   binet_bootstrap_result *result, binet_error *error);

BINET_END

#endif
