"""`binet bias`: what it prints of answer files, and how it fails."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from binet import cli
from PIL import Image


def write(path: Path, lines: str) -> str:
    path.write_text(lines, encoding="utf-8")
    return str(path)


HEADER = "subj,object_response,imagename\n"


def test_the_verb_prints_what_the_library_says(data: Path, expected: Any, capsys: Any) -> None:
    observers = list(expected["cue_conflict"])
    files = [str(data / "cue-conflict" / f"{observer}.csv") for observer in observers]
    assert cli.main(["bias", *files, "--json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [record["model"].replace("_", "-") for record in records] == observers
    for record, observer in zip(records, observers, strict=True):
        assert record["shape_bias"] == expected["cue_conflict"][observer]["shape_bias"]
        assert record["low"] < record["shape_bias"] < record["high"]
        assert sum(category["n_shape"] for category in record["categories"]) == record["n_shape"]
    assert cli.main(["bias", *files]) == 0
    printed = capsys.readouterr().out
    tables = printed.split("\n\n")[2::3]
    assert len(tables) == len(observers)
    for table, observer in zip(tables, observers, strict=True):
        wanted = expected["cue_conflict"][observer]
        assert table.splitlines()[0].split() == ["category", "images", "shape", "texture", "other", "shape", "bias"]
        name, *counts, share = table.splitlines()[-1].split()
        assert (name, share) == ("all", f"{wanted['shape_bias']:.4f}")
        assert counts[:3] == ["1,200", f"{wanted['shape']:,}", f"{wanted['texture']:,}"]


def test_all_models_are_drawn_into_one_file(tmp_path: Path, capsys: Any) -> None:
    file = write(tmp_path / "answers.csv", HEADER + "x,cat,cat1-dog1.png\ny,dog,cat1-dog1.png\n")
    for name, size in (("bias.png", (930, 420)), ("bias.svg", None)):
        assert cli.main(["bias", file, "--plot", str(tmp_path / name)]) == 0
        if size is not None:
            with Image.open(tmp_path / name) as picture:
                assert picture.size == size
    assert capsys.readouterr().out.count("category") == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.csv", "bias.png", "bias.svg"]
    assert cli.main(["bias", file, "--plot", str(tmp_path / "nowhere" / "bias.png")]) == 1
    assert "nowhere" in capsys.readouterr().err
    other = write(tmp_path / "other.csv", HEADER + "z,fox,fox1-dog1.png\n")
    assert cli.main(["bias", file, other, "--plot", str(tmp_path / "both.png")]) == 2
    assert "the same" in capsys.readouterr().err
    assert not (tmp_path / "both.png").exists()


def test_columns_line_up(tmp_path: Path, capsys: Any) -> None:
    file = write(tmp_path / "answers.csv", HEADER + "x,cat,cat1-dog1.png\nx,dog,elephant1-dog1.png\n")
    assert cli.main(["bias", file]) == 0
    table = capsys.readouterr().out.rstrip("\n").split("\n\n")[2].splitlines()
    assert [line.split()[0] for line in table] == ["category", "cat", "elephant", "all"]
    assert all(len(one) == len(two) for one, two in pairwise(table))


def test_each_subject_is_a_model(tmp_path: Path, capsys: Any) -> None:
    file = write(tmp_path / "answers.csv", HEADER + "x,cat,cat1-dog1.png\ny,na,cat1-dog1.png\nx,dog,cat2-dog1.png\n")
    assert cli.main(["bias", file, "--json"]) == 0
    x, y = json.loads(capsys.readouterr().out)
    assert (x["model"], x["n_shape"], x["n_texture"], x["shape_bias"]) == ("x", 1, 1, 0.5)
    assert (y["model"], y["n_other"], y["shape_bias"], y["low"]) == ("y", 1, None, None)
    assert cli.main(["bias", file]) == 0
    assert "no answer names either cue" in capsys.readouterr().out
    other = write(tmp_path / "net.csv", "imagename,object_response\ncat1-dog1.png,cat\n")
    assert cli.main(["bias", other]) == 0
    assert capsys.readouterr().out.startswith("net: 1 images, 1 with")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("", "no column object_response"),
        ("subj,object_response\nx,cat\n", "no column imagename"),
        (HEADER, "no rows"),
        (HEADER + "x,cat\n", "line 2: more or fewer"),
        (HEADER + "x,cat,cat1-dog1.png\nx,cat,cat1-dog1.png,1\n", "line 3: more or fewer"),
        (HEADER + "x,cat,cat1-dog1.png\nx,cat,cat.png\n", "line 3: file_names"),
        (HEADER + "x,cat,cat1-dog1.png\n\ny,fox,cat1-dog1.png\n", "line 4: responses[0] is 'fox'"),
        (HEADER + 'x,"cat,cat1-dog1.png\n', "not a CSV"),
    ],
)
def test_files_that_do_not_fit(tmp_path: Path, capsys: Any, lines: str, says: str) -> None:
    file = write(tmp_path / "answers.csv", lines)
    assert cli.main(["bias", file]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"binet bias: {file}: ")
    assert printed.err.count("\n") == 1
    assert says in printed.err


def test_files_that_cannot_be_read(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "latin.csv").write_bytes(HEADER.encode() + b"\xe9,cat,cat1-dog1.png\n")
    assert cli.main(["bias", str(tmp_path / "latin.csv")]) == 1
    assert "UTF-8" in capsys.readouterr().err
    assert cli.main(["bias", str(tmp_path / "missing.csv")]) == 1
    assert "missing.csv" in capsys.readouterr().err
