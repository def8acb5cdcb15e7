"""Temperature scaling: one number divides all logits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .._html import table
from .._library import call, lib, struct
from .._options import nonzero, whole
from ..arrays import view, view_integers
from ..errors import InvalidArgument, NotConverged
from ..threads import context
from ._maps import Map

State = Literal["converged", "separable", "uniform", "flat"]

_STATES: dict[int, State] = {
    lib.BINET_TEMPERATURE_CONVERGED: "converged",
    lib.BINET_TEMPERATURE_SEPARABLE: "separable",
    lib.BINET_TEMPERATURE_UNIFORM: "uniform",
    lib.BINET_TEMPERATURE_FLAT: "flat",
}
_SENTENCES: dict[State, str] = {
    "converged": "the temperature of the least NLL was found",
    "separable": "every label is its row's largest logit, so that the NLL falls for ever as the temperature goes to 0: "
    "no temperature is best; samples with mistakes among them are needed",
    "uniform": "the labels are no more likely than under uniform guessing, so that the NLL falls for ever as the "
    "temperature grows: no temperature is best; are these the labels of these rows?",
    "flat": "the possible logits of every row are equal: no temperature changes anything",
}

MAX_EVALUATIONS = 2**31 - 1


@dataclass(frozen=True)
class TemperatureFit:
    """A temperature, and how well it is known.

    Attributes:
        temperature: divides the logits; 1 where the state is "flat"; NaN where it is "separable" or "uniform", since no
            temperature is best then.
        state: "converged"; "separable": every label is its row's largest logit, the NLL falls for ever as T goes to 0;
            "uniform": the labels are no more likely than under uniform guessing, it falls for ever as T grows; "flat":
            no temperature changes anything.
        relative_error: bound on |temperature - best| / best, rounding included; NaN where temperature is.
        nll_before: mean negative log-likelihood in nats at temperature 1.
        nll_after: the same at `temperature`, no larger; where that is NaN, the limit that it falls to.
        gradient: derivative of the NLL by the logarithm of the temperature, 0 at the best; NaN where temperature is.
        n: rows.
        n_evaluations: passes over the logits.
    """

    temperature: float
    state: State
    relative_error: float
    nll_before: float
    nll_after: float
    gradient: float
    n: int
    n_evaluations: int

    @property
    def converged(self) -> bool:
        """Whether the best temperature was found."""
        return self.state == "converged"

    def __float__(self) -> float:
        return self.temperature

    def __str__(self) -> str:
        change = f"NLL {self.nll_before:.4f} to {self.nll_after:.4f}, {self.n:,} samples"
        if self.converged:
            return f"temperature {self.temperature:.6g} ({change})"
        return f"{self.state}: {_SENTENCES[self.state]} ({change})"

    def _repr_html_(self) -> str:
        columns = ("temperature", "relative error", "NLL before", "NLL after", "samples", "passes")
        values = (self.temperature, self.relative_error, self.nll_before, self.nll_after, f"{self.n:,}")
        return table(f"Temperature: {_SENTENCES[self.state]}", columns, [[*values, self.n_evaluations]])


def fit_temperature(
    logits: Any, labels: Any, tolerance: float = 1e-7, max_evaluations: int = 100, start: float = 1.0
) -> TemperatureFit:
    """The temperature T that gives softmax(logits / T) the least mean NLL (Guo et al., ICML 2017).

    The NLL is convex in 1 / T; the search keeps inside a bracket and cannot diverge, whatever the start and the data. A
    least NLL need not exist: then `state` says why, and the temperature is NaN. The NLL never rises above that at 1.

    Args:
        logits: [N, C], float16, bfloat16, float32 or float64, any strides. -inf is a class that cannot be, one +inf a
            certain prediction.
        labels: [N], integers, 0 .. C - 1.
        tolerance: relative, of the temperature, 1e-15 .. 0.1; what rounding allows, where that is more.
        max_evaluations: passes over the logits, >= 2.
        start: temperature to start from, 1e-6 .. 1e6; changes the work, not the answer.

    Raises:
        binet.Error: `INVALID_DATA`, with the row, for a NaN, a label out of range or one that no temperature gives a
            probability; `NOT_CONVERGED` where max_evaluations did not do or the best temperature is outside
            1e-6 .. 1e6; `INVALID_ARGUMENT`.
    """
    options = struct(
        "binet_temperature_options",
        most_evaluations=whole("max_evaluations", max_evaluations, 2, MAX_EVALUATIONS),
        tolerance=nonzero("tolerance", tolerance, "1e-15 .. 0.1"),
        start=nonzero("start", start, "1e-6 .. 1e6"),
    )
    if labels is None:
        raise InvalidArgument("labels is None; a fit needs them", "labels")
    scores, truth = view(logits, "logits"), view_integers(labels, "labels")
    found = struct("binet_temperature_result")
    function = lib.binet_fit_temperature
    call(function, context().pointer, scores.pointer, truth.pointer, options, found, names={"scores": "logits"})
    return TemperatureFit(
        temperature=found.temperature,
        state=_STATES[found.state],
        relative_error=found.relative_error,
        nll_before=found.nll_before,
        nll_after=found.nll_after,
        gradient=found.gradient,
        n=found.n,
        n_evaluations=found.n_evaluations,
    )


class TemperatureScaling(Map):
    """Temperature scaling as a map: `fit` on held-out samples, `transform` other logits.

    Attributes:
        temperature_: the temperature.
        fit_: the `TemperatureFit`; None where the map was loaded from a file.
    """

    METHOD = "temperature"

    temperature_: float
    fit_: TemperatureFit | None

    def __init__(self, tolerance: float = 1e-7, max_evaluations: int = 100) -> None:
        """As `fit_temperature`."""
        self.tolerance = tolerance
        self.max_evaluations = max_evaluations

    def fit(self, logits: Any, labels: Any) -> TemperatureScaling:
        """Find the temperature; the arguments are those of `fit_temperature`.

        Raises:
            binet.Error: as `fit_temperature`, and `NOT_CONVERGED` with the reason where no temperature is best.
        """
        fitted = fit_temperature(logits, labels, tolerance=self.tolerance, max_evaluations=self.max_evaluations)
        if math.isnan(fitted.temperature):
            raise NotConverged(_SENTENCES[fitted.state], "labels")
        self.fit_, self.temperature_ = fitted, fitted.temperature
        return self

    def transform(self, logits: Any) -> Any:
        """Logits divided by the temperature: an array or tensor of their dtype, in their order.

        `Predictions.from_logits(logits, labels, temperature=scaling.temperature_)` does without the copy.
        """
        self._parameters()
        return (logits if hasattr(logits, "__truediv__") else np.asarray(logits)) / self.temperature_

    def _parameters(self) -> dict[str, Any]:
        if not hasattr(self, "temperature_"):
            raise InvalidArgument("this TemperatureScaling is not fitted: call fit first")
        return {"temperature": self.temperature_}

    @classmethod
    def _restore(cls, parameters: dict[str, Any]) -> TemperatureScaling:
        made = cls()
        made.temperature_, made.fit_ = float(parameters["temperature"]), None
        if not 0 < made.temperature_ < math.inf:
            raise ValueError(f"its temperature is {made.temperature_}")
        return made

    def __repr__(self) -> str:
        fitted = f"temperature_={self.temperature_:.6g}" if hasattr(self, "temperature_") else "not fitted"
        return f"TemperatureScaling({fitted})"
