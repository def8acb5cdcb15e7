"""The demo's two models: a small ConvNet and a small vision transformer, trained here and saved as TorchScript."""

from __future__ import annotations

import os
import re
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .data import N_CLASSES, SIDE

BATCH_SIZE = 64


class ConvNet(nn.Module):  # type: ignore[misc]
    """Three convolutions with batch normalisation and a global average: f32 [n, 3, 8, 8] to logits [n, 10]."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 32, 64, 64)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for i in range(1, 4):
            layers[f"conv{i}"] = nn.Conv2d(widths[i - 1], widths[i], 3, padding=1, bias=False)
            layers[f"norm{i}"] = nn.BatchNorm2d(widths[i])
            layers[f"relu{i}"] = nn.ReLU()
            if i == 2:
                layers["pool"] = nn.MaxPool2d(2)
        self.layers = nn.Sequential(layers)
        self.head = nn.Linear(widths[-1], N_CLASSES)

    def features(self, images: Tensor) -> Tensor:
        """What the head sees of a batch: f32 [n, 64]."""
        pooled: Tensor = self.layers(images).mean((2, 3))
        return pooled

    def forward(self, images: Tensor) -> Tensor:
        """Logits of a batch."""
        logits: Tensor = self.head(self.features(images))
        return logits


class Block(nn.Module):  # type: ignore[misc]
    """Pre-norm attention and MLP, each with a residual (Dosovitskiy et al., ICLR 2021): [n, tokens, width]."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """Tokens after attention and MLP."""
        heads = self.qkv(self.norm1(x)).unflatten(-1, (3, self.n_heads, -1)).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(heads[0], heads[1], heads[2])
        x = x + self.project(attended.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):  # type: ignore[misc]
    """Patches of 2 x 2, a class token, two blocks: f32 [n, 3, 8, 8] to logits [n, 10]."""

    def __init__(self, width: int = 64, depth: int = 2, n_heads: int = 4, patch: int = 2) -> None:
        super().__init__()
        n_tokens = 1 + (SIDE // patch) ** 2
        self.embed = nn.Conv2d(3, width, patch, stride=patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(0.5 * torch.randn(1, n_tokens, width))
        self.blocks = nn.Sequential(*(Block(width, n_heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, N_CLASSES)

    def features(self, images: Tensor) -> Tensor:
        """What the head sees of a batch, the class token: f32 [n, width]."""
        patches = self.embed(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_token.expand(images.shape[0], -1, -1), patches], dim=1)
        class_token: Tensor = self.norm(self.blocks(tokens + self.position))[:, 0]
        return class_token

    def forward(self, images: Tensor) -> Tensor:
        """Logits of a batch."""
        logits: Tensor = self.head(self.features(images))
        return logits


class LogitsAndFeatures(nn.Module):  # type: ignore[misc]
    """A model of the demo that also gives the features, as `binet evaluate --features` wants them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and features of a batch."""
        features = self.model.features(images)
        return self.model.head(features), features


@contextmanager
def _reproducible(seed: int) -> Iterator[None]:
    """One thread, seeded, deterministic algorithms; the caller's torch settings come back afterwards."""
    n_threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.set_num_threads(n_threads)
            torch.use_deterministic_algorithms(deterministic)


@dataclass(frozen=True)
class Recipe:
    """A model and how it is trained."""

    name: str
    make: Callable[[], nn.Module]
    n_epochs: int
    layers: str
    """The names of the layers that are compared, as a regular expression."""
    learning_rate: float = 3e-3


RECIPES = (
    Recipe("ConvNet", ConvNet, 15, r"layers\.\w+|head"),
    Recipe("ViT", VisionTransformer, 40, r"embed|blocks\.\d(\.(norm1|project|norm2|mlp))?|norm|head"),
)


def train(
    recipe: Recipe,
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    seed: int,
    epoch_done: Callable[[], object],
) -> nn.Module:
    """Train a model with AdamW and a one-cycle learning rate, on one thread.

    Args:
        recipe: what to train, and how long.
        images: float32 [N, 3, 8, 8], normalised.
        labels: [N] classes.
        seed: of the weights and of the order of the images; the same seed gives the same model on the same machine.
        epoch_done: called after each epoch.

    Returns:
        The model in evaluation mode.
    """
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    with _reproducible(seed):
        model = recipe.make().train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.05)
        n_batches = -(-len(x) // BATCH_SIZE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, recipe.learning_rate, total_steps=recipe.n_epochs * n_batches
        )
        for _ in range(recipe.n_epochs):
            for rows in torch.randperm(len(x)).split(BATCH_SIZE):
                optimizer.zero_grad()
                functional.cross_entropy(model(x[rows]), y[rows]).backward()
                optimizer.step()
                schedule.step()
            epoch_done()
    return model.eval()


def save_torchscript(model: nn.Module, path: Path) -> None:
    """Trace a model and write it, under a temporary name first."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript: what libbinet_torch reads today
        torch.jit.trace(model, torch.zeros(2, 3, SIDE, SIDE)).save(str(temporary))
    temporary.replace(path)


def save_layers(model: nn.Module, pattern: str, images: NDArray[np.float32], path: Path) -> None:
    """Write what layers make of images: a .npz with float16 [n, ...] for each, under its name, in network order.

    Args:
        model: in evaluation mode.
        pattern: names of its modules, as a regular expression.
        images: float32 [n, 3, 8, 8], normalised.
        path: of the .npz.
    """
    found: dict[str, Any] = {}

    def keep(name: str, output: Tensor) -> None:
        found[name] = output.half().numpy()

    chosen = [(name, module) for name, module in model.named_modules() if re.fullmatch(pattern, name)]
    hooks = [
        module.register_forward_hook(lambda _, __, output, name=name: keep(name, output)) for name, module in chosen
    ]
    with torch.inference_mode():
        model(torch.from_numpy(images))
    for hook in hooks:
        hook.remove()
    np.savez_compressed(path, **found)
