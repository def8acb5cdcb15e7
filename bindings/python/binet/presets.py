"""Presets: what each ImageNet test set asks of an evaluation, by name.

`binet.evaluate(model, "imagenet-r/", preset="imagenet-r")` keeps the 200 classes of ImageNet-R before the softmax and
reads labels, 0 .. 999, from the names of the folders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from . import protocols
from ._html import table
from .errors import InvalidArgument, shown

Labels = Literal["wnids", "indices", "lists"]
Average = Literal["images", "corruptions"]

IMAGENET_WNIDS: tuple[str, ...] = tuple(protocols.load("imagenet_wnids")["wnids"])
"""WordNet ids of the 1,000 classes of ImageNet-1K, in class order: the names of its folders."""


@dataclass(frozen=True)
class Preset:
    """One test set of ImageNet, and how it is evaluated.

    Attributes:
        name: of the preset, such as "imagenet-r".
        description: what the images are, in one line.
        source: paper and year.
        subset: classes kept before the softmax, ascending indices of ImageNet-1K; None: all 1,000.
        classes: classes that the images are of; None: all 1,000. Where `subset` is None and this is not, answers
            outside of these classes are possible, and wrong.
        labels: "wnids": folders have WordNet ids as names; "indices": folders have class indices as names, "0" .. "999"
            (in the order of numbers, not of their texts); "lists": an image has several right answers or none, which a
            table gives by file name (`binet.multilabel_accuracy`), and folders, if any, say the original label only.
        average: "images": share of images that are right; "corruptions": the plain mean of the accuracies of 15
            corruptions at 5 severities, a folder `corruption/severity` each (`binet.corruption_robustness`).
    """

    name: str
    description: str
    source: str
    subset: tuple[int, ...] | None = None
    classes: tuple[int, ...] | None = None
    labels: Labels = "wnids"
    average: Average = "images"

    @property
    def class_names(self) -> dict[str, int]:
        """ImageNet index, 0 .. 999, of each folder name, as `binet.ImageList` takes it."""
        indices = range(len(IMAGENET_WNIDS)) if self.classes is None else self.classes
        return {str(index) if self.labels == "indices" else IMAGENET_WNIDS[index]: index for index in indices}

    def __repr__(self) -> str:
        kept = "all 1,000 classes" if self.subset is None else f"{len(self.subset)} classes kept before the softmax"
        return f"<binet.Preset {self.name}: {self.description}; {kept}; labels by {self.labels}; {self.source}>"

    def _repr_html_(self) -> str:
        kept = "all 1,000" if self.subset is None else f"{len(self.subset)} before the softmax"
        row = (self.name, self.description, kept, self.labels, self.average, self.source)
        return table("Preset", ("name", "images", "classes", "labels", "average over", "source"), [row])


def _of_200(key: str, name: str, description: str, source: str) -> list[Preset]:
    """A set of 200 classes, by the protocol of its paper and with all 1,000 classes."""
    classes = tuple(protocols.load("subsets")[key])
    return [
        Preset(name, description, source, subset=classes, classes=classes),
        Preset(f"{name}-1000", f"{description}; the answer may be any of 1,000 classes", source, classes=classes),
    ]


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset("imagenet", "ImageNet-1K validation", "Russakovsky et al., IJCV 2015"),
            Preset("imagenet-v2", "ImageNet-V2, new test images", "Recht et al., ICML 2019", labels="indices"),
            *_of_200(
                "imagenet_a", "imagenet-a", "ImageNet-A, natural adversarial images", "Hendrycks et al., CVPR 2021"
            ),
            Preset(
                "imagenet-c",
                "ImageNet-C, 15 corruptions at 5 severities",
                "Hendrycks and Dietterich, ICLR 2019",
                average="corruptions",
            ),
            *_of_200("imagenet_r", "imagenet-r", "ImageNet-R, renditions", "Hendrycks et al., ICCV 2021"),
            Preset("imagenet-sketch", "ImageNet-Sketch, drawings in black and white", "Wang et al., NeurIPS 2019"),
            Preset("imagenet-hard", "ImageNet-Hard", "Taesiri et al., NeurIPS 2023", labels="lists"),
            Preset("imagenet-real", "ImageNet-1K validation, labelled anew", "Beyer et al., 2020", labels="lists"),
        )
    }
)
"""The presets by name. ImageNet-A and ImageNet-R are there twice: with the 200 columns that their papers keep before
the softmax, and with the full 1,000 as "imagenet-a-1000" and "imagenet-r-1000", which is another, harder number."""


def preset_of(preset: str | Preset) -> Preset:
    """A preset by name, or itself.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a name that there is not.
    """
    if isinstance(preset, Preset):
        return preset
    if not isinstance(preset, str) or preset not in PRESETS:
        raise InvalidArgument(f"preset is {shown(preset)}; allowed: {', '.join(map(repr, PRESETS))}", "preset")
    return PRESETS[preset]
