"""Selective prediction: risk and coverage where a model may decline to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ._extras import require
from ._html import table
from ._library import call, ffi, lib, struct
from ._options import nonzero
from .predictions import Predictions, pointer_of
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Risk and coverage where rows are answered from the most confident on.

    Attributes:
        aurc: area under the risk-coverage curve, (1 / N) sum_i (wrong among the i most confident) / i (Geifman et al.,
            ICLR 2019), 0 .. 1.
        eaurc: aurc less that of the best order of the same answers, 0 .. 1.
        augrc: area under the generalised risk (Traub et al., NeurIPS 2024), 0 .. 1/2.
        coverage_at_risk: largest coverage of a threshold whose risk is at most the `risk` asked for; 0 where there is
            none, NaN where not asked for.
        threshold_at_risk: the confidence that is its threshold; NaN where there is none.
        risk_at_coverage: risk of the highest threshold that covers at least the `coverage` asked for; NaN where not
            asked for.
        threshold_at_coverage: the confidence that is its threshold; NaN where not asked for.
        n: rows.
        thresholds, coverage, risk: [n_points] float64, read-only: for each confidence, from the highest on, the share
            of rows that are at least as confident, and the share of wrong answers among them.
    """

    aurc: float
    eaurc: float
    augrc: float
    coverage_at_risk: float
    threshold_at_risk: float
    risk_at_coverage: float
    threshold_at_coverage: float
    n: int
    thresholds: npt.NDArray[np.float64]
    coverage: npt.NDArray[np.float64]
    risk: npt.NDArray[np.float64]

    def plot(self, ax: Axes | None = None, *, label: str = "") -> Axes:
        """Draw the risk-coverage curve; into axes that hold some already, beside them. Needs matplotlib, extra `plot`.

        Args:
            ax: where to draw. None: a new figure.
            label: of the curve in the legend.

        Returns:
            The axes.
        """
        require("plot", "matplotlib")
        from ._risk_figure import draw

        return draw(self, ax, label)

    def __repr__(self) -> str:
        return f"RiskCoverage(aurc={self.aurc:.6g}, eaurc={self.eaurc:.6g}, augrc={self.augrc:.6g}, n={self.n})"

    def _repr_html_(self) -> str:
        columns = ("AURC", "E-AURC", "AUGRC", "coverage at the risk", "risk at the coverage", "samples")
        values = (self.aurc, self.eaurc, self.augrc, self.coverage_at_risk, self.risk_at_coverage)
        return table("Risk and coverage", columns, [[*values, f"{self.n:,}"]])


def risk_coverage(
    predictions: Predictions, *, risk: float | None = None, coverage: float | None = None
) -> RiskCoverage:
    """Risk and coverage where a model may decline to answer: rows are answered from the most confident on.

    The order of the rows does not matter: among rows of equal confidence each number of wrong answers is its mean over
    all their orders, and thresholds take them together. The same bits everywhere.

    Args:
        predictions: N rows, each with a label.
        risk: asks for the largest coverage whose risk is at most this, in (0, 1).
        coverage: asks for the risk at this coverage, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a risk or coverage outside (0, 1); `INVALID_DATA`, with the row, where a
            label is unknown or a confidence is not in 0 .. 1.
    """
    allowed = "more than 0, less than 1"
    options = struct(
        "binet_risk_coverage_options",
        risk=0.0 if risk is None else nonzero("risk", risk, allowed),
        coverage=0.0 if coverage is None else nonzero("coverage", coverage, allowed),
    )
    table_of_c = pointer_of(predictions)
    room = ffi.new("binet_risk_point[]", len(predictions))
    result = struct("binet_risk_coverage_result", points=room, points_capacity=len(room))
    call(lib.binet_risk_coverage, context().pointer, table_of_c, options, result)
    points = np.frombuffer(ffi.buffer(room), np.float64).reshape(-1, 3)[: result.n_points].T.copy()
    points.flags.writeable = False
    numbers = ("aurc", "eaurc", "augrc", "coverage_at_risk", "threshold_at_risk", "risk_at_coverage")
    thresholds, covered, risks = points
    return RiskCoverage(
        **{name: getattr(result, name) for name in numbers},
        threshold_at_coverage=result.threshold_at_coverage,
        n=result.n,
        thresholds=thresholds,
        coverage=covered,
        risk=risks,
    )
