"""Features from files: what is there is read, what is missing is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest

FEATURES = np.arange(12, dtype=np.float32).reshape(4, 3)
LABELS = np.array([0, 2, 1, 2])


def same(found: binet.LabelledFeatures, labels: npt.NDArray[Any] = LABELS) -> None:
    np.testing.assert_array_equal(found.features, FEATURES, strict=True)
    np.testing.assert_array_equal(found.labels, labels)


def table(folder: Path, labels: npt.NDArray[Any] | None = LABELS) -> None:
    binet.Predictions.from_logits(np.eye(3)[[0, 1, 2, 0]], labels).to_csv(folder / "predictions.csv")


def test_an_archive_a_folder_and_a_file_beside_its_labels_are_the_same(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", labels=LABELS, other=LABELS, features=FEATURES)
    same(binet.read_features(tmp_path / "train.npz"))
    np.savez_compressed(tmp_path / "packed.npz", features=FEATURES, labels=LABELS)
    same(binet.read_features(str(tmp_path / "packed.npz")))
    np.save(tmp_path / "features.npy", FEATURES)
    table(tmp_path)
    same(binet.read_features(tmp_path))
    found = binet.read_features(tmp_path / "features.npy")
    same(found)
    assert isinstance(found.features, np.memmap)
    np.save(tmp_path / "labels.npy", LABELS + 5)  # what is made for it goes before the table of predictions
    same(binet.read_features(tmp_path), LABELS + 5)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    def fails(path: Path, says: str, status: binet.Status, argument: str = "path") -> binet.Error:
        with pytest.raises(binet.Error, match=says) as caught:
            binet.read_features(path)
        assert (caught.value.status, caught.value.argument) == (status, argument)
        return caught.value

    fails(tmp_path / "no.npz", "cannot read '.*no.npz': No such file or directory", binet.Status.IO)
    fails(tmp_path, "no features.npy in this folder; binet evaluate --features writes one", binet.Status.IO)
    np.savez(tmp_path / "x.npz", x=FEATURES, y=LABELS)
    fails(tmp_path / "x.npz", "x.npz has no array 'features'; its arrays: x, y", binet.Status.INVALID_DATA)
    np.savez(tmp_path / "f.npz", features=FEATURES)
    fails(tmp_path / "f.npz", "f.npz has no array 'labels'; its arrays: features", binet.Status.INVALID_DATA)
    np.save(tmp_path / "features.npy", FEATURES)
    fails(tmp_path, "features.npy: neither labels.npy nor predictions.csv beside it", binet.Status.IO)
    table(tmp_path, None)
    found = fails(tmp_path, "4 of 4 rows have no label", binet.Status.INVALID_DATA, "labels")
    assert found.index == 0
    with pytest.raises(binet.Error, match="path is 3; allowed: a path"):
        binet.read_features(3)  # type: ignore[arg-type]


def test_files_that_are_not_what_they_seem_are_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "whole.npz", features=np.ones((2000, 50)), labels=np.ones(2000, int))
    whole = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "short.npz").write_bytes(whole[:-200])
    broken = bytearray(whole)
    broken[400:500] = b"\xff" * 100  # within the first array, whose checksum then fails
    (tmp_path / "broken.npz").write_bytes(broken)
    (tmp_path / "text.npz").write_text("features, labels\n")
    np.savez(tmp_path / "objects.npz", features=np.array([{}], object), labels=LABELS)
    np.save(tmp_path / "array.npy", FEATURES)
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    for name, says in {
        "short.npz": "short.npz: not a .npz file of numbers, or cut off",
        "text.npz": "text.npz: not a .npz file of numbers, or cut off",
        "broken.npz": "broken.npz: not a .npz file of numbers, or cut off",
        "objects.npz": "objects.npz: not a .npz file of numbers, or cut off",
        "array.npz": "array.npz: a single array, not a .npz file with features and labels",
    }.items():
        with pytest.raises(binet.Error, match=says) as caught:
            binet.read_features(tmp_path / name)
        assert caught.value.status == binet.Status.INVALID_DATA
    np.save(tmp_path / "features.npy", FEATURES)
    np.save(tmp_path / "labels.npy", LABELS)
    (tmp_path / "features.npy").write_bytes((tmp_path / "features.npy").read_bytes()[:-8])
    with pytest.raises(binet.Error, match=r"not a \.npy file of numbers, or cut off"):
        binet.read_features(tmp_path)


@pytest.mark.parametrize(
    ("features", "labels", "says"),
    [
        (FEATURES[0], LABELS, "features has 1 dimensions; allowed: 2"),
        (FEATURES, LABELS[1:], r"labels has shape \(3,\); features has 4 rows"),
        (FEATURES, np.eye(4), r"labels has shape \(4, 4\); features has 4 rows"),
    ],
)
def test_shapes_that_do_not_fit_are_said(tmp_path: Path, features: Any, labels: Any, says: str) -> None:
    np.savez(tmp_path / "train.npz", features=features, labels=labels)
    with pytest.raises(binet.Error, match=f"train.npz: {says}"):
        binet.read_features(tmp_path / "train.npz")
