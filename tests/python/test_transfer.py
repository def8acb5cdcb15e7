"""Transferability scores: against the definitions in NumPy and SciPy, and what is wrong with input in words."""

from __future__ import annotations

from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from scipy import optimize, stats

Array = npt.NDArray[Any]


def task(rng: np.random.Generator, n: int, d: int, k: int) -> tuple[Array, Array]:
    """Features with a falling spectrum that tell something of k classes."""
    features = rng.normal(size=(n, d)) / np.arange(1, d + 1) ** 0.5
    return features, (features @ rng.normal(size=(d, k)) + 2 * rng.normal(size=(n, k))).argmax(1)


# ---- LogME -----------------------------------------------------------------------------------------------------------


def fixed_point(features: Array, column: Array) -> float:
    """MacKay's fixed point for alpha and beta from 1 and 1, run until it stands still, in the D directions of the
    papers: evidence a sample."""
    n, d = features.shape
    u, s, _ = np.linalg.svd(features.astype(np.float64), full_matrices=False)
    squares = np.zeros(d)
    squares[: len(s)] = s**2
    z = np.zeros(d)
    z[: len(s)] = u.T @ column
    rest = max(column @ column - z @ z, 0.0)
    alpha = beta = 1.0
    for _ in range(100_000):
        t = alpha / beta
        gamma = (squares / (squares + t)).sum()
        weights = (squares * z**2 / (squares + t) ** 2).sum()
        error = (z**2 * (t / (squares + t)) ** 2).sum() + rest
        alpha, beta = gamma / weights, (n - gamma) / error
        if abs(alpha / beta - t) <= 1e-14 * t:
            break
    logs = d * np.log(alpha) + n * np.log(beta / (2 * np.pi)) - np.log(alpha + beta * squares).sum()
    return float((logs - beta * error - alpha * weights) / (2 * n))


@pytest.mark.parametrize(("n", "d", "k"), [(400, 20, 5), (3000, 400, 6), (120, 300, 4), (200, 300, 4), (257, 256, 3)])
def test_logme_is_the_papers_fixed_point(rng: np.random.Generator, n: int, d: int, k: int) -> None:
    features, labels = task(rng, n, d, k)
    result = binet.logme(features, labels)
    expected = [fixed_point(features, (labels == c).astype(float)) for c in range(k)]
    np.testing.assert_allclose(result.classes.evidence, expected, rtol=0, atol=1e-11)
    assert result.value == pytest.approx(np.mean(expected), abs=1e-11)
    assert (result.n, result.n_features, result.rank) == (n, d, min(n, d))
    assert result.classes.n.tolist() == np.bincount(labels).tolist()


def test_evidence_is_the_density_of_the_labels_and_no_other_precisions_give_more(rng: np.random.Generator) -> None:
    features, labels = task(rng, 60, 8, 3)
    gram = features @ features.T

    def density(logs: Array, column: Array) -> float:
        alpha, beta = np.exp(logs)
        covariance = np.eye(60) / beta + gram / alpha
        return float(stats.multivariate_normal.logpdf(column, np.zeros(60), covariance)) / 60

    for c, row in enumerate(binet.logme(features, labels).classes):
        column = (labels == c).astype(float)
        here = np.log([row.alpha, row.beta])
        assert density(here, column) == pytest.approx(row.evidence, abs=1e-12)
        for start in ([-4.0, 0.0], [0.0, 0.0], [6.0, 2.0], [10.0, 4.0]):
            found = optimize.minimize(
                lambda logs, y=column: -density(logs, y), start, method="Nelder-Mead", bounds=[(-15, 15)] * 2
            )
            assert -found.fun <= row.evidence + 1e-9


def test_a_local_maximum_of_the_fixed_point_is_not_the_result() -> None:
    """Few rows with features of very different scale: from t = 1 the fixed point comes to rest at the lower of two."""
    rng = np.random.default_rng(18)
    n, k = int(rng.integers(3, 12)), int(rng.integers(2, 6))
    features = rng.normal(size=(n, k)) * 10 ** rng.uniform(-3, 3, size=k)
    labels = rng.integers(0, 2, n)
    row = binet.logme(features, labels).classes[0]
    lower = fixed_point(features, (labels == 0).astype(float))
    assert row.evidence > lower + 0.08
    covariance = np.eye(n) / row.beta + features @ features.T / row.alpha
    density = stats.multivariate_normal.logpdf((labels == 0).astype(float), np.zeros(n), covariance) / n
    assert density == pytest.approx(row.evidence, abs=1e-9)


def test_logme_of_every_dtype_and_view(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    features, labels = task(rng, 200, 24, 3)
    narrow = features.astype(np.float16)
    usual = binet.logme(narrow.astype(np.float64), labels).value
    assert binet.logme(narrow, labels).value == usual
    assert binet.logme(narrow.astype(np.float32)[::-1], labels[::-1].astype(np.int8)).value == pytest.approx(
        usual, abs=1e-13
    )
    half = torch.tensor(features, dtype=torch.bfloat16)
    assert binet.logme(half, torch.tensor(labels)).value == binet.logme(half.float().numpy(), labels).value


def test_better_features_have_more_evidence(rng: np.random.Generator) -> None:
    features, labels = task(rng, 800, 30, 5)
    noisy = [binet.logme(features + scale * rng.normal(size=features.shape), labels).value for scale in (0, 0.3, 3)]
    assert noisy == sorted(noisy, reverse=True)


def test_labels_that_features_give_exactly_are_said(rng: np.random.Generator) -> None:
    labels = rng.integers(0, 3, 50)
    result = binet.logme(np.eye(3)[labels], labels)
    assert result.n_unbounded == 3
    assert result.value == np.inf
    assert "3 given exactly" in str(result)
    turn = np.linalg.qr(rng.normal(size=(20, 20)))[0]  # the same, to rounding
    features = np.hstack([np.eye(3)[labels], rng.normal(size=(50, 17))]) @ turn
    assert binet.logme(features, labels).n_unbounded == 3
    assert binet.logme(features + 1e-4 * rng.normal(size=(50, 20)), labels).n_unbounded == 0


def test_logme_prints(rng: np.random.Generator) -> None:
    features, labels = task(rng, 50, 4, 3)
    result = binet.logme(features, labels + (labels == 2))
    assert str(result).startswith(f"LogME {result.value:.4f} (50 samples, 3 classes, 4 features of rank 4)")
    assert repr(result) == f"<binet.LogME: {result}>"
    assert "maximum evidence" in result._repr_html_()
    assert float(result) == result.value
    assert repr(result.classes).splitlines()[3].split() == ["2", "0", "-", "-", "-"]


# ---- LEEP and NCE ----------------------------------------------------------------------------------------------------


def leep_of(probabilities: Array, labels: Array) -> float:
    joint = np.stack([probabilities[labels == c].sum(0) for c in range(labels.max() + 1)]) / len(labels)
    with np.errstate(invalid="ignore"):
        conditional = np.nan_to_num(joint / joint.sum(0))
    return float(np.log((probabilities * conditional[labels]).sum(1)).mean())


def test_leep_is_its_definition(rng: np.random.Generator) -> None:
    probabilities = rng.dirichlet(np.full(40, 0.2), size=3000)
    labels = (probabilities[:, :7] + 0.1 * rng.random((3000, 7))).argmax(1)
    probabilities[:, 39] = 0  # a source class that is never expected
    probabilities /= probabilities.sum(1, keepdims=True)
    expected = leep_of(probabilities, labels)
    result = binet.leep(probabilities, labels)
    assert result.value == pytest.approx(expected, abs=1e-14)
    assert (result.n, result.n_source_classes, result.n_present) == (3000, 40, 7)
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities)
    assert binet.leep(logits, labels, "logits").value == pytest.approx(expected, abs=1e-13)
    narrow = probabilities.astype(np.float32)
    assert binet.leep(narrow, labels).value == pytest.approx(leep_of(narrow.astype(np.float64), labels), abs=1e-14)


def test_leep_of_many_certain_rows_of_one_class_is_nce(rng: np.random.Generator) -> None:
    """Rows are added up a few thousand at a time; here one class has many more."""
    labels = (np.arange(40_000) % 8 == 0).astype(np.int64)
    sources = labels * rng.integers(0, 2, 40_000)
    certain = np.eye(2, dtype=np.float32)[sources]
    assert binet.leep(certain, labels).value == pytest.approx(binet.nce(sources, labels).value, abs=1e-14)


def test_nce_is_its_definition_and_below_leep(rng: np.random.Generator) -> None:
    probabilities = rng.dirichlet(np.full(12, 0.1), size=2000)
    labels = (probabilities[:, :4] + 0.2 * rng.random((2000, 4))).argmax(1)
    sources = probabilities.argmax(1)
    joint = np.zeros((4, 12))
    np.add.at(joint, (labels, sources), 1 / 2000)
    conditional = stats.entropy(joint.ravel()) - stats.entropy(joint.sum(0))
    result = binet.nce(sources, labels)
    assert result.value == pytest.approx(-conditional, abs=1e-13)
    assert result.label_entropy == pytest.approx(stats.entropy(joint.sum(1)), abs=1e-13)
    assert result.mutual_information == pytest.approx(result.label_entropy + result.value)
    # Nguyen et al., 2020, property 1.
    assert binet.leep(probabilities, labels).value >= result.value + np.log(probabilities.max(1)).mean()


def test_nce_of_predictions(rng: np.random.Generator) -> None:
    logits, labels = rng.normal(size=(300, 9)), rng.integers(0, 9, 300)
    table = binet.Predictions.from_logits(logits, labels)
    target = rng.integers(0, 3, 300)
    assert binet.nce(table, target) == binet.nce(logits.argmax(1), target)
    assert binet.nce(table) == binet.nce(logits.argmax(1), labels)
    with pytest.raises(binet.Error, match=r"labels is None; only Predictions bring labels of their own"):
        binet.nce(logits.argmax(1))
    with pytest.raises(binet.Error, match=r"labels\[0\] is -1"):
        binet.nce(binet.Predictions.from_logits(logits))


def test_scores_print(rng: np.random.Generator) -> None:
    labels = rng.integers(0, 3, 40)
    soft = binet.leep(rng.dirichlet(np.ones(5), size=40), labels)
    hard = binet.nce(rng.integers(0, 5, 40), labels)
    assert str(soft) == f"LEEP {soft.value:.4f} (40 samples, 5 source classes to 3 target classes)"
    assert str(hard).startswith(f"NCE {hard.value:.4f} (of {hard.label_entropy:.4f} nats of the labels")
    assert float(soft) == soft.value
    assert float(hard) == hard.value
    assert "LEEP" in soft._repr_html_()
    assert "mutual information" in hard._repr_html_()


# ---- Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [binet.logme, binet.leep])
def test_bad_rows_and_labels_are_named(call: Any, rng: np.random.Generator) -> None:
    values, labels = rng.dirichlet(np.ones(4), size=20), rng.integers(0, 3, 20)
    wrong = values.copy()
    wrong[13, 1] = np.nan
    with pytest.raises(binet.Error) as caught:
        call(wrong, labels)
    assert caught.value.status == binet.Status.INVALID_DATA
    assert (caught.value.argument, caught.value.index) == ("features" if call is binet.logme else "scores", 13)
    for bad in (-1, 65536):
        with pytest.raises(binet.Error, match=rf"labels\[4\] is {bad}; allowed: 0 \.\. 65535") as caught:
            call(values, np.where(np.arange(20) == 4, bad, labels))
        assert (caught.value.argument, caught.value.index) == ("labels", 4)
    with pytest.raises(binet.Error, match=r"labels has one class, 2, on all 20 rows; at least two are needed"):
        call(values, np.full(20, 2))
    with pytest.raises(binet.Error, match=r"labels has 19 entries; (features|scores) has 20 rows"):
        call(values, labels[1:])
    with pytest.raises(binet.Error, match=r"labels has dtype float64"):
        call(values, labels.astype(float))
    with pytest.raises(binet.Error, match=r"labels is NULL|labels"):
        call(values, None)


def test_what_leep_cannot_read(rng: np.random.Generator) -> None:
    labels = rng.integers(0, 3, 20)
    with pytest.raises(binet.Error, match=r"kind is 'scores'; allowed: 'logits', 'probabilities'"):
        binet.leep(rng.dirichlet(np.ones(4), size=20), labels, "scores")  # type: ignore[arg-type]
    with pytest.raises(binet.Error) as caught:
        binet.leep(rng.dirichlet(np.ones(4), size=20) * 2, labels)
    assert (caught.value.argument, caught.value.status) == ("scores", binet.Status.INVALID_DATA)
