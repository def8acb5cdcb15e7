/** Class-wise calibration: how well the probability of every class agrees with how often that class is the true one.
 *
 * The errors of class k are those of calibration.h with p_k in the place of the confidence and [label = k] in the place
 * of a right answer; the result is their mean over the classes. By options this is, in the words of Nixon et al.
 * (Measuring Calibration in Deep Learning, CVPR Workshops 2019),
 *   - SCE, class-wise or static calibration error: BINET_EQUAL_WIDTH, no threshold;
 *   - ACE, adaptive calibration error: BINET_EQUAL_MASS, no threshold;
 *   - TACE, thresholded adaptive calibration error: BINET_EQUAL_MASS, threshold 0.01;
 *
 * and with BINET_CLASSWISE_PEARCE, by the same options, what J. Pearce's calibration_library calls SCE, ACE and TACE.
 */
#ifndef BINET_CLASSWISE_H
#define BINET_CLASSWISE_H

#include "calibration.h"

BINET_BEGIN

/** Whose class-wise calibration error. */
enum {
    /** Nixon et al. A bin weighs as its share of the class's rows, as in their published code. In the paper each of R
        bins of equal mass weighs 1 / R, which is the same where R divides the rows. Their code takes probabilities
        above the threshold, here they are at least it; where a class has none, their code counts it as 0, here it has
        no error and does not count. */
    BINET_CLASSWISE_NIXON = 0,
    /** J. Pearce's calibration_library. A row is right for class k where it is both predicted and labelled k, or
        neither; bins are (lo, hi] and none holds a probability of 0; bins of equal mass begin at the sorted
        probabilities 0, s, 2 s, .. (s = N / n_bins rounded down) and end at 1, so that the least probability, and all
        that equal it, are in none; below a threshold probabilities become 0; a bin weighs as its share of all N rows;
        a class without a row in a bin has the error 0 and counts. For comparison with numbers made with it. */
    BINET_CLASSWISE_PEARCE = 1
};

typedef struct binet_classwise_options {
    uint32_t struct_size;
    int32_t n_bins;     /**< 1 .. 65536; 0: 15 */
    int32_t binning;    /**< BINET_EQUAL_WIDTH or BINET_EQUAL_MASS, which splits the p_k as calibration.h splits
                             confidences */
    int32_t convention; /**< a BINET_CONVENTION_* of calibration.h, for bins of equal width; BINET_CONVENTION_BINET for
                             equal mass and for BINET_CLASSWISE_PEARCE. What netcal's clips to 2^-52 is below the
                             rounding. */
    int32_t definition; /**< a BINET_CLASSWISE_* */
    int32_t reserved;   /**< 0 */
    double threshold;   /**< 0 .. 1: only probabilities of at least this count; 0: all. With BINET_CLASSWISE_PEARCE for
                             BINET_EQUAL_MASS only. */
    double temperature; /**< divides the logits: 1e-30 .. 1e30; 0: 1. Logits only. */
} binet_classwise_options;

/** One class. */
typedef struct binet_classwise_class {
    double ece;         /**< L1 over its bins, 0 .. 1; NaN where n is 0 (pearce: 0) */
    double rms;         /**< L2, 0 .. 1; likewise */
    double mce;         /**< the largest gap of a bin with rows, 0 .. 1; likewise */
    double probability; /**< mean of p_k over the n rows; NaN where n is 0 */
    double accuracy;    /**< share of the n rows that are right for the class: with BINET_CLASSWISE_NIXON those of its
                             label; NaN where n is 0 */
    int64_t n;          /**< rows whose p_k counts: those in its bins */
    int64_t n_labels;   /**< rows with this label, whatever their p_k; 0: the class was never seen */
} binet_classwise_class;

typedef struct binet_classwise_result {
    uint32_t struct_size;
    int32_t n_bins;                 /**< bins of each class; one more than asked for with `torchmetrics` */
    binet_classwise_class *classes; /**< set by the caller: room for C entries, filled on success. NULL: not wanted */
    int64_t classes_capacity;       /**< set by the caller: entries of classes */
    binet_calibration_bin *bins;    /**< set by the caller: room for C * n_bins entries, those of class 0 first. NULL:
                                         not wanted. accuracy is the share of rows that are right for the class,
                                         confidence the mean of p_k. */
    int64_t bins_capacity;          /**< set by the caller: entries of bins */
    int64_t n;                      /**< rows */
    int64_t n_classes;              /**< C */
    int64_t n_unseen;               /**< classes that no row has as its label; they count as all others do */
    int64_t n_empty;                /**< classes whose n is 0; the errors below leave them out (pearce: count 0) */
    double ece;                     /**< mean of the classes' ece, 0 .. 1; NaN where n_empty is C */
    double rms;                     /**< root of the mean of the squares of the classes' rms, 0 .. 1: with equal weights
                                         the marginal calibration error of Kumar et al., NeurIPS 2019; NaN likewise */
    double mce;                     /**< largest of the classes' mce, 0 .. 1; NaN likewise */
} binet_classwise_result;

/** Class-wise calibration error of scores.
 *
 * With bins of equal width in one pass; beside the scores it needs 32 bytes for each class and bin, and as much again
 * for each further thread at work. With bins of equal mass in two passes; it needs 24 bytes a row, and 17 times 8 bytes
 * a row for each thread at work.
 *
 * A probability is rounded once, to a multiple of 2^-40, and added as an integer.
 *
 * @param[in]     context NULL: malloc, one thread, the best instruction set.
 * @param[in]     kind    BINET_LOGITS or BINET_PROBABILITIES, as in predictions.h, which says how scores are read.
 * @param[in]     scores  [N, C], f16, bf16, f32 or f64, any strides; N >= 1, 1 <= C < 2^31. A NaN is
 *                        BINET_INVALID_DATA. Not NULL.
 * @param[in]     labels  [N], i32 or i64, 0 .. C - 1. Not NULL.
 * @param[in]     options NULL: 15 bins, equal width, the convention `binet`, the definition of Nixon et al., no
 *                        threshold, temperature 1.
 * @param[in,out] result  struct_size and the rooms set by the caller. Not NULL.
 * @param[out]    error   NULL: no detail wanted. Its element is the row.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: counts exact, the rest reproducible; mean probabilities within 2^-41 beside the rounding of exp.
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_classwise_calibration(const binet_context *context, int32_t kind,
                                                   const binet_array *scores, const binet_array *labels,
                                                   const binet_classwise_options *options,
                                                   binet_classwise_result *result, binet_error *error);

/* ---- Batch by batch ---------------------------------------------------------------------------------------------- */

/** Adds up batches of scores, of which nothing is kept. Use an object from a single thread at a time. */
typedef struct binet_classwise_builder binet_classwise_builder;

/** Make a builder. Arguments and errors as binet_classwise_calibration; BINET_EQUAL_MASS is BINET_UNSUPPORTED, since
 * its bins are known only when all rows are. Since 0.1. */
BINET_API binet_status binet_classwise_builder_create(const binet_context *context, int32_t kind,
                                                      const binet_classwise_options *options,
                                                      binet_classwise_builder **builder, binet_error *error);

/** Add a batch; on failure nothing of it is added.
 *
 * @param[in]  scores [n, C]; n may differ from batch to batch (0 is fine), C may not. Not NULL.
 * @param[in]  labels [n]. Not NULL.
 * @param[out] error  Its element counts rows over all batches.
 * @return as binet_classwise_calibration.
 * Exactness: the bits of the result do not depend on how rows are cut into batches. Since 0.1.
 */
BINET_API binet_status binet_classwise_builder_append(binet_classwise_builder *builder, const binet_array *scores,
                                                      const binet_array *labels, binet_error *error);

/** The result of all rows so far; more may be appended after it. BINET_INVALID_DATA when there is none. With `classes`
 *  and `bins` NULL it says how many classes there are. Since 0.1. */
BINET_API binet_status binet_classwise_builder_finish(binet_classwise_builder *builder, binet_classwise_result *result,
                                                      binet_error *error);

/** Destroy a builder. NULL is fine. Since 0.1. */
BINET_API void binet_classwise_builder_destroy(binet_classwise_builder *builder);

BINET_END

#endif
