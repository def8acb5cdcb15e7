"""`binet evaluate`: images to predictions.csv and summary.json."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import Any

from .. import transforms
from .._extras import require
from ..groups import AGGREGATES
from ..presets import PRESETS
from ..report import runs
from ..threads import set_num_threads
from .arguments import natural, positive

NAME = "evaluate"
HELP = "Run a TorchScript model over images and write predictions.csv and summary.json."
EXAMPLES = """\
examples:
  binet evaluate resnet50.pt --data val/ -o out/resnet50
  binet evaluate clip.pt --data val/ -o out/clip --transform clip --batch-size 64
  binet evaluate resnet50.pt --data imagenet-r/ -o out/resnet50-r --preset imagenet-r
  binet evaluate net.pt --data val/ -o out/net --class-map wnids.txt --skip-bad
  binet evaluate resnet50.pt --data cue-conflict/ -o out/cues --groups sixteen && binet bias out/cues
  binet evaluate small.pt --data digits/ -o out/small --resize 8 --crop 8 --mean .3 .3 .3 --std .4 .4 .4

DIR holds a folder per class (the sorted names are classes 0, 1, ..., as in torchvision's ImageFolder), or images
without labels; a CSV with the columns path,label does as well. The model maps float32 [n, 3, H, W] to logits
[n, C], to a tuple (logits, features) or to a dict with these names. With groups predictions are about groups of
classes, whose names the folders have."""

_PRESETS = {"imagenet": transforms.IMAGENET, "clip": transforms.CLIP}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("model", metavar="MODEL.pt", help="TorchScript file")
    parser.add_argument("--data", metavar="DIR", required=True, help="folder of images, or a CSV of path,label")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="folder to write to")
    parser.add_argument("--name", help="what reports call the model (default: the file's name)")
    parser.add_argument("--batch-size", type=positive, default=32, metavar="N", help="pictures a batch (default: 32)")
    parser.add_argument("--threads", type=positive, metavar="N", help="default: what affinity and cgroup allow")

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

    images = parser.add_argument_group("labels and files")
    images.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        metavar="NAME",
        help=f"test set whose folder names and classes are known: {', '.join(PRESETS)}",
    )
    images.add_argument("--class-map", metavar="FILE", help="a folder name a line, in class order, such as WordNet ids")
    images.add_argument("--labels", metavar="CSV", help="file_name,label: gives or replaces the labels")
    images.add_argument(
        "--groups",
        metavar="sixteen|FILE.json",
        help="groups of classes: Geirhos's 16 categories, or names to class lists",
    )
    images.add_argument(
        "--aggregate",
        choices=tuple(AGGREGATES),
        default="mean",
        help="what the probabilities of a group's classes become (default: mean)",
    )
    images.add_argument("--features", action="store_true", help="also write features.npy, float32 [N, D]")
    images.add_argument("--skip-bad", action="store_true", help="leave out and list files that cannot be read")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    require("demo", "torch")
    if arguments.threads:
        _use_threads(arguments.threads)
    settings = runs.Settings(
        transform=_transform(arguments),
        preset=arguments.preset,
        batch_size=arguments.batch_size,
        class_map=arguments.class_map,
        labels=arguments.labels,
        groups=arguments.groups,
        aggregate=arguments.aggregate,
        features=arguments.features,
        skip_bad=arguments.skip_bad,
    )
    made = runs.evaluate_to(
        arguments.output,
        arguments.model,
        arguments.data,
        settings,
        name=arguments.name,
        progress=sys.stderr.isatty(),
    )
    print(made.headline())
    print(made.path / runs.PREDICTIONS, made.path / runs.SUMMARY, sep="\n")


def _transform(arguments: argparse.Namespace) -> transforms.Transform:
    """The preset with what was asked for changed."""
    asked = {name: getattr(arguments, name) for name in ("resize", "crop", "interpolation", "mean", "std")}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in asked.items()}
    changed: dict[str, Any] = {name: value or None for name, value in values.items() if value is not None}
    return replace(_PRESETS[arguments.transform], **changed)


def _use_threads(n_threads: int) -> None:
    """For decoding, and inside the model's operations."""
    import torch

    set_num_threads(n_threads)
    torch.set_num_threads(n_threads)
