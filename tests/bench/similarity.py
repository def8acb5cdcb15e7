"""CKA of many layers against torch_cka and torch."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import Any

import binet
import torch
import torch_cka
from pairs import Row, agree, alternate

L, N, D = 100, 1_024, 768
N_ROWS = 2
"""Rows of the matrix that torch_cka is asked for: all take minutes, and each takes as long as another."""


def rows(n_rounds: int) -> list[Row]:
    """Unbiased CKA of every two of 100 layers, one batch of 1,024 x 768 f32."""
    layers = _layers()

    def ours() -> Any:
        matrix = binet.CKAMatrix()
        matrix.append(layers)
        return matrix.result().values

    def pair_by_pair() -> Any:
        return _torch_cka(layers[:N_ROWS], layers)

    def in_f64() -> Any:
        return _all_at_once(layers, torch.float64)

    def in_f32() -> Any:
        return _all_at_once(layers, torch.float32)

    found = ours()
    with _default(torch.float64):  # in f32 it does not centre, and is off by some percent where features are off centre
        agree("torch_cka in f64", found[0], _torch_cka([layers[0].double()], [x.double() for x in layers])[0], 1e-8)
    agree("torch in f64, CKA", found, in_f64(), 1e-10)
    agree("torch in f32, CKA", found, in_f32(), 1e-5)
    one, other = alternate(ours, pair_by_pair, 1)
    size = f"CKA of every two of {L} layers of {N:,} x {D} f32"
    return [
        Row(
            f"{size}: torch_cka, {L // N_ROWS} x its time for {N_ROWS} rows", one, [L / N_ROWS * s for s in other], "20"
        ),
        Row("  torch in f64, Grams once, all pairs one product", *alternate(ours, in_f64, n_rounds), "2"),
        Row("  the same in f32: values within 1e-5, not 1e-10", *alternate(ours, in_f32, n_rounds), "2"),
    ]


def _layers() -> list[torch.Tensor]:
    """A random residual network's: neighbours alike, the first and the last less so."""
    random = torch.Generator().manual_seed(0)
    x = torch.randn(N, D, generator=random)
    layers = []
    for _ in range(L):
        weights = torch.randn(D, D, generator=random) / D**0.5
        x = x + 0.3 * torch.relu(x @ weights)
        x = x / x.std()
        layers.append(x)
    return layers


@contextlib.contextmanager
def _default(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    yield
    torch.set_default_dtype(before)


class _Recorded(torch.nn.Module):  # type: ignore[misc]
    """A model whose layers give what was recorded, whatever it is given."""

    def __init__(self, features: list[torch.Tensor]) -> None:
        super().__init__()
        self.features = features
        self.layers = torch.nn.ModuleList(torch.nn.Identity() for _ in features)

    def forward(self, _: torch.Tensor) -> None:
        for layer, features in zip(self.layers, self.features, strict=True):
            layer(features)


def _torch_cka(first: list[torch.Tensor], second: list[torch.Tensor]) -> Any:
    """The package: Grams and both HSICs of each pair anew."""
    models = [_Recorded(features) for features in (first, second)]
    names = [[f"layers.{i}" for i in range(len(features))] for features in (first, second)]
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.zeros(1)))
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()), torch.inference_mode():
        warnings.simplefilter("ignore")
        cka = torch_cka.CKA(*models, "first", "second", *names)
        cka.compare(loader)
    return cka.export()["CKA"]


def _all_at_once(layers: list[torch.Tensor], dtype: torch.dtype) -> Any:
    """Each Gram once, diagonals out, then one product; U-centring by sums, which of centred rows are known."""
    n = len(layers[0])
    grams = torch.empty(len(layers), n, n, dtype=dtype)
    for gram, layer in zip(grams, layers, strict=True):
        x = layer.to(dtype)
        x = x - x.mean(0)
        torch.mm(x, x.T, out=gram)
    sums = -grams.diagonal(dim1=1, dim2=2).clone()
    grams.diagonal(dim1=1, dim2=2).zero_()
    flat = grams.view(len(layers), -1)
    totals = sums.sum(1)
    products = flat @ flat.T
    products += torch.outer(totals, totals) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (sums @ sums.T)
    lengths = products.diagonal().sqrt()
    return products / lengths / lengths[:, None]
