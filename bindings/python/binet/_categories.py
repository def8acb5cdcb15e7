"""Categories on their way into C: names become indices, and what is missing among responses becomes -1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .arrays import Array
from .errors import InvalidArgument, InvalidData

MAX_CATEGORIES = 65536

NONE = frozenset({"", "na", "nan", "None", "<NA>"})
"""How tables write that none of the categories was answered; None and NaN read like this too."""

SHOWN_NAMES = 16


def indices(
    given: Mapping[str, Any], categories: Iterable[str] | None
) -> tuple[Mapping[str, Any], tuple[str, ...] | None]:
    """Indices of categories, and the names of all of them.

    Args:
        given: `responses`, `shapes` and `textures`, [N] each: all names, or all something else, which stays as it is.
        categories: names of all categories. None: those of shapes and textures, sorted; for integers no names.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for names beside integers and for names of categories that are not distinct;
            `INVALID_DATA`, with the index, for an entry that is no category.
    """
    names = None if categories is None else _distinct(categories)
    texts = {name: _texts(value, name) for name, value in given.items()}
    entries = {name: listed for name, listed in texts.items() if listed is not None}
    if not entries:
        return given, names
    if len(entries) < len(given):
        first = next(iter(entries))
        raise InvalidArgument(f"{first} holds names, and not all of {', '.join(given)} do", first)
    names = _in_use(entries) if names is None else names
    return _numbered(entries, names), names


def _texts(value: Any, name: str) -> list[str] | None:
    """The entries where they are names, what is missing among them as ""; None where they are something else."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError):
        return None  # whoever views it as integers says what is wrong with it
    if array.ndim != 1 or array.dtype.kind not in "OUT":
        return None
    texts: list[str] = []
    for index, entry in enumerate(array.tolist()):
        if not isinstance(entry, str) and str(entry) not in NONE:
            message = f"{name}[{index}] is {entry!r}; allowed: all names, or all integers"
            raise InvalidArgument(message, name, index)
        texts.append(entry if isinstance(entry, str) else "")
    return texts


def _distinct(categories: Iterable[str]) -> tuple[str, ...]:
    """The categories that the caller named."""
    if isinstance(categories, str):
        raise InvalidArgument("categories is one text; a list of names is needed", "categories")
    names = tuple(categories)
    if not 1 <= len(names) <= MAX_CATEGORIES:
        raise InvalidArgument(f"categories has {len(names)} names; allowed: 1 .. {MAX_CATEGORIES}", "categories")
    before: set[str] = set()
    for index, name in enumerate(names):
        if name in before:
            raise InvalidArgument(f"categories[{index}] is {name!r}, which is there before", "categories", index)
        before.add(name)
    return names


def _in_use(entries: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The categories of shapes and textures, sorted."""
    for name in ("shapes", "textures"):
        for index, entry in enumerate(entries[name]):
            if entry in NONE:
                raise InvalidData(f"{name}[{index}] is {entry!r}, which is no category", name, index)
    return tuple(sorted({*entries["shapes"], *entries["textures"]}))


def _numbered(entries: Mapping[str, list[str]], names: tuple[str, ...]) -> dict[str, Array]:
    """Names as indices; in the responses also as -1."""
    number = {name: index for index, name in enumerate(names)}
    found = {}
    for name, listed in entries.items():
        none = NONE if name == "responses" else frozenset()
        for index, entry in enumerate(listed):
            if entry not in number and entry not in none:
                shown = ", ".join(names[:SHOWN_NAMES]) + (", ..." if len(names) > SHOWN_NAMES else "")
                raise InvalidData(f"{name}[{index}] is {entry!r}; categories: {shown}", name, index)
        found[name] = np.array([number.get(entry, -1) for entry in listed], np.int64)
    return found
