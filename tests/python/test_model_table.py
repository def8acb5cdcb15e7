"""Many models: rank correlations, the Pareto front and weighted scores, against the published table of 326 models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest

SMALL = {
    "model": ["a", "b", "c", "d"],
    "architecture": ["CNN", "CNN", "Transformer", None],
    "accuracy": [0.9, 0.8, 0.8, 0.7],
    "ece": [0.05, 0.01, 0.02, 0.05],
    "parameters": [10.0, 20.0, None, 40.0],
}


def test_quba_correlations_are_the_published_ones(data: Path, expected: Any) -> None:
    """Spearman's rho of every two of nine dimensions, and Kendall's tau-b of one pair, over 326 models."""
    table, expected = binet.ModelTable.read(data / "quba" / "models.csv"), expected["quba"]
    found = table.rank_correlations()
    assert len(table) == expected["models"]
    assert found.properties == tuple(expected["spearman"])
    for first, row in expected["spearman"].items():
        for second, rho in row.items():
            assert found[first, second] == pytest.approx(rho, abs=1e-10)
    assert found.n.min() == expected["models"] - expected["missing_parameters"]
    kendall = table.rank_correlations(["accuracy", "calibration_error"], method="kendall")
    assert kendall["accuracy", "calibration_error"] == pytest.approx(
        expected["kendall_tau_b_accuracy_calibration_error"], abs=1e-12
    )


def test_quba_front_is_the_published_one(data: Path, expected: Any) -> None:
    table, expected = binet.ModelTable.read(data / "quba" / "models.csv"), expected["quba"]
    front = table.pareto_front("accuracy", "calibration_error")
    assert front.tolist() == expected["pareto_rows_accuracy_up_calibration_error_down"]


def test_columns_are_sorted_into_properties_and_attributes() -> None:
    table = binet.ModelTable(SMALL)
    assert table.models == ("a", "b", "c", "d")
    assert table.properties == ("accuracy", "ece", "parameters")
    assert table.attributes == ("architecture",)
    assert table.better == {"accuracy": "higher", "ece": "lower", "parameters": "lower"}
    assert np.isnan(table.values("parameters")[2])


def test_p_values_are_those_of_student_t() -> None:
    """With rho = .8 over 5 models, t = .8 sqrt(3 / .36), 3 degrees of freedom: two-sided p = .1041."""
    table = binet.ModelTable({"model": list("abcde"), "x": [1, 2, 3, 4, 5], "y": [2, 1, 4, 3, 5]})
    found = table.rank_correlations()
    assert found["x", "y"] == pytest.approx(0.8, abs=1e-12)
    assert found.p_value[0, 1] == pytest.approx(0.104088, abs=1e-6)
    assert np.isnan(found.p_value[0, 0])


def test_a_constant_property_correlates_with_nothing() -> None:
    found = binet.ModelTable({"model": list("abc"), "x": [1, 2, 3], "y": [5, 5, 5]}).rank_correlations()
    assert np.isnan(found["x", "y"])
    assert np.isnan(found["y", "y"])
    assert found["x", "x"] == 1


def test_the_front_holds_equals_and_leaves_out_the_unknown() -> None:
    """`d` is beaten by `a` (equal in one, worse in the other); `c` lacks its parameters."""
    table = binet.ModelTable(SMALL)
    assert table.pareto_front("accuracy", "ece").tolist() == [0, 1]
    assert table.pareto_front("accuracy", "parameters").tolist() == [0]
    twins = binet.ModelTable({"model": list("ab"), "accuracy": [0.5, 0.5], "ece": [0.1, 0.1]})
    assert twins.pareto_front("accuracy", "ece").tolist() == [0, 1]


def test_the_front_is_that_of_brute_force() -> None:
    random = np.random.default_rng(0)
    values = random.integers(0, 6, (60, 3))
    table = binet.ModelTable(
        {"model": [str(i) for i in range(60)], "x": values[:, 0], "y": values[:, 1], "z": values[:, 2]},
        better={"x": "higher", "y": "lower", "z": "higher"},
    )
    signed = values * [1, -1, 1]
    expected = [
        i for i, one in enumerate(signed) if not any((two >= one).all() and (two > one).any() for two in signed)
    ]
    assert table.pareto_front("x", "y", "z").tolist() == expected


def test_a_score_is_the_weighted_mean_of_standardised_properties() -> None:
    """Standardised by the mean and deviation (n - 1) over the models, those where lower is better flipped."""
    table = binet.ModelTable(SMALL)
    found = table.score({"accuracy": 3, "ece": 1})
    accuracy, error = table.values("accuracy"), table.values("ece")
    expected = (
        3 * (accuracy - accuracy.mean()) / accuracy.std(ddof=1) - (error - error.mean()) / error.std(ddof=1)
    ) / 4
    np.testing.assert_allclose(found.score, expected, rtol=0, atol=1e-12)
    assert found.rank.tolist() == [1, 2, 3, 4]
    assert [table.models[row] for row in found.order] == ["a", "b", "c", "d"]


def test_given_means_and_deviations_standardise() -> None:
    table = binet.ModelTable(SMALL)
    found = table.score(["accuracy"], means={"accuracy": 0.75}, deviations={"accuracy": 0.05})
    np.testing.assert_allclose(found.score, [3, 1, 1, -1], rtol=0, atol=1e-12)
    assert found.rank.tolist() == [1, 2, 2, 4]


def test_ranks_under_other_weights_come_with_the_score() -> None:
    """`a` leads by accuracy alone; without it, `b` does."""
    found = binet.ModelTable(SMALL).score({"accuracy": 3, "ece": 1})
    assert set(found.ranks) == {"equal", "2 x accuracy", "2 x ece", "without accuracy", "without ece"}
    assert found.rank[0] == 1
    assert found.ranks["without accuracy"][1] == 1
    assert found.rank_low[0] == 1
    assert found.rank_high[0] == 3


def test_a_model_that_lacks_a_property_has_no_score() -> None:
    found = binet.ModelTable(SMALL).score(["accuracy", "parameters"])
    assert np.isnan(found.score[2])
    assert found.rank[2] == 0
    assert 2 not in found.order


@pytest.mark.parametrize(
    ("call", "argument", "says"),
    [
        (lambda: binet.ModelTable({"name": ["a"]}), "data", "no column 'model'"),
        (lambda: binet.ModelTable({"model": [], "x": []}), "data", "no rows"),
        (lambda: binet.ModelTable({"model": ["a", ""], "x": [1, 2]}), "data", "row 1"),
        (lambda: binet.ModelTable(SMALL, better={"depth": "higher"}), "better", "'depth' is no property"),
        (lambda: binet.ModelTable(SMALL, better={"ece": "small"}), "better['ece']", "'higher', 'lower'"),  # type: ignore[dict-item]
        (lambda: binet.ModelTable(SMALL).rank_correlations(["depth"]), "properties", "accuracy, ece, parameters"),
        (lambda: binet.ModelTable(SMALL).rank_correlations(method="pearson"), "method", "'spearman'"),  # type: ignore[arg-type]
        (lambda: binet.ModelTable(SMALL).pareto_front("accuracy"), "properties", "at least 2"),
        (
            lambda: binet.ModelTable({"model": list("ab"), "x": [1, 2]}).score(["x"]),
            "properties",
            "better={'x': 'higher'}",
        ),
        (lambda: binet.ModelTable(SMALL).score({"accuracy": -1}), "weights", ">= 0"),
        (lambda: binet.ModelTable(SMALL).score({"accuracy": 0}), "weights", "all zero"),
        (lambda: binet.ModelTable(SMALL).score(["ece"], deviations={"ece": 0}), "deviations", "must be positive"),
        (lambda: binet.ModelTable({"model": list("ab"), "ece": [1, 1]}).score(["ece"]), "ece", "same for all models"),
    ],
)
def test_bad_input_says_what_is_wrong(call: Any, argument: str, says: str) -> None:
    with pytest.raises(binet.Error) as caught:
        call()
    assert caught.value.argument == argument
    assert says in caught.value.message


def test_an_infinite_value_is_named() -> None:
    table = binet.ModelTable({"model": list("abc"), "x": [1.0, np.inf, 2.0]})
    with pytest.raises(binet.Error, match="x of b") as caught:
        table.values("x")
    assert caught.value.index == 1


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    path.write_text("file_name,predicted_class\n1.png,3\n")
    with pytest.raises(binet.Error, match="no column 'model'"):
        binet.ModelTable.read(path)


def test_it_shows_itself() -> None:
    table = binet.ModelTable(SMALL)
    assert "4 models" in repr(table)
    assert "<table>" in table._repr_html_()
    assert "rank under other weights" in table.score(["accuracy", "ece"])._repr_html_()
    axes = table.rank_correlations().plot()
    assert [text.get_text() for text in axes.get_xticklabels()] == ["accuracy", "ece", "parameters"]
