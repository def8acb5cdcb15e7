"""Class-wise calibration: against the definitions in float64, real probabilities with a published number, and peers."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
import reference

Array = npt.NDArray[Any]


@pytest.fixture(scope="session")
def cifar10(data: Path) -> tuple[Array, Array]:
    """The softmax outputs of a VGG on the test set of CIFAR-10 [10000, 10], float32, and the labels."""
    folder = data / "cifar10-vgg"
    return np.load(folder / "probs.npy"), np.load(folder / "labels.npy")


# ---- Definitions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [0.0, 0.01, 0.3])
@pytest.mark.parametrize("binning", ["equal_width", "equal_mass"])
@pytest.mark.parametrize("n_bins", [1, 2, 15, 100, 999])
def test_errors_are_those_of_the_reference(
    logits: Array, labels: Array, n_bins: int, binning: Any, threshold: float
) -> None:
    wide = logits.astype(np.float64)
    result = binet.classwise_calibration(wide, labels, n_bins=n_bins, binning=binning, threshold=threshold)
    expected = np.array(reference.classwise(reference.softmax(wide), labels, n_bins, binning, threshold))
    found = np.stack([result.classes.ece, result.classes.rms, result.classes.mce], axis=1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-12)
    assert result.ece == pytest.approx(np.nanmean(expected[:, 0]), abs=1e-12)
    assert result.rms == pytest.approx(np.sqrt(np.nanmean(expected[:, 1] ** 2)), abs=1e-12)
    assert result.mce == pytest.approx(np.nanmax(expected[:, 2]), abs=1e-12)
    assert result.n_empty == np.isnan(expected[:, 0]).sum()
    assert result.n_unseen == 37 - len(np.unique(labels))
    assert result.classes.n_labels.tolist() == np.bincount(labels, minlength=37).tolist()


@pytest.mark.parametrize(
    ("binning", "threshold"), [("equal_width", 0.0), ("equal_mass", 0.0), ("equal_mass", 0.01), ("equal_mass", 0.3)]
)
@pytest.mark.parametrize("n_bins", [1, 15, 100, 500])
def test_pearce_is_that_of_the_reference(
    logits: Array, labels: Array, n_bins: int, binning: Any, threshold: float
) -> None:
    wide = logits.astype(np.float64)
    result = binet.classwise_calibration(
        wide, labels, n_bins=n_bins, binning=binning, threshold=threshold, definition="pearce"
    )
    expected = reference.pearce(reference.softmax(wide), labels, n_bins, binning, threshold)
    np.testing.assert_allclose(result.classes.ece, expected, rtol=0, atol=2e-12)
    assert result.ece == pytest.approx(np.mean(expected), abs=1e-12)


def test_pearce_drops_a_probability_of_zero_and_the_least_one() -> None:
    """Class 0 has 0, 0, .5 and 1: the zeros are in no bin of either kind; nor is a single row."""
    p = np.array([[0.0, 1.0], [0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    for binning in ("equal_width", "equal_mass"):
        result = binet.classwise_calibration(
            p, [1, 0, 0, 0], "probabilities", n_bins=2, binning=binning, definition="pearce"
        )
        assert result.classes.n[0] == 2
        assert result.classes.ece.tolist() == pytest.approx(reference.pearce(p, np.array([1, 0, 0, 0]), 2, binning))
    one = binet.classwise_calibration(p[2:3], [0], "probabilities", binning="equal_mass", definition="pearce")
    assert (one.ece, one.n_empty, one.classes.n.tolist()) == (0.0, 2, [0, 0])


def test_nixon_counts_every_probability() -> None:
    p = np.array([[0.0, 1.0], [0.0, 1.0]])
    result = binet.classwise_calibration(p, [0, 1], "probabilities")
    assert result.classes.n.tolist() == [2, 2]
    assert result.classes.ece.tolist() == [0.5, 0.5]


def test_top_label_probability_is_the_confidence(logits: Array, labels: Array) -> None:
    """With two classes and one bin, class by class: the sums are those of Predictions."""
    pair = logits[:, :2]
    truth = labels % 2
    table = binet.Predictions.from_logits(pair, truth)
    first = np.where(table.predicted_class == 0, table.confidence, 1 - table.confidence)
    result = binet.classwise_calibration(pair, truth, n_bins=1)
    assert result.classes.probability[0] == pytest.approx(first.mean(), abs=1e-7)


# ---- Real probabilities and peers ------------------------------------------------------------------------------------


def test_cifar10_comes_out_as_published(cifar10: tuple[Array, Array], expected: Any) -> None:
    probabilities, labels = cifar10
    result = binet.classwise_calibration(probabilities, labels, "probabilities")
    assert result.ece == pytest.approx(expected["cifar10_vgg"]["classwise_ece15_l1"], abs=1e-12)
    wide = probabilities.astype(np.float64)
    for binning in ("equal_width", "equal_mass"):
        for threshold in (0.0, 0.01):
            found = binet.classwise_calibration(
                probabilities, labels, "probabilities", binning=binning, threshold=threshold
            )
            known = np.array(reference.classwise(wide, labels, 15, binning, np.float64(threshold)))
            np.testing.assert_allclose(found.classes.ece, known[:, 0], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("binning", "threshold"), [("equal_width", 0.0), ("equal_mass", 0.0), ("equal_mass", 0.01)])
def test_cifar10_as_pearce_has_it(cifar10: tuple[Array, Array], binning: Any, threshold: float) -> None:
    probabilities, labels = cifar10
    wide = probabilities.astype(np.float64)
    found = binet.classwise_calibration(
        wide, labels, "probabilities", binning=binning, threshold=threshold, definition="pearce"
    )
    np.testing.assert_allclose(
        found.classes.ece, reference.pearce(wide, labels, 15, binning, threshold), rtol=0, atol=1e-12
    )
    nixon = binet.classwise_calibration(wide, labels, "probabilities", binning=binning, threshold=threshold)
    assert abs(found.ece - nixon.ece) > 1e-4  # the two are different quantities


CONVENTIONS = ("binet", "torchmetrics", "netcal", "tensorflow", "sklearn", "verified_calibration")


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("n_bins", [1, 3, 10, 15])
def test_conventions_are_those_of_calibration(rng: np.random.Generator, convention: Any, n_bins: int) -> None:
    """Two classes, with probabilities on every edge: class 0 is `binet.calibration` of rows that all predict class 0.

    So the rows below 1/2, which predict class 1, are left out by a threshold.
    """
    edges = np.concatenate([np.linspace(0, 1, n_bins + 1), np.arange(n_bins + 1) / n_bins, rng.random(300)])
    p = edges[edges >= 0.5]
    labels = rng.integers(0, 2, len(p))
    pair = np.stack([p, 1 - p], axis=1)
    top = binet.calibration(binet.Predictions.from_probabilities(pair, labels), n_bins, convention=convention)
    for threshold in (0.0, 0.5):
        found = binet.classwise_calibration(
            pair, labels, "probabilities", n_bins=n_bins, convention=convention, threshold=threshold
        )
        assert found.n_bins == n_bins + (convention == "torchmetrics")
        one = found.classes[0]
        assert (one.ece, one.rms, one.mce) == pytest.approx((top.ece, top.rms, top.mce), abs=1e-11)
    assert ("as " + convention in repr(found)) == (convention != "binet")
    assert ("as " + convention in found._repr_html_()) == (convention != "binet")


@pytest.mark.parametrize("norm", [1, 2])
def test_the_marginal_error_of_uncertainty_calibration(cifar10: tuple[Array, Array], norm: int) -> None:
    """Kumar et al.'s package: its L1 is `ece`, its L2 `rms`, with bins of equal width and of equal mass."""
    utils = pytest.importorskip("calibration.utils", reason="uncertainty-calibration is not installed")
    wide, labels = cifar10[0].astype(np.float64), cifar10[1]
    for binning, scheme in (("equal_width", utils.get_equal_prob_bins), ("equal_mass", utils.get_equal_bins)):
        peer = utils.lower_bound_scaling_ce(
            wide, labels, p=norm, debias=False, num_bins=15, binning_scheme=scheme, mode="marginal"
        )
        found = binet.classwise_calibration(wide, labels, "probabilities", binning=binning)  # type: ignore[arg-type]
        assert (found.ece if norm == 1 else found.rms) == pytest.approx(peer, abs=1e-12)


@pytest.mark.parametrize(("norm", "name"), [("l1", "ece"), ("l2", "rms"), ("max", "mce")])
def test_binary_errors_of_torchmetrics_class_by_class(cifar10: tuple[Array, Array], norm: Any, name: str) -> None:
    """torchmetrics has no class-wise error, but one of two classes, in float32."""
    torch = pytest.importorskip("torch")
    from torchmetrics.functional.classification import binary_calibration_error

    probabilities, labels = cifar10
    found = binet.classwise_calibration(probabilities, labels, "probabilities", convention="torchmetrics")
    for k in range(10):
        scores, truth = torch.from_numpy(probabilities[:, k].copy()), torch.from_numpy((labels == k).astype(np.int64))
        peer = float(binary_calibration_error(scores, truth, n_bins=15, norm=norm))
        assert getattr(found.classes, name)[k] == pytest.approx(peer, abs=1e-6)


def test_binary_errors_of_netcal_class_by_class(cifar10: tuple[Array, Array]) -> None:
    """netcal has no class-wise error either."""
    metrics = pytest.importorskip("netcal.metrics", reason="netcal is not installed")
    probabilities, labels = cifar10
    found = binet.classwise_calibration(probabilities, labels, "probabilities", convention="netcal")
    for k in range(10):
        peer = metrics.ECE(15).measure(probabilities[:, k].astype(np.float64), (labels == k).astype(np.int64))
        assert found.classes.ece[k] == pytest.approx(peer, abs=1e-12)


# ---- Batches ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [0.0, 0.05])
def test_batches_give_the_same_bits(logits: Array, labels: Array, threshold: float) -> None:
    whole = binet.classwise_calibration(logits, labels, threshold=threshold)
    builder = binet.ClasswiseCalibrationBuilder(threshold=threshold)
    for rows in np.array_split(np.arange(257), [1, 1, 100, 230]):
        builder.append(logits[rows], labels[rows])
    for _ in range(2):
        result = builder.finish()
        assert (result.ece, result.rms, result.mce, result.n) == (whole.ece, whole.rms, whole.mce, whole.n)
        for name, column in vars(result.classes).items():
            np.testing.assert_array_equal(column, getattr(whole.classes, name))
    with pytest.raises(binet.Error) as caught:
        builder.append(logits[:2], [0, 37])
    assert (caught.value.argument, caught.value.index) == ("labels", 258)
    assert builder.finish().ece == whole.ece
    builder.append(logits, labels)
    assert builder.finish().n == 514


def test_memory_maps_and_views_are_read_as_they_are(logits: Array, labels: Array, tmp_path: Path) -> None:
    np.save(tmp_path / "logits.npy", logits)
    whole = binet.classwise_calibration(logits, labels)
    assert binet.classwise_calibration(np.load(tmp_path / "logits.npy", mmap_mode="r"), labels).ece == whole.ece
    assert binet.classwise_calibration(np.asfortranarray(logits), labels.astype(np.int16)).ece == whole.ece
    assert binet.classwise_calibration(logits[::-1], labels[::-1]).ece == whole.ece
    half = logits.astype(np.float16)
    widened = binet.classwise_calibration(half.astype(np.float32), labels)
    assert binet.classwise_calibration(half, labels).ece == widened.ece


def test_a_temperature_divides_the_logits(logits: Array, labels: Array) -> None:
    halved = binet.classwise_calibration(logits * np.float32(0.5), labels, n_bins=7)
    assert binet.classwise_calibration(logits, labels, n_bins=7, temperature=2).ece == halved.ece


# ---- QUBA ------------------------------------------------------------------------------------------------------------


def test_quba_is_the_geometric_mean(logits: Array, labels: Array) -> None:
    ece = binet.calibration(binet.Predictions.from_logits(logits, labels), convention="torchmetrics").ece
    ace = binet.classwise_calibration(logits, labels, binning="equal_mass").ece
    assert binet.quba_calibration_error(logits, labels) == pytest.approx(math.sqrt(ece * ace), rel=1e-15)
    p = reference.softmax(logits.astype(np.float64))
    assert binet.quba_calibration_error(p, labels, "probabilities") == pytest.approx(math.sqrt(ece * ace), rel=1e-5)


# ---- How it reads, and how it fails ----------------------------------------------------------------------------------


def test_result_reads_well(logits: Array, labels: Array) -> None:
    result = binet.classwise_calibration(logits, labels)
    assert repr(result).startswith("ClasswiseCalibration(SCE, ece=")
    assert len(repr(result)) < 200
    assert result._repr_html_().count("<tr>") == 2
    assert result.classes._repr_html_().count("<tr>") == 11
    assert "ece by class" in repr(result.classes)
    assert float(result) == result.ece
    assert [one.n for one in result.classes] == result.classes.n.tolist()
    worst = result.classes.worst(37)
    assert (np.diff(result.classes.ece[worst]) <= 0).all()
    with pytest.raises(ValueError, match="read-only"):
        result.classes.n[0] = 1
    names = {
        ("equal_width", 0.01, "nixon"): "thresholded SCE",
        ("equal_mass", 0.0, "nixon"): "ACE",
        ("equal_mass", 0.01, "nixon"): "TACE",
        ("equal_mass", 0.01, "pearce"): "Pearce's TACE",
        ("equal_width", 0.0, "pearce"): "Pearce's SCE",
    }
    for (binning, threshold, definition), name in names.items():
        options: Any = {"binning": binning, "threshold": threshold, "definition": definition}
        assert binet.classwise_calibration(logits, labels, **options).name == name


@pytest.mark.parametrize(
    ("options", "argument", "says"),
    [
        ({"kind": "softmax"}, "kind", "'logits', 'probabilities'"),
        ({"n_bins": 0}, "n_bins", "n_bins is 0; allowed: whole numbers, 1 .. 65536"),
        ({"n_bins": 65537}, "n_bins", "65537"),
        ({"binning": "width"}, "binning", "'equal_width', 'equal_mass'"),
        ({"convention": "keras"}, "convention", "'binet', 'torchmetrics'"),
        ({"convention": "netcal", "binning": "equal_mass"}, "convention", "netcal"),
        ({"definition": "guo"}, "definition", "'nixon', 'pearce'"),
        ({"threshold": 1.5}, "threshold", "threshold is 1.5; allowed: 0 .. 1"),
        ({"threshold": math.nan}, "threshold", "allowed: 0 .. 1"),
        ({"threshold": "low"}, "threshold", "'low'; allowed: a number"),
        ({"temperature": 0}, "temperature", "temperature is 0"),
        ({"temperature": -1.0}, "temperature", "temperature is -1"),
        ({"definition": "pearce", "threshold": 0.01}, "threshold", "equal mass only"),
    ],
)
def test_options_that_do_not_fit(logits: Array, labels: Array, options: Any, argument: str, says: str) -> None:
    with pytest.raises(binet.Error) as caught:
        binet.classwise_calibration(logits, labels, **options)
    assert caught.value.status == binet.Status.INVALID_ARGUMENT
    assert caught.value.argument == argument
    assert says in str(caught.value)


def test_data_that_does_not_fit(logits: Array, labels: Array) -> None:
    for binning in ("equal_width", "equal_mass"):
        broken = logits.copy()
        broken[200, 5] = np.nan
        with pytest.raises(binet.Error, match="NaN in column 5") as caught:
            binet.classwise_calibration(broken, labels, binning=binning)
        assert (caught.value.status, caught.value.index) == (binet.Status.INVALID_DATA, 200)
        with pytest.raises(binet.Error, match=r"scores\[0\] (sums to|has the probability)") as caught:
            binet.classwise_calibration(logits, labels, "probabilities", binning=binning)
        assert (caught.value.status, caught.value.index) == (binet.Status.INVALID_DATA, 0)
        with pytest.raises(binet.Error, match=r"labels\[3\] is 40; allowed: 0 .. 36"):
            binet.classwise_calibration(logits, np.where(np.arange(257) == 3, 40, labels), binning=binning)
    with pytest.raises(binet.Error, match="labels is NULL"):
        binet.classwise_calibration(logits, None)
    with pytest.raises(binet.Error, match="1 dimensions"):
        binet.classwise_calibration(logits[0], labels)
    with pytest.raises(binet.Error, match="no rows"):
        binet.ClasswiseCalibrationBuilder().finish()


# ---- The picture -----------------------------------------------------------------------------------------------------


def test_picture_draws_the_classes(logits: Array, labels: Array) -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    result = binet.classwise_calibration(logits, labels)
    _, axes = plt.subplots(1, 2)
    ax = result.plot(axes[1])
    assert ax is axes[1]
    heights = sorted((bar.get_height() for bar in ax.patches), reverse=True)
    assert heights == pytest.approx(sorted(result.classes.ece.tolist(), reverse=True))
    assert any(f"mean {result.ece:.4g}" in text.get_text() for text in ax.get_legend().get_texts())
    assert [text.get_text() for text in ax.texts] == [f"class {k}" for k in result.classes.worst(3)]
    ax.figure.canvas.draw()
    # Classes without an error are not drawn.
    ax = binet.classwise_calibration(logits, labels, threshold=1.0).plot()
    assert len(ax.patches) == 0
    ax.figure.canvas.draw()
    plt.close("all")


def test_matplotlib_is_needed_only_to_draw() -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = sys.modules['matplotlib.pyplot'] = None\n"
        "import binet\n"
        "result = binet.classwise_calibration([[0.0, 1.0]], [1])\n"
        "try: result.plot()\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert "pip install 'libbinet[plot]'" in done.stdout
