"""Other sets of the demo, made from its digits: cue-conflict, corrupted, turned, and the factors of the clean ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .data import N_CLASSES, Digits

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
"""What the digits are called where a file name has to say a category in letters."""

N_CUE_CONFLICT = 400
N_CORRUPTED = 200
"""Images of each set; a corrupted one has as many for each corruption and severity."""

N_TURNED = 400
"""Images of each side of the transfer task."""

TURNS = ("000", "090", "180", "270")
"""Classes of the transfer task: degrees counter-clockwise."""

SEVERITIES = (1, 2, 3, 4, 5)
_STROKE = 64
"""Pixels above it belong to the shape of a digit."""

Pixels = NDArray[np.uint8]


# ---- Cue conflict ----------------------------------------------------------------------------------------------------


def write_cue_conflict(digits: Digits, directory: Path, seed: int) -> Path:
    """The shape of one digit filled with the pixels of another: directory/four/four12-seven3.png.

    Returns:
        The path of the map of categories to classes, categories.json beside the folders.
    """
    rng = np.random.default_rng(seed)
    shapes, textures = (rng.integers(0, len(digits.test_labels), N_CUE_CONFLICT) for _ in range(2))
    for i, j in zip(shapes.tolist(), textures.tolist(), strict=True):
        shape, texture = digits.test_pixels[i], digits.test_pixels[j]
        picture = np.where(shape > _STROKE, 60 + texture * (195 / 255), texture * 0.25)
        a, b = NAMES[digits.test_labels[i]], NAMES[digits.test_labels[j]]
        _write(picture, directory / a / f"{a}{i}-{b}{j}.png")
    path = directory.with_name("categories.json")
    path.write_text(json.dumps({name: [index] for index, name in enumerate(NAMES)}) + "\n", encoding="utf-8")
    return path


# ---- Corruptions -----------------------------------------------------------------------------------------------------


def _gaussian_noise(picture: Pixels, severity: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return picture + rng.normal(0, (20, 35, 55, 80, 110)[severity - 1], picture.shape)


def _contrast(picture: Pixels, severity: int, _: np.random.Generator) -> NDArray[np.float64]:
    mean = float(picture.mean())
    return mean + (picture.astype(np.float64) - mean) * (0.7, 0.5, 0.35, 0.22, 0.12)[severity - 1]


def _defocus_blur(picture: Pixels, severity: int, _: np.random.Generator) -> NDArray[np.float64]:
    from PIL import Image, ImageFilter

    radius = (0.4, 0.6, 0.8, 1.1, 1.5)[severity - 1]
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)), np.float64)


CORRUPTIONS: dict[str, Callable[[Pixels, int, np.random.Generator], NDArray[np.float64]]] = {
    "gaussian_noise": _gaussian_noise,
    "defocus_blur": _defocus_blur,
    "contrast": _contrast,
}
"""Three of ImageNet-C's corruptions (Hendrycks and Dietterich, ICLR 2019), in strengths that suit 8 x 8 pixels."""


def write_corrupted(digits: Digits, directory: Path, seed: int) -> dict[tuple[str, int], Path]:
    """The first test digits under each corruption at five severities: directory/contrast/3/7/0012.png.

    Returns:
        The folder of class folders of each corruption and severity.
    """
    folders = {}
    for name, corrupt in CORRUPTIONS.items():
        for severity in SEVERITIES:
            rng = np.random.default_rng([seed, severity])
            folders[name, severity] = folder = directory / name / str(severity)
            for i in range(N_CORRUPTED):
                picture = corrupt(digits.test_pixels[i], severity, rng)
                _write(picture, folder / str(digits.test_labels[i]) / f"{i:04d}.png")
    return folders


# ---- Which way up ----------------------------------------------------------------------------------------------------


def write_turned(digits: Digits, directory: Path) -> dict[str, Path]:
    """A task that no model was trained on: which way up is the digit? directory/train/090/0012.png.

    Returns:
        The folder of class folders of "train" and "test", of the first digits of each half.
    """
    folders = {"train": directory / "train", "test": directory / "test"}
    for folder, pixels in zip(folders.values(), (digits.train_pixels, digits.test_pixels), strict=True):
        for i in range(N_TURNED):
            turns = i % len(TURNS)
            _write(np.rot90(pixels[i], turns), folder / TURNS[turns] / f"{i:04d}.png")
    return folders


# ---- Factors ---------------------------------------------------------------------------------------------------------


def write_factors(digits: Digits, path: Path) -> Path:
    """What is unusual about each test digit: a CSV of file_name and a column of 0 and 1 for each factor.

    A digit is thin or thick, small or large, slanted to the left or to the right where it is among the tenth of its
    class that is most so.
    """
    measures = _measure(digits.test_pixels)
    factors = {
        "thin": (measures["ink"], -1),
        "thick": (measures["ink"], 1),
        "small": (measures["extent"], -1),
        "large": (measures["extent"], 1),
        "slanted_left": (measures["slant"], -1),
        "slanted_right": (measures["slant"], 1),
    }
    columns = [_extreme(values * side, digits.test_labels) for values, side in factors.values()]
    lines = [",".join(["file_name", *factors])]
    for i, label in enumerate(digits.test_labels.tolist()):
        lines.append(",".join([f"{label}/{i:04d}.png", *(str(int(column[i])) for column in columns)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _measure(pixels: Pixels) -> dict[str, NDArray[np.float64]]:
    """Ink, extent and slant of each digit, from the moments of its pixels."""
    weights = pixels.astype(np.float64)
    ink = weights.sum(axis=(1, 2))
    rows, columns = np.mgrid[: pixels.shape[1], : pixels.shape[2]].astype(np.float64)
    y = rows - ((weights * rows).sum(axis=(1, 2)) / ink)[:, None, None]
    x = columns - ((weights * columns).sum(axis=(1, 2)) / ink)[:, None, None]
    xx, yy, xy = ((weights * product).sum(axis=(1, 2)) / ink for product in (x * x, y * y, x * y))
    return {"ink": ink, "extent": xx + yy, "slant": -xy / yy}


def _extreme(values: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The tenth of each class with the largest values."""
    chosen = np.zeros(len(values), np.bool_)
    for label in range(N_CLASSES):
        rows = np.flatnonzero(labels == label)
        chosen[rows[np.argsort(-values[rows], kind="stable")[: len(rows) // 10]]] = True
    return chosen


def _write(picture: NDArray[Any], path: Path) -> None:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(np.round(picture), 0, 255).astype(np.uint8)).save(path)
