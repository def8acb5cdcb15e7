"""The risk-coverage curve. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from ._reliability import GRID

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .risk_coverage import RiskCoverage

# Okabe and Ito's colours, which people of any colour vision tell apart, with a style of line each.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#333333")
STYLES = ("-", "--", "-.", ":")


def draw(result: RiskCoverage, ax: Axes | None, label: str) -> Axes:
    """Draw `result` into a new figure, or beside the curves that are in `ax` already."""
    if ax is None:
        ax = plt.figure(figsize=(5.2, 4.2), layout="constrained").add_subplot()
    before = len(ax.get_legend_handles_labels()[1])
    # A line from the left edge at the risk of the most confident rows: below their coverage nothing can be asked for.
    coverage = np.concatenate([[0.0], result.coverage])
    risk = np.concatenate([result.risk[:1], result.risk])
    ax.plot(
        coverage,
        risk,
        color=COLOURS[before % len(COLOURS)],
        linestyle=STYLES[before // len(COLOURS) % len(STYLES)],
        linewidth=1.6,
        label=f"{label}  AURC {result.aurc:.4f}".strip(),
    )
    top = max(ax.get_ylim()[1] if before else 0.0, 1.05 * float(risk.max()), 0.01)
    ax.set(xlim=(0, 1), ylim=(0, top), xlabel="coverage", ylabel="risk (share of wrong answers)")
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize="small", frameon=False)
    return ax
