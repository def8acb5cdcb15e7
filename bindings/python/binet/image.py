"""Images: decode a file, and list the files of a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ._library import call, ffi, lib, path_bytes, struct, text
from ._options import choose, nonzero
from .arrays import borrow, integers
from .errors import InvalidArgument, shown
from .threads import context

Layout = Literal["automatic", "class_folders", "flat", "csv"]
ClassMap = Mapping[str, int] | Sequence[str]

_LAYOUTS = {
    "automatic": lib.BINET_LAYOUT_AUTOMATIC,
    "class_folders": lib.BINET_LAYOUT_CLASS_FOLDERS,
    "flat": lib.BINET_LAYOUT_FLAT,
    "csv": lib.BINET_LAYOUT_CSV,
}


@dataclass(frozen=True)
class ImageLimits:
    """Limits against hostile files, checked before any pixel is decoded.

    Attributes:
        max_width, max_height: pixels; >= 1.
        max_pixels: width times height; >= 1. The default is Pillow's.
    """

    max_width: int = 32768
    max_height: int = 32768
    max_pixels: int = 89_478_485

    def to_c(self) -> Any:
        """As `binet_image_options`."""
        members = {name: nonzero(name, value, ">= 1") for name, value in vars(self).items()}
        return struct("binet_image_options", **members)


def read_image(path: str | os.PathLike[str], limits: ImageLimits | None = None) -> npt.NDArray[np.uint8]:
    """Decode a picture to 8-bit RGB, as Pillow's `convert("RGB")`.

    JPEG, PNG, BMP, GIF (first frame), PSD, PNM and TGA. Grey is repeated, a palette is looked up, alpha is dropped, 16
    bits keep the upper 8.

    Args:
        path: of the file.
        limits: on its size; None: `ImageLimits()`.

    Returns:
        uint8 [height, width, 3], a read-only view of the library's memory.

    Raises:
        binet.Error: `IO` for a file that cannot be read; `INVALID_DATA` for what is not an image, is truncated or is
            over a limit.
    """
    options = ffi.NULL if limits is None else limits.to_c()
    shared = context()
    made = ffi.new("binet_image **")
    call(lib.binet_image_read, shared.pointer, path_bytes(path), options, made)
    image = shared.own(made[0], lib.binet_image_destroy)
    return borrow(lib.binet_image_pixels(image), image)


class ImageList:
    """The image files of a folder, sorted by bytes, or those that a CSV names, in its order.

    TIFF and WebP files are listed too, although `read_image` cannot decode them: none is left out unseen.

    Args:
        path: a folder or a CSV file.
        layout: "class_folders": a folder per class, searched to any depth. "flat": image files in one folder, without
            labels. "csv": a header with `path` and, optionally, `label`; paths relative to the CSV. "automatic": a file
            is a CSV, a folder with folders in it has class folders, any other is flat.
        class_names: names of class folders, such as WordNet ids, in the order of the classes; or a mapping from names
            to classes. None: the sorted folder names are classes 0, 1, ..., as torchvision's ImageFolder.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for class_names without class folders and for the path of an image; `IO` for a
            path that cannot be read; `INVALID_DATA` for a folder without images, a class folder that `class_names`
            lacks, or a CSV line that is wrong.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, layout: Layout = "automatic", class_names: ClassMap | None = None
    ) -> None:
        options = struct("binet_image_list_options", layout=choose("layout", layout, _LAYOUTS))
        if class_names is not None:
            if isinstance(class_names, str):
                raise InvalidArgument(f"class_names is {shown(class_names)}; allowed: several names", "class_names")
            names = [ffi.new("char[]", path_bytes(name, "class_names")) for name in class_names]
            listed = ffi.new("char *[]", names)
            options.class_names = listed
            options.n_class_names = len(names)
            if isinstance(class_names, Mapping):
                indices = np.ascontiguousarray(integers(list(class_names.values()), "class_names"), np.int64)
                options.class_indices = ffi.cast("int64_t *", indices.ctypes.data)
        shared = context()
        made = ffi.new("binet_image_list **")
        call(
            lib.binet_image_list_open,
            shared.pointer,
            path_bytes(path),
            options,
            made,
            names={"class_indices": "class_names"},
        )
        self.pointer = shared.own(made[0], lib.binet_image_list_destroy)

    def __len__(self) -> int:
        return int(lib.binet_image_list_count(self.pointer))

    @property
    def paths(self) -> list[str]:
        """The paths to open."""
        return [text(lib.binet_image_list_path(self.pointer, index)) or "" for index in range(len(self))]

    @property
    def names(self) -> list[str]:
        """The names in results: paths relative to the folder or, in a CSV, as they are written there."""
        return [text(lib.binet_image_list_name(self.pointer, index)) or "" for index in range(len(self))]

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """[N] class of each file; -1 where there is none."""
        label = lib.binet_image_list_label
        return np.array([label(self.pointer, index) for index in range(len(self))], np.int64)

    @property
    def class_names(self) -> list[str | None]:
        """Folder names of the classes, in their order, None where no folder was named; empty without class folders."""
        n_classes = lib.binet_image_list_class_count(self.pointer)
        return [text(lib.binet_image_list_class_name(self.pointer, index)) for index in range(n_classes)]

    def __repr__(self) -> str:
        return f"<binet.ImageList: {len(self):,} images, {len(self.class_names):,} classes>"


def list_images(path: str | os.PathLike[str], class_names: ClassMap | None, default: ClassMap | None) -> ImageList:
    """The images of a path; `default` names class folders, where there are any, unless `class_names` does."""
    images = ImageList(path, class_names=class_names)
    return ImageList(path, class_names=default) if class_names is None and default and images.class_names else images
