"""Top-k accuracy and its Wilson interval."""

from __future__ import annotations

import dataclasses
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
import reference


@pytest.mark.parametrize("k", [1, 3, 37, 1000])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_counts_and_interval(logits: npt.NDArray[Any], labels: npt.NDArray[Any], k: int, level: float) -> None:
    result = binet.accuracy(binet.Predictions.from_logits(logits, labels), k=k, confidence_level=level)
    best = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    right = int((best == labels[:, None]).any(1).sum())
    low, high = reference.wilson(right, len(labels), level)
    assert (result.n_correct, result.n) == (right, 257)
    assert result.value == right / 257
    assert result.low == pytest.approx(low, abs=1e-12)
    assert result.high == pytest.approx(high, abs=1e-12)
    assert (result.k, result.confidence_level) == (k, level)


@pytest.mark.parametrize("model", ["ResNet50", "ViT"])
def test_real_models(data: Any, expected: Any, model: str) -> None:
    folder = data / "imagenet-val"
    predictions = binet.Predictions.from_csv(folder / f"{model}.csv", labels=folder / "labels.csv")
    result = binet.accuracy(predictions)
    assert result.value == pytest.approx(expected["imagenet_val"][model]["top1"], abs=1e-12)
    assert result.n == expected["imagenet_val"][model]["n"]


def test_result_reads_well(logits: npt.NDArray[Any], labels: npt.NDArray[Any]) -> None:
    result = binet.accuracy(binet.Predictions.from_logits(logits, labels), k=5)
    assert str(result).startswith("top-5 accuracy 0.")
    assert "95 % interval" in str(result)
    assert "value=" in repr(result)
    assert "<table>" in result._repr_html_()
    assert float(result) == result.value
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.value = 1.0  # type: ignore[misc]
