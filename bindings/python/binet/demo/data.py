"""The demo's data: scikit-learn's handwritten digits, cut into training arrays and test images on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

N_CLASSES = 10
SIDE = 8
"""Height and width of a digit in pixels."""
MEAN, STD = 0.3, 0.375
"""Of the pixels as parts of 1, for each channel."""
_LEVELS = 16
"""The digits come as 0 .. 16."""


@dataclass(frozen=True)
class Digits:
    """The split: pixels u8 [N, 8, 8] and labels i64 [N] for training and for testing."""

    train_pixels: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_pixels: NDArray[np.uint8]
    test_labels: NDArray[np.int64]


def load(seed: int = 0) -> Digits:
    """The 1,797 digits of Alpaydin and Kaynak (UCI, 1998), half for training and half for testing, stratified."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    pixels = np.round(bunch.images * (255 / _LEVELS)).astype(np.uint8)
    labels = bunch.target.astype(np.int64)
    train, test = train_test_split(np.arange(len(labels)), test_size=0.5, random_state=seed, stratify=labels)
    return Digits(pixels[train], labels[train], pixels[test], labels[test])


def normalise(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the demo's transform makes of a picture: u8 [N, 8, 8] to f32 [N, 3, 8, 8]."""
    values = (pixels.astype(np.float32) / 255 - MEAN) / STD
    return np.ascontiguousarray(np.broadcast_to(values[:, None], (len(values), 3, SIDE, SIDE)), dtype=np.float32)


def write_images(pixels: NDArray[np.uint8], labels: NDArray[np.int64], directory: Path) -> None:
    """Write PNG files into a folder per class: directory/7/0012.png. Files of an earlier run are replaced."""
    from PIL import Image

    for i, (picture, label) in enumerate(zip(pixels, labels, strict=True)):
        folder = directory / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{i:04d}.png")
