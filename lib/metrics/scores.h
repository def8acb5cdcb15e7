/** Scores [N, C] of callers: rows as the kernels want them, and what is wrong with one in words. */
#ifndef BINET_METRICS_SCORES_H
#define BINET_METRICS_SCORES_H

#include "binet/base.h"
#include "kernels/kernels.h"

/** BINET_INVALID_ARGUMENT unless `kind` is one of BINET_LOGITS and BINET_PROBABILITIES, and `temperature`, of the
 *  options, is 0 for 1 or one that the kind allows. */
binet_status binet__scores_check_kind(int32_t kind, double temperature, binet_error *error);

/** A checked array of f16, bf16, f32 or f64, and how its rows are read. */
typedef struct binet__scores {
    const binet_array *array;
    const int64_t *subset; /**< classes that are kept; NULL: all */
    const binet__kernels *kernels;
    int64_t n_kept;
    uint64_t size;        /**< bytes of a score */
    int gathers;          /**< rows are not contiguous as they are */
    int widens;           /**< f16 or bf16 */
    double sum_tolerance; /**< of probabilities that sum to 1 */
} binet__scores;

/** How to read `array`; all of it is borrowed. */
binet__scores binet__scores_of(const binet_array *array, const int64_t *subset, int64_t subset_size,
                               const binet__kernels *kernels);

/** Bytes of scratch for each score that is read at once; 0 where scores are read in place. */
uint64_t binet__scores_scratch(const binet__scores *scores);

/** `n` kept scores of a row from the kept column `first` on, contiguous: f64, or f32 for every other dtype. In place,
 *  or in `scratch`, which is aligned for both. */
const void *binet__scores_read(const binet__scores *scores, int64_t row, int64_t first, int64_t n, void *scratch);

/** BINET_INVALID_DATA for a row in one of the states BINET__ROW_* but BINET__ROW_OK.
 *
 * @param row    number of the row in the message, and the element.
 * @param column among all classes, where the state has one.
 * @param value  the probability that is out of range, or the sum of the row.
 */
binet_status binet__scores_fail(const binet__scores *scores, int32_t state, int64_t row, int64_t column, double value,
                                binet_error *error);

#endif
