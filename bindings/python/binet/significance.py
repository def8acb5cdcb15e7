"""Tests of two models on the same samples, and of many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._options import nonzero
from .arrays import view, zeros_and_ones
from .errors import InvalidArgument, shown
from .threads import context


def wilson_interval(n_hits: int, n: int, confidence_level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of the share n_hits / n (Wilson, 1927).

    Its ends are 0 or 1 exactly where n_hits is 0 or n.

    Args:
        n_hits: 0 .. n.
        n: >= 1.
        confidence_level: in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT`.
    """
    ends = ffi.new("double[2]")
    level = nonzero("confidence_level", confidence_level, "more than 0, less than 1")
    call(lib.binet_wilson_interval, n_hits, n, level, ends, ends + 1)
    return ends[0], ends[1]


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of two models on the same samples.

    Attributes:
        n_only_a, n_only_b: samples that just one of them has right.
        p_exact: two-sided, of the binomial distribution; 1 where both counts are 0.
        chi_square: with Edwards's correction, max(|n_only_a - n_only_b| - 1, 0)^2 / (n_only_a + n_only_b).
        p_chi_square: of the chi-square distribution with one degree of freedom.
    """

    n_only_a: int
    n_only_b: int
    p_exact: float
    chi_square: float
    p_chi_square: float

    def _repr_html_(self) -> str:
        return table("McNemar's test", list(vars(self)), [list(vars(self).values())])


def mcnemar(a: Any, b: Any) -> McNemar:
    """McNemar's test (McNemar, 1947): has one of two models more of the same samples right than the other?

    Only samples that just one of them has right count.

    Args:
        a: [N] booleans or 0 and 1: which samples a has right; or, with b a number too, how many only a has right.
        b: [N] the same samples in the same order, of b; or how many only b has right.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for other shapes or counts; `INVALID_DATA`, with the index, for an entry that is
            neither 0 nor 1.
    """
    counts = (a, b)
    if np.ndim(a) > 0 or np.ndim(b) > 0:
        right_a, right_b = zeros_and_ones(a, "a"), zeros_and_ones(b, "b")
        if right_a.ndim != 1 or right_a.shape != right_b.shape:
            raise InvalidArgument(f"a has shape {right_a.shape}, b {right_b.shape}; allowed: [N], the same", "b")
        counts = int((right_a > right_b).sum()), int((right_a < right_b).sum())
    result = struct("binet_mcnemar_result")
    try:
        call(lib.binet_mcnemar, *counts, result, names={"n_only_a": "a", "n_only_b": "b"})
    except (TypeError, OverflowError) as error:
        raise InvalidArgument(f"a and b are {shown(a)} and {shown(b)}; allowed: two counts", "a") from error
    return McNemar(result.n_only_a, result.n_only_b, result.p_exact, result.chi_square, result.p_chi_square)


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided t tests; a small p_value shows that the mean difference lies between the margins.

    Attributes:
        mean: of the differences.
        standard_deviation: of the differences (divisor n - 1).
        t_low, t_high: distances of the mean from the margins, in its standard errors.
        p_low: is the mean above the lower margin?
        p_high: is it below the upper margin?
        p_value: the larger of both.
        n: differences.
        low, high: the margins.
    """

    mean: float
    standard_deviation: float
    t_low: float
    t_high: float
    p_low: float
    p_high: float
    p_value: float
    n: int
    low: float
    high: float

    def _repr_html_(self) -> str:
        return table("Two one-sided t tests", list(vars(self)), [list(vars(self).values())])


def tost(differences: Any, margin: float | tuple[float, float]) -> Equivalence:
    """Two one-sided t tests (Schuirmann, 1987): are two models equivalent, to a margin?

    That a test finds no difference does not show that there is none; this does.

    Args:
        differences: [N] of each sample, N >= 2, such as `b.nll - a.nll`.
        margin: differences that do not matter: -margin .. margin, or (low, high).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for margins or fewer than 2 differences; `INVALID_DATA`, with the index, for one
            that is not finite.
    """
    low, high = margin if isinstance(margin, tuple) else (-margin, margin)
    values = view(np.asarray(differences, np.float64), "differences")
    result = struct("binet_tost_result")
    call(lib.binet_tost, context().pointer, values.pointer, low, high, result, names={"low": "margin"})
    names = ("mean", "standard_deviation", "t_low", "t_high", "p_low", "p_high", "p_value", "n")
    return Equivalence(**{name: getattr(result, name) for name in names}, low=low, high=high)


def holm(p_values: Any) -> npt.NDArray[np.float64]:
    """Holm's correction for several tests (Holm, 1979).

    Args:
        p_values: [n], each 0 .. 1.

    Returns:
        [n] adjusted p values in the same order, which may each be held against the level that all together shall have.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for no p values; `INVALID_DATA`, with the index, for a number not from 0 to 1.
    """
    given = np.ascontiguousarray(p_values, np.float64)
    if given.ndim != 1:
        raise InvalidArgument(f"p_values has {given.ndim} dimensions; allowed: 1", "p_values")
    adjusted = np.empty_like(given)
    rooms = (ffi.from_buffer("double[]", given), len(given), ffi.from_buffer("double[]", adjusted))
    call(lib.binet_holm, context().pointer, *rooms, names={"n": "p_values"})
    return adjusted
