"""Invariance from Python: numbers against NumPy in float64, tables that do not fit, and the figure."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from binet import Status

N, CLASSES = 400, 11
Z = 1.959963984540054  # of 95 %

Array = npt.NDArray[Any]
Sweep = dict[Any, binet.Predictions]


@pytest.fixture
def sweep(rng: np.random.Generator) -> Sweep:
    """Logits that move away from those of shift 0, of files in an order of their own at each shift."""
    logits, labels = rng.normal(size=(N, CLASSES)) * 3, rng.integers(0, CLASSES, N)
    logits[np.arange(N), labels] += 3
    tables = {}
    for shift in (30, 0, 5):
        rows = rng.permutation(N)
        moved = logits + rng.normal(size=logits.shape) * shift / 10
        names = [f"{row:03}.png" for row in rows]
        tables[shift] = binet.Predictions.from_logits(moved[rows], labels[rows], file_names=names)
    return tables


def order(table: binet.Predictions) -> Array:
    """The rows in the order of their file names."""
    return np.argsort([str(name) for name in table.file_names])


def by_name(table: binet.Predictions, column: str) -> Array:
    """A column in that order."""
    return np.asarray(getattr(table, column))[order(table)]


def mean(values: Array) -> tuple[float, float, float]:
    middle, half = values.mean(), Z * values.std(ddof=1) / math.sqrt(len(values))
    return middle, middle - half, middle + half


def test_every_number_is_numpys(sweep: Sweep, rng: np.random.Generator) -> None:
    features = {shift: rng.normal(size=(N, 24)).astype(np.float32) + 1 for shift in sweep}
    result = binet.invariance(sweep, features=features)
    assert [one.setting for one in result] == [0, 5, 30]
    assert (result.reference, result.n, len(result)) == (0, N, 3)
    label, before = by_name(sweep[0], "label"), by_name(sweep[0], "predicted_class")
    for one in result:
        table = sweep[one.setting]
        answer, probability = by_name(table, "predicted_class"), by_name(table, "true_probability")
        right, was_right = answer == label, before == label
        assert one.n_correct == right.sum()
        assert one.n_same == (answer == before).sum()
        assert one.n_to_right == (right & ~was_right).sum()
        assert one.n_to_wrong == (was_right & ~right).sum()
        assert one.n_other_wrong == (~right & ~was_right & (answer != before)).sum()
        assert one.accuracy.value == binet.accuracy(table).value
        assert one.accuracy[1:] == (binet.accuracy(table).low, binet.accuracy(table).high)
        np.testing.assert_allclose(one.true_probability, mean(probability), rtol=1e-12)
        shift = probability - by_name(sweep[0], "true_probability")
        np.testing.assert_allclose(one.probability_shift, mean(shift), rtol=1e-9, atol=1e-15)
        a = features[one.setting].astype(np.float64)[order(table)]
        b = features[0].astype(np.float64)[order(sweep[0])]
        cosine = (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))
        np.testing.assert_allclose(one.cosine, mean(cosine), rtol=1e-9)
        assert (one.n_cosine, one.n_zero, one.n_unknown) == (N, 0, 0)


def test_areas_are_numpys_trapezoids(sweep: Sweep) -> None:
    """Of the curve, and picture by picture for the interval: the pairing that a bootstrap of pictures keeps."""
    result = binet.invariance(sweep)
    columns: dict[str, Callable[[binet.Predictions], Array]] = {
        "accuracy_area": lambda table: by_name(table, "predicted_class") == by_name(table, "label"),
        "true_probability_area": lambda table: by_name(table, "true_probability"),
        "consistency_area": lambda table: by_name(table, "predicted_class") == by_name(sweep[0], "predicted_class"),
    }
    for name, column in columns.items():
        at_0, at_5, at_30 = (column(sweep[shift]).astype(np.float64) for shift in (0, 5, 30))
        areas = (5 * (at_0 + at_5) / 2 + 25 * (at_5 + at_30) / 2) / 30
        np.testing.assert_allclose(getattr(result, name), mean(areas), rtol=1e-12)
        rng = np.random.default_rng(3)
        resampled = areas[rng.integers(0, N, (4000, N))].mean(1)
        np.testing.assert_allclose(np.quantile(resampled, (0.025, 0.975)), getattr(result, name)[1:], atol=2e-3)


def test_intervals_of_means_hold_what_they_promise() -> None:
    """95 % of 1,500 samples of 150 pictures hold the true mean: 93 to 97 %, though probabilities crowd at 0 and 1."""
    rng = np.random.default_rng(8)
    hits = np.zeros(2)
    trials = 1500
    for _ in range(trials):
        before, after = rng.beta(0.6, 0.4, 150), rng.beta(0.5, 0.5, 150)
        tables = {
            key: binet.Predictions.from_probabilities(np.stack([p, 1 - p], 1), np.zeros(150, np.int64))
            for key, p in ((1, before), (2, after))
        }
        one = binet.invariance(tables)[2]
        hits += (
            one.true_probability.low <= 0.5 <= one.true_probability.high,
            one.probability_shift.low <= -0.1 <= one.probability_shift.high,
        )
    assert (hits / trials > 0.93).all(), hits / trials
    assert (hits / trials < 0.97).all(), hits / trials


def test_a_model_that_does_not_look_is_invariant(sweep: Sweep) -> None:
    same = dict.fromkeys((1, 2, 3.5), sweep[0])
    result = binet.invariance(same, features=dict.fromkeys(same, np.full((N, 2), 0.1)))
    for one in result:
        assert one.consistency.value == 1
        assert one.cosine == (1, 1, 1)
        assert one.probability_shift == (0, 0, 0)
        assert one.n_to_right == one.n_to_wrong == one.n_other_wrong == 0
    assert result.consistency_area == (1, 1, 1)
    assert result.accuracy_area.value == pytest.approx(result[1].accuracy.value, rel=1e-15)


def test_keys_that_are_no_numbers_have_no_area(sweep: Sweep) -> None:
    result = binet.invariance({"moved": sweep[30], "plain": sweep[0]}, reference="plain")
    assert [one.setting for one in result] == ["moved", "plain"]
    assert result.reference == "plain"
    assert all(math.isnan(number) for number in result.accuracy_area)
    assert result["moved"].n_same == binet.invariance(sweep)[30].n_same
    with pytest.raises(KeyError):
        result["other"]


def test_what_a_csv_of_three_columns_does_not_say_is_counted(sweep: Sweep, tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    rows = [f"{row.file_name},{row.predicted_class},{row.confidence!r}" for row in sweep[5]]
    path.write_text("\n".join(["file_name,predicted_class,predicted_probability", *rows]) + "\n")
    (tmp_path / "labels.csv").write_text(
        "\n".join(["file_name,label", *(f"{row.file_name},{row.label}" for row in sweep[5])]) + "\n"
    )
    short = binet.Predictions.from_csv(path, labels=tmp_path / "labels.csv")
    result = binet.invariance(sweep | {5: short})
    whole = binet.invariance(sweep)
    assert result[5].n_unknown == (short.predicted_class != short.label).sum() > 0
    assert math.isnan(result[5].true_probability.value)
    assert math.isnan(result[5].probability_shift.value)
    assert math.isnan(result.true_probability_area.value)
    assert result[5].consistency == whole[5].consistency
    assert result.accuracy_area == whole.accuracy_area
    assert result[30].n_unknown == 0


def test_features_from_files(sweep: Sweep, tmp_path: Path, rng: np.random.Generator) -> None:
    features = {shift: rng.normal(size=(N, 5)).astype(np.float32) for shift in sweep}
    for shift, array in features.items():
        np.save(tmp_path / f"{shift}.npy", array)
    files = {shift: tmp_path / f"{shift}.npy" for shift in sweep}
    assert binet.invariance(sweep, features=files) == binet.invariance(sweep, features=features)


def test_what_does_not_fit_is_named_by_its_key(sweep: Sweep) -> None:
    def fails(status: Status, argument: str, message: str, *arguments: Any, **options: Any) -> None:
        with pytest.raises(binet.Error, match=message) as caught:
            binet.invariance(*arguments, **options)
        assert (caught.value.status, caught.value.argument) == (status, argument)

    argument, data = Status.INVALID_ARGUMENT, Status.INVALID_DATA
    fails(argument, "settings", "settings is of type Predictions; allowed: a mapping", sweep[0])
    fails(argument, "settings", "settings is 1; allowed: 2 .. 65536", {0: sweep[0]})
    fails(argument, "settings[5]", r"settings\[5\] is 3; allowed: binet.Predictions", sweep | {5: 3})
    fails(argument, "reference", "reference is None, and settings has 2 of 0", {0: sweep[0], 1: sweep[5]})
    fails(argument, "reference", "reference is None, and settings has none of 0", {3: sweep[0], 2: sweep[5]})
    fails(argument, "reference", r"reference is 7; allowed: a key of settings, \[0, 5, 30\]", sweep, reference=7)
    fails(argument, "confidence_level", "confidence_level is 0; allowed", sweep, confidence_level=0)
    fails(
        data,
        "settings",
        r"settings\[30\] has 7 rows and settings\[0\], the reference, 400",
        sweep | {30: sweep[30][:7]},
    )
    logits = np.eye(CLASSES)[np.arange(N) % CLASSES]
    unlabelled = binet.Predictions.from_logits(logits, file_names=list(map(str, range(N))))
    fails(data, "settings", r"settings\[30\] has no label in row 0", sweep | {30: unlabelled})
    unnamed = binet.Predictions.from_logits(logits, np.zeros(N, np.int64))
    fails(data, "settings", r"settings\[30\] has no file name in row 0, where other rows have", sweep | {30: unnamed})
    others = binet.Predictions.from_logits(logits, np.zeros(N, np.int64), file_names=list(map(str, range(N))))
    fails(
        data, "settings", r"settings\[30\] and settings\[0\], the reference, share no file name", sweep | {30: others}
    )
    arrays = {shift: np.ones((N, 4), np.float32) for shift in sweep}
    fails(argument, "features", "features lacks the setting 5", sweep, features={0: arrays[0], 30: arrays[30]})
    short = arrays | {30: np.ones((N, 3), np.float32)}
    fails(argument, "features", r"features\[30\] has shape \[400, 3\]", sweep, features=short)
    arrays[30][17, 2] = np.nan
    fails(data, "features", r"features\[30\] has a value in row 17 that is not finite", sweep, features=arrays)


def test_text_and_html(sweep: Sweep) -> None:
    result = binet.invariance(sweep)
    top1 = result[0].accuracy.value
    assert str(result).startswith(f"invariance over 3 settings, 400 pictures: top-1 {top1:.4f} at 0, lowest ")
    assert repr(result) == f"<binet.Invariance: {result}>"
    html = result._repr_html_()
    assert "0 (reference)" in html
    assert f"{result.accuracy_area.value:.4g}" in html
    assert "<td>-</td>" in html  # no features, no cosine
    strange = binet.invariance({"<b>": sweep[0], "x": sweep[5]}, reference="x")._repr_html_()
    assert "<b>" not in strange


def test_the_figure_shows_the_curves_of_all_models(sweep: Sweep) -> None:
    result, other = binet.invariance(sweep), binet.invariance(sweep | {30: sweep[5]})
    ax = result.plot(label="ViT")
    assert other.plot(ax, label="ConvNet") is ax
    assert [list(np.asarray(line.get_xdata())) for line in ax.lines] == [[0, 5, 30]] * 2
    for line, model in zip(ax.lines, (result, other), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), [one.accuracy.value for one in model])
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["ViT", "ConvNet"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "5", "30"]
    band = np.asarray(ax.collections[0].get_paths()[0].vertices)
    assert band[:, 1].min() == min(one.accuracy.low for one in result)
    assert band[:, 1].max() == max(one.accuracy.high for one in result)
    consistency = result.plot(measure="consistency")
    assert consistency.get_ylabel() == "share of answers that stay"
    named = binet.invariance({"a": sweep[0], "b": sweep[5]}, reference="a").plot()
    assert list(np.asarray(named.lines[0].get_xdata())) == [0, 1]
    with pytest.raises(binet.Error, match="ax shows other settings or another measure"):
        result.plot(consistency)
    with pytest.raises(binet.Error, match="ax shows other settings or another measure"):
        binet.invariance({1: sweep[0], 5: sweep[5]}).plot(ax)
    with pytest.raises(binet.Error, match="measure is 'top1'; allowed: 'accuracy'"):
        result.plot(measure="top1")  # type: ignore[arg-type]
