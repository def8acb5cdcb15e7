"""What people use today for the same numbers, written as a good user of each library would.

Each function answers the question that it is compared on; bench.py holds its answer to libbinet's before it times it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy.optimize
import scipy.special
import scipy.stats
import torch
import torchmetrics.functional.classification as torchmetrics_functional
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt
    import pandas

N_BINS = 15
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


class Calibration(NamedTuple):
    accuracy: float
    ece: float


class Columns(NamedTuple):
    """The table's columns, [N] each."""

    predicted_class: torch.Tensor
    confidence: torch.Tensor
    true_probability: torch.Tensor
    nll: torch.Tensor
    rank: torch.Tensor
    brier: torch.Tensor
    entropy: torch.Tensor


def numpy_calibration(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> Calibration:
    """SciPy's softmax and a loop over the bins."""
    probabilities = scipy.special.softmax(logits, axis=1)
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(predicted)), predicted].astype(np.float64)
    right = predicted == labels
    edges = np.linspace(0, 1, N_BINS + 1)
    ece = 0.0
    for low, high in itertools.pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            ece += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return Calibration(float(right.mean()), float(ece))


def numpy_classwise(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> float:
    """Class-wise ECE: SciPy's softmax, and all bins of all classes at once with bincount.

    The count of a bin cancels out of its weighted gap, so that two sums a bin are enough.
    """
    n, n_classes = logits.shape
    probabilities = scipy.special.softmax(logits, axis=1)
    bins = np.ceil(probabilities * np.float32(N_BINS)).astype(np.int32)
    bins -= 1
    np.maximum(bins, 0, out=bins)
    bins += np.arange(n_classes, dtype=np.int32) * N_BINS
    sums = np.bincount(bins.ravel(), weights=probabilities.ravel(), minlength=n_classes * N_BINS)
    right = np.bincount(bins[np.arange(n), labels], minlength=n_classes * N_BINS)
    return float(np.abs(right - sums).sum() / n / n_classes)


def torch_classwise(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The same in bare torch operations, with sums in double."""
    n, n_classes = logits.shape
    probabilities = logits.softmax(dim=1)
    bins = torch.ceil(probabilities * N_BINS).to(torch.int64).sub_(1).clamp_(min=0)
    bins += torch.arange(n_classes) * N_BINS
    sums = torch.zeros(n_classes * N_BINS, dtype=torch.float64)
    sums.scatter_add_(0, bins.view(-1), probabilities.view(-1).double())
    right = torch.bincount(bins.gather(1, labels[:, None])[:, 0], minlength=n_classes * N_BINS)
    return float((right - sums).abs().sum() / n / n_classes)


def torchmetrics_ece(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """torchmetrics, without its checks of the arguments."""
    ece = torchmetrics_functional.multiclass_calibration_error(
        logits, labels, num_classes=logits.shape[1], n_bins=N_BINS, norm="l1", validate_args=False
    )
    return float(ece)


def torch_calibration(logits: torch.Tensor, labels: torch.Tensor) -> Calibration:
    """Bare torch operations: softmax, max and one pass over the bins."""
    confidence, predicted = logits.softmax(dim=1).max(dim=1)
    right = (predicted == labels).double()
    confidence = confidence.double()
    edges = torch.linspace(0, 1, N_BINS + 1, dtype=torch.float64)
    bins = torch.bucketize(confidence, edges[1:-1])
    gaps = torch.zeros(N_BINS, dtype=torch.float64).scatter_add_(0, bins, right - confidence)
    return Calibration(float(right.mean()), float(gaps.abs().sum() / len(labels)))


def torch_columns(logits: torch.Tensor, labels: torch.Tensor) -> Columns:
    """Bare torch operations for every column of the table."""
    index = labels[:, None]
    log_probabilities = logits.log_softmax(dim=1)
    probabilities = log_probabilities.exp()
    confidence, predicted = probabilities.max(dim=1)
    true_probability = probabilities.gather(1, index)[:, 0]
    return Columns(
        predicted_class=predicted,
        confidence=confidence,
        true_probability=true_probability,
        nll=-log_probabilities.gather(1, index)[:, 0],
        rank=(logits > logits.gather(1, index)).sum(dim=1) + 1,
        brier=probabilities.square().sum(dim=1) - 2 * true_probability + 1,
        entropy=-torch.linalg.vecdot(probabilities, log_probabilities),
    )


def pillow_transform(path: Path) -> torch.Tensor:
    """Pillow and torch: decode, short side 256, centre 224, normalise; as torchvision's transforms do it."""
    picture = Image.open(path).convert("RGB")
    scale = 256 / min(picture.size)
    width, height = (int(side * scale) for side in picture.size)
    picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - 224) / 2), round((height - 224) / 2)
    picture = picture.crop((left, top, left + 224, top + 224))
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()
    return pixels.to(torch.float32).div_(255).sub_(MEAN).div_(STD)


def torch_loop(model: torch.nn.Module, batches: list[torch.Tensor]) -> list[torch.Tensor]:
    """A plain loop over tensors that are ready."""
    with torch.inference_mode():
        return [model(batch) for batch in batches]


def blind_pairs(
    alike: npt.NDArray[np.float32], unlike: npt.NDArray[np.float32], above: float, below: float, block: int = 1_000
) -> npt.NDArray[np.int64]:
    """[P, 2] pairs whose cosine is above by the first features and below by the others.

    Only the upper triangle of the first is multiplied out, and only what it finds is looked up in the second.
    """
    first = alike / np.linalg.norm(alike, axis=1, keepdims=True)
    second = unlike / np.linalg.norm(unlike, axis=1, keepdims=True)
    found = []
    for start in range(0, len(first), block):
        row, column = np.nonzero(first[start : start + block] @ first[start:].T > above)
        later = column > row
        row, column = row[later] + start, column[later] + start
        sees = np.einsum("ij,ij->i", second[row], second[column]) < below
        found.append(np.stack([row[sees], column[sees]], axis=1))
    return np.concatenate(found)


def pandas_error_ratio(predictions: pandas.DataFrame, factors: pandas.DataFrame) -> pandas.Series:
    """Error ratio of each factor, as ImageNet-X's own package finds it: a merge by file name, then means of groups."""
    merged = factors.merge(predictions, on="file_name", how="inner")
    wrong = merged["predicted_class"] != merged["label"]
    return wrong.groupby(merged["factor"]).mean() / wrong.mean()


def category_matrix(groups: Iterable[Sequence[int]], n_classes: int) -> torch.Tensor:
    """[C, G]: 1 / size for the classes of a group, else 0; a product with it takes means."""
    listed = list(groups)
    matrix = torch.zeros(n_classes, len(listed))
    for index, classes in enumerate(listed):
        matrix[list(classes), index] = 1 / len(classes)
    return matrix


def torch_categories(logits: torch.Tensor, categories: torch.Tensor) -> torch.Tensor:
    """The largest mean probability of a category, row by row."""
    return (torch.softmax(logits, dim=1) @ categories).max(dim=1).values


def numpy_kappas(correct: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Cohen's kappa of every two rows, from the counts that one matrix product gives."""
    right = correct.astype(np.float32)  # counts below 2^24 are exact
    n = correct.shape[1]
    both = (right @ right.T).astype(np.float64)
    of_one = both.diagonal()
    different = of_one[:, None] + of_one - 2 * both
    by_chance = (of_one[:, None] * (n - of_one) + (n - of_one)[:, None] * of_one) / n
    kappas: npt.NDArray[np.float64] = 1 - different / by_chance
    return kappas


def scipy_temperature(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> float:
    """SciPy's bounded minimum of the NLL over log T, NumPy in f32 for each value; largest logits are taken off once."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    gap = float(shifted[np.arange(len(labels)), labels].mean(dtype=np.float64))
    scaled = np.empty_like(shifted)

    def nll(log_temperature: float) -> float:
        inverse = np.exp(-log_temperature)
        np.multiply(shifted, np.float32(inverse), out=scaled)
        np.exp(scaled, out=scaled)
        return float(np.log(scaled.sum(axis=1)).mean(dtype=np.float64)) - inverse * gap

    found = scipy.optimize.minimize_scalar(nll, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(found.x))


def numpy_bootstrap_ece(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], n_resamples: int
) -> npt.NDArray[np.float64]:
    """ECE of each resample: what its rows add to their bin's gap, summed by bincount; the counts cancel out."""
    random = np.random.default_rng(0)
    n = len(confidence)
    bins = np.maximum(np.ceil(confidence * N_BINS).astype(np.intp) - 1, 0)
    gaps = confidence - right
    found = np.empty(n_resamples)
    for i in range(n_resamples):
        rows = random.integers(0, n, n)
        found[i] = np.abs(np.bincount(bins[rows], gaps[rows], N_BINS)).sum() / n
    return found


def numpy_compare(
    tables: Sequence[dict[str, npt.NDArray[np.float64]]], n_resamples: int
) -> tuple[npt.NDArray[np.float64], float]:
    """Differences of the means of all columns and of ECE, resample by resample, and McNemar's exact p value.

    A resample is how often each row was drawn: one product with it takes the means of all columns of both.
    """
    random = np.random.default_rng(0)
    a, b = tables
    n = len(a["confidence"])
    columns = np.stack([b[name] - a[name] for name in a])
    bins = [np.maximum(np.ceil(one["confidence"] * N_BINS).astype(np.intp) - 1, 0) for one in tables]
    gaps = [one["confidence"] - one["accuracy"] for one in tables]
    found = np.empty((n_resamples, len(columns) + 1))
    for i in range(n_resamples):
        weights = np.bincount(random.integers(0, n, n), minlength=n).astype(np.float64)
        found[i, :-1] = columns @ weights / n
        ece = [np.abs(np.bincount(one, gap * weights, N_BINS)).sum() / n for one, gap in zip(bins, gaps, strict=True)]
        found[i, -1] = ece[1] - ece[0]
    only_a, only_b = (int((one > other).sum()) for one, other in itertools.permutations((a["accuracy"], b["accuracy"])))
    return found, float(scipy.stats.binomtest(only_a, only_a + only_b).pvalue)
