"""Probes over tasks: counts, intervals, means of VTAB and words of warning, whatever the estimator is."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import binet
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

Array = npt.NDArray[Any]
Side = tuple[Array, Array]


def task(rng: np.random.Generator, k: int, n: int = 200) -> tuple[Side, Side]:
    """Train and test of k classes, all of them in both."""
    centres = rng.normal(size=(k, 6))

    def side(m: int) -> Side:
        labels = np.concatenate([np.arange(k), rng.integers(0, k, m - k)])
        return (centres[labels] + rng.normal(size=(m, 6))).astype(np.float32), labels

    return side(n), side(2 * n)


class First:
    """Predicts the first label that it saw; its copies do not share what they saw."""

    fits = 0
    certificate_: Any = None

    def fit(self, features: Array, labels: Array) -> None:
        assert not hasattr(self, "label")
        assert len(features) == len(labels)
        type(self).fits += 1
        self.label = labels[0]

    def predict(self, features: Array) -> Array:
        return np.full(len(features), self.label)


def test_each_task_is_scikit_learns_number_with_its_interval(rng: np.random.Generator) -> None:
    tasks = {"Pets": task(rng, 37, 400), "other": task(rng, 3), "EuroSAT": task(rng, 10)}
    result = binet.probe_tasks(tasks, LogisticRegression(C=0.5))
    assert result.tasks.name == ("Pets", "other", "EuroSAT")
    assert result.tasks.group.tolist() == ["natural", "", "specialized"]
    for row, (train, test) in zip(result.tasks, tasks.values(), strict=True):
        accuracy = LogisticRegression(C=0.5).fit(*train).score(*test)
        assert row.accuracy == accuracy
        assert row.n_correct == round(accuracy * row.n)
        assert (row.low, row.high) == binet.wilson_interval(row.n_correct, row.n)
        assert (row.n, row.n_train) == (len(test[1]), len(train[1]))
        assert row.n_classes == len(np.unique(train[1]))
        assert (row.chosen, row.note) == (0.5, "")
        assert row.seconds > 0
    assert result.mean == pytest.approx(result.tasks.accuracy.mean())
    assert (result.low, result.high) == (result.tasks.low.mean(), result.tasks.high.mean())
    assert result.vtab is not None
    assert math.isnan(result.vtab.mean)
    assert len(result.vtab.missing) == 17
    assert result.notes == ()
    wider = binet.probe_tasks(tasks, LogisticRegression(C=0.5), confidence_level=0.99)
    assert (wider.tasks.low < result.tasks.low).all()


def test_all_19_tasks_have_vtabs_means(rng: np.random.Generator) -> None:
    tasks = {name.lower(): task(rng, one.n_classes, 900) for name, one in binet.VTAB.items()}
    result = binet.probe_tasks(tasks, KNeighborsClassifier(1))
    assert result.vtab == binet.vtab_means(dict(zip(tasks, result.tasks.accuracy.tolist(), strict=True)))
    assert result.vtab.mean == pytest.approx(result.mean)
    assert result.vtab.natural == pytest.approx(result.tasks.accuracy[:7].mean())
    assert result.notes == ()
    assert str(result).startswith(f"probe accuracy {result.mean:.4f}, mean of 19 tasks; VTAB mean of 19 ")


def test_a_function_may_fit(rng: np.random.Generator) -> None:
    tasks = {"a": task(rng, 3)}
    given = binet.probe_tasks(tasks, LogisticRegression()).tasks
    made = binet.probe_tasks(tasks, lambda x, y: LogisticRegression().fit(x, y)).tasks
    assert given.n_correct.tolist() == made.n_correct.tolist()


def test_every_task_gets_a_probe_of_its_own(rng: np.random.Generator) -> None:
    probe = First()
    result = binet.probe_tasks({"a": task(rng, 3), "b": task(rng, 4)}, probe)
    assert (First.fits, hasattr(probe, "label")) == (2, False)
    assert np.isnan(result.tasks.chosen).all()


def test_files_are_as_good_as_arrays(rng: np.random.Generator, tmp_path: Path) -> None:
    train, test = task(rng, 5)
    np.savez(tmp_path / "train.npz", features=train[0], labels=train[1])
    np.save(tmp_path / "features.npy", test[0])
    np.save(tmp_path / "labels.npy", test[1])
    files = binet.probe_tasks({"a": (tmp_path / "train.npz", tmp_path)}, LogisticRegression())
    arrays = binet.probe_tasks({"a": (train, test)}, LogisticRegression())
    assert files.tasks.n_correct.tolist() == arrays.tasks.n_correct.tolist()


def test_classes_that_do_not_match_are_noted_and_counted_as_wrong(rng: np.random.Generator) -> None:
    train, test = task(rng, 32)
    few = train[1] < 30
    tasks = {"dSpr-Loc": (train, test), "dsprites_ori": ((train[0][few], train[1][few]), test), "mine": (train, test)}
    result = binet.probe_tasks(tasks, LogisticRegression())
    assert result.notes == (
        "dSpr-Loc: labels of 32 classes where VTAB's dSpr-Loc has 16 (label_x_position, 32 positions, over 2 rounded "
        "down)",
        "dsprites_ori: labels of 32 classes where VTAB's dSpr-Ori has 16 (label_orientation, 40 orientations, over 2.5 "
        "rounded down); 2 of test's classes are not in train",
    )
    row = result.tasks["dsprites_ori"]
    assert row.n_correct <= (test[1] < 30).sum()
    one = binet.probe_tasks({"Camelyon": ((train[0][:20], train[1][:20] // 31), test)}, First())
    assert "31 of test's classes are not in train" in one.tasks[0].note or "is not in train" in one.tasks[0].note


def test_a_fit_that_stopped_early_is_noted(rng: np.random.Generator) -> None:
    probe = First()
    probe.certificate_ = SimpleNamespace(converged=False, relative_gap=0.012)
    (row,) = binet.probe_tasks({"a": task(rng, 3)}, probe).tasks
    assert row.note == "the fit stopped early, at most 1.2e-02 of the objective above its minimum"


def test_texts_are_labels_too(rng: np.random.Generator) -> None:
    train, test = task(rng, 3)
    names = np.array(["cat", "dog", "fox"])
    result = binet.probe_tasks({"a": ((train[0], names[train[1]]), (test[0], names[test[1]]))}, LogisticRegression())
    assert result.tasks[0].accuracy == LogisticRegression().fit(*train).score(*test)


def test_results_print_and_draw(rng: np.random.Generator) -> None:
    tasks = {"Pets": task(rng, 5), "EuroSAT": task(rng, 10), "my_task": task(rng, 3)}
    result = binet.probe_tasks(tasks, LogisticRegression())
    other = binet.probe_tasks(tasks, KNeighborsClassifier(3))
    assert repr(result).splitlines()[0] == f"<binet.TaskAccuracies: probe accuracy {result.mean:.4f}, mean of 3 tasks>"
    html = result._repr_html_()
    assert "labels of 5 classes where VTAB&#x27;s Pets has 37" in html
    assert html.count("<tr>") == 1 + 3 + 1 + 4
    ax = other.plot(result.plot(label="linear"), label="knn")
    assert [text.get_text() for text in ax.get_yticklabels()] == ["Pets", "EuroSAT", "my task"]
    marks = [container[0] for container in ax.containers]
    np.testing.assert_array_equal(marks[0].get_xdata(), result.tasks.accuracy)
    rows = np.array([mark.get_ydata() for mark in marks])
    assert (np.round(rows) == np.arange(3)).all()
    assert (rows[0] < rows[1]).all()
    for container, one in zip(ax.containers, (result, other), strict=True):
        ends = np.array([segment[:, 0] for segment in container[2][0].get_segments()])
        np.testing.assert_allclose(ends, np.column_stack([one.tasks.low, one.tasks.high]))
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        f"linear  mean {result.mean:.3f}",
        f"knn  mean {other.mean:.3f}",
    ]
    with pytest.raises(binet.Error, match="ax shows other tasks"):
        binet.probe_tasks({"a": task(rng, 3)}, First()).plot(ax)
    plt.close("all")


def test_bad_input_names_the_task_and_comes_before_the_work(rng: np.random.Generator, tmp_path: Path) -> None:
    train, test = task(rng, 3)

    def fails(tasks: Any, says: str, probe: Any = None, **options: Any) -> binet.Error:
        with pytest.raises(binet.Error, match=says) as caught:
            binet.probe_tasks(tasks, probe or LogisticRegression(), **options)
        return caught.value

    assert fails({}, "tasks is empty; allowed: a mapping").argument == "tasks"
    fails([("a", train, test)], "tasks is of type list; allowed: a mapping")
    assert fails({"a": (train, test)}, "probe is 3; allowed: an estimator with fit and predict", 3).argument == "probe"
    fails({"a": (train,)}, "a: of type tuple given; allowed: a pair")
    fails({"a": (train, 3)}, "a: test is 3; allowed: a path, or features")
    fails({"a": (train, (test[0], test[1][:-1]))}, r"a: test: features has shape \(400, 6\), labels \(399,\)")
    fails({"a": ((train[0][:0], train[1][:0]), test)}, "a: train has no rows")
    missing = fails({"b": (train, test), "a": (tmp_path / "no.npz", test)}, "a: cannot read '.*no.npz'")
    assert missing.status == binet.Status.IO
    First.fits = 0
    fails({"pcam": (train, test), "Camelyon": (train, test)}, "tasks has Camelyon as 'pcam' and as 'Camelyon'", First())
    fails({"a": (train, test)}, "confidence_level is 2", First(), confidence_level=2)
    assert First.fits == 0
