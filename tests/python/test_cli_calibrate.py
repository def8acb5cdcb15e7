"""`binet calibrate`: what it says beyond the bins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import binet
import pytest
from binet import cli

ROWS = (
    "file_name,predicted_class,predicted_probability,label\n"
    "a,0,0.9,0\nb,1,0.8,1\nc,0,0.8,1\nd,1,0.7,0\ne,1,0.6,1\nf,0,1.0,1\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "predictions.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def printed(capsys: Any, *words: object) -> str:
    assert cli.main(["calibrate", *map(str, words)]) == 0
    return str(capsys.readouterr().out)


@pytest.mark.parametrize("convention", ["binet", "torchmetrics", "netcal", "tensorflow", "sklearn"])
def test_json_holds_what_the_api_gives(file: Path, convention: Any, capsys: Any) -> None:
    table = binet.Predictions.from_csv(file)
    found = json.loads(printed(capsys, file, "--convention", convention, "--risk", 0.3, "--json"))
    result = binet.calibration(table, convention=convention)
    assert (found["ece"], found["rms_debiased"], found["convention"]) == (result.ece, result.rms_debiased, convention)
    assert len(found["bins"]) == len(result.bins) == 15 + (convention == "torchmetrics")
    assert found["smooth_ece"] == binet.smooth_ece(table).value
    risk = binet.risk_coverage(table, risk=0.3)
    assert (found["aurc"], found["augrc"]) == (risk.aurc, risk.augrc)
    assert found["coverage_at_risk"] == risk.coverage_at_risk
    assert found["risk_at_coverage"] is None  # not asked for
    assert found["nll"] is None  # three columns do not say
    assert found["brier_top_label"] == binet.proper_scores(table, convention=convention).brier_top_label


def test_table_says_it_in_words(file: Path, capsys: Any) -> None:
    lines = printed(capsys, file, "--risk", 0.5, "--coverage", 0.5, "--convention", "netcal").splitlines()
    first = {line.split()[0]: line for line in lines if line}
    assert "bandwidth" in first["smECE"]
    assert "reliability" in first["Brier"]
    assert "at a risk of at most 0.5" in first["coverage"]
    assert "at a coverage of 0.5: confidence 0.8000 or more" in first["risk"]
    assert any(line.startswith("[0.9333, 1.0000)") for line in lines)
    assert "no threshold has a risk of at most 0.01" in printed(capsys, file, "--risk", 0.01)


def test_sweep_finds_its_bins(file: Path, capsys: Any) -> None:
    sweep = json.loads(printed(capsys, file, "--binning", "monotone_sweep", "--json"))
    result = binet.calibration(binet.Predictions.from_csv(file), binning="monotone_sweep")
    assert [one["count"] for one in sweep["bins"]] == result.bins.count.tolist()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--risk", "1"), "risk is 1"),
        (("--coverage", "-0.5"), "coverage is -0.5"),
        (("--convention", "torchmetrics", "--binning", "equal_mass"), "torchmetrics"),
    ],
)
def test_bad_usage_is_one_line(file: Path, words: tuple[str, ...], says: str, capsys: Any) -> None:
    assert cli.main(["calibrate", str(file), *words]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
