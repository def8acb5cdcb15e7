"""Mistakes: error ratios by factor."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from ._extras import require
from ._html import table
from ._library import call, ffi, lib, struct
from ._named_columns import NamedColumns
from ._names import FILE_NAME, columns_of, find
from ._options import nonzero
from .arrays import Array, integers, view
from .errors import InvalidArgument, InvalidData
from .factors import FactorTable
from .multilabel import MultilabelAccuracy
from .predictions import Predictions, pointer_of
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFT_OUT = int(lib.BINET_LEFT_OUT)
"""What `correct` says of a row that counts nowhere; 0 is wrong, 1 is right."""


# ---- Error ratios ----------------------------------------------------------------------------------------------------


class ErrorRatioFactor(NamedTuple):
    """One factor of `ErrorRatioFactors`; see there."""

    name: str | int
    n: int
    n_correct: int
    accuracy: float
    low: float
    high: float
    ratio: float


@dataclass(frozen=True, eq=False, repr=False)
class ErrorRatioFactors(NamedColumns[ErrorRatioFactor]):
    """The factors of an error ratio, as columns [F].

    Attributes:
        name: of the factor.
        n: rows with the factor.
        n_correct: of these, rows that are right.
        accuracy: n_correct / n, 0 .. 1; NaN where n is 0.
        low, high: ends of its Wilson interval; NaN where n is 0.
        ratio: (1 - accuracy) / (1 - accuracy of all), 0 and more; NaN where n is 0 or where no row at all is wrong.
    """

    ROW: ClassVar[Any] = ErrorRatioFactor
    WHAT: ClassVar[str] = "factors"

    n: npt.NDArray[np.int64]
    n_correct: npt.NDArray[np.int64]
    accuracy: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    ratio: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ErrorRatio:
    """Error ratios by factor (Idrissi et al., 2022): how much more often a model errs on images with the factor.

    Attributes:
        mean: plain mean of the ratios that exist; NaN where there is none.
        ratios: (1 - accuracy with the factor) / (1 - accuracy) by name; NaN for a factor without rows, and for all
            where every row is right.
        worst: name of the largest ratio, the first of equals; None where there is none.
        accuracy: of all n rows, 0 .. 1.
        low, high: ends of its Wilson interval.
        n: rows that count: in factors and not left out, whether they have a factor or not.
        n_correct: of these, rows that are right.
        n_left_out: rows in factors that were left out, by name or by `correct`.
        n_unmatched: rows of predictions that factors does not know; they do not count.
        n_unused: images of factors that predictions has no row for.
        factors: counts, accuracy with its interval and ratio of each factor.
        confidence_level: of the intervals.
    """

    mean: float
    worst: str | int | None
    accuracy: float
    low: float
    high: float
    n: int
    n_correct: int
    n_left_out: int
    n_unmatched: int
    n_unused: int
    factors: ErrorRatioFactors
    confidence_level: float

    @property
    def ratios(self) -> Mapping[str | int, float]:
        """The ratio of each factor by name."""
        return MappingProxyType(dict(zip(self.factors.name, self.factors.ratio.tolist(), strict=True)))

    @property
    def without_rows(self) -> tuple[str | int, ...]:
        """Names of the factors that have no rows, and so no ratio and no part in the mean."""
        return tuple(factor.name for factor in self.factors if factor.n == 0)

    def plot(self, ax: Axes | None = None, label: str = "") -> Axes:
        """Draw a bar for each factor; models side by side go into one figure one after the other.

        The line at 1 is the model's error on all images::

            ax = resnet.plot(label="ResNet-50")
            vit.plot(ax, label="ViT")

        Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw: empty, or with models of the same factors. None: a new figure.
            label: for the legend, which adds the mean.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for an ax with models of other factors.
        """
        require("plot", "matplotlib")
        from ._factor_figure import draw

        values = self.factors.ratio
        return draw(ax, self.factors.name, values, f"{label}  mean {self.mean:.3f}".strip(), "error ratio", 1.0)

    def __float__(self) -> float:
        return self.mean

    def __str__(self) -> str:
        lacking = f", no rows: {', '.join(map(str, self.without_rows))}" if self.without_rows else ""
        return (
            f"mean error ratio {self.mean:.4f} over {int(np.isfinite(self.factors.ratio).sum())} factors (worst "
            f"{self.worst}, accuracy {self.accuracy:.4f} of {self.n:,} samples{lacking})"
        )

    def __repr__(self) -> str:
        return (
            f"ErrorRatio(mean={self.mean:.6g}, worst={self.worst!r}, accuracy={self.accuracy:.6g}, n={self.n}, "
            f"n_left_out={self.n_left_out}, n_unmatched={self.n_unmatched}, n_unused={self.n_unused}, "
            f"{len(self.factors)} factors)"
        )

    def _repr_html_(self) -> str:
        caption = f"Mean error ratio {self.mean:.4f}; accuracy {self.accuracy:.4f} of {self.n:,} samples"
        columns = ("factor", "samples", "right", "accuracy", "low", "high", "error ratio")
        return table(caption, columns, self.factors)


def error_ratio(
    predictions: Predictions,
    factors: Any,
    *,
    leave_out: Any = None,
    correct: Any = None,
    names: Sequence[str] | None = None,
    confidence_level: float = 0.95,
) -> ErrorRatio:
    """Error ratios of ImageNet-X (Idrissi et al., 2022), with their plain mean.

    ratio = (1 - accuracy of the rows with the factor) / (1 - accuracy), both over the rows that factors knows and
    leave_out does not. Rows meet by file name, never by position: the whole name first, then the part after the last
    "/". Counts are exact; the rest has the same bits everywhere. The published numbers come from::

        binet.error_ratio(predictions, "imagenet_x_top_factor.csv", leave_out="imagenet_x_prototypes.csv")

    ImageNet-X's other variants say what is right: `correct=binet.multilabel_accuracy(...)` leaves images without a ReaL
    label out (its code counts them as wrong, which `correct=real.correct == 1` does), `correct=binet.metaclass_correct(
    predictions, metaclasses)` takes a class of the same metaclass as right.

    Args:
        predictions: N rows with file names, and with labels unless `correct` is given.
        factors: what `binet.FactorTable.read` takes: a table with the columns `file_name` and `factor`, or `file_name`
            and a column of 0 and 1 for each factor; a DataFrame, a dict of columns, the path of a CSV, a list of pairs.
        leave_out: file names to leave out, such as the prototypes: a list, or a table with the column `file_name`.
        correct: [N] whether each row is right: booleans, or 0, 1 and 2 (left out); or a `MultilabelAccuracy`. None: the
            predicted class is the label.
        names: the factors that count, in their order. None: all there are.
        confidence_level: of the intervals, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a table or array of another form or length; `INVALID_DATA`, with the row,
            for an entry that is not allowed, a row without a label, names that fit several rows, and tables that share
            no file name.
    """
    known = FactorTable.read(factors, names)
    rows = find(predictions, known.file_names, "factors")
    matched = rows >= 0
    if not matched.any():
        message = f"none of the {len(known):,} file names of factors is in predictions: {known.file_names[0]!r}, ..."
        raise InvalidData(message, "factors")
    states = np.full(len(predictions), LEFT_OUT, np.uint8)
    states[rows[matched]] = _states(predictions, correct, rows[matched])[rows[matched]]
    if leave_out is not None:
        states[_rows_to_leave_out(predictions, leave_out)] = LEFT_OUT
    members = np.full(
        (len(predictions), *known.members.shape[1:]), 0 if known.members.ndim == 2 else -1, known.members.dtype
    )
    members[rows[matched]] = known.members[matched]
    options = struct(
        "binet_error_ratio_options",
        n_factors=len(known.names),
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
    )
    room = ffi.new("binet_error_ratio_factor[]", len(known.names))
    result = struct("binet_error_ratio_result", factors=room, factors_capacity=len(room))
    arrays = (view(states, "correct"), view(members, "factors"))
    call(lib.binet_error_ratio, context().pointer, *(one.pointer for one in arrays), options, result)
    n_matched = int(matched.sum())
    return ErrorRatio(
        mean=result.mean,
        worst=known.names[result.worst] if result.worst >= 0 else None,
        accuracy=result.accuracy,
        low=result.low,
        high=result.high,
        n=result.n,
        n_correct=result.n_correct,
        n_left_out=n_matched - result.n,
        n_unmatched=len(predictions) - n_matched,
        n_unused=len(known) - n_matched,
        factors=ErrorRatioFactors.of(room, known.names),
        confidence_level=confidence_level,
    )


def metaclass_correct(predictions: Predictions, metaclasses: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Whether the predicted class is of the metaclass of the label, as ImageNet-X's variant of the same name counts.

    Args:
        predictions: N rows; a row without a label is left out.
        metaclasses: [C] the metaclass of each class, such as `binet.read_metaclasses` reads.

    Returns:
        [N] 0 wrong, 1 right, 2 left out.

    Raises:
        binet.Error: `INVALID_DATA`, with the row, for a class that metaclasses does not reach.
    """
    groups = np.unique(np.asarray(metaclasses), return_inverse=True)[1]
    largest = np.maximum(predictions.predicted_class, predictions.label)
    beyond = np.flatnonzero(largest >= groups.size)
    if beyond.size:
        row = int(beyond[0])
        raise InvalidData(f"row {row} has the class {largest[row]}; metaclasses has {groups.size}", "predictions", row)
    same = groups[predictions.predicted_class] == groups[predictions.label]
    return np.where(predictions.label < 0, LEFT_OUT, same).astype(np.uint8)


def _states(predictions: Predictions, correct: Any, rows: Array) -> Array:
    """[N] 0, 1 or 2; the rows given need a label where nothing else says whether they are right."""
    if correct is None:
        unlabelled = rows[predictions.label[rows] < 0]
        if unlabelled.size:
            row = int(unlabelled.min())
            raise InvalidData(f"row {row} of predictions has no label; give labels, or `correct`", "predictions", row)
        states = np.empty(len(predictions), np.uint8)
        pointer = ffi.cast("unsigned char *", states.ctypes.data)
        call(lib.binet_correct, context().pointer, pointer_of(predictions), pointer)
        return states
    array = integers(correct.correct if isinstance(correct, MultilabelAccuracy) else correct, "correct")
    if array.shape != (len(predictions),):
        raise InvalidArgument(f"correct has shape {array.shape}; it must have ({len(predictions)},)", "correct")
    wrong = np.flatnonzero((array < 0) | (array > LEFT_OUT))
    if wrong.size:
        row = int(wrong[0])
        raise InvalidData(
            f"correct[{row}] is {array[row]}; allowed: 0 (wrong), 1 (right), 2 (left out)", "correct", row
        )
    return array.astype(np.uint8)


def _rows_to_leave_out(predictions: Predictions, leave_out: Any) -> Array:
    is_list = isinstance(leave_out, Iterable) and not isinstance(leave_out, (str, os.PathLike, Mapping))
    listed = (
        list(leave_out)
        if is_list and not hasattr(leave_out, "columns")
        else columns_of(leave_out, "leave_out")[FILE_NAME]
    )
    rows = find(predictions, listed, "leave_out")
    if listed and not (rows >= 0).any():
        raise InvalidData(f"none of the {len(listed):,} file names of leave_out is in predictions", "leave_out")
    return rows[rows >= 0]
