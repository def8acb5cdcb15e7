"""`binet demo`: all of it on an example that needs nothing from outside."""

from __future__ import annotations

import argparse
import sys

NAME = "demo"
HELP = "Train two small models on handwritten digits, evaluate them from image files, and report."
EXAMPLES = """\
examples:
  binet demo
  binet demo -o /tmp/demo

Takes less than a minute on two cores; the same machine gives the same predictions each time. Needs the packages of
pip install "libbinet[demo]"."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("-o", "--output", metavar="DIR", default="demo", help="folder to write to (default: demo)")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    from .. import demo

    demo.run(arguments.output, say=lambda line: print(line, flush=True), progress=sys.stderr.isatty())
