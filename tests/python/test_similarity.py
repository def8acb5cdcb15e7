"""Similarity of representations, against float64 NumPy and laws."""

from __future__ import annotations

import dataclasses
from typing import Any

import binet
import numpy as np
import pytest
import reference

Array = reference.Array

SHAPES = [(5, 3, 2), (50, 7, 90), (300, 40, 60), (700, 900, 300), (2100, 600, 100)]
"""n, D1 and D2: both sides, and more than one block of rows and of columns."""


def pair(rng: np.random.Generator, n: int, d1: int, d2: int) -> tuple[Array, Array]:
    """Two representations that have something in common, their columns of unlike scale."""
    shared = min(d1, d2)
    x = rng.normal(size=(n, d1)) @ rng.normal(size=(d1, d1))
    y = x[:, :shared] @ rng.normal(size=(shared, d2)) + shared * rng.normal(size=(n, d2))
    return x * 10.0 ** rng.uniform(-2, 1, d1), y


def rotation(rng: np.random.Generator, d: int) -> Array:
    q: Array = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return q


# ---- CKA -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_cka_is_that_of_numpy(rng: np.random.Generator, shape: tuple[int, int, int], unbiased: bool) -> None:
    x, y = pair(rng, *shape)
    k, m = reference.linear_gram(x), reference.linear_gram(y)
    result = binet.cka(x, y, unbiased=unbiased)
    assert result.value == pytest.approx(reference.cka(k, m, unbiased), abs=1e-10)
    assert result.hsic_xy == pytest.approx(reference.hsic(k, m, unbiased), rel=1e-10)
    assert result.hsic_xx == pytest.approx(reference.hsic(k, k, unbiased), rel=1e-10)
    assert result.hsic_yy == pytest.approx(reference.hsic(m, m, unbiased), rel=1e-10)
    assert (result.n, result.unbiased) == (shape[0], unbiased)
    assert result.side == ("features" if shape[1] + shape[2] <= shape[0] else "gram")
    assert not result.constant_x
    assert not result.constant_y


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("shape", SHAPES[1:])
def test_rotation_scale_and_place_change_nothing(
    rng: np.random.Generator, shape: tuple[int, int, int], unbiased: bool
) -> None:
    x, y = pair(rng, *shape)
    plain = binet.cka(x, y, unbiased=unbiased).value
    assert binet.cka(x, x, unbiased=unbiased).value == pytest.approx(1, abs=1e-12)
    assert binet.cka(x, x @ rotation(rng, shape[1]), unbiased=unbiased).value == pytest.approx(1, abs=1e-10)
    moved = 1e-3 * x @ rotation(rng, shape[1]) + rng.normal(size=shape[1])
    assert binet.cka(moved, 7e5 * y, unbiased=unbiased).value == pytest.approx(plain, abs=1e-10)
    order = rng.permutation(shape[0])
    assert binet.cka(x[order], y[order], unbiased=unbiased).value == pytest.approx(plain, abs=1e-10)


def test_far_from_the_centre_and_in_f16(rng: np.random.Generator) -> None:
    """Features are taken as they are: what float16 or a far centre has left of them, and no less."""
    x, y = pair(rng, 60, 8, 200)
    for a in (x.astype(np.float16), (x + 3e4).astype(np.float32), x * 1e-4 + 1e8):
        grams = reference.linear_gram(a), reference.linear_gram(y)
        assert binet.cka(a, y).value == pytest.approx(reference.cka(*grams, False), abs=1e-10)


def test_independent_features_are_not_alike_without_bias(rng: np.random.Generator) -> None:
    """Fewer samples than features: the biased estimator says that noise is alike."""
    x, y = rng.normal(size=(2, 40, 2000))
    assert binet.cka(x, y).value > 0.9
    assert abs(binet.cka(x, y, unbiased=True).value) < 0.1


def test_torch_tensors_and_strides(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    x, y = (a.astype(np.float32) for a in pair(rng, 90, 20, 30))
    expected = binet.cka(x, y)
    assert binet.cka(torch.from_numpy(x), torch.from_numpy(y)) == expected
    assert binet.cka(np.asfortranarray(x), np.repeat(y, 2, axis=1)[:, ::2]) == expected
    half = torch.from_numpy(x).to(torch.bfloat16)
    assert binet.cka(half, y) == binet.cka(half.to(torch.float32), y)


def test_what_does_not_vary_has_no_cka(rng: np.random.Generator) -> None:
    x = rng.normal(size=(20, 4))
    result = binet.cka(x, np.full((20, 3), 0.1))
    assert np.isnan(result.value)
    assert (result.constant_x, result.constant_y) == (False, True)
    assert str(result) == "CKA nan (biased, 20 samples, y constant)"
    alone = np.zeros((20, 3))
    alone[4] = 1, 2, 3
    assert binet.cka(x, alone).value > 0
    assert binet.cka(alone, x, unbiased=True).constant_x


def test_cka_reads_well(rng: np.random.Generator) -> None:
    x, y = pair(rng, 50, 7, 90)
    result = binet.cka(x, y, unbiased=True)
    assert str(result) == f"CKA {result.value:.4f} (unbiased, 50 samples)"
    assert float(result) == result.value
    assert "<table>" in result._repr_html_()
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.value = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "options", "status", "argument", "index", "says"),
    [
        ({"y": np.ones((9, 2))}, {}, "INVALID_ARGUMENT", "y", None, "y has 9 rows where 10 were expected"),
        ({"x": np.ones(10)}, {}, "INVALID_ARGUMENT", "x", None, "dimension"),
        ({"x": np.ones((10, 2), int)}, {}, "INVALID_ARGUMENT", "x", None, "dtype int64"),
        ({"x": np.ones((10, 0))}, {}, "INVALID_ARGUMENT", "x", None, r"shape \[10, 0\]"),
        ({"x": np.ones((1, 2)), "y": np.ones((1, 2))}, {}, "INVALID_ARGUMENT", "x", None, "needs at least 2"),
        (
            {"x": np.ones((3, 2)), "y": np.ones((3, 2))},
            {"unbiased": True},
            "INVALID_ARGUMENT",
            "x",
            None,
            "x has 3 rows; the unbiased estimator of HSIC needs at least 4",
        ),
        ({"y": np.where(np.arange(20) == 13, np.nan, 1.0).reshape(10, 2)}, {}, "INVALID_DATA", "y", 6, "row 6 of y"),
        ({"x": np.where(np.arange(20) == 2, np.inf, 1.0).reshape(10, 2)}, {}, "INVALID_DATA", "x", 1, "row 1 of x"),
    ],
)
def test_bad_input_of_cka(
    change: dict[str, Any], options: dict[str, Any], status: str, argument: str, index: int | None, says: str
) -> None:
    arrays = {"x": np.arange(20.0).reshape(10, 2), "y": np.arange(20.0).reshape(10, 2)} | change
    with pytest.raises(binet.Error, match=says) as caught:
        binet.cka(arrays["x"], arrays["y"], **options)
    assert caught.value.status.name == status
    assert (caught.value.argument, caught.value.index) == (argument, index)
