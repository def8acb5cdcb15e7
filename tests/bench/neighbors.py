"""Nearest neighbours of 50,000 queries among 50,000 rows of 768 numbers, against NumPy and scikit-learn."""

from __future__ import annotations

from typing import Any

import binet
import numpy as np
import numpy.typing as npt
from pairs import Row, agree, alternate
from sklearn.neighbors import NearestNeighbors

Floats = npt.NDArray[np.float32]

N, D = 50_000, 768
BLOCK = 128
"""Queries of a block of the NumPy peer: of 128, 256, 512, 1,024 and 2,048 the fastest."""


def numpy_neighbors(train: Floats, queries: Floats, k: int) -> npt.NDArray[np.int64]:
    """[M, k] rows of the largest cosines: a product a block into memory that stays, argpartition, a sort of k."""
    a = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    b = (train / np.linalg.norm(train, axis=1, keepdims=True)).T
    cosines = np.empty((BLOCK, len(train)), np.float32)
    found = np.empty((len(a), k), np.int64)
    for start in range(0, len(a), BLOCK):
        block = a[start : start + BLOCK]
        room = np.matmul(block, b, out=cosines[: len(block)])
        nearest = np.argpartition(room, len(train) - k, axis=1)[:, len(train) - k :]
        order = np.argsort(-np.take_along_axis(room, nearest, axis=1), axis=1)
        found[start : start + BLOCK] = np.take_along_axis(nearest, order, axis=1)
    return found


def products(train: Floats, queries: Floats) -> None:
    """The matrix products of all pairs alone, 1,024 queries at a time: nothing that looks at every pair is faster."""
    room = np.empty((1024, len(train)), np.float32)
    for start in range(0, len(queries), 1024):
        block = queries[start : start + 1024]
        np.matmul(block, train.T, out=room[: len(block)])


def features(power: float) -> tuple[Floats, Floats]:
    """Train and queries: normal numbers of deviation i^-power along axis i = 1 .. D, in a random rotation."""
    random = np.random.default_rng(0)
    scaled = random.standard_normal((2 * N, D), np.float32) / np.arange(1, D + 1, dtype=np.float32) ** power
    rotation = np.linalg.qr(random.standard_normal((D, D)))[0].astype(np.float32)
    rotated: Floats = scaled @ rotation
    return rotated[:N], rotated[N:]


def overlap(ours: npt.NDArray[np.int64], peer: npt.NDArray[np.int64]) -> float:
    """Share of entries that agree: f32 alone orders some near ties otherwise."""
    return float((ours == peer).mean())


def of(what: str, power: float, n_rounds: int, *, every: bool) -> list[Row]:
    """Rows of the table for one spectrum; `every`: also those of 200 neighbours and of scikit-learn."""
    train, queries = features(power)

    def ours(k: int = 20, metric: str = "cosine") -> Any:
        return binet.neighbors(train, queries, k=k, metric=metric).indices

    def peer(k: int = 20) -> Any:
        return numpy_neighbors(train, queries, k)

    def scikit_learn() -> Any:
        return NearestNeighbors(n_neighbors=20, algorithm="brute").fit(train).kneighbors(queries)[1]

    agree(f"NumPy, neighbours of {what}", overlap(ours()[:1000], numpy_neighbors(train, queries[:1000], 20)), 1, 0.01)
    title = f"20 neighbours, {N:,} among {N:,} x {D}, {what}: NumPy in blocks"
    made = [Row(title, *alternate(ours, peer, n_rounds), "2")]
    made.append(Row("  the matrix products alone", *alternate(ours, lambda: products(train, queries), n_rounds), ""))
    if every:
        of_200 = alternate(lambda: ours(200), lambda: peer(200), n_rounds)
        made.append(Row("  200 neighbours: NumPy in blocks", *of_200, "2"))
        euclidean = alternate(lambda: ours(metric="euclidean"), scikit_learn, n_rounds)
        made.append(Row("  20 by distance: scikit-learn, brute force", *euclidean, ""))
    return made


def rows(n_rounds: int) -> list[Row]:
    """Features whose spectrum falls, as those of networks do, and features of which no direction leads."""
    return of("spectrum i^-0.75", 0.75, n_rounds, every=True) + of("isotropic", 0.0, n_rounds, every=False)
