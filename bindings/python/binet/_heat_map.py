"""A square matrix of coefficients as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ._extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DARK = 0.6
"""Of the colour scale: beyond it text is white."""


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

    side = max(3.5, 0.62 * len(names) + 2)
    axes = pyplot.figure(figsize=(side + 0.8, side), layout="constrained").add_subplot() if ax is None else ax
    image = axes.imshow(values, cmap="RdBu_r" if limits[0] < 0 else "Blues", vmin=limits[0], vmax=limits[1])
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    largest = max(map(abs, limits))
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            colour = "white" if abs(value) > _DARK * largest else "black"
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=8)
    axes.figure.colorbar(image, ax=axes, label=label, shrink=0.8)
    return axes
