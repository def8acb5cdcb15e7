"""A bar for work whose length is not known, and Ctrl-C, through a progress callback of C."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from ._library import call, ffi
from .errors import Cancelled


class Progress:
    """A callback (user, n_done, what is left) -> 0 for C, and the calls that it may interrupt.

    Without a bar the callback is there all the same: it is where Ctrl-C ends a call of C.

    Attributes:
        callback: for the options of C; this object keeps it alive.
    """

    def __init__(self, kind: str, shown: bool, unit: str) -> None:
        self._unit = unit
        self._shown = shown
        self._bar: Any = None
        self._failure: BaseException | None = None
        self.callback = ffi.callback(kind, self._advance, error=1, onerror=self._on_exception)

    def __enter__(self) -> Progress:
        self._stack = contextlib.ExitStack()
        if self._shown:
            try:
                from tqdm.auto import tqdm
            except ImportError as error:
                raise ImportError("progress=True needs tqdm: pip install tqdm") from error
            self._bar = self._stack.enter_context(tqdm(unit=self._unit))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._bar = None

    def call(self, function: Any, *arguments: Any, names: Mapping[str, str]) -> None:
        """Call a function of C, and raise what the callback raised as it was."""
        try:
            call(function, *arguments, names=names)
        except Cancelled:
            failure, self._failure = self._failure, None
            if failure is None:
                raise
            raise failure from None

    def _advance(self, _user: Any, n_done: int, left: float) -> int:
        if self._bar is not None:
            self._bar.set_postfix_str(f"gap {left:.1e}", refresh=False)
            self._bar.update(n_done - self._bar.n)
        return 0

    def _on_exception(self, _kind: Any, exception: BaseException, traceback: Any) -> None:
        self._failure = exception.with_traceback(traceback)
