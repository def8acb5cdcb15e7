"""RidgeProbe: scikit-learn's RidgeClassifier and RidgeClassifierCV, and leave-one-out done one row at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier, RidgeClassifierCV
from sklearn.model_selection import GridSearchCV, LeaveOneOut
from sklearn.preprocessing import StandardScaler

Floats = npt.NDArray[np.float64]
Problem = tuple[Floats, npt.NDArray[np.int64], "Floats | None"]

ALPHAS = (0.03, 1.0, 30.0, 1000.0)
SHAPES = [(60, 7, 3), (40, 90, 5), (50, 50, 2), (30, 100, 2), (3000, 30, 4), (2500, 250, 3)]


def problem(n: int, d: int, k: int, *, weighted: bool) -> Problem:
    """Features about 3, the first of which follows the label; whole weights, zero among them."""
    random = np.random.default_rng(n + d)
    y = np.concatenate([np.arange(k), np.arange(k), random.integers(0, k, n - 2 * k)])
    X = random.normal(3, 1, (n, d))  # noqa: N806
    X[:, 0] += y
    weights = np.concatenate([np.ones(2 * k), random.integers(0, 4, n - 2 * k)]) if weighted else None
    return X, y, weights


def leave_one_out(X: Floats, y: Any, weights: Floats | None, alpha: float) -> tuple[float, float]:  # noqa: N803
    """Squared error and accuracy over rows with a weight, each by a fit of scikit-learn without the row."""
    w = np.ones(len(y)) if weights is None else weights
    error = right = 0.0
    for i in np.flatnonzero(w):
        others = np.arange(len(y)) != i
        model = RidgeClassifier(alpha=alpha, solver="cholesky").fit(X[others], y[others], sample_weight=w[others])
        scores = model.decision_function(X[[i]])
        targets = y[i] == model.classes_ if len(model.classes_) > 2 else y[i] == model.classes_[1:]
        error += w[i] * np.mean((np.where(targets, 1.0, -1.0) - scores.ravel()) ** 2)
        right += w[i] * (model.predict(X[[i]])[0] == y[i])
    return error / w.sum(), right / w.sum()


# ---- Against scikit-learn --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_coefficients_are_those_of_ridge_classifier(n: int, d: int, k: int, weighted: bool) -> None:
    X, y, weights = problem(n, d, k, weighted=weighted)  # noqa: N806
    for alpha in ALPHAS:
        ours = binet.RidgeProbe(alpha).fit(X, y, sample_weight=weights)
        theirs = RidgeClassifier(alpha).fit(X, y, sample_weight=weights)
        np.testing.assert_allclose(ours.coef_, np.atleast_2d(theirs.coef_), rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
        assert ours.residual_ < 1e-13
        assert ours.alpha_ == alpha


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_the_penalty_is_that_of_ridge_classifier_cv(n: int, d: int, k: int, weighted: bool) -> None:
    """scikit-learn's score is the mean over rows, not over their weights."""
    X, y, weights = problem(n, d, k, weighted=weighted)  # noqa: N806
    ours = binet.RidgeProbe(alphas=ALPHAS).fit(X, y, sample_weight=weights)
    theirs = RidgeClassifierCV(ALPHAS).fit(X, y, sample_weight=weights)
    total = n if weights is None else weights.sum()
    assert ours.alpha_ == theirs.alpha_
    assert ours.loo_error_ == pytest.approx(-theirs.best_score_ * n / total, rel=1e-9)
    np.testing.assert_allclose(ours.coef_, np.atleast_2d(theirs.coef_), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES[:4])
def test_leave_one_out_is_a_fit_without_each_row(n: int, d: int, k: int, weighted: bool) -> None:
    X, y, weights = problem(n, d, k, weighted=weighted)  # noqa: N806
    path = binet.RidgeProbe(alphas=ALPHAS).fit(X, y, sample_weight=weights).path_
    for row in path:
        error, accuracy = leave_one_out(X, y, weights, row.alpha)
        assert row.loo_error == pytest.approx(error, rel=1e-9)
        assert row.loo_accuracy == pytest.approx(accuracy, abs=1e-12)
        assert row.n_undetermined == 0


def test_digits() -> None:
    """Constant columns and counts in pixels: as RidgeClassifierCV, raw and standardised."""
    X, y = load_digits(return_X_y=True)  # noqa: N806
    alphas = np.logspace(-3, 4, 15)
    for features in (X, StandardScaler().fit_transform(X)):
        ours = binet.RidgeProbe(alphas=alphas).fit(features, y)
        theirs = RidgeClassifierCV(alphas).fit(features, y)
        assert ours.alpha_ == theirs.alpha_
        assert ours.loo_error_ == pytest.approx(-theirs.best_score_, rel=1e-9)
        assert ours.score(features, y) == theirs.score(features, y)
        assert not ours.coef_[:, X.std(axis=0) == 0].any()


def test_real_features_of_wild_scale() -> None:
    """Twelve powers of ten between columns, a copy of a column and a constant one: as a fit in units of one size.

    Scaling a column by s is a penalty over s squared on its coefficient, so the fit of standardised columns with those
    penalties as extra rows has the same solution, times s; least squares by QR does not square the scales.
    """
    random = np.random.default_rng(5)
    scales = 10.0 ** random.uniform(-6, 6, 20)
    base = random.normal(size=(300, 20))
    base[:, 3], base[:, 5] = base[:, 2], 0.0
    y = (base[:, :8].sum(axis=1) + random.normal(size=300) > 0).astype(int)
    scales[3] = scales[2]
    ours = binet.RidgeProbe(1.0).fit(base * scales + 7.0 * scales, y)
    centred, targets = base - base.mean(axis=0), np.where(y, 1.0, -1.0)
    stacked = np.vstack([centred, np.diag(1.0 / scales)])
    solution = np.linalg.lstsq(stacked, np.concatenate([targets - targets.mean(), np.zeros(20)]), rcond=None)[0]
    np.testing.assert_allclose(ours.coef_[0] * scales, solution, rtol=1e-7, atol=1e-9 * abs(solution).max())
    assert ours.residual_ < 1e-13


# ---- Laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(90, 12), (40, 70)])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_every_dtype_is_its_values_in_float64(shape: tuple[int, int], dtype: str) -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(getattr(torch, dtype))
    exact = tensor.double().numpy()
    y = np.arange(shape[0]) % 3
    narrow = binet.RidgeProbe(alphas=ALPHAS).fit(tensor, y)
    wide = binet.RidgeProbe(alphas=ALPHAS).fit(exact, y)
    np.testing.assert_array_equal(narrow.coef_, wide.coef_)
    np.testing.assert_array_equal(narrow.path_.loo_error, wide.path_.loo_error)
    np.testing.assert_array_equal(narrow.decision_function(tensor), wide.decision_function(exact))


def test_a_file_gives_the_bits_of_memory(tmp_path: Path) -> None:
    X, y, _ = problem(5000, 20, 4, weighted=False)  # noqa: N806
    np.save(tmp_path / "X.npy", X.astype(np.float16))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    from_file = binet.RidgeProbe().fit(mapped, y)
    np.testing.assert_array_equal(from_file.coef_, binet.RidgeProbe().fit(X.astype(np.float16), y).coef_)
    assert from_file.loo_error_ == binet.RidgeProbe().fit(X.astype(np.float16), y).loo_error_


def test_threads_give_the_same_bits() -> None:
    X, y, weights = problem(5000, 230, 4, weighted=True)  # noqa: N806
    before = binet.get_num_threads()
    try:
        found = []
        for n_threads in (1, 2, 5):
            binet.set_num_threads(n_threads)
            found.append(binet.RidgeProbe(alphas=ALPHAS).fit(X, y, sample_weight=weights))
    finally:
        binet.set_num_threads(before)
    for other in found[1:]:
        np.testing.assert_array_equal(other.coef_, found[0].coef_)
        np.testing.assert_array_equal(other.path_.loo_error, found[0].path_.loo_error)
        np.testing.assert_array_equal(other.decision_function(X), found[0].decision_function(X))


def test_ties_go_to_the_lower_class() -> None:
    """Classes that mirror each other score the same in between."""
    X = np.array([[-1.0], [1.0], [-1.0], [1.0]])  # noqa: N806
    assert binet.RidgeProbe().fit(X, ["b", "a", "b", "a"]).predict([[0.0]]).tolist() == ["a"]
    assert binet.RidgeProbe().fit(X, ["c", "a", "b", "d"]).predict([[0.0]]).tolist() == ["a"]


def test_penalties_in_an_array_are_cloned_and_searched() -> None:
    """A search over alpha by leave-one-out folds of its own finds the accuracies of the closed form."""
    X, y, _ = problem(40, 5, 3, weighted=False)  # noqa: N806
    probe = binet.RidgeProbe(alphas=np.array(ALPHAS)).fit(X, y)
    copied = clone(probe)
    np.testing.assert_array_equal(copied.alphas, np.array(ALPHAS))
    np.testing.assert_array_equal(copied.fit(X, y).coef_, probe.coef_)
    search = GridSearchCV(binet.RidgeProbe(), {"alpha": list(ALPHAS)}, cv=LeaveOneOut()).fit(X, y)
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], probe.path_.loo_accuracy, atol=1e-12)


def test_a_penalty_lost_in_rounding_is_said_and_not_chosen() -> None:
    X, y, _ = problem(60, 7, 3, weighted=False)  # noqa: N806
    path = binet.RidgeProbe(alphas=[1e-13, 1.0]).fit(X, y).path_
    assert np.isnan(path.loo_error).tolist() == [True, False]
    assert path.n_undetermined.tolist() == [60, 0]
    assert path.chosen == 1


# ---- Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [0, 0.0, -1.0, float("nan"), float("inf")])
def test_penalties_out_of_range(wrong: float) -> None:
    X, y, _ = problem(60, 7, 3, weighted=False)  # noqa: N806
    with pytest.raises(binet.Error, match=r"^alpha is .*; allowed: above 0, finite$") as raised:
        binet.RidgeProbe(wrong).fit(X, y)
    assert (raised.value.argument, raised.value.status) == ("alpha", binet.Status.INVALID_ARGUMENT)
    with pytest.raises(binet.Error, match=r"^alphas\[1\] is .*; allowed: above 0, finite$") as raised:
        binet.RidgeProbe(alphas=[1.0, wrong]).fit(X, y)
    assert (raised.value.argument, raised.value.index) == ("alphas", 1)


@pytest.mark.parametrize("wrong", [[], "abc", [[1.0, 2.0]], 3.0])
def test_what_is_no_list_of_penalties(wrong: Any) -> None:
    X, y, _ = problem(60, 7, 3, weighted=False)  # noqa: N806
    with pytest.raises(binet.Error, match=r"^alphas is .*; allowed: numbers above 0$") as raised:
        binet.RidgeProbe(alphas=wrong).fit(X, y)
    assert raised.value.argument == "alphas"
    with pytest.raises(binet.Error, match=r"^alpha is .*; allowed: numbers above 0$"):
        binet.RidgeProbe(alpha="much").fit(X, y)  # type: ignore[arg-type]


def test_equations_that_are_singular_to_rounding() -> None:
    X, y, _ = problem(60, 7, 3, weighted=False)  # noqa: N806
    X[:, 4] = X[:, 3]
    with pytest.raises(binet.Error, match=r"^alpha is 1e-200; .* a larger penalty is needed$") as raised:
        binet.RidgeProbe(1e-200).fit(X, y)
    assert raised.value.argument == "alpha"
    with pytest.raises(binet.Error, match=r"^alphas has no entry whose leave-one-out error is determined"):
        binet.RidgeProbe(alphas=[1e-200, 1e-100]).fit(X, y)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("shape", [(60, 7), (60, 90)])
def test_a_row_that_is_not_finite_is_named(wrong: float, shape: tuple[int, int]) -> None:
    X, y, _ = problem(*shape, 3, weighted=False)  # noqa: N806
    fitted = binet.RidgeProbe().fit(X, y)
    bad = X.copy()
    bad[41, 5] = wrong
    for use in (lambda: binet.RidgeProbe().fit(bad, y), lambda: fitted.predict(bad)):
        with pytest.raises(binet.Error, match=r"^row 41 of X holds a NaN or an infinity") as raised:
            use()
        assert (raised.value.argument, raised.value.index) == ("X", 41)
        assert raised.value.status == binet.Status.INVALID_DATA


# ---- What is shown ---------------------------------------------------------------------------------------------------


def test_path_is_readable() -> None:
    X, y, _ = problem(60, 7, 3, weighted=False)  # noqa: N806
    probe = binet.RidgeProbe(alphas=ALPHAS).fit(X, y)
    path = probe.path_
    assert len(path) == 4
    assert path[path.chosen].alpha == probe.alpha_
    assert (path[path.chosen].loo_error, path[path.chosen].loo_accuracy) == (probe.loo_error_, probe.loo_accuracy_)
    lines = repr(path).splitlines()
    assert len(lines) == 5
    assert lines[1 + path.chosen].endswith("<- chosen")
    assert "chosen" in path._repr_html_()
    assert repr(probe) == f"RidgeProbe(alphas={ALPHAS})"


def test_plot_shows_both_curves_and_the_choice() -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    X, y, _ = problem(60, 7, 3, weighted=False)  # noqa: N806
    path = binet.RidgeProbe(alphas=ALPHAS[::-1]).fit(X, y).path_
    ax = path.plot(label="one")
    assert path.plot(ax, label="two") is ax
    assert len(ax.figure.axes) == 2
    right = ax.figure.axes[1]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.column_stack([ALPHAS, path.loo_error[::-1]]))
    np.testing.assert_array_equal(right.lines[0].get_xydata(), np.column_stack([ALPHAS, path.loo_accuracy[::-1]]))
    marked = [[path.alphas[path.chosen], path.loo_error[path.chosen]]]
    np.testing.assert_array_equal(ax.lines[2].get_xydata(), marked)
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "one  error",
        "one  accuracy",
        "two  error",
        "two  accuracy",
    ]
    assert ax.lines[0].get_color() != ax.lines[3].get_color()
    plt.close("all")
