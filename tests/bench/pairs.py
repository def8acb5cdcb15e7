"""Two ways to the same answer, timed in turn."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Row(NamedTuple):
    """A line of the table: times in seconds, round by round."""

    what: str
    ours: list[float]
    peer: list[float]
    aim: str


def alternate(ours: Callable[[], Any], peer: Callable[[], Any], n_rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of each, in turn; a first round of each warms up and is not counted."""
    times: tuple[list[float], list[float]] = ([], [])
    for i in range(n_rounds + 1):
        for work, seconds in zip((ours, peer), times, strict=True):
            start = time.perf_counter()
            work()
            if i > 0:
                seconds.append(time.perf_counter() - start)
    return times


def agree(what: str, ours: Any, peer: Any, tolerance: float) -> None:
    """Two answers to the same question; a comparison of different answers would say nothing."""
    gap = float(np.max(np.abs(np.asarray(ours, np.float64) - np.asarray(peer, np.float64))))
    if not gap <= tolerance:
        sys.exit(f"{what}: libbinet and the peer differ by {gap}, more than {tolerance}")
