"""The examples run, and print what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True)


def test_compare_models(root: Path, data: Path, expected: Any, tmp_path: Path) -> None:
    """The published ImageNet predictions of two models; the counts are those of expected.json."""
    folder, picture = data / "imagenet-val", tmp_path / "diagrams.png"
    files = [folder / "labels.csv", folder / "ResNet50.csv", folder / "ViT.csv"]
    done = run(root / "examples" / "python" / "compare_models.py", *files, "-o", picture)
    assert done.returncode == 0, done.stderr
    pair = expected["imagenet_val"]["ResNet50|ViT"]
    assert f"ResNet50 alone is right on {pair['only_first_right']:,} images" in done.stdout
    assert f"ViT alone on {pair['only_second_right']:,}" in done.stdout
    assert f"{expected['imagenet_val']['ViT']['ece15_equal_width_l1']:.4f}" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_compare_models_says_what_is_wrong(root: Path) -> None:
    done = run(root / "examples" / "python" / "compare_models.py", "/no/labels.csv", "/no/model.csv")
    assert done.returncode == 1
    assert done.stderr.startswith("compare_models: cannot open '/no/model.csv'")
    assert len(done.stderr.splitlines()) == 1


def test_compare_layers(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="no torch, whose models the example compares")
    pytest.importorskip("sklearn", reason="no scikit-learn, whose digits the example uses")
    picture = tmp_path / "layers.png"
    done = run(root / "examples" / "python" / "compare_layers.py", "--epochs", 1, "-o", picture)
    assert done.returncode == 0, done.stderr
    assert "ConvNet: CKA of 17 layers (unbiased, 500 samples in 5 batches)" in done.stdout
    assert "ConvNet and transformer: CKA of 17 and 14 layers" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_notebook(root: Path, tmp_path: Path) -> None:
    """The notebook runs from a fresh kernel; it holds no outputs of its own."""
    nbformat = pytest.importorskip("nbformat", reason="no nbformat to read the notebook with")
    nbclient = pytest.importorskip("nbclient", reason="no nbclient to run the notebook with")
    pytest.importorskip("ipykernel", reason="no ipykernel to run the notebook with")
    pytest.importorskip("sklearn", reason="no scikit-learn, whose digits the notebook uses")
    notebook = nbformat.read(root / "examples" / "python" / "beyond_accuracy.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in code)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(tmp_path))
    printed = "".join(output.get("text", "") for cell in code for output in cell.outputs)
    assert "top-1 accuracy 0." in printed
    tables = [output for cell in code for output in cell.outputs if "text/html" in output.get("data", {})]
    pictures = [output for cell in code for output in cell.outputs if "image/png" in output.get("data", {})]
    assert len(tables) == 3
    assert len(pictures) == 1
