"""Models side by side: runs on disk, their numbers, and one page that needs no network.

run = binet.report.evaluate_to("out/first", "first.pt", "images/")      # predictions.csv and summary.json
binet.report.build(["out/first", "predictions.csv"], "report/")         # report.html, report.csv, report.json
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .._extras import require
from .runs import PathLike, Run, Settings, evaluate_to, read

__all__ = ["Run", "Settings", "build", "evaluate_to", "read"]


def build(sources: Iterable[PathLike | Run], directory: PathLike, labels: PathLike | None = None) -> Path:
    """Write report.html, report.csv and report.json.

    Args:
        sources: one or more: folders that `evaluate_to` wrote, CSV files of predictions, or runs.
        directory: where to write; made where it is missing.
        labels: CSV of `file_name,label` that gives or replaces the labels of what is read.

    Returns:
        The path of report.html.

    Raises:
        binet.Error: a source is missing, malformed or without labels.
        ImportError: jinja2 or matplotlib is not installed; the message says what to install.
    """
    require("report", "jinja2", "matplotlib")
    from . import page
    from .comparison import compare

    runs = [source if isinstance(source, Run) else read(source, labels) for source in sources]
    return page.write(compare(runs), directory)
