"""Arrays: the one door in, and views of what the library owns.

Anything that NumPy can view without a copy comes in without one: NumPy arrays of any strides, read-only ones and memory
maps among them; torch tensors on the CPU, bfloat16 too; whatever speaks DLPack or the buffer protocol. A list becomes
an array first. Nothing is converted, with one exception that loses nothing: labels of a narrower integer type are
widened.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from ._library import ffi, lib
from .errors import InvalidArgument, InvalidData

Array = npt.NDArray[Any]

MAX_DIMENSIONS = 4

_CODES: dict[str, int] = {
    "float16": lib.BINET_F16,
    "bfloat16": lib.BINET_BF16,
    "float32": lib.BINET_F32,
    "float64": lib.BINET_F64,
    "int32": lib.BINET_I32,
    "int64": lib.BINET_I64,
    "uint8": lib.BINET_U8,
}
_NAMES = {code: name for name, code in _CODES.items()}


class View:
    """A `binet_array` of an array that somebody else owns, which it keeps alive.

    Attributes:
        pointer: `binet_array *`, or NULL where there was no array.
        shape: of the array; () where there was none.
    """

    __slots__ = ("_array", "pointer", "shape")

    def __init__(self, array: Array | None, code: int = 0) -> None:
        self._array = array
        self.pointer: Any = ffi.NULL
        self.shape: tuple[int, ...] = ()
        if array is not None:
            self.shape = array.shape
            address = array.__array_interface__["data"][0]
            self.pointer = ffi.new(
                "binet_array *", (ffi.cast("void *", address), code, array.ndim, array.shape, array.strides)
            )

    def first(self, n: int) -> View:
        """The first n entries along the first axis."""
        return View(None) if self._array is None else View(self._array[:n], self.pointer.dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return View, (self._array, 0 if self._array is None else self.pointer.dtype)


def view(value: object, name: str) -> View:
    """View `value`, the parameter `name`, without a copy.

    Args:
        value: [..] of one to four dimensions, float16, bfloat16, float32, float64, int32, int64 or uint8.
        name: for the message of an error.

    Raises:
        binet.Error: `INVALID_ARGUMENT` where it is no array in memory that libbinet can read. Which dtypes and how many
            dimensions are right is for the function of C to say.
    """
    array, dtype = as_numpy(value, name)
    if dtype not in _CODES:
        raise InvalidArgument(f"{name} has dtype {dtype}; allowed: {', '.join(_CODES)}", name)
    if not array.dtype.isnative:
        raise InvalidArgument(f"{name} has the byte order of another machine; convert it with .astype('{dtype}')", name)
    if not 1 <= array.ndim <= MAX_DIMENSIONS:
        raise InvalidArgument(f"{name} has {array.ndim} dimensions; allowed: 1 .. {MAX_DIMENSIONS}", name)
    return View(array, _CODES[dtype])


def view_integers(value: object, name: str) -> View:
    """View integers such as labels: [N], int32 or int64 as they are, narrower ones widened; None gives no array."""
    return View(None) if value is None else view(integers(value, name), name)


def integers(value: object, name: str) -> Array:
    """An array of int32 or int64: `value` itself where it is one, widened where it is narrower."""
    array, dtype = as_numpy(value, name)
    if array.dtype.kind not in "iub" or not np.can_cast(array.dtype, np.int64):
        raise InvalidArgument(f"{name} has dtype {dtype}; allowed: int64 and narrower integers", name)
    return array if array.dtype in (np.int32, np.int64) else array.astype(np.int64)


def zeros_and_ones(value: object, name: str) -> Array:
    """Booleans, or integers 0 and 1, as the u8 that C takes; an entry at fault is counted through the whole array."""
    if isinstance(value, np.ndarray) and value.dtype == np.bool_ and not isinstance(value, np.ma.MaskedArray):
        return value.view(np.uint8)  # many observers are not copied
    array = integers(value, name)
    wrong = np.flatnonzero((array != 0) & (array != 1))
    if wrong.size:
        index = int(wrong[0])
        raise InvalidData(f"{name}[{index}] is {array.flat[index]}; allowed: 0 (wrong), 1 (right)", name, index)
    return array.astype(np.uint8)


def as_numpy(value: object, name: str) -> tuple[Array, str]:
    """A NumPy array of the same memory, and the name of its dtype (which NumPy cannot say of bfloat16)."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise InvalidArgument(f"{name} is a masked array; leave its masked entries out first", name)
    torch = sys.modules.get("torch")
    try:
        if torch is not None and isinstance(value, torch.Tensor):
            return _from_torch(value, name, torch)
        if not isinstance(value, np.ndarray) and not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
            array = np.from_dlpack(value)
        else:
            array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError, BufferError, AttributeError) as error:
        if isinstance(error, InvalidArgument):
            raise
        raise InvalidArgument(f"{name} cannot be read as an array in memory: {error}", name) from error
    return array, array.dtype.name


def _from_torch(tensor: Any, name: str, torch: Any) -> tuple[Array, str]:
    if tensor.device.type != "cpu":
        raise InvalidArgument(f"{name} is on {tensor.device}; move it with .cpu()", name)
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy(), "bfloat16"
    array: Array = tensor.numpy()
    return array, array.dtype.name


class _Owned:
    """Memory of the library as NumPy's array interface describes it; keeps its owner alive."""

    def __init__(self, array: Any, owner: object) -> None:
        self.owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (int(ffi.cast("uintptr_t", array.data)), True),
            "typestr": np.dtype(_NAMES[array.dtype]).str,
            "shape": tuple(array.shape[axis] for axis in range(array.ndim)),
            "strides": tuple(array.strides[axis] for axis in range(array.ndim)),
        }


def borrow(array: Any, owner: object) -> Array:
    """A read-only NumPy view of a `binet_array` of the library's memory; it keeps `owner` alive."""
    return np.asarray(_Owned(array, owner))
