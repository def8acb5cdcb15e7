"""Many models, any two properties: the table behind the scatter of the page, and what its script draws from."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ..model_ranking import RankCorrelations
from ..model_table import MODEL, ModelTable
from .words import label

if TYPE_CHECKING:
    from .comparison import Measured

FEWEST = 3
"""Models that make a scatter worth drawing."""


@dataclass(frozen=True)
class Properties:
    """What the section shows: the table, the correlations of its properties, and the data of its script."""

    table: ModelTable
    correlations: RankCorrelations
    data: str

    @property
    def labels(self) -> list[str]:
        """Of the properties."""
        return [label(name) for name in self.table.properties]

    @property
    def columns(self) -> list[list[float | None]]:
        """The values of the properties, None where unknown."""
        return [_known(self.table.values(name).tolist()) for name in self.table.properties]

    @property
    def texts(self) -> list[list[str]]:
        """The attributes, empty where unknown."""
        return [_texts(self.table, name) for name in self.table.attributes]

    @property
    def lower(self) -> list[str]:
        """Labels of the properties of which less is better."""
        return [label(name) for name in self.table.properties if self.table.better.get(name) == "lower"]


def collect(measured: Sequence[dict[str, Any]], tables: Sequence[ModelTable]) -> Properties | None:
    """Put the models that were measured and those of tables into one table.

    Args:
        measured: a record per model, with its name under `model`.
        tables: tables of other models.

    Returns:
        None where that makes fewer than three models, or fewer than two properties.
    """
    import pandas as pd

    frames = [pd.DataFrame(measured)] if measured else []
    frames += [table.frame for table in tables]
    if not frames:
        return None
    merged = pd.concat(frames, ignore_index=True)
    table = ModelTable(merged, {name: side for one in tables for name, side in one.better.items()})
    if len(table) < FEWEST or len(table.properties) < 2:
        return None
    return Properties(table, table.rank_correlations(), _data(table))


def record(model: Measured) -> dict[str, Any]:
    """A measured model as a row of the table; what its predictions do not tell is left out."""
    found = {
        "top5_accuracy": model.top5.value if model.top5 else None,
        "nll": model.nll.value if model.nll else None,
        "brier": model.brier.value if model.brier else None,
    }
    core = {
        "accuracy": model.top1.value,
        "ece": model.calibration.ece,
        "mce": model.calibration.mce,
        "rms": model.calibration.rms,
        "smooth_ece": model.smooth.value,
        "aurc": model.risk.aurc,
    }
    known = {name: value for name, value in found.items() if value is not None and math.isfinite(value)}
    return {MODEL: model.name, **core, **known}


def _data(table: ModelTable) -> str:
    """The table as JSON for the page's script. Fronts are those of `ModelTable.pareto_front`, by "i,j", i < j."""
    names = table.properties
    fronts = {
        f"{i},{j}": table.pareto_front(names[i], names[j]).tolist()
        for i, j in combinations(range(len(names)), 2)
        if names[i] in table.better and names[j] in table.better
    }
    data = {
        "models": table.models,
        "properties": [
            {"label": label(name), "better": table.better.get(name), "values": _known(table.values(name).tolist())}
            for name in names
        ],
        "attributes": [{"label": name.replace("_", " "), "values": _texts(table, name)} for name in table.attributes],
        "fronts": fronts,
    }
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def _known(values: list[float]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]


def _texts(table: ModelTable, name: str) -> list[str]:
    return ["" if value is None or value != value else str(value) for value in table.frame[name]]
