"""The command line: one module a verb.

A verb is a module with `NAME`, `HELP` (one line), `EXAMPLES` (for the end of its help), `add_arguments(parser)` and
`run(arguments)`. A new one is a file here and an entry in `VERBS`.

Exit status: 0, 1 for work that failed, 2 for bad usage, 130 for Ctrl-C. An error is one line on stderr.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__
from ..errors import Error, InvalidArgument
from . import (
    bias,
    calibrate,
    classwise,
    compare,
    consistency,
    demo,
    evaluate,
    invariance,
    mistakes,
    models,
    probe,
    recalibrate,
    report,
    robustness,
    similarity,
    synthetic,
)

VERBS = (
    evaluate,
    compare,
    calibrate,
    classwise,
    recalibrate,
    bias,
    consistency,
    mistakes,
    synthetic,
    invariance,
    robustness,
    probe,
    models,
    similarity,
    report,
    demo,
)

DESCRIPTION = """\
How vision models differ beyond accuracy.

A model (a TorchScript file) and a folder of images become predictions; predictions become numbers and a report page."""

EXAMPLES = """\
examples:
  binet demo                                                  all of it, on two small models trained here
  binet evaluate resnet50.pt --data val/ -o out/resnet50      images to predictions.csv and summary.json
  binet compare out/resnet50 out/vit                          what differs, and what is within noise?
  binet calibrate out/resnet50                                does confidence agree with accuracy?
  binet classwise logits.npy --labels labels.npy              and the probability of every class?
  binet recalibrate val.npy --labels labels.npy -o fit.json   the temperature that mends it
  binet bias cue-conflict/*.csv                               does a model answer by shape or by texture?
  binet consistency cue-conflict/*.csv                        are models and people wrong on the same images?
  binet mistakes out/resnet50 out/vit                         on which factors and classes does a model err?
  binet synthetic pug/resnet50 --map map.json                 accuracy on rendered images, factor by factor
  binet invariance resnet50.pt vit.pt --data val/ --sweep scale -o out/
                                                              do answers stay when pictures are larger, or move?
  binet probe features/resnet50 features/vit                  how well do features serve other tasks?
  binet models models.csv                                     which properties of many models go together?
  binet robustness --corruptions out/c --clean out/val        accuracy under corruption, mCE; on shifted sets
  binet similarity out/resnet50 out/vit                       how alike are their features?
  binet report out/resnet50 out/vit -o report/                models side by side: a page, CSV and JSON

`binet VERB --help` says what each verb takes."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(prog="binet", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=raw)
    parser.add_argument("--version", action="version", version=f"binet {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    for verb in VERBS:
        one = verbs.add_parser(
            verb.NAME, help=verb.HELP, description=verb.HELP, epilog=verb.EXAMPLES, formatter_class=raw
        )
        verb.add_arguments(one)
        one.set_defaults(run=verb.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the words after `binet`; None: those of the process.

    Returns:
        The exit status.
    """
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _fail(arguments.verb, "interrupted", 130)
    except BrokenPipeError:  # whoever read the output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except InvalidArgument as error:
        return _fail(arguments.verb, error.message, 2)
    except Error as error:
        return _fail(arguments.verb, error.message, 1)
    except OSError as error:
        return _fail(arguments.verb, f"{error.filename}: {error.strerror}" if error.filename else str(error), 1)
    except ImportError as error:
        return _fail(arguments.verb, str(error), 1)
    except Exception as error:  # whatever a model raises; the library's own failures are above
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        return _fail(arguments.verb, f"{type(error).__name__}: {_last_line(error)}{notes}", 1)
    return 0


def _fail(verb: str, message: str, status: int) -> int:
    print(f"binet {verb}: {' '.join(message.split())}", file=sys.stderr)
    return status


def _last_line(error: Exception) -> str:
    """The line of a message that says what happened: TorchScript's is the last, after its own traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
