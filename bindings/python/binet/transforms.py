"""How a picture becomes the input of a model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ._library import call, ffi, lib, struct
from ._options import choose, nonzero
from .arrays import view
from .errors import InvalidArgument, shown
from .threads import context

Interpolation = Literal["bilinear", "bicubic"]

Order = Literal["resize_first", "crop_first"]
Sweep = Literal["scale", "shift", "resolution"]

_INTERPOLATIONS = {"bilinear": lib.BINET_BILINEAR, "bicubic": lib.BINET_BICUBIC}
_ORDERS = {"resize_first": lib.BINET_RESIZE_FIRST, "crop_first": lib.BINET_CROP_FIRST}


@dataclass(frozen=True)
class Transform:
    """Resize the short side, crop the centre, (pixel / 255 - mean) / std.

    Resizing is antialiased and bit for bit Pillow's; cropping rounds as torchvision's. The defaults are `IMAGENET`;
    `dataclasses.replace(binet.transforms.CLIP, crop=336, resize=336)` changes what differs.

    Attributes:
        resize: short side in pixels, >= 1; the long side is int(resize * long / short). None: leave the size.
        crop: side of the centre square in pixels, >= 1; black where the picture is smaller. None: no crop.
        interpolation: "bilinear" or "bicubic".
        mean: of red, green and blue, as parts of 1.
        std: likewise, > 0.
        order: "resize_first", or "crop_first" to cut the window of the crop out of the picture as it is and to resize
            that to crop x crop; black beyond the picture. It needs resize and crop.
        shift: pixels of the picture by which the window moves along its longer side, > 0 right or down; "crop_first"
            only.
    """

    resize: int | None = 256
    crop: int | None = 224
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    order: Order = "resize_first"
    shift: int = 0

    def to_c(self) -> Any:
        """As `binet_transform`."""
        return struct(
            "binet_transform",
            resize=0 if self.resize is None else nonzero("resize", self.resize, ">= 1, or None"),
            crop=0 if self.crop is None else nonzero("crop", self.crop, ">= 1, or None"),
            interpolation=choose("interpolation", self.interpolation, _INTERPOLATIONS),
            mean=self.mean,
            std=self.std,
            order=choose("order", self.order, _ORDERS),
            shift=self.shift,
        )

    def __call__(self, picture: Any) -> npt.NDArray[np.float32]:
        """Apply the transform.

        Args:
            picture: uint8 [height, width, 3], any strides, or a Pillow image.

        Returns:
            float32 [3, height, width].

        Raises:
            binet.Error: `INVALID_ARGUMENT` for a picture or a member that is wrong.
        """
        if hasattr(picture, "convert"):
            picture = picture.convert("RGB")
        pixels = view(picture, "picture")
        transform = self.to_c()
        size = ffi.new("int32_t[2]")
        height, width = (*pixels.shape, 1)[:2]
        call(lib.binet_transform_size, transform, width, height, size, size + 1, names=_SIZES)
        values = np.empty((3, size[1], size[0]), np.float32)
        room = ffi.cast("float *", values.ctypes.data)
        call(
            lib.binet_transform_apply,
            context().pointer,
            pixels.pointer,
            transform,
            room,
            values.size,
            names={"pixels": "picture"},
        )
        return values


_SIZES = {"width": "picture", "height": "picture"}


def _preset(preset: int) -> Transform:
    filled = struct("binet_transform")
    call(lib.binet_transform_preset, preset, filled)
    words = {number: word for word, number in _INTERPOLATIONS.items()}
    # The shortest numbers that give the same f32.
    mean, std = (tuple(float(str(np.float32(value))) for value in values) for values in (filled.mean, filled.std))
    return Transform(filled.resize, filled.crop, words[filled.interpolation], mean, std)  # type: ignore[arg-type]


IMAGENET = _preset(lib.BINET_TRANSFORM_IMAGENET)
"""256, 224, bilinear, the mean and std of ImageNet."""

CLIP = _preset(lib.BINET_TRANSFORM_CLIP)
"""224, 224, bicubic, the mean and std of CLIP (Radford et al., 2021)."""

# ---- Sweeps ----------------------------------------------------------------------------------------------------------

STUDY: dict[Sweep, tuple[float, ...]] = {
    "scale": (1, 1.25, 1.5, 2, 3),
    "shift": (0, 5, 30, 75, 100),
    "resolution": (112, 224, 336, 512, 640),
}
"""The settings of Vishniakov et al. (ICML 2024). What is untransformed is scale 1, shift 0 and resolution 224."""

_SWEEPS = {
    "scale": lib.BINET_SWEEP_SCALE,
    "shift": lib.BINET_SWEEP_SHIFT,
    "resolution": lib.BINET_SWEEP_RESOLUTION,
}


def scale(factor: float, base: Transform = IMAGENET) -> Transform:
    """The picture larger by a factor: `base` with resize int(factor * resize).

    Args:
        factor: > 0.
        base: a transform with resize and crop.

    Raises:
        binet.Error: `INVALID_ARGUMENT`.
    """
    return _sweep("scale", factor, base, "factor")


def shift(pixels: int, base: Transform = IMAGENET) -> Transform:
    """The window moved along the longer side of the picture: `base` with order "crop_first" and that shift.

    A shift of 0 crops first too, so that it is not quite `base`.

    Args:
        pixels: of the picture before any resize, > 0 right or down; -32768 .. 32768. Black beyond the picture.
        base: a transform with resize and crop.

    Raises:
        binet.Error: `INVALID_ARGUMENT`.
    """
    return _sweep("shift", pixels, base, "pixels")


def resolution(pixels: int, base: Transform = IMAGENET) -> Transform:
    """More or fewer pixels of the same view: `base` with resize int(pixels * resize / crop) and crop `pixels`.

    Args:
        pixels: each way, 1 .. 32768.
        base: a transform with resize and crop.

    Raises:
        binet.Error: `INVALID_ARGUMENT`.
    """
    return _sweep("resolution", pixels, base, "pixels")


def sweep(kind: Sweep, values: Iterable[float] | None = None, base: Transform = IMAGENET) -> dict[float, Transform]:
    """The transforms of a sweep by setting, such as `binet.evaluate_sweep` takes.

    Args:
        kind: "scale", "shift" or "resolution".
        values: the settings; None: those of the study, `STUDY`.
        base: the untransformed one.

    Raises:
        binet.Error: `INVALID_ARGUMENT`.
    """
    choose("kind", kind, _SWEEPS)
    return {value: _sweep(kind, value, base, "values") for value in (STUDY[kind] if values is None else values)}


def _sweep(kind: Sweep, value: float, base: Transform, name: str) -> Transform:
    """One setting; `name` is what the caller calls its value."""
    if not isinstance(base, Transform):
        raise InvalidArgument(f"base is {shown(base)}; allowed: a binet.transforms.Transform", "base")
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise InvalidArgument(f"{name} is {shown(value)}; allowed: a number", name)
    made = struct("binet_transform")
    call(lib.binet_transform_sweep, base.to_c(), _SWEEPS[kind], float(value), made, names={"value": name})
    words = {number: word for word, number in _ORDERS.items()}
    order: Any = words[made.order]
    return replace(base, resize=made.resize, crop=made.crop, order=order, shift=made.shift)
