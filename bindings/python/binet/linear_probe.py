"""The linear probe: multinomial logistic regression on features, with a certificate of how exact it is."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._estimator import Training, WeightedClassifierBase
from ._estimator_inputs import C_NAMES
from ._html import table
from ._library import call, ffi, lib, struct
from ._linear import linear_scores
from ._options import nonzero, whole
from ._progress import Progress
from .arrays import view
from .errors import InvalidArgument, NotConverged, shown
from .threads import context

if TYPE_CHECKING:
    from .probe_path import Preset, ProbePath

Floats = npt.NDArray[np.float64]

_NAMES = C_NAMES | {"n_classes": "y"}


class NotConvergedWarning(UserWarning):
    """A probe ended before its tolerance was reached; its certificate says how far it came."""


@dataclass(frozen=True)
class Certificate:
    """Where a fit ended, and how far that is from the optimum at most.

    Attributes:
        objective: C times the summed loss plus half the squared norm of the coefficients, in double precision.
        gap: the objective less its minimum is at most this; most fits are ten times nearer.
        relative_gap: gap / objective, what `tol` is held to.
        distance: the Euclidean norm of the coefficients less the optimal ones is at most this.
        gradient_norm: of the objective in coefficients and intercepts.
        converged: whether relative_gap is at most `tol`.
        n_evaluations: evaluations of the objective and its gradient over all rows.
        n_precise: those of them whose matrix products were in double precision.
        n_coarse: evaluations before those, over a part of the rows or along the axes of most variance alone.
        n_newton: steps by Newton's method, each with the Hessian over all rows.
        n_passes: times that X was read from end to end.
        n_copied: rows that were copied into memory.
        seconds: of the fit.
    """

    objective: float
    gap: float
    relative_gap: float
    distance: float
    gradient_norm: float
    converged: bool
    n_evaluations: int
    n_precise: int
    n_coarse: int
    n_newton: int
    n_passes: int
    n_copied: int
    seconds: float

    def __str__(self) -> str:
        state = "" if self.converged else " (NOT CONVERGED)"
        coarse = f" after {self.n_coarse} coarse ones" if self.n_coarse else ""
        newton = f", {self.n_newton} steps by Newton's method" if self.n_newton else ""
        return (
            f"objective {self.objective:.12g}, at most {self.relative_gap:.1e} of it above the minimum{state}; "
            f"{self.n_evaluations} evaluations{coarse}{newton}, {self.n_passes} passes over X, {self.seconds:.2f} s"
        )

    def _repr_html_(self) -> str:
        return table("Certificate", ("", "value"), self.__dict__.items())


class Solver:
    """A `binet_probe`: features and labels that probes of several C are fitted to, each from the one before."""

    def __init__(self, training: Training, tol: float, max_evaluations: int, progress: bool) -> None:
        self._training = training
        self._binary = len(training.classes) == 2
        self._progress = Progress("binet_probe_progress", progress, "evaluation")
        if not 1e-14 <= nonzero("tol", tol, "1e-14 .. 1") <= 1:
            raise InvalidArgument(f"tol is {shown(tol)}; allowed: 1e-14 .. 1", "tol")
        options = struct(
            "binet_probe_options",
            tolerance=tol,
            most_evaluations=whole("max_evaluations", max_evaluations, 1, 2**31 - 1),
            progress=self._progress.callback,
        )
        labels = view(training.codes, "y")
        weights = None if training.weights is None else view(training.weights, "sample_weight")
        made = ffi.new("binet_probe **")
        shared = context()
        call(
            lib.binet_probe_create,
            shared.pointer,
            training.features.pointer,
            labels.pointer,
            len(training.classes),
            ffi.NULL if weights is None else weights.pointer,
            options,
            made,
            names=_NAMES,
        )
        self._pointer = shared.own(made[0], lib.binet_probe_destroy)

    # scikit-learn has one row of coefficients for two classes: the difference of ours at half its C.
    def fit(self, C: float) -> tuple[Floats, Floats, Certificate]:  # noqa: N803
        """Coefficients [K, D], or [1, D] of two classes; intercepts; and their certificate."""
        n_classes, width = len(self._training.classes), self._training.features.shape[1]
        coefficients, intercepts = np.empty((n_classes, width)), np.empty(n_classes)
        result = struct(
            "binet_probe_result",
            coefficients=ffi.from_buffer("double[]", coefficients),
            intercepts=ffi.from_buffer("double[]", intercepts),
        )
        half = 2 if self._binary else 1
        converged = True
        with self._progress:
            try:
                self._progress.call(lib.binet_probe_fit, self._pointer, C / half, result, names=_NAMES)
            except NotConverged:
                converged = False
        if self._binary:
            coefficients, intercepts = coefficients[1:] - coefficients[:1], intercepts[1:] - intercepts[:1]
        certificate = Certificate(
            objective=half * result.objective,
            gap=half * result.gap,
            relative_gap=result.gap / result.objective,
            distance=math.sqrt(half) * result.distance,
            gradient_norm=math.sqrt(half) * result.gradient_norm,
            converged=converged,
            n_evaluations=result.n_evaluations,
            n_precise=result.n_precise,
            n_coarse=result.n_coarse,
            n_newton=result.n_newton,
            n_passes=result.n_passes,
            n_copied=result.n_copied,
            seconds=result.seconds,
        )
        return coefficients, intercepts, certificate


def check_c(C: float, name: str = "C") -> float:  # noqa: N803
    """C as a float, finite and above 0."""
    if not isinstance(C, (int, float, np.integer, np.floating)) or isinstance(C, bool) or not 0 < C < math.inf:
        raise InvalidArgument(f"{name} is {shown(C)}; allowed: finite numbers above 0", name)
    return float(C)


class LinearProbe(WeightedClassifierBase):
    """Multinomial logistic regression, exactly that of scikit-learn, to a certified distance from the optimum.

    Minimised is scikit-learn's objective,

        C sum over rows of weight (-log probability of the row's class) + 1/2 ||coef||^2

    with no penalty on the intercept; two classes have one row of coefficients. The fit ends where it is certain that
    the objective is within `tol` of its minimum, never at a number of steps in silence. How it gets there, and what the
    certificate says, is told in `include/binet/probe.h`.

    X may be larger than memory: a memory map (`np.load(..., mmap_mode="r")`) of float16, bfloat16, float32 or float64
    is read from front to back, and only a sample of its rows is copied.

    It is an estimator of scikit-learn, and needs it only where that calls it: `Pipeline`, `GridSearchCV`, `clone`.

        probe = binet.LinearProbe(C=1.0).fit(X, y)
        probe.score(X_test, y_test), probe.certificate_
        binet.LinearProbe.path(X, y, preset="dinov2").plot()

    Args:
        C: inverse of the penalty's strength, finite, above 0.
        tol: the certified gap over the objective, at the end; 1e-14 .. 1.
        max_evaluations: of the objective. A fit that needs more ends with a `NotConvergedWarning`, and the certificate
            of where it came.
        progress: draw a bar with the gap.

    Attributes:
        classes_: [K] labels, sorted.
        coef_: [M, D] float64, M = 1 for two classes, else K.
        intercept_: [M] float64; of sum 0 for more than two classes.
        certificate_: `Certificate`.
        n_iter_: [1] evaluations.
        n_features_in_: D.
        feature_names_in_: [D], where X was a data frame with names.
    """

    coef_: Floats
    intercept_: Floats
    certificate_: Certificate
    n_iter_: npt.NDArray[np.int32]

    def __init__(
        self,
        C: float = 1.0,  # noqa: N803
        *,
        tol: float = 1e-4,
        max_evaluations: int = 10000,
        progress: bool = False,
    ) -> None:
        self.C = C
        self.tol = tol
        self.max_evaluations = max_evaluations
        self.progress = progress

    def fit(self, X: object, y: object, sample_weight: object = None) -> LinearProbe:  # noqa: N803
        """Fit to features and labels.

        Args:
            X: [N, D] features, finite; float16, bfloat16, float32 and float64 are read where they lie.
            y: [N] labels: integers, text or booleans.
            sample_weight: [N] weights, >= 0, not all zero. None: all 1.

        Returns:
            The probe itself.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for parameters and shapes; `INVALID_DATA`, with the row, for a NaN or an
                infinity, and for fewer than two classes.
        """
        value = check_c(self.C)
        training = self._training(X, y, sample_weight)
        coefficients, intercepts, certificate = Solver(training, self.tol, self.max_evaluations, self.progress).fit(
            value
        )
        return self._take(training, coefficients, intercepts, certificate)

    def _take(
        self, training: Training, coefficients: Floats, intercepts: Floats, certificate: Certificate
    ) -> LinearProbe:
        if not certificate.converged:
            warnings.warn(f"LinearProbe stopped early: {certificate}", NotConvergedWarning, stacklevel=3)
        return self._fitted(
            training,
            coef_=coefficients,
            intercept_=intercepts,
            certificate_=certificate,
            n_iter_=np.array([certificate.n_evaluations], np.int32),
        )

    def decision_function(self, X: object) -> Floats:  # noqa: N803
        """Logits, [N, K] float64; of two classes [N], that of the second over the first.

        Args:
            X: [N, D] features, as in `fit`.
        """
        scores = linear_scores(self._features(X), self.coef_, self.intercept_)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def _scores(self, X: object) -> Floats:  # noqa: N803
        return self.decision_function(X)

    def predict_log_proba(self, X: object) -> Floats:  # noqa: N803
        """Logarithms of the probabilities of the classes, [N, K] float64.

        Args:
            X: [N, D] features, as in `fit`.
        """
        logits = self.decision_function(X)
        if logits.ndim == 1:
            logits = np.column_stack([np.zeros_like(logits), logits])
        logits -= logits.max(axis=1, keepdims=True)
        return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))

    def predict_proba(self, X: object) -> Floats:  # noqa: N803
        """Probabilities of the classes, [N, K] float64, rows of sum 1.

        Args:
            X: [N, D] features, as in `fit`.
        """
        return np.exp(self.predict_log_proba(X))

    @classmethod
    def path(
        cls,
        X: object,  # noqa: N803
        y: object,
        Cs: Sequence[float] | npt.NDArray[Any] | None = None,  # noqa: N803
        validation: tuple[object, object] | float = 0.1,
        *,
        preset: Preset | None = None,
        sample_weight: object = None,
        tol: float = 1e-4,
        max_evaluations: int = 10000,
        seed: int = 0,
        progress: bool = False,
    ) -> ProbePath:
        """Probes at many values of C, each from the one before, and the one that is best on validation rows.

        The chosen C, the smallest of the most accurate, is fitted anew to all rows that were given, those of a held-out
        share among them.

        Args:
            X: [N, D] features.
            y: [N] labels.
            Cs: values of C, each finite and above 0. None: those of the preset.
            validation: (X, y) to choose by; or the share of the rows, within each class, that is held out for it.
            preset: "clip" (Radford et al., 2021): 96 penalties, 1e-6 .. 1e6, of the summed loss. "dinov2" (Oquab et
                al., 2024): 45 values of C, 1e-6 .. 1e5. "clip_benchmark" (LAION): 97 penalties, 1e-6 .. 1e2, of the
                mean loss.
            sample_weight: [N] weights of the rows in fits. None: all 1.
            tol: as in `LinearProbe`.
            max_evaluations: as in `LinearProbe`, of each fit.
            seed: of the rows held out.
            progress: draw a bar.

        Raises:
            binet.Error: as `fit`; `INVALID_ARGUMENT` for neither or both of Cs and preset, and for a share that leaves
                no rows.
        """
        from .probe_path import fit_path

        return fit_path(cls, X, y, Cs, validation, preset, sample_weight, tol, max_evaluations, seed, progress)
