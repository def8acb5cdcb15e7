"""`binet similarity`: how alike are representations?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._files import read_npy
from ..arrays import Array
from ..cka_matrix import CKAMatrix
from ..errors import InvalidArgument, InvalidData
from ..feature_files import FEATURES
from ..similarity import cka
from ..subspace import procrustes, pwcca, svcca
from . import plots
from .arguments import positive
from .numbers import grid, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME = "similarity"
HELP = "How alike are representations of the same images? CKA, SVCCA, PWCCA, Procrustes of every two."
EXAMPLES = """\
examples:
  binet similarity out/resnet50 out/vit
  binet similarity out/*/features.npy --unbiased --plot cka.png
  binet similarity out/resnet50 out/vit --batch-size 256
  binet similarity layer1.npy layer2.npy --measure procrustes --json

A file is a .npy with features [n, ...], a row an image, the same images in the same order in all; a folder is its
features.npy, as `binet evaluate --features` writes it. CKA with --batch-size is minibatch CKA (Nguyen et al., ICLR
2021): unbiased, summed over batches, the rows that fill no batch left out."""

_PAIRS: dict[str, Callable[[Array, Array], float]] = {
    "svcca": lambda x, y: svcca(x, y).value,
    "pwcca": lambda x, y: pwcca(x, y).value,
    "procrustes": lambda x, y: procrustes(x, y).distance,
}
_TITLES = {"cka": "CKA", "svcca": "SVCCA", "pwcca": "PWCCA", "procrustes": "Procrustes distance"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="features.npy, or a folder with one; at least two")
    parser.add_argument("--measure", choices=_TITLES, default="cka", help="default: cka")
    of_cka = parser.add_argument_group("CKA")
    of_cka.add_argument("--kernel", choices=("linear", "rbf"), default="linear", help="default: linear")
    of_cka.add_argument("--unbiased", action="store_true", help="take the unbiased estimator of HSIC")
    of_cka.add_argument("--batch-size", type=positive, metavar="N", help="images a batch of minibatch CKA")
    plots.add_argument(parser, "the matrix as a heat map")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Do the work."""
    plots.check(arguments.plot)
    _check(arguments)
    names, features = _read(arguments.files)
    values = _measure(arguments, features)
    if arguments.plot:
        _save_plot(arguments, names, values)
    convention = _convention(arguments)
    if arguments.json:
        record = {"measure": arguments.measure, "convention": convention, "n": len(features[0])}
        print(json.dumps(record | {"names": names, "values": grid(values)}, indent=1))
    else:
        print(_table(f"{_TITLES[arguments.measure]} ({convention}, {len(features[0]):,} images)", names, values))


def _check(arguments: argparse.Namespace) -> None:
    if len(arguments.files) < 2:
        raise InvalidArgument("one file alone is like nothing; give at least two", "files")
    is_plain = arguments.kernel == "linear" and not arguments.unbiased and arguments.batch_size is None
    if arguments.measure != "cka" and not is_plain:
        message = f"--kernel, --unbiased and --batch-size are of CKA; --measure {arguments.measure} has none"
        raise InvalidArgument(message, "measure")
    if arguments.kernel == "rbf" and arguments.batch_size is not None:
        raise InvalidArgument("--batch-size goes with the linear kernel", "batch_size")


def _read(files: list[str]) -> tuple[list[str], list[Array]]:
    """The features of each file, and a name: of the folder where files have the same."""
    paths = [path / FEATURES if path.is_dir() else path for path in map(Path, files)]
    names = [path.resolve().parent.name if path.name == FEATURES else path.stem for path in paths]
    if len(set(names)) < len(names):
        names = files
    features = [read_npy(path, "files") for path in paths]
    for path, one in zip(paths, features, strict=True):
        if one.ndim < 2 or one.shape[0] != features[0].shape[0]:
            n = features[0].shape[0] if features[0].ndim else 0
            raise InvalidData(f"{path}: features of shape {list(one.shape)}; allowed: [n, ...], n = {n:,}", "files")
    return names, features


def _measure(arguments: argparse.Namespace, features: list[Array]) -> npt.NDArray[np.float64]:
    """[M, M], of every two."""
    if arguments.measure != "cka":
        return np.array([[_PAIRS[arguments.measure](x, y) for y in features] for x in features])
    if arguments.kernel == "rbf":
        unbiased = arguments.unbiased
        return np.array([[cka(x, y, kernel="rbf", unbiased=unbiased).value for y in features] for x in features])
    size = arguments.batch_size or len(features[0])
    matrix = CKAMatrix(unbiased=arguments.unbiased or arguments.batch_size is not None)
    if size > len(features[0]):
        raise InvalidArgument(f"--batch-size {size} is more than the {len(features[0]):,} images", "batch_size")
    for first in range(0, len(features[0]) - size + 1, size):
        matrix.append([one[first : first + size] for one in features])
    return matrix.result().values


def _convention(arguments: argparse.Namespace) -> str:
    if arguments.measure == "cka":
        batches = f", batches of {arguments.batch_size}" if arguments.batch_size else ""
        estimator = "unbiased" if arguments.unbiased or arguments.batch_size else "biased"
        return f"{arguments.kernel}, {estimator}{batches}"
    return {"svcca": "99 % of the variance", "pwcca": "all directions", "procrustes": "0 .. 2"}[arguments.measure]


def _table(title: str, names: list[str], values: npt.NDArray[np.float64]) -> str:
    width = max(map(len, names))
    lines = [title, "", f"{'':{width}} " + " ".join(f"{f'[{i + 1}]':>7}" for i in range(len(names)))]
    lines += [
        f"{name:{width}} " + " ".join(number(value, 7) for value in row)
        for name, row in zip(names, values, strict=True)
    ]
    return "\n".join(lines)


def _save_plot(arguments: argparse.Namespace, names: list[str], values: npt.NDArray[np.float64]) -> None:
    from .._heat_map import draw, figure_size

    limits = (0, 2) if arguments.measure == "procrustes" else (0, 1)

    def onto(ax: Axes) -> Any:
        return draw(values, names, ax, _TITLES[arguments.measure], limits, origin="lower")

    plots.draw(arguments.plot, figure_size(names), onto)
