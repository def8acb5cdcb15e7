"""Models on the same images: what differs, and what is within noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal

import numpy as np

from ._html import table
from ._library import call, ffi, lib, struct
from ._options import choose
from .errors import InvalidArgument
from .matching import match
from .predictions import Predictions, pointer_of
from .significance import McNemar, holm
from .statistics import METRICS, BootstrapEstimate, Method, Metric, Plan
from .threads import context

By = Literal["file_name", "row"]

TITLES = {
    "accuracy": "accuracy",
    "top_5_accuracy": "top-5 accuracy",
    "confidence": "mean confidence",
    "true_probability": "mean probability of the true class",
    "nll": "NLL",
    "brier": "Brier score",
    "entropy": "mean entropy",
    "ece": "ECE",
    "rms": "RMS calibration error",
    "mce": "MCE",
}
_COLUMNS = {name: name for name in ("true_probability", "nll", "brier", "entropy")}
_DEFAULT: tuple[Metric, ...] = ("accuracy", "ece", "nll", "brier", "confidence", "true_probability")
_TESTS = {lib.BINET_TEST_MCNEMAR: "McNemar", lib.BINET_TEST_BOOTSTRAP: "bootstrap"}


@dataclass(frozen=True, eq=False)
class ComparedMetric:
    """One metric of two models.

    Attributes:
        metric: its name, such as "ece".
        a, b: the metric of each, with its interval.
        difference: b less a, from the same resamples.
        p_value: two-sided, of no difference.
        test: "McNemar" (exact; accuracy) or "bootstrap".
        adjusted_p_value: p_value, or with many models Holm's correction of it over all pairs.
    """

    metric: str
    a: BootstrapEstimate
    b: BootstrapEstimate
    difference: BootstrapEstimate
    p_value: float
    test: str
    adjusted_p_value: float

    def is_beyond_noise(self, level: float) -> bool:
        """Whether the adjusted p value is below a level."""
        return self.adjusted_p_value < level


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models on the same images.

    Attributes:
        name_a, name_b: of the models.
        metrics: a `ComparedMetric` by its name.
        n: images that both have.
        n_only_in_a, n_only_in_b: images that only one of them has, which are left out.
        n_both_right, n_only_a_right, n_only_b_right, n_both_wrong: images by who has them right.
        n_same_answer: images that both give the same class.
        mcnemar: the test of the counts.
        confidence_level: of the intervals.
    """

    name_a: str
    name_b: str
    metrics: Mapping[str, ComparedMetric]
    n: int
    n_only_in_a: int
    n_only_in_b: int
    n_both_right: int
    n_only_a_right: int
    n_only_b_right: int
    n_both_wrong: int
    n_same_answer: int
    mcnemar: McNemar
    confidence_level: float

    def __getitem__(self, metric: str) -> ComparedMetric:
        return self.metrics[metric]

    @property
    def agreement(self) -> float:
        """Share of images that both give the same class, 0 .. 1."""
        return self.n_same_answer / self.n

    @property
    def sentence(self) -> str:
        """What is beyond noise at 1 - confidence_level, and what is not."""
        level = 1 - self.confidence_level
        beyond = [one for one in self.metrics.values() if one.is_beyond_noise(level)]
        within = [TITLES[one.metric] for one in self.metrics.values() if not one.is_beyond_noise(level)]
        images = f"On {self.n:,} images"
        parts = []
        if beyond:
            told = ", ".join(
                f"{'higher' if one.difference.value > 0 else 'lower'} {TITLES[one.metric]} "
                f"({one.difference.value:+.4g}, p {_p(one.adjusted_p_value)})"
                for one in beyond
            )
            parts.append(f"{images} {self.name_b} has {told} than {self.name_a}.")
        if within:
            parts.append(f"{'Within' if beyond else f'{images}, within'} noise: {', '.join(within)}.")
        return " ".join(parts)

    def __str__(self) -> str:
        a, b = (name[:12] for name in (self.name_a, self.name_b))
        lines = [f"{'':34} {a:>12} {b:>12} {'difference':>11}  {self.confidence_level * 100:g} % interval       p"]
        for one in self.metrics.values():
            ends = f"{one.difference.low:+.5f} .. {one.difference.high:+.5f}"
            numbers = f"{one.a.value:12.5f} {one.b.value:12.5f} {one.difference.value:+11.5f}  {ends:>22}"
            lines.append(f"{TITLES[one.metric]:34} {numbers}  {_p(one.adjusted_p_value)}")
        flips = (
            f"both right {self.n_both_right:,}, only {self.name_a} {self.n_only_a_right:,}, only {self.name_b} "
            f"{self.n_only_b_right:,}, both wrong {self.n_both_wrong:,}, same answer {self.n_same_answer:,}"
        )
        return "\n".join([*lines, "", flips, self.sentence])

    def __repr__(self) -> str:
        return f"<binet.Comparison: {self.sentence}>"

    def _repr_html_(self) -> str:
        columns = ("metric", self.name_a, self.name_b, "difference", "low", "high", "p")
        rows = [
            (TITLES[one.metric], one.a.value, one.b.value, one.difference.value, one.difference.low,
             one.difference.high, one.adjusted_p_value)
            for one in self.metrics.values()
        ]  # fmt: skip
        return table(self.sentence, columns, rows)


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Every two of many models; p values corrected by Holm over the pairs, metric by metric.

    Attributes:
        names: of the models.
        pairs: a `Comparison` for each two of them, in order.
    """

    names: tuple[str, ...]
    pairs: tuple[Comparison, ...]

    def __iter__(self) -> Iterator[Comparison]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __str__(self) -> str:
        return "\n\n".join(f"{one.name_a} and {one.name_b}\n{one}" for one in self.pairs)

    def __repr__(self) -> str:
        return f"<binet.Comparisons: {', '.join(self.names)}; {len(self.pairs)} pairs>"

    def _repr_html_(self) -> str:
        columns = ("a", "b", "metric", "difference", "low", "high", "p", "p (Holm)")
        rows = [
            (pair.name_a, pair.name_b, TITLES[one.metric], one.difference.value, one.difference.low,
             one.difference.high, one.p_value, one.adjusted_p_value)
            for pair in self.pairs for one in pair.metrics.values()
        ]  # fmt: skip
        return table(f"{len(self.names)} models, {len(self.pairs)} pairs", columns, rows)


def compare(
    a: Predictions,
    b: Predictions,
    *,
    names: tuple[str, str] = ("a", "b"),
    metrics: list[Metric] | tuple[Metric, ...] | None = None,
    by: By = "file_name",
    n_resamples: int = 1000,
    method: Method = "percentile",
    confidence_level: float = 0.95,
    seed: int = 0,
    clusters: Any = None,
) -> Comparison:
    """Compare two models on the same images: metrics, differences with intervals, p values, flips both ways.

    All metrics of both are measured on the same resamples. The p value of accuracy is that of McNemar's exact test.
    With clusters, and for other metrics, it is 2 (1 + min(R-, R+)) / (1 + R), at most 1, with R resamples, R- of them
    with a difference of at most 0 and R+ of at least 0 (Davison and Hinkley, 1997).

    Args:
        a: a table, each row with a label.
        b: another one; a file has the same label in both.
        names: of the models, for what is printed.
        metrics: names, as in `bootstrap`. None: accuracy, ECE, NLL, Brier score, mean confidence and mean probability
            of the true class, as far as both tables know them.
        by: "file_name" to match rows as `match` does; "row" for tables that hold the same images in the same order.
        n_resamples: as in `bootstrap`, as is what follows.
        method: "percentile" or "bca".
        confidence_level: of the intervals, in (0, 1).
        seed: 0 .. 2^64 - 1.
        clusters: [N] integers, N rows of both in the order of a.

    Raises:
        binet.Error: `INVALID_ARGUMENT`; `INVALID_DATA`, with the row, for tables that do not match, a label that is not
            known or differs, or a row that lacks what a metric needs.
    """
    pointer_of(a, "a"), pointer_of(b, "b")
    only_a = only_b = 0
    if choose("by", by, {"file_name": 1, "row": 0}):
        found = match(a, b)
        a, b, only_a, only_b = found.a, found.b, found.n_only_a, found.n_only_b
    chosen = list(metrics) if metrics is not None else _known(a, b)
    codes = ffi.new("int32_t[]", [choose("metrics", name, METRICS) for name in chosen])
    plan = Plan(n_resamples, method, confidence_level, seed, clusters)
    room = ffi.new("binet_compared[]", max(len(chosen), 1))
    result = struct("binet_compare_result", metrics=room, metrics_capacity=len(chosen))
    arguments = (context().pointer, a.pointer, b.pointer, codes, len(chosen), ffi.NULL, plan.options, result)
    call(lib.binet_compare, *arguments, names={"n_metrics": "metrics"})
    none = np.empty(0)
    rows: dict[str, ComparedMetric] = {}
    for name, one in zip(chosen, room, strict=True):
        in_a, in_b, difference = (plan.estimate(part, result.n_units, none) for part in (one.a, one.b, one.difference))
        rows[name] = ComparedMetric(name, in_a, in_b, difference, one.p_value, _TESTS[one.test], one.p_value)
    only = (result.n_only_a_right, result.n_only_b_right)
    return Comparison(
        *names,
        rows,
        result.n,
        only_a,
        only_b,
        result.n_both_right,
        *only,
        result.n_both_wrong,
        result.n_same_answer,
        McNemar(*only, result.p_exact, result.chi_square, result.p_chi_square),
        confidence_level,
    )


def compare_all(models: Mapping[str, Predictions], **options: Any) -> Comparisons:
    """Compare every two of many models, with Holm's correction over the pairs for each metric.

    Args:
        models: two or more tables by name.
        options: of `compare`, without names.

    Raises:
        binet.Error: as `compare`; `INVALID_ARGUMENT` for fewer than two models.
    """
    if len(models) < 2:
        raise InvalidArgument(f"models has {len(models)}; at least 2 are needed", "models")
    pairs = [compare(models[a], models[b], names=(a, b), **options) for a, b in combinations(models, 2)]
    measured = [name for name in pairs[0].metrics if all(name in pair.metrics for pair in pairs)]
    for name in measured:
        p_values = np.array([pair[name].p_value for pair in pairs])
        known = ~np.isnan(p_values)
        if known.any():
            p_values[known] = holm(p_values[known])
        pairs = [
            replace(pair, metrics={**pair.metrics, name: replace(pair[name], adjusted_p_value=float(p))})
            for pair, p in zip(pairs, p_values, strict=True)
        ]
    return Comparisons(tuple(models), tuple(pairs))


def _known(a: Predictions, b: Predictions) -> list[Metric]:
    """The default metrics whose columns both tables have."""
    return [
        name
        for name in _DEFAULT
        if name not in _COLUMNS or not any(np.isnan(getattr(one, name)).any() for one in (a, b))
    ]


def _p(value: float) -> str:
    return f"{value:.2g}" if value == value else "-"
