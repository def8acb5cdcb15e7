"""Lists of image files: class folders, class maps, flat folders, CSV."""

from __future__ import annotations

from pathlib import Path

import binet
import numpy as np
import pytest
from binet import Status

Image = pytest.importorskip("PIL.Image", reason="no Pillow to write pictures with")


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Three class folders with two pictures each."""
    for name in ("cat", "dog", "owl"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for index in range(2):
            picture = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
            Image.fromarray(picture).save(tmp_path / "images" / name / f"{index}.png")
    return tmp_path / "images"


def test_class_folders(folder: Path) -> None:
    images = binet.ImageList(folder)
    assert len(images) == 6
    assert images.names == [f"{name}/{index}.png" for name in ("cat", "dog", "owl") for index in range(2)]
    assert images.paths[0] == str(folder / "cat" / "0.png")
    assert images.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert images.class_names == ["cat", "dog", "owl"]
    assert "6 images, 3 classes" in repr(images)


@pytest.mark.parametrize("ending", ["webp", "tif", "TIFF"])
def test_images_that_cannot_be_decoded_are_not_left_out_unseen(folder: Path, ending: str) -> None:
    """ImageFolder lists them, so their absence would change what an accuracy is of."""
    (folder / "dog" / f"2.{ending}").write_bytes(b"not decoded here")
    assert binet.ImageList(folder).names[4] == f"dog/2.{ending}"
    with pytest.raises(binet.Error, match=f"dog/2.{ending}") as caught:
        binet.evaluate(lambda batch: batch.mean((2, 3)), folder)
    assert (caught.value.status, caught.value.index) == (Status.INVALID_DATA, 4)
    (skipped,) = binet.evaluate(lambda batch: batch.mean((2, 3)), folder, on_bad_image="skip").skipped
    assert skipped.index == 4


def test_class_map(folder: Path) -> None:
    assert binet.ImageList(folder, class_names=["owl", "dog", "cat"]).labels.tolist() == [2, 2, 1, 1, 0, 0]
    mapped = binet.ImageList(folder, class_names={"cat": 281, "dog": 207, "owl": 24})
    assert mapped.labels.tolist() == [281, 281, 207, 207, 24, 24]
    with pytest.raises(binet.Error, match="owl") as caught:
        binet.ImageList(folder, class_names=["cat", "dog"])
    assert caught.value.status == Status.INVALID_DATA


def test_flat_folder_and_csv(folder: Path) -> None:
    flat = binet.ImageList(folder / "cat")
    assert flat.names == ["0.png", "1.png"]
    assert flat.labels.tolist() == [-1, -1]
    assert flat.class_names == []
    (folder / "list.csv").write_text("path,label\nowl/1.png,5\ncat/0.png,2\n")
    listed = binet.ImageList(folder / "list.csv")
    assert listed.names == ["owl/1.png", "cat/0.png"]
    assert listed.labels.tolist() == [5, 2]


def test_bad_lists(folder: Path) -> None:
    (folder / "empty").mkdir()
    for path, status in ((folder / "missing", Status.IO), (folder / "empty", Status.INVALID_DATA)):
        with pytest.raises(binet.Error, match=path.name) as caught:
            binet.ImageList(path)
        assert caught.value.status == status
    with pytest.raises(binet.Error, match="layout") as caught:
        binet.ImageList(folder, layout="tree")  # type: ignore[arg-type]
    assert caught.value.argument == "layout"
