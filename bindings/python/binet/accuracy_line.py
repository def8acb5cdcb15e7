"""Accuracy on the line: how much of a shifted accuracy the clean one explains, and what is beyond it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ._extras import require
from ._html import table
from ._library import call, ffi, lib, struct
from ._named_columns import NamedColumns, records
from ._options import choose, nonzero
from ._shares import columns, shares_of
from .arrays import Array, view
from .errors import InvalidArgument, InvalidData
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Scale = Literal["probit", "logit", "linear"]

_SCALES = {"probit": lib.BINET_SCALE_PROBIT, "logit": lib.BINET_SCALE_LOGIT, "linear": lib.BINET_SCALE_LINEAR}


class LineModel(NamedTuple):
    """One model of `LineModels`; see there."""

    name: str | int
    clean: float
    shifted: float
    predicted: float
    low: float
    high: float
    prediction_low: float
    prediction_high: float
    effective_robustness: float
    effective_low: float
    effective_high: float
    fitted: bool


@dataclass(frozen=True, eq=False, repr=False)
class LineModels(NamedColumns[LineModel]):
    """Models as columns [M].

    Attributes:
        name: of the model.
        clean, shifted: its accuracies, 0 .. 1.
        predicted: shifted accuracy that the line gives for its clean one.
        low, high: ends of the confidence interval of that: where the line is.
        prediction_low, prediction_high: ends of the prediction interval: where one more model would be.
        effective_robustness: shifted less predicted (Taori et al., NeurIPS 2020), -1 .. 1.
        effective_low, effective_high: ends of its interval, from where the line may be: shifted - high, shifted - low.
        fitted: whether the line was fitted to it.
    """

    ROW: ClassVar[Any] = LineModel
    WHAT: ClassVar[str] = "models"

    clean: npt.NDArray[np.float64]
    shifted: npt.NDArray[np.float64]
    predicted: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    prediction_low: npt.NDArray[np.float64]
    prediction_high: npt.NDArray[np.float64]
    effective_robustness: npt.NDArray[np.float64]
    effective_low: npt.NDArray[np.float64]
    effective_high: npt.NDArray[np.float64]
    fitted: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class AccuracyLine:
    """The least-squares line of shifted over clean accuracy of many models (Taori et al., 2020; Miller et al., 2021).

    Attributes:
        scale: what accuracies become before the fit: "probit", "logit" or "linear".
        slope, slope_low, slope_high: of the line on that scale, and the ends of its confidence interval.
        intercept, intercept_low, intercept_high: likewise.
        r_squared: share of the variance that the line explains; NaN where all shifted accuracies are the same.
        residual_deviation: sqrt(sum of squared residuals / (n_fitted - 2)), on that scale.
        n_fitted: models that the line was fitted to.
        models: each of them.
        confidence_level: of the intervals, those of least squares by Student's distribution.
    """

    scale: str
    slope: float
    slope_low: float
    slope_high: float
    intercept: float
    intercept_low: float
    intercept_high: float
    r_squared: float
    residual_deviation: float
    n_fitted: int
    models: LineModels
    confidence_level: float

    def predict(self, clean: Any) -> LineModels:
        """What the line gives for other clean accuracies [K]; their shifted accuracy is NaN."""
        wanted = np.atleast_1d(np.asarray(clean, np.float64))
        known, n = self.models, len(self.models)
        clean_all = np.concatenate([known.clean, wanted])
        shifted_all = np.concatenate([known.shifted, np.full(len(wanted), 0.5)])
        fitted = np.concatenate([known.fitted, np.zeros(len(wanted), bool)])
        names = (*known.name, *range(len(wanted)))
        table = _fit(names, clean_all, shifted_all, fitted, self.scale, self.confidence_level).models
        rest = {name: getattr(table, name)[n:] for name in LineModel._fields[1:]}
        unknown = ("shifted", "effective_robustness", "effective_low", "effective_high")
        return LineModels(names[n:], **rest | {name: np.full(len(wanted), np.nan) for name in unknown})

    def plot(self, ax: Axes | None = None, *, names: bool | None = None) -> Axes:
        """Draw the models, the line with its confidence band, and y = x dashed, on the axes of the fit.

        Models that the line was not fitted to have another mark. Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw. None: a new figure.
            names: write the name beside each model. None: where there are at most 20.
        """
        require("plot", "matplotlib")
        from ._accuracy_line_figure import draw

        return draw(self, ax, names)

    def __str__(self) -> str:
        return (
            f"accuracy on the line ({self.scale}): slope {self.slope:.4f}, intercept {self.intercept:.4f}, "
            f"R2 {self.r_squared:.4f}, {self.n_fitted:,} of {len(self.models):,} models fitted"
        )

    def __repr__(self) -> str:
        return f"<binet.AccuracyLine: {self}>"

    def _repr_html_(self) -> str:
        head = ("model", "clean", "shifted", "predicted", "effective robustness", "low", "high")
        rows = [
            (one.name, one.clean, one.shifted, one.predicted, one.effective_robustness, *one[9:11])
            for one in self.models
        ]
        return table(str(self), head, rows)


def accuracy_line(
    clean: Any,
    shifted: Any,
    *,
    fitted: Collection[str] | Any = None,
    scale: Scale = "probit",
    confidence_level: float = 0.95,
) -> AccuracyLine:
    """Fit shifted over clean accuracy of many models; effective robustness is what a model has beyond the line.

    Taori et al. (NeurIPS 2020) fit on logit axes, Miller et al. (ICML 2021) on probit ones. Intervals are those of
    least squares, by Student's distribution with n - 2 degrees of freedom, brought back from the scale of the fit.
    Exact to rounding, 1e-12.

    Args:
        clean: accuracies on the clean set, 0 .. 1: [M], or a mapping from names of models to accuracies, results with
            an accuracy, or Predictions.
        shifted: of the same models on the shifted set, likewise; of a mapping the same names.
        fitted: the models that the line is fitted to, at least three: names, or [M] bool; others are only measured
            against it. None: all.
        scale: "probit", "logit" or "linear". On the first two an accuracy of exactly 0 or 1 is an error.
        confidence_level: of the intervals, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for fewer than three models; `INVALID_DATA`, with the model, for an accuracy
            that cannot be, for the same clean accuracy of all models, and for a model that one of the two lacks.
    """
    choose("scale", scale, _SCALES)
    names, of_clean, of_shifted = _accuracies(clean, shifted)
    if fitted is None:
        chosen = np.ones(len(names), bool)
    elif all(isinstance(one, str) for one in fitted):
        unknown = [one for one in fitted if one not in names]
        if unknown:
            raise InvalidArgument(f"fitted has {unknown[0]!r}, which clean has not", "fitted")
        chosen = np.array([name in set(fitted) for name in names])
    else:
        chosen = np.asarray(fitted)
        if chosen.dtype != np.bool_ or chosen.shape != (len(names),):
            message = (
                f"fitted has dtype {chosen.dtype} and the shape {chosen.shape}; allowed: names, [{len(names)}] bool"
            )
            raise InvalidArgument(message, "fitted")
    return _fit(names, of_clean, of_shifted, chosen, scale, confidence_level)


def _accuracies(clean: Any, shifted: Any) -> tuple[tuple[str | int, ...], Array, Array]:
    """Names of the models and their two accuracies, in the same order."""
    if isinstance(clean, Mapping) != isinstance(shifted, Mapping):
        raise InvalidArgument("one of clean and shifted is a mapping; both are needed, or neither", "shifted")
    if isinstance(clean, Mapping):
        names, shares = shares_of(clean, "clean")
        others, of_shifted = shares_of(shifted, "shifted")
        for one, those, argument in ((names, others, "shifted"), (others, names, "clean")):
            for index, name in enumerate(one):
                if name not in those:
                    raise InvalidData(f"{argument} has no model {name!r}", argument, index)
        order = [others.index(name) for name in names]
        return names, columns(shares)[0], columns([of_shifted[index] for index in order])[0]
    listed = [np.asarray(one, np.float64) for one in (clean, shifted)]
    if listed[0].ndim != 1 or listed[0].shape != listed[1].shape:
        message = f"shifted has the shape {listed[1].shape}, and clean {listed[0].shape}; allowed: [M] each"
        raise InvalidArgument(message, "shifted")
    return tuple(range(len(listed[0]))), listed[0], listed[1]


def _fit(
    names: tuple[str | int, ...], clean: Array, shifted: Array, fitted: Array, scale: str, confidence_level: float
) -> AccuracyLine:
    options = struct(
        "binet_accuracy_line_options",
        scale=choose("scale", scale, _SCALES),
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
    )
    room = ffi.new("binet_accuracy_line_model[]", len(names))
    result = struct("binet_accuracy_line_result")
    result.models, result.models_capacity = room, len(names)
    views = view(clean, "clean"), view(shifted, "shifted"), view(fitted.astype(np.uint8), "fitted")
    try:
        call(lib.binet_accuracy_line, context().pointer, *(one.pointer for one in views), options, result)
    except InvalidData as error:
        if error.index is not None and isinstance(names[error.index], str):
            error.message = f"model {names[error.index]!r}: {error.message}"
        raise
    made = records(room)
    found = {name: made[name].copy() for name in ("predicted", "low", "high", "prediction_low", "prediction_high")}
    found |= {"clean": clean.copy(), "shifted": shifted.copy(), "fitted": fitted.copy()}
    found["effective_robustness"] = made["effective_robustness"].copy()
    found |= {"effective_low": shifted - made["high"], "effective_high": shifted - made["low"]}
    for column in found.values():
        column.flags.writeable = False
    numbers = {name: getattr(result, name) for name in AccuracyLine.__dataclass_fields__ if hasattr(result, name)}
    numbers["models"] = LineModels(names, **found)
    return AccuracyLine(scale=scale, **numbers, confidence_level=confidence_level)
