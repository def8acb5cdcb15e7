"""Synthetic data: accuracy on rendered images, by the factor that is varied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...synthetic import SyntheticAccuracy, synthetic_accuracy
from ..figure import models_svg
from ..words import percent
from .section import Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..evidence import Evidence

MOST_IN_A_FIGURE = 8


@dataclass(frozen=True)
class Rendered:
    """Models in the order of the page, and the factors of the first."""

    models: dict[str, SyntheticAccuracy]
    figure: str | None

    @property
    def factors(self) -> tuple[str | int, ...]:
        """Names of the factors."""
        return tuple(next(iter(self.models.values())).factors.name)


def collect(evidence: Evidence) -> Section | None:
    """Models with synthetic sets, where the map of classes is known."""
    if evidence.class_map is None:
        return None
    found = {
        model.name: synthetic_accuracy(
            {factor: run.predictions for factor, run in model.synthetic.items()}, evidence.class_map
        )
        for model in evidence.models
        if model.synthetic
    }
    if not found:
        return None
    return Section(
        "synthetic",
        Rendered(found, _figure(found)),
        tuple(_sentence(name, one) for name, one in found.items()) if len(found) <= 3 else (),
        {name: {"synthetic_mean": one.mean} for name, one in found.items()},
        [_record(name, one) for name, one in found.items()],
    )


def _figure(models: dict[str, SyntheticAccuracy]) -> str | None:
    from ..._factor_figure import figure_size

    factors = {tuple(one.factors.name) for one in models.values()}
    if len(models) > MOST_IN_A_FIGURE or len(factors) > 1:
        return None

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for name, one in models.items():
            one.plot(axes, label=name)

    return models_svg(draw, figure_size(len(next(iter(factors))), len(models)), "Accuracy by factor", "synthetic")


def _sentence(name: str, one: SyntheticAccuracy) -> str:
    known = [factor for factor in one.factors if factor.n > 0]
    hardest = min(known, key=lambda factor: factor.accuracy)
    return (
        f"On synthetic images {name} is right {percent(one.mean)} of the time over the factors, least where "
        f"{str(hardest.name).replace('_', ' ')} varies ({percent(hardest.accuracy)})."
    )


def _record(name: str, one: SyntheticAccuracy) -> dict[str, Any]:
    return {
        "model": name,
        "mean": one.mean,
        "accuracy": one.accuracy,
        "n": one.n,
        "n_outside": one.n_outside,
        "convention": one.convention,
        "factors": [factor._asdict() for factor in one.factors],
    }
