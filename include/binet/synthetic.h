/** Synthetic data: predictions about ImageNet's classes on rendered images of other, coarser classes. */
#ifndef BINET_SYNTHETIC_H
#define BINET_SYNTHETIC_H

#include "predictions.h"

BINET_BEGIN

/** Which class a predicted class stands for, where several list it. */
enum {
    BINET_SYNTHETIC_OFFICIAL = 0, /**< the last class that lists it, as in the loop that PUG publishes: PUG's Shirt,
                                     whose one index Sweatshirt has too, is never right */
    BINET_SYNTHETIC_FIXED = 1     /**< each class that lists it: where the label is one of them, the row is right */
};

typedef struct binet_synthetic_options {
    uint32_t struct_size;
    int32_t convention;      /**< a BINET_SYNTHETIC_* */
    int32_t n_factors;       /**< F, 1 .. 65536; 0: one more than the largest index in factors */
    int32_t reserved;        /**< 0 */
    double confidence_level; /**< of the intervals, in (0, 1); 0: 0.95 */
} binet_synthetic_options;

/** Rows of one factor. 40 bytes, frozen for ever. */
typedef struct binet_synthetic_factor {
    int64_t n;         /**< rows of the factor */
    int64_t n_correct; /**< of these, rows that are right */
    double accuracy;   /**< n_correct / n, 0 .. 1; NaN where n is 0 */
    double low;        /**< lower end of its Wilson interval; NaN where n is 0 */
    double high;       /**< upper end of it; NaN where n is 0 */
} binet_synthetic_factor;

typedef struct binet_synthetic_result {
    uint32_t struct_size;
    int32_t n_factors;               /**< F; 0 where there are no factors */
    binet_synthetic_factor *factors; /**< set by the caller: room for F entries, filled on success. NULL: not wanted */
    int64_t factors_capacity;        /**< set by the caller: entries of factors */
    unsigned char *correct;          /**< set by the caller: room for N bytes, filled on success with 1 (right) and 0.
                                        NULL: not wanted */
    int64_t correct_capacity;        /**< set by the caller: bytes of correct */
    int64_t n;                       /**< rows */
    int64_t n_correct;               /**< rows that are right */
    int64_t n_outside;               /**< rows whose predicted class no class lists; they are wrong */
    int32_t n_measured;              /**< factors that have rows */
    int32_t reserved;                /**< 0 */
    double accuracy;                 /**< n_correct / n, 0 .. 1 */
    double low;                      /**< lower end of its Wilson interval */
    double high;                     /**< upper end of it */
    double mean; /**< plain mean of the accuracies of the n_measured factors; NaN where there is none */
} binet_synthetic_result;

/** Accuracy on synthetic images, such as PUG-ImageNet's 151 classes (Bordes et al., NeurIPS 2023), of a model of other
 *  classes: a row is right where the class of its label lists the predicted class.
 *
 * @param[in]     context     NULL: malloc, one thread, the best instruction set.
 * @param[in]     predictions N rows: predicted classes of the model, labels 0 .. K - 1 of the map. Not NULL.
 * @param[in]     offsets     [K + 1] i32 or i64, K >= 1: the predicted classes that class k stands for are
 *                            classes[offsets[k]] .. classes[offsets[k + 1] - 1], at least one. Starts at 0, rises, ends
 *                            at M. Not NULL.
 * @param[in]     classes     [M] i32 or i64: each at least 0 and below the class count of predictions where that is
 *                            known, and once only in each list; several lists may share one. Not NULL.
 * @param[in]     factors     [N] i32 or i64: the factor of each row, 0 .. F - 1, or -1 for none. NULL: no factors.
 * @param[in]     options     NULL: BINET_SYNTHETIC_OFFICIAL, F from factors, 95 %.
 * @param[in,out] result      struct_size and the two rooms set by the caller. Not NULL.
 * @param[out]    error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a map, label or factor out of range, a class without an index, an
 *         index twice in a list, a row without a label), _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: counts exact, the rest reproducible. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_synthetic_accuracy(const binet_context *context, const binet_predictions *predictions,
                                                const binet_array *offsets, const binet_array *classes,
                                                const binet_array *factors, const binet_synthetic_options *options,
                                                binet_synthetic_result *result, binet_error *error);

BINET_END

#endif
