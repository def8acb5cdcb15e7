"""Many models at once: one row a model, one column a property; how properties go together, and which model to choose.

table = binet.ModelTable.read("models.csv")
table.rank_correlations()                                    # Spearman's rho of every two properties, with p values
table.pareto_front("accuracy", "calibration_error")          # the rows that no other row beats in both
table.score({"accuracy": 2, "ood_robustness": 1})            # with the ranks under other weights
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ._extras import require
from ._html import table as html_table
from ._options import choose
from .errors import InvalidArgument, InvalidData, shown
from .model_ranking import Method, ModelScores, RankCorrelations, index_of

if TYPE_CHECKING:
    import pandas as pd

Better = Literal["higher", "lower"]

MODEL = "model"
"""The column that names the models."""

_HIGHER = """accuracy top5_accuracy real_accuracy balanced_accuracy worst_class_accuracy class_balance object_focus
    adversarial_robustness corruption_robustness ood_robustness effective_robustness robustness_mean shape_bias
    consistency corruption_accuracy scale_consistency shift_consistency resolution_consistency synthetic_mean vtab_mean
    pug_mean probe_accuracy"""
_LOWER = """calibration_error ece ece_imagenet_r smooth_ece classwise_ece mce rms nll brier aurc augrc error_ratio
    corruption_error relative_corruption_error parameters"""
BETTER: Mapping[str, Better] = MappingProxyType(
    {**dict.fromkeys(_HIGHER.split(), "higher"), **dict.fromkeys(_LOWER.split(), "lower")}
)
"""Which way is better, for the names of properties that libbinet and QUBA use. Shape bias counts as better when higher,
as in QUBA (Hesse et al., TMLR 2026)."""


@dataclass(frozen=True, eq=False)
class ModelTable:
    """One row a model, one column a property. Names of models may repeat, where setups differ.

    Needs pandas and SciPy, the extra `report`.

    Attributes:
        frame: the table, rows counted from 0; the column `model` names the models.
        better: which way is better, by property; properties without an entry have no better side.
    """

    frame: pd.DataFrame
    better: Mapping[str, Better]

    def __init__(
        self,
        data: pd.DataFrame | Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
        better: Mapping[str, Better] | None = None,
    ) -> None:
        """Make a table.

        Args:
            data: a DataFrame, a mapping of columns, or a record a model; with a column `model`. Columns of numbers are
                properties, those of text are attributes; an empty cell is unknown.
            better: "higher" or "lower" for properties, over `binet.model_table.BETTER`.

        Raises:
            binet.Error: `INVALID_ARGUMENT`: no column `model`, no model, or a direction for no property.
        """
        require("report", "pandas", "scipy")
        import pandas as pd

        frame = pd.DataFrame(data).reset_index(drop=True)
        if MODEL not in frame.columns:
            raise InvalidArgument(
                f"data has no column '{MODEL}'; columns: {', '.join(map(str, frame.columns))}", "data"
            )
        if not len(frame):
            raise InvalidArgument("data has no rows; one a model is expected", "data")
        unnamed = np.flatnonzero(frame[MODEL].isna() | (frame[MODEL].astype(str).str.strip() == ""))
        if len(unnamed):
            raise InvalidData(f"row {unnamed[0]} of data has no name in the column '{MODEL}'", "data", int(unnamed[0]))
        object.__setattr__(self, "frame", frame)
        for name, side in (better or {}).items():
            choose(f"better[{name!r}]", side, {"higher": 1, "lower": -1})
            index_of(self.properties, name, "better")
        known = {**BETTER, **(better or {})}
        object.__setattr__(self, "better", {name: known[name] for name in self.properties if name in known})

    @classmethod
    def read(cls, path: str | os.PathLike[str], better: Mapping[str, Better] | None = None) -> ModelTable:
        """Read a CSV with a header line and a column `model`; see the class."""
        require("report", "pandas", "scipy")
        import pandas as pd

        try:
            frame = pd.read_csv(path)
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise InvalidData(f"{os.fspath(path)}: {error}", "path") from error
        if MODEL not in frame.columns:
            raise InvalidData(f"{os.fspath(path)}: no column '{MODEL}'", "path")
        return cls(frame, better)

    @property
    def models(self) -> tuple[str, ...]:
        """The names, a row each."""
        return tuple(self.frame[MODEL].astype(str))

    @property
    def properties(self) -> tuple[str, ...]:
        """The columns of numbers."""
        from pandas.api.types import is_bool_dtype, is_numeric_dtype

        columns = self.frame.drop(columns=MODEL)
        return tuple(
            str(name)
            for name, column in columns.items()
            if is_numeric_dtype(column) and not is_bool_dtype(column) and column.notna().any()
        )

    @property
    def attributes(self) -> tuple[str, ...]:
        """The other columns, such as architecture or training data; those without any entry are left out."""
        rest = self.frame.columns.drop([MODEL, *self.properties])
        return tuple(str(name) for name in rest if self.frame[name].notna().any())

    def values(self, name: str) -> NDArray[np.float64]:
        """A property as [N] f64, NaN where it is unknown."""
        index_of(self.properties, name)
        values: NDArray[np.float64] = self.frame[name].to_numpy(np.float64, na_value=np.nan)
        infinite = np.flatnonzero(np.isinf(values))
        if len(infinite):
            row = int(infinite[0])
            raise InvalidData(f"{name} of {self.models[row]} (row {row}) is {values[row]}", name, row)
        return values

    # ---- How properties go together ----

    def rank_correlations(
        self, properties: Sequence[str] | None = None, method: Method = "spearman"
    ) -> RankCorrelations:
        """Rank correlation of every two properties, over the models that have both (Spearman, 1904; Kendall, 1945).

        Args:
            properties: names; None: all.
            method: "spearman", with the p value of Student's t; "kendall": tau-b, with SciPy's p value.

        Raises:
            binet.Error: `INVALID_ARGUMENT`: an unknown property or method.
        """
        from scipy import stats

        choose("method", method, {"spearman": 0, "kendall": 1})
        correlate = stats.spearmanr if method == "spearman" else stats.kendalltau
        names = tuple(self.properties if properties is None else properties)
        columns = [self.values(name) for name in names]
        shape = (len(names), len(names))
        coefficient, p_value, n = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, np.int64)
        for i, first in enumerate(columns):
            for j, second in enumerate(columns[: i + 1]):
                both = ~(np.isnan(first) | np.isnan(second))
                n[i, j] = n[j, i] = both.sum()
                a, b = first[both], second[both]
                if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
                    continue
                found = correlate(a, b)
                coefficient[i, j] = coefficient[j, i] = 1.0 if i == j else found.statistic
                p_value[i, j] = p_value[j, i] = np.nan if i == j else found.pvalue
        return RankCorrelations(names, coefficient, p_value, n, method)

    # ---- Choosing ----

    def pareto_front(self, *properties: str) -> NDArray[np.int64]:
        """The rows that no other row beats: none is at least as good in all of the properties and better in one.

        Args:
            properties: two or more names, each with a better side. Models that lack one are left out.

        Returns:
            Rows, ascending. Equal models are on the front together.
        """
        if len(properties) < 2:
            raise InvalidArgument(f"a front of {len(properties)} properties; at least 2 are needed", "properties")
        signed = np.stack([self._signed(name) for name in properties], axis=1)
        known = np.flatnonzero(~np.isnan(signed).any(axis=1))
        points = signed[known]
        front = [
            row
            for row, point in zip(known, points, strict=True)
            if not ((points >= point).all(axis=1) & (points > point).any(axis=1)).any()
        ]
        return np.array(front, np.int64)

    def score(
        self,
        weights: Mapping[str, float] | Sequence[str],
        *,
        means: Mapping[str, float] | None = None,
        deviations: Mapping[str, float] | None = None,
    ) -> ModelScores:
        """Standardise properties, flip those where lower is better, and take their weighted mean for each model.

        A single ranking hides a choice of weights, so the ranks under other weights come with it (Naganuma et al.,
        2023; QUBA, Hesse et al., TMLR 2026).

        Args:
            weights: weight of each property, >= 0, not all zero; or names, each of weight 1.
            means: what is subtracted from a property, such as the means of a published set of models; where one is not
                given, the mean over the models that have all properties.
            deviations: what it is divided by; else the standard deviation (n - 1) over those models.

        Raises:
            binet.Error: `INVALID_ARGUMENT`: a weight that is negative or not finite, a property without a better side,
                a deviation that is not positive; `INVALID_DATA`: no model has all of the properties, or all have the
                same value.
        """
        asked = dict(weights) if isinstance(weights, Mapping) else dict.fromkeys(weights, 1.0)
        for name, weight in asked.items():
            if not (np.isfinite(weight) and weight >= 0):
                raise InvalidArgument(f"the weight of {name} is {shown(weight)}; allowed: finite, >= 0", "weights")
        if not sum(asked.values()) > 0:
            raise InvalidArgument("weights are all zero; at least one must be positive", "weights")
        standard = self._standardised(tuple(asked), means or {}, deviations or {})
        own = np.array(list(asked.values()), np.float64)
        score = standard @ (own / own.sum())
        others = {"equal": np.ones(len(own))}
        for i, name in enumerate(asked):
            others[f"2 x {name}"] = np.where(np.arange(len(own)) == i, 2 * own, own)
            rest = np.where(np.arange(len(own)) == i, 0, own)
            if rest.any():
                others[f"without {name}"] = rest
        rank = _ranks(score)
        ranks = {name: _ranks(standard @ (other / other.sum())) for name, other in others.items()}
        stacked = np.stack([rank, *ranks.values()])
        return ModelScores(
            self.models, MappingProxyType(asked), score, rank, MappingProxyType(ranks), stacked.min(0), stacked.max(0)
        )

    def _standardised(
        self, names: Sequence[str], means: Mapping[str, float], deviations: Mapping[str, float]
    ) -> NDArray[np.float64]:
        """[N, D], higher is better; a row of NaN where a property is unknown."""
        columns = np.stack([self.values(name) for name in names], axis=1)
        known = ~np.isnan(columns).any(axis=1)
        if not known.any():
            raise InvalidData(f"no model has all of {', '.join(names)}", "weights")
        standard = np.full(columns.shape, np.nan)
        for i, name in enumerate(names):
            column = columns[known, i]
            mean = means.get(name, float(column.mean()))
            deviation = deviations.get(name, float(column.std(ddof=1)) if len(column) > 1 else 0.0)
            if not deviation > 0:
                if name in deviations:
                    raise InvalidArgument(f"the deviation of {name} is {deviation}; it must be positive", "deviations")
                raise InvalidData(f"{name} is the same for all models: it cannot be standardised", name)
            standard[known, i] = self._sign(name) * (column - mean) / deviation
        return standard

    def _signed(self, name: str) -> NDArray[np.float64]:
        return self._sign(name) * self.values(name)

    def _sign(self, name: str) -> int:
        index_of(self.properties, name)
        if name not in self.better:
            raise InvalidArgument(
                f"{name} has no better side: say better={{{name!r}: 'higher'}} or 'lower'", "properties"
            )
        return 1 if self.better[name] == "higher" else -1

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"ModelTable({len(self)} models, {len(self.properties)} properties: {', '.join(self.properties)})"

    def _repr_html_(self) -> str:
        head = self.frame.head(20)
        more = f", the first 20 of {len(self):,}" if len(self) > 20 else ""
        return html_table(f"{len(self):,} models{more}", [str(name) for name in head.columns], head.to_numpy().tolist())


def is_model_table(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a CSV whose header has a column `model`; False for a folder."""
    if not Path(path).is_file():
        return False
    with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return MODEL in next(csv.reader(file), [])


def _ranks(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """1 for the highest, equals sharing the lower number, 0 for NaN."""
    from scipy.stats import rankdata

    known = ~np.isnan(score)
    ranks = np.zeros(len(score), np.int64)
    ranks[known] = rankdata(-score[known], method="min")
    return ranks
