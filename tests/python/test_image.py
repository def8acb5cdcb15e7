"""Images and transforms: Pillow's pixels, a transform's arithmetic, lists of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from binet import Status, transforms

Image = pytest.importorskip("PIL.Image", reason="no Pillow to compare with")
Array = npt.NDArray[Any]


@pytest.fixture
def pixels(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    return rng.integers(0, 256, (333, 500, 3), dtype=np.uint8)


def with_pillow(pixels: Array, transform: transforms.Transform) -> Array:
    """The transform as torchvision and Pillow do it, normalised in float64."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    width, height = image.size
    if transform.resize is not None:
        short, long = min(width, height), max(width, height)
        longer = int(transform.resize * long / short)
        size = (transform.resize, longer) if width <= height else (longer, transform.resize)
        image = image.resize(size, getattr(Image, transform.interpolation.upper()))
    if transform.crop is not None:
        left = round((image.width - transform.crop) / 2)
        top = round((image.height - transform.crop) / 2)
        image = image.crop((left, top, left + transform.crop, top + transform.crop))
    values = np.asarray(image, np.float64) / 255
    return ((values - transform.mean) / transform.std).transpose(2, 0, 1)


@pytest.mark.parametrize(
    "transform",
    [
        transforms.IMAGENET,
        transforms.CLIP,
        transforms.Transform(resize=64, crop=None, interpolation="bicubic"),
        transforms.Transform(resize=None, crop=224),
        transforms.Transform(resize=None, crop=None, mean=(0, 0, 0), std=(1, 1, 1)),
        transforms.Transform(resize=32, crop=48, mean=(0.5, 0.5, 0.5), std=(0.25, 0.5, 1)),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_transform_is_that_of_pillow(pixels: Array, transform: transforms.Transform, turned: bool) -> None:
    picture = pixels.transpose(1, 0, 2) if turned else pixels
    values = transform(picture)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, with_pillow(picture, transform), rtol=2e-6, atol=2e-6)


def test_presets_are_the_published_numbers() -> None:
    imagenet, clip = transforms.IMAGENET, transforms.CLIP
    assert transforms.Transform() == imagenet
    assert (imagenet.resize, imagenet.crop, imagenet.interpolation) == (256, 224, "bilinear")
    assert (clip.resize, clip.crop, clip.interpolation) == (224, 224, "bicubic")
    np.testing.assert_array_equal(
        np.asarray(clip.mean, np.float32), np.asarray([0.48145466, 0.4578275, 0.40821073], np.float32)
    )
    np.testing.assert_array_equal(
        np.asarray(clip.std, np.float32), np.asarray([0.26862954, 0.26130258, 0.27577711], np.float32)
    )


def test_strides_of_a_picture_do_not_matter(pixels: Array) -> None:
    expected = transforms.IMAGENET(pixels)
    flipped = pixels[::-1, :, ::-1].copy()[::-1, :, ::-1]
    assert transforms.IMAGENET(flipped).tobytes() == expected.tobytes()
    assert transforms.IMAGENET(np.asfortranarray(pixels)).tobytes() == expected.tobytes()


def test_a_pillow_image_is_a_picture(pixels: Array) -> None:
    image = Image.fromarray(pixels)
    assert transforms.CLIP(image).tobytes() == transforms.CLIP(pixels).tobytes()
    grey = image.convert("L")
    assert transforms.CLIP(grey).tobytes() == transforms.CLIP(np.asarray(grey.convert("RGB"))).tobytes()


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1"])
def test_png_decodes_as_pillow_converts(pixels: Array, tmp_path: Path, mode: str) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).convert(mode).save(path)
    decoded = binet.read_image(path)
    with Image.open(path) as image:
        np.testing.assert_array_equal(decoded, np.asarray(image.convert("RGB")))
    assert not decoded.flags.writeable


BAD_TRANSFORMS: dict[str, tuple[dict[str, Any], str]] = {
    "resize": ({"resize": 0}, "resize"),
    "crop": ({"crop": 0}, "crop"),
    "resize -1": ({"resize": -1}, "transform"),
    "interpolation": ({"interpolation": "nearest"}, "interpolation"),
    "std": ({"std": (0.2, 0, 0.2)}, "transform"),
    "mean": ({"mean": (np.nan, 0, 0)}, "transform"),
    "mean is 0.5; allowed: 3 numbers": ({"mean": 0.5}, "mean"),
    "allowed: 3 numbers": ({"mean": (0.5, 0.5)}, "mean"),  # never a third one that nobody gave
    "resize is": ({"resize": (256, 256)}, "resize"),
    "crop is 2": ({"crop": 2.5}, "crop"),
}


@pytest.mark.parametrize("name", BAD_TRANSFORMS)
def test_bad_transforms(pixels: Array, name: str) -> None:
    members, argument = BAD_TRANSFORMS[name]
    with pytest.raises(binet.Error, match=name) as caught:
        transforms.Transform(**members)(pixels)
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, argument)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 4), (0, 5, 3)])
def test_bad_pictures(shape: tuple[int, ...]) -> None:
    with pytest.raises(binet.Error) as caught:
        transforms.IMAGENET(np.zeros(shape, np.uint8))
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "picture")


def test_bad_files(tmp_path: Path, pixels: Array) -> None:
    with pytest.raises(binet.Error, match=r"missing\.png") as caught:
        binet.read_image(tmp_path / "missing.png")
    assert caught.value.status == Status.IO
    path = tmp_path / "text.png"
    path.write_text("no image")
    with pytest.raises(binet.Error, match=r"text\.png") as caught:
        binet.read_image(path)
    assert caught.value.status == Status.INVALID_DATA
    Image.fromarray(pixels).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(binet.Error, match=r"text\.png") as caught:
        binet.read_image(path)
    assert caught.value.status == Status.INVALID_DATA


def test_limits(tmp_path: Path, pixels: Array) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).save(path)
    assert binet.read_image(path, binet.ImageLimits(max_width=500)).shape == pixels.shape
    for limits in (
        binet.ImageLimits(max_width=499),
        binet.ImageLimits(max_height=332),
        binet.ImageLimits(max_pixels=500 * 333 - 1),
    ):
        with pytest.raises(binet.Error, match=r"picture\.png") as caught:
            binet.read_image(path, limits)
        assert caught.value.status == Status.INVALID_DATA
    with pytest.raises(binet.Error) as caught:
        binet.read_image(path, binet.ImageLimits(max_width=0))
    assert caught.value.argument == "max_width"
