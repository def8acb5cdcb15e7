"""The fitted temperature against SciPy, as a map, in files, and what is refused."""

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


def mean_nll(logits: Array, labels: Array, temperature: float) -> float:
    z = logits.astype(np.float64) / temperature
    z -= z.max(1, keepdims=True)
    return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]).mean())


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0, 2.5, 100.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_temperature_is_scipys(logits: Array, labels: Array, scale: float, dtype: Any) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    scaled = (logits * scale).astype(dtype)
    fit = binet.fit_temperature(scaled, labels)
    peer = optimize.minimize_scalar(
        lambda log_t: mean_nll(scaled, labels, float(np.exp(log_t))),
        bracket=(np.log(fit.temperature) - 0.7, np.log(fit.temperature) + 0.5),
        options={"xtol": 1e-12},
    )
    # A minimum can be told from its neighbours to the square root of the rounding only.
    assert fit.temperature == pytest.approx(np.exp(peer.x), rel=3e-7)
    assert fit.nll_after == pytest.approx(peer.fun, rel=1e-12 if dtype == np.float64 else 1e-7)
    assert fit.nll_before == pytest.approx(mean_nll(scaled, labels, 1), rel=1e-12 if dtype == np.float64 else 1e-7)
    assert fit.nll_after <= fit.nll_before
    assert fit.converged
    assert fit.relative_error < (1e-7 if dtype == np.float64 else 1e-5)
    assert fit.n == len(labels)


def test_the_map_is_what_predictions_take(logits: Array, labels: Array) -> None:
    scaling = binet.TemperatureScaling().fit(logits * 3, labels)
    assert scaling.fit_ is not None
    table = binet.Predictions.from_logits(logits * 3, labels, temperature=scaling.temperature_)
    assert table.nll.mean() == pytest.approx(scaling.fit_.nll_after, rel=1e-13)
    scaled = binet.Predictions.from_logits(scaling.transform(logits * 3), labels)
    np.testing.assert_allclose(scaled.confidence, table.confidence, rtol=1e-5)
    assert (scaled.predicted_class == binet.Predictions.from_logits(logits * 3).predicted_class).all()
    assert scaling.transform(logits).dtype == logits.dtype
    assert scaling.transform([[1.0, 2.0]]).shape == (1, 2)
    torch = pytest.importorskip("torch")
    assert scaling.transform(torch.zeros(2, 3)).shape == (2, 3)


def test_other_data_is_better_calibrated(rng: np.random.Generator) -> None:
    """Logits three times too large: on rows that the fit never saw, ECE falls to the noise of its bins."""
    logits = rng.normal(size=(8000, 10)) * 2
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (probabilities.cumsum(1) > rng.random((8000, 1))).argmax(1)
    scaling = binet.TemperatureScaling().fit(3 * logits[:4000], labels[:4000])
    assert scaling.temperature_ == pytest.approx(3, rel=0.05)
    before = binet.calibration(binet.Predictions.from_logits(3 * logits[4000:], labels[4000:]))
    after = binet.calibration(binet.Predictions.from_logits(scaling.transform(3 * logits[4000:]), labels[4000:]))
    assert before.ece > 0.2
    assert after.ece < 0.03


def test_what_has_no_best_temperature_says_so() -> None:
    fit = binet.fit_temperature([[2.0, 1.0], [0.0, 1.0]], [0, 1])
    assert (fit.state, fit.converged) == ("separable", False)
    assert np.isnan(fit.temperature)
    assert fit.nll_after == 0
    assert "samples with mistakes" in str(fit)
    fit = binet.fit_temperature([[2.0, 1.0], [0.0, 1.0]], [1, 0])
    assert fit.state == "uniform"
    assert fit.nll_after == pytest.approx(np.log(2), abs=1e-6)
    assert binet.fit_temperature([[1.0, 1.0]], [1]).state == "flat"
    for labels, why in (([0, 1], "samples with mistakes"), ([1, 0], "labels of these rows")):
        with pytest.raises(binet.Error, match=why) as caught:
            binet.TemperatureScaling().fit([[2.0, 1.0], [0.0, 1.0]], labels)
        assert caught.value.status == binet.Status.NOT_CONVERGED
    assert binet.TemperatureScaling().fit([[1.0, 1.0]], [1]).temperature_ == 1


@pytest.mark.parametrize(
    ("logits", "labels", "options", "argument", "index", "why"),
    [
        ([[1.0, np.nan]], [0], {}, "logits", 0, r"logits\[0\] has a NaN in column 1"),
        ([[1.0, 2.0]], [2], {}, "labels", 0, r"labels\[0\] is 2; allowed: 0 \.\. 1"),
        ([[1.0, 2.0]], None, {}, "labels", None, "labels is None"),
        ([[1.0, 2.0]], [0, 1], {}, "labels", None, "labels has 2 entries; logits has 1 rows"),
        ([[1.0, -np.inf]], [1], {}, "logits", 0, r"logits\[0\] excludes the row's label, 1"),
        ([1.0, 2.0], [0], {}, "logits", None, "logits has 1 dimensions"),
        ([[1.0, 2.0]], [0], {"tolerance": 0}, "tolerance", None, r"tolerance is 0; allowed: 1e-15 \.\. 0.1"),
        ([[1.0, 2.0]], [0], {"tolerance": 0.5}, "tolerance", None, r"tolerance is 0.5; allowed: 1e-15 \.\. 0.1"),
        ([[1.0, 2.0]], [0], {"start": -1}, "start", None, r"start is -1; allowed: 1e-6 \.\. 1e6"),
        ([[1.0, 2.0]], [0], {"max_evaluations": 1}, "max_evaluations", None, "max_evaluations is 1"),
    ],
)
def test_what_is_wrong_is_named(
    logits: Any, labels: Any, options: Any, argument: str, index: int | None, why: str
) -> None:
    with pytest.raises(binet.Error, match=why) as caught:
        binet.fit_temperature(logits, labels, **options)
    assert (caught.value.argument, caught.value.index) == (argument, index)


def test_not_converged_says_how_far_it_came(logits: Array, labels: Array) -> None:
    with pytest.raises(binet.Error, match="after 2 passes the temperature is known to lie between") as caught:
        binet.fit_temperature(logits * 9, labels, max_evaluations=2)
    assert caught.value.status == binet.Status.NOT_CONVERGED


def test_results_read_well(logits: Array, labels: Array) -> None:
    fit = binet.fit_temperature(logits, labels)
    assert str(fit).startswith("temperature ")
    assert "relative error" in fit._repr_html_()
    assert float(fit) == fit.temperature
    scaling = binet.TemperatureScaling()
    assert repr(scaling) == "TemperatureScaling(not fitted)"
    assert repr(scaling.fit(logits, labels)) == f"TemperatureScaling(temperature_={fit.temperature:.6g})"
    with pytest.raises(AttributeError):
        fit.temperature = 2.0  # type: ignore[misc]


# ---- Files -----------------------------------------------------------------------------------------------------------


def test_a_file_reads_back_to_the_same_bits(logits: Array, labels: Array, tmp_path: Path) -> None:
    scaling = binet.TemperatureScaling().fit(logits, labels)
    path = tmp_path / "fit.json"
    scaling.save(path)
    scaling.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["fit.json"]
    for read in (binet.TemperatureScaling.load(path), recalibration.load(path)):
        assert isinstance(read, binet.TemperatureScaling)
        assert read.temperature_ == scaling.temperature_
        np.testing.assert_array_equal(read.transform(logits), scaling.transform(logits))
    with pytest.raises(binet.Error, match="not fitted"):
        binet.TemperatureScaling().save(path)
    with pytest.raises(binet.Error, match="not fitted"):
        binet.TemperatureScaling().transform(logits)
    with pytest.raises(binet.Error) as caught:
        scaling.save(tmp_path / "nowhere" / "fit.json")
    assert caught.value.status == binet.Status.IO


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": "other"}, "holds no map"),
        ({"version": 2}, "version 2; this libbinet reads 1"),
        ({"method": "magic"}, "method 'magic'; allowed: .*temperature"),
        ({"temperature": "x"}, "incomplete"),
        ({"temperature": -1}, "its temperature is -1"),
        ({"temperature": None}, "incomplete"),
    ],
)
def test_a_wrong_file_is_named(change: Any, why: str, tmp_path: Path) -> None:
    path = tmp_path / "fit.json"
    record = {"format": "binet recalibration", "version": 1, "method": "temperature", "temperature": 2.0}
    path.write_text(json.dumps(record | change))
    with pytest.raises(binet.Error, match=why) as caught:
        recalibration.load(path)
    assert caught.value.status == binet.Status.INVALID_DATA
    path.write_text("{")
    with pytest.raises(binet.Error, match="not JSON"):
        recalibration.load(path)
    with pytest.raises(binet.Error) as caught:
        recalibration.load(tmp_path / "nothing.json")
    assert caught.value.status == binet.Status.IO
