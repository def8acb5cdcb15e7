"""`binet report`: models side by side."""

from __future__ import annotations

import argparse

from .. import report

NAME = "report"
HELP = "Put models side by side: one page that needs no network, and the same as CSV and JSON."
EXAMPLES = """\
examples:
  binet report out/resnet50 out/vit -o report/
  binet report ResNet50.csv ViT.csv --labels labels.csv -o report/
  binet report out/resnet50 published.csv -o report/      beside other models, whose numbers are in a table

Each OUT is a folder of binet evaluate, a CSV of predictions, or a CSV with a column `model` and a column for each of
their properties. A folder may hold other sets, and features for probes (transfer/TASK/train and test) and of layers
(layers.npz: an array [N, ...] each, in the order of the network). From three models on, the page draws any two
properties against each other. DIR gets report.html and report.json, report.csv of the models measured, and models.csv
of all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("sources", metavar="OUT", nargs="+", help="folder of binet evaluate, or a CSV")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="folder to write to")
    parser.add_argument("--labels", metavar="CSV", help="file_name,label: gives or replaces the labels")
    parser.add_argument("--factors", metavar="CSV", help="file_name,factor: error ratios, as in ImageNet-X")
    parser.add_argument("--leave-out", metavar="CSV", help="file_name: images that have no part in the error ratios")
    parser.add_argument("--class-map", metavar="JSON", help="what each class of synthetic images is called by a model")
    parser.add_argument("--multilabels", metavar="JSON", help="every right class of each image, as ReaL has them")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    inputs = {name: getattr(arguments, name) for name in ("factors", "leave_out", "multilabels", "class_map")}
    print(report.build(arguments.sources, arguments.output, arguments.labels, **inputs))
