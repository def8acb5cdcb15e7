"""Transferability estimation: which model will serve a task, from features or answers, without training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._named_columns import NamedColumns
from ._options import choose
from ._scores import KINDS, Kind
from .arrays import view, view_integers
from .errors import InvalidArgument
from .predictions import Predictions
from .threads import context

# ---- LogME -----------------------------------------------------------------------------------------------------------


class LogMEClass(NamedTuple):
    """One class of `LogMEClasses`; see there."""

    name: int
    n: int
    evidence: float
    alpha: float
    beta: float


@dataclass(frozen=True, eq=False, repr=False)
class LogMEClasses(NamedColumns[LogMEClass]):
    """Classes as columns [K].

    Attributes:
        name: the label.
        n: samples with it.
        evidence: largest log evidence of its column, over N; NaN where n is 0, +inf where the features give the column
            exactly.
        alpha: precision of the weights there; +inf where the features are best left alone.
        beta: precision of the noise there.
    """

    ROW: ClassVar[Any] = LogMEClass
    WHAT: ClassVar[str] = "classes"

    n: npt.NDArray[np.int64]
    evidence: npt.NDArray[np.float64]
    alpha: npt.NDArray[np.float64]
    beta: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LogME:
    """How well a Bayesian linear model of features gives labels; larger is better, on one task.

    Attributes:
        value: mean of the classes' largest log evidence a sample, nats; +inf where n_unbounded is not 0.
        n: samples.
        n_features: D.
        rank: directions that the features have.
        n_present: classes with samples, over which the mean goes.
        n_unbounded: classes that the features give exactly with rank < n, whose evidence has no largest value.
        classes: each of them.
    """

    value: float
    n: int
    n_features: int
    rank: int
    n_present: int
    n_unbounded: int
    classes: LogMEClasses

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        exact = f", {self.n_unbounded:,} given exactly" if self.n_unbounded else ""
        return (
            f"LogME {self.value:.4f} ({self.n:,} samples, {self.n_present:,} classes{exact}, {self.n_features:,} "
            f"features of rank {self.rank:,})"
        )

    def __repr__(self) -> str:
        return f"<binet.LogME: {self}>"

    def _repr_html_(self) -> str:
        row = (self.value, self.n, self.n_present, self.n_unbounded, self.n_features, self.rank)
        head = ("LogME", "samples", "classes", "given exactly", "features", "rank")
        return table("Log of maximum evidence (LogME)", head, [row])


def logme(features: Any, labels: Any) -> LogME:
    """LogME: the log of maximum evidence of labels given features (You et al., ICML 2021; JMLR 2022).

    For the one-hot column of each class, the evidence of a linear model with its weights integrated out, at its largest
    over the precisions of weights and noise; its log over N; the mean over the classes that have samples. The features
    are taken as they are. One eigendecomposition serves all classes, and all maxima are looked at, so that the result
    is the largest. Within 1e-9 of exact arithmetic; the same bits for any number of threads.

    The authors' code stops early and adds 1e-5 to two denominators; for N < D it leaves a part of the determinant out,
    and classes without samples count. See `transfer.h`.

    ::

        best = max(models, key=lambda name: binet.logme(features[name], labels).value)

    Args:
        features: [N, D] float16, bfloat16, float32 or float64, of any strides; memory maps too. N is 2 or more.
        labels: [N] integers 0 .. 65535, at least two different ones.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a wrong dtype, shape or length; `INVALID_DATA` for a row with a NaN or an
            infinity or a label out of range, with the row, and where all labels are the same.
    """
    array, truth = view(features, "features"), view_integers(labels, "labels")
    result = struct("binet_logme_result")
    inputs = (context().pointer, array.pointer, truth.pointer)
    top = int(np.max(np.asarray(labels), initial=0)) if len(truth.shape) == 1 else 0
    room = ffi.new("binet_logme_class[]", max(min(top, _MOST_LABEL), 0) + 1)
    result.classes, result.classes_capacity = room, len(room)
    call(lib.binet_logme, *inputs, result)
    return LogME(
        value=result.logme,
        n=result.n,
        n_features=result.n_features,
        rank=result.rank,
        n_present=result.n_present,
        n_unbounded=result.n_unbounded,
        classes=LogMEClasses.of(room, range(result.n_classes)),
    )


_MOST_LABEL = 65535

# ---- LEEP ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LEEP:
    """The log expected empirical prediction; larger is better, on one task.

    Attributes:
        value: <= 0, nats a sample.
        n: samples.
        n_source_classes: columns of the scores.
        n_present: target classes with samples.
    """

    value: float
    n: int
    n_source_classes: int
    n_present: int

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return (
            f"LEEP {self.value:.4f} ({self.n:,} samples, {self.n_source_classes:,} source classes to "
            f"{self.n_present:,} target classes)"
        )

    def _repr_html_(self) -> str:
        row = (self.value, self.n, self.n_source_classes, self.n_present)
        head = ("LEEP", "samples", "source classes", "target classes")
        return table("Log expected empirical prediction (LEEP)", head, [row])


def leep(scores: Any, labels: Any, kind: Kind = "probabilities") -> LEEP:
    """LEEP: the log expected empirical prediction (Nguyen et al., ICML 2020).

    The mean log probability of the target labels when each is drawn from P(y | z), for a source class z drawn from the
    model's probabilities. No source class need mean anything for the target task. It needs all probabilities, which
    `Predictions` do not keep; `nce` takes those. The same bits everywhere.

    Args:
        scores: [N, C] of the source classes, float16, bfloat16, float32 or float64, of any strides; memory maps too.
        labels: [N] integers 0 .. 65535, of the target task, at least two different ones.
        kind: what the scores are: "probabilities", each row of which sums to 1 within 1e-3 (float16, bfloat16: 1e-2),
            or "logits".

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a wrong dtype, shape or length; `INVALID_DATA` for a row with a NaN or with
            probabilities that do not sum to 1 or a label out of range, with the row, and where all labels are the same.
    """
    array, truth = view(scores, "scores"), view_integers(labels, "labels")
    result = struct("binet_leep_result")
    number = choose("kind", kind, KINDS)
    call(lib.binet_leep, context().pointer, number, array.pointer, truth.pointer, result)
    return LEEP(result.leep, result.n, result.n_source_classes, result.n_present)


# ---- NCE -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NCE:
    """The negative conditional entropy; larger is better, on one task.

    Attributes:
        value: -H(Y | Z), at most 0, nats.
        label_entropy: H(Y), nats.
        n: samples.
        n_source_classes: source classes that were predicted.
        n_present: target classes with samples.
    """

    value: float
    label_entropy: float
    n: int
    n_source_classes: int
    n_present: int

    @property
    def mutual_information(self) -> float:
        """What the predictions tell of the labels, 0 .. label_entropy, nats."""
        return max(self.label_entropy + self.value, 0.0)

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return (
            f"NCE {self.value:.4f} (of {self.label_entropy:.4f} nats of the labels the predictions tell "
            f"{self.mutual_information:.4f}; {self.n:,} samples, {self.n_source_classes:,} source classes to "
            f"{self.n_present:,} target classes)"
        )

    def _repr_html_(self) -> str:
        row = (self.value, self.label_entropy, self.mutual_information, self.n, self.n_source_classes, self.n_present)
        head = ("NCE", "label entropy", "mutual information", "samples", "source classes", "target classes")
        return table("Negative conditional entropy (NCE)", head, [row])


def nce(predictions: Any, labels: Any = None) -> NCE:
    """NCE: the negative conditional entropy of target labels given predicted source classes (Tran et al., ICCV 2019).

    Counts are exact and the same bits come out everywhere.

    Args:
        predictions: [N] integers 0 .. 2^31 - 1, the source class that the model predicts; or `Predictions`.
        labels: [N] integers 0 .. 65535, of the target task, at least two different ones. None: those of `Predictions`.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a wrong dtype or length; `INVALID_DATA`, with the row, for a class or label
            out of range, and where all labels are the same.
    """
    if isinstance(predictions, Predictions):
        labels = predictions.label if labels is None else labels
        predictions = predictions.predicted_class
    elif labels is None:
        raise InvalidArgument("labels is None; only Predictions bring labels of their own", "labels")
    sources, truth = view_integers(predictions, "predictions"), view_integers(labels, "labels")
    result = struct("binet_nce_result")
    call(lib.binet_nce, context().pointer, sources.pointer, truth.pointer, result)
    return NCE(result.nce, result.label_entropy, result.n, result.n_source_classes, result.n_present)
