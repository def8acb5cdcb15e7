"""The heat map of error consistencies. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from ._reliability import GRID, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .consistency import ErrorConsistencyMatrix

MOST_WRITTEN = 24
"""Observers up to which kappa is written into the fields."""

DARK = 0.6
"""Kappa from which on a field is so dark that it is written on in white."""


def figure_size(names: tuple[str, ...]) -> tuple[float, float]:
    """Inches, for a field for every two observers and their names on two sides."""
    fields = 0.52 * min(len(names), MOST_WRITTEN)
    longest = 0.09 * max(map(len, names))
    return 1.6 + fields + longest, 0.7 + fields + 0.75 * longest


def draw(result: ErrorConsistencyMatrix, ax: Axes | None) -> Axes:
    """Draw the matrix: white is what independent observers have, red more, blue less."""
    n = len(result)
    if ax is None:
        ax = plt.figure(figsize=figure_size(result.names), layout="constrained").add_subplot()
    shown = np.where(np.eye(n, dtype=bool), np.nan, result.kappa)  # everybody agrees with himself: nothing to see
    ax.set_facecolor(GRID)
    picture = ax.imshow(shown, cmap="RdBu_r", vmin=-1, vmax=1)
    ax.set_xticks(range(n), result.names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(n), result.names)
    ax.tick_params(length=0, colors=INK)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_xticks([field - 0.5 for field in range(1, n)], minor=True)
    ax.set_yticks([field - 0.5 for field in range(1, n)], minor=True)
    ax.grid(which="minor", color="white", linewidth=2)
    ax.tick_params(which="minor", length=0)
    for a, b in np.argwhere(~np.isnan(shown)) if n <= MOST_WRITTEN else ():
        kappa = shown[a, b]
        written = f"{kappa:.2f}".replace("-", "\N{MINUS SIGN}")
        ax.text(b, a, written, ha="center", va="center", color="white" if abs(kappa) > DARK else INK, fontsize=9)
    bar = ax.figure.colorbar(picture, ax=ax, fraction=0.046, pad=0.03)
    bar.set_label("error consistency (kappa)", color=INK)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, colors=INK)
    return ax
