"""The door out: each bad input raises a binet.Error with status, argument and index."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
from binet import Status

LOGITS = np.random.default_rng(1).normal(size=(6, 4))
LABELS = np.array([0, 1, 2, 3, 0, 1])
ROWS = binet.Predictions.from_logits(LOGITS, LABELS)
UNLABELLED = binet.Predictions.from_logits(LOGITS)


def broken(row: int, column: int, value: float) -> Any:
    logits = LOGITS.copy()
    logits[row, column] = value
    return logits


def two_infinities() -> Any:
    return np.where(np.arange(4) < 2, np.inf, LOGITS)


def from_logits(*arguments: Any, **options: Any) -> Callable[[], object]:
    return lambda: binet.Predictions.from_logits(*arguments, **options)


def from_probabilities(*arguments: Any, **options: Any) -> Callable[[], object]:
    return lambda: binet.Predictions.from_probabilities(*arguments, **options)


ARGUMENT, DATA, IO = Status.INVALID_ARGUMENT, Status.INVALID_DATA, Status.IO

CASES: dict[str, tuple[Callable[[], object], Status, str, int | None]] = {
    "label count": (from_logits(LOGITS, LABELS[:5]), ARGUMENT, "labels", None),
    "label shape": (from_logits(LOGITS, LABELS[:, None]), ARGUMENT, "labels", None),
    "label out of range": (from_logits(LOGITS, [0, 1, 2, 4, 0, 1]), DATA, "labels", 3),
    "label negative": (from_logits(LOGITS, [0, 1, 2, 3, -1, 1]), DATA, "labels", 4),
    "NaN": (from_logits(broken(2, 1, np.nan)), DATA, "logits", 2),
    "two +inf": (from_logits(two_infinities()), DATA, "logits", 0),
    "all -inf": (from_logits(np.full((2, 3), -np.inf)), DATA, "logits", 0),
    "only NaN rows": (from_logits(np.full((2, 3), np.nan), nan="omit"), DATA, "logits", None),
    "temperature 0": (from_logits(LOGITS, temperature=0), ARGUMENT, "temperature", None),
    "temperature -1": (from_logits(LOGITS, temperature=-1), ARGUMENT, "temperature", None),
    "temperature NaN": (from_logits(LOGITS, temperature=np.nan), ARGUMENT, "temperature", None),
    "temperature inf": (from_logits(LOGITS, temperature=np.inf), ARGUMENT, "temperature", None),
    "temperature text": (from_logits(LOGITS, temperature="hot"), ARGUMENT, "temperature", None),
    "temperature None": (from_logits(LOGITS, temperature=None), ARGUMENT, "temperature", None),
    "nan policy": (from_logits(LOGITS, nan="ignore"), ARGUMENT, "nan", None),
    "subset order": (from_logits(LOGITS, subset=[2, 1]), ARGUMENT, "subset", 1),
    "subset empty": (from_logits(LOGITS, subset=np.empty(0, int)), ARGUMENT, "subset", None),
    "subset too large": (from_logits(LOGITS, subset=[1, 4]), ARGUMENT, "subset", 1),
    "subset of floats": (from_logits(LOGITS, subset=[1.5]), ARGUMENT, "subset", None),
    "label outside subset": (from_logits(LOGITS, LABELS, subset=[0, 1, 2]), DATA, "labels", 3),
    "file name count": (from_logits(LOGITS, file_names=["a"]), ARGUMENT, "file_names", None),
    "file name with a zero byte": (from_logits(LOGITS, file_names=["a\0"] * 6), ARGUMENT, "file_names", None),
    "probabilities that do not sum to 1": (from_probabilities(np.full((3, 4), 0.26)), DATA, "probabilities", 0),
    "probability below 0": (from_probabilities([[1.0, 0.0], [1.1, -0.1]]), DATA, "probabilities", 1),
    "k 0": (lambda: binet.accuracy(ROWS, k=0), ARGUMENT, "k", None),
    "k negative": (lambda: binet.accuracy(ROWS, k=-1), ARGUMENT, "k", None),
    "confidence level 0": (lambda: binet.accuracy(ROWS, confidence_level=0), ARGUMENT, "confidence_level", None),
    "confidence level 1": (lambda: binet.accuracy(ROWS, confidence_level=1), ARGUMENT, "confidence_level", None),
    "confidence level NaN": (lambda: binet.accuracy(ROWS, confidence_level=np.nan), ARGUMENT, "confidence_level", None),
    "k 1.5": (lambda: binet.accuracy(ROWS, k=1.5), ARGUMENT, "k", None),  # type: ignore[arg-type]
    "k too large": (lambda: binet.accuracy(ROWS, k=10**30), ARGUMENT, "k", None),
    "k an array": (lambda: binet.accuracy(ROWS, LABELS), ARGUMENT, "k", None),  # type: ignore[arg-type]
    "confidence level text": (
        lambda: binet.accuracy(ROWS, confidence_level="high"),  # type: ignore[arg-type]
        ARGUMENT,
        "confidence_level",
        None,
    ),
    "accuracy of logits": (lambda: binet.accuracy(LOGITS), ARGUMENT, "predictions", None),  # type: ignore[arg-type]
    "calibration of None": (lambda: binet.calibration(None), ARGUMENT, "predictions", None),  # type: ignore[arg-type]
    "accuracy without labels": (lambda: binet.accuracy(UNLABELLED), DATA, "predictions", 0),
    "calibration without labels": (lambda: binet.calibration(UNLABELLED), DATA, "predictions", 0),
    "n_bins 0": (lambda: binet.calibration(ROWS, n_bins=0), ARGUMENT, "n_bins", None),
    "n_bins negative": (lambda: binet.calibration(ROWS, n_bins=-1), ARGUMENT, "n_bins", None),
    "n_bins too large": (lambda: binet.calibration(ROWS, n_bins=65537), ARGUMENT, "n_bins", None),
    "n_bins 1.5": (lambda: binet.calibration(ROWS, n_bins=1.5), ARGUMENT, "n_bins", None),  # type: ignore[arg-type]
    "n_bins text": (lambda: binet.calibration(ROWS, n_bins="15"), ARGUMENT, "n_bins", None),  # type: ignore[arg-type]
    "n_bins huge": (lambda: binet.calibration(ROWS, n_bins=10**30), ARGUMENT, "n_bins", None),
    "binning a list": (lambda: binet.calibration(ROWS, binning=[]), ARGUMENT, "binning", None),  # type: ignore[arg-type]
    "binning": (lambda: binet.calibration(ROWS, binning="sweep"), ARGUMENT, "binning", None),  # type: ignore[arg-type]
    "rows out of range": (lambda: ROWS[[0, 6]], DATA, "rows", 1),
    "no rows": (lambda: ROWS[:0], ARGUMENT, "rows", None),
    "mask too short": (lambda: ROWS[[True, False]], ARGUMENT, "rows", None),
    "no tables": (lambda: binet.Predictions.concatenate([]), ARGUMENT, "tables", None),
    "other classes": (
        lambda: binet.Predictions.concatenate([ROWS, binet.Predictions.from_logits(LOGITS[:, :3])]),
        ARGUMENT,
        "tables",
        1,
    ),
    "no table": (lambda: binet.Predictions.concatenate([ROWS, None]), ARGUMENT, "tables[1]", None),  # type: ignore[list-item]
    "builder kind": (lambda: binet.PredictionsBuilder("scores"), ARGUMENT, "kind", None),  # type: ignore[arg-type]
    "nothing appended": (lambda: binet.PredictionsBuilder().finish(), DATA, "builder", None),
    "no such CSV": (lambda: binet.Predictions.from_csv("/no/such.csv"), IO, "path", None),
    "no such folder": (lambda: ROWS.to_csv("/no/such/folder/p.csv"), IO, "path", None),
    "no such labels": (lambda: ROWS.with_labels("/no/such.csv"), IO, "labels", None),
    "path of a number": (lambda: binet.Predictions.from_csv(3), ARGUMENT, "path", None),  # type: ignore[arg-type]
    "path with a zero byte": (lambda: ROWS.to_csv("/no/such\0.csv"), ARGUMENT, "path", None),
    "threads many": (lambda: binet.set_num_threads("many"), ARGUMENT, "n_threads", None),  # type: ignore[arg-type]
    "threads 0": (lambda: binet.set_num_threads(0), ARGUMENT, "n_threads", None),
    "threads 1025": (lambda: binet.set_num_threads(1025), ARGUMENT, "n_threads", None),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input(name: str) -> None:
    function, status, argument, index = CASES[name]
    with pytest.raises(binet.Error) as caught:
        function()
    error = caught.value
    assert (error.status, error.argument, error.index) == (status, argument, index)
    assert str(error) == error.message
    assert "\n" not in error.message
    assert len(error.message) > 10
    assert "options" not in error.message
    assert "scores" not in error.message or argument == "kind"


def test_the_index_of_a_builder_counts_all_batches() -> None:
    builder = binet.PredictionsBuilder()
    builder.append(LOGITS)
    with pytest.raises(binet.Error) as caught:
        builder.append(broken(2, 0, np.nan))
    assert (caught.value.argument, caught.value.index) == ("scores", 8)
    assert len(builder.finish()) == 6


CSV = {
    "number": ("predicted_class,predicted_probability\n1,0.5\n2,half\n", 3),
    "class": ("predicted_class,predicted_probability\n-1,0.5\n", 2),
    "truncated": ('file_name,predicted_class,predicted_probability\na,1,0.5\n"b,2', 3),
    "column missing": ("file_name,predicted_class\na,1\n", 1),
    "fields missing": ("predicted_class,predicted_probability\n1\n", 2),
}


@pytest.mark.parametrize("name", CSV)
def test_bad_csv_names_the_line(name: str, tmp_path: Path) -> None:
    content, line = CSV[name]
    path = tmp_path / "p.csv"
    path.write_text(content)
    with pytest.raises(binet.Error) as caught:
        binet.Predictions.from_csv(path)
    assert caught.value.status == DATA
    assert caught.value.index == line
    assert str(path) in str(caught.value)


def test_errors_are_the_fitting_built_in_too() -> None:
    with pytest.raises(ValueError, match="temperature"):
        binet.Predictions.from_logits(LOGITS, temperature=0)
    with pytest.raises(OSError, match="No such file"):
        binet.Predictions.from_csv("/no/such.csv")


def test_errors_survive_pickle() -> None:
    with pytest.raises(binet.Error) as caught:
        binet.Predictions.from_csv("/no/such.csv")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert (again.status, again.argument, again.index, str(again)) == (IO, "path", None, str(caught.value))
