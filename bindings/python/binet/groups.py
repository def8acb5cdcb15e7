"""Groups of classes: which of a model's classes make up each category."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np

from . import protocols
from ._files import read_json
from ._library import lib
from .arrays import Array, integers
from .errors import InvalidArgument, InvalidData, shown

ClassGroups = Mapping[str, Sequence[int]]
"""The classes of each group, by its name. The order is that of the indices of groups."""

Aggregate = Literal["mean", "sum", "max"]

AGGREGATES = {"mean": lib.BINET_GROUP_MEAN, "sum": lib.BINET_GROUP_SUM, "max": lib.BINET_GROUP_MAX}

SIXTEEN_CLASSES: ClassGroups = MappingProxyType(
    {name: tuple(classes) for name, classes in protocols.load("sixteen_classes")["categories"].items()}
)
"""The 16 categories of Geirhos et al. (ICLR 2019), in order of their names: 207 of the 1,000 classes of ImageNet."""


def flatten(groups: ClassGroups, parameter: str = "groups") -> tuple[Array, Array]:
    """Offsets [n_groups + 1] and classes, int64, as C takes them; which classes are right is for C to say."""
    if not isinstance(groups, Mapping) or not groups:
        what = "empty" if isinstance(groups, Mapping) else shown(groups)
        message = f"{parameter} is {what}; allowed: a mapping from names to classes, such as binet.SIXTEEN_CLASSES"
        raise InvalidArgument(message, parameter)
    parts: list[Array] = []
    for name, classes in groups.items():
        if len(classes) == 0:
            raise InvalidArgument(f"{parameter}[{name!r}] has no class", parameter, len(parts))
        part = integers(classes, parameter)
        if part.ndim != 1:
            message = f"{parameter}[{name!r}] has {part.ndim} dimensions; allowed: a list of classes"
            raise InvalidArgument(message, parameter)
        parts.append(part.astype(np.int64))
    offsets = np.cumsum([0, *(part.size for part in parts)], dtype=np.int64)
    return offsets, np.concatenate(parts)


def named(what: str | os.PathLike[str]) -> ClassGroups:
    """The groups that a word names ("sixteen"), or those of a JSON file."""
    return SIXTEEN_CLASSES if what == "sixteen" else read_groups(what)


def read_groups(path: str | os.PathLike[str]) -> ClassGroups:
    """Groups from a JSON file: an object from names to lists of classes, alone or as the member `categories`.

    Args:
        path: of the file; its numbers are indices of classes, from 0.

    Raises:
        binet.Error: `IO` for a file that cannot be read; `INVALID_DATA` for one of another form.
    """
    table = read_json(path, "groups")
    if isinstance(table, dict) and isinstance(table.get("categories"), dict):
        table = table["categories"]
    if not isinstance(table, dict) or not table:
        raise InvalidData(f'{os.fspath(path)}: an object such as {{"cat": [281, 282]}} is expected', "groups")
    for name, classes in table.items():
        if not isinstance(classes, list) or not all(type(index) is int for index in classes):
            raise InvalidData(
                f"{os.fspath(path)}: {name!r} is {shown(classes)}; a list of classes is expected", "groups"
            )
    return table
