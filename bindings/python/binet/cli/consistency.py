"""`binet consistency`: are observers wrong on the same images?"""

from __future__ import annotations

import argparse
import fnmatch
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..answers import Answers
from ..conditions import Conditions, conditions
from ..consistency import ErrorConsistencyMatrix, correctness, error_consistency_matrix
from ..consistency_mean import (
    ErrorConsistencyDifference,
    ErrorConsistencyMean,
    Pair,
    error_consistency_difference,
    error_consistency_mean,
    observer_pairs,
)
from ..copy_model import copy_model
from ..errors import InvalidArgument, InvalidData
from . import observers, plots
from .arguments import natural, positive

NAME = "consistency"
HELP = "Error consistency: are observers wrong on the same images?"
PEOPLE = "subject-*"
EXAMPLES = f"""\
examples:
  binet consistency resnet50.csv vit.csv
  binet consistency cue-conflict/*.csv --plot kappa.png
  binet consistency out/resnet50 out/vit people.csv --people 'subject-*' --pairs
  binet consistency cue-conflict/*.csv --compare subject-01 vit_clip convnext_clip
  binet consistency cue-conflict/*.csv --json | jq .means

{observers.FORMAT} It needs the column category too; rows are matched by image.

Error consistency is Cohen's kappa of who is right on which image (Geirhos et al., NeurIPS 2020): 0 for observers that
agree as often as their accuracies make likely, 1 for the same errors. Intervals come from a bootstrap over images, the
share copied from the copy model (Klein et al., NeurIPS 2025). Where the files have several conditions, the accuracy in
each and the means over them follow."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("files", metavar="FILE", nargs="+", help=observers.HELP)
    parser.add_argument(
        "--people",
        metavar="GLOB",
        default=PEOPLE,
        help=f"names of observers that are people; means within and between the two kinds (default: {PEOPLE})",
    )
    parser.add_argument("--pairs", action="store_true", help="also list every two, with interval and share copied")
    parser.add_argument(
        "--compare",
        metavar=("C", "A", "B"),
        nargs=3,
        action="append",
        default=[],
        help="test whether the errors of A are more like those of C than the errors of B are; may be repeated",
    )
    parser.add_argument(
        "--resamples", type=positive, default=1000, metavar="N", help="of the bootstrap (default: 1000)"
    )
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="of the bootstrap (default: 0)")
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
    names, correct = correctness(read)
    by_name = dict(zip(names, correct, strict=True))
    if len(by_name) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidData(f"two observers are called {twice}", "files")
    found = _Found(
        read=read,
        matrix=matrix,
        means={kind: _mean(by_name, pairs, arguments) for kind, pairs in _kinds(names, arguments.people).items()},
        pairs=[(pair, _mean(by_name, [pair], arguments)) for pair in observer_pairs(names)] if arguments.pairs else [],
        tests=[(test, _test(by_name, test, arguments)) for test in arguments.compare],
        parts=parts,
    )
    if arguments.plot:
        _save_plot(matrix, arguments.plot)
    print(json.dumps(_record(found), indent=1) if arguments.json else "\n\n".join(_tables(found)))


class _Found(NamedTuple):
    """All that there is to print."""

    read: list[Answers]
    matrix: ErrorConsistencyMatrix
    means: dict[str, ErrorConsistencyMean]
    pairs: list[tuple[Pair, ErrorConsistencyMean]]
    tests: list[tuple[list[str], ErrorConsistencyDifference]]
    parts: Conditions


def _mean(by_name: Mapping[str, Any], pairs: list[Pair], arguments: argparse.Namespace) -> ErrorConsistencyMean:
    return error_consistency_mean(by_name, pairs, n_resamples=arguments.resamples, seed=arguments.seed)


def _test(by_name: Mapping[str, Any], test: list[str], arguments: argparse.Namespace) -> ErrorConsistencyDifference:
    for name in test:
        if name not in by_name:
            raise InvalidArgument(f"--compare {name}: no such observer; there are {', '.join(by_name)}", "compare")
    c, a, b = test
    return error_consistency_difference(
        by_name, [(c, a)], [(c, b)], n_resamples=arguments.resamples, seed=arguments.seed
    )


def _kinds(names: tuple[str, ...], pattern: str) -> dict[str, list[Pair]]:
    """Pairs of all, and within and between people and models where there are such pairs."""
    people = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    models = [name for name in names if name not in people]
    kinds = {
        "all": observer_pairs(names),
        "people": observer_pairs(people),
        "models": observer_pairs(models),
        "people and models": observer_pairs(people, models),
    }
    return {kind: pairs for kind, pairs in kinds.items() if pairs}


def _copied(matrix: ErrorConsistencyMatrix, pair: Pair) -> float | None:
    """The share of trials on which the one with fewer right copies the other; None where that cannot be told."""
    a, b = (matrix.names.index(str(name)) for name in pair)
    low, high = sorted((float(matrix.accuracy[a]), float(matrix.accuracy[b])))
    return copy_model(high, low, kappa=matrix[pair]).copy_share if 0 < high < 1 else None


def _record(found: _Found) -> dict[str, Any]:
    """For machines."""
    parts = found.parts
    biases = parts.mean_shape_bias
    return {
        "n": found.matrix.n,
        "observers": [
            {"file": one.source, "observer": one.observer, "accuracy": float(accuracy)}
            for one, accuracy in zip(found.read, found.matrix.accuracy, strict=True)
        ],
        "kappa": found.matrix.kappa.tolist(),
        "means": {kind: _interval(mean) | {"pairs": mean.n_pairs} for kind, mean in found.means.items()},
        "pairs": [
            {"observers": list(pair)} | _interval(mean) | {"share_copied": _copied(found.matrix, pair)}
            for pair, mean in found.pairs
        ],
        "comparisons": [
            {"observers": test, "a": _interval(result.a), "b": _interval(result.b)}
            | {name: getattr(result, name) for name in ("difference", "low", "high", "p_value")}
            for test, result in found.tests
        ],
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


def _interval(mean: ErrorConsistencyMean) -> dict[str, float]:
    return {name: getattr(mean, name) for name in ("kappa", "low", "high")}


def _known(values: Any) -> list[float | None]:
    """What is NaN is null."""
    return [value if value == value else None for value in values.tolist()]


def _tables(found: _Found) -> list[str]:
    """For people."""
    matrix, parts = found.matrix, found.parts
    title = f"error consistency (kappa) of {len(matrix)} observers on the same {matrix.n:,} images"
    tables = [_matrix(title, matrix.names, matrix.kappa, matrix.accuracy), _means(found.means)]
    if found.pairs:
        tables.append(_pairs(matrix, found.pairs))
    tables += [_comparison(test, result) for test, result in found.tests]
    if len(parts.conditions) > 1:
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


def _means(means: dict[str, ErrorConsistencyMean]) -> str:
    width = max(len("observers"), *map(len, means))
    lines = ["mean over pairs, with the 95 % interval", ""]
    lines += [f"{'observers':{width}} {'pairs':>6} {'kappa':>8} {'low':>8} {'high':>8}"]
    lines += [f"{kind:{width}} {mean.n_pairs:6,} {_numbers(mean)}" for kind, mean in means.items()]
    return "\n".join(lines)


def _pairs(matrix: ErrorConsistencyMatrix, pairs: list[tuple[Pair, ErrorConsistencyMean]]) -> str:
    width = max(map(len, matrix.names))
    lines = ["every two, with the 95 % interval and the share that one copies of the other", ""]
    lines += [f"{'':{2 * width + 1}} {'kappa':>8} {'low':>8} {'high':>8} {'copied':>8}"]
    for (a, b), mean in pairs:
        share = _copied(matrix, (a, b))
        copied = f"{'-':>8}" if share is None else f"{share:8.4f}"
        lines.append(f"{a:{width}} {b:{width}} {_numbers(mean)} {copied}")
    return "\n".join(lines)


def _numbers(mean: ErrorConsistencyMean) -> str:
    return f"{mean.kappa:8.4f} {mean.low:8.4f} {mean.high:8.4f}"


def _comparison(test: list[str], result: ErrorConsistencyDifference) -> str:
    c, a, b = test
    width = max(len("difference"), len(a), len(b))
    difference = f"{result.difference:8.4f} {result.low:8.4f} {result.high:8.4f}"
    return "\n".join(
        [
            f"whose errors are more like those of {c}?",
            "",
            f"{'':{width}} {'kappa':>8} {'low':>8} {'high':>8}",
            f"{a:{width}} {_numbers(result.a)}",
            f"{b:{width}} {_numbers(result.b)}",
            f"{'difference':{width}} {difference}   p = {result.p_value:.2g}",
        ]
    )


def _conditions(parts: Conditions) -> str:
    width = max(len("condition"), *(len(condition) for condition in parts.conditions))
    numbers = " ".join(f"{f'[{a + 1}]':>7}" for a in range(len(parts.names)))
    lines = ["accuracy in each condition", "", f"{'condition':{width}} {'images':>7} {numbers}"]
    for k, condition in enumerate(parts.conditions):
        row = " ".join(f"{accuracy:7.4f}" for accuracy in parts.accuracy[k])
        lines.append(f"{condition or '-':{width}} {parts.n[k]:7,} {row}")
    return "\n".join(lines)


def _save_plot(matrix: ErrorConsistencyMatrix, file: str) -> None:
    from .._heat_map import figure_size

    plots.draw(file, figure_size(matrix.names), matrix.plot)
