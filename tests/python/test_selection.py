"""Choosing among models: Sort and Search, and blind pairs, against NumPy on the same data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest


def follow(rng: np.random.Generator, n_models: int, n_samples: int) -> npt.NDArray[np.bool_]:
    """Models that have a sample right where their skill exceeds its difficulty, with a little noise."""
    difficulty = rng.uniform(size=n_samples)
    skill = rng.uniform(0.2, 0.9, size=n_models)
    return skill[:, None] > difficulty + rng.normal(0, 0.05, (n_models, n_samples))


def features(rng: np.random.Generator, n: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Every other sample is near the one before it by the first features, and by the second only in half of them."""
    alike = rng.normal(size=(n, 24)).astype(np.float32)
    alike[1::2] = alike[::2] + 0.1 * rng.normal(size=(n // 2, 24)).astype(np.float32)
    unlike = rng.normal(size=(n, 8)).astype(np.float32)
    unlike[1::4] = unlike[::4]
    return alike, unlike


def cosines(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    wide = values.astype(np.float64)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    return wide @ wide.T


def test_the_order_is_that_of_a_stable_sort(rng: np.random.Generator) -> None:
    correct = follow(rng, 12, 333)
    found = binet.sort_by_difficulty(correct)
    assert found.order.tolist() == np.argsort(-correct.sum(axis=0), kind="stable").tolist()
    assert found.n_models == 12


def test_a_new_model_is_placed_with_few_queries(rng: np.random.Generator) -> None:
    """128 of 20,000 samples place a model that follows the order within two points of its accuracy."""
    correct = follow(rng, 40, 20_000)
    order, new = binet.sort_by_difficulty(correct[1:]), correct[0]
    placed = order.place(new[order.queries(128)])
    assert placed.n_queries == 128
    assert placed.accuracy == pytest.approx(new.mean(), abs=0.02)
    assert placed.low <= new.mean() <= placed.high
    error = order.error(placed, new)
    predicted = np.zeros(20_000, bool)
    predicted[order.order[: placed.threshold]] = True
    assert error.sample_error == np.mean(predicted != new)
    assert error.dataset_error == pytest.approx(abs(placed.accuracy - new.mean()), abs=1e-15)


@pytest.mark.parametrize(("right", "threshold"), [(0, 0), (1, 50)])
def test_none_and_all_are_placed_at_the_ends(right: int, threshold: int) -> None:
    order = binet.sort_by_difficulty(np.ones((1, 50), bool))
    assert order.place(np.full(5, right)).threshold == threshold


def test_an_order_comes_back_from_disk(tmp_path: Path) -> None:
    order = binet.sort_by_difficulty([[0, 1, 1], [0, 0, 1]], file_names=["a.png", "b.png", "c.png"])
    order.save(tmp_path / "order.json")
    back = binet.DifficultyOrder.load(tmp_path / "order.json")
    assert back.order.tolist() == [2, 1, 0]
    assert (back.n_models, back.file_names) == (2, ("a.png", "b.png", "c.png"))
    assert [file.name for file in tmp_path.iterdir()] == ["order.json"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[]", "not an order of difficulty"),
        ('{"order": [0, 0], "n_models": 1, "file_names": null}', "not an order of difficulty"),
        ('{"order": [], "n_models": 1}', "not an order of difficulty"),
    ],
)
def test_a_file_that_is_no_order_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "order.json").write_text(text)
    with pytest.raises(binet.Error, match=rf"order\.json: {says}"):
        binet.DifficultyOrder.load(tmp_path / "order.json")


def test_blind_pairs_are_those_of_numpy(rng: np.random.Generator) -> None:
    """Cosines above .95 by the first features and below .6 by the second, over all pairs in float64."""
    alike, unlike = features(rng, 600)
    first, second = np.nonzero(np.triu((cosines(alike) > 0.95) & (cosines(unlike) < 0.6), 1))
    found = binet.blind_pairs(alike, unlike)
    assert found.n_pairs == len(first) > 100
    assert found.first.tolist() == first.tolist()
    assert found.second.tolist() == second.tolist()
    np.testing.assert_allclose(found.alike, cosines(alike)[first, second], rtol=0, atol=1e-14)
    np.testing.assert_allclose(found.unlike, cosines(unlike)[first, second], rtol=0, atol=1e-14)
    assert found.n_alike == np.triu(cosines(alike) > 0.95, 1).sum()


def test_blind_pairs_of_half_precision(rng: np.random.Generator) -> None:
    alike, unlike = (one.astype(np.float16) for one in features(rng, 100))
    wide = binet.blind_pairs(alike.astype(np.float32), unlike.astype(np.float64))
    found = binet.blind_pairs(alike, unlike)
    assert found.first.tolist() == wide.first.tolist()
    assert found.alike.tolist() == wide.alike.tolist()


def test_a_limit_keeps_the_first_pairs(rng: np.random.Generator) -> None:
    alike, unlike = features(rng, 200)
    everything, some = binet.blind_pairs(alike, unlike), binet.blind_pairs(alike, unlike, limit=3)
    assert some.n_pairs == everything.n_pairs > 3
    assert some.second.tolist() == everything.second[:3].tolist()
    assert len(binet.blind_pairs(alike, unlike, limit=0)) == 0


def test_a_threshold_of_zero_is_zero(rng: np.random.Generator) -> None:
    alike, unlike = features(rng, 60)
    found = binet.blind_pairs(alike, unlike, above=0, below=1)
    assert found.n_alike == np.triu(cosines(alike) > 0, 1).sum()


ORDER = binet.sort_by_difficulty([[1, 0, 1]])


@pytest.mark.parametrize(
    ("call", "argument", "index", "says"),
    [
        (lambda: binet.sort_by_difficulty([[0, 1], [1, 2]]), "correct", 3, "is 2"),
        (lambda: binet.sort_by_difficulty([0, 1]), "correct", None, "1"),
        (lambda: binet.sort_by_difficulty([[0, 1]], file_names=["a"]), "file_names", None, "2 are needed"),
        (lambda: ORDER.queries(4), "n_queries", None, "1 .. 3"),
        (lambda: ORDER.place([1, 0], places=[2, 1]), "places", 1, "above the one before"),
        (lambda: ORDER.place([1, 0, 1, 1]), "n_queries", None, "1 .. 3"),
        (lambda: ORDER.place([1, 0], confidence_level=1), "confidence_level", None, "1"),
        (lambda: ORDER.error(4, [1, 0, 1]), "placement", None, "0 .. 3"),
        (lambda: binet.blind_pairs(np.ones((3, 2)), np.ones((4, 2))), "unlike", None, "4 rows"),
        (lambda: binet.blind_pairs(np.array([[1, 0], [np.nan, 1]]), np.ones((2, 2))), "alike", 1, "row 1"),
        (lambda: binet.blind_pairs(np.ones((3, 2)), np.ones((3, 2)), above=2), "above", None, "-1 .. 1"),
        (lambda: binet.blind_pairs(np.ones((3, 2)), np.ones((3, 2)), below=-2), "below", None, "-1 .. 1"),
        (lambda: binet.blind_pairs(np.ones((3, 2)), np.ones((3, 2)), limit=-1), "limit", None, "0 .. 10000000"),
    ],
)
def test_bad_input_says_what_is_wrong(call: Any, argument: str, index: int | None, says: str) -> None:
    with pytest.raises(binet.Error) as caught:
        call()
    assert caught.value.argument == argument
    assert caught.value.index == index
    assert says in caught.value.message


def test_results_show_themselves(rng: np.random.Generator) -> None:
    order = binet.sort_by_difficulty(follow(rng, 3, 40))
    placed = order.place([1, 1, 0])
    assert repr(order) == "DifficultyOrder(40 samples, from 3 models)"
    assert "Placed among 40 samples" in placed._repr_html_()
    assert "<table>" in order.error(placed, np.ones(40, bool))._repr_html_()
    pairs = binet.blind_pairs(*features(rng, 100))
    assert "blind pairs" in pairs._repr_html_()
    assert "alike pairs, 100 samples" in repr(pairs)
