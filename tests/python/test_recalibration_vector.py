"""Vector scaling against SciPy's minimum, as a map, in files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from binet import recalibration

Array = npt.NDArray[Any]


def objective(parameters: Array, logits: Array, labels: Array, l2: float) -> tuple[float, Array]:
    """Mean NLL and penalty with their gradient, in float64 NumPy."""
    weights, biases = np.split(parameters, 2)
    z = logits.astype(np.float64) * weights + biases
    z -= z.max(1, keepdims=True)
    p = np.exp(z)
    p /= p.sum(1, keepdims=True)
    rows = np.arange(len(z))
    value = -np.log(p[rows, labels]).mean() + l2 / 2 * (((weights - 1) ** 2).sum() + (biases**2).sum())
    p[rows, labels] -= 1
    gradient = np.concatenate([(p * logits).mean(0) + l2 * (weights - 1), p.mean(0) + l2 * biases])
    return float(value), gradient


def data(rng: np.random.Generator, n: int = 3000, n_classes: int = 10) -> tuple[Array, Array]:
    """Logits that a map with other weights and biases would make right."""
    z = rng.normal(size=(n, n_classes)) * 2
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    labels = (p.cumsum(1) > rng.random((n, 1))).argmax(1)
    return (z - rng.normal(size=n_classes)) / rng.uniform(0.4, 1.5, n_classes), labels


@pytest.mark.parametrize("l2", [0.0, 1e-3, 0.1])
def test_the_minimum_is_scipys(l2: float, rng: np.random.Generator) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    logits, labels = data(rng)
    fit = binet.fit_vector_scaling(logits, labels, l2=l2, tolerance=1e-9)
    start = np.concatenate([np.ones(10), np.zeros(10)])
    peer = optimize.minimize(
        objective,
        start,
        (logits, labels, l2),
        "L-BFGS-B",
        jac=True,
        options={"gtol": 1e-9, "ftol": 1e-15, "maxfun": 9999},
    )
    ours, gradient = objective(np.concatenate([fit.weights, fit.biases]), logits, labels, l2)
    assert ours <= peer.fun + 1e-12
    assert ours == pytest.approx(peer.fun, abs=1e-9)
    assert np.abs(gradient).max() == pytest.approx(fit.gradient, abs=1e-13)
    weights, biases = np.split(peer.x, 2)
    np.testing.assert_allclose(fit.weights, weights, atol=1e-3)
    np.testing.assert_allclose(fit.biases, biases - (0 if l2 else biases.mean()), atol=1e-3)
    assert fit.nll_before == pytest.approx(objective(start, logits, labels, 0)[0], abs=1e-12)
    assert fit.nll_after < fit.nll_before
    assert np.isnan(fit.excess) == (l2 == 0)


def test_no_better_than_temperature_means_no_worse(logits: Array, labels: Array) -> None:
    """Temperature scaling is the case of equal weights without biases."""
    one = binet.fit_temperature(logits, labels)
    assert binet.fit_vector_scaling(logits, labels, tolerance=1e-5).nll_after < one.nll_after


def test_the_map_applies_what_was_fitted(rng: np.random.Generator, tmp_path: Path) -> None:
    logits, labels = data(rng)
    scaling = binet.VectorScaling(l2=1e-4).fit(logits[:2000], labels[:2000])
    assert scaling.fit_ is not None
    table = binet.Predictions.from_logits(scaling.transform(logits[:2000]), labels[:2000])
    assert table.nll.mean() == pytest.approx(scaling.fit_.nll_after, rel=1e-12)
    # On rows that the fit never saw it helps too.
    unseen = binet.Predictions.from_logits(logits[2000:], labels[2000:])
    scaled = binet.Predictions.from_logits(scaling.transform(logits[2000:]), labels[2000:])
    assert scaled.nll.mean() < unseen.nll.mean() - 0.05
    path = tmp_path / "fit.json"
    scaling.save(path)
    for read in (binet.VectorScaling.load(path), recalibration.load(path)):
        assert isinstance(read, binet.VectorScaling)
        np.testing.assert_array_equal(read.transform(logits), scaling.transform(logits))
    with pytest.raises(binet.Error, match="holds a map of method vector, not temperature"):
        binet.TemperatureScaling.load(path)
    assert np.isneginf(scaling.transform(np.full((1, 10), -np.inf))).all()


def test_what_is_wrong_is_named(logits: Array, labels: Array, tmp_path: Path) -> None:
    with pytest.raises(binet.Error, match=r"logits\[1\] has \+inf in column 0") as caught:
        binet.fit_vector_scaling([[0.0, 1.0], [np.inf, 1.0]], [0, 1])
    assert (caught.value.argument, caught.value.index) == ("logits", 1)
    with pytest.raises(binet.Error, match="logits has 1 dimensions"):
        binet.fit_vector_scaling([0.0, 1.0], [0, 1])
    with pytest.raises(binet.Error, match="l2 is -1") as caught:
        binet.fit_vector_scaling(logits, labels, l2=-1)
    assert caught.value.argument == "l2"
    with pytest.raises(binet.Error, match="labels is None"):
        binet.fit_vector_scaling(logits, None)
    with pytest.raises(binet.Error, match="after 1 passes a derivative") as caught:
        binet.fit_vector_scaling(logits, labels, max_evaluations=1)
    assert caught.value.status == binet.Status.NOT_CONVERGED
    with pytest.raises(binet.Error, match="not fitted"):
        binet.VectorScaling().transform(logits)
    scaling = binet.VectorScaling(tolerance=1e-2).fit(logits, labels)
    with pytest.raises(binet.Error, match=r"logits has shape \(1, 2\); the map was fitted to"):
        scaling.transform([[1.0, 2.0]])
    path = tmp_path / "fit.json"
    record = {"format": "binet recalibration", "version": 1, "method": "vector", "weights": [1.0, 2], "biases": [0, 0]}
    wrong: tuple[tuple[str, Any], ...] = (
        ("weights", [1.0]),
        ("weights", []),
        ("biases", "x"),
        ("weights", [[1.0]]),
        ("biases", [1e999, 0]),
    )
    for name, value in wrong:
        path.write_text(json.dumps(record | {name: value}))
        with pytest.raises(binet.Error, match="incomplete") as caught:
            recalibration.load(path)
        assert caught.value.status == binet.Status.INVALID_DATA


def test_results_read_well(logits: Array, labels: Array) -> None:
    fit = binet.fit_vector_scaling(logits, labels, tolerance=1e-2)
    assert repr(fit).startswith("VectorFit(")
    assert len(repr(fit)) < 120
    assert "NLL after" in fit._repr_html_()
    with pytest.raises(ValueError, match="read-only"):
        fit.weights[0] = 1
    assert repr(binet.VectorScaling()) == "VectorScaling(not fitted)"
    assert repr(binet.VectorScaling(tolerance=1e-2).fit(logits, labels)).endswith("classes)")
