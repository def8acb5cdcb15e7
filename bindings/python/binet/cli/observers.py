"""Observers that verbs are given: files of answers, and models that were evaluated with groups."""

from __future__ import annotations

from pathlib import Path

from ..answers import Answers, read_answers
from ..errors import InvalidData
from ..report import runs
from ..report.evidence import answers_of

HELP = "CSV with an answer per image, or a folder that binet evaluate --groups wrote"

FORMAT = """\
A CSV has a row per image with the columns object_response and imagename, such as bear and cat7-elephant1.png, as
the files of model-vs-human have; where there is a column subj, each subject is an observer of its own. A folder that
binet evaluate --groups wrote is a model."""


def read(files: list[str]) -> list[Answers]:
    """The observers of all files, in their order."""
    return [observer for file in files for observer in _read(file)]


def _read(file: str) -> list[Answers]:
    path = Path(file)
    if not path.is_dir() and path.name != runs.PREDICTIONS:
        return read_answers(file)
    run = runs.read(file)
    return [answers_of(run, run.name)]


def at_line(error: InvalidData, observer: Answers) -> InvalidData:
    """The same failure, of a row of an observer, with its file and line."""
    if error.index is None or error.message.startswith(observer.source):
        return error
    line = f"{observer.source}: line {observer.lines[error.index]}: "
    return InvalidData(line + error.message, error.argument, error.index)
