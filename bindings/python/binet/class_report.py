"""Classes: accuracy, precision and false positives of each, the worst of them, what is confused, how they move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._named_columns import NamedColumns
from ._options import nonzero, whole
from .errors import InvalidArgument
from .predictions import Predictions, pointer_of
from .threads import context

LEVEL = "more than 0, less than 1"

SHOWN_CONFUSIONS = 10


class ClassReportClass(NamedTuple):
    """One class of `ClassReportClasses`; see there."""

    name: str | int
    n: int
    n_correct: int
    n_predicted: int
    n_false_positive: int
    accuracy: float
    low: float
    high: float
    precision: float


@dataclass(frozen=True, eq=False, repr=False)
class ClassReportClasses(NamedColumns[ClassReportClass]):
    """The classes of a report, as columns [C].

    Attributes:
        name: of the class; its index where no names were given.
        n: rows of the class (support).
        n_correct: of these, rows that are right.
        n_predicted: rows, of any class, whose predicted class this is.
        n_false_positive: of these, rows of another class.
        accuracy: n_correct / n, which is the recall; NaN where n is 0.
        low, high: ends of its Wilson interval; NaN where n is 0.
        precision: n_correct / n_predicted; NaN where n_predicted is 0.
    """

    ROW: ClassVar[Any] = ClassReportClass
    WHAT: ClassVar[str] = "classes"

    n: npt.NDArray[np.int64]
    n_correct: npt.NDArray[np.int64]
    n_predicted: npt.NDArray[np.int64]
    n_false_positive: npt.NDArray[np.int64]
    accuracy: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """[C] the accuracy of a class under its other name."""
        return self.accuracy


class Confusion(NamedTuple):
    """How often one class is taken for another.

    Attributes:
        label: index of the true class.
        predicted_class: index of the other one.
        n: rows of the first that are taken for the second.
        label_name, predicted_name: names of both; their indices where no names were given.
    """

    label: int
    predicted_class: int
    n: int
    label_name: str | int
    predicted_name: str | int


@dataclass(frozen=True, eq=False)
class ClassReport:
    """Classes of predictions, and what is said over those that have rows.

    Attributes:
        accuracy: share of all rows that are right, 0 .. 1.
        balanced_accuracy: plain mean of the classes' accuracies.
        worst_class: index of the class of the lowest accuracy, the first of equals.
        worst_accuracy: its accuracy.
        worst_mean: plain mean of the n_worst lowest accuracies.
        n_worst: classes in worst_mean.
        class_balance: sqrt((1 - accuracy_deviation) (1 - probability_deviation)) (Hesse et al., 2026), 0 .. 1; NaN
            where one of them is.
        accuracy_deviation: standard deviation of the classes' accuracies, over n_present - 1; NaN for a single class.
        probability_deviation: plain mean over classes of the standard deviation, over n, of the true class's
            probability; NaN where n_unknown is not 0.
        n: rows.
        n_correct: rows that are right.
        n_present: classes that have rows.
        n_unknown: rows whose true_probability is unknown, as in a CSV of three columns.
        n_confusions: pairs of a label and another class that was predicted for it.
        classes: counts, accuracy with its interval and precision of each class.
        confusions: the most frequent of these pairs first, equals by label and then by predicted class.
        confidence_level: of the intervals.
    """

    accuracy: float
    balanced_accuracy: float
    worst_class: int
    worst_accuracy: float
    worst_mean: float
    n_worst: int
    class_balance: float
    accuracy_deviation: float
    probability_deviation: float
    n: int
    n_correct: int
    n_present: int
    n_unknown: int
    n_confusions: int
    classes: ClassReportClasses
    confusions: tuple[Confusion, ...]
    confidence_level: float

    def worst(self, k: int = 10) -> tuple[ClassReportClass, ...]:
        """The k classes of the lowest accuracy, the lowest first; equals in the order of the classes."""
        k = whole("k", k, 1, self.n_present)
        order = np.argsort(self.classes.accuracy, kind="stable")  # NaN, the classes without rows, comes last
        return tuple(self.classes[int(index)] for index in order[:k])

    @property
    def _worst_name(self) -> str | int:
        return self.classes.name[self.worst_class]

    def __str__(self) -> str:
        return (
            f"accuracy {self.accuracy:.4f}, balanced {self.balanced_accuracy:.4f}, worst class {self._worst_name} "
            f"{self.worst_accuracy:.4f}, worst {self.n_worst} {self.worst_mean:.4f} ({self.n_present:,} classes, "
            f"{self.n:,} samples)"
        )

    def __repr__(self) -> str:
        return (
            f"ClassReport(accuracy={self.accuracy:.6g}, balanced_accuracy={self.balanced_accuracy:.6g}, "
            f"worst_class={self.worst_class}, worst_accuracy={self.worst_accuracy:.6g}, "
            f"worst_mean={self.worst_mean:.6g}, n_worst={self.n_worst}, class_balance={self.class_balance:.6g}, "
            f"n={self.n}, {len(self.classes)} classes, {self.n_confusions} confusions)"
        )

    def _repr_html_(self) -> str:
        columns = ("accuracy", "balanced", "worst class", "its accuracy", f"worst {self.n_worst}", "class balance")
        numbers = (self.accuracy, self.balanced_accuracy, self._worst_name, self.worst_accuracy, self.worst_mean)
        caption = f"{self.n_present:,} classes, {self.n:,} samples"
        confused = ((one.label_name, one.predicted_name, one.n) for one in self.confusions[:SHOWN_CONFUSIONS])
        pairs = table("Confused most often", ("label", "predicted class", "samples"), confused)
        return table(caption, columns, [[*numbers, self.class_balance]]) + pairs


def class_report(
    predictions: Predictions,
    class_names: Sequence[str] | None = None,
    *,
    n_worst: int | None = None,
    n_confusions: int = 10,
    n_classes: int | None = None,
    confidence_level: float = 0.95,
) -> ClassReport:
    """Per class: accuracy with its Wilson interval, precision, false positives; over classes: the worst, the balance.

    Counts are exact; the rest has the same bits everywhere, for every order of the rows.

    Args:
        predictions: N rows, each with a label.
        class_names: [C] names of the classes. None: their indices.
        n_worst: classes in `worst_mean`, 1 and more. None: a tenth of those with rows, rounded up.
        n_confusions: how many of the pairs that are confused most often are wanted, 0 and more.
        n_classes: C. None: as many as class_names, or as predictions knows, or one more than the largest class in it.
        confidence_level: of the intervals, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for an option out of range; `INVALID_DATA`, with the row, for a row without a
            label and a class out of range.
    """
    options = struct(
        "binet_class_report_options",
        n_classes=_count(class_names, n_classes),
        confidence_level=nonzero("confidence_level", confidence_level, LEVEL),
        n_worst=0 if n_worst is None else nonzero("n_worst", n_worst, "1 and more"),
    )
    inputs = (context().pointer, pointer_of(predictions), options)
    result = struct("binet_class_report_result")
    call(lib.binet_class_report, *inputs, result)  # says how many classes and pairs there are
    room = ffi.new("binet_class_report_class[]", result.n_classes)
    pairs = ffi.new("binet_confusion[]", min(whole("n_confusions", n_confusions, 0, 2**31 - 1), result.n_confusions))
    result.classes, result.classes_capacity = room, len(room)
    result.confusions, result.confusions_capacity = pairs, len(pairs)
    call(lib.binet_class_report, *inputs, result)
    names: Sequence[str | int] = range(result.n_classes) if class_names is None else class_names
    return ClassReport(
        accuracy=result.accuracy,
        balanced_accuracy=result.balanced_accuracy,
        worst_class=result.worst_class,
        worst_accuracy=result.worst_accuracy,
        worst_mean=result.worst_mean,
        n_worst=result.n_worst,
        class_balance=result.class_balance,
        accuracy_deviation=result.accuracy_deviation,
        probability_deviation=result.probability_deviation,
        n=result.n,
        n_correct=result.n_correct,
        n_present=result.n_present,
        n_unknown=result.n_unknown,
        n_confusions=result.n_confusions,
        classes=ClassReportClasses.of(room, names),
        confusions=tuple(_confusion(one, names) for one in pairs),
        confidence_level=confidence_level,
    )


def _confusion(one: Any, names: Sequence[str | int]) -> Confusion:
    return Confusion(one.label, one.predicted_class, one.n, names[one.label], names[one.predicted_class])


def _count(class_names: Sequence[str] | None, n_classes: int | None) -> int:
    """C as asked for; 0 where C is for the library to find."""
    if class_names is None:
        return 0 if n_classes is None else whole("n_classes", n_classes, 1, 2**31 - 1)
    if isinstance(class_names, str) or len(class_names) == 0:
        raise InvalidArgument("class_names is a text or empty; allowed: a list of names", "class_names")
    if n_classes is not None and n_classes != len(class_names):
        raise InvalidArgument(f"class_names has {len(class_names)} names; n_classes is {n_classes}", "class_names")
    return len(class_names)


# ---- Gaps ------------------------------------------------------------------------------------------------------------


class ClassGapClass(NamedTuple):
    """One class of `ClassGapClasses`; see there."""

    name: str | int
    n_a: int
    n_b: int
    accuracy_a: float
    accuracy_b: float
    gap: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class ClassGapClasses(NamedColumns[ClassGapClass]):
    """The classes of two tables, as columns [C].

    Attributes:
        name: of the class; its index where no names were given.
        n_a, n_b: rows of the class.
        accuracy_a, accuracy_b: its accuracy; NaN where it has no rows.
        gap: accuracy_b - accuracy_a, -1 .. 1; NaN where one of them is.
        low, high: ends of its interval (Newcombe, 1998, method 10); NaN where gap is.
    """

    ROW: ClassVar[Any] = ClassGapClass
    WHAT: ClassVar[str] = "classes"

    n_a: npt.NDArray[np.int64]
    n_b: npt.NDArray[np.int64]
    accuracy_a: npt.NDArray[np.float64]
    accuracy_b: npt.NDArray[np.float64]
    gap: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClassGap:
    """How far the accuracy of each class moves from a to b; only classes with rows in both count.

    Attributes:
        mean: plain mean of the gaps, accuracy in b - accuracy in a.
        deviation: standard deviation of the gaps, over n_compared - 1; NaN for a single class.
        lowest_class, lowest: index of the class that falls furthest, the first of equals, and its gap.
        highest_class, highest: index of the class that rises furthest, the first of equals, and its gap.
        n_compared: classes with rows in both.
        n_lower, n_higher: of these, classes whose gap is below and above 0.
        classes: both accuracies and the gap, with its interval, of each class.
        confidence_level: of the intervals.
    """

    mean: float
    deviation: float
    lowest_class: int
    lowest: float
    highest_class: int
    highest: float
    n_compared: int
    n_lower: int
    n_higher: int
    classes: ClassGapClasses
    confidence_level: float

    def furthest(self, k: int = 10) -> tuple[ClassGapClass, ...]:
        """The k classes that fall furthest, the furthest first; equals in the order of the classes."""
        k = whole("k", k, 1, self.n_compared)
        order = np.argsort(self.classes.gap, kind="stable")
        return tuple(self.classes[int(index)] for index in order[:k])

    def __str__(self) -> str:
        names = self.classes.name
        return (
            f"mean class gap {self.mean:+.4f} (from {self.lowest:+.4f}, {names[self.lowest_class]}, to "
            f"{self.highest:+.4f}, {names[self.highest_class]}; {self.n_lower:,} of {self.n_compared:,} classes fall, "
            f"{self.n_higher:,} rise)"
        )

    def _repr_html_(self) -> str:
        columns = ("mean gap", "deviation", "falls furthest", "its gap", "rises furthest", "its gap")
        names = self.classes.name
        extremes = (names[self.lowest_class], self.lowest, names[self.highest_class], self.highest)
        return table(f"Class gaps, {self.n_compared:,} classes", columns, [[self.mean, self.deviation, *extremes]])


def class_gap(
    a: Predictions,
    b: Predictions,
    class_names: Sequence[str] | None = None,
    *,
    n_classes: int | None = None,
    confidence_level: float = 0.95,
) -> ClassGap:
    """How far the accuracy of each class moves from a to b: between two models, or a clean set and a shifted one.

    A small mean may hide classes that fall far (Szyc et al., 2024). The interval of a gap is Newcombe's (1998, method
    10) for independent samples; for two models on the same images it is wider than it need be.

    Args:
        a: rows with labels.
        b: likewise; neither the images nor their number need be the same.
        class_names: [C] names of the classes. None: their indices.
        n_classes: C. None: as many as class_names, or the larger of what a and b have.
        confidence_level: of the intervals, in (0, 1).

    Raises:
        binet.Error: as `binet.class_report`; `INVALID_DATA` too where no class has rows in both.
    """
    options = struct(
        "binet_class_gap_options",
        n_classes=_count(class_names, n_classes),
        confidence_level=nonzero("confidence_level", confidence_level, LEVEL),
    )
    inputs = (context().pointer, pointer_of(a, "a"), pointer_of(b, "b"), options)
    result = struct("binet_class_gap_result")
    call(lib.binet_class_gap, *inputs, result)
    room = ffi.new("binet_class_gap_class[]", result.n_classes)
    result.classes, result.classes_capacity = room, len(room)
    call(lib.binet_class_gap, *inputs, result)
    names: Sequence[str | int] = range(result.n_classes) if class_names is None else class_names
    return ClassGap(
        mean=result.mean,
        deviation=result.deviation,
        lowest_class=result.lowest_class,
        lowest=result.lowest,
        highest_class=result.highest_class,
        highest=result.highest,
        n_compared=result.n_compared,
        n_lower=result.n_lower,
        n_higher=result.n_higher,
        classes=ClassGapClasses.of(room, names),
        confidence_level=confidence_level,
    )
