"""`binet consistency`: what it prints of answer files, and how it fails."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
from binet import cli
from PIL import Image

HEADER = "subj,session,trial,rt,object_response,category,condition,imagename\n"


def write(path: Path, observers: dict[str, str], conditions: str, category: str = "cat") -> str:
    """A file of observers who have images 0.png, 1.png, ... right ("1") or not."""
    lines = [
        f"{name},1,1,NaN,{category if one == '1' else 'dog'},{category},{condition},{index}.png\n"
        for name, right in observers.items()
        for index, (one, condition) in enumerate(zip(right, conditions, strict=True))
    ]
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def files(data: Path) -> list[str]:
    return [str(path) for path in sorted((data / "cue-conflict").glob("*.csv"))]


def test_the_verb_prints_what_the_library_says(files: list[str], expected: Any, capsys: Any) -> None:
    assert cli.main(["consistency", *files, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    names = [one["observer"].replace("_", "-") for one in record["observers"]]
    kappa = np.array(record["kappa"])
    for pair, known in expected["error_consistency"].items():
        a, b = (names.index(name) for name in pair.split("|"))
        assert record["n"] == known["n"]
        assert kappa[a, b] == kappa[b, a] == pytest.approx(known["kappa"], abs=1e-12)
    person = np.array([name.startswith("subject-") for name in names])
    upper = np.triu(np.ones((8, 8), bool), 1)
    for kind, pairs in (
        ("all", upper),
        ("people", upper & np.outer(person, person)),
        ("models", upper & np.outer(~person, ~person)),
        ("people and models", upper & (person[:, None] != person)),
    ):
        assert record["means"][kind]["pairs"] == pairs.sum()
        assert record["means"][kind]["kappa"] == pytest.approx(kappa[pairs].mean(), abs=1e-14)
    (condition,) = record["conditions"]
    assert (condition["condition"], condition["n"]) == ("0", 1280)
    for name, bias in zip(names, record["mean_over_conditions"]["shape_bias"], strict=True):
        assert bias == pytest.approx(expected["cue_conflict"][name]["shape_bias"], abs=1e-12)


def test_tables_line_up(files: list[str], expected: Any, capsys: Any) -> None:
    assert cli.main(["consistency", *files]) == 0
    title, matrix, means, pairs = capsys.readouterr().out.rstrip("\n").split("\n\n")
    assert title == "error consistency (kappa) of 8 observers on the same 1,280 images"
    assert means == "mean over pairs, with the 95 % interval"
    for table in (matrix.splitlines(), pairs.splitlines()):
        assert all(len(one) == len(two) for one, two in pairwise(table))
    assert [line.split()[0] for line in pairs.splitlines()] == ["observers", "all", "people", "models", "people"]
    known = expected["error_consistency"]["subject-01|subject-02"]["kappa"]
    assert f"{known:.4f}" in matrix.splitlines()[4].split()


def test_every_two_are_listed_and_tested(files: list[str], capsys: Any) -> None:
    options = ["--pairs", "--compare", "subject-01", "vit_clip", "convnext_clip", "--resamples", "300", "--seed", "5"]
    assert cli.main(["consistency", *files, *options, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    answers = [one for file in files for one in binet.read_answers(file)]
    matrix = binet.error_consistency_matrix(answers)
    assert len(record["pairs"]) == 28
    for pair in record["pairs"]:
        a, b = pair["observers"]
        mean = binet.error_consistency_mean(answers, (a, b), n_resamples=300, seed=5)
        assert (pair["kappa"], pair["low"], pair["high"]) == (mean.kappa, mean.low, mean.high)
        p, q = sorted((matrix.accuracy[matrix.names.index(a)], matrix.accuracy[matrix.names.index(b)]), reverse=True)
        assert pair["share_copied"] == binet.copy_model(p, q, kappa=mean.kappa).copy_share
    people = [name for name in matrix.names if name.startswith("subject-")]
    mean = binet.error_consistency_mean(answers, binet.observer_pairs(people), n_resamples=300, seed=5)
    assert record["means"]["people"] == {"kappa": mean.kappa, "low": mean.low, "high": mean.high, "pairs": 3}
    (test,) = record["comparisons"]
    pairs = ("subject-01", "vit_clip"), ("subject-01", "convnext_clip")
    result = binet.error_consistency_difference(answers, *pairs, n_resamples=300, seed=5)
    assert test["observers"] == ["subject-01", "vit_clip", "convnext_clip"]
    assert (test["difference"], test["low"], test["p_value"]) == (result.difference, result.low, result.p_value)
    assert test["a"]["kappa"] == result.a.kappa
    assert cli.main(["consistency", *files, *options]) == 0
    printed = capsys.readouterr().out
    assert printed.count("copied") == 1
    assert "whose errors are more like those of subject-01?" in printed
    assert f"p = {result.p_value:.2g}" in printed


def test_conditions_are_averaged(tmp_path: Path, capsys: Any) -> None:
    file = write(tmp_path / "both.csv", {"x": "1100111011", "y": "1010110011"}, "aaaabbbbbb")
    assert cli.main(["consistency", file, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [one["condition"] for one in record["conditions"]] == ["a", "b"]
    assert record["mean_over_conditions"]["accuracy"] == pytest.approx([2 / 3, 7 / 12], abs=1e-15)
    assert record["mean_over_conditions"]["shape_bias"] is None
    assert cli.main(["consistency", file]) == 0
    printed = capsys.readouterr().out
    assert "accuracy in each condition" in printed
    assert "means over 2 conditions" in printed
    found = binet.conditions(binet.read_answers(file))
    assert f"{found.mean_kappa[0, 1]:.4f}" in printed


def test_people_are_those_of_the_pattern(tmp_path: Path, capsys: Any) -> None:
    file = write(tmp_path / "all.csv", {"net": "1101", "ann": "1010", "bob": "1110"}, "0000")
    assert cli.main(["consistency", file, "--people", "?[no]*", "--json"]) == 0
    means = json.loads(capsys.readouterr().out)["means"]
    assert {kind: one["pairs"] for kind, one in means.items()} == {"all": 3, "people": 1, "people and models": 2}
    assert cli.main(["consistency", file, "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["means"]) == {"all", "models"}


def test_the_matrix_is_drawn(tmp_path: Path, capsys: Any) -> None:
    file = write(tmp_path / "all.csv", {"net": "1101", "ann": "1010"}, "0000")
    for name in ("kappa.png", "kappa.svg"):
        assert cli.main(["consistency", file, "--plot", str(tmp_path / name)]) == 0
    with Image.open(tmp_path / "kappa.png") as picture:
        assert picture.size[0] > picture.size[1] > 150
    assert capsys.readouterr().out.count("mean over pairs") == 2


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        (lambda folder: [write(folder / "a.csv", {"x": "11"}, "00")], 2, "one observer, x; at least two"),
        (
            lambda folder: [write(folder / "a.csv", {"x": "11"}, "00"), write(folder / "b.csv", {"y": "111"}, "000")],
            1,
            "1 of the 3 images of y",
        ),
        (
            lambda folder: [
                write(folder / "a.csv", {"x": "11"}, "00"),
                write(folder / "b.csv", {"y": "11"}, "00", category="fox"),
            ],
            1,
            "'0.png' is 'cat' in",
        ),
        (lambda folder: [write(folder / "a.csv", {"x": "11", "y": "10"}, "00", category="")], 1, "line 2: no category"),
        (lambda folder: [str(folder / "missing.csv")], 1, "missing.csv"),
        (
            lambda folder: [write(folder / "a.csv", {"x": "11"}, "00"), write(folder / "b.csv", {"x": "11"}, "00")],
            1,
            "two observers are called x",
        ),
        (
            lambda folder: [write(folder / "a.csv", {"x": "11", "y": "10"}, "00"), "--compare", "x", "y", "z"],
            2,
            "--compare z: no such observer; there are x, y",
        ),
        (
            lambda folder: [write(folder / "a.csv", {"x": "11", "y": "10"}, "00"), "--resamples", "1"],
            2,
            "n_resamples is 1",
        ),
    ],
)
def test_files_that_do_not_fit(tmp_path: Path, capsys: Any, change: Any, status: int, says: str) -> None:
    assert cli.main(["consistency", *change(tmp_path)]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("binet consistency: ")
    assert printed.err.count("\n") == 1
    assert says in printed.err


def test_all_right_and_all_wrong_are_kappa_1_with_themselves(tmp_path: Path, capsys: Any) -> None:
    file = write(tmp_path / "all.csv", {"x": "111", "y": "111", "z": "000"}, "000")
    assert cli.main(["consistency", file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kappa"] == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert cli.main(["consistency", file, "--pairs", "--json"]) == 0
    assert [one["share_copied"] for one in json.loads(capsys.readouterr().out)["pairs"]] == [None] * 3
    assert cli.main(["consistency", file, "--pairs"]) == 0  # copying cannot be told from chance
    assert capsys.readouterr().out.rstrip().endswith("-")
