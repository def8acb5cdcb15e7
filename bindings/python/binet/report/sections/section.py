"""What a section gives to the page, to its first lines, to the scatter and to report.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Section:
    """One property of the models.

    Attributes:
        name: of the template, and the id of the heading.
        data: what the template shows.
        sentences: for the first lines of the page.
        properties: for the scatter: numbers of each model by the name of the property; the title names its models.
        records: for report.json; NaN is allowed and becomes None.
    """

    name: str
    data: Any
    sentences: tuple[str, ...] = ()
    properties: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    records: Any = None
