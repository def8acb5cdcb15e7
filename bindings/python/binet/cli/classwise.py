"""`binet classwise`: does the probability of every class agree with how often it is the true one?"""

from __future__ import annotations

import argparse
import json
from typing import Any

from .._files import read_npy
from ..calibration import CONVENTIONS
from ..classwise import ClasswiseCalibration, classwise_calibration
from . import plots
from .arguments import natural, positive
from .numbers import pick, records

NAME = "classwise"
HELP = "Class-wise calibration error of scores, with the classes where it is largest."
EXAMPLES = """\
examples:
  binet classwise logits.npy --labels labels.npy
  binet classwise probabilities.npy --kind probabilities --labels labels.npy --bins 10
  binet classwise logits.npy --labels labels.npy --binning equal_mass --threshold 0.01     TACE
  binet classwise logits.npy --labels labels.npy --json | jq '.classes[0].ece'

SCORES is a .npy of N rows and C classes, float16, float32 or float64; it is read where it lies. LABELS is a .npy of N
integers. Equal width gives SCE, equal mass ACE, and a threshold TACE (Nixon et al., CVPR Workshops 2019)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("scores", metavar="SCORES", help=".npy of logits or probabilities [N, C]")
    parser.add_argument("--labels", metavar="LABELS", required=True, help=".npy of the true classes [N]")
    parser.add_argument("--kind", choices=("logits", "probabilities"), default="logits", help="what the scores are")
    parser.add_argument("--bins", type=positive, default=15, metavar="N", help="how many bins a class (default: 15)")
    parser.add_argument("--binning", choices=("equal_width", "equal_mass"), default="equal_width")
    parser.add_argument("--convention", choices=tuple(CONVENTIONS), default="binet", help="whose bins (default: binet)")
    parser.add_argument("--threshold", type=float, default=0.0, metavar="P", help="the least probability that counts")
    parser.add_argument("--definition", choices=("nixon", "pearce"), default="nixon", help="whose (default: nixon)")
    parser.add_argument("--temperature", type=float, default=1.0, metavar="T", help="divides the logits (default: 1)")
    parser.add_argument("--worst", type=natural, default=10, metavar="N", help="how many classes to list (default: 10)")
    plots.add_argument(parser, "the classes, the largest error first")
    parser.add_argument("--json", action="store_true", help="print JSON, with every class, instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    result = classwise_calibration(
        read_npy(arguments.scores),
        read_npy(arguments.labels),
        arguments.kind,
        n_bins=arguments.bins,
        binning=arguments.binning,
        convention=arguments.convention,
        threshold=arguments.threshold,
        definition=arguments.definition,
        temperature=arguments.temperature,
    )
    if arguments.plot:
        _save_plot(result, arguments.plot)
    if arguments.json:
        print(json.dumps(_record(arguments.scores, result), indent=1))
    else:
        print(_table(arguments.scores, result, arguments.worst))


def _record(file: str, result: ClasswiseCalibration) -> dict[str, Any]:
    """For machines: what is NaN is null."""
    names = ("ece", "rms", "mce", "n", "n_unseen", "n_empty", "n_bins", "binning", "convention", "threshold")
    return {
        "file": file,
        "name": result.name,
        **pick(result, names),
        "definition": result.definition,
        "classes": records(result.classes),
    }


def _table(file: str, result: ClasswiseCalibration, n_worst: int) -> str:
    """For people."""
    lines = [
        f"{file}: {result.n:,} rows, {len(result.classes):,} classes, {result.n_bins} {result.binning} bins a class",
        "",
        f"ECE  {result.ece:.6f}   mean over the classes: {result.name}",
        f"RMS  {result.rms:.6f}   root mean square over classes and bins",
        f"MCE  {result.mce:.6f}   the largest gap of a bin",
    ]
    if result.n_unseen:
        lines.append(f"{result.n_unseen:,} classes are no row's label")
    if result.n_empty:
        lines.append(f"{result.n_empty:,} classes have no probability that counts")
    worst = result.classes.worst(min(n_worst, len(result.classes))).tolist() if n_worst else []
    if worst:
        lines += ["", f"{'class':>8} {'ECE':>10} {'mean p':>10} {'accuracy':>10} {'labels':>10} {'counted':>10}"]
    for k in worst:
        one = result.classes[k]
        shares = f"{one.ece:10.6f} {one.probability:10.6f} {one.accuracy:10.6f}"
        lines.append(f"{k:8,} {shares} {one.n_labels:10,} {one.n:10,}")
    return "\n".join(lines)


def _save_plot(result: ClasswiseCalibration, file: str) -> None:
    plots.draw(file, (6.4, 4.0), result.plot)
