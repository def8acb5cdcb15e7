"""`binet recalibrate`: fit a map that makes confidence agree with accuracy, or apply one."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from .._files import read_npy, write_bytes
from ..errors import InvalidArgument
from ..predictions import Predictions
from ..recalibration import (
    HistogramBinning,
    IsotonicCalibration,
    TemperatureScaling,
    VectorScaling,
    load,
)
from ..report import runs
from ..report.records import finite
from .arguments import labelled, positive

NAME = "recalibrate"
HELP = "Fit a map that makes confidence agree with accuracy, or apply one that was fitted."
EXAMPLES = """\
examples:
  binet recalibrate val.npy --labels labels.npy -o fit.json                    one temperature for all logits
  binet recalibrate val.npy --labels labels.npy --method vector --l2 1e-3 -o fit.json
  binet recalibrate out/val --method isotonic -o fit.json                      confidences of binet evaluate, or a CSV
  binet recalibrate out/val --method histogram --bins 15 --binning equal_mass -o fit.json
  binet recalibrate test.npy --apply fit.json -o scaled.npy                    logits in, logits out
  binet recalibrate out/test --apply fit.json -o calibrated.csv                predictions in, predictions out

temperature and vector map logits: a .npy of [N, C], with --labels, a .npy of [N]. isotonic and histogram map the
confidence of the predicted class: a CSV of predictions or a folder of binet evaluate, with labels in it or from a
CSV of file_name,label. Fit on samples that are used for nothing else."""

METHODS = ("temperature", "vector", "isotonic", "histogram")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("file", metavar="FILE", help="logits as .npy; or predictions: a CSV or a folder")
    parser.add_argument("--labels", metavar="FILE", help="for logits a .npy [N]; for predictions a CSV")
    parser.add_argument("--apply", metavar="FIT.json", help="apply this map instead of fitting one")
    parser.add_argument("--method", choices=METHODS, default="temperature", help="what to fit (default: temperature)")
    parser.add_argument("--l2", type=float, default=0.0, metavar="X", help="vector: penalty (default: 0)")
    parser.add_argument("--bins", type=positive, default=15, metavar="N", help="histogram: how many (default: 15)")
    parser.add_argument("--binning", choices=("equal_width", "equal_mass"), default="equal_width", help="histogram")
    parser.add_argument("-o", "--output", metavar="OUT", help="where the map, the logits or the predictions go")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    of_logits = Path(arguments.file).suffix == ".npy"
    if arguments.apply is not None:
        _apply(arguments, of_logits)
        return
    if of_logits != (arguments.method in ("temperature", "vector")):
        wanted = "predictions, a CSV or a folder" if of_logits else "logits, a .npy file"
        raise InvalidArgument(f"--method {arguments.method} maps {wanted}; {arguments.file} is not", "method")
    made = _fit_logits(arguments) if of_logits else _fit_predictions(arguments)
    if arguments.output is not None:
        made.save(arguments.output)
    record = _record(made)
    if arguments.json:
        print(json.dumps(finite(record), indent=1))
    else:
        print("\n".join(f"{name:16} {_shown(value)}" for name, value in record.items()))


def _fit_logits(arguments: argparse.Namespace) -> TemperatureScaling | VectorScaling:
    if arguments.labels is None:
        raise InvalidArgument("a fit needs --labels, a .npy of the true classes", "labels")
    made = TemperatureScaling() if arguments.method == "temperature" else VectorScaling(l2=arguments.l2)
    return made.fit(read_npy(arguments.file), read_npy(arguments.labels))


def _fit_predictions(arguments: argparse.Namespace) -> IsotonicCalibration | HistogramBinning:
    predictions = labelled(arguments.file, arguments.labels).predictions
    if arguments.method == "isotonic":
        return IsotonicCalibration().fit(predictions)
    return HistogramBinning(arguments.bins, arguments.binning).fit(predictions)


def _record(made: Any) -> dict[str, Any]:
    """What a fit found, but for columns."""
    columns = {name: len(value) for name, value in vars(made.fit_).items() if isinstance(value, np.ndarray)}
    numbers = {name: value for name, value in vars(made.fit_).items() if name not in columns and value == value}
    return {"method": made.METHOD, **columns, **numbers}


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _apply(arguments: argparse.Namespace, of_logits: bool) -> None:
    made = load(arguments.apply)
    if arguments.output is None:
        raise InvalidArgument("--apply needs -o, a name for the result", "output")
    if of_logits != isinstance(made, (TemperatureScaling, VectorScaling)):
        wanted = "predictions, a CSV or a folder" if of_logits else "logits, a .npy file"
        raise InvalidArgument(f"{arguments.apply} maps {wanted}; {arguments.file} is not", "file")
    if of_logits:
        written = io.BytesIO()
        np.save(written, made.transform(read_npy(arguments.file)))
        write_bytes(Path(arguments.output), written.getvalue())
        return
    calibrated: Predictions = made.transform(runs.read(arguments.file, arguments.labels).predictions)
    calibrated.to_csv(arguments.output)
