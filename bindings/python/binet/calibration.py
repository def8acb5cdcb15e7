"""Calibration: how well confidence agrees with accuracy."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._options import choose, whole
from .predictions import Predictions, pointer_of
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Binning = Literal["equal_width", "equal_mass", "equal_mass_quantile", "monotone_sweep"]
Convention = Literal["binet", "torchmetrics", "netcal", "tensorflow", "sklearn", "verified_calibration"]

MAX_BINS = 65536
DEFAULT_BINS = 15

BINNINGS = {
    "equal_width": lib.BINET_EQUAL_WIDTH,
    "equal_mass": lib.BINET_EQUAL_MASS,
    "equal_mass_quantile": lib.BINET_EQUAL_MASS_QUANTILE,
    "monotone_sweep": lib.BINET_MONOTONE_SWEEP,
}
CONVENTIONS = {
    "binet": lib.BINET_CONVENTION_BINET,
    "torchmetrics": lib.BINET_CONVENTION_TORCHMETRICS,
    "netcal": lib.BINET_CONVENTION_NETCAL,
    "tensorflow": lib.BINET_CONVENTION_TENSORFLOW,
    "sklearn": lib.BINET_CONVENTION_SKLEARN,
    "verified_calibration": lib.BINET_CONVENTION_VERIFIED_CALIBRATION,
}


@dataclass(frozen=True)
class CalibrationBin:
    """One bin of `CalibrationBins`; see there."""

    low: float
    high: float
    count: int
    accuracy: float
    confidence: float


@dataclass(frozen=True, eq=False)
class CalibrationBins:
    """The bins of a calibration, as columns [n_bins].

    Iterating gives one `CalibrationBin` after the other; a slice is some of the bins, as columns.

    Attributes:
        low, high: edges of the bin; for "equal_mass" and "monotone_sweep" the lowest and the highest confidence in it,
            but for the convention `verified_calibration`, which has edges. The convention says which side is closed.
        count: rows in the bin.
        accuracy: share of right answers; NaN where count is 0.
        confidence: mean confidence; NaN where count is 0.
    """

    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]
    accuracy: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.count)

    @overload
    def __getitem__(self, index: SupportsIndex) -> CalibrationBin: ...
    @overload
    def __getitem__(self, index: slice) -> CalibrationBins: ...
    def __getitem__(self, index: SupportsIndex | slice) -> CalibrationBin | CalibrationBins:
        if isinstance(index, slice):
            return CalibrationBins(*(column[index] for column in vars(self).values()))
        one = operator.index(index)
        return CalibrationBin(*(column[one].item() for column in vars(self).values()))

    def __iter__(self) -> Iterator[CalibrationBin]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        lines = [f"{'low':>8} {'high':>8} {'count':>8} {'accuracy':>10} {'confidence':>10}"]
        lines += [f"{b.low:8.4f} {b.high:8.4f} {b.count:8d} {b.accuracy:10.4f} {b.confidence:10.4f}" for b in self]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return table(f"{len(self)} bins", list(vars(self)), [vars(row).values() for row in self])


@dataclass(frozen=True, eq=False)
class Calibration:
    """Calibration error of the predicted class.

    ECE = sum_b (n_b / N) |accuracy_b - confidence_b|, MCE = max_b |...|, RMS = sqrt(sum_b (n_b / N) |...|^2).

    Attributes:
        ece: expected calibration error, L1 (Guo et al., ICML 2017), 0 .. 1.
        mce: maximum calibration error over bins with rows, 0 .. 1.
        rms: root mean square calibration error, L2, 0 .. 1.
        accuracy: top-1 accuracy, 0 .. 1.
        confidence: mean confidence, 0 .. 1.
        rms_debiased: L2 without the bias of few rows a bin (Kumar et al., NeurIPS 2019), 0 .. 1.
        n: rows.
        binning: how confidences were put into bins.
        convention: whose.
        bins: their edges, counts, accuracies and confidences.
    """

    ece: float
    mce: float
    rms: float
    accuracy: float
    confidence: float
    rms_debiased: float
    n: int
    binning: Binning
    convention: Convention
    bins: CalibrationBins

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the reliability diagram, with a histogram of the confidences under it.

        Each bin with rows shows its accuracy as a bar, and the gap between that and its mean confidence; a bin without
        rows shows nothing. Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw; the histogram is put under it. None: a new figure.

        Returns:
            The axes of the diagram.
        """
        from ._reliability import draw

        return draw(self, ax)

    def __repr__(self) -> str:
        return (
            f"Calibration(ece={self.ece:.6g}, mce={self.mce:.6g}, rms={self.rms:.6g}, accuracy={self.accuracy:.6g}, "
            f"confidence={self.confidence:.6g}, n={self.n}, {self._bins()})"
        )

    def _repr_html_(self) -> str:
        columns = ("ECE", "MCE", "RMS", "debiased RMS", "accuracy", "mean confidence", "samples")
        values = (self.ece, self.mce, self.rms, self.rms_debiased, self.accuracy, self.confidence)
        return table(f"Calibration, {self._bins()}", columns, [[*(f"{value:.4f}" for value in values), f"{self.n:,}"]])

    def _bins(self) -> str:
        """What the bins are, in words."""
        words = f"{len(self.bins)} bins, {self.binning.replace('_', ' ')}"
        return words if self.convention == "binet" else f"{words}, as {self.convention}"


def calibration(
    predictions: Predictions,
    n_bins: int | None = None,
    binning: Binning = "equal_width",
    convention: Convention = "binet",
) -> Calibration:
    """Calibration error of the predicted class.

    Counts are exact, the rest has the same bits everywhere.

    Args:
        predictions: N rows, each with a label.
        n_bins: 1 .. 65536; None: 15. For "monotone_sweep" the most to be tried; None: 65536.
        binning: "equal_width": edges i / n_bins.
            "equal_mass": confidences sorted and split, the first N mod n_bins bins one row more; among equal
            confidences wrong answers come first, so that the order of the rows does not matter.
            "equal_mass_quantile": edges are the quantiles i / n_bins of the confidences, as `numpy.quantile` has them.
            "monotone_sweep": as "equal_mass", with as many bins as there can be before their accuracies fall somewhere;
            `ece` is the ECE-sweep (Roelofs et al., AISTATS 2022).
        convention: which side of a bin is closed, and what becomes of the ends; each equals its owner's number and has
            the binnings that its owner has.
            "binet": bins (lo, hi], a confidence of exactly 0 in the first. All binnings.
            "torchmetrics": [lo, hi), and one bin more for confidences of exactly 1. "equal_width".
            "netcal": [lo, hi), the last closed, confidences clipped. "equal_width", "equal_mass_quantile".
            "tensorflow" (Probability): bin floor(n_bins confidence). "equal_width".
            "sklearn": as binet. "equal_width", "equal_mass_quantile".
            "verified_calibration" (uncertainty-calibration): (lo, hi]; equal mass is cut half way between neighbours,
            and equal cuts are one. "equal_width", "equal_mass".

    Raises:
        binet.Error: `INVALID_ARGUMENT` for n_bins, binning, convention or two that do not fit; `INVALID_DATA`, with the
            row, where a label is unknown or a confidence is not in 0 .. 1.
    """
    options = calibration_options(n_bins, binning, convention)
    capacity = len(predictions) if binning == "monotone_sweep" else (n_bins or DEFAULT_BINS) + 1
    room = ffi.new("binet_calibration_bin[]", min(capacity, MAX_BINS + 1))
    result = struct("binet_calibration_result", bins=room, bins_capacity=len(room))
    call(lib.binet_calibration, context().pointer, pointer_of(predictions), options, result)
    return Calibration(
        ece=result.ece,
        mce=result.mce,
        rms=result.rms,
        accuracy=result.accuracy,
        confidence=result.confidence,
        rms_debiased=result.rms_debiased,
        n=result.n,
        binning=binning,
        convention=convention,
        bins=_columns(room, result.n_bins),
    )


def calibration_options(n_bins: int | None, binning: Binning, convention: Convention) -> Any:
    """`binet_calibration_options`."""
    return struct(
        "binet_calibration_options",
        n_bins=0 if n_bins is None else whole("n_bins", n_bins, 1, MAX_BINS),
        binning=choose("binning", binning, BINNINGS),
        convention=choose("convention", convention, CONVENTIONS),
    )


def _columns(room: Any, n_bins: int) -> CalibrationBins:
    """The bins of C as columns of their own."""
    records = np.frombuffer(ffi.buffer(room), _RECORD, n_bins)
    columns = {name: records[name].copy() for name in _RECORD.names or ()}
    for column in columns.values():
        column.flags.writeable = False
    return CalibrationBins(**columns)


_RECORD = np.dtype([("low", "f8"), ("high", "f8"), ("count", "i8"), ("accuracy", "f8"), ("confidence", "f8")])
"""`binet_calibration_bin`."""
