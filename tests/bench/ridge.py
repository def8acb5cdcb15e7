"""The ridge probe against scikit-learn."""

from __future__ import annotations

import warnings

import binet
import numpy as np
from pairs import Row, agree, alternate
from sklearn.linear_model import RidgeClassifierCV
from transfer import power_law

N_PENALTIES = 10


def rows(n_rounds: int) -> list[Row]:
    """Leave-one-out over 10 penalties on the power law; the peer gets float64, which it is exact in."""
    features, labels = power_law()
    wide = features.astype(np.float64)
    alphas = np.logspace(-3, 6, N_PENALTIES)

    def ours() -> binet.RidgeProbe:
        return binet.RidgeProbe(alphas=alphas).fit(wide, labels)

    def peer() -> RidgeClassifierCV:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return RidgeClassifierCV(alphas).fit(wide, labels)

    probe, model = ours(), peer()
    agree("RidgeClassifierCV, penalty", probe.alpha_, model.alpha_, 0)
    agree("RidgeClassifierCV, leave-one-out", probe.loo_error_, -model.best_score_, 1e-12)
    agree("RidgeClassifierCV, coefficients", probe.coef_, model.coef_, 1e-9)
    n, d = wide.shape
    what = f"ridge over {N_PENALTIES} penalties, leave-one-out, {n:,} x {d}, {len(probe.classes_)} classes: "
    return [Row(what + "RidgeClassifierCV", *alternate(ours, peer, n_rounds), "5")]
