"""Calibration: how well confidence agrees with accuracy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._options import choose, whole
from .predictions import Predictions, pointer_of
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Binning = Literal["equal_width", "equal_mass"]

MAX_BINS = 65536

_BINNINGS = {"equal_width": lib.BINET_EQUAL_WIDTH, "equal_mass": lib.BINET_EQUAL_MASS}


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
    """The bins of a calibration, as columns [n_bins]. Iterating gives one `CalibrationBin` after the other.

    Attributes:
        low, high: edges of the bin (low, high]; for equal mass the lowest and the highest confidence in it.
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

    def __getitem__(self, index: int) -> CalibrationBin:
        return CalibrationBin(*(column[index].item() for column in vars(self).values()))

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
        n: rows.
        binning: "equal_width" or "equal_mass".
        bins: their edges, counts, accuracies and confidences.
    """

    ece: float
    mce: float
    rms: float
    accuracy: float
    confidence: float
    n: int
    binning: Binning
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
            f"confidence={self.confidence:.6g}, n={self.n}, {len(self.bins)} {self.binning} bins)"
        )

    def _repr_html_(self) -> str:
        columns = ("ECE", "MCE", "RMS", "accuracy", "mean confidence", "samples")
        values = (self.ece, self.mce, self.rms, self.accuracy, self.confidence)
        caption = f"Calibration, {len(self.bins)} {self.binning.replace('_', ' ')} bins"
        return table(caption, columns, [[*(f"{value:.4f}" for value in values), f"{self.n:,}"]])


def calibration(predictions: Predictions, n_bins: int = 15, binning: Binning = "equal_width") -> Calibration:
    """Calibration error of the predicted class, under the convention `binet`.

    Bins are (low, high]; a confidence of exactly 0 goes to the first. Counts are exact, the rest has the same bits
    everywhere.

    Args:
        predictions: N rows, each with a label.
        n_bins: 1 .. 65536.
        binning: "equal_width": edges i / n_bins. "equal_mass": confidences sorted and split, the first N mod n_bins
            bins one row more; among equal confidences wrong answers come first, so that the order of the rows does not
            matter.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for n_bins or binning; `INVALID_DATA`, with the row, where a label is unknown.
    """
    n_bins = whole("n_bins", n_bins, 1, MAX_BINS)
    room = ffi.new("binet_calibration_bin[]", n_bins)
    options = struct("binet_calibration_options", n_bins=n_bins, binning=choose("binning", binning, _BINNINGS))
    result = struct("binet_calibration_result", bins=room, bins_capacity=n_bins)
    call(lib.binet_calibration, context().pointer, pointer_of(predictions), options, result)
    return Calibration(
        ece=result.ece,
        mce=result.mce,
        rms=result.rms,
        accuracy=result.accuracy,
        confidence=result.confidence,
        n=result.n,
        binning=binning,
        bins=_columns(room, result.n_bins),
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
