"""Figures as SVG that lives inside the page and follows its light and dark colours."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..calibration import Calibration

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "binet",
    "font.size": 10,
    "text.color": "#333333",
    "axes.labelcolor": "#333333",
    "axes.edgecolor": "#DDDDDD",
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "axes.facecolor": "none",
    "legend.facecolor": "#FFFFFF",
    "legend.edgecolor": "#FFFFFF",
    "axes.spines.top": False,
    "axes.spines.right": False,
}

_COLOURS = {
    "#0072b2": "accuracy",
    "#8cc4e8": "bar",
    "#d55e00": "over",
    "#fbe0cf": "overfill",
    "#00745a": "under",
    "#cdebe2": "underfill",
    "#333333": "ink",
    "#dddddd": "line",
    "#a8a8a8": "muted",
    "#ffffff": "paper",
}
"""Colours of `Calibration.plot()` and of _STYLE, and the variables of page.css that take their place."""

_SIZE = (5.0, 5.6)
"""Inches of 72 px."""


def reliability_svg(result: Calibration, title: str, prefix: str) -> str:
    """Draw `result.plot()` as an `<svg>` element.

    Args:
        result: what to draw.
        title: text for those who cannot see the picture.
        prefix: put before every id, so that several pictures fit into one page.
    """

    def draw(figure: Figure) -> None:
        result.plot(ax=figure.add_axes((0.12, 0.09, 0.86, 0.89)))
        for axes in figure.axes:  # the page has a legend for all diagrams, and a table for the numbers
            for extra in (axes.get_legend(), *axes.texts):
                if extra is not None:
                    extra.remove()

    return _draw(draw, _SIZE, title, prefix, _COLOURS)


def models_svg(draw: Callable[[Figure], None], size: tuple[float, float], title: str, prefix: str) -> str:
    """Draw a figure of models side by side as an `<svg>` element, in the colours that the page gives them.

    Args:
        draw: draws into an empty figure, whose layout is constrained.
        size: inches of 72 px.
        title: text for those who cannot see the picture.
        prefix: put before every id, so that several pictures fit into one page.
    """
    from .._shape_bias_figure import COLOURS

    of_models = {colour.lower(): f"c{index}" for index, colour in enumerate(COLOURS)}

    def constrained(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        draw(figure)

    return _draw(
        constrained, size, title, prefix, of_models | {"#333333": "ink", "#dddddd": "line", "#ffffff": "paper"}
    )


def _draw(
    draw: Callable[[Figure], None], size: tuple[float, float], title: str, prefix: str, colours: Mapping[str, str]
) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=size)
        draw(figure)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(drawn.getvalue(), title, prefix, colours)


def _inline(svg: str, title: str, prefix: str, colours: Mapping[str, str]) -> str:
    """The `<svg>` element of a file, without what only a file of its own needs."""
    from markupsafe import escape

    box = re.search(r'viewBox="([^"]+)"', svg)
    body = svg[svg.index(">", svg.index("<svg")) + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = body.replace("xlink:href", "href")
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", body)
    body = re.sub(r"#[0-9a-fA-F]{6}\b", lambda found: _variable(found[0], colours), body)
    body = re.sub(r"\s*\n\s*", "\n", body)
    head = f'<svg role="img" aria-label="{escape(title)}" viewBox="{box[1] if box else "0 0 346 403"}">'
    return head + body


def _variable(colour: str, colours: Mapping[str, str]) -> str:
    name = colours.get(colour.lower())
    return f"var(--{name})" if name else colour
