"""The ridge probe: a linear classifier in closed form, with its leave-one-out error over many penalties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from ._estimator import WeightedClassifierBase
from ._estimator_inputs import C_NAMES
from ._extras import require
from ._html import table
from ._library import call, ffi, lib, struct
from ._linear import linear_scores
from .arrays import view
from .errors import InvalidArgument, shown
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]


class RidgePenalty(NamedTuple):
    """One penalty of a `RidgePath`; see there."""

    alpha: float
    loo_error: float
    loo_accuracy: float
    n_undetermined: int


@dataclass(frozen=True, eq=False)
class RidgePath:
    """Leave-one-out error and accuracy at each penalty, as columns [A]. Iterating gives a `RidgePenalty` for each.

    Attributes:
        alphas: the penalties, in the order given.
        loo_error: squared error of the rows that were left out: mean over outputs, weighted mean over rows; NaN where
            n_undetermined is not 0.
        loo_accuracy: weighted share of rows that the fit without them classifies right, 0 .. 1; NaN likewise.
        n_undetermined: rows whose fit without them rounding hides.
        chosen: index of the least error, the first where several tie.
    """

    alphas: Floats
    loo_error: Floats
    loo_accuracy: Floats
    n_undetermined: npt.NDArray[np.int64]
    chosen: int

    def __len__(self) -> int:
        return len(self.alphas)

    def __getitem__(self, index: int) -> RidgePenalty:
        return RidgePenalty(
            float(self.alphas[index]),
            float(self.loo_error[index]),
            float(self.loo_accuracy[index]),
            int(self.n_undetermined[index]),
        )

    def __iter__(self) -> Iterator[RidgePenalty]:
        return (self[index] for index in range(len(self)))

    def plot(self, ax: Axes | None = None, *, label: str = "") -> Axes:
        """Draw error and accuracy over the penalty, with a mark at the one chosen. Needs matplotlib, extra `plot`.

        Args:
            ax: where the error is drawn, beside the curves that are there already; the accuracy goes into axes of its
                own on the right. None: a new figure.
            label: of the curve in the legend.

        Returns:
            The axes of the error.
        """
        require("plot", "matplotlib")
        from ._ridge_figure import draw

        return draw(self, ax, label)

    def __repr__(self) -> str:
        lines = [f"{'alpha':>12} {'loo error':>10} {'loo accuracy':>12} {'undetermined':>12}"]
        for index, row in enumerate(self):
            mark = "  <- chosen" if index == self.chosen else ""
            lines.append(f"{row.alpha:12.6g} {row.loo_error:10.6f} {row.loo_accuracy:12.4f} {row[3]:12d}{mark}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        columns = ("alpha", "leave-one-out error", "leave-one-out accuracy", "undetermined rows", "")
        rows = ((*row, "chosen" if index == self.chosen else "") for index, row in enumerate(self))
        return table(f"Ridge at {len(self)} penalties", columns, rows)


class RidgeProbe(WeightedClassifierBase):
    """Ridge regression on class labels, which classifies by its largest output (Hoerl and Kennard, 1970).

    Targets are 1 for the class of a row and -1 for every other; two classes have one output, that of the second. This
    is scikit-learn's RidgeClassifier, in closed form: minimised is

        sum over rows of weight ||target - coef . x - intercept||^2 + alpha ||coef||^2

    with no penalty on the intercept. One factorisation gives the exact leave-one-out error at every penalty (Allen's
    PRESS, 1974); of several, the one with the least is taken, as in RidgeClassifierCV. Features are read in blocks of
    rows: memory is that of min(N, D)^2 numbers, for any N.

    It is an estimator of scikit-learn, and needs it only where that calls it: `Pipeline`, `GridSearchCV`, `clone`.

        probe = binet.RidgeProbe(alphas=np.logspace(-3, 6, 10)).fit(X, y)
        probe.alpha_, probe.loo_accuracy_, probe.score(X_test, y_test)
        probe.path_.plot()

    Args:
        alpha: penalty, above 0; of no use where alphas are given.
        alphas: [A] penalties, each above 0, from which leave-one-out chooses. None: alpha alone.

    Attributes:
        classes_: [K] labels, sorted.
        coef_: [M, D] float64, M = 1 for two classes, else K.
        intercept_: [M] float64.
        alpha_: the penalty taken.
        loo_error_: its leave-one-out squared error, mean over outputs and rows; NaN where `path_` says that it is not
            determined.
        loo_accuracy_: its leave-one-out accuracy, 0 .. 1; NaN likewise.
        path_: `RidgePath`, the same for each penalty.
        residual_: certificate: how far the coefficients are from solving the normal equations, as a correlation of a
            feature with what is left; 0 at the optimum, below 1e-13 where all is well.
        n_features_in_: D.
        feature_names_in_: [D], where X was a data frame with names.
    """

    coef_: Floats
    intercept_: Floats
    alpha_: float
    loo_error_: float
    loo_accuracy_: float
    path_: RidgePath
    residual_: float

    def __init__(self, alpha: float = 1.0, *, alphas: Iterable[float] | None = None) -> None:
        self.alpha = alpha
        self.alphas = alphas

    def fit(self, X: object, y: object, sample_weight: object = None) -> RidgeProbe:  # noqa: N803
        """Fit to features and labels.

        Args:
            X: [N, D] features: float16, bfloat16, float32 or float64, of any strides, in memory, mapped or in a tensor,
                which are not copied where D <= N; other numbers are converted.
            y: [N] labels: integers, text, booleans; two classes or more.
            sample_weight: [N] weights, >= 0, not all 0. None: all 1. A row of weight 0 is as good as not there.

        Returns:
            The probe itself.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for shapes that do not fit, a penalty that is not above 0, or one so small
                that the equations are singular to rounding; `INVALID_DATA`, with the row, for a NaN or an infinity, and
                for one class.
        """
        penalties = self._penalties()
        training = self._training(X, y, sample_weight)
        n_outputs = len(training.classes) if len(training.classes) > 2 else 1
        coefficients = np.empty((n_outputs, training.features.shape[1]))
        intercepts = np.empty(n_outputs)
        errors, accuracies = np.empty((2, len(penalties)))
        undetermined = np.empty(len(penalties), np.int64)
        result = struct(
            "binet_ridge_result",
            coefficients=ffi.from_buffer("double[]", coefficients),
            coefficients_capacity=coefficients.size,
            intercepts=ffi.from_buffer("double[]", intercepts),
            intercepts_capacity=intercepts.size,
            loo_error=ffi.from_buffer("double[]", errors),
            loo_accuracy=ffi.from_buffer("double[]", accuracies),
            n_undetermined=ffi.from_buffer("int64_t[]", undetermined),
            loo_capacity=len(penalties),
        )
        room = ffi.from_buffer("double[]", penalties)
        options = struct(
            "binet_ridge_options", n_classes=len(training.classes), penalties=room, n_penalties=len(penalties)
        )
        codes = view(training.codes, "y")
        weights = None if training.weights is None else view(training.weights, "sample_weight")
        call(
            lib.binet_ridge_fit,
            context().pointer,
            training.features.pointer,
            codes.pointer,
            ffi.NULL if weights is None else weights.pointer,
            options,
            result,
            names=self._names(),
        )
        chosen = int(result.penalty_index)
        return self._fitted(
            training,
            coef_=coefficients,
            intercept_=intercepts,
            alpha_=float(result.penalty),
            loo_error_=float(errors[chosen]),
            loo_accuracy_=float(accuracies[chosen]),
            path_=RidgePath(penalties, errors, accuracies, undetermined, chosen),
            residual_=float(result.residual),
        )

    def _penalties(self) -> Floats:
        name, given = ("alpha", self.alpha) if self.alphas is None else ("alphas", self.alphas)
        try:
            penalties = np.array([given] if self.alphas is None else list(self.alphas), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InvalidArgument(f"{name} is {shown(given)}; allowed: numbers above 0", name) from error
        if penalties.ndim != 1 or penalties.size == 0:
            raise InvalidArgument(f"{name} is {shown(given)}; allowed: numbers above 0", name)
        return penalties

    def _names(self) -> dict[str, str]:
        """What C calls the parameters; of one penalty alone, no index is said."""
        if self.alphas is not None:
            return {**C_NAMES, "penalties": "alphas"}
        return {**C_NAMES, r"penalties\[0\]": "alpha", "penalties": "alpha"}

    def decision_function(self, X: object) -> Floats:  # noqa: N803
        """Outputs: [N, K]; of two classes [N], where the second is chosen above 0.

        Args:
            X: [N, D] features, as in `fit`.

        Raises:
            binet.Error: `INVALID_ARGUMENT` where the probe is not fitted or D is another; `INVALID_DATA`, with the row,
                for a NaN or an infinity.
        """
        scores = linear_scores(self._features(X), self.coef_, self.intercept_)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def _scores(self, X: object) -> Floats:  # noqa: N803
        return self.decision_function(X)
