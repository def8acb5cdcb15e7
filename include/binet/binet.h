/** libbinet: how vision models differ beyond accuracy. This header includes all of the core library, libbinet; torch.h,
 *  which belongs to libbinet_torch, is included by those who link it. */
#ifndef BINET_BINET_H
#define BINET_BINET_H

#include "accuracy.h"
#include "base.h"
#include "bias.h"
#include "calibration.h"
#include "classwise.h"
#include "evaluate.h"
#include "image.h"
#include "invariance.h"
#include "linear.h"
#include "mistakes.h"
#include "neighbors.h"
#include "predictions.h"
#include "probe.h"
#include "recalibration.h"
#include "ridge.h"
#include "robustness.h"
#include "selection.h"
#include "similarity.h"
#include "statistics.h"
#include "synthetic.h"
#include "threads.h"
#include "transfer.h"

#endif
