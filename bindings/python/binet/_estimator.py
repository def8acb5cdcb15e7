"""What the classifiers share: scikit-learn's conventions, without scikit-learn.

They work as estimators of scikit-learn (1.6 and later): in a `Pipeline`, in `GridSearchCV`, with `clone`. It is never
imported here but in the methods that only it calls, and nothing but those needs it.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ._estimator_inputs import (
    check_feature_names,
    encode,
    feature_matrix,
    feature_names,
    label_vector,
    weight_vector,
)
from ._html import table
from .arrays import Array, View
from .errors import InvalidArgument, NotFitted

Self = TypeVar("Self", bound="ClassifierBase")


@dataclass(frozen=True, eq=False)
class Training:
    """What `fit` was given, checked.

    Attributes:
        features: a view of X, [N, D] of float16, bfloat16, float32 or float64.
        codes: [N] int64: the index of each row's class in `classes`; of a row of weight zero it says nothing.
        weights: [N], finite, >= 0, not all zero; None: all 1.
        classes: [K], sorted, K >= 2.
        names: of the features, [D]; None where X had none.
    """

    features: View
    codes: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64] | None
    classes: Array
    names: Array | None


class ClassifierBase:
    """A classifier as scikit-learn knows it.

    A subclass has an `__init__` that only stores its parameters, a `fit` that begins with `_training` and ends with
    `_fitted`, and `_scores`, which `predict` takes the largest of.

    Attributes:
        classes_: [K] labels, sorted.
        n_features_in_: D.
        feature_names_in_: [D] names of the columns; only where X was a data frame with such names.
    """

    classes_: Array
    n_features_in_: int
    feature_names_in_: Array

    # ---- For subclasses ----------------------------------------------------------------------------------------------

    def _training(self, X: object, y: object, sample_weight: object = None) -> Training:  # noqa: N803
        """Check what `fit` was given; nothing of the estimator changes yet."""
        names = feature_names(X)
        features = feature_matrix(X)
        n = features.shape[0]
        labels = label_vector(y, n)
        weights = weight_vector(sample_weight, n)
        classes, codes = encode(labels, weights)
        return Training(features, codes, weights, classes, names)

    def _fitted(self: Self, training: Training, **attributes: object) -> Self:
        """Take what was fitted, all at once: a `fit` that fails leaves the estimator as it was."""
        self.classes_ = training.classes
        self.n_features_in_ = training.features.shape[1]
        self.__dict__.pop("feature_names_in_", None)
        if training.names is not None:
            self.feature_names_in_ = training.names
        for name, value in attributes.items():
            setattr(self, name, value)
        return self

    def _features(self, X: object) -> View:  # noqa: N803
        """View X of a method that needs a fitted estimator: as many features, of the same names, as in `fit`."""
        name = type(self).__name__
        if not self.__sklearn_is_fitted__():
            raise not_fitted(f"this {name} is not fitted yet; call fit first")
        check_feature_names(feature_names(X), getattr(self, "feature_names_in_", None), name)
        features = feature_matrix(X)
        if features.shape[1] != self.n_features_in_:
            raise InvalidArgument(
                f"X has {features.shape[1]} features, but {name} is expecting {self.n_features_in_} features as input",
                "X",
            )
        return features

    def _scores(self, X: object) -> Array:  # noqa: N803
        """[N, K], of which the largest wins; or [N], where the second of two classes wins above 0."""
        raise NotImplementedError

    # ---- What a classifier does --------------------------------------------------------------------------------------

    def predict(self, X: object) -> Array:  # noqa: N803
        """The label of each row, [N]; of classes that tie, the lower.

        Args:
            X: [N, D] features, as in `fit`.
        """
        scores = self._scores(X)
        winners = (scores > 0).astype(np.int64) if scores.ndim == 1 else scores.argmax(axis=1)
        predicted: Array = self.classes_[winners]
        return predicted

    def score(self, X: object, y: object, sample_weight: object = None) -> float:  # noqa: N803
        """Accuracy, 0 .. 1: the share of rows whose label is predicted. Labels that `fit` never saw count as wrong.

        Args:
            X: [N, D] features, as in `fit`.
            y: [N] labels.
            sample_weight: [N] weights, >= 0, not all zero. None: all 1.
        """
        predicted = self.predict(X)
        right = label_vector(y, len(predicted)) == predicted
        return float(np.average(right, weights=weight_vector(sample_weight, len(predicted))))

    # ---- Parameters --------------------------------------------------------------------------------------------------

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        parameters = inspect.signature(cls).parameters.values()
        return {parameter.name: parameter.default for parameter in parameters}

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """The parameters of `__init__` and their values.

        Args:
            deep: changes nothing, for no parameter is an estimator.
        """
        return {name: getattr(self, name) for name in self._defaults()}

    def set_params(self: Self, **params: object) -> Self:
        """Set parameters of `__init__`; their values are checked by `fit`.

        Raises:
            binet.Error: `INVALID_ARGUMENT` where there is no such parameter; then none is set.
        """
        known = list(self._defaults())
        for name in params:
            if name not in known:
                raise InvalidArgument(f"{type(self).__name__} has no parameter {name!r}; allowed: {known}", name)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def _changed(self) -> dict[str, Any]:
        """Parameters that are not at their defaults; compared as they are written, for they may be arrays."""
        defaults = self._defaults()
        return {name: value for name, value in self.get_params().items() if repr(value) != repr(defaults[name])}

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self._changed().items())
        return f"{type(self).__name__}({said})"

    def _repr_html_(self) -> str:
        state = "fitted" if self.__sklearn_is_fitted__() else "not fitted"
        return table(f"{type(self).__name__}, {state}", ("parameter", "value"), self.get_params().items())

    # ---- What only scikit-learn calls --------------------------------------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        return "classes_" in self.__dict__

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(),
        )

    def get_metadata_routing(self) -> Any:
        """Which methods ask for `sample_weight`, a `MetadataRequest` of scikit-learn."""
        from sklearn.base import clone
        from sklearn.utils.metadata_routing import MetadataRequest

        if "_metadata_request" in self.__dict__:
            return clone(self._metadata_request)
        requests = MetadataRequest(owner=type(self).__name__)
        for method in ("fit", "score"):
            if "sample_weight" in inspect.signature(getattr(self, method)).parameters:
                getattr(requests, method).add_request(param="sample_weight", alias=None)
        return requests

    def _request(self: Self, method: str, sample_weight: bool | str | None) -> Self:
        from sklearn import get_config

        if not get_config()["enable_metadata_routing"]:
            raise RuntimeError("requests need sklearn.set_config(enable_metadata_routing=True)")
        requests = self.get_metadata_routing()
        getattr(requests, method).add_request(param="sample_weight", alias=sample_weight)
        self._metadata_request = requests
        return self

    def set_score_request(self: Self, *, sample_weight: bool | str | None) -> Self:
        """Ask scikit-learn's metadata routing for the weights of `score`.

        Args:
            sample_weight: True: pass them. False: do not. None: refuse them. Text: pass those of that name.
        """
        return self._request("score", sample_weight)


class WeightedClassifierBase(ClassifierBase):
    """A classifier whose `fit` takes `sample_weight`."""

    def set_fit_request(self: Self, *, sample_weight: bool | str | None) -> Self:
        """Ask scikit-learn's metadata routing for the weights of `fit`.

        Args:
            sample_weight: True: pass them. False: do not. None: refuse them. Text: pass those of that name.
        """
        return self._request("fit", sample_weight)


# ---- Not fitted ------------------------------------------------------------------------------------------------------


def not_fitted(message: str) -> NotFitted:
    """The error of a method that needs `fit` first; also scikit-learn's own kind where that has been imported."""
    exceptions = sys.modules.get("sklearn.exceptions")
    return NotFitted(message) if exceptions is None else _both(exceptions.NotFittedError)(message)


@cache
def _both(theirs: type[Exception]) -> type[NotFitted]:
    def reduce(self: NotFitted) -> tuple[Any, ...]:
        return not_fitted, (self.message,)

    return type("NotFitted", (NotFitted, theirs), {"__reduce__": reduce, "__doc__": NotFitted.__doc__})
