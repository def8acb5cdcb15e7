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

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

/** Wilson's score interval of a share (Wilson, 1927); its ends are 0 or 1 exactly where n_hits is 0 or n.
 *
 * @param[in]  n_hits           0 .. n.
 * @param[in]  n                1 .. 2^53.
 * @param[in]  confidence_level In (0, 1); 0: 0.95.
 * @param[out] low, high        Ends of the interval. Not NULL.
 * @param[out] error            NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT. Exactness: reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_wilson_interval(int64_t n_hits, int64_t n, double confidence_level, double *low,
                                             double *high, binet_error *error);

typedef struct binet_mcnemar_result {
    uint32_t struct_size;
    int32_t reserved;    /**< 0 */
    int64_t n_only_a;    /**< samples that only a has right */
    int64_t n_only_b;    /**< samples that only b has right */
    double p_exact;      /**< two-sided, of the binomial distribution; 1 where both counts are 0 */
    double chi_square;   /**< max(|n_only_a - n_only_b| - 1, 0)^2 / (n_only_a + n_only_b); 0 where both are 0 */
    double p_chi_square; /**< of the chi-square distribution with one degree of freedom */
} binet_mcnemar_result;

/** McNemar's test of two models on the same samples (McNemar, 1947; continuity correction: Edwards, 1948): whether one
 *  has more of them right than the other. Only samples that just one has right count.
 *
 * @param[in]  n_only_a Samples that only a has right, 0 .. 2^31 - 1.
 * @param[in]  n_only_b Samples that only b has right, 0 .. 2^31 - 1.
 * @param[out] result   struct_size set by the caller. Not NULL.
 * @param[out] error    NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _UNSUPPORTED. Exactness: bounded, 1e-12 of p. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_mcnemar(int64_t n_only_a, int64_t n_only_b, binet_mcnemar_result *result,
                                     binet_error *error);

typedef struct binet_tost_result {
    uint32_t struct_size;
    int32_t reserved;          /**< 0 */
    int64_t n;                 /**< differences */
    double mean;               /**< of the differences */
    double standard_deviation; /**< of the differences (divisor n - 1) */
    double t_low;              /**< (mean - low) / (standard_deviation / sqrt(n)) */
    double t_high;             /**< (mean - high) / (standard_deviation / sqrt(n)) */
    double p_low;              /**< P(T > t_low), T Student's with n - 1 degrees of freedom: is the mean above low? */
    double p_high;             /**< P(T < t_high): is it below high? */
    double p_value;            /**< the larger of both: are they equivalent? */
} binet_tost_result;

/** Two one-sided t tests (Schuirmann, 1987): whether a mean difference lies between two margins. A small p value shows
 *  that two models are equivalent, which a large p value of a test of difference does not.
 *
 * Where all differences are the same, the statistics are infinite, or NaN and p 1 at a margin itself.
 *
 * @param[in]  context     NULL: malloc, one thread, the best instruction set.
 * @param[in]  differences [N] f64, N >= 2, each 2^46 / N at most in size: of each sample. Not NULL.
 * @param[in]  low         Lower margin, finite.
 * @param[in]  high        Upper margin, finite and above low.
 * @param[out] result      struct_size set by the caller. Not NULL.
 * @param[out] error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a difference out of range), _UNSUPPORTED. Exactness: the mean
 *         reproducible, p bounded, 1e-10. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_tost(const binet_context *context, const binet_array *differences, double low, double high,
                                  binet_tost_result *result, binet_error *error);

/** Holm's correction for several tests (Holm, 1979): p values that may each be held against the level that all
 *  together shall have.
 *
 * @param[in]  context  NULL: malloc, one thread, the best instruction set.
 * @param[in]  p_values [n], 0 .. 1. Not NULL.
 * @param[in]  n        >= 1.
 * @param[out] adjusted [n] in the order of p_values: the largest of (n - j) times the p value of rank j = 0, 1, ... up
 *                      to its own, and at most 1. May be p_values itself. Not NULL.
 * @param[out] error    NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (no number from 0 to 1), _OUT_OF_MEMORY. Exactness: reproducible.
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_holm(const binet_context *context, const double *p_values, int64_t n, double *adjusted,
                                  binet_error *error);

/* ---- Two models -------------------------------------------------------------------------------------------------- */

/** Where a p value comes from. */
enum {
    BINET_TEST_MCNEMAR = 0,  /**< the exact test of binet_mcnemar */
    BINET_TEST_BOOTSTRAP = 1 /**< the resamples of the difference; see binet_compare */
};

/** One metric of two models. 168 bytes, frozen for ever. */
typedef struct binet_compared {
    binet_estimate a;
    binet_estimate b;
    binet_estimate difference; /**< b less a, on the same resamples */
    double p_value;            /**< two-sided, of no difference; NaN where fewer than 2 resamples have a difference */
    int32_t metric;            /**< a BINET_METRIC_* */
    int32_t test;              /**< a BINET_TEST_* */
    int64_t reserved;          /**< 0 */
} binet_compared;

typedef struct binet_compare_result {
    uint32_t struct_size;
    int32_t reserved;         /**< 0 */
    binet_compared *metrics;  /**< set by the caller: room for n_metrics entries. Not NULL */
    int64_t metrics_capacity; /**< set by the caller: entries of metrics */
    int64_t n;                /**< rows */
    int64_t n_units;          /**< rows, or clusters, that were drawn from */
    int64_t n_both_right;     /**< rows that both have right */
    int64_t n_only_a_right;   /**< rows that only a has right */
    int64_t n_only_b_right;   /**< rows that only b has right */
    int64_t n_both_wrong;     /**< rows that both have wrong */
    int64_t n_same_answer;    /**< rows for which both predict the same class */
    double p_exact;           /**< of binet_mcnemar, as are the next two */
    double chi_square;
    double p_chi_square;
} binet_compare_result;

/** Two models on the same samples: metrics of both, their differences with intervals, and whether these are beyond
 *  noise.
 *
 * All is measured on the same resamples of rows. The p value of accuracy is that of McNemar's exact test; with
 * clusters, and for every other metric, it is p = min(1, 2 (1 + min(R-, R+)) / (1 + R)), with the R resamples that have
 * a difference, those R- where it is at most 0 and those R+ where it is at least 0 (Davison and Hinkley, 1997): at 1000
 * resamples the least is 0.002.
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     a           N rows, each with a label and what the metrics need. Not NULL.
 * @param[in]     b           The same samples in the same order (see binet_predictions_match), with the same labels.
 * Not NULL.
 * @param[in]     metrics     [n_metrics], each a BINET_METRIC_*. Not NULL.
 * @param[in]     n_metrics   1 .. 65536.
 * @param[in]     calibration As of binet_bootstrap_predictions.
 * @param[in]     options     NULL: 1000 resamples of rows, percentile intervals of 95 %, seed 0.
 * @param[in,out] result      struct_size, metrics and metrics_capacity set by the caller. Not NULL.
 * @param[out]    error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT (as many rows are needed in both), _INVALID_DATA (a row without a label, with two
 *         labels, or without a value that a metric needs), _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: as of binet_bootstrap_predictions and binet_mcnemar. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_compare(const binet_context *context, const binet_predictions *a,
                                     const binet_predictions *b, const int32_t *metrics, int32_t n_metrics,
                                     const binet_calibration_options *calibration,
                                     const binet_bootstrap_options *options, binet_compare_result *result,
                                     binet_error *error);

BINET_END

#endif
