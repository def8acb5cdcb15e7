"""`binet robustness`: corruption, shifted sets, accuracy on the line."""

from __future__ import annotations

import argparse
import json
from typing import Any

from .._names import columns_of
from ..accuracy_line import AccuracyLine, accuracy_line
from ..corruption import CorruptionRobustness, corruption_robustness
from ..errors import InvalidArgument, InvalidData
from ..predictions import Predictions
from ..report import runs
from ..robustness import RelativeAccuracy, relative_accuracy
from . import plots
from .numbers import grid, pick, records

NAME = "robustness"
HELP = "Accuracy under corruption, on shifted sets over the clean one, and beyond the line of many models."
EXAMPLES = """\
examples:
  binet robustness --corruptions out/c --clean out/val             accuracy, CE, mCE and relative mCE of ImageNet-C
  binet robustness --corruptions out/c --baseline alexnet_rounded --plot c.png
  binet robustness out/a out/r out/sketch --clean out/val          relative accuracies and their means
  binet robustness --line models.csv --scale logit --plot line.png
  binet robustness --corruptions out/c --json | jq .corruptions.mce

A folder of corruptions holds predictions as corruption/severity.csv or corruption/severity/predictions.csv, such as
fog/3, which binet evaluate writes with -o out/c/fog/3; all 15 corruptions at all 5 severities are needed, unless
--allow-missing shows what there is. CE is the error over AlexNet's in percent (Hendrycks and Dietterich, ICLR 2019).
Relative accuracy is shifted over clean accuracy (Hesse et al., TMLR 2026). The CSV of a line has a row per model with
the columns model,clean,shifted and, where some are not to be fitted, fitted (1 or 0); effective robustness is what a
model has beyond the line (Taori et al., NeurIPS 2020)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("files", metavar="FILE", nargs="*", help="predictions on shifted sets: CSVs or folders")
    parser.add_argument("--clean", metavar="FILE", help="predictions on the clean set: a CSV or a folder")
    parser.add_argument("--corruptions", metavar="DIR", help="folder of predictions by corruption and severity")
    parser.add_argument(
        "--baseline",
        choices=("alexnet", "alexnet_rounded", "none"),
        default="alexnet",
        help="whose errors CE is over (default: alexnet, in six digits)",
    )
    parser.add_argument("--allow-missing", action="store_true", help="show what there is where a cell is missing")
    parser.add_argument("--line", metavar="CSV", help="model,clean,shifted: accuracies 0 .. 1 of many models")
    parser.add_argument("--scale", choices=("probit", "logit", "linear"), default="probit", help="of the line's axes")
    plots.add_argument(parser, "corruptions as a heat map, or the line")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    _check(arguments)
    clean = None if arguments.clean is None else runs.read(arguments.clean).predictions
    found: dict[str, Any] = {}
    if arguments.corruptions:
        found["corruptions"] = _corruptions(arguments, clean)
    if arguments.files:
        found["shifted"] = relative_accuracy(_shifted(arguments.files), clean)
    if arguments.line:
        found["line"] = _line(arguments.line, arguments.scale)
    if arguments.plot:
        _save_plot(found.get("corruptions") or found["line"], arguments.plot)
    if arguments.json:
        print(json.dumps({name: _RECORDS[name](result) for name, result in found.items()}, indent=1))
    else:
        print("\n\n".join(_TABLES[name](result) for name, result in found.items()))


def _check(arguments: argparse.Namespace) -> None:
    if not (arguments.files or arguments.corruptions or arguments.line):
        raise InvalidArgument("nothing to do: give FILE with --clean, --corruptions or --line", "files")
    if arguments.files and arguments.clean is None:
        raise InvalidArgument("FILE needs --clean, the accuracy that theirs are over", "clean")
    if arguments.plot and bool(arguments.corruptions) == bool(arguments.line):
        raise InvalidArgument("--plot draws one picture: of --corruptions or of --line", "plot")


def _corruptions(arguments: argparse.Namespace, clean: Predictions | None) -> CorruptionRobustness:
    found = corruption_robustness(arguments.corruptions, clean=clean, baseline=arguments.baseline, missing="nan")
    if found.missing and not arguments.allow_missing:
        corruption, severity = found.missing[0]
        what = f"{len(found.missing)} of {found.cells.size} cells are missing, the first is {corruption}/{severity}"
        raise InvalidData(f"{arguments.corruptions}: {what}; --allow-missing shows what there is", "corruptions")
    return found


def _shifted(files: list[str]) -> dict[str, Predictions]:
    """Predictions by the name of the run."""
    found: dict[str, Predictions] = {}
    for file in files:
        name = file.rstrip("/")
        if name in found:
            raise InvalidArgument(f"{file} is given twice", "files")
        found[name] = runs.read(file).predictions
    return found


def _line(file: str, scale: Any) -> AccuracyLine:
    columns = columns_of(file, "line", "model")
    numbers: dict[str, dict[str, float]] = {}
    for name in ("clean", "shifted", *(("fitted",) if "fitted" in columns else ())):
        if name not in columns:
            raise InvalidData(f"{file}: no column {name}", "line")
        numbers[name] = {}
        for row, (model, text) in enumerate(zip(columns["model"], columns[name], strict=True)):
            try:
                numbers[name][str(model)] = float(text)
            except ValueError as error:
                raise InvalidData(f"{file}: {name} of {model} is {text!r}; allowed: a number", "line", row) from error
        if len(numbers[name]) < len(columns["model"]):
            raise InvalidData(f"{file}: a model is there twice", "line")
    fitted = [model for model, value in numbers["fitted"].items() if value] if "fitted" in numbers else None
    return accuracy_line(numbers["clean"], numbers["shifted"], fitted=fitted, scale=scale)


# ---- For machines ----------------------------------------------------------------------------------------------------


def _corruptions_record(result: CorruptionRobustness) -> dict[str, Any]:
    names = ("accuracy", "low", "high", "mce", "mce_low", "mce_high", "relative_mce", "clean_accuracy", "baseline")
    return {
        **pick(result, names),
        "missing": [list(cell) for cell in result.missing],
        "corruptions": records(result.corruptions),
        "severities": records(result.severities),
        "cells": grid(result.cells),
    }


def _shifted_record(result: RelativeAccuracy) -> dict[str, Any]:
    names = ("geometric", "geometric_low", "geometric_high", "relative", "relative_low", "relative_high")
    return pick(result, (*names, "accuracy", "low", "high", "drop")) | {"sets": records(result.sets)}


def _line_record(result: AccuracyLine) -> dict[str, Any]:
    names = ("scale", "slope", "slope_low", "slope_high", "intercept", "intercept_low", "intercept_high", "r_squared")
    return pick(result, (*names, "n_fitted")) | {"models": records(result.models)}


# ---- For people ------------------------------------------------------------------------------------------------------


def _cell(value: float, form: str) -> str:
    return "-" if value != value else format(value, form)


def _corruptions_table(result: CorruptionRobustness) -> str:
    head = [f"{severity:>6}" for severity in result.severities.name]
    lines = [str(result), "", f"{'corruption':18} {' '.join(head)} {'mean':>7} {'CE, %':>7} {'relative':>9}"]
    rows = [
        (str(one.name), result.cells[index].tolist(), one.accuracy, one.corruption_error, one.relative_corruption_error)
        for index, one in enumerate(result.corruptions)
    ]
    rows.append(("mean", result.severities.accuracy.tolist(), result.accuracy, result.mce, result.relative_mce))
    for name, cells, mean, ce, relative in rows:
        by_severity = " ".join(f"{_cell(value, '.4f'):>6}" for value in cells)
        lines.append(
            f"{name:18} {by_severity} {_cell(mean, '.4f'):>7} {_cell(ce, '.2f'):>7} {_cell(relative, '.2f'):>9}"
        )
    return "\n".join(lines)


def _shifted_table(result: RelativeAccuracy) -> str:
    width = max(len("geometric mean"), *(len(str(name)) for name in result.sets.name))
    lines = [f"{'set':{width}} {'accuracy':>9} {'drop':>8} {'relative':>9}   95 % interval"]
    rows: list[tuple[Any, ...]] = [(one.name, one.accuracy, one.drop, *one[5:8]) for one in result.sets]
    rows.append(("mean", result.accuracy, result.drop, result.relative, result.relative_low, result.relative_high))
    for name, accuracy, drop, relative, low, high in rows:
        lines.append(f"{name:{width}} {accuracy:9.4f} {drop:8.4f} {relative:9.4f}   {low:.4f} to {high:.4f}")
    means = f"{result.geometric:9.4f}   {result.geometric_low:.4f} to {result.geometric_high:.4f}"
    return "\n".join([*lines, f"{'geometric mean':{width}} {'':9} {'':8} {means}"])


def _line_table(result: AccuracyLine) -> str:
    width = max(len("model"), *(len(str(name)) for name in result.models.name))
    lines = [
        str(result),
        "",
        f"{'model':{width}} {'clean':>7} {'shifted':>8} {'line':>7} {'beyond':>8}   95 % interval",
    ]
    lines += [
        f"{one.name!s:{width}} {one.clean:7.4f} {one.shifted:8.4f} {one.predicted:7.4f} {one.effective_robustness:8.4f}"
        f"   {one.effective_low:.4f} to {one.effective_high:.4f}{'' if one.fitted else '   not fitted'}"
        for one in result.models
    ]
    return "\n".join(lines)


def _save_plot(result: CorruptionRobustness | AccuracyLine, file: str) -> None:
    size = (5.6, 5.4) if isinstance(result, AccuracyLine) else (6.0, 1.2 + 0.3 * len(result.corruptions))
    plots.draw(file, size, result.plot)


_RECORDS: dict[str, Any] = {"corruptions": _corruptions_record, "shifted": _shifted_record, "line": _line_record}
_TABLES: dict[str, Any] = {"corruptions": _corruptions_table, "shifted": _shifted_table, "line": _line_table}
