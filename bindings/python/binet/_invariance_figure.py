"""The figure of a sweep. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from ._reliability import GRID, INK
from ._shape_bias_figure import COLOURS, MARKERS
from .errors import InvalidArgument, shown
from .invariance import MEASURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .invariance import Invariance

SIZE = (5.6, 4.0)
"""Inches of a figure with one curve or several."""


def draw(result: Invariance, ax: Axes | None, measure: str, label: str) -> Axes:
    """Draw `result` into a new figure, or beside what is in `ax` already."""
    if measure not in MEASURES:
        words = ", ".join(repr(word) for word in MEASURES)
        raise InvalidArgument(f"measure is {shown(measure)}; allowed: {words}", "measure")
    names = [str(one.setting) for one in result]
    are_numbers = not np.isnan(result.accuracy_area.value)
    places = [float(one.setting if are_numbers else index) for index, one in enumerate(result)]
    if ax is None:
        ax = plt.figure(figsize=SIZE, layout="constrained").add_subplot()
    before = len(ax.lines)
    if before == 0:
        _prepare(ax, places, names, MEASURES[measure])
    elif [text.get_text() for text in ax.get_xticklabels()] != names or ax.get_ylabel() != MEASURES[measure]:
        raise InvalidArgument("ax shows other settings or another measure; curves in one figure need the same", "ax")
    colour, marker = COLOURS[before % len(COLOURS)], MARKERS[before % len(MARKERS)]
    value, low, high = np.array([getattr(one, measure) for one in result]).T
    ax.fill_between(places, low, high, color=colour, alpha=0.13, linewidth=0, zorder=1)
    ax.plot(places, value, color=colour, marker=marker, markeredgecolor="white", linewidth=1.6, zorder=3, label=label)
    if label:
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize="small", frameon=False)
    return ax


def _prepare(ax: Axes, places: list[float], names: list[str], ylabel: str) -> None:
    """The settings where they lie, each with its tick."""
    ax.set(xticks=places, xticklabels=names)
    ax.set_xlabel("setting", color=INK)
    ax.set_ylabel(ylabel, color=INK)
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(length=0, colors=INK)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
