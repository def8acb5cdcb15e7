"""A transform is torchvision's Resize, CenterCrop, ToTensor and Normalize on a Pillow image, bit for bit.

Their rules are written out below on Pillow and NumPy's f32, so that the test needs no torchvision. They are those of
torchvision 0.20: `transforms.functional.resize`, `center_crop`, `to_tensor`, `normalize`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from binet_images import BICUBIC, BILINEAR, instruction_sets, transform
from PIL import Image, ImageOps
from test_resize_against_pillow import pillow

CONTEXTS = instruction_sets()
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


def resized(image: Image.Image, size: int, interpolation: int) -> Image.Image:
    width, height = image.size
    short, long = (width, height) if width <= height else (height, width)
    new_short, new_long = size, int(size * long / short)
    new = (new_short, new_long) if width <= height else (new_long, new_short)
    return Image.fromarray(pillow(np.asarray(image), *new, interpolation))


def center_cropped(image: Image.Image, crop: int) -> Image.Image:
    width, height = image.size
    if crop > width or crop > height:
        left, top = max(crop - width, 0) // 2, max(crop - height, 0) // 2
        right, bottom = (max(crop - width, 0) + 1) // 2, (max(crop - height, 0) + 1) // 2
        image = ImageOps.expand(image, (left, top, right, bottom), fill=0)
        width, height = image.size
    top, left = round((height - crop) / 2.0), round((width - crop) / 2.0)
    return image.crop((left, top, left + crop, top + crop))


def normalised(image: Image.Image, mean: tuple[float, ...], std: tuple[float, ...]) -> np.ndarray:
    values = np.asarray(image).transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    column = (3, 1, 1)
    return (values - np.array(mean, np.float32).reshape(column)) / np.array(std, np.float32).reshape(column)


def reference(
    pixels: np.ndarray, size: int, crop: int, interpolation: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> np.ndarray:
    image = Image.fromarray(pixels)
    if size:
        image = resized(image, size, interpolation)
    if crop:
        image = center_cropped(image, crop)
    return normalised(image, mean, std)


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS.keys())
@pytest.mark.parametrize(
    ("size", "crop", "interpolation", "constants"),
    [
        (256, 224, BILINEAR, IMAGENET),
        (224, 224, BICUBIC, CLIP),
        (257, 225, BICUBIC, IMAGENET),
        (224, 0, BILINEAR, IMAGENET),
        (0, 100, BILINEAR, CLIP),
        (0, 0, BILINEAR, CLIP),
        (60, 91, BICUBIC, CLIP),
        (1, 1, BILINEAR, IMAGENET),
    ],
)
def test_random_pictures(
    size: int, crop: int, interpolation: int, constants: tuple[tuple[float, ...], tuple[float, ...]], context: Any
) -> None:
    rng = np.random.default_rng(size + crop)
    for _ in range(12):
        width, height = (int(2 ** rng.uniform(3, 9.3)) for _ in range(2))
        pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        result = transform(pixels, size, crop, interpolation, *constants, context)
        expected = reference(pixels, size, crop, interpolation, *constants)
        assert result.shape == expected.shape
        assert np.array_equal(result.view(np.int32), expected.view(np.int32)), (width, height)


def test_every_offset_of_a_crop() -> None:
    """Rounding half to even shows at offsets .5, black borders at crops that are larger."""
    rng = np.random.default_rng(5)
    for width, height in [(9, 12), (10, 13), (11, 14), (12, 15), (1, 1), (1, 30)]:
        pixels = rng.integers(1, 256, (height, width, 3), dtype=np.uint8)
        for crop in range(1, 34):
            result = transform(pixels, 0, crop, BILINEAR, *IMAGENET)
            assert np.array_equal(result, reference(pixels, 0, crop, BILINEAR, *IMAGENET)), (width, height, crop)
