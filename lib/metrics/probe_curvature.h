/** An approximate Hessian of a linear probe: the Kronecker product of a matrix over classes with the covariance of the
 *  features, plus the penalty's identity; for b and the leading axes, what a sample of rows says. */
#ifndef BINET_METRICS_PROBE_CURVATURE_H
#define BINET_METRICS_PROBE_CURVATURE_H

#include "metrics/probe_leading.h"

typedef struct binet__probe_curvature binet__probe_curvature;

/** For features with these axes, which are borrowed, and so is `leading`; to be destroyed. */
binet_status binet__probe_curvature_create(const binet_context *context, const binet__probe_axes *axes,
                                           const binet__probe_leading *leading, int64_t n_classes,
                                           binet__probe_curvature **curvature, binet_error *error);

void binet__probe_curvature_destroy(binet__probe_curvature *curvature);

/** Set the matrix over classes [n_classes, n_classes], of which the lower triangle is read: the mean over rows of
 *  diag(p) - p p'. */
binet_status binet__probe_curvature_set(binet__probe_curvature *curvature, const float *classes, binet_error *error);

/** direction = H^-1 gradient, each b[n_classes] and then W of the features [width, n_classes], or W of the first n_axes
 *  axes where that is not 0; the loss is `scale` times the mean over rows. */
binet_status binet__probe_curvature_apply(const binet__probe_curvature *curvature, int64_t n_axes, double scale,
                                          const double *gradient, double *direction, binet_error *error);

#endif
