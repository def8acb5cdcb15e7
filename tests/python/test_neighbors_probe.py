"""The neighbours' vote: DINOv2's rules against torch, and scikit-learn's KNeighborsClassifier."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

Floats = npt.NDArray[np.floating[Any]]
Data = tuple[Floats, npt.NDArray[np.int64], Floats, npt.NDArray[np.int64]]


@pytest.fixture(scope="module")
def digits() -> Data:
    """1,300 rows to learn from and 497 to predict."""
    X, y = load_digits(return_X_y=True)  # noqa: N806
    return X[:1300], y[:1300], X[1300:], y[1300:]


def dinov2(digits: Data, ks: tuple[int, ...], temperature: float) -> dict[int, Floats]:
    """What DINOv2 sums for each k, in float64: softmax over the neighbours of the largest k, then the first k votes."""
    train, labels, queries, _ = digits
    a = torch.nn.functional.normalize(torch.from_numpy(queries), dim=1)
    b = torch.nn.functional.normalize(torch.from_numpy(train), dim=1)
    similarities, indices = (a @ b.T).topk(max(ks), largest=True, sorted=True)
    weights = torch.softmax(similarities / temperature, 1)
    votes = torch.nn.functional.one_hot(torch.from_numpy(labels)[indices], 10) * weights[:, :, None]
    return {k: votes[:, :k].sum(1).numpy() for k in ks}


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_votes_are_dinov2s(digits: Data, temperature: float) -> None:
    train, labels, queries, truth = digits
    expected = dinov2(digits, binet.neighbors_probe.DINOV2_KS, temperature)
    probe = binet.NeighborsProbe(temperature=temperature).fit(train, labels)
    found = probe.accuracies(queries, truth)
    assert (found.ks, found.n) == ((10, 20, 100, 200), 497)
    for k, votes in expected.items():
        shares = probe.set_params(k=k).predict_proba(queries)
        np.testing.assert_allclose(shares, votes / votes.sum(1, keepdims=True), rtol=0, atol=1e-12)
        np.testing.assert_array_equal(probe.predict(queries), votes.argmax(1))
        assert found[k] == (votes.argmax(1) == truth).mean() == probe.score(queries, truth)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("k", [1, 4, 50])
def test_uniform_votes_are_those_of_scikit_learn(digits: Data, metric: str, k: int) -> None:
    """Both take the neighbours of exact ties in the order of the rows only by chance: rows that have one are left."""
    train, labels, queries, _ = digits
    peer = KNeighborsClassifier(k, metric=metric, algorithm="brute").fit(train, labels)
    probe = binet.NeighborsProbe(k=k, metric=metric, weights="uniform").fit(train, labels)
    distances, _ = probe.kneighbors(queries, k + 1)
    clear = distances[:, k] - distances[:, k - 1] > 1e-9
    assert clear.mean() > 0.8
    np.testing.assert_array_equal(probe.predict(queries)[clear], peer.predict(queries)[clear])
    np.testing.assert_allclose(
        probe.predict_proba(queries)[clear], peer.predict_proba(queries)[clear], rtol=0, atol=1e-15
    )


def test_softmax_of_distances(digits: Data) -> None:
    train, labels, queries, _ = digits
    probe = binet.NeighborsProbe(k=30, metric="euclidean", temperature=4.0).fit(train, labels)
    found = binet.neighbors(train, queries, k=30, metric="euclidean")
    weights = np.exp(-(found.distances - found.distances[:, :1]) / 4.0)
    votes = np.zeros((497, 10))
    for j in range(30):
        votes[np.arange(497), labels[found.indices[:, j]]] += weights[:, j]
    np.testing.assert_allclose(probe.predict_proba(queries), votes / votes.sum(1, keepdims=True), rtol=0, atol=1e-13)


def test_kneighbors_is_scikit_learns(digits: Data) -> None:
    train, labels, queries, _ = digits
    probe = binet.NeighborsProbe(k=7).fit(train, labels)
    peer = KNeighborsClassifier(7, metric="cosine").fit(train, labels)
    for given in (queries, None):
        distances, indices = probe.kneighbors(given)
        np.testing.assert_allclose(distances, peer.kneighbors(given)[0], rtol=0, atol=1e-12)
        np.testing.assert_array_equal(indices, probe.kneighbors(given, return_distance=False))
    assert probe.kneighbors(queries, n_neighbors=3)[1].shape == (497, 3)
    assert (probe.kneighbors()[1] != np.arange(1300)[:, None]).all()


def test_a_memory_map_is_searched_where_it_lies(digits: Data, tmp_path: Path) -> None:
    train, labels, queries, _ = digits
    np.save(tmp_path / "X.npy", train.astype(np.float16))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    probe = binet.NeighborsProbe().fit(mapped, labels)
    plain = binet.NeighborsProbe().fit(train, labels)
    np.testing.assert_array_equal(probe.predict_proba(queries), plain.predict_proba(queries))
    loaded = pickle.loads(pickle.dumps(probe))
    np.testing.assert_array_equal(loaded.predict_proba(queries), plain.predict_proba(queries))


def test_bfloat16_survives_a_pickle(digits: Data) -> None:
    train, labels, queries, _ = digits
    probe = binet.NeighborsProbe().fit(torch.from_numpy(train).to(torch.bfloat16), labels)
    loaded = pickle.loads(pickle.dumps(probe))
    np.testing.assert_array_equal(loaded.predict_proba(queries), probe.predict_proba(queries))
    np.testing.assert_array_equal(loaded.predict(queries), binet.NeighborsProbe().fit(train, labels).predict(queries))


def test_accuracies_say_what_they_are(digits: Data) -> None:
    train, labels, queries, truth = digits
    found = binet.NeighborsProbe().fit(train, labels).accuracies(queries, truth, ks=(5, 1))
    assert repr(found) == f"NeighborsAccuracies(5: {found[5]:.4f}, 1: {found[1]:.4f}; 497 rows)"
    assert dict(found) == {5: found[5], 1: found[1]}
    assert len(found) == 2
    assert "497 rows" in found._repr_html_()
    axes = found.plot(label="pixels")
    assert found.plot(axes, label="again") is axes
    assert axes.get_lines()[0].get_xdata().tolist() == [1, 5]  # type: ignore[union-attr]
    assert axes.get_lines()[0].get_ydata().tolist() == [found[1], found[5]]  # type: ignore[union-attr]


def test_a_label_never_seen_counts_as_wrong(digits: Data) -> None:
    train, labels, queries, truth = digits
    probe = binet.NeighborsProbe().fit(train, labels)
    other = np.where(truth == 3, 77, truth)
    right = (probe.predict(queries) == truth) & (truth != 3)
    assert probe.accuracies(queries, other, ks=[20])[20] == right.mean()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"k": 0}, "k is 0; allowed: whole numbers, 1 .. 2147483647"),
        ({"k": 2.5}, "k is 2.5"),
        ({"metric": "l1"}, "metric is 'l1'; allowed: 'cosine', 'euclidean'"),
        ({"weights": "distance"}, "weights is 'distance'; allowed: 'softmax', 'uniform'"),
        ({"temperature": 0}, "temperature is 0; allowed: 1e-6 .. 1e6"),
        ({"temperature": np.nan}, "temperature is nan"),
    ],
)
def test_parameters_are_checked_by_fit(digits: Data, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(binet.Error, match=said) as raised:
        binet.NeighborsProbe(**parameters).fit(digits[0], digits[1])
    assert raised.value.argument == next(iter(parameters))


def test_bad_input_is_named(digits: Data) -> None:
    train, labels, queries, truth = digits
    broken = train.copy()
    broken[700, 5] = np.inf
    with pytest.raises(binet.Error, match="row 700 of X holds a NaN, an infinity") as raised:
        binet.NeighborsProbe().fit(broken, labels)
    assert (raised.value.argument, raised.value.index) == ("X", 700)
    probe = binet.NeighborsProbe(k=1301).fit(train, labels)
    with pytest.raises(binet.Error, match=r"k is 1301; allowed: 1 .. 1300, as many as there are rows") as raised:
        probe.predict(queries)
    assert (raised.value.status, raised.value.argument) == (binet.Status.INVALID_ARGUMENT, "k")
    with pytest.raises(binet.Error, match=r"allowed: 1 .. 1299, as many as there are other rows"):
        probe.kneighbors(n_neighbors=1300)
    with pytest.raises(binet.Error, match="ks is empty"):
        probe.accuracies(queries, truth, ks=())
    with pytest.raises(binet.Error, match="ks is 0"):
        probe.accuracies(queries, truth, ks=(0, 5))
    with pytest.raises(binet.Error, match="y has 496 entries; X has 497 rows"):
        probe.accuracies(queries, truth[1:], ks=(5,))
