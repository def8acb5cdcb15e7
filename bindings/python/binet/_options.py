"""Options on their way into C, where zero means the default: said explicitly in Python, zero is an error."""

from __future__ import annotations

import operator
from collections.abc import Mapping

import numpy as np

from .errors import InvalidArgument, shown


def nonzero(name: str, value: float, allowed: str) -> float:
    """`value` of the parameter `name`, which has no zero; what else is allowed is for C to check."""
    if np.ndim(value) == 0 and value == 0:
        raise InvalidArgument(f"{name} is {value}; allowed: {allowed}", name)
    return value


def whole(name: str, value: int, low: int, high: int) -> int:
    """`value` of the parameter `name`, a whole number from low to high."""
    try:
        number = operator.index(value)
    except TypeError:
        number = low - 1
    if not low <= number <= high:
        raise InvalidArgument(f"{name} is {shown(value)}; allowed: whole numbers, {low} .. {high}", name)
    return number


def choose(name: str, value: str, choices: Mapping[str, int]) -> int:
    """The constant of C for one of several words."""
    if not isinstance(value, str) or value not in choices:
        words = ", ".join(repr(word) for word in choices)
        raise InvalidArgument(f"{name} is {shown(value)}; allowed: {words}", name)
    return choices[value]
