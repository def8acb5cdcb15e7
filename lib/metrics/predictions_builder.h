/** What the loop asks of a builder beside predictions.h. */
#ifndef BINET_METRICS_PREDICTIONS_BUILDER_H
#define BINET_METRICS_PREDICTIONS_BUILDER_H

#include "binet/predictions.h"

/** Rows kept so far: those that a NaN left out are not counted. The builder has not handed over its table. */
int64_t binet__predictions_builder_count(const binet_predictions_builder *builder);

#endif
