"""Compare the layers of two torch models: CKA of every two, as a heat map.

    python compare_layers.py [-o layers.png]

Two small networks, one of convolutions and one of attention, are trained for some seconds on scikit-learn's digits.
For models of your own, the few lines of `Layers` and the loop of `compare` are all you need.
"""

from __future__ import annotations

import argparse
import re
from collections import OrderedDict
from pathlib import Path

import binet
import torch
from sklearn.datasets import load_digits


class Layers:
    """What the modules of a model whose names match a pattern gave last, by name."""

    def __init__(self, model: torch.nn.Module, pattern: str) -> None:
        self.features: dict[str, torch.Tensor] = {}
        for name, module in model.named_modules():
            if re.fullmatch(pattern, name):
                module.register_forward_hook(lambda _module, _inputs, output, name=name: self._keep(name, output))

    def _keep(self, name: str, output: torch.Tensor) -> None:
        self.features[name] = output.detach()


def convnet() -> torch.nn.Sequential:
    """Eight 3 x 3 convolutions and a linear head."""
    torch.manual_seed(0)
    widths = [1, 16, 16, 16, 32, 32, 32, 64, 64]
    parts: dict[str, torch.nn.Module] = {}
    for i in range(1, len(widths)):
        stride = 1 + (widths[i] > widths[i - 1] > 1)
        parts[f"conv{i}"] = torch.nn.Conv2d(widths[i - 1], widths[i], 3, stride, padding=1)
        parts[f"relu{i}"] = torch.nn.ReLU()
    head = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64 * 4, 10))
    return torch.nn.Sequential(OrderedDict(parts, head=head))


class Transformer(torch.nn.Module):  # type: ignore[misc]
    """Sixteen patches of 2 x 2, four blocks of attention, the mean of the patches and a linear head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.patches = torch.nn.Conv2d(1, 64, 2, stride=2)
        self.places = torch.nn.Parameter(0.02 * torch.randn(16, 64))
        self.blocks = torch.nn.ModuleList(
            torch.nn.TransformerEncoderLayer(64, 4, 128, dropout=0, batch_first=True, norm_first=True) for _ in range(4)
        )
        self.head = torch.nn.Linear(64, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits [n, 10] of images [n, 1, 8, 8]."""
        x = self.patches(images).flatten(2).transpose(1, 2) + self.places
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(1))


def train(model: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    """AdamW on batches of 64, in a new order each epoch."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).split(64):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(model(images[rows]), labels[rows]).backward()
            optimiser.step()


def compare(models: dict[str, tuple[torch.nn.Module, str]], images: torch.Tensor) -> dict[str, binet.CKAMatrixResult]:
    """CKA of every two layers of each of two models, and between them: one pass over batches of 100."""
    first, second = (Layers(model, pattern) for model, pattern in models.values())
    one, other = models
    pairs = {one: (first, None), other: (second, None), f"{one} and {other}": (first, second)}
    matrices = {name: binet.CKAMatrix() for name in pairs}
    with torch.inference_mode():
        for batch in images.split(100):
            for model, _ in models.values():
                model(batch)
            for name, (rows, columns) in pairs.items():
                matrices[name].append(rows.features, columns.features if columns else None)
    return {name: matrix.result() for name, matrix in matrices.items()}


def draw(results: dict[str, binet.CKAMatrixResult], path: Path) -> None:
    """Heat maps side by side."""
    import matplotlib.pyplot as plt

    widths = [len(result.columns) + 6 for result in results.values()]
    figure, axes = plt.subplots(1, len(results), figsize=(20, 6.5), width_ratios=widths, layout="constrained")
    for ax, (name, result) in zip(axes, results.items(), strict=True):
        result.plot(ax).set_title(name)
    figure.savefig(path, dpi=100)
    print(f"heat maps: {path}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the layers of two torch models.")
    parser.add_argument("-o", "--output", type=Path, help="picture of the heat maps")
    parser.add_argument("--epochs", type=int, default=8, help="of training (default: 8)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # networks this small gain nothing from more
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(digits.target)
    models: dict[str, tuple[torch.nn.Module, str]] = {
        "ConvNet": (convnet(), r"conv\d|relu\d|head"),
        "transformer": (Transformer(), r"patches|blocks\.\d(\.linear[12])?|head"),
    }
    for name, (model, _) in models.items():
        train(model, images[:1297], labels[:1297], arguments.epochs)
        right = model.eval()(images[1297:]).argmax(1) == labels[1297:]
        print(f"{name}: {right.float().mean():.3f} of 500 held-out digits right")
    results = compare(models, images[1297:])
    for name, result in results.items():
        print(f"{name}: {result}")
    if arguments.output is not None:
        draw(results, arguments.output)


if __name__ == "__main__":
    main()
