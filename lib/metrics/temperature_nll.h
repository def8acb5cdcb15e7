/** The mean NLL of labels as a function of the inverse temperature, a pass over the logits at a time. */
#ifndef BINET_METRICS_TEMPERATURE_NLL_H
#define BINET_METRICS_TEMPERATURE_NLL_H

#include "binet/base.h"
#include "metrics/scores.h"

/** Inverse temperatures that can be evaluated: from 1 / BINET__MOST_INVERSE to BINET__MOST_INVERSE. */
#define BINET__MOST_INVERSE 0x1p20

/** The NLL at an inverse temperature t, and its derivatives by t, times t and t^2. */
typedef struct binet__nll_point {
    double inverse;   /**< t */
    double nll;       /**< mean, in nats */
    double slope;     /**< t d nll / dt */
    double curvature; /**< t^2 d^2 nll / dt^2, >= 0 */
    double rounding;  /**< of slope: how far it may be off */
} binet__nll_point;

/** Checked logits with their labels. */
typedef struct binet__nll {
    const binet_context *context;
    binet__scores scores;
    const binet_array *labels;
    struct binet__nll_row *rows; /* of this module: what the first pass found of each row */
    double mean_gap;             /* of the largest logit to that of the label, >= 0 */
    int32_t n_evaluations;
    int separable; /* every label is its row's largest logit */
} binet__nll;

/** Make the first pass, at t = 1, which checks every row. The arrays were checked, and are borrowed. On failure there
 * is nothing to close.
 * @return BINET_OK, _INVALID_DATA for the first row at fault, _OUT_OF_MEMORY, or what the executor returns. */
binet_status binet__nll_open(const binet_context *context, const binet_array *scores, const binet_array *labels,
                             binet__nll *nll, binet__nll_point *point, binet_error *error);

/** Make a pass at another t. */
binet_status binet__nll_at(binet__nll *nll, double inverse, binet__nll_point *point, binet_error *error);

/** Release what is kept of the rows. */
void binet__nll_close(binet__nll *nll);

#endif
