"""Sections of the report: each appears where there is evidence for it, with the numbers of the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
from binet import report
from binet.report import words
from binet.report.evidence import gather
from test_report import N_CLASSES, N, Page, make_logits, make_predictions, write_run

NAMES = ["cat", "dog", "bear"]


def built(sources: list[Any], folder: Path, **inputs: Any) -> tuple[Page, dict[str, Any]]:
    """The page and report.json."""
    page = report.build(sources, folder, **inputs)
    text = page.read_text(encoding="utf-8")
    assert Page(text).open == []
    return Page(text), json.loads((folder / "report.json").read_text(encoding="utf-8"))


def ids(page: Page) -> list[str]:
    return [value for name, value in page.attributes if name == "id"]


def write_answers(folder: Path, seed: int) -> Path:
    """A model's answers to 40 cue-conflict images, as binet evaluate --groups writes them."""
    rng = np.random.default_rng(seed)
    shapes, textures = rng.integers(0, 3, 40), rng.integers(0, 3, 40)
    files = [f"{NAMES[a]}/{NAMES[a]}{i}-{NAMES[b]}1.png" for i, (a, b) in enumerate(zip(shapes, textures, strict=True))]
    predictions = binet.Predictions.from_logits(rng.normal(size=(40, 3)), shapes, file_names=files)
    folder.parent.mkdir(exist_ok=True)
    return write_run(folder, predictions, {"name": folder.parent.name, "groups": {"names": NAMES}})


# ---- Real data -------------------------------------------------------------------------------------------------------


def test_the_answers_of_the_study(data: Path, expected: Any, tmp_path: Path) -> None:
    """Eight decision makers: shape biases and counts to the last digit, and three published kappas on the page."""
    files = sorted((data / "cue-conflict").glob("*.csv"))
    page, record = built(files, tmp_path / "page")
    names = {file.stem: binet.read_answers(file)[0].observer for file in files}
    for stem, numbers in expected["cue_conflict"].items():
        found = next(one for one in record["shape"] if one["observer"] == names[stem])
        assert found["shape_bias"] == pytest.approx(numbers["shape_bias"], abs=1e-12)
        assert (found["n_conflict"], found["n_shape"], found["n_texture"]) == (
            numbers["conflict"],
            numbers["shape"],
            numbers["texture"],
        )
        assert page.numbers(names[stem])[0][0] == found["shape_bias"]
    for pair, numbers in expected["error_consistency"].items():
        first, second = (names[stem] for stem in pair.split("|"))
        row = next(cells for heading, cells in page.cells if heading.strip() == first and len(cells) == len(files))
        order = sorted(names.values(), key=lambda name: [names[file.stem] for file in files].index(name))
        assert row[order.index(second)] == f"{numbers['kappa']:.2f}"


def test_the_error_ratios_of_imagenet_x(data: Path, expected: Any, tmp_path: Path) -> None:
    """Both published models: all 16 ratios and their mean, and the accuracy under ReaL labels."""
    folder = data / "imagenet-val"
    page, record = built(
        [folder / "ResNet50.csv", folder / "ViT.csv"],
        tmp_path / "page",
        labels=folder / "labels.csv",
        factors=folder / "imagenet_x_top_factor.csv",
        leave_out=folder / "imagenet_x_prototypes.csv",
        multilabels=folder / "real_labels.json",
    )
    assert "mistakes" in ids(page)
    for found in record["mistakes"]:
        ratios = expected["imagenet_x"][found["model"]]
        assert found["error_ratio"] == pytest.approx(ratios["mean"], abs=1e-12)
        for factor, ratio in ratios["ratio"].items():
            assert found["ratios"][factor] == pytest.approx(ratio, abs=1e-12)
        clean = expected["imagenet_val"][found["model"]]
        assert found["real_accuracy"] == pytest.approx(clean["real_accuracy"], abs=1e-12)
        assert found["worst_class_accuracy"] == pytest.approx(clean["worst_class"], abs=1e-12)
    assert "ResNet50 errs 2.4 times as often as usual on images marked texture" in page.text


# ---- Made here -------------------------------------------------------------------------------------------------------


def test_a_set_below_a_model_is_found(tmp_path: Path) -> None:
    """Answers to cue-conflict images in a folder below the model's: no table for it among the clean sets."""
    model = write_run(tmp_path / "net", make_predictions(1, 2.0))
    answers = write_answers(model / "cue-conflict", 3)
    page, record = built([model], tmp_path / "page")
    result = binet.shape_bias(
        binet.Answers.from_predictions(binet.Predictions.from_csv(answers / "predictions.csv"), NAMES, "net")
    )
    assert [one["observer"] for one in record["shape"]] == ["net"]
    assert record["shape"][0]["shape_bias"] == result.shape_bias
    assert len(record["models"]) == 1
    assert {"shape", "mistakes", "calibration"} <= set(ids(page))


def test_a_folder_of_answers_alone_is_a_report(tmp_path: Path) -> None:
    answers = write_answers(tmp_path / "net" / "cue-conflict", 3)
    for source in (answers, tmp_path / "net"):
        page, record = built([source], tmp_path / "page")
        assert "models" not in record
        assert "shape" in ids(page)
        assert "accuracy" not in ids(page)


def test_measured_properties_reach_the_scatter(tmp_path: Path) -> None:
    sources = []
    for seed in range(3):
        sources.append(write_run(tmp_path / f"net{seed}", make_predictions(seed, 1.0 + seed)))
        write_answers(sources[-1] / "cue-conflict", seed)
    built(sources, tmp_path / "page")
    table = binet.ModelTable.read(tmp_path / "page" / "models.csv")
    assert table.models == ("net2", "net1", "net0")
    assert {"accuracy", "shape_bias", "class_balance", "worst_class_accuracy"} <= set(table.properties)
    assert table.values("shape_bias").min() >= 0


def test_factors_without_images_have_no_ratio(tmp_path: Path) -> None:
    predictions = make_predictions(1, 1.5)
    factors = {"file_name": list(predictions.file_names), "blurred": [1] * N, "never": [0] * N}
    page, record = built([write_run(tmp_path / "net", predictions)], tmp_path / "page", factors=factors)
    ratios = record["mistakes"][0]["ratios"]
    assert ratios["blurred"] == 1
    assert ratios["never"] is None
    assert page.numbers("never") == [[]]


def test_without_factors_there_are_no_ratios(tmp_path: Path) -> None:
    page, record = built([write_run(tmp_path / "net", make_predictions(1, 1.5))], tmp_path / "page")
    assert record["mistakes"][0]["ratios"] is None
    assert "error ratio" not in page.text


def test_models_keep_their_order_and_colour_in_every_section(tmp_path: Path) -> None:
    """The better model is given second and comes first, in the figure of the factors too."""
    weak, strong = make_predictions(1, 1.0), make_predictions(2, 4.0)
    factors = {"file_name": list(weak.file_names), "factor": ["a", "b"] * (N // 2)}
    sources = [write_run(tmp_path / name, one) for name, one in (("weak", weak), ("strong", strong))]
    _, record = built(sources, tmp_path / "page", factors=factors)
    assert [one["model"] for one in record["mistakes"]] == ["strong", "weak"]
    assert [one["model"] for one in record["models"]] == ["strong", "weak"]


def test_predictions_about_groups_that_do_not_say_so_are_refused(tmp_path: Path) -> None:
    model = write_run(tmp_path / "net", make_predictions(1, 2.0))
    logits = make_logits(np.random.default_rng(0), np.zeros(4, np.int64), 1.0)
    write_run(model / "cue-conflict", binet.Predictions.from_logits(logits, file_names=[f"{i}.png" for i in range(4)]))
    with pytest.raises(binet.Error, match="--groups sixteen"):
        report.build([model], tmp_path / "page")


def test_labels_by_file_name_are_read_from_json(tmp_path: Path) -> None:
    predictions = make_predictions(1, 1.5)
    labels = {name: [int(label)] for name, label in zip(predictions.file_names, predictions.label, strict=True)}
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(labels))
    _, record = built([write_run(tmp_path / "net", predictions)], tmp_path / "page", multilabels=path)
    assert record["mistakes"][0]["real_accuracy"] == binet.accuracy(predictions).value
    path.write_text("3")
    with pytest.raises(binet.Error, match="a mapping or a list of lists"):
        report.build([tmp_path / "net"], tmp_path / "page", multilabels=path)


# ---- Sweeps and synthetic images -------------------------------------------------------------------------------------


def write_sweep(folder: Path, seed: int, reference: float = 1) -> dict[float, binet.Predictions]:
    """Three scales of a model, as binet invariance writes them."""
    rng, labels = np.random.default_rng(seed), np.arange(60) % N_CLASSES
    logits = make_logits(rng, labels, 2.0)
    names = [f"{i}.png" for i in range(60)]
    found: dict[float, binet.Predictions] = {}
    folder.mkdir(exist_ok=True)
    for factor in (1, 1.5, 2):
        noisy = logits + (factor - 1) * rng.normal(size=logits.shape).astype(np.float32)
        found[factor] = binet.Predictions.from_logits(noisy.astype(np.float32), labels, file_names=names)
        found[factor].to_csv(folder / f"scale-{factor}.csv")
    (folder / "scale.json").write_text(json.dumps({"reference": reference}))
    return found


def test_sweeps_are_read_and_compared_with_their_reference(tmp_path: Path) -> None:
    tables = {name: write_sweep(tmp_path / name, seed) for seed, name in enumerate(("one", "two"))}
    page, record = built([tmp_path / "one", tmp_path / "two"], tmp_path / "page")
    assert "invariance" in ids(page)
    assert [(one["name"], one["sweep"], one["reference"]) for one in record["invariance"]] == [
        ("one", "scale", 1),
        ("two", "scale", 1),
    ]
    for one in record["invariance"]:
        expected = binet.invariance(tables[one["name"]])
        assert one["areas"]["consistency"]["value"] == expected.consistency_area.value
        assert [each["accuracy"]["value"] for each in one["settings"]] == [each.accuracy.value for each in expected]
    kept = {name: min(one.consistency.value for one in binet.invariance(table)) for name, table in tables.items()}
    best = max(kept, key=lambda name: kept[name])
    assert f"With pictures larger, {best} keeps at least {100 * kept[best]:.1f}\u202f% of its answers" in page.text


def test_another_reference_of_a_sweep_is_taken_from_its_summary(tmp_path: Path) -> None:
    tables = write_sweep(tmp_path / "net", 0, reference=2)
    _, record = built([tmp_path / "net"], tmp_path / "page")
    assert record["invariance"][0]["reference"] == 2
    expected = binet.invariance(tables, reference=2).consistency_area.value
    assert record["invariance"][0]["areas"]["consistency"]["value"] == expected


def test_synthetic_sets_need_the_map_of_classes(tmp_path: Path) -> None:
    """Two factors of two classes: without a map there is nothing to say."""
    class_map = {"Cat": [3, 4], "Dog": [7]}
    answers = {"Worlds": ([3, 7, 0], [0, 1, 1]), "Scene_Light": ([4, 4, 7], [0, 1, 1])}
    model = tmp_path / "net"
    (model / "synthetic").mkdir(parents=True)
    for factor, (predicted, labels) in answers.items():
        scores = np.eye(10, dtype=np.float32)[predicted]
        write_run(model / "synthetic" / factor, binet.Predictions.from_logits(scores, labels))
    write_run(tmp_path / "net2", make_predictions(1, 2.0))
    _, record = built([model, tmp_path / "net2"], tmp_path / "without")
    assert "synthetic" not in record
    page, record = built([model], tmp_path / "page", class_map=class_map)
    (found,) = record["synthetic"]
    accuracy = {one["name"]: one["accuracy"] for one in found["factors"] if one["n"]}
    assert accuracy == {"Worlds": pytest.approx(2 / 3), "Scene_Light": pytest.approx(2 / 3)}
    assert found["n_outside"] == 1
    assert found["mean"] == pytest.approx(2 / 3)
    assert "answers outside the map" in page.text


# ---- Robustness ------------------------------------------------------------------------------------------------------


def write_shifted(model: Path, clean: binet.Predictions) -> dict[str, binet.Predictions]:
    """A shifted set and two corruptions at two severities below a model that has a clean set."""
    found = {}
    names = ["imagenet-r", *(f"damaged/{name}/{severity}" for name in ("fog", "snow") for severity in (1, 2))]
    for seed, name in enumerate(names):
        logits = make_logits(np.random.default_rng(seed + 10), clean.label.astype(np.int64), 1.0)
        found[name] = binet.Predictions.from_logits(logits, clean.label, file_names=list(map(str, clean.file_names)))
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        write_run(model / name, found[name])
    return found


def test_corrupted_and_shifted_sets_are_told_apart(tmp_path: Path) -> None:
    clean = make_predictions(1, 3.0)
    model = write_run(tmp_path / "net", clean)
    sets = write_shifted(model, clean)
    page, record = built([model], tmp_path / "page")
    accuracy = {name: binet.accuracy(one).value for name, one in sets.items()}
    (corrupted,) = record["robustness"]["corrupted"]
    cells = [accuracy[name] for name in sets if name.startswith("damaged/")]
    assert (corrupted["set"], corrupted["baseline"], corrupted["mce"]) == ("damaged", "none", None)
    assert corrupted["accuracy"] == pytest.approx(np.mean(cells), abs=1e-15)
    assert {row["name"]: row["accuracy"] for row in corrupted["corruptions"]} == {
        "fog": pytest.approx(np.mean(cells[:2])),
        "snow": pytest.approx(np.mean(cells[2:])),
    }
    (shifted,) = record["robustness"]["shifted"]
    relative = accuracy["imagenet-r"] / binet.accuracy(clean).value
    assert [row["name"] for row in shifted["sets"]] == ["imagenet-r"]
    assert shifted["geometric"] == pytest.approx(relative, abs=1e-12)
    assert "robustness" in ids(page)


def test_a_missing_cell_is_named_and_no_mean_is_given(tmp_path: Path) -> None:
    clean = make_predictions(1, 3.0)
    model = write_run(tmp_path / "net", clean)
    write_shifted(model, clean)
    for file in (model / "damaged" / "snow" / "2").iterdir():
        file.unlink()
    page, record = built([model], tmp_path / "page")
    (corrupted,) = record["robustness"]["corrupted"]
    assert corrupted["missing"] == ["snow/2"]
    assert corrupted["accuracy"] is None
    assert "1 missing" in page.text


def test_all_of_imagenet_c_has_its_corruption_error(tmp_path: Path) -> None:
    """15 corruptions at 5 severities in a folder of any name: CE is over AlexNet's errors."""
    rng = np.random.default_rng(0)
    cells = {}
    for corruption in binet.corruption.CORRUPTIONS:
        for severity in range(1, 6):
            labels = rng.integers(0, 5, 40)
            table = binet.Predictions.from_logits(rng.normal(size=(40, 5)), labels)
            cells[corruption, severity] = table
            folder = tmp_path / "net" / "imagenet-c" / corruption / str(severity)
            folder.parent.mkdir(parents=True, exist_ok=True)
            write_run(folder, table)
    page, record = built([tmp_path / "net"], tmp_path / "page")
    expected = binet.corruption_robustness(cells)
    (found,) = record["robustness"]["corrupted"]
    assert found["mce"] == expected.mce
    assert found["accuracy"] == expected.accuracy
    assert "mCE, relative mCE" in page.text


# ---- Features --------------------------------------------------------------------------------------------------------


def write_tasks(model: Path, seed: int, *names: str) -> None:
    """Features of three classes for each task, train and test as .npz files."""
    rng = np.random.default_rng(seed)
    for name in names:
        (model / "transfer" / name).mkdir(parents=True)
        centres = rng.normal(size=(3, 8))
        for part, n in (("train", 60), ("test", 90)):
            labels = np.arange(n) % 3
            features = (centres[labels] + rng.normal(size=(n, 8))).astype(np.float32)
            np.savez(model / "transfer" / name / f"{part}.npz", features=features, labels=labels)


def write_layers(model: Path, seed: int, n: int = 40, **others: np.ndarray[Any, Any]) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    layers: dict[str, Any] = {
        "stem": np.random.default_rng(9).normal(size=(n, 2, 3)),
        "block.1": rng.normal(size=(n, 5)).astype(np.float32),
        "after": rng.normal(size=(n, 4)).astype(np.float16),
        **others,
    }
    model.mkdir(exist_ok=True)
    np.savez(model / "layers.npz", **layers)
    return layers


def test_probes_of_the_tasks_below_models(tmp_path: Path) -> None:
    """The accuracies of `probe_tasks`, with k of at most the rows there are; the mean is over the tasks in common."""
    sources = [write_run(tmp_path / name, make_predictions(1, strength)) for name, strength in (("one", 4), ("two", 2))]
    write_tasks(sources[0], 1, "a", "b")
    write_tasks(sources[1], 2, "b")
    page, record = built(sources, tmp_path / "page")
    assert "transfer" in ids(page)
    found = {one["model"]: one for one in record["transfer"]}
    for source, names in zip(sources, ("ab", "b"), strict=True):
        tasks = {
            name: (source / "transfer" / name / "train.npz", source / "transfer" / name / "test.npz") for name in names
        }
        linear, vote = (binet.probe_tasks(tasks, probe) for probe in (None, binet.NeighborsProbe(k=20)))
        one = found[source.name]
        assert one["mean"] == linear.mean
        for task, expected, neighbors in zip(one["tasks"], linear.tasks, vote.tasks, strict=True):
            numbers = [task[field] for field in ("name", "accuracy", "low", "high", "n", "n_train")]
            assert numbers == [expected.name, expected.accuracy, expected.low, expected.high, 90, 60]
            assert (task["C"], task["neighbors_k"], task["neighbors_accuracy"]) == (1, 20, neighbors.accuracy)
            assert 0 <= task["relative_gap"] <= 1e-4
            assert task["converged"] is True
    shares = {
        name: next(task["accuracy"] for task in one["tasks"] if task["name"] == "b") for name, one in found.items()
    }
    best, worst = sorted(shares, key=lambda name: -shares[name])
    said = f"features of {best} is right {words.percent(shares[best])} of the time, on those of {worst}"
    assert f"On the task \u201cb\u201d, a linear probe on the {said} {words.percent(shares[worst])}." in page.text


def test_few_training_rows_all_vote(tmp_path: Path) -> None:
    write_tasks(tmp_path / "net", 1, "a")
    train = tmp_path / "net" / "transfer" / "a" / "train.npz"
    arrays = np.load(train)
    np.savez(train, features=arrays["features"][:6], labels=arrays["labels"][:6])
    _, record = built([tmp_path / "net"], tmp_path / "page")
    assert record["transfer"][0]["tasks"][0]["neighbors_k"] == 6


def test_probe_accuracy_reaches_the_scatter(tmp_path: Path) -> None:
    sources = []
    for seed in range(3):
        sources.append(write_run(tmp_path / f"net{seed}", make_predictions(seed, 1.0 + seed)))
        write_tasks(sources[-1], seed, "b", "c")
    _, record = built(sources, tmp_path / "page")
    table = binet.ModelTable.read(tmp_path / "page" / "models.csv")
    means = {one["model"]: one["mean"] for one in record["transfer"]}
    assert dict(zip(table.models, table.values("probe_accuracy"), strict=True)) == pytest.approx(means)
    assert table.better["probe_accuracy"] == "higher"


def test_features_evaluated_for_a_task_are_no_shifted_set(tmp_path: Path) -> None:
    """A folder of binet evaluate --features: its labels are those of predictions.csv."""
    model = write_run(tmp_path / "net", make_predictions(1, 2.0))
    (model / "transfer" / "a").mkdir(parents=True)
    for seed, part in enumerate(("train", "test")):
        folder = write_run(model / "transfer" / "a" / part, make_predictions(seed, 2.0))
        np.save(folder / "features.npy", np.random.default_rng(seed).normal(size=(N, 4)).astype(np.float32))
    (read,) = gather([model]).models
    assert read.sets == {}
    assert list(read.tasks) == ["a"]
    _, record = built([model], tmp_path / "page")
    (task,) = record["transfer"][0]["tasks"]
    assert (task["n"], task["n_classes"]) == (N, N_CLASSES)


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_task_needs_train_and_test(tmp_path: Path, part: str) -> None:
    model = tmp_path / "net"
    write_tasks(model, 1, "a", "b")
    (model / "transfer" / "b" / f"{part}.npz").unlink()
    with pytest.raises(binet.Error, match=rf"net/transfer/b: no {part}\.npz"):
        report.build([model], tmp_path / "page")


def test_layers_of_two_models(tmp_path: Path) -> None:
    """The numbers of `binet.CKAMatrix`, in the order of the file; without layers there is no section."""
    paths = [write_run(tmp_path / name, make_predictions(1, 2.0)) for name in ("one", "two", "zero", "none")]
    layers = [write_layers(path, seed) for seed, path in enumerate(paths[:3])]
    page, record = built(paths, tmp_path / "page")
    found = record["similarity"]
    assert [one["model"] for one in found["models"]] == ["one", "two", "zero"]
    for one, given in zip(found["models"], layers, strict=True):
        matrix = binet.CKAMatrix()
        matrix.append(given)
        assert one["rows"] == one["columns"] == ["stem", "block.1", "after"]
        np.testing.assert_allclose(one["cka"], matrix.result().values, rtol=0, atol=1e-6)
        assert [matrix.result()["stem", "after"]] in page.numbers(one["model"])
    matrix = binet.CKAMatrix()
    matrix.append(*layers[:2])
    between = found["between"]
    assert (between["first"], between["second"], between["n"]) == ("one", "two", 40)
    np.testing.assert_allclose(between["cka"], matrix.result().values, rtol=0, atol=1e-6)
    assert between["cka"][0][0] == pytest.approx(1)
    value = matrix.result()["after", "after"]
    assert f"The last layers of one and two have a CKA of {value:.2f}" in page.text
    _, record = built(paths[3:], tmp_path / "none" / "page")
    assert "similarity" not in record
    assert "transfer" not in record


def test_many_images_are_compared_in_equal_batches(tmp_path: Path) -> None:
    layers = write_layers(tmp_path / "net", 1, 1025)
    _, record = built([tmp_path / "net"], tmp_path / "page")
    (one,) = record["similarity"]["models"]
    matrix = binet.CKAMatrix()
    for rows in np.array_split(np.arange(1025), 3):
        matrix.append({name: array[rows] for name, array in layers.items()})
    assert (one["n"], one["n_batches"]) == (1025, 3)
    np.testing.assert_allclose(one["cka"], matrix.result().values, rtol=0, atol=1e-6)


def test_a_constant_layer_is_explained(tmp_path: Path) -> None:
    write_layers(tmp_path / "net", 1, dead=np.ones((40, 3), np.float32))
    page, record = built([tmp_path / "net"], tmp_path / "page")
    (one,) = record["similarity"]["models"]
    assert one["constant"] == ["dead"]
    assert one["cka"][3] == [None] * 4
    assert "net: dead is constant: the same for every image" in page.text
    assert page.numbers("net") == [[]]


def test_layers_of_other_images_are_not_compared(tmp_path: Path) -> None:
    for seed, (name, n) in enumerate((("one", 40), ("two", 50))):
        write_layers(tmp_path / name, seed, n)
    page, record = built([tmp_path / "one", tmp_path / "two"], tmp_path / "page")
    assert record["similarity"]["between"] is None
    assert "The layers of one are of 40 images and those of two of 50: not compared." in page.text


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({}, "no arrays"),
        ({"a": np.zeros((4, 2)), "b": np.zeros((5, 2))}, r"b is float64 of shape \(5, 2\); .*N = 4 as in the first"),
        ({"a": np.zeros(4)}, r"a is float64 of shape \(4,\)"),
        ({"a": np.zeros((4, 2), np.int32)}, r"a is int32"),
        ({"a": np.full((4, 2), np.nan)}, "NaN|nan"),
        ({"a": np.zeros((3, 2))}, "3"),
        (b"PK no archive", "not a .npz file of numbers"),
    ],
)
def test_layers_that_are_malformed_are_refused(tmp_path: Path, arrays: Any, said: str) -> None:
    path = tmp_path / "net" / "layers.npz"
    path.parent.mkdir()
    if isinstance(arrays, bytes):
        path.write_bytes(arrays)
    else:
        np.savez(path, **arrays)
    with pytest.raises(binet.Error, match=rf"net/layers\.npz.*({said})"):
        report.build([path.parent], tmp_path / "page")
