"""Predictions from scores that come batch by batch."""

from __future__ import annotations

from typing import Any

from ._scores import Builder, FileNames, Kind, NanPolicy, Options
from .groups import Aggregate, ClassGroups
from .predictions import Predictions, wrap


class PredictionsBuilder:
    """Collects scores batch by batch; the logits never have to be in memory at once.

    ::

        builder = binet.PredictionsBuilder()
        for images, labels in loader:
            builder.append(model(images), labels)
        predictions = builder.finish()

    The rows have the same bits however they are cut into batches. A builder belongs to the process that made it.

    Args:
        kind: what is appended: "logits" or "probabilities".
        temperature: as in `Predictions.from_logits`, as are subset and nan.
        subset: classes to keep before the softmax.
        nan: "error", or "omit" to leave rows with a NaN out.
        groups: the classes of each group, as in `Predictions.from_logits`, as is aggregate.
        aggregate: "mean", "sum" or "max".
    """

    def __init__(
        self,
        kind: Kind = "logits",
        *,
        temperature: float = 1.0,
        subset: Any = None,
        nan: NanPolicy = "error",
        groups: ClassGroups | None = None,
        aggregate: Aggregate = "mean",
    ) -> None:
        self._builder = Builder(kind, Options(temperature, subset, nan, groups, aggregate))

    def append(self, scores: Any, labels: Any = None, file_names: FileNames = None) -> None:
        """Append a batch; on failure nothing of it is appended.

        Args:
            scores: [n, C]; n may differ from batch to batch, C may not.
            labels: [n], or None.
            file_names: n names, or None.

        Raises:
            binet.Error: as `Predictions.from_logits`; the index counts rows over all batches.
        """
        self._builder.append("scores", scores, labels, file_names)

    def finish(self) -> Predictions:
        """The table of all rows; nothing can be appended after it."""
        return wrap(self._builder.finish(), self._builder.context)
