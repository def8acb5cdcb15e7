"""A row of Predictions, and an image that gave none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .errors import InvalidArgument

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


def indices(rows: Any, n: int) -> npt.NDArray[Any]:
    """Rows of a table of n that a slice, a mask or indices select, negative ones counted from the end."""
    if isinstance(rows, slice):
        return np.arange(*rows.indices(n))
    selected = np.asarray(rows)
    if selected.dtype == np.bool_:
        if selected.shape != (n,):
            raise InvalidArgument(f"the mask has shape {selected.shape}; it must have ({n},)", "rows")
        return np.flatnonzero(selected)
    if selected.size == 0:
        return np.empty(0, np.int64)
    if selected.dtype.kind == "i":
        selected = np.where(selected < 0, selected + n, selected)
    return selected
