/** Predictions: one row per sample with all that later questions need; the logits are read once.
 *
 * Columns, one entry a row:
 *
 *  | column           | dtype | meaning                                                                | unknown |
 *  |------------------|-------|------------------------------------------------------------------------|---------|
 *  | predicted_class  | i32   | class of the largest score; ties go to the lower index                 |         |
 *  | confidence       | f64   | probability of the predicted class, 0 .. 1                             | NaN     |
 *  | label            | i32   | true class                                                             | -1      |
 *  | true_probability | f64   | probability of the true class, 0 .. 1                                  | NaN     |
 *  | nll              | f64   | negative log-likelihood of the true class in nats, 0 .. +inf           | NaN     |
 *  | rank             | i32   | rank of the true class, 1 is the best; ties go to the lower index      | 0       |
 *  | brier            | f64   | sum over classes of (p_k - [k = label])^2, 0 .. 2 (Brier, 1950)        | NaN     |
 *  | entropy          | f64   | entropy of the row's probabilities in nats, 0 .. log C                 | NaN     |
 *
 * and a file name where one was given. What needs a label is unknown where there is none; what a CSV of three columns
 * does not hold is unknown where it cannot be inferred.
 *
 * Probabilities are softmax(logits / temperature) over the classes kept. f16, bf16 and f32 scores are worked on in f32,
 * f64 in f64. -inf is a class that cannot be; one +inf is a certain prediction; two +inf, or nothing but -inf, is
 * BINET_INVALID_DATA. A NaN is BINET_INVALID_DATA or leaves the row out, as `nan_policy` says.
 *
 * With groups (as the 16 categories of Geirhos et al., ICLR 2019, of the 1,000 classes of ImageNet) a table is about
 * groups: the softmax is over all classes kept, then the probabilities of a group's classes become the group's score.
 * predicted_class is the group of the largest score, label is a group, rank is among groups, and confidence and
 * true_probability are scores of groups, as they are. nll, brier and entropy are unknown: the scores need not be a
 * distribution.
 */
#ifndef BINET_PREDICTIONS_H
#define BINET_PREDICTIONS_H

#include "base.h"

BINET_BEGIN

/** Immutable table of predictions. Thread-safe for reading. */
typedef struct binet_predictions binet_predictions;

/** Collects batches of scores into a table. Use an object from a single thread at a time. */
typedef struct binet_predictions_builder binet_predictions_builder;

/** What scores are: declared, never guessed. */
enum {
    BINET_LOGITS = 1,
    BINET_PROBABILITIES = 2 /**< 0 .. 1, summing to 1 within 1e-3 (f32, f64) or 1e-2 (f16, bf16); not renormalised */
};

/** What to do with a row that holds a NaN. */
enum {
    BINET_NAN_ERROR = 0, /**< BINET_INVALID_DATA, naming the row */
    BINET_NAN_OMIT = 1   /**< leave the row out and count it */
};

/** What the probabilities of a group's classes become. */
enum {
    BINET_GROUP_MEAN = 0, /**< their mean (Geirhos et al., ICLR 2019); no probability of the group, 0 .. 1 still */
    BINET_GROUP_SUM = 1,  /**< their sum, the probability that the class is one of the group's; rounded to at most 1 */
    BINET_GROUP_MAX = 2   /**< the largest of them */
};

typedef struct binet_predictions_options {
    uint32_t struct_size;
    int32_t nan_policy;    /**< a BINET_NAN_*; 0: BINET_NAN_ERROR */
    double temperature;    /**< divides the logits: 1e-30 .. 1e30; 0: 1. Logits only. */
    const int64_t *subset; /**< classes to keep before the softmax, strictly ascending; NULL: all. Predicted classes and
                                labels stay indices among all classes; a label outside is BINET_INVALID_DATA.
                                Logits only. As ImageNet-A and ImageNet-R need (Hendrycks et al., 2021). */
    int64_t subset_size;   /**< entries of subset */
    const int64_t *group_offsets; /**< [n_groups + 1], from 0, strictly ascending: the classes of group g are
                                       group_classes[group_offsets[g]] .. group_classes[group_offsets[g + 1] - 1].
                                       NULL: no groups */
    const int64_t *group_classes; /**< [group_offsets[n_groups]], each a class that no other entry is, of the subset
                                       where there is one. Not every class needs a group. NULL: no groups */
    int64_t n_groups;             /**< 1 .. 2^31 - 1; 0: no groups */
    int32_t aggregate;            /**< a BINET_GROUP_*; 0: BINET_GROUP_MEAN. With groups only. */
    int32_t reserved;             /**< 0 */
} binet_predictions_options;

/** Columns of the table. */
enum {
    BINET_PREDICTED_CLASS = 0,
    BINET_CONFIDENCE = 1,
    BINET_LABEL = 2,
    BINET_TRUE_PROBABILITY = 3,
    BINET_NLL = 4,
    BINET_RANK = 5,
    BINET_BRIER = 6,
    BINET_ENTROPY = 7
};

/* ---- From scores, in one call ------------------------------------------------------------------------------------ */

/** Reduce scores to predictions in one pass.
 *
 * @param[in]  context     NULL: malloc, one thread, the best instruction set.
 * @param[in]  kind        BINET_LOGITS or BINET_PROBABILITIES.
 * @param[in]  scores      [N, C], f16, bf16, f32 or f64, any strides; N >= 1, 1 <= C < 2^31. Not NULL.
 * @param[in]  labels      [N], i32 or i64, 0 .. C - 1, or with groups 0 .. n_groups - 1. NULL: no labels.
 * @param[in]  options     NULL: temperature 1, all classes, no groups, a NaN is an error.
 * @param[out] predictions To be destroyed by the caller. Not NULL.
 * @param[out] error       NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _UNSUPPORTED, _OUT_OF_MEMORY.
 * Exactness: classes and ranks exact, the rest reproducible; exp and log are within 2 ulp. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_from_scores(const binet_context *context, int32_t kind,
                                                     const binet_array *scores, const binet_array *labels,
                                                     const binet_predictions_options *options,
                                                     binet_predictions **predictions, binet_error *error);

/* ---- From scores, batch by batch ----------------------------------------------------------------------------------
 */

/** Make a builder. The subset and the groups of the options are copied. Arguments and errors as
 * binet_predictions_from_scores. Since 0.1. */
BINET_API binet_status binet_predictions_builder_create(const binet_context *context, int32_t kind,
                                                        const binet_predictions_options *options,
                                                        binet_predictions_builder **builder, binet_error *error);

/** Append a batch; on failure nothing of it is appended.
 *
 * @param[in]  scores     [n, C]; n may differ from batch to batch (0 is fine), C may not. Not NULL.
 * @param[in]  labels     [n]. NULL: none.
 * @param[in]  file_names n names, copied; an entry may be NULL where a name is unknown. NULL: none.
 * @param[out] error      Its element counts rows over all batches.
 * @return as binet_predictions_from_scores.
 * Exactness: the bits of the rows do not depend on how they are cut into batches. Since 0.1.
 */
BINET_API binet_status binet_predictions_builder_append(binet_predictions_builder *builder, const binet_array *scores,
                                                        const binet_array *labels, const char *const *file_names,
                                                        binet_error *error);

/** Hand over the table. The builder can then only be destroyed. BINET_INVALID_DATA when no row was appended.
 *  Since 0.1. */
BINET_API binet_status binet_predictions_builder_finish(binet_predictions_builder *builder,
                                                        binet_predictions **predictions, binet_error *error);

/** Destroy a builder and what it still holds. NULL is fine. Since 0.1. */
BINET_API void binet_predictions_builder_destroy(binet_predictions_builder *builder);

/** Destroy a table. NULL is fine. Since 0.1. */
BINET_API void binet_predictions_destroy(binet_predictions *predictions);

/* ---- Reading the table ------------------------------------------------------------------------------------------- */

/** Rows of the table. Since 0.1. */
BINET_API int64_t binet_predictions_count(const binet_predictions *predictions);

/** Classes of the scores that the table was made from, or groups; 0 where unknown (a CSV). Since 0.1. */
BINET_API int64_t binet_predictions_class_count(const binet_predictions *predictions);

/** Rows left out because of a NaN. Since 0.1. */
BINET_API int64_t binet_predictions_omitted_count(const binet_predictions *predictions);

/** View a column without a copy.
 *
 * @param[in]  column A BINET_PREDICTED_CLASS .. BINET_ENTROPY.
 * @param[out] values [N] of the column's dtype, contiguous; valid until the table is destroyed. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_column(const binet_predictions *predictions, int32_t column,
                                                binet_array *values, binet_error *error);

/** File name of a row, valid until the table is destroyed; NULL where unknown or where the row does not exist.
 *  Since 0.1. */
BINET_API const char *binet_predictions_file_name(const binet_predictions *predictions, int64_t row);

/* ---- Tables from tables ------------------------------------------------------------------------------------------ */

/** The rows of several tables, one after the other.
 *
 * @param[in] tables  n_tables tables whose class counts agree where known. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _OUT_OF_MEMORY. Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_concatenate(const binet_context *context,
                                                     const binet_predictions *const *tables, int64_t n_tables,
                                                     binet_predictions **predictions, binet_error *error);

/** Some rows, in the order asked for; a row may come more than once. Its count of omitted rows is 0.
 *
 * @param[in] rows [M], i64 or i32, each 0 .. N - 1; M >= 1. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a row out of range), _OUT_OF_MEMORY. Exactness: exact.
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_select(const binet_context *context, const binet_predictions *predictions,
                                                const binet_array *rows, binet_predictions **selection,
                                                binet_error *error);

/** The same predictions with other labels. A row whose label stays keeps all columns; elsewhere those that need a label
 *  are inferred where that is possible (rank 1 and true_probability = confidence where the prediction is right) and
 *  unknown otherwise.
 *
 * @param[in] labels [N], i32 or i64, >= 0. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _OUT_OF_MEMORY. Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_with_labels(const binet_context *context, const binet_predictions *predictions,
                                                     const binet_array *labels, binet_predictions **labelled,
                                                     binet_error *error);

/** As binet_predictions_with_labels, from a CSV with the columns `file_name,label` (others are ignored), joined by file
 *  name, never by position: the whole name first, then the part after the last '/'.
 *
 * @param[in] path A CSV file. A name in it twice with two labels, or a row of the table without one, is
 *                 BINET_INVALID_DATA that names the line or the row.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _IO, _OUT_OF_MEMORY. Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_join_labels(const binet_context *context, const binet_predictions *predictions,
                                                     const char *path, binet_predictions **labelled,
                                                     binet_error *error);

/** Where the rows of some files are, so that tables of other things meet predictions by file name, never by position:
 * the whole name first, then the part after the last '/', of both.
 *
 * @param[in]  predictions Its names are unique; rows without a name are never found. Not NULL.
 * @param[in]  file_names  n names; the same name may come more than once. Not NULL.
 * @param[in]  n           >= 1.
 * @param[out] rows        [n]: the row of each name, -1 where there is none. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _OUT_OF_MEMORY, or _INVALID_DATA for predictions without names or with a name
 *         twice, a name that fits more than one row, and two names that fit the same row. Exactness: exact.
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_find(const binet_context *context, const binet_predictions *predictions,
                                              const char *const *file_names, int64_t n, int64_t *rows,
                                              binet_error *error);

/** Rows of two tables that are about the same files, such as those of two models: by whole file names; where the tables
 *  share none, by the part after the last '/'. Rows without a name do not match.
 *
 * @param[in]  a         N rows, whose names are unique. Not NULL.
 * @param[in]  b         M rows, likewise. Not NULL.
 * @param[in]  capacity  Entries of rows_a and of rows_b, at least the rows that match: min(N, M) is always enough.
 * @param[out] rows_a    The rows of a that match, ascending. Not NULL.
 * @param[out] rows_b    The row of b for each of them. Not NULL.
 * @param[out] n_matched How many match, at least 1: N less these are in a only, M less these in b only. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _OUT_OF_MEMORY, or _INVALID_DATA for a table without names, a name twice in a
 *         table, tables that share no name, and a last part that both have and that stands for two rows of one of them.
 * Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_match(const binet_context *context, const binet_predictions *a,
                                               const binet_predictions *b, int64_t capacity, int64_t *rows_a,
                                               int64_t *rows_b, int64_t *n_matched, binet_error *error);

/** The same predictions with other confidences, such as a map of recalibration.h makes. Classes, labels and ranks stay;
 *  true_probability is the confidence where the prediction is right and unknown elsewhere, as nll, brier and entropy
 *  are everywhere.
 *
 * @param[in] confidences [N], f32 or f64, 0 .. 1. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA, _OUT_OF_MEMORY. Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_with_confidences(const binet_context *context,
                                                          const binet_predictions *predictions,
                                                          const binet_array *confidences,
                                                          binet_predictions **calibrated, binet_error *error);

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/** Write a CSV: `file_name,predicted_class,predicted_probability` first (the columns of ImageNet-X, Idrissi et al.,
 *  2022), then `label,true_probability,nll,rank,brier,entropy`. Unknown entries are empty. Numbers read back to the
 * same bits, whatever the locale. Written to a temporary name beside it, then renamed.
 *
 * @return BINET_OK, _INVALID_ARGUMENT, _IO, _OUT_OF_MEMORY. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_write_csv(const binet_context *context, const binet_predictions *predictions,
                                                   const char *path, binet_error *error);

/** Read a CSV with a header line. `predicted_class` and `predicted_probability` must be there; `file_name` and the
 * other columns of binet_predictions_write_csv may be; unknown columns are ignored; the order is free. Quoted fields,
 * CRLF and a byte-order mark are fine. Numbers are taken as they stand, since a softmax elsewhere may round to a little
 * above 1; what needs a range, such as binet_calibration, checks it.
 *
 * @return BINET_OK, _INVALID_ARGUMENT, _IO, _OUT_OF_MEMORY, or _INVALID_DATA naming the line (element: the line, the
 *         header being 1). Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_predictions_read_csv(const binet_context *context, const char *path,
                                                  binet_predictions **predictions, binet_error *error);

BINET_END

#endif
