/** A transform as a caller gives it. */
#ifndef BINET_IMAGE_TRANSFORM_H
#define BINET_IMAGE_TRANSFORM_H

#include "binet/image.h"

/** Copy a transform of any version, with the default where it is NULL, and check all of its members. */
binet_status binet__transform_read(const binet_transform *given, const char *argument, binet_transform *transform,
                                   binet_error *error);

#endif
