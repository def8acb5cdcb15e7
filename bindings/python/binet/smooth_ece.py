"""The smooth calibration error, which needs no bins."""

from __future__ import annotations

from dataclasses import dataclass

from ._html import table
from ._library import call, lib, struct
from ._options import nonzero
from .predictions import Predictions, pointer_of
from .threads import context


@dataclass(frozen=True)
class SmoothECE:
    """Smooth calibration error of the predicted class (Blasiok and Nakkiran, ICLR 2024).

    Attributes:
        value: smECE, 0 .. 1.
        bandwidth: of the Gaussian kernel; found, it is the value itself, but never below 0.001.
        n: rows.
    """

    value: float
    bandwidth: float
    n: int

    def __float__(self) -> float:
        return self.value

    def _repr_html_(self) -> str:
        return table(
            "Smooth calibration error", ("smECE", "bandwidth", "samples"), [[self.value, self.bandwidth, f"{self.n:,}"]]
        )


def smooth_ece(predictions: Predictions, bandwidth: float | None = None) -> SmoothECE:
    """Smooth calibration error of the predicted class (Blasiok and Nakkiran, ICLR 2024).

    The integral over 0 .. 1 of |(1 / N) sum_i (right_i - confidence_i) K(confidence_i, t)| for K the Gaussian kernel
    reflected at 0 and 1, at the bandwidth that equals it. The same bits everywhere.

    Args:
        predictions: N rows, each with a label.
        bandwidth: of the kernel, 0.001 .. 1; None: the one that equals the error, or 0.001 where that is smaller.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for the bandwidth; `INVALID_DATA`, with the row, where a label is unknown or a
            confidence is not in 0 .. 1.
    """
    given = 0.0 if bandwidth is None else nonzero("bandwidth", bandwidth, "0.001 .. 1")
    options = struct("binet_smooth_ece_options", bandwidth=given)
    result = struct("binet_smooth_ece_result")
    call(lib.binet_smooth_ece, context().pointer, pointer_of(predictions), options, result)
    return SmoothECE(result.smece, result.bandwidth, result.n)
