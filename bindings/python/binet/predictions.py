"""Predictions: one row per sample with all that later questions need; the logits are read once.

See `Predictions` for the columns, `binet.PredictionsBuilder` for logits that come batch by batch.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from ._extras import require
from ._html import table
from ._library import call, ffi, lib, path_bytes, text
from ._rows import COLUMNS, Prediction, Skipped, indices
from ._scores import FileNames, NanPolicy, Options, reduce
from .arrays import Array, borrow, view, view_integers
from .errors import InvalidArgument, shown
from .groups import Aggregate, ClassGroups
from .threads import Context, context

if TYPE_CHECKING:
    import pandas

SHOWN_ROWS = 8


class Predictions:
    """An immutable table with a row per sample, made in one pass over logits or probabilities.

    Columns are read-only NumPy views of the table's own memory, [N] each:

    ================  =======  ===============================================================  =======
    column            dtype    meaning                                                          unknown
    ================  =======  ===============================================================  =======
    predicted_class   int32    class of the largest score; ties go to the lower index
    confidence        float64  probability of the predicted class, 0 .. 1                       NaN
    label             int32    true class                                                       -1
    true_probability  float64  probability of the true class, 0 .. 1                            NaN
    nll               float64  negative log-likelihood of the true class in nats, 0 .. inf      NaN
    rank              int32    rank of the true class, 1 is the best; ties to the lower index   0
    brier             float64  sum over classes of (p_k - [k = label])^2, 0 .. 2 (Brier, 1950)  NaN
    entropy           float64  entropy of the row's probabilities in nats, 0 .. log C           NaN
    ================  =======  ===============================================================  =======

    What needs a label is unknown where there is none; what a CSV of three columns does not hold is unknown where it
    cannot be inferred. Classes and ranks are exact; the rest has the same bits on every machine, for every number of
    threads, batch size, stride and order of the rows.

    `predictions[i]` is a row, `predictions[2:5]`, `predictions[mask]` and `predictions[indices]` are tables.
    """

    __slots__ = ("__weakref__", "_file_names", "n_classes", "n_omitted", "pointer", "skipped")

    pointer: Any
    """`binet_predictions *`, for the other modules of the package."""
    _file_names: tuple[str | None, ...] | None

    n_classes: int
    """Classes of the scores that the table was made from, or groups; 0 where unknown (a CSV)."""
    n_omitted: int
    """Rows left out because of a NaN."""
    skipped: tuple[Skipped, ...]
    """Images that `binet.evaluate` could not read and was asked to leave out."""

    def __init__(self) -> None:
        raise TypeError("use Predictions.from_logits, from_probabilities or from_csv, or binet.evaluate")

    # ---- Making ------------------------------------------------------------------------------------------------------

    @classmethod
    def from_logits(
        cls,
        logits: Any,
        labels: Any = None,
        *,
        temperature: float = 1.0,
        subset: Any = None,
        nan: NanPolicy = "error",
        groups: ClassGroups | None = None,
        aggregate: Aggregate = "mean",
        file_names: FileNames = None,
    ) -> Predictions:
        """Reduce logits to predictions: softmax(logits / temperature), row by row, in one pass.

        Args:
            logits: [N, C], float16, bfloat16, float32 or float64, any strides; N >= 1. -inf is a class that cannot be,
                one +inf in a row a certain prediction. Worked on in float32, or in float64 where they are float64.
            labels: [N], integers 0 .. C - 1. None: no labels.
            temperature: divides the logits; 1e-30 .. 1e30.
            subset: classes to keep before the softmax, strictly ascending; None: all. Predicted classes and labels stay
                indices among all C classes. As ImageNet-A and ImageNet-R need (Hendrycks et al., 2021).
            nan: "error", or "omit" to leave rows with a NaN out and count them in `n_omitted`.
            groups: the classes of each group, by its name, such as `binet.SIXTEEN_CLASSES`; None: no groups. With them
                the table is about groups, numbered in order: the softmax is over all classes (or the subset), and the
                probabilities of a group's classes become its score. predicted_class is the group of the largest score,
                labels and ranks are of groups, confidence and true_probability are scores of groups; nll, brier and
                entropy are unknown. A class may be in one group only, and need not be in any.
            aggregate: what probabilities become: their "mean" (Geirhos et al., ICLR 2019), their "sum", which is the
                probability of the group, or their "max".
            file_names: N names. None: none.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for a wrong dtype, shape or option (of groups the index counts the classes
                of all groups); `INVALID_DATA`, with the row, for a NaN, two +inf or a label out of range.
        """
        options = Options(temperature, subset, nan, groups, aggregate)
        return wrap(*reduce("logits", logits, labels, options, file_names))

    @classmethod
    def from_probabilities(
        cls,
        probabilities: Any,
        labels: Any = None,
        *,
        nan: NanPolicy = "error",
        groups: ClassGroups | None = None,
        aggregate: Aggregate = "mean",
        file_names: FileNames = None,
    ) -> Predictions:
        """Reduce probabilities to predictions.

        Args:
            probabilities: [N, C], each row summing to 1 within 1e-3 (float16, bfloat16: 1e-2); not normalised again.
            labels: [N], integers 0 .. C - 1. None: no labels.
            nan: "error", or "omit" to leave rows with a NaN out and count them in `n_omitted`.
            groups: the classes of each group, as in `from_logits`, as is aggregate.
            aggregate: "mean", "sum" or "max".
            file_names: N names. None: none.

        Raises:
            binet.Error: as `from_logits`; `INVALID_DATA` too for a row that does not sum to 1.
        """
        options = Options(1.0, None, nan, groups, aggregate)
        return wrap(*reduce("probabilities", probabilities, labels, options, file_names))

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str], labels: Any = None) -> Predictions:
        """Read a CSV that has at least `predicted_class` and `predicted_probability`.

        `file_name` and the other columns of `to_csv` are read where they are there, others are ignored; the order is
        free. Prediction files of ImageNet-X (Idrissi et al., 2022) load as they are.

        Args:
            path: of the CSV.
            labels: [N] integers, or the path of a CSV with `file_name,label`, joined by file name. None: the column
                `label`, if there is one.

        Raises:
            binet.Error: `IO` for a file that cannot be read; `INVALID_DATA`, with the line, for what is wrong in it.
        """
        shared = context()
        made = ffi.new("binet_predictions **")
        call(lib.binet_predictions_read_csv, shared.pointer, path_bytes(path), made)
        predictions = wrap(made[0], shared)
        return predictions if labels is None else predictions.with_labels(labels)

    @classmethod
    def concatenate(cls, tables: Iterable[Predictions]) -> Predictions:
        """The rows of several tables, one after the other; their class counts must agree where they are known.

        Raises:
            binet.Error: `INVALID_ARGUMENT`, with the table, where there is none or the class counts differ.
        """
        listed = [pointer_of(one, f"tables[{index}]") for index, one in enumerate(tables)]
        shared = context()
        made = ffi.new("binet_predictions **")
        pointers = ffi.new("binet_predictions *[]", listed)
        names = {"n_tables": "tables"}
        call(lib.binet_predictions_concatenate, shared.pointer, pointers, len(listed), made, names=names)
        return wrap(made[0], shared)

    def with_labels(self, labels: Any) -> Predictions:
        """The same predictions with other labels.

        What needs a label is inferred where that is possible (rank 1 and true_probability = confidence where the
        prediction is right) and unknown elsewhere.

        Args:
            labels: [N] integers >= 0, or the path of a CSV with `file_name,label`, joined by file name: the whole name
                first, then the part after the last "/".

        Raises:
            binet.Error: `INVALID_ARGUMENT` for a wrong dtype or count; `INVALID_DATA`, with the row, for a row without
                a label in the CSV or a label below 0; `IO`.
        """
        shared = context()
        made = ffi.new("binet_predictions **")
        if isinstance(labels, (str, os.PathLike)):
            path = path_bytes(labels, "labels")
            call(lib.binet_predictions_join_labels, shared.pointer, self.pointer, path, made, names={"path": "labels"})
        else:
            array = view_integers(labels, "labels")
            call(lib.binet_predictions_with_labels, shared.pointer, self.pointer, array.pointer, made)
        labelled = wrap(made[0], shared)
        labelled.skipped = self.skipped
        return labelled

    def with_confidences(self, confidences: Any) -> Predictions:
        """The same predictions with other confidences, such as a map of `binet.recalibration` makes.

        Classes, labels and ranks stay; true_probability is the confidence where the prediction is right and unknown
        elsewhere, as nll, brier and entropy are everywhere.

        Args:
            confidences: [N], float32 or float64, 0 .. 1.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for a wrong dtype or count; `INVALID_DATA`, with the row, out of 0 .. 1.
        """
        shared = context()
        made = ffi.new("binet_predictions **")
        array = view(confidences, "confidences")
        call(lib.binet_predictions_with_confidences, shared.pointer, self.pointer, array.pointer, made)
        calibrated = wrap(made[0], shared)
        calibrated.skipped = self.skipped
        return calibrated

    # ---- Columns -----------------------------------------------------------------------------------------------------

    def _column(self, column: int) -> Array:
        array = ffi.new("binet_array *")
        call(lib.binet_predictions_column, self.pointer, column, array)
        return borrow(array, self.pointer)

    @property
    def predicted_class(self) -> npt.NDArray[np.int32]:
        """[N] class of the largest score; ties go to the lower index."""
        return self._column(lib.BINET_PREDICTED_CLASS)

    @property
    def confidence(self) -> npt.NDArray[np.float64]:
        """[N] probability of the predicted class, 0 .. 1."""
        return self._column(lib.BINET_CONFIDENCE)

    @property
    def label(self) -> npt.NDArray[np.int32]:
        """[N] true class; -1 where unknown."""
        return self._column(lib.BINET_LABEL)

    @property
    def true_probability(self) -> npt.NDArray[np.float64]:
        """[N] probability of the true class, 0 .. 1; NaN where unknown."""
        return self._column(lib.BINET_TRUE_PROBABILITY)

    @property
    def nll(self) -> npt.NDArray[np.float64]:
        """[N] negative log-likelihood of the true class in nats; NaN where unknown."""
        return self._column(lib.BINET_NLL)

    @property
    def rank(self) -> npt.NDArray[np.int32]:
        """[N] rank of the true class, 1 is the best; 0 where unknown."""
        return self._column(lib.BINET_RANK)

    @property
    def brier(self) -> npt.NDArray[np.float64]:
        """[N] sum over classes of (p_k - [k = label])^2, 0 .. 2; NaN where unknown."""
        return self._column(lib.BINET_BRIER)

    @property
    def entropy(self) -> npt.NDArray[np.float64]:
        """[N] entropy of the row's probabilities in nats; NaN where unknown."""
        return self._column(lib.BINET_ENTROPY)

    @property
    def file_names(self) -> tuple[str | None, ...]:
        """N names; None where unknown."""
        if self._file_names is None:
            name = lib.binet_predictions_file_name
            self._file_names = tuple(text(name(self.pointer, row)) for row in range(len(self)))
        return self._file_names

    # ---- Rows --------------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(lib.binet_predictions_count(self.pointer))

    @overload
    def __getitem__(self, rows: int | np.integer[Any]) -> Prediction: ...

    @overload
    def __getitem__(self, rows: slice | Sequence[int] | Sequence[bool] | Array) -> Predictions: ...

    def __getitem__(self, rows: Any) -> Prediction | Predictions:
        """A row for an integer; a table for a slice, a boolean mask [N] or an array of indices [M].

        Raises:
            IndexError: an integer is out of range.
            binet.Error: `INVALID_ARGUMENT` for no rows or a mask of another length; `INVALID_DATA` for an index out of
                range.
        """
        if isinstance(rows, (int, np.integer)) and not isinstance(rows, bool):
            return self._row(int(rows))
        shared = context()
        made = ffi.new("binet_predictions **")
        array = view_integers(indices(rows, len(self)), "rows")
        call(lib.binet_predictions_select, shared.pointer, self.pointer, array.pointer, made)
        return wrap(made[0], shared)

    def _row(self, row: int) -> Prediction:
        n = len(self)
        if not -n <= row < n:
            raise IndexError(f"row {row} of a table of {n} rows")
        row %= n
        values = {name: getattr(self, name)[row].item() for name in COLUMNS}
        return Prediction(file_name=text(lib.binet_predictions_file_name(self.pointer, row)), **values)

    def __iter__(self) -> Iterator[Prediction]:
        columns = {name: getattr(self, name) for name in COLUMNS}
        for row, file_name in enumerate(self.file_names):
            yield Prediction(file_name=file_name, **{name: column[row].item() for name, column in columns.items()})

    # ---- Elsewhere ---------------------------------------------------------------------------------------------------

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a CSV: `file_name,predicted_class,predicted_probability` first, then the other columns.

        Unknown entries are empty. Numbers read back to the same bits. Written to a temporary name beside it, then
        renamed.

        Raises:
            binet.Error: `IO` where the file cannot be written.
        """
        call(lib.binet_predictions_write_csv, context().pointer, self.pointer, path_bytes(path))

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas DataFrame of the columns, `file_name` first. Needs pandas, the extra `table`."""
        require("table", "pandas")
        import pandas

        columns: dict[str, Any] = {"file_name": np.array(self.file_names, dtype=object)}
        return pandas.DataFrame(columns | {name: getattr(self, name) for name in COLUMNS})

    def __copy__(self) -> Predictions:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Predictions:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "predictions.csv"
            self.to_csv(path)
            return _from_csv_bytes, (path.read_bytes(), self.n_classes, self.n_omitted, self.skipped)

    def _summary(self) -> str:
        parts = [f"{len(self):,} rows", *([f"{self.n_classes:,} classes"] if self.n_classes else [])]
        known = self.label >= 0
        if known.all():
            parts.append(f"top-1 {(self.predicted_class == self.label).mean():.4f}")
        else:
            parts.append("no labels" if not known.any() else f"{known.sum():,} labels")
        counts = {"omitted": self.n_omitted, "skipped": len(self.skipped)}
        parts += [f"{count:,} {what}" for what, count in counts.items() if count]
        return ", ".join(parts)

    def __repr__(self) -> str:
        return f"<binet.Predictions: {self._summary()}>"

    def _repr_html_(self) -> str:
        rows: list[list[Any]] = [list(self[row]) for row in range(min(len(self), SHOWN_ROWS))]
        if len(self) > SHOWN_ROWS:
            rows.append(["\u2026"] * len(Prediction._fields))
        return table(f"Predictions: {self._summary()}", Prediction._fields, rows)


def pointer_of(predictions: Any, name: str = "predictions") -> Any:
    """The `binet_predictions *` of the parameter `name`."""
    if not isinstance(predictions, Predictions):
        raise InvalidArgument(
            f"{name} is {shown(predictions)}; allowed: binet.Predictions, such as Predictions.from_logits makes", name
        )
    return predictions.pointer


def wrap(pointer: Any, shared: Context) -> Predictions:
    """A table of C as Predictions, which destroy it."""
    made = object.__new__(Predictions)
    made.pointer = shared.own(pointer, lib.binet_predictions_destroy)
    made._file_names = None
    made.n_classes = int(lib.binet_predictions_class_count(pointer))
    made.n_omitted = int(lib.binet_predictions_omitted_count(pointer))
    made.skipped = ()
    return made


def _from_csv_bytes(data: bytes, n_classes: int, n_omitted: int, skipped: tuple[Skipped, ...]) -> Predictions:
    """What pickle makes Predictions from."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.csv"
        path.write_bytes(data)
        made = Predictions.from_csv(path)
    made.n_classes, made.n_omitted, made.skipped = n_classes, n_omitted, skipped
    return made
