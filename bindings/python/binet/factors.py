"""Tables that say which images have which factor, such as the annotations of ImageNet-X."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _categories
from ._names import FILE_NAME, columns_of
from .arrays import Array
from .errors import InvalidArgument, InvalidData, shown

FACTOR = "factor"

NOT_FACTORS = frozenset({FILE_NAME, FACTOR, "class", "label"})
"""Columns of a table that are no factor of the `multi` kind."""

MARKS = {0: 0, 1: 1, "0": 0, "1": 1, "0.0": 0, "1.0": 1, "False": 0, "True": 1, "false": 0, "true": 1}


@dataclass(frozen=True, eq=False)
class FactorTable:
    """Which images have which factor, by file name. `FactorTable.read` makes one of what people have.

    Attributes:
        file_names: M names, each once.
        names: of the F factors.
        members: [M] int64: index of the one factor of the image, -1 for none (`top`); or [M, F] uint8: 1 where the
            image has the factor (`multi`).
    """

    file_names: tuple[str, ...]
    names: tuple[str, ...]
    members: Array

    @classmethod
    def read(cls, table: Any, names: Sequence[str] | None = None) -> FactorTable:
        """Make a table of a DataFrame, a dict of columns, the path of a CSV, or a list of pairs.

        Args:
            table: with the column `file_name`, and the column `factor` (`top`; empty, None or NaN for none) or a column
                of 0 and 1 for each factor (`multi`; columns `class` and `label` are ignored). Or a list of pairs of a
                file name and a factor. An image that comes several times with `factor` has several.
            names: the factors that count, in their order; others are an error where there is the column `factor`, and
                ignored among columns. None: all there are, by name, or in the order of the columns.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for a table of another form; `INVALID_DATA`, with the row, for an entry that
                is not allowed.
        """
        if isinstance(table, FactorTable):
            return table
        columns = _pairs(table) if isinstance(table, (list, tuple)) else columns_of(table, "factors")
        if not columns[FILE_NAME]:
            raise InvalidData("factors has no rows", "factors")
        if FACTOR in columns:
            return cls(*_from_factor_column(columns, names))
        return cls(*_from_mark_columns(columns, names))

    def __len__(self) -> int:
        return len(self.file_names)

    def __repr__(self) -> str:
        kind = "top" if self.members.ndim == 1 else "multi"
        return f"<binet.FactorTable: {len(self):,} images, {len(self.names)} factors ({kind})>"


def _pairs(table: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
    for index, pair in enumerate(table):
        if isinstance(pair, (str, bytes)) or not isinstance(pair, Sequence) or len(pair) != 2:
            message = f"factors[{index}] is {shown(pair)}; allowed: a pair of a file name and a factor"
            raise InvalidArgument(message, "factors", index)
    return {FILE_NAME: [pair[0] for pair in table], FACTOR: [pair[1] for pair in table]}


def _from_factor_column(
    columns: Mapping[str, Sequence[Any]], names: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...], Array]:
    entries = columns[FACTOR]
    try:
        text_of = {entry: "" if str(entry) in _categories.NONE else str(entry) for entry in set(entries)}
    except TypeError as error:
        raise InvalidData(f"factors: the column {FACTOR} has an entry that is no text: {error}", "factors") from error
    met = sorted({*text_of.values()} - {""})
    chosen = tuple(met) if names is None else _distinct(names)
    number = {name: index for index, name in enumerate(chosen)} | {"": -1}
    unknown = [text for text in met if text not in number]
    if unknown:
        row = next(row for row, entry in enumerate(entries) if text_of[entry] in unknown)
        message = f"factors: row {row} has the factor {text_of[entries[row]]!r}; allowed: {', '.join(chosen)}"
        raise InvalidData(message, "factors", row)
    if not met:
        raise InvalidData(f"factors has no factor in any of its {len(entries)} rows", "factors")
    number_of = {entry: number[text] for entry, text in text_of.items()}
    indices = np.array([number_of[entry] for entry in entries], np.int64)
    file_names = tuple(map(str, columns[FILE_NAME]))
    if len(set(file_names)) == len(file_names):
        return file_names, chosen, indices
    row_of = {name: row for row, name in enumerate(dict.fromkeys(file_names))}
    rows = np.array([row_of[name] for name in file_names], np.int64)
    members = np.zeros((len(row_of), len(chosen)), np.uint8)
    members[rows[indices >= 0], indices[indices >= 0]] = 1
    return tuple(row_of), chosen, members


def _from_mark_columns(
    columns: Mapping[str, Sequence[Any]], names: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...], Array]:
    chosen = tuple(name for name in columns if name not in NOT_FACTORS) if names is None else _distinct(names)
    if not chosen:
        raise InvalidArgument("factors has neither a column factor nor a column for each factor", "factors")
    members = np.empty((len(columns[FILE_NAME]), len(chosen)), np.uint8)
    for column, name in enumerate(chosen):
        if name not in columns:
            raise InvalidArgument(f"factors has no column {name}; its columns: {', '.join(columns)}", "factors")
        for row, entry in enumerate(columns[name]):
            mark = MARKS.get(entry) if isinstance(entry, (int, float, str)) else None
            if mark is None:
                message = f"factors: row {row} of the column {name} is {shown(entry)}; allowed: 0 and 1"
                raise InvalidData(message, "factors", row)
            members[row, column] = mark
    file_names = tuple(map(str, columns[FILE_NAME]))
    seen: set[str] = set()
    for row, file_name in enumerate(file_names):
        if file_name in seen:
            raise InvalidData(
                f"factors: row {row} has the file name {file_name!r}, which is there before", "factors", row
            )
        seen.add(file_name)
    return file_names, chosen, members


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str) or not names or len(set(names)) != len(names):
        raise InvalidArgument(f"names is {shown(names)}; allowed: a list of names, each once", "names")
    return tuple(names)


METACLASSES = (
    "device",
    "dog",
    "commodity",
    "bird",
    "structure",
    "covering",
    "wheeled_vehicle",
    "food",
    "equipment",
    "insect",
    "vehicle",
    "furniture",
    "primate",
    "vessel",
    "snake",
    "natural_object",
)
"""The metaclasses that ImageNet-X names; the classes of all others are "other"."""


def read_metaclasses(path: str | os.PathLike[str], keep: Sequence[str] = METACLASSES) -> tuple[str, ...]:
    """The metaclass of each class, from a CSV with the column `name` and a row a class, as ImageNet-X ships it.

    Args:
        path: of the CSV; row i is class i.
        keep: metaclasses that keep their name; all others become "other".

    Raises:
        binet.Error: `INVALID_ARGUMENT` where there is no column `name`; `INVALID_DATA` for a broken CSV.
    """
    columns = columns_of(path, "path", "name")
    return tuple(name if name in keep else "other" for name in columns["name"])
