"""One answer from many models: the one that is best at each class, or the mean of all, the surer counting more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ._html import table
from ._library import call, ffi, lib, struct
from ._options import choose, whole
from ._scores import KINDS, Kind
from .arrays import view, view_integers
from .errors import InvalidArgument
from .predictions import Predictions, pointer_of, wrap
from .threads import context

Weighting = Literal["entropy", "equal"]

_WEIGHTINGS = {"entropy": lib.BINET_WEIGHT_ENTROPY, "equal": lib.BINET_WEIGHT_EQUAL}


@dataclass(frozen=True, eq=False)
class ClassChoice:
    """Which model to ask about which class.

    Attributes:
        choice: [C] i32: for each class the index of a model.
        n_models: models to choose from.
    """

    choice: npt.NDArray[np.int32]
    n_models: int

    def answer(self, tables: Sequence[Predictions]) -> Predictions:
        """One answer a sample: of the models that answer with a class that is theirs, the most confident.

        Where no model does, the most confident of all answers; ties go to the lower index. Exact.

        Args:
            tables: predictions of the same samples in the same order, a table per model in the order of the choice.
        """
        pointers = _pointers(tables)
        if len(pointers) != self.n_models:
            message = f"tables has {len(pointers)} entries; the choice is among {self.n_models} models"
            raise InvalidArgument(message, "tables")
        of_choice, out = view(self.choice, "choice"), ffi.new("binet_predictions **")
        shared = context()
        call(lib.binet_answer_per_class, shared.pointer, pointers, len(pointers), of_choice.pointer, out)
        return wrap(out[0], shared)

    def __repr__(self) -> str:
        return f"ClassChoice({len(self.choice):,} classes among {self.n_models} models)"

    def _repr_html_(self) -> str:
        counts = np.bincount(self.choice, minlength=self.n_models)
        return table(f"{len(self.choice):,} classes", ("model", "its classes"), enumerate(counts.tolist()))


def choose_per_class(tables: Sequence[Predictions], n_classes: int | None = None) -> ClassChoice:
    """Choose for each class the model that has most of its samples right (Tan et al., 2025). Exact.

    Ties go to the model with more right over all classes, then to the lower index; a class without samples goes to the
    model that is best over all. Choose on other samples than those that are answered.

    Args:
        tables: predictions of the same labelled samples in the same order, a table per model.
        n_classes: C, above every label and predicted class; None: as the tables say, or one above the largest met.

    Raises:
        binet.Error: `INVALID_ARGUMENT`: no table, or tables of other lengths; `INVALID_DATA`: a row without a label, or
            that is another sample than the first table's.
    """
    pointers = _pointers(tables)
    if n_classes is None:
        n_classes = max(
            max(one.n_classes, int(one.label.max()) + 1, int(one.predicted_class.max()) + 1) for one in tables
        )
    n_classes = whole("n_classes", n_classes, 1, 2**31 - 1)
    choice = np.empty(n_classes, np.int32)
    room = ffi.from_buffer("int32_t[]", choice)
    call(lib.binet_choose_per_class, context().pointer, pointers, len(pointers), n_classes, room)
    choice.flags.writeable = False
    return ClassChoice(choice, len(pointers))


def ensemble(
    scores: Sequence[Any], labels: Any = None, *, kind: Kind = "logits", weighting: Weighting = "entropy"
) -> Predictions:
    """Predictions of the mean probabilities of several models, each weighted by how sure it is of the sample.

    The weight is 1 - entropy / log C of the model's own probabilities (after Tan et al., 2025); where it is 0 for all,
    all count the same. The same bits everywhere.

    Args:
        scores: an array [N, C] per model, float16, bfloat16, float32 or float64, of the same samples in the same order.
        labels: [N] integers, 0 .. C - 1; None: none.
        kind: "logits" or "probabilities": what the scores are.
        weighting: "entropy" or "equal".

    Raises:
        binet.Error: `INVALID_ARGUMENT`: shapes that differ; `INVALID_DATA`, with the row, for a NaN, naming the model.
    """
    views = [view(one, f"scores[{index}]") for index, one in enumerate(scores)]
    if not views:
        raise InvalidArgument("scores is empty; an array per model is needed", "scores")
    room = ffi.new("binet_array[]", len(views))
    for index, one in enumerate(views):
        room[index] = one.pointer[0]
    of_labels, out = view_integers(labels, "labels"), ffi.new("binet_predictions **")
    options = struct("binet_ensemble_options", weighting=choose("weighting", weighting, _WEIGHTINGS))
    shared = context()
    call(
        lib.binet_ensemble,
        shared.pointer,
        choose("kind", kind, KINDS),
        room,
        len(views),
        of_labels.pointer,
        options,
        out,
    )
    return wrap(out[0], shared)


def _pointers(tables: Sequence[Predictions]) -> Any:
    return ffi.new("binet_predictions *[]", [pointer_of(one, f"tables[{index}]") for index, one in enumerate(tables)])
