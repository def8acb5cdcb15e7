"""Numbers of more than one verb, as JSON and as text: what does not exist is null, or a dash."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from ..report.records import finite


def pick(result: Any, names: Iterable[str]) -> dict[str, Any]:
    """Some of a result's attributes, for JSON."""
    return finite({name: getattr(result, name) for name in names})


def records(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Named tuples for JSON."""
    return [finite(row._asdict()) for row in rows]


def grid(matrix: Any) -> list[list[float | None]]:
    """A matrix for JSON."""
    return [[value if isfinite(value) else None for value in row] for row in matrix.tolist()]


def number(value: float, width: int) -> str:
    """Four digits, or a dash."""
    return f"{'-':>{width}}" if value != value else f"{value:{width}.4f}"
