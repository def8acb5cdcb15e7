"""Presets: which classes and labels each test set has, from the package to the command line."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
from binet import cli

NAMES = ("imagenet", "v2", "a", "a-1000", "c", "r", "r-1000", "sketch", "hard", "real")


def test_the_tables_are_the_published_ones(data: Path) -> None:
    assert list(binet.IMAGENET_WNIDS) == (data / "protocol" / "imagenet_wnids.txt").read_text().split()
    subsets = json.loads((data / "protocol" / "subsets.json").read_text())
    assert list(binet.PRESETS["imagenet-a"].subset or ()) == subsets["imagenet_a"]
    assert list(binet.PRESETS["imagenet-r"].subset or ()) == subsets["imagenet_r"]


def test_every_variant_is_there_and_says_what_it_is() -> None:
    assert list(binet.PRESETS) == ["imagenet", *(f"imagenet-{name}" for name in NAMES[1:])]
    for name, preset in binet.PRESETS.items():
        assert name in repr(preset)
        assert preset.source in preset._repr_html_()
        assert preset.source[-4:].isdigit()
        indices = list(preset.class_names.values())
        assert indices == sorted(set(indices))
        assert 0 <= indices[0] < indices[-1] < 1000
    with pytest.raises(dataclasses.FrozenInstanceError):
        binet.PRESETS["imagenet"].name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("letter", ["a", "r"])
def test_200_classes_keep_the_indices_of_all(letter: str) -> None:
    kept, full = binet.PRESETS[f"imagenet-{letter}"], binet.PRESETS[f"imagenet-{letter}-1000"]
    assert kept.subset is not None
    assert len(kept.subset) == len(kept.class_names) == 200
    assert full.subset is None
    assert full.class_names == kept.class_names
    assert all(binet.IMAGENET_WNIDS[index] == wnid for wnid, index in kept.class_names.items())
    assert "200 classes kept before the softmax" in repr(kept)
    assert "all 1,000" in repr(full)


def test_folders_named_by_numbers_are_not_sorted_as_texts() -> None:
    """Sorted as texts, the folder "10" of ImageNet-V2 would be class 2."""
    assert binet.PRESETS["imagenet-v2"].class_names["10"] == 10
    assert len(binet.PRESETS["imagenet-v2"].class_names) == 1000


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """One picture for each of three classes of ImageNet-A, whose sorted folders would be classes 0, 1, 2."""
    image = pytest.importorskip("PIL.Image", reason="no Pillow to write pictures with")
    for grey, index in enumerate((6, 150, 988)):
        folder = tmp_path / "images" / binet.IMAGENET_WNIDS[index]
        folder.mkdir(parents=True)
        image.fromarray(np.full((8, 8, 3), 80 * grey, np.uint8)).save(folder / "0.png")
    return tmp_path / "images"


def answers(batch: Any) -> Any:
    """Class 7, which ImageNet-A has not, before class 150, whatever the picture."""
    logits = np.zeros((len(batch), 1000), np.float32)
    logits[:, 7], logits[:, 150] = 9, 5
    return logits


def test_evaluate_reads_labels_and_classes_from_the_preset(pictures: Path) -> None:
    small = binet.transforms.Transform(resize=8, crop=8)
    kept = binet.evaluate(answers, pictures, preset="imagenet-a", transform=small)
    full = binet.evaluate(answers, pictures, preset=binet.PRESETS["imagenet-a-1000"], transform=small)
    assert kept.label.tolist() == full.label.tolist() == [6, 150, 988]
    assert kept.predicted_class.tolist() == [150, 150, 150]
    assert full.predicted_class.tolist() == [7, 7, 7]
    by_hand = binet.Predictions.from_logits(answers(range(3)), [6, 150, 988], subset=binet.PRESETS["imagenet-a"].subset)
    np.testing.assert_array_equal(kept.confidence, by_hand.confidence)


def test_a_folder_that_the_set_has_not_is_named(pictures: Path) -> None:
    (pictures / binet.IMAGENET_WNIDS[0]).mkdir()
    with pytest.raises(binet.Error, match="n01440764"):
        binet.evaluate(answers, pictures, preset="imagenet-a")


def test_bad_presets_are_named(pictures: Path) -> None:
    with pytest.raises(binet.Error, match="preset is 'imagenet-q'; allowed: 'imagenet', 'imagenet-v2'") as caught:
        binet.evaluate(answers, pictures, preset="imagenet-q")
    assert caught.value.argument == "preset"
    for given in ({"subset": [1, 2]}, {"class_names": ["a"]}):
        with pytest.raises(binet.Error, match="beside the preset 'imagenet-a'") as caught:
            binet.evaluate(answers, pictures, preset="imagenet-a", **given)
        assert caught.value.argument == next(iter(given))


def test_the_command_line_has_them(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch = pytest.importorskip("torch", reason="no torch to make a model with")
    from binet.demo.models import save_torchscript

    class Answers(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            logits = torch.zeros(x.shape[0], 1000)
            logits[:, 7] = 9.0
            logits[:, 150] = 5.0
            return logits

    model, out = tmp_path / "model.pt", tmp_path / "out"
    save_torchscript(Answers(), model)
    words = ["evaluate", str(model), "--data", str(pictures), "-o", str(out), "--resize", "8", "--crop", "8"]
    assert cli.main([*words, "--preset", "imagenet-a"]) == 0
    summary = json.loads((out / "summary.json").read_text())
    assert summary["preset"] == "imagenet-a"
    assert "--preset imagenet-a" in summary["command"]
    assert binet.Predictions.from_csv(out / "predictions.csv").predicted_class.tolist() == [150, 150, 150]
    assert cli.main([*words, "--preset", "imagenet-a", "--groups", "sixteen"]) == 2
    assert "says which folders there are" in capsys.readouterr().err
