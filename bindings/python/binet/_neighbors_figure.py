"""Accuracy of the neighbours' vote over k. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from ._reliability import GRID
from ._risk_figure import COLOURS, STYLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .neighbors_probe import NeighborsAccuracies


def draw(result: NeighborsAccuracies, ax: Axes | None, label: str) -> Axes:
    """Draw `result` into a new figure, or beside the curves that are in `ax` already."""
    if ax is None:
        ax = plt.figure(figsize=(5.2, 4.0), layout="constrained").add_subplot()
    before = len(ax.get_lines())
    order = np.argsort(result.ks)
    ks = np.array(result.ks)[order]
    ax.plot(
        ks,
        result.accuracy[order],
        color=COLOURS[before % len(COLOURS)],
        linestyle=STYLES[before // len(COLOURS) % len(STYLES)],
        linewidth=1.6,
        marker="o",
        markersize=4,
        label=label or None,
    )
    ax.set_xscale("log")
    ax.set_xticks(ks, [str(k) for k in ks])
    ax.minorticks_off()
    ax.set(xlabel="neighbours that vote, k", ylabel="accuracy")
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(fontsize="small", frameon=False)
    return ax
