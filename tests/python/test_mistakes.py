"""Error ratios and multi-label accuracy: against published numbers, the authors' own package, NumPy, and laws."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import binet
import imagenet_x
import numpy as np
import pandas as pd
import pytest
import reference
from imagenet_x.aggregate import compute_factor_accuracies

MODELS = ("ResNet50", "ViT")


@pytest.fixture(scope="session", params=MODELS)
def model(request: Any, data: Path) -> tuple[str, binet.Predictions]:
    folder = data / "imagenet-val"
    return request.param, binet.Predictions.from_csv(folder / f"{request.param}.csv", folder / "labels.csv")


@pytest.fixture(scope="session")
def prototypes(data: Path) -> Path:
    return data / "imagenet-val" / "imagenet_x_prototypes.csv"


@pytest.fixture(scope="session")
def top_factors(data: Path) -> Path:
    return data / "imagenet-val" / "imagenet_x_top_factor.csv"


def table(n: int = 12, classes: int = 3, with_labels: bool = True) -> binet.Predictions:
    """Rows x0.png .. whose predicted class is row mod classes, with the label row // 2 mod classes."""
    probabilities = np.full((n, classes), 0.1 / (classes - 1))
    probabilities[np.arange(n), np.arange(n) % classes] = 0.9
    labels = np.arange(n) // 2 % classes if with_labels else None
    names = [f"set/x{i}.png" for i in range(n)]
    return binet.Predictions.from_probabilities(probabilities, labels, file_names=names)


# ---- Published numbers -----------------------------------------------------------------------------------------------


def test_published_error_ratios(model: Any, expected: Any, top_factors: Path, prototypes: Path) -> None:
    name, predictions = model
    wanted = expected["imagenet_x"][name]
    result = binet.error_ratio(predictions, top_factors, leave_out=prototypes)
    assert result.n == wanted["n"]
    assert result.accuracy == pytest.approx(wanted["accuracy"], abs=1e-12)
    assert set(result.ratios) == set(wanted["ratio"])
    for factor, ratio in wanted["ratio"].items():
        assert result.ratios[factor] == pytest.approx(ratio, abs=1e-12), factor
    assert result.mean == pytest.approx(wanted["mean"], abs=1e-12)
    assert float(result) == result.mean
    assert result.worst == max(wanted["ratio"], key=wanted["ratio"].get)
    # 48,868 images are annotated, 2,758 of the 3,000 prototypes among them; 1,132 images are not.
    assert (result.n_left_out, result.n_unmatched, result.n_unused) == (2758, 1132, 0)


def test_published_real_accuracy(model: Any, expected: Any, data: Path) -> None:
    name, predictions = model
    wanted = expected["imagenet_val"][name]
    names = binet.imagenet_val_file_names()
    result = binet.multilabel_accuracy(predictions, data / "imagenet-val" / "real_labels.json", names)
    assert (result.n_correct, result.n) == (wanted["real_correct"], wanted["real_n"])
    assert result.value == pytest.approx(wanted["real_accuracy"], abs=1e-15)
    assert (result.n_left_out, result.n_unmatched, result.n_unused) == (50_000 - wanted["real_n"], 0, 0)
    assert (result.low, result.high) == pytest.approx(reference.wilson(result.n_correct, result.n, 0.95), abs=1e-12)
    assert np.bincount(result.correct).tolist() == [result.n - result.n_correct, result.n_correct, result.n_left_out]


# ---- The authors' package --------------------------------------------------------------------------------------------


@cache
def authors_tables(path: Path, which: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Annotations, and what imagenet-x makes of them and the predictions of a model."""
    annotations = imagenet_x.load_annotations(which_factor=which)
    return annotations, imagenet_x.augment_model_predictions(annotations, {path.stem: pd.read_csv(path)})


@pytest.mark.filterwarnings("ignore")  # of pandas about imagenet-x, which leaves a file open too
@pytest.mark.parametrize("which", ["top", "multi"])
@pytest.mark.parametrize("right", ["is_correct", "is_metaclass_correct", "is_correct_real"])
def test_every_variant_is_that_of_the_authors(model: Any, data: Path, which: str, right: str) -> None:
    """imagenet-x 0.0.7 on its own annotations, one factor an image or several, and what it takes as right."""
    name, predictions = model
    annotations, theirs = authors_tables(data / "imagenet-val" / f"{name}.csv", which)
    accuracies = compute_factor_accuracies(theirs, imagenet_x.FACTORS, error_type=right)
    ratios = imagenet_x.error_ratio(accuracies).loc[name]
    correct = None
    if right == "is_metaclass_correct":
        metaclasses = binet.read_metaclasses(data / "imagenet-val" / "metaclasses.csv")
        assert len(set(metaclasses)) == 17
        correct = binet.metaclass_correct(predictions, metaclasses)
    elif right == "is_correct_real":  # the package counts an image without a ReaL label as wrong
        labels = data / "imagenet-val" / "real_labels.json"
        correct = binet.multilabel_accuracy(predictions, labels, binet.imagenet_val_file_names()).correct == 1
    result = binet.error_ratio(predictions, annotations, names=imagenet_x.FACTORS, correct=correct)
    assert result.n == len(annotations) == 46_110
    assert result.accuracy == pytest.approx(accuracies.loc[name, "average"], abs=1e-12)
    assert list(result.ratios) == imagenet_x.FACTORS
    np.testing.assert_allclose(list(result.ratios.values()), ratios[imagenet_x.FACTORS], rtol=0, atol=1e-12)
    assert result.factors.n.sum() > 46_110 or which == "top"


def test_images_without_a_real_label_are_left_out(model: Any, data: Path, top_factors: Path, prototypes: Path) -> None:
    _, predictions = model
    real = binet.multilabel_accuracy(
        predictions, data / "imagenet-val" / "real_labels.json", binet.imagenet_val_file_names()
    )
    strict = binet.error_ratio(predictions, top_factors, leave_out=prototypes, correct=real.correct == 1)
    result = binet.error_ratio(predictions, top_factors, leave_out=prototypes, correct=real)
    assert strict.n == 46_110
    assert result.n < strict.n
    assert result.n_correct == strict.n_correct
    assert result.accuracy > strict.accuracy


def test_ratios_by_metaclass_are_those_of_a_table_of_metaclasses(model: Any, data: Path) -> None:
    _, predictions = model
    metaclasses = np.array(binet.read_metaclasses(data / "imagenet-val" / "metaclasses.csv"))
    factors = {"file_name": predictions.file_names, "factor": metaclasses[predictions.label]}
    result = binet.error_ratio(predictions, factors)
    right = predictions.predicted_class == predictions.label
    for name in (*binet.METACLASSES, "other"):
        rows = metaclasses[predictions.label] == name
        assert result.ratios[name] == pytest.approx((1 - right[rows].mean()) / (1 - right.mean()), abs=1e-12)


# ---- Tables in every form --------------------------------------------------------------------------------------------


def test_every_form_of_a_table_says_the_same(tmp_path: Path) -> None:
    predictions = table()
    names = [f"x{i}.png" for i in (3, 0, 7, 5, 11, 2)]
    factors = ["a", "b", "", "a", "b", "a"]
    frame = pd.DataFrame({"file_name": names, "factor": factors})
    frame.to_csv(tmp_path / "top.csv", index=False)
    marks = {"file_name": names, "class": [7] * 6} | {f: [int(f == one) for one in factors] for f in "ab"}
    pd.DataFrame(marks).to_csv(tmp_path / "multi.csv", index=False)
    forms = [
        frame,
        frame.replace({"factor": {"": None}}),
        frame.replace({"factor": {"": float("nan")}}),
        frame.replace({"factor": {"": pd.NA}}),
        {"file_name": np.array(names), "factor": np.array(factors)},
        list(zip(names, factors, strict=True)),
        tmp_path / "top.csv",
        str(tmp_path / "multi.csv"),
        marks,
        pd.DataFrame(marks).astype({"a": bool, "b": bool}),
        binet.FactorTable.read(frame),
    ]
    first = binet.error_ratio(predictions, frame)
    for form in forms:
        result = binet.error_ratio(predictions, form)
        assert dict(result.ratios) == dict(first.ratios)
        assert (result.n, result.n_correct, result.n_unmatched, result.mean) == (6, first.n_correct, 6, first.mean)
    right = predictions.predicted_class == predictions.label
    rows = np.array([3, 5, 2])
    wanted = (1 - right[rows].mean()) / (1 - right[[3, 0, 7, 5, 11, 2]].mean())
    assert first.ratios["a"] == pytest.approx(wanted, abs=1e-15)
    assert first.factors["a"].n == 3
    backwards = binet.error_ratio(predictions, frame, names=["b", "a"])
    assert list(backwards.ratios) == ["b", "a"]
    assert backwards.ratios["a"] == first.ratios["a"]


def test_an_image_with_several_factors_counts_in_each() -> None:
    predictions = table()
    pairs = [("x0.png", "a"), ("x0.png", "b"), ("x1.png", "b"), ("x2.png", "a"), ("x2.png", "a"), ("x3.png", None)]
    result = binet.error_ratio(predictions, pairs)
    assert (result.n, result.factors["a"].n, result.factors["b"].n) == (4, 2, 2)


def test_rows_meet_by_name_and_never_by_position(rng: np.random.Generator) -> None:
    predictions = table()
    names = [f"x{i}.png" for i in range(12)]
    factors = ["ab"[i % 2] for i in range(12)]
    order = rng.permutation(12)
    plain = binet.error_ratio(predictions, list(zip(names, factors, strict=True)))
    turned = binet.error_ratio(predictions[order], list(zip(names, factors, strict=True))[::-1])
    assert dict(plain.ratios) == dict(turned.ratios)
    whole = binet.error_ratio(predictions, [(f"set/{name}", f) for name, f in zip(names, factors, strict=True)])
    assert dict(plain.ratios) == dict(whole.ratios)
    extra = binet.error_ratio(predictions, [("y.png", "a"), ("z.png", "b"), ("x1.png", "a")])
    assert (extra.n, extra.n_unused, extra.n_unmatched) == (1, 2, 11)


def test_what_is_left_out_counts_nowhere(tmp_path: Path) -> None:
    predictions = table()
    pairs = [(f"x{i}.png", "ab"[i % 2]) for i in range(12)]
    some = binet.error_ratio(predictions, [pair for i, pair in enumerate(pairs) if i not in (1, 8)])
    (tmp_path / "p.csv").write_text("file_name\nx1.png\nelsewhere.png\nx8.png\n")
    for listed in (["x1.png", "x8.png"], ("x1.png", "x8.png"), {"x1.png", "x8.png"}, tmp_path / "p.csv"):
        result = binet.error_ratio(predictions, pairs, leave_out=listed)
        assert dict(result.ratios) == dict(some.ratios)
        assert (result.n, result.n_left_out) == (10, 2)
    right = (predictions.predicted_class == predictions.label).astype(np.int64)
    right[[1, 8]] = 2
    assert dict(binet.error_ratio(predictions, pairs, correct=right).ratios) == dict(some.ratios)


# ---- No number where there is none -----------------------------------------------------------------------------------


def test_a_factor_without_rows_has_no_ratio() -> None:
    predictions = table()
    result = binet.error_ratio(predictions, [("x1.png", "a"), ("x0.png", "a"), ("y.png", "b")], names=["a", "b", "c"])
    assert math.isnan(result.ratios["b"])
    assert math.isnan(result.factors["c"].low)
    assert result.without_rows == ("b", "c")
    assert result.mean == result.ratios["a"]
    assert "no rows: b, c" in str(result)
    assert result._repr_html_().count("<td>-</td>") == 8  # accuracy, both ends and ratio of two factors


def test_all_right_has_no_ratio_and_all_wrong_has_one_of_1() -> None:
    predictions = table()
    pairs = [(f"x{i}.png", "ab"[i % 2]) for i in range(12)]
    right = binet.error_ratio(predictions, pairs, correct=np.ones(12, bool))
    assert math.isnan(right.mean)
    assert right.worst is None
    assert all(math.isnan(ratio) for ratio in right.ratios.values())
    assert right.accuracy == 1.0
    assert right.without_rows == ()
    wrong = binet.error_ratio(predictions, pairs, correct=np.zeros(12, bool))
    assert dict(wrong.ratios) == {"a": 1.0, "b": 1.0}
    assert (wrong.mean, wrong.worst) == (1.0, "a")


# ---- Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factors", "options", "status", "argument", "says"),
    [
        ([("y.png", "a"), ("z.png", "a")], {}, "INVALID_DATA", "factors", "none of the 2 file names of factors"),
        ([("x1.png", "a"), ("other/x1.png", "a")], {}, "INVALID_DATA", "factors", "fit the same row 1"),
        ([("x1.png", None)], {}, "INVALID_DATA", "factors", "no factor in any of its 1 rows"),
        ([("x1.png", ["a"])], {}, "INVALID_DATA", "factors", "no text"),
        ([("x1.png",)], {}, "INVALID_ARGUMENT", "factors", "a pair of a file name and a factor"),
        (["x1.png"], {}, "INVALID_ARGUMENT", "factors", "a pair"),
        ([], {}, "INVALID_DATA", "factors", "no rows"),
        (7, {}, "INVALID_ARGUMENT", "factors", "a DataFrame"),
        ({"factor": ["a"]}, {}, "INVALID_ARGUMENT", "factors", "no column file_name"),
        ({"file_name": ["x1.png"]}, {}, "INVALID_ARGUMENT", "factors", "neither a column factor nor"),
        ({"file_name": ["x1.png"], "factor": ["a", "b"]}, {}, "INVALID_ARGUMENT", "factors", "factor has 2 entries"),
        ({"file_name": ["x1.png"], "factor": "a"}, {}, "INVALID_ARGUMENT", "factors", "lists, arrays"),
        ({"file_name": ["x1.png"], "pose": [2]}, {}, "INVALID_DATA", "factors", "row 0 of the column pose is 2"),
        ({"file_name": ["x1.png", "x1.png"], "pose": [1, 0]}, {}, "INVALID_DATA", "factors", "row 1 has the file"),
        ([("x1.png", "c")], {"names": ["a"]}, "INVALID_DATA", "factors", "has the factor 'c'; allowed: a"),
        ([("x1.png", "a")], {"names": ["a", "a"]}, "INVALID_ARGUMENT", "names", "each once"),
        ({"file_name": ["x1.png"], "a": [1]}, {"names": ["b"]}, "INVALID_ARGUMENT", "factors", "no column b"),
        ([("x1.png", "a")], {"correct": [1, 0]}, "INVALID_ARGUMENT", "correct", "shape (2,)"),
        ([("x1.png", "a")], {"correct": [3] * 12}, "INVALID_DATA", "correct", "correct[0] is 3"),
        ([("x1.png", "a")], {"correct": [0.5] * 12}, "INVALID_ARGUMENT", "correct", "float64"),
        ([("x1.png", "a")], {"correct": [2] * 12}, "INVALID_DATA", "correct", "leaves all of its 12 rows out"),
        ([("x1.png", "a")], {"leave_out": ["y.png"]}, "INVALID_DATA", "leave_out", "none of the 1 file names"),
        ([("x1.png", "a")], {"leave_out": {"name": ["y"]}}, "INVALID_ARGUMENT", "leave_out", "no column file_name"),
        ([("x1.png", "a")], {"leave_out": ["x1.png"]}, "INVALID_DATA", "correct", "leaves all"),
        ([("x1.png", "a")], {"confidence_level": 1.0}, "INVALID_ARGUMENT", "confidence_level", "1"),
        ([("x1.png", "a")], {"confidence_level": 0.0}, "INVALID_ARGUMENT", "confidence_level", "0"),
        ([("a\0b", "a")], {}, "INVALID_DATA", "factors", "zero byte"),
    ],
)
def test_what_does_not_fit_is_named(factors: Any, options: Any, status: str, argument: str, says: str) -> None:
    with pytest.raises(binet.Error) as caught:
        binet.error_ratio(table(), factors, **options)
    assert caught.value.status.name == status
    assert caught.value.argument == argument
    assert says in caught.value.message


def test_labels_and_names_are_needed() -> None:
    with pytest.raises(binet.Error, match="row 1 of predictions has no label") as caught:
        binet.error_ratio(table(with_labels=False), [("x1.png", "a")])
    assert (caught.value.argument, caught.value.index) == ("predictions", 1)
    bare = binet.Predictions.from_logits(np.eye(3), [0, 1, 2])
    with pytest.raises(binet.Error, match="no file names"):
        binet.error_ratio(bare, [("x1.png", "a")])
    # With something else that says what is right, labels are not needed.
    assert binet.error_ratio(table(with_labels=False), [("x1.png", "a")], correct=[0] * 12).mean == 1.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file_name,factor\nx1.png\n", "line 2: 1 fields"),
        ("name,factor\nx1.png,a\n", "no column file_name"),
        ('file_name,factor\n"x1.png,a\n', "not a CSV"),
        ("", "no column file_name"),
        ("file_name,factor\n", "no rows"),
    ],
)
def test_csv_files_that_do_not_fit(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "f.csv").write_text(text)
    with pytest.raises(binet.Error, match=says):
        binet.error_ratio(table(), tmp_path / "f.csv")


# ---- Several labels --------------------------------------------------------------------------------------------------


def test_lists_meet_rows_by_name(tmp_path: Path) -> None:
    predictions = table()  # predicted classes 0, 1, 2, 0, ...
    lists = {"x0.png": [0], "x1.png": [0, 2], "x2.png": [], "x4.png": [2, 1], "y.png": [1]}
    result = binet.multilabel_accuracy(predictions, lists)
    assert (result.n, result.n_correct, result.n_left_out) == (3, 2, 9)
    assert (result.n_unmatched, result.n_unused) == (8, 1)
    assert result.correct.tolist() == [1, 0, 2, 2, 1, 2, 2, 2, 2, 2, 2, 2]
    assert (result.low, result.high) == pytest.approx(reference.wilson(2, 3, 0.95), abs=1e-12)
    (tmp_path / "lists.json").write_text(json.dumps(lists))
    (tmp_path / "bare.json").write_text(json.dumps(list(lists.values())))
    for labels, names in (
        (tmp_path / "lists.json", None),
        (tmp_path / "bare.json", list(lists)),
        (list(lists.values()), list(lists)),
        ([np.array(entry, np.int16) for entry in lists.values()], list(lists)),
    ):
        again = binet.multilabel_accuracy(predictions, labels, names)
        assert again.correct.tolist() == result.correct.tolist()
    none = binet.multilabel_accuracy(predictions, {"x0.png": []})
    assert math.isnan(none.value)
    assert (none.n, none.n_left_out) == (0, 12)


@pytest.mark.parametrize(
    ("labels", "names", "status", "argument", "says"),
    [
        ([[0]], None, "INVALID_ARGUMENT", "file_names", "not by position"),
        ([[0]], ["x0.png", "x1.png"], "INVALID_ARGUMENT", "file_names", "2 entries; labels has 1"),
        ({"x0.png": [0]}, ["x0.png"], "INVALID_ARGUMENT", "file_names", "names of its own"),
        ({"y.png": [0]}, None, "INVALID_DATA", "labels", "none of the 1 file names"),
        ({"x0.png": [3]}, None, "INVALID_DATA", "labels", "is 3; allowed: 0 .. 2"),
        ({"x0.png": [-1]}, None, "INVALID_DATA", "labels", "is -1"),
        ({"x0.png": 1}, None, "INVALID_DATA", "labels", "labels[0] is 1"),
        ({"x0.png": "01"}, None, "INVALID_DATA", "labels", "a list of classes"),
        ({"x0.png": [0.5]}, None, "INVALID_ARGUMENT", "labels", "float64"),
        (7, None, "INVALID_ARGUMENT", "labels", "a mapping"),
    ],
)
def test_lists_that_do_not_fit_are_named(labels: Any, names: Any, status: str, argument: str, says: str) -> None:
    with pytest.raises(binet.Error) as caught:
        binet.multilabel_accuracy(table(), labels, names)
    assert caught.value.status.name == status
    assert caught.value.argument == argument
    assert says in caught.value.message


def test_a_file_that_is_not_json(tmp_path: Path) -> None:
    (tmp_path / "lists.json").write_text("[[1],")
    with pytest.raises(binet.Error, match="not JSON"):
        binet.multilabel_accuracy(table(), tmp_path / "lists.json")


def test_metaclasses() -> None:
    predictions = table()
    groups = ["dog", "cat", "dog"]
    same = [groups[a] == groups[b] for a, b in zip(predictions.predicted_class, predictions.label, strict=True)]
    assert binet.metaclass_correct(predictions, groups).tolist() == [int(one) for one in same]
    assert set(binet.metaclass_correct(table(with_labels=False), groups).tolist()) == {2}
    with pytest.raises(binet.Error, match="row 2 has the class 2; metaclasses has 2"):
        binet.metaclass_correct(predictions, groups[:2])


# ---- Pictures --------------------------------------------------------------------------------------------------------


def test_models_are_drawn_side_by_side() -> None:
    predictions = table()
    pairs = [(f"x{i}.png", "ab"[i % 2]) for i in range(12)]
    one = binet.error_ratio(predictions, pairs, names=["a", "b", "c"])
    two = binet.error_ratio(predictions, pairs, names=["a", "b", "c"], correct=np.arange(12) % 3 == 0)
    ax = one.plot(label="one")
    two.plot(ax, label="two")
    assert len(ax.containers) == 2
    for bars, result in zip(ax.containers, (one, two), strict=True):
        assert [bar.get_width() for bar in bars] == [result.ratios["a"], result.ratios["b"], 0.0]
    edges = [(bar.get_y(), bar.get_y() + bar.get_height()) for bars in ax.containers for bar in bars]
    assert all(a[1] <= b[0] for a, b in zip(sorted(edges), sorted(edges)[1:], strict=False))  # none over another
    assert [text.get_text() for text in ax.texts] == ["no number"] * 2
    labels = ax.get_legend_handles_labels()[1]
    assert [label.split()[0] for label in labels] == ["one", "two"]
    with pytest.raises(binet.Error, match="other factors"):
        binet.error_ratio(predictions, pairs).plot(ax)
