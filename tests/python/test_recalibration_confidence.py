"""Isotonic regression against scikit-learn, histogram binning against NumPy, both as maps and in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from binet import recalibration

Array = npt.NDArray[Any]


def table(rng: np.random.Generator, n: int = 3000, n_distinct: int = 0) -> binet.Predictions:
    """Two classes, of which class 0 is predicted, too confidently; with ties where confidences are few."""
    confidence = rng.uniform(0.5, 1, n)
    if n_distinct:
        confidence = np.round(confidence * n_distinct) / n_distinct
    wrong = rng.random(n) > 0.5 + (confidence - 0.5) ** 2
    return binet.Predictions.from_probabilities(np.stack([confidence, 1 - confidence], 1), wrong.astype(np.int64))


def right(predictions: binet.Predictions) -> Array:
    return np.asarray(predictions.predicted_class == predictions.label, np.float64)


@pytest.mark.parametrize("n_distinct", [0, 4, 30, 700])
def test_isotonic_regression_is_scikit_learns(n_distinct: int, rng: np.random.Generator) -> None:
    isotonic = pytest.importorskip("sklearn.isotonic")
    predictions = table(rng, n_distinct=n_distinct)
    peer = isotonic.IsotonicRegression(out_of_bounds="clip").fit(predictions.confidence, right(predictions))
    ours = binet.IsotonicCalibration().fit(predictions)
    np.testing.assert_array_equal(ours.confidences_, peer.X_thresholds_)
    np.testing.assert_allclose(ours.values_, peer.y_thresholds_, rtol=0, atol=1e-12)
    queries = np.concatenate([np.linspace(0, 1, 1001), predictions.confidence])
    np.testing.assert_allclose(ours.transform(queries), peer.predict(queries), rtol=0, atol=1e-12)
    assert ours.fit_ is not None
    after = ((ours.transform(predictions.confidence) - right(predictions)) ** 2).mean()
    assert ours.fit_.brier_after == pytest.approx(after, abs=1e-12)
    before = ((predictions.confidence - right(predictions)) ** 2).mean()
    assert ours.fit_.brier_before == pytest.approx(before, abs=1e-12)
    assert ours.fit_.brier_after < ours.fit_.brier_before


@pytest.mark.parametrize("model", ["ResNet50", "ViT"])
def test_isotonic_regression_is_scikit_learns_on_real_models(data: Path, model: str) -> None:
    isotonic = pytest.importorskip("sklearn.isotonic")
    folder = data / "imagenet-val"
    predictions = binet.Predictions.from_csv(folder / f"{model}.csv", labels=folder / "labels.csv")
    peer = isotonic.IsotonicRegression(out_of_bounds="clip").fit(predictions.confidence, right(predictions))
    ours = binet.IsotonicCalibration().fit(predictions)
    queries = np.linspace(0, 1, 2001)
    np.testing.assert_allclose(ours.transform(queries), peer.predict(queries), rtol=0, atol=1e-12)
    # Fitted and judged on the same rows, each value of the map is the share of right answers at it.
    assert binet.calibration(ours.transform(predictions)).ece == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("binning", ["equal_width", "equal_mass"])
@pytest.mark.parametrize("n_bins", [1, 7, 15, 400])
@pytest.mark.parametrize("n_distinct", [0, 30])
def test_histogram_binning_is_numpys(binning: Any, n_bins: int, n_distinct: int, rng: np.random.Generator) -> None:
    predictions = table(rng, n_distinct=n_distinct)
    confidence, correct = predictions.confidence, right(predictions)
    if binning == "equal_width":
        edges = np.linspace(0, 1, n_bins + 1)
    else:
        ends = np.cumsum([len(part) for part in np.array_split(confidence, n_bins)])
        edges = np.concatenate([[0], np.sort(confidence)[ends - 1]])
        edges[-1] = 1
    which = np.clip(np.searchsorted(edges[1:], confidence, side="left"), 0, n_bins - 1)
    ours = binet.HistogramBinning(n_bins, binning).fit(predictions)
    assert ours.fit_ is not None
    np.testing.assert_array_equal(ours.edges_, edges)
    np.testing.assert_array_equal(ours.fit_.counts, np.bincount(which, minlength=n_bins))
    for b in range(n_bins):
        rows = which == b
        expected = correct[rows].mean() if rows.any() else np.nan
        np.testing.assert_allclose(ours.values_[b], expected, rtol=0, atol=1e-12)
    calibrated = ours.transform(confidence)
    np.testing.assert_allclose(calibrated, ours.values_[which], rtol=0, atol=0)
    assert ours.fit_.brier_after == pytest.approx(((calibrated - correct) ** 2).mean(), abs=1e-12)
    if not n_distinct and binning == "equal_mass":
        assert ours.transform(predictions).confidence.tolist() == calibrated.tolist()
        assert binet.calibration(ours.transform(predictions), n_bins=n_bins).ece == pytest.approx(0, abs=1e-12)


def test_unseen_rows_are_better_calibrated(rng: np.random.Generator) -> None:
    predictions = table(rng, 8000)
    seen, unseen = predictions[:4000], predictions[4000:]
    before = binet.calibration(unseen).ece
    assert before > 0.1
    for calibration in (binet.IsotonicCalibration(), binet.HistogramBinning(10, "equal_mass")):
        assert binet.calibration(calibration.fit(seen).transform(unseen)).ece < 0.05


def test_predictions_keep_what_a_map_of_confidence_leaves(rng: np.random.Generator) -> None:
    predictions = table(rng)
    made = binet.IsotonicCalibration().fit(predictions).transform(predictions)
    assert (made.predicted_class == predictions.predicted_class).all()
    assert (made.label == predictions.label).all()
    assert np.isnan(made.nll).all()
    correct = right(predictions) == 1
    np.testing.assert_array_equal(made.true_probability[correct], made.confidence[correct])
    assert np.isnan(made.true_probability[~correct]).all()
    with pytest.raises(binet.Error, match="confidences has 1 entries; predictions has 3000 rows"):
        predictions.with_confidences([0.5])
    with pytest.raises(binet.Error, match=r"confidences\[0\] is 1.5; allowed: 0 \.\. 1"):
        predictions.with_confidences(np.full(3000, 1.5))


@pytest.mark.parametrize("make", [binet.IsotonicCalibration, binet.HistogramBinning])
def test_a_file_reads_back_to_the_same_bits(make: Any, rng: np.random.Generator, tmp_path: Path) -> None:
    queries = np.linspace(0, 1, 101)
    calibration = make().fit(table(rng))
    path = tmp_path / "fit.json"
    calibration.save(path)
    for read in (make.load(path), recalibration.load(path)):
        np.testing.assert_array_equal(read.transform(queries), calibration.transform(queries))
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"values": record["values"][:-1]}))
    with pytest.raises(binet.Error, match="incomplete"):
        recalibration.load(path)
    path.write_text(json.dumps(record | {"values": [2.0] * len(record["values"])}))
    with pytest.raises(binet.Error, match="incomplete"):
        recalibration.load(path)
    with pytest.raises(binet.Error, match="not fitted"):
        make().transform(queries)
    with pytest.raises(binet.Error, match=r"confidences\[1\] is -1"):
        calibration.transform([0.5, -1.0])


def test_what_is_wrong_is_named() -> None:
    bare = binet.Predictions.from_logits([[0.0, 1.0]])
    for fit in (binet.fit_isotonic, binet.fit_histogram_binning):
        with pytest.raises(binet.Error, match="row 0 has no label") as caught:
            fit(bare)
        assert caught.value.index == 0
        with pytest.raises(binet.Error, match=r"allowed: binet.Predictions"):
            fit([0.5])  # type: ignore[arg-type]
    with pytest.raises(binet.Error, match="n_bins is 0"):
        binet.fit_histogram_binning(bare, n_bins=0)
    with pytest.raises(binet.Error, match="binning is 'other'"):
        binet.fit_histogram_binning(bare, binning="other")  # type: ignore[arg-type]


def test_one_row_is_enough() -> None:
    one = binet.Predictions.from_probabilities([[0.7, 0.3]], [0])
    assert binet.IsotonicCalibration().fit(one).transform([0.0, 1.0]).tolist() == [1, 1]
    assert binet.HistogramBinning(2).fit(one).transform([0.2, 0.6]).tolist() == [0.2, 1]


def test_results_read_well(rng: np.random.Generator) -> None:
    predictions = table(rng)
    isotonic, histogram = binet.fit_isotonic(predictions), binet.fit_histogram_binning(predictions, 4)
    assert repr(isotonic).startswith("IsotonicFit(")
    assert repr(histogram).startswith("HistogramFit(4 bins")
    assert "Brier after" in isotonic._repr_html_()
    assert histogram._repr_html_().count("<tr>") == 5
    with pytest.raises(ValueError, match="read-only"):
        histogram.edges[0] = 1
    assert repr(binet.IsotonicCalibration()) == "IsotonicCalibration(not fitted)"
    assert repr(binet.HistogramBinning(4).fit(predictions)) == "HistogramBinning(4 bins)"
