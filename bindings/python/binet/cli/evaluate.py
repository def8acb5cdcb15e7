"""`binet evaluate`: images to predictions.csv and summary.json."""

from __future__ import annotations

import argparse
import sys

from .._extras import require
from ..groups import AGGREGATES
from ..presets import PRESETS
from ..report import runs
from .arguments import add_labels, add_pictures, add_work, transform, use_threads

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("model", metavar="MODEL.pt", help="TorchScript file")
    parser.add_argument("--name", help="what reports call the model (default: the file's name)")
    add_work(parser)
    add_pictures(parser)
    images = add_labels(parser)
    images.add_argument("--labels", metavar="CSV", help="file_name,label: gives or replaces the labels")
    images.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        metavar="NAME",
        help=f"test set whose folder names and classes are known: {', '.join(PRESETS)}",
    )
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


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    require("demo", "torch")
    use_threads(arguments.threads)
    settings = runs.Settings(
        transform=transform(arguments),
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
