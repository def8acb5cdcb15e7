"""Logits or probabilities on their way into a table of C."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from ._library import call, ffi, lib, path_bytes, struct
from ._options import choose, nonzero
from .arrays import integers, view, view_integers
from .errors import InvalidArgument
from .groups import AGGREGATES, Aggregate, ClassGroups, flatten
from .threads import Context, context

Kind = Literal["logits", "probabilities"]
NanPolicy = Literal["error", "omit"]
FileNames = Sequence[str | os.PathLike[str]] | None

KINDS = {"logits": lib.BINET_LOGITS, "probabilities": lib.BINET_PROBABILITIES}

_NAN_POLICIES = {"error": lib.BINET_NAN_ERROR, "omit": lib.BINET_NAN_OMIT}


NAMES = {"group_offsets": "groups", "group_classes": "groups"}
"""What members of the options are called in Python."""


class Options:
    """`binet_predictions_options` from what Python was given; keeps the subset and the groups alive."""

    def __init__(
        self, temperature: float, subset: Any, nan: NanPolicy, groups: ClassGroups | None, aggregate: Aggregate
    ) -> None:
        self.pointer = struct(
            "binet_predictions_options",
            temperature=nonzero("temperature", temperature, "1e-30 .. 1e30"),
            nan_policy=choose("nan", nan, _NAN_POLICIES),
        )
        if subset is not None:
            self._subset = np.ascontiguousarray(integers(subset, "subset"), np.int64)
            self.pointer.subset = ffi.cast("int64_t *", self._subset.ctypes.data)
            self.pointer.subset_size = self._subset.size
        how = choose("aggregate", aggregate, AGGREGATES)
        if groups is not None:
            self._offsets, self._classes = flatten(groups)
            self.pointer.group_offsets = ffi.cast("int64_t *", self._offsets.ctypes.data)
            self.pointer.group_classes = ffi.cast("int64_t *", self._classes.ctypes.data)
            self.pointer.n_groups = self._offsets.size - 1
            self.pointer.aggregate = how


class Builder:
    """A `binet_predictions_builder`."""

    def __init__(self, kind: Kind, options: Options) -> None:
        self.context = context()
        made = ffi.new("binet_predictions_builder **")
        number = choose("kind", kind, KINDS)
        create = lib.binet_predictions_builder_create
        call(create, self.context.pointer, number, options.pointer, made, names=NAMES)
        self._pointer = self.context.own(made[0], lib.binet_predictions_builder_destroy)

    def append(self, name: str, scores: Any, labels: Any, file_names: FileNames) -> None:
        """Append a batch; `name` is what the caller calls the scores."""
        array, truth = view(scores, name), view_integers(labels, "labels")
        listed = ffi.NULL
        if file_names is not None:
            if len(file_names) != array.shape[0]:
                message = f"file_names has {len(file_names)} entries; {name} has {array.shape[0]} rows"
                raise InvalidArgument(message, "file_names")
            keep = [ffi.new("char[]", path_bytes(file_name, "file_names")) for file_name in file_names]
            listed = ffi.new("char *[]", keep)
        function = lib.binet_predictions_builder_append
        call(function, self._pointer, array.pointer, truth.pointer, listed, names=NAMES | {"scores": name})

    def finish(self) -> Any:
        """The `binet_predictions *`, which the caller owns."""
        made = ffi.new("binet_predictions **")
        call(lib.binet_predictions_builder_finish, self._pointer, made)
        return made[0]


def reduce(kind: Kind, scores: Any, labels: Any, options: Options, file_names: FileNames) -> tuple[Any, Context]:
    """The `binet_predictions *` of scores, which the caller owns, and the context that it was made with."""
    if file_names is not None:
        builder = Builder(kind, options)
        builder.append(kind, scores, labels, file_names)
        return builder.finish(), builder.context
    array, truth = view(scores, kind), view_integers(labels, "labels")
    shared = context()
    made = ffi.new("binet_predictions **")
    call(
        lib.binet_predictions_from_scores,
        shared.pointer,
        KINDS[kind],
        array.pointer,
        truth.pointer,
        options.pointer,
        made,
        names=NAMES | {"scores": kind},
    )
    return made[0], shared
