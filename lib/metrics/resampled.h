/** Metrics of a table of predictions, evaluated on its resamples from counts of the rows. */
#ifndef BINET_METRICS_RESAMPLED_H
#define BINET_METRICS_RESAMPLED_H

#include "binet/calibration.h"
#include "metrics/bootstrap.h"

enum { BINET__N_METRICS = BINET_METRIC_MCE + 1 };

/** Check a list of metrics. */
binet_status binet__check_metrics(const int32_t *metrics, int32_t n_metrics, binet_error *error);

/** Fill values [evaluations->n, n_metrics] with the metrics of every evaluation. `argument` is the table's name in
 *  messages. BINET_INVALID_DATA for a row that lacks what a metric needs. */
binet_status binet__resampled_metrics(const binet_context *context, const binet_predictions *predictions,
                                      const char *argument, const int32_t *metrics, int32_t n_metrics,
                                      const binet_calibration_options *calibration,
                                      const binet__evaluations *evaluations, double *values, binet_error *error);

#endif
