"""Synthetic data: predictions about ImageNet's classes on rendered images, such as PUG-ImageNet."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ._extras import require
from ._html import table
from ._library import call, ffi, lib, struct
from ._named_columns import NamedColumns
from ._names import find
from ._options import choose, nonzero
from .arrays import Array, view
from .errors import InvalidArgument, InvalidData
from .factors import FactorTable
from .groups import ClassGroups, flatten, read_groups
from .predictions import Predictions, pointer_of
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Convention = Literal["official", "fixed"]

CONVENTIONS = {"official": lib.BINET_SYNTHETIC_OFFICIAL, "fixed": lib.BINET_SYNTHETIC_FIXED}

PUG_IMAGENET_FACTORS = (
    "Worlds",
    "Camera_Pitch",
    "Camera_Yaw",
    "Camera_Roll",
    "Object_Pitch",
    "Object_Yaw",
    "Object_Roll",
    "Object_Scale",
    "Object_Texture",
    "Scene_Light",
)
"""The ten folders of PUG-ImageNet, one for each factor that is varied."""


class SyntheticFactor(NamedTuple):
    """One factor of `SyntheticFactors`; see there."""

    name: str | int
    n: int
    n_correct: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class SyntheticFactors(NamedColumns[SyntheticFactor]):
    """The factors of synthetic data, as columns [F].

    Attributes:
        name: of the factor.
        n: rows of the factor.
        n_correct: of these, rows that are right.
        accuracy: n_correct / n, 0 .. 1; NaN where n is 0.
        low, high: ends of its Wilson interval; NaN where n is 0.
    """

    ROW: ClassVar[Any] = SyntheticFactor
    WHAT: ClassVar[str] = "factors"

    n: npt.NDArray[np.int64]
    n_correct: npt.NDArray[np.int64]
    accuracy: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SyntheticAccuracy:
    """Accuracy on synthetic images by factor, such as PUG-ImageNet's (Bordes et al., 2023).

    Attributes:
        mean: plain mean of the accuracies of the factors that have rows, 0 .. 1; NaN where none has.
        missing: names of the factors that have no rows; where there are any, mean is not over all of them.
        accuracy: of all rows, 0 .. 1.
        low, high: ends of its Wilson interval.
        n: rows.
        n_correct: rows that are right.
        n_outside: rows whose predicted class no class of the map lists; they are wrong.
        n_without_factor: rows that have no factor; they count in accuracy only.
        factors: counts and accuracy with its interval of each factor.
        correct: [N] uint8, a row each: 0 wrong, 1 right.
        convention: what a class that several list stands for.
        confidence_level: of the intervals.
    """

    mean: float
    missing: tuple[str, ...]
    accuracy: float
    low: float
    high: float
    n: int
    n_correct: int
    n_outside: int
    n_without_factor: int
    factors: SyntheticFactors
    correct: npt.NDArray[np.uint8]
    convention: Convention
    confidence_level: float

    def plot(self, ax: Axes | None = None, label: str = "") -> Axes:
        """Draw a bar for each factor; models side by side go into one figure one after the other.

        Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw: empty, or with models of the same factors. None: a new figure.
            label: for the legend, which adds the mean.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for an ax with models of other factors.
        """
        require("plot", "matplotlib")
        from ._factor_figure import draw

        values = self.factors.accuracy
        return draw(ax, self.factors.name, values, f"{label}  mean {self.mean:.3f}".strip(), "accuracy", None)

    def __float__(self) -> float:
        return self.mean

    def __str__(self) -> str:
        lacking = f", no rows: {', '.join(self.missing)}" if self.missing else ""
        return (
            f"synthetic accuracy {self.mean:.4f}, mean of {len(self.factors) - len(self.missing)} factors ({self.n:,} "
            f"samples, {self.n_outside:,} answers outside the map, {self.convention}{lacking})"
        )

    def __repr__(self) -> str:
        return (
            f"SyntheticAccuracy(mean={self.mean:.6g}, accuracy={self.accuracy:.6g}, n={self.n}, "
            f"n_correct={self.n_correct}, n_outside={self.n_outside}, missing={self.missing!r}, "
            f"convention={self.convention!r}, {len(self.factors)} factors)"
        )

    def _repr_html_(self) -> str:
        columns = ("factor", "samples", "right", "accuracy", "low", "high")
        caption = f"Synthetic data ({self.convention}): mean {self.mean:.4f}, accuracy {self.accuracy:.4f}"
        return table(caption, columns, self.factors)


def synthetic_accuracy(
    predictions: Predictions | Mapping[str, Predictions],
    class_map: ClassGroups | str | os.PathLike[str],
    factors: Any = None,
    *,
    convention: Convention = "official",
    class_names: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    confidence_level: float = 0.95,
) -> SyntheticAccuracy:
    """Accuracy on synthetic images by factor and its plain mean, as PUG-ImageNet defines it (Bordes et al., 2023).

    A row is right where the class of its label lists the predicted class; a prediction that no class lists is wrong.
    Counts are exact; the rest has the same bits everywhere. With the predictions of PUG-ImageNet's ten folders::

        runs = {name: binet.Predictions.from_csv(f"{name}.csv") for name in binet.PUG_IMAGENET_FACTORS}
        binet.synthetic_accuracy(runs, "class_to_imagenet_idx.json").mean

    Args:
        predictions: predicted classes of the model, and labels 0 .. K - 1 among the classes of the map. Or a mapping
            from factors to the predictions of each.
        class_map: the predicted classes that each class stands for, by its name: a mapping, or the path of a JSON file.
        factors: the factor of each row, joined by file name: what `binet.FactorTable.read` takes, with one factor a
            row. None: the part of the path that is the name of a factor.
        convention: where several classes list one index, it stands for the last of them ("official", as the published
            loop does: Shirt is never right, for its index is Sweatshirt's too), or for each of them ("fixed").
        class_names: the classes of the map in the order of the labels. None: sorted by name, as class folders are.
        names: the factors, in their order. None: PUG-ImageNet's ten where all that are met are among them; else those
            that are met, sorted.
        confidence_level: of the intervals, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a map, table or option of another form; `INVALID_DATA`, with the row or the
            element, for an index out of range or twice in a class, a class without an index, a row without a label or
            whose path names no factor, and tables that share no file name.
    """
    groups = _ordered(class_map, class_names)
    rows, of_rows = _factors_of(predictions, factors, names)
    chosen = _names_of(of_rows, names)
    number = {name: index for index, name in enumerate(chosen)}
    indices = np.array([-1 if one is None else number[one] for one in of_rows], np.int64)
    offsets, classes = flatten(groups, "class_map")
    correct = np.empty(len(rows), np.uint8)
    room = ffi.new("binet_synthetic_factor[]", len(chosen))
    options = struct(
        "binet_synthetic_options",
        convention=choose("convention", convention, CONVENTIONS),
        n_factors=len(chosen),
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
    )
    result = struct("binet_synthetic_result", factors=room, factors_capacity=len(room), correct_capacity=correct.size)
    result.correct = ffi.cast("unsigned char *", correct.ctypes.data)
    arrays = (view(offsets, "class_map"), view(classes, "class_map"), view(indices, "factors"))
    pointers = (pointer_of(rows), *(one.pointer for one in arrays))
    renamed = {"classes": "class_map", "offsets": "class_map"}
    call(lib.binet_synthetic_accuracy, context().pointer, *pointers, options, result, names=renamed)
    correct.flags.writeable = False
    columns = SyntheticFactors.of(room, chosen)
    return SyntheticAccuracy(
        mean=result.mean,
        missing=tuple(name for name, n in zip(chosen, columns.n, strict=True) if n == 0),
        accuracy=result.accuracy,
        low=result.low,
        high=result.high,
        n=result.n,
        n_correct=result.n_correct,
        n_outside=result.n_outside,
        n_without_factor=int((indices < 0).sum()),
        factors=columns,
        correct=correct,
        convention=convention,
        confidence_level=confidence_level,
    )


def _ordered(class_map: ClassGroups | str | os.PathLike[str], class_names: Sequence[str] | None) -> ClassGroups:
    """The map in the order of the labels."""
    groups = read_groups(class_map) if isinstance(class_map, (str, os.PathLike)) else class_map
    if not isinstance(groups, Mapping):
        return groups  # `flatten` says what is wrong with it
    order = sorted(groups) if class_names is None else list(class_names)
    if sorted(order) != sorted(groups):
        odd = sorted(set(order) ^ set(groups)) or order
        message = f"class_names are not the classes of the map, each once: {odd[0]!r} is in one of them only or twice"
        raise InvalidArgument(message, "class_names")
    return {name: groups[name] for name in order}


def _factors_of(
    predictions: Predictions | Mapping[str, Predictions], factors: Any, names: Sequence[str] | None
) -> tuple[Predictions, list[str | None]]:
    """One table, and the factor of each of its rows."""
    if isinstance(predictions, Mapping):
        if factors is not None:
            raise InvalidArgument("factors is given, and predictions has a table for each factor", "factors")
        joined = Predictions.concatenate(predictions.values())
        return joined, [name for name, one in predictions.items() for _ in range(len(one))]
    pointer_of(predictions)
    if factors is None:
        return predictions, [*_from_paths(predictions, names or PUG_IMAGENET_FACTORS)]
    known = FactorTable.read(factors, names)
    if known.members.ndim != 1:
        raise InvalidData("factors gives a row more than one factor; synthetic images have one each", "factors")
    rows: Array = find(predictions, known.file_names, "factors")
    if not (rows >= 0).any():
        message = f"none of the {len(known):,} file names of factors is in predictions: {known.file_names[0]!r}, ..."
        raise InvalidData(message, "factors")
    of_rows: list[str | None] = [None] * len(predictions)
    for row, member in zip(rows.tolist(), known.members.tolist(), strict=True):
        if row >= 0 and member >= 0:
            of_rows[row] = known.names[member]
    return predictions, of_rows


def _from_paths(predictions: Predictions, names: Sequence[str]) -> list[str]:
    """The part of each path that is the name of a factor."""
    found = []
    for row, file_name in enumerate(predictions.file_names):
        parts = [part for part in (file_name or "").split("/")[:-1] if part in names]
        if len(parts) != 1:
            what = f"{len(parts)} folders in its path are factors, one is needed; factors can name it"
            message = f"row {row}, {file_name!r}: {what}"
            raise InvalidData(message, "predictions", row)
        found.append(parts[0])
    return found


def _names_of(of_rows: Sequence[str | None], names: Sequence[str] | None) -> tuple[str, ...]:
    met = sorted({name for name in of_rows if name is not None})
    if not met:
        raise InvalidData("no row has a factor", "factors")
    if names is None:
        return PUG_IMAGENET_FACTORS if set(met) <= set(PUG_IMAGENET_FACTORS) else tuple(met)
    unknown = [name for name in met if name not in names]
    if unknown or len(set(names)) != len(names):
        message = (
            f"names must hold each factor once; {unknown[0]!r} is missing" if unknown else "names has a name twice"
        )
        raise InvalidArgument(message, "names")
    return tuple(names)
