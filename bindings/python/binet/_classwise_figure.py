"""The classes of a class-wise calibration, drawn. Imported when something is drawn: only then is matplotlib needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

try:
    import matplotlib.pyplot as plt
except ImportError as error:
    raise ImportError("plot needs matplotlib: pip install 'libbinet[plot]'") from error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .classwise import ClasswiseCalibration

OVER = "#D55E00"
UNDER = "#00745A"
INK = "#333333"
GRID = "#DDDDDD"
NAMED = 3
FEW = 40


def draw(result: ClasswiseCalibration, ax: Axes | None) -> Axes:
    """Draw `result` into `ax`, or into a new figure."""
    ax = plt.figure(figsize=(6.4, 4.0), layout="constrained").add_subplot() if ax is None else ax
    classes = result.classes
    order = classes.worst(len(classes))
    ece = classes.ece[order]
    over = classes.probability[order] > classes.accuracy[order]
    places = np.arange(1, len(order) + 1)
    for chosen, colour, hatch, label in (
        (over, OVER, "", "too probable on average"),
        (~over, UNDER, "////" if len(order) <= FEW else "", "not probable enough"),
    ):
        if chosen.any():
            ax.bar(places[chosen], ece[chosen], 1.0, color=colour, alpha=0.75, hatch=hatch, linewidth=0, label=label)
    ax.axhline(result.ece, color=INK, linewidth=1.2, linestyle=(0, (4, 3)), label=f"mean {result.ece:.4g}")
    for place in range(min(NAMED, len(order))):
        ax.annotate(
            f"class {order[place]}",
            (places[place] + 0.5, ece[place]),
            xytext=(6, -4 - 2 * place),
            textcoords="offset points",
            fontsize="x-small",
            va="center",
        )
    unit = "class" if len(order) == 1 else "classes"
    ax.set(xlim=(0.5, max(len(order), 1) + 0.5), xlabel=f"{len(order):,} {unit}, the largest first", ylabel=result.name)
    ax.set_ylim(bottom=0)
    ax.grid(axis="y", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(loc="upper right", fontsize="small", framealpha=0.9)
    return ax
