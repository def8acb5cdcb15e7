"""Accuracies by task, models side by side. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from ._reliability import GRID, INK
from ._shape_bias_figure import COLOURS, MARKERS
from .errors import InvalidArgument

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .probe_tasks import TaskAccuracies

ROW = 0.7
"""Of the distance of two tasks, over which models spread."""


def figure_size(n_tasks: int, n_models: int = 1) -> tuple[float, float]:
    """Inches, for as many rows as there are tasks."""
    return 6.6, 1.5 + max(0.28, 0.13 * n_models + 0.1) * n_tasks


def draw(result: TaskAccuracies, ax: Axes | None, label: str) -> Axes:
    """Draw one model's marks into a new figure, or beside those of the models in `ax`, which make room."""
    names = [str(name).replace("_", " ") for name in result.tasks.name]
    if ax is None:
        ax = plt.figure(figsize=figure_size(len(names)), layout="constrained").add_subplot()
    before = len(ax.containers)
    if before == 0:
        _prepare(ax, names, list(result.tasks.group))
    elif [text.get_text() for text in ax.get_yticklabels()] != names:
        raise InvalidArgument("ax shows other tasks; models in one figure need the same ones", "ax")
    tasks, colour = result.tasks, COLOURS[before % len(COLOURS)]
    ax.axvline(result.mean, color=colour, linewidth=1, alpha=0.45, zorder=2)
    ax.errorbar(
        tasks.accuracy,
        np.arange(len(names)),
        xerr=(tasks.accuracy - tasks.low, tasks.high - tasks.accuracy),
        linestyle="none",
        marker=MARKERS[before % len(MARKERS)],
        color=colour,
        markeredgecolor="white",
        markeredgewidth=0.8,
        elinewidth=2,
        markersize=7,
        clip_on=False,
        zorder=3,
        label=f"{label}  mean {result.mean:.3f}".strip(),
    )
    _share_rows(ax, len(names))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize="small", frameon=False)
    return ax


def _share_rows(ax: Axes, n_tasks: int) -> None:
    """Put the models of each row under each other."""
    n_models = len(ax.containers)
    for place, container in enumerate(ax.containers):
        marks, _, bars = container
        rows = np.arange(n_tasks) + ROW * ((place + 0.5) / n_models - 0.5)
        marks.set_ydata(rows)
        segments = [
            np.column_stack([part[:, 0], [row, row]]) for part, row in zip(bars[0].get_segments(), rows, strict=True)
        ]
        bars[0].set_segments(segments)


def _prepare(ax: Axes, names: list[str], groups: list[str]) -> None:
    """Tasks from top to bottom, with a line where the group changes."""
    ax.set(ylim=(len(names) - 0.4, -0.6), yticks=range(len(names)), yticklabels=names)
    ax.set_xlabel("accuracy", color=INK)
    for row in range(1, len(names)):
        if groups[row] != groups[row - 1]:
            ax.axhline(row - 0.5, color=INK, linewidth=0.6)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(length=0, colors=INK)
    for side in ("top", "left", "right"):
        ax.spines[side].set_visible(False)
