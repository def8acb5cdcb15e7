"""Classification by the vote of the nearest neighbours, as DINOv2 and scikit-learn do it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._estimator import ClassifierBase
from ._estimator_inputs import label_vector
from ._html import table
from ._library import call, ffi, lib, struct
from ._options import choose, whole
from .arrays import Array, View, view
from .errors import InvalidArgument, shown
from .neighbors import METRICS, Neighbors, search
from .threads import context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WEIGHTS = {"softmax": lib.BINET_VOTES_SOFTMAX, "uniform": lib.BINET_VOTES_UNIFORM}

DINOV2_KS = (10, 20, 100, 200)
"""How many neighbours DINOv2 lets vote."""

_MOST_ROWS = 2**31 - 1


@dataclass(frozen=True, eq=False)
class NeighborsAccuracies:
    """Accuracy of the neighbours' vote for several k, from one search.

    Attributes:
        ks: how many neighbours vote.
        accuracy: [L] float64, 0 .. 1: of each k.
        n: rows that were predicted.
    """

    ks: tuple[int, ...]
    accuracy: npt.NDArray[np.float64]
    n: int

    def __getitem__(self, k: int) -> float:
        """Accuracy with k neighbours."""
        return float(self.accuracy[self.ks.index(k)])

    def __len__(self) -> int:
        return len(self.ks)

    def __iter__(self) -> Iterator[tuple[int, float]]:
        """Each k and its accuracy."""
        return zip(self.ks, self.accuracy.tolist(), strict=True)

    def __repr__(self) -> str:
        said = ", ".join(f"{k}: {accuracy:.4f}" for k, accuracy in self)
        return f"NeighborsAccuracies({said}; {self.n:,} rows)"

    def _repr_html_(self) -> str:
        rows = [[str(k), accuracy] for k, accuracy in self]
        return table(f"Accuracy of the vote of k neighbours, {self.n:,} rows", ("k", "accuracy"), rows)

    def plot(self, ax: Axes | None = None, label: str = "") -> Axes:
        """Draw accuracy over k, on a logarithmic axis. Needs matplotlib, the extra `plot`.

        Args:
            ax: where to draw, beside what is there. None: a new figure.
            label: name of the features in the legend.
        """
        from ._neighbors_figure import draw

        return draw(self, ax, label)


class NeighborsProbe(ClassifierBase):
    """The class that most of the k nearest rows have: kNN as DINOv2 evaluates features; an estimator of scikit-learn.

    The defaults are the rules of DINOv2 (Oquab et al., TMLR 2024, dinov2/eval/knn.py): features of length 1, cosines,
    weights softmax(cosine / 0.07), classes that tie to the lower. With metric="euclidean", weights="uniform" and k=5 it
    is scikit-learn's KNeighborsClassifier. The search is exact: see `binet.neighbors`.

    Args:
        k: neighbours that vote, 1 .. N.
        metric: "cosine" or "euclidean".
        weights: "softmax": exp(cosine / temperature), or exp(-distance / temperature), over their sum; or "uniform".
        temperature: of the softmax, 1e-6 .. 1e6.

    Attributes:
        classes_: [K] labels, sorted.
        n_features_in_: D.
        n_samples_fit_: N.
        feature_names_in_: [D] names of the columns; only where X was a data frame with such names.
    """

    n_samples_fit_: int
    _rows: View
    _codes: npt.NDArray[np.int64]

    def __init__(
        self, *, k: int = 20, metric: str = "cosine", weights: str = "softmax", temperature: float = 0.07
    ) -> None:
        self.k = k
        self.metric = metric
        self.weights = weights
        self.temperature = temperature

    def fit(self, X: object, y: object) -> NeighborsProbe:  # noqa: N803
        """Keep the rows and their labels. X is not copied where it is an array of floats: leave it as it is.

        Args:
            X: [N, D] features.
            y: [N] labels: integers, text or booleans, of two classes or more.

        Raises:
            binet.Error: `INVALID_ARGUMENT`: parameters, shapes; `INVALID_DATA`, with the row: a value not finite, one
                class.
        """
        self._check()
        training = self._training(X, y)
        features = training.features
        search(features, features.first(1), 1, self.metric, {"train": "X"})  # which reads every row
        return self._fitted(training, _rows=features, _codes=training.codes, n_samples_fit_=features.shape[0])

    def _check(self) -> None:
        whole("k", self.k, 1, _MOST_ROWS)
        choose("metric", self.metric, METRICS)
        choose("weights", self.weights, WEIGHTS)
        if np.ndim(self.temperature) or not 1e-6 <= self.temperature <= 1e6:
            raise InvalidArgument(f"temperature is {shown(self.temperature)}; allowed: 1e-6 .. 1e6", "temperature")

    def _nearest(self, queries: View | None, k: int) -> Neighbors:
        return search(self._rows, queries, k, self.metric, {"train": "X", "queries": "X", "options": "k"})

    def _vote(self, X: object, ks: Sequence[int], probabilities: bool = False) -> Array:  # noqa: N803
        """[L, M] codes of classes, or [L, M, K] shares of the votes."""
        found = self._nearest(self._features(X), max(ks))
        shape = (len(ks), len(found), len(self.classes_))
        made = np.empty(shape if probabilities else shape[:2], np.float64 if probabilities else np.int64)
        room = ffi.from_buffer("double[]" if probabilities else "int64_t[]", made)
        result = struct("binet_neighbors_vote_result", **{"probabilities" if probabilities else "predicted": room})
        options = struct(
            "binet_neighbors_vote_options",
            weights=WEIGHTS[self.weights],
            metric=METRICS[self.metric],
            temperature=self.temperature,
        )
        inputs = found.indices, found.values, self._codes, np.asarray(ks, np.int64)
        views = [view(array, name) for array, name in zip(inputs, ("indices", "values", "labels", "ks"), strict=True)]
        pointers = (one.pointer for one in views)
        call(lib.binet_neighbors_vote, context().pointer, *pointers, shape[2], options, result)
        return made

    def predict(self, X: object) -> Array:  # noqa: N803
        """The label of each row, [M]; of classes that tie, the lower.

        Args:
            X: [M, D] features, as in `fit`.
        """
        codes = self._vote(X, [self.k])[0]
        predicted: Array = self.classes_[codes]
        return predicted

    def predict_proba(self, X: object) -> npt.NDArray[np.float64]:  # noqa: N803
        """Shares of the votes, [M, K], in the order of `classes_`; each row sums to 1.

        Args:
            X: [M, D] features, as in `fit`.
        """
        shares: npt.NDArray[np.float64] = self._vote(X, [self.k], probabilities=True)[0]
        return shares

    def accuracies(self, X: object, y: object, ks: Sequence[int] = DINOV2_KS) -> NeighborsAccuracies:  # noqa: N803
        """Accuracy for several k, from one search. A label that `fit` never saw counts as wrong.

        Args:
            X: [M, D] features, as in `fit`.
            y: [M] labels.
            ks: neighbours that vote, each 1 .. N; `k` of the estimator is not used.
        """
        if not len(ks):
            raise InvalidArgument("ks is empty; allowed: one number of neighbours or more", "ks")
        counts = tuple(whole("ks", k, 1, _MOST_ROWS) for k in ks)
        codes = self._vote(X, counts)
        predicted = self.classes_[codes]
        right = predicted == label_vector(y, predicted.shape[1])
        return NeighborsAccuracies(counts, right.mean(axis=1), predicted.shape[1])

    def kneighbors(
        self,
        X: object = None,  # noqa: N803
        n_neighbors: int | None = None,
        return_distance: bool = True,
    ) -> Any:
        """The neighbours of each row, as scikit-learn gives them: distances [M, k], then indices [M, k].

        Args:
            X: [M, D] features, as in `fit`. None: the rows of `fit`, none of which is its own neighbour.
            n_neighbors: None: `k`.
            return_distance: False: indices alone. The cosine's distance is 1 - cosine.
        """
        queries = None if X is None and self.__sklearn_is_fitted__() else self._features(X)
        k = whole("n_neighbors", self.k if n_neighbors is None else n_neighbors, 1, _MOST_ROWS)
        found = self._nearest(queries, k)
        return (found.distances, found.indices) if return_distance else found.indices
