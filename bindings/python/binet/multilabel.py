"""Accuracy where an image has several right answers or none: ReaL, ImageNet-Hard."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from ._files import read_json
from ._html import table
from ._library import call, ffi, lib, struct
from ._names import find
from ._options import nonzero
from .arrays import integers, view
from .errors import InvalidArgument, InvalidData, shown
from .predictions import Predictions, pointer_of
from .threads import context


@dataclass(frozen=True, eq=False)
class MultilabelAccuracy:
    """Accuracy where an image may have several right answers or none, with its Wilson interval.

    Attributes:
        value: n_correct / n, 0 .. 1; NaN where n is 0.
        low, high: ends of the interval, 0 .. 1; NaN where value is.
        n: rows with at least one label; only these count.
        n_correct: of these, rows whose predicted class is one of their labels.
        n_left_out: rows without a label, those that labels does not know among them.
        n_unmatched: rows that labels does not know.
        n_unused: entries of labels that predictions has no row for.
        correct: [N] uint8, a row each of predictions: 0 wrong, 1 right, 2 left out. What `binet.error_ratio` takes.
        confidence_level: of the interval.
    """

    value: float
    low: float
    high: float
    n: int
    n_correct: int
    n_left_out: int
    n_unmatched: int
    n_unused: int
    correct: npt.NDArray[np.uint8]
    confidence_level: float

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return (
            f"multi-label accuracy {self.value:.4f} ({self.confidence_level * 100:g} % interval {self.low:.4f} .. "
            f"{self.high:.4f}, {self.n:,} samples, {self.n_left_out:,} without a label left out)"
        )

    def __repr__(self) -> str:
        return (
            f"MultilabelAccuracy(value={self.value:.6g}, low={self.low:.6g}, high={self.high:.6g}, n={self.n}, "
            f"n_correct={self.n_correct}, n_left_out={self.n_left_out}, n_unmatched={self.n_unmatched}, "
            f"n_unused={self.n_unused})"
        )

    def _repr_html_(self) -> str:
        columns = ("accuracy", "low", "high", "right", "samples", "without a label")
        counts = (f"{count:,}" for count in (self.n_correct, self.n, self.n_left_out))
        caption = f"Multi-label accuracy, {self.confidence_level * 100:g} % interval (Wilson)"
        return table(caption, columns, [[self.value, self.low, self.high, *counts]])


def imagenet_val_file_names(n: int = 50_000) -> tuple[str, ...]:
    """Names of the images of the ImageNet validation set in their order: ReaL's entry i is of image i + 1.

    Args:
        n: how many, from the first.
    """
    return tuple(f"ILSVRC2012_val_{i:08d}.JPEG" for i in range(1, n + 1))


def multilabel_accuracy(
    predictions: Predictions,
    labels: Any,
    file_names: Sequence[str | os.PathLike[str]] | None = None,
    *,
    confidence_level: float = 0.95,
) -> MultilabelAccuracy:
    """Accuracy where an image may have several right answers, or none: ReaL (Beyer et al., 2020), ImageNet-Hard.

    A row is right where its predicted class is one of its labels. A row without a label is left out and counted. Rows
    meet labels by file name, never by position. Counts are exact; the interval has the same bits everywhere. ReaL's
    file is read like this::

        binet.multilabel_accuracy(predictions, "real.json", binet.imagenet_val_file_names())

    Args:
        predictions: N rows with file names; their labels play no part.
        labels: the classes of each image: a mapping from file names to lists, a list of lists, or the path of a JSON
            file with one of these.
        file_names: the name of each list, where labels is a list of lists.
        confidence_level: of the interval, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for lists without names or a wrong count of names; `INVALID_DATA` for a class
            out of range, and where predictions and labels share no file name.
    """
    names, lists = _lists_of(labels, file_names)
    rows = find(predictions, names, "labels")
    found = np.flatnonzero(rows >= 0)
    if found.size == 0:
        first = f": {names[0]!r}, ..." if len(names) else ""
        raise InvalidData(f"none of the {len(names):,} file names of labels is in predictions{first}", "labels")
    of_rows: list[Any] = [()] * len(predictions)
    for index in found.tolist():
        of_rows[rows[index]] = lists[index]
    offsets = np.zeros(len(of_rows) + 1, np.int64)
    np.cumsum([len(entry) for entry in of_rows], out=offsets[1:])
    flat = list(chain.from_iterable(of_rows))
    classes = integers(np.array(flat) if flat else np.empty(0, np.int64), "labels").astype(np.int64)
    correct = np.empty(len(predictions), np.uint8)
    options = struct(
        "binet_multilabel_options",
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
    )
    result = struct("binet_multilabel_result", correct_capacity=correct.size)
    result.correct = ffi.cast("unsigned char *", correct.ctypes.data)
    pointers = (pointer_of(predictions), view(offsets, "offsets").pointer, view(classes, "labels").pointer)
    call(lib.binet_multilabel_accuracy, context().pointer, *pointers, options, result, names={"classes": "labels"})
    correct.flags.writeable = False
    return MultilabelAccuracy(
        result.value,
        result.low,
        result.high,
        n=result.n,
        n_correct=result.n_correct,
        n_left_out=result.n_left_out,
        n_unmatched=len(predictions) - int(found.size),
        n_unused=len(names) - int(found.size),
        correct=correct,
        confidence_level=confidence_level,
    )


def read_multilabels(path: str | os.PathLike[str], name: str = "labels") -> Mapping[str, Any]:
    """Labels of images by file name, from a JSON file with a mapping, or with a list in the order of ImageNet's images.

    The second is the form of ReaL's file: entry i is of image i + 1 of the validation set.

    Args:
        path: of the file.
        name: what the caller calls it.

    Raises:
        binet.Error: `IO` where it cannot be read; `INVALID_DATA` where it holds neither.
    """
    found = read_json(path, name)
    if isinstance(found, list):
        return dict(zip(imagenet_val_file_names(len(found)), found, strict=True))
    if not isinstance(found, dict):
        raise InvalidData(f"{os.fspath(path)}: a mapping or a list of lists is expected", name)
    return found


def _lists_of(
    labels: Any, file_names: Sequence[str | os.PathLike[str]] | None
) -> tuple[Sequence[str | os.PathLike[str]], Sequence[Any]]:
    """Names and lists of labels, as many of one as of the other."""
    if isinstance(labels, (str, os.PathLike)):
        labels = read_json(labels, "labels")
    if isinstance(labels, Mapping):
        if file_names is not None:
            raise InvalidArgument("file_names is given, and labels has file names of its own", "file_names")
        names: Sequence[str | os.PathLike[str]] = list(labels)
        lists = list(labels.values())
    elif isinstance(labels, Sequence) or hasattr(labels, "__array__"):
        if file_names is None:
            message = "file_names is missing: labels is a list, and rows are matched by file name, not by position"
            raise InvalidArgument(message, "file_names")
        names, lists = file_names, list(labels)
    else:
        raise InvalidArgument(f"labels is {shown(labels)}; allowed: a mapping, a list of lists, a path", "labels")
    if len(names) != len(lists):
        raise InvalidArgument(f"file_names has {len(names)} entries; labels has {len(lists)}", "file_names")
    for index, entry in enumerate(lists):
        if isinstance(entry, (str, bytes, Mapping)) or not hasattr(entry, "__len__"):
            raise InvalidData(f"labels[{index}] is {shown(entry)}; allowed: a list of classes", "labels", index)
    return names, lists
