"""The loop: a model and images in, predictions out."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ._library import call, ffi, lib, path_bytes, struct, text
from ._model import Run, runner, split
from ._options import choose, nonzero
from ._rows import Skipped
from ._scores import KINDS, NAMES, Kind, NanPolicy, Options
from .arrays import View, borrow, view
from .errors import Error, InvalidArgument, InvalidData, shown
from .groups import Aggregate, ClassGroups
from .image import ClassMap, ImageLimits, ImageList, list_images
from .predictions import Predictions, wrap
from .presets import Preset, preset_of
from .threads import context
from .transforms import IMAGENET, STUDY, Sweep, Transform
from .transforms import sweep as make_sweep

Input = Literal["numpy", "torch"]
OnBadImage = Literal["error", "skip"]

_ON_BAD_IMAGE = {"error": 0, "skip": 1}

Transforms = Sweep | Mapping[Any, Transform] | Sequence[Transform]

# How a message about one of several transforms begins: as C has it, but for the parameter's name.
_SETTING = re.compile(r"^sweep\[(\d+)\]: ")


def evaluate(
    model: Any,
    data: str | os.PathLike[str] | ImageList,
    *,
    preset: str | Preset | None = None,
    transform: Transform = IMAGENET,
    batch_size: int = 32,
    input: Input | None = None,  # noqa: A002 (the word that fits)
    outputs: Kind = "logits",
    temperature: float = 1.0,
    subset: Any = None,
    nan: NanPolicy = "error",
    groups: ClassGroups | None = None,
    aggregate: Aggregate = "mean",
    class_names: ClassMap | None = None,
    on_bad_image: OnBadImage = "error",
    limits: ImageLimits | None = None,
    features: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> Predictions:
    """Evaluate a model on images.

    While the model runs on one batch, the next is read, decoded and transformed on the other threads. Memory is two
    batches and a row per image. Ctrl-C raises KeyboardInterrupt after the batch that is running; no file is left half
    written. An exception in the model comes out as it is.

    Args:
        model: the path of a TorchScript file, run by torch on the CPU; or any callable that maps a batch, float32
            [n, 3, H, W], to logits [n, C], to a tuple (logits, features) or to a dict with those names, features being
            [n, D]. Arrays, tensors on any device and whatever else `Predictions.from_logits` takes are fine. The batch
            is the callable's own: it may keep or change it. A torch module is put into evaluation mode for the call,
            runs without gradients, and is given its batches on its own device.
        data: a folder, a CSV file or an `ImageList`.
        preset: one of `binet.PRESETS` by name, such as "imagenet-r": gives subset and class_names.
        transform: what is done to each picture. Without a crop all must come out the same size.
        batch_size: >= 1. The last batch may be smaller.
        input: what a callable is given, "numpy" or "torch" (a CPU tensor, with gradients off). None: "torch" for a
            torch module, "numpy" for anything else.
        outputs: whether what the model calls logits are "logits" or "probabilities".
        temperature: divides the logits; as are subset and nan, it is that of `Predictions.from_logits`.
        subset: classes to keep before the softmax.
        nan: "error", or "omit" to leave rows with a NaN out.
        groups: the classes of each group, as in `Predictions.from_logits`, as is aggregate. Labels are groups then.
        aggregate: "mean", "sum" or "max".
        class_names: as in `ImageList`. None: with groups their names, which the class folders then have.
        on_bad_image: "error", or "skip" to leave files out that cannot be read; the result's `skipped` lists them.
        limits: on the size of a picture; None: `ImageLimits()`.
        features: a file to write the features to as they come, a .npy of float32 [N, D]; None: none.
        progress: draw a bar.

    Returns:
        A row per image read, in the order of the list, with file names and, where the list has them, labels.

    Raises:
        binet.Error: `INVALID_ARGUMENT`; `INVALID_DATA` for an image or for what the model gave; `IO`. The index is that
            of the image in the list.
    """
    if not isinstance(transform, Transform):
        raise InvalidArgument(f"transform is {shown(transform)}; allowed: a binet.transforms.Transform", "transform")
    folders: ClassMap | None = None if groups is None else tuple(groups)
    if preset is not None:
        subset, folders = _of_preset(preset_of(preset), subset, class_names)
    rows = Options(temperature, subset, nan, groups, aggregate)
    settings = _Settings(batch_size, input, outputs, rows, on_bad_image, limits, progress)
    options = settings.to_c()
    if features is not None:
        features_path = ffi.new("char[]", path_bytes(features, "features"))
        options.features_path = features_path
    function, arguments = lib.binet_evaluate, (transform.to_c(),)
    return _run(model, _images(data, class_names, folders), settings, options, function, arguments, [""])[0]


def evaluate_sweep(
    model: Any,
    data: str | os.PathLike[str] | ImageList,
    *,
    sweep: Transforms,
    transform: Transform = IMAGENET,
    preset: str | None = None,
    batch_size: int = 32,
    input: Input | None = None,  # noqa: A002 (the word that fits)
    outputs: Kind = "logits",
    temperature: float = 1.0,
    subset: Any = None,
    nan: NanPolicy = "error",
    groups: ClassGroups | None = None,
    aggregate: Aggregate = "mean",
    class_names: ClassMap | None = None,
    on_bad_image: OnBadImage = "error",
    limits: ImageLimits | None = None,
    features: Mapping[Any, str | os.PathLike[str]] | None = None,
    progress: bool = False,
) -> dict[Any, Predictions]:
    """Evaluate a model on images under several transforms; each image is read and decoded once.

    What comes out for a setting is what `binet.evaluate` gives for its transform, to the bit. An image that cannot be
    read, or that one of the transforms cannot be applied to, is an error or is left out for all of them. The settings
    go through the model batch by batch, so that memory is two batches for each of them. A model that cannot take
    another size fails at the first setting that has one: the message names it, as does a note on an exception of the
    model's own.

    Args:
        model: as in `binet.evaluate`.
        data: a folder, a CSV file or an `ImageList`.
        sweep: "scale", "shift" or "resolution" for the settings of Vishniakov et al. (ICML 2024); or transforms by
            setting, such as `binet.transforms.sweep("scale", (1, 1.1, 1.2))`; or a sequence of transforms, whose
            settings are 0, 1, ...
        transform: the untransformed one, from which a sweep given by name is made.
        preset: as in `binet.evaluate`.
        batch_size: as in `binet.evaluate`; a batch of that size for each setting.
        input: as in `binet.evaluate`.
        outputs: likewise.
        temperature: likewise.
        subset: likewise.
        nan: likewise.
        groups: likewise.
        aggregate: likewise.
        class_names: likewise.
        on_bad_image: likewise.
        limits: likewise.
        features: by setting, a file to write its features to, a .npy of float32 [N, D]; None: none.
        progress: draw a bar.

    Returns:
        By setting, in the order of the sweep, what `binet.evaluate` gives.

    Raises:
        binet.Error: as `binet.evaluate`; `INVALID_ARGUMENT` for a setting in `features` that is not in the sweep.
    """
    folders: ClassMap | None = None if groups is None else tuple(groups)
    if preset is not None:
        subset, folders = _of_preset(preset_of(preset), subset, class_names)
    rows = Options(temperature, subset, nan, groups, aggregate)
    settings = _Settings(batch_size, input, outputs, rows, on_bad_image, limits, progress)
    options = settings.to_c()
    given = _transforms(sweep, transform)
    if features is not None:
        unknown = [key for key in features if key not in given]
        if unknown:
            raise InvalidArgument(f"features has the setting {unknown[0]!r}, which the sweep lacks", "features")
        chars = [ffi.new("char[]", path_bytes(features[key], "features")) if key in features else None for key in given]
        features_paths = ffi.new("char *[]", [ffi.NULL if one is None else one for one in chars])
        options.features_paths = features_paths
    listed = [one.to_c() for one in given.values()]
    pointers = ffi.new("binet_transform *[]", listed)
    word = sweep if isinstance(sweep, str) else "setting"
    names = [f"{word} {key}" for key in given]
    function, arguments = lib.binet_evaluate_sweep, (pointers, len(listed))
    made = _run(model, _images(data, class_names, folders), settings, options, function, arguments, names)
    return dict(zip(given, made, strict=True))


def _transforms(sweep: Transforms, transform: Transform) -> dict[Any, Transform]:
    """The transforms of a sweep, one or more, by setting."""
    given: dict[Any, Any]
    if isinstance(sweep, str):
        if sweep not in STUDY:
            words = ", ".join(repr(word) for word in STUDY)
            raise InvalidArgument(f"sweep is {shown(sweep)}; allowed: {words}, or transforms", "sweep")
        given = dict(make_sweep(sweep, base=transform))
    elif isinstance(sweep, Mapping):
        given = dict(sweep)
    elif isinstance(sweep, Sequence):
        given = dict(enumerate(sweep))
    else:
        raise InvalidArgument(f"sweep is {shown(sweep)}; allowed: a word, a mapping or a sequence", "sweep")
    for key, one in given.items():
        if not isinstance(one, Transform):
            raise InvalidArgument(f"sweep[{key!r}] is {shown(one)}; allowed: a binet.transforms.Transform", "sweep")
    if not given:
        raise InvalidArgument("sweep is empty; at least one transform is needed", "sweep")
    return given


@dataclass(frozen=True)
class _Settings:
    """What both functions take."""

    batch_size: int
    input: Input | None
    outputs: Kind
    rows: Options
    on_bad_image: OnBadImage
    limits: ImageLimits | None
    progress: bool

    def to_c(self) -> Any:
        """As `binet_evaluate_options`, without features and callbacks. `rows` has to outlive it."""
        options = struct(
            "binet_evaluate_options",
            batch_size=nonzero("batch_size", self.batch_size, ">= 1"),
            kind=choose("outputs", self.outputs, KINDS),
            predictions=self.rows.pointer,
        )
        choose("on_bad_image", self.on_bad_image, _ON_BAD_IMAGE)
        return options


def _run(
    model: Any,
    images: ImageList,
    settings: _Settings,
    options: Any,
    function: Any,
    arguments: tuple[Any, ...],
    names: Sequence[str],
) -> list[Predictions]:
    """Call `function`, which gives a table for each of `names`, the settings in messages."""
    if settings.limits is not None:
        limits = settings.limits.to_c()
        options.images = limits
    with contextlib.ExitStack() as stack:
        loop = _Loop(stack.enter_context(runner(model, settings.input)), names)
        stack.callback(loop.release)
        if choose("on_bad_image", settings.on_bad_image, _ON_BAD_IMAGE):
            options.skipped = loop.on_skipped
        if settings.progress:
            options.progress = loop.show(stack, len(images) * len(names))
        shared = context()
        made = ffi.new("binet_predictions *[]", len(names))
        everything = (shared.pointer, loop.model, images.pointer, *arguments, options, made)
        loop.call(function, *everything, names=_NAMES | {"scores": settings.outputs})
    tables = [wrap(pointer, shared) for pointer in made]
    for table in tables:
        table.skipped = tuple(loop.skipped)
    return tables


def _of_preset(preset: Preset, subset: Any, class_names: ClassMap | None) -> tuple[Any, ClassMap]:
    for name, given in (("subset", subset), ("class_names", class_names)):
        if given is not None:
            raise InvalidArgument(f"{name} is given beside the preset {preset.name!r}, which says it", name)
    return preset.subset, preset.class_names


def _images(
    data: str | os.PathLike[str] | ImageList, class_names: ClassMap | None, folders: ClassMap | None
) -> ImageList:
    """The list of images; `folders` are the names of class folders unless class_names are given."""
    if not isinstance(data, ImageList):
        return _open(data, class_names, folders)
    if class_names is not None:
        raise InvalidArgument("class_names is given twice: data is an ImageList, which has its own", "class_names")
    return data


class _Loop:
    """What the loop in C calls back. The first exception in a callback cancels it and is raised after it."""

    def __init__(self, run: Run, names: Sequence[str]) -> None:
        self._run = run
        self._names = names
        self._setting = 0
        self._answer: tuple[View, View | None] | None = None
        self._failure: BaseException | None = None
        self.skipped: list[Skipped] = []
        self._run_callback = ffi.callback(
            "binet_status(void *, const binet_array *, binet_model_outputs *, binet_error *)",
            self._on_batch,
            error=lib.BINET_CANCELLED,
            onerror=self._on_exception,
        )
        self.model = struct("binet_model", run=self._run_callback)
        self.on_skipped = ffi.callback("binet_skipped", self._on_skipped, onerror=self._on_exception)
        self._progress_callback: Any = None

    def release(self) -> None:
        """Let go of the callbacks. They hold this object, and with it the model and its last answer, in a cycle."""
        del self._run_callback, self.on_skipped, self._progress_callback

    def call(self, function: Any, *arguments: Any, names: Mapping[str, str]) -> None:
        """Call a function of C, and raise what a callback raised as it was."""
        try:
            call(function, *arguments, names=names)
        except Error as error:
            if self._failure is None:
                error.message = _SETTING.sub(lambda found: f"{self._names[int(found[1])]}: ", error.message)
                raise
        failure, self._failure = self._failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                del failure

    def show(self, stack: contextlib.ExitStack, n_images: int) -> Any:
        """A progress callback that draws a bar until `stack` ends."""
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            raise ImportError("progress=True needs tqdm: pip install tqdm") from error
        bar = stack.enter_context(tqdm(total=n_images, unit="image"))

        def on_progress(_user: Any, n_done: int, _n_total: int) -> int:
            bar.update(n_done - bar.n)
            return int(self._failure is not None)

        self._progress_callback = ffi.callback("binet_progress", on_progress, error=1, onerror=self._on_exception)
        return self._progress_callback

    def _on_batch(self, _self: Any, batch: Any, outputs: Any, _error: Any) -> int:
        if self._failure is not None:
            return int(lib.BINET_CANCELLED)
        self._setting = outputs.transform
        # A copy: the library's own batch is overwritten by the next but one, and a callable may keep what it is given.
        logits, features = split(self._run(borrow(batch[0], None).copy()))
        views = _view(logits, "logits"), None if features is None else _view(features, "features")
        outputs.logits = views[0].pointer[0]
        if outputs.want_features and views[1] is not None:
            outputs.features = views[1].pointer[0]
        self._answer = views  # alive until the next batch
        return int(lib.BINET_OK)

    def _on_skipped(self, _user: Any, index: int, path: Any, reason: Any) -> None:
        message = ffi.string(reason.message).decode("utf-8", "replace")
        self.skipped.append(Skipped(index, text(path) or "", message))

    def _on_exception(self, _kind: Any, exception: BaseException, traceback: Any) -> None:
        if self._failure is None:
            self._failure = exception.with_traceback(traceback)
            if self._names[self._setting]:  # as add_note of Python 3.11 does
                notes = getattr(exception, "__notes__", [])
                exception.__notes__ = [*notes, f"at {self._names[self._setting]}"]  # type: ignore[attr-defined]


def _open(data: str | os.PathLike[str], class_names: ClassMap | None, folders: ClassMap | None) -> ImageList:
    path_bytes(data, "data")
    try:
        return list_images(data, class_names, folders)
    except Error as error:
        if error.argument == "path":
            error.argument = "data"
        raise


def _view(value: Any, name: str) -> View:
    try:
        return view(value, name)
    except InvalidArgument as error:
        raise InvalidData(f"what the model gave cannot be used: {error}", "model") from error


_NAMES = NAMES | {
    "images": "data",
    "kind": "outputs",
    "features_path": "features",
    "options": "features",
    "transforms": "sweep",
    "n_transforms": "sweep",
}
"""What parameters of C are called here. Of the options as a whole only the files of features can fail."""
