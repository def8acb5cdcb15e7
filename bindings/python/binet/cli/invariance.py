"""`binet invariance`: do answers stay when the same pictures are larger, moved, or at another resolution?"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .. import transforms
from .._extras import require
from ..errors import InvalidArgument, InvalidData, IOFailure
from ..image import ImageList
from ..invariance import MEASURES, Estimate, Invariance, InvarianceSetting
from ..report import runs
from ..report.sweeps import sweep_record, sweep_to
from . import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
from .arguments import add_labels, add_pictures, add_work, transform, use_threads

NAME = "invariance"
HELP = "Run TorchScript models over images at several scales, shifts or resolutions: do answers stay?"
EXAMPLES = """\
examples:
  binet invariance resnet50.pt --data val/ --sweep scale -o out/
  binet invariance resnet50.pt vit.pt --data val/ --sweep shift -o out/ --plot shift.png
  binet invariance clip.pt --data val/ --sweep resolution --transform clip --values 192 224 256 -o out/ --features
  binet invariance resnet50.pt --data val/ --sweep scale -o out/ --json | jq '.[0].areas.accuracy.value'

Settings are those of Vishniakov et al. (ICML 2024) unless given: scale 1, 1.25, 1.5, 2, 3; shift 0, 5, 30, 75, 100
pixels of the picture along its longer side; resolution 112, 224, 336, 512, 640. Each picture is decoded once. For each
model OUT gets a folder with predictions for each setting, such as scale-1.25.csv, and the summary scale.json."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("models", metavar="MODEL.pt", nargs="+", help="TorchScript file")
    parser.add_argument("--sweep", choices=tuple(transforms.STUDY), required=True, help="what changes")
    parser.add_argument("--values", type=float, nargs="+", metavar="V", help="settings (default: those of the study)")
    add_work(parser)
    plots.add_argument(parser, "the curves of all models")
    parser.add_argument(
        "--measure", choices=tuple(MEASURES), default="accuracy", help="what --plot draws (default: accuracy)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    add_pictures(parser)
    images = add_labels(parser)
    images.add_argument("--features", action="store_true", help="also write features, and compare them: the cosine")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    require("demo", "torch")
    plots.check(arguments.plot)
    if arguments.measure == "cosine" and arguments.plot and not arguments.features:
        raise InvalidArgument("--measure cosine needs --features", "measure")
    models = _models(arguments.models)
    settings = _settings(arguments)
    class_names = None if arguments.class_map is None else runs.read_class_map(arguments.class_map)
    images = ImageList(arguments.data, class_names=class_names)
    if (images.labels < 0).any():
        message = f"{arguments.data}: there are images without labels; class folders or a CSV of path,label give them"
        raise InvalidData(message, "data")
    use_threads(arguments.threads)
    results = {name: _measure(name, model, images, settings, arguments) for name, model in models.items()}
    if arguments.plot:
        _save_plot(results, arguments)
    if arguments.json:
        print(json.dumps([sweep_record(name, arguments.sweep, result) for name, result in results.items()], indent=1))
    else:
        print("\n\n".join(_table(name, result, arguments) for name, result in results.items()))


def _models(files: list[str]) -> dict[str, Path]:
    """Files by the names that the models have in the output."""
    models: dict[str, Path] = {}
    for file in map(Path, files):
        if not file.is_file():
            raise IOFailure(f"{file}: no such model file", "models")
        if models.setdefault(file.stem, file) is not file:
            raise InvalidArgument(f"{models[file.stem]} and {file} have the same name, {file.stem}", "models")
    return models


def _settings(arguments: argparse.Namespace) -> dict[float, transforms.Transform]:
    """The transforms by setting, ascending; one is the reference."""
    values = arguments.values
    if values is not None:
        values = sorted({int(value) if value == int(value) else value for value in values})
    settings = transforms.sweep(arguments.sweep, values, transform(arguments))
    reference = _reference(arguments)
    if reference not in settings or len(settings) < 2:
        raise InvalidArgument(f"--values needs {reference}, where the picture is untransformed, and another", "values")
    return settings


def _reference(arguments: argparse.Namespace) -> float:
    """The setting that leaves the picture as it is."""
    crop = transform(arguments).crop or 0
    return {"scale": 1, "shift": 0, "resolution": crop}[arguments.sweep]


def _measure(
    name: str,
    model: Path,
    images: ImageList,
    settings: dict[float, transforms.Transform],
    arguments: argparse.Namespace,
) -> Invariance:
    """Run one model over all settings, and write what came out."""
    return sweep_to(
        Path(arguments.output) / name,
        model,
        arguments.data,
        images,
        arguments.sweep,
        settings,
        _reference(arguments),
        batch_size=arguments.batch_size,
        features=arguments.features,
        skip_bad=arguments.skip_bad,
        progress=sys.stderr.isatty(),
    )


def _table(name: str, result: Invariance, arguments: argparse.Namespace) -> str:
    """For people."""
    head = ("top-1", "true prob.", "consistency", "to right", "to wrong", "prob. shift", "cosine")
    areas = (result.accuracy_area, result.true_probability_area, result.consistency_area)
    lines = [
        f"{name}: {result.n:,} images, {arguments.sweep} {result.reference} is untransformed",
        "",
        f"{arguments.sweep:>10}" + "".join(f" {word:>11}" for word in head),
        *(_line(one) for one in result),
        f"{'area':>10}" + "".join(f" {_number(area)}" for area in areas),
    ]
    return "\n".join(lines)


def _line(one: InvarianceSetting) -> str:
    shares = f"{_number(one.accuracy)} {_number(one.true_probability)} {_number(one.consistency)}"
    flips = f"{one.n_to_right:11,} {one.n_to_wrong:11,}"
    return f"{one.setting:>10} {shares} {flips} {_number(one.probability_shift, '+')} {_number(one.cosine)}"


def _number(estimate: Estimate, sign: str = "") -> str:
    return f"{estimate.value:{sign}11.4f}" if estimate.value == estimate.value else f"{'-':>11}"


def _save_plot(results: dict[str, Invariance], arguments: argparse.Namespace) -> None:
    from .._invariance_figure import SIZE

    def onto(ax: Axes) -> None:
        for name, result in results.items():
            result.plot(ax, measure=arguments.measure, label=name)
        ax.set_xlabel(arguments.sweep)

    plots.draw(arguments.plot, SIZE, onto)
