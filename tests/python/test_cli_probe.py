"""`binet probe`: what it prints of files and folders of features, what it writes, and how it fails."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
import torch
from binet import cli
from binet.demo.models import save_torchscript
from PIL import Image


def save(path: Path, seed: int, k: int = 4, n: int = 80) -> str:
    """Features of k classes with centres that all files share."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    centres = np.random.default_rng(k).normal(size=(k, 5))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, features=(centres[labels] + rng.normal(size=(n, 5))).astype(np.float32), labels=labels)
    return str(path)


def model(folder: Path, seed: int, tasks: dict[str, int]) -> str:
    """A model's folder with a folder for each task."""
    for name, k in tasks.items():
        save(folder / name / "train.npz", seed, k, 60 + k)
        save(folder / name / "test.npz", seed + 1, k, 90 + k)
    return str(folder)


def printed(capsys: Any, *words: str) -> str:
    """Standard output of a verb that went well, with nothing on standard error."""
    assert cli.main(["probe", *words]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return str(said.out)


def test_one_task_from_two_files(tmp_path: Path, capsys: Any) -> None:
    train, test = save(tmp_path / "train.npz", 1), save(tmp_path / "test.npz", 2, n=300)
    probe = binet.LinearProbe(C=0.5).fit(*binet.read_features(train))
    features, labels = binet.read_features(test)
    n_correct = int((probe.predict(features) == labels).sum())
    text = printed(capsys, "--train", train, "--test", test, "--C", "0.5")
    low, high = binet.wilson_interval(n_correct, 300)
    row = text.splitlines()[-1].split()
    assert row == ["task", f"{n_correct / 300:.4f}", f"{low:.4f}", f"{high:.4f}", "300", "80", "4", "0.5"]
    assert "mean" not in text
    (record,) = json.loads(printed(capsys, "--train", train, "--test", test, "--C", "0.5", "--json"))
    assert record["vtab"] is None
    assert record["tasks"][0]["n_correct"] == n_correct
    assert record["mean"] == record["tasks"][0]["accuracy"] == n_correct / 300


@pytest.mark.parametrize(
    ("words", "probe", "column"),
    [
        (("--method", "ridge"), binet.RidgeProbe(alphas=np.logspace(-3, 6, 10)), "alpha"),
        (("--method", "ridge", "--alpha", "2", "30"), binet.RidgeProbe(alphas=[2, 30]), "alpha"),
        (("--method", "neighbors"), binet.NeighborsProbe(), "k"),
        (("--method", "neighbors", "-k", "7"), binet.NeighborsProbe(k=7), "k"),
        (("--C", "30"), binet.LinearProbe(C=30), "C"),
    ],
)
def test_every_method_is_its_estimator(tmp_path: Path, capsys: Any, words: Any, probe: Any, column: str) -> None:
    pair = ["--train", save(tmp_path / "train.npz", 1), "--test", save(tmp_path / "test.npz", 2, n=300)]
    text = printed(capsys, *pair, *words)
    test = binet.read_features(pair[3])
    probe.fit(*binet.read_features(pair[1]))
    assert text.splitlines()[2].split()[-1] == column
    assert text.splitlines()[3].split()[1] == f"{(probe.predict(test.features) == test.labels).mean():.4f}"
    assert text.splitlines()[3].split()[-1] == f"{getattr(probe, {'alpha': 'alpha_'}.get(column, column)):.4g}"


def test_a_preset_chooses_c_from_training_rows_alone(tmp_path: Path, capsys: Any) -> None:
    train, test = save(tmp_path / "train.npz", 1, n=200), save(tmp_path / "test.npz", 2)
    path = binet.LinearProbe.path(*binet.read_features(train), preset="dinov2")
    (record,) = json.loads(printed(capsys, "--train", train, "--test", test, "--preset", "dinov2", "--json"))
    features, labels = binet.read_features(test)
    assert record["tasks"][0]["chosen"] == path.C
    assert record["tasks"][0]["n_correct"] == int((path.probe.predict(features) == labels).sum())


def test_several_tasks_in_one_call(tmp_path: Path, capsys: Any) -> None:
    words = []
    for name, k in (("Pets", 37), ("mine", 3)):
        words += ["--task", name, save(tmp_path / name / "a.npz", 1, k), save(tmp_path / name / "b.npz", 2, k)]
    text = printed(capsys, *words)
    lines = text.splitlines()
    assert [line.split()[0] for line in lines[3:5]] == ["Pets", "mine"]
    assert lines[6].startswith("mean of 2 ")
    assert lines[-1].startswith("no mean of VTAB's 19: 18 missing (Caltech101, CIFAR-100, DTD, ")


def test_models_side_by_side_over_all_of_vtab(tmp_path: Path, capsys: Any) -> None:
    sizes = {task.name: task.n_classes for task in binet.VTAB.values()}
    folders = [model(tmp_path / name, seed, sizes) for name, seed in (("resnet50", 1), ("vit", 5))]
    (tmp_path / "vit" / "notes").mkdir()  # a folder that is no task
    out, picture = tmp_path / "probe.csv", tmp_path / "probe.png"
    text = printed(capsys, *folders, "-o", str(out), "--plot", str(picture))
    lines = text.splitlines()
    assert lines[2].split() == ["resnet50", "vit"]
    assert [line.split("  ")[0] for line in lines[3:22]] == list(binet.VTAB)
    assert [line.split("  ")[0] for line in lines[23:]] == [
        "VTAB mean of 19",
        "VTAB natural",
        "VTAB specialized",
        "VTAB structured",
    ]
    records = json.loads(printed(capsys, *folders, "--json"))
    assert [record["model"] for record in records] == ["resnet50", "vit"]
    for column, record in enumerate(records, 1):
        accuracies = {task["name"]: task["accuracy"] for task in record["tasks"]}
        means = binet.vtab_means(accuracies)
        assert record["vtab"] == {
            "mean": means.mean,
            "natural": means.natural,
            "specialized": means.specialized,
            "structured": means.structured,
            "missing": [],
        }
        wanted = [*accuracies.values(), means.mean, means.natural, means.specialized, means.structured]
        cells = [line.split()[-3 + column] for line in (*lines[3:22], *lines[23:])]
        assert cells == [f"{value:.4f}" for value in wanted]
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2 * (19 + 4)
    assert [row["task"] for row in rows[:23]] == [*binet.VTAB, *(line.split("  ")[0] for line in lines[23:])]
    assert float(rows[0]["accuracy"]) == records[0]["tasks"][0]["accuracy"]
    assert rows[20]["low"] == ""
    with Image.open(picture) as drawn:
        assert drawn.size[0] == 990


def test_words_of_warning_come_after_the_table(tmp_path: Path, capsys: Any) -> None:
    folder = model(tmp_path / "vit", 1, {"dsprites_ori": 40, "cars": 3})
    lines = printed(capsys, folder).splitlines()
    assert lines[-2].startswith("dsprites_ori: labels of 40 classes where VTAB's dSpr-Ori has 16 (label_orientation, ")
    both = printed(capsys, folder, model(tmp_path / "net", 2, {"dsprites_ori": 40}))
    assert "vit, dsprites_ori: labels of 40 classes" in both
    assert "net, dsprites_ori: labels of 40 classes" in both
    assert both.splitlines()[4].split() == ["cars", f"{_accuracy(folder, 'cars'):.4f}", "-"]
    common = [line for line in both.splitlines() if line.startswith("mean of 1 in common")]
    assert (
        common[0].split()[-2] == f"{_accuracy(folder, 'dsprites_ori'):.4f}"
    )  # a mean of other tasks would not compare


def _accuracy(folder: str, task: str) -> float:
    train, test = (binet.read_features(Path(folder, task, f"{part}.npz")) for part in ("train", "test"))
    return float((binet.LinearProbe().fit(*train).predict(test.features) == test.labels).mean())


def test_a_folder_of_vtabs_name_says_what_the_task_is(tmp_path: Path, capsys: Any) -> None:
    pair = ["--train", save(tmp_path / "pets" / "a.npz", 1), "--test", save(tmp_path / "pets" / "b.npz", 2)]
    assert "pets: labels of 4 classes where VTAB's Pets has 37" in printed(capsys, *pair)


class Net(torch.nn.Module):  # type: ignore[misc]
    """Logits, and as features the mean colour of each quarter."""

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = torch.nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)
        return features[:, :3], features


def test_what_evaluate_writes_is_what_probe_reads(tmp_path: Path, capsys: Any) -> None:
    rng = np.random.default_rng(3)
    save_torchscript(Net(), tmp_path / "net.pt")
    for part in ("train", "test"):
        for name, colour in (("blue", 40), ("red", 200)):
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for i in range(6):
                pixels = np.clip(colour + rng.normal(0, 20, (16, 16, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{i}.png")
        out = str(tmp_path / "features" / "net" / "colours" / part)
        words = [str(tmp_path / "net.pt"), "--data", str(tmp_path / part), "-o", out, "--features"]
        assert cli.main(["evaluate", *words, "--resize", "16", "--crop", "16"]) == 0
    capsys.readouterr()
    (record,) = json.loads(printed(capsys, str(tmp_path / "features" / "net"), "--json"))
    task = record["tasks"][0]
    assert (record["model"], task["name"], task["accuracy"]) == ("net", "colours", 1.0)
    assert (task["n"], task["n_train"], task["n_classes"], task["note"]) == (12, 12, 2, "")
    train, test = (str(tmp_path / "features" / "net" / "colours" / part) for part in ("train", "test"))
    assert "1.0000" in printed(capsys, "--train", train, "--test", f"{test}/features.npy")


def test_usage_that_is_wrong_is_said_before_any_work(tmp_path: Path, capsys: Any) -> None:
    train, test = save(tmp_path / "train.npz", 1), save(tmp_path / "test.npz", 2)
    folder = model(tmp_path / "vit", 1, {"cars": 3})
    (tmp_path / "empty").mkdir()
    half = tmp_path / "half" / "cars"
    save(half / "train.npz", 1)
    np.savez(tmp_path / "other.npz", x=np.eye(3))
    pair = ["--train", train, "--test", test]
    for words, status, says in (
        ([], 2, "no features given: DIR, --train and --test, or --task NAME TRAIN TEST"),
        (["--train", train], 2, "--train without --test; a task needs both"),
        (["--test", train], 2, "--test without --train; a task needs both"),
        ([folder, *pair], 2, "a DIR and tasks of files are given"),
        ([*pair, "--task", "a", train, test], 2, "--train and --task both given"),
        (["--task", "a", train, test] * 2, 2, "--task a is given twice"),
        ([str(tmp_path / "nowhere")], 1, "nowhere: no such folder"),
        ([str(tmp_path / "empty")], 1, "empty: no folder in it has train and test"),
        ([str(tmp_path / "half")], 1, "cars: no test.npz and no test/features.npy"),
        ([*pair[:3], str(tmp_path / "other.npz")], 1, "other.npz has no array 'features'; its arrays: x"),
        ([*pair[:3], str(tmp_path / "no.npz")], 1, "no.npz': No such file"),
        ([*pair, "--C", "1", "--preset", "clip"], 2, "--C and --preset both given; a preset chooses C"),
        ([*pair, "--method", "neighbors", "--C", "1"], 2, "--C is of --method linear, not neighbors"),
        ([*pair, "--method", "ridge", "--C", "1"], 2, "--C is of --method linear, not ridge"),
        ([*pair, "--alpha", "5"], 2, "--alpha is of --method ridge, not linear"),
        ([*pair, "--method", "ridge", "--alpha", "-1"], 2, "alphas[0] is -1"),
        ([*pair, "-k", "5"], 2, "-k is of --method neighbors, not linear"),
        ([*pair, "--method", "neighbors", "-k", "100"], 2, "k is 100"),
        ([*pair, "--C", "0"], 2, "C is 0.0; allowed: finite numbers above 0"),
        ([*pair, "--plot", "probe.jpg"], 2, "must end in .png"),
        ([*pair, "-o", str(tmp_path / "nowhere" / "probe.csv")], 1, "nowhere"),
    ):
        assert cli.main(["probe", *words]) == status, words
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("binet probe: ")
        assert said.err.count("\n") == 1
        assert says in said.err
    with pytest.raises(SystemExit):
        cli.main(["probe", *pair, "--method", "svm"])
    assert "invalid choice: 'svm'" in capsys.readouterr().err


def test_a_row_that_is_not_finite_is_named_with_its_task(tmp_path: Path, capsys: Any) -> None:
    folder = Path(model(tmp_path / "vit", 1, {"cars": 3}))
    features, labels = binet.read_features(folder / "cars" / "train.npz")
    features[7, 2] = np.nan
    np.savez(folder / "cars" / "train.npz", features=features, labels=labels)
    assert cli.main(["probe", str(folder)]) == 1
    assert "vit: cars: train: row 7 of X holds a NaN" in capsys.readouterr().err
    wide = np.zeros((9, 7), np.float32)
    np.savez(folder / "cars" / "train.npz", features=features[8:], labels=labels[8:])
    np.savez(folder / "cars" / "test.npz", features=wide, labels=labels[:9])
    assert cli.main(["probe", str(folder)]) == 2
    assert "vit: cars: test: X has 7 features" in capsys.readouterr().err
