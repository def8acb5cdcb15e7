"""Error consistency: whether observers are wrong on the same samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from .answers import Answers, same_trials
from .arrays import Array, view, zeros_and_ones
from .errors import Error, InvalidArgument, InvalidData
from .matching import match
from .predictions import Predictions
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# ---- Error consistency -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ErrorConsistency:
    """Error consistency of two observers (Geirhos et al., NeurIPS 2020): Cohen's kappa of which samples are right.

    Attributes:
        kappa: (observed - expected) / (1 - expected), -1 .. 1; 1 where observed is 1.
        observed: share of samples that both have right or both have wrong, 0 .. 1.
        expected: p q + (1 - p)(1 - q), what independent observers of accuracies p and q would agree on, 0 .. 1.
        accuracy_a: p, 0 .. 1.
        accuracy_b: q, 0 .. 1.
        n: samples.
    """

    kappa: float
    observed: float
    expected: float
    accuracy_a: float
    accuracy_b: float
    n: int

    def __float__(self) -> float:
        return self.kappa

    def __str__(self) -> str:
        return (
            f"error consistency {self.kappa:.4f} (agreement {self.observed:.4f}, by chance {self.expected:.4f}, "
            f"accuracies {self.accuracy_a:.4f} and {self.accuracy_b:.4f}, {self.n:,} samples)"
        )

    def _repr_html_(self) -> str:
        columns = ("kappa", "observed", "expected", "accuracy a", "accuracy b", "samples")
        numbers = (self.kappa, self.observed, self.expected, self.accuracy_a, self.accuracy_b)
        return table("Error consistency", columns, [[*numbers, f"{self.n:,}"]])


def error_consistency(a: Any, b: Any) -> ErrorConsistency:
    """Error consistency of two observers (Geirhos et al., NeurIPS 2020).

    Agreement on which samples are right, beyond what the two accuracies make likely. Where both have everything right,
    or both everything wrong, expected and observed are 1, and so is kappa. The same bits everywhere.

    Args:
        a: [N] bool, or integers 0 and 1: whether the sample is right. Or `Predictions` with labels.
        b: the same samples, in the same order. Where both are `Predictions`, rows are matched by file name, never by
            position: every row needs a name, names are unique, and both tables have the same ones. For tables without
            names, known to be in the same order, compare `p.predicted_class == p.label` of each.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a wrong dtype or length; `INVALID_DATA`, with the row, for an entry that is
            neither 0 nor 1, a row without a label, a name that is missing, there twice or in one table only, and labels
            that differ.
    """
    tables = [isinstance(observer, Predictions) for observer in (a, b)]
    if any(tables) and not all(tables):
        raise InvalidArgument("one of a and b is Predictions; both are needed, or two arrays in the same order", "b")
    of_a, of_b = _matched(a, b) if all(tables) else (zeros_and_ones(a, "a"), zeros_and_ones(b, "b"))
    array_a, array_b = view(of_a, "a"), view(of_b, "b")
    result = struct("binet_error_consistency_result")
    names = {"correct_a": "a", "correct_b": "b"}
    call(lib.binet_error_consistency, context().pointer, array_a.pointer, array_b.pointer, result, names=names)
    return ErrorConsistency(
        result.kappa, result.observed, result.expected, result.accuracy_a, result.accuracy_b, result.n
    )


# ---- The matrix ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ErrorConsistencyMatrix:
    """Error consistency of every two of M observers (Geirhos et al., NeurIPS 2020).

    Attributes:
        names: of the observers.
        kappa: [M, M] float64, -1 .. 1: symmetric, 1 on the diagonal.
        accuracy: [M] float64: share of samples that each has right.
        n: samples.
    """

    names: tuple[str, ...]
    kappa: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]
    n: int

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the matrix as a heat map, kappa written into each field; red is consistent, blue the opposite.

        Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw. None: a new figure.
        """
        from ._heat_map import draw

        shown = np.where(np.eye(len(self), dtype=bool), np.nan, self.kappa)  # all agree with themselves: nothing to see
        return draw(shown, self.names, ax, "error consistency (kappa)")

    def __getitem__(self, pair: tuple[str | int, str | int]) -> float:
        """Kappa of two observers, by name or by index."""
        a, b = (self.names.index(one) if isinstance(one, str) else one for one in pair)
        return float(self.kappa[a, b])

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[tuple[str, str, float]]:
        """Each two observers and their kappa, once."""
        for a, name in enumerate(self.names):
            for b in range(a + 1, len(self.names)):
                yield name, self.names[b], float(self.kappa[a, b])

    def __repr__(self) -> str:
        width = max(map(len, self.names))
        lines = [f"error consistency of {len(self)} observers, {self.n:,} samples"]
        for a, name in enumerate(self.names):
            row = " ".join(f"{kappa:7.4f}" for kappa in self.kappa[a])
            lines.append(f"{name:{width}}  {row}  accuracy {self.accuracy[a]:.4f}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [[name, *map(float, self.kappa[a]), float(self.accuracy[a])] for a, name in enumerate(self.names)]
        caption = f"Error consistency (kappa), {self.n:,} samples"
        return table(caption, ("observer", *self.names, "accuracy"), rows)


def error_consistency_matrix(observers: Mapping[str, Any] | Any) -> ErrorConsistencyMatrix:
    """Error consistency of every two of M observers (Geirhos et al., NeurIPS 2020).

    Each entry has the bits that `error_consistency` gives for the two.

    Args:
        observers: whether each sample is right: a mapping from names to arrays [N], bool or integers 0 and 1, in the
            same order for all; or an array [M, N], whose observers are called "0", "1", ... Or a mapping from names to
            `Predictions`, whose rows are matched by file name, as in `error_consistency`.

    Raises:
        binet.Error: as `error_consistency`.
    """
    names, correct = correctness(observers)
    array = view(correct, "observers")
    n_observers, n = correct.shape
    kappa, accuracy = np.empty((n_observers, n_observers)), np.empty(n_observers)
    result = struct(
        "binet_error_consistency_matrix_result",
        accuracy=ffi.cast("double *", accuracy.ctypes.data),
        accuracy_capacity=n_observers,
        kappa=ffi.cast("double *", kappa.ctypes.data),
        kappa_capacity=n_observers**2,
    )
    call(lib.binet_error_consistency_matrix, context().pointer, array.pointer, result, names={"correct": "observers"})
    for column in (kappa, accuracy):
        column.flags.writeable = False
    return ErrorConsistencyMatrix(names, kappa, accuracy, n)


# ---- Which samples are right -----------------------------------------------------------------------------------------


def correctness(observers: Any) -> tuple[tuple[str, ...], Array]:
    """Names of the observers, and which samples each has right: uint8 [M, N] in one order."""
    if isinstance(observers, Mapping):
        names, given = tuple(map(str, observers)), list(observers.values())
    elif isinstance(observers, (list, tuple)) and all(isinstance(one, Answers) for one in observers):
        return _of_answers(observers)
    else:
        array = zeros_and_ones(observers, "observers")
        if array.ndim != 2 or len(array) == 0:
            raise InvalidArgument(f"observers has the shape {array.shape}; allowed: [M, N]", "observers")
        return tuple(map(str, range(len(array)))), array
    if not given:
        raise InvalidArgument("observers is empty; at least one is needed", "observers")
    tables = [isinstance(one, Predictions) for one in given]
    if any(tables) and not all(tables):
        name = names[tables.index(not tables[0])]
        raise InvalidArgument(f"observers[{name!r}] is of another kind: all are Predictions, or none", "observers")
    if all(tables):
        said = [f"observers[{name!r}]" for name in names]
        matched = [_matched(given[0], one, (said[0], name)) for name, one in zip(said, given, strict=True)]
        return names, np.stack([of_b for _, of_b in matched])
    rows = [zeros_and_ones(one, f"observers[{name!r}]") for name, one in zip(names, given, strict=True)]
    for name, row in zip(names, rows, strict=True):
        if row.ndim != 1 or row.shape != rows[0].shape:
            message = f"observers[{name!r}] has the shape {row.shape}, and the first {rows[0].shape}; allowed: [N] each"
            raise InvalidArgument(message, "observers")
    return names, np.stack(rows)


def _of_answers(observers: Sequence[Answers]) -> tuple[tuple[str, ...], Array]:
    matched = same_trials(observers)
    return tuple(one.observer for one in matched), np.stack([one.correct.astype(np.uint8) for one in matched])


def _matched(a: Predictions, b: Predictions, names: tuple[str, str] = ("a", "b")) -> tuple[Array, Array]:
    """Whether each row of a is right, and the row of b with its file name; `names` are those of the parameters."""
    for name, one in zip(names, (a, b), strict=True):
        unlabelled = np.flatnonzero(one.label < 0)
        if unlabelled.size:
            row = int(unlabelled[0])
            raise InvalidData(f"row {row} of {name} has no label", name, row)
    try:
        found = match(a, b)
    except Error as error:
        said = error.message if names == ("a", "b") else f"with a for {names[0]} and b for {names[1]}: {error.message}"
        raise type(error)(said, {"a": names[0], "b": names[1]}.get(error.argument or ""), error.index) from error
    alone = (names[0], names[1], a, found.rows_a), (names[1], names[0], b, found.rows_b)
    for name, other, one, rows in alone:
        n_alone = len(one) - len(rows)
        if n_alone:
            row = int(np.setdiff1d(np.arange(len(one)), rows)[0])
            what = f"{n_alone:,} of the {len(one):,} file names of {name} are not in {other}: {one.file_names[row]!r}"
            raise InvalidData(what + (", ..." if n_alone > 1 else ""), name, row)
    differs = np.flatnonzero(found.a.label != found.b.label)
    if differs.size:
        row = int(differs[0])
        labels = f"{found.a.label[row]} in {names[0]} and {found.b.label[row]} in {names[1]}"
        raise InvalidData(f"{a.file_names[row]!r} has the label {labels}", names[0], row)
    of_a, of_b = ((one.predicted_class == one.label).astype(np.uint8) for one in (found.a, found.b))
    return of_a, of_b
