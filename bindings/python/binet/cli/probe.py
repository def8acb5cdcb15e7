"""`binet probe`: how well do features serve other tasks?"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._files import write_text
from ..errors import Error, InvalidArgument
from ..feature_files import find_tasks
from ..linear_probe import LinearProbe
from ..neighbors_probe import NeighborsProbe
from ..probe_tasks import ProbedTask, TaskAccuracies, probe_tasks
from ..ridge_probe import RidgeProbe
from ..vtab import VTAB, VTAB_GROUPS, vtab_task
from . import plots
from .arguments import positive
from .numbers import number, pick, records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME = "probe"
HELP = "Accuracy of a linear, ridge or nearest-neighbour probe on features, task by task; models side by side."
EXAMPLES = """\
examples:
  binet probe --train train.npz --test test.npz
  binet probe features/resnet50 features/vit --preset clip -o probe.csv --plot probe.png
  binet probe --task Pets pets/train.npz pets/test.npz --task DTD dtd/train.npz dtd/test.npz --method ridge
  binet evaluate vit.pt --data pets/train -o features/vit/Pets/train --features
  binet evaluate vit.pt --data pets/test -o features/vit/Pets/test --features && binet probe features/vit

DIR holds a folder for each task, and that one train and test: train.npz and test.npz with the arrays `features` [N, D]
and `labels` [N], or folders train/ and test/ that `binet evaluate --features` wrote. (Train and test need the same
class folders, or the same --class-map.) A .npy of features with labels.npy or predictions.csv beside it does for
--train, --test and --task. Where names are those of VTAB, means of its groups and of all 19 tasks are printed, and a
word where labels are of more or fewer classes than the benchmark's."""

PRESETS = ("clip", "dinov2", "clip_benchmark")
_METHODS = {"linear": ("C", "preset"), "ridge": ("alpha",), "neighbors": ("k",)}
"""The options of each method; the first is what the probe is regularised by."""

VTAB_MEAN = "VTAB mean of 19"

Pairs = dict[str, tuple[str, str]]
"""Train and test of each task."""


class _Model(NamedTuple):
    """What is measured of one model."""

    file: str
    name: str
    result: TaskAccuracies


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("models", metavar="DIR", nargs="*", help="features of a model: a folder for each task")
    parser.add_argument("--train", metavar="FILE", help="features of one task to fit on")
    parser.add_argument("--test", metavar="FILE", help="features of that task to count right answers on")
    parser.add_argument(
        "--task",
        nargs=3,
        action="append",
        default=[],
        metavar=("NAME", "TRAIN", "TEST"),
        help="one task; may be given several times",
    )
    method = parser.add_argument_group("the probe")
    method.add_argument("--method", choices=tuple(_METHODS), default="linear", help="default: linear")
    method.add_argument("--C", type=float, metavar="C", help="linear: inverse strength of the penalty (default: 1)")
    method.add_argument("--preset", choices=PRESETS, help="linear: whose grid of C and held-out part choose C")
    method.add_argument(
        "--alpha",
        type=float,
        nargs="+",
        metavar="A",
        help="ridge: penalties of which leave-one-out chooses (default: 1e-3, 1e-2, .. 1e6)",
    )
    method.add_argument("-k", type=positive, metavar="K", help="neighbors: how many vote (default: 20)")
    parser.add_argument("-o", "--output", metavar="OUT.csv", help="write a row for each model and task")
    plots.add_argument(parser, "the accuracies of all models in one figure")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    probe = _probe(arguments)
    asked = _models(arguments)
    models = []
    for file, name, tasks in asked:
        if sys.stderr.isatty() and len(asked) > 1:
            print(name, file=sys.stderr)
        models.append(_measure(file, name, tasks, probe))
    if arguments.plot:
        _save_plot(models, arguments.plot)
    if arguments.output:
        write_text(Path(arguments.output), _csv(models))
    print(
        json.dumps([_record(model) for model in models], indent=1)
        if arguments.json
        else _table(models, arguments.method)
    )


# ---- What is asked for -----------------------------------------------------------------------------------------------


def _probe(arguments: argparse.Namespace) -> Any:
    """The estimator, or the function that fits."""
    for method, options in _METHODS.items():
        for option in options:
            if method != arguments.method and getattr(arguments, option) is not None:
                dashes = "-" if len(option) == 1 and option != "C" else "--"
                raise InvalidArgument(f"{dashes}{option} is of --method {method}, not {arguments.method}", option)
    if arguments.method == "ridge":
        return RidgeProbe(alphas=arguments.alpha or np.logspace(-3, 6, 10))
    if arguments.method == "neighbors":
        return NeighborsProbe(k=arguments.k or 20)
    if arguments.preset is None:
        return LinearProbe(C=1.0 if arguments.C is None else arguments.C)
    if arguments.C is not None:
        raise InvalidArgument("--C and --preset both given; a preset chooses C", "preset")
    preset = arguments.preset
    return lambda features, labels: LinearProbe.path(features, labels, preset=preset).probe


def _models(arguments: argparse.Namespace) -> list[tuple[str, str, Pairs]]:
    """File, name and tasks of each model: those of the folders, and the one whose tasks are spelt out."""
    if (arguments.train is None) != (arguments.test is None):
        given, other = ("train", "test") if arguments.test is None else ("test", "train")
        raise InvalidArgument(f"--{given} without --{other}; a task needs both", other)
    pairs: Pairs = {}
    for name, train, test in arguments.task:
        if name in pairs:
            raise InvalidArgument(f"--task {name} is given twice", "task")
        pairs[name] = (train, test)
    if arguments.train is not None:
        if pairs:
            raise InvalidArgument("--train and --task both given; --task NAME TRAIN TEST does for every task", "task")
        folder = Path(arguments.test).resolve().parent.name
        pairs[folder if vtab_task(folder) else "task"] = (arguments.train, arguments.test)
    models = [(folder, Path(folder).resolve().name, find_tasks(folder)) for folder in arguments.models]
    if pairs and models:
        raise InvalidArgument("a DIR and tasks of files are given; either folders of tasks, or files", "models")
    if pairs:
        models = [("", "features", pairs)]
    if not models:
        raise InvalidArgument("no features given: DIR, --train and --test, or --task NAME TRAIN TEST", "models")
    return models


def _measure(file: str, name: str, tasks: Pairs, probe: Any) -> _Model:
    try:
        return _Model(file, name, probe_tasks(tasks, probe, progress=sys.stderr.isatty()))
    except Error as error:
        if file:
            raise type(error)(f"{file}: {error.message}", error.argument, error.index) from error
        raise


# ---- What is said ----------------------------------------------------------------------------------------------------


def _record(model: _Model) -> dict[str, Any]:
    """For machines."""
    result = model.result
    vtab = None if result.vtab is None else pick(result.vtab, ("mean", *VTAB_GROUPS, "missing"))
    numbers = pick(result, ("mean", "low", "high", "confidence_level"))
    return {"file": model.file, "model": model.name, **numbers, "vtab": vtab, "tasks": records(result.tasks)}


def _csv(models: Sequence[_Model]) -> str:
    """A row for each model and task, and for each mean."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    fields = ("group", "accuracy", "low", "high", "n", "n_correct", "n_train", "n_classes", "chosen", "seconds", "note")
    writer.writerow(("model", "task", *fields))
    for model in models:
        for one in model.result.tasks:
            writer.writerow((model.name, one.name, *(_cell(getattr(one, field)) for field in fields)))
        for name, value, low, high in _means(model.result):
            writer.writerow((model.name, name, "", _cell(value), _cell(low), _cell(high), *[""] * 7))
    return text.getvalue()


def _cell(value: Any) -> Any:
    return "" if isinstance(value, float) and math.isnan(value) else value


def _means(result: TaskAccuracies) -> list[tuple[str, float, float, float]]:
    """Names, values and intervals of the means; of VTAB only those of all tasks have one."""
    n = len(result.tasks)
    if result.vtab is None:
        return [(f"mean of {n}", result.mean, result.low, result.high)]
    whole = not result.vtab.missing and n == len(VTAB)
    means = [(VTAB_MEAN if whole else f"mean of {n}", result.mean, result.low, result.high)]
    vtab = [] if whole else [(VTAB_MEAN, result.vtab.mean)]
    vtab += [(f"VTAB {name}", getattr(result.vtab, name)) for name in VTAB_GROUPS]
    return means + [(name, value, math.nan, math.nan) for name, value in vtab if not math.isnan(value)]


def _table(models: Sequence[_Model], method: str) -> str:
    """For people: of one model every number, of several the accuracies side by side."""
    lines = _alone(models[0], method) if len(models) == 1 else _side_by_side(models, method)
    notes = [note if len(models) == 1 else f"{model.name}, {note}" for model in models for note in _notes(model.result)]
    return "\n".join(line.rstrip() for line in (*lines, *([""] if notes else []), *notes))


def _notes(result: TaskAccuracies) -> list[str]:
    """What to know of the numbers."""
    notes = list(result.notes)
    if result.vtab is not None and result.vtab.missing:
        n = len(result.vtab.missing)
        notes.append(f"no mean of VTAB's 19: {n} missing ({', '.join(result.vtab.missing)})")
    return notes


def _alone(model: _Model, method: str) -> list[str]:
    result = model.result
    means = _means(result)
    left = max(len("task"), *(len(str(one.name)) for one in result.tasks), *(len(name) for name, *_ in means))
    level = f"{result.confidence_level * 100:g} %"
    lines = [
        f"{model.name}: accuracy of a {method} probe on each task, with its {level} interval",
        "",
        f"{'task':{left}} {'accuracy':>9} {'low':>7} {'high':>7} {'test':>8} {'train':>9} {'classes':>8} "
        f"{_METHODS[method][0]:>9}",
    ]
    lines += [_line(one, left) for one in result.tasks]
    if len(result.tasks) > 1:
        lines.append("")
        lines += [
            f"{name:{left}} {number(value, 9)} {number(low, 7)} {number(high, 7)}" for name, value, low, high in means
        ]
    return lines


def _line(one: ProbedTask, left: int) -> str:
    chosen = "-" if math.isnan(one.chosen) else f"{one.chosen:.4g}"
    return (
        f"{one.name:{left}} {one.accuracy:9.4f} {one.low:7.4f} {one.high:7.4f} {one.n:8,} {one.n_train:9,} "
        f"{one.n_classes:8,} {chosen:>9}"
    )


def _side_by_side(models: Sequence[_Model], method: str) -> list[str]:
    """Tasks on rows, models in columns. A mean over tasks that are not the same would compare nothing."""
    columns = [{str(one.name): one.accuracy for one in model.result.tasks} for model in models]
    names = list(dict.fromkeys(name for column in columns for name in column))
    common = [name for name in names if all(name in column for column in columns)]
    means: list[dict[str, float]] = [{name: value for name, value, *_ in _means(model.result)} for model in models]
    if len(common) < len(names):
        for column, mean, model in zip(columns, means, models, strict=True):
            mean.pop(f"mean of {len(model.result.tasks)}", None)
            if common:
                mean[f"mean of {len(common)} in common"] = math.fsum(column[name] for name in common) / len(common)
    last = sorted({name for mean in means for name in mean}, key=lambda name: (name.startswith("VTAB"), name))
    left = max(len(name) for name in (*names, *last))
    widths = [max(8, len(model.name)) for model in models]

    def row(name: str, numbers: Sequence[Mapping[str, float]]) -> str:
        cells = (number(one.get(name, math.nan), width) for one, width in zip(numbers, widths, strict=True))
        return f"{name:{left}}  " + "  ".join(cells)

    heads = "  ".join(f"{model.name:>{width}}" for model, width in zip(models, widths, strict=True))
    rows = [row(name, columns) for name in names]
    return [
        f"accuracy of a {method} probe",
        "",
        f"{'':{left}}  {heads}",
        *rows,
        "",
        *(row(name, means) for name in last),
    ]


def _save_plot(models: Sequence[_Model], file: str) -> None:
    from .._task_figure import figure_size

    def onto(ax: Axes) -> None:
        for model in models:
            model.result.plot(ax, label=model.name)

    plots.draw(file, figure_size(len(models[0].result.tasks), len(models)), onto)
