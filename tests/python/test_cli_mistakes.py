"""`binet mistakes` and `binet synthetic`: what they print, and how they fail."""

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

HEADER = "file_name,predicted_class,predicted_probability,label\n"


def predictions(path: Path, rows: list[tuple[str, int, int]]) -> str:
    """A CSV of file name, predicted class and label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + "".join(f"{name},{answer},0.5,{label}\n" for name, answer, label in rows))
    return str(path)


@pytest.fixture
def two(tmp_path: Path) -> list[str]:
    """Two models on six images of three classes; the first errs twice, the second four times."""
    truth = [0, 0, 1, 1, 2, 2]
    answers = {"first": [0, 1, 1, 1, 2, 0], "second": [0, 0, 0, 2, 0, 0]}
    return [
        predictions(tmp_path / f"{name}.csv", [(f"x{i}.png", a, truth[i]) for i, a in enumerate(given)])
        for name, given in answers.items()
    ]


@pytest.fixture
def factors(tmp_path: Path) -> str:
    path = tmp_path / "factors.csv"
    path.write_text("file_name,factor\nx0.png,pose\nx1.png,pose\nx2.png,\nx3.png,style\nx5.png,pose\ny.png,fog\n")
    return str(path)


# ---- Mistakes --------------------------------------------------------------------------------------------------------


def test_the_verb_prints_what_is_published(data: Path, expected: Any, capsys: Any) -> None:
    folder = data / "imagenet-val"
    arguments = ["mistakes", str(folder / "ResNet50.csv"), str(folder / "ViT.csv")]
    for option, file in {
        "--labels": "labels.csv",
        "--factors": "imagenet_x_top_factor.csv",
        "--leave-out": "imagenet_x_prototypes.csv",
        "--real": "real_labels.json",
        "--class-names": "imagenet_labels.txt",
    }.items():
        arguments += [option, str(folder / file)]
    assert cli.main([*arguments, "--json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [record["model"] for record in records] == ["ResNet50", "ViT"]
    for record in records:
        wanted = expected["imagenet_x"][record["model"]]
        found = record["error_ratio"]
        assert (found["n"], found["mean"]) == (wanted["n"], pytest.approx(wanted["mean"], abs=1e-12))
        ratios = {one["name"]: one["ratio"] for one in found["factors"]}
        assert ratios == pytest.approx(wanted["ratio"], abs=1e-12)
        wanted = expected["imagenet_val"][record["model"]]
        assert record["multilabel_accuracy"]["n_correct"] == wanted["real_correct"]
        assert record["classes"]["worst_mean"] == pytest.approx(wanted["worst_10pct_classes"], abs=1e-12)
        assert record["classes"]["class_balance"] is None
        assert len(record["classes"]["classes"]) == 1000
    assert (records[1]["class_gap"]["from"], records[1]["class_gap"]["n_compared"]) == ("ResNet50", 1000)

    assert cli.main(arguments) == 0
    parts = capsys.readouterr().out.split("\n\n")
    assert parts[0] == "error ratios: 46,110 images, 2,758 left out, 1,132 without annotation"
    rows = {line.split()[0]: line.split()[1:] for line in parts[1].splitlines()[1:]}
    for model, column in (("ResNet50", -2), ("ViT", -1)):
        wanted = expected["imagenet_x"][model]
        assert {name: rows[name][column] for name in wanted["ratio"]} == {
            name: f"{ratio:.4f}" for name, ratio in wanted["ratio"].items()
        }
        assert rows["mean"][column] == f"{wanted['mean']:.4f}"
    assert "maillot (638)" in parts[3]  # two classes of ImageNet have this name
    assert "several labels  0.8296   of 46,837 images; 3,163 without a label" in parts[3]


def test_columns_line_up_and_what_does_not_exist_is_a_dash(two: list[str], factors: str, capsys: Any) -> None:
    assert cli.main(["mistakes", *two, "--factors", factors]) == 0
    parts = capsys.readouterr().out.rstrip("\n").split("\n\n")
    assert parts[0] == "error ratios: 5 images, 0 left out, 1 without annotation"
    table = parts[1].splitlines()
    assert all(len(one) == len(other) for one, other in pairwise(table))
    assert [line.split()[0] for line in table[1:]] == ["fog", "pose", "style", "mean", "accuracy"]
    assert table[1].split() == ["fog", "0", "-", "-"]
    assert table[2].split() == ["pose", "3", "1.6667", "0.5556"]
    pairs = parts[5].splitlines()
    assert [line.split() for line in pairs] == [
        ["label", "taken", "for", "images"],
        ["0", "1", "1"],
        ["2", "0", "1"],
    ]
    assert parts[-2] == "from first to second: mean gap -0.3333, 2 of 3 classes fall, 1 rise"
    assert parts[-1].splitlines()[1].split()[:4] == ["1", "1.0000", "0.0000", "-1.0000"]


def test_what_is_right_may_be_said(two: list[str], factors: str, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "real.json").write_text(json.dumps({"x0.png": [0], "x1.png": [1], "x2.png": [], "x3.png": [2]}))
    (tmp_path / "metaclasses.csv").write_text("wnid,name\na,dog\nb,dog\nc,bird\n")
    options = ["--real", str(tmp_path / "real.json"), "--metaclasses", str(tmp_path / "metaclasses.csv")]
    found = {}
    for right in ("class", "real", "metaclass"):
        assert cli.main(["mistakes", two[0], "--factors", factors, *options, "--right", right, "--json"]) == 0
        found[right] = json.loads(capsys.readouterr().out)[0]["error_ratio"]
    assert [found[right]["n"] for right in found] == [5, 3, 5]
    assert [found[right]["n_correct"] for right in found] == [3, 2, 4]


def test_all_models_are_drawn_into_one_file(two: list[str], factors: str, tmp_path: Path, capsys: Any) -> None:
    assert cli.main(["mistakes", *two, "--factors", factors, "--plot", str(tmp_path / "f.png"), "--top", "0"]) == 0
    assert "taken for" not in capsys.readouterr().out
    with Image.open(tmp_path / "f.png") as picture:
        assert picture.size[0] == 990
    assert cli.main(["mistakes", *two, "--factors", factors, "--plot", str(tmp_path / "f.svg")]) == 0
    drawn = (tmp_path / "f.svg").read_text()
    assert "<svg" in drawn


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (["--right", "real"], 2, "--right real needs --real"),
        (["--right", "metaclass"], 2, "--right metaclass needs --metaclasses"),
        (["--leave-out", "x.csv"], 2, "--leave-out needs --factors"),
        (["--plot", "x.png"], 2, "--plot needs --factors"),
        (["--factors", "missing.csv"], 1, "missing.csv"),
        (["--factors", "FOLDER/other.csv"], 1, "none of the 1 file names of factors"),
        (["--factors", "FOLDER/broken.csv"], 2, "no column file_name"),
        (["--real", "FOLDER/broken.csv"], 1, "not JSON"),
        (["--class-names", "FOLDER/broken.csv"], 1, "allowed: 0 .. 1"),
    ],
)
def test_what_does_not_fit_is_one_line(
    two: list[str], tmp_path: Path, capsys: Any, options: list[str], status: int, says: str
) -> None:
    (tmp_path / "other.csv").write_text("file_name,factor\nz.png,pose\n")
    (tmp_path / "broken.csv").write_text("name,factor\nz.png,pose\n")
    given = [option.replace("FOLDER", str(tmp_path)) for option in options]
    assert cli.main(["mistakes", two[0], *given]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("binet mistakes: ")
    assert printed.err.count("\n") == 1
    assert says in printed.err


# ---- Synthetic -------------------------------------------------------------------------------------------------------


@pytest.fixture
def pug(tmp_path: Path) -> tuple[str, str]:
    """A folder with predictions for two of the ten factors, and a map whose index 5 two classes share."""
    (tmp_path / "map.json").write_text('{"Shirt": [5], "Sweatshirt": [5], "Axe": [1, 2]}')
    rows = [("a.png", 1, 0), ("b.png", 5, 1), ("c.png", 5, 2), ("d.png", 9, 0)]  # Axe, Shirt, Sweatshirt, Axe
    predictions(tmp_path / "pug" / "net" / "Worlds.csv", rows)
    predictions(tmp_path / "pug" / "net" / "Scene_Light" / "predictions.csv", rows[:1])
    return str(tmp_path / "pug" / "net"), str(tmp_path / "map.json")


def test_a_folder_holds_a_model(pug: tuple[str, str], capsys: Any) -> None:
    folder, class_map = pug
    found = {}
    for convention in ("official", "fixed"):
        assert cli.main(["synthetic", folder, "--map", class_map, "--convention", convention, "--json"]) == 0
        (found[convention],) = json.loads(capsys.readouterr().out)
    assert [one["mean"] for one in found.values()] == [0.75, 0.875]
    assert [one["n_correct"] for one in found.values()] == [3, 4]
    assert all(one["n_outside"] == 1 and one["model"] == "net" for one in found.values())
    assert found["fixed"]["missing"] == list(binet.PUG_IMAGENET_FACTORS[1:-1])
    assert found["fixed"]["factors"][1]["accuracy"] is None

    assert cli.main(["synthetic", folder, folder, "--map", class_map]) == 0
    parts = capsys.readouterr().out.rstrip("\n").split("\n\n")
    assert parts[0] == "synthetic accuracy, official"
    table = parts[1].splitlines()
    assert all(len(one) == len(other) for one, other in pairwise(table))
    assert table[1].split() == ["Worlds", "0.5000", "0.5000"]
    assert table[2].split() == ["Camera_Pitch", "-", "-"]
    assert table[-2].split() == ["mean", "0.7500", "0.7500"]
    assert parts[2].startswith("net has no images of Camera_Pitch, Camera_Yaw")


def test_factors_from_a_table_and_a_picture(pug: tuple[str, str], tmp_path: Path, capsys: Any) -> None:
    folder, class_map = pug
    (tmp_path / "factors.csv").write_text("file_name,factor\na.png,fog\nb.png,fog\nc.png,sun\n")
    arguments = [f"{folder}/Worlds.csv", "--map", class_map, "--factors", str(tmp_path / "factors.csv")]
    assert cli.main(["synthetic", *arguments, "--json", "--plot", str(tmp_path / "s.png")]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["n"], one["accuracy"]) for one in record["factors"]] == [("fog", 2, 0.5), ("sun", 1, 1.0)]
    assert (record["n"], record["n_without_factor"]) == (4, 1)
    with Image.open(tmp_path / "s.png") as picture:
        assert np.asarray(picture).std() > 0


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        ([], 1, "0 folders in its path are factors"),
        (["--factors", "FOLDER/none.csv"], 1, "none of the 1 file names"),
        (["--map", "FOLDER/bad.json", "--factors", "FOLDER/some.csv"], 1, "lists the index 1 twice"),
        (["--map", "FOLDER/none.csv", "--factors", "FOLDER/some.csv"], 1, "not JSON"),
    ],
)
def test_synthetic_inputs_that_do_not_fit(
    pug: tuple[str, str], tmp_path: Path, capsys: Any, options: list[str], status: int, says: str
) -> None:
    folder, class_map = pug
    (tmp_path / "none.csv").write_text("file_name,factor\nz.png,fog\n")
    (tmp_path / "some.csv").write_text("file_name,factor\na.png,fog\n")
    (tmp_path / "bad.json").write_text('{"Axe": [1, 1], "Shirt": [5], "Sweatshirt": [5]}')
    given = [option.replace("FOLDER", str(tmp_path)) for option in options]
    assert cli.main(["synthetic", f"{folder}/Worlds.csv", "--map", class_map, *given]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("binet synthetic: ")
    assert printed.err.count("\n") == 1
    assert says in printed.err
