"""Classes: against published numbers, scikit-learn, the definitions in NumPy, and laws."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
import reference
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, precision_score, recall_score

MODELS = ("ResNet50", "ViT")


@pytest.fixture
def predictions(logits: Any, labels: Any) -> binet.Predictions:
    """257 rows, 37 classes, about half of the rows right."""
    logits = logits.copy()
    logits[np.arange(len(labels)), labels] += 7
    return binet.Predictions.from_logits(logits, labels)


@pytest.mark.parametrize("model", MODELS)
def test_published_worst_classes(data: Path, expected: Any, model: str) -> None:
    folder = data / "imagenet-val"
    predictions = binet.Predictions.from_csv(folder / f"{model}.csv", folder / "labels.csv")
    wanted = expected["imagenet_val"][model]
    result = binet.class_report(predictions)
    assert result.n_present == 1000
    assert result.worst_accuracy == pytest.approx(wanted["worst_class"], abs=1e-12)
    assert result.n_worst == 100
    assert result.worst_mean == pytest.approx(wanted["worst_10pct_classes"], abs=1e-12)
    assert result.accuracy == pytest.approx(wanted["top1"], abs=1e-12)
    assert result.balanced_accuracy == pytest.approx(wanted["top1"], abs=1e-12)
    # A CSV of three columns knows the probability of the true class only where the prediction is right.
    assert result.n_unknown == result.n - result.n_correct
    assert math.isnan(result.class_balance)


def test_classes_are_those_of_scikit_learn(predictions: binet.Predictions) -> None:
    result = binet.class_report(predictions, n_confusions=10_000)
    truth, answers, every = predictions.label, predictions.predicted_class, np.arange(37)
    matrix = confusion_matrix(truth, answers, labels=every)
    np.testing.assert_array_equal(result.classes.n, matrix.sum(1))
    np.testing.assert_array_equal(result.classes.n_correct, matrix.diagonal())
    np.testing.assert_array_equal(result.classes.n_predicted, matrix.sum(0))
    np.testing.assert_array_equal(result.classes.n_false_positive, matrix.sum(0) - matrix.diagonal())
    recall = recall_score(truth, answers, labels=every, average=None, zero_division=np.nan)
    np.testing.assert_array_equal(result.classes.recall, recall)
    precision = precision_score(truth, answers, labels=every, average=None, zero_division=np.nan)
    np.testing.assert_array_equal(result.classes.precision, precision)
    assert result.balanced_accuracy == pytest.approx(balanced_accuracy_score(truth, answers), abs=1e-15)
    wrong = matrix - np.diag(matrix.diagonal())
    wanted = sorted(((-n, a, b) for (a, b), n in np.ndenumerate(wrong) if n), key=lambda pair: pair)
    assert [(-one.n, one.label, one.predicted_class) for one in result.confusions] == wanted
    assert result.n_confusions == len(wanted)
    assert binet.class_report(predictions, n_confusions=3).confusions == result.confusions[:3]
    assert binet.class_report(predictions, n_confusions=0).confusions == ()
    for one in result.classes:
        assert (one.low, one.high) == pytest.approx(reference.wilson(one.n_correct, one.n, 0.95), abs=1e-12)


@pytest.mark.parametrize("k", [1, 4, 37])
def test_the_worst_are_the_lowest(predictions: binet.Predictions, k: int) -> None:
    result = binet.class_report(predictions, n_worst=k)
    lowest = sorted(result.classes.accuracy)
    assert result.worst_mean == pytest.approx(np.mean(lowest[:k]), abs=1e-15)
    assert [one.accuracy for one in result.worst(k)] == lowest[:k]
    assert result.worst(1)[0] == result.classes[result.worst_class]
    assert binet.class_report(predictions).n_worst == 4  # a tenth of 37, rounded up


def test_class_balance_is_that_of_numpy(predictions: binet.Predictions) -> None:
    """QUBA (Hesse et al., 2026): accuracies over C - 1, probabilities over n."""
    result = binet.class_report(predictions)
    right = predictions.predicted_class == predictions.label
    members = [predictions.label == one for one in range(37)]
    accuracies = np.std([right[rows].mean() for rows in members], ddof=1)
    probabilities = np.mean([predictions.true_probability[rows].std() for rows in members])
    assert result.accuracy_deviation == pytest.approx(accuracies, abs=1e-14)
    assert result.probability_deviation == pytest.approx(probabilities, abs=1e-14)
    assert result.class_balance == pytest.approx(np.sqrt((1 - accuracies) * (1 - probabilities)), abs=1e-14)


def test_order_of_rows_changes_nothing(predictions: binet.Predictions, rng: np.random.Generator) -> None:
    one, two = binet.class_report(predictions), binet.class_report(predictions[rng.permutation(len(predictions))])
    assert repr(one) == repr(two)
    assert (one.class_balance, one.worst_mean, one.confusions) == (two.class_balance, two.worst_mean, two.confusions)
    np.testing.assert_array_equal(one.classes.high, two.classes.high, strict=True)


def test_names_are_shown_and_indices_stay(predictions: binet.Predictions) -> None:
    names = [f"class {i}" for i in range(37)]
    plain, named = binet.class_report(predictions), binet.class_report(predictions, names)
    assert named.classes["class 7"][1:] == plain.classes[7][1:]
    assert named.worst_class == plain.worst_class
    assert named.confusions[0].label_name == names[plain.confusions[0].label]
    assert f"worst class class {plain.worst_class}" in str(named)
    assert names[plain.confusions[0].predicted_class] in named._repr_html_()
    assert "37 classes" in repr(named.classes)


def test_one_class_only() -> None:
    """No deviation over one class, so no class balance, said as such."""
    rows = binet.Predictions.from_logits(np.array([[3.0, 0], [3, 0]]), [0, 0])
    result = binet.class_report(rows)
    assert (result.n_present, result.accuracy, result.worst_mean) == (1, 1.0, 1.0)
    assert math.isnan(result.accuracy_deviation)
    assert math.isnan(result.class_balance)
    assert result.probability_deviation == 0.0
    assert math.isnan(result.classes[1].accuracy)
    with pytest.raises(binet.Error, match=r"allowed: whole numbers, 1 \.\. 1"):
        result.worst(2)


@pytest.mark.parametrize(
    ("options", "status", "argument", "says"),
    [
        ({"n_worst": 0}, "INVALID_ARGUMENT", "n_worst", "n_worst is 0"),
        ({"n_worst": 38}, "INVALID_ARGUMENT", "n_worst", "allowed: 1 .. 37"),
        ({"n_confusions": -1}, "INVALID_ARGUMENT", "n_confusions", "-1"),
        ({"n_classes": 0}, "INVALID_ARGUMENT", "n_classes", "0"),
        ({"n_classes": 3}, "INVALID_DATA", "predictions", "allowed: 0 .. 2"),
        ({"class_names": ["a", "b"]}, "INVALID_DATA", "predictions", "allowed: 0 .. 1"),
        ({"class_names": "ab"}, "INVALID_ARGUMENT", "class_names", "a list of names"),
        ({"class_names": ["a"], "n_classes": 2}, "INVALID_ARGUMENT", "class_names", "n_classes is 2"),
        ({"confidence_level": 1.5}, "INVALID_ARGUMENT", "confidence_level", "1.5"),
    ],
)
def test_what_does_not_fit_is_named(
    predictions: binet.Predictions, options: Any, status: str, argument: str, says: str
) -> None:
    with pytest.raises(binet.Error) as caught:
        binet.class_report(predictions, **options)
    assert caught.value.status.name == status
    assert caught.value.argument == argument
    assert says in caught.value.message


def test_labels_are_needed(logits: Any) -> None:
    bare = binet.Predictions.from_logits(logits)
    with pytest.raises(binet.Error, match="row 0 has no label"):
        binet.class_report(bare)
    labelled = binet.Predictions.from_logits(logits, np.zeros(len(logits), int))
    with pytest.raises(binet.Error, match="b: row 0 has no label") as caught:
        binet.class_gap(labelled, bare)
    assert (caught.value.argument, caught.value.index) == ("b", 0)
    other = binet.Predictions.from_logits(logits, np.ones(len(logits), int))
    with pytest.raises(binet.Error, match="no class has rows in both"):
        binet.class_gap(labelled, other)


def test_gaps_are_those_of_numpy(predictions: binet.Predictions, rng: np.random.Generator) -> None:
    shifted = predictions[rng.integers(0, len(predictions), 150)]
    result = binet.class_gap(predictions, shifted)
    a, b = binet.class_report(predictions).classes, binet.class_report(shifted).classes
    gaps = b.accuracy - a.accuracy
    np.testing.assert_array_equal(result.classes.gap, gaps)
    known = gaps[~np.isnan(gaps)]
    assert result.n_compared == len(known) > 30
    assert (result.mean, result.deviation) == pytest.approx((known.mean(), known.std(ddof=1)), abs=1e-14)
    assert (result.lowest, result.highest) == (known.min(), known.max())
    assert (result.n_lower, result.n_higher) == ((known < 0).sum(), (known > 0).sum())
    assert [one.gap for one in result.furthest(5)] == sorted(known)[:5]
    assert result.classes[result.lowest_class].gap == result.lowest
    lower = gaps - np.sqrt((b.accuracy - b.low) ** 2 + (a.high - a.accuracy) ** 2)
    np.testing.assert_allclose(result.classes.low, lower, rtol=0, atol=1e-15)
    assert "classes fall" in str(result)
    assert "falls furthest" in result._repr_html_()
