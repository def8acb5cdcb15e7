"""What estimators are given: features, labels and weights, as scikit-learn's conventions have them.

Features of float16, bfloat16, float32 and float64 are viewed where they lie, whatever their strides: a memory map is
not read and a tensor is not copied. Everything else that holds numbers is converted once. The wording of refusals is
that of scikit-learn where its own checks look for it.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import Array, View, as_numpy, view
from .errors import InvalidArgument, InvalidData, shown

C_NAMES = {"features": "X", "labels": "y", "weights": "sample_weight"}
"""What C calls the parameters of an estimator, for `call(..., names=)`."""

_VIEWED = ("float16", "bfloat16", "float32", "float64")
_MAX_NAMED = 5


class NotANumber(InvalidArgument, TypeError):
    """An entry that no number can be made from."""


# ---- Features --------------------------------------------------------------------------------------------------------


def feature_matrix(X: object) -> View:  # noqa: N803
    """View features, [N, D] with N and D >= 1; NaN and infinity are for C to find, which names the row."""
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise InvalidArgument("X is sparse, which is not supported; convert it with .toarray()", "X")
    array, dtype = as_numpy(X, "X")
    if array.dtype.kind == "c":
        raise InvalidArgument(f"Complex data not supported: X has dtype {dtype}", "X")
    _check_shape(array.shape)
    return view(X if dtype in _VIEWED else _numbers(array), "X")


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) < 2:
        raise InvalidArgument(
            f"X has shape {shape}; expected [N, D]. Reshape your data: X.reshape(-1, 1) where it is one feature, "
            "X.reshape(1, -1) where it is one sample",
            "X",
        )
    if len(shape) > 2:
        raise InvalidArgument(f"X has shape {shape}; expected [N, D]", "X")
    for size, what in zip(shape, ("sample", "feature"), strict=True):
        if size == 0:
            raise InvalidArgument(f"X has 0 {what}(s) (shape={shape}) while a minimum of 1 is required.", "X")


def _numbers(array: Array) -> Array:
    """Integers in the narrowest float from float32 on that holds them all, the rest in float64."""
    kind = array.dtype.kind
    if kind in "biu":
        return array.astype(np.result_type(array.dtype, np.float32))
    if kind == "f":
        return array.astype(np.float64)
    if kind == "O":
        return _numbers_of_objects(array)
    raise InvalidArgument(f"X has dtype {array.dtype}; allowed: numbers", "X")


def _numbers_of_objects(array: Array) -> Array:
    for row, values in enumerate(array):
        for value in values:
            if isinstance(value, (str, bytes)):
                raise InvalidData(f"row {row} of X holds {shown(value)}; allowed: numbers", "X", row)
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise NotANumber(f"X holds what is no number: {error}", "X") from error


def feature_names(X: object) -> Array | None:  # noqa: N803
    """Names of the columns of a data frame; None where there are none, or where they are not text."""
    columns = getattr(X, "columns", None)
    if columns is None:
        return None
    names = np.asarray(list(columns), dtype=object)
    are_text = [isinstance(name, str) for name in names]
    if any(are_text) and not all(are_text):
        raise NotANumber("X has columns with names that are text and columns with other names", "X")
    return names if all(are_text) else None


def check_feature_names(given: Array | None, fitted: Array | None, estimator: str) -> None:
    """Refuse other names than those of `fit`; warn where one of the two had none."""
    if given is None or fitted is None:
        if given is not fitted:
            has, was = ("does not have valid", "with") if given is None else ("has", "without")
            warnings.warn(f"X {has} feature names, but {estimator} was fitted {was} feature names", stacklevel=5)
        return
    if np.array_equal(given, fitted):
        return
    unseen = _listed("Feature names unseen at fit time", set(given) - set(fitted))
    missing = _listed("Feature names seen at fit time, yet now missing", set(fitted) - set(given))
    said = unseen + missing or "Feature names must be in the same order as they were in fit.\n"
    raise InvalidArgument(f"The feature names should match those that were passed during fit.\n{said}", "X")


def _listed(title: str, names: set[str]) -> str:
    lines = [f"- {name}\n" for name in sorted(names)]
    if len(lines) > _MAX_NAMED:
        lines[_MAX_NAMED:] = ["- ...\n"]
    return f"{title}:\n{''.join(lines)}" if lines else ""


# ---- Labels ----------------------------------------------------------------------------------------------------------


def label_vector(y: object, n: int) -> Array:
    """Labels [N]: integers, text, booleans, or whole numbers in floating point."""
    if y is None:
        raise InvalidArgument("y is None: a classifier requires y to be passed, but the target y is None", "y")
    array, _ = as_numpy(y, "y")
    if array.ndim == 2 and array.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected; use y.ravel().", _conversion(), stacklevel=4
        )
        array = array[:, 0]
    if array.ndim != 1:
        raise InvalidArgument(f"y should be a 1d array, got an array of shape {array.shape} instead.", "y")
    if array.dtype.kind in "fc":
        _check_whole(array)
    elif array.dtype.kind == "O":
        array = _plain(array)
    elif array.dtype.kind not in "biuUS":
        raise InvalidArgument(f"Unknown label type: y has dtype {array.dtype}; allowed: integers, text, booleans", "y")
    if len(array) != n:
        raise InvalidArgument(f"y has {len(array)} entries; X has {n} rows", "y")
    return array


def _check_whole(array: Array) -> None:
    """Whole numbers in floating point name classes; others are measurements."""
    wrong = np.flatnonzero(~np.isfinite(array))
    if wrong.size:
        row = int(wrong[0])
        raise InvalidData(f"y[{row}] is {array[row]}; allowed: labels of classes", "y", row)
    if array.dtype.kind == "c" or np.any(array != np.floor(array)):
        raise InvalidArgument("Unknown label type: continuous. y holds numbers that are not whole", "y")


def _plain(array: Array) -> Array:
    """Labels that came as Python objects, all of one type."""
    for kinds in ((str,), (bool, np.bool_), (int, np.integer)):
        if all(isinstance(value, kinds) for value in array):
            return array if kinds == (str,) else np.asarray(array.tolist())
    raise InvalidArgument("Unknown label type: y holds objects; allowed: integers, text, booleans, of one type", "y")


def _conversion() -> type[Warning]:
    exceptions = sys.modules.get("sklearn.exceptions")
    kind: type[Warning] = exceptions.DataConversionWarning if exceptions is not None else UserWarning
    return kind


def encode(labels: Array, weights: npt.NDArray[np.float64] | None) -> tuple[Array, npt.NDArray[np.int64]]:
    """Classes, sorted, and the index of each label's class, [N] int64.

    A row of weight zero is as good as not there: it adds no class, and its index says nothing.

    Raises:
        binet.Error: `INVALID_DATA` where there is one class only.
    """
    counted = labels if weights is None else labels[weights > 0]
    classes = np.unique(counted)
    if len(classes) < 2:
        which = f", {classes[:1].tolist()[0]!r}" if len(classes) else "es"
        where = "" if weights is None else " where sample_weight is above zero"
        raise InvalidData(f"y has {len(classes)} class{which}{where}; a classifier needs 2 classes or more", "y")
    codes = np.searchsorted(classes, counted)
    if weights is not None:
        codes, counted_codes = np.zeros(len(labels), np.int64), codes
        codes[weights > 0] = counted_codes
    return classes, codes.astype(np.int64, copy=False)


# ---- Weights ---------------------------------------------------------------------------------------------------------


def weight_vector(sample_weight: object, n: int) -> npt.NDArray[np.float64] | None:
    """Weights [N] in float64, finite, >= 0 and not all zero; None stays None."""
    if sample_weight is None:
        return None
    array: Any = as_numpy(sample_weight, "sample_weight")[0]
    if array.dtype.kind not in "biuf":
        raise InvalidArgument(f"sample_weight has dtype {array.dtype}; allowed: numbers", "sample_weight")
    if array.shape != (n,):
        raise InvalidArgument(f"sample_weight has shape {array.shape}; X has {n} rows", "sample_weight")
    weights: npt.NDArray[np.float64] = np.ascontiguousarray(array, dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if wrong.size:
        row = int(wrong[0])
        raise InvalidData(f"sample_weight[{row}] is {weights[row]}; allowed: 0 or above, finite", "sample_weight", row)
    if not np.any(weights):
        raise InvalidData("sample_weight is zero everywhere; allowed: some weight above zero", "sample_weight")
    return weights
