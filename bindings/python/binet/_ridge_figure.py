"""Leave-one-out curves over the penalty. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from ._reliability import GRID
from ._risk_figure import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .ridge_probe import RidgePath

RIGHT = "binet accuracy"


def draw(path: RidgePath, ax: Axes | None, label: str) -> Axes:
    """Draw `path` into a new figure, or beside the curves that are in `ax` already."""
    if ax is None:
        ax = plt.figure(figsize=(5.2, 4.2), layout="constrained").add_subplot()
    twins = [other for other in ax.figure.axes if other.get_label() == RIGHT and other.bbox.bounds == ax.bbox.bounds]
    right = twins[0] if twins else ax.twinx()
    right.set_label(RIGHT)
    colour = COLOURS[len(ax.get_legend_handles_labels()[1]) // 2 % len(COLOURS)]
    order = np.argsort(path.alphas)
    alphas, errors, accuracies = path.alphas[order], path.loo_error[order], path.loo_accuracy[order]
    before = f"{label}  " if label else ""
    chosen = path[path.chosen]
    ax.plot(alphas, errors, color=colour, linewidth=1.6, label=f"{before}error")
    ax.plot([], [], color=colour, linewidth=1.6, linestyle="--", label=f"{before}accuracy")
    right.plot(alphas, accuracies, color=colour, linewidth=1.6, linestyle="--")
    ax.plot(chosen.alpha, chosen.loo_error, "o", color=colour)
    right.plot(chosen.alpha, chosen.loo_accuracy, "o", color=colour, markerfacecolor="white")
    ax.set(xscale="log", xlabel="alpha (penalty)", ylabel="leave-one-out squared error")
    right.set_ylabel("leave-one-out accuracy")
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize="small", frameon=False)
    return ax
