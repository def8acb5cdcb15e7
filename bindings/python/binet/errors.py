"""What went wrong: the one door out.

Every failure of libbinet is a `binet.Error` with a status, the argument at fault and the row at fault. Each status has
a class of its own that is also the built-in exception that fits, so that `except ValueError` and `except OSError` work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

MAX_SHOWN = 80


def shown(value: object) -> str:
    """A value for a message of one line: as it is written where that is short, else its type."""
    if value is None or isinstance(value, (str, bytes, int, float, list, tuple)):
        written = repr(value)
        if len(written) <= MAX_SHOWN and "\n" not in written:
            return written
    return f"of type {type(value).__name__}"


class Status(IntEnum):
    """Outcome of a call; the numbers are those of C."""

    INVALID_ARGUMENT = 1
    INVALID_DATA = 2
    UNSUPPORTED = 3
    OUT_OF_MEMORY = 4
    NOT_CONVERGED = 5
    CANCELLED = 6
    IO = 7
    INTERNAL = 8


class Error(Exception):
    """A failure of libbinet.

    Attributes:
        status: what kind of failure, a `Status`.
        argument: the parameter at fault as Python spells it; None where there is none.
        index: the row, line or index along the first axis at fault, from 0 (lines from 1); None where there is none.
        message: one line with the value met and the values allowed.
    """

    status: Status = Status.INTERNAL

    def __init__(self, message: str, argument: str | None = None, index: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.argument = argument
        self.index = index

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.argument, self.index)


class InvalidArgument(Error, ValueError):
    """The caller's fault: a wrong dtype, shape or option."""

    status = Status.INVALID_ARGUMENT


class NotFitted(InvalidArgument, AttributeError):
    """An estimator was asked for what only `fit` gives it."""


class InvalidData(Error, ValueError):
    """The data's fault: a NaN, a label out of range, a broken file."""

    status = Status.INVALID_DATA


class Unsupported(Error, NotImplementedError):
    """Not in this build, on this machine or in this version."""

    status = Status.UNSUPPORTED


class OutOfMemory(Error, MemoryError):
    """There is not enough memory."""

    status = Status.OUT_OF_MEMORY


class NotConverged(Error, ArithmeticError):
    """A solver stopped before it reached its tolerance."""

    status = Status.NOT_CONVERGED


class Cancelled(Error):
    """A callback asked to stop."""

    status = Status.CANCELLED


class IOFailure(Error, OSError):
    """The operating system refused: a missing file, a full disk."""

    status = Status.IO


class InternalError(Error, RuntimeError):
    """A defect in libbinet, or in a model that it was given."""

    status = Status.INTERNAL


_CLASSES: dict[int, type[Error]] = {
    kind.status: kind
    for kind in (
        InvalidArgument,
        InvalidData,
        Unsupported,
        OutOfMemory,
        NotConverged,
        Cancelled,
        IOFailure,
        InternalError,
    )
}


# How C says a member of a struct, and that zero asks for its default; Python has parameters, and no zero.
_MEMBER = re.compile(r"\b(?:options|transform)->(\w+)")
_ZERO = re.compile(r",? or 0 for [\w.-]*\w")
# C's names of dtypes, and NumPy's.
_DTYPES = {
    "f16": "float16",
    "bf16": "bfloat16",
    "f32": "float32",
    "f64": "float64",
    "i32": "int32",
    "i64": "int64",
    "u8": "uint8",
}
_DTYPE = re.compile(rf"\b(?:{'|'.join(_DTYPES)})\b")


def from_status(status: int, message: str, argument: str, element: int, names: Mapping[str, str]) -> Error:
    """The exception for a status and what a `binet_error` said, in the names of the Python parameters.

    A member of an options struct is the parameter of that name; `names` maps what is called something else in C.
    """
    member = _MEMBER.match(message)
    if member is not None:
        argument = member[1]
        message = _ZERO.sub("", message)
    message = _MEMBER.sub(r"\1", message)
    if " has dtype " in message:
        message = _DTYPE.sub(lambda found: _DTYPES[found[0]], message)
    for name in names:
        # Only where the word is the parameter: "images has", not "10 images".
        message = re.sub(rf"^(row \d+ of ){name}\b", rf"\g<1>{names[name]}", message)
        message = re.sub(rf"(?:^|(?<=[;:] )){name}(?=\[| (?:is|has|sums|holds|asks)\b)", names[name], message)
    kind = _CLASSES.get(status, InternalError)
    return kind(
        message or f"libbinet failed with status {status}",
        names.get(argument, argument) or None,
        element if element >= 0 else None,
    )
