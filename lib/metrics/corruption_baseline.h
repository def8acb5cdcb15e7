/** AlexNet's errors on ImageNet-C (Hendrycks and Dietterich, ICLR 2019). */
#ifndef BINET_METRICS_CORRUPTION_BASELINE_H
#define BINET_METRICS_CORRUPTION_BASELINE_H

#include "binet/robustness.h"

enum { BINET__N_IMAGENET_C = 15 };

#define BINET__ALEXNET_CLEAN 0.4348

/** [BINET__N_IMAGENET_C] of a BINET_BASELINE_ALEXNET*, in the order of binet_corruption_name; NULL for any other. */
const double *binet__corruption_baseline(int32_t baseline);

#endif
