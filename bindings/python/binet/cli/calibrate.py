"""`binet calibrate`: does confidence agree with accuracy?"""

from __future__ import annotations

import argparse
import json
from typing import Any, NamedTuple

from ..accuracy import Accuracy, accuracy
from ..calibration import BINNINGS, CONVENTIONS, Calibration, calibration
from ..predictions import Predictions
from ..proper_scores import ProperScores, proper_scores
from ..report.records import bins, core, finite
from ..risk_coverage import RiskCoverage, risk_coverage
from ..smooth_ece import SmoothECE, smooth_ece
from . import plots
from .arguments import labelled, positive

NAME = "calibrate"
HELP = "What confidence is good for: calibration errors with every bin, proper scores, risk and coverage."
EXAMPLES = """\
examples:
  binet calibrate out/resnet50                                    a folder of binet evaluate
  binet calibrate predictions.csv --labels labels.csv
  binet calibrate predictions.csv --bins 10 --binning equal_mass --plot reliability.png
  binet calibrate predictions.csv --convention torchmetrics       the number that torchmetrics gives
  binet calibrate predictions.csv --risk 0.05                     how much can be answered at 5 % errors?
  binet calibrate predictions.csv --json | jq .ece

A CSV needs the columns predicted_class and predicted_probability, and labels: in a column `label`, or joined by
file name from --labels. Bins are (low, high]; ECE is the mean gap between confidence and accuracy, weighted by the
bins' images (Guo et al., ICML 2017), MCE the largest gap, RMS the root mean square; --convention gives the number
of another package. smECE needs no bins (Blasiok and Nakkiran, 2024). The Brier score of the predicted class is
reliability + refinement + what differs within bins. AURC is the mean share of errors where the least confident rows
are left out, E-AURC what of it a better order would save (Geifman et al., 2019), AUGRC as Traub et al. (2024)."""

CLOSED_BELOW = ("torchmetrics", "netcal", "tensorflow")


class _Measured(NamedTuple):
    """All that is measured of one file."""

    top1: Accuracy
    bins: Calibration
    smooth: SmoothECE
    scores: ProperScores
    risk: RiskCoverage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("file", metavar="FILE", help="CSV of predictions, or a folder of binet evaluate")
    parser.add_argument("--labels", metavar="CSV", help="file_name,label: gives or replaces the labels")
    parser.add_argument("--bins", type=positive, metavar="N", help="how many bins (default: 15), or at most so many")
    parser.add_argument("--binning", choices=tuple(BINNINGS), default="equal_width")
    parser.add_argument("--convention", choices=tuple(CONVENTIONS), default="binet", help="whose bins (default: binet)")
    parser.add_argument("--risk", type=float, metavar="R", help="say how much can be answered at this share of errors")
    parser.add_argument("--coverage", type=float, metavar="C", help="say the share of errors at this coverage")
    plots.add_argument(parser, "the reliability diagram")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    read = labelled(arguments.file, arguments.labels)
    read.require_probabilities()
    found = _measure(read.predictions, arguments)
    if arguments.plot:
        _save_plot(found.bins, arguments.plot)
    print(json.dumps(_record(found), indent=1) if arguments.json else _table(read.name, found, arguments))


def _measure(predictions: Predictions, arguments: argparse.Namespace) -> _Measured:
    how = {"n_bins": arguments.bins, "binning": arguments.binning, "convention": arguments.convention}
    return _Measured(
        accuracy(predictions),
        calibration(predictions, **how),
        smooth_ece(predictions),
        proper_scores(predictions, **how),
        risk_coverage(predictions, risk=arguments.risk, coverage=arguments.coverage),
    )


def _record(found: _Measured) -> dict[str, Any]:
    """For machines: what is NaN is null."""
    scores = ("nll", "brier", "brier_top_label", "reliability", "refinement", "resolution", "uncertainty")
    areas = ("aurc", "eaurc", "augrc", "coverage_at_risk", "threshold_at_risk", "risk_at_coverage")
    more = {
        "rms_debiased": found.bins.rms_debiased,
        "smooth_ece": found.smooth.value,
        "smooth_ece_bandwidth": found.smooth.bandwidth,
        **{name: getattr(found.scores, name) for name in scores},
        **{name: getattr(found.risk, name) for name in (*areas, "threshold_at_coverage")},
        "convention": found.bins.convention,
    }
    return core(found.top1, found.bins) | finite(more) | bins(found.bins)


def _table(name: str, found: _Measured, arguments: argparse.Namespace) -> str:
    """For people."""
    top1, result, scores, risk = found.top1, found.bins, found.scores, found.risk
    apart = f"confidence and accuracy differ by {100 * result.ece:.1f} points on average"
    lines = [
        f"{name}: {top1.n:,} rows",
        "",
        f"accuracy    {top1.value:.4f}   95 % interval {top1.low:.4f} to {top1.high:.4f}",
        f"confidence  {result.confidence:.4f}   on average",
        f"ECE         {result.ece:.4f}   {apart}",
        f"MCE         {result.mce:.4f}   the largest gap of a bin",
        f"RMS         {result.rms:.4f}   root mean square; debiased {result.rms_debiased:.4f}",
        f"smECE       {found.smooth.value:.4f}   without bins; bandwidth {found.smooth.bandwidth:.4f}",
        f"Brier       {scores.brier_top_label:.4f}   of the predicted class; reliability {scores.reliability:.4f}, "
        f"refinement {scores.refinement:.4f}",
        f"AURC        {risk.aurc:.4f}   E-AURC {risk.eaurc:.4f}, AUGRC {risk.augrc:.4f}",
        *_asked(risk, arguments),
        "",
        f"{'bin':^18} {'rows':>9} {'accuracy':>9} {'confidence':>11} {'gap':>8}",
    ]
    below = result.convention in CLOSED_BELOW
    for one in result.bins:
        edges = f"[{one.low:.4f}, {one.high:.4f})" if below else f"({one.low:.4f}, {one.high:.4f}]"
        numbers = (
            f"{one.accuracy:9.4f} {one.confidence:11.4f} {one.accuracy - one.confidence:+8.4f}"
            if one.count
            else f"{'-':>9} {'-':>11} {'-':>8}"
        )
        lines.append(f"{edges:18} {one.count:9,} {numbers}")
    return "\n".join(lines)


def _asked(risk: RiskCoverage, arguments: argparse.Namespace) -> list[str]:
    """Lines for `--risk` and `--coverage`."""
    lines = []
    if arguments.risk is not None and risk.coverage_at_risk > 0:
        above = f"confidence {risk.threshold_at_risk:.4f} or more"
        lines.append(f"coverage    {risk.coverage_at_risk:.4f}   at a risk of at most {arguments.risk:g}: {above}")
    elif arguments.risk is not None:
        lines.append(f"coverage    0        no threshold has a risk of at most {arguments.risk:g}")
    if arguments.coverage is not None:
        above = f"confidence {risk.threshold_at_coverage:.4f} or more"
        lines.append(f"risk        {risk.risk_at_coverage:.4f}   at a coverage of {arguments.coverage:g}: {above}")
    return lines


def _save_plot(result: Calibration, file: str) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 6.2))
    result.plot(ax=figure.add_axes((0.13, 0.09, 0.83, 0.88)))
    plots.save(figure, file)
