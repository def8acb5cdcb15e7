"""The door in: every kind of array that NumPy can view comes in without a copy and gives the same bits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from binet.arrays import view
from test_predictions import assert_same_bits

Array = npt.NDArray[Any]


def negative_strides(logits: Array) -> Array:
    return np.ascontiguousarray(logits[::-1, ::-1])[::-1, ::-1]


def every_other(logits: Array) -> Array:
    wide = np.full((len(logits) * 2, logits.shape[1] * 3), np.nan, logits.dtype)
    wide[::2, ::3] = logits
    return wide[::2, ::3]


def byte_offset(logits: Array) -> Array:
    record = np.zeros(len(logits), [("id", "i4"), ("scores", logits.dtype, logits.shape[1])])
    record["scores"] = logits
    return record["scores"]


def read_only(logits: Array) -> Array:
    copy = logits.copy()
    copy.flags.writeable = False
    return copy


class OnlyDLPack:
    """What speaks DLPack and nothing else."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def __dlpack__(self, **arguments: Any) -> Any:
        return self._array.__dlpack__(**arguments)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()


@pytest.mark.parametrize(
    "form",
    [negative_strides, every_other, byte_offset, read_only, np.asfortranarray, OnlyDLPack, memoryview],
)
def test_form_does_not_matter(logits: Array, labels: Array, form: Callable[[Array], Any]) -> None:
    expected = binet.Predictions.from_logits(logits, labels)
    assert_same_bits(binet.Predictions.from_logits(form(logits), labels), expected)


def test_strides_of_labels_do_not_matter(logits: Array, labels: Array) -> None:
    expected = binet.Predictions.from_logits(logits, labels)
    assert_same_bits(binet.Predictions.from_logits(logits, np.repeat(labels, 3)[::3]), expected)
    assert_same_bits(binet.Predictions.from_logits(logits, labels[::-1].copy()[::-1]), expected)
    assert_same_bits(binet.Predictions.from_logits(logits, list(map(int, labels))), expected)


def test_a_repeated_row_has_stride_zero(logits: Array) -> None:
    predictions = binet.Predictions.from_logits(np.broadcast_to(logits[0], logits.shape))
    assert_same_bits(predictions, binet.Predictions.from_logits(np.tile(logits[0], (len(logits), 1))))


def test_memory_map(logits: Array, labels: Array, tmp_path: Path) -> None:
    np.save(tmp_path / "logits.npy", logits)
    mapped = np.load(tmp_path / "logits.npy", mmap_mode="r")
    assert_same_bits(binet.Predictions.from_logits(mapped, labels), binet.Predictions.from_logits(logits, labels))


@pytest.mark.parametrize("form", [np.asarray, np.asfortranarray, negative_strides, every_other, read_only, OnlyDLPack])
def test_nothing_is_copied(logits: Array, form: Callable[[Array], Any]) -> None:
    given = form(logits)
    under = given._array if isinstance(given, OnlyDLPack) else given
    array = view(given, "logits").pointer
    from binet._library import ffi

    assert int(ffi.cast("uintptr_t", array.data)) == under.__array_interface__["data"][0]
    assert list(array.strides)[:2] == list(under.strides)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_torch_tensors(logits: Array, labels: Array, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(logits).to(getattr(torch, dtype))
    array = view(tensor, "logits").pointer
    from binet._library import ffi

    assert int(ffi.cast("uintptr_t", array.data)) == tensor.data_ptr()
    widened = tensor.double() if dtype == "float64" else tensor.float()
    expected = binet.Predictions.from_logits(widened.numpy(), labels)
    assert_same_bits(binet.Predictions.from_logits(tensor, torch.from_numpy(labels)), expected)
    turned = tensor.T.contiguous().T
    assert_same_bits(binet.Predictions.from_logits(turned.requires_grad_(), labels), expected)


def test_a_tensor_elsewhere_says_what_to_do() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(binet.Error, match=r"logits is on meta; move it with \.cpu\(\)"):
        binet.Predictions.from_logits(torch.zeros(2, 3, device="meta"))


BAD = {
    "object": (np.array([[None, 1]]), "dtype object"),
    "complex": (np.zeros((2, 3), complex), "dtype complex128"),
    "text": ("logits", "dtype str"),
    "integers": (np.zeros((2, 3), np.int64), "dtype int64; allowed: float16, bfloat16, float32, float64$"),
    "one dimension": (np.zeros(3), "1 dimension"),
    "five dimensions": (np.zeros((1, 1, 1, 1, 1)), "5 dimensions"),
    "no dimension": (np.float32(1), "0 dimensions"),
    "other byte order": (np.zeros((2, 3), ">f4" if np.dtype("=f4").str == "<f4" else "<f4"), "byte order"),
    "misaligned": (np.frombuffer(bytes(25), np.uint8)[1:].view(np.float32).reshape(2, 3), "not aligned"),
    "ragged": ([[1.0, 2.0], [3.0]], "cannot be read as an array"),
    "masked": (np.ma.masked_greater(np.ones((2, 3)), 0), "masked"),
    "no rows": (np.zeros((0, 3)), "0 rows"),
    "no classes": (np.zeros((3, 0)), "0 classes"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arrays_name_the_argument(name: str) -> None:
    value, message = BAD[name]
    with pytest.raises(binet.Error, match=message) as caught:
        binet.Predictions.from_logits(value)
    assert caught.value.status == binet.Status.INVALID_ARGUMENT
    assert caught.value.argument == "logits"
    assert caught.value.index is None


@pytest.mark.parametrize("labels", [np.zeros(257), np.zeros(257, np.uint64), np.array(["a"] * 257)])
def test_labels_that_are_not_classes(logits: Array, labels: Array) -> None:
    with pytest.raises(binet.Error, match="labels has dtype") as caught:
        binet.Predictions.from_logits(logits, labels)
    assert caught.value.argument == "labels"
