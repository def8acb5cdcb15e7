"""Linear probes along a path over C, and the presets that choose C as published protocols do."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from ._estimator import Training
from ._estimator_inputs import feature_matrix, label_vector
from ._extras import require
from ._html import table
from ._linear import linear_scores
from ._options import whole
from .arrays import View
from .errors import InvalidArgument, InvalidData, shown
from .linear_probe import Certificate, LinearProbe, NotConvergedWarning, Solver, check_c

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

Preset = Literal["clip", "dinov2", "clip_benchmark"]


class ProbeStep(NamedTuple):
    """One value of C on a `ProbePath`; see there."""

    C: float
    accuracy: float
    certificate: Certificate


@dataclass(frozen=True, eq=False)
class ProbePath:
    """Probes at many values of C. Iterating gives a `ProbeStep` for each.

    Attributes:
        Cs: [A] in ascending order.
        accuracy: [A] on the validation rows, 0 .. 1.
        certificates: [A], of the fits to the training rows.
        chosen: index of the most accurate C, the smallest of those that tie.
        probe: the `LinearProbe` at that C, fitted to all rows that were given.
        n_train: rows that the path was fitted to.
        n_validation: rows that C was chosen by.
    """

    Cs: Floats
    accuracy: Floats
    certificates: tuple[Certificate, ...]
    chosen: int
    probe: LinearProbe
    n_train: int
    n_validation: int

    @property
    def C(self) -> float:  # noqa: N802
        """The value of C that was chosen."""
        return float(self.Cs[self.chosen])

    @property
    def curve(self) -> tuple[ProbeStep, ...]:
        """C, accuracy and certificate at each value of C."""
        return tuple(self)

    def __len__(self) -> int:
        return len(self.Cs)

    def __iter__(self) -> Iterator[ProbeStep]:
        rows = zip(self.Cs, self.accuracy, self.certificates, strict=True)
        return (ProbeStep(float(value), float(accuracy), certificate) for value, accuracy, certificate in rows)

    def __str__(self) -> str:
        seconds = sum(certificate.seconds for certificate in self.certificates)
        evaluations = sum(certificate.n_evaluations for certificate in self.certificates)
        return (
            f"C = {self.C:.3g} of {len(self)}, {self.accuracy[self.chosen]:.4f} right of {self.n_validation:,} "
            f"validation rows; {self.n_train:,} training rows, {evaluations:,} evaluations, {seconds:.2f} s"
        )

    def __repr__(self) -> str:
        return f"<binet.ProbePath: {self}>"

    def _repr_html_(self) -> str:
        columns = ("C", "accuracy", "certified gap", "evaluations", "")
        rows = (
            (step.C, step.accuracy, step.certificate.relative_gap, step.certificate.n_evaluations,
             "chosen" if index == self.chosen else "")
            for index, step in enumerate(self)
        )  # fmt: skip
        return table(f"Probes at {len(self)} values of C, {self.n_validation:,} validation rows", columns, rows)

    def plot(self, ax: Axes | None = None, *, label: str = "") -> Axes:
        """Draw validation accuracy over C, with a mark at the one chosen. Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw, beside the curves that are there already. None: a new figure.
            label: of the curve in the legend.

        Returns:
            The axes.
        """
        require("plot", "matplotlib")
        from ._probe_path_figure import draw

        return draw(self, ax, label)


def preset_values(preset: str, n_train: int) -> Floats:
    """The values of C of a preset, ascending, for so many training rows.

    clip's penalties are lambda = 1 / C of the summed loss; clip_benchmark's are of the mean loss, so that
    C = 1 / (n_train lambda).
    """
    if preset == "clip":
        return np.logspace(-6, 6, 96)
    if preset == "dinov2":
        return np.logspace(-6, 5, 45)
    if preset == "clip_benchmark":
        return np.logspace(-2, 6, 97) / n_train
    words = ", ".join(repr(word) for word in get_args(Preset))
    raise InvalidArgument(f"preset is {shown(preset)}; allowed: {words}", "preset")


def fit_path(
    kind: type[LinearProbe],
    X: object,  # noqa: N803
    y: object,
    Cs: Sequence[float] | npt.NDArray[Any] | None,  # noqa: N803
    validation: tuple[object, object] | float,
    preset: Preset | None,
    sample_weight: object,
    tol: float,
    max_evaluations: int,
    seed: int,
    progress: bool,
) -> ProbePath:
    """`LinearProbe.path`."""
    if (Cs is None) == (preset is None):
        raise InvalidArgument("exactly one of Cs and preset is needed", "Cs")
    probe = kind(tol=tol, max_evaluations=max_evaluations, progress=progress)
    training = probe._training(X, y, sample_weight)
    held_out = _Validation(training, X, validation, seed)
    n_train = training.features.shape[0] - held_out.n_taken
    given = (
        preset_values(preset, n_train)
        if preset is not None
        else np.array([check_c(one, "Cs") for one in (() if Cs is None else Cs)])
    )
    if len(given) == 0:
        raise InvalidArgument("Cs is empty; allowed: one value or more", "Cs")
    values = np.unique(given)
    solver = Solver(held_out.training, tol, max_evaluations, progress)
    accuracy, certificates = np.empty(len(values)), []
    for index, value in enumerate(values):
        coefficients, intercepts, certificate = solver.fit(float(value))
        accuracy[index] = held_out.accuracy(coefficients, intercepts)
        certificates.append(certificate)
    early = [value for value, certificate in zip(values, certificates, strict=True) if not certificate.converged]
    if early:
        message = f"{len(early)} of {len(values)} fits stopped early, the first at C = {early[0]:g}"
        warnings.warn(message, NotConvergedWarning, stacklevel=3)
    chosen = int(accuracy.argmax())
    probe.C = float(values[chosen])
    if held_out.n_taken:
        probe.fit(X, y, sample_weight)
    else:
        probe._take(training, *solver.fit(probe.C))
    return ProbePath(values, accuracy, tuple(certificates), chosen, probe, n_train, held_out.n)


class _Validation:
    """Rows that C is chosen by, and what is left to fit to.

    Rows that are held out stay where they are, with a weight of 0: a memory map is not copied.
    """

    def __init__(self, training: Training, X: object, validation: Any, seed: int) -> None:  # noqa: N803
        self._classes = training.classes
        self.training = training
        self.n_taken = 0
        if isinstance(validation, tuple) and len(validation) == 2:
            self._features: View = feature_matrix(validation[0])
            self._labels = label_vector(validation[1], self._features.shape[0])
            if self._features.shape[1] != training.features.shape[1]:
                raise InvalidArgument(
                    f"validation has {self._features.shape[1]} features; X has {training.features.shape[1]}",
                    "validation",
                )
            unseen = np.flatnonzero(~np.isin(self._labels, training.classes))
            if unseen.size:
                row = int(unseen[0])
                raise InvalidData(f"validation has the label {self._labels[row]!s}, which y has not", "validation", row)
        else:
            taken = _hold_out(training, validation, seed)
            weights = np.ones(len(training.codes)) if training.weights is None else training.weights.copy()
            weights[taken] = 0
            self.training = Training(training.features, training.codes, weights, training.classes, training.names)
            self.n_taken = len(taken)
            self._features = feature_matrix(_rows(X, taken))
            self._labels = training.classes[training.codes[taken]]
        self.n = len(self._labels)

    def accuracy(self, coefficients: Floats, intercepts: Floats) -> float:
        """The share of validation rows that a probe gets right."""
        scores = linear_scores(self._features, coefficients, intercepts)
        winners = (scores[:, 0] > 0).astype(np.int64) if scores.shape[1] == 1 else scores.argmax(axis=1)
        return float(np.mean(self._classes[winners] == self._labels))


def _hold_out(training: Training, share: Any, seed: int) -> npt.NDArray[np.int64]:
    """Rows of a share of each class, rounded, all but one at most; in ascending order."""
    if not isinstance(share, (int, float)) or isinstance(share, bool) or not 0 < share < 1:
        raise InvalidArgument(
            f"validation is {shown(share)}; allowed: a share, more than 0 and less than 1, or a pair (X, y)",
            "validation",
        )
    random = np.random.default_rng(whole("seed", seed, 0, 2**63 - 1))
    counted = np.arange(len(training.codes)) if training.weights is None else np.flatnonzero(training.weights)
    shuffled = random.permutation(counted)
    of_class = shuffled[np.argsort(training.codes[shuffled], kind="stable")]
    counts = np.bincount(training.codes[counted], minlength=len(training.classes))
    taken = [rows[: min(round(share * len(rows)), len(rows) - 1)] for rows in np.split(of_class, counts.cumsum()[:-1])]
    rows = np.sort(np.concatenate(taken))
    if len(rows) == 0:
        raise InvalidArgument(f"validation is {share}; that holds out no row of any class", "validation")
    return rows


def _rows(X: Any, rows: npt.NDArray[np.int64]) -> Any:  # noqa: N803
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows] if hasattr(X, "__array__") else np.asarray(X)[rows]
