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
from .vtab import VTAB, vtab_task

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
        features, labels = read_npz(path, ("features", "labels")).values()
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


def find_tasks(folder: str | os.PathLike[str]) -> dict[str, tuple[str, str]]:
    """The tasks in a folder that holds one for each: paths of train and test, each for `read_features`.

    VTAB's come in its order, then others by name. Folders with neither train nor test are no tasks.

    Raises:
        binet.Error: `INVALID_DATA` where there is no task, or one has only one of train and test.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InvalidData(f"{folder}: no such folder; it holds one for each task", "models")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    found = {name: _sides(folder / name) for name in names}
    pairs = {name: sides for name, sides in found.items() if sides is not None}
    if not pairs:
        message = f"{folder}: no folder in it has train and test (.npz, or folders of binet evaluate --features)"
        raise InvalidData(message, "models")
    order = {name: place for place, name in enumerate(VTAB)}
    tasks = {name: vtab_task(name) for name in pairs}
    places = {name: len(order) if task is None else order[task.name] for name, task in tasks.items()}
    return {name: pairs[name] for name in sorted(pairs, key=lambda name: places[name])}


def _sides(folder: Path) -> tuple[str, str] | None:
    """Train and test of a task's folder; None where neither is there."""
    sides = [_side(folder, part) for part in ("train", "test")]
    if sides == [None, None]:
        return None
    for path, part in zip(sides, ("train", "test"), strict=True):
        if path is None:
            raise InvalidData(f"{folder}: no {part}.npz and no {part}/{FEATURES}", "models")
    return str(sides[0]), str(sides[1])


def _side(folder: Path, part: str) -> Path | None:
    if (folder / f"{part}.npz").exists():
        return folder / f"{part}.npz"
    return folder / part if (folder / part).is_dir() else None
