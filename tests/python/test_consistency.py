"""Error consistency of two observers and of many: Cohen's kappa, rows matched by name, what does not fit is named."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
import reference

# ---- Error consistency -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.9, 1.0])
def test_kappa_is_that_of_numpy(rng: np.random.Generator, overlap: float) -> None:
    a = rng.random(997) < 0.7
    b = np.where(rng.random(997) < overlap, a, rng.random(997) < 0.4)
    result = binet.error_consistency(a, b)
    kappa, observed, expected = reference.error_consistency(a, b)
    assert (result.accuracy_a, result.accuracy_b, result.n) == (a.mean(), b.mean(), 997)
    assert result.observed == observed
    assert result.expected == pytest.approx(expected, abs=1e-15)
    assert result.kappa == pytest.approx(kappa, abs=1e-14)
    other = binet.error_consistency(b, a)
    assert (other.kappa, other.observed, other.expected) == (result.kappa, result.observed, result.expected)


def test_kappa_agrees_with_scikit_learn(rng: np.random.Generator) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    a, b = rng.integers(0, 2, (2, 500))
    assert binet.error_consistency(a, b).kappa == pytest.approx(metrics.cohen_kappa_score(a, b), abs=1e-12)


def test_the_ends_are_exact(rng: np.random.Generator) -> None:
    some = rng.random(101) < 0.5
    assert binet.error_consistency(some, some).kappa == 1
    for value in (0, 1):
        everything = np.full(9, value)
        result = binet.error_consistency(everything, everything)
        assert (result.kappa, result.observed, result.expected, result.accuracy_a) == (1, 1, 1, value)
    assert binet.error_consistency([1, 0, 1, 0], [0, 1, 0, 1]).kappa == -1
    assert binet.error_consistency([1, 1], [0, 0]).kappa == 0


def test_order_and_dtype_change_nothing(rng: np.random.Generator) -> None:
    a, b = rng.random((2, 211)) < 0.6
    plain = binet.error_consistency(a, b)
    order = rng.permutation(211)
    assert binet.error_consistency(a[order], b[order]) == plain
    assert binet.error_consistency(a[::-1].astype(np.int32), b[::-1].astype(np.uint8)) == plain
    assert binet.error_consistency(a.tolist(), b.tolist()) == plain


def test_consistency_reads_well() -> None:
    result = binet.error_consistency([1, 0, 1], [1, 1, 0])
    assert str(result).startswith("error consistency -0.5000 (")
    assert "<table>" in result._repr_html_()
    assert float(result) == result.kappa
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.kappa = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("a", "b", "status", "argument", "index", "says"),
    [
        ([0, 2], [0, 1], "INVALID_DATA", "a", 1, r"a\[1\] is 2; allowed: 0 \(wrong\), 1 \(right\)"),
        ([0, 1], [257, 1], "INVALID_DATA", "b", 0, r"b\[0\] is 257"),
        ([0, 1], [-1, 1], "INVALID_DATA", "b", 0, "-1"),
        ([0, 1], [0, 1, 1], "INVALID_ARGUMENT", "b", None, "b has 3 elements where 2"),
        (np.zeros(0, bool), np.zeros(0, bool), "INVALID_ARGUMENT", "a", None, "a is empty"),
        ([0.0, 1.0], [0, 1], "INVALID_ARGUMENT", "a", None, "a has dtype float64"),
        ([0, 1], [[0, 1]], "INVALID_ARGUMENT", "b", None, "b has .*dimension"),
    ],
)
def test_bad_input_of_error_consistency(
    a: Any, b: Any, status: str, argument: str, index: int | None, says: str
) -> None:
    with pytest.raises(binet.Error, match=says) as caught:
        binet.error_consistency(a, b)
    assert caught.value.status.name == status
    assert (caught.value.argument, caught.value.index) == (argument, index)


# ---- Error consistency of Predictions --------------------------------------------------------------------------------


def predictions(right: Any, names: Any, labels: Any = None) -> binet.Predictions:
    """A table whose rows are right or wrong as said."""
    labels = np.arange(len(right)) % 3 if labels is None else np.asarray(labels)
    predicted = np.where(right, labels, (labels + 1) % 3)
    return binet.Predictions.from_logits(np.eye(3)[predicted] * 9, labels, file_names=names)


def test_rows_are_matched_by_file_name(rng: np.random.Generator) -> None:
    a, b = rng.random((2, 60)) < 0.6
    names = [f"{i}.png" for i in range(60)]
    one, two = predictions(a, names), predictions(b, names)
    order = rng.permutation(60)
    assert binet.error_consistency(one, two[order]) == binet.error_consistency(a, b)
    assert binet.error_consistency(one[order], two) == binet.error_consistency(a, b)
    assert binet.error_consistency(one, one[order]).kappa == 1


def test_rows_that_do_not_match_are_refused() -> None:
    names = ["a.png", "b.png", "c.png"]
    whole = predictions([1, 0, 1], names)

    def refused(a: Any, b: Any, status: str, argument: str, index: int | None, says: str) -> None:
        with pytest.raises(binet.Error, match=says) as caught:
            binet.error_consistency(a, b)
        assert caught.value.status.name == status
        assert (caught.value.argument, caught.value.index) == (argument, index)

    refused(whole, whole[:2], "INVALID_DATA", "a", 2, "1 of the 3 file names of a are not in b: 'c.png'$")
    refused(whole[[1]], whole, "INVALID_DATA", "b", 0, r"2 of the 3 file names of b are not in a: 'a.png', \.\.\.$")
    refused(whole, predictions([1, 0, 1], None), "INVALID_DATA", "b", None, "b has no file names")
    refused(whole, predictions([1, 0, 1], ["x", "y", "z"]), "INVALID_DATA", "b", None, "a and b share no file name")
    refused(
        predictions([1, 0, 1], ["a.png", "b.png", "a.png"]),
        whole,
        "INVALID_DATA",
        "a",
        2,
        "rows 0 and 2 have the same file name",
    )
    refused(whole, predictions([1, 0, 1], names, [0, 2, 2]), "INVALID_DATA", "a", 1, "label 1 in a and 2 in b")
    bare = binet.Predictions.from_logits(np.eye(3), file_names=names)
    refused(whole, bare, "INVALID_DATA", "b", 0, "row 0 of b has no label")
    refused(whole, [True, False, True], "INVALID_ARGUMENT", "b", None, "both are needed")


# ---- The matrix ------------------------------------------------------------------------------------------------------


def test_the_matrix_holds_what_every_two_have_alone(rng: np.random.Generator) -> None:
    correct = rng.random((6, 413)) < np.linspace(0, 1, 6)[:, None]
    matrix = binet.error_consistency_matrix(correct)
    assert (matrix.names, matrix.n, len(matrix)) == (("0", "1", "2", "3", "4", "5"), 413, 6)
    np.testing.assert_array_equal(matrix.accuracy, correct.mean(1))
    for a in range(6):
        for b in range(6):
            assert matrix.kappa[a, b] == binet.error_consistency(correct[a], correct[b]).kappa
    assert [(a, b) for a, b, _ in matrix][:3] == [("0", "1"), ("0", "2"), ("0", "3")]
    assert sum(1 for _ in matrix) == 15
    names = dict(zip("abcdef", correct.astype(np.int32), strict=True))
    named = binet.error_consistency_matrix(names)
    np.testing.assert_array_equal(named.kappa, matrix.kappa)
    assert named["b", "d"] == named[1, 3] == matrix.kappa[1, 3]
    with pytest.raises(ValueError, match="read-only"):
        named.kappa[0, 0] = 0


def test_the_published_kappas_come_out(data: Path, expected: Any) -> None:
    observers = [one for path in sorted((data / "cue-conflict").glob("*.csv")) for one in binet.read_answers(path)]
    matrix = binet.error_consistency_matrix(observers)
    names = [name.replace("_", "-") for name in matrix.names]
    assert len(names) == 8
    for pair, known in expected["error_consistency"].items():
        a, b = (names.index(name) for name in pair.split("|"))
        assert matrix.n == known["n"]
        assert matrix.kappa[a, b] == pytest.approx(known["kappa"], abs=1e-12)
    for a in range(8):
        for b in range(8):
            correct = observers[a].correct, binet.same_trials([observers[a], observers[b]])[1].correct
            assert matrix.kappa[a, b] == pytest.approx(reference.error_consistency(*correct)[0], abs=1e-14)


def test_tables_are_matched_by_file_name(rng: np.random.Generator) -> None:
    right = rng.random((3, 50)) < 0.6
    names = [f"{i}.png" for i in range(50)]
    order = rng.permutation(50)
    tables = {
        "x": predictions(right[0], names),
        "y": predictions(right[1], names)[order],
        "z": predictions(right[2], names),
    }
    matrix = binet.error_consistency_matrix(tables)
    np.testing.assert_array_equal(matrix.kappa, binet.error_consistency_matrix(right).kappa)


def test_matrices_read_well(rng: np.random.Generator) -> None:
    matrix = binet.error_consistency_matrix({"net": rng.random(40) < 0.5, "person": rng.random(40) < 0.5})
    assert repr(matrix).splitlines()[0] == "error consistency of 2 observers, 40 samples"
    assert "accuracy" in repr(matrix)
    assert "<table>" in matrix._repr_html_()


def test_the_heat_map_has_a_field_for_every_two(rng: np.random.Generator) -> None:
    matrix = binet.error_consistency_matrix(dict(zip("abc", rng.random((3, 40)) < 0.5, strict=True)))
    ax = matrix.plot()
    (picture,) = ax.get_images()
    array = picture.get_array()
    assert array is not None
    shown = np.ma.masked_invalid(array).filled(np.nan)
    np.testing.assert_array_equal(np.isnan(shown), np.eye(3, dtype=bool))
    assert shown[0, 2] == matrix.kappa[0, 2]
    assert picture.get_clim() == (-1, 1)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b", "c"]
    written = [text.get_text().replace("\N{MINUS SIGN}", "-") for text in ax.texts]
    assert written == [f"{matrix.kappa[a, b]:.2f}" for a in range(3) for b in range(3) if a != b]
    assert matrix.plot(ax.figure.add_subplot()) is not ax
    ax.figure.clear()
    many = binet.error_consistency_matrix(rng.random((30, 40)) < 0.5).plot()
    assert not many.texts
    many.figure.clear()


@pytest.mark.parametrize(
    ("observers", "status", "argument", "says"),
    [
        ({}, "INVALID_ARGUMENT", "observers", "observers is empty"),
        ([], "INVALID_ARGUMENT", "observers", "observers is empty"),
        ([[0, 1], [1, 3]], "INVALID_DATA", "observers", r"observers\[3\] is 3; allowed: 0 \(wrong\)"),
        (np.zeros((0, 3), bool), "INVALID_ARGUMENT", "observers", r"the shape \(0, 3\); allowed: \[M, N\]"),
        (
            {"a": [0, 1], "b": [0, 1, 1]},
            "INVALID_ARGUMENT",
            "observers",
            r"\['b'\] has the shape \(3,\), and the first",
        ),
        ({"a": [[0, 1]], "b": [[0, 1]]}, "INVALID_ARGUMENT", "observers", r"\['a'\] has the shape \(1, 2\)"),
        ({"a": [0, 1], "b": [0, 2]}, "INVALID_DATA", "observers['b']", r"\['b'\]\[1\] is 2; allowed: 0 \(wrong\)"),
        ({"a": [0.5, 1.0]}, "INVALID_ARGUMENT", "observers['a']", "float64"),
        (np.zeros((2, 0), bool), "INVALID_ARGUMENT", "observers", "at least one trial"),
        (np.zeros(4, bool), "INVALID_ARGUMENT", "observers", "shape"),
    ],
)
def test_bad_input_of_the_matrix(observers: Any, status: str, argument: str, says: str) -> None:
    with pytest.raises(binet.Error, match=says) as caught:
        binet.error_consistency_matrix(observers)
    assert (caught.value.status.name, caught.value.argument) == (status, argument)


def test_tables_that_do_not_match_are_named() -> None:
    one = predictions([1, 0], ["x", "y"])
    with pytest.raises(
        binet.Error, match=r"with a for observers\['p'\] and b for observers\['q'\]: b has no"
    ) as caught:
        binet.error_consistency_matrix({"p": one, "q": predictions([1, 0], None)})
    assert (caught.value.status.name, caught.value.argument) == ("INVALID_DATA", "observers['q']")
    with pytest.raises(
        binet.Error, match=r"1 of the 2 file names of observers\['p'\] are not in observers\['q'\]: 'y'$"
    ):
        binet.error_consistency_matrix({"p": one, "q": predictions([1, 0], ["x", "z"])})


def test_kinds_do_not_mix() -> None:
    with pytest.raises(binet.Error, match=r"observers\['b'\] is of another kind"):
        binet.error_consistency_matrix({"a": predictions([1, 0], ["x", "y"]), "b": [True, False]})
