"""Every estimator is one of scikit-learn's, by its own checks, and works without scikit-learn.

A new estimator goes into ESTIMATORS; what is particular to it is tested in a file of its own.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from binet._estimator import ClassifierBase, WeightedClassifierBase
from binet.arrays import View
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

Floats = npt.NDArray[np.float64]


def finite(features: View) -> Floats:
    """What C does with features: a row that is not finite is refused."""
    values = np.asarray(features._array, dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if wrong.size:
        raise binet.errors.InvalidData(f"row {wrong[0]} of X holds a NaN or an infinity", "X", int(wrong[0]))
    return values


class NearestMean(WeightedClassifierBase):
    """The least that a classifier of the base can be, in NumPy: the class with the nearest mean."""

    def __init__(self, *, shrink: float = 0.0) -> None:
        self.shrink = shrink

    def fit(self, X: object, y: object, sample_weight: object = None) -> NearestMean:  # noqa: N803
        training = self._training(X, y, sample_weight)
        values = finite(training.features)
        weights = np.ones(len(values)) if training.weights is None else training.weights
        members = [weights * (training.codes == k) for k in range(len(training.classes))]
        means = np.stack([np.average(values, axis=0, weights=member) for member in members])
        return self._fitted(training, means_=(1 - self.shrink) * means)

    def _scores(self, X: object) -> Floats:  # noqa: N803
        values = finite(self._features(X))
        means = self.__dict__["means_"]
        scores = -((values[:, None, :] - means) ** 2).sum(axis=2)
        return scores[:, 1] - scores[:, 0] if len(means) == 2 else scores

    def decision_function(self, X: object) -> Floats:  # noqa: N803
        return self._scores(X)


# k = 5 as KNeighborsClassifier has it: a check of scikit-learn has 12 rows, which neither of them takes with k = 20.
ESTIMATORS: list[ClassifierBase] = [NearestMean(), binet.LinearProbe(), binet.NeighborsProbe(k=5), binet.RidgeProbe()]
# As for scikit-learn's own LogisticRegression; test_linear_probe.py has the claim, to what certificates allow.
LEFT_OUT: dict[type, dict[str, str]] = {
    binet.LinearProbe: {
        "check_sample_weight_equivalence_on_dense_data": "equal within two certificates, not to the seventh digit"
    }
}
each = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)


def checks() -> Iterator[Any]:
    """Each check of `check_estimator` for each estimator, as a test of its own."""
    for estimator in ESTIMATORS:
        with warnings.catch_warnings():
            # Ours do not inherit from BaseEstimator: that would need scikit-learn to be imported.
            warnings.filterwarnings("ignore", message=".* does not inherit from .*BaseEstimator")
            left_out = LEFT_OUT.get(type(estimator), {})
            listed = list(estimator_checks_generator(estimator, expected_failed_checks=left_out, mark="skip"))
        for one, check in listed:
            function = getattr(check, "func", check)
            said = "-".join(str(value) for value in getattr(check, "keywords", {}).values() if value is not None)
            name = "-".join(part for part in (type(estimator).__name__, function.__name__, said) if part)
            yield pytest.param(one, check, id=name)


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
@pytest.mark.filterwarnings("default")
def test_scikit_learn_accepts_it(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


def test_no_check_is_left_out() -> None:
    """Those of LogisticRegression, but for sparse input, arrays not of NumPy, and parameters that only it has."""

    def names(estimator: Any) -> set[str]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {
                getattr(check, "func", check).__name__ for _, check in estimator_checks_generator(estimator, mark=None)
            }

    assert names(LogisticRegression()) - names(NearestMean()) <= {
        "check_array_api_mixed_inputs",
        "check_array_api_same_namespace",
        "check_class_weight_classifiers",
        "check_class_weight_balanced_linear_classifier",
        "check_sample_weight_equivalence_on_sparse_data",
        "check_sparsify_coefficients",
    }


# ---- As a part of scikit-learn ---------------------------------------------------------------------------------------


@pytest.fixture
def blobs(rng: np.random.Generator) -> tuple[Floats, npt.NDArray[np.int64]]:
    """[90, 4] features of the labels 3, 5 and 9, which overlap a little."""
    y = rng.choice([3, 5, 9], 90)
    return rng.normal(size=(90, 4)) + 0.7 * y[:, None] * np.array([1.0, -0.5, 0.0, 0.2]), y


@each
def test_pipeline(estimator: Any, blobs: tuple[Floats, npt.NDArray[np.int64]]) -> None:
    X, y = blobs  # noqa: N806
    pipeline = make_pipeline(StandardScaler(), clone(estimator)).fit(X, y)
    scaled = StandardScaler().fit_transform(X)
    alone = clone(estimator).fit(scaled, y)
    np.testing.assert_array_equal(pipeline.predict(X), alone.predict(scaled))
    assert pipeline.score(X, y) == alone.score(scaled, y) > 0.7
    assert is_classifier(pipeline)
    assert type(estimator).__name__ in repr(pipeline)
    assert type(estimator).__name__ in pipeline._repr_html_inner()


@pytest.fixture
def no_workers_left() -> Iterator[None]:
    """Idle workers end by themselves after a while, and a later search would wait for them."""
    yield
    pytest.importorskip("joblib.externals.loky").get_reusable_executor().shutdown(wait=True)


@each
@pytest.mark.parametrize("backend", ["threading", "loky"])
@pytest.mark.usefixtures("no_workers_left")
def test_grid_search_gives_the_same_in_threads_and_processes(
    estimator: Any, blobs: tuple[Floats, npt.NDArray[np.int64]], backend: str
) -> None:
    if isinstance(estimator, NearestMean) and backend == "loky":
        pytest.skip("a class of this file cannot be imported by another process")
    joblib = pytest.importorskip("joblib")
    X, y = blobs  # noqa: N806
    parameter, value = next(iter(estimator.get_params().items()))
    grid = {parameter: [value]}
    alone = GridSearchCV(estimator, grid, cv=3, error_score="raise").fit(X, y)
    with joblib.parallel_backend(backend):
        search = GridSearchCV(estimator, grid, cv=3, n_jobs=2, error_score="raise").fit(X, y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"], strict=True
    )
    np.testing.assert_array_equal(search.predict(X), alone.predict(X))


@each
def test_clone_and_pickle(estimator: Any, blobs: tuple[Floats, npt.NDArray[np.int64]]) -> None:
    X, y = blobs  # noqa: N806
    fitted = clone(estimator).fit(X, y)
    copied = clone(fitted)
    assert copied.get_params() == fitted.get_params()
    assert not hasattr(copied, "classes_")
    loaded = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X))
    assert repr(loaded) == repr(fitted) == repr(copied)


@each
def test_weights_are_routed(estimator: Any, blobs: tuple[Floats, npt.NDArray[np.int64]]) -> None:
    """What is requested reaches `fit` and `score` through a search, and survives a clone; what is not is refused."""
    X, y = blobs  # noqa: N806
    weights = np.where(y == 5, 1.0, 0.25)
    takes_weights = hasattr(estimator, "set_fit_request")
    with pytest.raises(RuntimeError, match="enable_metadata_routing"):
        clone(estimator).set_score_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        asking = clone(estimator).set_score_request(sample_weight=True)
        if takes_weights:
            asking.set_fit_request(sample_weight=True)
        folds = [(np.arange(60), np.arange(60, 90))]
        parameter, value = next(iter(estimator.get_params().items()))
        search = GridSearchCV(clone(asking), {parameter: [value]}, cv=folds, error_score="raise")
        search.fit(X, y, sample_weight=weights)
        with pytest.raises(ValueError, match="sample_weight"):
            GridSearchCV(clone(estimator), {parameter: [value]}, cv=folds).fit(X, y, sample_weight=weights)
    alone = clone(estimator).fit(X[:60], y[:60], **({"sample_weight": weights[:60]} if takes_weights else {}))
    expected = alone.score(X[60:], y[60:], sample_weight=weights[60:])
    assert search.cv_results_["mean_test_score"] == [expected]


# ---- Features --------------------------------------------------------------------------------------------------------


@each
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_features_are_not_copied(
    estimator: Any, blobs: tuple[Floats, npt.NDArray[np.int64]], dtype: str, tmp_path: Path
) -> None:
    """Floats in memory, on disk and in a tensor are viewed where they lie, whatever the strides."""
    torch = pytest.importorskip("torch")
    X, y = blobs[0].astype(dtype), blobs[1]  # noqa: N806
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    twice = np.zeros((180, 8), dtype)
    twice[::2, ::-2] = X
    for given in (X, mapped, torch.from_numpy(X), twice[::2, ::-2]):
        seen = estimator._training(given, y).features._array
        address = given.data_ptr() if isinstance(given, torch.Tensor) else given.__array_interface__["data"][0]
        assert seen.__array_interface__["data"][0] == address
        assert seen.dtype == dtype
        np.testing.assert_array_equal(seen, X)


@each
def test_bfloat16_is_not_copied(estimator: Any, blobs: tuple[Floats, npt.NDArray[np.int64]]) -> None:
    torch = pytest.importorskip("torch")
    X = torch.from_numpy(blobs[0]).to(torch.bfloat16)  # noqa: N806
    features = estimator._training(X, blobs[1]).features
    assert features._array.__array_interface__["data"][0] == X.data_ptr()
    assert features.pointer.dtype == 2


@pytest.mark.parametrize(
    ("dtype", "becomes"),
    [("bool", "f4"), ("int8", "f4"), ("uint16", "f4"), ("int32", "f8"), ("int64", "f8"), ("longdouble", "f8")],
)
def test_other_numbers_are_converted_without_loss(dtype: str, becomes: str) -> None:
    X = np.array([[0, 1], [1, 1], [1, 0]], dtype)  # noqa: N806
    seen = NearestMean()._training(X, [0, 1, 1]).features._array
    assert seen is not None
    assert seen.dtype == becomes
    np.testing.assert_array_equal(seen, X.astype(becomes))


@pytest.mark.parametrize(
    ("bad", "said", "index"),
    [
        (scipy.sparse.csr_array(np.eye(3)), "sparse", None),
        (np.eye(3) * 1j, "Complex data not supported", None),
        (np.arange(3.0), "Reshape your data", None),
        (np.float64(3), "Reshape your data", None),
        (np.zeros((3, 2, 2)), r"shape \(3, 2, 2\); expected \[N, D\]", None),
        (np.zeros((0, 2)), "0 sample", None),
        (np.zeros((3, 0)), r"0 feature\(s\) \(shape=\(3, 0\)\)", None),
        ([[1, 2], ["a", 3], [4, 5]], "dtype <U21; allowed: numbers", None),
        (np.array([[1, 2], [3, "4"], [4, 5]], object), "row 1 of X holds '4'", 1),
        (np.array([["2020-01-01"], ["2020-01-02"]], "M8[D]"), "dtype datetime64", None),
        ([[1.0, 2.0], [3.0]], "X cannot be read as an array", None),
        (np.eye(3).astype(">f8"), "byte order of another machine", None),
        (np.ma.masked_equal(np.eye(3), 0), "masked", None),
        (pd.DataFrame([[1.0, 2.0]], columns=["a", 1]), "names that are text", None),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused(bad: object, said: str, index: int | None) -> None:
    with pytest.raises(binet.Error, match=said) as raised:
        NearestMean().fit(bad, [0, 1, 1])
    assert raised.value.argument == "X"
    assert raised.value.index == index


def test_names_of_columns() -> None:
    """Names are kept, checked in order, and forgotten by a fit without; other columns are not names."""
    X = pd.DataFrame([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0]], columns=["a", "b"])  # noqa: N806
    probe = NearestMean().fit(X, [0, 1, 1])
    assert list(probe.feature_names_in_) == ["a", "b"]
    with pytest.raises(binet.Error, match="same order"):
        probe.predict(X[["b", "a"]])
    with pytest.raises(binet.Error, match=r"unseen at fit time:\n- c\n.*yet now missing:\n- b\n"):
        probe.predict(X.rename(columns={"b": "c"}))
    with pytest.warns(UserWarning, match="does not have valid feature names, but NearestMean was fitted with"):
        probe.predict(X.to_numpy())
    probe.fit(X.to_numpy(), [0, 1, 1])
    assert not hasattr(probe, "feature_names_in_")
    with pytest.warns(UserWarning, match="has feature names, but NearestMean was fitted without"):
        probe.predict(X)


# ---- Labels and weights ----------------------------------------------------------------------------------------------


@each
@pytest.mark.parametrize(
    "names",
    [
        np.array([-7, 3, 2**40]),
        np.array([0, 2, 255], np.uint8),
        np.array(["ant", "bee", "cat"]),
        np.array(["ant", "bee", "cat"], object),
        np.array([-1.0, 0.0, 4.0]),
        np.array([1, 2, 3], object),
        np.array([b"a", b"b", b"c"]),
    ],
)
def test_labels_of_every_kind(estimator: Any, blobs: tuple[Floats, npt.NDArray[np.int64]], names: Any) -> None:
    """Only what labels are called changes: the classes are sorted, and predictions are of them."""
    X, y = blobs  # noqa: N806
    codes = np.searchsorted([3, 5, 9], y)
    plain = clone(estimator).fit(X, codes)
    named = clone(estimator).fit(X, names[codes])
    assert named.classes_.tolist() == names.tolist()
    np.testing.assert_array_equal(named.predict(X), names[plain.predict(X)])
    assert named.score(X, names[codes]) == plain.score(X, codes)


@each
def test_booleans_are_labels(estimator: Any, blobs: tuple[Floats, npt.NDArray[np.int64]]) -> None:
    X, y = blobs  # noqa: N806
    for labels in (y == 9, list(y == 9), torch_tensor(y == 9)):
        fitted = clone(estimator).fit(X, labels)
        assert fitted.classes_.tolist() == [False, True]
        assert fitted.predict(X).dtype == np.bool_


def torch_tensor(values: npt.NDArray[Any]) -> Any:
    return pytest.importorskip("torch").from_numpy(values)


@pytest.mark.parametrize(
    ("bad", "said", "index"),
    [
        (None, "requires y to be passed, but the target y is None", None),
        ([0, 1], "y has 2 entries; X has 3 rows", None),
        ([1, 1, 1], "y has 1 class, 1; a classifier needs 2 classes", None),
        ([0.0, 1.0, np.nan], r"y\[2\] is nan", 2),
        ([0.0, np.inf, 1.0], r"y\[1\] is inf", 1),
        ([0.0, 0.5, 1.0], "Unknown label type: continuous", None),
        ([0, 1, "a", None], "Unknown label type", None),
        (np.array(["2020-01-01"] * 3, "M8[D]"), "Unknown label type", None),
        (np.eye(3), r"y should be a 1d array, got an array of shape \(3, 3\)", None),
    ],
)
def test_what_is_no_vector_of_labels_is_refused(bad: object, said: str, index: int | None) -> None:
    with pytest.raises(binet.Error, match=said) as raised:
        NearestMean().fit(np.eye(3), bad)
    assert raised.value.argument == "y"
    assert raised.value.index == index


@pytest.mark.parametrize(
    ("bad", "said", "index"),
    [
        ([1, 1], r"sample_weight has shape \(2,\); X has 3 rows", None),
        (np.ones((3, 1)), r"sample_weight has shape \(3, 1\)", None),
        ([1, -1, 1], r"sample_weight\[1\] is -1.0", 1),
        ([1, 1, np.nan], r"sample_weight\[2\] is nan", 2),
        ([np.inf, 1, 1], r"sample_weight\[0\] is inf", 0),
        ([0, 0, 0], "sample_weight is zero everywhere", None),
        (["a", "b", "c"], "sample_weight has dtype", None),
    ],
)
def test_what_is_no_vector_of_weights_is_refused(bad: object, said: str, index: int | None) -> None:
    fitted = NearestMean().fit(np.eye(3), [0, 1, 1])
    for use in (NearestMean().fit, fitted.score):
        with pytest.raises(binet.Error, match=said) as raised:
            use(np.eye(3), [0, 1, 1], sample_weight=bad)
        assert raised.value.argument == "sample_weight"
        assert raised.value.index == index


def test_a_row_of_weight_zero_is_as_good_as_not_there(blobs: tuple[Floats, npt.NDArray[np.int64]]) -> None:
    """It does not even add its class; where one class is left, that is said."""
    X, y = blobs  # noqa: N806
    weights = (y != 5).astype(float)
    fitted = NearestMean().fit(X, y, sample_weight=weights)
    assert fitted.classes_.tolist() == [3, 9]
    np.testing.assert_array_equal(fitted.means_, NearestMean().fit(X[y != 5], y[y != 5]).means_)  # type: ignore[attr-defined]
    with pytest.raises(binet.Error, match=r"1 class, .*5.* where sample_weight is above zero"):
        NearestMean().fit(X, y, sample_weight=(y == 5).astype(float))


@each
def test_a_label_never_seen_counts_as_wrong(estimator: Any, blobs: tuple[Floats, npt.NDArray[np.int64]]) -> None:
    X, y = blobs  # noqa: N806
    fitted = clone(estimator).fit(X, y)
    right = fitted.predict(X) == y
    other = np.where(np.arange(90) < 30, 77, y)
    assert fitted.score(X, other) == right[30:].sum() / 90
    weights = np.linspace(0, 1, 90)
    assert fitted.score(X, y, sample_weight=weights) == pytest.approx((right * weights).sum() / weights.sum())


# ---- Parameters and state --------------------------------------------------------------------------------------------


def test_parameters() -> None:
    probe = NearestMean(shrink=0.5)
    assert repr(probe) == "NearestMean(shrink=0.5)"
    assert repr(NearestMean()) == "NearestMean()"
    assert probe.set_params(shrink=0.25) is probe
    assert probe.get_params() == {"shrink": 0.25}
    assert "not fitted" in probe._repr_html_()
    with pytest.raises(binet.Error, match=r"NearestMean has no parameter 'k'; allowed: \['shrink'\]") as raised:
        probe.set_params(shrink=1.0, k=3)
    assert raised.value.argument == "k"
    assert probe.shrink == 0.25


@each
def test_a_fit_that_fails_changes_nothing(estimator: Any, blobs: tuple[Floats, npt.NDArray[np.int64]]) -> None:
    X, y = blobs  # noqa: N806
    fitted = clone(estimator).fit(X, y)
    before = dict(vars(fitted))
    with pytest.raises(binet.Error):
        fitted.fit(X[:, :2], np.zeros(90))
    assert vars(fitted) == before


@each
def test_what_is_not_fitted_says_so(estimator: Any) -> None:
    with pytest.raises(NotFittedError, match="is not fitted yet") as raised:
        clone(estimator).predict(np.eye(3))
    assert isinstance(raised.value, binet.Error)
    assert isinstance(raised.value, AttributeError)
    loaded = pickle.loads(pickle.dumps(raised.value))
    assert isinstance(loaded, NotFittedError)
    assert str(loaded) == str(raised.value)


def test_works_without_scikit_learn() -> None:
    """In a process where scikit-learn cannot be imported, and neither can SciPy."""
    listed = [repr(estimator) for estimator in ESTIMATORS if not isinstance(estimator, NearestMean)]
    script = f"""
        import pickle, sys
        sys.modules.update(sklearn=None, scipy=None)
        import numpy as np
        import binet
        X = np.random.default_rng(0).normal(size=(60, 3))
        y = np.where(X[:, 0] > 0, "yes", "no")
        for name in {listed}:
            probe = eval(name, vars(binet))
            try:
                probe.predict(X)
            except AttributeError as error:
                assert isinstance(error, binet.Error) and isinstance(error, ValueError), type(error)
                assert str(pickle.loads(pickle.dumps(error))) == str(error)
            assert probe.fit(X, y).score(X, y) > 0.8
            assert (pickle.loads(pickle.dumps(probe)).predict(X) == probe.predict(X)).all()
            assert name in repr(probe) and "fitted" in probe._repr_html_()
        assert not any(name.startswith("sklearn.") for name in sys.modules)
        print(len({listed}), "estimators")
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(binet.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(listed)} estimators\n"
