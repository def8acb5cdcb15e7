"""`binet bias`: shape or texture?"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ..answers import Answers
from ..bias import ShapeBias, ShapeBiasCategory, shape_bias
from ..errors import InvalidData
from . import observers, plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
from .numbers import pick, records

NAME = "bias"
HELP = "Shape bias of answers to cue-conflict images, pooled and for each shape."
EXAMPLES = f"""\
examples:
  binet bias resnet50.csv
  binet bias cue-conflict/*.csv
  binet bias out/resnet50 people.csv --plot bias.png
  binet bias resnet50.csv --json | jq '.[0].shape_bias'

{observers.FORMAT}

Of the answers that name the shape or the texture, the share that names the shape is the shape bias (Geirhos et al.,
ICLR 2019)."""


class _Model(NamedTuple):
    """One observer of one file."""

    file: str
    name: str
    result: ShapeBias


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("files", metavar="FILE", nargs="+", help=observers.HELP)
    plots.add_argument(parser, "all models in one figure")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    models = [_measure(observer) for observer in observers.read(arguments.files)]
    if arguments.plot:
        _save_plot(models, arguments.plot)
    if arguments.json:
        print(json.dumps([_record(model) for model in models], indent=1))
    else:
        print("\n\n".join(_table(model) for model in models))


def _measure(observer: Answers) -> _Model:
    try:
        return _Model(observer.source, observer.observer, shape_bias(observer))
    except InvalidData as error:
        raise observers.at_line(error, observer) from error


def _record(model: _Model) -> dict[str, Any]:
    """For machines: what is NaN is null."""
    result = model.result
    numbers = ("shape_bias", "low", "high", "confidence_level", "n", "n_conflict", "n_shape", "n_texture", "n_other")
    return {
        "file": model.file,
        "model": model.name,
        **pick(result, numbers),
        "categories": records(result.categories),
    }


def _table(model: _Model) -> str:
    """For people."""
    result = model.result
    pooled = ShapeBiasCategory(
        "all", result.n_conflict, result.n_shape, result.n_texture, result.n_other, result.shape_bias
    )
    rows = [one for one in result.categories if one.n_conflict]
    width = max(len("category"), *(len(str(one.name)) for one in (*rows, pooled)))
    interval = f"{result.confidence_level * 100:g} % interval {result.low:.4f} to {result.high:.4f}"
    named = result.n_shape + result.n_texture > 0
    lines = [
        f"{model.name}: {result.n:,} images, {result.n_conflict:,} with a texture that is not their shape's",
        "",
        f"shape bias  {result.shape_bias:.4f}   {interval}" if named else "shape bias  -   no answer names either cue",
        "",
        f"{'category':{width}} {'images':>8} {'shape':>8} {'texture':>8} {'other':>8} {'shape bias':>11}",
        *(_line(one, width) for one in (*rows, pooled)),
    ]
    return "\n".join(lines)


def _save_plot(models: list[_Model], file: str) -> None:
    from .._shape_bias_figure import figure_size

    def onto(ax: Axes) -> None:
        for model in models:
            model.result.plot(ax, label=model.name)

    plots.draw(file, figure_size(models[0].result), onto)


def _line(one: ShapeBiasCategory, width: int) -> str:
    share = "-" if one.n_shape + one.n_texture == 0 else f"{one.shape_bias:.4f}"
    return f"{one.name!s:{width}} {one.n_conflict:8,} {one.n_shape:8,} {one.n_texture:8,} {one.n_other:8,} {share:>11}"
