"""What the Python tests share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
import pytest

matplotlib.use("Agg")

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def data() -> Path:
    """Real data with known answers; BINET_TEST_DATA names the folder."""
    folder = Path(os.environ.get("BINET_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "expected.json").is_file():
        pytest.skip(f"no real data in {folder}; BINET_TEST_DATA names the folder")
    return folder


@pytest.fixture(scope="session")
def expected(data: Path) -> Any:
    """What a right implementation prints for the real data."""
    return json.loads((data / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240911)


@pytest.fixture
def logits(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """[257, 37] float32: rows and classes that fill no block evenly."""
    return (rng.normal(size=(257, 37)) * 3).astype(np.float32)


@pytest.fixture
def labels(rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return rng.integers(0, 37, 257)
