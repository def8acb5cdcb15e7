/** What maps of confidence share: the squared error of a map, and arrays of confidences. */
#ifndef BINET_METRICS_CONFIDENCE_MAP_H
#define BINET_METRICS_CONFIDENCE_MAP_H

#include "binet/predictions.h"

/** Mean of (confidence - [right])^2 over rows that binet__bin_pack made. */
double binet__confidence_brier(const uint64_t *keys, int64_t n);

/** Check confidences [M], f32 or f64, from 0 to 1. */
binet_status binet__confidence_check(const binet_array *confidences, binet_error *error);

/** Check confidences, and the room for what they become. */
binet_status binet__confidence_check_room(const binet_array *confidences, const double *calibrated, int64_t capacity,
                                          binet_error *error);

/** Element i of checked confidences. */
double binet__confidence_at(const binet_array *confidences, int64_t i);

#endif
