"""`binet recalibrate`: fits into files, maps out of them, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from binet import cli

Array = npt.NDArray[Any]


@pytest.fixture
def files(logits: Array, labels: Array, tmp_path: Path) -> Path:
    np.save(tmp_path / "val.npy", logits * 3)
    np.save(tmp_path / "labels.npy", labels)
    binet.Predictions.from_logits(logits * 3, labels).to_csv(tmp_path / "val.csv")
    return tmp_path


def test_a_temperature_is_fitted_and_applied(files: Path, logits: Array, labels: Array, capsys: Any) -> None:
    fitted, scaled = str(files / "fit.json"), str(files / "scaled.npy")
    val = str(files / "val.npy")
    assert cli.main(["recalibrate", val, "--labels", str(files / "labels.npy"), "-o", fitted, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    fit = binet.fit_temperature(logits * 3, labels)
    assert record["method"] == "temperature"
    assert record["temperature"] == fit.temperature
    assert record["nll_after"] == fit.nll_after
    assert cli.main(["recalibrate", val, "--labels", str(files / "labels.npy")]) == 0
    assert f"temperature      {fit.temperature:.6g}" in capsys.readouterr().out
    assert cli.main(["recalibrate", val, "--apply", fitted, "-o", scaled]) == 0
    np.testing.assert_array_equal(np.load(scaled), binet.TemperatureScaling.load(fitted).transform(logits * 3))


@pytest.mark.parametrize("method", ["vector", "isotonic", "histogram"])
def test_other_methods_are_fitted_and_applied(files: Path, method: str, capsys: Any) -> None:
    fitted = str(files / "fit.json")
    source = str(files / ("val.npy" if method == "vector" else "val.csv"))
    labels = ["--labels", str(files / "labels.npy"), "--l2", "0.01"] if method == "vector" else []
    options = ["--bins", "10", "--binning", "equal_mass"] if method == "histogram" else []
    assert cli.main(["recalibrate", source, *labels, "--method", method, *options, "-o", fitted, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["method"] == method == json.loads(Path(fitted).read_text())["method"]
    better = ("nll_before", "nll_after") if method == "vector" else ("brier_before", "brier_after")
    assert record[better[1]] < record[better[0]]
    output = str(files / ("out.npy" if method == "vector" else "out.csv"))
    assert cli.main(["recalibrate", source, "--apply", fitted, "-o", output]) == 0
    made: Any = binet.recalibration.load(fitted)
    if method == "vector":
        np.testing.assert_array_equal(np.load(output), made.transform(np.load(source)))
    else:
        expected = made.transform(binet.Predictions.from_csv(source))
        np.testing.assert_array_equal(binet.Predictions.from_csv(output).confidence, expected.confidence)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["val.npy"], 2, "a fit needs --labels"),
        (["val.csv"], 2, "--method temperature maps logits, a .npy file; "),
        (["val.npy", "--method", "isotonic"], 2, "--method isotonic maps predictions"),
        (["val.npy", "--apply", "nothing.json", "-o", "x"], 1, "cannot read"),
        (["labels.npy", "--labels", "labels.npy"], 2, "logits has"),
        (["nothing.npy", "--labels", "labels.npy"], 1, "nothing.npy"),
        (["val.csv", "--method", "magic"], 2, "invalid choice"),
    ],
)
def test_failures_are_one_line(
    files: Path, monkeypatch: Any, words: list[str], status: int, says: str, capsys: Any
) -> None:
    monkeypatch.chdir(files)
    try:
        ended: Any = cli.main(["recalibrate", *words])
    except SystemExit as error:
        ended = error.code
    assert ended == status
    printed = capsys.readouterr().err
    assert says in printed
    assert len(printed.splitlines()) == 1


def test_no_best_temperature_is_a_failure_and_no_file(files: Path, capsys: Any) -> None:
    np.save(files / "all.npy", np.eye(3))
    np.save(files / "right.npy", np.arange(3))
    words = ["recalibrate", str(files / "all.npy"), "--labels", str(files / "right.npy"), "-o", str(files / "fit.json")]
    assert cli.main(words) == 1
    assert "no temperature is best" in capsys.readouterr().err
    assert not (files / "fit.json").exists()


def test_a_map_of_the_other_kind_is_refused(files: Path, capsys: Any) -> None:
    fitted = str(files / "fit.json")
    assert cli.main(["recalibrate", str(files / "val.csv"), "--method", "isotonic", "-o", fitted]) == 0
    assert cli.main(["recalibrate", str(files / "val.npy"), "--apply", fitted, "-o", str(files / "x.npy")]) == 2
    assert "maps predictions" in capsys.readouterr().err
    assert cli.main(["recalibrate", str(files / "val.csv"), "--apply", fitted]) == 2
    assert "--apply needs -o" in capsys.readouterr().err
