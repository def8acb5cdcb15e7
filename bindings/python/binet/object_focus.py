"""Object focus: accuracy among groups of classes, and how little the background matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._files import read_json
from ._html import table
from ._library import call, ffi, lib, struct
from ._options import nonzero
from ._shares import is_path, share_of
from .arrays import Array, view
from .errors import InvalidArgument, InvalidData, shown
from .predictions import Predictions, pointer_of
from .threads import context

# ---- Accuracy among groups -------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class MappedAccuracy:
    """Accuracy of predictions among many classes on images of a few groups of them, with its Wilson interval.

    Attributes:
        value: n_correct / n, 0 .. 1.
        low, high: ends of the interval.
        n: rows.
        n_correct: rows whose predicted class is one of the label's group.
        n_outside: rows whose predicted class is in no group; they are wrong.
        correct: [N] uint8, 1 where a row is right.
        confidence_level: of the interval.
    """

    value: float
    low: float
    high: float
    n: int
    n_correct: int
    n_outside: int
    correct: npt.NDArray[np.uint8]
    confidence_level: float

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return (
            f"accuracy among groups {self.value:.4f} ({self.confidence_level * 100:g} % interval {self.low:.4f} .. "
            f"{self.high:.4f}, {self.n:,} samples, {self.n_outside:,} answered with a class of no group)"
        )

    def __repr__(self) -> str:
        return f"<binet.MappedAccuracy: {self}>"

    def _repr_html_(self) -> str:
        head = ("accuracy among groups", "low", "high", "right", "in no group", "samples")
        counts = (f"{count:,}" for count in (self.n_correct, self.n_outside, self.n))
        caption = f"Accuracy, {self.confidence_level * 100:g} % interval (Wilson)"
        return table(caption, head, [[self.value, self.low, self.high, *counts]])


def mapped_accuracy(
    predictions: Predictions, groups: Any, labels: Any = None, *, confidence_level: float = 0.95
) -> MappedAccuracy:
    """Accuracy among groups of classes: the class of the largest score first, then its group.

    So ImageNet-9 (Xiao et al., ICLR 2021) is answered by models of 1,000 classes. A predicted class in no group is
    wrong. Counts are exact; the interval has the same bits everywhere.

    Args:
        predictions: N rows among all classes.
        groups: classes by the name of their group, in the order of the groups, as `binet.ClassGroups`; a mapping from
            each class to the index of its group, -1 for none; or the path of a JSON file with one of these.
        labels: [N] index of each row's group. None: the labels of predictions, which then are groups.
        confidence_level: of the interval, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for groups of another form; `INVALID_DATA`, with the row or the class, for a
            class that is there twice or is none, a label that no class has, and a predicted class beyond the last.
    """
    labelled = predictions if labels is None else predictions.with_labels(labels)
    offsets, classes = _groups(groups, predictions.n_classes)
    correct = np.empty(len(predictions), np.uint8)
    options = struct(
        "binet_synthetic_options",
        convention=lib.BINET_SYNTHETIC_FIXED,
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
    )
    result = struct("binet_synthetic_result", correct_capacity=correct.size)
    result.correct = ffi.cast("unsigned char *", correct.ctypes.data)
    of_groups = view(offsets, "groups"), view(classes, "groups")
    pointers = (pointer_of(labelled), *(one.pointer for one in of_groups))
    names = {"classes": "groups", "offsets": "groups"}
    call(lib.binet_synthetic_accuracy, context().pointer, *pointers, ffi.NULL, options, result, names=names)
    correct.flags.writeable = False
    values = {name: getattr(result, name) for name in ("low", "high", "n", "n_correct", "n_outside")}
    return MappedAccuracy(result.accuracy, **values, correct=correct, confidence_level=confidence_level)


def _groups(groups: Any, n_classes: int) -> tuple[Array, Array]:
    """Offsets and classes as C takes them, of a map in which a class is once at most."""
    listed: dict[int, list[int]] = {}
    seen: set[int] = set()
    for index, group in _pairs(groups):
        if index < 0 or 0 < n_classes <= index:
            allowed = f"0 .. {n_classes - 1}" if n_classes else "0 and more"
            raise InvalidData(f"groups has the class {index}; allowed: {allowed}", "groups")
        if index in seen:
            raise InvalidData(f"groups has the class {index} twice", "groups", index)
        if group < -1:
            raise InvalidData(f"groups has {group} for the class {index}; allowed: 0 and more, or -1", "groups", index)
        seen.add(index)
        listed.setdefault(group, []).append(index)
    listed.pop(-1, None)
    room = max(listed, default=-1) + 1
    for group in range(room):
        if group not in listed:
            raise InvalidData(f"groups has no class for the group {group} of {room}", "groups", group)
    parts = [listed[group] for group in range(room)]
    return np.cumsum([0, *map(len, parts)], dtype=np.int64), np.array([k for part in parts for k in part], np.int64)


def _pairs(groups: Any) -> list[tuple[int, int]]:
    """Every class of a map, with its group."""
    if is_path(groups):
        groups = read_json(groups, "groups")
    if isinstance(groups, Mapping) and isinstance(groups.get("categories"), Mapping):
        groups = groups["categories"]
    if not isinstance(groups, Mapping) or not groups:
        what = "empty" if isinstance(groups, Mapping) else shown(groups)
        message = f"groups is {what}; allowed: classes by name of their group, or a group for each class"
        raise InvalidArgument(message, "groups")
    try:
        if all(isinstance(value, (int, np.integer)) for value in groups.values()):
            return [(int(index), int(group)) for index, group in groups.items()]
        return [(int(index), group) for group, listed in enumerate(groups.values()) for index in listed]
    except (TypeError, ValueError) as error:
        message = "groups maps to something else than lists of classes, or than one group for each class"
        raise InvalidArgument(message, "groups") from error


# ---- Object focus ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ObjectFocus:
    """How little the background matters (Hesse et al., TMLR 2026), on ImageNet-9 (Xiao et al., ICLR 2021).

    Attributes:
        value: 1 - gap / clean; 1 where the background does not matter.
        low, high: ends of its interval; NaN where a number of images is unknown.
        gap: accuracy on mixed-same less that on mixed-rand, -1 .. 1.
        mixed_same, mixed_rand, clean: the accuracies.
        confidence_level: of the interval.
    """

    value: float
    low: float
    high: float
    gap: float
    mixed_same: float
    mixed_rand: float
    clean: float
    confidence_level: float

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return (
            f"object focus {self.value:.4f} (mixed-same {self.mixed_same:.4f}, mixed-rand {self.mixed_rand:.4f}, "
            f"clean {self.clean:.4f})"
        )

    def _repr_html_(self) -> str:
        names = ("value", "low", "high", "gap", "mixed_same", "mixed_rand", "clean")
        head = ("object focus", "low", "high", "gap", "mixed-same", "mixed-rand", "clean")
        return table("Object focus", head, [[getattr(self, name) for name in names]])


def object_focus(
    mixed_same: Any, mixed_rand: Any, clean: Any, groups: Any = None, *, confidence_level: float = 0.95
) -> ObjectFocus:
    """How little the background matters: 1 - (accuracy on mixed-same - accuracy on mixed-rand) / clean accuracy.

    In ImageNet-9 (Xiao et al., ICLR 2021) objects are put before the background of another image of the same class
    (mixed-same) or of any class (mixed-rand); the measure is QUBA's (Hesse et al., TMLR 2026). Reproducible.

    Args:
        mixed_same: an accuracy 0 .. 1, what `binet.mapped_accuracy` or `binet.accuracy` returned, or Predictions.
        mixed_rand: likewise.
        clean: likewise, more than 0; Predictions are taken as they are, without groups.
        groups: classes of each group, as in `binet.mapped_accuracy`; needed where mixed_same or mixed_rand are
            Predictions, whose labels are groups.
        confidence_level: of the interval, in (0, 1): that of a difference of shares (Newcombe, 1998) over the end of
            the clean accuracy's interval that makes it wider.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for Predictions without groups; `INVALID_DATA` for an accuracy outside 0 .. 1
            and a clean accuracy of 0.
    """
    mixed = {"mixed_same": mixed_same, "mixed_rand": mixed_rand}
    for name, value in mixed.items():
        if isinstance(value, Predictions):
            if groups is None:
                message = f"groups is None; {name} are Predictions, whose classes need a group each"
                raise InvalidArgument(message, "groups")
            mixed[name] = mapped_accuracy(value, groups)
    shares = {name: share_of(value, name) for name, value in (mixed | {"clean": clean}).items()}
    options = struct(
        "binet_object_focus_options",
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
        **{f"n_{name}": one.n for name, one in shares.items()},
    )
    result = struct("binet_object_focus_result")
    values = {name: one.value for name, one in shares.items()}
    call(lib.binet_object_focus, *values.values(), options, result)
    return ObjectFocus(result.value, result.low, result.high, result.gap, **values, confidence_level=confidence_level)
