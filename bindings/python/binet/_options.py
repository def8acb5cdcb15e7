"""Options on their way into C, where zero means the default: said explicitly in Python, zero is an error."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import InvalidArgument


def nonzero(name: str, value: float, allowed: str) -> float:
    """`value` of the parameter `name`, which has no zero; what else is allowed is for C to check."""
    if value == 0:
        raise InvalidArgument(f"{name} is {value}; allowed: {allowed}", name)
    return value


def choose(name: str, value: str, choices: Mapping[str, int]) -> int:
    """The constant of C for one of several words."""
    if value not in choices:
        words = ", ".join(repr(word) for word in choices)
        raise InvalidArgument(f"{name} is {value!r}; allowed: {words}", name)
    return choices[value]
