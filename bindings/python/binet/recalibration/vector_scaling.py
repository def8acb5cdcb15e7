"""Vector scaling: a weight and a bias for the logit of each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._html import table
from .._library import call, ffi, lib, struct
from .._options import nonzero, whole
from ..arrays import view, view_integers
from ..errors import InvalidArgument
from ..threads import context
from ._maps import Map, finite

Vector = npt.NDArray[np.float64]

MAX_EVALUATIONS = 2**31 - 1


@dataclass(frozen=True, eq=False)
class VectorFit:
    """Weights and biases, and how good they are.

    Attributes:
        weights, biases: [C]: softmax(weights * logits + biases) are the probabilities. Biases have the mean 0 where l2
            is 0.
        nll_before: mean negative log-likelihood in nats of the logits as they are.
        nll_after: the same of the scaled logits.
        gradient: largest absolute derivative of the mean NLL and penalty by a weight or a bias.
        excess: bound on how far NLL and penalty are above their least, in nats; NaN where l2 is 0.
        n: rows.
        n_evaluations: passes over the logits.
    """

    weights: Vector
    biases: Vector
    nll_before: float
    nll_after: float
    gradient: float
    excess: float
    n: int
    n_evaluations: int

    def __repr__(self) -> str:
        return (
            f"VectorFit({len(self.weights)} classes, nll_before={self.nll_before:.6g}, nll_after={self.nll_after:.6g}, "
            f"gradient={self.gradient:.3g}, n={self.n})"
        )

    def _repr_html_(self) -> str:
        columns = ("classes", "weights", "biases", "NLL before", "NLL after", "gradient", "samples", "passes")
        spans = [f"{values.min():.4g} to {values.max():.4g}" for values in (self.weights, self.biases)]
        numbers = (self.nll_before, self.nll_after, self.gradient, f"{self.n:,}", self.n_evaluations)
        return table("Vector scaling", columns, [[f"{len(self.weights):,}", *spans, *numbers]])


def fit_vector_scaling(
    logits: Any, labels: Any, l2: float = 0.0, tolerance: float = 1e-6, max_evaluations: int = 1000
) -> VectorFit:
    """Weights and biases of the least mean NLL (Guo et al., ICML 2017).

    The NLL is convex; L-BFGS brings it down until no derivative is above the tolerance. Two numbers a class need many
    rows a class; where there are few, `l2` keeps the map near the logits as they are.

    Args:
        logits: [N, C], float16, bfloat16, float32 or float64, any strides. -inf is a class that cannot be.
        labels: [N], integers, 0 .. C - 1.
        l2: weight of the penalty l2 / 2 * sum over classes of (weight - 1)^2 + bias^2, >= 0.
        tolerance: of the gradient, 1e-12 .. 1.
        max_evaluations: passes over the logits, >= 1.

    Raises:
        binet.Error: `INVALID_DATA`, with the row, for a NaN, a +inf or a label out of range or of -inf;
            `NOT_CONVERGED` where max_evaluations did not do; `INVALID_ARGUMENT`.
    """
    options = struct(
        "binet_vector_scaling_options",
        most_evaluations=whole("max_evaluations", max_evaluations, 1, MAX_EVALUATIONS),
        tolerance=nonzero("tolerance", tolerance, "1e-12 .. 1"),
        l2=l2,
    )
    if labels is None:
        raise InvalidArgument("labels is None; a fit needs them", "labels")
    scores, truth = view(logits, "logits"), view_integers(labels, "labels")
    n_classes = scores.shape[1] if len(scores.shape) == 2 else 1
    weights, biases = np.empty(n_classes), np.empty(n_classes)
    found = struct(
        "binet_vector_scaling_result",
        weights=ffi.cast("double *", weights.ctypes.data),
        biases=ffi.cast("double *", biases.ctypes.data),
        capacity=n_classes,
    )
    function = lib.binet_fit_vector_scaling
    call(function, context().pointer, scores.pointer, truth.pointer, options, found, names={"scores": "logits"})
    weights.flags.writeable = biases.flags.writeable = False
    return VectorFit(
        weights=weights,
        biases=biases,
        nll_before=found.nll_before,
        nll_after=found.nll_after,
        gradient=found.gradient,
        excess=found.excess,
        n=found.n,
        n_evaluations=found.n_evaluations,
    )


class VectorScaling(Map):
    """Vector scaling as a map: `fit` on held-out samples, `transform` other logits.

    Attributes:
        weights_, biases_: [C].
        fit_: the `VectorFit`; None where the map was loaded from a file.
    """

    METHOD = "vector"

    weights_: Vector
    biases_: Vector
    fit_: VectorFit | None

    def __init__(self, l2: float = 0.0, tolerance: float = 1e-6, max_evaluations: int = 1000) -> None:
        """As `fit_vector_scaling`."""
        self.l2 = l2
        self.tolerance = tolerance
        self.max_evaluations = max_evaluations

    def fit(self, logits: Any, labels: Any) -> VectorScaling:
        """Find weights and biases; arguments and errors are those of `fit_vector_scaling`."""
        fitted = fit_vector_scaling(
            logits, labels, l2=self.l2, tolerance=self.tolerance, max_evaluations=self.max_evaluations
        )
        self.fit_, self.weights_, self.biases_ = fitted, fitted.weights, fitted.biases
        return self

    def transform(self, logits: Any) -> Vector:
        """weights_ * logits + biases_, [N, C]; -inf stays -inf. Their order may change.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for another number of classes, or where nothing was fitted.
        """
        self._parameters()
        scores = view(logits, "logits")
        if len(scores.shape) != 2 or scores.shape[1] != len(self.weights_):
            message = f"logits has shape {scores.shape}; the map was fitted to {len(self.weights_)} classes"
            raise InvalidArgument(message, "logits")
        scaled = np.empty(scores.shape)
        room, weights, biases = (
            ffi.cast("double *", array.ctypes.data) for array in (scaled, self.weights_, self.biases_)
        )
        function = lib.binet_vector_scaling_apply
        names = {"scores": "logits"}
        call(function, context().pointer, scores.pointer, weights, biases, room, scaled.size, names=names)
        return scaled

    def _parameters(self) -> dict[str, Any]:
        if not hasattr(self, "weights_"):
            raise InvalidArgument("this VectorScaling is not fitted: call fit first")
        return {"weights": self.weights_.tolist(), "biases": self.biases_.tolist()}

    @classmethod
    def _restore(cls, parameters: dict[str, Any]) -> VectorScaling:
        made = cls()
        made.fit_ = None
        made.weights_, made.biases_ = (finite(parameters[name], name) for name in ("weights", "biases"))
        if len(made.weights_) != len(made.biases_):
            raise ValueError(f"{len(made.weights_)} weights and {len(made.biases_)} biases")
        return made

    def __repr__(self) -> str:
        return (
            f"VectorScaling({len(self.weights_)} classes)" if hasattr(self, "weights_") else "VectorScaling(not fitted)"
        )
