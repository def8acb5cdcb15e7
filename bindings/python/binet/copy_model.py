"""The copy model behind an error consistency, and how many trials tell one error consistency from another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ._html import table
from ._library import call, lib, struct
from ._options import nonzero
from .errors import InvalidArgument

# ---- The copy model --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CopyModel:
    """Two observers of whom the second copies the first on some of the trials (Klein et al., NeurIPS 2025).

    Attributes:
        copy_share: share of trials on which the second does as the first, -1 .. 1; below 0: the opposite.
        underlying_accuracy: of the second on the other trials, 0 .. 1.
        kappa: the error consistency that this gives, -1 .. 1.
        lowest_kappa, highest_kappa: what two observers of these accuracies can have.
        accuracy_a, accuracy_b: of the two over all trials.
    """

    copy_share: float
    underlying_accuracy: float
    kappa: float
    lowest_kappa: float
    highest_kappa: float
    accuracy_a: float
    accuracy_b: float

    def __str__(self) -> str:
        done = "copied" if self.copy_share >= 0 else "answered the opposite way"
        return (
            f"kappa {self.kappa:.4f} is a share of {abs(self.copy_share):.4f} of the trials {done}, "
            f"the others right with {self.underlying_accuracy:.4f}"
        )

    def _repr_html_(self) -> str:
        columns = ("share copied", "accuracy elsewhere", "kappa", "lowest", "highest", "accuracy a", "accuracy b")
        return table("Copy model", columns, [list(vars(self).values())])


def copy_model(
    accuracy_a: float, accuracy_b: float, *, kappa: float | None = None, share: float | None = None
) -> CopyModel:
    """The copy model behind an error consistency, or the error consistency of one (Klein et al., NeurIPS 2025).

    On a share c of the trials, chosen at random, b is right where a is; on the others b is right with a probability of
    its own. Then kappa = c 2 p (1 - p) / (p (1 - q) + q (1 - p)) with the accuracies p of a and q of b; where these are
    equal, kappa is the share. Every kappa that two accuracies allow has a model.

    Args:
        accuracy_a: p, between 0 and 1: of the one that is copied.
        accuracy_b: q, 0 .. 1, over all trials.
        kappa: the error consistency; or
        share: c, -1 .. 1, below 0 for doing the opposite. One of the two.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for what the accuracies do not allow.
    """
    if (kappa is None) == (share is None):
        raise InvalidArgument("kappa and share are both given, or neither is; one is needed", "kappa")
    model = struct("binet_copy_model")
    if share is None:
        call(lib.binet_copy_model_from_kappa, accuracy_a, accuracy_b, kappa, model)
    else:
        call(lib.binet_copy_model_from_share, accuracy_a, accuracy_b, share, model)
    return CopyModel(**{name: getattr(model, name) for name in CopyModel.__dataclass_fields__})


# ---- How many trials -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ErrorConsistencyTrials:
    """How many trials tell an error consistency from another, or what the power of some trials is.

    Attributes:
        n: trials.
        power: chance that the test tells with n trials, 0 .. 1.
        standard_error: of kappa, or of the difference of two, over n trials.
        significance: of the two-sided test.
    """

    n: int
    power: float
    standard_error: float
    significance: float

    def __int__(self) -> int:
        return self.n

    def __str__(self) -> str:
        return (
            f"{self.n:,} trials have a power of {self.power:.4f} at a significance of {self.significance:g} "
            f"(standard error {self.standard_error:.4f})"
        )

    def _repr_html_(self) -> str:
        row = [f"{self.n:,}", self.power, self.standard_error, self.significance]
        return table("Trials", ("trials", "power", "standard error", "significance"), [row])


def error_consistency_trials(
    accuracies: Sequence[float],
    kappa: float,
    null_kappa: float = 0.0,
    *,
    significance: float = 0.05,
    power: float = 0.8,
    n: int | None = None,
) -> ErrorConsistencyTrials:
    """How many trials tell an error consistency from another (Klein et al., NeurIPS 2025).

    The accuracies and kappa say how often both, one or none of two observers is right, as the copy model does. The
    large-sample deviation of kappa (Fleiss, Cohen and Everitt, 1969) gives the power of a two-sided test, by the normal
    approximation: rough with few trials, or with a kappa near the ends that the accuracies allow.

    Args:
        accuracies: of the two observers, between 0 and 1.
        kappa: the error consistency that there is.
        null_kappa: the one that it is to be told from; 0: that of independent observers.
        significance: level of the test, between 0 and 1.
        power: wanted chance to tell, more than significance and less than 1.
        n: trials whose power is wanted. None: the fewest with the wanted power.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for what cannot be, such as a kappa that the accuracies do not allow.
    """
    accuracy_a, accuracy_b = _accuracies(accuracies, 2)
    options = struct(
        "binet_error_consistency_trials_options",
        accuracy_a=accuracy_a,
        accuracy_b=accuracy_b,
        kappa=kappa,
        null_kappa=null_kappa,
        **_test(significance, power, n),
    )
    return _trials(lib.binet_error_consistency_trials, options, significance)


def error_consistency_difference_trials(
    accuracies: Sequence[float],
    kappas: Sequence[float],
    *,
    significance: float = 0.05,
    power: float = 0.8,
    n: int | None = None,
) -> ErrorConsistencyTrials:
    """How many trials tell whose errors are more like those of an observer c, on the same trials: a's or b's.

    As `error_consistency_trials`; a and b each copy c on a share of the trials, independently of each other given c.

    Args:
        accuracies: of c, a and b, between 0 and 1.
        kappas: the error consistency of c and a, and that of c and b.
        significance: level of the two-sided test, between 0 and 1.
        power: wanted chance to tell, more than significance and less than 1.
        n: trials whose power is wanted. None: the fewest with the wanted power.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for what cannot be.
    """
    accuracy_c, accuracy_a, accuracy_b = _accuracies(accuracies, 3)
    if len(kappas) != 2:
        raise InvalidArgument(f"kappas has {len(kappas)} numbers; allowed: 2", "kappas")
    options = struct(
        "binet_error_consistency_difference_trials_options",
        accuracy_c=accuracy_c,
        accuracy_a=accuracy_a,
        accuracy_b=accuracy_b,
        kappa_a=kappas[0],
        kappa_b=kappas[1],
        **_test(significance, power, n),
    )
    return _trials(lib.binet_error_consistency_difference_trials, options, significance)


def _accuracies(accuracies: Sequence[float], n: int) -> list[float]:
    listed = list(accuracies)
    if len(listed) != n:
        raise InvalidArgument(f"accuracies has {len(listed)} numbers; allowed: {n}", "accuracies")
    return listed


def _test(significance: float, power: float, n: int | None) -> dict[str, Any]:
    return {
        "significance": nonzero("significance", significance, "between 0 and 1"),
        "power": nonzero("power", power, "between the significance and 1"),
        "n": 0 if n is None else nonzero("n", n, ">= 1"),
    }


def _trials(function: Any, options: Any, significance: float) -> ErrorConsistencyTrials:
    result = struct("binet_error_consistency_trials_result")
    call(function, options, result)
    return ErrorConsistencyTrials(result.n, result.power, result.standard_error, significance)
