"""Groups of classes: the table is about groups through every door, and a wrong map is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
import reference
from binet.groups import read_groups
from test_predictions import assert_same_bits

GROUPS = {"odd": [1, 3, 5, 7], "low": [0, 2], "one": [36], "rest": [8, 30, 12, 9, 22, 4]}
AGGREGATES: dict[str, Any] = {"mean": np.mean, "sum": np.sum, "max": np.max}


def scores(logits: Any, groups: Any, aggregate: str) -> Any:
    """Scores of groups [N, G], in float64."""
    p = reference.softmax(logits.astype(np.float64))
    return np.stack([AGGREGATES[aggregate](p[:, list(classes)], axis=1) for classes in groups.values()], 1)


@pytest.mark.parametrize("aggregate", list(AGGREGATES))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_groups_are_those_of_numpy(logits: Any, labels: Any, aggregate: Any, dtype: Any) -> None:
    truth = labels % len(GROUPS)
    table = binet.Predictions.from_logits(logits.astype(dtype), truth, groups=GROUPS, aggregate=aggregate)
    expected = scores(logits, GROUPS, aggregate)
    rows = np.arange(len(truth))
    assert table.n_classes == len(GROUPS)
    np.testing.assert_array_equal(table.predicted_class, expected.argmax(1))
    np.testing.assert_array_equal(table.label, truth)
    np.testing.assert_array_equal(table.rank, 1 + (expected > expected[rows, truth][:, None]).sum(1))
    tolerance = 1e-13 if dtype is np.float64 else 2e-6
    np.testing.assert_allclose(table.confidence, expected.max(1), rtol=tolerance)
    np.testing.assert_allclose(table.true_probability, expected[rows, truth], rtol=tolerance)
    assert np.isnan([table.nll, table.brier, table.entropy]).all()


def test_probabilities_have_groups_too(logits: Any, labels: Any) -> None:
    p = reference.softmax(logits.astype(np.float64))
    truth = labels % len(GROUPS)
    table = binet.Predictions.from_probabilities(p, truth, groups=GROUPS, aggregate="sum")
    expected = scores(logits, GROUPS, "sum")
    np.testing.assert_array_equal(table.predicted_class, expected.argmax(1))
    np.testing.assert_allclose(table.confidence, expected.max(1), rtol=1e-13)


def test_every_door_gives_the_same_bits(logits: Any, labels: Any) -> None:
    truth = labels % len(GROUPS)
    whole = binet.Predictions.from_logits(logits, truth, groups=GROUPS)
    builder = binet.PredictionsBuilder(groups=GROUPS, aggregate="mean")
    for first in range(0, len(logits), 50):
        builder.append(logits[first : first + 50], truth[first : first + 50])
    assert_same_bits(builder.finish(), whole)
    order = np.random.default_rng(1).permutation(37)
    moved = {name: [int(np.flatnonzero(order == k)[0]) for k in classes] for name, classes in GROUPS.items()}
    np.testing.assert_allclose(
        binet.Predictions.from_logits(logits[:, order], truth, groups=moved).confidence, whole.confidence, rtol=2e-6
    )


def test_the_softmax_is_over_the_subset(logits: Any) -> None:
    subset = sorted({k for classes in GROUPS.values() for k in classes})
    table = binet.Predictions.from_logits(logits, subset=subset, groups=GROUPS, aggregate="sum")
    expected = scores(
        logits[:, subset], {n: [subset.index(k) for k in classes] for n, classes in GROUPS.items()}, "sum"
    )
    np.testing.assert_allclose(table.confidence, expected.max(1), rtol=2e-6)
    with pytest.raises(binet.Error, match=r"groups\[0\] is 1, which is not among the 2 classes of subset"):
        binet.Predictions.from_logits(logits, subset=[0, 2], groups=GROUPS)


def test_the_loop_labels_by_the_names_of_groups(tmp_path: Path) -> None:
    pictures = pytest.importorskip("PIL.Image", reason="no Pillow to write pictures with")
    for index, name in enumerate(("zebra", "ant")):
        (tmp_path / name).mkdir()
        pictures.new("RGB", (8, 8), (200 * index, 0, 0)).save(tmp_path / name / "0.png")
    groups = {"zebra": [0, 1], "ant": [3], "bee": [2]}
    small = binet.transforms.Transform(resize=8, crop=8)
    model = lambda batch: batch.mean((2, 3)) @ np.array([[0, 0, 0, 4], [0, 0, 0, 0], [1, 1, 0, 0]], np.float32)  # noqa: E731
    table = binet.evaluate(model, tmp_path, transform=small, groups=groups)
    assert [str(name) for name in table.file_names] == ["ant/0.png", "zebra/0.png"]
    assert table.label.tolist() == [1, 0]
    assert table.n_classes == 3
    (tmp_path / "cow").mkdir()
    pictures.new("RGB", (8, 8)).save(tmp_path / "cow" / "0.png")
    with pytest.raises(binet.Error, match="cow"):
        binet.evaluate(model, tmp_path, transform=small, groups=groups)
    names = {"zebra": 0, "ant": 1, "cow": 2}
    assert binet.evaluate(model, tmp_path, transform=small, groups=groups, class_names=names).label.tolist() == [
        1,
        2,
        0,
    ]
    with pytest.raises(binet.Error, match=r"labels\[\d\] is 3; allowed: 0 .. 2"):
        binet.evaluate(model, tmp_path, transform=small, groups=groups, class_names={"zebra": 3, "ant": 3, "cow": 3})


def test_the_sixteen_categories_are_those_of_the_protocol(data: Path) -> None:
    table = json.loads((data / "protocol" / "sixteen_classes.json").read_text())
    assert {name: list(classes) for name, classes in binet.SIXTEEN_CLASSES.items()} == table["categories"]
    assert list(binet.SIXTEEN_CLASSES) == sorted(table["categories"])
    assert sum(map(len, binet.SIXTEEN_CLASSES.values())) == 207
    assert len({k for classes in binet.SIXTEEN_CLASSES.values() for k in classes}) == 207
    with pytest.raises(TypeError):
        binet.SIXTEEN_CLASSES["cat"] = ()  # type: ignore[index]


@pytest.mark.parametrize(
    ("groups", "index", "says"),
    [
        ({"a": [1, 2], "b": [3, 2]}, 3, r"groups\[3\], of group 1, is 2, which group 0 has too"),
        ({"a": [1, 1]}, 1, r"groups\[1\], of group 0, is 1, which group 0 has too"),
        ({"a": [37]}, 0, r"groups\[0\] is 37; logits has 37 classes"),
        ({"a": [-1]}, 0, r"groups\[0\] is -1; allowed: 0"),
        ({"a": [1], "b": []}, 1, r"groups\['b'\] has no class"),
        ({}, None, "groups is empty"),
        ([[1, 2]], None, r"groups is \[\[1, 2\]\]; allowed: a mapping"),
        ({"a": [1.5]}, None, "dtype float64"),
        ({"a": [[1]]}, None, r"groups\['a'\] has 2 dimensions"),
    ],
)
def test_a_wrong_map_is_named(logits: Any, groups: Any, index: int | None, says: str) -> None:
    def refused(make: Any) -> None:
        with pytest.raises(binet.Error, match=says.replace("logits", "(logits|scores)")) as caught:
            make()
        assert caught.value.status == binet.Status.INVALID_ARGUMENT
        assert (caught.value.argument, caught.value.index) == ("groups", index)

    refused(lambda: binet.Predictions.from_logits(logits, groups=groups))
    refused(lambda: binet.PredictionsBuilder(groups=groups).append(logits))


def test_wrong_options_are_named(logits: Any, labels: Any) -> None:
    with pytest.raises(binet.Error, match="aggregate is 'median'; allowed: 'mean', 'sum', 'max'"):
        binet.Predictions.from_logits(logits, groups=GROUPS, aggregate="median")  # type: ignore[arg-type]
    with pytest.raises(binet.Error, match=r"labels\[\d+\] is \d+; allowed: 0 .. 3") as caught:
        binet.Predictions.from_logits(logits, labels, groups=GROUPS)
    assert caught.value.status == binet.Status.INVALID_DATA


def test_groups_from_files(tmp_path: Path) -> None:
    path = tmp_path / "groups.json"
    path.write_text('{"cat": [281, 282], "dog": [151]}')
    assert read_groups(path) == {"cat": [281, 282], "dog": [151]}
    path.write_text('{"source": "here", "categories": {"cat": [281]}}')
    assert read_groups(path) == {"cat": [281]}
    for text, says in (
        ("[1, 2]", "an object such as"),
        ("{}", "an object such as"),
        ("{", "not JSON"),
        ('{"cat": 3}', "'cat' is 3; a list of classes"),
        ('{"cat": [1.0]}', "a list of classes"),
        ('{"cat": [true]}', "a list of classes"),
    ):
        path.write_text(text)
        with pytest.raises(binet.Error, match=says) as caught:
            read_groups(path)
        assert caught.value.status == binet.Status.INVALID_DATA
    with pytest.raises(binet.Error, match="cannot read") as caught:
        read_groups(tmp_path / "missing.json")
    assert caught.value.status == binet.Status.IO
