"""What every fitted map has: a file, and a refusal to work before it was fitted."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from .._files import read_json, write_text
from ..errors import InvalidData

FORMAT = "binet recalibration"
VERSION = 1

M = TypeVar("M", bound="Map")

_KINDS: dict[str, type[Map]] = {}
"""The maps that there are, by method."""


class Map(ABC):
    """A map that is fitted, applied, saved and loaded."""

    METHOD: ClassVar[str]
    """Its name in files and on the command line."""

    def __init_subclass__(cls) -> None:
        """Let `load` know of the method."""
        if hasattr(cls, "METHOD"):
            _KINDS[cls.METHOD] = cls

    @abstractmethod
    def transform(self, values: Any, /) -> Any:
        """What the map makes of logits or confidences."""

    @abstractmethod
    def _parameters(self) -> dict[str, Any]:
        """What a file holds: numbers, texts and lists of them. InvalidArgument where nothing was fitted."""

    @classmethod
    @abstractmethod
    def _restore(cls: type[M], parameters: dict[str, Any]) -> M:
        """The map from what `_parameters` gave; KeyError, TypeError or ValueError where something is wrong with it."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the map as JSON; numbers read back to the same bits. Under a temporary name beside it, then renamed.

        Raises:
            binet.Error: `INVALID_ARGUMENT` where nothing was fitted; `IO` where the file cannot be written.
        """
        record = {"format": FORMAT, "version": VERSION, "method": self.METHOD} | self._parameters()
        write_text(Path(path), json.dumps(record, indent=1, allow_nan=False) + "\n")

    @classmethod
    def load(cls: type[M], path: str | os.PathLike[str]) -> M:
        """Read what `save` wrote.

        Raises:
            binet.Error: `IO` where the file cannot be read; `INVALID_DATA` where it holds no map, or one of another
                method.
        """
        made = load(path)
        if not isinstance(made, cls):
            raise InvalidData(f"{os.fsdecode(path)} holds a map of method {made.METHOD}, not {cls.METHOD}", "path")
        return made


def finite(values: Any, name: str) -> npt.NDArray[np.float64]:
    """Numbers of a file, the entry `name`, as a read-only array [n], n >= 1."""
    array = np.array(values, np.float64)
    if array.ndim != 1 or len(array) == 0 or not np.isfinite(array).all():
        raise ValueError(f"its {name} are no list of finite numbers")
    array.flags.writeable = False
    return array


def load(path: str | os.PathLike[str]) -> Map:
    """Read a map of any method that `save` wrote.

    Raises:
        binet.Error: `IO` where the file cannot be read; `INVALID_DATA` where it holds no map.
    """
    name = os.fsdecode(path)
    record = read_json(path)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InvalidData(f"{name} holds no map: its format is not {FORMAT!r}", "path")
    if record.get("version") != VERSION:
        raise InvalidData(f"{name} is of version {record.get('version')}; this libbinet reads {VERSION}", "path")
    if record.get("method") not in _KINDS:
        raise InvalidData(f"{name} is of method {record.get('method')!r}; allowed: {', '.join(_KINDS)}", "path")
    try:
        return _KINDS[record["method"]]._restore(record)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidData(f"{name} is incomplete: {error}", "path") from error
