"""The loop: a model and images in, predictions out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any, Literal

from ._library import call, ffi, lib, path_bytes, struct, text
from ._model import Run, runner, split
from ._options import choose, nonzero
from ._rows import Skipped
from ._scores import KINDS, NAMES, Kind, NanPolicy, Options
from .arrays import View, borrow, view
from .errors import Error, InvalidArgument, InvalidData, shown
from .groups import Aggregate, ClassGroups
from .image import ClassMap, ImageLimits, ImageList
from .predictions import Predictions, wrap
from .threads import context
from .transforms import IMAGENET, Transform

Input = Literal["numpy", "torch"]
OnBadImage = Literal["error", "skip"]

_ON_BAD_IMAGE = {"error": 0, "skip": 1}


def evaluate(
    model: Any,
    data: str | os.PathLike[str] | ImageList,
    *,
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
    rows = Options(temperature, subset, nan, groups, aggregate)
    if not isinstance(data, ImageList):
        data = _open(data, tuple(groups) if class_names is None and groups is not None else class_names)
    elif class_names is not None:
        raise InvalidArgument("class_names is given twice: data is an ImageList, which has its own", "class_names")
    options = struct(
        "binet_evaluate_options",
        batch_size=nonzero("batch_size", batch_size, ">= 1"),
        kind=choose("outputs", outputs, KINDS),
        predictions=rows.pointer,
    )
    if limits is not None:
        images = limits.to_c()
        options.images = images
    if features is not None:
        features_path = ffi.new("char[]", path_bytes(features, "features"))
        options.features_path = features_path
    with contextlib.ExitStack() as stack:
        loop = _Loop(stack.enter_context(runner(model, input)))
        stack.callback(loop.release)
        if choose("on_bad_image", on_bad_image, _ON_BAD_IMAGE):
            options.skipped = loop.on_skipped
        if progress:
            options.progress = loop.show(stack, len(data))
        shared = context()
        made = ffi.new("binet_predictions **")
        arguments = (shared.pointer, loop.model, data.pointer, transform.to_c(), options, made)
        loop.call(*arguments, names=_NAMES | {"scores": outputs})
    predictions = wrap(made[0], shared)
    predictions.skipped = tuple(loop.skipped)
    return predictions


class _Loop:
    """What `binet_evaluate` calls back. The first exception in a callback cancels the loop and is raised after it."""

    def __init__(self, run: Run) -> None:
        self._run = run
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

    def call(self, *arguments: Any, names: Mapping[str, str]) -> None:
        """Call `binet_evaluate`, and raise what a callback raised as it was."""
        try:
            call(lib.binet_evaluate, *arguments, names=names)
        except Error:
            if self._failure is None:
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


def _open(data: str | os.PathLike[str], class_names: ClassMap | None) -> ImageList:
    path_bytes(data, "data")
    try:
        return ImageList(data, class_names=class_names)
    except Error as error:
        if error.argument == "path":
            error.argument = "data"
        raise


def _view(value: Any, name: str) -> View:
    try:
        return view(value, name)
    except InvalidArgument as error:
        raise InvalidData(f"what the model gave cannot be used: {error}", "model") from error


_NAMES = NAMES | {"images": "data", "kind": "outputs", "features_path": "features", "options": "features"}
"""What parameters of C are called here. Of the options as a whole only the file of features can fail."""
