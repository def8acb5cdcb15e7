"""`binet similarity`: what it prints of files of features, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
from binet import cli
from numpy.typing import NDArray
from PIL import Image


@pytest.fixture
def features() -> list[NDArray[Any]]:
    """Three representations of 50 images."""
    random = np.random.default_rng(0)
    x = random.normal(size=(50, 6)).astype(np.float32)
    return [x, np.tanh(x @ random.normal(size=(6, 9)))[:, :, None], random.normal(size=(50, 4))]


@pytest.fixture
def files(features: list[NDArray[Any]], tmp_path: Path) -> list[str]:
    """A file, a folder with features.npy, and such a file."""
    np.save(tmp_path / "one.npy", features[0])
    for name, array in zip(("two", "three"), features[1:], strict=True):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "features.npy", array)
    return [str(tmp_path / "one.npy"), str(tmp_path / "two"), str(tmp_path / "three" / "features.npy")]


def printed(capsys: Any, *arguments: str) -> Any:
    assert cli.main(["similarity", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_verb_prints_what_the_library_says(features: list[NDArray[Any]], files: list[str], capsys: Any) -> None:
    cases: list[tuple[list[str], str, Any]] = [
        ([], "linear, biased", lambda x, y: binet.cka(x, y).value),
        (["--unbiased"], "linear, unbiased", lambda x, y: binet.cka(x, y, unbiased=True).value),
        (["--kernel", "rbf"], "rbf, biased", lambda x, y: binet.cka(x, y, kernel="rbf").value),
        (["--measure", "svcca"], "99 % of the variance", lambda x, y: binet.svcca(x, y).value),
        (["--measure", "pwcca"], "all directions", lambda x, y: binet.pwcca(x, y).value),
        (["--measure", "procrustes"], "0 .. 2", lambda x, y: binet.procrustes(x, y).distance),
    ]
    for options, convention, measure in cases:
        record = printed(capsys, *files, *options)
        assert (record["names"], record["n"], record["convention"]) == (["one", "two", "three"], 50, convention)
        expected = [[measure(x, y) for y in features] for x in features]
        np.testing.assert_allclose(record["values"], expected, rtol=0, atol=1e-12)
    matrix = binet.CKAMatrix()
    for first in (0, 20):  # ten rows fill no batch
        matrix.append([one[first : first + 20] for one in features])
    record = printed(capsys, *files, "--batch-size", "20")
    np.testing.assert_array_equal(record["values"], matrix.result().values)
    assert record["convention"] == "linear, unbiased, batches of 20"


def test_the_table_has_a_row_each(features: list[NDArray[Any]], files: list[str], capsys: Any) -> None:
    assert cli.main(["similarity", *files]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "CKA (linear, biased, 50 images)"
    assert lines[2].split() == ["[1]", "[2]", "[3]"]
    assert lines[3].split() == ["one", *(f"{binet.cka(features[0], one).value:.4f}" for one in features)]


def test_what_does_not_vary_is_a_dash(files: list[str], tmp_path: Path, capsys: Any) -> None:
    np.save(tmp_path / "same.npy", np.ones((50, 2)))
    record = printed(capsys, files[0], str(tmp_path / "same.npy"))
    assert record["values"] == [[1.0, None], [None, None]]
    assert cli.main(["similarity", files[0], str(tmp_path / "same.npy")]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["same", "-", "-"]


def test_the_heat_map_is_written(files: list[str], tmp_path: Path, capsys: Any) -> None:
    for measure in ("cka", "procrustes"):
        picture = tmp_path / f"{measure}.png"
        assert cli.main(["similarity", *files, "--measure", measure, "--plot", str(picture)]) == 0
        with Image.open(picture) as image:
            assert min(image.size) > 400
    assert "Procrustes distance" in capsys.readouterr().out


def test_files_of_the_same_name_are_called_by_their_paths(files: list[str], capsys: Any) -> None:
    assert printed(capsys, files[0], files[0])["names"] == [files[0], files[0]]


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (["--measure", "svcca", "--unbiased"], 2, "--measure svcca has none"),
        (["--kernel", "rbf", "--batch-size", "20"], 2, "goes with the linear kernel"),
        (["--batch-size", "51"], 2, "--batch-size 51 is more than the 50 images"),
        (["--batch-size", "3"], 2, "needs at least 4"),
        (["--plot", "map.txt"], 2, "must end in .png"),
    ],
)
def test_bad_usage_is_one_line(files: list[str], options: list[str], status: int, says: str, capsys: Any) -> None:
    assert cli.main(["similarity", *files, *options]) == status
    error = capsys.readouterr().err
    assert says in error
    assert len(error.splitlines()) == 1


def test_bad_files_are_named(files: list[str], tmp_path: Path, capsys: Any) -> None:
    assert cli.main(["similarity", files[0]]) == 2
    assert "at least two" in capsys.readouterr().err
    np.save(tmp_path / "short.npy", np.ones((49, 2)))
    np.save(tmp_path / "broken.npy", np.where(np.arange(100) == 7, np.nan, 1).reshape(50, 2))
    for name, says in (("short", "n = 50"), ("broken", "row 3 of first[1]"), ("absent", "cannot read")):
        assert cli.main(["similarity", files[0], str(tmp_path / f"{name}.npy")]) == 1
        assert says in capsys.readouterr().err
