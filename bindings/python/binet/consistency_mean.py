"""Error consistency with its uncertainty: means over pairs of observers, and whether one is larger than another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ._html import table
from ._library import call, ffi, lib, struct
from ._options import choose, nonzero
from .arrays import Array, view
from .consistency import correctness
from .errors import InvalidArgument, shown
from .threads import context

Pair = tuple[str | int, str | int]
Pairs = Pair | Iterable[Pair]
Method = Literal["percentile", "bca"]

_METHODS = {"percentile": lib.BINET_BOOTSTRAP_PERCENTILE, "bca": lib.BINET_BOOTSTRAP_BCA}

_INTERVALS = {
    lib.BINET_INTERVAL_FOUND: "found",
    lib.BINET_INTERVAL_NO_VALUE: "no value",
    lib.BINET_INTERVAL_NO_RESAMPLES: "no resamples",
    lib.BINET_INTERVAL_ONE_SIDED: "one-sided",
}


@dataclass(frozen=True)
class ErrorConsistencyMean:
    """Mean error consistency over pairs of observers, with its bootstrap interval (Klein et al., NeurIPS 2025).

    Attributes:
        kappa: mean over the pairs, -1 .. 1; of one pair its kappa.
        low, high: ends of the interval; NaN where there is none.
        standard_error: standard deviation of the resamples.
        n_pairs: pairs of observers.
        n: samples.
        confidence_level: of the interval.
        interval: "found"; else why there is none: "one-sided" where all resamples of "bca" lie on one side of kappa.
    """

    kappa: float
    low: float
    high: float
    standard_error: float
    n_pairs: int
    n: int
    confidence_level: float
    interval: str

    def __float__(self) -> float:
        return self.kappa

    def __str__(self) -> str:
        of = "" if self.n_pairs == 1 else f" over {self.n_pairs:,} pairs"
        return (
            f"error consistency {self.kappa:.4f}{of} ({self.confidence_level * 100:g} % interval {self.low:.4f} .. "
            f"{self.high:.4f}, {self.n:,} samples)"
        )

    def _repr_html_(self) -> str:
        columns = ("kappa", "low", "high", "standard error", "pairs", "samples")
        row = [self.kappa, self.low, self.high, self.standard_error, f"{self.n_pairs:,}", f"{self.n:,}"]
        return table(f"Error consistency, {self.confidence_level * 100:g} % interval (bootstrap)", columns, [row])


@dataclass(frozen=True)
class ErrorConsistencyDifference:
    """Whether one error consistency is larger than another on the same samples (Klein et al., NeurIPS 2025).

    Attributes:
        difference: kappa of a less that of b, -2 .. 2.
        low, high: ends of its interval; NaN where there is none.
        p_value: of no difference, two-sided.
        standard_error: standard deviation of the difference over the resamples.
        a, b: the two, each with an interval of its own.
        confidence_level: of the intervals.
    """

    difference: float
    low: float
    high: float
    p_value: float
    standard_error: float
    a: ErrorConsistencyMean
    b: ErrorConsistencyMean
    confidence_level: float

    def __float__(self) -> float:
        return self.difference

    def __str__(self) -> str:
        return (
            f"error consistency {self.a.kappa:.4f} and {self.b.kappa:.4f}, a difference of {self.difference:.4f} "
            f"({self.confidence_level * 100:g} % interval {self.low:.4f} .. {self.high:.4f}, p = {self.p_value:.2g}, "
            f"{self.a.n:,} samples)"
        )

    def _repr_html_(self) -> str:
        columns = ("", "kappa", "low", "high", "p value")
        rows: list[list[Any]] = [["a", self.a.kappa, self.a.low, self.a.high, ""]]
        rows += [["b", self.b.kappa, self.b.low, self.b.high, ""]]
        rows += [["a - b", self.difference, self.low, self.high, self.p_value]]
        return table(f"Error consistency, {self.confidence_level * 100:g} % intervals (bootstrap)", columns, rows)


def observer_pairs(first: Iterable[str | int], second: Iterable[str | int] | None = None) -> list[Pair]:
    """Every two of `first`, once; or each of `first` with each of `second`, such as models with people."""
    one = list(first)
    if second is None:
        return [(a, b) for i, a in enumerate(one) for b in one[i + 1 :]]
    other = list(second)
    return [(a, b) for a in one for b in other]


def error_consistency_mean(
    observers: Mapping[str, Any] | Sequence[Any] | Any,
    pairs: Pairs | None = None,
    *,
    n_resamples: int = 1000,
    method: Method = "percentile",
    confidence_level: float = 0.95,
    seed: int = 0,
) -> ErrorConsistencyMean:
    """Mean error consistency over pairs of observers, with its bootstrap interval over samples (Klein et al., 2025).

    A resample draws samples, the same for all observers. The same seed gives the same bits on every machine::

        people = [name for name in observers if name.startswith("subject-")]
        binet.error_consistency_mean(observers, binet.observer_pairs(models, people))

    Args:
        observers: as for `error_consistency_matrix`.
        pairs: one pair of observers, by name or by index, or several, as `observer_pairs` gives. None: every two, once.
        n_resamples: 2 .. 2^31 - 1.
        method: "percentile" (Efron, 1979) or "bca", corrected for bias and acceleration (Efron, 1987).
        confidence_level: of the interval, in (0, 1).
        seed: any whole number of 64 bits.

    Raises:
        binet.Error: as `error_consistency_matrix`; `INVALID_ARGUMENT` for a name that is none; `INVALID_DATA`, with the
            pair, for one that is not two of the observers.
    """
    names, correct = correctness(observers)
    listed = view(_indices(pairs, names, "pairs"), "pairs").pointer if pairs is not None else ffi.NULL
    options = _options(n_resamples, method, confidence_level, seed)
    result = struct("binet_error_consistency_mean_result")
    array = view(correct, "observers")
    function = lib.binet_error_consistency_mean
    call(function, context().pointer, array.pointer, listed, options, result, names={"correct": "observers"})
    return _mean(result.kappa, result.n_pairs, result.n, confidence_level)


def error_consistency_difference(
    observers: Mapping[str, Any] | Sequence[Any] | Any,
    pairs_a: Pairs,
    pairs_b: Pairs,
    *,
    n_resamples: int = 1000,
    method: Method = "percentile",
    confidence_level: float = 0.95,
    seed: int = 0,
) -> ErrorConsistencyDifference:
    """Paired test of two error consistencies on the same samples (Klein et al., NeurIPS 2025).

    Whose errors are more like a person's, those of one model or those of another::

        binet.error_consistency_difference(observers, ("subject-01", "vit"), ("subject-01", "resnet50"))

    Of several pairs each, the means are compared. A resample draws samples, the same for all pairs, so that what they
    share does not widen the interval. The p value is 2 (1 + k) / (1 + n_resamples), at most 1, where k resamples have a
    difference of 0 or on the other side of it.

    Args:
        observers: as for `error_consistency_matrix`.
        pairs_a: one pair of observers, by name or by index, or several.
        pairs_b: what they are compared with, likewise.
        n_resamples: as for `error_consistency_mean`, as are the others.
        method: "percentile" or "bca", for the intervals.
        confidence_level: of the intervals, in (0, 1).
        seed: any whole number of 64 bits.

    Raises:
        binet.Error: as `error_consistency_mean`.
    """
    names, correct = correctness(observers)
    ends_a, ends_b = _indices(pairs_a, names, "pairs_a"), _indices(pairs_b, names, "pairs_b")
    array, of_a, of_b = view(correct, "observers"), view(ends_a, "pairs_a"), view(ends_b, "pairs_b")
    options = _options(n_resamples, method, confidence_level, seed)
    result = struct("binet_error_consistency_difference_result")
    inputs = (context().pointer, array.pointer, of_a.pointer, of_b.pointer, options)
    call(lib.binet_error_consistency_difference, *inputs, result, names={"correct": "observers"})
    return ErrorConsistencyDifference(
        difference=result.difference.value,
        low=result.difference.low,
        high=result.difference.high,
        p_value=result.p_value,
        standard_error=result.difference.standard_error,
        a=_mean(result.kappa_a, len(ends_a), result.n, confidence_level),
        b=_mean(result.kappa_b, len(ends_b), result.n, confidence_level),
        confidence_level=confidence_level,
    )


def _indices(pairs: Pairs, names: tuple[str, ...], parameter: str) -> Array:
    """[P, 2] indices of observers."""
    listed: list[Any] = list(pairs)
    if len(listed) == 2 and all(isinstance(one, (str, int, np.integer)) for one in listed):
        listed = [tuple(listed)]
    found = []
    for index, pair in enumerate(listed):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            message = f"{parameter}[{index}] is {shown(pair)}; allowed: two observers"
            raise InvalidArgument(message, parameter, index)
        for one in pair:
            if isinstance(one, str) and one not in names:
                message = f"{parameter}[{index}] has {one!r}; observers: {', '.join(names)}"
                raise InvalidArgument(message, parameter, index)
        found.append([names.index(one) if isinstance(one, str) else one for one in pair])
    return np.asarray(found) if found else np.empty((0, 2), np.int64)


def _options(n_resamples: int, method: Method, confidence_level: float, seed: int) -> Any:
    return struct(
        "binet_bootstrap_options",
        method=choose("method", method, _METHODS),
        n_resamples=nonzero("n_resamples", n_resamples, "2 .. 2147483647"),
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
        seed=seed,
    )


def _mean(estimate: Any, n_pairs: int, n: int, confidence_level: float) -> ErrorConsistencyMean:
    return ErrorConsistencyMean(
        kappa=estimate.value,
        low=estimate.low,
        high=estimate.high,
        standard_error=estimate.standard_error,
        n_pairs=n_pairs,
        n=n,
        confidence_level=confidence_level,
        interval=_INTERVALS[estimate.interval],
    )
