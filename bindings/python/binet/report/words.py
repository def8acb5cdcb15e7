"""Numbers and names as people read them."""

from __future__ import annotations

import math

LABELS = {
    "accuracy": "Accuracy",
    "top5_accuracy": "Top-5 accuracy",
    "ece": "ECE",
    "ece_imagenet_r": "ECE on ImageNet-R",
    "mce": "MCE",
    "rms": "RMS calibration error",
    "smooth_ece": "Smooth ECE",
    "nll": "NLL",
    "brier": "Brier score",
    "aurc": "AURC",
    "ood_robustness": "OOD robustness",
    "vtab_mean": "VTAB, mean of 19",
    "pug_mean": "PUG, mean of 10",
    "parameters": "Parameters (millions)",
}
"""Properties whose label is not their name with spaces."""


def percent(value: float, n: int = 0) -> str:
    """A share as "98.9 %"; two decimals where n images make the second one mean something."""
    return f"{100 * value:.{2 if n >= 10_000 else 1}f}\u202f%"


def decimal(value: float) -> str:
    """An error as ".0281": four decimals, no leading zero."""
    if not math.isfinite(value):
        return "\u221e" if value > 0 else "\u2013"
    text = f"{value:.4f}"
    return text[1:] if text.startswith("0.") else text


def points(value: float) -> str:
    """A difference of shares as "3.7 points"."""
    return f"{100 * value:.1f} points"


def listed(names: list[str]) -> str:
    """Names as `A`, `A and B`, `A, B and C`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def label(name: str) -> str:
    """A property's name as people read it."""
    return LABELS.get(name) or name[:1].upper() + name[1:].replace("_", " ")


def prose(name: str) -> str:
    """A property's name within a sentence."""
    text = label(name)
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def signed(value: float) -> str:
    """A coefficient as ".72" or "\u2212.12"."""
    text = f"{abs(value):.2f}".removeprefix("0")
    return f"\u2212{text}" if value < 0 else text
