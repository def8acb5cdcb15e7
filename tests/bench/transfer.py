"""Transferability scores against NumPy."""

from __future__ import annotations

from typing import Any

import binet
import numpy as np
import numpy.typing as npt
from pairs import Row, agree, alternate

Array = npt.NDArray[Any]

N, D, K = 10_000, 768, 100


def rows(n_rounds: int) -> list[Row]:
    """LogME of the power law's features, and LEEP of 50,000 x 1,000 probabilities."""
    features, labels = power_law()

    def ours() -> float:
        return binet.logme(features, labels).value

    def peer() -> float:
        return _numpy_logme(features, labels)

    def one_by_one() -> float:
        return _numpy_logme_by_class(features, labels)

    agree("NumPy, LogME", ours(), peer(), 1e-4)
    agree("NumPy, LogME by class", ours(), one_by_one(), 1e-4)
    random = np.random.default_rng(4)
    scores = random.dirichlet(np.full(1000, 0.1), size=50_000).astype(np.float32)
    targets = random.integers(0, K, 50_000)

    def leep() -> float:
        return binet.leep(scores, targets).value

    def leep_peer() -> float:
        return _numpy_leep(scores, targets)

    agree("NumPy, LEEP", leep(), leep_peer(), 1e-6)
    return [
        Row(
            f"LogME of {N:,} x {D}, {K} classes: NumPy, eigh, all classes at once", *alternate(ours, peer, n_rounds), ""
        ),
        Row("  NumPy as published, SVD, a class at a time", *alternate(ours, one_by_one, n_rounds), ""),
        Row("LEEP of 50,000 x 1,000 f32: NumPy, a matrix product", *alternate(leep, leep_peer, n_rounds), ""),
    ]


def power_law() -> tuple[Array, Array]:
    """Features in f32 with a spectrum as i^-1.5, and labels drawn from a linear model of them."""
    random = np.random.default_rng(0)
    z = random.normal(size=(N, D)) / np.arange(1, D + 1) ** 0.75
    labels = (z @ (8 * random.normal(size=(K, D))).T + random.gumbel(size=(N, K))).argmax(1)
    q, _ = np.linalg.qr(random.normal(size=(D, D)))
    return (z @ q).astype(np.float32), labels


def _numpy_logme(features: Array, labels: Array) -> float:
    """The fixed point of the papers, of all classes together, from one eigendecomposition."""
    f = features.astype(np.float64)
    n, d = f.shape
    squares, vectors = np.linalg.eigh(f.T @ f)
    one_hot = np.eye(labels.max() + 1)[labels]
    z = (vectors.T @ (f.T @ one_hot)) ** 2 / squares[:, None]
    rest = one_hot.sum(0) - z.sum(0)
    alpha = beta = np.ones(one_hot.shape[1])
    for _ in range(11):
        t = alpha / beta
        shrink = t / (squares[:, None] + t)
        gamma = (1 - shrink).sum(0)
        weights = (z * shrink**2 * squares[:, None]).sum(0) / t**2
        error = (z * shrink**2).sum(0) + rest
        alpha, beta = gamma / (weights + 1e-5), (n - gamma) / (error + 1e-5)
        if (np.abs(alpha / beta - t) <= 1e-3 * t).all():
            break
    logs = d * np.log(alpha) + n * np.log(beta / (2 * np.pi)) - np.log(alpha + beta * squares[:, None]).sum(0)
    return float(((logs - beta * error - alpha * weights) / (2 * n)).mean())


def _numpy_logme_by_class(features: Array, labels: Array) -> float:
    """The same as it is published: singular vectors of all rows, and a loop over the classes."""
    f = features.astype(np.float64)
    n, d = f.shape
    _, squares, rows = np.linalg.svd(f.T @ f)
    left = f @ rows.T / np.sqrt(squares)
    found = []
    for k in range(labels.max() + 1):
        column = (labels == k).astype(np.float64)
        z = (left.T @ column) ** 2
        rest = column.sum() - z.sum()
        alpha = beta = 1.0
        for _ in range(11):
            t = alpha / beta
            gamma = (squares / (squares + t)).sum()
            weights = (squares * z / (squares + t) ** 2).sum()
            error = (z * (t / (squares + t)) ** 2).sum() + rest
            alpha, beta = gamma / (weights + 1e-5), (n - gamma) / (error + 1e-5)
            if abs(alpha / beta - t) <= 1e-3 * t:
                break
        logs = d * np.log(alpha) + n * np.log(beta / (2 * np.pi)) - np.log(alpha + beta * squares).sum()
        found.append((logs - beta * error - alpha * weights) / (2 * n))
    return float(np.mean(found))


def _numpy_leep(scores: Array, targets: Array) -> float:
    """P(y | z) by a product with the one-hot labels, then a row of it for each sample."""
    one_hot = np.eye(targets.max() + 1, dtype=np.float32)[targets]
    joint = (one_hot.T @ scores).astype(np.float64)
    conditional = (joint / joint.sum(0)).astype(np.float32)
    return float(np.log(np.einsum("ij,ij->i", scores, conditional[targets]), dtype=np.float64).mean())
