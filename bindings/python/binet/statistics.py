"""When a difference is real: intervals by resampling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, SupportsFloat, overload

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._options import choose, nonzero, whole
from .arrays import view_integers
from .errors import Error
from .predictions import Predictions, pointer_of
from .threads import Context, context

Metric = Literal[
    "accuracy", "top_5_accuracy", "confidence", "true_probability", "nll", "brier", "entropy", "ece", "rms", "mce"
]
Method = Literal["percentile", "bca"]
Interval = Literal["found", "no value", "no resamples", "one-sided"]

METRICS: dict[str, int] = {
    "accuracy": lib.BINET_METRIC_ACCURACY,
    "top_5_accuracy": lib.BINET_METRIC_TOP_5_ACCURACY,
    "confidence": lib.BINET_METRIC_CONFIDENCE,
    "true_probability": lib.BINET_METRIC_TRUE_PROBABILITY,
    "nll": lib.BINET_METRIC_NLL,
    "brier": lib.BINET_METRIC_BRIER,
    "entropy": lib.BINET_METRIC_ENTROPY,
    "ece": lib.BINET_METRIC_ECE,
    "rms": lib.BINET_METRIC_RMS,
    "mce": lib.BINET_METRIC_MCE,
}
METHODS = {"percentile": lib.BINET_BOOTSTRAP_PERCENTILE, "bca": lib.BINET_BOOTSTRAP_BCA}
_INTERVALS: dict[int, Interval] = {
    lib.BINET_INTERVAL_FOUND: "found",
    lib.BINET_INTERVAL_NO_VALUE: "no value",
    lib.BINET_INTERVAL_NO_RESAMPLES: "no resamples",
    lib.BINET_INTERVAL_ONE_SIDED: "one-sided",
}
_MOST = 2**31 - 1


@dataclass(frozen=True, eq=False)
class BootstrapEstimate:
    """A value with its bootstrap interval.

    Attributes:
        value: of all rows; NaN where the metric has none.
        low, high: ends of the interval; NaN where there is none.
        standard_error: standard deviation of the resamples; NaN where fewer than 2 have a value or one is infinite.
        n_undefined: resamples without a value, which are left out.
        interval: "found", or why there is none: "no value" (of all rows), "no resamples" (with a value), "one-sided"
            (BCa only: all resamples lie on the same side of the value).
        n_units: rows, or clusters, that were drawn from.
        method: "percentile" or "bca".
        confidence_level: of the interval.
        replicates: [n_resamples] the values of the resamples, in the order of the draws.
    """

    value: float
    low: float
    high: float
    standard_error: float
    n_undefined: int
    interval: Interval
    n_units: int
    method: Method
    confidence_level: float
    replicates: npt.NDArray[np.float64] = field(repr=False)

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        if self.interval != "found":
            return f"{self.value:.6g} (no interval: {self.interval})"
        return f"{self.value:.6g} ({self.confidence_level * 100:g} % interval {self.low:.6g} .. {self.high:.6g})"

    def _repr_html_(self) -> str:
        columns = ("value", "low", "high", "standard error", "interval", "resamples without a value")
        row = (self.value, self.low, self.high, self.standard_error, self.interval, self.n_undefined)
        count = f"{len(self.replicates):,} resamples"
        return table(f"{self.confidence_level * 100:g} % interval ({self.method}, {count})", columns, [row])


@overload
def bootstrap(
    predictions: Predictions,
    metric: Metric | Callable[[Predictions], SupportsFloat],
    *,
    n_resamples: int = ...,
    method: Method = ...,
    confidence_level: float = ...,
    seed: int = ...,
    clusters: Any = ...,
) -> BootstrapEstimate: ...


@overload
def bootstrap(
    predictions: Predictions,
    metric: list[Metric] | tuple[Metric, ...],
    *,
    n_resamples: int = ...,
    method: Method = ...,
    confidence_level: float = ...,
    seed: int = ...,
    clusters: Any = ...,
) -> dict[str, BootstrapEstimate]: ...


def bootstrap(
    predictions: Predictions,
    metric: Any = "ece",
    *,
    n_resamples: int = 1000,
    method: Method = "percentile",
    confidence_level: float = 0.95,
    seed: int = 0,
    clusters: Any = None,
) -> Any:
    """A metric of predictions with its bootstrap interval (Efron, 1979; BCa: Efron, 1987).

    A resample is as many rows as there are, drawn with replacement. Draws are a function of the seed, the resample and
    the place alone (Philox 4x32-10, Salmon et al., SC 2011), each row exactly as likely: the same bits for any number
    of threads, and the same resamples for every metric. ECE, RMS and MCE have 15 bins of equal width.

    Args:
        predictions: N rows, each with what the metric needs.
        metric: a name, such as "ece" or "accuracy"; several of them, measured on the same resamples; or a function that
            takes Predictions and returns a number, NaN where there is none. A function is called for one resample after
            the other.
        n_resamples: 2 .. 2^31 - 1.
        method: "percentile", the quantiles of the resamples; "bca", corrected for bias and acceleration.
        confidence_level: of the interval, in (0, 1).
        seed: 0 .. 2^64 - 1; the same seed draws the same resamples.
        clusters: [N] integers: rows with the same number, such as those of a class, are drawn together. None: rows are
            drawn by themselves.

    Returns:
        An `BootstrapEstimate`; for several names a dictionary of them.

    Raises:
        binet.Error: `INVALID_ARGUMENT`; `INVALID_DATA`, with the row, where it lacks what the metric needs.
    """
    pointer = pointer_of(predictions)
    plan = Plan(n_resamples, method, confidence_level, seed, clusters)
    if callable(metric):
        return plan.of_function(len(predictions), lambda rows: float(metric(predictions[rows])))
    names = [metric] if isinstance(metric, str) else list(metric)
    codes = ffi.new("int32_t[]", [choose("metric", name, METRICS) for name in names])
    result, room, replicates = plan.result(len(names))
    arguments = (context().pointer, pointer, codes, len(names), ffi.NULL, plan.options, result)
    call(lib.binet_bootstrap_predictions, *arguments, names={"metrics": "metric", "n_metrics": "metric"})
    found = plan.estimates(result, room, replicates)
    return found[0] if isinstance(metric, str) else dict(zip(names, found, strict=True))


class Plan:
    """Options of a bootstrap on their way into C, and what comes back."""

    def __init__(self, n_resamples: int, method: Method, confidence_level: float, seed: int, clusters: Any) -> None:
        self.n_resamples = whole("n_resamples", n_resamples, 2, _MOST)
        self._method = method
        self._confidence_level = confidence_level
        self._clusters = view_integers(clusters, "clusters")
        self.options = struct(
            "binet_bootstrap_options",
            n_resamples=self.n_resamples,
            method=choose("method", method, METHODS),
            confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
            seed=whole("seed", seed, 0, 2**64 - 1),
            clusters=self._clusters.pointer,
        )

    def result(self, n_values: int) -> tuple[Any, Any, npt.NDArray[np.float64]]:
        """A result with room for n_values estimates, the room, and the replicates [n_resamples, n_values]."""
        room = ffi.new("binet_estimate[]", n_values)
        replicates = np.empty((self.n_resamples, n_values))
        result = struct(
            "binet_bootstrap_result",
            estimates=room,
            estimates_capacity=n_values,
            replicates=ffi.from_buffer("double[]", replicates),
            replicates_capacity=replicates.size,
        )
        return result, room, replicates

    def estimates(self, result: Any, room: Any, replicates: npt.NDArray[np.float64]) -> list[BootstrapEstimate]:
        """Estimates of C, with their replicates."""
        columns = [np.ascontiguousarray(column) for column in replicates.T]
        for column in columns:
            column.flags.writeable = False
        return [self.estimate(one, result.n_units, column) for one, column in zip(room, columns, strict=True)]

    def estimate(self, one: Any, n_units: int, replicates: npt.NDArray[np.float64]) -> BootstrapEstimate:
        """An estimate of C."""
        return BootstrapEstimate(
            value=one.value,
            low=one.low,
            high=one.high,
            standard_error=one.standard_error,
            n_undefined=one.n_undefined,
            interval=_INTERVALS[one.interval],
            n_units=n_units,
            method=self._method,
            confidence_level=self._confidence_level,
            replicates=replicates,
        )

    def of_function(self, n_rows: int, function: Callable[[npt.NDArray[np.int64]], float]) -> BootstrapEstimate:
        """The bootstrap of a function of rows, on the calling thread. What it raises comes out as it is."""
        raised: list[BaseException] = []

        def compute(_self: Any, rows: Any, n: int, values: Any, _error: Any) -> int:
            values[0] = function(np.frombuffer(ffi.buffer(rows, 8 * n), np.int64))
            return int(lib.BINET_OK)

        def on_exception(_kind: Any, exception: BaseException, traceback: Any) -> None:
            raised.append(exception.with_traceback(traceback))

        callback = ffi.callback(
            "binet_status(void *, const int64_t *, int64_t, double *, binet_error *)",
            compute,
            error=lib.BINET_CANCELLED,
            onerror=on_exception,
        )
        result, room, replicates = self.result(1)
        try:
            statistic = struct("binet_statistic", compute=callback)
            call(lib.binet_bootstrap, Context(1).pointer, n_rows, statistic, self.options, result)
        except Error:
            if raised:
                raise raised.pop() from None
            raise
        return self.estimates(result, room, replicates)[0]
