"""Runs: one model evaluated on one set of images, as a folder with predictions.csv and summary.json."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from .._files import read_json, write_text
from .._library import ffi, lib
from ..accuracy import accuracy
from ..calibration import calibration
from ..errors import InvalidArgument, InvalidData, IOFailure
from ..evaluate import evaluate
from ..groups import Aggregate, ClassGroups, named
from ..image import ClassMap, ImageList, list_images
from ..predictions import Predictions
from ..presets import preset_of
from ..threads import context, get_num_threads
from ..transforms import IMAGENET, Transform
from .records import core, top1

PREDICTIONS, SUMMARY, FEATURES = "predictions.csv", "summary.json", "features.npy"

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Run:
    """What is known of one model: its predictions, and how they were made where a summary.json says so."""

    name: str
    path: Path
    predictions: Predictions
    summary: dict[str, Any] | None

    def headline(self) -> str:
        """The run in one line."""
        counts = f"{len(self.predictions):,} images"
        if self.predictions.skipped:
            counts += f", {len(self.predictions.skipped):,} skipped"
        if (self.predictions.label < 0).any():
            return f"{self.name}, {counts}, no labels"
        share = accuracy(self.predictions)
        interval = f"({100 * share.low:.2f} to {100 * share.high:.2f})"
        line = f"{self.name}, {counts}, top-1 {100 * share.value:.2f} % {interval}"
        return f"{line}, ECE {calibration(self.predictions).ece:.4f}" if self.scores_are_probabilities else line

    @property
    def scores_are_probabilities(self) -> bool:
        """Whether a confidence is a probability, which the mean or the largest of a group's probabilities is not."""
        groups = (self.summary or {}).get("groups")
        return groups is None or groups["aggregate"] == "sum"

    def require_probabilities(self) -> None:
        """Raise where calibration would be measured on scores that are no probabilities."""
        if not self.scores_are_probabilities:
            message = f"{self.path}: scores of groups are no probabilities, unless made with --aggregate sum"
            raise InvalidData(message, "path")


@dataclass(frozen=True)
class Settings:
    """How a model is evaluated; as the options of `binet evaluate`.

    Attributes:
        transform: what is done to each picture.
        preset: one of `binet.PRESETS` by name, which says the folder names and the classes kept; None: none.
        batch_size: pictures a batch.
        class_map: file with a folder name a line, in class order; None: the sorted folder names.
        labels: CSV of `file_name,label` that gives or replaces the labels.
        groups: groups of classes: "sixteen", or a JSON file of names to class lists; None: no groups.
        aggregate: what the probabilities of a group's classes become.
        features: also write features.npy.
        skip_bad: leave out, count and list the files that cannot be read; else the first is an error.
    """

    transform: Transform = IMAGENET
    preset: str | None = None
    batch_size: int = 32
    class_map: PathLike | None = None
    labels: PathLike | None = None
    groups: PathLike | None = None
    aggregate: Aggregate = "mean"
    features: bool = False
    skip_bad: bool = False


# ---- Making a run ----------------------------------------------------------------------------------------------------


def evaluate_to(
    out: PathLike,
    model: PathLike,
    data: PathLike,
    settings: Settings | None = None,
    *,
    name: str | None = None,
    progress: bool = False,
) -> Run:
    """Evaluate a TorchScript file on images and write predictions.csv, summary.json and, if asked for, features.npy.

    Args:
        out: folder to write to; made where it is missing.
        model: path of a TorchScript file.
        data: folder or CSV of images, as for `binet.evaluate`.
        settings: None: `Settings()`.
        name: what reports call the model; None: the file's name without its ending.
        progress: draw a bar.

    Raises:
        binet.Error: as `binet.evaluate`; `IO` for a file that cannot be written.
    """
    settings = settings or Settings()
    out, model, data = Path(out), Path(model), Path(data)
    if not model.is_file():
        raise IOFailure(f"{model}: no such model file", "model")
    groups = None if settings.groups is None else named(settings.groups)
    class_names = None if settings.class_map is None else read_class_map(settings.class_map)
    preset = None if settings.preset is None else preset_of(settings.preset)
    if preset is not None and (class_names is not None or groups is not None):
        raise InvalidArgument(
            f"the preset {preset.name!r} says which folders there are: no class map, no groups", "preset"
        )
    folders: ClassMap | None = preset.class_names if preset is not None else None if groups is None else tuple(groups)
    images = list_images(data, class_names, folders)
    out.mkdir(parents=True, exist_ok=True)
    predictions = evaluate(
        str(model),
        images,
        transform=settings.transform,
        batch_size=settings.batch_size,
        subset=None if preset is None else preset.subset,
        groups=groups,
        aggregate=settings.aggregate,
        on_bad_image="skip" if settings.skip_bad else "error",
        features=out / FEATURES if settings.features else None,
        progress=progress,
    )
    if settings.labels is not None:
        predictions = predictions.with_labels(settings.labels)
    name = name or model.stem
    summary = _summary(name, model, data, images, settings, predictions)
    summary["groups"] = None if groups is None else _described(settings, groups)
    summary["command"] = _command(out, model, data, settings, name)
    predictions.to_csv(out / PREDICTIONS)
    write_text(out / SUMMARY, json.dumps(summary, indent=1) + "\n")
    return Run(name, out, predictions, summary)


def read_class_map(path: PathLike) -> ClassMap:
    """Folder names, one a line, in class order; empty lines at the end are ignored."""
    names = Path(path).read_text(encoding="utf-8", errors="surrogateescape").rstrip().splitlines()
    if not names:
        raise InvalidData(f"{path}: no class names; one folder name a line is expected", "class_map")
    return [line.strip() for line in names]


def _summary(
    name: str, model: Path, data: Path, images: ImageList, settings: Settings, predictions: Predictions
) -> dict[str, Any]:
    """Everything needed to make the run again, and its first numbers."""
    names = dict(zip(images.paths, images.names, strict=True)) if predictions.skipped else {}
    return {
        "name": name,
        "model": {"path": str(model), "sha256": sha256(model), "bytes": model.stat().st_size},
        "data": {"path": str(data), "n_images": len(images), "list_sha256": _list_sha256(images)},
        "transform": asdict(settings.transform),
        "preset": settings.preset,
        "batch_size": settings.batch_size,
        "class_map": None if settings.class_map is None else str(settings.class_map),
        "labels": None if settings.labels is None else str(settings.labels),
        "features": FEATURES if settings.features else None,
        "threads": get_num_threads(),
        "isa": ffi.string(lib.binet_context_isa(context().pointer)).decode(),
        "versions": _versions(),
        "counts": {
            "images": len(images),
            "evaluated": len(predictions),
            "skipped": len(predictions.skipped),
            "classes": predictions.n_classes,
        },
        "skipped": [{"file": names[bad.path], "reason": bad.reason} for bad in predictions.skipped],
        "results": _results(predictions, settings),
    }


def _described(settings: Settings, groups: ClassGroups) -> dict[str, Any]:
    """What groups the classes of predictions.csv are."""
    return {"given": str(settings.groups), "aggregate": settings.aggregate, "names": list(groups)}


def _results(predictions: Predictions, settings: Settings) -> dict[str, Any] | None:
    """Accuracy and, where there are probabilities, calibration; None where an image has no label."""
    if (predictions.label < 0).any():
        return None
    if settings.groups is not None and settings.aggregate != "sum":
        return top1(accuracy(predictions))
    result = calibration(predictions)
    return core(accuracy(predictions), result) | {"n_bins": len(result.bins), "binning": result.binning}


def _versions() -> dict[str, str]:
    versions = {"libbinet": __version__}
    if "torch" in sys.modules:
        versions["torch"] = str(sys.modules["torch"].__version__)
    return versions | {"numpy": np.__version__, "python": platform.python_version()}


def _list_sha256(images: ImageList) -> str:
    """SHA-256 of the lines `name<TAB>label<LF>` of all images listed, in their order."""
    lines = "".join(f"{name}\t{label}\n" for name, label in zip(images.names, images.labels, strict=True))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def _command(out: Path, model: Path, data: Path, settings: Settings, name: str) -> str:
    """The command line that makes the run again."""
    words = ["binet", "evaluate", str(model), "--data", str(data), "-o", str(out), "--name", name]
    transform = asdict(settings.transform)
    for key in ("resize", "crop"):
        words += [f"--{key}", str(transform[key] or 0)]
    words += ["--interpolation", transform["interpolation"]]
    for key in ("mean", "std"):
        words += [f"--{key}", *(repr(value) for value in transform[key])]
    words += ["--batch-size", str(settings.batch_size)]
    words += ["--preset", settings.preset] if settings.preset is not None else []
    words += ["--class-map", str(settings.class_map)] if settings.class_map is not None else []
    words += ["--labels", str(settings.labels)] if settings.labels is not None else []
    if settings.groups is not None:
        words += ["--groups", str(settings.groups), "--aggregate", settings.aggregate]
    words += ["--features"] if settings.features else []
    words += ["--skip-bad"] if settings.skip_bad else []
    return shlex.join(words)


# ---- Reading a run ---------------------------------------------------------------------------------------------------


def read(path: PathLike, labels: PathLike | None = None) -> Run:
    """Read a folder that `evaluate_to` wrote, or a CSV of predictions.

    Args:
        path: the folder or the CSV.
        labels: CSV of `file_name,label` that gives or replaces the labels; None: those of the predictions.

    Raises:
        binet.Error: a file is missing or malformed.
    """
    path = Path(path)
    if not path.exists():
        raise IOFailure(f"{path}: no such file or folder", "path")
    csv = path / PREDICTIONS if path.is_dir() else path
    if not csv.exists():
        raise IOFailure(f"{path}: this folder has no {PREDICTIONS}; binet evaluate writes one", "path")
    predictions = Predictions.from_csv(csv, labels=labels)
    ours = csv.name == PREDICTIONS
    summary = _read_summary(csv.parent / SUMMARY) if ours else None
    name = (summary or {}).get("name") or (csv.resolve().parent.name if ours else csv.stem)
    return Run(str(name), path, predictions, summary)


def _read_summary(path: Path) -> dict[str, Any] | None:
    """A summary.json; None where there is none."""
    if not path.exists():
        return None
    summary = read_json(path)
    if not isinstance(summary, Mapping):
        raise InvalidData(f"{path}: a JSON object is expected, not a {type(summary).__name__}", "path")
    return dict(summary)


# ---- Files -----------------------------------------------------------------------------------------------------------


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
