"""What a table of models tells: rank correlations of properties, and weighted scores of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ._html import table as html_table
from .errors import InvalidArgument, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Method = Literal["spearman", "kendall"]

_COEFFICIENTS: Mapping[Method, str] = {"spearman": "Spearman's rho", "kendall": "Kendall's tau-b"}


@dataclass(frozen=True, eq=False)
class RankCorrelations:
    """Rank correlation of every two properties over models.

    Attributes:
        properties: D names.
        coefficient: [D, D], -1 .. 1; NaN where a property is the same for all models, or fewer than three have both.
        p_value: [D, D], two-sided, of no monotone relation, not corrected for the number of pairs; NaN on the diagonal.
        n: [D, D], models that have both properties.
        method: "spearman" (rho) or "kendall" (tau-b).
    """

    properties: tuple[str, ...]
    coefficient: NDArray[np.float64]
    p_value: NDArray[np.float64]
    n: NDArray[np.int64]
    method: Method

    def __getitem__(self, pair: tuple[str, str]) -> float:
        """The coefficient of two properties by name."""
        first, second = (index_of(self.properties, name) for name in pair)
        return float(self.coefficient[first, second])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the coefficients as a heat map. Needs matplotlib, the extra `plot`."""
        from ._heat_map import draw

        return draw(self.coefficient, self.properties, ax, label=_COEFFICIENTS[self.method])

    def __repr__(self) -> str:
        return f"RankCorrelations({self.method}, {len(self.properties)} properties, {int(self.n.max())} models)"

    def _repr_html_(self) -> str:
        rows = ([name, *row.tolist()] for name, row in zip(self.properties, self.coefficient, strict=True))
        return html_table(f"{_COEFFICIENTS[self.method]} over models", ["", *self.properties], rows)


@dataclass(frozen=True, eq=False)
class ModelScores:
    """A weighted mean of standardised properties for each model, and how its rank depends on the weights.

    Attributes:
        weights: the weights asked for, by property.
        score: [N] f64, in standard deviations, higher is better; NaN where the model lacks a weighted property.
        rank: [N] i64, 1 is the best, equals share the lower number; 0 where there is no score.
        ranks: the ranks under other weights, by name: "equal", and for every property "2 x <name>" (its weight doubled)
            and "without <name>".
        rank_low, rank_high: [N] i64, the best and the worst rank under any of these and the weights asked for.
    """

    models: tuple[str, ...]
    weights: Mapping[str, float]
    score: NDArray[np.float64]
    rank: NDArray[np.int64]
    ranks: Mapping[str, NDArray[np.int64]]
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]

    @property
    def order(self) -> NDArray[np.intp]:
        """Rows from the best to the worst; those without a score are left out."""
        scored = np.flatnonzero(self.rank > 0)
        return scored[np.argsort(self.rank[scored], kind="stable")]

    def __repr__(self) -> str:
        best = [f"{self.models[row]} {self.score[row]:.3f}" for row in self.order[:3]]
        return f"ModelScores({len(self.order)} of {len(self.models)} models; {', '.join(best)})"

    def _repr_html_(self) -> str:
        rows = (
            [
                int(self.rank[row]),
                self.models[row],
                float(self.score[row]),
                f"{self.rank_low[row]} to {self.rank_high[row]}",
            ]
            for row in self.order[:20]
        )
        more = f", the first 20 of {len(self.order)}" if len(self.order) > 20 else ""
        weights = ", ".join(f"{name} {weight:g}" for name, weight in self.weights.items())
        return html_table(
            f"Weighted score{more}; weights: {weights}", ("rank", "model", "score", "rank under other weights"), rows
        )


def index_of(names: Sequence[str], name: str, argument: str = "properties") -> int:
    """Where a property is among names."""
    if name not in names:
        raise InvalidArgument(f"{shown(name)} is no property; there are: {', '.join(names)}", argument)
    return list(names).index(name)
