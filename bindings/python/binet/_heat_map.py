"""A matrix of coefficients as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ._extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, EMPTY = "#333333", "#DDDDDD"

_DARK = 0.5
"""Luminance of a cell below which text is white."""

_MOST_WRITTEN = 24
"""Rows and columns up to which cells are apart and hold their numbers."""

MOST_NAMED = 40
"""Names on a side of a figure of its own."""


def figure_size(rows: Sequence[str], columns: Sequence[str] | None = None) -> tuple[float, float]:
    """Inches, for a cell for every two names and the names on two sides, where no others are given the same."""
    columns = rows if columns is None else columns
    width, height = (0.52 * min(len(names), _MOST_WRITTEN) for names in (columns, rows))
    return (
        max(3.5, 1.6 + width + 0.09 * max(map(len, rows))),
        max(3.0, 0.7 + height + 0.75 * 0.09 * max(map(len, columns))),
    )


def draw(
    values: NDArray[np.float64],
    names: Sequence[str],
    ax: Axes | None,
    label: str,
    limits: tuple[float, float] = (-1, 1),
    *,
    columns: Sequence[str] | None = None,
    colours: str | None = None,
    origin: Literal["upper", "lower"] = "upper",
    numbers: bool = True,
    bar: bool = True,
    most_named: int = MOST_NAMED,
) -> Axes:
    """Draw a matrix, a NaN as an empty cell.

    Args:
        values: [R, C].
        names: of the rows.
        ax: where to draw; None: a new figure.
        label: what the colours are.
        limits: values at the ends of the colours.
        columns: names of the columns. None: those of the rows.
        colours: name of the colour map. None: blue and red around 0, or blue from 0.
        origin: where the first row is.
        numbers: draw few cells apart, with two decimals each.
        bar: draw the colours and their values beside it.
        most_named: names on a side; of more rows than that every second, or third, ... has one.
    """
    require("plot", "matplotlib")
    from matplotlib import pyplot

    columns = names if columns is None else columns
    axes = pyplot.figure(figsize=figure_size(names, columns), layout="constrained").add_subplot() if ax is None else ax
    axes.set_facecolor(EMPTY)
    cmap = colours or ("RdBu_r" if limits[0] < 0 else "Blues")
    image = axes.imshow(values, cmap=cmap, vmin=limits[0], vmax=limits[1], origin=origin)
    row_ticks, column_ticks = (range(0, len(side), -(-len(side) // most_named)) for side in (names, columns))
    named = [columns[i] for i in column_ticks]
    axes.set_xticks(column_ticks, named, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(row_ticks, [names[i] for i in row_ticks])
    axes.spines[:].set_visible(False)
    if numbers and max(values.shape) <= _MOST_WRITTEN:
        axes.set_xticks(np.arange(1, len(columns)) - 0.5, minor=True)
        axes.set_yticks(np.arange(1, len(names)) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=1.5)
        for (row, column), value in np.ndenumerate(values):
            if not np.isnan(value):
                luminance = np.dot(image.cmap(image.norm(value))[:3], (0.299, 0.587, 0.114))
                written = f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
                colour = "white" if luminance < _DARK else INK
                axes.text(column, row, written, ha="center", va="center", color=colour, fontsize=8)
    axes.tick_params(which="both", length=0, colors=INK)
    if bar:
        axes.figure.colorbar(image, ax=axes, label=label, shrink=0.8).outline.set_visible(False)
    return axes
