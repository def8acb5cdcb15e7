"""Writing files that appear under their name only when they are whole."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .errors import IOFailure


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
