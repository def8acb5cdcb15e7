"""Canonical correlations of two representations, and their Procrustes distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ._html import table
from ._library import call, lib, struct
from ._options import nonzero
from .similarity import view_samples
from .threads import context


@dataclass(frozen=True)
class SVCCA:
    """SVCCA of two representations (Raghu et al., NIPS 2017).

    Attributes:
        value: mean canonical correlation, 0 .. 1; NaN where one of the two has no direction.
        n_directions_x: directions of x that are kept; 0: its rows are all the same.
        n_directions_y: likewise of y.
        n: samples.
        variance: share of the variance that is kept of each.
    """

    value: float
    n_directions_x: int
    n_directions_y: int
    n: int
    variance: float

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return (
            f"SVCCA {self.value:.4f} ({self.n_directions_x:,} and {self.n_directions_y:,} directions with "
            f"{self.variance * 100:g} % of the variance, {self.n:,} samples)"
        )

    def _repr_html_(self) -> str:
        columns = ("SVCCA", "directions of x", "directions of y", "samples")
        row = [self.value, f"{self.n_directions_x:,}", f"{self.n_directions_y:,}", f"{self.n:,}"]
        return table(f"SVCCA, {self.variance * 100:g} % of the variance", columns, [row])


@dataclass(frozen=True)
class PWCCA:
    """PWCCA of two representations (Morcos et al., NeurIPS 2018).

    Attributes:
        value: weighted mean canonical correlation, 0 .. 1; NaN where one of the two has no direction.
        rank_x: directions of x; 0: its rows are all the same.
        rank_y: likewise of y.
        weighted_by: "x" or "y": whose features give the weights.
        n: samples.
    """

    value: float
    rank_x: int
    rank_y: int
    weighted_by: Literal["x", "y"]
    n: int

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        ranks = f"{self.rank_x:,} and {self.rank_y:,} directions"
        return f"PWCCA {self.value:.4f} ({ranks}, weighted by {self.weighted_by}, {self.n:,} samples)"

    def _repr_html_(self) -> str:
        columns = ("PWCCA", "directions of x", "directions of y", "weighted by", "samples")
        row = [self.value, f"{self.rank_x:,}", f"{self.rank_y:,}", self.weighted_by, f"{self.n:,}"]
        return table("PWCCA", columns, [row])


@dataclass(frozen=True)
class Procrustes:
    """Orthogonal Procrustes distance of two representations (Schoenemann, 1966; Ding et al., NeurIPS 2021).

    Attributes:
        distance: 2 - 2 similarity, 0 .. 2; NaN where constant_x or constant_y says why.
        similarity: sum of the singular values of X'Y, 0 .. 1.
        n: samples.
        constant_x: all rows of x are the same.
        constant_y: likewise of y.
    """

    distance: float
    similarity: float
    n: int
    constant_x: bool
    constant_y: bool

    def __float__(self) -> float:
        return self.distance

    def __str__(self) -> str:
        return f"Procrustes distance {self.distance:.4f} (similarity {self.similarity:.4f}, {self.n:,} samples)"

    def _repr_html_(self) -> str:
        columns = ("distance", "similarity", "samples")
        return table("Orthogonal Procrustes", columns, [[self.distance, self.similarity, f"{self.n:,}"]])


def svcca(x: Any, y: Any, *, variance: float = 0.99) -> SVCCA:
    """SVCCA (Raghu et al., NIPS 2017): mean canonical correlation of the directions of largest variance of each.

    Of the centred features of each, the fewest left singular vectors whose squared singular values make up the share
    are kept; the canonical correlations are the singular values of the product of the two bases, all counted the same.
    It does not change when features are rotated, shifted or scaled as a whole. Take many more samples than directions:
    spaces that fill [n] are alike whatever they hold.

    Args:
        x: [n, ...] float16, bfloat16, float32 or float64, finite; all dimensions but the first are features. n >= 2.
        y: [n, ...] likewise: the same samples in the same order.
        variance: share of the variance that is kept of each, in (0, 1]; 1: every direction.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a wrong dtype, shape or share; `INVALID_DATA`, with the row, for a NaN or an
            infinity; `UNSUPPORTED` for 2^31 numbers or more.
    """
    of_x, of_y = view_samples(x, "x"), view_samples(y, "y")
    options = struct("binet_svcca_options", variance=nonzero("variance", variance, "more than 0, at most 1"))
    result = struct("binet_svcca_result")
    call(lib.binet_svcca, context().pointer, of_x.pointer, of_y.pointer, options, result)
    return SVCCA(result.svcca, result.n_directions_x, result.n_directions_y, result.n, variance)


def pwcca(x: Any, y: Any) -> PWCCA:
    """PWCCA (Morcos et al., NeurIPS 2018): all canonical correlations, weighted by what their directions account for.

    The weight of a direction h_i is sum_j |h_i . x_j| over the centred columns of the side with fewer directions, x
    where both have as many, as in the published code (which takes columns that are not centred).

    Args:
        x: as for `svcca`.
        y: likewise: the same samples in the same order.

    Raises:
        binet.Error: as `svcca`.
    """
    of_x, of_y = view_samples(x, "x"), view_samples(y, "y")
    result = struct("binet_pwcca_result")
    call(lib.binet_pwcca, context().pointer, of_x.pointer, of_y.pointer, result)
    return PWCCA(result.pwcca, result.rank_x, result.rank_y, "y" if result.is_weighted_by_y else "x", result.n)


def procrustes(x: Any, y: Any) -> Procrustes:
    """Orthogonal Procrustes distance (Schoenemann, 1966; Ding et al., NeurIPS 2021), 0 .. 2.

    min ||X - Y Q||_F^2 over rotations and reflections Q, columns centred and then each matrix divided by its Frobenius
    norm: 2 - 2 ||X'Y||_*, with the sum of singular values. It does not change when features are rotated, shifted or
    scaled as a whole; to features of unlike width, columns of zeros are added.

    Args:
        x: as for `svcca`.
        y: likewise: the same samples in the same order.

    Raises:
        binet.Error: as `svcca`.
    """
    of_x, of_y = view_samples(x, "x"), view_samples(y, "y")
    result = struct("binet_procrustes_result")
    call(lib.binet_procrustes, context().pointer, of_x.pointer, of_y.pointer, result)
    return Procrustes(result.distance, result.similarity, result.n, bool(result.constant_x), bool(result.constant_y))
