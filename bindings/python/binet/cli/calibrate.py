"""`binet calibrate`: does confidence agree with accuracy?"""

from __future__ import annotations

import argparse
import json

from ..accuracy import Accuracy, accuracy
from ..calibration import Calibration, calibration
from ..report import runs
from ..report.records import bins, core
from . import plots
from .arguments import positive

NAME = "calibrate"
HELP = "Accuracy and calibration error of predictions, with every bin."
EXAMPLES = """\
examples:
  binet calibrate out/resnet50                                    a folder of binet evaluate
  binet calibrate predictions.csv --labels labels.csv
  binet calibrate predictions.csv --bins 10 --binning equal_mass --plot reliability.png
  binet calibrate predictions.csv --json | jq .ece

A CSV needs the columns predicted_class and predicted_probability, and labels: in a column `label`, or joined by
file name from --labels. Bins are (low, high]; ECE is the mean gap between confidence and accuracy, weighted by the
bins' images (Guo et al., ICML 2017), MCE the largest gap, RMS the root mean square."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("file", metavar="FILE", help="CSV of predictions, or a folder of binet evaluate")
    parser.add_argument("--labels", metavar="CSV", help="file_name,label: gives or replaces the labels")
    parser.add_argument("--bins", type=positive, default=15, metavar="N", help="how many bins (default: 15)")
    parser.add_argument("--binning", choices=("equal_width", "equal_mass"), default="equal_width")
    plots.add_argument(parser, "the reliability diagram")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    read = runs.read(arguments.file, arguments.labels)
    read.require_probabilities()
    top1 = accuracy(read.predictions)
    result = calibration(read.predictions, n_bins=arguments.bins, binning=arguments.binning)
    if arguments.plot:
        _save_plot(result, arguments.plot)
    record = core(top1, result) | bins(result)
    print(json.dumps(record, indent=1) if arguments.json else _table(read.name, top1, result))


def _table(name: str, top1: Accuracy, result: Calibration) -> str:
    """For people."""
    lines = [
        f"{name}: {top1.n:,} rows",
        "",
        f"accuracy    {top1.value:.4f}   95 % interval {top1.low:.4f} to {top1.high:.4f}",
        f"confidence  {result.confidence:.4f}   on average",
        f"ECE         {result.ece:.4f}   confidence and accuracy differ by {100 * result.ece:.1f} points on average",
        f"MCE         {result.mce:.4f}   the largest gap of a bin",
        f"RMS         {result.rms:.4f}   root mean square",
        "",
        f"{'bin':^18} {'rows':>9} {'accuracy':>9} {'confidence':>11} {'gap':>8}",
    ]
    for one in result.bins:
        edges = f"({one.low:.4f}, {one.high:.4f}]"
        numbers = (
            f"{one.accuracy:9.4f} {one.confidence:11.4f} {one.accuracy - one.confidence:+8.4f}"
            if one.count
            else f"{'-':>9} {'-':>11} {'-':>8}"
        )
        lines.append(f"{edges:18} {one.count:9,} {numbers}")
    return "\n".join(lines)


def _save_plot(result: Calibration, file: str) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 6.2))
    result.plot(ax=figure.add_axes((0.13, 0.09, 0.83, 0.88)))
    plots.save(figure, file)
