"""Robustness to corruption: against the definitions in NumPy, AlexNet's published errors, and laws."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest

Array = npt.NDArray[Any]

# Hendrycks and Dietterich (ICLR 2019), in six digits.
ALEXNET = (
    0.886428, 0.894468, 0.922640, 0.819880, 0.826268, 0.785948, 0.798360, 0.866816, 0.826572, 0.819324, 0.564592,
    0.853204, 0.646056, 0.717840, 0.606500,
)  # fmt: skip
CLEAN = 0.4348


def mapping(accuracies: Array) -> dict[tuple[str, int], Any]:
    return {
        (name, severity): accuracies[row, severity - 1]
        for row, name in enumerate(binet.CORRUPTIONS)
        for severity in range(1, 6)
    }


@pytest.fixture
def accuracies(rng: np.random.Generator) -> Array:
    return rng.uniform(0.05, 0.9, (15, 5))


def test_the_baseline_is_the_published_one() -> None:
    errors, clean = binet.baseline_errors()
    assert tuple(errors) == binet.CORRUPTIONS
    assert tuple(errors.values()) == ALEXNET
    assert clean == CLEAN
    rounded, _ = binet.baseline_errors("alexnet_rounded")
    assert tuple(rounded.values()) == (*(round(error, 3) for error in ALEXNET[:-1]), 0.607)  # a half goes up


@pytest.mark.parametrize("baseline", ["alexnet", "alexnet_rounded"])
def test_alexnet_itself_has_exactly_100(baseline: Any) -> None:
    errors, clean = binet.baseline_errors(baseline)
    own = np.tile(1 - np.array(list(errors.values()))[:, None], 5)
    found = binet.corruption_robustness(own, clean=1 - clean, baseline=baseline)
    assert found.mce == 100
    assert (found.corruptions.corruption_error == 100).all()
    assert found.relative_mce == pytest.approx(100, abs=1e-12)


def test_numbers_are_those_of_the_definitions(accuracies: Array) -> None:
    found = binet.corruption_robustness(mapping(accuracies), clean=0.76)
    errors = 1 - accuracies
    ce = errors.sum(1) / (5 * np.array(ALEXNET))
    relative = (errors - 0.24).sum(1) / (5 * (np.array(ALEXNET) - CLEAN))
    assert found.accuracy == pytest.approx(accuracies.mean(), abs=1e-15)
    assert found.error == pytest.approx(errors.mean(), abs=1e-15)
    assert found.mce == pytest.approx(100 * ce.mean(), abs=1e-12)
    assert found.relative_mce == pytest.approx(100 * relative.mean(), abs=1e-11)
    np.testing.assert_allclose(found.corruptions.corruption_error, 100 * ce, rtol=1e-14)
    np.testing.assert_allclose(found.corruptions.relative_corruption_error, 100 * relative, rtol=1e-12)
    np.testing.assert_allclose(found.corruptions.accuracy, accuracies.mean(1), rtol=1e-14)
    np.testing.assert_allclose(found.severities.accuracy, accuracies.mean(0), rtol=1e-14)
    np.testing.assert_array_equal(found.cells, accuracies)
    assert found.corruptions["fog"].accuracy == pytest.approx(accuracies[9].mean())
    assert np.isnan([found.low, found.mce_low, found.cells_low[0, 0]]).all()  # of a number nobody knows how many images
    assert np.isnan(binet.corruption_robustness(accuracies).relative_mce)
    np.testing.assert_array_equal(binet.corruption_robustness(accuracies).cells, accuracies)


def table_of(right: Array) -> binet.Predictions:
    return binet.Predictions.from_logits(
        np.stack([right, 1.5 - right], 1).astype(np.float32), np.zeros(len(right), int)
    )


@pytest.fixture
def observed(rng: np.random.Generator) -> dict[tuple[str, int], binet.Predictions]:
    """Predictions of other numbers of images."""
    return {
        (name, severity): table_of(rng.integers(0, 2, 40 + severity))
        for name in binet.CORRUPTIONS
        for severity in range(1, 6)
    }


def test_predictions_have_intervals(observed: dict[tuple[str, int], binet.Predictions]) -> None:
    found = binet.corruption_robustness(observed)
    cells = {key: binet.accuracy(one) for key, one in observed.items()}
    shape = (15, 5)
    np.testing.assert_array_equal(found.cells, np.reshape([one.value for one in cells.values()], shape))
    low, high = (np.reshape([getattr(one, end) for one in cells.values()], shape) for end in ("low", "high"))
    np.testing.assert_allclose(found.cells_low, low, atol=1e-15)
    np.testing.assert_allclose(found.cells_high, high, atol=1e-15)
    assert found.low == pytest.approx(low.mean(), abs=1e-15)
    assert found.high == pytest.approx(high.mean(), abs=1e-15)
    np.testing.assert_allclose(found.corruptions.high, high.mean(1), atol=1e-15)
    np.testing.assert_allclose(found.severities.low, low.mean(0), atol=1e-15)
    assert found.mce_low == pytest.approx(np.mean(100 * (1 - high).mean(1) / ALEXNET), abs=1e-12)
    assert found.mce_low < found.mce < found.mce_high
    narrow = binet.corruption_robustness(observed, confidence_level=0.5)
    assert found.low < narrow.low < narrow.high < found.high


def test_the_interval_covers_whatever_images_have_in_common(rng: np.random.Generator) -> None:
    """One difficulty an image for all 75 cells: the worst that can be of cells that are not independent."""
    covered = 0
    for _ in range(200):
        right = (rng.random(200) < 0.7).astype(float)
        cells = {
            key: binet.Accuracy(right.mean(), 0, 0, 200, int(right.sum()), 1, 0.95)
            for key in mapping(np.zeros((15, 5)))
        }
        found = binet.corruption_robustness(cells)
        covered += found.low <= 0.7 <= found.high
    assert 0.92 <= covered / 200 <= 0.98


def test_a_folder_of_predictions(observed: dict[tuple[str, int], binet.Predictions], tmp_path: Path) -> None:
    for (name, severity), one in observed.items():
        path = tmp_path / name / (f"{severity}.csv" if severity % 2 else f"{severity}/predictions.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        one.to_csv(path)
    found, expected = binet.corruption_robustness(tmp_path), binet.corruption_robustness(observed)
    np.testing.assert_array_equal(found.cells, expected.cells)
    assert found.mce == expected.mce
    with pytest.raises(binet.Error, match=r"no predictions in corruption/severity\.csv"):
        binet.corruption_robustness(tmp_path / "fog")


# ---- What is missing -------------------------------------------------------------------------------------------------


def test_a_missing_corruption_is_named(accuracies: Array) -> None:
    given = {key: value for key, value in mapping(accuracies).items() if key[0] != "fog"}
    with pytest.raises(binet.Error, match="fog at severity 1 is missing") as caught:
        binet.corruption_robustness(given)
    assert caught.value.status is binet.Status.INVALID_DATA
    assert caught.value.argument == "results"
    assert caught.value.index == 9 * 5
    del given["snow", 3]
    with pytest.raises(binet.Error, match="snow at severity 3 is missing"):
        binet.corruption_robustness(given)


def test_what_is_missing_is_never_averaged(accuracies: Array) -> None:
    given = mapping(accuracies)
    del given["fog", 2]
    del given["snow", 5]
    found = binet.corruption_robustness(given, clean=0.8, missing="nan")
    assert found.missing == (("snow", 5), ("fog", 2))
    assert np.isnan([found.accuracy, found.mce, found.relative_mce, found.error]).all()
    gone = [name in ("snow", "fog") for name in binet.CORRUPTIONS]
    np.testing.assert_array_equal(np.isnan(found.corruptions.accuracy), gone)
    np.testing.assert_array_equal(np.isnan(found.corruptions.corruption_error), gone)
    np.testing.assert_array_equal(found.corruptions.n_missing, np.array(gone).astype(int))
    np.testing.assert_array_equal(found.severities.n_missing, [0, 1, 0, 0, 1])
    np.testing.assert_array_equal(np.isnan(found.severities.accuracy), [False, True, False, False, True])
    whole = binet.corruption_robustness(accuracies)
    assert found.corruptions["pixelate"].corruption_error == whole.corruptions["pixelate"].corruption_error
    assert "2 of 75 cells are missing: snow 5, fog 2" in str(found)
    assert "<td>-</td>" in found._repr_html_()


def test_other_sets_bring_their_baseline() -> None:
    given = {("fog", 1): 0.5, ("rain", 1): 0.25, ("fog", 4): 0.4, ("rain", 4): 0.15}
    with pytest.raises(binet.Error, match="results has rain at severity 1, which the baseline has not"):
        binet.corruption_robustness(given)
    own = binet.corruption_robustness(given, clean=0.9, baseline={"rain": 0.8, "fog": 0.5}, baseline_clean_error=0.2)
    assert own.corruptions.name == ("rain", "fog")
    assert own.severities.name == (1, 4)
    np.testing.assert_allclose(own.corruptions.corruption_error, [100 * 1.6 / 1.6, 100 * 1.1 / 1.0])
    np.testing.assert_allclose(own.corruptions.relative_corruption_error, [100 * 1.4 / 1.2, 100 * 0.9 / 0.6])
    none = binet.corruption_robustness(given, baseline="none")
    assert none.accuracy == pytest.approx(0.325)
    assert none.corruptions.name == ("fog", "rain")
    assert np.isnan(none.mce)


BAD: list[tuple[Any, dict[str, Any], str, str]] = [
    ({("fog", 1): 1.5}, {"baseline": "none"}, "results", "is 1.5; allowed: 0 .. 1"),
    ({("fog", 1): 70.0}, {"baseline": "none"}, "results", "looks like percent"),
    ({("fog", 1): "many"}, {"baseline": "none"}, "results", "'many'; allowed: a number"),
    ({"fog": 0.5}, {}, "results", r"the key 'fog'; allowed: \(corruption, severity\)"),
    ({}, {}, "results", "results is empty"),
    (np.zeros((14, 5)), {}, "results", "14 corruptions; AlexNet's are of 15"),
    (np.zeros(15), {}, "results", r"the shape \(15,\)"),
    (np.zeros((15, 5)), {"clean": 1.2}, "clean", "clean is 1.2"),
    (np.zeros((15, 5)), {"baseline": "resnet"}, "baseline", "'resnet'; allowed: 'alexnet', 'alexnet_rounded', 'none'"),
    (np.zeros((15, 5)), {"missing": "skip"}, "missing", "'skip'"),
    (np.zeros((15, 5)), {"confidence_level": 0}, "confidence_level", "is 0"),
    (np.zeros((15, 5)), {"confidence_level": 1.5}, "confidence_level", "1.5"),
    (np.zeros((15, 5)), {"baseline_clean_error": 0.1}, "baseline_clean_error", "has its own"),
    ({("fog", 1): 0.5}, {"baseline": {"fog": 0.0}}, "baseline", "is 0"),
    ({("fog", 1): 0.5}, {"baseline": {"fog": 0.3}, "baseline_clean_error": 0.4}, "baseline", "clean error of 0.4"),
]  # fmt: skip


@pytest.mark.parametrize(("results", "options", "argument", "says"), BAD)
def test_bad_input_is_named(results: Any, options: dict[str, Any], argument: str, says: str) -> None:
    with pytest.raises(binet.Error, match=says) as caught:
        binet.corruption_robustness(results, **options)
    assert caught.value.argument == argument


def test_unlabelled_predictions_are_named(observed: dict[tuple[str, int], binet.Predictions]) -> None:
    observed["frost", 2] = binet.Predictions.from_logits(np.eye(3))
    with pytest.raises(binet.Error, match=r"frost.*label"):
        binet.corruption_robustness(observed)


# ---- Shown -----------------------------------------------------------------------------------------------------------


def test_it_is_shown(accuracies: Array) -> None:
    found = binet.corruption_robustness(accuracies, clean=0.9)
    assert f"mCE {found.mce:.2f} %" in str(found)
    assert "relative mCE" in repr(found)
    assert "gaussian_noise" in found._repr_html_()
    assert "gaussian_noise" in repr(found.corruptions)
    assert float(found) == found.accuracy
    assert not found.cells.flags.writeable
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.mce = 1.0  # type: ignore[misc]


def test_the_heat_map_shows_every_cell(accuracies: Array) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="no matplotlib")
    accuracies[4, 2] = np.nan
    ax = binet.corruption_robustness(accuracies, missing="nan").plot()
    written = [text.get_text() for text in ax.texts]
    assert len(written) == 75
    assert written[0] == f"{100 * accuracies[0, 0]:.1f}"
    assert written[4 * 5 + 2] == "\N{MULTIPLICATION SIGN}"
    assert [tick.get_text() for tick in ax.get_yticklabels()][5] == "motion blur"
    pyplot.close("all")


def test_curves_of_models_share_a_figure(accuracies: Array, observed: Any) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="no matplotlib")
    one = binet.corruption_robustness(accuracies, clean=0.95)
    ax = one.plot(kind="curves", label="one")
    binet.corruption_robustness(observed).plot(ax, kind="curves", label="two")
    assert [np.asarray(line.get_xdata()).tolist() for line in ax.lines] == [[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0.95, *one.severities.accuracy])
    assert [label.split()[0] for label in ax.get_legend_handles_labels()[1]] == ["one", "two"]
    with pytest.raises(binet.Error, match="kind is 'pie'"):
        one.plot(kind="pie")  # type: ignore[arg-type]
    pyplot.close("all")
