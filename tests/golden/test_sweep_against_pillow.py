"""The settings of the sweeps over scale, shift and resolution are Vishniakov et al.'s (ICML 2024), bit for bit.

Their rules are written out below on Pillow, whose crop is black beyond the picture, and on the resize and the crop of
`test_transform_against_torchvision`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from binet_images import BICUBIC, BILINEAR, Failure, instruction_sets, sweep
from PIL import Image
from test_resize_against_pillow import pillow
from test_transform_against_torchvision import CLIP, IMAGENET, center_cropped, normalised, resized

CONTEXTS = instruction_sets()
SCALE, SHIFT, RESOLUTION = 1, 2, 3
SETTINGS = {
    SCALE: (1, 1.25, 1.5, 2, 3),
    SHIFT: (0, 5, 30, 75, 100),
    RESOLUTION: (112, 224, 336, 512, 640),
}
PRESETS = {"imagenet": (256, 224, BILINEAR, *IMAGENET), "clip": (224, 224, BICUBIC, *CLIP)}
ROOT = Path(__file__).resolve().parents[2]
STIMULI = Path(os.environ.get("BINET_TEST_DATA", ROOT.parent / "shared" / "data")) / "stimuli"


def scaled(image: Image.Image, factor: float, size: int, crop: int, interpolation: int) -> Image.Image:
    return center_cropped(resized(image, int(factor * size), interpolation), crop)


def at_resolution(image: Image.Image, side: int, size: int, crop: int, interpolation: int) -> Image.Image:
    return center_cropped(resized(image, int(side * size / crop), interpolation), side)


def shifted(image: Image.Image, shift: int, size: int, crop: int, interpolation: int) -> Image.Image:
    """The window of the view of short side `size`, in the picture's own pixels."""
    width, height = image.size
    short = min(width, height)
    if width > height:
        left = (width / height * size - crop) / 2 * short / size + shift
        top = (size - crop) / 2 * short / size
    else:
        left = (size - crop) / 2 * short / size
        top = (height / width * size - crop) / 2 * short / size + shift
    side = int(crop * short / size)
    window = image.crop((int(left), int(top), int(left) + side, int(top) + side))
    return Image.fromarray(pillow(np.asarray(window), crop, crop, interpolation))


RULES: dict[int, Any] = {SCALE: scaled, SHIFT: shifted, RESOLUTION: at_resolution}


def check(pixels: np.ndarray, kind: int, value: float, preset: str, context: Any = None) -> np.ndarray:
    size, crop, interpolation, mean, std = PRESETS[preset]
    arguments = () if context is None else (context,)
    result = sweep(pixels, (kind, value), size, crop, interpolation, mean, std, *arguments)
    image = RULES[kind](Image.fromarray(pixels), value, size, crop, interpolation)
    expected = normalised(image, mean, std)
    assert result.shape == expected.shape
    assert np.array_equal(result.view(np.int32), expected.view(np.int32)), (pixels.shape, kind, value, preset)
    return np.asarray(image)


def noise(width: int, height: int, seed: int) -> np.ndarray:
    """No pixel is black, so that a border shows."""
    return np.random.default_rng(seed).integers(1, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("kind", SETTINGS)
def test_landscape_portrait_and_square(kind: int, preset: str) -> None:
    sizes = [(500, 375), (375, 500), (300, 300), (301, 300), (300, 301), (640, 200), (90, 411), (33, 20), (1999, 1501)]
    for seed, (width, height) in enumerate(sizes):
        for value in SETTINGS[kind]:
            check(noise(width, height, seed), kind, value, preset)


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS.keys())
def test_every_instruction_set(context: Any) -> None:
    for kind, values in SETTINGS.items():
        for value in values:
            check(noise(260, 181, 7), kind, value, "imagenet", context)


@pytest.mark.skipif(not STIMULI.is_dir(), reason=f"no {STIMULI}; BINET_TEST_DATA names the folder above")
def test_real_stimuli() -> None:
    files = sorted(STIMULI.rglob("*.png"))[::8]
    assert len(files) >= 10
    for file in files:
        pixels = np.asarray(Image.open(file).convert("RGB"))
        for kind, values in SETTINGS.items():
            for value in values:
                check(pixels, kind, value, "imagenet")
                check(pixels, kind, value, "clip")


def test_windows_of_random_pictures() -> None:
    """Widths, heights and shifts, negative ones too, at which roundings and borders of all kinds come up."""
    rng = np.random.default_rng(11)
    for seed in range(60):
        width, height = (int(2 ** rng.uniform(1.1, 9)) for _ in range(2))
        check(noise(width, height, seed), SHIFT, int(rng.integers(-130, 130)), "imagenet")


def test_what_the_window_shows() -> None:
    """A shift moves right in a wide picture and down in a high one; beyond the picture it is black."""
    wide = check(noise(300, 256, 1), SHIFT, 30, "imagenet")
    assert np.array_equal(wide, noise(300, 256, 1)[16:240, 68:292])
    black = check(noise(256, 300, 1), SHIFT, 100, "imagenet")  # rows 138 .. 361, of 300
    assert (black[:162] > 0).all()
    assert (black[162:] == 0).all()
    left = check(noise(300, 256, 1), SHIFT, -100, "imagenet")
    assert (left[:, :62] == 0).all()
    assert (left[:, 62:] > 0).all()
    assert (check(noise(256, 256, 1), SHIFT, 400, "imagenet") == 0).all()


def test_a_picture_without_a_window_is_refused() -> None:
    with pytest.raises(Failure, match=r"the window of 1 x 9 pixels with resize 256 and crop 224 has 0 pixels each way"):
        sweep(noise(1, 9, 0), (SHIFT, 0), *PRESETS["imagenet"])
