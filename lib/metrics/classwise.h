/** What class-wise calibration with bins of equal width and of equal mass share. */
#ifndef BINET_METRICS_CLASSWISE_H
#define BINET_METRICS_CLASSWISE_H

#include "base/sum.h"
#include "binet/classwise.h"
#include "metrics/scores.h"

/** Options, checked, with their defaults put in. */
typedef struct binet__classwise_settings {
    int32_t kind;
    int32_t n_bins;  /**< that there are: binet__bin_count */
    int32_t n_asked; /**< that the options ask for */
    int32_t binning;
    int32_t convention;
    int32_t definition;
    double threshold;
    double inverse_temperature;
    const binet__kernels *kernels;
} binet__classwise_settings;

binet_status binet__classwise_read_options(const binet_context *context, int32_t kind,
                                           const binet_classwise_options *options, binet__classwise_settings *settings,
                                           binet_error *error);

/** Check a batch; `n_classes` is what there was before, or 0. */
binet_status binet__classwise_check_batch(const binet_array *scores, const binet_array *labels, int64_t n_classes,
                                          binet_error *error);

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

/** A batch, and how its rows are read. */
typedef struct binet__classwise_batch {
    const binet__classwise_settings *settings;
    const binet_array *labels;
    binet__scores scores;
    binet__row_parameters parameters;
    int64_t first_row; /**< number of its first row in messages */
    int wide;          /**< scores are worked on in f64, not in f32 */
} binet__classwise_batch;

binet__classwise_batch binet__classwise_batch_of(const binet__classwise_settings *settings, const binet_array *scores,
                                                 const binet_array *labels, int64_t first_row);

/** Why a row has no probabilities, or a label that is none. */
typedef struct binet__classwise_fault {
    int32_t state; /**< BINET__ROW_OK: none; a BINET__ROW_*, or BINET__BAD_LABEL, or BINET__NO_MEMORY */
    int64_t row;
    int64_t column;
    int64_t label;
    double value;
} binet__classwise_fault;

enum { BINET__BAD_LABEL = -1, BINET__NO_MEMORY = -2 };

/** Scratch for binet__classwise_read_row, in bytes for each class. */
enum { BINET__CLASSWISE_SCRATCH = sizeof(double) + sizeof(float) };

/** The label of row i and its probabilities: *scaled, in place or in `room` of BINET__PADDED(C) doubles, and how they
 *  scale. 0 where the row is at fault. */
int binet__classwise_read_row(const binet__classwise_batch *batch, int64_t i, void *scratch, void *room,
                              const void **scaled, binet__scaling *scaling, int64_t *label,
                              binet__classwise_fault *fault);

/** The status of a fault. */
binet_status binet__classwise_fail(const binet__classwise_batch *batch, const binet__classwise_fault *fault,
                                   binet_error *error);

/* ---- Results ----------------------------------------------------------------------------------------------------- */

/** A bin of one class. */
typedef struct binet__classwise_bin {
    int64_t count;
    int64_t right; /**< rows that are right for the class */
    binet__sum probability;
    double low;
    double high;
} binet__classwise_bin;

/** Results before the caller has them, so that a failure leaves those of the caller as they were. */
typedef struct binet__classwise_out {
    const binet_context *context;
    const binet__classwise_settings *settings;
    binet_classwise_result found;
    binet_classwise_class *classes;
    binet_calibration_bin *bins; /**< NULL: not wanted */
} binet__classwise_out;

/** Check the caller's result and make room for `n_classes`. Released by binet__classwise_out_release in any case. */
binet_status binet__classwise_out_create(const binet_context *context, const binet__classwise_settings *settings,
                                         int64_t n, int64_t n_classes, const binet_classwise_result *result,
                                         binet__classwise_out *out, binet_error *error);

/** The errors of class k from its bins. Thread-safe for different classes. */
void binet__classwise_measure(const binet__classwise_out *out, int64_t k, const binet__classwise_bin *bins,
                              int64_t n_labels);

/** Sum up all classes, and hand over. */
void binet__classwise_out_finish(binet__classwise_out *out, binet_classwise_result *result);

void binet__classwise_out_release(binet__classwise_out *out);

/** All of it for bins of equal mass; the arrays are checked. */
binet_status binet__classwise_equal_mass(const binet_context *context, const binet__classwise_settings *settings,
                                         const binet_array *scores, const binet_array *labels,
                                         binet_classwise_result *result, binet_error *error);

#endif
