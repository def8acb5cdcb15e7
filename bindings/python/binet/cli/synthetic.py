"""`binet synthetic`: accuracy on rendered images, by factor."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import InvalidData
from ..predictions import Predictions
from ..synthetic import CONVENTIONS, PUG_IMAGENET_FACTORS, SyntheticAccuracy, synthetic_accuracy
from . import plots
from .arguments import labelled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
from .numbers import number, pick, records

NAME = "synthetic"
HELP = "Accuracy on synthetic images by factor, as PUG-ImageNet defines it; models side by side."
EXAMPLES = """\
examples:
  binet synthetic pug/resnet50 pug/vit --map class_to_imagenet_idx.json
  binet synthetic resnet50.csv --map map.json --factors factors.csv --convention fixed
  binet synthetic pug/resnet50 --map class_to_imagenet_idx.json --json | jq '.[0].mean'

DIR holds, for each factor (Worlds, Camera_Pitch, ...), a folder of that name, such as `binet evaluate resnet50.pt
--data PUG_ImageNet/Worlds -o pug/resnet50/Worlds` writes, or a CSV of predictions. A CSV of all images
names the factor in each path, or --factors does (file_name,factor). Labels are classes of the map in order of their
names. The published loop ("official") gives an index that several classes list to the last of them, so that Shirt is
never right; "fixed" gives it to each (Bordes et al., 2023)."""


_NUMBERS = (
    "mean",
    "missing",
    "accuracy",
    "low",
    "high",
    "n",
    "n_correct",
    "n_outside",
    "n_without_factor",
    "convention",
    "confidence_level",
)


class _Model(NamedTuple):
    """What is measured of one model."""

    file: str
    name: str
    result: SyntheticAccuracy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("models", metavar="DIR", nargs="+", help="predictions of a model for each factor, or of all")
    parser.add_argument("--map", metavar="JSON", required=True, help="the indices that each class stands for")
    parser.add_argument("--labels", metavar="CSV", help="file_name,label: gives or replaces the labels")
    parser.add_argument("--factors", metavar="CSV", help="file_name,factor: the factor of each image")
    parser.add_argument(
        "--convention", choices=tuple(CONVENTIONS), default="official", help="of shared indices (default: official)"
    )
    plots.add_argument(parser, "the accuracies of all models in one figure")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    models = [_measure(model, arguments) for model in arguments.models]
    if arguments.plot:
        _save_plot(models, arguments.plot)
    print(json.dumps([_record(model) for model in models], indent=1) if arguments.json else _table(models))


def _measure(file: str, arguments: argparse.Namespace) -> _Model:
    given: Predictions | Mapping[str, Predictions] = _runs_of(Path(file), arguments.labels)
    name = Path(file).name
    if not given:
        read = labelled(file, arguments.labels)
        given, name = read.predictions, read.name
    try:
        result = synthetic_accuracy(given, arguments.map, arguments.factors, convention=arguments.convention)
    except InvalidData as error:
        raise InvalidData(f"{file}: {error.message}", error.argument, error.index) from error
    return _Model(file, name, result)


def _runs_of(folder: Path, labels: str | None) -> dict[str, Predictions]:
    """Predictions by factor, where a folder holds some."""
    found = {}
    for factor in PUG_IMAGENET_FACTORS:
        for path in (folder / factor, folder / f"{factor}.csv"):
            if path.exists():
                found[factor] = labelled(path, labels).predictions
                break
    return found


def _record(model: _Model) -> dict[str, Any]:
    """For machines."""
    numbers = pick(model.result, _NUMBERS)
    return {"file": model.file, "model": model.name, **numbers, "factors": records(model.result.factors)}


def _table(models: Sequence[_Model]) -> str:
    """For people: factors on rows, models in columns."""
    names = list(dict.fromkeys(str(name) for model in models for name in model.result.factors.name))
    left = max(len("all images"), *(len(name) for name in names))
    widths = [max(8, len(model.name)) for model in models]
    columns = list(zip((model.result for model in models), widths, strict=True))
    lines = [
        f"synthetic accuracy, {models[0].result.convention}",
        "",
        f"{'':{left}}  " + "  ".join(f"{model.name:>{width}}" for model, width in zip(models, widths, strict=True)),
    ]
    for name in names:
        cells = (number(_accuracy(result, name), width) for result, width in columns)
        lines.append(f"{name:{left}}  " + "  ".join(cells))
    lines.append(f"{'mean':{left}}  " + "  ".join(number(result.mean, width) for result, width in columns))
    lines.append(f"{'all images':{left}}  " + "  ".join(number(result.accuracy, width) for result, width in columns))
    for model in models:
        if model.result.missing:
            lacking = ", ".join(model.result.missing)
            lines += ["", f"{model.name} has no images of {lacking}: its mean is over the others"]
    return "\n".join(line.rstrip() for line in lines)


def _accuracy(result: SyntheticAccuracy, name: str) -> float:
    return result.factors[name].accuracy if name in result.factors.name else float("nan")


def _save_plot(models: Sequence[_Model], file: str) -> None:
    from .._factor_figure import figure_size

    def onto(ax: Axes) -> None:
        for model in models:
            model.result.plot(ax, label=model.name)

    plots.draw(file, figure_size(len(models[0].result.factors), len(models)), onto)
