"""`binet invariance`: do answers stay when the same pictures are larger, moved, or at another resolution?"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import transforms
from .._extras import require
from .._files import write_text
from ..errors import InvalidArgument, InvalidData, IOFailure
from ..evaluate import evaluate_sweep
from ..image import ImageList
from ..invariance import MEASURES, Estimate, Invariance, InvarianceSetting, invariance
from ..report import runs
from . import plots
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
    if arguments.labels is None and (images.labels < 0).any():
        raise InvalidData(f"{arguments.data}: there are images without labels; --labels gives them", "data")
    use_threads(arguments.threads)
    results = {name: _measure(name, model, images, settings, arguments) for name, model in models.items()}
    if arguments.plot:
        _save_plot(results, arguments)
    if arguments.json:
        print(json.dumps([_record(name, result, arguments) for name, result in results.items()], indent=1))
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
    folder = Path(arguments.output) / name
    folder.mkdir(parents=True, exist_ok=True)
    features = {value: folder / f"{arguments.sweep}-{value}.npy" for value in settings} if arguments.features else None
    predictions = evaluate_sweep(
        model,
        images,
        sweep=settings,
        batch_size=arguments.batch_size,
        on_bad_image="skip" if arguments.skip_bad else "error",
        features=features,
        progress=sys.stderr.isatty(),
    )
    for value, table in predictions.items():
        labelled = table if arguments.labels is None else table.with_labels(arguments.labels)
        labelled.to_csv(folder / f"{arguments.sweep}-{value}.csv")
        predictions[value] = labelled
    result = invariance(predictions, reference=_reference(arguments), features=features)
    skipped = next(iter(predictions.values())).skipped
    summary = _record(name, result, arguments) | {
        "model": {"path": str(model), "sha256": runs.sha256(model)},
        "data": {"path": str(arguments.data), "n_images": len(images)},
        "transforms": {str(value): asdict(one) for value, one in settings.items()},
        "skipped": [{"path": bad.path, "reason": bad.reason} for bad in skipped],
    }
    write_text(folder / f"{arguments.sweep}.json", json.dumps(summary, indent=1) + "\n")
    return result


def _record(name: str, result: Invariance, arguments: argparse.Namespace) -> dict[str, Any]:
    """For machines: what is NaN is null."""
    return {
        "name": name,
        "sweep": arguments.sweep,
        "reference": result.reference,
        "n": result.n,
        "confidence_level": result.confidence_level,
        "areas": {
            "accuracy": _estimate(result.accuracy_area),
            "true_probability": _estimate(result.true_probability_area),
            "consistency": _estimate(result.consistency_area),
        },
        "settings": [
            {key: _estimate(value) if isinstance(value, Estimate) else value for key, value in one._asdict().items()}
            for one in result
        ],
    }


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    return {key: value if value == value else None for key, value in estimate._asdict().items()}


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
    from matplotlib.figure import Figure

    from .._invariance_figure import SIZE

    figure = Figure(figsize=SIZE, layout="constrained")
    ax = figure.add_subplot()
    for name, result in results.items():
        result.plot(ax, measure=arguments.measure, label=name)
    ax.set_xlabel(arguments.sweep)
    plots.save(figure, arguments.plot)
