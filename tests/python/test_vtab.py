"""VTAB's table: 19 tasks in three groups, names that people use, and means that are not of something else."""

from __future__ import annotations

import math
import re

import binet
import numpy as np
import pytest

# Zhai et al., 2019, table of tasks; the three groups in the order of the paper.
GROUPS = {
    "natural": {
        "Caltech101": 102,
        "CIFAR-100": 100,
        "DTD": 47,
        "Flowers102": 102,
        "Pets": 37,
        "Sun397": 397,
        "SVHN": 10,
    },
    "specialized": {"Camelyon": 2, "EuroSAT": 10, "Resisc45": 45, "Retinopathy": 5},
    "structured": {
        "Clevr-Count": 8,
        "Clevr-Dist": 6,
        "DMLab": 6,
        "KITTI-Dist": 4,
        "dSpr-Loc": 16,
        "dSpr-Ori": 16,
        "sNORB-Azim": 18,
        "sNORB-Elev": 9,
    },
}

# Sup-100% with 1,000 examples, percent, from the benchmark's leaderboard (docs/data/results.csv of
# google-research/task_adaptation), to two digits; its means there are 66.4, 73.5, 82.5 and 52.1.
SUP_100 = {
    "CIFAR-100": 57.03,
    "Caltech101": 90.95,
    "Camelyon": 80.61,
    "Clevr-Count": 40.96,
    "Clevr-Dist": 56.11,
    "DMLab": 36.29,
    "DTD": 66.01,
    "EuroSAT": 95.31,
    "Flowers102": 88.61,
    "KITTI-Dist": 70.57,
    "Pets": 89.87,
    "Resisc45": 80.84,
    "Retinopathy": 73.2,
    "SVHN": 87.32,
    "Sun397": 34.41,
    "dSpr-Loc": 85.73,
    "dSpr-Orient": 45.96,
    "sNORB-Azim": 45.74,
    "sNORB-Elev": 35.44,
}


def test_tasks_groups_and_class_counts() -> None:
    wanted = [(name, group, n) for group, tasks in GROUPS.items() for name, n in tasks.items()]
    assert [(task.name, task.group, task.n_classes) for task in binet.VTAB.values()] == wanted
    assert [list(binet.VTAB), len(binet.VTAB)] == [[name for name, _, _ in wanted], 19]
    assert tuple(GROUPS) == binet.VTAB_GROUPS


@pytest.mark.parametrize("task", binet.VTAB.values(), ids=binet.VTAB)
def test_splits_are_those_of_1k_and_do_not_touch(task: binet.VTABTask) -> None:
    """800 images of training, 200 of validation, and a test split that has none of them."""
    assert list(task.splits) == ["train800", "val200", "train800val200", "test"]
    assert task.splits["train800"] == "train[:800]"
    assert task.splits["train800val200"] == f"train[:800]+{task.splits['val200']}"
    part = re.fullmatch(r"(train|validation|test)\[(\d*):(\d+)\]", task.splits["val200"])
    assert part is not None
    first = int(part[2] or 0)
    assert int(part[3]) - first == 200
    if part[1] == "train":
        assert first == task.sizes["train"] >= 800
    assert task.sizes["train"] + task.sizes["val"] == task.sizes["trainval"]
    test = task.splits["test"]
    assert test in {"test", "validation", "test[50%:]"} or test == f"train[{task.sizes['trainval']}:]"
    assert part[1] != test


def test_names_of_other_tools_are_known() -> None:
    names = {
        "oxford_flowers102": "Flowers102",
        "vtab/flowers": "Flowers102",
        "wds/vtab/clevr_count_all": "Clevr-Count",
        "vtab/clevr_closest_object_distance": "Clevr-Dist",
        "vtab/pcam": "Camelyon",
        "cifar-100": "CIFAR-100",
        "CIFAR100": "CIFAR-100",
        "vtab/dsprites_label_x_position": "dSpr-Loc",
        "dSpr-Orient": "dSpr-Ori",
        "smallnorb_label_azimuth": "sNORB-Azim",
        "vtab/kitti_closest_vehicle_distance": "KITTI-Dist",
        "diabetic_retinopathy": "Retinopathy",
        "VTAB": None,
        "cifar10": None,
        "clevr": None,
        "smallnorb": None,
        "imagenet": None,
    }
    for name, task in names.items():
        found = binet.vtab_task(name)
        assert (found and found.name) == task, name


def test_means_are_those_of_the_leaderboard() -> None:
    result = binet.vtab_means({name: value / 100 for name, value in SUP_100.items()})
    means = [100 * value for value in (result.mean, result.natural, result.specialized, result.structured)]
    np.testing.assert_allclose(means, [66.368, 73.458, 82.492, 52.101], atol=0.006)
    assert result.missing == ()
    assert float(result) == result.mean
    assert str(result) == "VTAB mean of 19 0.6637 (natural 0.7346, specialized 0.8249, structured 0.5210)"


def test_a_mean_with_a_task_missing_is_none() -> None:
    accuracies = {name: value / 100 for name, value in SUP_100.items() if name not in {"DTD", "KITTI-Dist"}}
    result = binet.vtab_means(accuracies)
    assert math.isnan(result.mean)
    assert math.isnan(result.natural)
    assert math.isnan(result.structured)
    assert result.specialized == pytest.approx(0.8249, abs=1e-12)
    assert result.missing == ("DTD", "KITTI-Dist")
    assert str(result) == ("VTAB mean of 19 - (natural -, specialized 0.8249, structured -; missing: DTD, KITTI-Dist)")
    assert "DTD, KITTI-Dist" in result._repr_html_()


def test_what_is_no_task_or_no_accuracy_is_named() -> None:
    with pytest.raises(binet.Error, match=r"accuracies has 'cifar10'; allowed: Caltech101, CIFAR-100"):
        binet.vtab_means({"cifar10": 0.5})
    with pytest.raises(binet.Error, match=r"accuracies has Camelyon twice, the second time as 'pcam'"):
        binet.vtab_means({"Camelyon": 0.5, "pcam": 0.5})
    with pytest.raises(binet.Error, match=r"accuracies\['DTD'\] is 66; allowed: 0 \.\. 1; it looks like percent"):
        binet.vtab_means({"DTD": 66})
    with pytest.raises(binet.Error, match=r"accuracies is empty"):
        binet.vtab_means({})


def test_tasks_print() -> None:
    assert "Clevr-Count" in binet.VTAB["Clevr-Count"]._repr_html_()
    assert "n_classes=8" in repr(binet.VTAB["Clevr-Count"])
