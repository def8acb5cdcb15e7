"""Nearest neighbours are those of float64 references: NumPy's, and scikit-learn's brute force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

Floats = npt.NDArray[np.floating[Any]]


def reference(train: Floats, queries: Floats, k: int, metric: str) -> tuple[npt.NDArray[np.int64], Floats]:
    """Every pair in float64, sorted, ties to the lower index."""
    a, b = queries.astype(np.float64), train.astype(np.float64)
    if metric == "cosine":
        order = (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
    else:
        order = -np.linalg.norm(a[:, None] - b, axis=2)
    indices = np.argsort(-order, axis=1, kind="stable")[:, :k]
    values = np.take_along_axis(order, indices, axis=1)
    return indices, values if metric == "cosine" else -values


@pytest.fixture
def features(rng: np.random.Generator) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """1,100 rows and 130 queries of 67 features: no block is full. All are positive, as after a ReLU."""
    drawn = np.abs(rng.normal(size=(1230, 67))).astype(np.float32)
    return drawn[:1100], drawn[1100:]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("k", [1, 20, 200, 1100])
def test_the_neighbours_are_those_of_numpy_in_float64(features: Any, metric: str, k: int) -> None:
    train, queries = features
    indices, values = reference(train, queries, k, metric)
    found = binet.neighbors(train, queries, k=k, metric=metric)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.values, values, rtol=0, atol=1e-13)
    assert (found.k, found.n_train, found.metric, len(found)) == (k, 1100, metric, 130)
    assert 130 * k <= found.n_decided < 130 * k * 1.5 + 1300


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_a_spectrum_that_falls_is_made_use_of(rng: np.random.Generator, metric: str) -> None:
    """The neighbours stay those of NumPy in float64 where products are over some of the directions alone."""
    drawn = rng.normal(size=(2900, 64)) / np.arange(1, 65) ** 1.25
    rotated = (drawn @ np.linalg.qr(rng.normal(size=(64, 64)))[0]).astype(np.float32)
    train, queries = rotated[:2000], rotated[2000:]
    indices, values = reference(train, queries, 10, metric)
    found = binet.neighbors(train, queries, k=10, metric=metric)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.values, values, rtol=0, atol=1e-13)
    assert found.n_directions <= 32
    assert found.n_decided < 900 * 2000 / 5


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_distances_are_those_of_scikit_learn(features: Any, metric: str) -> None:
    train, queries = (part.astype(np.float64) for part in features)
    peer = NearestNeighbors(n_neighbors=15, metric=metric, algorithm="brute").fit(train)
    distances, indices = peer.kneighbors(queries)
    found = binet.neighbors(train, queries, k=15, metric=metric)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=0, atol=1e-7 if metric == "euclidean" else 1e-13)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_without_queries_no_row_is_its_own_neighbour(features: Any, metric: str) -> None:
    train = features[0]
    indices, _ = reference(train, train, 12, metric)
    found = binet.neighbors(train, k=11, metric=metric)
    np.testing.assert_array_equal(found.indices, indices[:, 1:])


def test_a_memory_map_and_other_dtypes_work(features: Any, tmp_path: Path) -> None:
    train, queries = features
    np.save(tmp_path / "train.npy", train)
    mapped = np.load(tmp_path / "train.npy", mmap_mode="r")
    expected = binet.neighbors(train, queries, k=5)
    np.testing.assert_array_equal(binet.neighbors(mapped, queries, k=5).values, expected.values)
    by_columns = np.asfortranarray(train.astype(np.float64))
    np.testing.assert_array_equal(binet.neighbors(by_columns, queries, k=5).values, expected.values)
    half = torch.from_numpy(train).to(torch.bfloat16)
    rounded = half.float().numpy()
    np.testing.assert_array_equal(
        binet.neighbors(half, queries, k=5).values, binet.neighbors(rounded, queries, k=5).values
    )
    f16 = train.astype(np.float16)
    np.testing.assert_array_equal(
        binet.neighbors(f16, queries, k=5).indices, binet.neighbors(f16.astype(np.float32), queries, k=5).indices
    )


def test_threads_change_nothing(features: Any) -> None:
    train, queries = features
    before = binet.get_num_threads()
    found = binet.neighbors(train, queries)
    try:
        binet.set_num_threads(3)
        again = binet.neighbors(train, queries)
    finally:
        binet.set_num_threads(before)
    assert found.values.tobytes() == again.values.tobytes()
    assert found.indices.tobytes() == again.indices.tobytes()


def test_rows_of_zeros_are_counted() -> None:
    train = np.eye(4)
    train[2] = 0
    found = binet.neighbors(train, np.array([[1.0, -1, 0, 0], [0, 0, 0, 0]]), k=4)
    np.testing.assert_array_equal(found.indices, [[0, 2, 3, 1], [0, 1, 2, 3]])
    assert (found.n_zero_train, found.n_zero_queries) == (1, 1)
    assert not found.values.flags.writeable


def test_the_result_says_what_it_is(features: Any) -> None:
    train, queries = features
    found = binet.neighbors(train, queries, k=3)
    assert repr(found) == "Neighbors(130 queries, k = 3 of 1,100, cosine)"
    assert "the first 10" in found._repr_html_()
    np.testing.assert_array_equal(found.similarities, found.values)
    with pytest.raises(binet.Error, match="similarities need 'cosine'"):
        _ = binet.neighbors(train, queries, k=3, metric="euclidean").similarities


def test_bad_input_is_named(features: Any) -> None:
    train, queries = features
    with pytest.raises(binet.Error, match=r"k is 1101; allowed: whole numbers, 1 .. 1100"):
        binet.neighbors(train, queries, k=1101)
    with pytest.raises(binet.Error, match=r"k is 1100; allowed: whole numbers, 1 .. 1099"):
        binet.neighbors(train, k=1100)
    with pytest.raises(binet.Error, match="k is 0"):
        binet.neighbors(train, queries, k=0)
    with pytest.raises(binet.Error, match="metric is 'dot'; allowed: 'cosine', 'euclidean'"):
        binet.neighbors(train, queries, metric="dot")
    with pytest.raises(binet.Error, match="66 features where train has 67") as caught:
        binet.neighbors(train, queries[:, :66])
    assert caught.value.argument == "queries"
    broken = queries.copy()
    broken[17, 3] = np.nan
    with pytest.raises(binet.Error, match="row 17 of queries") as caught:
        binet.neighbors(train, broken)
    assert (caught.value.status, caught.value.index) == (binet.Status.INVALID_DATA, 17)
    with pytest.raises(binet.Error, match="train"):
        binet.neighbors(train[0], queries)
