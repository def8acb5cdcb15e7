"""Generate the cffi module of the bindings from the public headers.

    python build_cffi.py [OUTPUT]

OUTPUT is a Python file; by default `binet/_ffi.py` beside this script, where the package looks for it. It is an
out-of-line module in ABI mode: plain Python, no compiler, the same file for every version of Python.

The headers are written so that little has to be done to them: declarations stand outside of conditionals, nothing is
inline, and every macro around them is one of three words. So:

 1. `binet.h` says which headers there are and, through their includes, in which order (torch.h belongs to another
    library and is not among them);
 2. of the preprocessor, only the three numbers of the version are kept; cffi makes constants of them;
 3. the words BINET_API, BINET_BEGIN and BINET_END are left out.

What cffi then cannot read is an error here, at build time.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
HEADERS = HERE.parents[1] / "include" / "binet"

_INCLUDE = re.compile(r'^#include "([a-z_]+\.h)"$', re.MULTILINE)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*\n", re.MULTILINE)
_VERSION = re.compile(r"^#define BINET_VERSION_(?:MAJOR|MINOR|PATCH) \d+$", re.MULTILINE)
_WORDS = re.compile(r"\bBINET_(?:API|BEGIN|END)\b")


def in_order(name: str, headers: Path, found: list[str]) -> list[str]:
    """Names of the headers that `name` needs and then its own, each once, appended to `found`."""
    if name not in found:
        for included in _INCLUDE.findall((headers / name).read_text(encoding="utf-8")):
            in_order(included, headers, found)
        found.append(name)
    return found


def declarations(headers: Path = HEADERS) -> str:
    """The declarations of the core library as cffi reads them."""
    parts = []
    for name in in_order("binet.h", headers, []):
        text = (headers / name).read_text(encoding="utf-8")
        parts += _VERSION.findall(text)
        parts.append(_WORDS.sub("", _DIRECTIVE.sub("", text)))
    return "\n".join(parts)


def generate(output: Path, headers: Path = HEADERS) -> None:
    """Write the module `binet._ffi` to `output`."""
    ffi = FFI()
    ffi.cdef(declarations(headers))
    ffi.set_source("binet._ffi", None)
    ffi.emit_python_code(str(output))


if __name__ == "__main__":
    if len(sys.argv) > 2 or any(argument.startswith("-") for argument in sys.argv[1:]):
        sys.exit("usage: build_cffi.py [OUTPUT]")
    generate(Path(sys.argv[1]) if len(sys.argv) == 2 else HERE / "binet" / "_ffi.py")
