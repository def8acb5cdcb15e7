"""CKA of every two of many layers, from batches of samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._options import whole
from .errors import InvalidArgument, InvalidData
from .similarity import estimator, view_samples
from .threads import Context, context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Layers = Mapping[str, Any] | Iterable[Any]
"""Features of each layer, under its name where it has one."""

HEAT_MAP: Any = {"colours": "magma", "origin": "lower", "numbers": False}
"""How its heat map looks."""

_MOST_SHOWN = 12
"""Rows and columns of a table in a notebook."""


@dataclass(frozen=True, eq=False)
class CKAMatrixResult:
    """CKA of every two layers, of one model or of two (Nguyen et al., ICLR 2021).

    `result["layer1", "layer2"]` is the CKA of two layers.

    Attributes:
        values: [L1, L2] CKA, -1 .. 1; NaN where one of the two layers is constant; of one model symmetric, and 1 on the
            diagonal.
        rows: names of the L1 layers.
        columns: names of the L2 layers; of one model those of the rows.
        constant_rows: [L1] whether a layer's HSIC with itself is 0 to rounding: all its rows are the same, or, with the
            unbiased estimator, differ in a way that it cannot see, as where a single row stands apart.
        constant_columns: [L2] likewise.
        n: samples of all batches.
        n_batches: batches, each of which counts the same.
        unbiased: which estimator of HSIC.
    """

    values: npt.NDArray[np.float64]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    constant_rows: npt.NDArray[np.bool_]
    constant_columns: npt.NDArray[np.bool_]
    n: int
    n_batches: int
    unbiased: bool

    def __getitem__(self, layers: tuple[str, str]) -> float:
        row, column = layers
        for name, names in ((row, self.rows), (column, self.columns)):
            if name not in names:
                raise KeyError(name)
        return float(self.values[self.rows.index(row), self.columns.index(column)])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the heat map of Nguyen et al.: the first layers below and at the left, colours from 0 to 1.

        A constant layer is a grey line. Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw. None: a new figure.
        """
        from ._heat_map import draw

        return draw(self.values, self.rows, ax, "CKA", (0, 1), columns=self.columns, **HEAT_MAP)

    def __str__(self) -> str:
        constant = {name for name, is_constant in self._constant() if is_constant}
        why = f", constant: {', '.join(sorted(constant))}" if constant else ""
        of_two = "" if self.rows == self.columns else f" and {len(self.columns)}"
        return (
            f"CKA of {len(self.rows)}{of_two} layers ({'unbiased' if self.unbiased else 'biased'}, {self.n:,} samples "
            f"in {self.n_batches} batches{why})"
        )

    def _constant(self) -> list[tuple[str, bool]]:
        flags = [*self.constant_rows, *self.constant_columns]
        return list(zip([*self.rows, *self.columns], flags, strict=True))

    def __repr__(self) -> str:
        return f"<binet.CKAMatrixResult: {self}>"

    def _repr_html_(self) -> str:
        columns = ("layer", *self.columns[:_MOST_SHOWN])
        shown = [
            [name, *(float(value) for value in row[:_MOST_SHOWN])]
            for name, row in zip(self.rows[:_MOST_SHOWN], self.values, strict=False)
        ]
        is_cut = max(self.values.shape) > _MOST_SHOWN
        return table(str(self) + (f"; the first {_MOST_SHOWN}" if is_cut else ""), columns, shown)


class CKAMatrix:
    """CKA of every two of many layers, from batches of samples: minibatch CKA (Nguyen et al., ICLR 2021).

    ::

        matrix = binet.CKAMatrix()
        for images, _ in loader:
            matrix.append(layers_of(model, images))  # {"layer1": [n, ...], "layer2": [n, ...], ...}
        matrix.result().plot()

    With B batches, HSIC_b being that of batch b alone, an entry is sum_b HSIC_b(K, L) / sqrt(sum_b HSIC_b(K, K) sum_b
    HSIC_b(L, L)): the ratio of means over batches, in which every batch counts the same, whatever its size. Make them
    equally large. With the unbiased estimator the means do not depend on how large that is; one batch of all samples
    with the biased one gives the numbers of `binet.cka`.

    Each layer's Gram is computed once a batch, and all pairs are one product of the Grams, in double: within 1e-10 of
    exact arithmetic. Use a matrix from one thread, in the process that made it.

    Args:
        unbiased: take the unbiased estimator of HSIC (Song et al., JMLR 2012), else the biased one.
        memory: bytes for Grams that are kept at a time; 32 rows of each are kept in any case.
    """

    def __init__(self, *, unbiased: bool = True, memory: int = 256 << 20) -> None:
        self._unbiased = bool(unbiased)
        self._memory = whole("memory", memory, 1, 2**62)
        self._context: Context = context()
        self._matrix: Any = None
        self._rows: tuple[str, ...] = ()
        self._columns: tuple[str, ...] = ()

    def append(self, first: Layers, second: Layers | None = None) -> None:
        """Append a batch; on failure nothing of it is appended.

        Args:
            first: features of each layer, [n, ...] float16, bfloat16, float32 or float64, finite; all dimensions but
                the first are features. n is the same for all, may differ from batch to batch, and is at least 4, or 2
                where biased. A mapping from names, or a list, whose layers are called "0", "1", ... The names stay the
                same.
            second: those of another model, of the same samples in the same order, which the first are compared with.

        Raises:
            binet.Error: `INVALID_ARGUMENT`, with the layer, for a wrong dtype or shape, too few samples, or other
                layers than before; `INVALID_DATA`, with the row, for a NaN or an infinity. The message names both.
        """
        names, arrays = _listed(first, "first")
        other_names, other_arrays = ((), []) if second is None else _listed(second, "second")
        if self._matrix is None:
            self._create(len(names), len(other_names))
            self._rows, self._columns = names, other_names
        for given, before, what in ((names, self._rows, "first"), (other_names, self._columns, "second")):
            if given != before:
                message = f"{what} has other layers than the first batch: {_difference(given, before)}"
                raise InvalidArgument(message, what)
        views = [view_samples(array, f"first[{i}]") for i, array in enumerate(arrays)]
        others = [view_samples(array, f"second[{i}]") for i, array in enumerate(other_arrays)]
        of_first, of_second = (
            ffi.new("binet_array[]", [one.pointer[0] for one in side]) if side else ffi.NULL for side in (views, others)
        )
        call(lib.binet_cka_matrix_append, self._matrix, of_first, of_second)

    def _create(self, n_first: int, n_second: int) -> None:
        options = struct("binet_cka_matrix_options", estimator=estimator(self._unbiased), memory=self._memory)
        made = ffi.new("binet_cka_matrix **")
        names = {"n_first": "first", "n_second": "second"}
        call(lib.binet_cka_matrix_create, self._context.pointer, n_first, n_second, options, made, names=names)
        self._matrix = self._context.own(made[0], lib.binet_cka_matrix_destroy)

    def result(self) -> CKAMatrixResult:
        """The matrix of the batches so far; more can be appended after it.

        Raises:
            binet.Error: `INVALID_DATA` where there is none.
        """
        if self._matrix is None:
            raise InvalidData("no batch was appended")
        columns = self._columns or self._rows
        values = np.empty((len(self._rows), len(columns)))
        constant = np.empty(len(self._rows) + len(self._columns), np.bool_)
        result = struct(
            "binet_cka_matrix_result",
            cka=ffi.cast("double *", values.ctypes.data),
            cka_capacity=values.size,
            constant=ffi.cast("uint8_t *", constant.ctypes.data),
            constant_capacity=constant.size,
        )
        call(lib.binet_cka_matrix_finish, self._matrix, result)
        values.flags.writeable = constant.flags.writeable = False
        return CKAMatrixResult(
            values=values,
            rows=self._rows,
            columns=columns,
            constant_rows=constant[: len(self._rows)],
            constant_columns=constant[len(self._rows) :] if self._columns else constant,
            n=result.n,
            n_batches=result.n_batches,
            unbiased=self._unbiased,
        )


def _listed(layers: Layers, name: str) -> tuple[tuple[str, ...], list[Any]]:
    """Names and features of layers."""
    if isinstance(layers, Mapping):
        return tuple(map(str, layers)), list(layers.values())
    arrays = list(layers)
    if not arrays:
        raise InvalidArgument(f"{name} has no layers", name)
    return tuple(map(str, range(len(arrays)))), arrays


def _difference(given: tuple[str, ...], before: tuple[str, ...]) -> str:
    """The first place where two lists of names differ, in words."""
    for index, (one, other) in enumerate(zip(given, before, strict=False)):
        if one != other:
            return f"{one!r} where {other!r} was ({index})"
    return f"{len(given)} where there were {len(before)}"
