"""Shape or texture: shape biases of models and people, and whether they are wrong on the same images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...answers import Answers
from ...bias import ShapeBias, is_cue_conflict, shape_bias
from ...consistency import ErrorConsistencyMatrix, error_consistency_matrix
from ...errors import InvalidData
from ..figure import models_svg
from ..words import listed, percent
from .section import Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..evidence import Evidence

MOST_IN_A_FIGURE = 12
"""Observers beyond which the figure would be a thicket."""


@dataclass(frozen=True)
class Observer:
    """One model or person."""

    name: str
    result: ShapeBias


@dataclass(frozen=True)
class Shape:
    """Observers from the most to the least shape-biased; the matrix is None where they saw other images."""

    observers: tuple[Observer, ...]
    figure: str | None
    consistency: ErrorConsistencyMatrix | None


def collect(evidence: Evidence) -> Section | None:
    """Shape biases of every observer, and their error consistency where all saw the same images."""
    saw = [one for one in evidence.observers if is_cue_conflict(one.images)]
    if not saw:
        return None
    observers = [Observer(one.observer, shape_bias(one)) for one in saw]
    order = {model.name: index for index, model in enumerate(evidence.models)}
    drawn = sorted(observers, key=lambda one: order.get(one.name, len(order)))  # in the colours of the page
    observers.sort(key=lambda one: (math.isnan(one.result.shape_bias), -one.result.shape_bias, one.name))
    data = Shape(tuple(observers), _figure(drawn), _consistency(saw))
    return Section(
        "shape",
        data,
        _sentences(observers),
        {one.name: {"shape_bias": one.result.shape_bias} for one in observers},
        [_record(one) for one in observers],
    )


def _consistency(observers: Sequence[Answers]) -> ErrorConsistencyMatrix | None:
    if len(observers) < 2:
        return None
    try:
        return error_consistency_matrix(list(observers))
    except InvalidData:  # other images, or a file that does not say what is right
        return None


def _figure(observers: Sequence[Observer]) -> str | None:
    """The study's figure: categories on rows, observers as marks."""
    from ..._shape_bias_figure import figure_size

    if len(observers) > MOST_IN_A_FIGURE:
        return None
    names = {tuple(one.result.categories.name) for one in observers}
    if len(names) > 1:
        return None

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for one in observers:
            one.result.plot(axes, label=one.name)

    width, height = figure_size(observers[0].result)
    return models_svg(draw, (width + 1, height + 0.25 * (len(observers) // 3)), "Shape bias by category", "shape")


def _sentences(observers: Sequence[Observer]) -> tuple[str, ...]:
    known = [one for one in observers if not math.isnan(one.result.shape_bias)]
    if not known:
        return ("No answer to the cue-conflict images names a shape or a texture.",)
    if len(known) == 1:
        one = known[0]
        return (f"{one.name} goes by the shape in {percent(one.result.shape_bias)} of its shape-or-texture answers.",)
    if max(one.result.low for one in known) <= min(one.result.high for one in known):
        shares = ", ".join(f"{one.name} {percent(one.result.shape_bias)}" for one in known[:4])
        return (f"Shape bias does not tell the models apart: {shares}{', ...' if len(known) > 4 else ''}.",)
    texture = [one.name for one in known if one.result.high < 0.5]
    first, last = known[0], known[-1]
    said = (
        f"Shape bias runs from {percent(first.result.shape_bias)} ({first.name}) to {percent(last.result.shape_bias)} "
        f"({last.name})"
    )
    if 0 < len(texture) <= 6:
        said += (
            f"; {listed(texture)} {'goes' if len(texture) == 1 else 'go'} by the texture more often than by the shape"
        )
    return (f"{said}.",)


def _record(one: Observer) -> dict[str, Any]:
    fields = ("shape_bias", "low", "high", "n", "n_conflict", "n_shape", "n_texture", "n_other")
    return {"observer": one.name, **{name: getattr(one.result, name) for name in fields}}
