"""Rows of two tables meet by file name."""

from __future__ import annotations

from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest

Array = npt.NDArray[Any]


def test_rows_meet_by_name_whatever_their_order(logits: Array, labels: Array, rng: np.random.Generator) -> None:
    names = [f"val/{index:05d}.png" for index in range(len(labels))]
    a = binet.Predictions.from_logits(logits, labels, file_names=names)
    order = rng.permutation(len(labels))[:100]
    b = binet.Predictions.from_logits(logits[order], labels[order], file_names=[names[row] for row in order])
    found = binet.match(a, b)
    assert found.a.file_names == found.b.file_names == tuple(names[row] for row in np.sort(order))
    assert found.a.nll.tobytes() == found.b.nll.tobytes()
    assert (len(found), found.n_only_a, found.n_only_b) == (100, 157, 0)
    np.testing.assert_array_equal(order[found.rows_b], found.rows_a)
    assert "100 rows of both, 157 of a only, 0 of b only" in repr(found)
    assert "<td>157</td>" in found._repr_html_()
    with pytest.raises(ValueError, match="read-only"):
        found.rows_a[0] = 0


def test_last_parts_meet_where_no_whole_name_does(logits: Array) -> None:
    a = binet.Predictions.from_logits(logits[:3], file_names=["p/1", "p/2", "p/3"])
    b = binet.Predictions.from_logits(logits[:2], file_names=["3", "1"])
    found = binet.match(a, b)
    np.testing.assert_array_equal(found.rows_a, [0, 2])
    np.testing.assert_array_equal(found.rows_b, [1, 0])


def test_tables_that_cannot_be_matched_are_refused(logits: Array) -> None:
    a = binet.Predictions.from_logits(logits[:2], file_names=["1", "1"])
    b = binet.Predictions.from_logits(logits[:2], file_names=["1", "2"])
    with pytest.raises(binet.Error, match="rows 0 and 1 have the same file name, '1'") as caught:
        binet.match(b, a)
    assert (caught.value.status, caught.value.argument, caught.value.index) == (binet.Status.INVALID_DATA, "b", 1)
    with pytest.raises(binet.Error, match="a has no file names"):
        binet.match(binet.Predictions.from_logits(logits), b)
    with pytest.raises(binet.Error, match="share no file name"):
        binet.match(b, binet.Predictions.from_logits(logits[:1], file_names=["x"]))
    with pytest.raises(binet.Error, match=r"b is 3; allowed: binet\.Predictions"):
        binet.match(b, 3)  # type: ignore[arg-type]
