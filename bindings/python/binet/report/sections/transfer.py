"""Transfer: probes on features, task by task: what the models' features tell about other things."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import Error
from ...linear_probe import Certificate, LinearProbe
from ...neighbors_probe import NeighborsProbe
from ...probe_tasks import TaskAccuracies, probe_tasks
from ..figure import models_svg
from ..words import listed, percent
from .section import Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..evidence import Evidence, Model

MOST_IN_A_FIGURE = 8

N_NEIGHBORS = 20
"""Rows that vote, or all of a smaller training set."""


class Probed(NamedTuple):
    """One model: the linear probe of each task, how exact it is, and the neighbours' vote."""

    linear: TaskAccuracies
    certificates: tuple[Certificate, ...]
    neighbors: TaskAccuracies


@dataclass(frozen=True)
class Transfer:
    """Models in the order of the page."""

    models: dict[str, Probed]
    figure: str | None

    @property
    def notes(self) -> list[str]:
        """What is remarkable about a number."""
        return [f"{name}, {note}" for name, one in self.models.items() for note in one.linear.notes]


def collect(evidence: Evidence) -> Section | None:
    """Models with features of other tasks."""
    found = {model.name: _probe(model) for model in evidence.models if model.tasks}
    if not found:
        return None
    means = _means(found)
    return Section(
        "transfer",
        Transfer(found, _figure(found)),
        _sentences(found, means),
        {name: {"probe_accuracy": means[name]} if means else {} for name in found},
        [_record(name, one) for name, one in found.items()],
    )


def _probe(model: Model) -> Probed:
    certificates = []

    def linear(features: Any, labels: Any) -> LinearProbe:
        probe = LinearProbe().fit(features, labels)
        certificates.append(probe.certificate_)
        return probe

    def neighbors(features: Any, labels: Any) -> NeighborsProbe:
        return NeighborsProbe(k=min(N_NEIGHBORS, len(labels))).fit(features, labels)

    try:
        return Probed(probe_tasks(model.tasks, linear), tuple(certificates), probe_tasks(model.tasks, neighbors))
    except Error as error:
        raise type(error)(f"{model.name}: {error.message}", error.argument, error.index) from error


def _common(models: dict[str, Probed]) -> list[str]:
    """Tasks that every model has: a mean over others would compare nothing."""
    names = [list(map(str, one.linear.tasks.name)) for one in models.values()]
    return [name for name in names[0] if all(name in other for other in names)]


def _means(models: dict[str, Probed]) -> dict[str, float]:
    """The mean accuracy of each model over the tasks in common."""
    common = _common(models)
    if not common:
        return {}
    return {
        name: math.fsum(one.linear.tasks[task].accuracy for task in common) / len(common)
        for name, one in models.items()
    }


def _figure(models: dict[str, Probed]) -> str | None:
    from ..._task_figure import figure_size

    tasks = {tuple(one.linear.tasks.name) for one in models.values()}
    if len(models) > MOST_IN_A_FIGURE or len(tasks) > 1:
        return None

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for name, one in models.items():
            one.linear.plot(axes, label=name)

    return models_svg(draw, figure_size(len(next(iter(tasks))), len(models)), "Probe accuracy by task", "transfer")


def _sentences(models: dict[str, Probed], means: dict[str, float]) -> tuple[str, ...]:
    if not means:
        return ()
    common = _common(models)
    best, worst = max(means, key=lambda name: means[name]), min(means, key=lambda name: means[name])
    names = listed([f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}" for name in common])
    where = f"the task{'s' if len(common) > 1 else ''} {names}" if len(common) <= 2 else f"{len(common)} other tasks"
    text = f"On {where}, a linear probe on the features of {best} is right {percent(means[best])} of the time"
    return (f"{text}." if best == worst else f"{text}, on those of {worst} {percent(means[worst])}.",)


def _record(name: str, one: Probed) -> dict[str, Any]:
    return {
        "model": name,
        "mean": one.linear.mean,
        "low": one.linear.low,
        "high": one.linear.high,
        "tasks": [
            {
                **{field: value for field, value in task._asdict().items() if field not in ("chosen", "seconds")},
                "C": task.chosen,
                "relative_gap": certificate.relative_gap,
                "converged": certificate.converged,
                "neighbors_accuracy": vote.accuracy,
                "neighbors_k": int(vote.chosen),
            }
            for task, certificate, vote in zip(one.linear.tasks, one.certificates, one.neighbors.tasks, strict=True)
        ],
    }
