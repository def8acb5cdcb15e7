"""Rows of two tables that are about the same files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib
from .predictions import Predictions, pointer_of
from .threads import context


@dataclass(frozen=True, eq=False)
class Match:
    """Two tables reduced to the rows of files that both have.

    Attributes:
        a, b: the n rows of each that match, in the order of a's.
        rows_a, rows_b: [n] where they were in the tables given.
        n_only_a, n_only_b: rows of a and of b that match none of the other.
    """

    a: Predictions
    b: Predictions
    rows_a: npt.NDArray[np.int64]
    rows_b: npt.NDArray[np.int64]
    n_only_a: int
    n_only_b: int

    def __len__(self) -> int:
        return len(self.rows_a)

    def __repr__(self) -> str:
        return f"<binet.Match: {len(self):,} rows of both, {self.n_only_a:,} of a only, {self.n_only_b:,} of b only>"

    def _repr_html_(self) -> str:
        row = [f"{count:,}" for count in (len(self), self.n_only_a, self.n_only_b)]
        return table("Rows by file name", ("of both", "of a only", "of b only"), [row])


def match(a: Predictions, b: Predictions) -> Match:
    """Find the rows of two tables that are about the same files, never by position.

    By whole file names; where the tables share none, by the part after the last "/". Rows without a name do not match.

    Args:
        a: a table whose file names are unique.
        b: another one.

    Raises:
        binet.Error: `INVALID_DATA` for a table without names, a name twice in a table (with its row), tables that share
            no name, and a last part that both have and that stands for two rows of one of them.
    """
    pointers = pointer_of(a, "a"), pointer_of(b, "b")
    capacity = min(len(a), len(b))
    rows = np.empty((2, capacity), np.int64)
    n_matched = ffi.new("int64_t *")
    rooms = [ffi.from_buffer("int64_t[]", row) for row in rows]
    call(lib.binet_predictions_match, context().pointer, *pointers, capacity, *rooms, n_matched)
    n = n_matched[0]
    rows_a, rows_b = (row[:n].copy() for row in rows)
    for found in (rows_a, rows_b):
        found.flags.writeable = False
    return Match(a[rows_a], b[rows_b], rows_a, rows_b, len(a) - n, len(b) - n)
