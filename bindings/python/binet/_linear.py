"""Scores of linear models, through C: features of any float dtype, in blocks, without a copy of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._estimator_inputs import C_NAMES
from ._library import call, ffi, lib
from .arrays import View, view
from .threads import context


def linear_scores(
    features: View, coefficients: npt.NDArray[np.float64], intercepts: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Scores of a linear model, features . coefficients + intercept: [N, M] float64.

    Args:
        features: [N, D] of float16, bfloat16, float32 or float64.
        coefficients: [M, D].
        intercepts: [M].

    Raises:
        binet.Error: `INVALID_DATA`, with the row, where it holds a NaN or an infinity.
    """
    weights = view(np.ascontiguousarray(coefficients), "coefficients")
    offsets = view(intercepts, "intercepts")
    scores = np.empty((features.shape[0], len(coefficients)))
    room = ffi.from_buffer("double[]", scores)
    call(
        lib.binet_linear_scores,
        context().pointer,
        features.pointer,
        weights.pointer,
        offsets.pointer,
        room,
        scores.size,
        names=C_NAMES,
    )
    return scores
