"""Kappas with intervals: against resamples in NumPy, and the shares that the intervals and the test promise."""

from __future__ import annotations

import dataclasses
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest

Array = npt.NDArray[Any]


def kappas(a: Array, b: Array) -> Array:
    """Cohen's kappa along the last axis."""
    p, q = a.mean(-1), b.mean(-1)
    expected = p * q + (1 - p) * (1 - q)
    return ((a == b).mean(-1) - expected) / (1 - expected)


def copies(rng: np.random.Generator, first: Array, q: float, kappa: float, p: float) -> Array:
    """An observer of accuracy q whose kappa with one of accuracy p is `kappa`."""
    model = binet.copy_model(p, q, kappa=kappa)
    copied = rng.random(first.shape) < model.copy_share
    return np.where(copied, first, rng.random(first.shape) < model.underlying_accuracy)


@pytest.fixture(scope="module")
def observers() -> dict[str, Array]:
    """A person and three models, 700 trials."""
    rng = np.random.default_rng(8)
    person = rng.random(700) < 0.75
    near, far = copies(rng, person, 0.7, 0.5, 0.75), copies(rng, person, 0.6, 0.1, 0.75)
    return {"person": person, "near": near, "far": far, "wild": rng.random(700) < 0.5}


def test_intervals_are_those_of_resamples_in_numpy(rng: np.random.Generator, observers: Any) -> None:
    names = list(observers)
    correct = np.stack(list(observers.values()))
    rows = rng.integers(0, 700, (6000, 700))
    drawn = {
        pair: kappas(correct[names.index(pair[0])][rows], correct[names.index(pair[1])][rows])
        for pair in binet.observer_pairs(names)
    }
    for pairs in (None, [("person", "near")], binet.observer_pairs(["person"], ["near", "far"])):
        result = binet.error_consistency_mean(observers, pairs, n_resamples=6000)
        listed = list(drawn) if pairs is None else pairs
        mean = np.mean([drawn[pair] for pair in listed], axis=0)
        exact = np.mean([kappas(observers[a], observers[b]) for a, b in listed])
        assert result.kappa == pytest.approx(exact, abs=1e-14)
        assert result.standard_error == pytest.approx(mean.std(), rel=0.05)
        spread = mean.std()
        assert (result.low, result.high) == pytest.approx(np.quantile(mean, [0.025, 0.975]), abs=0.15 * spread)
        assert (result.n_pairs, result.n, result.interval) == (len(listed), 700, "found")
    difference = drawn["person", "near"] - drawn["person", "far"]
    spread = difference.std()
    test = binet.error_consistency_difference(observers, ("person", "near"), ("person", "far"), n_resamples=6000)
    assert test.standard_error == pytest.approx(spread, rel=0.05)
    assert (test.low, test.high) == pytest.approx(np.quantile(difference, [0.025, 0.975]), abs=0.15 * spread)


def test_a_pair_has_its_kappa(observers: Any) -> None:
    pair = binet.error_consistency_mean(observers, ("near", "far"), seed=3)
    assert pair.kappa == float(pair) == binet.error_consistency(observers["near"], observers["far"]).kappa
    assert binet.error_consistency_mean(observers, (2, 1), seed=3) == pair
    assert binet.error_consistency_mean(observers, [("far", "near")], seed=3) == pair
    two = {"a": observers["near"], "b": observers["far"]}
    assert binet.error_consistency_mean(two, seed=3) == pair
    assert binet.error_consistency_mean(observers, ("near", "far"), seed=4).low != pair.low
    wide = binet.error_consistency_mean(observers, ("near", "far"), seed=3, confidence_level=0.99)
    assert wide.low < pair.low < pair.high < wide.high
    corrected = binet.error_consistency_mean(observers, ("near", "far"), seed=3, method="bca")
    assert corrected.kappa == pair.kappa
    assert corrected.low != pair.low


def test_observers_of_every_kind(data: Any, observers: Any) -> None:
    matrix = np.stack(list(observers.values()))
    assert binet.error_consistency_mean(matrix) == binet.error_consistency_mean(observers)
    answers = [binet.read_answers(data / "cue-conflict" / f"{name}.csv")[0] for name in ("subject-01", "vit-clip")]
    result = binet.error_consistency_mean(answers)
    assert result.kappa == pytest.approx(0.1734075562465827, abs=1e-12)  # expected.json's
    assert result.low < 0.1734 < result.high


def test_pairs_are_listed() -> None:
    assert binet.observer_pairs("abc") == [("a", "b"), ("a", "c"), ("b", "c")]
    assert binet.observer_pairs(["x"], ["a", "b"]) == [("x", "a"), ("x", "b")]
    assert binet.observer_pairs(["x"]) == []


def test_intervals_hold_what_they_promise() -> None:
    """95 % intervals hold the true kappa in 93 to 97 % of 2,000 experiments, at several kappas."""
    rng = np.random.default_rng(12)
    held: list[bool] = []
    for true in (0.0, 0.3, 0.6):
        for _ in range(667):
            first = rng.random(300) < 0.7
            second = copies(rng, first, 0.65, true, 0.7)
            result = binet.error_consistency_mean({"a": first, "b": second}, n_resamples=400, seed=len(held))
            held.append(result.low <= true <= result.high)
    assert 0.93 <= np.mean(held) <= 0.97


def test_the_test_errs_as_often_as_it_says() -> None:
    """With no difference p < 0.05 in 3 to 7 % of 2,000 experiments; with one, about as often as was planned."""
    rng = np.random.default_rng(13)
    planned = binet.error_consistency_difference_trials((0.7, 0.7, 0.6), (0.4, 0.2), power=0.8)

    def found(kappa_a: float, kappa_b: float, n_experiments: int) -> float:
        p_values = []
        for seed in range(n_experiments):
            c = rng.random(planned.n) < 0.7
            experiment = {
                "c": c,
                "a": copies(rng, c, 0.7, kappa_a, 0.7),
                "b": copies(rng, c, 0.6, kappa_b, 0.7),
            }
            pairs = ("c", "a"), ("c", "b")
            p_values.append(binet.error_consistency_difference(experiment, *pairs, n_resamples=400, seed=seed).p_value)
        return float(np.mean(np.array(p_values) < 0.05))

    assert 0.03 <= found(0.3, 0.3, 2000) <= 0.07
    assert found(0.4, 0.2, 500) == pytest.approx(planned.power, abs=0.06)


def test_results_read_well(observers: Any) -> None:
    mean = binet.error_consistency_mean(observers)
    assert str(mean).startswith("error consistency 0.")
    assert "over 6 pairs (95 % interval" in str(mean)
    assert "<table>" in mean._repr_html_()
    result = binet.error_consistency_difference(observers, ("person", "near"), ("person", "far"))
    assert float(result) == result.difference == result.a.kappa - result.b.kappa
    assert result.p_value == pytest.approx(2 / 1001, abs=1e-15)
    assert "p = 0.002" in str(result)
    assert "<table>" in result._repr_html_()
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.difference = 0.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("pairs", "options", "status", "argument", "index", "says"),
    [
        (
            [("person", "nobody")],
            {},
            "INVALID_ARGUMENT",
            "pairs",
            0,
            r"pairs\[0\] has 'nobody'; observers: person",
        ),
        (
            [("near", "far"), ("near", "near")],
            {},
            "INVALID_DATA",
            "pairs",
            1,
            r"pairs\[1\] is 1 and 1; allowed: two",
        ),
        ([(0, 4)], {}, "INVALID_DATA", "pairs", 0, "is 0 and 4; allowed: two of the observers 0 .. 3"),
        ([], {}, "INVALID_ARGUMENT", "pairs", None, r"pairs is \[0, 2\]"),
        ([("near",)], {}, "INVALID_ARGUMENT", "pairs", 0, r"pairs\[0\] is \('near',\); allowed: two observers"),
        ([(0, 1.5)], {}, "INVALID_ARGUMENT", "pairs", None, "float64"),
        (None, {"n_resamples": 0}, "INVALID_ARGUMENT", "n_resamples", None, "n_resamples is 0; allowed: 2 .."),
        (None, {"n_resamples": 1}, "INVALID_ARGUMENT", "n_resamples", None, "n_resamples is 1"),
        (None, {"confidence_level": 1.0}, "INVALID_ARGUMENT", "confidence_level", None, "between 0 and 1"),
        (None, {"method": "normal"}, "INVALID_ARGUMENT", "method", None, "allowed: 'percentile', 'bca'"),
        (None, {"seed": -1}, "INVALID_ARGUMENT", "seed", None, "seed is -1"),
    ],
)
def test_what_cannot_be_is_named(
    observers: Any, pairs: Any, options: Any, status: str, argument: str, index: int | None, says: str
) -> None:
    with pytest.raises(binet.Error, match=says) as caught:
        binet.error_consistency_mean(observers, pairs, **options)
    assert (caught.value.status.name, caught.value.argument, caught.value.index) == (status, argument, index)


def test_one_observer_is_no_pair() -> None:
    with pytest.raises(binet.Error, match="one observer; a pair needs two") as caught:
        binet.error_consistency_mean({"a": [0, 1]})
    assert caught.value.argument == "observers"
    with pytest.raises(binet.Error, match=r"pairs_b\[0\] has 'c'") as caught:
        binet.error_consistency_difference({"a": [0, 1], "b": [1, 1]}, ("a", "b"), ("a", "c"))
    assert caught.value.argument == "pairs_b"
