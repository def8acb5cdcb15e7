"""Reading JSON and arrays, and writing files that appear under their name only when they are whole."""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import Array
from .errors import InvalidData, IOFailure


def read_json(path: str | os.PathLike[str], name: str = "path") -> Any:
    """What a JSON file holds.

    Args:
        path: of the file.
        name: what the caller calls it.

    Raises:
        binet.Error: `IO` where it cannot be read; `INVALID_DATA` where it is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, name, error) from error
    except ValueError as error:
        raise InvalidData(f"{os.fspath(path)}: not JSON: {error}", name) from error


def read_npy(path: str | os.PathLike[str], name: str = "path") -> Array:
    """The array of a .npy file, mapped into memory where it has entries.

    Args:
        path: of the file.
        name: what the caller calls it.

    Raises:
        binet.Error: `IO` where it cannot be read; `INVALID_DATA` where it is no .npy of numbers, or cut off.
    """
    try:
        with Path(path).open("rb") as stream:
            is_archive = stream.read(2) == b"PK"
        if not is_archive:
            values: Array = np.load(path, mmap_mode="r", allow_pickle=False)
            return values
    except OSError as error:
        raise _unreadable(path, name, error) from error
    except (ValueError, EOFError) as error:  # NumPy's words are about pickles, which a user never asked for
        raise InvalidData(f"{os.fspath(path)}: not a .npy file of numbers, or cut off", name) from error
    raise InvalidData(f"{os.fspath(path)}: not a .npy file but an archive of several", name)


def read_npz(
    path: str | os.PathLike[str], wanted: tuple[str, ...] | None = None, name: str = "path"
) -> dict[str, Array]:
    """Arrays of a .npz file, in the order asked for.

    Args:
        path: of the file.
        wanted: names of the arrays. None: all, in the order of the file.
        name: what the caller calls it.

    Raises:
        binet.Error: `IO` where it cannot be read; `INVALID_DATA` where it is no .npz of numbers, is cut off, or lacks
            one of the arrays.
    """
    try:
        with Path(path).open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                inside = f" with {' and '.join(wanted)}" if wanted else ""
                message = f"{os.fspath(path)}: a single array, not a .npz file{inside}"
                raise InvalidData(message, name)
            wanted = tuple(archive.files) if wanted is None else wanted
            for one in wanted:
                if one not in archive.files:
                    there = ", ".join(archive.files) or "none"
                    raise InvalidData(f"{os.fspath(path)} has no array {one!r}; its arrays: {there}", name)
            return {one: archive[one] for one in wanted}
    except InvalidData:
        raise
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidData(f"{os.fspath(path)}: not a .npz file of numbers, or cut off", name) from error
    except OSError as error:
        raise _unreadable(path, name, error) from error


def _unreadable(path: str | os.PathLike[str], name: str, error: OSError) -> IOFailure:
    return IOFailure(f"cannot read '{os.fspath(path)}': {error.strerror or error}", name)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file under a temporary name beside it, then rename it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise IOFailure(f"cannot write '{path}': {error.strerror}", "path") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_text(path: Path, text: str) -> None:
    """Write text as `write_bytes` does."""
    write_bytes(path, text.encode("utf-8", "surrogateescape"))
