"""Resizing is Pillow's, byte for byte, on every instruction set of this machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL
import pytest
from binet_images import BICUBIC, BILINEAR, instruction_sets, resize
from PIL import Image

FILTERS = {BILINEAR: Image.Resampling.BILINEAR, BICUBIC: Image.Resampling.BICUBIC}
CONTEXTS = instruction_sets()


def pillow(pixels: np.ndarray, width: int, height: int, interpolation: int) -> np.ndarray:
    """Image.resize of Pillow 13. Before, it took the columns first always; its order is then made with two calls."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    lost_columns, lost_rows = image.width - width, image.height - height
    if int(PIL.__version__.split(".")[0]) < 13 and lost_rows > max(0, 2 * lost_columns):
        image = image.resize((image.width, height), FILTERS[interpolation])
    return np.asarray(image.resize((width, height), FILTERS[interpolation]))


def check(pixels: np.ndarray, width: int, height: int, interpolation: int, context: Any) -> None:
    result = resize(pixels, width, height, interpolation, context)
    assert np.array_equal(result, pillow(pixels, width, height, interpolation)), (pixels.shape, width, height)


def picture(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Noise, or noise of black and white only, which drives bicubic sums beyond both ends."""
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return pixels if rng.integers(2) else np.where(pixels < 128, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS.keys())
@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("seed", range(10))
def test_random_sizes_up_and_down(seed: int, interpolation: int, context: Any) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(30):
        width, height, to_width, to_height = (int(2 ** rng.uniform(0, 8.5)) for _ in range(4))
        check(picture(rng, width, height), to_width, to_height, interpolation, context)


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize(
    ("size", "to"),
    [
        ((500, 333), (384, 256)),
        ((500, 333), (336, 224)),
        ((333, 500), (256, 384)),
        ((4000, 3), (7, 3)),
        ((3, 4000), (3, 7)),
        ((1, 1), (300, 200)),
        ((257, 1), (1, 257)),
        ((64, 48), (64, 48)),
        ((64, 48), (64, 20)),
        ((64, 48), (20, 48)),
        ((5000, 4000), (60, 50)),
        ((2, 2), (3000, 2)),
    ],
)
def test_chosen_sizes(size: tuple[int, int], to: tuple[int, int], interpolation: int) -> None:
    for context in CONTEXTS.values():
        check(picture(np.random.default_rng(1), *size), *to, interpolation, context)


@pytest.mark.parametrize("interpolation", FILTERS)
def test_strides_do_not_matter(interpolation: int) -> None:
    whole = np.random.default_rng(2).integers(0, 256, (90, 120, 4), dtype=np.uint8)
    planes = np.ascontiguousarray(whole[..., :3].transpose(2, 0, 1)).transpose(1, 2, 0)
    views = [whole[..., 2::-1], whole[::-1, :, :3], whole[:, ::-1, 1:], whole[::2, 1::3, :3], planes]
    views += [np.broadcast_to(whole[:1, :, :3], (50, 120, 3)), np.broadcast_to(whole[..., :1], (90, 120, 3))]
    for view in views:
        for context in CONTEXTS.values():
            for width, height in [(70, 33), (150, 20)]:  # columns first, rows first
                check(view, width, height, interpolation, context)
