"""Predictions: golden numbers, the laws of the one pass, tables from tables, files."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
import reference
from binet._rows import COLUMNS

Array = npt.NDArray[Any]


def assert_same_bits(first: binet.Predictions, second: binet.Predictions) -> None:
    for name in COLUMNS:
        a, b = getattr(first, name), getattr(second, name)
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes(), name


# ---- Golden ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 3e-6), (np.float16, 3e-6)])
@pytest.mark.parametrize("temperature", [1.0, 0.7, 2.5])
def test_columns_are_those_of_the_float64_reference(
    logits: Array, labels: Array, dtype: Any, tolerance: float, temperature: float
) -> None:
    given = logits.astype(dtype)
    predictions = binet.Predictions.from_logits(given, labels, temperature=temperature)
    expected = reference.columns(reference.softmax(given.astype(np.float64) / temperature), labels)
    for name in ("predicted_class", "label", "rank"):
        np.testing.assert_array_equal(getattr(predictions, name), expected[name], name)
    for name in ("confidence", "true_probability", "nll", "brier", "entropy"):
        np.testing.assert_allclose(getattr(predictions, name), expected[name], rtol=tolerance, atol=1e-9, err_msg=name)


def test_probabilities_are_taken_as_they_are(logits: Array, labels: Array) -> None:
    probabilities = reference.softmax(logits.astype(np.float64))
    predictions = binet.Predictions.from_probabilities(probabilities, labels)
    for name, column in reference.columns(probabilities, labels).items():
        np.testing.assert_allclose(getattr(predictions, name), column, rtol=1e-13, atol=1e-15, err_msg=name)


def test_subset_keeps_columns_before_the_softmax(logits: Array) -> None:
    subset = np.array([1, 5, 8, 20, 36])
    labels = subset[np.arange(len(logits)) % len(subset)]
    predictions = binet.Predictions.from_logits(logits.astype(np.float64), labels, subset=subset)
    p = reference.softmax(logits[:, subset].astype(np.float64))
    np.testing.assert_array_equal(predictions.predicted_class, subset[p.argmax(1)])
    np.testing.assert_allclose(predictions.confidence, p.max(1), rtol=1e-13)
    assert predictions.n_classes == 37


def test_ties_go_to_the_lower_index() -> None:
    predictions = binet.Predictions.from_logits(np.zeros((3, 5), np.float32), [0, 2, 4])
    assert predictions.predicted_class.tolist() == [0, 0, 0]
    assert predictions.rank.tolist() == [1, 3, 5]


def test_real_probabilities_give_the_published_numbers(data: Path, expected: Any) -> None:
    probabilities = np.load(data / "cifar10-vgg" / "probs.npy", mmap_mode="r")
    labels = np.load(data / "cifar10-vgg" / "labels.npy")
    known = expected["cifar10_vgg"]
    predictions = binet.Predictions.from_probabilities(probabilities, labels)
    assert len(predictions) == known["n"]
    assert binet.accuracy(predictions).value == known["top1"]
    assert binet.accuracy(predictions, k=5).value == known["top5"]
    assert predictions.nll.mean() == pytest.approx(known["nll"], abs=1e-6)
    assert predictions.brier.mean() == pytest.approx(known["brier"], abs=1e-6)
    assert binet.calibration(predictions).ece == pytest.approx(known["ece15_equal_width_l1"], abs=1e-6)


# ---- Laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 7, 256, 1000])
def test_batches_do_not_matter(logits: Array, labels: Array, batch: int) -> None:
    builder = binet.PredictionsBuilder()
    for start in range(0, len(logits), batch):
        builder.append(logits[start : start + batch], labels[start : start + batch])
    assert_same_bits(builder.finish(), binet.Predictions.from_logits(logits, labels))


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_threads_do_not_matter(logits: Array, labels: Array, n_threads: int) -> None:
    expected = binet.Predictions.from_logits(logits, labels)
    before = binet.get_num_threads()
    try:
        binet.set_num_threads(n_threads)
        many = np.tile(logits, (40, 1)), np.tile(labels, 40)
        assert_same_bits(binet.Predictions.from_logits(*many)[: len(logits)], expected)
    finally:
        binet.set_num_threads(before)


def test_order_does_not_matter(logits: Array, labels: Array, rng: np.random.Generator) -> None:
    order = rng.permutation(len(logits))
    shuffled = binet.Predictions.from_logits(logits[order], labels[order])
    assert_same_bits(shuffled[np.argsort(order)], binet.Predictions.from_logits(logits, labels))


@pytest.mark.parametrize("temperature", [0.01, 0.5, 3.0, 100.0])
def test_temperature_never_changes_a_class(logits: Array, labels: Array, temperature: float) -> None:
    scaled = binet.Predictions.from_logits(logits, labels, temperature=temperature)
    plain = binet.Predictions.from_logits(logits, labels)
    np.testing.assert_array_equal(scaled.predicted_class, plain.predicted_class)


# ---- Unusual rows ----------------------------------------------------------------------------------------------------


def test_infinities() -> None:
    inf = np.inf
    predictions = binet.Predictions.from_logits(np.array([[0, inf, 1], [-inf, 0, -inf]]), [1, 0])
    assert predictions.predicted_class.tolist() == [1, 1]
    assert predictions.confidence.tolist() == [1, 1]
    assert predictions.nll.tolist() == [0, inf]


def test_rows_with_nan_are_left_out_and_counted(logits: Array, labels: Array) -> None:
    broken = logits.copy()
    broken[[3, 200], [0, 30]] = np.nan
    predictions = binet.Predictions.from_logits(broken, labels, nan="omit")
    keep = np.delete(np.arange(len(logits)), [3, 200])
    assert predictions.n_omitted == 2
    assert_same_bits(predictions, binet.Predictions.from_logits(logits[keep], labels[keep]))


def test_without_labels_what_needs_one_is_unknown(logits: Array) -> None:
    predictions = binet.Predictions.from_logits(logits)
    assert (predictions.label == -1).all()
    assert (predictions.rank == 0).all()
    assert np.isnan(predictions.nll).all()
    assert np.isnan(predictions.brier).all()
    assert not np.isnan(predictions.entropy).any()


# ---- Columns and rows ------------------------------------------------------------------------------------------------


def test_columns_are_read_only_views_that_keep_the_table_alive(logits: Array, labels: Array) -> None:
    predictions = binet.Predictions.from_logits(logits, labels)
    column = predictions.confidence
    again = predictions.confidence
    assert column.__array_interface__["data"] == again.__array_interface__["data"]
    assert not column.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        column.flags.writeable = True
    copied = column.copy()
    del predictions, again
    others = [binet.Predictions.from_logits(-logits, labels) for _ in range(20)]
    np.testing.assert_array_equal(column, copied)
    assert len(others) == 20


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int16, np.uint8])
def test_labels_of_any_integer_type(logits: Array, labels: Array, dtype: Any) -> None:
    given = binet.Predictions.from_logits(logits, labels.astype(dtype))
    assert_same_bits(given, binet.Predictions.from_logits(logits, labels))


def test_a_row_is_a_named_tuple(logits: Array, labels: Array) -> None:
    predictions = binet.Predictions.from_logits(logits, labels, file_names=[f"{i}.png" for i in range(257)])
    row = predictions[-1]
    assert row.file_name == "256.png"
    assert row.label == labels[-1]
    assert row == list(predictions)[-1]
    with pytest.raises(IndexError):
        predictions[257]


@pytest.mark.parametrize(
    "rows",
    [
        slice(2, 50, 3),
        slice(None, None, -1),
        np.array([5, 5, -1, 0]),
        [1, 2, 3],
        np.arange(257) % 2 == 0,
        [True] * 200 + [False] * 57,
    ],
)
def test_selecting_rows(logits: Array, labels: Array, rows: Any) -> None:
    names = [f"{i}.png" for i in range(len(logits))]
    selected = binet.Predictions.from_logits(logits, labels, file_names=names)[rows]
    index = np.arange(len(logits))[rows]
    assert_same_bits(selected, binet.Predictions.from_logits(logits[index], labels[index]))
    assert list(selected.file_names) == [names[i] for i in index]


def test_concatenating(logits: Array, labels: Array) -> None:
    whole = binet.Predictions.from_logits(logits, labels)
    assert_same_bits(binet.Predictions.concatenate([whole[:100], whole[100:]]), whole)


def test_with_labels_infers_what_follows(logits: Array, labels: Array) -> None:
    bare = binet.Predictions.from_logits(logits)
    labelled = bare.with_labels(labels)
    right = bare.predicted_class == labels
    assert (labelled.rank[right] == 1).all()
    np.testing.assert_array_equal(labelled.true_probability[right], bare.confidence[right])
    assert (labelled.rank[~right] == 0).all()
    assert binet.accuracy(labelled).n_correct == right.sum()


# ---- Files and other forms -------------------------------------------------------------------------------------------


def test_csv_reads_back_to_the_same_bits(logits: Array, labels: Array, tmp_path: Path) -> None:
    names = ["plain.png", 'with "quotes", and a comma.png', "ünïcode/β.png"] + [f"{i}" for i in range(254)]
    written = binet.Predictions.from_logits(logits, labels, file_names=names)
    path = tmp_path / "predictions.csv"
    written.to_csv(path)
    assert path.read_text().startswith("file_name,predicted_class,predicted_probability,")
    read = binet.Predictions.from_csv(path)
    assert_same_bits(read, written)
    assert list(read.file_names) == names
    assert [file.name for file in tmp_path.iterdir()] == ["predictions.csv"]


def test_csv_of_three_columns_with_labels_from_a_csv(tmp_path: Path) -> None:
    path, truth = tmp_path / "p.csv", tmp_path / "labels.csv"
    path.write_bytes(
        b'\xef\xbb\xbffile_name,predicted_class,predicted_probability\r\na.png,3,0.5\r\n"b,b.png",1,0.25\r\n'
    )
    truth.write_text('file_name,label\n"b,b.png",2\na.png,3\n')
    predictions = binet.Predictions.from_csv(path, labels=truth)
    assert predictions.file_names == ("a.png", "b,b.png")
    assert predictions.label.tolist() == [3, 2]
    assert predictions.confidence.tolist() == [0.5, 0.25]
    assert predictions.rank.tolist() == [1, 0]
    assert binet.Predictions.from_csv(path, labels=[3, 1]).label.tolist() == [3, 1]
    assert predictions.n_classes == 0


def test_pickle_and_copy(logits: Array, labels: Array) -> None:
    predictions = binet.Predictions.from_logits(logits, labels, file_names=[f"{i}" for i in range(257)])
    again = pickle.loads(pickle.dumps(predictions))
    assert_same_bits(again, predictions)
    assert again.file_names == predictions.file_names
    assert again.n_classes == 37
    assert copy.copy(predictions) is predictions
    assert copy.deepcopy(predictions) is predictions


def test_pandas(logits: Array, labels: Array) -> None:
    pytest.importorskip("pandas")
    predictions = binet.Predictions.from_logits(logits, labels)
    frame = predictions.to_pandas()
    assert list(frame.columns) == ["file_name", *COLUMNS]
    np.testing.assert_array_equal(frame["nll"], predictions.nll)


def test_repr_says_what_there_is_and_html_is_escaped(logits: Array, labels: Array) -> None:
    names = ["<script>alert(1)</script>"] + [f"{i}" for i in range(256)]
    predictions = binet.Predictions.from_logits(logits, labels, file_names=names)
    assert "257 rows, 37 classes, top-1" in repr(predictions)
    html = predictions._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_table_is_not_made_by_hand() -> None:
    with pytest.raises(TypeError, match="from_logits"):
        binet.Predictions()


def test_builder_hands_over_once(logits: Array) -> None:
    builder = binet.PredictionsBuilder()
    builder.append(logits)
    builder.finish()
    with pytest.raises(binet.Error, match="handed over"):
        builder.append(logits)
