"""Figures of more than one verb, written to files."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .._extras import require
from .._files import write_bytes
from ..errors import InvalidArgument

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")


def add_argument(parser: argparse.ArgumentParser, what: str) -> None:
    """The option `--plot`, which draws `what`."""
    parser.add_argument("--plot", metavar="OUT.png", help=f"draw {what}: .png, .svg or .pdf")


def check(path: str | None) -> None:
    """Raise, before any work is done, where `--plot` was given and cannot be done."""
    if path is None:
        return
    require("plot", "matplotlib")
    if Path(path).suffix not in SUFFIXES:
        raise InvalidArgument(f"--plot {path}: the name must end in .png, .svg or .pdf", "plot")


def save(figure: Figure, file: str) -> None:
    """Draw into a file of the kind that its name says."""
    path, drawn = Path(file), io.BytesIO()
    figure.savefig(drawn, format=path.suffix[1:], dpi=150)
    write_bytes(path, drawn.getvalue())


def draw(file: str, size: tuple[float, float], onto: Callable[[Axes], object]) -> None:
    """Draw one picture of a size in inches, and write it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    onto(figure.add_subplot())
    save(figure, file)
