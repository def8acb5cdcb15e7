"""`binet robustness` prints what the functions give, and names what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
from binet import cli


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Predictions of all 15 corruptions at 5 severities in c/, and val.csv, a.csv and r.csv."""

    def write(path: Path, share: float) -> None:
        right = (rng.random(50) < share).astype(np.float32)
        path.parent.mkdir(parents=True, exist_ok=True)
        binet.Predictions.from_logits(np.stack([right, 0.5 + 0 * right], 1), np.zeros(50, int)).to_csv(path)

    for corruption in binet.CORRUPTIONS:
        for severity in range(1, 6):
            write(tmp_path / "c" / corruption / str(severity) / "predictions.csv", 0.8 - 0.1 * severity)
    for name, share in (("val", 0.9), ("a", 0.3), ("r", 0.6)):
        write(tmp_path / f"{name}.csv", share)
    (tmp_path / "models.csv").write_text(
        "model,clean,shifted,fitted\none,.6,.4,1\ntwo,.7,.52,1\nthree,.8,.6,1\nclip,.65,.6,0\n"
    )
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = cli.main(["robustness", *map(str, words)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_corruptions(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    clean = binet.Predictions.from_csv(folder / "val.csv")
    expected = binet.corruption_robustness(folder / "c", clean=clean)
    words = ("--corruptions", folder / "c", "--clean", folder / "val.csv")
    status, out, _ = run(capsys, *words, "--plot", tmp_path / "c.png", "--json")
    record = json.loads(out)["corruptions"]
    assert status == 0
    assert record["mce"] == expected.mce
    assert record["relative_mce"] == expected.relative_mce
    assert record["cells"] == expected.cells.tolist()
    assert record["corruptions"][9]["name"] == "fog"
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    status, out, _ = run(capsys, *words)
    assert f"mCE {expected.mce:.2f} %" in out
    assert [line.split()[0] for line in out.splitlines()[3:]] == [*binet.CORRUPTIONS, "mean"]
    _, rounded, _ = run(capsys, *words, "--baseline", "alexnet_rounded")
    assert rounded != out


def test_a_missing_corruption(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "c" / "fog" / "3" / "predictions.csv").unlink()
    status, out, err = run(capsys, "--corruptions", folder / "c")
    assert (status, out) == (1, "")
    assert err.startswith("binet robustness: ")
    assert "1 of 75 cells are missing, the first is fog/3; --allow-missing" in err
    status, out, _ = run(capsys, "--corruptions", folder / "c", "--allow-missing", "--json")
    record = json.loads(out)["corruptions"]
    assert status == 0
    assert record["missing"] == [["fog", 3]]
    assert record["mce"] is None
    _, out, _ = run(capsys, "--corruptions", folder / "c", "--allow-missing")
    assert "1 of 75 cells are missing: fog 3" in out


def test_shifted_sets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [folder / "a.csv", folder / "r.csv"]
    tables = {str(file): binet.Predictions.from_csv(file) for file in files}
    expected = binet.relative_accuracy(tables, binet.Predictions.from_csv(folder / "val.csv"))
    status, out, _ = run(capsys, *files, "--clean", folder / "val.csv", "--json")
    record = json.loads(out)["shifted"]
    assert status == 0
    assert (record["geometric"], record["relative"]) == (expected.geometric, expected.relative)
    assert [one["name"] for one in record["sets"]] == list(map(str, files))
    _, out, _ = run(capsys, *files, "--clean", folder / "val.csv")
    assert f"{expected.geometric:.4f}" in out.splitlines()[-1]


def test_the_line(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    clean, shifted = {"one": 0.6, "two": 0.7, "three": 0.8, "clip": 0.65}, {"one": 0.4, "two": 0.52, "three": 0.6}
    expected = binet.accuracy_line(clean, shifted | {"clip": 0.6}, fitted=["one", "two", "three"], scale="logit")
    words = ("--line", folder / "models.csv", "--scale", "logit")
    status, out, _ = run(capsys, *words, "--json", "--plot", tmp_path / "line.svg")
    record = json.loads(out)["line"]
    assert status == 0
    assert (record["slope"], record["n_fitted"]) == (expected.slope, 3)
    assert record["models"][3]["effective_robustness"] == expected.models["clip"].effective_robustness
    assert b"<svg" in (tmp_path / "line.svg").read_bytes()
    _, out, _ = run(capsys, *words)
    assert "not fitted" in out.splitlines()[-1]


BAD: list[tuple[str, int, str]] = [
    ("", 2, "nothing to do: give FILE with --clean, --corruptions or --line"),
    ("a.csv", 2, "FILE needs --clean"),
    ("a.csv a.csv --clean val.csv", 2, "a.csv is given twice"),
    ("a.csv --clean val.csv --plot x.png", 2, "--plot draws one picture"),
    ("--corruptions nowhere", 1, "nowhere"),
    ("--line val.csv", 2, "no column model"),
    ("--line bad.csv", 1, "clean of one is 'x'; allowed: a number"),
    ("--line two.csv", 2, "2 models; at least 3 are needed"),
    ("--line percent.csv", 1, "looks like percent"),
    ("--line twice.csv", 1, "a model is there twice"),
    ("--line half.csv", 1, "no column shifted"),
]


@pytest.mark.parametrize(("words", "status", "says"), BAD)
def test_bad_usage(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    status: int,
    says: str,
) -> None:
    written: dict[str, Any] = {
        "bad": "model,clean,shifted\none,x,.5\n",
        "two": "model,clean,shifted\none,.4,.5\ntwo,.5,.6\n",
        "percent": "model,clean,shifted\none,40,50\ntwo,50,60\nthree,60,70\n",
        "twice": "model,clean,shifted\none,.4,.5\none,.5,.6\n",
        "half": "model,clean\none,.4\n",
    }
    for name, text in written.items():
        (folder / f"{name}.csv").write_text(text)
    monkeypatch.chdir(folder)
    found, out, err = run(capsys, *words.split())
    assert (found, out) == (status, "")
    assert says in err
    assert err.count("\n") == 1
