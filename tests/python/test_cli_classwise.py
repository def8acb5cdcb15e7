"""`binet classwise`: what it prints of score files, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from binet import cli
from PIL import Image

Array = npt.NDArray[Any]


@pytest.fixture
def files(logits: Array, labels: Array, tmp_path: Path) -> tuple[str, str]:
    """Scores and labels as .npy files."""
    np.save(tmp_path / "logits.npy", logits)
    np.save(tmp_path / "labels.npy", labels)
    return str(tmp_path / "logits.npy"), str(tmp_path / "labels.npy")


def test_the_verb_prints_what_the_library_says(
    files: tuple[str, str], logits: Array, labels: Array, capsys: Any
) -> None:
    scores, truth = files
    options = ["--bins", "9", "--binning", "equal_mass", "--threshold", "0.05", "--temperature", "2"]
    assert cli.main(["classwise", scores, "--labels", truth, *options, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    result = binet.classwise_calibration(logits, labels, n_bins=9, binning="equal_mass", threshold=0.05, temperature=2)
    assert (record["name"], record["ece"], record["rms"], record["mce"]) == (
        "TACE",
        result.ece,
        result.rms,
        result.mce,
    )
    assert [one["ece"] for one in record["classes"]] == result.classes.ece.tolist()
    assert cli.main(["classwise", scores, "--labels", truth, *options, "--worst", "3"]) == 0
    printed = capsys.readouterr().out
    assert f"ECE  {result.ece:.6f}" in printed
    table = printed.rstrip("\n").split("\n\n")[2].splitlines()
    assert [int(line.split()[0]) for line in table[1:]] == result.classes.worst(3).tolist()
    assert len({len(line) for line in table}) == 1


def test_real_probabilities(data: Path, expected: Any, capsys: Any) -> None:
    folder = data / "cifar10-vgg"
    files = [str(folder / "probs.npy"), "--labels", str(folder / "labels.npy")]
    assert cli.main(["classwise", *files, "--kind", "probabilities", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["ece"] == pytest.approx(expected["cifar10_vgg"]["classwise_ece15_l1"], abs=1e-12)
    assert cli.main(["classwise", *files]) == 0  # taken as logits, which they could be


def test_what_is_not_there_is_said(files: tuple[str, str], capsys: Any) -> None:
    scores, truth = files
    assert cli.main(["classwise", scores, "--labels", truth, "--threshold", "1", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["ece"], record["n_empty"], record["classes"][0]["ece"]) == (None, 37, None)
    assert cli.main(["classwise", scores, "--labels", truth, "--threshold", "1"]) == 0
    assert "37 classes have no probability that counts" in capsys.readouterr().out
    assert cli.main(["classwise", scores, "--labels", truth, "--worst", "0"]) == 0
    assert "mean p" not in capsys.readouterr().out


def test_the_classes_are_drawn(files: tuple[str, str], tmp_path: Path, capsys: Any) -> None:
    scores, truth = files
    assert cli.main(["classwise", scores, "--labels", truth, "--plot", str(tmp_path / "classes.png")]) == 0
    assert "ECE" in capsys.readouterr().out
    with Image.open(tmp_path / "classes.png") as picture:
        assert picture.size == (960, 600)


def test_files_that_do_not_fit(files: tuple[str, str], tmp_path: Path, capsys: Any) -> None:
    scores, truth = files
    (tmp_path / "text.npy").write_text("logits")
    np.savez(tmp_path / "several.npz", a=[1])
    for words, status, says in (
        ([str(tmp_path / "missing.npy"), "--labels", truth], 1, "missing.npy': No such file"),
        ([str(tmp_path / "text.npy"), "--labels", truth], 1, "text.npy: not a .npy file"),
        ([str(tmp_path / "several.npz"), "--labels", truth], 1, "several.npz: not a .npy file but an archive"),
        ([truth, "--labels", truth], 2, "scores has 1 dimensions"),
        ([scores, "--labels", scores], 2, "labels has dtype float32"),
        ([scores, "--labels", truth, "--kind", "probabilities"], 1, "scores[0]"),
        ([scores, "--labels", truth, "--threshold", "2"], 2, "threshold is 2; allowed: 0 .. 1"),
        ([scores, "--labels", truth, "--plot", "picture.jpg"], 2, "must end in .png"),
    ):
        assert cli.main(["classwise", *words]) == status
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("binet classwise: ")
        assert printed.err.count("\n") == 1
        assert says in printed.err
    with pytest.raises(SystemExit) as caught:
        cli.main(["classwise", scores])
    assert caught.value.code == 2
    assert "--labels" in capsys.readouterr().err
