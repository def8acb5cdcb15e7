"""Invariance: what becomes of answers when the same pictures are larger, moved, or at another resolution."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from ._extras import require
from ._html import table
from ._library import call, ffi, lib, struct
from ._options import nonzero
from .arrays import view
from .errors import Error, InvalidArgument, shown
from .predictions import Predictions, pointer_of
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Measure = Literal["accuracy", "true_probability", "consistency", "probability_shift", "cosine"]

MEASURES: dict[Measure, str] = {
    "accuracy": "top-1 accuracy",
    "true_probability": "mean probability of the true class",
    "consistency": "share of answers that stay",
    "probability_shift": "shift of the true class's probability",
    "cosine": "cosine to the untransformed features",
}
"""What a figure can show, and what its axis says."""

UNTRANSFORMED = {0: "shift", 1: "scale", 224: "resolution"}
"""The settings of the study's sweeps that leave the picture as it is."""


class Estimate(NamedTuple):
    """A number and the ends of its interval; NaN where there is none."""

    value: float
    low: float
    high: float


class InvarianceSetting(NamedTuple):
    """One setting of `Invariance`, its pictures compared with the same pictures at the reference.

    Attributes:
        setting: its key, such as 1.25.
        accuracy: top-1, 0 .. 1, with the Wilson interval.
        true_probability: mean probability of the true class, 0 .. 1; NaN where a picture's is unknown.
        consistency: share of the pictures whose answer stays, 0 .. 1, with the Wilson interval.
        probability_shift: mean of what the probability of the true class gains, -1 .. 1; NaN where n_unknown is not 0.
        cosine: mean cosine of the picture's features here and at the reference, -1 .. 1; NaN without features.
        n_correct: pictures that are right.
        n_same: pictures whose answer stays.
        n_to_right: pictures that are right here only.
        n_to_wrong: pictures that are right at the reference only.
        n_other_wrong: pictures that are wrong at both, each time with another answer.
        n_unknown: pictures whose probability of the true class is unknown here or at the reference.
        n_cosine: pictures in cosine.
        n_zero: pictures that are not in it, since a vector of theirs is zero.
    """

    setting: Any
    accuracy: Estimate
    true_probability: Estimate
    consistency: Estimate
    probability_shift: Estimate
    cosine: Estimate
    n_correct: int
    n_same: int
    n_to_right: int
    n_to_wrong: int
    n_other_wrong: int
    n_unknown: int
    n_cosine: int
    n_zero: int


@dataclass(frozen=True)
class Invariance:
    """Invariance of a model over the settings of a sweep (Vishniakov et al., ICML 2024).

    `invariance[1.25]` is the setting of that key; iterating gives one after the other.

    Attributes:
        settings: one `InvarianceSetting` each, ascending where the keys are numbers.
        reference: key of the setting that the others are compared with.
        n: pictures, the same at every setting.
        accuracy_area: area under the curve of accuracy over the keys, by trapezoids, over its width: the mean height,
            0 .. 1. NaN where a key is not a number.
        true_probability_area: likewise of the mean probability of the true class.
        consistency_area: likewise of consistency, which is 1 at the reference.
        confidence_level: of the intervals. That of a mean or an area is mean +- z s / sqrt(n) over pictures, so that it
            is paired.
    """

    settings: tuple[InvarianceSetting, ...]
    reference: Any
    n: int
    accuracy_area: Estimate
    true_probability_area: Estimate
    consistency_area: Estimate
    confidence_level: float

    def __len__(self) -> int:
        return len(self.settings)

    def __iter__(self) -> Iterator[InvarianceSetting]:
        return iter(self.settings)

    def __getitem__(self, setting: Any) -> InvarianceSetting:
        for one in self.settings:
            if one.setting == setting:
                return one
        raise KeyError(setting)

    def __str__(self) -> str:
        top1 = self[self.reference].accuracy.value
        lowest = min(self.settings, key=lambda one: one.accuracy.value)
        consistency = min(one.consistency.value for one in self)
        return (
            f"invariance over {len(self)} settings, {self.n:,} pictures: top-1 {top1:.4f} at {self.reference}, "
            f"lowest {lowest.accuracy.value:.4f} at {lowest.setting}; lowest consistency {consistency:.4f}"
        )

    def __repr__(self) -> str:
        return f"<binet.Invariance: {self}>"

    def _repr_html_(self) -> str:
        columns = ("setting", "top-1", "true probability", "consistency", "to right", "to wrong", "shift", "cosine")
        rows: list[list[Any]] = [
            [
                f"{one.setting}{' (reference)' if one.setting == self.reference else ''}",
                one.accuracy.value,
                one.true_probability.value,
                one.consistency.value,
                f"{one.n_to_right:,}",
                f"{one.n_to_wrong:,}",
                one.probability_shift.value,
                one.cosine.value,
            ]
            for one in self
        ]
        areas = (self.accuracy_area.value, self.true_probability_area.value, self.consistency_area.value)
        rows.append(["area under the curve", *areas, "", "", None, None])
        return table(f"Invariance, {self.n:,} pictures", columns, rows)

    def plot(self, ax: Axes | None = None, *, measure: Measure = "accuracy", label: str = "") -> Axes:
        """Draw a curve over the settings with its intervals as a band. Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw; other models' curves may be there already. None: a new figure.
            measure: what is drawn: "accuracy", "true_probability", "consistency", "probability_shift" or "cosine".
            label: name of the model in the legend.

        Returns:
            The axes.

        Raises:
            binet.Error: `INVALID_ARGUMENT` for a measure that there is not, and for axes with other settings.
        """
        require("plot", "matplotlib")
        from ._invariance_figure import draw

        return draw(self, ax, measure, label)


def invariance(
    settings: Mapping[Any, Predictions],
    *,
    reference: Any = None,
    features: Mapping[Any, Any] | None = None,
    confidence_level: float = 0.95,
) -> Invariance:
    """Invariance of a model over the settings of a sweep, such as `binet.evaluate_sweep` gives.

    Top-1 and the mean probability of the true class at each setting are those of Vishniakov et al. (ICML 2024). Beyond
    them: the share of pictures whose answer stays, flips to right and to wrong, the mean shift of the true class's
    probability, the mean cosine of features to those of the untransformed picture, and the area under the curves.

    Rows are the same pictures at every setting, matched by file name; where no table has a name, by position. Counts
    are exact, the rest has the same bits for any number of threads and any order of rows.

    Args:
        settings: predictions by setting, two or more, with labels. Areas and the axis of the figure need keys that are
            numbers, which are put in order.
        reference: key of the untransformed setting. None: that of 0 (a shift), 1 (a scale) and 224 (a resolution) that
            is there.
        features: by setting, each of them, [N, D] float16, bfloat16, float32 or float64, a row for each row of the
            predictions; or the path of a .npy file. None: no cosines.
        confidence_level: of the intervals, in (0, 1).

    Raises:
        binet.Error: `INVALID_ARGUMENT` for fewer than two settings, no or no clear reference, and features that do not
            fit; `INVALID_DATA`, with the row, for tables that are not of the same pictures, a row without a label,
            labels that differ and a feature that is not finite.
    """
    if not isinstance(settings, Mapping):
        raise InvalidArgument(
            f"settings is {shown(settings)}; allowed: a mapping from settings to Predictions", "settings"
        )
    are_numbers = all(_is_number(key) for key in settings)
    keys = sorted(settings) if are_numbers else list(settings)
    tables = [pointer_of(settings[key], f"settings[{key!r}]") for key in keys]
    pointers = ffi.new("binet_predictions *[]", tables)
    at = _reference(keys, reference)
    options = struct(
        "binet_invariance_options",
        confidence_level=nonzero("confidence_level", confidence_level, "more than 0, less than 1"),
    )
    values = ffi.new("double[]", [float(key) for key in keys] if are_numbers else [])
    if are_numbers:
        options.values = values
    views = None if features is None else _features(keys, features)
    arrays = ffi.NULL if views is None else ffi.new("binet_array[]", [one.pointer[0] for one in views])
    room = ffi.new("binet_invariance_setting[]", len(keys))
    result = struct("binet_invariance_result", settings=room, settings_capacity=len(keys))
    inputs = (context().pointer, pointers, len(keys), at, arrays, options)
    try:
        call(lib.binet_invariance, *inputs, result, names={"n_settings": "settings", "values": "settings"})
    except Error as error:
        error.message = _INDEX.sub(lambda found: f"{found[1]}[{keys[int(found[2])]!r}]", error.message)
        raise
    return Invariance(
        settings=tuple(_setting(key, one) for key, one in zip(keys, room, strict=True)),
        reference=keys[at],
        n=result.n,
        accuracy_area=_estimate(result.accuracy_area),
        true_probability_area=_estimate(result.true_probability_area),
        consistency_area=_estimate(result.consistency_area),
        confidence_level=confidence_level,
    )


# How C says a setting, which has a key here.
_INDEX = re.compile(r"\b(settings|features)\[(\d+)\]")


def _is_number(key: Any) -> bool:
    return isinstance(key, (int, float, np.integer, np.floating)) and not isinstance(key, bool)


def _reference(keys: list[Any], reference: Any) -> int:
    """The index of the reference."""
    if reference is not None:
        if reference not in keys:
            raise InvalidArgument(
                f"reference is {shown(reference)}; allowed: a key of settings, {shown(keys)}", "reference"
            )
        return keys.index(reference)
    found = [index for index, key in enumerate(keys) if key in UNTRANSFORMED and _is_number(key)]
    if len(found) != 1:
        words = ", ".join(f"{key} ({sweep})" for key, sweep in UNTRANSFORMED.items())
        message = (
            f"reference is None, and settings has {len(found) or 'none'} of {words}; say which one is untransformed"
        )
        raise InvalidArgument(message, "reference")
    return found[0]


def _features(keys: list[Any], features: Mapping[Any, Any]) -> list[Any]:
    """Views of the features of each setting, in their order."""
    missing = [key for key in keys if key not in features]
    if missing:
        raise InvalidArgument(f"features lacks the setting {missing[0]!r}", "features")
    given = [features[key] for key in keys]
    loaded = [np.load(one, mmap_mode="r") if isinstance(one, (str, os.PathLike)) else one for one in given]
    return [view(one, f"features[{key!r}]") for key, one in zip(keys, loaded, strict=True)]


def _estimate(mean: Any) -> Estimate:
    return Estimate(mean.value, mean.low, mean.high)


def _setting(key: Any, one: Any) -> InvarianceSetting:
    shares: dict[str, Any] = {
        name: Estimate(getattr(one, name), getattr(one, f"{name}_low"), getattr(one, f"{name}_high"))
        for name in ("accuracy", "consistency")
    }
    means: dict[str, Any] = {
        name: _estimate(getattr(one, name)) for name in ("true_probability", "probability_shift", "cosine")
    }
    counts = {name: getattr(one, name) for name in InvarianceSetting._fields if name.startswith("n_")}
    return InvarianceSetting(setting=key, **shares, **means, **counts)
