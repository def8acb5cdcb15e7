"""Decoded pixels are those of Pillow's convert("RGB"), byte for byte, for every kind of PNG and JPEG."""

from __future__ import annotations

import io
import itertools
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from binet_images import Failure, decode
from PIL import Image

INVALID_DATA = 2


def pillow(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def photograph(width: int, height: int, seed: int = 0) -> Image.Image:
    """Something with smooth parts, edges and noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 90 * np.sin(x / (9.0 + c) + y / (17.0 - c)) + 30 * ((x // 16 + y // 16) % 2) for c in range(3)]
    pixels = np.stack(waves, axis=-1) + rng.normal(0, 8, (height, width, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


# ---- PNG, written here so that every depth, colour type, filter and both interlace methods come up -----------------

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def filtered(rows: np.ndarray, bpp: int, rng: np.random.Generator) -> bytes:
    """Rows [h, bytes] with a filter drawn for each, as the standard defines them."""
    out = bytearray()
    above = np.zeros(rows.shape[1], dtype=np.int64)
    for row in rows.astype(np.int64):
        left = np.concatenate([np.zeros(bpp, dtype=np.int64), row])[: len(row)]
        corner = np.concatenate([np.zeros(bpp, dtype=np.int64), above])[: len(row)]
        guess = left + above - corner
        distance = np.abs(np.stack([guess - left, guess - above, guess - corner]))
        paeth = np.choose(np.argmin(distance, axis=0), [left, above, corner])
        method = int(rng.integers(5))
        base = [np.zeros_like(row), left, above, (left + above) // 2, paeth][method]
        out += bytes([method]) + ((row - base) % 256).astype(np.uint8).tobytes()
        above = row
    return bytes(out)


def png(
    width: int, height: int, depth: int, colour: int, interlaced: bool, seed: int, n_palette: int = 0, trns: bytes = b""
) -> bytes:
    """A PNG of random samples."""
    rng = np.random.default_rng(seed)
    channels = CHANNELS[colour]
    n_values = n_palette if colour == 3 else 2**depth
    samples = rng.integers(0, n_values, (height, width, channels))
    bpp = max(1, channels * depth // 8)
    data = b""
    for x, y, step_x, step_y in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::step_y, x::step_x]
        if part.size == 0:
            continue
        part = part.reshape(len(part), -1)
        bits = (part[..., None] >> np.arange(depth - 1, -1, -1)) & 1
        data += filtered(np.packbits(bits.reshape(len(part), -1).astype(np.uint8), axis=1), bpp, rng)
    file = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    )
    if colour == 3:
        file += chunk(b"PLTE", rng.integers(0, 256, 3 * n_palette, dtype=np.uint8).tobytes())
    if trns:
        file += chunk(b"tRNS", trns)
    packed = zlib.compress(data)
    cut = len(packed) // 3
    return file + chunk(b"IDAT", packed[:cut]) + chunk(b"IDAT", packed[cut:]) + chunk(b"IEND", b"")


KINDS = [(d, 0) for d in (1, 2, 4, 8)] + [(d, 3) for d in (1, 2, 4, 8)] + [(d, c) for d in (8, 16) for c in (2, 4, 6)]


@pytest.mark.parametrize(("depth", "colour"), KINDS)
@pytest.mark.parametrize("interlaced", [False, True])
def test_png_of_every_kind(depth: int, colour: int, interlaced: bool) -> None:
    sizes = [(1, 1), (2, 3), (5, 4), (8, 8), (9, 17), (33, 31), (70, 40)]
    for seed, (width, height) in enumerate(sizes):
        data = png(width, height, depth, colour, interlaced, seed, n_palette=2**depth)
        assert np.array_equal(decode(data), pillow(data)), (width, height)


@pytest.mark.parametrize(("depth", "colour", "trns"), [(8, 0, b"\0\7"), (8, 2, b"\0\1\0\2\0\3"), (8, 3, b"\0\x80\xff")])
@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
def test_transparency_is_dropped(depth: int, colour: int, trns: bytes) -> None:
    data = png(20, 10, depth, colour, False, 3, n_palette=256, trns=trns)
    assert np.array_equal(decode(data), pillow(data))


def test_an_index_beyond_a_short_palette_is_black() -> None:
    data = png(30, 30, 8, 3, False, 5, n_palette=256)
    start = data.index(b"PLTE") - 4
    cut = data[:start] + chunk(b"PLTE", data[start + 8 : start + 8 + 3 * 50]) + data[start + 12 + 768 :]
    assert np.array_equal(decode(cut), pillow(cut))
    assert (decode(cut) == 0).all(axis=-1).any()


def test_grey_of_16_bits_keeps_the_upper_8() -> None:
    """Here Pillow differs: it clips 16-bit grey (its mode I;16) at 255, but takes the upper 8 bits of 16-bit grey with
    alpha and of 16-bit RGB. libbinet takes the upper 8 bits of all, so that the same picture gives the same pixels."""
    for interlaced in (False, True):
        data = png(40, 30, 16, 0, interlaced, 9)
        wide = np.asarray(Image.open(io.BytesIO(data))).astype(np.int64)
        assert np.array_equal(decode(data), np.repeat((wide >> 8)[..., None], 3, axis=2))


# ---- JPEG ------------------------------------------------------------------------------------------------------------

JPEG_OPTIONS = [
    {"quality": quality, "subsampling": subsampling, "progressive": progressive, "optimize": quality == 90}
    for quality, subsampling, progressive in itertools.product((30, 90), (0, 1, 2), (False, True))
]


def needs_turbojpeg() -> None:
    """stb_image rounds its own way; only libjpeg-turbo promises the bits of Pillow."""
    if os.environ.get("BINET_TURBOJPEG") == "0":
        pytest.skip("built without libjpeg-turbo")


@pytest.mark.parametrize("options", JPEG_OPTIONS, ids=str)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpeg(options: dict[str, object], mode: str) -> None:
    needs_turbojpeg()
    for seed, (width, height) in enumerate([(500, 333), (1, 1), (7, 9), (16, 16), (17, 33), (640, 3)]):
        data = saved(photograph(width, height, seed).convert(mode), "JPEG", **options)
        assert np.array_equal(decode(data), pillow(data)), (width, height)


def test_jpeg_with_restarts_comment_exif_and_garbage_after_the_end() -> None:
    needs_turbojpeg()
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by 90 degrees, which neither applies
    image = photograph(120, 80)
    data = saved(image, "JPEG", restart_marker_blocks=3, comment=b"\xff\xd9\xff\xda", exif=exif) + b"garbage\xff"
    assert np.array_equal(decode(data), pillow(data))


def test_jpeg_in_adobe_rgb_components() -> None:
    needs_turbojpeg()
    data = saved(photograph(50, 40), "JPEG", keep_rgb=True, quality=95)
    assert np.array_equal(decode(data), pillow(data))


def test_jpeg_in_ycck() -> None:
    needs_turbojpeg()
    data = bytearray(saved(photograph(60, 44).convert("CMYK"), "JPEG", quality=90))
    place = data.index(b"Adobe") + 11  # the transform: 0 is CMYK, 2 is YCCK
    data[place] = 2
    assert np.array_equal(decode(bytes(data)), pillow(bytes(data)))


def test_jpeg_without_turbojpeg_is_near() -> None:
    """Two inverse DCTs of the standard's accuracy differ by 1 in each component; 1 + 1.772 of that reach blue, and each
    decoder rounds by half: below 4."""
    data = saved(photograph(500, 333), "JPEG", quality=95, subsampling=0)
    assert np.abs(decode(data).astype(int) - pillow(data)).max() < 4


# ---- Others ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1"])
@pytest.mark.parametrize("size", [(1, 1), (31, 17), (128, 5)])
def test_bmp(mode: str, size: tuple[int, int]) -> None:
    data = saved(photograph(*size).convert(mode), "BMP")
    assert np.array_equal(decode(data), pillow(data))


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("size", [(1, 1), (31, 17), (128, 5)])
def test_pnm(mode: str, size: tuple[int, int]) -> None:
    data = saved(photograph(*size).convert(mode), "PPM")
    assert np.array_equal(decode(data), pillow(data))


@pytest.mark.parametrize("maximum", [1, 2, 100, 254, 255, 256, 1000, 65535])
def test_pnm_with_a_maximum(maximum: int) -> None:
    samples = np.random.default_rng(maximum).integers(0, maximum + 1, (20, 30, 3))
    data = samples.astype(">u2" if maximum > 255 else "u1").tobytes()
    for comment in ("", "# a comment 1 2 3\n"):
        file = f"P6 {comment}30\n{comment}\t20 {maximum}\n".encode() + data
        assert np.array_equal(decode(file), pillow(file))
    if maximum <= 255:
        file = f"P5 90 20 {maximum}\n".encode() + data
        assert np.array_equal(decode(file), pillow(file))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
@pytest.mark.parametrize("compression", [None, "tga_rle"])
def test_tga(mode: str, compression: str | None) -> None:
    data = saved(photograph(128, 9).convert(mode), "TGA", compression=compression)
    assert np.array_equal(decode(data), pillow(data))


def test_gif() -> None:
    data = saved(photograph(100, 60).convert("P"), "GIF")
    assert np.array_equal(decode(data), pillow(data))


def truncation_samples() -> dict[str, bytes]:
    image = photograph(48, 40)
    return {
        "png": saved(image, "PNG"),
        "png interlaced": png(30, 20, 8, 2, True, 1),
        "jpeg": saved(image, "JPEG"),
        "jpeg progressive": saved(image, "JPEG", progressive=True),
        "bmp": saved(image, "BMP"),
        "gif": saved(image.convert("P"), "GIF"),
        "ppm": saved(image, "PPM"),
        "pgm": saved(image.convert("L"), "PPM"),
        "tga": saved(image, "TGA"),
        "tga rle": saved(image, "TGA", compression="tga_rle"),
    }


def decode_or_fail(data: bytes) -> tuple[np.ndarray | None, int]:
    """The pixels, or None and the status."""
    try:
        return decode(data), 0
    except Failure as failure:
        return None, failure.status


@pytest.mark.parametrize("kind", truncation_samples())
def test_a_truncated_file_is_an_error_wherever_it_is_cut(kind: str) -> None:
    data = truncation_samples()[kind]
    whole = decode(data)
    # Bytes that the pixels do not need: the trailer of a GIF, the footer of a TGA.
    spare = {"gif": 2, "tga": 26, "tga rle": 26}.get(kind, 0)
    for size in range(1, len(data)):
        pixels, status = decode_or_fail(data[:size])
        if pixels is None:
            assert status == INVALID_DATA, size
        else:
            assert size >= len(data) - spare, size
            assert np.array_equal(pixels, whole)


def test_a_damaged_png_is_an_error() -> None:
    data = bytearray(saved(photograph(40, 40), "PNG"))
    place = data.index(b"IDAT") + 100
    data[place] ^= 1
    with pytest.raises(Failure, match="checksum"):
        decode(bytes(data))


def test_real_photographs() -> None:
    folder = (
        Path(os.environ.get("BINET_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "stimuli"
    )
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}; BINET_TEST_DATA names another")
    paths = sorted(folder.rglob("*.png"))
    assert len(paths) == 96
    for path in paths:
        data = path.read_bytes()
        assert np.array_equal(decode(data), pillow(data)), path
