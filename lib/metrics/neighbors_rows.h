/** Rows of features as the search multiplies them: f32, so that a product says how near two rows can be.
 *
 * Under the cosine a row is divided by its length; a product p of two rows is their cosine to within the bound g.
 *
 * For distances a row becomes x = scale (row - centre), |x| <= 1, with two columns more, and a product of a query a and
 * a row b of train is a.b - (1 - g) |b|^2 / 2 + g |a| |b|: at least s = a.b - |b|^2 / 2 = (|a|^2 - |a - b|^2) / 2, and
 * at most 2 g (|a| |b| + |b|^2 / 2) more. What is below both bounds (the last digits of sums in double, numbers too
 * small for f32) is the slack of a query.
 */
#ifndef BINET_METRICS_NEIGHBORS_ROWS_H
#define BINET_METRICS_NEIGHBORS_ROWS_H

#include "metrics/features.h"

/** What rows are made with, and how far off a product is. */
typedef struct binet__row_maker {
    int32_t metric;
    int64_t stride; /**< numbers of a row that was made */
    double bound;   /**< g */
    double scale;   /**< a power of two */
    double *centre; /**< [D], to be released; NULL under the cosine */
} binet__row_maker;

/** Rows that were made. */
typedef struct binet__made_rows {
    float *rows;     /**< [n, stride] */
    float *lengths;  /**< [n]: |x|, rounded up; 0 under the cosine */
    double *squares; /**< [n]: |x|^2; 0 under the cosine */
} binet__made_rows;

/** A maker for rows of train and of queries, both measured. */
binet_status binet__row_maker_create(const binet_context *context, int32_t metric, const binet__features *train,
                                     const binet__features *queries, binet__row_maker *maker, binet_error *error);

/** Make row `at` of `made` from a row of features, with `scratch` of binet__features_scratch. */
void binet__row_make(const binet__row_maker *maker, const binet__features *features, int64_t row, int is_query,
                     void *scratch, const binet__made_rows *made, int64_t at);

/** What a product can be too low by for a query of that square, whatever the row. */
float binet__row_slack(const binet__row_maker *maker, double square);

#endif
