"""Numbers as flat records: one form for summary.json, `binet calibrate --json`, report.csv and report.json."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..accuracy import Accuracy
from ..calibration import Calibration

if TYPE_CHECKING:
    from ..comparison import ComparedMetric
    from ..comparison import Comparison as Pair
    from .assembly import Report
    from .comparison import Comparison, Mean, Measured
    from .properties import Properties


def top1(result: Accuracy) -> dict[str, Any]:
    """Accuracy of one model."""
    return {
        "n": result.n,
        "n_correct": result.n_correct,
        "accuracy": result.value,
        "accuracy_low": result.low,
        "accuracy_high": result.high,
    }


def core(accuracy: Accuracy, result: Calibration) -> dict[str, Any]:
    """Accuracy and calibration of one model."""
    return top1(accuracy) | {
        "confidence": result.confidence,
        "ece": result.ece,
        "mce": result.mce,
        "rms": result.rms,
    }


def bins(result: Calibration) -> dict[str, Any]:
    """How the bins were made, and each of them; None for the numbers of one without rows."""
    return {"binning": result.binning, "bins": [finite(vars(one)) for one in result.bins]}


def row(model: Measured) -> dict[str, Any]:
    """One model as a line of report.csv; None for what its predictions do not tell."""
    top5 = model.top5
    record = {"model": model.name} | core(model.top1, model.calibration)
    record |= {"smooth_ece": model.smooth.value, "aurc": model.risk.aurc, "augrc": model.risk.augrc}
    for suffix, value in (("", "value"), ("_low", "low"), ("_high", "high")):
        record[f"top5_accuracy{suffix}"] = getattr(top5, value) if top5 else None
    for name in ("nll", "brier", "entropy"):
        mean: Mean | None = getattr(model, name)
        for suffix, value in (("", "value"), ("_low", "low"), ("_high", "high")):
            record[f"{name}{suffix}"] = getattr(mean, value) if mean else None
    return record


def to_csv(comparison: Comparison) -> str:
    """report.csv: a line per model. Numbers read back to the same bits; what is not known is empty."""
    text = io.StringIO()
    records = [row(model) for model in comparison.models]
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def to_json(report: Report) -> dict[str, Any]:
    """report.json: everything that the page shows; None for a number that is not finite."""
    found: dict[str, Any] = {"libbinet": __version__}
    if report.comparison:
        found |= _compared(report.comparison)
    for section in report.sections:
        found[section.name] = plain(section.records)
    if report.properties:
        found["properties"] = _properties(report.properties)
    return found


def _compared(comparison: Comparison) -> dict[str, Any]:
    """The models that were measured."""
    models = [
        finite(row(model)) | {"direction": model.direction} | bins(model.calibration) | {"made": model.run.summary}
        for model in comparison.models
    ]
    return {
        "same_images": comparison.same_images,
        "models": models,
        "best": comparison.best,
        "agreements": [vars(agreement) for agreement in comparison.agreements],
        "differences": [plain(_difference(pair, one)) for pair in comparison.pairs for one in pair.metrics.values()],
    }


def _difference(pair: Pair, one: ComparedMetric) -> dict[str, Any]:
    """One metric of two models."""
    return {
        "first": pair.name_a,
        "second": pair.name_b,
        "metric": one.metric,
        "difference": one.difference.value,
        "low": one.difference.low,
        "high": one.difference.high,
        "p_value": one.p_value,
        "adjusted_p_value": one.adjusted_p_value,
        "test": one.test,
    }


def _properties(properties: Properties) -> dict[str, Any]:
    """The correlations of the properties of many models; the models themselves are in models.csv."""
    found = properties.correlations
    pairs = [
        {
            "first": found.properties[i],
            "second": found.properties[j],
            "spearman": float(found.coefficient[i, j]),
            "p_value": float(found.p_value[i, j]),
            "n": int(found.n[i, j]),
        }
        for i in range(len(found.properties))
        for j in range(i)
    ]
    return {"n_models": len(properties.table), "correlations": [finite(pair) for pair in pairs]}


def plain(value: Any) -> Any:
    """A tree of records that JSON can hold: None in the place of what is not finite."""
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def finite(record: dict[str, Any]) -> dict[str, Any]:
    """A record that JSON can hold: None in the place of NaN and of infinities."""
    return {name: plain(value) for name, value in record.items()}
