"""Models side by side: every number of the report, once, for the page, the CSV and the JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..accuracy import Accuracy, accuracy
from ..calibration import Calibration, calibration
from ..errors import InvalidArgument, InvalidData
from ..risk_coverage import RiskCoverage, risk_coverage
from ..smooth_ece import SmoothECE, smooth_ece
from .runs import Run

Direction = Literal["overconfident", "underconfident", "balanced"]

TOP_K = 5
_Z95 = 1.959963984540054
"""Two-sided 95 % of the standard normal distribution."""


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
    """Models in descending accuracy. `best` names the model that leads a measure beyond the intervals, or None."""

    models: tuple[Measured, ...]
    same_images: bool
    agreements: tuple[Agreement, ...]
    best: dict[str, str | None]


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
        _best(models) if orders is not None and len(models) > 1 else {},
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


def _best(models: Sequence[Measured]) -> dict[str, str | None]:
    """For each measure that has an interval the model that leads beyond it."""
    return {
        "top1": _leader(models, [model.top1 for model in models], 1),
        "top5": _leader(models, [model.top5 for model in models], 1),
        "nll": _leader(models, [model.nll for model in models], -1),
        "brier": _leader(models, [model.brier for model in models], -1),
    }


def _leader(models: Sequence[Measured], values: Sequence[Accuracy | Mean | None], sign: int) -> str | None:
    """The model whose interval lies beyond every other's (sign 1: above, -1: below); None where there is none."""
    known = [value for value in values if value is not None]
    if len(known) < len(values) or any(math.isnan(value.low) for value in known):
        return None
    worst = [value.low if sign > 0 else value.high for value in known]
    reach = [value.high if sign > 0 else value.low for value in known]
    for i, model in enumerate(models):
        if all(sign * worst[i] > sign * other for j, other in enumerate(reach) if j != i):
            return model.name
    return None
