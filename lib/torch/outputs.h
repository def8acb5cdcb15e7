/** What a model answered: taken apart, described, and viewed as arrays. */
#ifndef BINET_TORCH_OUTPUTS_H
#define BINET_TORCH_OUTPUTS_H

#include <string>

#include <torch/script.h>

#include "binet/evaluate.h"

namespace binet_torch
{

/** The tensors of an answer, on the CPU. */
struct Outputs {
    at::Tensor logits;
    at::Tensor features; ///< undefined where the model gives none
};

/** A tensor, a tuple (logits, features) or a dict with those keys; throws Failure, saying what came, for anything else.
 */
Outputs take_apart(const c10::IValue &answer);

/** A tensor as an array, without a copy; throws Failure where it is no matrix of floats. */
binet_array view(const at::Tensor &tensor, const char *name);

} // namespace binet_torch

#endif
