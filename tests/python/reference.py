"""The definitions once more, in float64 NumPy and nothing of libbinet: what the golden tests compare with."""

from __future__ import annotations

from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy
from scipy.special import ndtr

Array = npt.NDArray[Any]


def softmax(logits: Array) -> Array:
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def columns(probabilities: Array, labels: Array) -> dict[str, Array]:
    """The columns of Predictions from probabilities [N, C]."""
    p = probabilities.astype(np.float64)
    rows = np.arange(len(p))
    true = p[rows, labels]
    better = (p > true[:, None]).sum(1)
    tied_before = ((p == true[:, None]) & (np.arange(p.shape[1]) < labels[:, None])).sum(1)
    one_hot = np.zeros_like(p)
    one_hot[rows, labels] = 1
    with np.errstate(divide="ignore", invalid="ignore"):
        plogp = np.where(p > 0, p * np.log(p), 0.0)
        nll = -np.log(true)
    return {
        "predicted_class": p.argmax(1),
        "confidence": p.max(1),
        "label": labels,
        "true_probability": true,
        "nll": nll,
        "rank": 1 + better + tied_before,
        "brier": ((p - one_hot) ** 2).sum(1),
        "entropy": -plogp.sum(1),
    }


def wilson(n_correct: int, n: int, level: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = n_correct / n
    centre = share + z * z / (2 * n)
    spread = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)


def bins(confidence: Array, correct: Array, n_bins: int, binning: str) -> list[Array]:
    """Rows of each bin: (low, high] by equal width or quantiles, or a sorted split with wrong answers first among
    ties."""
    if binning == "equal_mass":
        return list(np.array_split(np.lexsort((correct, confidence)), n_bins))
    edges = np.linspace(0, 1, n_bins + 1)
    if binning == "equal_mass_quantile":
        edges = np.quantile(confidence, edges)
    which = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, n_bins - 1)
    return [np.flatnonzero(which == b) for b in range(n_bins)]


def sweep(confidence: Array, correct: Array) -> int:
    """Bins of equal mass that there can be before accuracy falls from one to the next."""
    for n_bins in range(2, len(correct) + 1):
        accuracies = [correct[rows].mean() for rows in bins(confidence, correct, n_bins, "equal_mass")]
        if (np.diff(accuracies) < 0).any():
            return n_bins - 1
    return len(correct)


def debiased(confidence: Array, correct: Array, rows: list[Array]) -> float:
    """Kumar's L2: what the variance of a bin's accuracy adds is taken off; a bin of one row gives 0."""
    total = 0.0
    for one in rows:
        if len(one) > 1:
            accuracy = correct[one].mean()
            gap = accuracy - confidence[one].mean()
            total += len(one) / len(correct) * (gap**2 - accuracy * (1 - accuracy) / (len(one) - 1))
    return float(np.sqrt(max(total, 0.0)))


def calibration(confidence: Array, correct: Array, n_bins: int, binning: str) -> tuple[float, float, float]:
    """ECE, MCE and RMS."""
    gaps, shares = [], []
    for rows in bins(confidence, correct, n_bins, binning):
        if len(rows):
            gaps.append(abs(correct[rows].mean() - confidence[rows].mean()))
            shares.append(len(rows) / len(confidence))
    gap, share = np.array(gaps), np.array(shares)
    return float(share @ gap), float(gap.max()), float(np.sqrt(share @ gap**2))


def classwise(p: Array, labels: Array, n_bins: int, binning: str, threshold: float = 0.0) -> list[list[float]]:
    """ECE, RMS and MCE of each class, from the probabilities [N, C]; NaN where none is at least the threshold."""
    errors = []
    for k in range(p.shape[1]):
        kept = p[:, k] >= threshold
        if kept.any():
            ece, mce, rms = calibration(p[kept, k], (labels[kept] == k).astype(float), n_bins, binning)
            errors.append([ece, rms, mce])
        else:
            errors.append([np.nan] * 3)
    return errors


def pearce(p: Array, labels: Array, n_bins: int, binning: str, threshold: float = 0.0) -> list[float]:
    """The error of each class as J. Pearce's calibration_library defines it, each bin by its own mask."""
    n, predicted = len(p), p.argmax(1)
    errors = []
    for k in range(p.shape[1]):
        column = np.where(p[:, k] < threshold, 0.0, p[:, k])
        right = ~((predicted == k) ^ (labels == k))
        edges = np.linspace(0, 1, n_bins + 1)
        if binning == "equal_mass":
            edges = np.append(np.sort(column)[np.arange(n_bins) * (n // n_bins)], 1.0)
        error = 0.0
        for low, high in pairwise(edges):
            inside = (column > low) & (column <= high)
            if inside.any():
                error += inside.sum() / n * abs(right[inside].mean() - column[inside].mean())
        errors.append(error)
    return errors


def risk_areas(confidence: Array, correct: Array) -> tuple[float, float, float]:
    """AURC, the AURC of the best order, and AUGRC; among equal confidences wrong answers are spread evenly."""
    n = len(correct)
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence, wrong = confidence[order], 1 - correct[order]
    for value in np.unique(sorted_confidence):
        tied = sorted_confidence == value
        wrong[tied] = wrong[tied].mean()
    errors, best = np.cumsum(wrong), np.cumsum(np.sort(1 - correct))
    places = np.arange(1, n + 1)
    generalised = np.concatenate([[0.0], errors]) / n
    return (
        float((errors / places).mean()),
        float((best / places).mean()),
        float(((generalised[1:] + generalised[:-1]) / 2).mean()),
    )


def smooth_ece(confidence: Array, correct: Array, bandwidth: float) -> float:
    """smECE at a bandwidth: Gaussians at every reflection of each confidence, integrated in closed form.

    Between two changes of sign the integral of the smoothed residual is a difference of normal distribution functions;
    changes are looked for between places that are a 400th of the bandwidth apart, and found by bisection.
    """
    values, which = np.unique(confidence, return_inverse=True)
    residual = np.bincount(which, correct - confidence) / len(correct)
    reach = int(np.ceil(4.5 * bandwidth))
    images = [2 * k + side * values for k in range(-reach, reach + 1) for side in (1, -1)]

    def smoothed(places: Array) -> Array:
        return sum(np.exp(-(((places[:, None] - image) / bandwidth) ** 2) / 2) @ residual for image in images)

    def integral(places: Array) -> Array:
        return sum(
            (ndtr((places[:, None] - image) / bandwidth) - ndtr(-image / bandwidth)) @ residual for image in images
        )

    mesh = np.linspace(0, 1, int(400 / bandwidth) + 1)
    is_above = np.concatenate(
        [smoothed(part) > 0 for part in np.array_split(mesh, len(mesh) * len(values) // 4_000_000 + 1)]
    )
    changes = np.flatnonzero(is_above[1:] != is_above[:-1])
    low, high, side = mesh[changes], mesh[changes + 1], is_above[changes]
    for _ in range(40):
        middle = (low + high) / 2
        stays = (smoothed(middle) > 0) == side
        low, high = np.where(stays, middle, low), np.where(stays, high, middle)
    return float(np.abs(np.diff(integral(np.concatenate([[0.0], low, [1.0]])))).sum())


def shape_bias(responses: Array, shapes: Array, textures: Array) -> tuple[int, int, int, float]:
    """Conflict images, answers that name the shape, answers that name the texture, and the share of the first."""
    conflict = shapes != textures
    shape = int((responses[conflict] == shapes[conflict]).sum())
    texture = int((responses[conflict] == textures[conflict]).sum())
    return int(conflict.sum()), shape, texture, np.float64(shape) / np.float64(shape + texture)


def error_consistency(a: Array, b: Array) -> tuple[float, float, float]:
    """Kappa, observed and expected agreement."""
    p, q = a.mean(), b.mean()
    observed = (a == b).mean()
    expected = p * q + (1 - p) * (1 - q)
    return (1.0 if observed == 1 else (observed - expected) / (1 - expected)), observed, expected


# ---- Similarity ------------------------------------------------------------------------------------------------------


def doubly_centred(k: Array) -> Array:
    centred: Array = k - k.mean(0) - k.mean(1)[:, None] + k.mean()
    return centred


def hsic(k: Array, m: Array, unbiased: bool) -> float:
    """HSIC of two Gram matrices: doubly centred (Gretton et al., 2005), or as Song et al. (2012) write it."""
    n = len(k)
    if not unbiased:
        return float((doubly_centred(k) * doubly_centred(m)).sum()) / (n - 1) ** 2
    k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    all_k, all_m, through = k.sum(), m.sum(), k.sum(0) @ m.sum(0)
    total = (k * m).sum() + all_k * all_m / ((n - 1) * (n - 2)) - 2 / (n - 2) * through
    return float(total) / (n * (n - 3))


def linear_gram(x: Array) -> Array:
    """[n, n] inner products of centred rows."""
    centred = x.astype(np.float64) - x.astype(np.float64).mean(0)
    gram: Array = centred @ centred.T
    return gram


def rbf_gram(x: Array, bandwidth: float) -> Array:
    """[n, n] as in the code published with Kornblith et al. (2019): the median of all n^2 squared distances."""
    distances = ((x[:, None] - x[None]) ** 2).sum(2)
    gram: Array = np.exp(-distances / (2 * bandwidth**2 * np.median(distances)))
    return gram


def cka(k: Array, m: Array, unbiased: bool) -> float:
    return hsic(k, m, unbiased) / float(np.sqrt(hsic(k, k, unbiased) * hsic(m, m, unbiased)))


def minibatch_cka(first: list[list[Array]], second: list[list[Array]], unbiased: bool) -> Array:
    """[L1, L2] CKA from batches of layers: HSIC of each batch, summed over batches, then the ratio (Nguyen et al.)."""
    numerators, rows, columns = (np.zeros(1) for _ in range(3))
    for of_first, of_second in zip(first, second, strict=True):
        grams, others = [linear_gram(x) for x in of_first], [linear_gram(x) for x in of_second]
        numerators = numerators + np.array([[hsic(k, m, unbiased) for m in others] for k in grams])
        rows = rows + np.array([hsic(k, k, unbiased) for k in grams])
        columns = columns + np.array([hsic(m, m, unbiased) for m in others])
    ratios: Array = numerators / np.sqrt(np.multiply.outer(rows, columns))
    return ratios


def directions(x: Array, variance: float) -> Array:
    """[n, k] left singular vectors of the centred columns that hold a share of the variance."""
    u, s, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    s = s[s > s[0] * max(x.shape) * np.finfo(float).eps]
    share = np.cumsum(s**2) / np.sum(s**2)
    kept: Array = u[:, : len(s) if variance == 1 else 1 + int(np.sum(share < variance))]
    return kept


def svcca(x: Array, y: Array, variance: float) -> tuple[float, tuple[int, int]]:
    """SVCCA and how many directions each keeps, from the angles between two spaces (Raghu et al., 2017)."""
    a, b = directions(x, variance), directions(y, variance)
    return float(np.cos(scipy.linalg.subspace_angles(a, b)).mean()), (a.shape[1], b.shape[1])


def pwcca(x: Array, y: Array) -> tuple[float, bool]:
    """PWCCA from canonical variates (Morcos et al., 2018), and whether the weights are those of x."""
    a, b = directions(x, 1), directions(y, 1)
    is_x = a.shape[1] <= b.shape[1]
    if not is_x:
        x, a, b = y, b, a
    turn, correlations, _ = np.linalg.svd(a.T @ b, full_matrices=False)
    weights = np.abs((a @ turn).T @ (x - x.mean(0))).sum(1)
    return float(weights @ correlations / weights.sum()), is_x
