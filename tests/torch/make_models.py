"""Write the TorchScript files that test_torch.c loads, and what libtorch's Python side answers to a batch.

Usage: make_models.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

N, CLASSES, FEATURES, SIDE = 3, 5, 4, 8


class Net(nn.Module):
    """A convolution, normalised, with dropout: what it answers depends on being in evaluation mode."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, FEATURES, 3)
        self.norm = nn.BatchNorm2d(FEATURES)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(FEATURES, CLASSES)
        # A table of indices: it must stay one whatever dtype the model runs in.
        self.register_buffer("order", torch.arange(CLASSES).flip(0))
        self.norm.running_mean = torch.randn(FEATURES)
        self.norm.running_var = torch.rand(FEATURES) + 0.5

    def features(self, x: Tensor) -> Tensor:
        return self.dropout(torch.relu(self.norm(self.convolution(x))).mean((2, 3)))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))[:, self.order]


class Tuple(Net):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.features(x)
        return self.head(features)[:, self.order], features


class Dict(Net):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.features(x)
        return {"logits": self.head(features)[:, self.order], "features": features}


class LogitsDict(Net):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"logits": self.head(self.features(x))[:, self.order]}


class Transposed(Net):
    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))[:, self.order].t().contiguous().t()


class List(Net):
    def forward(self, x: Tensor) -> list[Tensor]:
        return [x, x, x]


class Triple(Net):
    def forward(self, x: Tensor) -> tuple[Tensor, int, Tensor]:
        return x, 1, x


class WrongKey(Net):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"scores": x}


class NumberedDict(Net):
    def forward(self, x: Tensor) -> dict[int, Tensor]:
        return {7: x}


class Nothing(Net):
    def forward(self, x: Tensor) -> Tensor | None:
        return x if x.size(0) == 0 else None


class Number(Net):
    def forward(self, x: Tensor) -> int:
        return x.size(0)


class Deep(Net):
    def forward(self, x: Tensor) -> Tensor:
        return x


class Integer(Net):
    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x)).to(torch.int64)


class Throws(Net):
    def forward(self, x: Tensor) -> Tensor:
        if x.size(0) > 0:
            raise ValueError("no answer today")
        return x


class Mismatch(Net):
    def forward(self, x: Tensor) -> Tensor:
        return self.head(x)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    weights = Net().state_dict()
    batch = torch.randn(N, 3, SIDE, SIDE)
    kinds = (Net, Tuple, Dict, LogitsDict, Transposed, List, Triple, WrongKey, NumberedDict)
    for kind in (*kinds, Nothing, Number, Deep, Integer, Throws, Mismatch):
        net = kind()
        net.load_state_dict(weights)
        # Saved in training mode, as people do by mistake.
        torch.jit.script(net.train()).save(str(folder / f"{kind.__name__.lower()}.pt"))
    net = Net()
    net.load_state_dict(weights)
    torch.jit.freeze(torch.jit.script(net.eval())).save(str(folder / "frozen.pt"))
    torch.save(weights, folder / "weights.pt")
    whole = (folder / "net.pt").read_bytes()
    (folder / "truncated.pt").write_bytes(whole[: len(whole) // 2])
    (folder / "text.pt").write_text("not a model\n")
    (folder / "empty.pt").write_bytes(b"")
    net.eval()
    with torch.inference_mode():
        (folder / "batch.f32").write_bytes(batch.numpy().tobytes())
        (folder / "logits.f32").write_bytes(net(batch).numpy().tobytes())
        (folder / "features.f32").write_bytes(net.features(batch).numpy().tobytes())


if __name__ == "__main__":
    main()
