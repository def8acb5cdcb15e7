"""`binet mistakes`: on which factors and classes does a model err?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..class_report import ClassGap, ClassReport, class_gap, class_report
from ..errors import InvalidArgument, InvalidData
from ..factors import FactorTable, read_metaclasses
from ..mistakes import ErrorRatio, error_ratio, metaclass_correct
from ..multilabel import MultilabelAccuracy, multilabel_accuracy, read_multilabels
from ..predictions import Predictions
from . import plots
from .arguments import labelled, natural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
from .numbers import number, pick, records

NAME = "mistakes"
HELP = "Error ratios by factor, the worst classes, confused pairs, several labels an image; models side by side."
EXAMPLES = """\
examples:
  binet mistakes out/resnet50                                     classes: the worst, and what is confused
  binet mistakes resnet50.csv vit.csv --labels labels.csv         and how classes move from one to the other
  binet mistakes resnet50.csv --labels labels.csv --factors imagenet_x_top_factor.csv \\
      --leave-out imagenet_x_prototypes.csv --plot factors.png    ImageNet-X
  binet mistakes resnet50.csv --labels labels.csv --real real.json
  binet mistakes resnet50.csv --labels labels.csv --json | jq '.[0].classes.worst_mean'

FILE is a CSV of predictions or a folder of binet evaluate. Factors come as file_name,factor, or as file_name and a
column of 0 and 1 for each factor; an error ratio is the error on images with the factor over the error on all
(Idrissi et al., 2022). Rows meet by file name. In ReaL's file entry i is of ILSVRC2012_val_<i + 1>.JPEG."""


_INTERVAL = ("low", "high", "n", "n_correct")
_JOINED = ("n_unmatched", "n_unused", "confidence_level")
_CLASSES = (
    "n",
    "n_correct",
    "accuracy",
    "balanced_accuracy",
    "n_present",
    "worst_class",
    "worst_accuracy",
    "n_worst",
    "worst_mean",
    "class_balance",
    "accuracy_deviation",
    "probability_deviation",
    "n_unknown",
    "n_confusions",
    "confidence_level",
)
_GAP = ("mean", "deviation", "lowest_class", "lowest", "highest_class", "highest", "n_compared", "n_lower", "n_higher")


class _Model(NamedTuple):
    """What is measured of one file."""

    file: str
    name: str
    predictions: Predictions
    classes: ClassReport
    real: MultilabelAccuracy | None
    factors: ErrorRatio | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="CSV of predictions, or a folder of binet evaluate")
    parser.add_argument("--labels", metavar="CSV", help="file_name,label: gives or replaces the labels")
    parser.add_argument("--factors", metavar="CSV", help="which image has which factor: error ratios")
    parser.add_argument("--leave-out", metavar="CSV", help="a column file_name: images that no error ratio counts")
    parser.add_argument("--real", metavar="JSON", help="the labels of each image, in ReaL's form or by file name")
    parser.add_argument("--metaclasses", metavar="CSV", help="a column name: the metaclass of each class")
    parser.add_argument(
        "--right",
        choices=("class", "real", "metaclass"),
        default="class",
        help="what an error ratio takes as right (default: the class)",
    )
    parser.add_argument("--class-names", metavar="FILE", help="a name a line; what is before a comma is left out")
    parser.add_argument("--top", type=natural, default=10, metavar="N", help="classes and pairs to list (default: 10)")
    plots.add_argument(parser, "the error ratios of all models in one figure")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    _check(arguments)
    plots.check(arguments.plot)
    names = None if arguments.class_names is None else _class_names(Path(arguments.class_names))
    factors = None if arguments.factors is None else FactorTable.read(arguments.factors)
    multilabels = None if arguments.real is None else read_multilabels(arguments.real, "real")
    models = [_measure(file, arguments, names, factors, multilabels) for file in arguments.files]
    gap = None
    if len(models) == 2:
        gap = class_gap(models[0].predictions, models[1].predictions, names)
    if arguments.plot:
        _save_plot(models, arguments.plot)
    if arguments.json:
        found = [_record(model) for model in models]
        if gap is not None:
            found[1]["class_gap"] = _gap_record(models, gap)
        print(json.dumps(found, indent=1))
    else:
        print("\n\n".join(_tables(models, gap, arguments.top)))


def _check(arguments: argparse.Namespace) -> None:
    for right, option, given in (
        ("real", "--real", arguments.real),
        ("metaclass", "--metaclasses", arguments.metaclasses),
    ):
        if arguments.right == right and given is None:
            raise InvalidArgument(f"--right {right} needs {option}", "right")
    for name in ("leave_out", "plot"):
        if getattr(arguments, name) is not None and arguments.factors is None:
            raise InvalidArgument(f"--{name.replace('_', '-')} needs --factors", name)


def _class_names(path: Path) -> list[str]:
    """The name on each line; one that comes more than once, as maillot does in ImageNet, with its class beside it."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    names = [line.split(",", 1)[-1].strip() for line in lines]
    return [name if names.count(name) == 1 else f"{name} ({index})" for index, name in enumerate(names)]


def _measure(
    file: str,
    arguments: argparse.Namespace,
    names: Sequence[str] | None,
    factors: FactorTable | None,
    multilabels: Mapping[str, Any] | None,
) -> _Model:
    read = labelled(file, arguments.labels)
    predictions = read.predictions
    try:
        real = None if multilabels is None else multilabel_accuracy(predictions, multilabels)
        ratios = None
        if factors is not None:
            correct: Any = None
            if arguments.right == "real":
                correct = real
            elif arguments.right == "metaclass":
                correct = metaclass_correct(predictions, read_metaclasses(arguments.metaclasses))
            ratios = error_ratio(predictions, factors, leave_out=arguments.leave_out, correct=correct)
        classes = class_report(predictions, names, n_confusions=arguments.top)
    except InvalidData as error:
        raise InvalidData(f"{file}: {error.message}", error.argument, error.index) from error
    return _Model(file, read.name, predictions, classes, real, ratios)


# ---- For machines ----------------------------------------------------------------------------------------------------


def _record(model: _Model) -> dict[str, Any]:
    record: dict[str, Any] = {"file": model.file, "model": model.name}
    rows = {"confusions": records(model.classes.confusions), "classes": records(model.classes.classes)}
    record["classes"] = pick(model.classes, _CLASSES) | rows
    if model.real is not None:
        record["multilabel_accuracy"] = pick(model.real, ("value", *_INTERVAL, "n_left_out", *_JOINED))
    if model.factors is not None:
        numbers = pick(model.factors, ("mean", "worst", "accuracy", *_INTERVAL, "n_left_out", *_JOINED))
        record["error_ratio"] = numbers | {"factors": records(model.factors.factors)}
    return record


def _gap_record(models: Sequence[_Model], gap: ClassGap) -> dict[str, Any]:
    numbers = pick(gap, _GAP)
    return {"from": models[0].name, "to": models[1].name, **numbers, "classes": records(gap.classes)}


# ---- For people ------------------------------------------------------------------------------------------------------


def _tables(models: Sequence[_Model], gap: ClassGap | None, top: int) -> list[str]:
    parts = []
    if models[0].factors is not None:
        parts.append(_factor_table(models))
    for model in models:
        parts.append(_class_table(model, top))
    if gap is not None and top > 0:
        parts.append(_gap_table(models, gap, top))
    return parts


def _factor_table(models: Sequence[_Model]) -> str:
    """Error ratios, a column a model."""
    results = [model.factors for model in models if model.factors is not None]
    names = results[0].factors.name
    left = max(len("accuracy"), *(len(str(name)) for name in names))
    widths = [max(8, len(model.name)) for model in models]
    columns = list(zip(results, widths, strict=True))
    lines = [
        f"error ratios: {results[0].n:,} images, {results[0].n_left_out:,} left out, "
        f"{results[0].n_unmatched:,} without annotation",
        "",
        f"{'':{left}} {'images':>8}  " + "  ".join(f"{m.name:>{w}}" for m, w in zip(models, widths, strict=True)),
        *(
            f"{name!s:{left}} {results[0].factors.n[i]:8,}  "
            + "  ".join(number(result.factors.ratio[i], width) for result, width in columns)
            for i, name in enumerate(names)
        ),
        f"{'mean':{left}} {'':>8}  " + "  ".join(number(result.mean, width) for result, width in columns),
        f"{'accuracy':{left}} {'':>8}  " + "  ".join(number(result.accuracy, width) for result, width in columns),
    ]
    return "\n".join(line.rstrip() for line in lines)


def _class_table(model: _Model, top: int) -> str:
    result = model.classes
    worst = result.worst(min(top, result.n_present)) if top > 0 else ()
    lines = [
        f"{model.name}: {result.n:,} images, {result.n_present:,} classes",
        "",
        f"accuracy        {result.accuracy:.4f}",
        f"balanced        {result.balanced_accuracy:.4f}   mean of the classes' accuracies",
        f"worst class     {result.worst_accuracy:.4f}   {result.classes.name[result.worst_class]}",
        f"worst {result.n_worst:<9,} {result.worst_mean:.4f}   mean of the {result.n_worst:,} lowest accuracies",
    ]
    if result.class_balance == result.class_balance:
        lines.append(f"class balance   {result.class_balance:.4f}")
    if model.real is not None:
        real = model.real
        lines.append(
            f"several labels  {number(real.value, 0)}   of {real.n:,} images; {real.n_left_out:,} without a label"
        )
    if worst:
        left = max(len("class"), *(len(str(one.name)) for one in worst))
        lines += ["", f"{'class':{left}} {'images':>8} {'accuracy':>9} {'precision':>10} {'95 % interval':>18}"]
        lines += [
            f"{one.name!s:{left}} {one.n:8,} {one.accuracy:9.4f} {number(one.precision, 10)} "
            f"{f'{one.low:.4f} to {one.high:.4f}':>18}"
            for one in worst
        ]
    if result.confusions:
        left = max(len("label"), *(len(str(one.label_name)) for one in result.confusions))
        right = max(len("taken for"), *(len(str(one.predicted_name)) for one in result.confusions))
        lines += ["", f"{'label':{left}}  {'taken for':{right}} {'images':>8}"]
        lines += [f"{one.label_name!s:{left}}  {one.predicted_name!s:{right}} {one.n:8,}" for one in result.confusions]
    return "\n".join(lines)


def _gap_table(models: Sequence[_Model], gap: ClassGap, top: int) -> str:
    a, b = (model.name for model in models)
    falls = gap.furthest(min(top, gap.n_compared))
    left = max(len("class"), *(len(str(one.name)) for one in falls))
    widths = [max(8, len(a)), max(8, len(b))]
    lines = [
        f"from {a} to {b}: mean gap {gap.mean:+.4f}, {gap.n_lower:,} of {gap.n_compared:,} classes fall, "
        f"{gap.n_higher:,} rise",
        "",
        f"{'class':{left}} {a:>{widths[0]}} {b:>{widths[1]}} {'gap':>8} {'95 % interval':>20}",
        *(
            f"{one.name!s:{left}} {one.accuracy_a:{widths[0]}.4f} {one.accuracy_b:{widths[1]}.4f} {one.gap:+8.4f} "
            f"{f'{one.low:+.4f} to {one.high:+.4f}':>20}"
            for one in falls
        ),
    ]
    return "\n".join(lines)


def _save_plot(models: Sequence[_Model], file: str) -> None:
    from .._factor_figure import figure_size

    results = [(model.name, model.factors) for model in models if model.factors is not None]

    def onto(ax: Axes) -> None:
        for name, result in results:
            result.plot(ax, label=name)

    plots.draw(file, figure_size(len(results[0][1].factors), len(results)), onto)
