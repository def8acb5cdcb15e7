"""The linear probe: scikit-learn's optimum, never above its objective; certificates that are true; paths; messages."""

# ruff: noqa: N803, N806
from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import binet
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.special import logsumexp
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

mpl.use("Agg")

Floats = npt.NDArray[np.float64]
CS = (1e-2, 1.0, 100.0)


def objective(probe: Any, X: Floats, y: npt.NDArray[Any], C: float, weights: Floats | None = None) -> float:
    """scikit-learn's objective by its definition, in double precision."""
    logits = X.astype(np.float64) @ probe.coef_.T + probe.intercept_
    if logits.shape[1] == 1:
        logits = np.column_stack([np.zeros(len(X)), logits[:, 0]])
    codes = np.searchsorted(probe.classes_, y)
    losses = logsumexp(logits, axis=1) - logits[np.arange(len(y)), codes]
    return float(C * np.sum(losses * (1 if weights is None else weights)) + 0.5 * np.sum(probe.coef_**2))


@pytest.fixture(scope="module")
def digits() -> tuple[Floats, npt.NDArray[np.int64]]:
    X, y = load_digits(return_X_y=True)
    return X, y


@pytest.mark.parametrize("C", CS)
@pytest.mark.parametrize("n_classes", [10, 2])
def test_the_optimum_is_that_of_scikit_learn(digits: Any, C: float, n_classes: int) -> None:
    """newton-cholesky at a tolerance of 1e-12 is the independent reference; coefficients agree by both certificates."""
    X, y = digits[0][digits[1] < n_classes] / 16, digits[1][digits[1] < n_classes]
    theirs = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(X, y)
    ours = binet.LinearProbe(C=C, tol=1e-11).fit(X, y)
    assert ours.coef_.shape == theirs.coef_.shape
    assert ours.intercept_.shape == theirs.intercept_.shape
    assert ours.certificate_.objective == pytest.approx(objective(ours, X, y, C), rel=1e-12)
    best = objective(theirs, X, y, C)
    assert ours.certificate_.objective <= best * (1 + 1e-11)
    assert ours.certificate_.objective == pytest.approx(best, rel=1e-9)
    assert np.linalg.norm(ours.coef_ - theirs.coef_) <= ours.certificate_.distance + 1e-5 * np.linalg.norm(theirs.coef_)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)
    assert (ours.predict(X) == theirs.predict(X)).mean() > 0.999


@pytest.mark.parametrize("C", CS)
def test_the_default_is_never_above_scikit_learns_default(digits: Any, C: float) -> None:
    X, y = digits
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs may stop at 100 steps
        theirs = LogisticRegression(C=C).fit(X, y)
    ours = binet.LinearProbe(C=C).fit(X, y)
    assert ours.certificate_.converged
    assert objective(ours, X, y, C) <= objective(theirs, X, y, C)


@pytest.mark.parametrize("tol", [1e-1, 1e-3, 1e-6])
def test_certificates_are_true(digits: Any, tol: float) -> None:
    X, y = digits
    best = binet.LinearProbe(C=1.0, tol=1e-12).fit(X, y)
    ours = binet.LinearProbe(C=1.0, tol=tol).fit(X, y)
    certificate = ours.certificate_
    assert certificate.relative_gap == pytest.approx(certificate.gap / certificate.objective)
    assert certificate.relative_gap <= tol
    assert 0 <= certificate.objective - best.certificate_.objective <= certificate.gap
    distance = float(np.linalg.norm(ours.coef_ - best.coef_))
    assert distance <= certificate.distance + best.certificate_.distance


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "map", "turned", "list"])
def test_features_are_read_as_they_lie(digits: Any, dtype: str, tmp_path: Path) -> None:
    """Whole numbers up to 16 are the same in every dtype, and so is the probe, to the bit."""
    X, y = digits
    given: Any = X
    if dtype == "bfloat16":
        given = torch.from_numpy(X).to(torch.bfloat16)
    elif dtype == "map":
        np.save(tmp_path / "x.npy", X.astype(np.float16))
        given = np.load(tmp_path / "x.npy", mmap_mode="r")
    elif dtype == "turned":
        given = np.asfortranarray(X[::-1])[::-1]
    elif dtype == "list":
        given = X.astype(int).tolist()
    else:
        given = X.astype(dtype)
    expected = binet.LinearProbe(C=0.1).fit(X, y)
    probe = binet.LinearProbe(C=0.1).fit(given, y)
    assert np.array_equal(probe.coef_, expected.coef_)
    assert np.array_equal(probe.decision_function(given), expected.decision_function(X))


def test_labels_of_any_integers_and_text(digits: Any) -> None:
    X, y = digits
    expected = binet.LinearProbe().fit(X, y)
    shifted = binet.LinearProbe().fit(X, y.astype(np.int16) * 7 - 100)
    assert np.array_equal(shifted.coef_, expected.coef_)
    assert np.array_equal(shifted.classes_, np.arange(10) * 7 - 100)
    named = binet.LinearProbe().fit(X, np.array([f"digit {label}" for label in y]))
    assert np.array_equal(named.coef_, expected.coef_)
    assert named.predict(X[:1])[0] == f"digit {expected.predict(X[:1])[0]}"


def test_weights_count_as_rows_that_come_more_often(digits: Any) -> None:
    X, y = digits[0][:600], digits[1][:600]
    counts = np.arange(600) % 3
    by_weight = binet.LinearProbe(C=0.1, tol=1e-12).fit(X, y, sample_weight=counts)
    by_rows = binet.LinearProbe(C=0.1, tol=1e-12).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    assert by_weight.certificate_.objective == pytest.approx(by_rows.certificate_.objective, rel=1e-11)
    np.testing.assert_allclose(by_weight.coef_, by_rows.coef_, atol=1e-5)
    theirs = LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-12).fit(X, y, sample_weight=counts)
    np.testing.assert_allclose(by_weight.coef_, theirs.coef_, atol=1e-5)


def test_more_features_than_rows() -> None:
    random = np.random.default_rng(0)
    X, y = random.normal(size=(60, 300)), np.arange(60) % 5
    ours = binet.LinearProbe(C=10.0, tol=1e-10).fit(X, y)
    theirs = LogisticRegression(C=10.0, solver="lbfgs", tol=1e-10, max_iter=10000).fit(X, y)
    assert objective(ours, X, y, 10.0) <= objective(theirs, X, y, 10.0) * (1 + 1e-10)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)


def test_threads_change_no_bit(digits: Any) -> None:
    X, y = digits
    before = binet.get_num_threads()
    try:
        binet.set_num_threads(1)
        alone = binet.LinearProbe().fit(X, y)
        binet.set_num_threads(3)
        shared = binet.LinearProbe().fit(X, y)
    finally:
        binet.set_num_threads(before)
    assert np.array_equal(alone.coef_, shared.coef_)
    assert np.array_equal(alone.decision_function(X), shared.decision_function(X))


# ---- Ending early ----------------------------------------------------------------------------------------------------


def test_a_probe_that_stops_early_says_so(digits: Any) -> None:
    X, y = digits
    with pytest.warns(binet.NotConvergedWarning, match=r"NOT CONVERGED.*5 evaluations"):
        probe = binet.LinearProbe(max_evaluations=5).fit(X, y)
    assert not probe.certificate_.converged
    assert probe.certificate_.relative_gap > 1e-4
    assert probe.certificate_.objective == pytest.approx(objective(probe, X, y, 1.0), rel=1e-12)


def test_ctrl_c_ends_a_fit(digits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def interrupt(_self: Any, _user: Any, n_done: int, _left: float) -> int:
        seen.append(n_done)
        raise KeyboardInterrupt

    monkeypatch.setattr(binet._progress.Progress, "_advance", interrupt)
    probe = binet.LinearProbe()
    with pytest.raises(KeyboardInterrupt):
        probe.fit(*digits)
    assert seen == [1]
    assert not hasattr(probe, "coef_")


def test_progress_draws_a_bar(digits: Any, capsys: pytest.CaptureFixture[str]) -> None:
    binet.LinearProbe(progress=True).fit(*digits)
    assert "evaluation" in capsys.readouterr().err


# ---- Paths -----------------------------------------------------------------------------------------------------------


def test_a_path_chooses_by_validation_and_refits_on_all(digits: Any) -> None:
    X, y = digits
    path = binet.LinearProbe.path(X, y, np.logspace(-4, 2, 7), validation=0.2)
    assert path.n_train + path.n_validation == len(X)
    assert abs(path.n_validation - 0.2 * len(X)) <= 10
    assert np.array_equal(path.Cs, np.logspace(-4, 2, 7))
    assert path.accuracy[path.chosen] == path.accuracy.max()
    assert path.accuracy[: path.chosen].max(initial=0) < path.accuracy.max()  # the smallest of equals
    assert path.probe.C == path.C == path.Cs[path.chosen]
    alone = binet.LinearProbe(C=path.C).fit(X, y)
    assert np.array_equal(path.probe.coef_, alone.coef_)
    assert all(step.certificate.converged for step in path.curve)


def test_each_step_of_a_path_is_the_optimum_there(digits: Any) -> None:
    X, y = digits[0] / 16, digits[1]
    path = binet.LinearProbe.path(X[:1200], y[:1200], np.logspace(-3, 3, 13), (X[1200:], y[1200:]), tol=1e-8)
    assert path.n_validation == len(X) - 1200
    for step in path:
        alone = binet.LinearProbe(C=step.C, tol=1e-8).fit(X[:1200], y[:1200])
        rounding = 8 * np.spacing(step.certificate.objective)  # Newton's method comes nearer than that
        limit = max(step.certificate.gap, alone.certificate_.gap) + rounding
        assert abs(step.certificate.objective - alone.certificate_.objective) <= limit
        assert step.accuracy == pytest.approx(alone.score(X[1200:], y[1200:]), abs=2 / 597)


@pytest.mark.parametrize(("preset", "n", "first", "last"), [("clip", 96, 1e-6, 1e6), ("dinov2", 45, 1e-6, 1e5)])
def test_presets_are_the_published_grids(preset: Any, n: int, first: float, last: float) -> None:
    values = binet.probe_path.preset_values(preset, 1000)
    assert len(values) == n
    assert values[[0, -1]] == pytest.approx([first, last], rel=1e-12)
    assert np.ptp(np.diff(np.log(values))) < 1e-9


def test_penalties_of_clip_benchmark_are_of_the_mean_loss() -> None:
    """np.logspace(-6, 2, num=97) in its code; C is of the summed loss."""
    values = binet.probe_path.preset_values("clip_benchmark", 1000)
    np.testing.assert_allclose(np.sort(1 / (1000 * values)), np.logspace(-6, 2, num=97))


def test_a_path_prints_and_draws(digits: Any) -> None:
    path = binet.LinearProbe.path(digits[0][:500], digits[1][:500], [0.01, 1.0])
    assert "validation rows" in str(path)
    assert "chosen" in path._repr_html_()
    assert len(path.plot().lines) == 2
    assert "above the minimum" in str(path.probe.certificate_)
    assert "gap" in path.probe.certificate_._repr_html_()


# ---- Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("C", [0, 0.0, -1, float("nan"), float("inf"), "1", None])
def test_a_bad_c_is_named(digits: Any, C: Any) -> None:
    with pytest.raises(binet.Error, match=r"C is .*; allowed: finite numbers above 0") as caught:
        binet.LinearProbe(C=C).fit(*digits)
    assert caught.value.argument == "C"


@pytest.mark.parametrize(
    ("change", "argument", "index", "message"),
    [
        ({"nan": 3}, "X", 3, "row 3 of X holds a NaN or an infinity"),
        ({"inf": 5}, "X", 5, "row 5 of X holds a NaN or an infinity"),
        ({"y": np.zeros(100, int)}, "y", None, "1 class"),
        ({"y": np.arange(99)}, "y", None, "y has 99 entries; X has 100 rows"),
        ({"sample_weight": -np.ones(100)}, "sample_weight", 0, r"sample_weight\[0\] is -1"),
        ({"sample_weight": np.zeros(100)}, "sample_weight", None, "zero everywhere"),
        ({"tol": 0}, "tol", None, "tol is 0; allowed: 1e-14 .. 1"),
        ({"tol": 2.0}, "tol", None, "tol is 2.0; allowed: 1e-14 .. 1"),
        ({"max_evaluations": 0}, "max_evaluations", None, "max_evaluations is 0"),
        ({"X": np.zeros((100, 3), ">f4")}, "X", None, "byte order"),
    ],
)
def test_what_is_bad_is_named(change: dict[str, Any], argument: str, index: int | None, message: str) -> None:
    X = np.random.default_rng(0).normal(size=(100, 3))
    y = np.arange(100) % 4
    for kind in ("nan", "inf"):
        if kind in change:
            X[change.pop(kind), 1] = float(kind)
    X, y = change.pop("X", X), change.pop("y", y)
    weights = change.pop("sample_weight", None)
    with pytest.raises(binet.Error, match=message) as caught:
        binet.LinearProbe(**change).fit(X, y, weights)
    assert caught.value.argument == argument
    assert caught.value.index == index


@pytest.mark.parametrize(
    ("arguments", "argument", "message"),
    [
        ({}, "Cs", "exactly one of Cs and preset"),
        ({"Cs": [1.0], "preset": "clip"}, "Cs", "exactly one of Cs and preset"),
        ({"Cs": []}, "Cs", "Cs is empty"),
        ({"Cs": [1.0, 0.0]}, "Cs", "Cs is 0.0; allowed: finite numbers above 0"),
        ({"preset": "dino"}, "preset", "preset is 'dino'; allowed: 'clip', 'dinov2', 'clip_benchmark'"),
        ({"Cs": [1.0], "validation": 0.0}, "validation", "validation is 0.0; allowed: a share"),
        ({"Cs": [1.0], "validation": 1e-9}, "validation", "holds out no row"),
        ({"Cs": [1.0], "validation": (np.zeros((2, 5)), [0, 1])}, "validation", "validation has 5 features; X has 3"),
        ({"Cs": [1.0], "validation": (np.zeros((2, 3)), [0, 7])}, "validation", "validation has the label 7, which y"),
    ],
)
def test_a_bad_path_is_named(arguments: dict[str, Any], argument: str, message: str) -> None:
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    with pytest.raises(binet.Error, match=message) as caught:
        binet.LinearProbe.path(X, y, **arguments)
    assert caught.value.argument == argument


def test_a_truncated_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "features.npy"
    np.save(path, np.zeros((100, 8), np.float32))
    np.save(tmp_path / "labels.npy", np.arange(100) % 2)
    path.write_bytes(path.read_bytes()[:-64])
    with pytest.raises(binet.Error, match=r"features\.npy"):
        binet.feature_files.read_features(path)
