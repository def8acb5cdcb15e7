"""Sweeps on disk: a model at every setting, as predictions, features and a summary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .._files import write_text
from ..evaluate import evaluate_sweep
from ..image import ImageList
from ..invariance import Estimate, Invariance, invariance
from ..transforms import Transform
from .runs import PathLike, sha256


def sweep_to(
    folder: PathLike,
    model: PathLike,
    data: PathLike,
    images: ImageList,
    kind: str,
    settings: Mapping[float, Transform],
    reference: float,
    *,
    batch_size: int = 32,
    features: bool = False,
    skip_bad: bool = False,
    progress: bool = False,
) -> Invariance:
    """Run a model over all settings, and write what came out: such as scale-1.25.csv for each, and scale.json.

    Args:
        folder: to write to; made where it is missing.
        model: path of a TorchScript file.
        data: folder or CSV of the images, for the summary.
        images: what is there, each decoded once for all settings.
        kind: "scale", "shift" or "resolution".
        settings: transforms by setting, two or more, as `binet.transforms.sweep` gives.
        reference: the setting where the pictures are as they are.
        batch_size: pictures a batch.
        features: write features too, and compare them.
        skip_bad: leave out the files that cannot be read; else the first is an error.
        progress: draw a bar.

    Raises:
        binet.Error: as `binet.evaluate_sweep` and `binet.invariance`.
    """
    folder, model = Path(folder), Path(model)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {value: folder / f"{kind}-{value}.npy" for value in settings} if features else None
    predictions = evaluate_sweep(
        model,
        images,
        sweep=dict(settings),
        batch_size=batch_size,
        on_bad_image="skip" if skip_bad else "error",
        features=paths,
        progress=progress,
    )
    skipped = next(iter(predictions.values())).skipped
    for value, table in predictions.items():
        table.to_csv(folder / f"{kind}-{value}.csv")
    result = invariance(predictions, reference=reference, features=paths)
    summary = sweep_record(folder.name, kind, result) | {
        "model": {"path": str(model), "sha256": sha256(model)},
        "data": {"path": str(data), "n_images": len(images)},
        "transforms": {str(value): asdict(one) for value, one in settings.items()},
        "skipped": [{"path": bad.path, "reason": bad.reason} for bad in skipped],
    }
    write_text(folder / f"{kind}.json", json.dumps(summary, indent=1) + "\n")
    return result


def sweep_record(name: str, kind: str, result: Invariance) -> dict[str, Any]:
    """A sweep as a record that JSON can hold: None in the place of NaN."""
    return {
        "name": name,
        "sweep": kind,
        "reference": result.reference,
        "n": result.n,
        "confidence_level": result.confidence_level,
        "areas": {
            "accuracy": _estimate(result.accuracy_area),
            "true_probability": _estimate(result.true_probability_area),
            "consistency": _estimate(result.consistency_area),
        },
        "settings": [
            {key: _estimate(value) if isinstance(value, Estimate) else value for key, value in one._asdict().items()}
            for one in result
        ],
    }


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    return {key: value if value == value else None for key, value in estimate._asdict().items()}
