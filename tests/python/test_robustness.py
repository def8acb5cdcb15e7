"""Relative accuracies, the study's mean of seven and object focus: published numbers, definitions in NumPy, laws."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest

Array = npt.NDArray[Any]

# Vishniakov et al. (ICML 2024), percent: V2, A, C, R, Sketch, Hard, ReaL of ConvNeXt-sup, ViT-sup, ConvNeXt-clip and
# ViT-clip, and the means that the study reports.
STUDY = {
    "ConvNeXt-sup": ((75.6, 52.9, 66.8, 62.3, 48.6, 29.4, 89.5), 60.7),
    "ViT-sup": ((76.2, 60.0, 59.8, 61.6, 46.1, 28.5, 89.2), 60.2),
    "ConvNeXt-clip": ((58.6, 30.9, 39.0, 75.8, 52.0, 5.8, 73.8), 48.0),
    "ViT-clip": ((59.5, 33.2, 40.8, 77.8, 52.3, 5.5, 74.3), 49.1),
}


def table_of(right: Array) -> binet.Predictions:
    return binet.Predictions.from_logits(
        np.stack([right, 1.5 - right], 1).astype(np.float32), np.zeros(len(right), int)
    )


# ---- The study's mean ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", list(STUDY))
def test_the_mean_of_seven_is_the_published_one(model: str) -> None:
    percent, mean = STUDY[model]
    found = binet.study_robustness(dict(zip(binet.STUDY_SETS, (value / 100 for value in percent), strict=True)))
    assert round(100 * found.value, 1) == mean
    assert list(found.accuracies) == list(binet.STUDY_SETS)
    assert float(found) == found.value
    assert "imagenet-sketch" in str(found)
    assert "mean of seven" in found._repr_html_()


def test_the_means_are_those_of_the_shared_table(expected: Any) -> None:
    assert [mean for _, mean in STUDY.values()] == expected["icml2024_study"]["robustness_mean_7"]


def test_the_seven_are_presets_and_none_may_be_missing() -> None:
    assert set(binet.STUDY_SETS) < set(binet.PRESETS)
    given = dict.fromkeys(binet.STUDY_SETS, 0.5)
    del given["imagenet-c"], given["imagenet-hard"]
    with pytest.raises(binet.Error, match="lacks imagenet-c, imagenet-hard; the mean is of all seven") as caught:
        binet.study_robustness(given)
    assert caught.value.status is binet.Status.INVALID_DATA
    with pytest.raises(binet.Error, match="has 'imagenet'; allowed: imagenet-v2"):
        binet.study_robustness(dict.fromkeys((*binet.STUDY_SETS, "imagenet"), 0.5))
    with pytest.raises(binet.Error, match=r"\['imagenet-a'\] is 52.9; allowed: 0 .. 1; it looks like percent"):
        binet.study_robustness(dict.fromkeys(binet.STUDY_SETS, 0.5) | {"imagenet-a": 52.9})
    with pytest.raises(binet.Error, match="allowed: a mapping"):
        binet.study_robustness([0.5] * 7)  # type: ignore[arg-type]


def test_results_of_every_kind_are_taken(rng: np.random.Generator) -> None:
    names = [f"{i}.png" for i in range(30)]
    right = rng.integers(0, 2, 30)
    table = binet.Predictions.from_logits(
        np.stack([right, 1.5 - right], 1).astype(np.float32), np.zeros(30, int), file_names=names
    )
    given: dict[str, Any] = dict.fromkeys(binet.STUDY_SETS, 0.5)
    given["imagenet-a"] = table
    given["imagenet-r"] = binet.accuracy(table)
    given["imagenet-real"] = binet.multilabel_accuracy(table, {name: [0] for name in names})
    given["imagenet-c"] = binet.corruption_robustness(np.full((15, 5), 0.25))
    found = binet.study_robustness(given)
    assert found.accuracies["imagenet-c"] == pytest.approx(0.25)
    for name in ("imagenet-a", "imagenet-r", "imagenet-real"):
        assert found.accuracies[name] == right.mean()


# ---- Relative accuracy -----------------------------------------------------------------------------------------------


def test_means_are_those_of_the_definitions(rng: np.random.Generator) -> None:
    shifted, clean = rng.uniform(0.1, 0.9, 6), 0.8
    found = binet.relative_accuracy({f"set {i}": value for i, value in enumerate(shifted)}, clean)
    relative = shifted / clean
    assert found.relative == pytest.approx(relative.mean(), abs=1e-15)
    assert found.geometric == pytest.approx(np.exp(np.log(relative).mean()), abs=1e-14)
    assert found.accuracy == pytest.approx(shifted.mean(), abs=1e-15)
    assert found.drop == pytest.approx((clean - shifted).mean(), abs=1e-15)
    np.testing.assert_array_equal(found.sets.relative, relative)
    np.testing.assert_array_equal(found.sets.drop, clean - shifted)
    assert found.sets["set 3"].accuracy == shifted[3]
    assert np.isnan([found.low, found.relative_low, found.geometric_high, found.sets.relative_low[0]]).all()
    assert f"{found.geometric:.4f} (geometric mean)" in str(found)
    assert "geometric mean" in found._repr_html_()
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.relative = 1.0  # type: ignore[misc]


def test_each_set_may_have_its_own_clean_accuracy() -> None:
    found = binet.relative_accuracy({"r": 0.6, "a": 0.2}, {"a": 0.8, "r": 0.9, "other": 0.1})
    np.testing.assert_allclose(found.sets.relative, [0.6 / 0.9, 0.2 / 0.8])
    assert binet.relative_accuracy({"pgd": 0.0, "fgsm": 0.4}, 0.8).geometric == 0


def test_intervals_are_those_of_the_definition(rng: np.random.Generator) -> None:
    """Donner and Zou (2012): the ratios that are as far from the estimate as the ends of both allow."""
    shifted, clean = table_of(rng.integers(0, 2, 150)), table_of((rng.random(400) < 0.8).astype(float))
    found = binet.relative_accuracy({"a": shifted}, clean)
    a, b = binet.accuracy(shifted), binet.accuracy(clean)
    for ratio, of_a, of_b in ((found.relative_low, a.low, b.high), (found.relative_high, a.high, b.low)):
        # p - r q = 0 within the distance that the ends have: (p - r q)^2 = (p - l)^2 + r^2 (u - q)^2
        assert (a.value - ratio * b.value) ** 2 == pytest.approx(
            (a.value - of_a) ** 2 + ratio**2 * (of_b - b.value) ** 2, abs=1e-14
        )
    assert found.relative_low < found.relative < found.relative_high
    assert (found.low, found.high) == pytest.approx((a.low, a.high), abs=1e-15)
    assert found.geometric_low == pytest.approx(found.relative_low, abs=1e-15)


def test_the_interval_of_a_ratio_covers_it(rng: np.random.Generator) -> None:
    covered = 0
    for _ in range(400):
        of_shifted, of_clean = rng.binomial(300, 0.5), rng.binomial(300, 0.8)
        one, two = (binet.Accuracy(k / 300, 0, 0, 300, int(k), 1, 0.95) for k in (of_shifted, of_clean))
        found = binet.relative_accuracy({"a": one}, two)
        covered += found.relative_low <= 0.5 / 0.8 <= found.relative_high
    assert 0.92 <= covered / 400 <= 0.98


BAD: list[tuple[Any, Any, str, str]] = [
    ({"a": 0.5}, 0.0, "clean", "clean.0. is 0; nothing can be divided by it"),
    ({"a": 0.5}, -0.1, "clean", "clean is -0.1"),
    ({"a": 1.1}, 0.9, "shifted", "is 1.1"),
    ({"a": float("nan")}, 0.9, "shifted", "is nan"),
    ({}, 0.9, "shifted", "empty"),
    ([0.5], 0.9, "shifted", "allowed: a mapping"),
    ({"a": 0.5, "b": 0.5}, {"a": 0.9}, "clean", "clean has no 'b'"),
]


@pytest.mark.parametrize(("shifted", "clean", "argument", "says"), BAD)
def test_bad_input_is_named(shifted: Any, clean: Any, argument: str, says: str) -> None:
    with pytest.raises(binet.Error, match=says) as caught:
        binet.relative_accuracy(shifted, clean)
    assert caught.value.argument == argument


# ---- Object focus ----------------------------------------------------------------------------------------------------

GROUPS = {"dog": [1, 2], "bird": [5], "car": [0, 7, 3]}


def test_answers_are_mapped_after_the_argmax(rng: np.random.Generator) -> None:
    logits, labels = rng.normal(size=(200, 9)), rng.integers(0, 3, 200)
    group = np.array([2, 0, 0, 2, -1, 1, -1, 2, -1])
    table = binet.Predictions.from_logits(logits)
    found = binet.mapped_accuracy(table, GROUPS, labels)
    answered = group[logits.argmax(1)]
    np.testing.assert_array_equal(found.correct, answered == labels)
    assert found.n_correct == (answered == labels).sum()
    assert found.n_outside == (answered == -1).sum() > 0
    assert found.value == found.n_correct / 200
    assert found.low < found.value < found.high
    assert "in no group" in found._repr_html_()
    assert f"{found.n_outside} answered with a class of no group" in str(found)


def test_maps_of_every_form_are_the_same(rng: np.random.Generator, tmp_path: Path) -> None:
    logits, labels = rng.normal(size=(100, 9)), rng.integers(0, 3, 100)
    table = binet.Predictions.from_logits(logits, labels)
    expected = binet.mapped_accuracy(table, GROUPS).n_correct
    of_classes = {str(index): group for group, listed in enumerate(GROUPS.values()) for index in listed} | {"4": -1}
    assert binet.mapped_accuracy(table, of_classes).n_correct == expected
    for name, written in (("a", GROUPS), ("b", of_classes), ("c", {"source": "x", "categories": GROUPS})):
        (tmp_path / name).write_text(json.dumps(written))
        assert binet.mapped_accuracy(table, tmp_path / name).n_correct == expected
    table.to_csv(tmp_path / "p.csv")  # which does not say how many classes there are
    assert binet.mapped_accuracy(binet.Predictions.from_csv(tmp_path / "p.csv"), GROUPS).n_correct == expected


BAD_MAPS: list[tuple[Any, str]] = [
    ({"dog": [1, 2], "cat": [2]}, "the class 2 twice"),
    ({"dog": [1, 1]}, "the class 1 twice"),
    ({"dog": [9], "cat": [0]}, "the class 9; allowed: 0 .. 8"),
    ({"dog": [-1], "cat": [0]}, "the class -1; allowed: 0 .. 8"),
    ({0: 0, 1: -2}, "has -2 for the class 1; allowed: 0 and more, or -1"),
    ({0: 0, 1: 2}, "no class for the group 1 of 3"),
    ({}, "groups is empty"),
    ([1, 2], "allowed: classes by name of their group"),
    ({"dog": None}, "something else than lists of classes"),
]


@pytest.mark.parametrize(("groups", "says"), BAD_MAPS)
def test_bad_maps_are_named(logits: Any, groups: Any, says: str) -> None:
    table = binet.Predictions.from_logits(logits[:, :9], np.zeros(len(logits), int))
    with pytest.raises(binet.Error, match=says) as caught:
        binet.mapped_accuracy(table, groups)
    assert caught.value.argument == "groups"


def test_bad_labels_are_named(logits: Any, tmp_path: Path) -> None:
    table = binet.Predictions.from_logits(logits[:, :9])
    with pytest.raises(binet.Error, match="row 0 has no label"):
        binet.mapped_accuracy(table, GROUPS)
    labels = np.zeros(len(logits), int)
    labels[3] = 3
    with pytest.raises(binet.Error, match=r"row 3 has the label 3; the map has the classes 0 .. 2") as caught:
        binet.mapped_accuracy(table, GROUPS, labels)
    assert (caught.value.argument, caught.value.index) == ("predictions", 3)
    (tmp_path / "map.json").write_text("{")
    with pytest.raises(binet.Error, match="not JSON"):
        binet.mapped_accuracy(table, tmp_path / "map.json")


def test_object_focus_is_the_definition(rng: np.random.Generator) -> None:
    found = binet.object_focus(0.8, 0.6, 0.9)
    assert found.value == 1 - (0.8 - 0.6) / 0.9
    assert found.gap == 0.8 - 0.6
    assert np.isnan([found.low, found.high]).all()
    assert binet.object_focus(0.7, 0.7, 0.9).value == 1
    logits = rng.normal(size=(2, 300, 9))
    logits[:, :, 5] += 1
    labels = rng.integers(0, 3, 300)
    same, mixed = (binet.Predictions.from_logits(one, labels) for one in logits)
    clean = table_of((rng.random(500) < 0.8).astype(float))
    found = binet.object_focus(same, mixed, clean, GROUPS)
    values = [binet.mapped_accuracy(one, GROUPS).value for one in (same, mixed)]
    assert found.value == 1 - (values[0] - values[1]) / binet.accuracy(clean).value
    assert found.low < found.value < found.high
    assert f"object focus {found.value:.4f}" in str(found)
    assert "mixed-rand" in found._repr_html_()
    with pytest.raises(binet.Error, match="groups is None"):
        binet.object_focus(same, 0.5, 0.9)
    with pytest.raises(binet.Error, match="clean is 0; nothing") as caught:
        binet.object_focus(0.5, 0.4, 0)
    assert caught.value.argument == "clean"
    with pytest.raises(binet.Error, match="mixed_rand is 2"):
        binet.object_focus(0.5, 2, 0.9)


def test_the_interval_of_object_focus_covers_it(rng: np.random.Generator) -> None:
    covered = 0
    for _ in range(400):
        counts = rng.binomial(500, [0.8, 0.65, 0.9])
        given = [binet.Accuracy(k / 500, 0, 0, 500, int(k), 1, 0.95) for k in counts]
        found = binet.object_focus(*given)
        covered += found.low <= 1 - 0.15 / 0.9 <= found.high
    assert 0.92 <= covered / 400 <= 0.99
