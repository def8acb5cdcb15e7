"""Accuracies on their way into C: numbers, results with an interval, or predictions to be counted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .accuracy import accuracy
from .arrays import Array
from .errors import Error, InvalidArgument, InvalidData, shown
from .predictions import Predictions


class Share(NamedTuple):
    """An accuracy and the number of images it is of, 0 where unknown."""

    value: float
    n: int


def share_of(value: Any, name: str) -> Share:
    """An accuracy, the parameter `name`: a number 0 .. 1, what `binet.accuracy` and others return, or Predictions."""
    if isinstance(value, Predictions):
        try:
            found = accuracy(value)
        except Error as error:
            raise InvalidData(f"{name}: {error.message}", name.partition("[")[0], error.index) from error
        return Share(found.value, found.n)
    if hasattr(value, "value") and hasattr(value, "n"):
        return Share(float(value.value), int(value.n))
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        message = f"{name} is {shown(value)}; allowed: a number 0 .. 1, an accuracy with its count, Predictions"
        raise InvalidArgument(message, name.partition("[")[0]) from error
    if not 0 <= number <= 1:
        percent = "; it looks like percent, which is divided by 100" if 1 < number <= 100 else ""
        raise InvalidData(f"{name} is {number:g}; allowed: 0 .. 1{percent}", name.partition("[")[0])
    return Share(number, 0)


def shares_of(values: Any, name: str) -> tuple[tuple[str, ...], list[Share]]:
    """Names and accuracies of a mapping."""
    if not isinstance(values, Mapping) or not values:
        what = "empty" if isinstance(values, Mapping) else shown(values)
        raise InvalidArgument(f"{name} is {what}; allowed: a mapping from names to accuracies", name)
    return tuple(map(str, values)), [share_of(one, f"{name}[{key!r}]") for key, one in values.items()]


def columns(shares: list[Share]) -> tuple[Array, Array]:
    """Accuracies float64 and counts int64."""
    return np.array([one.value for one in shares]), np.array([one.n for one in shares], np.int64)


def is_path(value: Any) -> bool:
    """Whether a value names a file or folder."""
    return isinstance(value, (str, os.PathLike))
