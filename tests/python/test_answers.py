"""Answer files of model-vs-human load as they are, and observers are matched by image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest

HEADER = "subj,session,trial,rt,object_response,category,condition,imagename\n"


def write(folder: Path, lines: str, name: str = "answers.csv") -> Path:
    path = folder / name
    path.write_text(lines, encoding="utf-8")
    return path


def test_the_real_files_load_as_they_are(data: Path, expected: Any) -> None:
    for name, wanted in expected["cue_conflict"].items():
        (answers,) = binet.read_answers(data / "cue-conflict" / f"{name}.csv")
        assert (len(answers), answers.observer.replace("_", "-")) == (1280, name)
        result = binet.shape_bias(answers)
        assert (result.n_shape, result.n_texture) == (wanted["shape"], wanted["texture"])
        assert result.shape_bias == pytest.approx(wanted["shape_bias"], abs=1e-12)
        assert result.categories.name == tuple(binet.SIXTEEN_CLASSES)


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "\ufeffSubj,imagename,Object_Response,CATEGORY,condition,extra\n"
        "x,0001_a_x_c05_cat_00_n02_1.JPEG,cat,cat,c05,1\ny,0001_a_y_c05_cat_00_n02_1.JPEG,na,cat,NaN,2\n"
        "x,0002_a_x_c10_dog_00_n03_7.JPEG,cat,dog,c10,3\n",
    )
    x, y = binet.read_answers(path)
    assert (x.observer, y.observer) == ("x", "y")
    assert x.responses == ("cat", "cat")
    assert x.conditions == ("c05", "c10")
    assert y.conditions == ("",)
    assert x.image_ids == ("n02_1.JPEG", "n03_7.JPEG")
    assert x.lines == (2, 4)
    assert x.correct.tolist() == [True, False]
    assert y.correct.tolist() == [False]
    parts = x.by_condition()
    assert {name: part.image_ids for name, part in parts.items()} == {"c05": ("n02_1.JPEG",), "c10": ("n03_7.JPEG",)}
    assert repr(x) == "<binet.Answers: x, 2 trials, 2 conditions>"
    assert repr(y) == "<binet.Answers: y, 1 trials, 1 condition>"
    assert "<table>" in x._repr_html_()


@pytest.mark.parametrize(
    ("image", "identity"),
    [
        ("airplane1-bicycle2.png", "airplane1-bicycle2.png"),
        ("cat/airplane1-bicycle2.png", "airplane1-bicycle2.png"),
        ("C:\\cue conflict\\cat7-dog1.png", "cat7-dog1.png"),
        ("0001_s5n_s01_0_cat_00_cat7-elephant1.png", "cat7-elephant1.png"),
        ("0000_cl_s01_bw_boat_40_n02951358_5952.JPEG", "n02951358_5952.JPEG"),
        ("n02951358_5952.JPEG", "n02951358_5952.JPEG"),
        ("", ""),
    ],
)
def test_images_are_the_same_for_every_observer(image: str, identity: str) -> None:
    answers = binet.Answers("x", ("cat",), ("cat",), ("",), (image,), (2,), "x.csv")
    assert answers.image_ids == (identity,)


def observer(name: str, images: str, right: str, categories: str | None = None) -> binet.Answers:
    """An observer who answered images "a", "b", ... right ("1") or not."""
    of_images = tuple(categories or "c" * len(images))
    responses = tuple(is_ if one == "1" else "?" for one, is_ in zip(right, of_images, strict=True))
    lines = tuple(range(2, 2 + len(images)))
    return binet.Answers(name, responses, of_images, ("",) * len(images), tuple(images), lines, f"{name}.csv")


def test_trials_are_matched_by_image() -> None:
    one, two = binet.same_trials([observer("x", "abc", "110"), observer("y", "cab", "011")])
    assert one.images == two.images == ("a", "b", "c")
    assert two.correct.tolist() == [True, True, False]
    assert two.lines == (3, 4, 2)


@pytest.mark.parametrize(
    ("observers", "index", "says"),
    [
        (
            [observer("x", "abc", "111"), observer("y", "ab", "11")],
            1,
            r"1 of the 3 images of x \(x.csv\) .* y .*: 'c'$",
        ),
        ([observer("x", "a", "1"), observer("y", "abc", "111")], 1, r"2 of the 3 images of y .* x .*: 'b', \.\.\.$"),
        ([observer("x", "a", "1"), observer("y", "aa", "11")], 1, "y.csv: line 3: y has answered 'a' before"),
        ([observer("x", "aa", "11")], 0, "x.csv: line 3: x has answered 'a' before"),
        ([observer("x", "ab", "11"), observer("y", "ba", "11", "de")], 1, "'a' is 'c' in x.csv and 'e' in y.csv"),
    ],
)
def test_trials_that_differ_are_named(observers: Any, index: int, says: str) -> None:
    with pytest.raises(binet.Error, match=says) as caught:
        binet.same_trials(observers)
    assert caught.value.status == binet.Status.INVALID_DATA
    assert (caught.value.argument, caught.value.index) == ("observers", index)
    with pytest.raises(binet.Error, match="observers is empty"):
        binet.same_trials([])


def test_trials_without_a_category_are_not_right_or_wrong() -> None:
    answers = observer("x", "ab", "11")
    bare = binet.Answers("x", answers.responses, ("c", "NaN"[:0]), answers.conditions, answers.images, (2, 3), "x.csv")
    with pytest.raises(binet.Error, match=r"x\.csv: line 3: no category") as caught:
        _ = bare.correct
    assert (caught.value.status, caught.value.index) == (binet.Status.INVALID_DATA, 1)


@pytest.mark.parametrize(
    ("lines", "index", "says"),
    [
        ("", None, "no column object_response"),
        ("subj,object_response\nx,cat\n", None, "no column imagename"),
        (HEADER, None, "no rows"),
        (HEADER + "x,1,1,NaN,cat\n", 2, "line 2: more or fewer"),
        (HEADER + "x,1,1,NaN,cat,cat,NaN,a.png\nx,1,1,NaN,cat,cat,NaN,a.png,1\n", 3, "line 3: more or fewer"),
        (HEADER + 'x,1,1,NaN,"cat,cat,NaN,a.png\n', None, "not a CSV"),
    ],
)
def test_files_that_do_not_fit(tmp_path: Path, lines: str, index: int | None, says: str) -> None:
    path = write(tmp_path, lines)
    with pytest.raises(binet.Error, match=says) as caught:
        binet.read_answers(path)
    assert str(caught.value).startswith(str(path))
    assert (caught.value.status, caught.value.index) == (binet.Status.INVALID_DATA, index)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes(HEADER.encode() + b"\xe9,1,1,NaN,cat,cat,NaN,a.png\n")
    with pytest.raises(binet.Error, match="UTF-8"):
        binet.read_answers(tmp_path / "latin.csv")
    with pytest.raises(FileNotFoundError):
        binet.read_answers(tmp_path / "missing.csv")


def test_shape_bias_of_predictions_is_that_of_their_names(rng: np.random.Generator) -> None:
    names = ["cat", "dog", "fox"]
    files = [f"{names[a]}/{names[a]}{i}-{names[b]}1.png" for i, (a, b) in enumerate(rng.integers(0, 3, (40, 2)))]
    table = binet.Predictions.from_logits(rng.normal(size=(40, 3)), file_names=files)
    images = binet.cue_conflict_from_file_names(files)
    expected = binet.shape_bias([names[k] for k in table.predicted_class], images.shapes, images.textures)
    result = binet.shape_bias(table, categories={name: [0] for name in names})
    assert (result.n_shape, result.n_texture, result.n_other) == (
        expected.n_shape,
        expected.n_texture,
        expected.n_other,
    )
    assert result.categories.name == tuple(names)

    def refused(argument: str, index: int | None, says: str, *inputs: Any, **options: Any) -> None:
        with pytest.raises(binet.Error, match=says) as caught:
            binet.shape_bias(*inputs, **options)
        assert (caught.value.argument, caught.value.index) == (argument, index)

    refused("categories", None, "categories is None; the names of the classes", table)
    first = int(np.flatnonzero(table.predicted_class == 2)[0])
    refused(
        "predictions", first, r"predicted_class\[\d+\] is 2; categories has 2 names", table, categories=["cat", "dog"]
    )
    refused("shapes", None, "names of images say them", table, images.shapes, categories=names)
    refused("textures", None, "names of images say them", table, None, images.textures, categories=names)
    bare = binet.Predictions.from_logits(rng.normal(size=(2, 3)))
    refused("predictions", 0, "row 0 has no file name", bare, categories=names)


# ---- Predictions as answers ------------------------------------------------------------------------------------------


def test_predictions_are_answers_too() -> None:
    table = binet.Predictions.from_logits(np.eye(3)[[2, 0, 1]], [2, 1, 1], file_names=["x/a.png", "x/b.png", "c.png"])
    answers = binet.Answers.from_predictions(table, ["cat", "dog", "fox"], "net")
    assert answers.responses == ("fox", "cat", "dog")
    assert answers.categories == ("fox", "dog", "dog")
    assert answers.image_ids == ("a.png", "b.png", "c.png")
    assert answers.correct.tolist() == [True, False, True]
    assert (answers.observer, answers.lines) == ("net", (2, 3, 4))
    bare = binet.Answers.from_predictions(table.with_labels([0, 0, 0]), ["cat", "dog", "fox"], "net")
    assert bare.categories == ("cat", "cat", "cat")


# ---- Conditions ------------------------------------------------------------------------------------------------------


def experiment(name: str, right: str, conditions: str) -> binet.Answers:
    """Answers to images 0.png, 1.png, ... in conditions of one letter, "-" where the file says none."""
    n = len(right)
    responses = tuple("cat" if one == "1" else "dog" for one in right)
    said = tuple("" if one == "-" else one for one in conditions)
    images = tuple(f"{i}.png" for i in range(n))
    return binet.Answers(name, responses, ("cat",) * n, said, images, tuple(range(2, 2 + n)), f"{name}.csv")


def test_every_condition_counts_the_same() -> None:
    one = experiment("x", "1100111011", "aaaabbbbbb")
    two = experiment("y", "1010110011", "----------")  # a model's file, which says no condition
    found = binet.conditions([one, two])
    assert (found.names, found.conditions, found.n.tolist()) == (("x", "y"), ("a", "b"), [4, 6])
    np.testing.assert_array_equal(found.accuracy, [[0.5, 0.5], [5 / 6, 4 / 6]])
    np.testing.assert_allclose(found.mean_accuracy, [2 / 3, 7 / 12], rtol=1e-15)
    for k, rows in enumerate((slice(0, 4), slice(4, 10))):
        kappa = binet.error_consistency(one.correct[rows], two.correct[rows]).kappa
        assert found.kappa[k, 0, 1] == found.kappa[k, 1, 0] == kappa
    assert found.mean_kappa[0, 1] == pytest.approx(found.kappa[:, 0, 1].mean(), abs=1e-15)
    assert found.shape_bias is None
    assert found.mean_shape_bias is None
    assert repr(found) == "<binet.Conditions: 2 observers, 2 conditions, 10 trials>"
    assert "<table>" in found._repr_html_()


def test_conditions_that_differ_are_named() -> None:
    with pytest.raises(binet.Error, match=r"'1.png' has the condition 'b' in y.csv, elsewhere 'a'") as caught:
        binet.conditions([experiment("x", "11", "aa"), experiment("y", "11", "ab")])
    assert (caught.value.status.name, caught.value.index) == ("INVALID_DATA", 1)


def test_cue_conflict_is_an_experiment_of_one_condition(data: Path, expected: Any) -> None:
    observers = [one for path in sorted((data / "cue-conflict").glob("*.csv")) for one in binet.read_answers(path)]
    found = binet.conditions(observers)
    assert found.conditions == ("0",)  # as the files of people say; those of models say NaN
    assert found.mean_shape_bias is not None
    for name, bias, kappa in zip(found.names, found.mean_shape_bias, found.mean_kappa, strict=True):
        assert bias == pytest.approx(expected["cue_conflict"][name.replace("_", "-")]["shape_bias"], abs=1e-12)
        assert kappa[found.names.index(name)] == 1
    np.testing.assert_array_equal(found.mean_kappa, binet.error_consistency_matrix(observers).kappa)
