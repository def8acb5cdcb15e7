"""The figure of accuracy on the line. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from ._reliability import GRID, INK
from ._shape_bias_figure import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .accuracy_line import AccuracyLine

MOST_NAMED = 20
"""Models up to which names are written where nothing was said."""

_TICKS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)


def _probit(value: float) -> float:
    return NormalDist().inv_cdf(value)


def _logit(value: float) -> float:
    return float(np.log(value) - np.log1p(-value))


_TO_SCALE: dict[str, Any] = {"probit": _probit, "logit": _logit, "linear": float}


def draw(result: AccuracyLine, ax: Axes | None, names: bool | None) -> Axes:
    """Draw `result` into `ax`, or into a new figure."""
    if ax is None:
        ax = plt.figure(figsize=(5.6, 5.2), layout="constrained").add_subplot()
    to_scale = np.vectorize(_TO_SCALE[result.scale], otypes=[float])
    models = result.models
    x, y = to_scale(models.clean), to_scale(models.shifted)
    pad = 0.08 * max(np.ptp(x), np.ptp(y), 1e-6)
    left, right = x.min() - pad, x.max() + pad
    grid = _accuracies_between(result.scale, left, right)
    band = result.predict(grid)
    line = to_scale(grid)
    ax.plot(line, result.intercept + result.slope * line, color=COLOURS[0], linewidth=1.6, label=_described(result))
    low, high = (_onto_scale(to_scale, getattr(band, end)) for end in ("low", "high"))
    ax.fill_between(line, low, high, color=COLOURS[0], alpha=0.15, linewidth=0)
    bottom, top = min(y.min(), left) - pad, max(y.max(), right) + pad
    ax.plot([bottom, top], [bottom, top], color=INK, linewidth=0.8, linestyle="--", label="y = x")
    marks = ((models.fitted, "o", COLOURS[0], "fitted"), (~models.fitted, "D", COLOURS[1], "not fitted"))
    for chosen, marker, colour, label in marks:
        if chosen.any():
            ax.plot(x[chosen], y[chosen], marker, color=colour, markeredgecolor="white", markersize=7, label=label)
    if len(models) <= MOST_NAMED if names is None else names:
        for name, at_x, at_y in zip(models.name, x, y, strict=True):
            ax.annotate(str(name), (at_x, at_y), (5, 3), textcoords="offset points", fontsize=7, color=INK)
    ax.set_xlim(left, right)
    ax.set_ylim(y.min() - 2 * pad, y.max() + 2 * pad)
    _finish(ax, result.scale)
    return ax


def _accuracies_between(scale: str, left: float, right: float) -> Any:
    """Accuracies evenly spaced on the scale."""
    points = np.linspace(left, right, 101)
    if scale == "linear":
        return np.clip(points, 0, 1)
    turn = NormalDist().cdf if scale == "probit" else lambda value: 1 / (1 + np.exp(-value))
    return np.array([turn(point) for point in points])


def _onto_scale(to_scale: Any, accuracies: Any) -> Any:
    """As to_scale, of what rounding may have put at 0 or 1."""
    return to_scale(np.clip(accuracies, 1e-15, 1 - 1e-15))


def _described(result: AccuracyLine) -> str:
    return f"slope {result.slope:.2f}, R\N{SUPERSCRIPT TWO} {result.r_squared:.2f}"


def _finish(ax: Axes, scale: str) -> None:
    """Ticks at round accuracies, whatever the scale."""
    for set_ticks, (low, high) in ((ax.set_xticks, ax.get_xlim()), (ax.set_yticks, ax.get_ylim())):
        if scale != "linear":
            shown = [value for value in _TICKS if low <= _TO_SCALE[scale](value) <= high]
            set_ticks([_TO_SCALE[scale](value) for value in shown], [f"{value:g}" for value in shown])
    ax.set_xlabel(f"clean accuracy ({scale})", color=INK)
    ax.set_ylabel(f"shifted accuracy ({scale})", color=INK)
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(length=0, colors=INK)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.legend(fontsize="small", frameon=False, loc="upper left")
