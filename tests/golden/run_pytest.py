"""Run tests that compare with another Python package; skipped (status 77), with the reason, where one is missing."""

from __future__ import annotations

import importlib.util
import sys

needed = ("pytest", "numpy", "cffi", "PIL")
missing = [name for name in needed if importlib.util.find_spec(name) is None]
if missing:
    print(f"skipped: {sys.executable} has no {', '.join(missing)}")
    sys.exit(77)

import pytest  # noqa: E402

sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
