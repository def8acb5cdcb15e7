"""The numbers behind the bits of kernels.csv, against their definitions in float64 NumPy."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROWS = list(csv.DictReader((Path(__file__).parent / "kernels.csv").read_text().splitlines()))
VALUES = ("confidence", "true_probability", "nll", "brier", "entropy")
# How far a number may be from the reference, relative to max(1, |reference|). For f32 the error of a sum is some
# 2^-23 of it; the widest here is of that size.
TOLERANCE = {"f32": 5e-7, "f64": 2e-14}


def integers(seed: int, n: int) -> Any:
    """n integers of 24 bits, f64 [n], from the generator of kernels_rows.h."""
    state, made = seed, np.empty(n)
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        made[i] = state >> 8
    return made


def scores(row: dict[str, str]) -> Any:
    """The row that a line of the table is about, f64 [n], rounded to f32 where it is of that type."""
    n, content, wide = int(row["n"]), row["content"], row["dtype"] == "f64"
    drawn, index = integers(int(row["seed"]), n), np.arange(n)
    if row["scores"] == "logits":
        x = (drawn - 2**23) * 2.0**-19
        x = x * 2.0**-12 if content == "near" else np.floor(x) if content == "coarse" else x
        if wide and content != "coarse":
            x = x + drawn * 2.0**-43
        if content == "excluded":
            x[index % 3 == 1] = -np.inf
        if content == "certain":
            x[n // 2] = np.inf
        return x
    x = drawn + 1
    x = x % 16 + 4096 if content == "near" else x % 4 + 1 if content == "coarse" else x
    if content == "excluded":
        x[index % 3 == 1] = 0
    if content == "certain":
        x[index != n // 2] = 0
    x = x / x.sum()
    return x if wide else np.asarray(x.astype(np.float32), np.float64)


def log_softmax(x: Any, inverse_temperature: float) -> Any:
    """Logarithms of the probabilities; a class of +inf is certain."""
    if np.isposinf(x).any():
        return np.where(np.isposinf(x), 0.0, -np.inf)
    z = (x - x.max()) * inverse_temperature
    return z - np.log(np.exp(z).sum())


def reference(row: dict[str, str]) -> dict[str, Any]:
    """What the columns of a line mean."""
    x, label = scores(row), int(row["label"])
    with np.errstate(divide="ignore"):
        log_p = log_softmax(x, float(row["inverse_temperature"])) if row["scores"] == "logits" else np.log(x)
    p = np.exp(log_p) if row["scores"] == "logits" else x
    held = p > 0
    answers: dict[str, Any] = {
        "predicted": int(np.argmax(x)),
        "confidence": p[np.argmax(x)],
        "entropy": -(p[held] * log_p[held]).sum(),
        **dict.fromkeys(("true_probability", "nll", "brier"), np.nan),
        "rank": 0,
    }
    if label >= 0:
        answers["true_probability"], answers["nll"] = p[label], -log_p[label]
        answers["brier"] = ((p - (np.arange(len(p)) == label)) ** 2).sum()
        answers["rank"] = 1 + int((x > x[label]).sum() + (x[:label] == x[label]).sum())
    return answers


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ",".join(list(row.values())[:6]))
def test_a_line_follows_the_definitions(row: dict[str, str]) -> None:
    expected = reference(row)
    assert (int(row["predicted"]), int(row["rank"])) == (expected["predicted"], expected["rank"])
    for name in VALUES:
        value = np.array(int(row[name], 16), np.uint64).view(np.float64)
        np.testing.assert_allclose(
            value, expected[name], rtol=TOLERANCE[row["dtype"]], atol=TOLERANCE[row["dtype"]], err_msg=name
        )


def test_the_table_has_what_it_should() -> None:
    kinds = {(row["scores"], row["dtype"], row["content"]) for row in ROWS}
    assert len(ROWS) == 180
    assert len(kinds) == 20
    assert sum(row["label"] == "-1" for row in ROWS) > 20
