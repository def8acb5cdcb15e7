"""Invariance: what becomes of answers when pictures are larger, moved, or at another resolution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...invariance import Invariance, Measure, invariance
from ..figure import models_svg
from ..sweeps import sweep_record
from ..words import percent
from .section import Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..evidence import Evidence

MOST_IN_A_FIGURE = 8
WHAT = {"scale": "larger", "shift": "moved", "resolution": "at another resolution"}
"""What becomes of the pictures."""


@dataclass(frozen=True)
class Swept:
    """One sweep of one or more models."""

    kind: str
    models: Mapping[str, Invariance]
    figure: str | None

    @property
    def settings(self) -> list[Any]:
        """Of the first model; the others may have others."""
        return [one.setting for one in next(iter(self.models.values()))]


def collect(evidence: Evidence) -> Section | None:
    """Every sweep that a model has."""
    kinds = [kind for kind in WHAT if any(kind in model.sweeps for model in evidence.models)]
    if not kinds:
        return None
    swept = [_measure(kind, evidence) for kind in kinds]
    records = [sweep_record(name, one.kind, result) for one in swept for name, result in one.models.items()]
    return Section("invariance", tuple(swept), _sentences(swept), _properties(swept), records)


def _measure(kind: str, evidence: Evidence) -> Swept:
    found = {}
    for model in evidence.models:
        if kind in model.sweeps:
            one = model.sweeps[kind]
            found[model.name] = invariance(one.settings, reference=one.reference, features=one.features)
    return Swept(kind, found, _figure(kind, found))


def _figure(kind: str, models: Mapping[str, Invariance]) -> str | None:
    """Top-1 and the answers that stay, side by side."""
    settings = {tuple(one.setting for one in result) for result in models.values()}
    if len(models) > MOST_IN_A_FIGURE or len(settings) > 1:
        return None

    def draw(figure: Figure) -> None:
        measures: tuple[Measure, Measure] = ("accuracy", "consistency")
        for axes, measure in zip(figure.subplots(1, 2), measures, strict=True):
            for name, result in models.items():
                result.plot(axes, measure=measure, label=name)
            axes.set_xlabel(kind)

    return models_svg(draw, (9.0, 3.6), f"Top-1 accuracy and consistency by {kind}", f"sweep-{kind}")


def _sentences(swept: list[Swept]) -> tuple[str, ...]:
    said = []
    for one in swept:
        lowest = {name: min(each.consistency.value for each in result) for name, result in one.models.items()}
        best, worst = max(lowest, key=lambda name: lowest[name]), min(lowest, key=lambda name: lowest[name])
        text = f"With pictures {WHAT[one.kind]}, {best} keeps at least {percent(lowest[best])} of its answers"
        said.append(f"{text}." if best == worst else f"{text}, {worst} {percent(lowest[worst])}.")
    return tuple(said)


def _properties(swept: list[Swept]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for one in swept:
        for name, result in one.models.items():
            if not math.isnan(result.consistency_area.value):
                found.setdefault(name, {})[f"{one.kind}_consistency"] = result.consistency_area.value
    return found
