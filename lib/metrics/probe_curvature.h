/** An approximate Hessian of a linear probe: the Kronecker product of a matrix over classes with the covariance of the
 *  features, plus the penalty's identity. */
#ifndef BINET_METRICS_PROBE_CURVATURE_H
#define BINET_METRICS_PROBE_CURVATURE_H

#include "metrics/probe_loss.h"

typedef struct binet__probe_curvature binet__probe_curvature;

/** From the Gram matrix [width, width] of the centred rows over the sum of their weights, of which the lower triangle
 *  is read and which is lost; to be destroyed. */
binet_status binet__probe_curvature_create(const binet_context *context, int64_t width, int64_t n_classes,
                                           const float *gram, binet__probe_curvature **curvature, binet_error *error);

void binet__probe_curvature_destroy(binet__probe_curvature *curvature);

/** Set the matrix over classes [n_classes, n_classes], of which the lower triangle is read and which is lost: the mean
 *  over rows of diag(p) - p p'. */
binet_status binet__probe_curvature_set(binet__probe_curvature *curvature, const float *classes, binet_error *error);

/** direction = H^-1 gradient, where the loss is `scale` times the mean over rows. */
binet_status binet__probe_curvature_apply(const binet__probe_curvature *curvature, double scale, const double *gradient,
                                          double *direction, binet_error *error);

/** The same of the intercepts alone, [n_classes] each. */
void binet__probe_curvature_apply_to_intercepts(const binet__probe_curvature *curvature, double scale,
                                                const double *gradient, double *direction);

/** The trace of the covariance, an upper bound of its largest eigenvalue. */
double binet__probe_curvature_trace(const binet__probe_curvature *curvature);

#endif
