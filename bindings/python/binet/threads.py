"""How many threads libbinet works with, and the context that its calls share.

The threads are made with the first call that needs them and belong to the process that made them. A child made by
`fork` (multiprocessing, a data loader's worker) makes its own when it needs some.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from ._library import call, ffi, lib, struct
from ._options import whole

MAX_THREADS = 1024


class _Destructor:
    """Destroys what a pointer points at, and keeps alive until then what has to outlive it."""

    __slots__ = ("_destroy", "_outlives")

    def __init__(self, destroy: Callable[[Any], None], outlives: object) -> None:
        self._destroy = destroy
        self._outlives = outlives

    def __call__(self, pointer: Any) -> None:
        self._destroy(pointer)


class Context:
    """A context of C with its pool of threads. Whatever is made with it keeps it alive."""

    def __init__(self, n_threads: int) -> None:
        executor = pool = ffi.NULL
        if n_threads > 1:
            made = ffi.new("binet_thread_pool **")
            call(lib.binet_thread_pool_create, n_threads, made)
            pool = ffi.gc(made[0], lib.binet_thread_pool_destroy)
            executor = ffi.new("binet_executor *", lib.binet_thread_pool_executor(pool))
        context = ffi.new("binet_context **")
        call(lib.binet_context_create, struct("binet_context_options", executor=executor), context)
        self.pointer = ffi.gc(context[0], _Destructor(lib.binet_context_destroy, pool))

    def own(self, pointer: Any, destroy: Callable[[Any], None]) -> Any:
        """A pointer that destroys what it points at when it goes."""
        return ffi.gc(pointer, _Destructor(destroy, self))


class _Shared:
    """The context of this process."""

    def __init__(self) -> None:
        self.n_threads: int | None = None
        self.after_fork()

    def after_fork(self) -> None:
        """Forget the context: in a child its threads are gone, and another thread may have held the lock."""
        self._lock = threading.Lock()
        self._context: Context | None = None

    def resize(self, n_threads: int) -> None:
        with self._lock:
            self.n_threads = n_threads
            self._context = None

    def get(self) -> Context:
        with self._lock:
            if self._context is None:
                self._context = Context(self.n_threads or lib.binet_available_threads())
            return self._context


_shared = _Shared()
os.register_at_fork(after_in_child=_shared.after_fork)


def context() -> Context:
    """The context that calls of this process share."""
    return _shared.get()


def set_num_threads(n_threads: int) -> None:
    """Set how many threads libbinet works with, the calling one among them, from the next call on.

    Results do not depend on it.

    Args:
        n_threads: 1 .. 1024.

    Raises:
        binet.Error: `INVALID_ARGUMENT` where it is out of range.
    """
    _shared.resize(whole("n_threads", n_threads, 1, MAX_THREADS))


def get_num_threads() -> int:
    """How many threads libbinet works with: what `set_num_threads` said, else what affinity and cgroup allow."""
    return _shared.n_threads or int(lib.binet_available_threads())
