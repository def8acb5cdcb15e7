"""From evidence to everything that a page shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import InvalidArgument
from ..model_table import MODEL
from . import properties, sections
from .comparison import Comparison, compare
from .evidence import Evidence
from .properties import Properties
from .sections.section import Section


@dataclass(frozen=True)
class Report:
    """Models on the clean set, the sections that there is evidence for, and any two properties of many models."""

    comparison: Comparison | None
    sections: tuple[Section, ...] = ()
    properties: Properties | None = None


def assemble(evidence: Evidence) -> Report:
    """Measure what there is evidence for.

    Raises:
        binet.Error: as `compare`; `INVALID_ARGUMENT` where there is nothing to show.
    """
    runs = [model.run for model in evidence.models if model.run is not None]
    comparison = compare(runs) if runs else None
    if comparison:
        order = {id(model.run): index for index, model in enumerate(comparison.models)}
        ranked = sorted(evidence.models, key=lambda model: order.get(id(model.run), len(order)))
        evidence = replace(evidence, models=tuple(ranked))
    found = sections.collect(evidence)
    rows = {model.name: properties.record(model) for model in comparison.models} if comparison else {}
    for section in found:
        for name, numbers in section.properties.items():
            if numbers:
                rows.setdefault(name, {MODEL: name}).update(numbers)
    many = properties.collect(list(rows.values()), evidence.tables)
    if comparison is None and not found and many is None:
        raise InvalidArgument(
            "nothing to show: a model, answers, or a table of three models and two properties, is needed", "sources"
        )
    return Report(comparison, found, many)
