"""Robustness on shifted sets: accuracies over the clean one and their means, and the study's mean of seven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._named_columns import NamedColumns
from ._options import nonzero
from ._shares import columns, share_of, shares_of
from .arrays import Array, view, view_integers
from .errors import InvalidArgument, InvalidData, shown
from .threads import context

STUDY_SETS = (
    "imagenet-v2",
    "imagenet-a",
    "imagenet-c",
    "imagenet-r",
    "imagenet-sketch",
    "imagenet-hard",
    "imagenet-real",
)
"""The seven sets over whose accuracies Vishniakov et al. (ICML 2024) take the mean; names of `binet.PRESETS`."""


# ---- Relative accuracy -----------------------------------------------------------------------------------------------


class ShiftedSet(NamedTuple):
    """One set of `ShiftedSets`; see there."""

    name: str | int
    accuracy: float
    low: float
    high: float
    drop: float
    relative: float
    relative_low: float
    relative_high: float


@dataclass(frozen=True, eq=False, repr=False)
class ShiftedSets(NamedColumns[ShiftedSet]):
    """Shifted sets as columns [M].

    Attributes:
        name: of the set.
        accuracy: on it, 0 .. 1.
        low, high: ends of its Wilson interval; NaN where the number of images is unknown.
        drop: clean accuracy less this one, -1 .. 1.
        relative: this accuracy over the clean one, 0 and more.
        relative_low, relative_high: ends of its interval (Donner and Zou, 2012); NaN where a number is unknown.
    """

    ROW: ClassVar[Any] = ShiftedSet
    WHAT: ClassVar[str] = "shifted sets"

    accuracy: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    drop: npt.NDArray[np.float64]
    relative: npt.NDArray[np.float64]
    relative_low: npt.NDArray[np.float64]
    relative_high: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RelativeAccuracy:
    """Accuracies on shifted sets over the clean one, and their means.

    The interval of a mean goes from the mean of the low ends to the mean of the high ends: sets may share images. It is
    wide rather than wrong.

    Attributes:
        geometric: geometric mean of the relative accuracies: QUBA's OOD robustness (Hesse et al., TMLR 2026).
        geometric_low, geometric_high: ends of its interval; NaN where a number of images is unknown.
        relative: plain mean of the relative accuracies: over corruptions, QUBA's robustness to corruption.
        relative_low, relative_high: ends of its interval.
        accuracy: plain mean of the accuracies, 0 .. 1.
        low, high: ends of its interval.
        drop: plain mean of clean accuracy less the shifted one.
        sets: each of them.
        confidence_level: of the intervals.
    """

    geometric: float
    geometric_low: float
    geometric_high: float
    relative: float
    relative_low: float
    relative_high: float
    accuracy: float
    low: float
    high: float
    drop: float
    sets: ShiftedSets
    confidence_level: float

    def __str__(self) -> str:
        return (
            f"relative accuracy {self.geometric:.4f} (geometric mean), {self.relative:.4f} (mean) over "
            f"{len(self.sets)} sets, accuracy {self.accuracy:.4f}, drop {self.drop:.4f}"
        )

    def __repr__(self) -> str:
        return f"<binet.RelativeAccuracy: {self}>"

    def _repr_html_(self) -> str:
        head = ("set", "accuracy", "low", "high", "drop", "relative", "low", "high")
        mean = ("mean", self.accuracy, self.low, self.high, self.drop)
        rows: list[Any] = [*self.sets, (*mean, self.relative, self.relative_low, self.relative_high)]
        empty = (None,) * (len(mean) - 1)
        rows.append(("geometric mean", *empty, self.geometric, self.geometric_low, self.geometric_high))
        return table("Relative accuracy", head, rows)


def relative_accuracy(shifted: Mapping[str, Any], clean: Any, *, confidence_level: float = 0.95) -> RelativeAccuracy:
    """Accuracies on shifted sets over the clean one, and their means.

    In QUBA (Hesse et al., TMLR 2026) OOD robustness is `geometric` over shifted sets, robustness to corruption
    `relative` over corruptions, and adversarial robustness the same of accuracies under attack, which is the caller's.
    The same bits everywhere but for the geometric means.

    Args:
        shifted: by name of the set, an accuracy 0 .. 1, what `binet.accuracy` or `binet.multilabel_accuracy` returned,
            or Predictions with labels.
        clean: the accuracy that each is divided by, likewise, more than 0; or a mapping with one for each set.
        confidence_level: of the intervals, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT`; `INVALID_DATA`, with the place of the set, for an accuracy outside 0 .. 1, a
            clean accuracy of 0, and a set that clean has not.
    """
    names, shares = shares_of(shifted, "shifted")
    if isinstance(clean, Mapping):
        for index, name in enumerate(names):
            if name not in clean:
                raise InvalidData(f"clean has no {name!r}, which shifted has", "clean", index)
        of_clean = [share_of(clean[name], f"clean[{name!r}]") for name in names]
    else:
        of_clean = [share_of(clean, "clean")] * len(names)
    return _relative(names, columns(shares), columns(of_clean), confidence_level)


def _relative(
    names: tuple[str, ...], shifted: tuple[Array, Array], clean: tuple[Array, Array], confidence_level: float
) -> RelativeAccuracy:
    views = [
        view(shifted[0], "shifted"),
        view_integers(shifted[1], "shifted"),
        view(clean[0], "clean"),
        view_integers(clean[1], "clean"),
    ]
    options = struct(
        "binet_relative_accuracy_options",
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
    )
    room = ffi.new("binet_relative_accuracy_set[]", len(names))
    result = struct("binet_relative_accuracy_result")
    result.sets, result.sets_capacity = room, len(names)
    call(lib.binet_relative_accuracy, context().pointer, *(one.pointer for one in views), options, result)
    means = {name: getattr(result, name) for name in RelativeAccuracy.__dataclass_fields__ if hasattr(result, name)}
    means["sets"] = ShiftedSets.of(room, names)
    return RelativeAccuracy(**means, confidence_level=confidence_level)


# ---- The study's mean ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class StudyRobustness:
    """The plain mean of seven accuracies that Vishniakov et al. (ICML 2024) report as robustness.

    Attributes:
        value: the mean, 0 .. 1.
        low, high: from the mean of the low ends to that of the high ends; NaN where a number of images is unknown.
        accuracies: of each set, by name.
        confidence_level: of the interval.
    """

    value: float
    low: float
    high: float
    accuracies: Mapping[str, float]
    confidence_level: float

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return f"robustness {self.value:.4f}, mean of {', '.join(self.accuracies)}"

    def _repr_html_(self) -> str:
        row = [*self.accuracies.values(), self.value]
        return table("Robustness, mean of seven accuracies", (*self.accuracies, "mean"), [row])


def study_robustness(accuracies: Mapping[str, Any], *, confidence_level: float = 0.95) -> StudyRobustness:
    """Robustness as Vishniakov et al. (ICML 2024) report it: the plain mean of the accuracies on seven sets.

    These are ImageNet-V2, A, C, R, Sketch, Hard and ReaL. That of ImageNet-C is the plain mean over 15 corruptions at 5
    severities, not mCE. Reproducible.

    Args:
        accuracies: by the names of `STUDY_SETS`, each as in `relative_accuracy`; of "imagenet-c" also what
            `binet.corruption_robustness` returned. Others are refused, none may be missing.
        confidence_level: of the interval, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a set that is not of the seven; `INVALID_DATA` for one that is missing, and
            for an accuracy outside 0 .. 1.
    """
    if not isinstance(accuracies, Mapping):
        raise InvalidArgument(f"accuracies is {shown(accuracies)}; allowed: a mapping from names", "accuracies")
    for name in accuracies:
        if name not in STUDY_SETS:
            raise InvalidArgument(f"accuracies has {name!r}; allowed: {', '.join(STUDY_SETS)}", "accuracies")
    gone = [name for name in STUDY_SETS if name not in accuracies]
    if gone:
        raise InvalidData(f"accuracies lacks {', '.join(gone)}; the mean is of all seven", "accuracies")
    given = {name: accuracies[name] for name in STUDY_SETS}
    names, shares = shares_of(given, "accuracies")
    ones = np.ones(len(names)), np.zeros(len(names), np.int64)
    found = _relative(names, columns(shares), ones, confidence_level)
    values = dict(zip(names, found.sets.accuracy.tolist(), strict=True))
    return StudyRobustness(found.accuracy, found.low, found.high, values, confidence_level)
