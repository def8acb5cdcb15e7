"""Nearest neighbours of features: the exact search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._options import choose, whole
from .arrays import View, view
from .errors import InvalidArgument
from .threads import context

METRICS = {"cosine": lib.BINET_METRIC_COSINE, "euclidean": lib.BINET_METRIC_EUCLIDEAN}


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The k nearest rows of some features for each query.

    Attributes:
        indices: [M, k] int64: rows of train, the nearest first; of equals the lower index.
        values: [M, k] float64: cosines, descending, -1 .. 1; or Euclidean distances, ascending.
        metric: "cosine" or "euclidean": what the values are.
        n_train: N.
        n_zero_queries: queries that are all zero; they have cosine 0 to every row.
        n_zero_train: rows of train that are all zero, likewise.
        n_decided: pairs that were computed in float64; M k where nothing else was left open.
        n_directions: numbers of a row that were multiplied: D, or fewer of its leading directions.
    """

    indices: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    metric: str
    n_train: int
    n_zero_queries: int
    n_zero_train: int
    n_decided: int
    n_directions: int

    @property
    def k(self) -> int:
        """Neighbours of each query."""
        return int(self.indices.shape[1])

    @property
    def similarities(self) -> npt.NDArray[np.float64]:
        """[M, k] float64: the cosines. `INVALID_ARGUMENT` where the metric is another."""
        if self.metric != "cosine":
            raise InvalidArgument(f"metric is {self.metric!r}, which gives distances; similarities need 'cosine'")
        return self.values

    @property
    def distances(self) -> npt.NDArray[np.float64]:
        """[M, k] float64, ascending: Euclidean distances; or 1 - cosine, 0 .. 2, as scikit-learn has it."""
        return 1 - self.values if self.metric == "cosine" else self.values

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        return f"Neighbors({len(self):,} queries, k = {self.k} of {self.n_train:,}, {self.metric})"

    def _repr_html_(self) -> str:
        measure = "cosine" if self.metric == "cosine" else "distance"
        columns = ("query", "nearest", measure, f"{self.k}th", measure)
        ends = [0, self.k - 1]
        rows = [
            [str(i), *(x for end in ends for x in (str(self.indices[i, end]), float(self.values[i, end])))]
            for i in range(min(len(self), 10))
        ]
        more = ", the first 10" if len(self) > 10 else ""
        return table(f"Neighbours of {len(self):,} queries among {self.n_train:,} rows{more}", columns, rows)


def neighbors(train: Any, queries: Any = None, k: int = 20, metric: str = "cosine") -> Neighbors:
    """The k nearest rows of `train` for every query: exactly those of computing every pair in float64.

    Matrix products in float32 find candidates, with a margin that no rounding exceeds; those within it are computed in
    float64. Where a spectrum that falls allows it, products are over the leading directions alone, with a bound on the
    rest. The same bits everywhere. Memory is bounded: the result twice, and about 200 MB.

    Args:
        train: [N, D] float16, bfloat16, float32 or float64, any strides, a memory map too.
        queries: [M, D], likewise. None: the rows of `train`, none of which is its own neighbour.
        k: neighbours of each query: 1 .. N; without `queries` 1 .. N - 1.
        metric: "cosine", where a row of zeros has cosine 0 to every row, or "euclidean".

    Raises:
        binet.Error: `INVALID_ARGUMENT`: shapes, k, the metric; `INVALID_DATA`, with the row, for a value not finite, or
            a squared length that is neither 0 nor from 1e-240 to 1e300.
    """
    choose("metric", metric, METRICS)
    train_view = view(train, "train")
    query_view = None if queries is None else view(queries, "queries")
    k = whole("k", k, 1, max(train_view.shape[0] - (queries is None), 1))
    return search(train_view, query_view, k, metric, {"options": "k"})


def search(train: View, queries: View | None, k: int, metric: str, names: Mapping[str, str]) -> Neighbors:
    """Neighbours of views; `names` are those of the caller's parameters."""
    pointers = train.pointer, (train if queries is None else queries).pointer
    indices = np.empty(((train if queries is None else queries).shape[0], k), np.int64)
    values = np.empty(indices.shape)
    options = struct("binet_neighbors_options", metric=METRICS[metric], k=k, exclude_self=queries is None)
    result = struct(
        "binet_neighbors_result",
        indices=ffi.from_buffer("int64_t[]", indices),
        values=ffi.from_buffer("double[]", values),
    )
    call(lib.binet_neighbors, context().pointer, *pointers, options, result, names=names)
    for array in (indices, values):
        array.flags.writeable = False
    counts = ("n_train", "n_zero_queries", "n_zero_train", "n_decided", "n_directions")
    return Neighbors(indices, values, metric, **{name: getattr(result, name) for name in counts})
