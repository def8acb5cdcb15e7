"""Robustness to corruption: ImageNet-C and sets like it, per corruption and severity, mCE and relative mCE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ._extras import require
from ._html import table
from ._library import call, ffi, lib, struct, text
from ._named_columns import NamedColumns, records
from ._options import choose, nonzero
from ._shares import Share, is_path, share_of
from .arrays import Array, view, view_integers
from .errors import InvalidArgument, InvalidData, shown
from .predictions import Predictions
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Missing = Literal["error", "nan"]

CORRUPTIONS: tuple[str, ...] = tuple(text(lib.binet_corruption_name(index)) or "" for index in range(15))
"""The 15 corruptions of ImageNet-C (Hendrycks and Dietterich, ICLR 2019) in their order, as its folders are called."""

SEVERITIES = (1, 2, 3, 4, 5)

_BASELINES = {"alexnet": lib.BINET_BASELINE_ALEXNET, "alexnet_rounded": lib.BINET_BASELINE_ALEXNET_ROUNDED}
_MISSING = {"error": lib.BINET_MISSING_ERROR, "nan": lib.BINET_MISSING_NAN}


# ---- Results ---------------------------------------------------------------------------------------------------------


class CorruptionRow(NamedTuple):
    """One corruption of `Corruptions`; see there."""

    name: str | int
    accuracy: float
    low: float
    high: float
    corruption_error: float
    corruption_error_low: float
    corruption_error_high: float
    relative_corruption_error: float
    n_missing: int


@dataclass(frozen=True, eq=False, repr=False)
class Corruptions(NamedColumns[CorruptionRow]):
    """Corruptions over their severities, as columns [C]; what needs a missing severity is NaN.

    Attributes:
        name: of the corruption.
        accuracy: plain mean over severities, 0 .. 1.
        low, high: ends of its interval; NaN where a number of images is unknown.
        corruption_error: CE in percent, 100 for the baseline itself; NaN without a baseline.
        corruption_error_low, corruption_error_high: ends of its interval.
        relative_corruption_error: in percent, with the clean errors taken off; NaN where one of these is unknown.
        n_missing: severities that are missing.
    """

    ROW: ClassVar[Any] = CorruptionRow
    WHAT: ClassVar[str] = "corruptions"

    accuracy: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    corruption_error: npt.NDArray[np.float64]
    corruption_error_low: npt.NDArray[np.float64]
    corruption_error_high: npt.NDArray[np.float64]
    relative_corruption_error: npt.NDArray[np.float64]
    n_missing: npt.NDArray[np.int64]


class SeverityRow(NamedTuple):
    """One severity of `Severities`; see there."""

    name: str | int
    accuracy: float
    low: float
    high: float
    n_missing: int


@dataclass(frozen=True, eq=False, repr=False)
class Severities(NamedColumns[SeverityRow]):
    """Severities over the corruptions, as columns [S]; what needs a missing corruption is NaN.

    Attributes:
        name: the severity.
        accuracy: plain mean over corruptions, 0 .. 1.
        low, high: ends of its interval; NaN where a number of images is unknown.
        n_missing: corruptions that are missing.
    """

    ROW: ClassVar[Any] = SeverityRow
    WHAT: ClassVar[str] = "severities"

    accuracy: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    n_missing: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CorruptionRobustness:
    """Accuracies on a corrupted test set such as ImageNet-C (Hendrycks and Dietterich, ICLR 2019).

    The interval of a mean goes from the mean of the low ends to the mean of the high ends: the same images are in every
    cell, so that cells are not independent. It is wide rather than wrong.

    Attributes:
        accuracy: plain mean over all corruptions and severities, 0 .. 1; NaN where one is missing.
        low, high: ends of its interval; NaN where a number of images is unknown.
        mce: mean corruption error in percent, 100 for the baseline itself; NaN where one of them is.
        mce_low, mce_high: ends of its interval.
        relative_mce: mean relative corruption error in percent; NaN where clean accuracy is unknown.
        clean_accuracy: as given; NaN: unknown.
        corruptions: each over its severities.
        severities: each over the corruptions.
        cells: [C, S] float64, accuracy of each corruption at each severity; NaN where missing.
        cells_low, cells_high: [C, S] ends of their Wilson intervals.
        missing: corruption and severity of each cell that is missing.
        baseline: what CE is over: "alexnet", "alexnet_rounded", "own" or "none".
        confidence_level: of the intervals.
    """

    accuracy: float
    low: float
    high: float
    mce: float
    mce_low: float
    mce_high: float
    relative_mce: float
    clean_accuracy: float
    corruptions: Corruptions
    severities: Severities
    cells: npt.NDArray[np.float64]
    cells_low: npt.NDArray[np.float64]
    cells_high: npt.NDArray[np.float64]
    missing: tuple[tuple[str | int, str | int], ...]
    baseline: str
    confidence_level: float

    @property
    def error(self) -> float:
        """1 - accuracy."""
        return 1 - self.accuracy

    def plot(
        self, ax: Axes | None = None, *, kind: Literal["heat_map", "curves"] = "heat_map", label: str = ""
    ) -> Axes:
        """Draw accuracy by corruption and severity.

        Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw. None: a new figure.
            kind: "heat_map": corruptions on rows, severities on columns, a missing cell crossed out. "curves": the mean
                over corruptions by severity with its interval; models go into one figure one after the other.
            label: of a curve, for the legend.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for another kind.
        """
        require("plot", "matplotlib")
        from . import _corruption_figure

        drawn = choose("kind", kind, {"heat_map": 0, "curves": 1})
        return _corruption_figure.curve(self, ax, label) if drawn else _corruption_figure.heat_map(self, ax)

    def __float__(self) -> float:
        return self.accuracy

    def __str__(self) -> str:
        if self.missing:
            first = ", ".join(f"{corruption} {severity}" for corruption, severity in self.missing[:3])
            return f"{len(self.missing)} of {self.cells.size} cells are missing: {first}" + (
                ", ..." if len(self.missing) > 3 else ""
            )
        line = f"accuracy {self.accuracy:.4f} over {self.cells.shape[0]} corruptions x {self.cells.shape[1]} severities"
        line += f", mCE {self.mce:.2f} %" if self.mce == self.mce else ""
        return line + (f", relative mCE {self.relative_mce:.2f} %" if self.relative_mce == self.relative_mce else "")

    def __repr__(self) -> str:
        return f"<binet.CorruptionRobustness: {self}>"

    def _repr_html_(self) -> str:
        columns = ("corruption", *map(str, self.severities.name), "mean", "CE, %", "relative CE, %")
        rows: list[list[Any]] = [
            [one.name, *self.cells[index].tolist(), one.accuracy, one.corruption_error, one.relative_corruption_error]
            for index, one in enumerate(self.corruptions)
        ]
        rows.append(["mean", *self.severities.accuracy.tolist(), self.accuracy, self.mce, self.relative_mce])
        return table(f"Accuracy by corruption and severity, baseline {self.baseline}", columns, rows)


# ---- The measure -----------------------------------------------------------------------------------------------------


def corruption_robustness(
    results: Any,
    *,
    clean: Any = None,
    baseline: Literal["alexnet", "alexnet_rounded", "none"] | Mapping[str, float] = "alexnet",
    baseline_clean_error: float | None = None,
    missing: Missing = "error",
    confidence_level: float = 0.95,
) -> CorruptionRobustness:
    """Accuracy, CE, mCE and relative mCE on ImageNet-C (Hendrycks and Dietterich, ICLR 2019) or a set like it.

    CE of a corruption is the sum over severities of the model's errors over that of the baseline's, in percent; the
    relative one takes the clean error of each off first. AlexNet's own errors give exactly 100. The plain mean of the
    accuracies is what Vishniakov et al. (ICML 2024) report. The same bits everywhere.

    Args:
        results: what there is of each corruption at each severity: a mapping from (corruption, severity) to an accuracy
            0 .. 1, a `binet.Accuracy` or `Predictions`; the path of a folder with `corruption/severity.csv` or
            `corruption/severity/predictions.csv`; or an array [15, 5] of accuracies, NaN where missing.
        clean: accuracy on the uncorrupted images, likewise. None: unknown, no relative mCE.
        baseline: whose errors CE is over: AlexNet's in six digits ("alexnet") or as the paper rounds them; "none"; or
            the mean error of each corruption, by name. With AlexNet all 15 corruptions at all 5 severities are needed.
        baseline_clean_error: with errors of one's own, the clean error of the same model; None: unknown.
        missing: "error" where a corruption or a severity is missing; or "nan", which leaves NaN whatever needs it and
            lists it in `missing`. Nothing is averaged over what is left.
        confidence_level: of the intervals, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT`; `INVALID_DATA` for a missing cell, an accuracy outside 0 .. 1, or a corruption
            that the baseline has not.
    """
    own = isinstance(baseline, Mapping)
    named = "own" if own else str(baseline)
    if not own and baseline != "none":
        choose("baseline", named, {**_BASELINES, "none": lib.BINET_BASELINE_NONE})
    corruptions, severities, shares = _table_of(results, tuple(baseline) if own else CORRUPTIONS, named)
    options = struct(
        "binet_corruption_options",
        missing=choose("missing", missing, _MISSING),
        baseline=_BASELINES.get(named, 0 if own else lib.BINET_BASELINE_NONE),
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
    )
    if isinstance(baseline, Mapping):
        errors_of_baseline = ffi.new("double[]", [float(baseline[str(name)]) for name in corruptions])
        options.baseline_errors, options.n_baseline_errors = errors_of_baseline, len(corruptions)
        options.baseline_clean_error = baseline_clean_error or 0
    elif baseline_clean_error is not None:
        message = "baseline_clean_error is given, and so is a baseline by name, which has its own"
        raise InvalidArgument(message, "baseline_clean_error")
    accuracies = np.array([[one.value for one in row] for row in shares])
    counts = np.array([[one.n for one in row] for row in shares], np.int64)
    clean_accuracy = share_of(clean, "clean").value if clean is not None else float("nan")
    inputs = view(1 - accuracies, "results"), view_integers(counts, "results")
    return _measure(inputs, (corruptions, severities), accuracies, clean_accuracy, options, named)


def _measure(
    inputs: Any, names: tuple[Any, Any], accuracies: Array, clean_accuracy: float, options: Any, baseline: str
) -> CorruptionRobustness:
    corruptions, severities = names
    n_corruptions, n_severities = accuracies.shape
    rooms = {
        "corruptions": ffi.new("binet_corruption_mean[]", n_corruptions),
        "severities": ffi.new("binet_corruption_mean[]", n_severities),
        "cells": ffi.new("binet_corruption_cell[]", accuracies.size),
    }
    result = struct("binet_corruption_result")
    for name, room in rooms.items():
        setattr(result, name, room)
        setattr(result, f"{name}_capacity", len(room))
    errors, counts = (one.pointer for one in inputs)
    c_names = {"errors": "results", "counts": "results", "clean_error": "clean", "baseline_errors": "baseline"}
    shared = context().pointer
    call(lib.binet_corruption_robustness, shared, errors, counts, 1 - clean_accuracy, options, result, names=c_names)
    cells = records(rooms["cells"])
    gone = np.argwhere(np.isnan(accuracies))
    return CorruptionRobustness(
        accuracy=1 - result.error,
        low=1 - result.high,
        high=1 - result.low,
        mce=result.mce,
        mce_low=result.mce_low,
        mce_high=result.mce_high,
        relative_mce=result.relative_mce,
        clean_accuracy=clean_accuracy,
        corruptions=_columns(Corruptions, rooms["corruptions"], corruptions),
        severities=_columns(Severities, rooms["severities"], severities),
        cells=_frozen(accuracies),
        cells_low=_frozen(1 - cells["high"].reshape(accuracies.shape)),
        cells_high=_frozen(1 - cells["low"].reshape(accuracies.shape)),
        missing=tuple((corruptions[c], severities[s]) for c, s in gone),
        baseline=baseline,
        confidence_level=options.confidence_level,
    )


def _columns(kind: Any, room: Any, names: tuple[str | int, ...]) -> Any:
    """Errors of C as accuracies."""
    found = records(room)
    turned = {"accuracy": 1 - found["error"], "low": 1 - found["high"], "high": 1 - found["low"]}
    rest = {name: found[name].copy() for name in kind.ROW._fields[1:] if name not in turned}
    return kind(tuple(names), **{name: _frozen(column) for name, column in (turned | rest).items()})


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array


# ---- What there is ---------------------------------------------------------------------------------------------------


def _table_of(
    results: Any, known: tuple[str, ...], baseline: str
) -> tuple[tuple[str | int, ...], tuple[int, ...], list[list[Share]]]:
    """Names of corruptions, severities, and what there is of each; NaN where there is nothing."""
    if not is_path(results) and not isinstance(results, Mapping):
        return _of_array(results)
    given = read_folder(results) if is_path(results) else results
    pairs = [_pair(key) for key in given]
    in_use = tuple(dict.fromkeys(corruption for corruption, _ in pairs))
    if not pairs:
        raise InvalidArgument("results is empty; allowed: accuracies by corruption and severity", "results")
    severities = SEVERITIES if baseline in _BASELINES else tuple(sorted({severity for _, severity in pairs}))
    if baseline == "none":
        known = tuple(name for name in CORRUPTIONS if name in in_use) if set(in_use) <= set(CORRUPTIONS) else in_use
    for corruption, severity in pairs:
        if corruption not in known or severity not in severities:
            message = f"results has {corruption} at severity {severity}, which the baseline has not; it has "
            message += f"{', '.join(known)} at {', '.join(map(str, severities))}"
            raise InvalidData(message, "results")
    found = {pair: share_of(value, f"results[{pair}]") for pair, value in zip(pairs, given.values(), strict=True)}
    nothing = Share(float("nan"), 0)
    return known, severities, [[found.get((name, severity), nothing) for severity in severities] for name in known]


def _of_array(results: Any) -> tuple[tuple[str | int, ...], tuple[int, ...], list[list[Share]]]:
    array = np.asarray(results, np.float64)
    if array.ndim != 2 or array.size == 0:
        raise InvalidArgument(f"results has the shape {array.shape}; allowed: [corruptions, severities]", "results")
    names: tuple[str | int, ...] = CORRUPTIONS if len(array) == len(CORRUPTIONS) else tuple(range(len(array)))
    severities = tuple(range(1, array.shape[1] + 1))
    nothing = Share(float("nan"), 0)
    shares = [
        [nothing if np.isnan(value) else share_of(value, f"results[{name}, {severity}]") for severity, value in row]
        for name, row in (
            (name, zip(severities, values, strict=True)) for name, values in zip(names, array, strict=True)
        )
    ]
    return names, severities, shares


def _pair(key: Any) -> tuple[str, int]:
    """A corruption and a severity."""
    if isinstance(key, tuple) and len(key) == 2:
        corruption, severity = key
        if isinstance(corruption, str) and isinstance(severity, (int, np.integer)):
            return corruption, int(severity)
    raise InvalidArgument(f"results has the key {shown(key)}; allowed: (corruption, severity)", "results")


def read_folder(path: Any) -> dict[tuple[str, int], Predictions]:
    """Predictions in `corruption/severity.csv` or `corruption/severity/predictions.csv`, by corruption and severity.

    Raises:
        binet.Error: `INVALID_DATA` for a folder without any, and for what `Predictions.from_csv` refuses.
    """
    root = Path(path)
    found: dict[tuple[str, int], Predictions] = {}
    for corruption in sorted(one for one in root.iterdir() if one.is_dir()):
        for entry in sorted(corruption.iterdir()):
            csv = entry / "predictions.csv" if entry.is_dir() else entry
            if entry.stem.isdecimal() and csv.suffix == ".csv" and csv.is_file():
                found[corruption.name, int(entry.stem)] = Predictions.from_csv(csv)
    if not found:
        raise InvalidData(f"{root}: no predictions in corruption/severity.csv or corruption/severity/predictions.csv")
    return found


def baseline_errors(baseline: Literal["alexnet", "alexnet_rounded"] = "alexnet") -> tuple[dict[str, float], float]:
    """AlexNet's mean error on each corruption of ImageNet-C, by name, and on ImageNet itself."""
    errors, clean = ffi.new("double[15]"), ffi.new("double *")
    call(lib.binet_corruption_baseline, choose("baseline", baseline, _BASELINES), errors, clean)
    return dict(zip(CORRUPTIONS, errors, strict=True)), float(clean[0])
