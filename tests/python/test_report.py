"""The report: the page, its CSV and its JSON say what the API says, and the page stands alone."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from binet import report
from binet.report import sentences, words
from binet.report.assembly import Report
from binet.report.comparison import Comparison, compare
from binet.report.figure import reliability_svg

N, N_CLASSES = 500, 12
HOSTILE = "<script>alert('1')</script>\"&"

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """A page as a list of elements, and its tables as rows of texts, of cells and of exact numbers."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.rows: list[tuple[str, list[float]]] = []
        self.cells: list[tuple[str, list[str]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append(("", []))
            self.cells.append(("", []))
        if tag == "td" and self.cells:
            self.cells[-1][1].append("")
        if tag == "data" and "tr" in self.open:
            self.rows[-1][1].append(float(dict(attrs)["value"] or "nan"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.text += data
        if "td" in self.open:
            self.cells[-1][1][-1] += data.strip()
        if "tr" in self.open and "th" in self.open:
            name, values = self.rows[-1]
            self.rows[-1] = (name + data, values)
            self.cells[-1] = (name + data, self.cells[-1][1])

    def numbers(self, name: str) -> list[list[float]]:
        """The exact numbers of each table row whose heading is `name`."""
        return [values for heading, values in self.rows if heading.strip() == name]


def make_logits(rng: np.random.Generator, labels: npt.NDArray[np.int64], strength: float) -> npt.NDArray[np.float32]:
    logits = rng.normal(size=(len(labels), N_CLASSES))
    logits[np.arange(len(labels)), labels] += strength
    return logits.astype(np.float32)


def make_predictions(seed: int, strength: float, order: Sequence[int] | None = None) -> binet.Predictions:
    """Labels and names are the same for every seed; a larger strength is a better model."""
    labels = np.random.default_rng(0).integers(0, N_CLASSES, N)
    logits = make_logits(np.random.default_rng(seed), labels, strength)
    rows = np.arange(N) if order is None else np.asarray(order)
    names = [f"{labels[row]}/{row:03d}.png" for row in rows]
    return binet.Predictions.from_logits(logits[rows], labels[rows], file_names=names)


def write_run(folder: Path, predictions: binet.Predictions, summary: dict[str, Any] | None = None) -> Path:
    folder.mkdir()
    predictions.to_csv(folder / "predictions.csv")
    if summary is not None:
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder


def compared(*tables: binet.Predictions) -> Comparison:
    runs = [report.Run(f"model {i}", Path(f"out/{i}"), table, None) for i, table in enumerate(tables)]
    return compare(runs)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, binet.Predictions]]:
    """The report of two models, the better one second."""
    folder = tmp_path_factory.mktemp("report")
    tables = {"weak": make_predictions(1, 1.5), "strong": make_predictions(2, 4.0)}
    sources = [write_run(folder / name, table) for name, table in tables.items()]
    page = report.build(sources, folder / "page")
    assert page == folder / "page" / "report.html"
    return page.parent, tables


@pytest.fixture(scope="module")
def page(built: tuple[Path, dict[str, binet.Predictions]]) -> str:
    return (built[0] / "report.html").read_text(encoding="utf-8")


# ---- The numbers -----------------------------------------------------------------------------------------------------


def test_the_page_holds_the_numbers_of_the_api(built: tuple[Path, dict[str, binet.Predictions]], page: str) -> None:
    parsed = Page(page)
    for name, table in built[1].items():
        top1, top5, result = binet.accuracy(table), binet.accuracy(table, k=5), binet.calibration(table)
        rows = parsed.numbers(name)
        assert rows[0] == [top1.value, top1.low, top1.high, top5.value, top5.low, top5.high]
        smooth, risk = binet.smooth_ece(table).value, binet.risk_coverage(table).aurc
        errors = [result.ece, result.mce, result.rms, smooth, risk]
        assert rows[1] == [*errors, result.confidence, result.accuracy]
        means = [table.nll.mean(), table.brier.mean(), table.entropy.mean()]
        np.testing.assert_allclose(rows[2][::3], means, rtol=1e-13)
        half = [1.959963984540054 * column.std(ddof=1) / math.sqrt(N) for column in (table.nll, table.brier)]
        np.testing.assert_allclose(np.subtract(rows[2][2::3], rows[2][::3])[:2], half, rtol=1e-10)


def test_the_better_model_comes_first(page: str) -> None:
    assert [name.strip() for name, values in Page(page).rows if values][:2] == ["strong", "weak"]


def test_csv_and_json_equal_the_page(built: tuple[Path, dict[str, binet.Predictions]], page: str) -> None:
    with (built[0] / "report.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    found = json.loads((built[0] / "report.json").read_text(encoding="utf-8"))
    parsed = Page(page)
    assert [line["model"] for line in lines] == ["strong", "weak"]
    for line, model in zip(lines, found["models"], strict=True):
        numbers = {key: float(value) for key, value in line.items() if key != "model"}
        assert {key: model[key] for key in numbers} == numbers
        accuracy, calibration, probabilities, _ = parsed.numbers(line["model"])
        suffixes = ("", "_low", "_high")
        assert accuracy == [numbers[f"{name}{end}"] for name in ("accuracy", "top5_accuracy") for end in suffixes]
        errors = ("ece", "mce", "rms", "smooth_ece", "aurc")
        assert calibration == [numbers[name] for name in (*errors, "confidence", "accuracy")]
        assert probabilities == [numbers[f"{name}{end}"] for name in ("nll", "brier", "entropy") for end in suffixes]


def test_json_holds_every_bin(built: tuple[Path, dict[str, binet.Predictions]]) -> None:
    found = json.loads((built[0] / "report.json").read_text(encoding="utf-8"))
    for model in found["models"]:
        result = binet.calibration(built[1][model["model"]])
        assert [one["count"] for one in model["bins"]] == list(result.bins.count)
        assert sum(one["count"] for one in model["bins"]) == N
        filled = [one for one in model["bins"] if one["count"]]
        gaps = [one["count"] / N * abs(one["accuracy"] - one["confidence"]) for one in filled]
        assert sum(gaps) == pytest.approx(model["ece"], rel=1e-12)
        assert all(one["accuracy"] is None for one in model["bins"] if not one["count"])


def test_agreement_is_counted_by_file_name() -> None:
    """The second table has the same images in another order: the counts do not change."""
    first, second = make_predictions(1, 1.5), make_predictions(2, 4.0)
    mixed = make_predictions(2, 4.0, order=np.random.default_rng(5).permutation(N).tolist())
    right_first, right_second = first.predicted_class == first.label, second.predicted_class == second.label
    for other in (second, mixed):
        comparison = compared(first, other)
        assert comparison.same_images
        (pair,) = comparison.agreements
        assert (pair.first, pair.second) == ("model 1", "model 0")  # in the order of their accuracy
        assert pair.same_answer == int((first.predicted_class == second.predicted_class).sum())
        assert pair.both_right == int((right_first & right_second).sum())
        assert pair.only_first_right == int((right_second & ~right_first).sum())
        assert pair.only_second_right == int((right_first & ~right_second).sum())
        assert pair.both_wrong == N - int((right_first | right_second).sum())


def test_imagenet_predictions_as_others_wrote_them(data: Path, expected: Any, tmp_path: Path) -> None:
    """ImageNet-X's files have three columns and no labels: what they cannot tell is a dash, the rest is right."""
    folder = data / "imagenet-val"
    names = ("ResNet50", "ViT")
    built = report.build([folder / f"{name}.csv" for name in names], tmp_path, folder / "labels.csv")
    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        lines = {line["model"]: line for line in csv.DictReader(file)}
    for name in names:
        answers = {"accuracy": "top1", "ece": "ece15_equal_width_l1", "mce": "mce15", "rms": "rms15"}
        for key, answer in answers.items():
            assert float(lines[name][key]) == pytest.approx(expected["imagenet_val"][name][answer], abs=1e-9)
        assert [lines[name][key] for key in ("top5_accuracy", "nll", "brier", "entropy")] == [""] * 4
        assert Page(built.read_text(encoding="utf-8")).numbers(name)[2] == []


# ---- What is marked best ---------------------------------------------------------------------------------------------


def test_best_only_beyond_the_intervals() -> None:
    clear = compared(make_predictions(1, 1.5), make_predictions(2, 4.0))
    assert clear.best == {**dict.fromkeys(("accuracy", "top_5_accuracy", "nll", "brier"), "model 1"), "ece": "model 0"}
    close = compared(make_predictions(1, 2.5), make_predictions(2, 2.5))
    assert set(close.best.values()) == {None}


def test_a_tie_has_no_best() -> None:
    table = make_predictions(1, 2.0)
    assert set(compared(table, table).best.values()) == {None}


def test_a_best_must_lead_every_other_model() -> None:
    """Two equal leaders far ahead of a third: neither is best."""
    strong = make_predictions(2, 4.0)
    assert compared(strong, strong, make_predictions(1, 1.0)).best["accuracy"] is None


@pytest.mark.parametrize("change", ["fewer", "names", "labels", "unnamed"])
def test_other_images_have_no_best_and_no_agreement(change: str) -> None:
    strong, weak = make_predictions(2, 4.0), make_predictions(1, 1.5)
    logits = make_logits(np.random.default_rng(1), weak.label.astype(np.int64), 1.5)
    labels = (weak.label + (change == "labels")) % N_CLASSES
    names: Any = (
        None if change == "unnamed" else [f"{change}/{name}" if change == "names" else name for name in weak.file_names]
    )
    other = binet.Predictions.from_logits(logits, labels, file_names=names)
    comparison = compared(strong, other[: N - 1] if change == "fewer" else other)
    assert not comparison.same_images
    assert not comparison.agreements
    assert not any(comparison.best.values())
    assert "not evaluated on the same" in " ".join(sentences.in_short(Report(comparison)))


@pytest.mark.parametrize(
    ("temperature", "direction"), [(4.0, "underconfident"), (0.25, "overconfident"), (1.0, "balanced")]
)
def test_direction_of_a_model(temperature: float, direction: str) -> None:
    """Labels are drawn from the softmax of the logits, so temperature 1 is calibrated by construction."""
    rng = np.random.default_rng(3)
    logits = 1.5 * rng.normal(size=(4000, N_CLASSES))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(1)
    comparison = compared(binet.Predictions.from_logits(logits, labels, temperature=temperature))
    assert comparison.models[0].direction == direction
    assert direction in sentences.confidence(comparison.models[0]) or direction == "balanced"


def test_an_impossible_truth_has_an_infinite_nll(tmp_path: Path) -> None:
    table = binet.Predictions.from_probabilities(np.array([[1.0, 0.0], [0.25, 0.75]]), np.array([1, 1]))
    run = report.Run("sure", tmp_path, table, None)
    page = report.build([run], tmp_path / "page")
    assert "∞" in Page(page.read_text(encoding="utf-8")).text
    found = json.loads((page.parent / "report.json").read_text(encoding="utf-8"))["models"][0]
    assert found["nll"] is None
    assert found["top5_accuracy"] is None  # of two classes
    assert (page.parent / "report.csv").read_text(encoding="utf-8").count("inf") == 1


# ---- Sentences -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "n", "shown"), [(0.98887, 899, "98.9"), (0.761294, 50_000, "76.13"), (1.0, 10, "100.0"), (0.0, 10, "0.0")]
)
def test_shares_as_people_read_them(value: float, n: int, shown: str) -> None:
    assert words.percent(value, n) == f"{shown}\u202f%"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0281, ".0281"), (1.25, "1.2500"), (0.0, ".0000"), (math.inf, "∞"), (math.nan, "\u2013")]
)
def test_errors_as_people_read_them(value: float, shown: str) -> None:
    assert words.decimal(value) == shown


def test_the_sentence_about_ece() -> None:
    comparison = compared(make_predictions(1, 1.5))
    error = comparison.models[0].calibration.ece
    assert sentences.ece(comparison.models[0]).endswith(f"differ by {100 * error:.1f} points.")


# ---- The page --------------------------------------------------------------------------------------------------------


def test_the_page_is_well_formed(page: str) -> None:
    parsed = Page(page)
    assert parsed.open == []
    assert parsed.tags.count("h1") == 1
    assert parsed.tags.count("svg") == 2


def test_the_page_needs_no_network_and_no_script(page: str) -> None:
    parsed = Page(page)
    assert not re.search(r"\w+://", page)
    assert not {"script", "link", "img", "iframe", "object", "image"} & set(parsed.tags)
    assert not [name for name, _ in parsed.attributes if name == "src" or name.startswith("on")]
    assert all(value.startswith("#") for name, value in parsed.attributes if name == "href")
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))
    assert "@import" not in page


def test_ids_are_unique_and_references_meet_them(page: str) -> None:
    parsed = Page(page)
    ids = [value for name, value in parsed.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    wanted = {value[1:] for name, value in parsed.attributes if name == "href"}
    wanted |= set(re.findall(r"url\(#([^)]*)\)", page))
    wanted |= {value for name, value in parsed.attributes if name == "aria-labelledby"}
    assert wanted <= set(ids)


def test_a_diagram_follows_the_colours_of_the_page() -> None:
    """Every colour that plot() uses has a variable: none is left that dark mode could not change."""
    tables = [make_predictions(1, 1.5), make_predictions(1, 4.0)]
    for temperature in (0.2, 5.0):
        logits = make_logits(np.random.default_rng(4), tables[0].label.astype(np.int64), 2.0)
        tables.append(binet.Predictions.from_logits(logits, tables[0].label, temperature=temperature))
    for table in tables:
        svg = reliability_svg(binet.calibration(table), "a title", "p")
        assert not re.findall(r"#[0-9a-fA-F]{6}\b|\brgb\(|: ?(?:white|black)\b", svg)
        assert "var(--bar)" in svg


def test_names_are_escaped(tmp_path: Path) -> None:
    summary = {
        "name": HOSTILE,
        "model": {"path": HOSTILE, "sha256": HOSTILE},
        "data": {"path": HOSTILE},
        "counts": {"evaluated": N, "skipped": 1},
        "skipped": [{"file": HOSTILE, "reason": HOSTILE}],
        "versions": {"libbinet": HOSTILE},
        "command": HOSTILE,
    }
    first = write_run(tmp_path / "first", make_predictions(1, 1.5), summary)
    second = write_run(tmp_path / "second", make_predictions(2, 3.0), {"name": "</style>" + HOSTILE})
    page = report.build([first, second], tmp_path / "page").read_text(encoding="utf-8")
    parsed = Page(page)
    assert parsed.open == []
    assert "script" not in parsed.tags
    assert page.count("</style>") == parsed.tags.count("style")
    assert parsed.text.count(HOSTILE) >= 10
    assert ("aria-label", f"Reliability diagram of {HOSTILE}") in parsed.attributes


def test_the_page_says_how_it_was_made(tmp_path: Path) -> None:
    summary = {
        "name": "net",
        "model": {"path": "models/net.pt", "sha256": "0123456789abcdef"},
        "data": {"path": "images", "list_sha256": "fedcba9876543210"},
        "transform": {"resize": 256, "crop": 224, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.25] * 3},
        "counts": {"evaluated": N, "skipped": 2},
        "skipped": [{"file": "3/a.png", "reason": "truncated"}, {"file": "4/b.png", "reason": "not an image"}],
        "versions": {"libbinet": "0.1.0", "torch": "2.13.0"},
        "isa": "avx2",
        "threads": 2,
        "command": "binet evaluate models/net.pt --data images",
    }
    run = write_run(tmp_path / "run", make_predictions(1, 1.5), summary)
    bare = write_run(tmp_path / "bare", make_predictions(2, 1.5))
    text = Page(report.build([run, bare], tmp_path / "page").read_text(encoding="utf-8")).text
    for said in (
        "models/net.pt",
        "0123456789abcdef",
        "fedcba9876543210",
        "short side to 256 (bilinear), centre 224 \u00d7 224, mean 0.5, 0.5, 0.5, std 0.25, 0.25, 0.25",
        f"{N} evaluated, 2 skipped",
        "libbinet 0.1.0, torch 2.13.0",
        "isa avx2, threads 2",
        "2 skipped files",
        "3/a.png",
        "not an image",
        "binet evaluate models/net.pt --data images",
        "how they were made is not known",
    ):
        assert said in text


def test_one_model_alone(tmp_path: Path) -> None:
    page = report.build([write_run(tmp_path / "run", make_predictions(1, 1.5))], tmp_path / "page")
    parsed = Page(page.read_text(encoding="utf-8"))
    assert parsed.open == []
    assert "Agreement" not in parsed.text
    assert ("class", "best") not in parsed.attributes


def test_the_same_runs_give_the_same_bytes(built: tuple[Path, dict[str, binet.Predictions]], tmp_path: Path) -> None:
    sources = [built[0].parent / name for name in built[1]]
    report.build(sources[::-1], tmp_path)
    for name in ("report.html", "report.csv", "report.json"):
        assert (tmp_path / name).read_bytes() == (built[0] / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.csv", "report.html", "report.json"]


# ---- Sources ---------------------------------------------------------------------------------------------------------


def test_names_of_sources(tmp_path: Path) -> None:
    """The summary's name; else the folder's for a predictions.csv, else the file's own."""
    table = make_predictions(1, 1.5)
    named = write_run(tmp_path / "folder", table, {"name": "given"})
    bare = write_run(tmp_path / "bare", table)
    table.to_csv(tmp_path / "alone.csv")
    assert report.read(named).name == report.read(named / "predictions.csv").name == "given"
    assert report.read(bare).name == "bare"
    assert report.read(tmp_path / "alone.csv").name == "alone"


def test_equal_names_are_told_apart() -> None:
    table = make_predictions(1, 1.5)
    comparison = compare([report.Run("net", Path(place), table, None) for place in ("a", "b")])
    assert sorted(model.name for model in comparison.models) == ["net (a)", "net (b)"]


def test_sources_that_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    unlabelled = write_run(tmp_path / "unlabelled", binet.Predictions.from_logits(np.eye(3, dtype=np.float32)))
    broken = write_run(tmp_path / "broken", make_predictions(1, 1.5))
    (broken / "summary.json").write_text("{", encoding="utf-8")
    listing = write_run(tmp_path / "listing", make_predictions(1, 1.5))
    (listing / "summary.json").write_text("[]", encoding="utf-8")
    for sources, says in (
        ([tmp_path / "missing"], "no such file or folder"),
        ([tmp_path / "empty"], "has no predictions.csv"),
        ([unlabelled], "3 of 3 rows lack a label"),
        ([broken], "not JSON"),
        ([listing], "a JSON object is expected"),
        ([], "nothing to show"),
    ):
        with pytest.raises(binet.Error, match=says):
            report.build(sources, tmp_path / "page")
    assert not (tmp_path / "page").exists()
