"""Models compared: the study's numbers, statsmodels and SciPy, flips, sentences, many models, the verb."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats
from binet import cli
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_paired

Array = npt.NDArray[Any]


# ---- Tests against peers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("only_a", "only_b"), [(3402, 4340), (0, 1), (5, 3), (10, 10), (0, 40), (120000, 121000)])
def test_mcnemar_is_that_of_statsmodels(only_a: int, only_b: int) -> None:
    found = binet.mcnemar(only_a, only_b)
    cells = [[7, only_a], [only_b, 9]]
    np.testing.assert_allclose(found.p_exact, statsmodels_mcnemar(cells, exact=True).pvalue, rtol=1e-9)
    if only_a != only_b:  # there statsmodels corrects a difference of 0 to 1, further from 0
        peer = statsmodels_mcnemar(cells, exact=False, correction=True)
        np.testing.assert_allclose(found.chi_square, peer.statistic, rtol=1e-14)
        np.testing.assert_allclose(found.p_chi_square, peer.pvalue, rtol=1e-11)
    else:
        assert (found.chi_square, found.p_chi_square) == (0, 1)


def test_mcnemar_counts_samples() -> None:
    found = binet.mcnemar([True, True, False, False, True], [1, 0, 1, 1, 0])
    assert (found.n_only_a, found.n_only_b) == (2, 2)
    for given, argument, message in [
        (([1, 2], [0, 1]), "a", r"a\[1\] is 2"),
        (([1, 0], [0, 1, 1]), "b", r"a has shape \(2,\), b \(3,\)"),
        ((-1, 2), "a", "a is -1; allowed: 0"),
        ((0.5, 2), "a", "allowed: two counts"),
    ]:
        with pytest.raises(binet.Error, match=message) as caught:
            binet.mcnemar(*given)
        assert caught.value.argument == argument


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (10, 10), (3, 17), (38567, 50000)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_wilson_is_that_of_statsmodels(hits: int, n: int, level: float) -> None:
    expected = proportion_confint(hits, n, 1 - level, method="wilson")
    np.testing.assert_allclose(binet.wilson_interval(hits, n, level), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("margin", [0.01, 0.1, (-0.02, 0.3)])
@pytest.mark.parametrize("n", [2, 3, 30, 5000])
def test_tost_is_that_of_statsmodels(rng: np.random.Generator, margin: Any, n: int) -> None:
    a, b = rng.normal(0, 1, n), rng.normal(0.05, 1, n)
    low, high = margin if isinstance(margin, tuple) else (-margin, margin)
    p, below, above = ttost_paired(b, a, low, high)
    found = binet.tost(b - a, margin)
    np.testing.assert_allclose((found.p_value, found.p_low, found.p_high), (p, below[1], above[1]), rtol=1e-9)
    np.testing.assert_allclose((found.t_low, found.t_high), (below[0], above[0]), rtol=1e-10)
    with pytest.raises(binet.Error, match="at least 2 are needed"):
        binet.tost([0.1], margin)


def test_holm_is_that_of_statsmodels(rng: np.random.Generator) -> None:
    for n in (1, 2, 7, 200):
        p_values = rng.random(n) ** 4
        p_values[: n // 3] = p_values[0]
        np.testing.assert_allclose(binet.holm(p_values), multipletests(p_values, method="holm")[1], rtol=1e-13)
    with pytest.raises(binet.Error, match=r"p_values\[1\] is 1\.5") as caught:
        binet.holm([0.5, 1.5])
    assert caught.value.index == 1


# ---- Two models ------------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(rng: np.random.Generator) -> tuple[binet.Predictions, binet.Predictions]:
    """Two tables in other orders, of 1,000 images that both have and one more in each; b is the better one."""
    labels = rng.integers(0, 10, 1001)
    tables = []
    for strength, last in ((1.0, "only a"), (3.0, "only b")):
        logits = rng.normal(size=(1001, 10))
        logits[np.arange(1001), labels] += strength
        names = [f"{index}.png" for index in range(1000)] + [last]
        order = rng.permutation(1001)
        tables.append(
            binet.Predictions.from_logits(logits[order], labels[order], file_names=[names[row] for row in order])
        )
    return tables[0], tables[1]


def test_models_of_the_study(data: Path, expected: Any) -> None:
    wanted = expected["imagenet_val"]["ResNet50|ViT"]
    a, b = (
        binet.Predictions.from_csv(data / "imagenet-val" / f"{name}.csv", data / "imagenet-val" / "labels.csv")
        for name in ("ResNet50", "ViT")
    )
    found = binet.compare(a, b, names=("ResNet-50", "ViT"), metrics=["accuracy", "ece"])
    assert (found.n_only_a_right, found.n_only_b_right) == (wanted["only_first_right"], wanted["only_second_right"])
    assert found.mcnemar.chi_square == pytest.approx(wanted["mcnemar_chi2_cc"], rel=1e-13)
    assert found["accuracy"].p_value == found.mcnemar.p_exact < 1e-20
    assert (found.n_both_right + found.n_both_wrong) / found.n == wanted["agree"]
    both = binet.match(a, b)
    right_a, right_b = (one.predicted_class == one.label for one in (both.a, both.b))
    assert binet.error_consistency(right_a, right_b).kappa == pytest.approx(wanted["kappa"], rel=1e-13)
    assert found["ece"].is_beyond_noise(0.05)


def test_rows_meet_by_name_and_flips_are_counted(pair: tuple[binet.Predictions, binet.Predictions]) -> None:
    a, b = pair
    found = binet.compare(a, b, n_resamples=200)
    both = binet.match(a, b)
    right_a, right_b = (one.predicted_class == one.label for one in (both.a, both.b))
    assert (found.n, found.n_only_in_a, found.n_only_in_b) == (1000, 1, 1)
    assert found.n_both_right == (right_a & right_b).sum()
    assert found.n_only_a_right == (right_a & ~right_b).sum()
    assert found.n_only_b_right == (~right_a & right_b).sum()
    assert found.n_both_wrong == (~right_a & ~right_b).sum()
    assert found.agreement == (both.a.predicted_class == both.b.predicted_class).mean()
    assert found["accuracy"].difference.value == pytest.approx(right_b.mean() - right_a.mean())
    assert list(found.metrics) == ["accuracy", "ece", "nll", "brier", "confidence", "true_probability"]
    same = binet.compare(both.a, both.b, by="row", n_resamples=200)
    assert str(same).splitlines()[:-2] == str(found).splitlines()[:-2]
    nll = binet.bootstrap(both.b, "nll", n_resamples=200).replicates
    nll = nll - binet.bootstrap(both.a, "nll", n_resamples=200).replicates
    assert found["nll"].difference.low == pytest.approx(np.quantile(nll, 0.025), rel=1e-12)


def test_what_is_within_noise_is_said(pair: tuple[binet.Predictions, binet.Predictions]) -> None:
    a, b = pair
    found = binet.compare(a, b, names=("old", "new"), metrics=["accuracy", "nll"], n_resamples=200)
    assert found.sentence.startswith("On 1,000 images new has higher accuracy (+")
    assert "lower NLL (-" in found.sentence
    assert found.sentence.endswith("than old.")
    same = binet.compare(a, a, metrics=["accuracy", "nll"], n_resamples=200)
    assert same.sentence == "On 1,001 images, within noise: accuracy, NLL."
    assert "only old" in str(found)
    assert "<td>NLL</td>" in found._repr_html_()
    assert repr(found) == f"<binet.Comparison: {found.sentence}>"


def test_p_values_are_uniform_where_nothing_differs() -> None:
    rng = np.random.default_rng(8)
    p_values = []
    for seed in range(300):
        tables = []
        for _ in range(2):
            confidence = rng.uniform(0.5, 1, 200)
            scores = np.stack([confidence, 1 - confidence], 1)
            tables.append(binet.Predictions.from_probabilities(scores, np.zeros(200, int)))
        found = binet.compare(*tables, metrics=["confidence"], by="row", n_resamples=300, seed=seed)
        p_values.append(found["confidence"].p_value)
    assert 0.03 <= np.mean(np.array(p_values) < 0.05) <= 0.075
    assert scipy.stats.kstest(p_values, "uniform").pvalue > 0.01


def test_many_models_are_corrected(pair: tuple[binet.Predictions, binet.Predictions]) -> None:
    models = {"a": pair[0], "b": pair[1], "c": pair[0]}
    found = binet.compare_all(models, metrics=["accuracy", "nll"], n_resamples=100)
    assert [(one.name_a, one.name_b) for one in found] == list(combinations(models, 2))
    for metric in ("accuracy", "nll"):
        p_values = [one[metric].p_value for one in found]
        adjusted = [one[metric].adjusted_p_value for one in found]
        np.testing.assert_allclose(adjusted, multipletests(p_values, method="holm")[1], rtol=1e-12)
    assert "p (Holm)" in found._repr_html_()
    assert repr(found) == f"<binet.Comparisons: {', '.join(found.names)}; {len(found.pairs)} pairs>"
    with pytest.raises(binet.Error, match="at least 2 are needed"):
        binet.compare_all({"a": pair[0]})


def test_tables_that_cannot_be_compared_are_refused(logits: Array, labels: Array) -> None:
    a = binet.Predictions.from_logits(logits, labels)
    with pytest.raises(binet.Error, match="a has no file names"):
        binet.compare(a, a)
    other = a.with_labels((labels + 1) % 37)
    with pytest.raises(binet.Error, match="row 0 has the label") as caught:
        binet.compare(a, other, by="row")
    assert (caught.value.argument, caught.value.index) == ("b", 0)
    with pytest.raises(binet.Error, match="by is 'place'"):
        binet.compare(a, a, by="place")  # type: ignore[arg-type]
    with pytest.raises(binet.Error, match=r"allowed: 1 \.\. 65536"):
        binet.compare(a, a, by="row", metrics=[])


@pytest.mark.parametrize(
    ("options", "argument", "message"),
    [
        ({"n_resamples": 0}, "n_resamples", "n_resamples is 0; allowed: whole numbers, 2 .. 2147483647"),
        ({"n_resamples": 1}, "n_resamples", "n_resamples is 1; allowed: "),
        ({"confidence_level": 0}, "confidence_level", "confidence_level is 0; allowed: more than 0, less than 1"),
        ({"confidence_level": 1.5}, "confidence_level", r"confidence_level is 1\.5; allowed: between 0 and 1"),
        ({"clusters": [0, 1]}, "clusters", "clusters has 2 entries; there are 1000 rows"),
        ({"metrics": ["accuracy", "f1"]}, "metrics", "metrics is 'f1'; allowed: 'accuracy', "),
    ],
)
def test_bad_options_of_a_comparison_are_named(
    pair: tuple[binet.Predictions, binet.Predictions], options: dict[str, Any], argument: str, message: str
) -> None:
    with pytest.raises(binet.Error, match=message) as caught:
        binet.compare(*pair, **options)
    assert (caught.value.status, caught.value.argument) == (binet.Status.INVALID_ARGUMENT, argument)


def test_tables_without_a_common_file_or_labels_are_refused(logits: Array, labels: Array) -> None:
    def named(word: str, truth: Array | None) -> binet.Predictions:
        return binet.Predictions.from_logits(logits, truth, file_names=[f"{word}{row}" for row in range(len(logits))])

    with pytest.raises(binet.Error, match="no file name") as caught:
        binet.compare(named("left", labels), named("right", labels))
    assert (caught.value.status, caught.value.argument) == (binet.Status.INVALID_DATA, "b")
    for tables, argument in (((None, labels), "a"), ((labels, None), "b")):
        with pytest.raises(binet.Error, match="row 0 has no label") as caught:
            binet.compare(*(named("same", truth) for truth in tables))
        assert (caught.value.status, caught.value.argument) == (binet.Status.INVALID_DATA, argument)
        assert caught.value.index == 0


# ---- The verb --------------------------------------------------------------------------------------------------------


def test_the_verb_prints_what_the_library_says(
    pair: tuple[binet.Predictions, binet.Predictions], tmp_path: Path, capsys: Any
) -> None:
    files = []
    for name, one in zip(("first", "second"), pair, strict=True):
        files.append(str(tmp_path / f"{name}.csv"))
        one.to_csv(files[-1])
    assert cli.main(["compare", *files, "--resamples", "100", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)[0]
    found = binet.compare(*pair, names=("first", "second"), n_resamples=100)
    assert record["sentence"] == found.sentence
    assert record["metrics"]["ece"]["p_value"] == found["ece"].p_value
    assert record["mcnemar"]["p_exact"] == found.mcnemar.p_exact
    assert record["n_only_in_a"] == 1
    assert cli.main(["compare", *files, "--resamples", "100"]) == 0
    assert found.sentence in capsys.readouterr().out
    other = tmp_path / "other.csv"
    other.write_text("file_name,predicted_class,predicted_probability,label\nelsewhere.png,1,0.5,1\n")
    assert cli.main(["compare", files[0], str(other)]) == 1
    assert "share no file name" in capsys.readouterr().err
