"""`binet bias`: shape or texture?"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

from ..bias import ShapeBias, ShapeBiasCategory, cue_conflict_from_file_names, shape_bias
from ..errors import InvalidData
from . import plots

NAME = "bias"
HELP = "Shape bias of answers to cue-conflict images, pooled and for each shape."
EXAMPLES = """\
examples:
  binet bias resnet50.csv
  binet bias cue-conflict/*.csv
  binet bias resnet50.csv people.csv --plot bias.png
  binet bias resnet50.csv --json | jq '.[0].shape_bias'

A CSV has a row per image with the columns object_response and imagename, such as bear and cat7-elephant1.png, as
the files of model-vs-human have; where there is a column subj, each subject is a model of its own. Of the answers
that name the shape or the texture, the share that names the shape is the shape bias (Geirhos et al., ICLR 2019)."""

RESPONSE, IMAGE, SUBJECT = "object_response", "imagename", "subj"


class _Model(NamedTuple):
    """One subject of one file."""

    file: str
    name: str
    result: ShapeBias


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="CSV with an answer per image")
    plots.add_argument(parser, "all models in one figure")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    models = [model for file in arguments.files for model in _measure(file)]
    if arguments.plot:
        _save_plot(models, arguments.plot)
    if arguments.json:
        print(json.dumps([_record(model) for model in models], indent=1))
    else:
        print("\n\n".join(_table(model) for model in models))


def _measure(file: str) -> list[_Model]:
    """The subjects of a file, in the order in which they come."""
    models = []
    for name, rows in _read(file).items():
        try:
            images = cue_conflict_from_file_names(image for _, _, image in rows)
            result = shape_bias([response for _, response, _ in rows], images.shapes, images.textures)
        except InvalidData as error:
            line = f"line {rows[error.index][0]}: " if error.index is not None else ""
            raise InvalidData(f"{file}: {line}{error.message}", error.argument, error.index) from error
        models.append(_Model(file, name, result))
    return models


def _read(file: str) -> dict[str, list[tuple[int, str, str]]]:
    """Line, response and image of each row, by subject."""
    subjects: dict[str, list[tuple[int, str, str]]] = {}
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            for column in (RESPONSE, IMAGE):
                if column not in (reader.fieldnames or ()):
                    raise InvalidData(f"{file}: no column {column}")
            for row in reader:
                if None in row or None in row.values():
                    raise InvalidData(f"{file}: line {reader.line_num}: more or fewer fields than the header")
                answers = subjects.setdefault(row.get(SUBJECT, Path(file).stem), [])
                answers.append((reader.line_num, row[RESPONSE], row[IMAGE]))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidData(f"{file}: not a CSV in UTF-8: {error}") from error
    if not subjects:
        raise InvalidData(f"{file}: no rows")
    return subjects


def _record(model: _Model) -> dict[str, Any]:
    """For machines: what is NaN is null."""
    result = model.result
    shares = ("shape_bias", "low", "high")
    counts = ("n", "n_conflict", "n_shape", "n_texture", "n_other")
    return {
        "file": model.file,
        "model": model.name,
        **{name: _known(getattr(result, name)) for name in shares},
        "confidence_level": result.confidence_level,
        **{name: getattr(result, name) for name in counts},
        "categories": [one._asdict() | {"shape_bias": _known(one.shape_bias)} for one in result.categories],
    }


def _known(value: float) -> float | None:
    return value if value == value else None


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
    from matplotlib.figure import Figure

    from .._shape_bias_figure import figure_size

    figure = Figure(figsize=figure_size(models[0].result), layout="constrained")
    ax = figure.add_subplot()
    for model in models:
        model.result.plot(ax, label=model.name)
    plots.save(figure, file)


def _line(one: ShapeBiasCategory, width: int) -> str:
    share = "-" if one.n_shape + one.n_texture == 0 else f"{one.shape_bias:.4f}"
    return f"{one.name!s:{width}} {one.n_conflict:8,} {one.n_shape:8,} {one.n_texture:8,} {one.n_other:8,} {share:>11}"
