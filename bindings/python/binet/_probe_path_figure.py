"""Accuracy along a path over C. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt

from ._reliability import GRID
from ._shape_bias_figure import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .probe_path import ProbePath


def draw(path: ProbePath, ax: Axes | None, label: str) -> Axes:
    """Draw into a new figure, or beside the curves in `ax`."""
    if ax is None:
        ax = plt.figure(figsize=(5.4, 3.4), layout="constrained").add_subplot()
        ax.set_xscale("log")
        ax.set_xlabel("C, inverse of the penalty's strength")
        ax.set_ylabel("accuracy on validation rows")
        ax.grid(color=GRID, linewidth=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
    colour = COLOURS[len([line for line in ax.lines if line.get_gid() == "path"]) % len(COLOURS)]
    ax.plot(path.Cs, path.accuracy, color=colour, linewidth=1.6, marker="o", markersize=2.5, gid="path")
    ax.plot(
        [path.C],
        [path.accuracy[path.chosen]],
        color=colour,
        marker="o",
        markersize=8,
        markerfacecolor="white",
        markeredgewidth=2,
        linestyle="none",
        label=f"{label}  C = {path.C:.3g}, {path.accuracy[path.chosen]:.4f}".strip(),
    )
    ax.legend(loc="best", fontsize="small", frameon=False)
    return ax
