"""The page: one HTML file that needs no network, and the same numbers as CSV and JSON."""

from __future__ import annotations

import json
import math
import os
from importlib.resources import files
from pathlib import Path

from .. import __version__
from .._files import write_text
from . import sentences, words
from .assembly import Report
from .comparison import Comparison
from .figure import reliability_svg
from .records import to_csv, to_json


def write(report: Report, directory: str | os.PathLike[str]) -> Path:
    """Write the files of a report into a folder, which is made where it is missing.

    report.html and report.json always; report.csv where models were measured; models.csv where there are enough models
    for the scatter.

    Returns:
        The path of report.html.
    """
    directory = Path(directory)
    texts = {"report.json": json.dumps(to_json(report), indent=1) + "\n"}
    if report.comparison:
        texts["report.csv"] = to_csv(report.comparison)
    if report.properties:
        texts["models.csv"] = report.properties.table.frame.to_csv(index=False)
    texts["report.html"] = render(report)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_text(directory / name, text)
    return directory / "report.html"


def render(report: Report) -> str:
    """The page as text."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def source(name: str) -> str:
        return (files(__package__) / "templates" / name).read_text(encoding="utf-8")

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(source)
    )
    environment.filters |= {
        "percent": words.percent,
        "decimal": words.decimal,
        "exact": repr,
    }
    models = report.comparison.models if report.comparison else ()
    figures = [
        Markup(reliability_svg(model.calibration, f"Reliability diagram of {model.name}", f"m{i}"))
        for i, model in enumerate(models)
    ]
    page: str = environment.get_template("page.html.j2").render(
        report=report,
        comparison=report.comparison,
        models=models,
        properties=report.properties,
        sections=report.sections,
        figures=figures,
        axis=_Axis(report.comparison) if report.comparison else None,
        say=sentences,
        styles=Markup(source("page.css")),
        script=Markup(source("scatter.js")),
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
