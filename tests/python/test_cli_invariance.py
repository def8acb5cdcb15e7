"""`binet invariance`: what it writes and prints, and how it fails."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
import torch
from binet import cli, transforms
from PIL import Image

SMALL = ("--resize", "16", "--crop", "12", "--batch-size", "4")
BASE = transforms.Transform(resize=16, crop=12)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders of five pictures each."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(2)
    for index in range(10):
        place = folder / ("cat", "dog")[index % 2]
        place.mkdir(exist_ok=True)
        pixels = rng.integers(0, 256, (24 + index, 40 - index, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{index}.png")
    return folder


class Net(torch.nn.Module):  # type: ignore[misc]
    """Logits of two classes and, as features, the mean colour."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.head = torch.nn.Linear(3, 2)
        weights = np.random.default_rng(seed).normal(size=(2, 3)).astype(np.float32)
        self.head.weight = torch.nn.Parameter(torch.from_numpy(weights * 9))

    def forward(self, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        colours = batch.mean((2, 3))
        return self.head(colours), colours


def save(net: torch.nn.Module, file: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of TorchScript itself
        torch.jit.trace(net.eval(), torch.zeros(2, 3, 12, 12)).save(str(file))
    return file


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two TorchScript files."""
    folder = tmp_path_factory.mktemp("models")
    return [save(Net(seed), folder / f"{name}.pt") for seed, name in enumerate(("first", "second"))]


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """--threads is for the process."""
    before = binet.get_num_threads(), torch.get_num_threads()
    yield
    binet.set_num_threads(before[0])
    torch.set_num_threads(before[1])


@pytest.mark.parametrize("sweep", ["scale", "shift", "resolution"])
def test_files_and_numbers_are_the_librarys(
    images: Path, models: list[Path], tmp_path: Path, capsys: Any, sweep: Any
) -> None:
    values = {"scale": (1, 1.25, 2), "shift": (0, 3, 7), "resolution": (6, 12, 17)}[sweep]
    words = ["invariance", *map(str, models), "--data", str(images), "--sweep", sweep, "-o", str(tmp_path), *SMALL]
    words += ["--values", *(str(value) for value in reversed(values)), "--features", "--json", "--threads", "2"]
    assert cli.main(words) == 0
    records = json.loads(capsys.readouterr().out)
    assert [record["name"] for record in records] == ["first", "second"]
    for model, record in zip(models, records, strict=True):
        given = transforms.sweep(sweep, values, BASE)
        files = {value: tmp_path / f"{sweep}.{value}.npy" for value in values}
        swept = binet.evaluate_sweep(str(model), images, sweep=given, features=files, batch_size=4)
        expected = binet.invariance(swept, reference={"scale": 1, "shift": 0, "resolution": 12}[sweep], features=files)
        assert [one["setting"] for one in record["settings"]] == list(values)
        for one in record["settings"]:
            found = expected[one["setting"]]
            assert one["accuracy"] == found.accuracy._asdict()
            assert one["cosine"] == found.cosine._asdict()
            assert one["n_to_wrong"] == found.n_to_wrong
            written = tmp_path / model.stem / f"{sweep}-{one['setting']}"
            assert binet.Predictions.from_csv(f"{written}.csv").nll.tolist() == swept[one["setting"]].nll.tolist()
            np.testing.assert_array_equal(np.load(f"{written}.npy"), np.load(files[one["setting"]]))
        assert record["areas"]["consistency"] == expected.consistency_area._asdict()
        summary = json.loads((tmp_path / model.stem / f"{sweep}.json").read_text(encoding="utf-8"))
        assert {key: summary[key] for key in record} == record
        assert summary["model"]["path"] == str(model)
        assert summary["transforms"][str(values[1])]["shift"] == (3 if sweep == "shift" else 0)


def test_the_table_and_the_figure(images: Path, models: list[Path], tmp_path: Path, capsys: Any) -> None:
    words = ["invariance", *map(str, models), "--data", str(images), "--sweep", "scale", "-o", str(tmp_path), *SMALL]
    plot = tmp_path / "curves.png"
    assert cli.main([*words, "--plot", str(plot), "--measure", "consistency"]) == 0
    first, second = capsys.readouterr().out.split("\n\nsecond: ")
    assert second.startswith("10 images, scale 1 is untransformed\n")
    lines = first.splitlines()
    assert lines[0] == "first: 10 images, scale 1 is untransformed"
    assert lines[2].split()[:4] == ["scale", "top-1", "true", "prob."]
    assert [line.split()[0] for line in lines[3:]] == ["1", "1.25", "1.5", "2", "3", "area"]
    assert lines[3].split()[3:] == ["1.0000", "0", "0", "+0.0000", "-"]
    summary = json.loads((tmp_path / "first" / "scale.json").read_text(encoding="utf-8"))
    assert lines[-1].split()[1] == f"{summary['areas']['accuracy']['value']:.4f}"
    assert summary["settings"][0]["cosine"] == {"value": None, "low": None, "high": None}
    with Image.open(plot) as drawn:
        assert min(drawn.size) > 400


def test_bad_pictures_and_labels_from_a_csv(models: list[Path], tmp_path: Path, capsys: Any) -> None:
    folder, out = tmp_path / "flat", tmp_path / "out"
    folder.mkdir()
    for index in range(4):
        Image.fromarray(np.full((20, 20, 3), index * 60, np.uint8)).save(folder / f"{index}.png")
    (folder / "bad.png").write_text("no picture")
    labels = folder / "labels.csv"
    labels.write_text("path,label\nbad.png,0\n" + "".join(f"{index}.png,{index % 2}\n" for index in range(4)))
    words = ["invariance", str(models[0]), "--sweep", "shift", "-o", str(out), *SMALL]
    assert cli.main([*words, "--data", str(folder), "--skip-bad"]) == 1
    assert "there are images without labels; class folders or a CSV of path,label give" in capsys.readouterr().err
    assert cli.main([*words, "--data", str(labels)]) == 1
    assert "bad.png" in capsys.readouterr().err
    assert cli.main([*words, "--data", str(labels), "--skip-bad", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["n"] == 4
    summary = json.loads((out / "first" / "shift.json").read_text(encoding="utf-8"))
    assert [Path(bad["path"]).name for bad in summary["skipped"]] == ["bad.png"]


class Strict(torch.nn.Module):  # type: ignore[misc]
    """Takes 12 x 12 pixels only, as a vision transformer with fixed positions does."""

    def __init__(self) -> None:
        super().__init__()
        self.positions = torch.nn.Parameter(torch.zeros(1, 3, 12, 12))

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return (batch + self.positions).mean((2, 3))[:, :2]


def test_a_model_of_one_size_names_the_setting(images: Path, tmp_path: Path, capsys: Any) -> None:
    model = save(Strict(), tmp_path / "strict.pt")
    words = ["--data", str(images), "--sweep", "resolution", "--values", "12", "16", "-o", str(tmp_path), *SMALL]
    assert cli.main(["invariance", str(model), *words]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "size of tensor" in message
    assert message.endswith(" (at setting 16)\n")
    assert not list((tmp_path / "strict").glob("*"))


@pytest.mark.parametrize(
    ("status", "words", "message"),
    [
        (2, ["--values", "1.5", "2"], "--values needs 1, where the picture is untransformed, and another"),
        (2, ["--values", "1"], "--values needs 1, where the picture is untransformed, and another"),
        (2, ["--values", "0", "1"], "values is 0; allowed: a scale > 0"),
        (2, ["--measure", "cosine", "--plot", "x.png"], "--measure cosine needs --features"),
        (2, ["--plot", "x.gif"], "the name must end in .png"),
        (2, ["--crop", "0"], "base has resize 16 and crop 0; a sweep needs both"),
    ],
)
def test_bad_usage_is_one_line_before_any_work(
    images: Path, models: list[Path], tmp_path: Path, capsys: Any, status: int, words: list[str], message: str
) -> None:
    out = tmp_path / "out"
    command = ["invariance", str(models[0]), "--data", str(images), "--sweep", "scale", "-o", str(out), *SMALL, *words]
    assert cli.main(command) == status
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert message in captured.err
    assert not out.exists()


def test_two_models_of_one_name_and_none(images: Path, models: list[Path], tmp_path: Path, capsys: Any) -> None:
    words = ["--data", str(images), "--sweep", "scale", "-o", str(tmp_path)]
    assert cli.main(["invariance", str(models[0]), str(models[0]), *words]) == 2
    assert "have the same name, first" in capsys.readouterr().err
    assert cli.main(["invariance", str(tmp_path / "missing.pt"), *words]) == 1
    assert "missing.pt: no such model file" in capsys.readouterr().err
