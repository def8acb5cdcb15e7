"""Accuracy on the line: coefficients, intervals and effective robustness as SciPy and statsmodels have them."""

from __future__ import annotations

import dataclasses
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest

special = pytest.importorskip("scipy.special", reason="no SciPy to compare with")
stats = pytest.importorskip("scipy.stats", reason="no SciPy to compare with")

Array = npt.NDArray[Any]

TO_SCALE: dict[str, Any] = {"probit": special.ndtri, "logit": special.logit, "linear": np.asarray}
FROM_SCALE: dict[str, Any] = {"probit": special.ndtr, "logit": special.expit, "linear": np.asarray}


@pytest.fixture
def models(rng: np.random.Generator) -> tuple[Array, Array]:
    clean = rng.uniform(0.4, 0.95, 25)
    return clean, special.ndtr(1.1 * special.ndtri(clean) - 0.6 + rng.normal(0, 0.1, 25))


@pytest.mark.parametrize("scale", list(TO_SCALE))
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("n", [3, 4, 25])
def test_the_fit_is_that_of_least_squares(models: tuple[Array, Array], scale: Any, level: float, n: int) -> None:
    """SciPy's linregress and t, and the textbook's standard errors."""
    clean, shifted = (one[:n] for one in models)
    x, y = TO_SCALE[scale](clean), TO_SCALE[scale](shifted)
    line = stats.linregress(x, y)
    t = stats.t.ppf((1 + level) / 2, n - 2)
    found = binet.accuracy_line(clean, shifted, scale=scale, confidence_level=level)
    assert found.slope == pytest.approx(line.slope, rel=1e-11)
    assert found.intercept == pytest.approx(line.intercept, rel=1e-11, abs=1e-12)
    assert found.r_squared == pytest.approx(line.rvalue**2, rel=1e-11)
    assert found.slope_high - found.slope == pytest.approx(t * line.stderr, rel=1e-9)
    assert found.intercept - found.intercept_low == pytest.approx(t * line.intercept_stderr, rel=1e-9)
    residuals = y - line.intercept - line.slope * x
    deviation = np.sqrt((residuals**2).sum() / (n - 2))
    spread = 1 / n + (x - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum()
    fitted, back = line.intercept + line.slope * x, FROM_SCALE[scale]
    tables = found.models
    np.testing.assert_allclose(tables.predicted, back(fitted), rtol=1e-11)
    np.testing.assert_allclose(tables.low, back(fitted - t * deviation * np.sqrt(spread)), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(tables.high, back(fitted + t * deviation * np.sqrt(spread)), rtol=1e-9)
    beyond = t * deviation * np.sqrt(1 + spread)
    np.testing.assert_allclose(tables.prediction_low, back(fitted - beyond), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(tables.prediction_high, back(fitted + beyond), rtol=1e-9)
    np.testing.assert_allclose(tables.effective_robustness, shifted - back(fitted), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(tables.effective_low, shifted - tables.high)
    assert found.residual_deviation == pytest.approx(deviation, rel=1e-9)


def test_the_fit_is_that_of_statsmodels(models: tuple[Array, Array]) -> None:
    api = pytest.importorskip("statsmodels.api", reason="no statsmodels to compare with")
    clean, shifted = models
    design = api.add_constant(special.logit(clean))
    fit = api.OLS(special.logit(shifted), design).fit()
    frame = fit.get_prediction(design).summary_frame(alpha=0.1)
    found = binet.accuracy_line(clean, shifted, scale="logit", confidence_level=0.9)
    assert [found.intercept, found.slope] == pytest.approx(list(fit.params), rel=1e-11)
    np.testing.assert_allclose(
        [[found.intercept_low, found.intercept_high], [found.slope_low, found.slope_high]],
        fit.conf_int(0.1),
        rtol=1e-9,
    )
    for name, column in (("low", "mean_ci_lower"), ("prediction_high", "obs_ci_upper")):
        np.testing.assert_allclose(getattr(found.models, name), special.expit(frame[column].to_numpy()), rtol=1e-9)


def test_models_on_a_line_have_no_effective_robustness() -> None:
    clean = np.linspace(0.3, 0.9, 7)
    for scale in TO_SCALE:
        shifted = FROM_SCALE[scale](0.9 * TO_SCALE[scale](clean) - 0.2)
        found = binet.accuracy_line(clean, shifted, scale=scale)  # type: ignore[arg-type]
        assert (found.slope, found.intercept) == pytest.approx((0.9, -0.2), abs=1e-12)
        assert found.r_squared == pytest.approx(1, abs=1e-12)
        np.testing.assert_allclose(found.models.effective_robustness, 0, atol=1e-12)


def test_a_model_beyond_the_others_is_measured_against_them(models: tuple[Array, Array]) -> None:
    clean, shifted = (list(one) for one in models)
    names = [f"model {i}" for i in range(25)] + ["clip"]
    of_clean, of_shifted = dict(zip(names, [*clean, 0.7], strict=True)), dict(zip(names, [*shifted, 0.75], strict=True))
    others = binet.accuracy_line(clean, shifted)
    found = binet.accuracy_line(of_clean, dict(reversed(of_shifted.items())), fitted=names[:-1])
    assert (found.slope, found.intercept, found.n_fitted) == (others.slope, others.intercept, 25)
    clip = found.models["clip"]
    assert not clip.fitted
    assert clip.effective_robustness == 0.75 - others.predict(0.7).predicted[0]
    assert 0.1 < clip.effective_low < clip.effective_robustness < clip.effective_high
    assert clip.shifted > clip.prediction_high
    masked = binet.accuracy_line([*clean, 0.7], [*shifted, 0.75], fitted=np.arange(26) < 25)
    assert masked.slope == found.slope
    assert np.isnan(others.predict([0.5, 0.6]).shifted).all()


def test_intervals_cover_the_line(rng: np.random.Generator) -> None:
    """95 % of the intervals hold the line's own value, and 95 % of the prediction intervals one more model."""
    clean = np.linspace(0.4, 0.9, 8)
    x = special.ndtri(clean)
    held = np.zeros(3)
    for _ in range(500):
        shifted = special.ndtr(0.8 * x - 0.4 + rng.normal(0, 0.1, 8))
        found = binet.accuracy_line(clean, shifted)
        one, other = found.models[2], special.ndtr(0.8 * x[2] - 0.4 + rng.normal(0, 0.1))
        held += [
            one.low <= special.ndtr(0.8 * x[2] - 0.4) <= one.high,
            one.prediction_low <= other <= one.prediction_high,
            found.slope_low <= 0.8 <= found.slope_high,
        ]
    assert ((held / 500 >= 0.92) & (held / 500 <= 0.98)).all(), held / 500


def test_all_shifted_the_same_has_no_share_of_variance() -> None:
    found = binet.accuracy_line([0.5, 0.6, 0.7], [0.4, 0.4, 0.4], scale="linear")
    assert found.slope == 0
    assert np.isnan(found.r_squared)


BAD: list[tuple[Any, Any, dict[str, Any], str, int | None, str]] = [
    ([0.5, 0.6], [0.4, 0.5], {}, "fitted", None, "fitted to 2 models; at least 3"),
    ([0.5, 0.6, 0.7], [0.4, 0.5, 0.6], {"fitted": np.array([True, True, False])}, "fitted", None, "2 models"),
    ([0.5, 0.5, 0.5], [0.4, 0.5, 0.6], {}, "clean", None, "clean is 0.5 for all of the 3 models"),
    ([0.5, 0.6, 1.0], [0.4, 0.5, 0.6], {}, "clean", 2, r"clean\[2\] is 1, which is infinite"),
    ([0.5, 0.6, 0.7], [0.4, 0.0, 0.6], {"scale": "logit"}, "shifted", 1, r"shifted\[1\] is 0, which is infinite"),
    ([0.5, 0.6, 1.2], [0.4, 0.5, 0.6], {"scale": "linear"}, "clean", 2, r"clean\[2\] is 1.2; allowed: 0 .. 1"),
    ([0.5, 0.6, 0.7], [0.4, np.nan, 0.6], {}, "shifted", 1, r"shifted\[1\] is nan"),
    ([0.5, 0.6, 0.7], [0.4, 0.5], {}, "shifted", None, r"the shape \(2,\)"),
    ({"a": 0.5, "b": 0.6, "c": 0.7}, {"a": 0.4, "b": 0.5}, {}, "shifted", 2, "shifted has no model 'c'"),
    ({"a": 0.5}, {"a": 0.4, "b": 0.5}, {}, "clean", 1, "clean has no model 'b'"),
    ({"a": 0.5, "b": 0.6, "c": 1}, {"a": 0.4, "b": 0.5, "c": 0.6}, {}, "clean", 2, "model 'c': clean"),
    ({"a": 0.5}, [0.4], {}, "shifted", None, "one of clean and shifted is a mapping"),
    ([0.5, 0.6, 0.7], [0.4, 0.5, 0.6], {"scale": "log"}, "scale", None, "'log'; allowed: 'probit', 'logit', 'linear'"),
    ([0.5, 0.6, 0.7], [0.4, 0.5, 0.6], {"fitted": ["x"]}, "fitted", None, "'x', which clean has not"),
    ([0.5, 0.6, 0.7], [0.4, 0.5, 0.6], {"fitted": np.array([1, 0, 1])}, "fitted", None, "dtype int64"),
    ([0.5, 0.6, 0.7], [0.4, 0.5, 0.6], {"confidence_level": 1}, "confidence_level", None, "is 1"),
]


@pytest.mark.parametrize(("clean", "shifted", "options", "argument", "index", "says"), BAD)
def test_bad_input_is_named(
    clean: Any, shifted: Any, options: dict[str, Any], argument: str, index: int | None, says: str
) -> None:
    with pytest.raises(binet.Error, match=says) as caught:
        binet.accuracy_line(clean, shifted, **options)
    assert caught.value.argument == argument
    assert caught.value.index == index


def test_it_is_shown(models: tuple[Array, Array]) -> None:
    found = binet.accuracy_line(*models)
    assert f"slope {found.slope:.4f}" in str(found)
    assert "25 of 25 models fitted" in repr(found)
    assert "effective robustness" in found._repr_html_()
    assert "effective robustness" in repr(found.models)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.slope = 1.0  # type: ignore[misc]


@pytest.mark.parametrize("scale", list(TO_SCALE))
def test_the_figure_has_the_models_the_line_and_the_diagonal(models: tuple[Array, Array], scale: Any) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="no matplotlib")
    found = binet.accuracy_line(*models, fitted=np.arange(25) > 3, scale=scale)
    ax = found.plot(names=True)
    line, diagonal, fitted, others = ax.lines
    x, y = TO_SCALE[scale](models[0]), TO_SCALE[scale](models[1])
    at_x, at_y = (np.asarray(values) for values in line.get_data())
    np.testing.assert_allclose(at_y, found.intercept + found.slope * at_x, rtol=1e-9)
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    assert diagonal.get_linestyle() == "--"
    np.testing.assert_allclose(np.asarray(fitted.get_xdata()), x[4:], rtol=1e-12)
    np.testing.assert_allclose(np.asarray(others.get_ydata()), y[:4], rtol=1e-12)
    assert len(ax.texts) == 25
    assert not found.plot().texts
    pyplot.close("all")
