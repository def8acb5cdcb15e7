"""Top-k accuracy with its interval."""

from __future__ import annotations

from dataclasses import dataclass

from ._html import table
from ._library import call, lib, struct
from ._options import nonzero
from .predictions import Predictions, pointer_of
from .threads import context


@dataclass(frozen=True)
class Accuracy:
    """Top-k accuracy, with the Wilson score interval (Wilson, 1927).

    Attributes:
        value: share of the rows that are right, 0 .. 1.
        low, high: ends of the interval, 0 .. 1.
        n: rows.
        n_correct: rows that are right.
        k: a row is right where the true class is among the k best.
        confidence_level: of the interval.
    """

    value: float
    low: float
    high: float
    n: int
    n_correct: int
    k: int
    confidence_level: float

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return (
            f"top-{self.k} accuracy {self.value:.4f} "
            f"({self.confidence_level * 100:g} % interval {self.low:.4f} .. {self.high:.4f}, {self.n:,} samples)"
        )

    def _repr_html_(self) -> str:
        columns = (f"top-{self.k} accuracy", "low", "high", "right", "samples")
        row = (f"{self.value:.4f}", f"{self.low:.4f}", f"{self.high:.4f}", f"{self.n_correct:,}", f"{self.n:,}")
        return table(f"Accuracy, {self.confidence_level * 100:g} % interval (Wilson)", columns, [row])


def accuracy(predictions: Predictions, k: int = 1, confidence_level: float = 0.95) -> Accuracy:
    """Top-k accuracy, with the Wilson score interval (Wilson, 1927).

    Counts are exact; the interval has the same bits everywhere.

    Args:
        predictions: N rows, each with a label; for k > 1 each with a rank.
        k: a row is right where the true class is among the k best; >= 1.
        confidence_level: of the interval, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for k or confidence_level; `INVALID_DATA`, with the row, where a label or a rank
            is unknown.
    """
    table = pointer_of(predictions)
    options = struct(
        "binet_accuracy_options",
        k=nonzero("k", k, ">= 1"),
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
    )
    result = struct("binet_accuracy_result")
    call(lib.binet_accuracy, context().pointer, table, options, result)
    return Accuracy(result.value, result.low, result.high, result.n, result.n_correct, k, confidence_level)
