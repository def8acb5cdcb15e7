"""Numbers for each condition of an experiment, and their means over conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._html import table
from .answers import Answers, same_trials
from .bias import cue_conflict_from_file_names, is_cue_conflict, shape_bias
from .consistency import error_consistency_matrix
from .errors import InvalidData

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Conditions:
    """M observers in each of K conditions, as model-vs-human averages them (Geirhos et al., NeurIPS 2021).

    Every condition counts the same in a mean, however many trials it has.

    Attributes:
        names: of the observers.
        conditions: of the experiment, in the order in which they come.
        n: [K] trials.
        accuracy: [K, M] share of trials that are right.
        kappa: [K, M, M] error consistency of every two.
        shape_bias: [K, M], NaN where an observer names no cue; None where images are not all of cue conflict.
    """

    names: tuple[str, ...]
    conditions: tuple[str, ...]
    n: npt.NDArray[np.int64]
    accuracy: Array
    kappa: Array
    shape_bias: Array | None

    @property
    def mean_accuracy(self) -> Array:
        """[M] mean over conditions."""
        return np.asarray(self.accuracy.mean(0))

    @property
    def mean_kappa(self) -> Array:
        """[M, M] mean over conditions."""
        return np.asarray(self.kappa.mean(0))

    @property
    def mean_shape_bias(self) -> Array | None:
        """[M] mean over conditions; NaN for an observer without one in some condition."""
        return None if self.shape_bias is None else np.asarray(self.shape_bias.mean(0))

    def _rows(self) -> list[list[Any]]:
        rows: list[list[Any]] = []
        for k, condition in enumerate(self.conditions):
            rows.append([condition or "(none)", f"{self.n[k]:,}", *map(float, self.accuracy[k])])
        return [*rows, ["mean", "", *map(float, self.mean_accuracy)]]

    def __repr__(self) -> str:
        return (
            f"<binet.Conditions: {len(self.names)} observers, {len(self.conditions)} "
            f"condition{'s'[: len(self.conditions) != 1]}, {int(self.n.sum()):,} trials>"
        )

    def _repr_html_(self) -> str:
        return table("Accuracy in each condition", ("condition", "trials", *self.names), self._rows())


def conditions(observers: Sequence[Answers]) -> Conditions:
    """Accuracy, error consistency and shape bias in each condition, with their means (Geirhos et al., NeurIPS 2021).

    Observers are matched by image, as in `same_trials`. Files of models may leave the condition of a trial open; then
    it is what another observer's file says of the image.

    Args:
        observers: as `read_answers` gives them, at least one.

    Raises:
        binet.Error: as `same_trials`; `INVALID_DATA`, with the observer, where two say another condition of an image.
    """
    matched = same_trials(observers)
    of_image = _conditions(matched)
    rows: dict[str, list[int]] = {}
    for row, condition in enumerate(of_image):
        rows.setdefault(condition, []).append(row)
    parts = [[one.select(indices) for one in matched] for indices in rows.values()]
    matrices = [error_consistency_matrix(part) for part in parts]
    biases = _shape_biases(matched[0], parts) if is_cue_conflict(matched[0].images) else None
    return Conditions(
        names=matrices[0].names,
        conditions=tuple(rows),
        n=np.array([matrix.n for matrix in matrices]),
        accuracy=np.array([matrix.accuracy for matrix in matrices]),
        kappa=np.array([matrix.kappa for matrix in matrices]),
        shape_bias=biases,
    )


def _conditions(matched: Sequence[Answers]) -> list[str]:
    found = list(matched[0].conditions)
    for index, one in enumerate(matched):
        for row, condition in enumerate(one.conditions):
            if condition and found[row] and condition != found[row]:
                message = (
                    f"{one.images[row]!r} has the condition {condition!r} in {one.source}, elsewhere {found[row]!r}"
                )
                raise InvalidData(message, "observers", index)
            found[row] = found[row] or condition
    return found


def _shape_biases(whole: Answers, parts: Sequence[Sequence[Answers]]) -> Array:
    """[K, M]; the categories are those of the whole experiment, of which a condition may lack some."""
    images = cue_conflict_from_file_names(whole.images)
    categories = sorted({*images.shapes, *images.textures})
    return np.array([[shape_bias(one, categories=categories).shape_bias for one in part] for part in parts])
