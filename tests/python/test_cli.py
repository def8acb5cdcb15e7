"""The command line, as a process of its own: what it prints, what it writes, and how it fails."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import binet
import numpy as np
import pytest
import torch
from binet.cli import VERBS
from binet.demo.models import save_torchscript
from PIL import Image

N_PER_CLASS = 3
CLASSES = ("apple", "bear", "chair")
SMALL = ("--resize", "16", "--crop", "16")


def run(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`binet` with these words."""
    command = [sys.executable, "-m", "binet", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


def succeed(*words: object, cwd: Path | None = None) -> str:
    """Its standard output; nothing may be on standard error, which is not a terminal here."""
    done = run(*words, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def fail(status: int, *words: object) -> str:
    """The one line that it prints when it fails."""
    done = run(*words)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("binet")
    return done.stderr


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder per class of small pictures."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(11)
    for name in CLASSES:
        (folder / name).mkdir()
        for i in range(N_PER_CLASS):
            Image.fromarray(rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)).save(folder / name / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TorchScript file that gives logits of three classes and, as features, the mean colour."""

    class Net(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(5)
            self.head = torch.nn.Linear(3, len(CLASSES))

        def forward(self, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            colours = batch.mean((2, 3))
            return 9 * self.head(colours), colours

    path = tmp_path_factory.mktemp("model") / "net.pt"
    with torch.random.fork_rng(devices=[]):
        save_torchscript(Net(), path)
    return path


@pytest.fixture(scope="module")
def evaluated(images: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `binet evaluate` writes."""
    out = tmp_path_factory.mktemp("out") / "net"
    words = ("evaluate", model, "--data", images, "-o", out, *SMALL, "--features", "--batch-size", 4, "--threads", 1)
    printed = succeed(*words).splitlines()
    assert printed[0].startswith("net, 9 images, top-1 ")
    assert printed[1:] == [str(out / "predictions.csv"), str(out / "summary.json")]
    return out


# ---- Help and version ------------------------------------------------------------------------------------------------


def test_version() -> None:
    assert succeed("--version") == f"binet {binet.__version__}\n"


def test_help_names_every_verb() -> None:
    printed = succeed("--help")
    assert "examples:" in printed
    for verb in VERBS:
        assert f"binet {verb.NAME}" in printed
        assert verb.HELP.split()[0] in printed


OPTIONS = {
    "evaluate": "--data --output --name --batch-size --threads --transform --resize --crop --interpolation --mean "
    "--std --preset --class-map --labels --groups --aggregate --features --skip-bad",
    "calibrate": "--labels --bins --binning --convention --risk --coverage --plot --json",
    "classwise": "--labels --kind --bins --binning --convention --threshold --definition --temperature --worst --plot "
    "--json",
    "recalibrate": "--labels --apply --method --l2 --bins --binning --output --json",
    "compare": "--labels --resamples --seed --json",
    "bias": "--plot --json",
    "consistency": "--people --pairs --compare --resamples --seed --plot --json",
    "mistakes": "--labels --factors --leave-out --real --metaclasses --right --class-names --top --plot --json",
    "synthetic": "--map --labels --factors --convention --plot --json",
    "invariance": "--data --sweep --values --output --threads --transform --features --plot --json",
    "robustness": "--clean --corruptions --baseline --allow-missing --line --scale --plot --json",
    "probe": "--train --test --task --method --C --preset --alpha -k --output --plot --json",
    "models": "--better --method --front --weights --top --plot --json",
    "similarity": "--measure --kernel --unbiased --batch-size --plot --json",
    "report": "--output --labels",
    "demo": "--output",
}


@pytest.mark.parametrize("verb", [verb.NAME for verb in VERBS])
def test_help_of_a_verb(verb: str) -> None:
    printed = succeed(verb, "--help")
    assert f"examples:\n  binet {verb}" in printed
    assert [option for option in OPTIONS[verb].split() if option not in printed] == []


# ---- Bad usage: one line, status 2 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "VERB"),
        ("juggle", "juggle"),
        ("evaluate", "MODEL.pt"),
        ("evaluate net.pt -o out", "--data"),
        ("evaluate net.pt --data images", "--output"),
        ("evaluate net.pt --data images -o out --batch-size 0", "'0' is not a whole number of at least 1"),
        ("evaluate net.pt --data images -o out --threads many", "'many' is not a whole number"),
        ("evaluate net.pt --data images -o out --transform resnet", "imagenet"),
        ("evaluate net.pt --data images -o out --mean .5", "expected 3 arguments"),
        ("evaluate net.pt --data images -o out --crop -1", "'-1' is not a whole number of at least 0"),
        ("calibrate", "FILE"),
        ("calibrate predictions.csv --bins 0", "at least 1"),
        ("calibrate predictions.csv --binning round", "equal_mass"),
        ("calibrate predictions.csv --plot out.bmp", ".png, .svg or .pdf"),
        ("bias", "FILE"),
        ("bias answers.csv --plot out.bmp", ".png, .svg or .pdf"),
        ("report -o page", "OUT"),
        ("report out", "--output"),
        ("demo --fast", "--fast"),
    ],
)
def test_bad_usage(words: str, says: str) -> None:
    assert says in fail(2, *words.split())


def test_values_that_the_library_refuses_are_bad_usage(
    images: Path, model: Path, evaluated: Path, tmp_path: Path
) -> None:
    words = ("evaluate", model, "--data", images, "-o", tmp_path / "out", *SMALL)
    assert "std" in fail(2, *words, "--std", 1, 0, 1)
    assert "n_bins" in fail(2, "calibrate", evaluated, "--bins", 10**6)


# ---- Failed work: one line, status 1 ---------------------------------------------------------------------------------


def test_evaluate_what_is_not_there(images: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "empty").mkdir()
    (tmp_path / "not_a_model.pt").write_text("hello", encoding="utf-8")
    (tmp_path / "short.txt").write_text("apple\nbear\n", encoding="utf-8")
    (tmp_path / "none.txt").write_text("\n", encoding="utf-8")
    assert "missing.pt" in fail(1, "evaluate", tmp_path / "missing.pt", "--data", images, "-o", out)
    assert "nowhere" in fail(1, "evaluate", model, "--data", tmp_path / "nowhere", "-o", out)
    assert "empty" in fail(1, "evaluate", model, "--data", tmp_path / "empty", "-o", out)
    assert "not_a_model.pt" in fail(1, "evaluate", tmp_path / "not_a_model.pt", "--data", images, "-o", out, *SMALL)
    assert "chair" in fail(1, "evaluate", model, "--data", images, "-o", out, "--class-map", tmp_path / "short.txt")
    assert "no class names" in fail(
        1, "evaluate", model, "--data", images, "-o", out, "--class-map", tmp_path / "none.txt"
    )
    assert "gone.txt" in fail(1, "evaluate", model, "--data", images, "-o", out, "--class-map", tmp_path / "gone.txt")
    assert not list(tmp_path.rglob("predictions.csv"))


def test_evaluate_where_nothing_can_be_written(images: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "file" in fail(1, "evaluate", model, "--data", images, "-o", tmp_path / "file" / "out", *SMALL)


def test_a_model_that_throws_says_why_in_one_line(images: Path, tmp_path: Path) -> None:
    """Linear layers that do not fit: the message is TorchScript's last line, not its traceback."""
    save_torchscript(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 8 * 8, 2)), tmp_path / "net.pt")
    says = fail(1, "evaluate", tmp_path / "net.pt", "--data", images, "-o", tmp_path / "out", *SMALL)
    assert "shapes cannot be multiplied" in says
    assert "Traceback" not in says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file_name,predicted_class\na,1\n", "predicted_probability"),
        ("predicted_class,predicted_probability,label\n1,.5,1\n1,half,1\n", "line 3"),
        ("predicted_class,predicted_probability,label\n1,.5\n", "line 2"),
        ("predicted_class,predicted_probability\n1,.5\n", "label"),
    ],
)
def test_calibrate_a_bad_csv(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
    assert says in fail(1, "calibrate", tmp_path / "bad.csv")


def test_read_what_is_not_there(evaluated: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "gone.csv" in fail(1, "calibrate", tmp_path / "gone.csv")
    assert "predictions.csv" in fail(1, "calibrate", tmp_path / "empty")
    assert "gone" in fail(1, "report", evaluated, tmp_path / "gone", "-o", tmp_path / "page")
    assert "labels.csv" in fail(1, "calibrate", evaluated, "--labels", tmp_path / "labels.csv")
    assert not (tmp_path / "page").exists()


@pytest.mark.parametrize(
    ("module", "extra", "words"),
    [
        ("jinja2", "report", "report x -o y"),
        ("matplotlib", "report", "report x -o y"),
        ("matplotlib", "plot", "calibrate x --plot y.png"),
        ("matplotlib", "plot", "bias x --plot y.png"),
        ("torch", "demo", "evaluate x.pt --data y -o z"),
        ("sklearn", "demo", "demo -o z"),
        ("torch", "demo", "demo -o z"),
    ],
)
def test_a_missing_extra_says_what_to_install(module: str, extra: str, words: str, tmp_path: Path) -> None:
    hidden = (
        f"import sys; sys.modules[{module!r}] = None; from binet.cli import main; sys.exit(main({words.split()!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert done.returncode == 1
    assert done.stderr == f'binet {words.split()[0]}: {module} not found: pip install "libbinet[{extra}]"\n'
    assert not list(tmp_path.iterdir())


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C while the demo trains: status 130, one line, no traceback."""
    # A shell's background job inherits an ignored SIGINT, which Python would leave ignored.
    heed = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    run_main = f"from binet.cli import main; sys.exit(main(['demo', '-o', {str(tmp_path)!r}]))"
    command = [sys.executable, "-c", f"{heed}; {run_main}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("images")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "binet demo: interrupted\n")


def test_a_reader_that_has_gone(evaluated: Path) -> None:
    """As `binet calibrate ... | head -0`: no traceback."""
    receiver, sender = os.pipe()
    os.close(receiver)
    with os.fdopen(sender, "wb") as closed:
        command = [sys.executable, "-m", "binet", "calibrate", str(evaluated)]
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


# ---- evaluate --------------------------------------------------------------------------------------------------------


def test_evaluate_gives_what_the_api_gives(images: Path, model: Path, evaluated: Path, tmp_path: Path) -> None:
    transform = binet.transforms.Transform(resize=16, crop=16)
    table = binet.evaluate(str(model), images, transform=transform, features=tmp_path / "features.npy")
    table.to_csv(tmp_path / "predictions.csv")
    for name in ("predictions.csv", "features.npy"):
        assert (evaluated / name).read_bytes() == (tmp_path / name).read_bytes()
    assert sorted(path.name for path in evaluated.iterdir()) == ["features.npy", "predictions.csv", "summary.json"]


def test_summary_tells_all(images: Path, model: Path, evaluated: Path) -> None:
    summary = json.loads((evaluated / "summary.json").read_text(encoding="utf-8"))
    table = binet.Predictions.from_csv(evaluated / "predictions.csv")
    top1, result = binet.accuracy(table), binet.calibration(table)
    lines = [f"{name}/{i}.png\t{label}\n" for label, name in enumerate(CLASSES) for i in range(N_PER_CLASS)]
    assert summary["name"] == "net"
    assert summary["model"] == {
        "path": str(model),
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "bytes": model.stat().st_size,
    }
    assert summary["data"] == {
        "path": str(images),
        "n_images": 9,
        "list_sha256": hashlib.sha256("".join(lines).encode()).hexdigest(),
    }
    assert summary["transform"] == {
        "resize": 16,
        "crop": 16,
        "interpolation": "bilinear",
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "order": "resize_first",
        "shift": 0,
    }
    assert (summary["batch_size"], summary["threads"], summary["features"]) == (4, 1, "features.npy")
    assert summary["counts"] == {"images": 9, "evaluated": 9, "skipped": 0, "classes": 3}
    assert summary["skipped"] == []
    assert summary["versions"]["torch"] == torch.__version__
    assert summary["versions"]["numpy"] == np.__version__
    assert summary["versions"]["libbinet"] == binet.__version__
    assert summary["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert summary["isa"] in ("scalar", "avx2", "avx512", "neon")
    assert summary["results"]["n"] == 9
    found = [summary["results"][key] for key in ("accuracy", "accuracy_low", "accuracy_high", "ece", "mce", "rms")]
    assert found == [top1.value, top1.low, top1.high, result.ece, result.mce, result.rms]


def test_the_command_in_the_summary_does_it_again(evaluated: Path, tmp_path: Path) -> None:
    summary = json.loads((evaluated / "summary.json").read_text(encoding="utf-8"))
    words = shlex.split(summary["command"])
    assert words.pop(0) == "binet"
    words[words.index("-o") + 1] = str(tmp_path / "again")
    succeed(*words)
    for name in ("predictions.csv", "features.npy"):
        assert (tmp_path / "again" / name).read_bytes() == (evaluated / name).read_bytes()


def test_skip_bad(images: Path, model: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(images, tmp_path / "data"))
    (data / "bear" / "1.png").write_bytes(b"not an image")
    words = ("evaluate", model, "--data", data, "-o", tmp_path / "out", *SMALL)
    assert "1.png" in fail(1, *words)
    assert not (tmp_path / "out" / "predictions.csv").exists()
    assert "8 images, 1 skipped" in succeed(*words, "--skip-bad")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["counts"] == {"images": 9, "evaluated": 8, "skipped": 1, "classes": 3}
    assert [bad["file"] for bad in summary["skipped"]] == ["bear/1.png"]
    assert summary["skipped"][0]["reason"]
    assert summary["command"].endswith("--skip-bad")


def test_class_map_and_labels(images: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "map.txt").write_text("chair\napple\nbear\n", encoding="utf-8")
    words = ("evaluate", model, "--data", images, *SMALL)
    succeed(*words, "-o", tmp_path / "mapped", "--class-map", tmp_path / "map.txt", "--name", "mapped net")
    table = binet.Predictions.from_csv(tmp_path / "mapped" / "predictions.csv")
    assert table.label.tolist() == [1, 1, 1, 2, 2, 2, 0, 0, 0]
    summary = json.loads((tmp_path / "mapped" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["name"], summary["class_map"]) == ("mapped net", str(tmp_path / "map.txt"))

    lines = [f"{name}/{i}.png,{i}" for name in CLASSES for i in range(N_PER_CLASS)]
    (tmp_path / "labels.csv").write_text("file_name,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    succeed(*words, "-o", tmp_path / "labelled", "--labels", tmp_path / "labels.csv")
    assert binet.Predictions.from_csv(tmp_path / "labelled" / "predictions.csv").label.tolist() == [0, 1, 2] * 3


def test_groups_of_classes(images: Path, model: Path, tmp_path: Path) -> None:
    groups = {"chair": [0], "apple": [2], "bear": [1]}
    (tmp_path / "groups.json").write_text(json.dumps(groups), encoding="utf-8")
    words = ("evaluate", model, "--data", images, *SMALL, "--groups", tmp_path / "groups.json")
    printed = succeed(*words, "-o", tmp_path / "mean")
    assert "top-1" in printed
    assert "ECE" not in printed
    succeed("evaluate", model, "--data", images, *SMALL, "-o", tmp_path / "plain")
    plain, table = (binet.Predictions.from_csv(tmp_path / name / "predictions.csv") for name in ("plain", "mean"))
    assert table.label.tolist() == [1, 1, 1, 2, 2, 2, 0, 0, 0]
    assert table.predicted_class.tolist() == [[0, 2, 1][k] for k in plain.predicted_class]
    np.testing.assert_array_equal(table.confidence, plain.confidence)  # groups of one class
    summary = json.loads((tmp_path / "mean" / "summary.json").read_text(encoding="utf-8"))
    given = str(tmp_path / "groups.json")
    assert summary["groups"] == {"given": given, "aggregate": "mean", "names": ["chair", "apple", "bear"]}
    assert set(summary["results"]) == {"n", "n_correct", "accuracy", "accuracy_low", "accuracy_high"}
    again = shlex.split(summary["command"])
    assert again[-4:] == ["--groups", given, "--aggregate", "mean"]
    # A mean of probabilities is no probability, so there is no calibration.
    assert "--aggregate sum" in fail(1, "calibrate", tmp_path / "mean")
    assert "nothing to show" in fail(2, "report", tmp_path / "mean", "-o", tmp_path / "page")
    succeed(*words, "-o", tmp_path / "sum", "--aggregate", "sum")
    assert "ECE" in succeed("calibrate", tmp_path / "sum")
    assert "ece" in json.loads((tmp_path / "sum" / "summary.json").read_text(encoding="utf-8"))["results"]
    assert "apple/0.png" in fail(1, "bias", tmp_path / "mean")
    assert "about groups of classes" in fail(1, "bias", tmp_path / "plain")
    (tmp_path / "twice.json").write_text('{"chair": [0], "apple": [2, 0], "bear": [1]}', encoding="utf-8")
    assert "is 0, which group 0 has too" in fail(2, *words[:-1], tmp_path / "twice.json", "-o", tmp_path / "x")
    (tmp_path / "far.json").write_text('{"chair": [0], "apple": [2], "bear": [3]}', encoding="utf-8")
    assert "is 3; logits has 3 classes" in fail(2, *words[:-1], tmp_path / "far.json", "-o", tmp_path / "x")
    assert "missing.json" in fail(1, *words[:-1], tmp_path / "missing.json", "-o", tmp_path / "x")


def test_images_without_labels(images: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "flat"
    assert succeed("evaluate", model, "--data", images / "bear", "-o", out, *SMALL).startswith(
        "net, 3 images, no labels"
    )
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["results"] is None
    assert "--labels" in fail(1, "report", out, "-o", tmp_path / "page")
    for verb in ("calibrate", "mistakes", "compare", "recalibrate"):
        words = {"compare": (out,), "recalibrate": ("--method", "isotonic")}.get(verb, ())
        assert "flat: 3 of 3 rows have no label; --labels gives them" in fail(1, verb, out, *words)


def test_a_model_beside_itself(evaluated: Path) -> None:
    assert f"{evaluated} is given twice" in fail(2, "compare", evaluated, evaluated)


def test_presets_and_what_changes_them(images: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    changes = ("--transform", "clip", "--crop", 0, "--resize", 32, "--mean", 0.5, 0.25, 0)
    succeed("evaluate", model, "--data", images, "-o", out, *changes)
    found = json.loads((out / "summary.json").read_text(encoding="utf-8"))["transform"]
    clip = binet.transforms.CLIP
    assert found == {
        "resize": 32,
        "crop": None,
        "interpolation": clip.interpolation,
        "mean": [0.5, 0.25, 0.0],
        "std": list(clip.std),
        "order": "resize_first",
        "shift": 0,
    }


# ---- calibrate and report --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("binning", ["equal_width", "equal_mass"])
def test_calibrate_gives_what_the_api_gives(evaluated: Path, binning: str) -> None:
    words = ("calibrate", evaluated, "--bins", 5, "--binning", binning)
    table = binet.Predictions.from_csv(evaluated / "predictions.csv")
    result = binet.calibration(table, n_bins=5, binning=binning)  # type: ignore[arg-type]
    found = json.loads(succeed(*words, "--json"))
    assert (found["ece"], found["mce"], found["rms"]) == (result.ece, result.mce, result.rms)
    assert [one["count"] for one in found["bins"]] == list(result.bins.count)
    assert found["binning"] == binning
    lines = succeed(*words).splitlines()
    assert lines[0] == "net: 9 rows"
    assert [line.split()[1] for line in lines if line.startswith(("ECE", "MCE", "RMS"))] == [
        f"{value:.4f}" for value in (result.ece, result.mce, result.rms)
    ]
    assert [int(line.split("]")[1].split()[0]) for line in lines if line.startswith("(")] == list(result.bins.count)


@pytest.mark.parametrize(("ending", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_calibrate_draws(evaluated: Path, ending: str, magic: bytes, tmp_path: Path) -> None:
    succeed("calibrate", evaluated, "--plot", tmp_path / f"diagram.{ending}")
    assert (tmp_path / f"diagram.{ending}").read_bytes().startswith(magic)
    assert len(list(tmp_path.iterdir())) == 1
    for folder in (tmp_path / "gone", tmp_path / f"diagram.{ending}"):  # one is missing, one is a file
        place = folder / f"diagram.{ending}"
        assert f"cannot write '{place}': " in run("calibrate", evaluated, "--plot", place).stderr


def test_report_prints_the_path_of_the_page(evaluated: Path, tmp_path: Path) -> None:
    page = tmp_path / "page" / "report.html"
    assert succeed("report", evaluated, evaluated / "predictions.csv", "-o", page.parent) == f"{page}\n"
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
