"""The library under the bindings: the generated definitions are the compiler's, and a wrong library is refused."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import binet
import pytest
from binet._library import LIBRARY_VERSION, VERSION, ffi, lib


def compiler() -> str:
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if found is None:
        pytest.skip("no C compiler to compare with")
    return found


def import_binet(library: Path | str) -> subprocess.CompletedProcess[str]:
    """`import binet` in a process of its own, with BINET_LIBRARY set."""
    environment = dict(os.environ, BINET_LIBRARY=str(library))
    return subprocess.run([sys.executable, "-c", "import binet"], env=environment, capture_output=True, text=True)


def test_layout_is_the_compilers(root: Path, tmp_path: Path) -> None:
    """Size of every struct, offset of every member and value of every constant, by cffi and by the C compiler."""
    text = "".join(_headers(root))
    constants = set(re.findall(r"\bBINET_[A-Z0-9_]+\b(?= *=)", text))
    expected = {name: ffi.integer_const(name) for name in constants}
    for name in ffi.list_types()[0]:
        struct = ffi.typeof(name)
        opaque = f"typedef struct {name} {name};" in text
        if struct.kind == "struct" and not opaque:
            expected[f"sizeof({name})"] = ffi.sizeof(struct)
            for member, _ in struct.fields:
                expected[f"offsetof({name}, {member})"] = ffi.offsetof(struct, member)
    assert len(constants) > 40
    assert len(expected) - len(constants) > 60
    lines = "".join(f'    printf("%s = %lld\\n", "{name}", (long long)({name}));\n' for name in expected)
    source = tmp_path / "layout.c"
    includes = "#include <stddef.h>\n#include <stdio.h>\n#include <binet/binet.h>\n"
    source.write_text(f"{includes}int main(void)\n{{\n{lines}    return 0;\n}}\n")
    program = tmp_path / "layout"
    subprocess.run([compiler(), f"-I{root / 'include'}", source, "-o", program], check=True)
    printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    assert dict(line.split(" = ") for line in printed.splitlines()) == {k: str(v) for k, v in expected.items()}


def test_every_exported_function_is_known(root: Path) -> None:
    exported = re.findall(r"^ +(binet_\w+);", (root / "lib" / "binet.map").read_text(), re.MULTILINE)
    assert len(exported) > 40
    for name in exported:
        assert callable(getattr(lib, name)), name


def test_the_version_is_the_headers(root: Path) -> None:
    text = (root / "include" / "binet" / "macros.h").read_text()
    version = re.search(r'BINET_VERSION_STRING "([0-9.]+)"', text)
    assert version is not None
    assert binet.__version__ == LIBRARY_VERSION == version[1]
    assert ".".join(map(str, VERSION)) == version[1]


@pytest.mark.parametrize(
    ("version", "fits"), [("0.1.0", True), ("0.1.7", True), ("0.2.0", True), ("0.0.9", False), ("1.1.0", False)]
)
def test_version_of_another_library(tmp_path: Path, version: str, fits: bool) -> None:
    source, library = tmp_path / "other.c", tmp_path / "libother.so"
    source.write_text(f'const char *binet_version(void) {{ return "{version}"; }}\n')
    subprocess.run([compiler(), "-shared", "-fPIC", source, "-o", library], check=True)
    done = import_binet(library)
    assert (f"libbinet {version} ({library}, named by BINET_LIBRARY) does not fit" in done.stderr) is not fits


def test_a_library_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    done = import_binet(tmp_path / "missing.so")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: cannot load libbinet")
    assert "missing.so" in last
    assert "Install the package anew" in last


def test_a_library_that_is_another_says_so(tmp_path: Path) -> None:
    source, library = tmp_path / "other.c", tmp_path / "libother.so"
    source.write_text("int other(void) { return 0; }\n")
    subprocess.run([compiler(), "-shared", "-fPIC", source, "-o", library], check=True)
    assert "ImportError: cannot load libbinet" in import_binet(library).stderr


def test_the_cdef_is_made_of_every_header_but_torch(root: Path, tmp_path: Path) -> None:
    """The generator, run on its own, gives a module that knows each public struct."""
    output = tmp_path / "_ffi.py"
    subprocess.run([sys.executable, root / "bindings" / "python" / "build_cffi.py", output], check=True)
    text = output.read_text()
    declared = re.findall(r"^typedef struct (\w+)", "".join(_headers(root)), re.MULTILINE)
    assert len(declared) > 15
    for name in declared:
        assert (name in text) is not name.startswith("binet_torch"), name


def _headers(root: Path) -> list[str]:
    return [header.read_text() for header in (root / "include" / "binet").glob("*.h")]
