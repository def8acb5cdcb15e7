"""Answers of observers, people and models, to images of categories: the files of model-vs-human."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ._categories import NONE
from ._html import table
from .errors import InvalidArgument, InvalidData
from .predictions import Predictions

OBSERVER, RESPONSE, CATEGORY, CONDITION, IMAGE = "subj", "object_response", "category", "condition", "imagename"


@dataclass(frozen=True, eq=False)
class Answers:
    """What one observer answered, a row a trial, N of each.

    Attributes:
        observer: who answered.
        responses: category that was answered; "" or "na" for none.
        categories: category of the image; "" where the file does not say.
        conditions: condition of the trial, such as a level of contrast; "" where the file says none.
        images: name of the image as the file has it.
        lines: line in the file, the header being 1.
        source: the file.
    """

    observer: str
    responses: tuple[str, ...]
    categories: tuple[str, ...]
    conditions: tuple[str, ...]
    images: tuple[str, ...]
    lines: tuple[int, ...]
    source: str

    @classmethod
    def from_predictions(
        cls, predictions: Predictions, categories: Iterable[str], observer: str, source: str = "predictions"
    ) -> Answers:
        """What a model answered, whose classes are the categories.

        Args:
            predictions: with file names, such as `binet.evaluate(..., groups=binet.SIXTEEN_CLASSES)` gives. The label
                of a row, where there is one, is the category of its image.
            categories: names of the classes, in their order.
            observer: what the model is called.
            source: what messages call the table; lines are those of its CSV.

        Raises:
            binet.Error: `INVALID_DATA`, with the row, for a class or a label without a name, or a row without a file
                name.
        """
        names = tuple(categories)
        for column in ("predicted_class", "label"):
            values = getattr(predictions, column)
            beyond = np.flatnonzero(values >= len(names))
            if beyond.size:
                row = int(beyond[0])
                message = f"{source}: {column}[{row}] is {values[row]}; categories has {len(names)} names"
                raise InvalidData(message, "predictions", row)
        images = []
        for row, file_name in enumerate(predictions.file_names):
            if file_name is None:
                raise InvalidData(f"{source}: row {row} has no file name", "predictions", row)
            images.append(file_name)
        return cls(
            observer=observer,
            responses=tuple(names[index] for index in predictions.predicted_class),
            categories=tuple("" if label < 0 else names[label] for label in predictions.label),
            conditions=("",) * len(predictions),
            images=tuple(images),
            lines=tuple(range(2, 2 + len(predictions))),
            source=source,
        )

    @property
    def image_ids(self) -> tuple[str, ...]:
        """The image without folder and without what precedes it in a trial: the same for every observer."""
        return tuple(_image_id(image) for image in self.images)

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """[N] whether the response is the category; no answer is wrong.

        Raises:
            binet.Error: `INVALID_DATA`, with the row, for one without a category.
        """
        for row, category in enumerate(self.categories):
            if category in NONE:
                message = f"{self.source}: line {self.lines[row]}: no {CATEGORY}, without which no answer is right"
                raise InvalidData(message, "answers", row)
        return np.array([one == two for one, two in zip(self.responses, self.categories, strict=True)], np.bool_)

    def select(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> Answers:
        """The rows with these indices, in this order."""
        return Answers(
            observer=self.observer,
            responses=tuple(self.responses[row] for row in rows),
            categories=tuple(self.categories[row] for row in rows),
            conditions=tuple(self.conditions[row] for row in rows),
            images=tuple(self.images[row] for row in rows),
            lines=tuple(self.lines[row] for row in rows),
            source=self.source,
        )

    def by_condition(self) -> dict[str, Answers]:
        """The trials of each condition, in the order in which they come."""
        rows: dict[str, list[int]] = {}
        for row, condition in enumerate(self.conditions):
            rows.setdefault(condition, []).append(row)
        return {condition: self.select(indices) for condition, indices in rows.items()}

    def __len__(self) -> int:
        return len(self.responses)

    def __repr__(self) -> str:
        conditions = len(set(self.conditions))
        return f"<binet.Answers: {self.observer}, {len(self):,} trials, {conditions} condition{'s'[: conditions != 1]}>"

    def _repr_html_(self) -> str:
        columns = ("image", "category", "response", "condition")
        rows = zip(self.images[:8], self.categories, self.responses, self.conditions, strict=False)
        return table(f"{self.observer}: {len(self):,} trials", columns, rows)


def _image_id(image: str) -> str:
    """`0000_cl_s01_bw_boat_40_n02951358_5952.JPEG` is `n02951358_5952.JPEG`; a stimulus is its last part."""
    parts = re.split(r"[/\\]", image)[-1].split("_")
    return "_".join(parts[-2:]) if len(parts) > 1 and parts[-2].startswith("n0") else parts[-1]


def read_answers(path: str | os.PathLike[str]) -> list[Answers]:
    """Read a CSV of model-vs-human (Geirhos et al., NeurIPS 2021): one `Answers` for each observer in it.

    Columns: `object_response` and `imagename`; `subj`, without which the file's name is the observer; `category` and
    `condition`, which not every question needs. Others, such as session, trial and rt, are ignored; capitals are too.

    Args:
        path: of the CSV.

    Raises:
        binet.Error: `INVALID_DATA`, with the line, for a file that is no such CSV.
        OSError: the file cannot be read.
    """
    source = os.fspath(path)
    found: dict[str, list[tuple[str, str, str, str, int]]] = {}
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            names = {name.lower(): name for name in reader.fieldnames or ()}
            for column in (RESPONSE, IMAGE):
                if column not in names:
                    raise InvalidData(f"{source}: no column {column}", "path")
            wanted = [names.get(column, "") for column in (RESPONSE, CATEGORY, CONDITION, IMAGE)]
            for row in reader:
                if None in row or None in row.values():
                    message = f"{source}: line {reader.line_num}: more or fewer fields than the header"
                    raise InvalidData(message, "path", reader.line_num)
                response, category, condition, image = (row.get(name, "") for name in wanted)
                condition = "" if condition.lower() in ("", "na", "nan") else condition
                observer = row.get(names.get(OBSERVER, ""), Path(path).stem)
                found.setdefault(observer, []).append((response, category, condition, image, reader.line_num))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidData(f"{source}: not a CSV in UTF-8: {error}", "path") from error
    if not found:
        raise InvalidData(f"{source}: no rows", "path")
    return [_answers(observer, rows, source) for observer, rows in found.items()]


def _answers(observer: str, rows: list[tuple[str, str, str, str, int]], source: str) -> Answers:
    responses, categories, conditions, images, lines = zip(*rows, strict=True)
    return Answers(observer, responses, categories, conditions, images, lines, source)


def same_trials(observers: Sequence[Answers]) -> list[Answers]:
    """The same observers with their trials in the order of the first one's, matched by `image_ids`.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for no observers; `INVALID_DATA`, with the observer, for an image that it
            answered twice, or that it or the first one did not answer, and for categories that differ.
    """
    if not observers:
        raise InvalidArgument("observers is empty; at least one is needed", "observers")
    first = observers[0]
    order = _rows_by_image(first, 0)
    matched = [first]
    for index, other in enumerate(observers[1:], 1):
        rows = _rows_by_image(other, index)
        _require_images(first, order, other, rows, index)
        _require_images(other, rows, first, order, index)
        matched.append(other.select([rows[image] for image in order]))
        _require_categories(first, matched[-1], index)
    return matched


def _rows_by_image(answers: Answers, index: int) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row, image in enumerate(answers.image_ids):
        if rows.setdefault(image, row) != row:
            message = f"{answers.source}: line {answers.lines[row]}: {answers.observer} has answered {image!r} before"
            raise InvalidData(message, "observers", index)
    return rows


def _require_images(one: Answers, of_one: dict[str, int], two: Answers, of_two: dict[str, int], index: int) -> None:
    alone = [image for image in of_one if image not in of_two]
    if alone:
        message = (
            f"{len(alone):,} of the {len(one):,} images of {one.observer} ({one.source}) are not among those of "
            f"{two.observer} ({two.source}): {alone[0]!r}{', ...' if len(alone) > 1 else ''}"
        )
        raise InvalidData(message, "observers", index)


def _require_categories(one: Answers, two: Answers, index: int) -> None:
    for row, (of_one, of_two) in enumerate(zip(one.categories, two.categories, strict=True)):
        if of_one != of_two:
            message = f"{one.images[row]!r} is {of_one!r} in {one.source} and {of_two!r} in {two.source}"
            raise InvalidData(message, "observers", index)
