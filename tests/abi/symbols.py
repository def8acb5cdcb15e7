"""Hold three lists of symbols equal: what the headers declare, what the map exports, what the library has.

python symbols.py --library libbinet.so --map binet.map HEADER...
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|#[^\n]*", re.DOTALL)
DECLARED = re.compile(r"\bBINET_API\b[^;]*?\b(\w+)\(")
VERSION = re.compile(r"(\w+\.\w+)\s*\{(.*?)\}\s*(?:\w+\.\w+\s*)?;", re.DOTALL)


def from_headers(headers: list[Path]) -> set[str]:
    """Functions declared with BINET_API."""
    return {name for header in headers for name in DECLARED.findall(COMMENT.sub("", header.read_text()))}


def from_map(path: Path) -> set[str]:
    """Exported symbols as `name@version`."""
    symbols = set()
    for version, body in VERSION.findall(COMMENT.sub("", path.read_text())):
        exported = body.split("local:")[0].replace("global:", "")
        symbols |= {f"{name.strip()}@{version}" for name in exported.split(";") if name.strip()}
    return symbols


def from_library(path: Path) -> set[str]:
    """Dynamic symbols as `name@version`."""
    table = subprocess.run(
        ["nm", "--dynamic", "--defined-only", "--format=posix", str(path)], check=True, capture_output=True, text=True
    ).stdout
    rows = [line.split() for line in table.splitlines()]
    return {row[0].replace("@@", "@") for row in rows if row[1] != "A"}


def differences(left_name: str, left: set[str], right_name: str, right: set[str]) -> list[str]:
    """A line for each name that only one side has."""
    only_left = [f"{name}: in {left_name}, not in {right_name}" for name in sorted(left - right)]
    return only_left + [f"{name}: in {right_name}, not in {left_name}" for name in sorted(right - left)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold the symbols of headers, map and library equal.")
    parser.add_argument("--library", type=Path, required=True, help="the shared library")
    parser.add_argument("--map", type=Path, required=True, help="its version script")
    parser.add_argument("headers", type=Path, nargs="+", help="its public headers")
    options = parser.parse_args()
    exported = from_map(options.map)
    names = {symbol.split("@")[0] for symbol in exported}
    if not names:
        sys.exit(f"{options.map}: no symbol found")
    wrong = differences("the map", exported, "the library", from_library(options.library))
    wrong += differences("the headers", from_headers(options.headers), "the map", names)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
