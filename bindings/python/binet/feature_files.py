"""Features and labels from files, such as `binet evaluate --features` writes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ._files import read_npy, read_npz
from .arrays import Array
from .errors import InvalidArgument, InvalidData, IOFailure, shown
from .predictions import Predictions

FEATURES, LABELS, PREDICTIONS = "features.npy", "labels.npy", "predictions.csv"


class LabelledFeatures(NamedTuple):
    """Features with the label of each row.

    Attributes:
        features: [N, D].
        labels: [N] integers or texts.
    """

    features: Array
    labels: Array


def read_features(path: str | os.PathLike[str]) -> LabelledFeatures:
    """Read features and labels.

    Args:
        path: a .npz file with the arrays `features` and `labels`; a .npy file of features with labels.npy or
            predictions.csv beside it; or a folder with features.npy and one of these, such as
            `binet evaluate MODEL.pt --data DIR -o OUT --features` makes. A .npy is mapped into memory, not read.

    Raises:
        binet.Error: `IO` where a file is missing or cannot be read; `INVALID_DATA` where an array is missing, is not
            [N, D] and [N] of the same N, or a row has no label.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise InvalidArgument(f"path is {shown(path)}; allowed: a path", "path")
    path = Path(path)
    if path.is_dir():
        if not (path / FEATURES).exists():
            raise IOFailure(f"{path}: no {FEATURES} in this folder; binet evaluate --features writes one", "path")
        path = path / FEATURES
    if path.suffix == ".npz":
        features, labels = read_npz(path, ("features", "labels"))
    else:
        features, labels = read_npy(path), _labels_beside(path)
    if features.ndim != 2:
        raise InvalidData(f"{path}: features has {features.ndim} dimensions; allowed: 2, [N, D]", "features")
    if labels.shape != features.shape[:1]:
        raise InvalidData(f"{path}: labels has shape {labels.shape}; features has {len(features):,} rows", "labels")
    return LabelledFeatures(features, labels)


def _labels_beside(path: Path) -> Array:
    """The labels of a .npy of features."""
    if (path.parent / LABELS).exists():
        return read_npy(path.parent / LABELS)
    table = path.parent / PREDICTIONS
    if not table.exists():
        raise IOFailure(f"{path}: neither {LABELS} nor {PREDICTIONS} beside it, which give the labels", "path")
    labels = Predictions.from_csv(table).label
    missing = np.flatnonzero(labels < 0)
    if missing.size:
        rows = f"{missing.size:,} of {len(labels):,} rows have no label"
        raise InvalidData(f"{table}: {rows}; binet evaluate --labels gives them", "labels", int(missing[0]))
    return labels
