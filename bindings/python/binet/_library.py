"""The loaded library: `ffi`, `lib` and the one way to call a function that can fail.

The library lies beside this package in a wheel; `BINET_LIBRARY` in the environment names another file. It must be of
the major version of the bindings, and of their minor version or a later one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .errors import InvalidArgument, from_status, shown

try:
    from ._ffi import ffi as _ffi
except ModuleNotFoundError as missing:
    if missing.name != f"{__package__}._ffi":
        raise
    raise ImportError(
        "binet._ffi is not there: this is a source tree, not an installed package. Install it (pip install .) or run "
        "bindings/python/build_cffi.py, which writes it from the headers."
    ) from None

ffi: Any = _ffi

BESIDE = Path(__file__).resolve().parent / "libbinet.so"

VERSION = tuple(int(ffi.integer_const(f"BINET_VERSION_{part}")) for part in ("MAJOR", "MINOR", "PATCH"))
"""Version of the headers that the bindings were made from."""


def _load() -> tuple[Any, str]:
    """The library and its version; ImportError says what to do where it is missing or of the wrong version."""
    named = os.environ.get("BINET_LIBRARY")
    path = named or str(BESIDE)
    whence = "named by BINET_LIBRARY" if named else "beside the package"
    try:
        library = ffi.dlopen(path)
        version: str = ffi.string(library.binet_version()).decode()
    except (OSError, AttributeError, ffi.error) as error:
        raise ImportError(
            f"cannot load libbinet ({path}, {whence}): {error}. Install the package anew, or let BINET_LIBRARY name a "
            "libbinet.so that was built."
        ) from error
    major, minor = (int(part) for part in version.split(".")[:2])
    if major != VERSION[0] or minor < VERSION[1]:
        raise ImportError(
            f"libbinet {version} ({path}, {whence}) does not fit these bindings, which need {VERSION[0]}.{VERSION[1]} "
            f"or a later {VERSION[0]}.x. Install the package anew, or let BINET_LIBRARY name another library."
        )
    return library, version


lib: Any
lib, LIBRARY_VERSION = _load()


def call(function: Callable[..., int], *arguments: object, names: Mapping[str, str] | None = None) -> None:
    """Call a function that returns a status and takes a `binet_error *` last; raise what it reports.

    `names` maps a parameter of C to the Python parameter that it came from, where the two differ.
    """
    error = ffi.new("binet_error *")
    status = function(*arguments, error)
    if status != lib.BINET_OK:
        filled = error.status == status
        raise from_status(
            status,
            ffi.string(error.message).decode("utf-8", "replace") if filled else "",
            ffi.string(error.argument).decode("utf-8", "replace") if filled else "",
            error.element if filled else -1,
            names or {},
        )


def struct(name: str, **members: object) -> Any:
    """A new struct `name` with its `struct_size` set; members are called as the parameters that they come from."""
    made = ffi.new(f"{name} *", {"struct_size": ffi.sizeof(name)})
    fields = dict(ffi.typeof(name).fields)
    for member, value in members.items():
        kind = fields[member].type
        try:
            setattr(made, member, value if kind.kind != "array" else _exactly(value, kind.length))
        except (TypeError, OverflowError) as error:
            raise InvalidArgument(f"{member} is {shown(value)}; allowed: {_described(kind)}", member) from error
    return made


def _exactly(values: Any, n: int) -> list[Any]:
    """Just n values; cffi would fill what is missing with zeros."""
    listed = list(values)
    if len(listed) != n:
        raise TypeError
    return listed


def _described(kind: Any) -> str:
    """What a C type holds, in words."""
    if kind.kind == "array":
        return f"{kind.length} numbers"
    return "a number" if kind.cname in ("float", "double") else f"a whole number of {8 * ffi.sizeof(kind)} bits"


def path_bytes(path: str | os.PathLike[str], name: str = "path") -> bytes:
    """A path, the parameter `name`, as the operating system takes it."""
    try:
        encoded = os.fsencode(path)
    except TypeError as error:
        raise InvalidArgument(f"{name} is {shown(path)}; allowed: a path", name) from error
    if b"\0" in encoded:
        raise InvalidArgument(f"{name} holds a zero byte: {path!r}", name)
    return encoded


def text(pointer: Any) -> str | None:
    """A text that the library returned; None for NULL. Names of files may be any bytes, as in `os.fsdecode`."""
    return None if pointer == ffi.NULL else os.fsdecode(ffi.string(pointer))
