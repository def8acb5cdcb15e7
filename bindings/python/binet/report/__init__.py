"""Models side by side: runs on disk, their numbers, and one page that needs no network.

run = binet.report.evaluate_to("out/first", "first.pt", "images/")      # predictions.csv and summary.json
binet.report.build(["out/first", "predictions.csv"], "report/")         # report.html, report.csv, report.json
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .._extras import require
from ..model_table import ModelTable, is_model_table
from .runs import PathLike, Run, Settings, evaluate_to, read

__all__ = ["Run", "Settings", "build", "evaluate_to", "read"]


def build(sources: Iterable[PathLike | Run | ModelTable], directory: PathLike, labels: PathLike | None = None) -> Path:
    """Write report.html, report.json, report.csv and, with three models or more, models.csv.

    Args:
        sources: one or more: folders that `evaluate_to` wrote, CSV files of predictions, runs; and tables of other
            models: CSV files with a column `model`, or `binet.ModelTable`.
        directory: where to write; made where it is missing.
        labels: CSV of `file_name,label` that gives or replaces the labels of what is read.

    Returns:
        The path of report.html.

    Raises:
        binet.Error: a source is missing, malformed or without labels.
        ImportError: a package of the extra `report` is not installed; the message says what to install.
    """
    require("report", "jinja2", "matplotlib", "pandas", "scipy")
    from . import page
    from .comparison import assemble

    found = [source if isinstance(source, (Run, ModelTable)) else _read(source, labels) for source in sources]
    runs = [source for source in found if isinstance(source, Run)]
    tables = [source for source in found if isinstance(source, ModelTable)]
    return page.write(assemble(runs, tables), directory)


def _read(source: PathLike, labels: PathLike | None) -> Run | ModelTable:
    """A table of models where the header says so, else a run."""
    return ModelTable.read(source) if is_model_table(source) else read(source, labels)
