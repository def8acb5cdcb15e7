"""Bars by factor, models side by side. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

from ._reliability import GRID, INK
from ._shape_bias_figure import COLOURS
from .errors import InvalidArgument

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GROUP = 0.8  # of the distance of two factors, filled by bars


def figure_size(n_factors: int, n_models: int = 1) -> tuple[float, float]:
    """Inches, for as many rows of bars as there are factors and models."""
    return 6.6, 1.5 + max(0.3, 0.13 * n_models + 0.1) * n_factors


def draw(
    ax: Axes | None,
    names: Sequence[str | int],
    values: npt.NDArray[np.float64],
    label: str,
    axis: str,
    line: float | None,
) -> Axes:
    """Draw one model's bars into a new figure, or beside those of the models in `ax`, which make room."""
    texts = [str(name).replace("_", " ") for name in names]
    if ax is None:
        ax = plt.figure(figsize=figure_size(len(texts)), layout="constrained").add_subplot()
    before = len(ax.containers)
    if before == 0:
        _prepare(ax, texts, axis, line)
    elif [text.get_text() for text in ax.get_yticklabels()] != texts:
        raise InvalidArgument("ax shows other factors; models in one figure need the same ones", "ax")
    ax.barh(np.arange(len(texts)), np.nan_to_num(values), color=COLOURS[before % len(COLOURS)], label=label)
    for row in np.flatnonzero(np.isnan(values)).tolist():
        text = ax.annotate(
            "no number", (0, row), (3, 0), textcoords="offset points", va="center", fontsize="x-small", color=INK
        )
        text.set_gid(f"{before}/{row}")
    _share_rows(ax)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize="small", frameon=False)
    return ax


def _share_rows(ax: Axes) -> None:
    """Put the bars of each row, and what is said where there is none, under each other."""
    height = GROUP / len(ax.containers)
    for place, bars in enumerate(ax.containers):
        for row, bar in enumerate(bars):
            bar.set_height(height * 0.92)
            bar.set_y(row - GROUP / 2 + place * height)
    for text in ax.texts:
        place, row = map(int, str(text.get_gid()).split("/"))
        text.xy = (0, row - GROUP / 2 + (place + 0.5) * height)  # type: ignore[attr-defined]


def _prepare(ax: Axes, texts: list[str], axis: str, line: float | None) -> None:
    ax.set(ylim=(len(texts) - 0.5, -0.5), yticks=range(len(texts)), yticklabels=texts)
    ax.set_xlabel(axis, color=INK)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(length=0, colors=INK)
    if line is not None:
        ax.axvline(line, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=3)
    for side in ("top", "left", "right"):
        ax.spines[side].set_visible(False)
