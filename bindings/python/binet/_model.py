"""A model as Python has it, made into a function from a NumPy batch to what the model gives."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ._options import choose
from .arrays import Array
from .errors import InvalidArgument, InvalidData, IOFailure, shown

Run = Callable[[Array], Any]

_INPUTS = {"numpy": 0, "torch": 1}


@contextlib.contextmanager
def runner(model: Any, given: str | None) -> Iterator[Run]:
    """A function that runs `model` on a batch, float32 [n, 3, H, W], which it may keep or change.

    Args:
        model: a path to a TorchScript file, a torch module, or any callable.
        given: what a callable is given: "numpy" or "torch"; None: torch for a module, numpy for any other.
    """
    if given is not None:
        choose("input", given, _INPUTS)
    if isinstance(model, (str, os.PathLike)):
        model = _load(Path(model))
    if not callable(model):
        raise InvalidArgument(f"model is {shown(model)}; allowed: a path or a callable", "model")
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module) and given != "numpy":
        with _evaluation_mode(model), torch.inference_mode():
            parameter = next(model.parameters(), None)
            device = None if parameter is None else parameter.device
            yield lambda batch: model(torch.from_numpy(batch).to(device))
    elif given == "torch":
        torch = _import_torch("input='torch'")
        with torch.no_grad():
            yield lambda batch: model(torch.from_numpy(batch))
    else:
        yield model


def split(answer: Any) -> tuple[Any, Any]:
    """Logits and features (None where there are none) from what a model gave."""
    logits, features = answer, None
    if isinstance(answer, Mapping):
        if "logits" not in answer:
            raise InvalidData(
                f"model gave a dict with the keys {sorted(map(str, answer))}; 'logits' is needed", "model"
            )
        logits, features = answer["logits"], answer.get("features")
    elif isinstance(answer, tuple):
        if len(answer) != 2:
            raise InvalidData(f"model gave a tuple of {len(answer)}; allowed: (logits, features)", "model")
        logits, features = answer
    if logits is None:
        raise InvalidData("model gave None; allowed: logits, (logits, features) or a dict with those names", "model")
    return _on_cpu(logits), _on_cpu(features)


def _on_cpu(value: Any) -> Any:
    torch = sys.modules.get("torch")
    return value.detach().cpu() if torch is not None and isinstance(value, torch.Tensor) else value


def _import_torch(what: str) -> Any:
    try:
        import torch
    except ImportError as error:
        raise ImportError(f"{what} needs torch: pip install torch") from error
    return torch


def _load(path: Path) -> Any:
    """A model from a TorchScript file, on the CPU."""
    torch = _import_torch("a model from a file")
    if not path.is_file():
        reason = "it is a folder" if path.is_dir() else "there is no such file"
        raise IOFailure(f"cannot read model '{path}': {reason}", "model")
    with warnings.catch_warnings():
        # That the format is on its way out is no news to somebody who has such a file.
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        try:
            return torch.jit.load(str(path), map_location="cpu")
        except RuntimeError as error:
            # The first sentence; what torch says after it leads people who have saved a state_dict astray.
            reason = str(error).strip().splitlines()[0].split(". ")[0]
            raise InvalidData(
                f"'{path}' is not a TorchScript file, which torch.jit.trace(...).save writes and torch.save does not: "
                f"{reason}",
                "model",
            ) from error


@contextlib.contextmanager
def _evaluation_mode(model: Any) -> Iterator[None]:
    """A module in evaluation mode, and each part of it back in its own mode afterwards."""
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
