"""Proper scores, risk and coverage, and the smooth calibration error."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
import reference
from tables import from_confidences

Array = npt.NDArray[Any]


@pytest.fixture
def ties(rng: np.random.Generator) -> binet.Predictions:
    """Confidences of which many are equal."""
    confidence = rng.choice([0.5, 0.6, 0.7, 0.9, 1.0], 500)
    return from_confidences(confidence, rng.random(500) < confidence)


@pytest.fixture(scope="module", params=["cifar10-vgg", "ResNet50", "ViT"])
def real(request: pytest.FixtureRequest, data: Path) -> binet.Predictions:
    if request.param == "cifar10-vgg":
        folder = data / request.param
        return binet.Predictions.from_probabilities(np.load(folder / "probs.npy"), np.load(folder / "labels.npy"))
    folder = data / "imagenet-val"
    return binet.Predictions.from_csv(folder / f"{request.param}.csv", labels=folder / "labels.csv")


def correct(predictions: binet.Predictions) -> Array:
    return (predictions.predicted_class == predictions.label).astype(float)


# ---- Proper scores ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("binning", ["equal_width", "equal_mass", "equal_mass_quantile", "monotone_sweep"])
def test_parts_make_up_the_brier_score(real: binet.Predictions, binning: Any) -> None:
    """Murphy's identity, and each part against NumPy."""
    found = binet.proper_scores(real, binning=binning)
    bins = binet.calibration(real, binning=binning).bins[:]
    right, confidence = correct(real), real.confidence
    assert found.brier_top_label == pytest.approx(np.mean((confidence - right) ** 2), abs=1e-12)
    together = found.reliability - found.resolution + found.uncertainty
    together += found.within_variance - found.within_covariance
    assert together == pytest.approx(found.brier_top_label, abs=1e-14)
    assert found.refinement == pytest.approx(found.uncertainty - found.resolution, abs=1e-14)
    filled = bins.count > 0
    share, accuracy = bins.count[filled] / len(real), bins.accuracy[filled]
    assert found.reliability == pytest.approx(share @ (bins.confidence[filled] - accuracy) ** 2, abs=1e-12)
    assert found.resolution == pytest.approx(share @ (accuracy - right.mean()) ** 2, abs=1e-12)
    assert found.uncertainty == pytest.approx(right.mean() * (1 - right.mean()), abs=1e-15)


def test_published_scores(data: Path, expected: Any) -> None:
    folder, known = data / "cifar10-vgg", expected["cifar10_vgg"]
    vgg = binet.Predictions.from_probabilities(np.load(folder / "probs.npy"), np.load(folder / "labels.npy"))
    found = binet.proper_scores(vgg)
    print(f"cifar10-vgg: nll {found.nll:.12f} brier {found.brier:.12f} ece {binet.calibration(vgg).ece:.12f}")
    assert found.nll == pytest.approx(known["nll"], abs=1e-6)
    assert found.brier == pytest.approx(known["brier"], abs=1e-6)
    assert binet.calibration(vgg).ece == pytest.approx(known["ece15_equal_width_l1"], abs=1e-6)
    for model in ("ResNet50", "ViT"):
        folder = data / "imagenet-val"
        table = binet.Predictions.from_csv(folder / f"{model}.csv", labels=folder / "labels.csv")
        found = binet.proper_scores(table)
        print(f"{model}: brier_top_label {found.brier_top_label:.12f}")
        assert found.brier_top_label == pytest.approx(known_top_label(expected, model), abs=1e-12)
        # Three columns do not say the nll where the answer is wrong, nor any Brier term: no number, and how many rows.
        assert np.isnan(found.nll)
        assert np.isnan(found.brier)
        assert 0 < found.n_without_nll <= 50000
        assert found.n_without_brier > 0


def known_top_label(expected: Any, model: str) -> float:
    return float(expected["imagenet_val"][model]["brier_top_label"])


def test_an_impossible_class_has_an_infinite_nll() -> None:
    found = binet.proper_scores(binet.Predictions.from_probabilities([[1.0, 0.0], [1.0, 0.0]], [0, 1]))
    assert found.nll == np.inf
    assert found.brier == 1.0
    assert found.brier_top_label == 0.5


def test_large_nll_stays_in_range() -> None:
    found = binet.proper_scores(binet.Predictions.from_logits(np.array([[0.0, 1e300], [0.0, 0.0]]), [0, 0]))
    assert found.nll == pytest.approx(5e299, rel=1e-12)


# ---- Risk and coverage -----------------------------------------------------------------------------------------------


def test_areas_are_those_of_the_reference(real: binet.Predictions, ties: binet.Predictions) -> None:
    for predictions in (real, ties):
        found = binet.risk_coverage(predictions)
        aurc, best, augrc = reference.risk_areas(predictions.confidence, correct(predictions))
        assert found.aurc == pytest.approx(aurc, abs=1e-12)
        assert found.eaurc == pytest.approx(aurc - best, abs=1e-12)
        assert found.augrc == pytest.approx(augrc, abs=1e-12)


def test_augrc_is_that_of_its_closed_form(real: binet.Predictions) -> None:
    """Traub et al.: (1 - AUROC) accuracy (1 - accuracy) + (1 - accuracy)^2 / 2."""
    auroc = import_module("sklearn.metrics").roc_auc_score(correct(real), real.confidence)
    accuracy = correct(real).mean()
    closed = (1 - auroc) * accuracy * (1 - accuracy) + (1 - accuracy) ** 2 / 2
    assert binet.risk_coverage(real).augrc == pytest.approx(closed, abs=1e-10)


def test_order_of_rows_does_not_matter(ties: binet.Predictions, rng: np.random.Generator) -> None:
    mixed = ties[rng.permutation(len(ties))]
    for first, second in zip(
        vars(binet.risk_coverage(ties, risk=0.2)).values(),
        vars(binet.risk_coverage(mixed, risk=0.2)).values(),
        strict=True,
    ):
        assert np.array_equal(first, second, equal_nan=True)
    assert binet.smooth_ece(ties) == binet.smooth_ece(mixed)
    assert repr(binet.proper_scores(ties)) == repr(binet.proper_scores(mixed))


def test_risk_and_coverage_that_are_asked_for() -> None:
    # Sorted: .9 right, .8 right and wrong, .7 wrong, .6 right.
    table = from_confidences([0.9, 0.8, 0.8, 0.7, 0.6], [1, 1, 0, 0, 1])
    found = binet.risk_coverage(table, risk=0.35, coverage=0.5)
    assert found.thresholds.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert found.coverage.tolist() == [0.2, 0.6, 0.8, 1.0]
    assert found.risk.tolist() == [0.0, 1 / 3, 0.5, 0.4]
    assert (found.coverage_at_risk, found.threshold_at_risk) == (0.6, 0.8)
    assert (found.risk_at_coverage, found.threshold_at_coverage) == (1 / 3, 0.8)
    # In the middle of the tie half an answer is wrong: risks 0, .5/2, 1/3, 2/4, 2/5.
    assert found.aurc == pytest.approx((0 + 0.25 + 1 / 3 + 0.5 + 0.4) / 5, abs=1e-15)
    assert found.eaurc == pytest.approx(found.aurc - (1 / 4 + 2 / 5) / 5, abs=1e-15)
    none = binet.risk_coverage(from_confidences([0.9, 0.8], [0, 1]), risk=0.1)
    assert none.coverage_at_risk == 0
    assert np.isnan(none.threshold_at_risk)
    assert np.isnan(none.risk_at_coverage)


@pytest.mark.parametrize(("right", "aurc", "augrc"), [(1, 0.0, 0.0), (0, 1.0, 0.5)])
def test_all_right_and_all_wrong(right: int, aurc: float, augrc: float) -> None:
    table = from_confidences([0.9, 0.8, 0.8], [right] * 3)
    found = binet.risk_coverage(table)
    assert (found.aurc, found.eaurc) == (aurc, 0.0)
    assert found.augrc == pytest.approx(augrc, abs=1e-15)
    scores = binet.proper_scores(table)
    assert (scores.resolution, scores.uncertainty, scores.refinement) == (0, 0, 0)


@pytest.mark.parametrize("name", ["risk", "coverage"])
@pytest.mark.parametrize("value", [0, 1, -0.1, 1.5, float("nan")])
def test_risk_and_coverage_are_shares(ties: binet.Predictions, name: str, value: float) -> None:
    asked: Any = {name: value}
    with pytest.raises(binet.Error, match=name) as caught:
        binet.risk_coverage(ties, **asked)
    assert caught.value.status is binet.Status.INVALID_ARGUMENT


def test_curve_is_drawn(ties: binet.Predictions) -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    found = binet.risk_coverage(ties)
    ax = found.plot(label="a")
    assert found.plot(ax, label="b") is ax
    first: Any = ax.lines[0]
    assert first.get_xdata()[1:].tolist() == found.coverage.tolist()
    assert first.get_ydata()[1:].tolist() == found.risk.tolist()
    legend: Any = ax.get_legend()
    assert [text.get_text().split()[0] for text in legend.get_texts()] == ["a", "b"]
    ax.figure.canvas.draw()
    plt.close("all")


# ---- The smooth calibration error ------------------------------------------------------------------------------------


def test_smooth_ece_is_that_of_the_definition(ties: binet.Predictions, real: binet.Predictions) -> None:
    """The reflected kernel, integrated in closed form between changes of sign; as near as the header says."""
    confidence = np.random.default_rng(0).uniform(0.5, 1, 300)
    many = from_confidences(confidence, np.random.default_rng(1).random(300) < confidence)
    for predictions, bandwidths in ((ties, (0.02, 0.1, 0.5, 1.0)), (real[:1000], (0.05,)), (many, (0.004,))):
        for bandwidth in bandwidths:
            theirs = reference.smooth_ece(predictions.confidence, correct(predictions), bandwidth)
            assert binet.smooth_ece(predictions, bandwidth).value == pytest.approx(theirs, abs=1e-9)


def test_smooth_ece_is_its_own_bandwidth(real: binet.Predictions) -> None:
    found = binet.smooth_ece(real)
    assert found.value == pytest.approx(found.bandwidth, abs=1e-11)
    assert binet.smooth_ece(real, found.bandwidth).value == pytest.approx(found.value, abs=1e-11)
    assert binet.smooth_ece(real, 2 * found.bandwidth).value < found.value
    assert float(found) == found.value


def test_smooth_ece_against_relplot(real: binet.Predictions) -> None:
    """relplot's own code, on a finer mesh and with its lost halves put back, gives the number of the definition.

    It puts rows on a grid and mirrors the grid at 0 and 1, where the end places are their own mirror image and count
    once instead of twice: rows as sure as most of these are weigh half. Its integral takes 200 places, both ends in
    full.
    """
    try:
        kernels, metrics = import_module("relplot.kernels"), import_module("relplot.metrics")
    except ImportError as error:
        pytest.skip(f"relplot cannot be imported ({error}); the Makefile's PEERS have it")

    class Mended(kernels.ReflectedGaussianKernel):  # type: ignore[misc, name-defined]
        def convolve(self, values: Array, eval_points: int) -> Any:
            ends = np.ones(len(values))
            ends[[0, -1]] = 2
            return super().convolve(values * ends, eval_points)

    right, confidence = correct(real), real.confidence
    mesh = np.linspace(0, 1, 1_000_001)

    def fine(kernel: Any) -> float:
        residual = np.abs(kernel.apply(confidence, confidence - right, mesh, eval_points=8000))
        return float(np.trapezoid(residual, mesh) / len(right))

    ours = binet.smooth_ece(real, 0.05).value
    mended, refined = fine(Mended(0.05)), fine(kernels.ReflectedGaussianKernel(0.05))
    plain = metrics.smECE_sigma(confidence, right, 0.05)
    value, bandwidth = metrics.smECE(confidence, right, return_width=True)
    found = binet.smooth_ece(real)
    print(
        f"smECE at 0.05: ours {ours:.9f}; relplot mended {mended:.9f}, on a fine mesh {refined:.9f}, plain {plain:.9f}"
    )
    print(f"smECE: ours {found.value:.9f}; relplot {value:.9f} at the bandwidth {bandwidth:.9f}")
    assert ours == pytest.approx(mended, abs=1e-6)
    assert abs(plain - ours) > 1e-5  # 38 % too much on the first of these


def test_smooth_ece_has_its_ends() -> None:
    right = binet.smooth_ece(from_confidences([1.0, 1.0], [1, 1]))
    assert (right.value, right.bandwidth) == (0.0, 0.001)
    wrong = binet.smooth_ece(from_confidences([1.0, 1.0], [0, 0]))
    assert wrong.value == pytest.approx(1.0, abs=1e-12)
    half = binet.smooth_ece(from_confidences([0.75] * 8, [1, 0] * 4))
    assert half.value == pytest.approx(0.25, abs=1e-12)  # one sign only: the mean gap, whatever the bandwidth


@pytest.mark.parametrize("bandwidth", [0, 0.0009, 1.1, -1, float("nan")])
def test_bandwidth_has_a_range(ties: binet.Predictions, bandwidth: float) -> None:
    with pytest.raises(binet.Error, match="bandwidth") as caught:
        binet.smooth_ece(ties, bandwidth)
    assert caught.value.status is binet.Status.INVALID_ARGUMENT


def test_threads_change_no_bit(real: binet.Predictions) -> None:
    before = binet.get_num_threads()
    found = []
    for n_threads in (1, 2, 7):
        binet.set_num_threads(n_threads)
        found.append(binet.smooth_ece(real))
    binet.set_num_threads(before)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("measure", [binet.proper_scores, binet.risk_coverage, binet.smooth_ece])
def test_labels_are_needed(measure: Any) -> None:
    with pytest.raises(binet.Error, match="row 1 has no label") as caught:
        measure(binet.Predictions.concatenate([from_confidences([0.5], [1]), bare()]))
    assert (caught.value.argument, caught.value.index) == ("predictions", 1)
    assert caught.value.status is binet.Status.INVALID_DATA


def bare() -> binet.Predictions:
    return binet.Predictions.from_probabilities([[0.5, 0.5]])


def test_results_read_well(ties: binet.Predictions) -> None:
    assert "reliability" in binet.proper_scores(ties)._repr_html_()
    assert "AUGRC" in binet.risk_coverage(ties)._repr_html_()
    assert repr(binet.risk_coverage(ties)).startswith("RiskCoverage(aurc=")
    assert "smECE" in binet.smooth_ece(ties)._repr_html_()
