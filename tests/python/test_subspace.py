"""SVCCA, PWCCA and Procrustes against NumPy, SciPy and laws."""

from __future__ import annotations

import dataclasses
from typing import Any

import binet
import numpy as np
import pytest
import reference
import scipy

Array = reference.Array

SHAPES = [(200, 7, 12), (400, 60, 40), (90, 30, 200), (40, 200, 300)]


def pair(rng: np.random.Generator, n: int, d1: int, d2: int) -> tuple[Array, Array]:
    """Two representations with a falling spectrum and something in common."""
    shared = rng.normal(size=(n, 10)) @ rng.normal(size=(10, d1 + d2))
    noise = rng.normal(size=(n, d1 + d2)) * rng.uniform(0.1, 3, d1 + d2)
    both = shared + noise + 50
    return both[:, :d1], both[:, d1:]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("variance", [0.5, 0.9, 0.99, 1])
def test_svcca_is_that_of_numpy(rng: np.random.Generator, shape: tuple[int, int, int], variance: float) -> None:
    x, y = pair(rng, *shape)
    value, kept = reference.svcca(x, y, variance)
    result = binet.svcca(x, y, variance=variance)
    assert (result.n_directions_x, result.n_directions_y) == kept
    assert result.value == pytest.approx(value, abs=1e-10)
    assert (result.n, result.variance) == (shape[0], variance)
    assert float(result) == result.value


@pytest.mark.parametrize("shape", SHAPES)
def test_pwcca_is_that_of_numpy(rng: np.random.Generator, shape: tuple[int, int, int]) -> None:
    x, y = pair(rng, *shape)
    for a, b in ((x, y), (y, x)):
        result = binet.pwcca(a, b)
        value, is_weighted_by_first = reference.pwcca(a, b)
        assert result.value == pytest.approx(value, abs=1e-10)
        assert result.weighted_by == ("x" if is_weighted_by_first else "y")
        assert result.rank_x == min(a.shape[1], len(a) - 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_procrustes_is_that_of_scipy(rng: np.random.Generator, shape: tuple[int, int, int]) -> None:
    """SciPy's disparity lets Y be scaled too: 1 - similarity^2."""
    x, y = pair(rng, *shape)
    result = binet.procrustes(x, y)
    width = max(shape[1:])
    padded = [np.pad(a - a.mean(0), ((0, 0), (0, width - a.shape[1]))) for a in (x, y)]
    disparity = scipy.spatial.procrustes(*padded)[2]
    assert 1 - result.similarity**2 == pytest.approx(disparity, abs=1e-12)
    one, other = (a / np.linalg.norm(a) for a in padded)
    turn, _ = scipy.linalg.orthogonal_procrustes(other, one)
    assert result.distance == pytest.approx(((one - other @ turn) ** 2).sum(), abs=1e-12)


def test_laws(rng: np.random.Generator) -> None:
    x, y = pair(rng, 300, 20, 30)
    q = np.linalg.qr(rng.normal(size=(30, 30)))[0]
    moved = 7 * y @ q - 3
    mixed = y @ rng.normal(size=(30, 30))
    assert binet.svcca(x, moved).value == pytest.approx(binet.svcca(x, y).value, abs=1e-10)
    assert binet.pwcca(x, mixed).value == pytest.approx(binet.pwcca(x, y).value, abs=1e-10)
    assert binet.procrustes(x, moved).distance == pytest.approx(binet.procrustes(x, y).distance, abs=1e-10)
    assert binet.svcca(y, moved).value == pytest.approx(1, abs=1e-10)
    assert binet.pwcca(y, mixed).value == pytest.approx(1, abs=1e-10)
    assert binet.procrustes(y, moved).distance == pytest.approx(0, abs=1e-10)


def test_dtypes_and_feature_maps(rng: np.random.Generator) -> None:
    x, y = (a.astype(np.float32) for a in pair(rng, 60, 12, 9))
    maps = x.reshape(60, 3, 2, 2)
    for measure in (binet.svcca, binet.pwcca, binet.procrustes):
        assert measure(maps, y) == measure(x.astype(np.float64), np.asfortranarray(y))


def test_what_does_not_vary_has_none(rng: np.random.Generator) -> None:
    x, same = rng.normal(size=(20, 4)), np.full((20, 3), 0.1)
    assert np.isnan(binet.svcca(x, same).value)
    assert binet.svcca(x, same).n_directions_y == 0
    assert np.isnan(binet.pwcca(same, x).value)
    assert binet.pwcca(same, x).rank_x == 0
    result = binet.procrustes(x, same)
    assert np.isnan([result.distance, result.similarity]).all()
    assert (result.constant_x, result.constant_y) == (False, True)


def test_results_read_well(rng: np.random.Generator) -> None:
    x, y = pair(rng, 200, 7, 12)
    one, other, distance = binet.svcca(x, y), binet.pwcca(x, y), binet.procrustes(x, y)
    assert str(one) == (
        f"SVCCA {one.value:.4f} ({one.n_directions_x} and {one.n_directions_y} directions with 99 % of the variance, "
        "200 samples)"
    )
    assert str(other) == f"PWCCA {other.value:.4f} (7 and 12 directions, weighted by x, 200 samples)"
    assert str(distance).startswith(f"Procrustes distance {float(distance):.4f} (similarity 0.")
    for result in (one, other, distance):
        assert "<table>" in result._repr_html_()
        with pytest.raises(dataclasses.FrozenInstanceError):
            result.n = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("x", "options", "status", "argument", "index", "says"),
    [
        (np.ones((9, 2)), {}, "INVALID_ARGUMENT", "y", None, "y has 10 rows where 9 were expected"),
        (np.ones(10), {}, "INVALID_ARGUMENT", "x", None, "dimension"),
        (np.ones((10, 2), int), {}, "INVALID_ARGUMENT", "x", None, "dtype int64"),
        (np.where(np.arange(20) == 13, np.nan, 1).reshape(10, 2), {}, "INVALID_DATA", "x", 6, "row 6 of x"),
        (np.ones((10, 2)), {"variance": 0}, "INVALID_ARGUMENT", "variance", None, "is 0; allowed: more than 0"),
        (np.ones((10, 2)), {"variance": 1.5}, "INVALID_ARGUMENT", "variance", None, "variance is 1.5"),
    ],
)
def test_bad_input(x: Any, options: Any, status: str, argument: str, index: int | None, says: str) -> None:
    y = np.arange(20.0).reshape(10, 2)
    for measure in (binet.svcca,) if options else (binet.svcca, binet.pwcca, binet.procrustes):
        with pytest.raises(binet.Error, match=says) as caught:
            measure(x, y, **options)
        assert caught.value.status.name == status
        assert (caught.value.argument, caught.value.index) == (argument, index)
