"""`binet models`: the numbers of the API, for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import binet
import pytest
from binet.cli import main

TABLE = """model,kind,accuracy,ece,depth
one,a,0.9,0.05,10
two,a,0.8,0.01,20
three,b,0.7,0.02,
four,b,0.6,0.09,50
"""


@pytest.fixture
def table(tmp_path: Path) -> str:
    (tmp_path / "models.csv").write_text(TABLE)
    return str(tmp_path / "models.csv")


def test_correlations_are_those_of_the_api(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", table, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = binet.ModelTable.read(table).rank_correlations()
    assert found["properties"] == ["accuracy", "ece", "depth"]
    assert found["coefficient"][0][1] == expected["accuracy", "ece"]
    assert found["p_value"][0][0] is None
    assert main(["models", table]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("4 models, spearman")
    assert lines[3].split()[:2] == ["ece", f"{expected['accuracy', 'ece']:.2f}"]


def test_the_front_is_that_of_the_api(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", table, "--better", "depth=lower", "--front", "ece", "depth"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 of 4 models are on the front of ece, depth"
    assert [line.split()[0] for line in lines[3:]] == ["one", "two"]


def test_the_published_front(data: Path, expected: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(data / "quba" / "models.csv")
    assert main(["models", path, "--front", "accuracy", "calibration_error", "--json"]) == 0
    rows = [one["row"] for one in json.loads(capsys.readouterr().out)["front"]]
    assert rows == expected["quba"]["pareto_rows_accuracy_up_calibration_error_down"]


def test_scores_come_with_their_ranks_under_other_weights(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", table, "--weights", "accuracy=3", "ece=1", "--top", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    score = binet.ModelTable.read(table).score({"accuracy": 3, "ece": 1})
    assert lines[0] == "4 models scored by accuracy 3, ece 1"
    assert len(lines) == 5
    best = int(score.order[0])
    assert lines[3].split() == [
        "1",
        score.models[best],
        f"{score.score[best]:.3f}",
        str(score.rank_low[best]),
        "to",
        str(score.rank_high[best]),
    ]


def test_the_heat_map_is_written(table: str, tmp_path: Path) -> None:
    assert main(["models", table, "--plot", str(tmp_path / "map.png")]) == 0
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--front", "ece", "depth"], "depth has no better side"),
        (["--front", "ece"], "at least 2"),
        (["--weights", "width=1"], "'width' is no property"),
    ],
)
def test_bad_input_is_one_line(table: str, words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", table, *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("binet models: ")
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("words", [["--weights", "accuracy"], ["--weights", "accuracy=-1"], ["--better", "ece=best"]])
def test_bad_words_are_refused(table: str, words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["models", table, *words])
    assert caught.value.code == 2
