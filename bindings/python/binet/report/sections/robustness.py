"""Robustness: accuracy on corrupted and on shifted sets, beside the clean one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...corruption import CORRUPTIONS, SEVERITIES, CorruptionRobustness, corruption_robustness
from ...robustness import RelativeAccuracy, relative_accuracy
from ..figure import models_svg
from ..words import percent
from .section import Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..evidence import Evidence, Model

MOST_IN_A_FIGURE = 8


@dataclass(frozen=True)
class Corrupted:
    """One corrupted set of one or more models."""

    name: str
    models: Mapping[str, CorruptionRobustness]
    figure: str | None

    @property
    def corruptions(self) -> list[str | int]:
        """Of all models, in the order of the first that has each."""
        return list(dict.fromkeys(name for one in self.models.values() for name in one.corruptions.name))

    @property
    def has_mce(self) -> bool:
        """Whether a model has all that a corruption error needs."""
        return any(not math.isnan(one.mce) for one in self.models.values())


@dataclass(frozen=True)
class Robustness:
    """Corrupted sets, and the shifted sets of the models that have a clean one."""

    corrupted: tuple[Corrupted, ...]
    shifted: Mapping[str, RelativeAccuracy]

    @property
    def sets(self) -> list[str]:
        """Shifted sets of all models."""
        return list(dict.fromkeys(str(name) for one in self.shifted.values() for name in one.sets.name))


def collect(evidence: Evidence) -> Section | None:
    """Every corrupted and shifted set that a model has."""
    names = list(dict.fromkeys(name for model in evidence.models for name in model.corrupted))
    corrupted = tuple(_corrupted(name, evidence) for name in names)
    shifted = {model.name: _shifted(model) for model in evidence.models if model.run is not None and model.shifted}
    if not corrupted and not shifted:
        return None
    data = Robustness(corrupted, shifted)
    return Section("robustness", data, _sentences(data), _properties(data), _record(data))


def _corrupted(name: str, evidence: Evidence) -> Corrupted:
    found = {model.name: _measure(model, name) for model in evidence.models if name in model.corrupted}
    return Corrupted(name, found, _figure(name, found))


def _measure(model: Model, name: str) -> CorruptionRobustness:
    """AlexNet's errors are the baseline where the set is all of ImageNet-C."""
    cells = {cell: run.predictions for cell, run in model.corrupted[name].items()}
    whole = set(cells) == {(corruption, severity) for corruption in CORRUPTIONS for severity in SEVERITIES}
    clean = None if model.run is None else model.run.predictions
    return corruption_robustness(cells, clean=clean, baseline="alexnet" if whole else "none", missing="nan")


def _shifted(model: Model) -> RelativeAccuracy:
    assert model.run is not None
    return relative_accuracy({name: run.predictions for name, run in model.shifted.items()}, model.run.predictions)


def _figure(name: str, models: Mapping[str, CorruptionRobustness]) -> str | None:
    severities = {tuple(one.severities.name) for one in models.values()}
    if len(models) > MOST_IN_A_FIGURE or len(severities) > 1:
        return None

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for model, one in models.items():
            one.plot(axes, kind="curves", label=model)

    return models_svg(draw, (6.2, 3.8), f"Accuracy on {name} by severity", f"set-{name}")


def _sentences(data: Robustness) -> tuple[str, ...]:
    said = []
    for one in data.corrupted:
        known = {name: each.accuracy for name, each in one.models.items() if not math.isnan(each.accuracy)}
        if not known:
            continue
        best, worst = max(known, key=lambda name: known[name]), min(known, key=lambda name: known[name])
        text = f"On {one.name} images, {best} is right {percent(known[best])} of the time"
        said.append(f"{text}." if best == worst else f"{text}, {worst} {percent(known[worst])}.")
    return tuple(said)


def _properties(data: Robustness) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for one in data.corrupted:
        for name, each in one.models.items():
            numbers = {"corruption_accuracy": each.accuracy, "corruption_error": each.mce}
            found.setdefault(name, {}).update({key: value for key, value in numbers.items() if not math.isnan(value)})
    for name, relative in data.shifted.items():
        found.setdefault(name, {})["ood_robustness"] = relative.geometric
    return found


def _record(data: Robustness) -> dict[str, Any]:
    return {
        "corrupted": [
            {
                "set": one.name,
                "model": name,
                "accuracy": each.accuracy,
                "mce": each.mce,
                "relative_mce": each.relative_mce,
                "baseline": each.baseline,
                "missing": [f"{corruption}/{severity}" for corruption, severity in each.missing],
                "corruptions": [row._asdict() for row in each.corruptions],
                "severities": [row._asdict() for row in each.severities],
            }
            for one in data.corrupted
            for name, each in one.models.items()
        ],
        "shifted": [
            {"model": name, "geometric": one.geometric, "sets": [row._asdict() for row in one.sets]}
            for name, one in data.shifted.items()
        ],
    }
