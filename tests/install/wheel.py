"""Build the wheel as pip does, and use it in an environment that has what it depends on and nothing else.

python wheel.py SOURCE WORK
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

USE = """
import binet, numpy as np
predictions = binet.Predictions.from_logits(np.array([[2, 0], [0, 1]], np.float32), np.array([0, 0]))
assert binet.accuracy(predictions).value == 0.5
assert 0 < binet.calibration(predictions).ece < 1
print(binet.__version__, binet.__file__)
"""
# What the environment may hold: the dependencies, theirs, and what every environment comes with.
EXPECTED = {"libbinet", "numpy", "cffi", "pycparser", "tqdm", "pip", "setuptools"}


def main(source: Path, work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    run = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(work), str(source)]
    subprocess.run(run, check=True)
    (wheel,) = work.glob("*.whl")
    venv.create(work / "venv", with_pip=True)
    python = str(work / "venv/bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
    ).stdout
    installed = {line.split("==")[0].lower() for line in listed.splitlines()}
    if not installed <= EXPECTED:
        sys.exit(f"installed beyond {sorted(EXPECTED)}: {sorted(installed - EXPECTED)}")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([python, "-c", USE], check=True, cwd=work, env=environment)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
