"""The copy model and the trials it says are needed, against draws from it in NumPy."""

from __future__ import annotations

import dataclasses
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest

Array = npt.NDArray[Any]


def kappas(a: Array, b: Array) -> Array:
    """Cohen's kappa of each row."""
    p, q = a.mean(1), b.mean(1)
    expected = p * q + (1 - p) * (1 - q)
    return ((a == b).mean(1) - expected) / (1 - expected)


def copies(rng: np.random.Generator, first: Array, model: binet.CopyModel) -> Array:
    """A second observer that copies the first one on a share of the trials, drawn."""
    copied = rng.random(first.shape) < abs(model.copy_share)
    alone = rng.random(first.shape) < model.underlying_accuracy
    return np.where(copied, first if model.copy_share >= 0 else ~first, alone)


@pytest.mark.parametrize(("p", "q", "kappa"), [(0.7, 0.6, 0.3), (0.5, 0.5, 0.9), (0.8, 0.9, 0.1), (0.3, 0.6, -0.2)])
def test_draws_from_the_model_have_its_kappa(rng: np.random.Generator, p: float, q: float, kappa: float) -> None:
    model = binet.copy_model(p, q, kappa=kappa)
    first = rng.random((1, 1_000_000)) < p
    second = copies(rng, first, model)
    assert second.mean() == pytest.approx(q, abs=0.003)
    assert kappas(first, second)[0] == pytest.approx(kappa, abs=0.005)
    assert binet.copy_model(p, q, share=model.copy_share).kappa == pytest.approx(kappa, abs=1e-14)
    assert model.lowest_kappa <= kappa <= model.highest_kappa


def test_equal_accuracies_make_kappa_the_share() -> None:
    model = binet.copy_model(0.8, 0.8, kappa=0.35)
    assert model.copy_share == pytest.approx(0.35, abs=1e-15)
    assert model.underlying_accuracy == pytest.approx(0.8, abs=1e-15)
    assert "0.3500 of the trials copied" in str(model)
    assert "opposite" in str(binet.copy_model(0.8, 0.8, kappa=-0.1))
    assert "<table>" in model._repr_html_()
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.kappa = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(("kappa", "null"), [(0.3, 0.0), (0.5, 0.35), (-0.15, 0.0)])
def test_so_many_trials_have_the_power(rng: np.random.Generator, kappa: float, null: float) -> None:
    p, q = 0.7, 0.6
    planned = binet.error_consistency_trials((p, q), kappa, null, power=0.8)
    first = rng.random((20_000, planned.n)) < p
    drawn = kappas(first, copies(rng, first, binet.copy_model(p, q, kappa=kappa)))
    # The spread is that of the draws; told is what lies 1.96 of it from the null.
    assert drawn.std() == pytest.approx(planned.standard_error, rel=0.04)
    assert (np.abs(drawn - null) > 1.959964 * planned.standard_error).mean() == pytest.approx(0.8, abs=0.03)
    assert planned.power >= 0.8
    assert binet.error_consistency_trials((p, q), kappa, null, n=planned.n).power == planned.power
    assert binet.error_consistency_trials((p, q), kappa, null, n=planned.n - 1).power < 0.8


def test_so_many_trials_tell_whose_errors_are_more_alike(rng: np.random.Generator) -> None:
    c, a, b = 0.75, 0.65, 0.85
    planned = binet.error_consistency_difference_trials((c, a, b), (0.4, 0.25), power=0.9, significance=0.05)
    first = rng.random((8_000, planned.n)) < c
    of_a = kappas(first, copies(rng, first, binet.copy_model(c, a, kappa=0.4)))
    of_b = kappas(first, copies(rng, first, binet.copy_model(c, b, kappa=0.25)))
    difference = of_a - of_b
    assert difference.std() == pytest.approx(planned.standard_error, rel=0.04)
    assert (np.abs(difference) > 1.959964 * planned.standard_error).mean() == pytest.approx(0.9, abs=0.03)
    assert int(planned) == planned.n
    assert str(planned).startswith(f"{planned.n:,} trials have a power of 0.90")
    assert "<table>" in planned._repr_html_()


@pytest.mark.parametrize(
    ("call", "argument", "says"),
    [
        (lambda: binet.copy_model(0.0, 0.5, kappa=0.1), "accuracy_a", "accuracy_a is 0; allowed: between 0 and 1"),
        (lambda: binet.copy_model(0.5, 1.5, share=0.1), "accuracy_b", "accuracy_b is 1.5"),
        (lambda: binet.copy_model(0.9, 0.5, kappa=0.5), "kappa", "accuracies 0.9 and 0.5 allow -0.2 .. 0.2"),
        (lambda: binet.copy_model(0.9, 0.5, share=-0.7), "share", "share is -0.7"),
        (lambda: binet.copy_model(0.9, 0.5), "kappa", "one is needed"),
        (lambda: binet.copy_model(0.9, 0.5, kappa=0.1, share=0.1), "kappa", "one is needed"),
        (lambda: binet.error_consistency_trials((0.5,), 0.1), "accuracies", "has 1 numbers; allowed: 2"),
        (lambda: binet.error_consistency_trials((0.5, 1.0), 0.1), "accuracy_b", "accuracy_b is 1; allowed: between"),
        (lambda: binet.error_consistency_trials((0.5, 0.5), 0.1, 0.1), "kappa", "there is nothing to tell"),
        (lambda: binet.error_consistency_trials((0.5, 0.5), 0.1, power=0.0), "power", "power is 0"),
        (
            lambda: binet.error_consistency_trials((0.5, 0.5), 0.1, power=0.01),
            "power",
            "between the significance, 0.05",
        ),
        (lambda: binet.error_consistency_trials((0.5, 0.5), 0.1, significance=2), "significance", "significance is 2"),
        (lambda: binet.error_consistency_trials((0.5, 0.5), 0.1, n=0), "n", "n is 0; allowed: >= 1"),
        (lambda: binet.error_consistency_trials((0.5, 0.5), 0.1, n=-3), "n", "n is -3"),
        (lambda: binet.error_consistency_difference_trials((0.5,) * 3, (0.1,)), "kappas", "allowed: 2"),
        (lambda: binet.error_consistency_difference_trials((0.5,) * 3, (0.1, 2)), "kappa_b", "kappa is 2"),
    ],
)
def test_what_cannot_be_is_named(call: Any, argument: str, says: str) -> None:
    with pytest.raises(binet.Error, match=says) as caught:
        call()
    assert caught.value.status == binet.Status.INVALID_ARGUMENT
    assert caught.value.argument == argument
