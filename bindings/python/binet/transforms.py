"""How a picture becomes the input of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ._library import call, ffi, lib, struct
from ._options import choose, nonzero
from .arrays import view
from .threads import context

Interpolation = Literal["bilinear", "bicubic"]

_INTERPOLATIONS = {"bilinear": lib.BINET_BILINEAR, "bicubic": lib.BINET_BICUBIC}


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
    """

    resize: int | None = 256
    crop: int | None = 224
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    def to_c(self) -> Any:
        """As `binet_transform`."""
        return struct(
            "binet_transform",
            resize=0 if self.resize is None else nonzero("resize", self.resize, ">= 1, or None"),
            crop=0 if self.crop is None else nonzero("crop", self.crop, ">= 1, or None"),
            interpolation=choose("interpolation", self.interpolation, _INTERPOLATIONS),
            mean=self.mean,
            std=self.std,
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
