/** Student's distribution. */
#ifndef BINET_METRICS_STUDENT_H
#define BINET_METRICS_STUDENT_H

#include <stdint.h>

/** The t with P(|T| <= t) = level, 0 < level < 1, of a T with so many degrees of freedom, 1 and more. Its error is that
 *  of a rounded level: 1e-14 relative at 0.95, more as the level comes near 1. */
double binet__student_two_sided(double level, int64_t degrees);

#endif
