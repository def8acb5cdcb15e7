"""Arguments of more than one verb, and their types."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import Any

import numpy as np

from .. import transforms
from ..errors import InvalidData
from ..report import runs
from ..threads import set_num_threads

_PRESETS = {"imagenet": transforms.IMAGENET, "clip": transforms.CLIP}


def positive(text: str) -> int:
    """An integer of at least 1."""
    return _at_least(text, 1)


def natural(text: str) -> int:
    """An integer of at least 0."""
    return _at_least(text, 0)


def _at_least(text: str, low: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if value < low:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {low}")
    return value


# ---- Models on images ------------------------------------------------------------------------------------------------


def add_work(parser: argparse.ArgumentParser) -> None:
    """Data, output, and how the work is cut."""
    parser.add_argument("--data", metavar="DIR", required=True, help="folder of images, or a CSV of path,label")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="folder to write to")
    parser.add_argument("--batch-size", type=positive, default=32, metavar="N", help="pictures a batch (default: 32)")
    parser.add_argument("--threads", type=positive, metavar="N", help="default: what affinity and cgroup allow")


def add_pictures(parser: argparse.ArgumentParser) -> None:
    """What is done to a picture; `transform` reads it."""
    pictures = parser.add_argument_group("what is done to a picture")
    pictures.add_argument(
        "--transform",
        choices=_PRESETS,
        default="imagenet",
        help="imagenet: 256, crop 224, bilinear (default); clip: 224, crop 224, bicubic; each with its mean and std",
    )
    pictures.add_argument("--resize", type=natural, metavar="PX", help="short side; 0: leave the size")
    pictures.add_argument("--crop", type=natural, metavar="PX", help="side of the centre square; 0: no crop")
    pictures.add_argument("--interpolation", choices=("bilinear", "bicubic"))
    for name in ("mean", "std"):
        pictures.add_argument(f"--{name}", type=float, nargs=3, metavar=("R", "G", "B"), help="as parts of 1")


def add_labels(parser: argparse.ArgumentParser) -> Any:
    """Labels and files; the group, for what else a verb has."""
    images = parser.add_argument_group("labels and files")
    images.add_argument("--class-map", metavar="FILE", help="a folder name a line, in class order, such as WordNet ids")
    images.add_argument("--skip-bad", action="store_true", help="leave out and list files that cannot be read")
    return images


def transform(arguments: argparse.Namespace) -> transforms.Transform:
    """The preset with what was asked for changed."""
    asked = {name: getattr(arguments, name) for name in ("resize", "crop", "interpolation", "mean", "std")}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in asked.items()}
    changed: dict[str, Any] = {name: value or None for name, value in values.items() if value is not None}
    return replace(_PRESETS[arguments.transform], **changed)


def use_threads(n_threads: int | None) -> None:
    """For decoding, and inside the model's operations; None: as it is."""
    if n_threads is None:
        return
    import torch

    set_num_threads(n_threads)
    torch.set_num_threads(n_threads)


def labelled(file: str | os.PathLike[str], labels: str | None) -> runs.Run:
    """A run, or a CSV of predictions, with the label of every row; `labels` is what --labels gave."""
    run = runs.read(file, labels)
    missing = np.flatnonzero(run.predictions.label < 0)
    if missing.size:
        rows = f"{missing.size:,} of {len(run.predictions):,} rows have no label"
        raise InvalidData(f"{file}: {rows}; --labels gives them, a CSV of file_name,label", "labels", int(missing[0]))
    return run
