/** What the similarities of representations share. */
#ifndef BINET_METRICS_SIMILARITY_H
#define BINET_METRICS_SIMILARITY_H

#include "binet/similarity.h"

/** Check features [n, D], of rows enough for centring, or for the unbiased estimator of HSIC; *n is how many rows there
 *  must be, or -1 and becomes what there are. */
binet_status binet__check_samples(const binet_array *array, const char *argument, int unbiased, int64_t *n,
                                  binet_error *error);

/** Whether a BINET_HSIC_* of the options, or the standard one where it is 0, is the unbiased one. */
binet_status binet__check_estimator(int32_t given, int32_t standard, int *unbiased, binet_error *error);

#endif
