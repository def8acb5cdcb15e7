"""Probe accuracy over many tasks: a table with an interval for each, and the means of VTAB."""

from __future__ import annotations

import contextlib
import copy
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from ._extras import require
from ._html import table
from ._named_columns import NamedColumns
from .errors import Error, InvalidArgument, InvalidData, shown
from .feature_files import LabelledFeatures, read_features
from .linear_probe import LinearProbe
from .significance import wilson_interval
from .vtab import VTAB_GROUPS, VTABMeans, VTABTask, vtab_means, vtab_task

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Fit = Callable[[Any, Any], Any]


class ProbedTask(NamedTuple):
    """One task of `ProbedTasks`; see there."""

    name: str
    group: str
    accuracy: float
    low: float
    high: float
    n: int
    n_correct: int
    n_train: int
    n_classes: int
    chosen: float
    seconds: float
    note: str


@dataclass(frozen=True, eq=False, repr=False)
class ProbedTasks(NamedColumns[ProbedTask]):
    """Tasks as columns [T].

    Attributes:
        name: of the task.
        group: "natural", "specialized" or "structured" where it is one of VTAB's; else "".
        accuracy: n_correct / n, 0 .. 1.
        low, high: ends of its Wilson interval.
        n: rows of test.
        n_correct: of these, rows whose label the probe predicts.
        n_train: rows of train.
        n_classes: distinct labels in train and test.
        chosen: C of a linear probe, alpha of ridge, k of neighbours; NaN where the probe says none.
        seconds: of fitting.
        note: what is remarkable: labels of more or fewer classes than VTAB's, classes of test that train lacks, a fit
            that stopped early; else "".
    """

    ROW: ClassVar[Any] = ProbedTask
    WHAT: ClassVar[str] = "tasks"

    group: npt.NDArray[np.str_]
    accuracy: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    n: npt.NDArray[np.int64]
    n_correct: npt.NDArray[np.int64]
    n_train: npt.NDArray[np.int64]
    n_classes: npt.NDArray[np.int64]
    chosen: npt.NDArray[np.float64]
    seconds: npt.NDArray[np.float64]
    note: npt.NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class TaskAccuracies:
    """Accuracy of a probe on the features of many tasks.

    Attributes:
        mean: plain mean over the tasks given, 0 .. 1.
        low, high: from the mean of the low ends to that of the high ends: tasks may share images, so that this is wide
            rather than wrong.
        vtab: the mean of VTAB's 19 and of each group, over the tasks that are VTAB's; None where none is.
        tasks: each of them.
        confidence_level: of the intervals.
    """

    mean: float
    low: float
    high: float
    vtab: VTABMeans | None
    tasks: ProbedTasks
    confidence_level: float

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of the tasks that have one, each with the task's name."""
        return tuple(f"{one.name}: {one.note}" for one in self.tasks if one.note)

    def plot(self, ax: Axes | None = None, label: str = "") -> Axes:
        """Draw each task's accuracy with its interval; models side by side go into one figure one after the other.

        Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw: empty, or with models on the same tasks. None: a new figure.
            label: for the legend, which adds the mean.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for an ax with models on other tasks.
        """
        require("plot", "matplotlib")
        from ._task_figure import draw

        return draw(self, ax, label)

    def __float__(self) -> float:
        return self.mean

    def __str__(self) -> str:
        means = f"; {self.vtab}" if self.vtab is not None and len(self.vtab.missing) < len(self.tasks) else ""
        return f"probe accuracy {self.mean:.4f}, mean of {len(self.tasks)} tasks{means}"

    def __repr__(self) -> str:
        return f"<binet.TaskAccuracies: {self}>\n{self.tasks!r}"

    def _repr_html_(self) -> str:
        head = ("task", "accuracy", "low", "high", "test", "train", "classes", "chosen", "note")
        rows: list[Any] = [
            (one.name, one.accuracy, one.low, one.high, one.n, one.n_train, one.n_classes, one.chosen, one.note)
            for one in self.tasks
        ]
        rows.append((f"mean of {len(self.tasks)}", self.mean, self.low, self.high, *[None] * 5))
        if self.vtab is not None:
            means = (("mean of VTAB's 19", self.vtab.mean), *((name, getattr(self.vtab, name)) for name in VTAB_GROUPS))
            rows += [(name, value, *[None] * 7) for name, value in means]
        return table(f"Probe accuracy, {self.confidence_level * 100:g} % interval (Wilson)", head, rows)


def probe_tasks(
    tasks: Mapping[str, tuple[Any, Any]],
    probe: Any = None,
    *,
    confidence_level: float = 0.95,
    progress: bool = False,
) -> TaskAccuracies:
    """Fit a probe on each task's training features, and count what it gets right on its test features.

    ::

        tasks = {name: (f"{name}/train.npz", f"{name}/test.npz") for name in binet.VTAB}
        binet.probe_tasks(tasks, binet.RidgeProbe(alphas=np.logspace(-3, 6, 10)))
        binet.probe_tasks(tasks, lambda X, y: binet.LinearProbe.path(X, y, preset="clip").probe)

    A label of test that training never saw is counted as wrong, and noted. The files of one task are read when it is
    its turn, and let go after it.

    Args:
        tasks: by name, train and test: each a path for `read_features`, or features [N, D] and labels [N].
        probe: an estimator with `fit` and `predict`, of which each task gets a copy; or a function of features and
            labels that gives one fitted. None: `LinearProbe()`.
        confidence_level: of the intervals, in (0, 1).
        progress: draw a bar.

    Raises:
        binet.Error: `INVALID_ARGUMENT`; whatever reading and fitting raise, with the task in the message.
    """
    fit = _fit_of(LinearProbe() if probe is None else probe)
    if not isinstance(tasks, Mapping) or not tasks:
        what = "empty" if isinstance(tasks, Mapping) else shown(tasks)
        raise InvalidArgument(f"tasks is {what}; allowed: a mapping from names to (train, test)", "tasks")
    known = _known(tasks)
    wilson_interval(0, 1, confidence_level)  # a wrong level is said before hours of work
    rows = []
    for name, pair in _bar(tasks.items(), len(tasks), progress):
        with _saying(name):
            rows.append(_probe(name, known[name], pair, fit, confidence_level))
    names, *columns = zip(*rows, strict=True)
    found = ProbedTasks(names, *(_column(column) for column in columns))
    share = {one.name: one.accuracy for one in found if one.group}
    return TaskAccuracies(
        mean=float(np.mean(found.accuracy)),
        low=float(np.mean(found.low)),
        high=float(np.mean(found.high)),
        vtab=vtab_means(share) if share else None,
        tasks=found,
        confidence_level=confidence_level,
    )


def _fit_of(probe: Any) -> Fit:
    """What fits, of an estimator or a function."""
    if callable(getattr(probe, "fit", None)) and callable(getattr(probe, "predict", None)):

        def fit(features: Any, labels: Any) -> Any:
            one = copy.deepcopy(probe)
            one.fit(features, labels)
            return one

        return fit
    if not callable(probe):
        message = f"probe is {shown(probe)}; allowed: an estimator with fit and predict, or a function that gives one"
        raise InvalidArgument(message, "probe")
    given: Fit = probe
    return given


def _known(tasks: Mapping[str, Any]) -> dict[str, VTABTask | None]:
    """The task of VTAB that each name is, if any; none twice."""
    known: dict[str, VTABTask | None] = {}
    before: dict[str, str] = {}
    for name in tasks:
        task = known[name] = vtab_task(name)
        if task is not None and task.name in before:
            raise InvalidArgument(f"tasks has {task.name} as {before[task.name]!r} and as {name!r}", "tasks")
        if task is not None:
            before[task.name] = name
    return known


def _bar(items: Any, n: int, progress: bool) -> Any:
    if not progress:
        return items
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress=True needs tqdm: pip install tqdm") from error
    return tqdm(items, total=n, unit="task")


@contextlib.contextmanager
def _saying(where: str) -> Iterator[None]:
    """Errors of the library say where."""
    try:
        yield
    except Error as error:
        raise type(error)(f"{where}: {error.message}", error.argument, error.index) from error


# ---- One task --------------------------------------------------------------------------------------------------------


def _probe(name: str, task: VTABTask | None, pair: Any, fit: Fit, confidence_level: float) -> ProbedTask:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InvalidArgument(f"{shown(pair)} given; allowed: a pair (train, test)", "tasks")
    train, test = (_read(one, part) for one, part in zip(pair, ("train", "test"), strict=True))
    start = time.perf_counter()
    with _saying("train"):
        fitted = fit(train.features, train.labels)
    seconds = time.perf_counter() - start
    with _saying("test"):
        predicted = np.asarray(fitted.predict(test.features))
    n_correct = int(np.count_nonzero(predicted == test.labels))
    n = len(test.labels)
    return ProbedTask(
        name=name,
        group="" if task is None else task.group,
        accuracy=n_correct / n,
        **dict(zip(("low", "high"), wilson_interval(n_correct, n, confidence_level), strict=True)),
        n=n,
        n_correct=n_correct,
        n_train=len(train.labels),
        n_classes=len(np.union1d(train.labels, test.labels)),
        chosen=_chosen(fitted),
        seconds=seconds,
        note=_note(task, train, test, fitted),
    )


def _read(given: Any, part: str) -> LabelledFeatures:
    """Features and labels of one side of a task."""
    if isinstance(given, (str, os.PathLike)):
        found = read_features(given)
    elif isinstance(given, (tuple, list)) and len(given) == 2:
        found = LabelledFeatures(given[0], np.asarray(given[1]))
    else:
        message = f"{part} is {shown(given)}; allowed: a path, or features [N, D] and labels [N]"
        raise InvalidArgument(message, "tasks")
    shape = np.shape(found.features)
    if len(shape) != 2 or shape[:1] != found.labels.shape:
        message = f"{part}: features has shape {shape}, labels {found.labels.shape}; allowed: [N, D] and [N]"
        raise InvalidArgument(message, "tasks")
    if len(found.labels) == 0:
        raise InvalidData(f"{part} has no rows", "tasks")
    return found


def _chosen(fitted: Any) -> float:
    """What the probe was regularised by."""
    for name in ("C_", "alpha_", "k_", "C", "alpha", "k"):
        value = getattr(fitted, name, None)
        if isinstance(value, (int, float, np.integer, np.floating)):
            return float(value)
    return math.nan


def _note(task: VTABTask | None, train: LabelledFeatures, test: LabelledFeatures, fitted: Any) -> str:
    """What somebody should know before they believe the number."""
    notes = []
    n_classes = len(np.union1d(train.labels, test.labels))
    if task is not None and n_classes != task.n_classes:
        notes.append(f"labels of {n_classes:,} classes where VTAB's {task.name} has {task.n_classes:,}")
        if n_classes > task.n_classes and task.label != "label":
            notes[0] += f" ({task.label})"
    n_new = len(np.setdiff1d(test.labels, train.labels))
    if n_new:
        notes.append(f"{n_new:,} of test's classes {'is' if n_new == 1 else 'are'} not in train")
    certificate = getattr(fitted, "certificate_", None)
    if certificate is not None and not certificate.converged:
        notes.append(
            f"the fit stopped early, at most {certificate.relative_gap:.1e} of the objective above its minimum"
        )
    return "; ".join(notes)


def _column(values: tuple[Any, ...]) -> npt.NDArray[Any]:
    column = np.array(values)
    column.flags.writeable = False
    return column
