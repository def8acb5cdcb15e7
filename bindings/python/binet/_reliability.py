"""The reliability diagram. Imported when something is drawn, so that matplotlib is needed only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import matplotlib.pyplot as plt
    from mpl_toolkits.axes_grid1 import make_axes_locatable
except ImportError as error:
    raise ImportError("plot needs matplotlib: pip install 'libbinet[plot]'") from error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .calibration import Calibration, CalibrationBins

# After Okabe and Ito's colours, which people of any colour vision tell apart; the two gaps differ in hatching too.
ACCURACY = "#0072B2"
BAR = "#8CC4E8"
GAPS = {
    "gap: too confident": ("#D55E00", "#FBE0CF", "////"),
    "gap: not confident enough": ("#00745A", "#CDEBE2", "\\\\\\\\"),
}
INK = "#333333"
GRID = "#DDDDDD"
MANY_BINS = 40
ROOMY = 4.0
"""Inches of an axes' width from which text has its usual size; in less it shrinks with the axes."""


def draw(result: Calibration, ax: Axes | None) -> Axes:
    """Draw `result` into `ax`, or into a new figure."""
    if ax is None:
        ax = plt.figure(figsize=(5.2, 6.2)).add_axes((0.13, 0.09, 0.83, 0.88))
    below = make_axes_locatable(ax).append_axes("bottom", size="24%", pad=0.12, sharex=ax)
    # A white line between bins, where they are wide enough to leave something of the bar.
    line = 0.6 if result.binning == "equal_width" and len(result.bins) <= MANY_BINS else 0.0
    size = _text_size(ax)
    _draw_bins(ax, result.bins, line, size)
    _draw_numbers(ax, result, size)
    _draw_histogram(below, result, line, size)
    ax.tick_params(labelbottom=False)
    for one in (ax, below):
        one.tick_params(labelsize=1.2 * size)
        one.set_xlabel(one.get_xlabel(), fontsize=1.2 * size)
        one.set_ylabel(one.get_ylabel(), fontsize=1.2 * size)
    return ax


def _text_size(ax: Axes) -> float:
    """Points of legends and numbers, so that they do not cover a diagram that is small."""
    width = ax.get_window_extent().width / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    return 8.3 * min(1.0, width / ROOMY)


def _draw_bins(ax: Axes, bins: CalibrationBins, line: float, size: float) -> None:
    filled = bins.count > 0
    low, width = bins.low[filled], (bins.high - bins.low)[filled]
    accuracy, confidence = bins.accuracy[filled], bins.confidence[filled]
    ax.bar(low, accuracy, width, align="edge", color=BAR, edgecolor="white", linewidth=line, label="accuracy")
    for chosen, (label, (edge, face, hatch)) in zip(
        (confidence > accuracy, confidence < accuracy), GAPS.items(), strict=True
    ):
        if chosen.any():
            ax.bar(
                low[chosen],
                (confidence - accuracy)[chosen],
                width[chosen],
                bottom=accuracy[chosen],
                align="edge",
                facecolor=face,
                edgecolor=edge,
                hatch=hatch,
                linewidth=0.8,
                label=label,
            )
    ax.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=(0, (4, 3)), label="perfect calibration")
    ax.plot(
        confidence,
        accuracy,
        "o",
        color=INK,
        markersize=3.5,
        clip_on=False,
        zorder=4,
        label="bin, at its mean confidence",
    )
    ax.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy")
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(loc="upper left", fontsize=size, framealpha=0.9)


def _draw_numbers(ax: Axes, result: Calibration, size: float) -> None:
    lines = (f"ECE {result.ece:.4f}", f"MCE {result.mce:.4f}", f"RMS {result.rms:.4f}", f"n = {result.n:,}")
    ax.text(
        0.97,
        0.03,
        "\n".join(lines),
        transform=ax.transAxes,
        ha="right",
        va="bottom",
        fontsize=size,
        linespacing=1.4,
        bbox={"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": GRID, "alpha": 0.95},
        zorder=5,
    )


def _draw_histogram(ax: Axes, result: Calibration, line: float, size: float) -> None:
    bins = result.bins
    filled = bins.count > 0
    share = bins.count[filled] / result.n * 100
    width = (bins.high - bins.low)[filled]
    ax.bar(bins.low[filled], share, width, align="edge", color="#A8A8A8", edgecolor="white", linewidth=line)
    for value, colour, style, label in (
        (result.accuracy, ACCURACY, "-", "accuracy"),
        (result.confidence, INK, "--", "mean confidence"),
    ):
        ax.axvline(value, color=colour, linestyle=style, linewidth=1.4, label=f"{label} {value:.3f}")
    # Room for the legend above the tallest bar.
    ax.set(xlim=(0, 1), ylim=(0, share.max() * 1.6), xlabel="confidence", ylabel="% of samples")
    ax.grid(axis="y", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(loc="upper left", ncols=2, fontsize=size, framealpha=0.9)
