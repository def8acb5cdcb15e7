"""The image functions of libbinet for the tests beside this file, called without the Python package."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import cffi
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
BILINEAR, BICUBIC = 1, 2


def _declarations() -> str:
    """The public headers as cffi takes them: without preprocessor lines and linkage."""
    text = ""
    for name in ("base", "threads", "image"):
        header = (ROOT / "include" / "binet" / f"{name}.h").read_text(encoding="utf-8")
        text += re.sub(r"^#.*$|\bBINET_(BEGIN|END|API)\b", "", header, flags=re.MULTILINE)
    return text


ffi = cffi.FFI()
ffi.cdef(_declarations())
lib: Any = ffi.dlopen(os.environ.get("BINET_LIBRARY", str(ROOT / "build" / "lib" / "libbinet.so")))


class Failure(Exception):
    """A status that is not BINET_OK."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _check(status: int, error: Any) -> None:
    if status != 0:
        raise Failure(status, ffi.string(error.message).decode())


def context(isa: int) -> Any:
    """A context with the instruction set, or None where this machine lacks it."""
    options = ffi.new("binet_context_options *", {"struct_size": ffi.sizeof("binet_context_options"), "isa": isa})
    made = ffi.new("binet_context **")
    if lib.binet_context_create(options, made, ffi.NULL) != 0:
        return None
    return ffi.gc(made[0], lib.binet_context_destroy)


def instruction_sets() -> dict[str, Any]:
    """A context for each instruction set of this machine, by name."""
    made = (context(isa) for isa in range(1, 5))
    return {ffi.string(lib.binet_context_isa(c)).decode(): c for c in made if c is not None}


def _pixels(image: Any) -> NDArray[np.uint8]:
    view = lib.binet_image_pixels(image)
    height, width, channels = view.shape[0], view.shape[1], view.shape[2]
    copy = np.frombuffer(ffi.buffer(view.data, height * width * channels), dtype=np.uint8).copy()
    lib.binet_image_destroy(image)
    return copy.reshape(height, width, channels)


def _array(pixels: NDArray[np.uint8]) -> Any:
    return ffi.new(
        "binet_array *",
        {
            "data": ffi.cast("void *", pixels.ctypes.data),
            "dtype": lib.BINET_U8,
            "ndim": 3,
            "shape": list(pixels.shape),
            "strides": list(pixels.strides),
        },
    )


def decode(data: bytes, context: Any = ffi.NULL) -> NDArray[np.uint8]:
    """A file in memory as u8 [height, width, 3]."""
    image, error = ffi.new("binet_image **"), ffi.new("binet_error *")
    _check(lib.binet_image_decode(context, ffi.from_buffer(data), len(data), ffi.NULL, image, error), error)
    return _pixels(image[0])


def resize(
    pixels: NDArray[np.uint8], width: int, height: int, interpolation: int, context: Any = ffi.NULL
) -> NDArray[np.uint8]:
    """u8 [height, width, 3] of another size."""
    image, error = ffi.new("binet_image **"), ffi.new("binet_error *")
    array = _array(pixels)
    _check(lib.binet_image_resize(context, array, width, height, interpolation, image, error), error)
    return _pixels(image[0])


def transform(
    pixels: NDArray[np.uint8],
    resize: int,
    crop: int,
    interpolation: int,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    context: Any = ffi.NULL,
) -> NDArray[np.float32]:
    """u8 [height, width, 3] to f32 [3, H, W]."""
    return apply(pixels, _transform(resize, crop, interpolation, mean, std), context)


def sweep(
    pixels: NDArray[np.uint8],
    setting: tuple[int, float],
    resize: int,
    crop: int,
    interpolation: int,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    context: Any = ffi.NULL,
) -> NDArray[np.float32]:
    """As `transform`, at a setting: a BINET_SWEEP_* and its value."""
    made = ffi.new("binet_transform *", {"struct_size": ffi.sizeof("binet_transform")})
    base, error = _transform(resize, crop, interpolation, mean, std), ffi.new("binet_error *")
    _check(lib.binet_transform_sweep(base, *setting, made, error), error)
    return apply(pixels, made, context)


def _transform(resize: int, crop: int, interpolation: int, mean: tuple[float, ...], std: tuple[float, ...]) -> Any:
    return ffi.new(
        "binet_transform *",
        {
            "struct_size": ffi.sizeof("binet_transform"),
            "resize": resize,
            "crop": crop,
            "interpolation": interpolation,
            "mean": mean,
            "std": std,
        },
    )


def apply(pixels: NDArray[np.uint8], options: Any, context: Any) -> NDArray[np.float32]:
    """A `binet_transform` of u8 [height, width, 3]: f32 [3, H, W]."""
    size, error = ffi.new("int32_t[2]"), ffi.new("binet_error *")
    height, width = pixels.shape[:2]
    _check(lib.binet_transform_size(options, width, height, size, size + 1, error), error)
    values = np.full((3, size[1], size[0]), np.nan, dtype=np.float32)
    _check(
        lib.binet_transform_apply(
            context, _array(pixels), options, ffi.cast("float *", values.ctypes.data), values.size, error
        ),
        error,
    )
    return values
