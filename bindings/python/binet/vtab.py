"""VTAB, the Visual Task Adaptation Benchmark: its 19 tasks as a table, and means over them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from . import protocols
from ._html import table
from ._shares import shares_of
from .errors import InvalidArgument

VTAB_GROUPS = ("natural", "specialized", "structured")
"""The groups of tasks: 7 natural, 4 specialized, 8 structured."""


@dataclass(frozen=True)
class VTABTask:
    """One task of VTAB (Zhai et al., 2019).

    Attributes:
        name: as the papers' tables write it, such as "Clevr-Count".
        group: one of `VTAB_GROUPS`.
        n_classes: that its labels have.
        dataset: of TensorFlow Datasets, as google-research/task_adaptation asks for it: name, configuration, version.
        label: what is predicted, where that is no label of the data set as it is.
        splits: of TensorFlow Datasets by the names of VTAB-1k: "train800", "val200", both together as "train800val200",
            and "test".
        sizes: images in the whole "train", "val", "trainval" and "test" of the benchmark.
    """

    name: str
    group: str
    n_classes: int
    dataset: str
    label: str
    splits: Mapping[str, str]
    sizes: Mapping[str, int]

    def _repr_html_(self) -> str:
        row = (self.name, self.group, self.n_classes, self.dataset, self.label, self.sizes["test"])
        return table("VTAB task", ("name", "group", "classes", "data set", "label", "test images"), [row])


_RECORDS: list[dict[str, Any]] = protocols.load("vtab")["tasks"]

VTAB: Mapping[str, VTABTask] = MappingProxyType(
    {
        one["name"]: VTABTask(
            one["name"],
            one["group"],
            one["n_classes"],
            one["dataset"],
            one["label"],
            MappingProxyType(one["splits"]),
            MappingProxyType(one["sizes"]),
        )
        for one in _RECORDS
    }
)
"""The 19 tasks by name: the natural ones, the specialized, the structured."""


def _plain(name: str) -> str:
    """A name without case and punctuation, and without what CLIP_benchmark puts before it."""
    letters = "".join(letter for letter in name.casefold() if letter.isalnum())
    return letters.removeprefix("wds").removeprefix("vtab")


_NAMES = {_plain(alias): one["name"] for one in _RECORDS for alias in (one["name"], *one["aliases"])}


def vtab_task(name: str) -> VTABTask | None:
    """The task of a name, in whatever case and punctuation; None where it is none of the 19.

    The names of google-research/task_adaptation, TensorFlow Datasets and CLIP_benchmark are known too, where they say
    one task: "oxford_flowers102", "vtab/clevr_count_all", "vtab/pcam".
    """
    known = _NAMES.get(_plain(name))
    return None if known is None else VTAB[known]


# ---- Means -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VTABMeans:
    """Plain means over the tasks of VTAB, as Zhai et al. report them.

    Attributes:
        mean: over all 19 tasks, 0 .. 1; NaN where one is missing.
        natural, specialized, structured: over the tasks of a group; NaN where one of them is missing.
        missing: the tasks that there is no accuracy of.
    """

    mean: float
    natural: float
    specialized: float
    structured: float
    missing: tuple[str, ...]

    def __float__(self) -> float:
        return self.mean

    def __str__(self) -> str:
        groups = ", ".join(f"{name} {_shown(getattr(self, name))}" for name in VTAB_GROUPS)
        lacking = f"; missing: {', '.join(self.missing)}" if self.missing else ""
        return f"VTAB mean of 19 {_shown(self.mean)} ({groups}{lacking})"

    def _repr_html_(self) -> str:
        row = (self.mean, *(getattr(self, name) for name in VTAB_GROUPS), ", ".join(self.missing) or "none")
        return table("VTAB, plain means over tasks", ("mean of 19", *VTAB_GROUPS, "missing"), [row])


def _shown(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"


def vtab_means(accuracies: Mapping[str, Any]) -> VTABMeans:
    """The mean of VTAB's 19 accuracies and of each group.

    A mean with a task missing is another, easier or harder number: it is NaN, and `missing` says which.

    Args:
        accuracies: by name of the task, as `vtab_task` knows it: 0 .. 1, what `binet.accuracy` returns, or Predictions.
            Names of other tasks are an error.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a name that is no task of VTAB, and for one task under two names;
            `INVALID_DATA` for an accuracy outside 0 .. 1.
    """
    found: dict[str, float] = {}
    names, shares = shares_of(accuracies, "accuracies")
    for name, share in zip(names, shares, strict=True):
        task = vtab_task(name)
        if task is None:
            raise InvalidArgument(f"accuracies has {name!r}; allowed: {', '.join(VTAB)}", "accuracies")
        if task.name in found:
            raise InvalidArgument(f"accuracies has {task.name} twice, the second time as {name!r}", "accuracies")
        found[task.name] = share.value
    groups = {
        group: _mean(found, [task.name for task in VTAB.values() if task.group == group]) for group in VTAB_GROUPS
    }
    return VTABMeans(_mean(found, list(VTAB)), **groups, missing=tuple(name for name in VTAB if name not in found))


def _mean(found: Mapping[str, float], names: list[str]) -> float:
    if any(name not in found for name in names):
        return math.nan
    return math.fsum(found[name] for name in names) / len(names)
