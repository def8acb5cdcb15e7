/** The weights of a resize along one axis. */
#ifndef BINET_IMAGE_AXIS_H
#define BINET_IMAGE_AXIS_H

#include "image/resize.h"

/** Weights of the outputs `extent.start` .. of an axis of n_in pixels. To be released with binet__axis_release, on
 *  failure too. */
binet_status binet__axis_create(const binet_context *context, int32_t n_in, binet__extent extent, int32_t interpolation,
                                binet__axis *axis, binet_error *error);

void binet__axis_release(const binet_context *context, binet__axis *axis);

#endif
