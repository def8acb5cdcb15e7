"""What a report is made from: models with their predictions on several sets, answers of observers, and tables.

A model is a folder. Its predictions.csv is the clean set; predictions in folders below it are those on other sets, and
the folder's name says which: cue-conflict; synthetic/FACTOR; SET/CORRUPTION/SEVERITY, such as imagenet-c/fog/3; and
any other for a shifted set, such as imagenet-r. Files of binet invariance, such as scale-1.25.csv, lie beside them.
Features for probes are in transfer/TASK/train and transfer/TASK/test, as `binet probe` reads them; those of layers in
layers.npz: an array [N, ...] for each layer, under its name, in the order of the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .._files import read_json
from ..answers import Answers, read_answers
from ..errors import InvalidData, IOFailure
from ..feature_files import find_tasks
from ..model_table import ModelTable, is_model_table
from ..predictions import Predictions
from ..transforms import STUDY
from .runs import PREDICTIONS, PathLike, Run, read

CUE_CONFLICT = "cue-conflict"
SYNTHETIC = "synthetic"
TRANSFER = "transfer"
LAYERS = "layers.npz"
SWEEPS: tuple[str, ...] = tuple(STUDY)


@dataclass(frozen=True)
class Sweep:
    """A model over the settings of one sweep.

    Attributes:
        settings: predictions by setting.
        reference: the setting where pictures are as they are; None: the usual one of the sweep.
        features: paths of features by setting; None where one is missing.
    """

    settings: Mapping[float, Predictions]
    reference: float | None
    features: Mapping[float, Path] | None


@dataclass(frozen=True)
class Model:
    """One model.

    Attributes:
        name: what the report calls it.
        run: on the clean set; None where there is none.
        sets: on other sets, by the path below the model's folder, parts joined by "/".
        sweeps: by what changes: "scale", "shift", "resolution".
        tasks: by name, paths of the features of train and test, as `binet.probe_tasks` takes them.
        layers: path of a .npz with the features of layers; None where there is none.
    """

    name: str
    run: Run | None
    sets: Mapping[str, Run] = field(default_factory=lambda: MappingProxyType({}))
    sweeps: Mapping[str, Sweep] = field(default_factory=lambda: MappingProxyType({}))
    tasks: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    layers: Path | None = None

    @property
    def shifted(self) -> dict[str, Run]:
        """Sets that are neither corrupted, synthetic nor cue-conflict."""
        return {name: run for name, run in self.sets.items() if "/" not in name and name != CUE_CONFLICT}

    @property
    def corrupted(self) -> dict[str, dict[tuple[str, int], Run]]:
        """Corrupted sets by name: a run for each corruption and severity."""
        found: dict[str, dict[tuple[str, int], Run]] = {}
        for name, run in self.sets.items():
            parts = name.split("/")
            if len(parts) == 3 and parts[2].isdigit():
                found.setdefault(parts[0], {})[parts[1], int(parts[2])] = run
        return found

    @property
    def synthetic(self) -> dict[str, Run]:
        """Synthetic images by the factor that is varied."""
        return {name.split("/")[1]: run for name, run in self.sets.items() if name.startswith(f"{SYNTHETIC}/")}


@dataclass(frozen=True)
class Evidence:
    """Everything that a report is given.

    Attributes:
        models: in the order given.
        observers: people and models whose answers are known by category.
        tables: properties of other models.
        factors: a table of factors of the clean set's images, as `binet.error_ratio` takes it; None: none.
        leave_out: names of images that have no part in the error ratios; None: none.
        multilabels: every right class of the clean set's images, as `binet.multilabel_accuracy` takes it; None: none.
        class_map: classes of a synthetic set, as `binet.synthetic_accuracy` takes it; None: none.
    """

    models: tuple[Model, ...]
    observers: tuple[Answers, ...] = ()
    tables: tuple[ModelTable, ...] = ()
    factors: Any = None
    leave_out: Any = None
    multilabels: Any = None
    class_map: Any = None


def gather(
    sources: Sequence[PathLike | Run | Model | ModelTable], labels: PathLike | None = None, **inputs: Any
) -> Evidence:
    """Read sources, each as what it is.

    Args:
        sources: folders of models, CSV files of predictions, of answers (a column `object_response`) or of models (a
            column `model`); or what these are read as.
        labels: CSV of `file_name,label` that gives or replaces the labels of clean sets.
        inputs: `factors`, `leave_out`, `multilabels` and `class_map` of the evidence.
    """
    models: list[Model] = []
    observers: list[Answers] = []
    tables: list[ModelTable] = []
    for source in sources:
        if isinstance(source, Run):
            models.append(_model(source.name, source))
        elif isinstance(source, Model):
            models.append(source)
        elif isinstance(source, ModelTable):
            tables.append(source)
        elif is_model_table(source):
            tables.append(ModelTable.read(source))
        elif _is_answers(source):
            observers += read_answers(source)
        else:
            models.append(_read_model(Path(source), labels))
    observers += [answers_of(model.sets[CUE_CONFLICT], model.name) for model in models if CUE_CONFLICT in model.sets]
    return Evidence(tuple(models), tuple(observers), tuple(tables), **inputs)


def _is_answers(path: PathLike) -> bool:
    """Whether a file is a CSV whose header has a column `object_response`."""
    if not Path(path).is_file():
        return False
    with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
        return "object_response" in file.readline().lower().rstrip("\r\n").split(",")


def _read_model(path: Path, labels: PathLike | None) -> Model:
    """A folder with predictions, in itself or in folders below; or a CSV of predictions."""
    if not path.is_dir():
        table = read(path, labels)
        return _model(table.name, table)
    below = {file.parent.relative_to(path).as_posix(): file.parent for file in sorted(path.rglob(PREDICTIONS))}
    run = read(path, labels) if below.pop(".", None) else None
    sets = {name: read(folder) for name, folder in below.items() if not name.startswith(f"{TRANSFER}/")}
    sweeps = {kind: found for kind in SWEEPS if (found := _read_sweep(path, kind)) is not None}
    tasks = find_tasks(path / TRANSFER) if (path / TRANSFER).is_dir() else {}
    layers = path / LAYERS if (path / LAYERS).exists() else None
    if run is None and not (sets or sweeps or tasks or layers):
        raise IOFailure(f"{path}: this folder has no {PREDICTIONS}; binet evaluate writes one", "path")
    return _model(run.name if run else path.resolve().name, run, sets, sweeps, tasks, layers)


def _read_sweep(folder: Path, kind: str) -> Sweep | None:
    """The settings in a folder of binet invariance; None where there are fewer than two."""
    files = {file: _setting(file.stem.removeprefix(f"{kind}-")) for file in folder.glob(f"{kind}-*.csv")}
    settings = {value: file for file, value in files.items() if value is not None}
    if len(settings) < 2:
        return None
    features = {value: file.with_suffix(".npy") for value, file in settings.items()}
    summary = folder / f"{kind}.json"
    reference = read_json(summary).get("reference") if summary.exists() else None
    return Sweep(
        {value: Predictions.from_csv(settings[value]) for value in sorted(settings)},
        reference,
        features if all(file.exists() for file in features.values()) else None,
    )


def _setting(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else value


def _model(
    name: str,
    run: Run | None,
    sets: Mapping[str, Run] = MappingProxyType({}),
    sweeps: Mapping[str, Sweep] = MappingProxyType({}),
    tasks: Mapping[str, tuple[str, str]] = MappingProxyType({}),
    layers: Path | None = None,
) -> Model:
    """A run about groups of classes is no clean set: it holds answers to cue-conflict images."""
    if run is not None and _groups(run) is not None:
        sets, run = {**sets, CUE_CONFLICT: run}, None
    views = MappingProxyType(dict(sets)), MappingProxyType(dict(sweeps)), MappingProxyType(dict(tasks))
    return Model(name, run, *views, layers)


def _groups(run: Run) -> Any:
    return (run.summary or {}).get("groups")


def answers_of(run: Run, observer: str) -> Answers:
    """The answers of a run that was evaluated with groups.

    Raises:
        binet.Error: `INVALID_DATA` for one that was not.
    """
    groups = _groups(run)
    if groups is None:
        message = f"{run.path}: these predictions are not about groups of classes; evaluate with --groups sixteen"
        raise InvalidData(message, "files")
    csv = run.path / PREDICTIONS if run.path.is_dir() else run.path
    return Answers.from_predictions(run.predictions, groups["names"], observer, str(csv))
