"""Shape bias: which cue an answer follows, shape or texture."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _categories
from ._extras import require
from ._html import table
from ._library import call, ffi, lib, struct
from ._options import nonzero
from .answers import Answers
from .arrays import view_integers
from .errors import InvalidArgument, InvalidData
from .predictions import Predictions
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# `cat7-elephant1.png`; what people saw has a prefix: `0001_s5n_s01_0_cat_00_cat7-elephant1.png`.
_STIMULUS = re.compile(r"(?:.*[/\\_])?(([^\W\d_]+)\d+-([^\W\d_]+)\d+)\.\w+", re.DOTALL)


# ---- Shape bias ------------------------------------------------------------------------------------------------------


class CueConflict(NamedTuple):
    """What the names of cue-conflict images say, N of each.

    Attributes:
        shapes: category of the shape.
        textures: category of the texture.
        stimuli: the image without folder, prefix and suffix, such as "cat7-elephant1": the same for every observer.
    """

    shapes: tuple[str, ...]
    textures: tuple[str, ...]
    stimuli: tuple[str, ...]


class ShapeBiasCategory(NamedTuple):
    """One shape category of `ShapeBiasCategories`; see there."""

    name: str | int
    n_conflict: int
    n_shape: int
    n_texture: int
    n_other: int
    shape_bias: float


@dataclass(frozen=True, eq=False)
class ShapeBiasCategories:
    """The shape categories of a shape bias, as columns [K]. Iterating gives one `ShapeBiasCategory` after the other.

    `categories[2]` is the third of them, `categories["cat"]` the one of that name.

    Attributes:
        name: of the category; its index where the inputs were integers without names.
        n_conflict: images of this shape with another texture.
        n_shape: of these, answers that name the shape.
        n_texture: answers that name the texture.
        n_other: answers that name neither, or no category.
        shape_bias: n_shape / (n_shape + n_texture), 0 .. 1; NaN where that is 0 / 0.
    """

    name: tuple[str | int, ...]
    n_conflict: npt.NDArray[np.int64]
    n_shape: npt.NDArray[np.int64]
    n_texture: npt.NDArray[np.int64]
    n_other: npt.NDArray[np.int64]
    shape_bias: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.name)

    def __getitem__(self, which: int | str) -> ShapeBiasCategory:
        index = self._index(which) if isinstance(which, str) else which
        numbers = (getattr(self, column)[index].item() for column in ShapeBiasCategory._fields[1:])
        return ShapeBiasCategory(self.name[index], *numbers)

    def _index(self, name: str) -> int:
        if name not in self.name:
            raise KeyError(name)
        return self.name.index(name)

    def __iter__(self) -> Iterator[ShapeBiasCategory]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        lines = [f"{'category':>12} {'conflict':>8} {'shape':>8} {'texture':>8} {'other':>8} {'shape bias':>10}"]
        lines += [f"{c.name!s:>12} {c[1]:8d} {c[2]:8d} {c[3]:8d} {c[4]:8d} {c[5]:10.4f}" for c in self]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        columns = ("category", "conflict images", "shape", "texture", "other", "shape bias")
        return table(f"{len(self)} shape categories", columns, self)


@dataclass(frozen=True, eq=False)
class ShapeBias:
    """Shape bias on cue-conflict images (Geirhos et al., ICLR 2019), with its Wilson interval.

    Attributes:
        shape_bias: n_shape / (n_shape + n_texture), pooled over images, 0 .. 1; NaN where that is 0 / 0.
        low, high: ends of the interval, 0 .. 1; NaN where shape_bias is.
        n: images.
        n_conflict: images whose shape and texture differ; only these count.
        n_shape: answers that name the shape.
        n_texture: answers that name the texture.
        n_other: answers that name neither, or no category.
        categories: the same counts and share for each shape category.
        confidence_level: of the interval.
    """

    shape_bias: float
    low: float
    high: float
    n: int
    n_conflict: int
    n_shape: int
    n_texture: int
    n_other: int
    categories: ShapeBiasCategories
    confidence_level: float

    def plot(self, ax: Axes | None = None, label: str = "") -> Axes:
        """Draw the figure of Geirhos et al.: shape categories on rows, a mark at the shape bias of each.

        The line is the pooled shape bias, the band around it its interval; a category without a share has no mark.
        Models go into one figure one after the other, each in a colour and with a mark of its own::

            ax = resnet.plot(label="ResNet-50")
            people.plot(ax, label="people")

        Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw: empty, or with models of the same categories. None: a new figure.
            label: for the legend, which adds the pooled shape bias.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for an ax with models of other categories.
        """
        require("plot", "matplotlib")
        from ._shape_bias_figure import draw

        return draw(self, ax, label)

    def __float__(self) -> float:
        return self.shape_bias

    def __str__(self) -> str:
        return (
            f"shape bias {self.shape_bias:.4f} ({self.confidence_level * 100:g} % interval {self.low:.4f} .. "
            f"{self.high:.4f}, {self.n_shape:,} shape, {self.n_texture:,} texture, {self.n_other:,} other)"
        )

    def __repr__(self) -> str:
        return (
            f"ShapeBias(shape_bias={self.shape_bias:.6g}, low={self.low:.6g}, high={self.high:.6g}, n={self.n}, "
            f"n_conflict={self.n_conflict}, n_shape={self.n_shape}, n_texture={self.n_texture}, "
            f"n_other={self.n_other}, {len(self.categories)} categories)"
        )

    def _repr_html_(self) -> str:
        columns = ("shape bias", "low", "high", "shape", "texture", "other", "conflict images", "images")
        counts = (self.n_shape, self.n_texture, self.n_other, self.n_conflict, self.n)
        row = [self.shape_bias, self.low, self.high, *(f"{count:,}" for count in counts)]
        return table(f"Shape bias, {self.confidence_level * 100:g} % interval (Wilson)", columns, [row])


def cue_conflict_from_file_names(file_names: Iterable[str | os.PathLike[str]]) -> CueConflict:
    """Shape and texture of cue-conflict images, from names `shape<i>-texture<j>.png` (Geirhos et al., ICLR 2019).

    Folders before the name, and a prefix that ends in "_", are ignored: the files that people answered in
    model-vs-human are `0001_s5n_s01_0_cat_00_cat7-elephant1.png`.

    Args:
        file_names: N names.

    Raises:
        binet.Error: `INVALID_DATA`, with the index, for a name of another form.
    """
    found: list[tuple[str, str, str]] = []
    for index, file_name in enumerate(file_names):
        match = _STIMULUS.fullmatch(os.fspath(file_name))
        if match is None:
            message = f"file_names[{index}] is {os.fspath(file_name)!r}; expected <shape><i>-<texture><j>.png"
            raise InvalidData(message, "file_names", index)
        found.append((match[2], match[3], match[1]))
    return CueConflict(*zip(*found, strict=True)) if found else CueConflict((), (), ())


def is_cue_conflict(file_names: Iterable[str]) -> bool:
    """Whether all names are of the form that `cue_conflict_from_file_names` reads."""
    return all(_STIMULUS.fullmatch(file_name) for file_name in file_names)


def shape_bias(
    responses: Any,
    shapes: Any = None,
    textures: Any = None,
    *,
    categories: Iterable[str] | None = None,
    confidence_level: float = 0.95,
) -> ShapeBias:
    """Shape bias on cue-conflict images (Geirhos et al., ICLR 2019), with its Wilson interval.

    Of the answers that name the shape or the texture of an image, the share that names the shape, pooled over images.
    Images whose shape and texture are the same are left out; answers that name neither are counted and not part of the
    share. Where no answer names either, the share and its interval are NaN. Counts are exact, the rest has the same
    bits everywhere. An answer file of model-vs-human is read like this::

        answers = pandas.read_csv("subject-01.csv")
        images = binet.cue_conflict_from_file_names(answers.imagename)
        binet.shape_bias(answers.object_response, images.shapes, images.textures)

    Args:
        responses: [N] the category answered; all three are names, or all three integers 0 .. K - 1. None of the
            categories is -1, or for names None, NaN, "", "na" or "nan".
        shapes: [N] the category of the shape.
        textures: [N] the category of the texture.
        categories: names of all K categories, in the order of the indices. None: those of shapes and textures, sorted,
            or for integers one more than the largest of them. K is 1 .. 65536.
        confidence_level: of the interval, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a wrong dtype, length, category list or confidence_level; `INVALID_DATA`,
            with the index, for an entry that is no category.
    """
    if isinstance(responses, (Answers, Predictions)):
        if shapes is not None or textures is not None:
            message = "shapes and textures are given, and names of images say them already"
            raise InvalidArgument(message, "shapes" if shapes is not None else "textures")
        responses, shapes, textures = _of_images(responses, categories)
    given = {"responses": responses, "shapes": shapes, "textures": textures}
    indices, names = _categories.indices(given, categories)
    views = [view_integers(value, name) for name, value in indices.items()]
    options = struct(
        "binet_shape_bias_options",
        n_categories=len(names or ()),
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
    )
    inputs = (context().pointer, *(one.pointer for one in views), options)
    result = struct("binet_shape_bias_result")
    call(lib.binet_shape_bias, *inputs, result)  # says how many categories there are
    room = ffi.new("binet_shape_bias_category[]", result.n_categories)
    result.categories, result.categories_capacity = room, result.n_categories
    call(lib.binet_shape_bias, *inputs, result)
    return ShapeBias(
        shape_bias=result.shape_bias,
        low=result.low,
        high=result.high,
        n=result.n,
        n_conflict=result.n_conflict,
        n_shape=result.n_shape,
        n_texture=result.n_texture,
        n_other=result.n_other,
        categories=_columns(room, tuple(names or range(result.n_categories))),
        confidence_level=confidence_level,
    )


def _of_images(
    given: Answers | Predictions, categories: Iterable[str] | None
) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Responses, shapes and textures, as names."""
    if isinstance(given, Predictions):
        if categories is None:
            message = "categories is None; the names of the classes are needed, such as binet.SIXTEEN_CLASSES"
            raise InvalidArgument(message, "categories")
        given = Answers.from_predictions(given, categories, "")
    images = cue_conflict_from_file_names(given.images)
    return given.responses, images.shapes, images.textures


def _columns(room: Any, names: tuple[str | int, ...]) -> ShapeBiasCategories:
    """The categories of C as columns of their own."""
    records = np.frombuffer(ffi.buffer(room), _RECORD, len(names))
    columns = {name: records[name].copy() for name in _RECORD.names or ()}
    for column in columns.values():
        column.flags.writeable = False
    return ShapeBiasCategories(names, **columns)


_RECORD = np.dtype([(name, "i8") for name in ShapeBiasCategory._fields[1:-1]] + [("shape_bias", "f8")])
"""`binet_shape_bias_category`."""
