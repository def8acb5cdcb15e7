"""Choosing among models: placing a new one with few queries, and finding what one of two feature sets is blind to."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ._files import read_json, write_text
from ._html import table
from ._library import call, ffi, lib, struct
from ._options import nonzero, whole
from .arrays import view, view_integers, zeros_and_ones
from .errors import InvalidArgument, InvalidData
from .threads import context

MAX_PAIRS = 10_000_000
"""Blind pairs that are handed out at most."""

_ZERO = 1e-300
"""How C is asked for a threshold of 0."""


# ---- Sort and Search -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Placement:
    """Where a new model stands on an order of difficulty.

    Attributes:
        accuracy: threshold / N, 0 .. 1: the estimate.
        threshold: the model is taken to have the first `threshold` samples of the order right, and no other.
        n_samples: N.
        n_queries: samples that it was asked.
        n_correct: of these, those it has right.
        n_disagree: of these, those that the threshold gets wrong; 0 where the model follows the order.
        low: lower end of the Wilson interval of n_correct / n_queries.
        high: its upper end.
    """

    accuracy: float
    threshold: int
    n_samples: int
    n_queries: int
    n_correct: int
    n_disagree: int
    low: float
    high: float

    def _repr_html_(self) -> str:
        columns = ("accuracy", "threshold", "queries", "right", "against the order", "interval of the queries")
        interval = f"{self.low:.4f} to {self.high:.4f}"
        row = (self.accuracy, self.threshold, self.n_queries, self.n_correct, self.n_disagree, interval)
        return table(f"Placed among {self.n_samples:,} samples", columns, [row])


@dataclass(frozen=True)
class PlacementError:
    """How far a placement is from the truth.

    Attributes:
        dataset_error: |estimated - true accuracy|, 0 .. 1.
        sample_error: share of samples whose right or wrong is predicted wrongly, 0 .. 1; never below dataset_error.
        n_samples: N.
        n_correct: samples that the model has right.
        n_disagree: samples that the threshold gets wrong.
    """

    dataset_error: float
    sample_error: float
    n_samples: int
    n_correct: int
    n_disagree: int

    def _repr_html_(self) -> str:
        columns = ("dataset error", "sample error", "samples", "right", "predicted wrongly")
        row = (self.dataset_error, self.sample_error, self.n_samples, self.n_correct, self.n_disagree)
        return table("Error of a placement", columns, [row])


@dataclass(frozen=True, eq=False)
class DifficultyOrder:
    """Samples from the easiest to the hardest, on which new models are placed with few queries.

    Sort and Search (Prabhu et al., NeurIPS 2024): order = binet.sort_by_difficulty(correct); ask a new model samples
    order.queries(100) alone; order.place(right).accuracy estimates its accuracy on all.

    Attributes:
        order: [N] i64, samples, the easiest first.
        n_models: models that the order was made from.
        file_names: of the samples, by sample, or None.
    """

    order: npt.NDArray[np.int64]
    n_models: int
    file_names: tuple[str, ...] | None = None

    def places(self, n_queries: int) -> npt.NDArray[np.int64]:
        """[n_queries] i64: places in the order, evenly spread, each in the middle of its share."""
        n_queries = whole("n_queries", n_queries, 1, len(self.order))
        places = np.empty(n_queries, np.int64)
        call(lib.binet_query_places, len(self.order), n_queries, ffi.from_buffer("int64_t[]", places))
        return places

    def queries(self, n_queries: int) -> npt.NDArray[np.int64]:
        """[n_queries] i64: the samples at `places(n_queries)`, to ask a new model."""
        return self.order[self.places(n_queries)]

    def place(self, correct: Any, places: Any = None, confidence_level: float = 0.95) -> Placement:
        """Place a new model by what it has right on some samples.

        Of all cuts of the queries (right before it, wrong after it) the one with the fewest disagreements is taken; a
        model with nothing right, or everything, is placed at the end.

        Args:
            correct: [n'] bool, or integers 0 and 1: whether the model has each query right.
            places: [n'] integers: strictly ascending places in the order; None: `places(n')`.
            confidence_level: of the Wilson interval of the share of right queries, in (0, 1).

        Raises:
            binet.Error: `INVALID_ARGUMENT`: lengths, the level; `INVALID_DATA`: an entry, with its index.
        """
        right = zeros_and_ones(correct, "correct")
        at = self.places(len(right)) if places is None and right.ndim == 1 and len(right) else places
        places_view, correct_view = view_integers(at, "places"), view(right, "correct")
        result = struct("binet_placement_result")
        level = nonzero("confidence_level", confidence_level, "in (0, 1)")
        call(
            lib.binet_place_model,
            context().pointer,
            places_view.pointer,
            correct_view.pointer,
            len(self.order),
            level,
            result,
        )
        return Placement(**{name: getattr(result, name) for name in Placement.__dataclass_fields__})

    def error(self, placement: Placement | int, correct: Any) -> PlacementError:
        """How far a placement is from the truth.

        Args:
            placement: of a model, or its threshold, 0 .. N.
            correct: [N] bool, or integers 0 and 1, by sample: whether that model has it right.
        """
        threshold = placement.threshold if isinstance(placement, Placement) else placement
        threshold = whole("placement", threshold, 0, len(self.order))
        order_view, correct_view = view(self.order, "order"), view(zeros_and_ones(correct, "correct"), "correct")
        result = struct("binet_placement_error_result")
        call(
            lib.binet_placement_error,
            context().pointer,
            order_view.pointer,
            correct_view.pointer,
            threshold,
            result,
            names={"threshold": "placement"},
        )
        return PlacementError(**{name: getattr(result, name) for name in PlacementError.__dataclass_fields__})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the order as JSON, to a temporary name that is then renamed."""
        record = {"order": self.order.tolist(), "n_models": self.n_models, "file_names": self.file_names}
        write_text(Path(path), json.dumps(record) + "\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> DifficultyOrder:
        """Read what `save` wrote; `IO` where the file cannot be read, `INVALID_DATA` where it is something else."""
        record = read_json(path)
        try:
            order, n_models, names = record["order"], int(record["n_models"]), record["file_names"]
            samples = np.asarray(order, np.int64)
            if not np.array_equal(np.sort(samples), np.arange(len(samples))) or not len(samples):
                raise ValueError("order is no permutation of 0 .. N - 1")
            if names is not None and len(names) != len(samples):
                raise ValueError("there is not one file name a sample")
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidData(f"{os.fspath(path)}: not an order of difficulty: {error}", "path") from error
        return cls(samples, n_models, None if names is None else tuple(names))

    def __repr__(self) -> str:
        return f"DifficultyOrder({len(self.order):,} samples, from {self.n_models:,} models)"


def sort_by_difficulty(correct: Any, file_names: Sequence[str] | None = None) -> DifficultyOrder:
    """Order samples by how many models have them right, most first; ties to the lower index. Exact.

    Args:
        correct: [M, N] bool, or integers 0 and 1: whether model m has sample n right.
        file_names: N names of the samples, kept with the order; None: none.

    Raises:
        binet.Error: `INVALID_ARGUMENT`: shape; `INVALID_DATA`, with the index m * N + n, for an entry that is neither
            0 nor 1.
    """
    matrix = zeros_and_ones(correct, "correct")
    matrix_view = view(matrix, "correct")
    n_samples = matrix.shape[-1]
    if file_names is not None and len(file_names) != n_samples:
        message = f"file_names has {len(file_names)} entries; {n_samples} are needed, one a sample"
        raise InvalidArgument(message, "file_names")
    order = np.empty(n_samples, np.int64)
    room = ffi.from_buffer("int64_t[]", order)
    call(lib.binet_sort_by_difficulty, context().pointer, matrix_view.pointer, room)
    order.flags.writeable = False
    return DifficultyOrder(order, matrix.shape[0], None if file_names is None else tuple(file_names))


# ---- Blind pairs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class BlindPairs:
    """Pairs of samples that one feature set calls alike and another does not.

    Attributes:
        first: [P] i64, a sample.
        second: [P] i64, a sample after it.
        alike: [P] f64, cosine of the features that are blind.
        unlike: [P] f64, cosine of those that see.
        n_pairs: blind pairs there are; those above `limit` are counted only.
        n_alike: pairs that the first features call alike.
        n_samples: N.
        n_left_out: samples whose features are all zero on either side; they have no direction.
    """

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    alike: npt.NDArray[np.float64]
    unlike: npt.NDArray[np.float64]
    n_pairs: int
    n_alike: int
    n_samples: int
    n_left_out: int

    def __len__(self) -> int:
        return len(self.first)

    def __repr__(self) -> str:
        return f"BlindPairs({self.n_pairs:,} of {self.n_alike:,} alike pairs, {self.n_samples:,} samples)"

    def _repr_html_(self) -> str:
        columns = ("first", "second", "alike", "unlike")
        rows = zip(*(getattr(self, name)[:20].tolist() for name in columns), strict=True)
        more = ", the first 20" if len(self) > 20 else ""
        return table(f"{self.n_pairs:,} blind pairs of {self.n_alike:,} alike{more}", columns, rows)


def blind_pairs(
    alike: Any, unlike: Any, *, above: float = 0.95, below: float = 0.6, limit: int = 100_000
) -> BlindPairs:
    """Pairs that one feature set calls alike and another does not: CLIP-blind pairs (Tong et al., CVPR 2024).

    Every pair is compared; the result is that of comparing them in float64, with the same bits everywhere.

    Args:
        alike: [N, D] float16, bfloat16, float32 or float64: the features that may be blind, such as CLIP's.
        unlike: [N, E], likewise: the features that see, such as DINOv2's, of the same samples in the same order.
        above: the first call a pair alike above this cosine, -1 .. 1.
        below: the others call it unlike below this one, -1 .. 1.
        limit: hand out the first so many pairs, by `first`, then `second`.

    Raises:
        binet.Error: `INVALID_ARGUMENT`: shapes, thresholds; `INVALID_DATA`, with the row, for a value not finite.
    """
    limit = whole("limit", limit, 0, MAX_PAIRS)
    views = view(alike, "alike"), view(unlike, "unlike")
    room = ffi.new("binet_blind_pair[]", max(limit, 1))
    options = struct("binet_blind_pairs_options", above=above or _ZERO, below=below or _ZERO)
    result = struct("binet_blind_pairs_result", pairs=room, pairs_capacity=limit)
    pointers = (one.pointer for one in views)
    call(lib.binet_blind_pairs, context().pointer, *pointers, options, result)
    records = np.frombuffer(ffi.buffer(room), _PAIR, min(limit, result.n_pairs))
    return BlindPairs(
        **{name: records[name].copy() for name in _PAIR.names or ()},
        n_pairs=result.n_pairs,
        n_alike=result.n_alike,
        n_samples=result.n_samples,
        n_left_out=result.n_left_out,
    )


_PAIR = np.dtype([("first", "i8"), ("second", "i8"), ("alike", "f8"), ("unlike", "f8")])
"""`binet_blind_pair`."""
