"""Similarity: centred kernel alignment of the layers of each model, and of the layers of two."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._files import read_npz
from ...arrays import Array
from ...cka_matrix import HEAT_MAP, CKAMatrix, CKAMatrixResult
from ...errors import Error, InvalidData
from ..figure import models_svg
from .section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..evidence import Evidence

BATCH = 512
"""Rows of a batch at most; batches are equally large, to one row."""

MOST_MAPS = 6
"""In the figure: the first two models, what is between them, and as many others as there is room for."""

MOST_LAYERS = 128
"""Of a model in the figure."""

A_ROW = 3
"""Maps side by side."""

MOST_NAMED = 12
"""Names of layers on a side of a map."""

_DIGITS = 6
"""Decimals in report.json."""


@dataclass(frozen=True)
class Similarity:
    """Models in the order of the page.

    Attributes:
        models: CKA of every two layers of each.
        between: names of the first two models, and CKA of every layer of one with every layer of the other; None where
            there is one model, or the two had not as many images.
        figure: the heat maps.
    """

    models: Mapping[str, CKAMatrixResult]
    between: tuple[tuple[str, str], CKAMatrixResult] | None
    figure: str | None

    @property
    def apart(self) -> str:
        """Why two models could not be compared; else empty."""
        if self.between is not None or len(self.models) < 2:
            return ""
        (first, one), (second, other) = list(self.models.items())[:2]
        return f"The layers of {first} are of {one.n:,} images and those of {second} of {other.n:,}: not compared."

    @property
    def constant(self) -> dict[str, list[str]]:
        """Constant layers by model, of the models that have some."""
        found = {name: _constant(one) for name, one in self.models.items()}
        return {name: layers for name, layers in found.items() if layers}


def collect(evidence: Evidence) -> Section | None:
    """Models with features of layers."""
    paths = {model.name: model.layers for model in evidence.models if model.layers is not None}
    if not paths:
        return None
    layers: dict[str, tuple[Path, dict[str, Array]]] = {}
    models = {}
    for name, path in paths.items():
        one = (path, _read(path))
        models[name] = _compare(one)
        if len(layers) < 2:
            layers[name] = one
    between = None
    if len(layers) == 2:
        (first, one), (second, other) = layers.items()
        if models[first].n == models[second].n:
            between = (first, second), _compare(one, other)
    data = Similarity(models, between, _figure(models, between))
    return Section("similarity", data, _sentences(data), {name: {} for name in models}, _record(data))


def _read(path: Path) -> dict[str, Array]:
    """Features [N, ...] by layer, in the order of the file."""
    layers = read_npz(path)
    if not layers:
        raise InvalidData(f"{path}: no arrays; allowed: features [N, ...] of each layer under its name", "path")
    n = next(iter(layers.values())).shape[:1]
    for name, array in layers.items():
        if array.ndim < 2 or array.shape[:1] != n or array.dtype.kind != "f":
            first = f", N = {n[0]:,} as in the first layer" if n else ""
            message = f"{path}: {name} is {array.dtype} of shape {array.shape}; allowed: floats [N, ...]{first}"
            raise InvalidData(message, "path")
    return layers


def _compare(
    first: tuple[Path, dict[str, Array]], second: tuple[Path, dict[str, Array]] | None = None
) -> CKAMatrixResult:
    """All images in batches that are equally large."""
    n = len(next(iter(first[1].values())))
    matrix = CKAMatrix()
    try:
        for rows in np.array_split(np.arange(n), -(-n // BATCH) or 1):
            of_first, of_second = (
                None if one is None else {name: array[rows] for name, array in one[1].items()}
                for one in (first, second)
            )
            assert of_first is not None
            matrix.append(of_first, of_second)
        return matrix.result()
    except Error as error:
        raise type(error)(f"{first[0]}: {error.message}", error.argument, error.index) from error


def _constant(result: CKAMatrixResult) -> list[str]:
    return [name for name, is_constant in zip(result.rows, result.constant_rows, strict=True) if is_constant]


# ---- The figure ------------------------------------------------------------------------------------------------------


def _figure(
    models: Mapping[str, CKAMatrixResult], between: tuple[tuple[str, str], CKAMatrixResult] | None
) -> str | None:
    """Heat maps: the first two models, what is between them, and the others."""
    maps = [(name, "", "", one) for name, one in models.items()]
    if between is not None:
        (first, second), one = between
        maps.insert(2, (f"{first} and {second}", first, second, one))
    maps = [one for one in maps if max(one[3].values.shape) <= MOST_LAYERS][:MOST_MAPS]
    if not maps:
        return None
    n_rows = -(-len(maps) // A_ROW)
    n_columns = min(len(maps), A_ROW)

    def draw(figure: Figure) -> None:
        axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for ax, (title, rows, columns, one) in zip(axes, maps, strict=False):
            _draw(ax, one)
            ax.set(title=title, xlabel=columns, ylabel=rows)
            ax.tick_params(labelsize=9)
        for ax in axes[len(maps) :]:
            ax.set_axis_off()
        bar = figure.colorbar(axes[0].images[0], ax=list(axes), label="CKA", shrink=0.6, pad=0.02)
        bar.outline.set_visible(False)

    title = f"Centred kernel alignment of layers: {'; '.join(one[0] for one in maps)}"
    return models_svg(draw, (1.4 + 4.0 * n_columns, 4.3 * n_rows), title, "similarity")


def _draw(ax: Axes, one: CKAMatrixResult) -> None:
    from ..._heat_map import draw

    draw(one.values, one.rows, ax, "CKA", (0, 1), columns=one.columns, bar=False, most_named=MOST_NAMED, **HEAT_MAP)


# ---- What is said ----------------------------------------------------------------------------------------------------


def _sentences(data: Similarity) -> tuple[str, ...]:
    if data.between is None:
        return ()
    (first, second), one = data.between
    value = float(one.values[-1, -1])
    if math.isnan(value):
        return ()
    return (f"The last layers of {first} and {second} have a CKA of {value:.2f}, where 1 is the same.",)


def _record(data: Similarity) -> dict[str, Any]:
    between = None
    if data.between is not None:
        (first, second), one = data.between
        between = {"first": first, "second": second, **_numbers(one)}
    return {
        "models": [{"model": name, "constant": _constant(one), **_numbers(one)} for name, one in data.models.items()],
        "between": between,
    }


def _numbers(one: CKAMatrixResult) -> dict[str, Any]:
    return {
        "n": one.n,
        "n_batches": one.n_batches,
        "rows": list(one.rows),
        "columns": list(one.columns),
        "cka": np.round(one.values, _DIGITS).tolist(),
    }
