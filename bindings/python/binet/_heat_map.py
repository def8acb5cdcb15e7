"""A square matrix of coefficients as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ._extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, EMPTY = "#333333", "#DDDDDD"

_DARK = 0.6
"""Of the colour scale: beyond it text is white."""

_MOST_WRITTEN = 24
"""Rows up to which numbers are written into the cells."""


def figure_size(names: Sequence[str]) -> tuple[float, float]:
    """Inches, for a cell for every two names and the names on two sides."""
    cells = 0.52 * min(len(names), _MOST_WRITTEN)
    longest = 0.09 * max(map(len, names))
    return max(3.5, 1.6 + cells + longest), max(3.0, 0.7 + cells + 0.75 * longest)


def draw(
    values: NDArray[np.float64],
    names: Sequence[str],
    ax: Axes | None,
    label: str,
    limits: tuple[float, float] = (-1, 1),
) -> Axes:
    """Draw a matrix with two decimals a cell, a NaN as an empty cell.

    Args:
        values: [D, D].
        names: of the rows and of the columns.
        ax: where to draw; None: a new figure.
        label: what the colours are.
        limits: values at the ends of the colours.
    """
    require("plot", "matplotlib")
    from matplotlib import pyplot

    axes = pyplot.figure(figsize=figure_size(names), layout="constrained").add_subplot() if ax is None else ax
    axes.set_facecolor(EMPTY)
    image = axes.imshow(values, cmap="RdBu_r" if limits[0] < 0 else "Blues", vmin=limits[0], vmax=limits[1])
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    between = np.arange(1, len(names)) - 0.5
    axes.set_xticks(between, minor=True)
    axes.set_yticks(between, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="both", length=0, colors=INK)
    axes.spines[:].set_visible(False)
    largest = max(map(abs, limits))
    for (row, column), value in np.ndenumerate(values) if len(names) <= _MOST_WRITTEN else ():
        if not np.isnan(value):
            colour = "white" if abs(value) > _DARK * largest else INK
            written = f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
            axes.text(column, row, written, ha="center", va="center", color=colour, fontsize=8)
    bar = axes.figure.colorbar(image, ax=axes, label=label, shrink=0.8)
    bar.outline.set_visible(False)
    return axes
