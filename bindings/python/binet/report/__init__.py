"""Models side by side: runs on disk, their numbers, and one page that needs no network.

run = binet.report.evaluate_to("out/first", "first.pt", "images/")      # predictions.csv and summary.json
binet.report.build(["out/first", "predictions.csv"], "report/")         # report.html, report.csv, report.json
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .._extras import require
from ..model_table import ModelTable
from ..multilabel import read_multilabels
from .evidence import Model, gather
from .runs import PathLike, Run, Settings, evaluate_to, read

__all__ = ["Model", "Run", "Settings", "build", "evaluate_to", "read"]


def build(
    sources: Iterable[PathLike | Run | Model | ModelTable],
    directory: PathLike,
    labels: PathLike | None = None,
    *,
    factors: Any = None,
    leave_out: Any = None,
    multilabels: Any = None,
    class_map: Any = None,
) -> Path:
    """Write report.html, report.json, report.csv of the models measured and, with three or more, models.csv.

    Args:
        sources: one or more: folders of models, each with predictions.csv of the clean set and, in folders below it,
            of other sets (see `binet.report.evidence`); CSV files of predictions, of answers or of models; or what
            these are read as.
        directory: where to write; made where it is missing.
        labels: CSV of `file_name,label` that gives or replaces the labels of clean sets.
        factors: a table of factors of the clean set's images, as `binet.error_ratio` takes it.
        leave_out: names of images that have no part in the error ratios, likewise.
        multilabels: every right class of the clean set's images by file name, or the path of a JSON file that has them
            so, or in the order of the ImageNet validation set as ReaL's does.
        class_map: classes of a synthetic set, as `binet.synthetic_accuracy` takes it.

    Returns:
        The path of report.html.

    Raises:
        binet.Error: a source is missing, malformed or without labels.
        ImportError: a package of the extra `report` is not installed; the message says what to install.
    """
    require("report", "jinja2", "matplotlib", "pandas", "scipy")
    from . import page
    from .assembly import assemble

    if isinstance(multilabels, (str, os.PathLike)):
        multilabels = read_multilabels(multilabels, "multilabels")
    inputs = {"factors": factors, "leave_out": leave_out, "multilabels": multilabels, "class_map": class_map}
    return page.write(assemble(gather(list(sources), labels, **inputs)), directory)
