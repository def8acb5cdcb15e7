"""Models side by side: every number of the report, once, for the page, the CSV and the JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..accuracy import Accuracy, accuracy
from ..calibration import Calibration, calibration
from ..comparison import Comparison as Pair
from ..comparison import compare as compare_two
from ..comparison import compare_all
from ..errors import InvalidArgument, InvalidData
from ..risk_coverage import RiskCoverage, risk_coverage
from ..significance import holm
from ..smooth_ece import SmoothECE, smooth_ece
from ..statistics import Metric
from .runs import Run

Direction = Literal["overconfident", "underconfident", "balanced"]

TOP_K = 5
MOST_PAIRS = 5
"""Models of which every two are compared."""
MOST_COMPARED = 20
"""Models beyond which no best one is marked."""
LEVEL = 0.05
"""A p value below it, corrected for the number of models, is beyond noise."""
_Z95 = 1.959963984540054
"""Two-sided 95 % of the standard normal distribution."""
_BETTER: dict[Metric, int] = {"accuracy": 1, "top_5_accuracy": 1, "ece": -1, "nll": -1, "brier": -1}
"""Measures that are compared: 1 where more is better, -1 where less is."""
_VALUES: dict[Metric, Callable[[Measured], float]] = {
    "accuracy": lambda model: model.top1.value,
    "top_5_accuracy": lambda model: model.top5.value if model.top5 else math.nan,
    "ece": lambda model: model.calibration.ece,
    "nll": lambda model: model.nll.value if model.nll else math.nan,
    "brier": lambda model: model.brier.value if model.brier else math.nan,
}


@dataclass(frozen=True)
class Mean:
    """Mean over the images, with value +- 1.96 standard errors as its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Measured:
    """One model's numbers. What its predictions do not tell is None."""

    run: Run
    name: str
    top1: Accuracy
    top5: Accuracy | None
    calibration: Calibration
    smooth: SmoothECE
    risk: RiskCoverage
    nll: Mean | None
    brier: Mean | None
    entropy: Mean | None

    @property
    def direction(self) -> Direction:
        """Where the mean confidence lies: above the interval of the accuracy, below it, or inside."""
        if self.calibration.confidence > self.top1.high:
            return "overconfident"
        return "underconfident" if self.calibration.confidence < self.top1.low else "balanced"


@dataclass(frozen=True)
class Agreement:
    """How two models answer the same n images: counts."""

    first: str
    second: str
    n: int
    same_answer: int
    both_right: int
    only_first_right: int
    only_second_right: int
    both_wrong: int


@dataclass(frozen=True)
class Comparison:
    """Models in descending accuracy.

    Attributes:
        models: their numbers.
        same_images: whether all have the same named images and labels.
        agreements: how every two answer the same images.
        best: the model that leads a measure beyond noise, or None; measures that are not compared are not there.
        pairs: every two of a few models compared, the difference being the second less the first.
    """

    models: tuple[Measured, ...]
    same_images: bool
    agreements: tuple[Agreement, ...]
    best: dict[str, str | None]
    pairs: tuple[Pair, ...]


def compare(runs: Sequence[Run]) -> Comparison:
    """Measure each run and put them side by side.

    Args:
        runs: one or more, each with a label for every row.

    Raises:
        binet.Error: a row without a label; the message names the run.
    """
    if not runs:
        raise InvalidArgument("no runs: at least one is needed", "runs")
    names = _unique_names(runs)
    models = [_measure(run, name) for run, name in zip(runs, names, strict=True)]
    models.sort(key=lambda model: (-model.top1.value, model.name))
    orders = _common_order([model.run for model in models])
    return Comparison(
        tuple(models),
        orders is not None,
        tuple(_agreements(models, orders)) if orders is not None else (),
        *(_compared(models) if orders is not None and len(models) > 1 else ({}, ())),
    )


def _unique_names(runs: Sequence[Run]) -> list[str]:
    """Names of the runs; those that come more than once with their path."""
    names = [run.name for run in runs]
    return [name if names.count(name) == 1 else f"{name} ({run.path})" for name, run in zip(names, runs, strict=True)]


def _measure(run: Run, name: str) -> Measured:
    run.require_probabilities()
    table = run.predictions
    unlabelled = np.flatnonzero(table.label < 0)
    if len(unlabelled):
        raise InvalidData(
            f"{run.path}: {len(unlabelled):,} of {len(table):,} rows lack a label, which accuracy needs; "
            "give a CSV of file_name,label with --labels",
            "labels",
            int(unlabelled[0]),
        )
    few_classes = 0 < table.n_classes <= TOP_K
    return Measured(
        run,
        name,
        accuracy(table),
        None if few_classes or (table.rank < 1).any() else accuracy(table, k=TOP_K),
        calibration(table),
        smooth_ece(table),
        risk_coverage(table),
        _mean(table.nll),
        _mean(table.brier),
        _mean(table.entropy),
    )


def _mean(values: NDArray[np.float64]) -> Mean | None:
    """Mean and interval; None where a value is unknown. An infinite mean has no interval."""
    if np.isnan(values).any():
        return None
    if not np.isfinite(values).all():
        return Mean(math.inf, math.nan, math.nan)
    value = math.fsum(values) / len(values)
    half = _Z95 * float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return Mean(value, value - half, value + half)


def _common_order(runs: Sequence[Run]) -> list[NDArray[np.intp]] | None:
    """For each run the rows in the order of their file names; None where images or labels differ or are not named."""
    orders: list[NDArray[np.intp]] = []
    expected: tuple[list[str], NDArray[np.int32]] | None = None
    for run in runs:
        files = [name for name in run.predictions.file_names if name is not None]
        if len(files) != len(run.predictions) or len(set(files)) != len(files):
            return None
        order = np.array(sorted(range(len(files)), key=files.__getitem__), dtype=np.intp)
        found = [files[row] for row in order], run.predictions.label[order]
        if expected is None:
            expected = found
        elif found[0] != expected[0] or not np.array_equal(found[1], expected[1]):
            return None
        orders.append(order)
    return orders


def _agreements(models: Sequence[Measured], orders: Sequence[NDArray[np.intp]]) -> list[Agreement]:
    answers = [model.run.predictions.predicted_class[order] for model, order in zip(models, orders, strict=True)]
    labels = models[0].run.predictions.label[orders[0]]
    found = []
    for i, j in combinations(range(len(models)), 2):
        right_i, right_j = answers[i] == labels, answers[j] == labels
        sets = (
            answers[i] == answers[j],
            right_i & right_j,
            right_i & ~right_j,
            ~right_i & right_j,
            ~right_i & ~right_j,
        )
        found.append(Agreement(models[i].name, models[j].name, len(labels), *(int(chosen.sum()) for chosen in sets)))
    return found


def _compared(models: Sequence[Measured]) -> tuple[dict[str, str | None], tuple[Pair, ...]]:
    """The best model of each measure, and every two of a few models."""
    if len(models) > MOST_COMPARED:
        return {}, ()
    tables = {model.name: model.run.predictions for model in models}
    pairs = compare_all(tables, metrics=_measures(models)).pairs if len(models) <= MOST_PAIRS else ()
    best = {measure: _leader(models, measure, sign, pairs) for measure, sign in _BETTER.items()}
    known = _measures(models)
    return {measure: name for measure, name in best.items() if measure in known}, tuple(pairs)


def _measures(models: Sequence[Measured]) -> list[Metric]:
    """What all models know."""
    lacking = {"top_5_accuracy": "top5", "nll": "nll", "brier": "brier"}
    return [
        measure
        for measure in _BETTER
        if measure not in lacking or all(getattr(model, lacking[measure]) is not None for model in models)
    ]


def _leader(models: Sequence[Measured], measure: Metric, sign: int, pairs: Sequence[Pair]) -> str | None:
    """The model that is better than every other beyond noise, p values corrected by Holm over the others."""
    if measure not in _measures(models):
        return None
    values = [_VALUES[measure](model) for model in models]
    first = max(range(len(models)), key=lambda index: (sign * values[index], -index))
    p_values = []
    for index, other in enumerate(models):
        if index != first:
            found = _pair(models[first], other, measure, pairs)
            p_values.append(found[measure].p_value)
    beyond = not any(map(math.isnan, p_values)) and max(holm(np.array(p_values))) < LEVEL
    return models[first].name if beyond else None


def _pair(a: Measured, b: Measured, measure: Metric, pairs: Sequence[Pair]) -> Pair:
    """Two models compared, in either order; made where it is not there."""
    for pair in pairs:
        if {pair.name_a, pair.name_b} == {a.name, b.name}:
            return pair
    return compare_two(a.run.predictions, b.run.predictions, names=(a.name, b.name), metrics=[measure])
