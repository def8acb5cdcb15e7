"""Synthetic data: PUG-ImageNet's map, the loop that is published for it, and laws."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest

FACTORS = binet.PUG_IMAGENET_FACTORS


@pytest.fixture(scope="session")
def class_map(data: Path) -> Path:
    return data / "pug" / "class_to_imagenet_idx.json"


def run(predicted: Any, labels: Any, names: list[str] | None = None) -> binet.Predictions:
    """Rows with these predicted classes among 1,000, and these labels."""
    logits = np.zeros((len(predicted), 1000), np.float32)
    logits[np.arange(len(predicted)), predicted] = 9
    return binet.Predictions.from_logits(logits, labels, file_names=names)


@pytest.fixture(scope="session")
def rows(class_map: Path) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Predicted classes and labels of 3,000 images: right, wrong, shared, and outside the map."""
    rng = np.random.default_rng(3)
    groups = json.loads(class_map.read_text())
    order = sorted(groups)
    labels = rng.integers(0, 151, 3000)
    labels[:200] = rng.choice([order.index("Shirt"), order.index("Sweatshirt")], 200)
    predicted = np.array([rng.choice(groups[order[k]]) for k in labels])
    predicted[::3] = rng.integers(0, 1000, 1000)
    predicted[1::7] = rng.choice([index for one in groups.values() for index in one], len(predicted[1::7]))
    return predicted, labels


def published_loop(groups: dict[str, list[int]], predicted: Any, labels: Any) -> npt.NDArray[np.bool_]:
    """What PUG publishes: classes sorted by name, each index in a dictionary, where a later class goes over another."""
    stands_for: dict[int, int] = {}
    for number, (_, indices) in enumerate(sorted(groups.items())):
        for index in indices:
            stands_for[index] = number
    return np.array([stands_for.get(int(one), -1) == label for one, label in zip(predicted, labels, strict=True)])


def test_the_map_is_the_one_expected(class_map: Path, expected: Any, rows: Any) -> None:
    groups = json.loads(class_map.read_text())
    wanted = expected["pug"]
    assert len(groups) == wanted["classes"] == 151
    assert len({index for one in groups.values() for index in one}) == wanted["imagenet_indices"] == 176
    assert {name for name, one in groups.items() if 841 in one} == set(wanted["shared"]["841"])
    # The map as it is goes through; every label 0 .. 150 is there.
    predicted, labels = rows
    assert set(labels) == set(range(151))
    assert binet.synthetic_accuracy({"Worlds": run(predicted, labels)}, class_map).n == 3000


def test_official_is_the_published_loop_and_fixed_adds_what_is_shared(class_map: Path, rows: Any) -> None:
    groups = json.loads(class_map.read_text())
    predicted, labels = rows
    parts = {name: slice(i, None, 10) for i, name in enumerate(FACTORS)}
    runs = {name: run(predicted[part], labels[part]) for name, part in parts.items()}
    wanted = published_loop(groups, predicted, labels)
    official = binet.synthetic_accuracy(runs, class_map)
    assert official.convention == "official"
    assert official.n_correct == wanted.sum()
    for name, part in parts.items():
        assert official.factors[name].accuracy == wanted[part].mean()
    assert official.mean == pytest.approx(np.mean([wanted[part].mean() for part in parts.values()]), abs=1e-15)
    np.testing.assert_array_equal(official.correct, np.concatenate([wanted[part] for part in parts.values()]))
    known = {index for one in groups.values() for index in one}
    assert official.n_outside == sum(int(one) not in known for one in predicted)
    assert official.missing == ()

    fixed = binet.synthetic_accuracy(runs, groups, convention="fixed")
    order = sorted(groups)
    listed = np.array([int(one) in groups[order[label]] for one, label in zip(predicted, labels, strict=True)])
    assert fixed.n_correct == listed.sum()
    # All that is gained is Shirt's, whose one index Sweatshirt, later in the alphabet, has too.
    gained = listed & ~wanted
    assert set(labels[gained]) == {order.index("Shirt")}
    assert not wanted[labels == order.index("Shirt")].any()
    assert gained.sum() > 10
    assert fixed.n_outside == official.n_outside


def test_every_way_to_say_the_factors_is_the_same(class_map: Path, rows: Any, tmp_path: Path) -> None:
    predicted, labels = rows[0][:100], rows[1][:100]
    of_rows = [FACTORS[i % 10] for i in range(100)]
    names = [f"pug/{factor}/c{i}/image{i}.png" for i, factor in enumerate(of_rows)]
    table = run(predicted, labels, names)
    by_path = binet.synthetic_accuracy(table, class_map)
    lines = "".join(f"image{i}.png,{factor}\n" for i, factor in reversed(list(enumerate(of_rows))))
    (tmp_path / "factors.csv").write_text("file_name,factor\n" + lines)
    by_table = binet.synthetic_accuracy(table, class_map, tmp_path / "factors.csv")
    runs = {name: table[np.array([one == name for one in of_rows])] for name in FACTORS}
    by_run = binet.synthetic_accuracy(runs, class_map)
    for one in (by_table, by_run):
        assert one.factors.name == by_path.factors.name == FACTORS
        np.testing.assert_array_equal(one.factors.n_correct, by_path.factors.n_correct)
        assert (one.mean, one.accuracy, one.low) == (by_path.mean, by_path.accuracy, by_path.low)


def test_missing_factors_are_named(class_map: Path, rows: Any) -> None:
    predicted, labels = rows[0][:100], rows[1][:100]
    result = binet.synthetic_accuracy({"Worlds": run(predicted, labels)}, class_map)
    assert result.missing == FACTORS[1:]
    assert result.mean == result.accuracy
    assert math.isnan(result.factors["Scene_Light"].accuracy)
    assert "mean of 1 factors" in str(result)
    assert "no rows: Camera_Pitch" in str(result)
    assert result._repr_html_().count("<td>-</td>") == 27
    # Rows without a factor count in the accuracy only.
    table = run(predicted, labels, [f"x{i}.png" for i in range(100)])
    some = binet.synthetic_accuracy(table, class_map, [("x0.png", "fog"), ("x1.png", "fog")])
    assert (some.n, some.n_without_factor, some.factors["fog"].n) == (100, 98, 2)
    assert some.missing == ()


def test_labels_follow_the_names_given() -> None:
    table = run([5, 7], [0, 1], ["fog/a.png", "fog/b.png"])
    groups = {"apple": [7], "zebra": [5]}
    assert binet.synthetic_accuracy(table, groups, names=["fog"]).accuracy == 0.0
    assert binet.synthetic_accuracy(table, groups, names=["fog"], class_names=["zebra", "apple"]).accuracy == 1.0


def test_all_right_and_all_wrong() -> None:
    table = run([5, 5], [0, 0], ["fog/a.png", "fog/b.png"])
    right = binet.synthetic_accuracy(table, {"a": [5]}, names=["fog"])
    assert (right.mean, right.high, right.n_outside) == (1.0, 1.0, 0)
    wrong = binet.synthetic_accuracy(table, {"a": [6]}, names=["fog"])
    assert (wrong.mean, wrong.low, wrong.n_outside) == (0.0, 0.0, 2)


@pytest.mark.parametrize(
    ("options", "status", "argument", "says"),
    [
        ({"class_map": {"a": [5], "b": [1000]}}, "INVALID_DATA", "class_map", "of class 1, is 1000; allowed: 0 .. 999"),
        ({"class_map": {"a": [5], "b": [-1]}}, "INVALID_DATA", "class_map", "is -1"),
        ({"class_map": {"a": [5, 5], "b": [1]}}, "INVALID_DATA", "class_map", "class 0 lists the index 5 twice"),
        ({"class_map": {"a": [5], "b": []}}, "INVALID_ARGUMENT", "class_map", "class_map['b'] has no class"),
        ({"class_map": {}}, "INVALID_ARGUMENT", "class_map", "class_map is empty"),
        ({"class_map": 7}, "INVALID_ARGUMENT", "class_map", "class_map is 7"),
        ({"class_map": {"a": [5]}}, "INVALID_DATA", "predictions", "label 1; the map has the classes 0 .. 0"),
        ({"class_names": ["a", "c"]}, "INVALID_ARGUMENT", "class_names", "'b' is in one of them only"),
        ({"convention": "published"}, "INVALID_ARGUMENT", "convention", "'official', 'fixed'"),
        ({"factors": [("z.png", "fog")]}, "INVALID_DATA", "factors", "none of the 1 file names"),
        ({"factors": [("a.png", "fog"), ("a.png", "sun")], "names": None}, "INVALID_DATA", "factors", "more than one"),
        ({"factors": [("a.png", "fog")], "names": ["sun"]}, "INVALID_DATA", "factors", "has the factor 'fog'"),
        ({"names": ["sun"]}, "INVALID_DATA", "predictions", "0 folders in its path are factors"),
        ({"names": None}, "INVALID_DATA", "predictions", "row 0, 'fog/a.png'"),
        ({"confidence_level": 2.0}, "INVALID_ARGUMENT", "confidence_level", "2"),
    ],
)
def test_what_does_not_fit_is_named(options: Any, status: str, argument: str, says: str) -> None:
    table = run([5, 7], [0, 1], ["fog/a.png", "fog/b.png"])
    given = {"class_map": {"a": [5], "b": [7]}, "names": ["fog"]} | options
    with pytest.raises(binet.Error) as caught:
        binet.synthetic_accuracy(table, **given)
    assert caught.value.status.name == status
    assert caught.value.argument == argument
    assert says in caught.value.message


def test_labels_are_needed_and_factors_come_once() -> None:
    bare = run([5], None, ["fog/a.png"])
    with pytest.raises(binet.Error, match="row 0 has no label"):
        binet.synthetic_accuracy(bare, {"a": [5]}, names=["fog"])
    with pytest.raises(binet.Error, match="a table for each factor"):
        binet.synthetic_accuracy({"fog": run([5], [0])}, {"a": [5]}, [("a", "fog")])
    with pytest.raises(binet.Error, match="'fog' is missing"):
        binet.synthetic_accuracy({"fog": run([5], [0])}, {"a": [5]}, names=["sun"])


def test_bars() -> None:
    table = run([5, 7, 5], [0, 1, 1], ["fog/a.png", "fog/b.png", "sun/c.png"])
    result = binet.synthetic_accuracy(table, {"a": [5], "b": [7]}, names=["fog", "sun", "hail"])
    ax = result.plot(label="model")
    assert [bar.get_width() for bar in ax.containers[0]] == [1.0, 0.0, 0.0]
    assert [text.get_text() for text in ax.texts] == ["no number"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["fog", "sun", "hail"]
