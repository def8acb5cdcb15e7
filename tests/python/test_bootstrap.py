"""The bootstrap: SciPy's numbers from the same resamples, the share of intervals that hold the truth, bad input."""

from __future__ import annotations

from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats

Array = npt.NDArray[Any]

METHODS: tuple[Any, ...] = ("percentile", "bca")


@pytest.fixture
def predictions(logits: Array, labels: Array) -> binet.Predictions:
    return binet.Predictions.from_logits(logits * 2, np.where(labels % 3 == 0, labels, logits.argmax(1)))


def test_names_and_functions_give_the_same_bits(predictions: binet.Predictions) -> None:
    fast = binet.bootstrap(predictions, ["ece", "accuracy", "nll"], n_resamples=60, seed=7, method="bca")
    slow = binet.bootstrap(predictions, lambda some: binet.calibration(some).ece, n_resamples=60, seed=7, method="bca")
    assert fast["ece"].replicates.tobytes() == slow.replicates.tobytes()
    assert (fast["ece"].value, fast["ece"].low, fast["ece"].high) == (slow.value, slow.low, slow.high)
    mean = binet.bootstrap(predictions, lambda some: some.nll.mean(), n_resamples=60, seed=7)
    np.testing.assert_allclose(fast["nll"].replicates, mean.replicates, rtol=1e-12)
    assert fast["accuracy"].value == float(binet.accuracy(predictions))
    assert fast["accuracy"].n_units == len(predictions)


@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_are_those_of_scipy_from_the_same_resamples(
    predictions: binet.Predictions, method: Any, level: float
) -> None:
    found = binet.bootstrap(predictions, "nll", n_resamples=499, method=method, confidence_level=level)
    given = scipy.stats._resampling.BootstrapResult(None, found.replicates, None)
    expected = scipy.stats.bootstrap(
        (predictions.nll,),
        np.mean,
        n_resamples=0,
        method=method,
        confidence_level=level,
        bootstrap_result=given,
        vectorized=False,
    )
    interval = expected.confidence_interval
    np.testing.assert_allclose((found.low, found.high), (interval.low, interval.high), rtol=1e-10)
    np.testing.assert_allclose(found.standard_error, expected.standard_error, rtol=1e-12)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_hold_the_truth_as_often_as_they_say(method: Any) -> None:
    rng = np.random.default_rng(5)
    n_trials, n, truth = 600, 300, 0.7
    held = {"accuracy": 0, "confidence": 0}
    for trial in range(n_trials):
        confidence = rng.uniform(0.5, 1.0, n)  # mean 0.75
        right = rng.random(n) < truth
        scores = np.stack([confidence, 1 - confidence], 1)
        table = binet.Predictions.from_probabilities(scores, np.where(right, 0, 1))
        found = binet.bootstrap(table, ["accuracy", "confidence"], n_resamples=400, method=method, seed=trial)
        held["accuracy"] += found["accuracy"].low <= truth <= found["accuracy"].high
        held["confidence"] += found["confidence"].low <= 0.75 <= found["confidence"].high
    for metric, count in held.items():
        assert 0.93 <= count / n_trials <= 0.97, (metric, count / n_trials)


def test_clusters_widen_the_interval_where_rows_of_one_are_alike() -> None:
    clusters = np.repeat(np.arange(40), 25)
    confidence = np.repeat(np.random.default_rng(2).uniform(0.5, 1, 40), 25)
    table = binet.Predictions.from_probabilities(np.stack([confidence, 1 - confidence], 1), np.zeros(1000, int))
    rows = binet.bootstrap(table, "confidence")
    whole = binet.bootstrap(table, "confidence", clusters=clusters)
    assert whole.n_units == 40
    assert whole.standard_error / rows.standard_error == pytest.approx(5, rel=0.15)  # sqrt(25)


def test_all_right_all_wrong_and_one_row_have_no_spread() -> None:
    scores = np.array([[0.9, 0.1]] * 30)
    for label in (0, 1):
        for n in (1, 30):
            table = binet.Predictions.from_probabilities(scores[:n], np.full(n, label))
            for method in METHODS:
                found = binet.bootstrap(table, ["accuracy", "ece"], method=method)
                assert found["accuracy"].low == found["accuracy"].high == 1 - label
                assert found["ece"].low == found["ece"].value == found["ece"].high
                assert found["ece"].interval == "found"


def test_a_function_without_a_value_is_counted(predictions: binet.Predictions) -> None:
    rows = iter(range(10**6))
    found = binet.bootstrap(predictions, lambda some: np.nan if next(rows) % 2 else some.nll.mean(), n_resamples=50)
    assert found.n_undefined == 25
    assert np.isnan(found.replicates).sum() == 25
    found = binet.bootstrap(predictions, lambda _some: np.nan, n_resamples=50)
    assert (found.interval, found.n_undefined) == ("no value", 50)
    assert "no interval: no value" in str(found)


def test_exceptions_of_a_function_come_out(predictions: binet.Predictions) -> None:
    def fails(_some: binet.Predictions) -> float:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        binet.bootstrap(predictions, fails)


@pytest.mark.parametrize(
    ("arguments", "argument", "message"),
    [
        ({"n_resamples": 0}, "n_resamples", "n_resamples is 0; allowed: whole numbers, 2 .. 2147483647"),
        ({"n_resamples": -3}, "n_resamples", "n_resamples is -3"),
        ({"n_resamples": 1.5}, "n_resamples", r"n_resamples is 1\.5"),
        ({"confidence_level": 0}, "confidence_level", "confidence_level is 0; allowed: more than 0, less than 1"),
        ({"confidence_level": 1}, "confidence_level", "confidence_level is 1; allowed: between 0 and 1"),
        ({"confidence_level": -0.1}, "confidence_level", r"confidence_level is -0\.1"),
        ({"method": "basic"}, "method", "method is 'basic'; allowed: 'percentile', 'bca'"),
        ({"seed": -1}, "seed", "seed is -1"),
        ({"metric": "f1"}, "metric", "metric is 'f1'; allowed: 'accuracy', "),
        ({"metric": []}, "metric", "allowed: 1 .. 65536"),
        ({"clusters": [1, 2]}, "clusters", "clusters has 2 entries; there are 257 rows"),
        ({"clusters": [0.5] * 257}, "clusters", "clusters has dtype float64"),
    ],
)
def test_bad_options_are_named(
    predictions: binet.Predictions, arguments: dict[str, Any], argument: str, message: str
) -> None:
    with pytest.raises(binet.Error, match=message) as caught:
        binet.bootstrap(predictions, **arguments)
    assert (caught.value.status, caught.value.argument) == (binet.Status.INVALID_ARGUMENT, argument)


def test_a_row_that_lacks_what_a_metric_needs_is_named(logits: Array) -> None:
    with pytest.raises(binet.Error, match="row 0 has no label") as caught:
        binet.bootstrap(binet.Predictions.from_logits(logits), "ece")
    assert (caught.value.status, caught.value.index) == (binet.Status.INVALID_DATA, 0)


def test_estimates_are_shown(predictions: binet.Predictions) -> None:
    found = binet.bootstrap(predictions, "ece", n_resamples=50)
    assert f"{found.value:.6g} (95 % interval {found.low:.6g} .. {found.high:.6g})" == str(found)
    assert float(found) == found.value
    assert "replicates" not in repr(found)
    assert "95 % interval (percentile, 50 resamples)" in found._repr_html_()
