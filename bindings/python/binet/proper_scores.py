"""Proper scores, and what the Brier score is made of."""

from __future__ import annotations

from dataclasses import dataclass

from ._html import table
from ._library import call, lib, struct
from .calibration import Binning, Convention, calibration_options
from .predictions import Predictions, pointer_of
from .threads import context


@dataclass(frozen=True)
class ProperScores:
    """Proper scores, and the parts of the Brier score of the predicted class.

    brier_top_label = reliability - resolution + uncertainty + within_variance - within_covariance: Murphy's
    decomposition (1973), exact with the two terms of Stephenson et al. (2008) for confidences that differ in a bin.

    Attributes:
        nll: mean negative log-likelihood in nats, 0 .. inf; NaN where a row's is unknown.
        brier: mean over rows of the sum over classes (Brier, 1950), 0 .. 2; NaN where a row's is unknown.
        brier_top_label: mean of (confidence - right)^2, 0 .. 1.
        reliability: the calibration part, sum_b (n_b / N) (confidence_b - accuracy_b)^2.
        refinement: sum_b (n_b / N) accuracy_b (1 - accuracy_b), what is left for a model that says its bin's accuracy
            (DeGroot and Fienberg, 1983); uncertainty - resolution.
        resolution: sum_b (n_b / N) (accuracy_b - accuracy)^2.
        uncertainty: accuracy (1 - accuracy).
        within_variance, within_covariance: what confidences that differ within a bin add and take away.
        n: rows.
        n_without_nll, n_without_brier: rows whose nll, or Brier term, is unknown.
        n_bins: bins used.
    """

    nll: float
    brier: float
    brier_top_label: float
    reliability: float
    refinement: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float
    n: int
    n_without_nll: int
    n_without_brier: int
    n_bins: int

    def _repr_html_(self) -> str:
        scores = ("nll", "brier", "brier_top_label", "reliability", "refinement", "resolution", "uncertainty")
        values = [float(getattr(self, name)) for name in scores]
        columns = [name.replace("_", " ") for name in scores]
        return table(f"Proper scores, {self.n:,} samples, {self.n_bins} bins", columns, [values])


def proper_scores(
    predictions: Predictions,
    n_bins: int | None = None,
    binning: Binning = "equal_width",
    convention: Convention = "binet",
) -> ProperScores:
    """Negative log-likelihood, Brier score, and the parts of the Brier score of the predicted class.

    The same bits everywhere.

    Args:
        predictions: N rows, each with a label. Rows of a CSV of three columns, and of groups, have no nll and no Brier
            term: those means are NaN, and counts say for how many rows.
        n_bins: bins for the parts, as for `binet.calibration`.
        binning: of these bins, as there.
        convention: of these bins, as there.

    Raises:
        binet.Error: as `binet.calibration`; `INVALID_DATA`, with the row, for an nll or a Brier term below 0.
    """
    options = calibration_options(n_bins, binning, convention)
    result = struct("binet_proper_scores_result")
    call(lib.binet_proper_scores, context().pointer, pointer_of(predictions), options, result)
    return ProperScores(**{name: getattr(result, name) for name in ProperScores.__dataclass_fields__})
