"""`binet consistency`: are observers wrong on the same images?"""

from __future__ import annotations

import argparse
import fnmatch
import json
from typing import Any

import numpy as np

from ..answers import Answers
from ..conditions import Conditions, conditions
from ..consistency import ErrorConsistencyMatrix, error_consistency_matrix
from ..errors import InvalidArgument, InvalidData
from . import observers, plots

NAME = "consistency"
HELP = "Error consistency: are observers wrong on the same images?"
PEOPLE = "subject-*"
EXAMPLES = f"""\
examples:
  binet consistency resnet50.csv vit.csv
  binet consistency cue-conflict/*.csv --plot kappa.png
  binet consistency out/resnet50 out/vit people.csv --people 'subject-*'
  binet consistency cue-conflict/*.csv --json | jq .means

{observers.FORMAT} It needs the column category too; rows are matched by image.

Error consistency is Cohen's kappa of who is right on which image (Geirhos et al., NeurIPS 2020): 0 for observers that
agree as often as their accuracies make likely, 1 for the same errors. Where the files have several conditions, the
accuracy in each and the means over them follow."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("files", metavar="FILE", nargs="+", help=observers.HELP)
    parser.add_argument(
        "--people",
        metavar="GLOB",
        default=PEOPLE,
        help=f"names of observers that are people; means within and between the two kinds (default: {PEOPLE})",
    )
    plots.add_argument(parser, "the matrix as a heat map")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    read = observers.read(arguments.files)
    if len(read) < 2:
        raise InvalidArgument(f"one observer, {read[0].observer}; at least two are needed", "files")
    try:
        matrix = error_consistency_matrix(read)
        parts = conditions(read)
    except InvalidData as error:
        raise InvalidData(error.message, "files", error.index) from error
    means = _means(matrix, arguments.people)
    if arguments.plot:
        _save_plot(matrix, arguments.plot)
    if arguments.json:
        print(json.dumps(_record(read, matrix, means, parts), indent=1))
    else:
        print("\n\n".join(_tables(matrix, means, parts)))


def _means(matrix: ErrorConsistencyMatrix, people: str) -> dict[str, tuple[int, float]]:
    """Pairs and mean kappa: of all, and within and between the two kinds where there are such pairs."""
    is_person = np.array([fnmatch.fnmatchcase(name, people) for name in matrix.names])
    upper = np.triu(np.ones_like(matrix.kappa, dtype=bool), 1)
    kinds = {
        "all": upper,
        "people": upper & np.outer(is_person, is_person),
        "models": upper & np.outer(~is_person, ~is_person),
        "people and models": upper & (is_person[:, None] != is_person),
    }
    kinds = {kind: pairs for kind, pairs in kinds.items() if pairs.any()}
    return {kind: (int(pairs.sum()), float(matrix.kappa[pairs].mean())) for kind, pairs in kinds.items()}


def _record(
    read: list[Answers],
    matrix: ErrorConsistencyMatrix,
    means: dict[str, tuple[int, float]],
    parts: Conditions,
) -> dict[str, Any]:
    """For machines."""
    biases = parts.mean_shape_bias
    return {
        "n": matrix.n,
        "observers": [
            {"file": one.source, "observer": one.observer, "accuracy": float(accuracy)}
            for one, accuracy in zip(read, matrix.accuracy, strict=True)
        ],
        "kappa": matrix.kappa.tolist(),
        "means": {kind: {"pairs": pairs, "kappa": mean} for kind, (pairs, mean) in means.items()},
        "conditions": [
            {
                "condition": condition,
                "n": int(parts.n[k]),
                "accuracy": parts.accuracy[k].tolist(),
                "kappa": parts.kappa[k].tolist(),
                "shape_bias": None if parts.shape_bias is None else _known(parts.shape_bias[k]),
            }
            for k, condition in enumerate(parts.conditions)
        ],
        "mean_over_conditions": {
            "accuracy": parts.mean_accuracy.tolist(),
            "kappa": parts.mean_kappa.tolist(),
            "shape_bias": None if biases is None else _known(biases),
        },
    }


def _known(values: Any) -> list[float | None]:
    """What is NaN is null."""
    return [value if value == value else None for value in values.tolist()]


def _tables(matrix: ErrorConsistencyMatrix, means: dict[str, tuple[int, float]], parts: Conditions) -> list[str]:
    """For people."""
    several = len(parts.conditions) > 1
    title = f"error consistency (kappa) of {len(matrix)} observers on the same {matrix.n:,} images"
    tables = [
        _matrix(title, matrix.names, matrix.kappa, matrix.accuracy),
        _pairs("mean kappa over pairs", means),
    ]
    if several:
        title = f"means over {len(parts.conditions)} conditions"
        tables += [_conditions(parts), _matrix(title, matrix.names, parts.mean_kappa, parts.mean_accuracy)]
    return tables


def _matrix(title: str, names: tuple[str, ...], kappa: Any, accuracy: Any) -> str:
    """Columns are numbered, so that a line stays short."""
    width = max(len("observer"), *map(len, names))
    numbers = " ".join(f"{f'[{b + 1}]':>7}" for b in range(len(names)))
    lines = [title, "", f"{'':4} {'observer':{width}} {'accuracy':>8} {numbers}"]
    for a, name in enumerate(names):
        row = " ".join(f"{'-':>7}" if a == b else f"{kappa[a, b]:7.4f}" for b in range(len(names)))
        lines.append(f"{f'[{a + 1}]':>4} {name:{width}} {accuracy[a]:8.4f} {row}")
    return "\n".join(lines)


def _pairs(title: str, means: dict[str, tuple[int, float]]) -> str:
    width = max(len("observers"), *map(len, means))
    lines = [title, "", f"{'observers':{width}} {'pairs':>6} {'kappa':>8}"]
    lines += [f"{kind:{width}} {pairs:6,} {mean:8.4f}" for kind, (pairs, mean) in means.items()]
    return "\n".join(lines)


def _conditions(parts: Conditions) -> str:
    width = max(len("condition"), *(len(condition) for condition in parts.conditions))
    numbers = " ".join(f"{f'[{a + 1}]':>7}" for a in range(len(parts.names)))
    lines = ["accuracy in each condition", "", f"{'condition':{width}} {'images':>7} {numbers}"]
    for k, condition in enumerate(parts.conditions):
        row = " ".join(f"{accuracy:7.4f}" for accuracy in parts.accuracy[k])
        lines.append(f"{condition or '-':{width}} {parts.n[k]:7,} {row}")
    return "\n".join(lines)


def _save_plot(matrix: ErrorConsistencyMatrix, file: str) -> None:
    from matplotlib.figure import Figure

    from .._heat_map import figure_size

    figure = Figure(figsize=figure_size(matrix.names), layout="constrained")
    matrix.plot(figure.add_subplot())
    plots.save(figure, file)
