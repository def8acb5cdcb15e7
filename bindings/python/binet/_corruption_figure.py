"""The figures of corruptions. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from ._reliability import GRID, INK
from ._shape_bias_figure import COLOURS, MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .corruption import CorruptionRobustness

DARK = 0.6
"""Accuracy from which on a field is so dark that it is written on in white."""


def heat_map(result: CorruptionRobustness, ax: Axes | None) -> Axes:
    """Corruptions on rows, severities on columns; a cell that is missing is crossed out."""
    n_rows, n_columns = result.cells.shape
    if ax is None:
        ax = plt.figure(figsize=(2.9 + 0.62 * n_columns, 1.2 + 0.3 * n_rows), layout="constrained").add_subplot()
    names = [str(name).replace("_", " ") for name in result.corruptions.name]
    picture = ax.imshow(result.cells, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    ax.set_xticks(range(n_columns), list(map(str, result.severities.name)))
    ax.set_yticks(range(n_rows), names)
    ax.set_xlabel("severity", color=INK)
    ax.tick_params(length=0, colors=INK)
    ax.set_xticks([column - 0.5 for column in range(1, n_columns)], minor=True)
    ax.set_yticks([row - 0.5 for row in range(1, n_rows)], minor=True)
    ax.grid(which="minor", color="white", linewidth=2)
    ax.tick_params(which="minor", length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    for (row, column), value in np.ndenumerate(result.cells):
        written = "\N{MULTIPLICATION SIGN}" if np.isnan(value) else f"{100 * value:.1f}"
        ax.text(column, row, written, ha="center", va="center", color="white" if value > DARK else INK, fontsize=8)
    bar = ax.figure.colorbar(picture, ax=ax, fraction=0.06, pad=0.04)
    bar.set_label("accuracy", color=INK)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, colors=INK)
    return ax


def curve(result: CorruptionRobustness, ax: Axes | None, label: str) -> Axes:
    """Mean accuracy by severity, from the clean one at 0 where it is known."""
    if ax is None:
        ax = plt.figure(figsize=(5.4, 3.8), layout="constrained").add_subplot()
    before = len(ax.get_legend_handles_labels()[1])
    if before == 0:
        ax.set_ylim(0, 1)
        ax.set_xlabel("severity (0: clean)", color=INK)
        ax.set_ylabel("accuracy, mean over corruptions", color=INK)
        ax.grid(color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.tick_params(length=0, colors=INK)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    by_severity = result.severities
    x, y = list(by_severity.name), by_severity.accuracy.tolist()
    low, high = by_severity.low.tolist(), by_severity.high.tolist()
    if not np.isnan(result.clean_accuracy):
        x, y = [0, *x], [result.clean_accuracy, *y]
        low, high = [result.clean_accuracy, *low], [result.clean_accuracy, *high]
    colour, marker = COLOURS[before % len(COLOURS)], MARKERS[before % len(MARKERS)]
    written = f"{label}  {result.accuracy:.3f}".strip()
    ax.plot(x, y, color=colour, marker=marker, markersize=6, markeredgecolor="white", label=written)
    ax.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
    ax.set_xticks(x)
    ax.legend(fontsize="small", frameon=False)
    return ax
