"""The page: one HTML file that needs no network, and the same numbers as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from importlib.resources import files
from pathlib import Path

from .. import __version__
from . import sentences
from .comparison import Comparison, row, to_json
from .figure import reliability_svg
from .runs import write_text


def write(comparison: Comparison, directory: str | os.PathLike[str]) -> Path:
    """Write report.html, report.csv and report.json into a folder, which is made where it is missing.

    Returns:
        The path of report.html.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    page = render(comparison)
    write_text(directory / "report.csv", to_csv(comparison))
    write_text(directory / "report.json", json.dumps(to_json(comparison), indent=1, ensure_ascii=False) + "\n")
    write_text(directory / "report.html", page)
    return directory / "report.html"


def to_csv(comparison: Comparison) -> str:
    """A line per model. Numbers read back to the same bits; what is not known is empty."""
    text = io.StringIO()
    records = [row(model) for model in comparison.models]
    writer = csv.DictWriter(text, records[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def render(comparison: Comparison) -> str:
    """The page as text."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    here = files(__package__)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "percent": sentences.percent,
        "decimal": sentences.decimal,
        "exact": repr,
    }
    figures = [
        Markup(reliability_svg(model.calibration, f"Reliability diagram of {model.name}", f"m{i}"))
        for i, model in enumerate(comparison.models)
    ]
    template = environment.from_string((here / "page.html.j2").read_text(encoding="utf-8"))
    page: str = template.render(
        comparison=comparison,
        models=comparison.models,
        figures=figures,
        axis=_Axis(comparison),
        say=sentences,
        styles=Markup((here / "page.css").read_text(encoding="utf-8")),
        version=__version__,
    )
    return page


class _Axis:
    """The axis of the accuracy intervals: whole steps around all of them."""

    def __init__(self, comparison: Comparison) -> None:
        low = min(model.top1.low for model in comparison.models)
        high = max(model.top1.high for model in comparison.models)
        step = next(step for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2) if high - low <= 8 * step or step == 0.2)
        self.low = max(0.0, math.floor(low / step) * step)
        self.high = min(1.0, math.ceil(high / step) * step)

    def at(self, value: float) -> str:
        """Where a share lies, in per cent of the axis."""
        return f"{100 * (value - self.low) / ((self.high - self.low) or 1):.2f}"
