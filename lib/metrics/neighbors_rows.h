/** Rows of features as the search multiplies them: f32, so that a product says how near two rows can be.
 *
 * A row becomes x: divided by its length under the cosine, scale (row - centre), |x| <= 1, for distances. What a query
 * a and a row b of train are worth is s = a.b, or s = a.b - |b|^2 / 2 = (|a|^2 - |a - b|^2) / 2. A product of two made
 * rows is at least s, less the slack of the query, and at most 2 e more, where e is the reach of the pair:
 *
 *     e = g (|a| |b| + |b|^2 / 2) + |a'| |b'|
 *
 * The first term, for distances alone, is the bound of rounding in f32; under the cosine that is g for every pair, and
 * goes into the slack. The second is there where rows are multiplied along the leading directions of train alone: a'
 * and b' are what lies outside of those, and by Cauchy and Schwarz |a'.b'| <= |a'| |b'|. Either comes in as a column or
 * two of the product: |a'| |b'|, g |a| |b| and -(1 - g) |b|^2 / 2. What is below both bounds (the last digits of sums
 * in double, numbers too small for f32) is in the slack too.
 */
#ifndef BINET_METRICS_NEIGHBORS_ROWS_H
#define BINET_METRICS_NEIGHBORS_ROWS_H

#include "metrics/features.h"

/** What rows are made with, and how far off a product is. */
typedef struct binet__row_maker {
    int32_t metric;
    int64_t width;  /**< D */
    int64_t rank;   /**< leading directions; 0: rows as they are */
    int64_t stride; /**< numbers of a row that was made */
    double bound;   /**< g */
    double scale;   /**< a power of two */
    double *centre; /**< [D], to be released; NULL under the cosine */
    double *basis;  /**< [rank, D], to be released: orthonormal; NULL: rows as they are */
} binet__row_maker;

/** Rows that were made. */
typedef struct binet__made_rows {
    float *rows;     /**< [n, stride] */
    float *lengths;  /**< [n]: |x|, rounded up; 0 under the cosine */
    float *rests;    /**< [n]: |x'|, rounded up; 0 where all directions are there */
    double *squares; /**< [n]: |x|^2 */
} binet__made_rows;

/** A maker for rows of train and of queries, both measured, without a basis. */
binet_status binet__row_maker_create(const binet_context *context, int32_t metric, const binet__features *train,
                                     const binet__features *queries, binet__row_maker *maker, binet_error *error);

/** Multiply along `rank` leading directions from here on; the maker releases the basis. */
void binet__row_maker_project(binet__row_maker *maker, double *basis, int64_t rank);

/** Release what the maker holds. */
void binet__row_maker_clear(const binet_context *context, binet__row_maker *maker);

/** Rows of D numbers that are made at a time. */
int64_t binet__rows_at_once(int64_t width);

/** Room for making that many rows, to be released. */
void *binet__rows_scratch(const binet_context *context, const binet__features *features, const binet__row_maker *maker,
                          binet_error *error);

/** x of row `row`, as it is before anything is multiplied, to x[D]; `reading` is of binet__features_scratch. */
void binet__row_place(const binet__row_maker *maker, const binet__features *features, int64_t row, void *reading,
                      double *x);

/** Make rows at .. at + n of `made`, n <= binet__rows_at_once, from those of features from `row` on. */
void binet__rows_make(const binet__row_maker *maker, const binet__features *features, int64_t row, int64_t n,
                      int is_query, void *scratch, const binet__made_rows *made, int64_t at);

/** Twice the reach of a pair, e above, rounded up. */
float binet__row_reach(const binet__row_maker *maker, const binet__made_rows *a, int64_t i, const binet__made_rows *b,
                       int64_t j);

/** s of a pair by its cosine or negated squared distance, for a query with x of that square. */
double binet__row_score(const binet__row_maker *maker, double square, double worth);

/** What a product can be too low by for a query of that square, whatever the row. */
float binet__row_slack(const binet__row_maker *maker, double square);

#endif
