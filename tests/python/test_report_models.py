"""Many models in the report: tables are told from predictions, and the page's data are what the API says."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import binet
import pytest
from binet import report
from test_report import HOSTILE, Page, make_predictions, write_run

TABLE = f"""model,architecture,accuracy,ece,parameters
{json.dumps("one")},CNN,0.9,0.05,10
two,CNN,0.8,0.01,20
"{HOSTILE.replace('"', '""')}",Transformer,0.7,0.02,
"""


def script_data(page: str) -> Any:
    """What the page's script draws from."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "models.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_a_table_alone_makes_a_page(table: Path, tmp_path: Path) -> None:
    page = report.build([table], tmp_path / "page")
    assert sorted(file.name for file in page.parent.iterdir()) == ["models.csv", "report.html", "report.json"]
    text = page.read_text(encoding="utf-8")
    assert Page(text).open == []
    assert "3 models, side by side" in Page(text).text
    assert HOSTILE not in text
    found = script_data(text)
    assert found["models"] == ["one", "two", HOSTILE]
    assert [one["label"] for one in found["properties"]] == ["Accuracy", "ECE", "Parameters (millions)"]
    assert [one["better"] for one in found["properties"]] == ["higher", "lower", "lower"]
    assert found["properties"][2]["values"] == [10, 20, None]
    assert found["attributes"] == [{"label": "architecture", "values": ["CNN", "CNN", "Transformer"]}]
    assert found["fronts"] == {"0,1": [0, 1], "0,2": [0], "1,2": [0, 1]}


def test_measured_models_stand_beside_those_of_a_table(table: Path, tmp_path: Path) -> None:
    """Their numbers in models.csv are the API's, to the last bit."""
    predictions = make_predictions(1, 1.5)
    page = report.build([write_run(tmp_path / "mine", predictions), table], tmp_path / "page")
    with (page.parent / "models.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["model"] for row in rows] == ["mine", "one", "two", HOSTILE]
    assert float(rows[0]["accuracy"]) == binet.accuracy(predictions).value
    assert float(rows[0]["ece"]) == binet.calibration(predictions).ece
    assert rows[0]["parameters"] == ""
    text = page.read_text(encoding="utf-8")
    ids = [value for name, value in Page(text).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert "calibration" in ids
    assert "properties" in ids


def test_json_holds_the_correlations(table: Path, tmp_path: Path) -> None:
    page = report.build([table], tmp_path / "page")
    found = json.loads((page.parent / "report.json").read_text(encoding="utf-8"))["properties"]
    expected = binet.ModelTable.read(table).rank_correlations()
    assert found["n_models"] == 3
    first = found["correlations"][0]
    assert (first["first"], first["second"], first["n"]) == ("ece", "accuracy", 3)
    assert first["spearman"] == expected["ece", "accuracy"]
    assert found["correlations"][1]["spearman"] is None, "two models have parameters: too few for a correlation"


def test_two_models_make_no_scatter(tmp_path: Path) -> None:
    sources = [write_run(tmp_path / name, make_predictions(seed, 2.0)) for seed, name in enumerate("ab")]
    page = report.build(sources, tmp_path / "page").read_text(encoding="utf-8")
    assert "properties" not in [value for name, value in Page(page).attributes if name == "id"]


def test_the_published_table_says_what_accuracy_tells(data: Path, tmp_path: Path) -> None:
    """326 models: object focus (.72) goes with accuracy most, calibration error (-.12) least."""
    page = report.build([data / "quba" / "models.csv"], tmp_path / "page").read_text(encoding="utf-8")
    assert "most about object focus (Spearman\u2019s rank correlation .72)" in Page(page).text
    assert "least about calibration error (\u2212.12)" in Page(page).text
    assert len(script_data(page)["models"]) == 326
    assert script_data(page)["fronts"]["0,4"] == [144, 179, 187, 213, 315]


def test_the_table_of_the_study_is_drawn_as_rows(expected: Any, tmp_path: Path) -> None:
    """Four models, five properties, as the ICML 2024 study reports them."""
    study = expected["icml2024_study"]
    names = ("ece15_imagenet_1k", "ece15_imagenet_r", "shape_bias", "robustness_mean_7", "vtab_mean_19")
    columns = {
        "model": ["ConvNeXt-sup", "ViT-sup", "ConvNeXt-clip", "ViT-clip"],
        **{name: study[name] for name in names},
    }
    text = report.build([binet.ModelTable(columns)], tmp_path / "page").read_text(encoding="utf-8")
    assert Page(text).numbers("ViT-clip") == [[study[name][3] for name in names]]


def test_a_table_that_is_too_small_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text("model,accuracy\na,0.5\nb,0.6\n", encoding="utf-8")
    with pytest.raises(binet.Error, match="three models and two properties"):
        report.build([path], tmp_path / "page")
