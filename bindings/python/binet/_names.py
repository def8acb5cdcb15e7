"""File names on their way into C, all at once, and tables with a column of them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ._library import call, ffi, lib
from .arrays import Array
from .errors import InvalidArgument, InvalidData, shown
from .predictions import Predictions, pointer_of
from .threads import context

FILE_NAME = "file_name"


def find(predictions: Predictions, file_names: Sequence[str | os.PathLike[str]], name: str) -> Array:
    """The row of each name, int64 [M], -1 where there is none; `name` is the parameter that the names came in."""
    table = pointer_of(predictions)
    rows = np.empty(len(file_names), np.int64)
    if rows.size:
        try:
            joined = "\0".join(file_names)  # type: ignore[arg-type]
        except TypeError:
            joined = "\0".join(_text(entry, name, index) for index, entry in enumerate(file_names))
        block = np.frombuffer(os.fsencode(joined) + b"\0", np.uint8)
        starts = np.concatenate([[0], np.flatnonzero(block[:-1] == 0) + 1])
        if starts.size != rows.size:
            index = next(i for i, entry in enumerate(file_names) if "\0" in _text(entry, name, i))
            raise InvalidData(f"{name}[{index}] holds a zero byte: {file_names[index]!r}", name, index)
        pointers = block.ctypes.data + starts.astype(np.uintp)
        listed = ffi.cast("char **", pointers.ctypes.data)
        found = ffi.cast("int64_t *", rows.ctypes.data)
        names = {"file_names": name}
        call(lib.binet_predictions_find, context().pointer, table, listed, rows.size, found, names=names)
    return rows


def _text(entry: Any, name: str, index: int) -> str:
    try:
        return os.fsdecode(entry)
    except TypeError as error:
        raise InvalidData(f"{name}[{index}] is {shown(entry)}; allowed: a file name", name, index) from error


def columns_of(table: Any, name: str, key: str = FILE_NAME) -> Mapping[str, Sequence[Any]]:
    """The columns of a table with the column `key`: a path to a CSV, a mapping of columns, or a DataFrame."""
    if isinstance(table, (str, os.PathLike)):
        columns = _read_csv(Path(table), name)
    elif isinstance(table, Mapping):
        columns = {str(key): _listed(values, name) for key, values in table.items()}
    elif hasattr(table, "columns") and hasattr(table, "__getitem__"):
        columns = {str(key): _listed(table[key], name) for key in table.columns}
    else:
        raise InvalidArgument(
            f"{name} is {shown(table)}; allowed: a DataFrame, a dict of columns, a path to a CSV", name
        )
    if key not in columns:
        raise InvalidArgument(f"{name} has no column {key}; its columns: {', '.join(columns)}", name)
    n = len(columns[key])
    for column, values in columns.items():
        if len(values) != n:
            message = f"{name}: the column {column} has {len(values)} entries, {key} has {n}"
            raise InvalidArgument(message, name)
    return columns


def _listed(values: Any, name: str) -> list[Any]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InvalidArgument(f"{name} has a column that is {shown(values)}; allowed: lists, arrays", name)
    listed: list[Any] = values.tolist() if hasattr(values, "tolist") else list(values)
    return listed


def _read_csv(path: Path, name: str) -> dict[str, list[str]]:
    """The columns of a CSV; an error names the line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = next(reader, [])
            rows: list[list[str]] = []
            for row in reader:
                if len(row) == len(header):
                    rows.append(row)
                elif row:
                    message = f"{path}: line {reader.line_num}: {len(row)} fields, the header has {len(header)}"
                    raise InvalidData(message, name, reader.line_num)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidData(f"{path}: not a CSV in UTF-8: {error}", name) from error
    columns = zip(*rows, strict=True) if rows else ([] for _ in header)
    return {column: list(values) for column, values in zip(header, columns, strict=True)}
