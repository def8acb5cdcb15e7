"""Mistakes: error ratios by factor, every right class, the worst classes and the pairs most often confused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...class_report import ClassReport, class_report
from ...mistakes import ErrorRatio, error_ratio
from ...multilabel import MultilabelAccuracy, multilabel_accuracy
from ..figure import models_svg
from ..words import points
from .section import Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..evidence import Evidence, Model

MOST_IN_A_FIGURE = 8


@dataclass(frozen=True)
class Mistaken:
    """The mistakes of one model."""

    name: str
    classes: ClassReport
    ratio: ErrorRatio | None
    multilabel: MultilabelAccuracy | None


@dataclass(frozen=True)
class Mistakes:
    """Models in the order given, and the figure of their error ratios."""

    models: tuple[Mistaken, ...]
    figure: str | None

    @property
    def factors(self) -> tuple[str | int, ...]:
        """Names of the factors, empty where there are none."""
        return tuple(self.models[0].ratio.factors.name) if self.models[0].ratio else ()


def collect(evidence: Evidence) -> Section | None:
    """What the clean sets tell."""
    models = [_measure(model, evidence) for model in evidence.models if model.run is not None]
    if not models:
        return None
    return Section(
        "mistakes",
        Mistakes(tuple(models), _figure(models)),
        _sentences(models),
        {one.name: _properties(one) for one in models},
        [_record(one) for one in models],
    )


def _measure(model: Model, evidence: Evidence) -> Mistaken:
    assert model.run is not None
    table = model.run.predictions
    multilabel = None if evidence.multilabels is None else multilabel_accuracy(table, evidence.multilabels)
    ratio = None if evidence.factors is None else error_ratio(table, evidence.factors, leave_out=evidence.leave_out)
    return Mistaken(model.name, class_report(table), ratio, multilabel)


def _figure(models: Sequence[Mistaken]) -> str | None:
    from ..._factor_figure import figure_size

    ratios = [(one.name, one.ratio) for one in models if one.ratio is not None]
    if not ratios or len(ratios) > MOST_IN_A_FIGURE:
        return None

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for name, ratio in ratios:
            ratio.plot(axes, label=name)

    return models_svg(
        draw, figure_size(len(ratios[0][1].factors), len(ratios)), "Error ratio of each factor", "factors"
    )


def _sentences(models: Sequence[Mistaken]) -> tuple[str, ...]:
    said = []
    for one in models if len(models) <= 3 else ():
        if one.ratio is not None and one.ratio.worst is not None:
            worst = one.ratio.ratios[one.ratio.worst]
            said.append(
                f"{one.name} errs {worst:.1f} times as often as usual on images marked "
                f"{str(one.ratio.worst).replace('_', ' ')}; the mean error ratio is {one.ratio.mean:.2f}."
            )
        gap = one.classes.accuracy - one.classes.worst_accuracy
        if one.ratio is None and gap > 0:
            said.append(
                f"The worst class of {one.name}, {one.classes.worst_class}, lies {points(gap)} below its accuracy."
            )
    return tuple(said)


def _properties(one: Mistaken) -> dict[str, float]:
    found = {
        "error_ratio": one.ratio.mean if one.ratio else math.nan,
        "real_accuracy": one.multilabel.value if one.multilabel else math.nan,
        "balanced_accuracy": one.classes.balanced_accuracy,
        "worst_class_accuracy": one.classes.worst_accuracy,
        "class_balance": one.classes.class_balance,
    }
    return {name: value for name, value in found.items() if not math.isnan(value)}


def _record(one: Mistaken) -> dict[str, Any]:
    return {"model": one.name, **_properties(one), "ratios": dict(one.ratio.ratios) if one.ratio else None}
