"""The figure of shape biases. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from ._reliability import GRID, INK
from .errors import InvalidArgument

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .bias import ShapeBias

# Okabe and Ito's colours, which people of any colour vision tell apart, yellow made dark enough for white paper; with
# nine marks to eight colours, 72 models look different.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#333333", "#A69B00")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "p", "*")

ALL = "all"
"""Name of the row below the categories, with the pooled shape biases and their intervals."""

GOLDEN = 0.618034


def figure_size(result: ShapeBias) -> tuple[float, float]:
    """Inches, for as many rows as there are categories, and the last for all."""
    return 6.2, 2.2 + 0.3 * len(result.categories)


def draw(result: ShapeBias, ax: Axes | None, label: str) -> Axes:
    """Draw `result` into a new figure, or beside what is in `ax` already."""
    names = [*map(str, result.categories.name), ALL]
    if ax is None:
        ax = plt.figure(figsize=figure_size(result), layout="constrained").add_subplot()
    before = len(ax.get_legend_handles_labels()[1])
    if before == 0:
        _prepare(ax, names)
    elif [text.get_text() for text in ax.get_yticklabels()] != names:
        raise InvalidArgument("ax shows other categories; models in one figure need the same ones", "ax")
    colour, marker = COLOURS[before % len(COLOURS)], MARKERS[before % len(MARKERS)]
    aside = ((before * GOLDEN + 0.5) % 1 - 0.5) / 2  # of a row, so that no mark hides another; the first has none
    mark: dict[str, Any] = {
        "marker": marker,
        "color": colour,
        "markeredgecolor": "white",
        "markeredgewidth": 0.8,
        "clip_on": False,
    }
    if result.n_shape + result.n_texture > 0:
        ax.axvline(result.shape_bias, color=colour, linewidth=1, alpha=0.45, zorder=2)
        row = len(names) - 1 + 1.5 * aside
        ax.hlines(row, result.low, result.high, color=colour, linewidth=2.4, zorder=3)
        ax.plot(result.shape_bias, row, markersize=7, zorder=4, **mark)
    ax.plot(
        result.categories.shape_bias,
        np.arange(len(names) - 1) + aside,
        linestyle="none",
        markersize=8,
        zorder=3,
        label=f"{label}  {result.shape_bias:.3f}".strip(),
        **mark,
    )
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize="small", frameon=False)
    return ax


def _prepare(ax: Axes, names: list[str]) -> None:
    """Categories from top to bottom, then all; texture on the left, shape on the right."""
    ax.set(xlim=(0, 1), ylim=(len(names) - 0.35, -0.6), yticks=range(len(names)), yticklabels=names)
    ax.axhline(len(names) - 1.5, color=INK, linewidth=0.6)
    ax.set_xlabel("shape bias", color=INK)
    ends = ((0, "left", "\N{LEFTWARDS ARROW} texture"), (1, "right", "shape \N{RIGHTWARDS ARROW}"))
    for x, side, text in ends:
        ax.annotate(
            text, (x, 0), (0, -18), xycoords="axes fraction", textcoords="offset points", ha=side, va="top", color=INK
        )
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(length=0, colors=INK)
    ax.tick_params(axis="y", pad=10)  # room for a mark at 0
    for side in ("top", "left", "right"):
        ax.spines[side].set_visible(False)
