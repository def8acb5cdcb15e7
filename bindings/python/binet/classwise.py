"""Class-wise calibration: how well the probability of every class agrees with how often it is the true one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._options import choose, nonzero, whole
from ._scores import KINDS, Kind
from .arrays import view, view_integers
from .calibration import BINNINGS, CONVENTIONS, MAX_BINS, Convention, calibration
from .predictions import Predictions
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ClasswiseBinning = Literal["equal_width", "equal_mass"]
Definition = Literal["nixon", "pearce"]

_BINNINGS = {word: BINNINGS[word] for word in ("equal_width", "equal_mass")}
_DEFINITIONS = {"nixon": lib.BINET_CLASSWISE_NIXON, "pearce": lib.BINET_CLASSWISE_PEARCE}


class ClasswiseClass(NamedTuple):
    """One class of `ClasswiseClasses`; see there."""

    ece: float
    rms: float
    mce: float
    probability: float
    accuracy: float
    n: int
    n_labels: int


@dataclass(frozen=True, eq=False)
class ClasswiseClasses:
    """The classes of a class-wise calibration, as columns [C]. Iterating gives one `ClasswiseClass` after the other.

    Attributes:
        ece: L1 over the class's bins, 0 .. 1; NaN where n is 0 ("pearce": 0).
        rms: L2, likewise.
        mce: the largest gap of a bin with rows, likewise.
        probability: mean of p_k over the n rows; NaN where n is 0.
        accuracy: share of the n rows that are right for the class: with "nixon" those of its label; NaN where n is 0.
        n: rows whose p_k counts: those in its bins.
        n_labels: rows with this label; 0: the class was never seen.
    """

    ece: npt.NDArray[np.float64]
    rms: npt.NDArray[np.float64]
    mce: npt.NDArray[np.float64]
    probability: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]
    n: npt.NDArray[np.int64]
    n_labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ece)

    def __getitem__(self, index: int) -> ClasswiseClass:
        return ClasswiseClass(*(column[index].item() for column in vars(self).values()))

    def __iter__(self) -> Iterator[ClasswiseClass]:
        return (self[index] for index in range(len(self)))

    def worst(self, n: int = 10) -> npt.NDArray[np.int64]:
        """The classes with the largest ece, the largest first and the lower index first among equals; [<= n]."""
        order = np.argsort(-self.ece, kind="stable")
        return order[~np.isnan(self.ece[order])][: whole("n", n, 1, len(self))]

    def __repr__(self) -> str:
        worst = ", ".join(f"{k}: {self.ece[k]:.4g}" for k in self.worst(min(5, len(self))))
        return f"ClasswiseClasses({len(self)} classes; the largest ece by class {worst or 'is none'})"

    def _repr_html_(self) -> str:
        worst = self.worst(min(10, len(self)))
        caption = f"{len(worst)} of {len(self)} classes: those with the largest ECE"
        return table(caption, ["class", *vars(self)], [[int(k), *self[int(k)]] for k in worst])


@dataclass(frozen=True, eq=False)
class ClasswiseCalibration:
    """Class-wise calibration error.

    Attributes:
        ece: mean over the classes of their ece, 0 .. 1; NaN where no class has one.
        rms: root of the mean of the squares of the classes' rms, 0 .. 1: the marginal calibration error of Kumar et al.
            (NeurIPS 2019).
        mce: the largest of the classes' mce, 0 .. 1.
        n: rows.
        n_unseen: classes that no row has as its label; they count as all others do.
        n_empty: classes without a probability that counts; the errors leave them out ("pearce": count 0).
        n_bins: bins of each class.
        binning: "equal_width" or "equal_mass".
        convention: whose bins.
        threshold: the least probability that counts.
        definition: "nixon" or "pearce".
        classes: what each class has.
    """

    ece: float
    rms: float
    mce: float
    n: int
    n_unseen: int
    n_empty: int
    n_bins: int
    binning: ClasswiseBinning
    convention: Convention
    threshold: float
    definition: Definition
    classes: ClasswiseClasses

    @property
    def name(self) -> str:
        """What the error is called: SCE, ACE or TACE (Nixon et al., 2019), or the same of Pearce's library."""
        word = ("ACE" if self.binning == "equal_mass" else "SCE") if self.threshold == 0 else "TACE"
        if self.threshold != 0 and self.binning == "equal_width":
            word = "thresholded SCE"
        return word if self.definition == "nixon" else f"Pearce's {word}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the classes' ece, the largest first, with their mean. Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw. None: a new figure.

        Returns:
            The axes.
        """
        from ._classwise_figure import draw

        return draw(self, ax)

    def __float__(self) -> float:
        return self.ece

    def __repr__(self) -> str:
        whose = "" if self.convention == "binet" else f", as {self.convention}"
        return (
            f"ClasswiseCalibration({self.name}, ece={self.ece:.6g}, rms={self.rms:.6g}, mce={self.mce:.6g}, "
            f"n={self.n}, {len(self.classes)} classes, {self.n_bins} {self.binning} bins{whose})"
        )

    def _repr_html_(self) -> str:
        columns = ("ECE", "RMS", "MCE", "samples", "classes", "never seen", "without probabilities")
        errors = (f"{value:.6f}" for value in (self.ece, self.rms, self.mce))
        counts = (self.n, len(self.classes), self.n_unseen, self.n_empty)
        whose = "" if self.convention == "binet" else f", as {self.convention}"
        caption = f"Class-wise calibration ({self.name}), {self.n_bins} {self.binning.replace('_', ' ')} bins{whose}"
        return table(caption, columns, [[*errors, *(f"{count:,}" for count in counts)]])


class _Settings(NamedTuple):
    """How the error is defined."""

    n_bins: int
    binning: ClasswiseBinning
    convention: Convention
    threshold: float
    definition: Definition
    temperature: float

    def options(self) -> Any:
        """The `binet_classwise_options`."""
        return struct(
            "binet_classwise_options",
            n_bins=whole("n_bins", self.n_bins, 1, MAX_BINS),
            binning=choose("binning", self.binning, _BINNINGS),
            convention=choose("convention", self.convention, CONVENTIONS),
            threshold=self.threshold,
            definition=choose("definition", self.definition, _DEFINITIONS),
            temperature=nonzero("temperature", self.temperature, "1e-30 .. 1e30"),
        )


def classwise_calibration(
    scores: Any,
    labels: Any,
    kind: Kind = "logits",
    *,
    n_bins: int = 15,
    binning: ClasswiseBinning = "equal_width",
    convention: Convention = "binet",
    threshold: float = 0.0,
    definition: Definition = "nixon",
    temperature: float = 1.0,
) -> ClasswiseCalibration:
    """Class-wise calibration error of scores (Nixon et al., CVPR Workshops 2019).

    The error of class k is that of `binet.calibration` with p_k in the place of the confidence and [label = k] in the
    place of a right answer; the result is its mean over the classes. "equal_width" without a threshold is SCE,
    "equal_mass" is ACE, and with a threshold TACE. The scores are read once ("equal_mass": twice) and never copied.
    Counts are exact, the rest has the same bits everywhere.

    Args:
        scores: [N, C] float16, bfloat16, float32 or float64, of any strides; memory maps too.
        labels: [N], integers 0 .. C - 1.
        kind: what the scores are: "logits", or "probabilities", each row of which sums to 1 within 1e-3 (float16,
            bfloat16: 1e-2).
        n_bins: bins of each class, 1 .. 65536.
        binning: "equal_width": (lo, hi] with the edges i / n_bins. "equal_mass": each class's probabilities sorted and
            split, the first rows mod n_bins bins one row more; among equal probabilities rows of other labels come
            first.
        convention: whose bins of equal width, as in `binet.calibration`: "binet" or the name of a package.
        threshold: only probabilities of at least this count, 0 .. 1. A class without any has no error and is left out;
            Nixon's published code counts 0 there, and takes probabilities above the threshold.
        definition: "nixon"; or "pearce", what J. Pearce's calibration_library computes under the same names: a row is
            right for class k where it is both predicted and labelled k, or neither, and the least probability of a
            class falls out of its bins of equal mass. For comparison with numbers that were made with it.
        temperature: divides the logits; 1e-30 .. 1e30.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a wrong dtype, shape or option; `INVALID_DATA`, with the row, for a NaN, two
            +inf, a label out of range or probabilities that do not sum to 1.
    """
    settings = _Settings(n_bins, binning, convention, threshold, definition, temperature)
    array, truth = view(scores, "scores"), view_integers(labels, "labels")
    number, options = choose("kind", kind, KINDS), settings.options()
    room, result = _room(array.shape[1] if len(array.shape) == 2 else 0)
    function = lib.binet_classwise_calibration
    call(function, context().pointer, number, array.pointer, truth.pointer, options, result)
    return _wrap(settings, room, result)


class ClasswiseCalibrationBuilder:
    """Class-wise calibration error of scores that come batch by batch, of which nothing is kept.

    ::

        builder = binet.ClasswiseCalibrationBuilder()
        for images, labels in loader:
            builder.append(model(images), labels)
        result = builder.finish()

    The result has the same bits however the rows are cut into batches. Its bins are of equal width: those of equal mass
    are known only when all rows are. A builder belongs to the process that made it.

    Args:
        kind: what is appended: "logits" or "probabilities".
        n_bins: as in `classwise_calibration`, as are convention, threshold, definition and temperature.
        convention: whose bins.
        threshold: the least probability that counts.
        definition: "nixon" or "pearce".
        temperature: divides the logits.
    """

    def __init__(
        self,
        kind: Kind = "logits",
        *,
        n_bins: int = 15,
        convention: Convention = "binet",
        threshold: float = 0.0,
        definition: Definition = "nixon",
        temperature: float = 1.0,
    ) -> None:
        self._settings = _Settings(n_bins, "equal_width", convention, threshold, definition, temperature)
        shared = context()
        made = ffi.new("binet_classwise_builder **")
        number, options = choose("kind", kind, KINDS), self._settings.options()
        call(lib.binet_classwise_builder_create, shared.pointer, number, options, made)
        self._pointer = shared.own(made[0], lib.binet_classwise_builder_destroy)

    def append(self, scores: Any, labels: Any) -> None:
        """Add a batch; on failure nothing of it is added.

        Args:
            scores: [n, C]; n may differ from batch to batch, C may not.
            labels: [n], integers 0 .. C - 1.

        Raises:
            binet.Error: as `classwise_calibration`; the index counts rows over all batches.
        """
        array, truth = view(scores, "scores"), view_integers(labels, "labels")
        call(lib.binet_classwise_builder_append, self._pointer, array.pointer, truth.pointer)

    def finish(self) -> ClasswiseCalibration:
        """The result of all rows so far; more may be appended after it."""
        counted = struct("binet_classwise_result")
        call(lib.binet_classwise_builder_finish, self._pointer, counted)
        room, result = _room(counted.n_classes)
        call(lib.binet_classwise_builder_finish, self._pointer, result)
        return _wrap(self._settings, room, result)


def quba_calibration_error(scores: Any, labels: Any, kind: Kind = "logits", *, n_bins: int = 15) -> float:
    """The calibration error of QUBA: sqrt(ECE x ACE), 0 .. 1 (Hesse et al., TMLR 2026).

    ECE is that of the predicted class with bins of equal width as torchmetrics has them, which QUBA's code calls; ACE
    is that of `classwise_calibration` with bins of equal mass, which are QUBA's where n_bins divides the rows and no
    probability comes twice at an edge. Elsewhere ACE differs in the digits that a few rows at an edge make.

    Args:
        scores: [N, C], as in `classwise_calibration`.
        labels: [N].
        kind: "logits" or "probabilities".
        n_bins: of both.

    Raises:
        binet.Error: as `classwise_calibration`.
    """
    ace = classwise_calibration(scores, labels, kind, n_bins=n_bins, binning="equal_mass").ece
    table = Predictions.from_logits if kind == "logits" else Predictions.from_probabilities
    ece = calibration(table(scores, labels), n_bins=n_bins, convention="torchmetrics").ece
    return math.sqrt(ece * ace)


_RECORD = np.dtype(
    [(name, "f8") for name in ("ece", "rms", "mce", "probability", "accuracy")] + [("n", "i8"), ("n_labels", "i8")]
)
"""`binet_classwise_class`."""


def _room(n_classes: int) -> tuple[Any, Any]:
    """Room for the classes, and the result that points at it."""
    room = ffi.new("binet_classwise_class[]", max(n_classes, 1))
    return room, struct("binet_classwise_result", classes=room, classes_capacity=n_classes)


def _wrap(settings: _Settings, room: Any, result: Any) -> ClasswiseCalibration:
    records = np.frombuffer(ffi.buffer(room), _RECORD, result.n_classes)
    columns = {name: records[name].copy() for name in _RECORD.names or ()}
    for column in columns.values():
        column.flags.writeable = False
    return ClasswiseCalibration(
        ece=result.ece,
        rms=result.rms,
        mce=result.mce,
        n=result.n,
        n_unseen=result.n_unseen,
        n_empty=result.n_empty,
        n_bins=result.n_bins,
        binning=settings.binning,
        convention=settings.convention,
        threshold=float(settings.threshold),
        definition=settings.definition,
        classes=ClasswiseClasses(**columns),
    )
