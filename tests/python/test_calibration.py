"""Calibration errors, their bins, and the reliability diagram."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
import reference
from tables import from_confidences

Array = npt.NDArray[Any]


@pytest.mark.parametrize("n_bins", [1, 2, 15, 100, 999])
@pytest.mark.parametrize("binning", ["equal_width", "equal_mass"])
def test_errors_are_those_of_the_reference(logits: Array, labels: Array, n_bins: int, binning: Any) -> None:
    predictions = binet.Predictions.from_logits(logits.astype(np.float64), labels)
    result = binet.calibration(predictions, n_bins=n_bins, binning=binning)
    correct = (predictions.predicted_class == labels).astype(float)
    ece, mce, rms = reference.calibration(predictions.confidence, correct, n_bins, binning)
    assert result.ece == pytest.approx(ece, abs=1e-12)
    assert result.mce == pytest.approx(mce, abs=1e-12)
    assert result.rms == pytest.approx(rms, abs=1e-12)
    assert result.accuracy == correct.mean()
    assert result.confidence == pytest.approx(predictions.confidence.mean(), abs=1e-12)
    rows = reference.bins(predictions.confidence, correct, n_bins, binning)
    assert result.bins.count.tolist() == [len(row) for row in rows]
    filled = result.bins.count > 0
    np.testing.assert_allclose(result.bins.accuracy[filled], [correct[r].mean() for r in rows if len(r)], atol=1e-12)
    assert np.isnan(result.bins.accuracy[~filled]).all()
    assert np.isnan(result.bins.confidence[~filled]).all()


def test_bins_are_open_below_and_closed_above() -> None:
    result = binet.calibration(from_confidences([0.5, 0.6, 0.75, 0.8, 1.0], [1, 1, 0, 0, 1]), n_bins=4)
    assert result.bins.count.tolist() == [0, 1, 2, 2]
    assert result.bins.low.tolist() == [0.0, 0.25, 0.5, 0.75]
    assert result.bins.high.tolist() == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize("model", ["ResNet50", "ViT"])
def test_real_models(data: Path, expected: Any, model: str) -> None:
    """The published predictions of two ImageNet classifiers; the CSV holds f64."""
    folder = data / "imagenet-val"
    known = expected["imagenet_val"][model]
    predictions = binet.Predictions.from_csv(folder / f"{model}.csv", labels=folder / "labels.csv")
    result = binet.calibration(predictions, n_bins=15)
    assert result.ece == pytest.approx(known["ece15_equal_width_l1"], abs=1e-9)
    assert result.mce == pytest.approx(known["mce15"], abs=1e-9)
    assert result.rms == pytest.approx(known["rms15"], abs=1e-9)
    assert result.confidence == pytest.approx(known["mean_confidence"], abs=1e-9)
    assert result.accuracy == pytest.approx(known["top1"], abs=1e-12)
    counts, accuracies, confidences = zip(*known["bins"], strict=True)
    assert result.bins.count.tolist() == list(counts)
    np.testing.assert_allclose(result.bins.accuracy, accuracies, rtol=0, atol=1e-9)
    np.testing.assert_allclose(result.bins.confidence, confidences, rtol=0, atol=1e-9)
    mass = binet.calibration(predictions, n_bins=15, binning="equal_mass")
    assert mass.ece == pytest.approx(known["ece15_equal_mass_l1"], abs=1e-9)
    brier_top_label = np.mean((predictions.confidence - (predictions.predicted_class == predictions.label)) ** 2)
    assert brier_top_label == pytest.approx(known["brier_top_label"], abs=1e-9)


@pytest.mark.parametrize("binning", ["equal_width", "equal_mass"])
def test_order_of_the_rows_does_not_matter(binning: Any, rng: np.random.Generator) -> None:
    confidence = rng.choice([0.5, 0.6, 0.9, 1.0], 1000)
    predictions = from_confidences(confidence, rng.integers(0, 2, 1000))
    first = binet.calibration(predictions, binning=binning)
    second = binet.calibration(predictions[rng.permutation(1000)], binning=binning)
    assert (first.ece, first.mce, first.rms) == (second.ece, second.mce, second.rms)


def test_bins_can_be_sliced(logits: Array, labels: Array) -> None:
    bins = binet.calibration(binet.Predictions.from_logits(logits, labels)).bins
    some = bins[1:3]
    assert isinstance(some, binet.CalibrationBins)
    assert repr(list(some)) == repr([bins[1], bins[2]])  # as text, where NaN equals NaN
    assert bins[-1].high == 1.0
    assert bins[np.int64(2)].low == bins[2].low
    with pytest.raises(IndexError):
        bins[15]
    with pytest.raises(TypeError, match="str"):
        bins["count"]  # type: ignore[call-overload]


@pytest.mark.parametrize("binning", ["equal_mass_quantile", "monotone_sweep"])
def test_other_binnings_are_those_of_the_reference(logits: Array, labels: Array, binning: Any) -> None:
    predictions = binet.Predictions.from_logits(logits.astype(np.float64), labels)
    correct = (predictions.predicted_class == labels).astype(float)
    result = binet.calibration(predictions, binning=binning)
    n_bins = reference.sweep(predictions.confidence, correct) if binning == "monotone_sweep" else 15
    kind = "equal_mass" if binning == "monotone_sweep" else binning
    rows = reference.bins(predictions.confidence, correct, n_bins, kind)
    assert result.bins.count.tolist() == [len(row) for row in rows]
    ece, mce, rms = reference.calibration(predictions.confidence, correct, n_bins, kind)
    assert (result.ece, result.mce, result.rms) == pytest.approx((ece, mce, rms), abs=1e-12)
    assert result.rms_debiased == pytest.approx(reference.debiased(predictions.confidence, correct, rows), abs=1e-12)


def test_the_sweep_has_its_bounds() -> None:
    sweep: Any = {"binning": "monotone_sweep"}
    right = from_confidences(np.linspace(0.5, 1, 100), np.ones(100))
    assert len(binet.calibration(right, **sweep).bins) == 100  # all right: never falls
    assert len(binet.calibration(right, n_bins=7, **sweep).bins) == 7
    assert len(binet.calibration(from_confidences([0.6, 0.9], [1, 0]), **sweep).bins) == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"convention": "keras"}, "convention is 'keras'; allowed: 'binet', 'torchmetrics'"),
        ({"convention": 1}, "convention is 1; allowed"),
        ({"binning": "equal"}, "binning is 'equal'; allowed: 'equal_width'"),
        ({"n_bins": 0}, "n_bins is 0; allowed"),
        ({"convention": "torchmetrics", "binning": "equal_mass"}, "torchmetrics.*which has no equal mass"),
        ({"convention": "sklearn", "binning": "monotone_sweep"}, "sklearn.*which has no monotone sweep"),
    ],
)
def test_bad_options_are_named(wrong: Any, message: str) -> None:
    with pytest.raises(binet.Error, match=message) as caught:
        binet.calibration(from_confidences([0.5, 0.6], [0, 1]), **wrong)
    assert caught.value.status is binet.Status.INVALID_ARGUMENT


def test_labels_are_needed() -> None:
    bare = binet.Predictions.from_probabilities([[0.5, 0.5], [0.2, 0.8]])
    with pytest.raises(binet.Error, match="row 0 has no label") as caught:
        binet.calibration(bare)
    assert (caught.value.argument, caught.value.index) == ("predictions", 0)


def test_result_reads_well(logits: Array, labels: Array) -> None:
    result = binet.calibration(binet.Predictions.from_logits(logits, labels))
    assert repr(result).startswith("Calibration(ece=")
    assert len(repr(result)) < 200
    assert "ECE" in result._repr_html_()
    assert result._repr_html_().count("<tr>") == 2
    assert result.bins._repr_html_().count("<tr>") == 16
    assert len(repr(result.bins).splitlines()) == 16
    assert "as netcal" in repr(binet.calibration(binet.Predictions.from_logits(logits, labels), convention="netcal"))
    assert [row.count for row in result.bins] == result.bins.count.tolist()
    with pytest.raises(ValueError, match="read-only"):
        result.bins.count[0] = 1


# ---- The diagram -----------------------------------------------------------------------------------------------------


def bars(ax: Any, label: str) -> list[tuple[float, float, float]]:
    """Left, bottom and height of each bar of a series, rounded."""
    found = [container for container in ax.containers if container.get_label() == label]
    return [
        (round(bar.get_x(), 9), round(bar.get_y(), 9), round(bar.get_height(), 9)) for c in found for bar in c.patches
    ]


def test_diagram_draws_the_numbers() -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    # Four bins: [0, .25] empty, .5 right half the time, .6 and .7 always right, .9 never.
    predictions = from_confidences([0.5, 0.5, 0.6, 0.7, 0.9], [1, 0, 1, 1, 0])
    ax = binet.calibration(predictions, n_bins=4).plot()
    assert bars(ax, "accuracy") == [(0.25, 0, 0.5), (0.5, 0, 1.0), (0.75, 0, 0.0)]
    assert bars(ax, "gap: too confident") == [(0.75, 0.0, 0.9)]
    assert bars(ax, "gap: not confident enough") == [(0.5, 1.0, -0.35)]
    below: Any = ax.figure.axes[1]
    assert [(bar.get_x(), round(bar.get_height(), 9)) for bar in below.patches] == [
        (0.25, 40),
        (0.5, 40),
        (0.75, 20),
    ]
    assert ax.get_xlim() == below.get_xlim() == (0, 1)
    ax.figure.canvas.draw()
    plt.close("all")


@pytest.mark.parametrize("binning", ["equal_width", "equal_mass"])
def test_diagram_goes_where_it_is_told(logits: Array, labels: Array, binning: Any) -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    figure, axes = plt.subplots(1, 2)
    result = binet.calibration(binet.Predictions.from_logits(logits, labels), binning=binning)
    assert result.plot(axes[1]) is axes[1]
    assert len(figure.axes) == 3
    figure.canvas.draw()
    plt.close("all")


@pytest.mark.parametrize("inches", [1.5, 2.2, 4.3])
def test_text_does_not_cover_a_small_diagram(logits: Array, labels: Array, inches: float) -> None:
    """Legends stay within their axes, and clear of the numbers."""
    plt = pytest.importorskip("matplotlib.pyplot")
    figure = plt.figure(figsize=(inches / 0.8, inches / 0.6))
    ax: Any = binet.calibration(binet.Predictions.from_logits(logits, labels)).plot(
        figure.add_axes((0.15, 0.2, 0.8, 0.75))
    )
    figure.canvas.draw()
    legend, whole = ax.get_legend().get_window_extent(), ax.get_window_extent()
    assert whole.x0 <= legend.x0
    assert legend.width < 0.75 * whole.width
    assert legend.height < 0.5 * whole.height
    assert not legend.overlaps(ax.texts[0].get_window_extent())
    plt.close("all")


def test_matplotlib_is_needed_only_to_draw() -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = sys.modules['matplotlib.pyplot'] = None\n"
        "import binet\n"
        "result = binet.calibration(binet.Predictions.from_logits([[0.0, 1.0]], [1]))\n"
        "try: result.plot()\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert "pip install 'libbinet[plot]'" in done.stdout
