"""Maps of the confidence of the predicted class: isotonic regression and histogram binning."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from .._html import table
from .._library import call, ffi, lib, struct
from .._options import choose, whole
from ..arrays import view
from ..calibration import MAX_BINS
from ..errors import InvalidArgument
from ..predictions import Predictions, pointer_of
from ..threads import context
from ._maps import Map, finite

if TYPE_CHECKING:
    from typing import Literal

    HistogramBins = Literal["equal_width", "equal_mass"]

Vector = npt.NDArray[np.float64]

_BINNINGS = {"equal_width": lib.BINET_EQUAL_WIDTH, "equal_mass": lib.BINET_EQUAL_MASS}
_KNOT = np.dtype([("confidence", "f8"), ("value", "f8")])
_BIN = np.dtype([("low", "f8"), ("high", "f8"), ("count", "i8"), ("value", "f8")])


# ---- Isotonic regression ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class IsotonicFit:
    """A map that never falls, linear between its knots.

    Attributes:
        confidences: [K] of the knots, ascending.
        values: [K] calibrated confidences there, 0 .. 1.
        brier_before: mean of (confidence - [right])^2, 0 .. 1.
        brier_after: the same of the calibrated confidences, no larger.
        n: rows.
    """

    confidences: Vector
    values: Vector
    brier_before: float
    brier_after: float
    n: int

    def __repr__(self) -> str:
        return (
            f"IsotonicFit({len(self.values)} knots, brier_before={self.brier_before:.6g}, "
            f"brier_after={self.brier_after:.6g}, n={self.n})"
        )

    def _repr_html_(self) -> str:
        columns = ("knots", "Brier before", "Brier after", "samples")
        return table(
            "Isotonic regression",
            columns,
            [[f"{len(self.values):,}", self.brier_before, self.brier_after, f"{self.n:,}"]],
        )


def fit_isotonic(predictions: Predictions) -> IsotonicFit:
    """Isotonic regression of right answers on confidences (Zadrozny and Elkan, KDD 2002).

    Of all maps that never fall, the one of the least squared error. It is that of scikit-learn's
    `IsotonicRegression(out_of_bounds="clip")`.

    Args:
        predictions: N rows, each with a label.

    Raises:
        binet.Error: `INVALID_DATA`, with the row, where a label is unknown or a confidence out of 0 .. 1.
    """
    pointer = pointer_of(predictions)
    room = ffi.new("binet_isotonic_knot[]", len(predictions))
    found = struct("binet_isotonic_result", knots=room, knots_capacity=len(predictions))
    call(lib.binet_fit_isotonic, context().pointer, pointer, found)
    knots = np.frombuffer(ffi.buffer(room), _KNOT, found.n_knots)
    return IsotonicFit(
        confidences=_own(knots["confidence"]),
        values=_own(knots["value"]),
        brier_before=found.brier_before,
        brier_after=found.brier_after,
        n=found.n,
    )


# ---- Histogram binning -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class HistogramFit:
    """Bins (low, high], each with the share of right answers in it.

    Attributes:
        edges: [n_bins + 1], from 0 to 1; the first bin holds 0 too.
        values: [n_bins] calibrated confidences, 0 .. 1; NaN where a bin has no rows.
        counts: [n_bins] rows.
        brier_before: mean of (confidence - [right])^2, 0 .. 1.
        brier_after: the same of the calibrated confidences.
        n: rows.
    """

    edges: Vector
    values: Vector
    counts: npt.NDArray[np.int64]
    brier_before: float
    brier_after: float
    n: int

    def __repr__(self) -> str:
        return (
            f"HistogramFit({len(self.values)} bins, brier_before={self.brier_before:.6g}, "
            f"brier_after={self.brier_after:.6g}, n={self.n})"
        )

    def _repr_html_(self) -> str:
        caption = f"Histogram binning, {self.n:,} samples: Brier {self.brier_before:.4g} to {self.brier_after:.4g}"
        columns = (self.edges[:-1], self.edges[1:], self.counts, self.values)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return table(caption, ("low", "high", "count", "value"), rows)


def fit_histogram_binning(
    predictions: Predictions, n_bins: int = 15, binning: HistogramBins = "equal_width"
) -> HistogramFit:
    """Histogram binning (Zadrozny and Elkan, ICML 2001): a confidence becomes the share of right answers in its bin.

    Args:
        predictions: N rows, each with a label.
        n_bins: 1 .. 65536.
        binning: "equal_width": edges i / n_bins. "equal_mass": edges where the sorted confidences are split, the first
            N mod n_bins bins one row more; equal confidences all go to the lower bin.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for n_bins or binning; `INVALID_DATA`, with the row, where a label is unknown or
            a confidence out of 0 .. 1.
    """
    n_bins = whole("n_bins", n_bins, 1, MAX_BINS)
    options = struct("binet_histogram_binning_options", n_bins=n_bins, binning=choose("binning", binning, _BINNINGS))
    room = ffi.new("binet_histogram_bin[]", n_bins)
    found = struct("binet_histogram_binning_result", bins=room, bins_capacity=n_bins)
    call(lib.binet_fit_histogram_binning, context().pointer, pointer_of(predictions), options, found)
    bins = np.frombuffer(ffi.buffer(room), _BIN, n_bins)
    return HistogramFit(
        edges=_own(np.concatenate([bins["low"][:1], bins["high"]])),
        values=_own(bins["value"]),
        counts=_own(bins["count"]),
        brier_before=found.brier_before,
        brier_after=found.brier_after,
        n=found.n,
    )


# ---- As maps ---------------------------------------------------------------------------------------------------------


class _ConfidenceMap(Map):
    """What both maps share: confidences in, calibrated ones out."""

    @overload
    def transform(self, confidences: Predictions) -> Predictions: ...

    @overload
    def transform(self, confidences: Any) -> Vector: ...

    def transform(self, confidences: Any) -> Predictions | Vector:
        """Calibrated confidences: an array for an array [M], predictions for predictions.

        Raises:
            binet.Error: `INVALID_DATA`, with the index, for a confidence out of 0 .. 1; `INVALID_ARGUMENT` where
                nothing was fitted.
        """
        self._parameters()
        if isinstance(confidences, Predictions):
            return confidences.with_confidences(self._apply(confidences.confidence))
        return self._apply(confidences)

    @abstractmethod
    def _apply(self, confidences: Any) -> Vector:
        """Calibrated confidences [M] for confidences [M]."""

    def _through(self, function: Any, table: Any, confidences: Any) -> Vector:
        """Confidences through a function of C and the structs that it reads."""
        array = view(confidences, "confidences")
        calibrated = np.empty(array.shape)
        room = ffi.cast("double *", calibrated.ctypes.data)
        call(function, context().pointer, table, len(table), array.pointer, room, calibrated.size)
        return calibrated


class IsotonicCalibration(_ConfidenceMap):
    """Isotonic regression as a map: `fit` on held-out predictions, `transform` other confidences.

    Attributes:
        confidences_, values_: [K] of the knots.
        fit_: the `IsotonicFit`; None where the map was loaded from a file.
    """

    METHOD = "isotonic"

    confidences_: Vector
    values_: Vector
    fit_: IsotonicFit | None

    def fit(self, predictions: Predictions) -> IsotonicCalibration:
        """Find the map; argument and errors are those of `fit_isotonic`."""
        self.fit_ = fit_isotonic(predictions)
        self.confidences_, self.values_ = self.fit_.confidences, self.fit_.values
        return self

    def _apply(self, confidences: Any) -> Vector:
        pairs = list(zip(self.confidences_.tolist(), self.values_.tolist(), strict=True))
        knots = ffi.new("binet_isotonic_knot[]", pairs)
        return self._through(lib.binet_isotonic_apply, knots, confidences)

    def _parameters(self) -> dict[str, Any]:
        if not hasattr(self, "values_"):
            raise InvalidArgument("this IsotonicCalibration is not fitted: call fit first")
        return {"confidences": self.confidences_.tolist(), "values": self.values_.tolist()}

    @classmethod
    def _restore(cls, parameters: dict[str, Any]) -> IsotonicCalibration:
        made = cls()
        made.fit_ = None
        made.confidences_, made.values_ = (finite(parameters[name], name) for name in ("confidences", "values"))
        if len(made.confidences_) != len(made.values_):
            raise ValueError(f"{len(made.confidences_)} confidences and {len(made.values_)} values")
        made._apply([0.5])
        return made

    def __repr__(self) -> str:
        return f"IsotonicCalibration({f'{len(self.values_)} knots' if hasattr(self, 'values_') else 'not fitted'})"


class HistogramBinning(_ConfidenceMap):
    """Histogram binning as a map: `fit` on held-out predictions, `transform` other confidences.

    A confidence that falls into a bin without rows stays as it is.

    Attributes:
        edges_: [n_bins + 1].
        values_: [n_bins]; NaN where a bin had no rows.
        fit_: the `HistogramFit`; None where the map was loaded from a file.
    """

    METHOD = "histogram"

    edges_: Vector
    values_: Vector
    fit_: HistogramFit | None

    def __init__(self, n_bins: int = 15, binning: HistogramBins = "equal_width") -> None:
        """As `fit_histogram_binning`."""
        self.n_bins = n_bins
        self.binning: HistogramBins = binning

    def fit(self, predictions: Predictions) -> HistogramBinning:
        """Find the bins; argument and errors are those of `fit_histogram_binning`."""
        self.fit_ = fit_histogram_binning(predictions, n_bins=self.n_bins, binning=self.binning)
        self.edges_, self.values_ = self.fit_.edges, self.fit_.values
        return self

    def _apply(self, confidences: Any) -> Vector:
        bins = ffi.new("binet_histogram_bin[]", len(self.values_))
        records = np.frombuffer(ffi.buffer(bins), _BIN)
        records["low"], records["high"], records["value"] = self.edges_[:-1], self.edges_[1:], self.values_
        return self._through(lib.binet_histogram_binning_apply, bins, confidences)

    def _parameters(self) -> dict[str, Any]:
        if not hasattr(self, "values_"):
            raise InvalidArgument("this HistogramBinning is not fitted: call fit first")
        values = [None if np.isnan(value) else value for value in self.values_.tolist()]
        return {"edges": self.edges_.tolist(), "values": values}

    @classmethod
    def _restore(cls, parameters: dict[str, Any]) -> HistogramBinning:
        made = cls()
        made.fit_ = None
        made.edges_ = finite(parameters["edges"], "edges")
        made.values_ = np.array([np.nan if value is None else value for value in parameters["values"]], np.float64)
        if len(made.edges_) != len(made.values_) + 1:
            raise ValueError(f"{len(made.edges_)} edges and {len(made.values_)} values")
        made._apply([0.5])
        return made

    def __repr__(self) -> str:
        return f"HistogramBinning({f'{len(self.values_)} bins' if hasattr(self, 'values_') else 'not fitted'})"


def _own(column: Any) -> Any:
    """A read-only copy."""
    made = np.array(column)
    made.flags.writeable = False
    return made
