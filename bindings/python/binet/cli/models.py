"""`binet models`: which properties of many models go together, and which model to choose?"""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from ..model_ranking import ModelScores, RankCorrelations
from ..model_table import ModelTable
from . import plots
from .arguments import positive
from .numbers import grid

NAME = "models"
HELP = "Many models as a table: rank correlations of their properties, the Pareto front, a weighted score."
EXAMPLES = """\
examples:
  binet models models.csv
  binet models models.csv --plot correlations.png
  binet models models.csv --front accuracy calibration_error
  binet models models.csv --weights accuracy=2 ood_robustness=1 --top 20
  binet models models.csv --better depth=lower --front accuracy depth --json

A table is a CSV with a column `model` and a column of numbers for each property, such as models.csv of a report. A
model is on the front if no other is at least as good in all of the properties and better in one. The score is the
weighted mean of standardised properties; how the rank moves under other weights is beside it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("file", metavar="TABLE", help="CSV with a column `model` and a column for each property")
    parser.add_argument("--better", metavar="NAME=SIDE", nargs="+", default=[], type=_side, help="higher or lower")
    parser.add_argument("--method", choices=("spearman", "kendall"), default="spearman", help="of the correlations")
    parser.add_argument("--front", metavar="NAME", nargs="+", help="the models on the Pareto front of these properties")
    parser.add_argument("--weights", metavar="NAME=WEIGHT", nargs="+", type=_weight, help="score the models by these")
    parser.add_argument("--top", type=positive, default=10, metavar="N", help="models of a score (default: 10)")
    plots.add_argument(parser, "the correlations as a heat map")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def _side(text: str) -> tuple[str, str]:
    name, _, side = text.rpartition("=")
    if not name or side not in ("higher", "lower"):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=higher or NAME=lower")
    return name, side


def _weight(text: str) -> tuple[str, float]:
    name, _, weight = text.rpartition("=")
    try:
        value = float(weight)
    except ValueError:
        value = math.nan
    if not name or not value >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=WEIGHT with a weight of at least 0")
    return name, value


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    table = ModelTable.read(arguments.file, dict(arguments.better))
    correlations = table.rank_correlations(method=arguments.method)
    front = None if arguments.front is None else table.pareto_front(*arguments.front).tolist()
    score = None if arguments.weights is None else table.score(dict(arguments.weights))
    if arguments.plot:
        _save_plot(correlations, arguments.plot)
    if arguments.json:
        print(json.dumps(_record(table, correlations, front, score), indent=1))
        return
    parts = [_front(table, arguments.front, front)] if front is not None else []
    parts += [_score(score, arguments.top)] if score is not None else []
    print("\n\n".join(parts or [_correlations(table, correlations)]))


def _correlations(table: ModelTable, found: RankCorrelations) -> str:
    """For people: the lower triangle, and a star where the p value is below .05 after Bonferroni's correction."""
    names = found.properties
    width = max(map(len, names))
    n_pairs = max(1, len(names) * (len(names) - 1) // 2)
    lines = [f"{len(table):,} models, {found.method}; * p < .05 / {n_pairs}", ""]
    for i, name in enumerate(names):
        cells = [_cell(found.coefficient[i, j], found.p_value[i, j] * n_pairs < 0.05) for j in range(i)]
        lines.append(f"{name:{width}} " + "".join(cells) + f"   {i + 1}")
    lines.append(" " * (width + 1) + "".join(f"{i + 1:>6} " for i in range(len(names) - 1)))
    return "\n".join(lines)


def _cell(value: float, significant: bool) -> str:
    return f"{'-':>6} " if math.isnan(value) else f"{value:6.2f}{'*' if significant else ' '}"


def _front(table: ModelTable, properties: list[str], rows: list[int]) -> str:
    values = {name: table.values(name) for name in properties}
    width = max(len("model"), *(len(table.models[row]) for row in rows)) if rows else 5
    head = f"{len(rows)} of {len(table):,} models are on the front of {', '.join(properties)}"
    lines = [head, "", f"{'model':{width}} " + " ".join(f"{name:>12}" for name in properties)]
    for row in sorted(rows, key=lambda row: -values[properties[0]][row]):
        cells = " ".join(f"{values[name][row]:>{max(12, len(name))}.4g}" for name in properties)
        lines.append(f"{table.models[row]:{width}} {cells}")
    return "\n".join(lines)


def _score(score: ModelScores, top: int) -> str:
    order = score.order[:top]
    width = max(len("model"), *(len(score.models[row]) for row in order))
    weights = ", ".join(f"{name} {weight:g}" for name, weight in score.weights.items())
    lines = [f"{len(score.order):,} models scored by {weights}", ""]
    lines.append(f"{'rank':>4}  {'model':{width}} {'score':>7}  under other weights")
    for row in order:
        moves = f"{score.rank_low[row]} to {score.rank_high[row]}"
        lines.append(f"{score.rank[row]:4}  {score.models[row]:{width}} {score.score[row]:7.3f}  {moves}")
    return "\n".join(lines)


def _record(
    table: ModelTable, correlations: RankCorrelations, front: list[int] | None, score: ModelScores | None
) -> dict[str, Any]:
    """For machines: what is NaN is null, rows are counted from 0."""
    found: dict[str, Any] = {
        "n_models": len(table),
        "properties": list(correlations.properties),
        "method": correlations.method,
        "coefficient": grid(correlations.coefficient),
        "p_value": grid(correlations.p_value),
    }
    if front is not None:
        found["front"] = [{"row": row, "model": table.models[row]} for row in front]
    if score is not None:
        found["scores"] = [
            {
                "row": int(row),
                "model": score.models[row],
                "score": float(score.score[row]),
                "rank": int(score.rank[row]),
                "rank_low": int(score.rank_low[row]),
                "rank_high": int(score.rank_high[row]),
            }
            for row in score.order
        ]
    return found


def _save_plot(correlations: RankCorrelations, file: str) -> None:
    from .._heat_map import figure_size

    plots.draw(file, figure_size(correlations.properties), correlations.plot)
