/** The kernels: one table of functions per instruction set. Inputs are contiguous and checked; nothing here allocates,
 *  starts a thread or fails. Every instruction set gives the same bits; the scalar build is the specification. */
#ifndef BINET_KERNELS_KERNELS_H
#define BINET_KERNELS_KERNELS_H

#include "binet/base.h"

/** What a row turned out to be. */
enum {
    BINET__ROW_OK = 0,
    BINET__ROW_NAN = 1,          /**< a NaN at column `fault` */
    BINET__ROW_TWO_INFINITE = 2, /**< a second +inf at column `fault` */
    BINET__ROW_ALL_EXCLUDED = 3, /**< nothing but -inf */
    BINET__ROW_OUT_OF_RANGE = 4, /**< a probability below 0 or above 1 at column `fault` */
    BINET__ROW_SUM = 5           /**< probabilities that do not sum to 1; `sum` says to what */
};

/** One row of predictions. Untouched but for state, fault and sum where state is not BINET__ROW_OK. */
typedef struct binet__row {
    int32_t state;
    int32_t rank;      /**< 1 is the best; 0 without a label */
    int64_t fault;     /**< column */
    double sum;        /**< of the probabilities; or of exp(t (x - largest)) over the logits, 1 where one is +inf */
    int64_t predicted; /**< column of the largest score, the first of equals */
    double confidence;
    double true_probability; /**< NaN without a label, as nll and brier */
    double nll;
    double brier;
    double entropy;
} binet__row;

/** A row whose probability of column k is scaled[k] * unit, in double, from 0 to 1. Only state, fault and sum have a
 *  meaning where state is not BINET__ROW_OK. */
typedef struct binet__scaling {
    int32_t state;
    int32_t reserved;
    int64_t fault; /**< column */
    double sum;    /**< of probabilities as they came */
    int64_t predicted;
    double unit;
} binet__scaling;

/** A probability in a tally: scaled * unit + this, rounded once, to the nearest multiple of 2^-40, halves to even. The
 *  bits of that double, less those of this one, count the multiples. */
static const double binet__tally_shift = 0x1.8p+12;

/** Room for n values whose last lanes are written whole. */
#define BINET__PADDED(n) (((n) + 15) / 16 * 16)

/** The largest of a row of logits. Only state and fault have a meaning where state is not BINET__ROW_OK. */
typedef struct binet__peak {
    int32_t state;
    int32_t reserved;
    int64_t fault;  /**< column */
    int64_t first;  /**< column of the largest, the first of equals */
    double largest; /**< +inf for a class that is certain */
} binet__peak;

/** Moments of u = t (logit - largest) under the softmax of t times the logits; see row_moments.inc.h. */
typedef struct binet__moments {
    int32_t state; /**< BINET__ROW_OK or BINET__ROW_NAN, with nothing below but `fault` */
    int32_t reserved;
    int64_t fault;  /**< column */
    double log_sum; /**< log of the sum of exp(u) */
    double mean;    /**< <= 0 */
    double square;  /**< mean of u^2 */
} binet__moments;

/** Parameters of a row pass that hold for all rows. */
typedef struct binet__row_parameters {
    double inverse_temperature; /**< logits only */
    double sum_tolerance;       /**< probabilities only */
} binet__row_parameters;

/** Values whose weighted sum cannot be too large for 64 bits. */
enum { BINET__MOST_WEIGHED = 1 << 24 };

/** Fractional bits of a weight in resampling. */
#define BINET__RESIZE_BITS 22

/** Along one axis, output i is the sum over j < counts[i] of weights[i * stride + j] times input first[i] + j. */
typedef struct binet__taps {
    int64_t n; /**< outputs */
    int64_t stride;
    const int32_t *first;
    const int32_t *counts;
    const int32_t *weights;
} binet__taps;

typedef struct binet__kernels {
    /** Rows of n >= 1 scores; label is -1 or a column. */
    void (*logits_f32)(const float *scores, int64_t n, int64_t label, const binet__row_parameters *parameters,
                       binet__row *row);
    void (*logits_f64)(const double *scores, int64_t n, int64_t label, const binet__row_parameters *parameters,
                       binet__row *row);
    void (*probabilities_f32)(const float *scores, int64_t n, int64_t label, const binet__row_parameters *parameters,
                              binet__row *row);
    void (*probabilities_f64)(const double *scores, int64_t n, int64_t label, const binet__row_parameters *parameters,
                              binet__row *row);
    /** values[i] becomes exp(t values[i]), within 1.2 ulp: values[i] <= 0, -inf too; t from 2^-100 to 2^100. */
    void (*exp_each)(double *values, int64_t n, double t);
    /** values[i] >= 0 becomes its logarithm, within 1.0 ulp. */
    void (*log_each)(double *values, int64_t n);
    /** Rows of n >= 1 logits to scaled[BINET__PADDED(n)]; the unit times the largest is the confidence of logits_<t>.
     */
    void (*scale_f32)(const float *scores, int64_t n, const binet__row_parameters *parameters, float *scaled,
                      binet__scaling *scaling);
    void (*scale_f64)(const double *scores, int64_t n, const binet__row_parameters *parameters, double *scaled,
                      binet__scaling *scaling);
    /** The same of some columns of a row whose largest logit is finite and known. */
    void (*scale_some_f32)(const float *scores, int64_t n, float largest, const binet__row_parameters *parameters,
                           float *scaled);
    void (*scale_some_f64)(const double *scores, int64_t n, double largest, const binet__row_parameters *parameters,
                           double *scaled);
    /** Rows of n >= 1 probabilities, which scale themselves: their unit is 1. */
    void (*check_f32)(const float *scores, int64_t n, const binet__row_parameters *parameters, binet__scaling *scaling);
    void (*check_f64)(const double *scores, int64_t n, const binet__row_parameters *parameters,
                      binet__scaling *scaling);
    /** Add a row's probabilities to totals[BINET__PADDED(n)], each as the bits that binet__tally_shift tells of; NULL:
     * to none. The columns whose probability is at least `least` > 0, and perhaps some a millionth below, go to
     *  columns[n]; gives how many. */
    int64_t (*tally_f32)(const float *scaled, int64_t n, double unit, double least, uint64_t *totals, int32_t *columns);
    int64_t (*tally_f64)(const double *scaled, int64_t n, double unit, double least, uint64_t *totals,
                         int32_t *columns);
    /** Draw n times from 0 .. n - 1, n >= 1, as binet__random_index does with counters 0 .. n - 1, and add to counts[n]
     *  how often each came. A count goes around at 256, which n draws reach with a chance below 10^-500. */
    void (*count_draws)(uint64_t seed, uint64_t stream, uint32_t n, uint8_t *counts);
    /** The sum of weights[i] * values[i] over n of them, at most BINET__MOST_WEIGHED. */
    uint64_t (*weigh)(const uint8_t *weights, const uint32_t *values, int64_t n);
    /** The sum of n weights. */
    uint64_t (*total)(const uint8_t *weights, int64_t n);
    /** Bits that differ between n words of a and of b. */
    int64_t (*count_different)(const uint64_t *a, const uint64_t *b, int64_t n);
    /** Rows of n >= 1 logits: the largest, and the moments for a t from 2^-20 to 2^20. A NaN may be found by either. */
    void (*peak_f32)(const float *logits, int64_t n, binet__peak *peak);
    void (*peak_f64)(const double *logits, int64_t n, binet__peak *peak);
    void (*moments_f32)(const float *logits, int64_t n, const binet__peak *peak, double t, binet__moments *moments);
    void (*moments_f64)(const double *logits, int64_t n, const binet__peak *peak, double t, binet__moments *moments);
    /** out[i * n_b + j] is the dot product of rows i of `a` and j of `b`, each of n contiguous values, n a multiple of
     *  16: within (n / 16 + 4) 2^-24 times the product of their norms. */
    void (*dots)(const float *a, int64_t n_a, const float *b, int64_t n_b, int64_t n, float *out);
    /** The places, ascending, of those of n values that are at least `least`, to places[n]; gives how many. */
    int64_t (*list_at_least)(const float *values, int64_t n, float least, int32_t *places);
    /** Exact widening of n values. */
    void (*widen_f16)(const uint16_t *values, int64_t n, float *widened);
    void (*widen_bf16)(const uint16_t *values, int64_t n, float *widened);
    /** n values, less those near them, less the mean of what that leaves. */
    void (*centre_f32)(const float *values, const double *near, const double *mean, int64_t n, double *centred);
    /** Four rows of RGB, to 16 bytes for each column: red, green, blue and 0 of each row. */
    void (*resize_interleave)(const uint8_t *const rows[4], int64_t n_pixels, uint8_t *interleaved);
    /** Resample such columns, to four rows of RGB; a byte after the end of each is written too. */
    void (*resize_columns)(const uint8_t *interleaved, const binet__taps *taps, uint8_t *const rows[4]);
    /** The weighted sum of n_weights rows of n_bytes, `stride` bytes apart. */
    void (*resize_rows)(const uint8_t *rows, int64_t stride, const int32_t *weights, int32_t n_weights, int64_t n_bytes,
                        uint8_t *out);
} binet__kernels;

/** The table of the context's instruction set; context may be NULL. Fails as binet__context_isa. Thread-safe. */
binet_status binet__kernels_of(const binet_context *context, const binet__kernels **kernels, binet_error *error);

#endif
