/** Top-k accuracy with its interval. */
#ifndef BINET_ACCURACY_H
#define BINET_ACCURACY_H

#include "predictions.h"

BINET_BEGIN

typedef struct binet_accuracy_options {
    uint32_t struct_size;
    int32_t k;               /**< right when the true class is among the k best: >= 1; 0: 1 */
    double confidence_level; /**< of the interval, in (0, 1); 0: 0.95 */
} binet_accuracy_options;

typedef struct binet_accuracy_result {
    uint32_t struct_size;
    int32_t reserved;  /**< 0 */
    int64_t n;         /**< rows */
    int64_t n_correct; /**< rows that are right */
    double value;      /**< n_correct / n, 0 .. 1 */
    double low;        /**< lower end of the Wilson interval */
    double high;       /**< upper end of the Wilson interval */
} binet_accuracy_result;

/** Top-k accuracy, with the Wilson score interval (Wilson, 1927).
 *
 * @param[in]  context     NULL: malloc, one thread, the best instruction set.
 * @param[in]  predictions N rows, each with a label; for k > 1 each with a rank. Not NULL.
 * @param[in]  options     NULL: top-1, 95 %.
 * @param[out] result      struct_size set by the caller. Not NULL.
 * @param[out] error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a row without a label or rank), _UNSUPPORTED.
 * Exactness: counts exact; the interval reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_accuracy(const binet_context *context, const binet_predictions *predictions,
                                      const binet_accuracy_options *options, binet_accuracy_result *result,
                                      binet_error *error);

BINET_END

#endif
