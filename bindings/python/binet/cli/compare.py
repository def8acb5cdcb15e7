"""`binet compare`: what differs between models, and what is within noise?"""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..comparison import ComparedMetric, Comparison, compare_all
from ..errors import InvalidArgument
from ..report.records import finite
from .arguments import labelled, natural, positive

NAME = "compare"
HELP = "Models on the same images: differences with intervals and p values, flips both ways."
EXAMPLES = """\
examples:
  binet compare out/resnet50 out/vit
  binet compare resnet50.csv vit.csv convnext.csv --labels labels.csv     p values corrected for three pairs (Holm)
  binet compare out/resnet50 out/vit --json | jq '.[0].metrics.ece.p_value'

Rows are matched by file name. Intervals are from resamples of the images, the same ones for every metric; the p value
of accuracy is that of McNemar's exact test, the others are of the resampled differences, b less a."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("first", metavar="A", help="CSV of predictions, or a folder of binet evaluate")
    parser.add_argument("others", metavar="B", nargs="+", help="more of them")
    parser.add_argument("--labels", metavar="CSV", help="file_name,label: gives or replaces the labels")
    parser.add_argument("--resamples", type=positive, default=1000, metavar="N", help="default: 1000")
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="of the resamples (default: 0)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    read = [labelled(file, arguments.labels) for file in (arguments.first, *arguments.others)]
    for one in read:
        one.require_probabilities()
    names = [one.name for one in read]
    unique = [one.name if names.count(one.name) == 1 else str(one.path) for one in read]
    for name in unique:
        if unique.count(name) > 1:
            raise InvalidArgument(f"{name} is given twice", "models")
    tables = {name: one.predictions for name, one in zip(unique, read, strict=True)}
    found = compare_all(tables, n_resamples=arguments.resamples, seed=arguments.seed)
    print(json.dumps([_record(pair) for pair in found], indent=1) if arguments.json else found)


def _record(pair: Comparison) -> dict[str, Any]:
    """For machines: what is NaN is null."""
    counts = ("n", "n_only_in_a", "n_only_in_b", "n_both_right", "n_only_a_right", "n_only_b_right", "n_both_wrong")
    return {
        "a": pair.name_a,
        "b": pair.name_b,
        **{name: getattr(pair, name) for name in (*counts, "n_same_answer")},
        "mcnemar": finite(vars(pair.mcnemar)),
        "metrics": {name: _metric(one) for name, one in pair.metrics.items()},
        "sentence": pair.sentence,
    }


def _metric(one: ComparedMetric) -> dict[str, Any]:
    numbers = {
        "a": one.a.value,
        "b": one.b.value,
        "difference": one.difference.value,
        "low": one.difference.low,
        "high": one.difference.high,
        "p_value": one.p_value,
        "adjusted_p_value": one.adjusted_p_value,
    }
    return finite(numbers) | {"test": one.test}
