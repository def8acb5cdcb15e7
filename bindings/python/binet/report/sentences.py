"""What the numbers say, in plain sentences."""

from __future__ import annotations

import math
from typing import Any

from ..comparison import TITLES
from .assembly import Report
from .comparison import Comparison, Measured
from .properties import Properties
from .words import decimal, listed, percent, points, prose, signed


def title(report: Report) -> str:
    """The page's heading."""
    names = [model.name for model in report.comparison.models] if report.comparison else []
    names += [name for section in report.sections for name in section.properties if name not in names]
    names = list(dict.fromkeys(names))
    n_models = len(report.properties.table) if report.properties else len(names)
    return listed(names) if n_models <= 2 else f"{n_models} models, side by side"


def lead(report: Report) -> str:
    """The line below the title."""
    comparison = report.comparison
    if comparison is None:
        return "How do models differ beyond accuracy?"
    n, many = comparison.models[0].top1.n, len(comparison.models)
    if many == 1:
        return f"{n:,} images. How often is the model right, does its confidence say when, and what are its mistakes?"
    same = f"{n:,} images, the same for {'both' if many == 2 else 'all'}. " if comparison.same_images else ""
    return f"{same}How often are they right, does their confidence say when, and how do their mistakes differ?"


def confidence(model: Measured) -> str:
    """How the mean confidence lies to the accuracy."""
    says, right = percent(model.calibration.confidence, model.top1.n), percent(model.top1.value, model.top1.n)
    said = f"it is {says} sure on average and right {right} of the time"
    if model.direction == "balanced":
        return f"{model.name} is neither over- nor underconfident on average: {said}, a difference within the interval."
    return f"{model.name} is {model.direction}: {said}."


def ece(model: Measured) -> str:
    """What the expected calibration error says."""
    error = model.calibration.ece
    return f"ECE\u00a0{decimal(error)}: on average, confidence and accuracy differ by {points(error)}."


def in_short(report: Report) -> list[str]:
    """The page's first lines."""
    said = _measured(report.comparison) if report.comparison else []
    said += [sentence for section in report.sections for sentence in section.sentences]
    return said + (_together(report.properties) if report.properties else [])


def _measured(comparison: Comparison) -> list[str]:
    models = comparison.models
    said = [_accuracy(comparison)] if len(models) > 1 else []
    if len(models) <= 4:
        said += [confidence(model) for model in models]
    if len(models) > 1:
        said.append(_calibration(comparison))
    if len(comparison.agreements) == 1:
        pair = comparison.agreements[0]
        said.append(
            f"They give the same answer for {percent(pair.same_answer / pair.n, pair.n)} of the images; both are wrong "
            f"on {pair.both_wrong:,} of {pair.n:,}."
        )
    return said


def _together(properties: Properties) -> list[str]:
    """Which property accuracy tells most about, and which least."""
    found = properties.correlations
    others = [name for name in found.properties if name != "accuracy"]
    if "accuracy" not in found.properties or len(others) < 2:
        return []
    rho = {name: found["accuracy", name] for name in others if not math.isnan(found["accuracy", name])}
    if len(rho) < 2:
        return []
    most, least = max(rho, key=lambda name: abs(rho[name])), min(rho, key=lambda name: abs(rho[name]))
    return [
        f"Over {len(properties.table)} models, accuracy says most about {prose(most)} (Spearman\u2019s rank "
        f"correlation {signed(rho[most])}) and least about {prose(least)} ({signed(rho[least])})."
    ]


def _accuracy(comparison: Comparison) -> str:
    first, second = comparison.models[:2]
    shares = f"{percent(first.top1.value, first.top1.n)} against {percent(second.top1.value, second.top1.n)}"
    if not comparison.same_images:
        return (
            "The models were not evaluated on the same named images, so the page shows their numbers beside each other "
            "but marks no best one."
        )
    if comparison.best.get("accuracy"):
        often = "more" if len(comparison.models) == 2 else "most"
        return f"{first.name} is right {often} often: {shares} for {second.name}, beyond what chance would do."
    if "accuracy" not in comparison.best:
        return f"{first.name} has the highest accuracy: {shares} for {second.name}."
    return f"{first.name} is not ahead beyond noise: {shares} for {second.name}."


def measure(name: str) -> str:
    """What a metric is called."""
    return TITLES[name]


def difference(value: float) -> str:
    """A difference as "+.0188" or "\u2212.0188"."""
    if not math.isfinite(value):
        return "\u2013"
    return ("\u2212" if value < 0 else "+") + decimal(abs(value))


def p_value(value: float) -> str:
    """A p value: "< .001", ".023", or a dash where there is none."""
    if math.isnan(value):
        return "\u2013"
    return "< .001" if value < 0.001 else f"{value:.3f}".removeprefix("0")


def _calibration(comparison: Comparison) -> str:
    order = sorted(comparison.models, key=lambda model: model.calibration.ece)
    low, high = order[0], order[-1]
    rank = "lower" if len(order) == 2 else "lowest"
    return (
        f"{low.name} has the {rank} calibration error: on average, its confidence and its accuracy differ by "
        f"{points(low.calibration.ece)} (ECE\u00a0{decimal(low.calibration.ece)}); for {high.name} it is "
        f"{points(high.calibration.ece)} ({decimal(high.calibration.ece)})."
    )


def made(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """How a run was made, from its summary.json, as terms and texts; what the file lacks is left out."""
    model, data, counts = summary.get("model", {}), summary.get("data", {}), summary.get("counts", {})
    found = [
        ("model", model.get("path")),
        ("SHA-256", model.get("sha256")),
        ("images", data.get("path")),
        ("list SHA-256", data.get("list_sha256")),
        ("counts", ", ".join(f"{count:,} {name}" for name, count in counts.items() if name != "images")),
        ("transform", transform(summary["transform"]) if "transform" in summary else None),
        ("batch size", summary.get("batch_size")),
        ("versions", ", ".join(f"{name} {version}" for name, version in summary.get("versions", {}).items())),
        ("machine", ", ".join(f"{name} {summary[name]}" for name in ("isa", "threads") if name in summary)),
    ]
    return [(term, str(text)) for term, text in found if text]


def transform(values: dict[str, Any]) -> str:
    """A transform as one line."""
    steps = []
    if values["resize"]:
        steps.append(f"short side to {values['resize']} ({values['interpolation']})")
    if values["crop"]:
        steps.append(f"centre {values['crop']} \u00d7 {values['crop']}")
    mean, std = (", ".join(f"{value:.4g}" for value in values[name]) for name in ("mean", "std"))
    return ", ".join([*steps, f"mean {mean}", f"std {std}"])
