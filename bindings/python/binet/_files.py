"""Reading JSON, and writing files that appear under their name only when they are whole."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

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
        raise IOFailure(f"cannot read '{os.fspath(path)}': {error.strerror}", name) from error
    except ValueError as error:
        raise InvalidData(f"{os.fspath(path)}: not JSON: {error}", name) from error


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
