"""A linear probe of ImageNet's size from a file: seconds, memory, certificate. Minutes; not part of the table.

python tests/bench/larger_than_memory.py FOLDER [--rows N] [--width D] [--classes K] [--C C]
"""

from __future__ import annotations

import argparse
import re
import threading
import time
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BLOCK = 8192


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="for the features, which are made once")
    parser.add_argument("--rows", type=int, default=1_281_167)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--C", type=float, default=1.0)
    parser.add_argument("--tol", type=float, default=1e-4)
    given = parser.parse_args()
    features, labels = power_law(given.folder, given.rows, given.width, given.classes)
    before = _anonymous()
    peak = Peak()
    with peak:
        start = time.perf_counter()
        probe = binet.LinearProbe(C=given.C, tol=given.tol, progress=True).fit(features, labels)
        seconds = time.perf_counter() - start
    one = probe.certificate_
    print(f"{features.nbytes / 1e9:.2f} GB, {given.rows:,} x {given.width} {features.dtype}, {given.classes:,} classes")
    print(f"{seconds:.0f} s, at most {(peak.most - before) / 1e6:.0f} MB of memory beyond the page cache")
    print(one)


def power_law(folder: Path, n: int, d: int, k: int) -> tuple[Array, Array]:
    """Features in f16 in a file that is mapped, with a spectrum as i^-1.5, and labels from a linear model of them."""
    path, names = folder / f"x-{n}-{d}-{k}.npy", folder / f"y-{n}-{d}-{k}.npy"
    if not names.exists():
        random = np.random.default_rng(0)
        weights = (8 * random.normal(size=(d, k))).astype(np.float32)
        q = np.linalg.qr(random.normal(size=(d, d)))[0].astype(np.float32)
        spread = np.arange(1, d + 1, dtype=np.float32) ** -0.75
        features = np.lib.format.open_memmap(path, "w+", np.float16, (n, d))
        labels = np.empty(n, np.int64)
        for first in range(0, n, BLOCK):
            part = slice(first, min(first + BLOCK, n))
            z = random.standard_normal((part.stop - first, d), np.float32) * spread
            noise = -np.log(np.maximum(random.standard_exponential((len(z), k), np.float32), np.float32(1e-30)))
            labels[part] = (z @ weights + noise).argmax(1)
            features[part] = z @ q
        features.flush()
        np.save(names, labels)
    return np.load(path, mmap_mode="r"), np.load(names)


class Peak(threading.Thread):
    """The most anonymous memory that this process holds, looked at ten times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self._ends = threading.Event()

    def run(self) -> None:
        while not self._ends.wait(0.1):
            self.most = max(self.most, _anonymous())

    def __enter__(self) -> Peak:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self.join()


def _anonymous() -> int:
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
