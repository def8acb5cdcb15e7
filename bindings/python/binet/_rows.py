"""A row of Predictions, and an image that gave none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

COLUMNS = ("predicted_class", "confidence", "label", "true_probability", "nll", "rank", "brier", "entropy")
"""Names of the columns, in C's order."""


class Prediction(NamedTuple):
    """One row of `Predictions`; see there for the columns."""

    file_name: str | None
    predicted_class: int
    confidence: float
    label: int
    true_probability: float
    nll: float
    rank: int
    brier: float
    entropy: float


@dataclass(frozen=True)
class Skipped:
    """An image that `binet.evaluate` left out.

    Attributes:
        index: its place in the list of images, from 0.
        path: of the file.
        reason: one line.
    """

    index: int
    path: str
    reason: str
