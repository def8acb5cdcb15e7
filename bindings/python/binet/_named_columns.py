"""Tables of C structs as columns with names: what results hold for factors and classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from ._html import cell, table
from ._library import ffi
from .arrays import Array

Row = TypeVar("Row")
Columns = TypeVar("Columns", bound="NamedColumns[Any]")

SHOWN_ROWS = 20

_DTYPES = {"int32_t": "i4", "int64_t": "i8", "double": "f8"}


@dataclass(frozen=True, eq=False)
class NamedColumns(Generic[Row]):
    """Columns of equal length [K], the first of them names. Iterating gives one row after the other.

    `columns[2]` is the third row, `columns["pose"]` the one of that name.
    """

    ROW: ClassVar[Any]
    """The NamedTuple of a row; its fields are the columns in order."""
    WHAT: ClassVar[str]
    """What the rows are, in the plural."""

    name: tuple[str | int, ...]

    @classmethod
    def of(cls: type[Columns], room: Any, names: Sequence[str | int]) -> Columns:
        """The columns of an array of C structs whose members are called like them."""
        found = records(room)
        columns = {name: found[name].copy() for name in cls.ROW._fields[1:]}
        for column in columns.values():
            column.flags.writeable = False
        return cls(tuple(names), **columns)

    def __len__(self) -> int:
        return len(self.name)

    def __getitem__(self, which: int | str) -> Row:
        index = self._index(which) if isinstance(which, str) else which
        row: Row = self.ROW(self.name[index], *(getattr(self, one)[index].item() for one in self.ROW._fields[1:]))
        return row

    def _index(self, name: str) -> int:
        if name not in self.name:
            raise KeyError(name)
        return self.name.index(name)

    def __iter__(self) -> Iterator[Row]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        rows = [[cell(value) for value in row] for row in self._shown()]  # type: ignore[attr-defined]
        head = [name.replace("_", " ") for name in self.ROW._fields]
        widths = [max(len(text) for text in column) for column in zip(head, *rows, strict=True)]
        lines = ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in (head, *rows)]
        return "\n".join([*lines, f"... {len(self):,} {self.WHAT}"] if len(self) > SHOWN_ROWS else lines)

    def _repr_html_(self) -> str:
        rows: list[Any] = list(self._shown())
        if len(self) > SHOWN_ROWS:
            rows.append(["\N{HORIZONTAL ELLIPSIS}"] * len(self.ROW._fields))
        return table(f"{len(self):,} {self.WHAT}", [name.replace("_", " ") for name in self.ROW._fields], rows)

    def _shown(self) -> list[Row]:
        return [self[index] for index in range(min(len(self), SHOWN_ROWS))]


def records(room: Any) -> Array:
    """An array of C structs of int32_t, int64_t and double as a structured array of the same memory."""
    kind = ffi.typeof(room).item
    members = [(name, _DTYPES[field.type.cname]) for name, field in kind.fields]
    return np.frombuffer(ffi.buffer(room), np.dtype(members, align=True), len(room))
