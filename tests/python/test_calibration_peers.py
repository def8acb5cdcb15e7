"""Each convention gives the number of the package that it is named after, on the real predictions of three models.

Where a package's number is not that of the definition, the test says so and prints both.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest

Array = npt.NDArray[Any]

N_BINS = 15
WITHIN = 1e-6


def peer(module: str) -> Any:
    """A package to compare with; the test is skipped, with the reason, where it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        pytest.skip(f"{module} cannot be imported ({error}); the Makefile's PEERS and tests/requirements.txt have it")


@pytest.fixture(scope="module", params=["cifar10-vgg", "ResNet50", "ViT"])
def predictions(request: pytest.FixtureRequest, data: Path) -> binet.Predictions:
    """Real predictions: a VGG on CIFAR-10, and two models on the validation set of ImageNet."""
    if request.param == "cifar10-vgg":
        folder = data / request.param
        return binet.Predictions.from_probabilities(np.load(folder / "probs.npy"), np.load(folder / "labels.npy"))
    folder = data / "imagenet-val"
    return binet.Predictions.from_csv(folder / f"{request.param}.csv", labels=folder / "labels.csv")


def correct(predictions: binet.Predictions) -> Array:
    return (predictions.predicted_class == predictions.label).astype(np.int64)


def test_torchmetrics(predictions: binet.Predictions) -> None:
    torch, functional = peer("torch"), peer("torchmetrics.functional.classification")
    ours = binet.calibration(predictions, N_BINS, convention="torchmetrics")
    confidence, right = torch.from_numpy(predictions.confidence.copy()), torch.from_numpy(correct(predictions))
    for norm, value in (("l1", ours.ece), ("l2", ours.rms), ("max", ours.mce)):
        theirs = functional.binary_calibration_error(confidence, right, N_BINS, norm).item()
        assert value == pytest.approx(theirs, abs=WITHIN)
    assert ours.bins[-1].count == (predictions.confidence == 1).sum()


def test_torchmetrics_counts_a_bin_that_is_not_there() -> None:
    """Its bin for confidences of exactly 1 (torchmetrics #3510): half of the rows wrong at 1, half right just below.

    One bin, (0, 1], holds both, and is right as often as it says, 1/2 at a mean of .75.
    """
    torch, functional = peer("torch"), peer("torchmetrics.functional.classification")
    confidence, right = np.array([0.5, 0.5, 1.0, 1.0]), np.array([1, 1, 0, 0])
    probabilities = np.stack([confidence, 1 - confidence], 1)
    predictions = binet.Predictions.from_probabilities(probabilities, 1 - right)
    theirs = functional.binary_calibration_error(torch.tensor(confidence), torch.tensor(right), 1, "l1").item()
    ours = binet.calibration(predictions, 1)
    print(f"one bin asked for: torchmetrics {theirs}, by the definition {ours.ece}")
    assert theirs == pytest.approx(0.75, abs=1e-12)
    assert binet.calibration(predictions, 1, convention="torchmetrics").ece == pytest.approx(theirs, abs=1e-12)
    assert ours.ece == pytest.approx(0.25, abs=1e-12)


def test_netcal(predictions: binet.Predictions) -> None:
    metrics = peer("netcal.metrics")
    confidence, right = predictions.confidence, correct(predictions)
    binning: Any
    for binning, equal in (("equal_width", True), ("equal_mass_quantile", False)):
        ours = binet.calibration(predictions, N_BINS, binning=binning, convention="netcal")
        for kind, value in ((metrics.ECE, ours.ece), (metrics.MCE, ours.mce)):
            assert value == pytest.approx(kind(N_BINS, equal_intervals=equal).measure(confidence, right), abs=WITHIN)


@pytest.mark.parametrize(("strategy", "binning"), [("uniform", "equal_width"), ("quantile", "equal_mass_quantile")])
def test_scikit_learn(predictions: binet.Predictions, strategy: str, binning: Any) -> None:
    curve = peer("sklearn.calibration").calibration_curve
    accuracy, confidence = curve(correct(predictions), predictions.confidence, n_bins=N_BINS, strategy=strategy)
    bins = binet.calibration(predictions, N_BINS, binning=binning, convention="sklearn").bins
    filled = bins.count > 0
    np.testing.assert_allclose(bins.accuracy[filled], accuracy, rtol=0, atol=WITHIN)
    np.testing.assert_allclose(bins.confidence[filled], confidence, rtol=0, atol=WITHIN)


def test_verified_calibration(predictions: binet.Predictions) -> None:
    utils = peer("calibration")
    confidence, right = predictions.confidence, correct(predictions)
    binning: Any
    for binning, scheme in (("equal_width", utils.get_equal_prob_bins), ("equal_mass", utils.get_equal_bins)):
        ours = binet.calibration(predictions, N_BINS, binning=binning, convention="verified_calibration")
        for p, debias, value in ((1, False, ours.ece), (2, False, ours.rms), (2, True, ours.rms_debiased)):
            theirs = utils.lower_bound_scaling_ce(confidence, right, p, debias, N_BINS, scheme)
            assert value == pytest.approx(theirs, abs=WITHIN)


def test_tensorflow(predictions: binet.Predictions) -> None:
    """TensorFlow Probability's rule, bin floor(n p) with the last closed, written out: its package is a gigabyte."""
    confidence, right = predictions.confidence, correct(predictions)
    which = np.minimum(np.floor(N_BINS * confidence), N_BINS - 1).astype(int)
    gaps = np.bincount(which, right - confidence, N_BINS)
    ours = binet.calibration(predictions, N_BINS, convention="tensorflow")
    assert ours.ece == pytest.approx(np.abs(gaps).sum() / len(right), abs=WITHIN)
    assert ours.bins.count.tolist() == np.bincount(which, minlength=N_BINS).tolist()


def test_the_study_drops_a_confidence_of_0() -> None:
    """`confidence > low and confidence <= high` leaves an exact 0 in no bin, while the row stays in the count."""
    table = binet.Predictions.from_probabilities(
        [[0.0, 0.0, 1.0], [0.5, 0.0, 0.5]], [0, 0], groups={"a": [0], "b": [1]}, aggregate="max"
    )
    assert table.confidence.tolist() == [0.0, 0.5]
    assert table.predicted_class.tolist() == table.label.tolist() == [0, 0]
    low, high = np.linspace(0, 1, N_BINS + 1)[:-1], np.linspace(0, 1, N_BINS + 1)[1:]
    study = 0.0
    for one_low, one_high in zip(low, high, strict=True):
        held = (table.confidence > one_low) & (table.confidence <= one_high)
        if held.any():
            study += held.mean() * abs(1 - table.confidence[held].mean())
    ours = binet.calibration(table, N_BINS).ece
    print(f"a right answer at confidence 0: the study {study}, by the definition {ours}")
    assert study == pytest.approx(0.25)
    assert ours == pytest.approx(0.75)
