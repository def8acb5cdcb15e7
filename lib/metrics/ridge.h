/** The pieces of ridge regression: what the rows are reduced to, and the two sides that it can be looked at from. */
#ifndef BINET_METRICS_RIDGE_H
#define BINET_METRICS_RIDGE_H

#include "metrics/features.h"

/** Rows of features, centred by their weighted mean and times the root of their weight, are X; targets likewise Y.
 *
 * The feature side has R = D, matrix X'X and right-hand sides X'Y; its solutions are the coefficients B. The sample
 * side has R = N, matrix XX' and right-hand sides Y; its solutions C give B = X'C. */
typedef struct binet__ridge {
    const binet_context *context;
    binet__features features; /**< [n, d] */
    int64_t n_classes;        /**< K */
    int64_t n_outputs;        /**< M */
    int32_t *classes;         /**< [n] */
    double *roots;            /**< [n] of the weights */
    double *class_weights;    /**< [K] */
    double weight;            /**< sum of all */
    int on_samples;           /**< which side */
    int64_t order;            /**< R */
    double *mean;             /**< [d] */
    double *rows;             /**< X on the sample side, [n, d]; else NULL */
    double *matrix;           /**< [R, R], all of it */
    double *right;            /**< [M, R] */
    double *vectors;          /**< [R, R], a row each; scratch once the eigenvectors have had their use */
    double *values;           /**< [R] eigenvalues, ascending, >= 0 */
    double *projections;      /**< [M, R] right-hand sides in the eigenvectors */
    const double *penalties;  /**< [A] */
    int64_t n_penalties;      /**< A */
} binet__ridge;

/** What a leave-one-out sweep found, [A] each. */
typedef struct binet__ridge_sweep {
    double *error;
    double *accuracy;
    int64_t *n_undetermined;
} binet__ridge_sweep;

/** Class of an output. */
static inline int64_t binet__ridge_class_of(const binet__ridge *of, int64_t output)
{
    return of->n_outputs == 1 ? 1 : output;
}

/** Weighted mean of the targets of an output, -1 .. 1. */
static inline double binet__ridge_centre(const binet__ridge *of, int64_t output)
{
    return 2.0 * (of->class_weights[binet__ridge_class_of(of, output)] / of->weight) - 1.0;
}

/** Rows first .. first + n, as they are; where a centre is given, less it and times their root. On the executor. */
binet_status binet__ridge_read(const binet__ridge *of, int64_t first, int64_t n, const double *centre, double *block,
                               binet_error *error);

/** The weighted mean of rows first .. first + n, which are in the block, exact for a feature that is constant. */
void binet__ridge_mean(const binet__ridge *of, int64_t first, int64_t n, const double *block, double *mean);

/** Rows of a block less a centre, and times their root. */
void binet__ridge_centre_rows(const binet__ridge *of, int64_t first, int64_t n, const double *centre, double *block);

/** Add to the lower triangle of the matrix what n rows of X add to X'X; on the sample side, where they are all, XX'.
 *  `sums` [K, d], where it is not NULL, gets the rows of each class, each times its root. On the executor. */
binet_status binet__ridge_add(const binet__ridge *of, int64_t first, int64_t n, const double *block, double *sums,
                              binet_error *error);

/** One pass over the rows: mean, matrix and right-hand sides (and rows, on the sample side). */
binet_status binet__ridge_gather_features(binet__ridge *of, binet_error *error);
binet_status binet__ridge_gather_samples(binet__ridge *of, binet_error *error);

/** Eigenvectors, their values and projections; then leave-one-out at every penalty. */
binet_status binet__ridge_leave_one_out(binet__ridge *of, binet__ridge_sweep *sweep, binet_error *error);

/** Coefficients [M, d] at a penalty, and how well they solve the equations; the vectors are lost.
 *  BINET_INVALID_ARGUMENT where the matrix is singular to rounding. */
binet_status binet__ridge_solve(binet__ridge *of, int64_t penalty, double *coefficients, double *residual,
                                binet_error *error);

#endif
