"""One answer from many models, against NumPy and SciPy in float64."""

from __future__ import annotations

from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import softmax
from scipy.stats import entropy

N, C = 400, 9


@pytest.fixture
def truth(rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return rng.integers(0, C, N)


@pytest.fixture
def logits(rng: np.random.Generator, truth: npt.NDArray[np.int64]) -> list[npt.NDArray[np.float64]]:
    """Three models of different strength; the second knows the even classes, the third the odd ones."""
    strength = np.array([1.0, 3.0, 3.0])
    made = []
    for index in range(3):
        scores = rng.normal(size=(N, C))
        knows = np.ones(N, bool) if index == 0 else truth % 2 == index - 1
        scores[knows, truth[knows]] += strength[index]
        made.append(scores)
    return made


def tables(logits: list[npt.NDArray[np.float64]], truth: npt.NDArray[np.int64]) -> list[binet.Predictions]:
    return [binet.Predictions.from_logits(one, truth) for one in logits]


@pytest.mark.parametrize("weighting", ["entropy", "equal"])
def test_an_ensemble_is_the_weighted_mean_of_probabilities(
    logits: list[npt.NDArray[np.float64]], truth: npt.NDArray[np.int64], weighting: Any
) -> None:
    probabilities = np.stack([softmax(one, axis=1) for one in logits])
    weights = 1 - entropy(probabilities, axis=2) / np.log(C) if weighting == "entropy" else np.ones((3, N))
    mixed = (weights[:, :, None] * probabilities).sum(0) / weights.sum(0)[:, None]
    found = binet.ensemble(logits, truth, weighting=weighting)
    np.testing.assert_array_equal(found.predicted_class, mixed.argmax(1))
    np.testing.assert_allclose(found.confidence, mixed.max(1), rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.nll, -np.log(mixed[np.arange(N), truth]), rtol=0, atol=1e-12)
    same = binet.ensemble(list(probabilities), truth, kind="probabilities", weighting=weighting)
    np.testing.assert_allclose(same.confidence, found.confidence, rtol=0, atol=1e-13)


def test_an_ensemble_of_one_is_the_model(logits: list[npt.NDArray[np.float64]], truth: npt.NDArray[np.int64]) -> None:
    alone, found = binet.Predictions.from_logits(logits[0], truth), binet.ensemble(logits[:1], truth)
    np.testing.assert_array_equal(found.predicted_class, alone.predicted_class)
    np.testing.assert_allclose(found.brier, alone.brier, rtol=0, atol=1e-13)


def test_models_that_are_all_unsure_count_the_same() -> None:
    found = binet.ensemble([np.zeros((2, 4)), np.zeros((2, 4))])
    assert found.confidence.tolist() == [0.25, 0.25]


def test_a_sure_model_outvotes_unsure_ones() -> None:
    unsure, sure = np.array([[0.1, 0.0, 0.0]]), np.array([[0.0, 0.0, 20.0]])
    assert binet.ensemble([unsure, unsure, unsure, sure]).predicted_class.tolist() == [2]
    assert binet.ensemble([unsure, unsure, unsure, sure]).confidence[0] > 0.99


def test_threads_and_dtypes_of_an_ensemble(truth: npt.NDArray[np.int64], logits: list[npt.NDArray[np.float64]]) -> None:
    """f16 widens exactly; the bits are the same for any number of threads."""
    half = [one.astype(np.float16) for one in logits]
    wide = [one.astype(np.float32) for one in half]
    before = binet.get_num_threads()
    try:
        found = []
        for n_threads in (1, 3):
            binet.set_num_threads(n_threads)
            found += [binet.ensemble(half, truth), binet.ensemble(wide, truth)]
    finally:
        binet.set_num_threads(before)
    for other in found[1:]:
        np.testing.assert_array_equal(other.confidence, found[0].confidence)


def test_many_classes_are_mixed_in_blocks_of_rows(rng: np.random.Generator) -> None:
    """400,000 classes leave room for two rows at a time: each row is that of an ensemble of its own."""
    scores = [rng.normal(size=(5, 400_000)).astype(np.float32) for _ in range(2)]
    labels = rng.integers(0, 400_000, 5)
    found = binet.ensemble(scores, labels)
    for row in range(5):
        alone = binet.ensemble([one[row : row + 1] for one in scores], labels[row : row + 1])
        assert (found.predicted_class[row], found.nll[row]) == (alone.predicted_class[0], alone.nll[0])
    scores[1][4, 7] = np.nan
    with pytest.raises(binet.Error, match=r"model 1: scores\[4\] has a NaN in column 7"):
        binet.ensemble(scores)


def test_each_class_goes_to_the_model_that_is_best_at_it(
    logits: list[npt.NDArray[np.float64]], truth: npt.NDArray[np.int64]
) -> None:
    of_models = tables(logits, truth)
    right = np.stack([np.bincount(truth[one.predicted_class == truth], minlength=C) for one in of_models])
    overall = right.sum(1)
    expected = [max(range(3), key=lambda model: (right[model, k], overall[model], -model)) for k in range(C)]
    found = binet.choose_per_class(of_models)
    assert found.choice.tolist() == expected
    assert set(found.choice.tolist()) == {1, 2}


def test_a_class_without_samples_goes_to_the_best_model(truth: npt.NDArray[np.int64]) -> None:
    good, bad = np.eye(C)[truth], -np.eye(C)[truth]
    found = binet.choose_per_class(tables([bad, good], truth), n_classes=C + 2)
    assert found.choice.tolist() == [1] * (C + 2)


def test_answers_follow_the_choice(logits: list[npt.NDArray[np.float64]], truth: npt.NDArray[np.int64]) -> None:
    """The most confident of the models whose answer is a class of theirs; where there is none, of all."""
    of_models = tables(logits, truth)
    choice = binet.choose_per_class(of_models)
    found = choice.answer(of_models)
    for row in range(N):
        said = [
            (int(choice.choice[one.predicted_class[row]] == index), one.confidence[row], -index, one)
            for index, one in enumerate(of_models)
        ]
        best = max(said, key=lambda one: one[:3])[3]
        assert found.predicted_class[row] == best.predicted_class[row]
        assert found.confidence[row] == best.confidence[row]
    alone = max(binet.accuracy(one).value for one in of_models)
    assert binet.accuracy(found).value > alone + 0.1


LABELS = np.array([0, 1, 2])
EYE = binet.Predictions.from_logits(np.eye(3), LABELS, file_names=["a", "b", "c"])


@pytest.mark.parametrize(
    ("call", "argument", "says"),
    [
        (lambda: binet.ensemble([]), "scores", "scores is empty"),
        (lambda: binet.ensemble([np.eye(3), np.eye(4)]), "scores", "model 1 are [4, 4]"),
        (lambda: binet.ensemble([np.eye(3), np.full((3, 3), np.nan)]), "scores", "model 1: scores[0] has a NaN"),
        (lambda: binet.ensemble([np.eye(3)], [0, 1]), "labels", "2 elements where 3"),
        (lambda: binet.ensemble([np.eye(3)], [0, 1, 3]), "labels", "3"),
        (lambda: binet.ensemble([np.eye(3) * 2], kind="probabilities"), "scores", "probability 2"),
        (lambda: binet.ensemble([np.eye(3)], weighting="votes"), "weighting", "'entropy', 'equal'"),  # type: ignore[arg-type]
        (lambda: binet.choose_per_class([EYE, EYE[:2]]), "tables", "2 rows, the first 3"),
        (lambda: binet.choose_per_class([EYE, EYE[[1, 0, 2]]]), "tables", "row 0 of table 1 is 'b'"),
        (lambda: binet.choose_per_class([EYE], n_classes=2), "tables", "row 2 of table 0"),
        (
            lambda: binet.choose_per_class([EYE, EYE.with_labels([0, 1, 1])]),
            "tables",
            "row 2 of table 1 has the label 1",
        ),
        (lambda: binet.choose_per_class([binet.Predictions.from_logits(np.eye(3))]), "tables", "label -1"),
        (lambda: binet.choose_per_class([EYE]).answer([EYE, EYE]), "tables", "among 1 models"),
        (lambda: binet.choose_per_class([EYE[:2]], n_classes=2).answer([EYE]), "tables", "predicted class 2"),
    ],
)
def test_bad_input_says_what_is_wrong(call: Any, argument: str, says: str) -> None:
    with pytest.raises(binet.Error) as caught:
        call()
    assert caught.value.argument == argument
    assert says in caught.value.message


def test_a_choice_shows_itself() -> None:
    found = binet.choose_per_class([EYE, EYE])
    assert repr(found) == "ClassChoice(3 classes among 2 models)"
    assert "its classes" in found._repr_html_()
