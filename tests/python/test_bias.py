"""Shape bias and error consistency: against published numbers, the definitions in NumPy, and laws."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
import reference

OBSERVERS = (
    "convnext-base-21k",
    "convnext-clip",
    "deit3-21k",
    "subject-01",
    "subject-02",
    "subject-03",
    "tv-resnet50",
    "vit-clip",
)
PAIRS = ("subject-01|subject-02", "deit3-21k|convnext-base-21k", "vit-clip|subject-01")


def answers(data: Path, observer: str) -> list[dict[str, str]]:
    with (data / "cue-conflict" / f"{observer}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def column(rows: list[dict[str, str]], name: str) -> list[str]:
    return [row[name] for row in rows]


def same(one: Any, other: Any) -> None:
    """Two results with the same bits."""
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, binet.ShapeBiasCategories):
            same(a, b)
        else:
            np.testing.assert_array_equal(a, b, strict=True)


# ---- Real observers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("observer", OBSERVERS)
def test_published_shape_bias(data: Path, expected: Any, observer: str) -> None:
    rows = answers(data, observer)
    images = binet.cue_conflict_from_file_names(column(rows, "imagename"))
    assert list(images.shapes) == column(rows, "category")
    result = binet.shape_bias(column(rows, "object_response"), images.shapes, images.textures)
    wanted = expected["cue_conflict"][observer]
    assert (result.n, result.n_conflict) == (wanted["images"], wanted["conflict"])
    assert (result.n_shape, result.n_texture) == (wanted["shape"], wanted["texture"])
    assert result.shape_bias == wanted["shape_bias"]
    assert result.n_other == wanted["conflict"] - wanted["shape"] - wanted["texture"]
    assert len(result.categories) == 16
    assert all(category.n_conflict == 75 for category in result.categories)
    low, high = reference.wilson(result.n_shape, result.n_shape + result.n_texture, 0.95)
    assert (result.low, result.high) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize("pair", PAIRS)
def test_published_error_consistency(data: Path, expected: Any, pair: str) -> None:
    """Observers saw the images in orders of their own: rows meet by stimulus."""
    right = []
    for observer in pair.split("|"):
        rows = answers(data, observer)
        stimuli = binet.cue_conflict_from_file_names(column(rows, "imagename")).stimuli
        is_right = {
            stimulus: row["object_response"] == row["category"] for stimulus, row in zip(stimuli, rows, strict=True)
        }
        assert len(is_right) == len(rows)
        right.append([is_right[stimulus] for stimulus in sorted(is_right)])
    result = binet.error_consistency(*right)
    wanted = expected["error_consistency"][pair]
    assert result.n == wanted["n"]
    assert result.kappa == pytest.approx(wanted["kappa"], abs=1e-12)
    assert result.observed == pytest.approx(wanted["observed"], abs=1e-12)
    assert result.expected == pytest.approx(wanted["expected"], abs=1e-12)


def test_every_expected_observer_and_pair_is_here(expected: Any) -> None:
    assert set(expected["cue_conflict"]) == set(OBSERVERS)
    assert set(expected["error_consistency"]) == set(PAIRS)


# ---- Shape bias ------------------------------------------------------------------------------------------------------


@pytest.fixture
def stimuli(rng: np.random.Generator) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Responses -1 .. 6, shapes and textures 0 .. 6, [1003] each."""
    shapes, textures = rng.integers(0, 7, (2, 1003))
    return rng.integers(-1, 7, 1003), shapes, textures


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_counts_and_shares_are_those_of_numpy(stimuli: Any, level: float) -> None:
    responses, shapes, textures = stimuli
    result = binet.shape_bias(responses, shapes, textures, confidence_level=level)
    n_conflict, n_shape, n_texture, share = reference.shape_bias(responses, shapes, textures)
    assert (result.n, result.n_conflict, result.n_shape, result.n_texture) == (1003, n_conflict, n_shape, n_texture)
    assert result.shape_bias == share
    assert result.n_other == n_conflict - n_shape - n_texture
    assert (result.low, result.high) == pytest.approx(reference.wilson(n_shape, n_shape + n_texture, level), abs=1e-12)
    assert result.categories.name == tuple(range(7))
    for category in result.categories:
        rows = shapes == category.name
        assert category[1:4] == reference.shape_bias(responses[rows], shapes[rows], textures[rows])[:3]
        assert category.shape_bias == category.n_shape / (category.n_shape + category.n_texture)
        assert category.n_other == category.n_conflict - category.n_shape - category.n_texture


def test_order_of_rows_strides_and_integer_width_change_nothing(stimuli: Any, rng: np.random.Generator) -> None:
    plain = binet.shape_bias(*stimuli)
    order = rng.permutation(1003)
    same(plain, binet.shape_bias(*(values[order] for values in stimuli)))
    same(plain, binet.shape_bias(*(values[::-1] for values in stimuli)))
    same(plain, binet.shape_bias(*(values.astype(np.int8) for values in stimuli)))
    same(plain, binet.shape_bias(*(np.stack([values, values], 1)[:, 0].astype(np.int32) for values in stimuli)))


def test_swapped_cues_give_the_complement(stimuli: Any) -> None:
    responses, shapes, textures = stimuli
    one, two = binet.shape_bias(responses, shapes, textures), binet.shape_bias(responses, textures, shapes)
    assert two.shape_bias == pytest.approx(1 - one.shape_bias, abs=1e-15)
    assert (two.low, two.high) == pytest.approx((1 - one.high, 1 - one.low), abs=1e-14)
    assert (two.n_shape, two.n_texture, two.n_other) == (one.n_texture, one.n_shape, one.n_other)


def test_names_are_indices_in_order(stimuli: Any) -> None:
    names = np.array(["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "na"])  # the last is what -1 picks
    numbered, named = binet.shape_bias(*stimuli), binet.shape_bias(*(names[values] for values in stimuli))
    assert named.categories.name == tuple(names[:7])
    assert (named.shape_bias, named.low, named.high) == (numbered.shape_bias, numbered.low, numbered.high)
    np.testing.assert_array_equal(named.categories.n_other, numbered.categories.n_other)
    assert named.categories["cat"] == named.categories[2]
    with pytest.raises(KeyError, match="hen"):
        named.categories["hen"]
    same(named, binet.shape_bias(*stimuli, categories=list(names[:7])))


@pytest.mark.parametrize("nothing", [None, float("nan"), "", "na", "nan"])
def test_no_answer_is_other(nothing: Any) -> None:
    responses = np.array([nothing, "cat"], object)
    result = binet.shape_bias(responses, ["cat", "cat"], ["dog", "dog"])
    assert (result.n_shape, result.n_texture, result.n_other) == (1, 0, 1)


def test_pandas_columns_are_read() -> None:
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame(
        {"answer": ["cat", None, "dog"], "image": ["cat1-dog1.png", "cat2-dog1.png", "cat1-dog2.png"]}
    )
    for dtype in (object, "string"):
        images = binet.cue_conflict_from_file_names(rows.image.astype(dtype))
        result = binet.shape_bias(rows.answer.astype(dtype), images.shapes, images.textures)
        assert (result.n_shape, result.n_texture, result.n_other) == (1, 1, 1)


def test_a_category_that_no_image_shows_may_be_answered() -> None:
    with pytest.raises(binet.Error, match=r"responses\[1\] is 'fox'; categories: cat, dog") as caught:
        binet.shape_bias(["cat", "fox"], ["cat", "cat"], ["dog", "dog"])
    assert (caught.value.status, caught.value.index) == (binet.Status.INVALID_DATA, 1)
    result = binet.shape_bias(["cat", "fox"], ["cat", "cat"], ["dog", "dog"], categories=["fox", "dog", "cat"])
    assert (result.n_shape, result.n_other) == (1, 1)
    assert result.categories.name == ("fox", "dog", "cat")
    assert result.categories.n_conflict.tolist() == [0, 0, 2]


def test_neither_cue_is_no_share_but_counts() -> None:
    result = binet.shape_bias([2, -1, 0], [0, 1, 0], [1, 0, 0], categories=["a", "b", "c"])
    assert np.isnan([result.shape_bias, result.low, result.high, *result.categories.shape_bias]).all()
    assert (result.n, result.n_conflict, result.n_shape, result.n_texture, result.n_other) == (3, 2, 0, 0, 2)


def test_results_read_well(stimuli: Any) -> None:
    result = binet.shape_bias(*stimuli)
    assert str(result).startswith("shape bias 0.")
    assert "95 % interval" in str(result)
    assert "shape_bias=" in repr(result)
    assert "<table>" in result._repr_html_()
    assert "<table>" in result.categories._repr_html_()
    assert len(repr(result.categories).splitlines()) == 8
    assert float(result) == result.shape_bias
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.shape_bias = 1.0  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        result.categories.n_shape[0] = 1


def test_models_are_drawn_into_one_figure(stimuli: Any) -> None:
    responses, shapes, textures = stimuli
    result = binet.shape_bias(responses, shapes, textures)
    nothing = binet.shape_bias(np.full(1003, -1), shapes, textures)
    ax = result.plot(label="net")
    assert nothing.plot(ax, label="silent") is ax
    assert [text.get_text() for text in ax.get_yticklabels()] == [*(str(i) for i in range(7)), "all"]
    assert ax.get_legend_handles_labels()[1] == [f"net  {result.shape_bias:.3f}", "silent  nan"]
    marks, no_marks = (line for line in ax.get_lines() if line.get_linestyle() == "None")
    np.testing.assert_array_equal(marks.get_xdata(), result.categories.shape_bias)
    np.testing.assert_array_equal(marks.get_ydata(), range(7))
    assert np.isnan(no_marks.get_xdata()).all()
    assert (marks.get_color(), marks.get_marker()) != (no_marks.get_color(), no_marks.get_marker())
    pooled = [line for line in ax.get_lines() if np.array_equal(line.get_xdata(), [result.shape_bias] * 2)]
    assert [line.get_color() for line in pooled] == [marks.get_color()]
    (of_all,) = (line for line in ax.get_lines() if np.array_equal(line.get_xdata(), [result.shape_bias]))
    np.testing.assert_array_equal(of_all.get_ydata(), [7])
    (interval,) = ax.collections
    np.testing.assert_array_equal(interval.get_paths()[0].vertices, [[result.low, 7], [result.high, 7]])
    bottom, top = ax.get_ylim()
    assert bottom > top  # the first category is the top row
    with pytest.raises(binet.Error, match="other categories"):
        binet.shape_bias(["cat"], ["cat"], ["dog"]).plot(ax)
    ax.figure.clear()


def test_no_two_of_many_models_look_alike(stimuli: Any) -> None:
    result, ax = binet.shape_bias(*stimuli), None
    for _ in range(12):
        ax = result.plot(ax)
    assert ax is not None
    marks = [line for line in ax.get_lines() if line.get_linestyle() == "None"]
    assert len({(line.get_color(), line.get_marker()) for line in marks}) == 12
    assert len({line.get_color() for line in marks[:8]}) == 8
    rows = np.array([line.get_ydata() for line in marks])
    assert (np.abs(rows - np.arange(7)) <= 0.25).all()  # in the row of their category
    assert len(set(rows[:, 0])) == 12  # and no mark on another
    ax.figure.clear()


@pytest.mark.parametrize(
    ("inputs", "options", "status", "argument", "index", "says"),
    [
        (([7], [0], [1]), {}, "INVALID_DATA", "responses", 0, r"responses\[0\] is 7; allowed: -1 .. 1"),
        (([-2], [0], [1]), {}, "INVALID_DATA", "responses", 0, "-2"),
        (([0, 0], [0, -1], [1, 1]), {}, "INVALID_DATA", "shapes", 1, r"shapes\[1\] is -1"),
        (([0, 0], [0, 0], [1, 65536]), {}, "INVALID_DATA", "textures", 1, "65536; allowed: 0 .. 65535"),
        (([0], [0], [1]), {"categories": ["a"]}, "INVALID_DATA", "textures", 0, "allowed: 0 .. 0"),
        (([0, 0], [0], [1, 1]), {}, "INVALID_ARGUMENT", "shapes", None, "shapes has 1 elements where 2"),
        (([0], [0], [1, 1]), {}, "INVALID_ARGUMENT", "textures", None, "textures has 2"),
        ((np.zeros(0, int),) * 3, {}, "INVALID_ARGUMENT", "responses", None, "empty"),
        (([], [], []), {"categories": ["a"]}, "INVALID_ARGUMENT", "responses", None, "dtype"),
        (([0.0], [0], [1]), {}, "INVALID_ARGUMENT", "responses", None, "float64"),
        (([[0]], [0], [1]), {}, "INVALID_ARGUMENT", "responses", None, "dimension"),
        (([[0], [1, 2]], [0], [1]), {}, "INVALID_ARGUMENT", "responses", None, "responses"),
        ((["a"], [0], [1]), {}, "INVALID_ARGUMENT", "responses", None, "holds names"),
        (([0], ["a"], ["b"]), {}, "INVALID_ARGUMENT", "shapes", None, "holds names"),
        ((np.array([1, "a"], object), ["a", "a"], ["b", "b"]), {}, "INVALID_ARGUMENT", "responses", 0, "all names"),
        ((["a"], [""], ["b"]), {}, "INVALID_DATA", "shapes", 0, "no category"),
        ((["a", "a"], ["a", "a"], ["b", None]), {}, "INVALID_DATA", "textures", 1, "no category"),
        ((["a"], ["a"], ["b"]), {"categories": ["a"]}, "INVALID_DATA", "textures", 0, "'b'; categories: a"),
        ((["a"], ["a"], ["b"]), {"categories": []}, "INVALID_ARGUMENT", "categories", None, "0 names"),
        ((["a"], ["a"], ["b"]), {"categories": "ab"}, "INVALID_ARGUMENT", "categories", None, "one text"),
        ((["a"], ["a"], ["b"]), {"categories": ["a", "b", "a"]}, "INVALID_ARGUMENT", "categories", 2, "before"),
        ((["a"], ["a"], ["b"]), {"confidence_level": 0}, "INVALID_ARGUMENT", "confidence_level", None, "more than 0"),
        (
            (["a"], ["a"], ["b"]),
            {"confidence_level": 1},
            "INVALID_ARGUMENT",
            "confidence_level",
            None,
            "between 0 and 1",
        ),
    ],
)
def test_bad_input_of_shape_bias(
    inputs: Any, options: Any, status: str, argument: str, index: int | None, says: str
) -> None:
    with pytest.raises(binet.Error, match=says) as caught:
        binet.shape_bias(*inputs, **options)
    assert caught.value.status.name == status
    assert (caught.value.argument, caught.value.index) == (argument, index)


# ---- File names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "cat7-elephant1.png",
        "cat/cat7-elephant1.png",
        Path("stimuli") / "cat" / "cat7-elephant1.png",
        "0001_s5n_s01_0_cat_00_cat7-elephant1.png",
        "C:\\cue conflict\\cat7-elephant1.PNG",
    ],
)
def test_names_of_stimuli(name: Any) -> None:
    assert binet.cue_conflict_from_file_names([name]) == (("cat",), ("elephant",), ("cat7-elephant1",))


@pytest.mark.parametrize("name", ["", "cat.png", "cat7-elephant.png", "cat-elephant1.png", "cat7-elephant1", "7-1.png"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(binet.Error, match=r"file_names\[1\] is '.*'; expected <shape>") as caught:
        binet.cue_conflict_from_file_names(["cat7-elephant1.png", name])
    assert (caught.value.status, caught.value.index) == (binet.Status.INVALID_DATA, 1)


def test_no_names_are_no_stimuli() -> None:
    assert binet.cue_conflict_from_file_names([]) == ((), (), ())
