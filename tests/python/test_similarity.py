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


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("bandwidth", [None, 0.2, 3.0])
def test_rbf_cka_is_that_of_numpy(rng: np.random.Generator, unbiased: bool, bandwidth: float | None) -> None:
    for n in (41, 260):
        x, y = pair(rng, n, 7, 90)
        k, m = (reference.rbf_gram(a, bandwidth or 1) for a in (x, y))
        result = binet.cka(x, y + 1e3, kernel="rbf", unbiased=unbiased, bandwidth=bandwidth)
        assert result.value == pytest.approx(reference.cka(k, m, unbiased), abs=1e-10)
        assert result.hsic_xy == pytest.approx(reference.hsic(k, m, unbiased), rel=1e-9)
        distances = ((x[:, None] - x[None]) ** 2).sum(2)
        assert result.sigma_x == pytest.approx((bandwidth or 1) * np.sqrt(np.median(distances)), rel=1e-12)
        assert (result.side, result.kernel) == ("gram", "rbf")
        moved = 30 * x @ rotation(rng, 7) - 5
        assert binet.cka(moved, y, kernel="rbf", unbiased=unbiased, bandwidth=bandwidth).value == pytest.approx(
            result.value, abs=1e-10
        )


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
    assert str(result) == "CKA nan (linear, biased, 20 samples, y constant)"
    alone = np.zeros((20, 3))
    alone[4] = 1, 2, 3
    assert binet.cka(x, alone).value > 0
    assert binet.cka(alone, x, unbiased=True).constant_x


def test_cka_reads_well(rng: np.random.Generator) -> None:
    x, y = pair(rng, 50, 7, 90)
    result = binet.cka(x, y, unbiased=True)
    assert str(result) == f"CKA {result.value:.4f} (linear, unbiased, 50 samples)"
    assert float(result) == result.value
    assert "<table>" in result._repr_html_()
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.value = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "options", "status", "argument", "index", "says"),
    [
        ({}, {"kernel": "poly"}, "INVALID_ARGUMENT", "kernel", None, "'linear', 'rbf'"),
        ({}, {"bandwidth": 1.0}, "INVALID_ARGUMENT", "bandwidth", None, "the linear kernel has none"),
        ({}, {"kernel": "rbf", "bandwidth": 0}, "INVALID_ARGUMENT", "bandwidth", None, "is 0; allowed: 1e-6"),
        ({}, {"kernel": "rbf", "bandwidth": 1e9}, "INVALID_ARGUMENT", "bandwidth", None, "allowed: 1e-6 .. 1e6"),
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


# ---- Many layers -----------------------------------------------------------------------------------------------------


def batches_of(rng: np.random.Generator, widths: tuple[int, ...], sizes: tuple[int, ...]) -> list[list[Array]]:
    """Batches of layers of one random network."""
    weights = [rng.normal(size=(20, width)) for width in widths]
    return [[np.tanh(z @ w) for w in weights] for z in (rng.normal(size=(n, 20)) for n in sizes)]


@pytest.mark.parametrize("unbiased", [False, True])
def test_minibatch_cka_is_that_of_numpy(rng: np.random.Generator, unbiased: bool) -> None:
    """Batches of unlike size, layers of unlike width and dtype, one model and two."""
    first = batches_of(rng, (3, 300, 7, 30), (40, 40, 700, 9))
    second = [[np.maximum(layer, 0).astype(np.float32) for layer in batch[:3]] for batch in first]
    one, two = binet.CKAMatrix(unbiased=unbiased), binet.CKAMatrix(unbiased=unbiased, memory=1)
    for batch, other in zip(first, second, strict=True):
        one.append(batch)
        two.append(dict(zip("abcd", batch, strict=True)), dict(zip("xyz", other, strict=True)))
    found = one.result()
    np.testing.assert_allclose(found.values, reference.minibatch_cka(first, first, unbiased), rtol=0, atol=1e-10)
    np.testing.assert_array_equal(found.values, found.values.T)
    np.testing.assert_array_equal(found.values.diagonal(), 1)
    assert (found.rows, found.columns) == (("0", "1", "2", "3"),) * 2
    assert (found.n, found.n_batches, found.unbiased) == (789, 4, unbiased)
    found = two.result()
    np.testing.assert_allclose(found.values, reference.minibatch_cka(first, second, unbiased), rtol=0, atol=1e-10)
    assert (found.rows, found.columns) == (tuple("abcd"), tuple("xyz"))
    assert found["c", "x"] == found.values[2, 0]
    with pytest.raises(KeyError, match="w"):
        found["c", "w"]


def test_minibatch_cka_is_that_of_torch_cka(rng: np.random.Generator) -> None:
    """A package as published, in double, which it does not know: its default type is set for it."""
    torch = pytest.importorskip("torch", reason="no torch, which torch_cka needs")
    torch_cka = pytest.importorskip("torch_cka", reason="no torch_cka to compare with")
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        layers = [torch.nn.Linear(20, 30), torch.nn.Tanh(), torch.nn.Linear(30, 10), torch.nn.ReLU()]
        first, second = torch.nn.Sequential(*layers[:3]), torch.nn.Sequential(*layers)
        data = torch.utils.data.TensorDataset(torch.from_numpy(rng.normal(size=(96, 20))))
        loader = torch.utils.data.DataLoader(data, batch_size=32)
        names = [str(i) for i in range(3)], [str(i) for i in range(4)]
        peer = torch_cka.CKA(first, second, "first", "second", *names)
        with pytest.warns(UserWarning, match="Dataloader"), torch.inference_mode():
            peer.compare(loader)
        matrix = binet.CKAMatrix()
        for (x,) in loader:
            outputs = [x]
            with torch.inference_mode():
                for layer in layers:
                    outputs.append(layer(outputs[-1]))
            matrix.append(outputs[1:4], outputs[1:])
    finally:
        torch.set_default_dtype(before)
    np.testing.assert_allclose(matrix.result().values, peer.export()["CKA"], rtol=0, atol=1e-10)


def test_one_batch_of_all_is_cka(rng: np.random.Generator) -> None:
    (layers,) = batches_of(rng, (5, 900, 40), (300,))
    matrix = binet.CKAMatrix(unbiased=False)
    matrix.append(layers)
    expected = [[binet.cka(x, y).value for y in layers] for x in layers]
    np.testing.assert_allclose(matrix.result().values, expected, rtol=0, atol=1e-12)


def test_small_batches_do_not_make_layers_alike() -> None:
    """Independent layers, 200 batches of 8: the unbiased sums say 0, the biased ones do not."""
    rng = np.random.default_rng(0)
    matrices = binet.CKAMatrix(), binet.CKAMatrix(unbiased=False)
    for _ in range(200):
        layers = rng.normal(size=(2, 8, 50))
        for matrix in matrices:
            matrix.append(layers)
    unbiased, biased = (matrix.result().values[0, 1] for matrix in matrices)
    assert abs(unbiased) < 0.05
    assert biased > 0.8


def test_a_constant_layer_is_named_and_spreads_no_further(rng: np.random.Generator) -> None:
    (layers,) = batches_of(rng, (5, 9, 40), (30,))
    named = {"first": layers[0], "dead": np.full((30, 4), 0.1), "last": layers[2]}
    matrix = binet.CKAMatrix()
    matrix.append(named)
    result = matrix.result()
    assert result.constant_rows.tolist() == result.constant_columns.tolist() == [False, True, False]
    np.testing.assert_array_equal(np.isnan(result.values), [[False, True, False], [True] * 3, [False, True, False]])
    assert str(result) == "CKA of 3 layers (unbiased, 30 samples in 1 batches, constant: dead)"
    matrix.append(named | {"dead": layers[1]})
    assert not np.isnan(matrix.result().values).any()


def test_feature_maps_are_flattened(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    maps = torch.from_numpy(rng.normal(size=(12, 4, 3, 3)))
    other = torch.from_numpy(rng.normal(size=(12, 7)))
    matrix, flat = binet.CKAMatrix(), binet.CKAMatrix()
    matrix.append({"conv": maps.to(memory_format=torch.channels_last), "head": other})
    flat.append({"conv": maps.flatten(1), "head": other})
    np.testing.assert_array_equal(matrix.result().values, flat.result().values)
    assert binet.cka(maps, other).value == binet.cka(maps.flatten(1), other).value


def test_matrix_reads_well(rng: np.random.Generator) -> None:
    matrix = binet.CKAMatrix()
    matrix.append(batches_of(rng, (5,) * 20, (30,))[0])
    result = matrix.result()
    assert str(result) == "CKA of 20 layers (unbiased, 30 samples in 1 batches)"
    assert repr(result) == f"<binet.CKAMatrixResult: {result}>"
    assert "; the first 12" in result._repr_html_()
    assert result._repr_html_().count("<tr>") == 13
    with pytest.raises(ValueError, match="read-only"):
        result.values[0, 0] = 2


def test_heat_map(rng: np.random.Generator) -> None:
    """Origin below, colours 0 to 1, a name for each of few layers and for some of many, none empty but where NaN."""
    for n_rows, n_columns in ((3, 3), (100, 60)):
        layers = batches_of(rng, (5,) * n_rows, (30,))[0]
        second = {f"block{i}": layer for i, layer in enumerate(layers[:n_columns])}
        matrix = binet.CKAMatrix()
        matrix.append(layers, second)
        result = matrix.result()
        ax = result.plot()
        assert result.plot(ax) is ax
        image = ax.images[0]
        np.testing.assert_array_equal(image.get_array(), result.values)
        assert image.origin == "lower"
        assert image.get_clim() == (0, 1)
        bottom, top = ax.get_ylim()
        assert bottom < top
        shown = [text.get_text() for text in ax.get_xticklabels()]
        assert shown == [f"block{i}" for i in range(0, n_columns, 1 if n_columns == 3 else 2)]
        assert len(ax.get_yticklabels()) == (3 if n_rows == 3 else 34)
        assert not ax.texts
        ax.figure.clear()


@pytest.mark.parametrize(
    ("first", "second", "status", "argument", "index", "says"),
    [
        (
            [np.ones((3, 2)), np.ones((3, 2))],
            None,
            "INVALID_ARGUMENT",
            "first",
            0,
            r"first\[0\] has 3 rows; the unbiased",
        ),
        ([np.ones((9, 2)), np.ones((8, 2))], None, "INVALID_ARGUMENT", "first", 1, r"first\[1\] has 8 rows where 9"),
        ([np.ones((9, 2))], [np.ones((8, 2))], "INVALID_ARGUMENT", "second", 0, r"second\[0\] has 8 rows where 9"),
        ([np.ones((9, 2), int)], None, "INVALID_ARGUMENT", "first", 0, r"first\[0\] has dtype int64"),
        ([np.ones(9)], None, "INVALID_ARGUMENT", "first", 0, r"first\[0\] has 1 dimension"),
        ([["a"]], None, "INVALID_ARGUMENT", "first[0]", None, "dtype"),
        ([], None, "INVALID_ARGUMENT", "first", None, "no layers"),
        ({}, None, "INVALID_ARGUMENT", "first", None, "is 0; allowed: 1 .. 65536"),
        ([np.ones((9, 2))], [], "INVALID_ARGUMENT", "second", None, "no layers"),
        (
            [np.ones((9, 2)), np.where(np.arange(18) == 13, np.nan, 1.0).reshape(9, 2)],
            None,
            "INVALID_DATA",
            "first",
            6,
            r"row 6 of first\[1\]",
        ),
    ],
)
def test_bad_input_of_a_matrix(
    first: Any, second: Any, status: str, argument: str, index: int | None, says: str
) -> None:
    matrix = binet.CKAMatrix()
    with pytest.raises(binet.Error, match=says) as caught:
        matrix.append(first, second)
    assert caught.value.status.name == status
    assert (caught.value.argument, caught.value.index) == (argument, index)
    with pytest.raises(binet.Error, match="no batch"):
        matrix.result()


def test_layers_stay_the_same() -> None:
    matrix = binet.CKAMatrix()
    matrix.append({"a": np.eye(9), "b": np.eye(9)})
    with pytest.raises(binet.Error, match="'c' where 'b' was") as caught:
        matrix.append({"a": np.eye(9), "c": np.eye(9)})
    assert caught.value.argument == "first"
    with pytest.raises(binet.Error, match="1 where there were 2"):
        matrix.append({"a": np.eye(9)})
    with pytest.raises(binet.Error, match="1 where there were 0") as caught:
        matrix.append({"a": np.eye(9), "b": np.eye(9)}, [np.eye(9)])
    assert caught.value.argument == "second"
    with pytest.raises(binet.Error, match="memory is 0"):
        binet.CKAMatrix(memory=0)
