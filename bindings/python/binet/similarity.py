"""Similarity: how alike are two representations of the same samples?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ._html import table
from ._library import call, lib, struct
from ._options import choose, nonzero
from .arrays import View, view
from .errors import InvalidArgument
from .threads import context

Side = Literal["features", "gram"]

Kernel = Literal["linear", "rbf"]

_KERNELS: dict[str, int] = {"linear": lib.BINET_KERNEL_LINEAR, "rbf": lib.BINET_KERNEL_RBF}
_SIDES: dict[int, Side] = {lib.BINET_CKA_FEATURES: "features", lib.BINET_CKA_GRAM: "gram"}


def estimator(unbiased: bool) -> int:
    """The constant of C."""
    number: int = lib.BINET_HSIC_UNBIASED if unbiased else lib.BINET_HSIC_BIASED
    return number


def view_samples(value: Any, name: str) -> View:
    """View features [n, ...], the parameter `name`, as [n, D]; a copy is made only where no strides say that."""
    if getattr(value, "ndim", 2) > 2 and hasattr(value, "reshape"):
        value = value.reshape(len(value), -1)
    return view(value, name)


@dataclass(frozen=True)
class CKA:
    """Centred kernel alignment of two representations (Kornblith et al., ICML 2019).

    Attributes:
        value: hsic_xy / sqrt(hsic_xx hsic_yy), 0 .. 1, and with the unbiased estimator -1 .. 1; NaN where constant_x or
            constant_y says why.
        hsic_xy: the Hilbert-Schmidt independence criterion of both, in squared units of both.
        hsic_xx: that of x with itself.
        hsic_yy: that of y with itself.
        n: samples.
        kernel: "linear" or "rbf".
        unbiased: which estimator.
        side: where it was computed: "features" (products of columns) or "gram" (of rows).
        constant_x: hsic_xx is 0 to rounding: all rows of x are the same, or, with the unbiased estimator, differ in a
            way that it cannot see, as where a single row stands apart; "rbf": or the median distance is 0.
        constant_y: likewise of y.
        sigma_x: of the RBF kernel of x, in units of x; None where linear.
        sigma_y: likewise of y.
    """

    value: float
    hsic_xy: float
    hsic_xx: float
    hsic_yy: float
    n: int
    kernel: Kernel
    unbiased: bool
    side: Side
    constant_x: bool
    constant_y: bool
    sigma_x: float | None
    sigma_y: float | None

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        constant = " and ".join(name for name in ("x", "y") if getattr(self, f"constant_{name}"))
        why = f", {constant} constant" if constant else ""
        return f"CKA {self.value:.4f} ({self._convention()}, {self.n:,} samples{why})"

    def _convention(self) -> str:
        return f"{self.kernel}, {'unbiased' if self.unbiased else 'biased'}"

    def _repr_html_(self) -> str:
        columns = ("CKA", "HSIC(x, y)", "HSIC(x, x)", "HSIC(y, y)", "samples", "side")
        caption = f"Centred kernel alignment, {self._convention()}"
        row = [self.value, self.hsic_xy, self.hsic_xx, self.hsic_yy, f"{self.n:,}", self.side]
        return table(caption, columns, [row])


def cka(x: Any, y: Any, *, kernel: Kernel = "linear", unbiased: bool = False, bandwidth: float | None = None) -> CKA:
    """Centred kernel alignment of two representations of the same samples (Kornblith et al., ICML 2019).

    With the linear kernel ||Y'X||_F^2 / (||X'X||_F ||Y'Y||_F) of centred columns: 1 for the same representation,
    rotated, shifted or scaled as a whole. All is computed in double, within 1e-10 of exact arithmetic, from the side
    that costs less: products of columns where D1 + D2 <= n, else products of rows. The RBF kernel is
    exp(-|x_i - x_j|^2 / (2 sigma^2)).

    Args:
        x: [n, ...] float16, bfloat16, float32 or float64, finite; all dimensions but the first are D1 features. n is at
            least 2, or 4 where unbiased.
        y: [n, ...] likewise: the same samples in the same order.
        kernel: "linear" or "rbf".
        unbiased: take the unbiased estimator of HSIC (Song et al., JMLR 2012). The biased one is too large where there
            are fewer samples than features.
        bandwidth: of "rbf": sigma is this many times the root of the median of all n^2 squared distances, among them
            the n zeros of rows to themselves, as in the code published with Kornblith et al.; 1e-6 .. 1e6. None: 1.

    Raises:
        binet.Error: `INVALID_ARGUMENT` for a wrong option, dtype, shape or too few rows; `INVALID_DATA`, with the row,
            for a NaN or an infinity.
    """
    of_x, of_y = view_samples(x, "x"), view_samples(y, "y")
    options = struct("binet_cka_options", estimator=estimator(unbiased), kernel=choose("kernel", kernel, _KERNELS))
    if bandwidth is not None:
        if kernel == "linear":
            raise InvalidArgument(f"bandwidth is {bandwidth}; the linear kernel has none", "bandwidth")
        options.bandwidth = nonzero("bandwidth", bandwidth, "1e-6 .. 1e6")
    result = struct("binet_cka_result")
    call(lib.binet_cka, context().pointer, of_x.pointer, of_y.pointer, options, result)
    return CKA(
        value=result.cka,
        hsic_xy=result.hsic_xy,
        hsic_xx=result.hsic_xx,
        hsic_yy=result.hsic_yy,
        n=result.n,
        kernel=kernel,
        unbiased=bool(unbiased),
        side=_SIDES[result.side],
        constant_x=bool(result.constant_x),
        constant_y=bool(result.constant_y),
        sigma_x=result.sigma_x if kernel == "rbf" else None,
        sigma_y=result.sigma_y if kernel == "rbf" else None,
    )
