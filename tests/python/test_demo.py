"""The demo, from training to the page. It takes most of a minute and runs once."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
import torch
from binet import report
from binet.demo import SEED, data, models, variants
from binet.transforms import Transform
from PIL import Image
from sklearn.datasets import load_digits

NAMES = ("ConvNet", "ViT")
N_TEST = 899


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `binet demo` writes."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "binet", "demo", "-o", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "images",
        "images",
        "images",
        "train",
        "evaluate",
        "train",
        "evaluate",
        "report",
    ]
    assert lines[-1].split(maxsplit=1)[1] == str((folder / "report" / "report.html").resolve())
    return folder


@pytest.fixture(scope="module")
def digits() -> data.Digits:
    return data.load(SEED)


def test_the_split_is_clean(digits: data.Digits) -> None:
    """All 1,797 digits, each once, every class in both halves alike."""
    assert len(digits.test_labels) == N_TEST
    both = np.concatenate([digits.train_pixels, digits.test_pixels]).reshape(-1, 64)
    whole = np.round(load_digits().data * (255 / 16)).astype(np.uint8)
    assert np.array_equal(both[np.lexsort(both.T)], whole[np.lexsort(whole.T)])
    counts = [np.bincount(labels, minlength=10) for labels in (digits.train_labels, digits.test_labels)]
    assert np.abs(counts[0] - counts[1]).max() <= 1


def test_the_images_are_the_digits(demo: Path, digits: data.Digits) -> None:
    files = sorted((demo / "images").rglob("*.png"), key=lambda path: path.name)
    assert len(files) == N_TEST
    for path, pixels, label in zip(files, digits.test_pixels, digits.test_labels, strict=True):
        assert path.parent.name == str(label)
        assert np.array_equal(np.asarray(Image.open(path)), pixels)


@pytest.mark.parametrize(("name", "least"), [("ConvNet", 0.97), ("ViT", 0.93)])
def test_the_models_learn(demo: Path, name: str, least: float) -> None:
    table = binet.Predictions.from_csv(demo / name / "predictions.csv")
    assert len(table) == N_TEST
    assert binet.accuracy(table).value >= least
    assert [str(label) for label in table.label] == [str(file).split("/")[0] for file in table.file_names]


def test_the_models_differ_in_calibration(demo: Path) -> None:
    """What the page is there to say: they are off by more than a point, and not by the same."""
    ece = {name: binet.calibration(report.read(demo / name).predictions).ece for name in NAMES}
    assert min(ece.values()) > 0.01
    assert abs(ece["ConvNet"] - ece["ViT"]) > 0.005


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", NAMES)
def test_the_pipeline_sees_what_the_training_saw(demo: Path, name: str, digits: data.Digits) -> None:
    """The saved model on plain arrays gives the predictions that went through PNG files and the transform."""
    table = binet.Predictions.from_csv(demo / name / "predictions.csv")
    order = np.argsort([str(file).split("/")[1] for file in table.file_names])
    logits, features = torch.jit.load(str(demo / "models" / f"{name.lower()}.pt"))(
        torch.from_numpy(data.normalise(digits.test_pixels))
    )
    assert features.shape == (N_TEST, 64)
    direct = binet.Predictions.from_logits(logits.detach(), digits.test_labels)
    assert np.array_equal(table.label[order], direct.label)
    np.testing.assert_allclose(table.true_probability[order], direct.true_probability, atol=1e-5)


def test_the_transform_is_the_normalisation(digits: data.Digits) -> None:
    transform = Transform(resize=data.SIDE, crop=data.SIDE, mean=(data.MEAN,) * 3, std=(data.STD,) * 3)
    for pixels, values in zip(digits.test_pixels[:20], data.normalise(digits.test_pixels[:20]), strict=True):
        np.testing.assert_allclose(transform(np.repeat(pixels[:, :, None], 3, axis=2)), values, atol=1e-6)


def test_evaluating_again_gives_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    for name in NAMES:
        summary = json.loads((demo / name / "summary.json").read_text(encoding="utf-8"))
        transform: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in summary["transform"].items()
        }
        settings = report.Settings(transform=Transform(**transform), batch_size=summary["batch_size"])
        report.evaluate_to(tmp_path / name, summary["model"]["path"], demo / "images", settings, name=name)
        again, first = tmp_path / name / "predictions.csv", demo / name / "predictions.csv"
        assert again.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("recipe", models.RECIPES, ids=lambda recipe: recipe.name)
def test_training_is_reproducible(recipe: models.Recipe, digits: data.Digits) -> None:
    """The same seed gives the same weights, another seed others, and the caller's torch stays as it was."""
    short, pixels = replace(recipe, n_epochs=1), data.normalise(digits.train_pixels)
    state, n_threads = torch.random.get_rng_state(), torch.get_num_threads()
    trained = [
        models.train(short, pixels, digits.train_labels, seed=seed, epoch_done=lambda: None).state_dict()
        for seed in (SEED, SEED, SEED + 1)
    ]
    assert all(torch.equal(value, trained[1][key]) for key, value in trained[0].items())
    assert not all(torch.equal(value, trained[2][key]) for key, value in trained[0].items())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == n_threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_page_compares_both(demo: Path) -> None:
    found = json.loads((demo / "report" / "report.json").read_text(encoding="utf-8"))
    assert {model["model"] for model in found["models"]} == set(NAMES)
    assert found["same_images"]
    assert found["models"][0]["n"] == N_TEST
    page = (demo / "report" / "report.html").read_text(encoding="utf-8")
    assert all(f"Reliability diagram of {name}" in page for name in NAMES)
    assert len(page) < 300_000


# ---- Other sets ------------------------------------------------------------------------------------------------------


def test_cue_conflict_digits_have_the_shape_of_one_and_the_pixels_of_another(demo: Path, digits: data.Digits) -> None:
    files = sorted((demo / "cue-conflict").rglob("*.png"))
    assert len(files) == len({file.name for file in files}) > 390
    for file in files[::40]:
        (a, i), (b, j) = (re.fullmatch(r"([a-z]+)(\d+)", part).groups() for part in file.stem.split("-"))  # type: ignore[union-attr]
        assert file.parent.name == a == variants.NAMES[digits.test_labels[int(i)]]
        assert b == variants.NAMES[digits.test_labels[int(j)]]
        shape, texture = digits.test_pixels[int(i)] > 64, digits.test_pixels[int(j)].astype(float)
        found = np.asarray(Image.open(file)).astype(float)
        assert np.abs(found[shape] - (60 + texture[shape] * 195 / 255)).max() <= 0.5
        assert found[~shape].max() <= 64


def test_corruption_grows_with_severity(demo: Path) -> None:
    """Each corruption takes more of the accuracy at severity 5 than at 1, and 200 images are in each."""
    for name in NAMES:
        for corruption in variants.CORRUPTIONS:
            folder = demo / name / "corrupted" / corruption
            runs = [report.read(folder / str(severity)) for severity in variants.SEVERITIES]
            assert {len(run.predictions) for run in runs} == {200}
            mild, severe = (binet.accuracy(runs[index].predictions).value for index in (0, -1))
            assert severe < mild - 0.1


def test_factors_are_a_tenth_of_each_class(demo: Path, digits: data.Digits) -> None:
    factors = binet.FactorTable.read(demo / "factors.csv")
    assert len(factors) == N_TEST
    expected = sum(int(np.sum(digits.test_labels == label)) // 10 for label in range(10))
    assert factors.members.sum(axis=0).tolist() == [expected] * 6


def test_the_page_has_every_section(demo: Path) -> None:
    page = (demo / "report" / "report.html").read_text(encoding="utf-8")
    for section in (
        "calibration",
        "agreement",
        "mistakes",
        "shape",
        "robustness",
        "invariance",
        "transfer",
        "similarity",
    ):
        assert f'<h2 id="{section}">' in page
    record = json.loads((demo / "report" / "report.json").read_text(encoding="utf-8"))
    assert {(one["name"], one["sweep"]) for one in record["invariance"]} == {
        (name, kind) for name in NAMES for kind in ("scale", "shift")
    }
    assert sorted(one["observer"] for one in record["shape"]) == sorted(NAMES)


# ---- Transfer and layers ---------------------------------------------------------------------------------------------


def test_turned_digits_are_digits_turned(demo: Path, digits: data.Digits) -> None:
    """A hundred of each turn, of the training half for train and of the test half for test."""
    for part, pixels in (("train", digits.train_pixels), ("test", digits.test_pixels)):
        for turns, name in enumerate(variants.TURNS):
            files = sorted((demo / "turned" / part / name).glob("*.png"))
            assert len(files) == 100
            for file in files[::30]:
                assert np.array_equal(np.rot90(np.asarray(Image.open(file)), -turns), pixels[int(file.stem)])


def test_features_tell_which_way_up_a_digit_is(demo: Path) -> None:
    """Far above the quarter that guessing has, and the numbers of the page are those of `probe_tasks`."""
    record = json.loads((demo / "report" / "report.json").read_text(encoding="utf-8"))
    found = {one["model"]: one["tasks"][0] for one in record["transfer"]}
    for name in NAMES:
        folder = demo / name / "transfer" / "turned"
        result = binet.probe_tasks({"turned": (folder / "train", folder / "test")})
        assert found[name]["accuracy"] == result.mean > 0.5
        assert (found[name]["n"], found[name]["n_train"], found[name]["n_classes"]) == (400, 400, 4)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_layers_are_those_of_the_network_in_its_order(demo: Path) -> None:
    """ConvNet's linear head on the mean of its last layer, both from the file, gives its logits of the first digits."""
    record = json.loads((demo / "report" / "report.json").read_text(encoding="utf-8"))["similarity"]
    assert [len(one["rows"]) for one in record["models"]] == [11, 13]
    assert record["between"]["rows"][::10] == ["layers.conv1", "head"]
    assert record["between"]["columns"][::12] == ["embed", "head"]
    layers = np.load(demo / "ConvNet" / "layers.npz")
    assert list(layers) == record["between"]["rows"]
    state = torch.jit.load(str(demo / "models" / "convnet.pt")).state_dict()
    weight, bias = (state[f"model.head.{part}"].numpy() for part in ("weight", "bias"))
    logits = layers["layers.relu3"].astype(np.float32).mean((2, 3)) @ weight.T + bias
    np.testing.assert_allclose(layers["head"], logits, atol=0.02)
